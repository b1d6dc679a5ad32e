/** The doctor's calendar: its views, and cancelling an appointment. */
import type { Page } from '@playwright/test';

import {
  cancelButton,
  cancelSummary,
  chooseTime,
  enterCode,
  expectConfirmed,
  factValue,
  history,
  hold,
  openDay,
  type ChosenTime,
} from '../support/booking';
import { expectMessage, latestCode } from '../support/mailbox';
import { DOCTOR, register, signIn, type Person } from '../support/people';
import { expect, test } from '../support/test';
import { partPattern, text, textPattern } from '../support/text';

/** Books the demo doctor on a free day. Each project uses another day, because they may run at the same time. */
async function bookDemoDoctor(page: Page, person: Person, day: number): Promise<{ chosen: ChosenTime; appointment: string }> {
  await page.goto('/doctors/asha-naik');
  await openDay(page, day);
  const chosen = await chooseTime(page);
  const appointment = await hold(page);
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  return { chosen, appointment };
}

test('a doctor finds an appointment in every view, and cancels it with a reason the patient reads', { tag: '@phone' }, async ({
  page,
  anotherPerson,
  phone,
  watch,
}) => {
  watch.expects(404);
  const person = await register(page);
  const { chosen, appointment } = await bookDemoDoctor(page, person, phone ? 3 : 2);
  const date = new URL(chosen.day, 'http://any').searchParams.get('date') ?? '';

  const clinic = await anotherPerson();
  await signIn(clinic, DOCTOR, '/calendar');
  await expect(clinic.getByRole('heading', { level: 1, name: text('doctor-calendar-title') })).toBeVisible();
  const zone = partPattern('zone-in-full', { place: text('zone-of-place', { city: 'Kolkata' }), offset: /.+/ });
  await expect(clinic.getByText(textPattern('doctor-calendar-zone', { zone }))).toBeVisible();
  const words = partPattern('doctor-calendar-entry', { kind: /.+/, state: text('doctor-calendar-state-confirmed') }).source;
  const entry = clinic.getByRole('link', { name: new RegExp(`${chosen.starts}.*${person.name}.*${words}`) });

  await clinic.goto(`/calendar?date=${date}`);
  await expect(entry, 'in its week').toBeVisible();
  const views = clinic.getByRole('navigation', { name: text('doctor-calendar-views'), exact: true });
  await views.getByRole('link', { name: text('doctor-calendar-view-list') }).click();
  await expect(entry, 'in the list').toBeVisible();
  await views.getByRole('link', { name: text('doctor-calendar-view-day') }).click();
  await expect(entry, 'in its day').toBeVisible();
  const today = clinic.url();
  await clinic.getByRole('link', { name: text('doctor-calendar-next-day') }).click();
  await expect(clinic).not.toHaveURL(today);
  await expect(entry, 'not on the day after').toHaveCount(0);
  await clinic.getByRole('link', { name: text('doctor-calendar-previous-day') }).click();

  await entry.click();
  await expect(clinic).toHaveURL(appointment);
  await expect(factValue(clinic, text('appointment-fact-person'))).toHaveText(person.name);
  await cancelSummary(clinic).click();
  await clinic.getByLabel(text('appointment-cancel-reason')).fill('The clinic is closed that day.');
  await cancelButton(clinic).click();
  await expect(clinic.getByRole('heading', { level: 1, name: text('appointment-cancelled-done-title-clinic') })).toBeVisible();
  await expect(history(clinic).last()).toContainText(text('history-cancelled', { who: 'you' }));
  await clinic.goto(`/calendar?view=day&date=${date}`);
  await expect(clinic.getByRole('heading', { level: 1, name: text('doctor-calendar-title') })).toBeVisible();
  await expect(clinic.getByRole('main').getByText(person.name)).toHaveCount(0);

  await page.goto(appointment);
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-cancelled-title') })).toBeVisible();
  await expect(page.getByText(text('appointment-cancel-reason-given', { reason: 'The clinic is closed that day.' }))).toBeVisible();
  await expect(history(page).last()).toContainText(text('history-cancelled', { who: 'doctor' }));
  await expectMessage(page, person, 'email-cancelled-subject', chosen.times);

  await clinic.goto('/appointments/not-an-id');
  await expect(clinic.getByRole('heading', { level: 1, name: text('not-found-title') })).toBeVisible();
});

test('a doctor’s calendar moves by weeks and back to today', async ({ page }) => {
  await signIn(page, DOCTOR, '/calendar');
  const week = page.getByRole('main').getByRole('heading', { level: 2 }).first();
  const current = await week.innerText();
  await page.getByRole('link', { name: text('doctor-calendar-next-week') }).click();
  await expect(week).not.toHaveText(current);
  await page.getByRole('link', { name: text('doctor-calendar-previous-week') }).click();
  await expect(week).toHaveText(current);
  await page.getByRole('link', { name: text('doctor-calendar-next-week') }).click();
  await page.getByRole('link', { name: text('doctor-calendar-today'), exact: true }).click();
  await expect(week).toHaveText(current);
});

test('a doctor cannot open the administration', async ({ page, watch }) => {
  watch.expects(403);
  await signIn(page, DOCTOR, '/calendar');
  const main = page.getByRole('navigation', { name: text('layout-main-navigation') });
  await expect(main.getByRole('link', { name: text('layout-administration') })).toHaveCount(0);
  await page.goto('/admin');
  await expect(page.getByRole('heading', { level: 1, name: text('forbidden-title') })).toBeVisible();
});
