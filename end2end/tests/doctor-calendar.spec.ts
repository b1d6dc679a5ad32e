/** The doctor's calendar: its views, and cancelling an appointment. */
import type { Page } from '@playwright/test';

import { chooseTime, enterCode, expectConfirmed, factValue, history, hold, openDay, type ChosenTime } from '../support/booking';
import { expectMessage, latestCode } from '../support/mailbox';
import { DOCTOR, register, signIn, type Person } from '../support/people';
import { expect, test } from '../support/test';

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
  await expect(clinic.getByRole('heading', { level: 1, name: 'Your calendar' })).toBeVisible();
  await expect(clinic.getByText(/All times are Kolkata time/)).toBeVisible();
  const entry = clinic.getByRole('link', { name: new RegExp(`${chosen.starts}.*${person.name}.*confirmed`, 's') });

  await clinic.goto(`/calendar?date=${date}`);
  await expect(entry, 'in its week').toBeVisible();
  await clinic.getByRole('navigation', { name: 'View' }).getByRole('link', { name: 'List' }).click();
  await expect(entry, 'in the list').toBeVisible();
  await clinic.getByRole('navigation', { name: 'View' }).getByRole('link', { name: 'Day' }).click();
  await expect(entry, 'in its day').toBeVisible();
  const today = clinic.url();
  await clinic.getByRole('link', { name: 'Next day' }).click();
  await expect(clinic).not.toHaveURL(today);
  await expect(entry, 'not on the day after').toHaveCount(0);
  await clinic.getByRole('link', { name: 'Previous day' }).click();

  await entry.click();
  await expect(clinic).toHaveURL(appointment);
  await expect(factValue(clinic, 'For')).toHaveText(person.name);
  await clinic.getByText('Cancel or give this time back').click();
  await clinic.getByLabel('Reason').fill('The clinic is closed that day.');
  await clinic.getByRole('button', { name: 'Cancel this appointment' }).click();
  await expect(clinic.getByRole('heading', { level: 1, name: 'The appointment is cancelled' })).toBeVisible();
  await expect(history(clinic).last()).toContainText('You cancelled it.');
  await clinic.goto(`/calendar?view=day&date=${date}`);
  await expect(clinic.getByRole('heading', { level: 1, name: 'Your calendar' })).toBeVisible();
  await expect(clinic.getByRole('main').getByText(person.name)).toHaveCount(0);

  await page.goto(appointment);
  await expect(page.getByRole('heading', { level: 1, name: 'This appointment is cancelled' })).toBeVisible();
  await expect(page.getByText('The reason given: The clinic is closed that day.')).toBeVisible();
  await expect(history(page).last()).toContainText('The doctor cancelled it.');
  await expectMessage(page, person, 'Cancelled', chosen.times);

  await clinic.goto('/appointments/not-an-id');
  await expect(clinic.getByRole('heading', { level: 1, name: 'There is nothing at this address' })).toBeVisible();
});

test('a doctor’s calendar moves by weeks and back to today', async ({ page }) => {
  await signIn(page, DOCTOR, '/calendar');
  const week = page.getByRole('main').getByRole('heading', { level: 2 }).first();
  const current = await week.innerText();
  await page.getByRole('link', { name: 'Next week' }).click();
  await expect(week).not.toHaveText(current);
  await page.getByRole('link', { name: 'Previous week' }).click();
  await expect(week).toHaveText(current);
  await page.getByRole('link', { name: 'Next week' }).click();
  await page.getByRole('link', { name: 'Today' }).click();
  await expect(week).toHaveText(current);
});

test('a doctor cannot open the administration', async ({ page, watch }) => {
  watch.expects(403);
  await signIn(page, DOCTOR, '/calendar');
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Administration' })).toHaveCount(0);
  await page.goto('/admin');
  await expect(page.getByRole('heading', { level: 1, name: 'This page is not for your account' })).toBeVisible();
});
