/** Doctors' schedules: hours, time off, the preview of a change, and other calendars. */
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

test('hours on workdays are previewed before they are saved, then offered', { tag: '@no-scripts' }, async ({ page, anotherPerson }) => {
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  await fillLine(page, 1, { days: WORKDAYS, from: '10:00', to: '14:00', minutes: '20' });
  await openPreview(page);
  await expect(page.getByText(/^\d+ times come\.$/)).toBeVisible();
  const days = await changedDays(page);
  expect(days.length, 'so many at once').toBeLessThanOrEqual(14);
  const day = days[1];
  expect(day, 'a whole day ahead').toMatchObject({ added: '+12', removed: '–' });
  expect(WORKDAYS).toContain(weekdayOf(day?.date ?? ''));

  const visitor = await anotherPerson();
  const path = await openDoctorPage(visitor, doctor);
  await expect(await timesOn(visitor, path, day?.date ?? ''), 'not before it is saved').toHaveCount(0);

  await page.getByRole('link', { name: 'Change something' }).click();
  await expect(page.getByRole('heading', { level: 1, name: `Hours of ${doctor.name}` })).toBeVisible();
  await expect(page.getByText('Not saved yet.')).toBeVisible();
  await expect(hoursLine(page, 1).getByLabel('From', { exact: true })).toHaveValue('10:00');
  await expect(hoursLine(page, 1).getByRole('checkbox', { name: 'Monday' })).toBeChecked();
  await expect(hoursLine(page, 1).getByRole('checkbox', { name: 'Sunday' })).not.toBeChecked();
  await openPreview(page);
  await saveSchedule(page);
  await expect(page.getByRole('status')).toContainText(/\d+ times added\./);
  await expect(page.getByRole('group', { name: 'Line 1: Mondays to Fridays, 10:00–14:00' })).toBeVisible();
  await expect(await timesOn(visitor, path, day?.date ?? '')).toHaveCount(12);

  await openPreview(page);
  await expect(page.getByText('No time comes, and none goes.')).toBeVisible();
});

test('hours on the first weekday of a kind in each month have a break after each time', async ({ page, now }) => {
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  // Times are offered for about 30 days, which include the first days of a month. The clinic may be closed on one.
  const today = dateIn('Asia/Kolkata', now());
  const firstDays = Array.from({ length: 27 }, (_, days) => daysLater(today, days + 2)).filter((date) => Number(date.slice(8)) <= 7);
  await fillLine(page, 1, { days: [], from: '09:00', to: '12:00', minutes: '20' });
  await unfoldLine(page, 1);
  await hoursLine(page, 1).getByLabel('Repeats').selectOption('first');
  await hoursLine(page, 1).getByLabel('Minutes free after each').fill('10');
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
    await page.getByRole('link', { name: 'Change something' }).click();
    await hoursLine(page, 1).getByRole('checkbox', { name: weekday }).uncheck();
  }
  expect(days.length).toBeGreaterThan(0);
  for (const { date, added } of days) {
    expect(weekdayOf(date), date).toBe(weekday);
    expect(Number(date.slice(8)), date).toBeLessThanOrEqual(7);
    expect(added).toMatch(/^\+[1-6]$/);
  }
  await saveSchedule(page);
  const fields = page.getByRole('group', { name: `Line 1: The first ${weekday} of each month, 09:00–12:00` });
  await expect(fields.getByLabel('Repeats'), 'what is not usual stays open').toBeVisible();
  await expect(fields.getByLabel('Repeats')).toHaveValue('first');
  await expect(fields.getByLabel('Minutes free after each')).toHaveValue('10');
});

