/** Doctors' schedules: hours, time off, the preview of a change, and other calendars. */
import type { Locator, Page } from '@playwright/test';

import { expectAccessible, expectFitsNarrowScreen } from '../support/accessibility';
import { chooseTime, enterCode, expectConfirmed, hold } from '../support/booking';
import { dateIn, daysLater, weekdayOf } from '../support/clock';
import { tabTo } from '../support/keyboard';
import { latestCode } from '../support/mailbox';
import { DOCTOR, register, signIn } from '../support/people';
import {
  addDoctor,
  upcomingExceptions,
  changedDays,
  EVERY_DAY,
  fillLine,
  hoursLine,
  openDoctorPage,
  saveSchedule,
  openPreview,
  startingWith,
  timesOn,
  unfoldLine,
  WORKDAYS,
  type DayChange,
} from '../support/schedules';
import { expect, test } from '../support/test';
import { countPartPattern, countPattern, partPattern, text, textPattern } from '../support/text';

/** `10:00–14:00`. */
function times(from: string, to: string): string {
  return text('time-range', { from, to });
}

/** How the form names hours of every week: `Tuesday, 10:00–14:00`. */
function weekly(days: string, from: string, to: string): string {
  return text('schedule-hours-weekly', { weeks: 1, days, times: times(from, to) });
}

/** A group of fields by its whole name. */
function period(page: Page, name: string): Locator {
  return page.getByRole('group', { name, exact: true });
}

function previewButton(inside: Page | Locator): Locator {
  return inside.getByRole('button', { name: text('schedule-preview-button') });
}

/** What a change does: `42 slots added.` */
function slots(page: Page, change: 'added' | 'removed'): Locator {
  return page.getByText(countPattern(`schedule-change-${change}`, {}, change));
}

/** Checks that an administrator sees this page of a doctor's schedule. The window's title says whose it is. */
async function expectSchedulePage(page: Page, heading: string, doctor: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: heading, exact: true })).toBeVisible();
  await expect(page).toHaveTitle(text('page-title', { title: text('schedule-window-title', { page: heading, doctor }) }));
}

test('hours on workdays are previewed before they are saved, then offered', { tag: '@no-scripts' }, async ({ page, anotherPerson }) => {
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  await fillLine(page, 1, { days: WORKDAYS, from: '10:00', to: '14:00', minutes: '20' });
  await openPreview(page);
  await expect(slots(page, 'added')).toBeVisible();
  const days = await changedDays(page);
  expect(days.length, 'so many at once').toBeLessThanOrEqual(14);
  const day = days[1];
  expect(day, 'a whole day ahead').toMatchObject({ added: text('schedule-changed-plus', { count: 12 }), removed: '–' });
  expect(WORKDAYS).toContain(weekdayOf(day?.date ?? ''));

  const visitor = await anotherPerson();
  const path = await openDoctorPage(visitor, doctor);
  await expect(await timesOn(visitor, path, day?.date ?? ''), 'not before it is saved').toHaveCount(0);

  await page.getByRole('link', { name: text('schedule-preview-edit'), exact: true }).click();
  await expectSchedulePage(page, text('schedule-hours-title'), doctor.name);
  await expect(page.getByText(text('schedule-draft-open'))).toBeVisible();
  await expect(hoursLine(page, 1).getByLabel(text('schedule-starts'), { exact: true })).toHaveValue('10:00');
  await expect(hoursLine(page, 1).getByRole('checkbox', { name: 'Monday' })).toBeChecked();
  await expect(hoursLine(page, 1).getByRole('checkbox', { name: 'Sunday' })).not.toBeChecked();
  await openPreview(page);
  await saveSchedule(page);
  await expect(page.getByRole('status')).toContainText(countPartPattern('schedule-change-added', {}, 'added'));
  const workdays = text('schedule-days-range', { first: 'Monday', last: 'Friday' });
  await expect(period(page, weekly(workdays, '10:00', '14:00'))).toBeVisible();
  await expect(await timesOn(visitor, path, day?.date ?? '')).toHaveCount(12);

  await openPreview(page);
  await expect(page.getByText(text('schedule-change-none'), { exact: true })).toBeVisible();
});

