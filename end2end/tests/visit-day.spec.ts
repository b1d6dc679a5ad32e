/** The day of a visit at the clinic: check-in, completion, and undoing them. */
import { chooseUpcomingTime, enterCode, expectConfirmed, factValue, history, hold } from '../support/booking';
import { advanceClock } from '../support/clock';
import { latestCode } from '../support/mailbox';
import { register } from '../support/people';
import { addDoctorAroundTheClock, openDoctorPage } from '../support/schedules';
import { expect, test } from '../support/test';
import { partPattern, text, textPattern } from '../support/text';

test('a visit is checked in from the calendar, completed, and both can be undone', async ({ page, anotherPerson, now }) => {
  const [doctor, office] = [await anotherPerson(), await anotherPerson()];
  const practice = await addDoctorAroundTheClock(office, now(), { page: doctor, person: await register(doctor) });
  const person = await register(page);
  await openDoctorPage(page, practice);
  const chosen = await chooseUpcomingTime(page);
  const appointment = await hold(page);
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  const zone = partPattern('zone-in-full', { place: text('zone-of-place', { city: 'Kolkata' }), offset: /.+/ });
  const until = partPattern('time-in-full', { time: /.+/, zone });
  await expect(page.getByText(textPattern('appointment-change-until', { until }))).toBeVisible();
  await expect(page.getByRole('group', { name: text('clinic-actions') })).toHaveCount(0);

  const date = new URL(chosen.day, 'http://any').searchParams.get('date') ?? '';
  await doctor.goto(`/calendar?view=day&date=${date}`);
  const words = partPattern('doctor-calendar-entry', { kind: /.+/, state: text('doctor-calendar-state-confirmed') }).source;
  await doctor.getByRole('link', { name: new RegExp(`${chosen.starts}.*${person.name}.*${words}`) }).click();
  await expect(doctor).toHaveURL(appointment);
  await expect(doctor.getByRole('heading', { level: 1, name: text('appointment-title-clinic', { person: person.name }) })).toBeVisible();
  const reschedule = doctor.getByRole('link', { name: text('appointment-reschedule-button'), exact: true });
  await expect(reschedule, 'the clinic may until it starts').toBeVisible();
  await expect(doctor.getByRole('button', { name: text('clinic-no-show-button'), exact: true }), 'not before it starts').toHaveCount(0);
  await doctor.getByRole('button', { name: text('clinic-check-in-button'), exact: true }).dblclick();
  await expect(doctor.getByRole('status').filter({ hasText: text('appointment-checked-in-done-detail') })).toBeVisible();
  await expect(doctor.getByRole('button', { name: text('clinic-check-in-button'), exact: true })).toHaveCount(0);
  await expect(history(doctor).last()).toContainText(text('history-checked-in', { who: 'you' }));

  await page.reload();
  await expect(page.getByRole('main').getByText(text('appointment-state-checked-in'), { exact: true })).toBeVisible();
  await expect(history(page).last()).toContainText(text('history-checked-in', { who: 'doctor' }));

  // Undo a mistaken check-in.
  await doctor.getByRole('button', { name: text('clinic-undo-check-in-button') }).click();
  await expect(doctor.getByRole('status').filter({ hasText: text('appointment-undone-detail') })).toBeVisible();
  await expect(history(doctor).last()).toContainText(text('history-undone-check-in', { who: 'you' }));
  await doctor.getByRole('button', { name: text('clinic-check-in-button'), exact: true }).click();
  await expect(doctor.getByRole('button', { name: text('clinic-complete-button') }), 'not before it starts').toHaveCount(0);

  await advanceClock(doctor, 3600);
  await doctor.reload();
  await doctor.getByRole('button', { name: text('clinic-complete-button') }).click();
  await expect(doctor.getByRole('heading', { level: 1, name: text('appointment-completed-title-clinic') })).toBeVisible();
  await doctor.getByRole('button', { name: text('clinic-undo-complete-button') }).click();
  await expect(history(doctor).last()).toContainText(text('history-undone-completed', { who: 'you' }));
  await doctor.getByRole('button', { name: text('clinic-complete-button') }).click();
  await expect(doctor.getByRole('heading', { level: 1, name: text('appointment-completed-title-clinic') })).toBeVisible();
  await doctor.getByRole('link', { name: text('clinic-back-to-calendar') }).click();
  await expect(doctor).toHaveURL(new RegExp(`date=${date}`));
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-completed-title') })).toBeVisible();
  await expect(factValue(page, text('appointment-fact-doctor'))).toContainText(practice.name);
});
