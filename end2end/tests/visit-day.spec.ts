/** The day itself, from the clinic's side: who is here, who was seen. */
import { chooseTime, enterCode, expectConfirmed, fact, history, hold, shownDay } from '../support/booking';
import { latestCode } from '../support/mailbox';
import { ADMINISTRATOR, letters, register, signIn } from '../support/people';
import { fillLine, save, seeChanges } from '../support/schedules';
import { expect, test } from '../support/test';

/** The weekday it is somewhere, so many hours from now. */
function weekday(timeZone: string, hours: number): string {
  const at = new Date(Date.now() + hours * 3_600_000);
  return new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone }).format(at);
}

test('a patient comes: checked in from the calendar, then seen', async ({ page, another: somebody }) => {
  test.slow();
  const doctor = await somebody();
  const account = await register(doctor);

  // A doctor who works around the clock: a time is near whenever this test runs.
  const office = await somebody();
  await signIn(office, ADMINISTRATOR, '/admin/doctors/new');
  const name = `Dr Nila ${letters()}`;
  await office.getByLabel('Clinic').selectOption({ label: 'Nadi Margao' });
  await office.getByLabel('Name').fill(name);
  await office.getByLabel('Specialty').selectOption('General medicine');
  await office.getByLabel('Fee').fill('450');
  await office.getByLabel('E-mail of the account').fill(account.email);
  const status = office.getByLabel('Status');
  await status.selectOption({ label: (await status.getByRole('option').allInnerTexts()).find((text) => /^Listed/.test(text)) ?? '' });
  await office.getByRole('button', { name: 'Add doctor' }).click();
  await office.getByRole('status').getByRole('link', { name: 'hours' }).click();
  const days = [weekday('Asia/Kolkata', 0), weekday('Asia/Kolkata', 24)];
  await fillLine(office, 1, { days, from: '00:00', to: '00:00', minutes: '20' });
  await seeChanges(office);
  await save(office);
  await expect(office.getByRole('status')).toContainText(/Saved\. \d+ times added\./);

  const person = await register(page);
  await page.goto(`/doctors?q=${encodeURIComponent(name)}`);
  await page.getByRole('article').getByRole('link', { name, exact: true }).click();
  const soon = shownDay(page).getByRole('link', { name: /^\d\d:\d\d/ });
  const chosen = await chooseTime(page, undefined, soon);
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

  await doctor.getByRole('button', { name: 'Completed' }).click();
  await expect(doctor.getByRole('heading', { level: 1, name: 'This visit took place' })).toBeVisible();
  await doctor.getByRole('link', { name: 'The day in my calendar' }).click();
  await expect(doctor).toHaveURL(new RegExp(`date=${date}`));
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'This appointment is over' })).toBeVisible();
  await expect(fact(page, 'Doctor')).toContainText(name);
});