test('hours on the first weekday of a kind in each month have a break after each time', async ({ page, now }) => {
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  // Times are offered for about 30 days, which include the first days of a month. The clinic may be closed on one.
  const today = dateIn('Asia/Kolkata', now());
  const firstDays = Array.from({ length: 27 }, (_, days) => daysLater(today, days + 2)).filter((date) => Number(date.slice(8)) <= 7);
  await fillLine(page, 1, { days: [], from: '09:00', to: '12:00', minutes: '20' });
  await unfoldLine(page, 1);
  await hoursLine(page, 1).getByLabel(text('schedule-repeats'), { exact: true }).selectOption('first');
  await hoursLine(page, 1).getByLabel(text('schedule-buffer-after')).fill('10');
  let days: DayChange[] = [];
  let weekday = '';
  for (const date of firstDays) {
    weekday = weekdayOf(date);
    await hoursLine(page, 1).getByRole('checkbox', { name: weekday }).check();
    await openPreview(page);
    days = await changedDays(page);
    if (days.length > 0) {
      break;
    }
    await page.getByRole('link', { name: text('schedule-preview-edit'), exact: true }).click();
    await hoursLine(page, 1).getByRole('checkbox', { name: weekday }).uncheck();
  }
  expect(days.length).toBeGreaterThan(0);
  for (const { date, added } of days) {
    expect(weekdayOf(date), date).toBe(weekday);
    expect(Number(date.slice(8)), date).toBeLessThanOrEqual(7);
    expect(added).toMatch(/^\+[1-6]$/);
  }
  await saveSchedule(page);
  const fields = period(page, text('schedule-hours-monthly', { nth: 1, days: weekday, times: times('09:00', '12:00') }));
  await expect(fields.getByLabel(text('schedule-repeats'), { exact: true }), 'what is not usual stays open').toBeVisible();
  await expect(fields.getByLabel(text('schedule-repeats'), { exact: true })).toHaveValue('first');
  await expect(fields.getByLabel(text('schedule-buffer-after'))).toHaveValue('10');
});

test('a recurrence rule is kept as it was written', async ({ page, watch }) => {
  watch.expects(422);
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  await fillLine(page, 1, { days: [], from: '09:00', to: '12:00' });
  await unfoldLine(page, 1);
  await hoursLine(page, 1).getByLabel(text('schedule-repeats'), { exact: true }).selectOption('rule');
  await hoursLine(page, 1).getByLabel(text('schedule-rule'), { exact: true }).fill('FREQ=FORTNIGHTLY');
  await previewButton(page).click();
  const problem = { period: text('schedule-period', { number: 1 }), problem: text('field-repeats-malformed') };
  await expect(page.getByRole('alert')).toContainText(text('schedule-problem', problem));
  await expect(hoursLine(page, 1).getByLabel(text('schedule-rule'), { exact: true })).toHaveValue('FREQ=FORTNIGHTLY');
  await hoursLine(page, 1).getByLabel(text('schedule-rule'), { exact: true }).fill('FREQ=MONTHLY;BYMONTHDAY=1,15');
  await openPreview(page);
  await saveSchedule(page);
  const saved = period(page, text('schedule-hours-advanced', { times: times('09:00', '12:00') }));
  await expect(saved.getByLabel(text('schedule-rule'), { exact: true })).toHaveValue('FREQ=MONTHLY;BYMONTHDAY=1,15');
});

