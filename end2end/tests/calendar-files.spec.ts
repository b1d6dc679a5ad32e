/** Appointments as iCalendar files, read by the parser that Thunderbird uses. */
import ICAL from 'ical.js';

import { book } from '../support/booking';
import { register } from '../support/people';
import { expect, test } from '../support/test';
import { text } from '../support/text';

interface ParsedEvent {
  uid: string;
  sequence: number;
  /** `Tuesday 24 November`, in the zone of the clinic. */
  date: string;
  /** `10:20–10:40`. */
  times: string;
}

/** The events of a file as ical.js reads them, with times in a zone. */
function parsed(file: string, timeZone: string): { method: unknown; events: ParsedEvent[] } {
  const calendar = new ICAL.Component(ICAL.parse(file));
  const events = calendar.getAllSubcomponents('vevent').map((part) => {
    const event = new ICAL.Event(part, { strictExceptions: true });
    const [start, end] = [event.startDate.toJSDate(), event.endDate.toJSDate()];
    const clock = (at: Date) => at.toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
    const parts = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'long', day: 'numeric', month: 'long' }).formatToParts(start);
    const word = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
    return {
      uid: event.uid,
      sequence: event.sequence,
      date: `${word('weekday')} ${word('day')} ${word('month')}`,
      times: `${clock(start)}–${clock(end)}`,
    };
  });
  return { method: calendar.getFirstPropertyValue('method'), events };
}

test('a confirmed appointment is an iCalendar file, and in the patient’s calendar feed', { tag: '@no-scripts' }, async ({ page, city, baseURL }) => {
  const person = await register(page);
  const { chosen, appointment } = await book(page, person, city);
  const link = page.getByRole('link', { name: text('appointment-add-to-calendar') });
  const file = await page.request.get(new URL((await link.getAttribute('href')) ?? '', baseURL).href);
  expect(file.headers()['content-disposition']).toContain('appointment.ics');
  const zone = TIME_ZONES.find((one) => nameOfZone(one) === city.zone) ?? 'UTC';
  const one = parsed(await file.text(), zone);
  expect(one.method).toBe('PUBLISH');
  expect(one.events).toMatchObject([{ date: chosen.date, times: chosen.times }]);
  expect(appointment).toContain(one.events[0]?.uid.split('@')[0]);

  await page.goto('/appointments/calendar');
  await page.getByLabel(text('feeds-reminder'), { exact: true }).selectOption(text('reminder-one-hour'));
  await page.getByRole('button', { name: text('feeds-add-first') }).click();
  const reminder = page.getByLabel(text('feed-reminder', { number: 1 }));
  await expect(reminder).toHaveValue('60');
  const address = new URL(await page.getByLabel(text('feed-name', { number: 1 }), { exact: true }).inputValue());
  const feed = await page.request.get(new URL(address.pathname, baseURL).href);
  const calendar = await feed.text();
  expect(parsed(calendar, zone).events).toEqual(one.events);
  expect(calendar).toContain('TRIGGER:-PT1H');

  await reminder.selectOption(text('reminder-none'));
  await page.getByRole('button', { name: `${text('feed-reminder-save')} (1)` }).click();
  await expect(page.getByRole('status')).toContainText(text('feeds-done-reminder'));
  const silent = await page.request.get(new URL(address.pathname, baseURL).href);
  expect(await silent.text()).not.toContain('VALARM');
});

test('the page of the calendar address links to the steps for calendar programs', { tag: '@no-scripts' }, async ({ page }) => {
  await register(page);
  await page.goto('/appointments/calendar');
  await page.getByRole('link', { name: text('feeds-help') }).click();
  await expect(page).toHaveURL(/\/help\/calendars#subscribe$/);
  const steps = page.getByRole('region', { name: text('calendar-help-subscribe-title') });
  for (const program of ['google', 'outlook', 'microsoft', 'apple']) {
    await expect(steps.getByRole('heading', { level: 3, name: text(`calendar-help-${program}`), exact: true })).toBeVisible();
  }
  await expect(steps.getByRole('list')).toHaveCount(4);
});

/** The zones of the demo's cities. */
const TIME_ZONES = [
  'Asia/Kolkata',
  'America/New_York',
  'Europe/London',
  'Asia/Kathmandu',
  'Australia/Adelaide',
  'Europe/Berlin',
  'Europe/Lisbon',
  'America/Chicago',
  'America/Toronto',
  'Asia/Dubai',
  'Asia/Singapore',
  'Australia/Sydney',
  'Pacific/Auckland',
  'Africa/Nairobi',
  'Africa/Johannesburg',
];

/** The beginning of a zone's name on pages. */
function nameOfZone(zone: string): string {
  return text('zone-of-place', { city: zone.replace(/^.+\//, '').replaceAll('_', ' ') });
}