test('a recurrence rule is kept as it was written', async ({ page, watch }) => {
  watch.expects(422);
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  await fillLine(page, 1, { days: [], from: '09:00', to: '12:00' });
  await unfoldLine(page, 1);
  await hoursLine(page, 1).getByLabel('Repeats').selectOption('rule');
  await hoursLine(page, 1).getByLabel('The rule').fill('FREQ=FORTNIGHTLY');
  await page.getByRole('button', { name: 'See what changes' }).click();
  await expect(page.getByRole('alert')).toContainText('Line 1: We cannot read this rule.');
  await expect(hoursLine(page, 1).getByLabel('The rule')).toHaveValue('FREQ=FORTNIGHTLY');
  await hoursLine(page, 1).getByLabel('The rule').fill('FREQ=MONTHLY;BYMONTHDAY=1,15');
  await openPreview(page);
  await saveSchedule(page);
  await expect(page.getByRole('group', { name: 'Line 1: By a rule, 09:00–12:00' }).getByLabel('The rule')).toHaveValue(
    'FREQ=MONTHLY;BYMONTHDAY=1,15',
  );
});

test('problems name their line, and nothing that was typed is lost', async ({ page, watch }) => {
  watch.expects(422);
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  await fillLine(page, 1, { days: ['Tuesday'], from: '09:00', to: '12:00' });
  await fillLine(page, 2, { days: ['Tuesday'], from: '11:00', to: '13:00' });
  await page.getByRole('button', { name: 'See what changes' }).click();
  const problem = page.getByRole('alert').getByRole('link', { name: /^Line 2 overlaps line 1 on Tue / });
  await expect(problem).toBeVisible();
  await problem.click();
  await expect(hoursLine(page, 2).getByLabel('From', { exact: true })).toBeFocused();
  await expect(hoursLine(page, 2).getByLabel('To', { exact: true })).toHaveValue('13:00');
  await fillLine(page, 2, { days: [], from: '13:00', to: '12:00' });
  await page.getByRole('button', { name: 'See what changes' }).click();
  await expect(page.getByRole('alert')).toContainText('Line 2: Tick at least one day.');
  await fillLine(page, 2, { days: ['Tuesday'], from: '13:00', to: '15:00' });
  await openPreview(page);
});

