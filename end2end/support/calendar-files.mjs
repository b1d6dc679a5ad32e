/**
 * Reads calendar files with ical.js and compares them with what we read in them. `cargo xtask test` calls it with a folder of
 * `NAME.ics` and `NAME.busy`, which has a line `20261201T0430/20261201T0530` for each busy time, in UTC.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import ICAL from 'ical.js';

const [FROM, UNTIL] = [Date.UTC(2026, 10, 1), Date.UTC(2027, 10, 1)];

/** The busy times in a file, merged, within the range. */
function busy(text) {
  ICAL.TimezoneService.reset();
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const zone of calendar.getAllSubcomponents('vtimezone')) {
    ICAL.TimezoneService.register(zone);
  }
  const parts = calendar.getAllSubcomponents('vevent');
  const times = [];
  const enter = (item, start, end) => {
    const off = item.component.getFirstPropertyValue('transp') === 'TRANSPARENT' || item.component.getFirstPropertyValue('status') === 'CANCELLED';
    const [from, until] = [Math.max(start.toJSDate().getTime(), FROM), Math.min(end.toJSDate().getTime(), UNTIL)];
    if (!off && from < until) {
      times.push([from, until]);
    }
  };
  for (const part of parts.filter((one) => !one.hasProperty('recurrence-id'))) {
    const exceptions = parts.filter((one) => one.hasProperty('recurrence-id') && one.getFirstPropertyValue('uid') === part.getFirstPropertyValue('uid'));
    const event = new ICAL.Event(part, { exceptions, strictExceptions: true });
    if (!event.isRecurring()) {
      enter(event, event.startDate, event.endDate);
      continue;
    }
    const occurrences = event.iterator();
    for (let next = occurrences.next(); next && next.toJSDate().getTime() < UNTIL + 40 * 86_400_000; next = occurrences.next()) {
      const { item, startDate, endDate } = event.getOccurrenceDetails(next);
      enter(item, startDate, endDate);
    }
  }
  times.sort(([a], [b]) => a - b);
  const merged = [];
  for (const [from, until] of times) {
    const last = merged.at(-1);
    if (last && from <= last[1]) {
      last[1] = Math.max(last[1], until);
    } else {
      merged.push([from, until]);
    }
  }
  const minute = (at) => new Date(at).toISOString().replace(/[-:]/g, '').slice(0, 13);
  return merged.map(([from, until]) => `${minute(from)}/${minute(until)}`);
}

const folder = process.argv[2];
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.ics'))
  .map((name) => name.slice(0, -4));
let different = 0;
for (const name of names) {
  const ours = readFileSync(join(folder, `${name}.busy`), 'utf8').split('\n').filter(Boolean);
  const theirs = busy(readFileSync(join(folder, `${name}.ics`), 'utf8'));
  if (ours.join() !== theirs.join()) {
    different += 1;
    const only = (a, b) => a.filter((time) => !b.includes(time)).slice(0, 3).join(', ');
    console.log(`${name}: only ours: ${only(ours, theirs)}; only ical.js: ${only(theirs, ours)}`);
  }
}
console.log(`${names.length - different} of ${names.length} calendar files are read the same by ical.js`);
process.exit(different === 0 && names.length >= 200 ? 0 : 1);
