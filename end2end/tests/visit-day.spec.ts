/** The day of a visit at the clinic: check-in, completion, and undoing them. */
import { chooseUpcomingTime, enterCode, expectConfirmed, factValue, history, hold } from '../support/booking';
import { advanceClock } from '../support/clock';
import { latestCode } from '../support/mailbox';
import { register } from '../support/people';
import { addDoctorAroundTheClock, openDoctorPage } from '../support/schedules';
import { expect, test } from '../support/test';

test('a visit is checked in from the calendar, completed, and both can be undone', async ({ page, anotherPerson, now }) => {
  const [doctor, office] = [await anotherPerson(), await anotherPerson()];
  const practice = await addDoctorAroundTheClock(office, now(), await register(doctor));
  const person = await register(page);
  await openDoctorPage(page, practice);
  const chosen = await chooseUpcomingTime(page);
  const appointment = await hold(page);
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  await expect(page.getByText(/^You can move or cancel it until .+ time/)).toBeVisible();
  await expect(page.getByRole('group', { name: 'On the day' })).toHaveCount(0);

  const date = new URL(chosen.day, 'http://any').searchParams.get('date') ?? '';
  await doctor.goto(`/calendar?view=day&date=${date}`);
  await doctor.getByRole('link', { name: new RegExp(`${chosen.starts}.*${person.name}.*confirmed`, 's') }).click();
  await expect(doctor).toHaveURL(appointment);
  await expect(doctor.getByRole('heading', { level: 1, name: `Appointment with ${person.name}` })).toBeVisible();
  await expect(doctor.getByRole('link', { name: 'Move to another time' }), 'the clinic may until it starts').toBeVisible();
  await expect(doctor.getByRole('button', { name: 'Did not come' }), 'not before it starts').toHaveCount(0);
  await doctor.getByRole('button', { name: 'Check in' }).dblclick();
  await expect(doctor.getByRole('status').filter({ hasText: 'The patient is here.' })).toBeVisible();
  await expect(doctor.getByRole('button', { name: 'Check in' })).toHaveCount(0);
  await expect(history(doctor).last()).toContainText(`You noted that ${person.name} is here.`);

  await page.reload();
  await expect(page.getByRole('main').getByText('Checked in', { exact: true })).toBeVisible();
  await expect(history(page).last()).toContainText(`The doctor noted that ${person.name} is here.`);

  // Undo a mistaken check-in.
  await doctor.getByRole('button', { name: 'Undo check-in' }).click();
  await expect(doctor.getByRole('status').filter({ hasText: 'The visit is open again.' })).toBeVisible();
  await expect(history(doctor).last()).toContainText('You undid the check-in.');
  await doctor.getByRole('button', { name: 'Check in' }).click();
  await expect(doctor.getByRole('button', { name: 'Completed' }), 'not before it starts').toHaveCount(0);

  await advanceClock(doctor, 3600);
  await doctor.reload();
  await doctor.getByRole('button', { name: 'Completed' }).click();
  await expect(doctor.getByRole('heading', { level: 1, name: 'This visit took place' })).toBeVisible();
  await doctor.getByRole('button', { name: 'Undo “Completed”' }).click();
  await expect(history(doctor).last()).toContainText('You undid the note that the visit took place.');
  await doctor.getByRole('button', { name: 'Completed' }).click();
  await expect(doctor.getByRole('heading', { level: 1, name: 'This visit took place' })).toBeVisible();
  await doctor.getByRole('link', { name: 'The day in my calendar' }).click();
  await expect(doctor).toHaveURL(new RegExp(`date=${date}`));
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'This appointment is over' })).toBeVisible();
  await expect(factValue(page, 'Doctor')).toContainText(practice.name);
});
