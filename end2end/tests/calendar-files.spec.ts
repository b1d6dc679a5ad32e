/** Appointments as iCalendar files, read by the parser that Thunderbird uses. */
import ICAL from 'ical.js';

import { book } from '../support/booking';
import { register } from '../support/people';
import { expect, test } from '../support/test';

interface ParsedEvent {
  uid: string;
  sequence: number;
  /** `Tuesday 24 November`, in the zone of the clinic. */
  date: string;
  /** `10:20–10:40`. */
  times: string;
}

/** The events of a file as ical.js reads them, with times in a zone. */
function parsed(text: string, timeZone: string): { method: unknown; events: ParsedEvent[] } {
  const calendar = new ICAL.Component(ICAL.parse(text));
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
  const link = page.getByRole('link', { name: 'Add to your calendar' });
  const file = await page.request.get(new URL((await link.getAttribute('href')) ?? '', baseURL).href);
  expect(file.headers()['content-disposition']).toContain('appointment.ics');
  const zone = TIME_ZONES[city.zone] ?? 'UTC';
  const one = parsed(await file.text(), zone);
  expect(one.method).toBe('PUBLISH');
  expect(one.events).toMatchObject([{ date: chosen.date, times: chosen.times }]);
  expect(appointment).toContain(one.events[0]?.uid.split('@')[0]);

  await page.goto('/appointments/calendar');
  await page.getByLabel('Reminder').selectOption('1 hour before');
  await page.getByRole('button', { name: 'Make an address' }).click();
  await expect(page.getByLabel('Reminder of address 1')).toHaveValue('60');
  const address = new URL(await page.getByLabel('Address 1', { exact: true }).inputValue());
  const feed = await page.request.get(new URL(address.pathname, baseURL).href);
  const text = await feed.text();
  expect(parsed(text, zone).events).toEqual(one.events);
  expect(text).toContain('TRIGGER:-PT1H');

  await page.getByLabel('Reminder of address 1').selectOption('None');
  await page.getByRole('button', { name: 'Save reminder (1)' }).click();
  await expect(page.getByRole('status')).toContainText('Saved.');
  const silent = await page.request.get(new URL(address.pathname, baseURL).href);
  expect(await silent.text()).not.toContain('VALARM');
});

test('the page of the calendar address links to the steps for calendar programs', { tag: '@no-scripts' }, async ({ page }) => {
  await register(page);
  await page.goto('/appointments/calendar');
  await page.getByRole('link', { name: 'How to add the address to Google, Outlook or Apple calendars' }).click();
  await expect(page).toHaveURL(/\/help\/calendars#subscribe$/);
  const steps = page.getByRole('region', { name: 'Show your Nadi appointments in another calendar' });
  for (const program of ['Google Calendar', 'Outlook.com', 'Microsoft 365 (work or school)', 'Apple Calendar']) {
    await expect(steps.getByRole('heading', { level: 3, name: program })).toBeVisible();
  }
  await expect(steps.getByRole('list')).toHaveCount(4);
});

/** The zones of the demo's cities, by the beginning of their names on pages. */
const TIME_ZONES: Record<string, string> = {
  'Kolkata time': 'Asia/Kolkata',
  'New York time': 'America/New_York',
  'London time': 'Europe/London',
  'Kathmandu time': 'Asia/Kathmandu',
  'Adelaide time': 'Australia/Adelaide',
  'Berlin time': 'Europe/Berlin',
  'Lisbon time': 'Europe/Lisbon',
  'Chicago time': 'America/Chicago',
  'Toronto time': 'America/Toronto',
  'Dubai time': 'Asia/Dubai',
  'Singapore time': 'Asia/Singapore',
  'Sydney time': 'Australia/Sydney',
  'Auckland time': 'Pacific/Auckland',
  'Nairobi time': 'Africa/Nairobi',
  'Johannesburg time': 'Africa/Johannesburg',
};