test('an appointment stays when the hours change, and the doctor sees whose it is', async ({ page, anotherPerson }) => {
  const account = await register(page);
  const office = await anotherPerson();
  const doctor = await addDoctor(office, account);
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
  const outside = page.getByRole('region', { name: 'Booked outside the hours' });
  await expect(outside).toContainText('1 appointment is in the way and stays until you move or cancel it.');
  await expect(outside.getByRole('link')).toContainText(`${chosen.times}, ${person.name}`);
  await expect(page.getByRole('region', { name: 'How the week looks then' })).toBeVisible();
  await saveSchedule(page);
  await expect(page.getByRole('status')).toContainText('1 appointment is in the way');

  await page.goto('/calendar');
  await page.getByRole('main').getByRole('link', { name: 'See which' }).click();
  await outside.getByRole('link', { name: new RegExp(person.name) }).click();
  await expect(page).toHaveURL(appointment);
  await expect(page.getByRole('heading', { level: 1, name: `Appointment with ${person.name}` })).toBeVisible();
  await patient.goto(appointment);
  await expect(patient.getByRole('main').getByText('Confirmed', { exact: true })).toBeVisible();
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
  const form = page.getByRole('region', { name: 'Take time off' });
  await form.getByLabel('First day').fill(first);
  await form.getByLabel('Last day').fill(daysLater(first, 6));
  await form.getByLabel('Note').fill('Wedding in Pune');
  await openPreview(page, form);
  await expect(page.getByText(/^\d+ times go\.$/)).toBeVisible();
  await saveSchedule(page);
  await expect(page.getByRole('heading', { level: 1, name: `Time off of ${doctor.name}` })).toBeVisible();
  await expect(upcomingExceptions(page).filter({ hasText: 'Wedding in Pune' })).toContainText('Time off');
  await expect(await timesOn(visitor, path, first)).toHaveCount(0);
  await expect(await timesOn(visitor, path, daysLater(first, 6)), 'the last day is included').toHaveCount(0);
  await expect(await timesOn(visitor, path, after)).not.toHaveCount(0);

  await upcomingExceptions(page).filter({ hasText: 'Wedding in Pune' }).getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText(/^\d+ times come\.$/)).toBeVisible();
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
  const off = page.getByRole('region', { name: 'Take time off' });
  await off.getByLabel('First day').fill(date);
  await off.getByText('Only part of a day').click();
  await off.getByLabel('Off from').fill('10:00');
  await off.getByRole('button', { name: 'See what changes' }).click();
  await expect(page.getByRole('alert')).toContainText('Enter until when you are off.');
  await expect(off.getByLabel('Off from'), 'nothing typed is lost').toHaveValue('10:00');
  await expect(off.getByLabel('First day')).toHaveValue(date);
  await off.getByLabel('Off until').fill('10:30');
  await openPreview(page, off);
  await saveSchedule(page);
  await expect(await timesOn(visitor, path, date)).toHaveText(startingWith('09:00', '09:30', '10:30'));

  const single = page.getByRole('region', { name: 'Add a single day' });
  await single.getByLabel('Day', { exact: true }).fill(date);
  await single.getByLabel('From', { exact: true }).fill('10:00');
  await single.getByLabel('To', { exact: true }).fill('12:00');
  await single.getByRole('button', { name: 'See what changes' }).click();
  await expect(page.getByRole('alert')).toContainText('You have hours then already.');
  await single.getByLabel('From', { exact: true }).fill('18:00');
  await single.getByLabel('To', { exact: true }).fill('19:00');
  await single.getByLabel('Minutes each').fill('30');
  await openPreview(page, single);
  await saveSchedule(page);
  await expect(upcomingExceptions(page).filter({ hasText: '18:00–19:00' })).toContainText('Single day');
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

  await second.getByRole('button', { name: 'Save these hours' }).click();
  await expect(second.getByRole('alert')).toContainText('Someone changed it in the meantime');
  await expect(second.getByRole('button', { name: 'Save these hours' })).toHaveCount(0);
  await second.getByRole('link', { name: 'Go back' }).click();
  await expect(second.getByText('Someone saved other hours in the meantime.')).toBeVisible();
  await expect(hoursLine(second, 1).getByLabel('From', { exact: true })).toHaveValue('10:00');
  await openPreview(second);
  await saveSchedule(second);

  // A form that was opened before the others saved is refused before it makes a draft.
  await page.getByRole('button', { name: 'See what changes' }).click();
  await expect(page.getByRole('alert')).toContainText('Someone saved this in the meantime');
  await expect(hoursLine(page, 1).getByLabel('From', { exact: true }), 'what was typed is kept').toHaveValue('09:00');
});

test('a doctor’s calendar feed has a private address until it is ended', async ({ page, baseURL }) => {
  await signIn(page, DOCTOR, '/calendar/connections');
  await expect(page.getByRole('heading', { level: 1, name: 'Other calendars' })).toBeVisible();
  const mine = page.getByRole('region', { name: 'Your appointments in your own calendar' });
  const before = await mine.getByRole('textbox').evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
  await mine.getByRole('button', { name: /^Make an/ }).click();
  await expect(page.getByRole('status')).toContainText('Here is your address.');
  const all = await mine.getByRole('textbox').evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
  const address = all.find((one) => !before.includes(one)) ?? '';
  const path = new URL(address).pathname;
  const read = async () => await page.request.get(new URL(path, baseURL).href);
  const calendar = await read();
  expect(calendar.status()).toBe(200);
  expect(calendar.headers()['content-type']).toContain('text/calendar');
  expect(await calendar.text()).toMatch(/^BEGIN:VCALENDAR\r\n/);

  const entry = mine.getByRole('listitem').filter({ has: page.locator(`input[value$="${path}"]`) });
  await expect(entry.getByRole('link', { name: 'Open in a calendar program' })).toHaveAttribute('href', /^webcal:/);
  await entry.getByRole('button', { name: 'End this address' }).click();
  await expect(page.getByRole('status')).toContainText('That address is dead.');
  expect((await read()).status()).toBe(404);
});