test('problems name their period, and nothing that was typed is lost', async ({ page, watch }) => {
  watch.expects(422);
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  await fillLine(page, 1, { days: ['Tuesday'], from: '09:00', to: '12:00' });
  await fillLine(page, 2, { days: ['Tuesday'], from: '11:00', to: '13:00' });
  await previewButton(page).click();
  const overlap = textPattern('schedule-problem-overlap', {
    period: weekly('Tuesday', '11:00', '13:00'),
    other: weekly('Tuesday', '09:00', '12:00'),
    date: /Tue, \d+ [A-Z][a-z]+ \d{4}/,
  });
  const problem = page.getByRole('alert').getByRole('link', { name: overlap });
  await expect(problem).toBeVisible();
  await problem.click();
  await expect(hoursLine(page, 2).getByLabel(text('schedule-starts'), { exact: true })).toBeFocused();
  await expect(hoursLine(page, 2).getByLabel(text('schedule-ends'), { exact: true })).toHaveValue('13:00');
  await fillLine(page, 2, { days: [], from: '13:00', to: '12:00' });
  await previewButton(page).click();
  await expect(page.getByRole('alert')).toContainText(
    text('schedule-problem', { period: text('schedule-period', { number: 2 }), problem: text('schedule-problem-days-missing') }),
  );
  await fillLine(page, 2, { days: ['Tuesday'], from: '13:00', to: '15:00' });
  await openPreview(page);
});

test('an appointment stays when the hours change, and the doctor sees whose it is', async ({ page, anotherPerson }) => {
  const account = await register(page);
  const office = await anotherPerson();
  const doctor = await addDoctor(office, { page, person: account });
  await office.goto(`${doctor.adminPath}/hours`);
  await fillLine(office, 1, { days: EVERY_DAY, from: '09:00', to: '12:00', minutes: '30' });
  await openPreview(office);
  const date = (await changedDays(office))[2]?.date ?? '';
  await saveSchedule(office);

  const patient = await anotherPerson();
  const person = await register(patient);
  const path = await openDoctorPage(patient, doctor);
  await expect(await timesOn(patient, path, date)).not.toHaveCount(0);
  const chosen = await chooseTime(patient);
  const appointment = await hold(patient);
  await enterCode(patient, await latestCode(patient, person));
  await expectConfirmed(patient);

  await page.goto('/calendar/hours');
  await fillLine(page, 1, { days: EVERY_DAY, from: '14:00', to: '17:00', minutes: '30' });
  await openPreview(page);
  const conflict = text('schedule-conflicts', { count: 1 });
  const outside = page.getByRole('region', { name: text('conflicts-title') });
  await expect(outside).toContainText(conflict);
  const whose = { when: new RegExp(`.+, ${chosen.times}`), person: person.name, kind: /.+/ };
  await expect(outside.getByRole('link')).toHaveText(textPattern('conflicts-appointment', whose));
  await expect(page.getByRole('region', { name: textPattern('schedule-week-title', { dates: /.+/ }) })).toBeVisible();
  await saveSchedule(page);
  await expect(page.getByRole('status')).toContainText(conflict);

  await page.goto('/calendar');
  await page.getByRole('main').getByRole('link', { name: text('schedule-conflicts-link'), exact: true }).click();
  await outside.getByRole('link', { name: new RegExp(person.name) }).click();
  await expect(page).toHaveURL(appointment);
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-title-clinic', { person: person.name }) })).toBeVisible();
  await patient.goto(appointment);
  await expect(patient.getByRole('main').getByText(text('appointment-state-confirmed'), { exact: true })).toBeVisible();
  await expect(await timesOn(patient, path, date)).toHaveText(startingWith('14:00', '14:30', '15:00', '15:30', '16:00', '16:30'));
});