test('a patient’s calendar feed leaves out doctors’ names, unless they are wanted', { tag: '@no-scripts' }, async ({ page, baseURL }) => {
  await register(page);
  await page.goto('/appointments');
  await page.getByRole('link', { name: 'See them in your own calendar' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Your calendar' })).toBeVisible();
  await expect(page.getByLabel('Put the doctors’ names into it')).not.toBeChecked();
  await page.getByRole('button', { name: 'Make an address' }).click();
  await expect(page.getByText('Without names.')).toBeVisible();
  const address = await page.getByLabel('Address 1', { exact: true }).inputValue();
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

  await page.getByRole('navigation', { name: 'Schedule' }).getByRole('link', { name: 'Other calendars' }).click();
  const busy = page.getByRole('region', { name: 'Busy elsewhere' });
  const form = page.getByRole('region', { name: 'Send a file' });
  const send = async (lines: string[]): Promise<void> => {
    const buffer = Buffer.from(lines.join('\r\n'));
    await form.getByLabel('Calendar file').setInputFiles({ name: 'roster.ics', mimeType: 'text/calendar', buffer });
    await form.getByRole('button', { name: 'Send this file' }).click();
  };
  await form.getByLabel('Name').fill('Hospital roster');
  await send(BROKEN);
  await expect(page.getByRole('alert')).toContainText(/line \d+ has a date, time or length that is none/);
  await expect(form.getByLabel('Name'), 'what was typed is kept').toHaveValue('Hospital roster');
  await expect(busy.getByText('No other calendar is read yet.'), 'nothing has changed').toBeVisible();

  const day = date.replaceAll('-', '');
  await send(BROKEN.flatMap((text) => (text.startsWith('DTSTART') ? [`DTSTART;TZID=Asia/Kolkata:${day}T093000`, `DTEND;TZID=Asia/Kolkata:${day}T103000`] : [text])));
  await expect(page.getByRole('status')).toContainText('We found 1 busy time ahead. 2 free times are no longer offered.');
  await expect(busy.getByRole('listitem')).toContainText('Hospital roster');
  await expect(await timesOn(visitor, path, date)).toHaveText(startingWith('09:00', '10:30'));
  await busy.getByRole('button', { name: 'Remove Hospital roster' }).click();
  await expect(page.getByRole('status')).toContainText('Removed.');
  await expect.poll(async () => (await timesOn(visitor, path, date)).count(), { timeout: 15_000 }).toBe(4);
});

test('hours are set with the keyboard alone', async ({ page }) => {
  const doctor = await addDoctor(page);
  await page.goto(`${doctor.adminPath}/hours`);
  const first = hoursLine(page, 1);
  await tabTo(page, first.getByRole('checkbox', { name: 'Wednesday' }));
  await page.keyboard.press('Space');
  await tabTo(page, first.getByLabel('From', { exact: true }));
  await page.keyboard.type('1000AM');
  await tabTo(page, first.getByLabel('To', { exact: true }));
  await page.keyboard.type('1400');
  await tabTo(page, first.getByText('Repeats, breaks and booking'));
  await page.keyboard.press('Enter');
  await tabTo(page, first.getByLabel('People per time'));
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('2');
  await tabTo(page, page.getByRole('button', { name: 'See what changes' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Before you save' })).toBeVisible();
  await tabTo(page, page.getByRole('button', { name: 'Save these hours' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toContainText('Saved.');
  const saved = page.getByRole('group', { name: 'Line 1: Wednesdays, 10:00–14:00' });
  await expect(saved.getByLabel('People per time')).toHaveValue('2');
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
  await page.getByRole('button', { name: 'See what changes' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await look('hours with a problem');
  await fillLine(page, 1, { days: EVERY_DAY, from: '09:00', to: '17:00' });
  await openPreview(page);
  await look('before saving');
  await page.getByRole('link', { name: 'Next week' }).click();
  await expect(page).toHaveURL(/week=/);
  await saveSchedule(page);
  await look('saved hours');
  await page.goto(`${doctor.adminPath}/time-off`);
  const off = page.getByRole('region', { name: 'Take time off' });
  await off.getByLabel('First day').fill(daysLater(dateIn('Asia/Kolkata', now()), 3));
  await openPreview(page, off);
  await saveSchedule(page);
  await look('time off');
});