test('a week off removes its times, and adds them again when it is removed', async ({ page, anotherPerson }) => {
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  await fillLine(page, 1, { days: EVERY_DAY, from: '09:00', to: '11:00', minutes: '30' });
  await openPreview(page);
  const days = await changedDays(page);
  const [first = '', after = ''] = [days[2]?.date, days[10]?.date];
  await saveSchedule(page);
  const visitor = await anotherPerson();
  const path = await openDoctorPage(visitor, doctor);
  await expect(await timesOn(visitor, path, first)).toHaveCount(4);

  await page.goto(`${doctor.adminPath}/time-off`);
  const form = page.getByRole('region', { name: text('schedule-off-form') });
  await form.getByLabel(text('schedule-first-day')).fill(first);
  await form.getByLabel(text('schedule-last-day')).fill(daysLater(first, 6));
  await form.getByLabel(text('schedule-off-note')).fill('Wedding in Pune');
  await openPreview(page, form);
  await expect(slots(page, 'removed')).toBeVisible();
  await saveSchedule(page);
  await expectSchedulePage(page, text('schedule-time-off-title'), doctor.name);
  await expect(upcomingExceptions(page).filter({ hasText: 'Wedding in Pune' })).toContainText(text('schedule-kind-off'));
  await expect(await timesOn(visitor, path, first)).toHaveCount(0);
  await expect(await timesOn(visitor, path, daysLater(first, 6)), 'the last day is included').toHaveCount(0);
  await expect(await timesOn(visitor, path, after)).not.toHaveCount(0);

  const remove = textPattern('schedule-exception-remove', { exception: /.+/ });
  await upcomingExceptions(page).filter({ hasText: 'Wedding in Pune' }).getByRole('button', { name: remove }).click();
  await expect(slots(page, 'added')).toBeVisible();
  await saveSchedule(page);
  await expect(upcomingExceptions(page).filter({ hasText: 'Wedding in Pune' })).toHaveCount(0);
  await expect(await timesOn(visitor, path, first)).toHaveCount(4);
});

test('time off for part of a day removes times, and a single day adds some', async ({ page, anotherPerson, watch }) => {
  watch.expects(422);
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  await fillLine(page, 1, { days: EVERY_DAY, from: '09:00', to: '11:00', minutes: '30' });
  await openPreview(page);
  const date = (await changedDays(page))[2]?.date ?? '';
  await saveSchedule(page);
  const visitor = await anotherPerson();
  const path = await openDoctorPage(visitor, doctor);

  await page.goto(`${doctor.adminPath}/time-off`);
  const off = page.getByRole('region', { name: text('schedule-off-form') });
  await off.getByLabel(text('schedule-first-day')).fill(date);
  await off.getByText(text('schedule-off-part-summary')).click();
  await off.getByLabel(text('schedule-off-from')).fill('10:00');
  await previewButton(off).click();
  await expect(page.getByRole('alert')).toContainText(text('schedule-problem-off-to-missing'));
  await expect(off.getByLabel(text('schedule-off-from')), 'nothing typed is lost').toHaveValue('10:00');
  await expect(off.getByLabel(text('schedule-first-day'))).toHaveValue(date);
  await off.getByLabel(text('schedule-off-to')).fill('10:30');
  await openPreview(page, off);
  await saveSchedule(page);
  await expect(await timesOn(visitor, path, date)).toHaveText(startingWith('09:00', '09:30', '10:30'));

  const single = page.getByRole('region', { name: text('schedule-extra-form') });
  await single.getByLabel(text('schedule-extra-day'), { exact: true }).fill(date);
  await single.getByLabel(text('schedule-starts'), { exact: true }).fill('10:00');
  await single.getByLabel(text('schedule-ends'), { exact: true }).fill('12:00');
  await previewButton(single).click();
  await expect(page.getByRole('alert')).toContainText(text('schedule-problem-day-overlaps'));
  await single.getByLabel(text('schedule-starts'), { exact: true }).fill('18:00');
  await single.getByLabel(text('schedule-ends'), { exact: true }).fill('19:00');
  await single.getByLabel(text('schedule-slot-minutes')).fill('30');
  await openPreview(page, single);
  await saveSchedule(page);
  await expect(upcomingExceptions(page).filter({ hasText: '18:00–19:00' })).toContainText(text('schedule-kind-extra'));
  await expect(await timesOn(visitor, path, date)).toHaveText(startingWith('09:00', '09:30', '10:30', '18:00', '18:30'));
});

test('of two people who change the same hours, the second is told of the first one’s change', async ({ page, context, watch }) => {
  watch.expects(412);
  const doctor = await addDoctor(page);
  const second = await context.newPage();
  for (const [tab, from] of [[page, '09:00'], [second, '10:00']] as const) {
    await tab.goto(`${doctor.adminPath}/hours`);
    await fillLine(tab, 1, { days: ['Monday'], from, to: '12:00' });
    await openPreview(tab);
  }
  await saveSchedule(page);

  await second.getByRole('button', { name: text('schedule-preview-save') }).click();
  await expect(second.getByRole('alert')).toContainText(text('schedule-stale-title'));
  await expect(second.getByRole('button', { name: text('schedule-preview-save') })).toHaveCount(0);
  await second.getByRole('link', { name: text('schedule-preview-back') }).click();
  await expect(second.getByText(text('schedule-draft-stale-hours'))).toBeVisible();
  await expect(hoursLine(second, 1).getByLabel(text('schedule-starts'), { exact: true })).toHaveValue('10:00');
  await openPreview(second);
  await saveSchedule(second);

  // A form that was opened before the others saved is refused before it makes a draft.
  await previewButton(page).click();
  await expect(page.getByRole('alert')).toContainText(text('schedule-stale-title'));
  await expect(hoursLine(page, 1).getByLabel(text('schedule-starts'), { exact: true }), 'what was typed is kept').toHaveValue('09:00');
});

test('a doctor’s calendar feed has a private address until it is ended', async ({ page, baseURL }) => {
  await signIn(page, DOCTOR, '/calendar/connections');
  await expect(page.getByRole('heading', { level: 1, name: text('connection-title') })).toBeVisible();
  const mine = page.getByRole('region', { name: text('connection-feeds-title') });
  const before = await mine.getByRole('textbox').evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
  const add = (key: string): Locator => mine.getByRole('button', { name: text(key), exact: true });
  await add('feeds-add-first').or(add('feeds-add-another')).click();
  await expect(page.getByRole('status')).toContainText(text('feeds-done-added'));
  const all = await mine.getByRole('textbox').evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
  const address = all.find((one) => !before.includes(one)) ?? '';
  const path = new URL(address).pathname;
  const read = async () => await page.request.get(new URL(path, baseURL).href);
  const calendar = await read();
  expect(calendar.status()).toBe(200);
  expect(calendar.headers()['content-type']).toContain('text/calendar');
  expect(await calendar.text()).toMatch(/^BEGIN:VCALENDAR\r\n/);

  const entry = mine.getByRole('listitem').filter({ has: page.locator(`input[value$="${path}"]`) });
  await expect(entry.getByRole('link', { name: text('feed-open') })).toHaveAttribute('href', /^webcal:/);
  await entry.getByRole('button', { name: text('feed-delete') }).click();
  await expect(page.getByRole('status')).toContainText(text('feeds-done-deleted'));
  expect((await read()).status()).toBe(404);
});

test('a patient’s calendar feed leaves out doctors’ names, unless they are wanted', { tag: '@no-scripts' }, async ({ page, baseURL }) => {
  await register(page);
  await page.goto('/appointments');
  await page.getByRole('link', { name: text('appointments-calendar') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('own-calendar-title') })).toBeVisible();
  await expect(page.getByLabel(text('feeds-names'))).not.toBeChecked();
  await page.getByRole('button', { name: text('feeds-add-first') }).click();
  await expect(page.getByText(text('feed-without-names'))).toBeVisible();
  const address = await page.getByLabel(text('feed-name', { number: 1 }), { exact: true }).inputValue();
  const calendar = await page.request.get(new URL(new URL(address).pathname, baseURL).href);
  expect(await calendar.text()).toContain('END:VCALENDAR');
});

/** A calendar with one event whose start has an invalid month. */
const BROKEN = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test', 'BEGIN:VEVENT', 'UID:1', 'DTSTART:20301301T090000Z', 'END:VEVENT', 'END:VCALENDAR', ''];

test('a malformed calendar file is refused with its line, and a valid one makes its times busy', async ({ page, anotherPerson, watch }) => {
  watch.expects(422);
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  await fillLine(page, 1, { days: EVERY_DAY, from: '09:00', to: '11:00', minutes: '30' });
  await openPreview(page);
  const date = (await changedDays(page))[2]?.date ?? '';
  await saveSchedule(page);
  const visitor = await anotherPerson();
  const path = await openDoctorPage(visitor, doctor);

  await page.getByRole('navigation', { name: text('schedule-tabs') }).getByRole('link', { name: text('schedule-tab-connections') }).click();
  const busy = page.getByRole('region', { name: text('connection-busy-title') });
  const form = page.getByRole('region', { name: text('connection-file-title') });
  const send = async (lines: string[]): Promise<void> => {
    const buffer = Buffer.from(lines.join('\r\n'));
    await form.getByLabel(text('connection-file')).setInputFiles({ name: 'roster.ics', mimeType: 'text/calendar', buffer });
    await form.getByRole('button', { name: text('connection-file-button') }).click();
  };
  await form.getByLabel(text('connection-file-name')).fill('Hospital roster');
  await send(BROKEN);
  const fault = partPattern('calendar-fault-bad-value', { line: /\d+/ });
  await expect(page.getByRole('alert')).toContainText(partPattern('field-calendar-malformed', { fault }));
  await expect(form.getByLabel(text('connection-file-name')), 'what was typed is kept').toHaveValue('Hospital roster');
  await expect(busy.getByText(text('connection-none')), 'nothing has changed').toBeVisible();

  const day = date.replaceAll('-', '');
  await send(BROKEN.flatMap((line) => (line.startsWith('DTSTART') ? [`DTSTART;TZID=Asia/Kolkata:${day}T093000`, `DTEND;TZID=Asia/Kolkata:${day}T103000`] : [line])));
  const added = [text('connection-found', { count: 1 }), text('connection-found-removed', { count: 2 })];
  await expect(page.getByRole('status')).toContainText(added.join(' '));
  await expect(busy.getByRole('listitem')).toContainText('Hospital roster');
  await expect(await timesOn(visitor, path, date)).toHaveText(startingWith('09:00', '10:30'));
  await busy.getByRole('button', { name: text('connection-remove', { calendar: 'Hospital roster' }) }).click();
  await expect(page.getByRole('status')).toContainText(text('connection-removed'));
  await expect.poll(async () => (await timesOn(visitor, path, date)).count(), { timeout: 15_000 }).toBe(4);
});

test('hours are set with the keyboard alone', async ({ page }) => {
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  const first = hoursLine(page, 1);
  await tabTo(page, first.getByRole('checkbox', { name: 'Wednesday' }));
  await page.keyboard.press('Space');
  await tabTo(page, first.getByLabel(text('schedule-starts'), { exact: true }));
  await page.keyboard.type('1000AM');
  await tabTo(page, first.getByLabel(text('schedule-ends'), { exact: true }));
  await page.keyboard.type('1400');
  await tabTo(page, first.getByText(text('schedule-more')));
  await page.keyboard.press('Enter');
  await tabTo(page, first.getByLabel(text('schedule-capacity')));
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('2');
  await tabTo(page, previewButton(page));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: text('schedule-preview-title') })).toBeVisible();
  await tabTo(page, page.getByRole('button', { name: text('schedule-preview-save') }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toContainText(text('schedule-saved'));
  const saved = period(page, weekly('Wednesday', '10:00', '14:00'));
  await expect(saved.getByLabel(text('schedule-capacity'))).toHaveValue('2');
});

test('the pages of a schedule change are accessible', async ({ page, now, watch }) => {
  watch.expects(422);
  const look = async (where: string): Promise<void> => {
    await expectFitsNarrowScreen(page, where);
    await expectAccessible(page, where);
  };
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  await unfoldLine(page, 1);
  await look('hours, unfolded');
  await fillLine(page, 1, { days: [], from: '12:00', to: '11:00' });
  await previewButton(page).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await look('hours with a problem');
  await fillLine(page, 1, { days: EVERY_DAY, from: '09:00', to: '17:00' });
  await openPreview(page);
  await look('before saving');
  await page.getByRole('link', { name: text('schedule-week-next') }).click();
  await expect(page).toHaveURL(/week=/);
  await saveSchedule(page);
  await look('saved hours');
  await page.goto(`${doctor.adminPath}/time-off`);
  const off = page.getByRole('region', { name: text('schedule-off-form') });
  await off.getByLabel(text('schedule-first-day')).fill(daysLater(dateIn('Asia/Kolkata', now()), 3));
  await openPreview(page, off);
  await saveSchedule(page);
  await look('time off');
});
