/** Finding a doctor, booking a time and cancelling it. */
import type { Page } from '@playwright/test';

import {
  cancel,
  chooseTime,
  chooseTimeIn,
  cleanUp,
  dayHeading,
  enterCode,
  expectConfirmed,
  expectOffered,
  factValue,
  hold,
  releaseHold,
  myAppointments,
  openDay,
  openDoctor,
  readChosenTime,
  chosenTime,
  turnPage,
} from '../support/booking';
import { expectMessage, latestCode, wrongCode } from '../support/mailbox';
import { expectSignedIn, fillRegistration, fillSignIn, register, newPerson } from '../support/people';
import { expect, test } from '../support/test';

test('a visitor finds a doctor, registers, books, finds the appointment and cancels it', { tag: ['@no-scripts', '@phone'] }, async ({ page, city }) => {
  await page.goto('/');
  await page.getByRole('search').getByLabel('City').selectOption({ label: await cityOption(page, city.name) });
  await page.getByRole('search').getByRole('button', { name: 'Search' }).click();
  await expect(page.getByRole('heading', { level: 1, name: new RegExp(`^\\d+ doctors in ${city.name}$`) })).toBeVisible();

  const doctor = await page.getByRole('article').first().getByRole('heading', { level: 2 }).innerText();
  await page.getByRole('article').first().getByRole('link', { name: doctor, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: doctor })).toBeVisible();

  await openDay(page, 2);
  const chosen = await chooseTime(page);
  expect(chosen.doctor).toBe(doctor);
  await expect(chosenTime(page)).toContainText(city.zone);

  await chosenTime(page).getByRole('link', { name: 'Register' }).click();
  const person = newPerson();
  await fillRegistration(page, person);
  await expectSignedIn(page, person);
  expect(await readChosenTime(page), 'the chosen time is shown again').toEqual(chosen);

  const appointment = await hold(page);
  await expect(page.getByText(`${chosen.times}, ${chosen.place}, with ${doctor}.`)).toBeVisible();
  await expect(page.getByText(city.zone)).toBeVisible();
  await enterCode(page, await latestCode(page, person));

  await expectConfirmed(page);
  await expect(page.getByText('This time is yours.')).toBeVisible();
  await expect(factValue(page, 'Date')).toContainText(chosen.date);
  await expect(factValue(page, 'Time')).toContainText(chosen.times);
  await expect(factValue(page, 'Time')).toContainText(city.zone);
  await expect(factValue(page, 'Doctor')).toContainText(doctor);
  await expect(factValue(page, 'For')).toHaveText(person.name);
  await expect(factValue(page, 'Reference')).toHaveText(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  await expectMessage(page, person, 'Confirmed', chosen.times);

  const mine = await myAppointments(page);
  await expect(mine).toHaveCount(1);
  await expect(mine).toContainText(doctor);
  await expect(mine).toContainText(chosen.times);
  await expect(mine).toContainText('Confirmed');
  await expectOffered(page, chosen, false);

  await (await myAppointments(page)).click();
  await expect(page).toHaveURL(appointment);
  await cancel(page);
  await expectMessage(page, person, 'Cancelled', chosen.times);
  await expectOffered(page, chosen, true);

  await expect(await myAppointments(page)).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'No upcoming appointments' })).toBeVisible();
  await page.getByRole('navigation', { name: 'Which appointments' }).getByRole('link', { name: 'Past' }).click();
  await expect(page.getByRole('main').getByRole('link', { name: doctor })).toContainText('Cancelled');
});

/** The option of a city, with its country. */
async function cityOption(page: Page, name: string): Promise<string> {
  const options = await page.getByRole('search').getByLabel('City').getByRole('option').allInnerTexts();
  return options.find((option) => option.startsWith(`${name}, `)) ?? '';
}

test('signing in on the way to a hold leads back to the chosen time', { tag: ['@no-scripts', '@phone'] }, async ({ page, anotherPerson, city }) => {
  const elsewhere = await anotherPerson();
  const person = await register(elsewhere);

  const chosen = await chooseTimeIn(page, city);
  await chosenTime(page).getByRole('link', { name: 'Sign in to hold this time' }).click();
  await fillSignIn(page, person);
  expect(await readChosenTime(page)).toEqual(chosen);
  await hold(page);
  await releaseHold(page);
  await expectOffered(page, chosen, true);
});

test('a free time in the list of doctors opens the doctor with that time chosen', { tag: ['@no-scripts', '@phone'] }, async ({ page, city }) => {
  await page.goto(`/doctors?city=${city.slug}`);
  // Not the first time, which may be about to begin.
  const card = page.getByRole('article').filter({ hasText: 'All free times' }).first();
  const time = card.getByRole('link', { name: /^\d\d:\d\d.*, with Dr / }).last();
  const name = (await time.innerText()).replaceAll(/\s+/g, ' ');
  await time.click();
  const chosen = await readChosenTime(page);
  expect(name).toContain(chosen.starts);
  expect(name).toContain(`${chosen.date}, with ${chosen.doctor}`);
});

test('the picker moves to the next days and back to the first free one', { tag: ['@no-scripts', '@phone'] }, async ({ page, city }) => {
  await openDoctor(page, city);
  const first = await dayHeading(page).innerText();
  await turnPage(page, 'Next');
  await turnPage(page, 'Previous');
  await expect(dayHeading(page)).toHaveText(first);
});

test('a wrong code is refused at its field, then the right one confirms', { tag: '@no-scripts' }, async ({ page, city, watch }) => {
  watch.expects(422);
  const person = await register(page);
  await chooseTimeIn(page, city);
  const appointment = await hold(page);
  const code = await latestCode(page, person);

  await enterCode(page, wrongCode(code));
  const problem = page.getByRole('alert', { name: 'The code does not match' });
  await expect(problem).toContainText('That is not the code we sent. You have 4 more tries.');
  await expect(page).toHaveTitle(/look again/);
  const field = page.getByLabel('Code from the e-mail');
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(/That is not the code we sent/);
  await problem.getByRole('link').click();
  await expect(field).toBeFocused();

  await enterCode(page, code);
  await expectConfirmed(page);
  await expect(page).toHaveURL(new RegExp(`^.*${appointment}`));
  await cleanUp(page);
});

test('a new code replaces the former one', { tag: '@no-scripts' }, async ({ page, city, watch }) => {
  watch.expects(422);
  const person = await register(page);
  await chooseTimeIn(page, city);
  await hold(page);
  const first = await latestCode(page, person);
  await page.getByRole('button', { name: 'Send a new code' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'A new code is on its way. The one before no longer counts.' })).toBeVisible();
  const second = await latestCode(page, person, first);

  await enterCode(page, first);
  await expect(page.getByRole('alert')).toContainText('That is not the code we sent');
  await enterCode(page, second);
  await expectConfirmed(page);
  await cleanUp(page);
});

test('a search without results offers to remove its filters', async ({ page }) => {
  await page.goto('/doctors?q=nobody+is+called+this');
  await expect(page.getByRole('heading', { level: 1, name: 'No doctors for “nobody is called this”' })).toBeVisible();
  await page.getByRole('link', { name: 'Remove filter: “nobody is called this”' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /^[\d,]+ doctors$/ })).toBeVisible();
  await expect(page.getByRole('article').first()).toBeVisible();
});

test('the list says how it read a symptom, a misspelt word and a fee that is no number', async ({ page }) => {
  await page.goto('/doctors?q=tooth+pain');
  await expect(page.getByRole('article').first()).toContainText('Dentistry');
  await page.goto('/doctors?q=dermatolgist&fee_max=none');
  await expect(page.getByText('Showing results for “dermatologist”')).toBeVisible();
  await expect(page.getByText('We could not read the fee in this address, so we left it out.')).toBeVisible();
  await expect(page.getByRole('article').first()).toContainText('Dermatology');
});

test('filters narrow the list, are kept in the address, and can be removed', { tag: ['@no-scripts', '@phone'] }, async ({ page, city, phone }) => {
  await page.goto(`/doctors?city=${city.slug}`);
  const heading = page.getByRole('heading', { level: 1 });
  const before = Number.parseInt(await heading.innerText(), 10);
  if (phone) {
    await page.getByRole('checkbox', { name: /^Filters/ }).check();
  }
  const visit = page.getByRole('search').getByLabel('Visit');
  const video = visit.getByRole('option', { name: /^Video/ });
  const count = Number(/\((\d+)\)$/.exec(await video.innerText())?.[1]);
  await visit.selectOption('video');
  await page.getByRole('search').getByRole('button', { name: 'Search' }).click();
  await expect(heading).toHaveText(new RegExp(`^(\\d+ doctors?|No doctors) in ${city.name}, by video$`));
  await expect(page).toHaveURL(/mode=video/);
  const narrowed = Number.parseInt(await heading.innerText(), 10) || 0;
  expect(narrowed, 'as many as the option said').toBe(count);
  expect(narrowed).toBeLessThan(before);
  await page.getByRole('list', { name: 'Filters that are on' }).getByRole('link', { name: 'Remove filter: Video visit' }).click();
  await expect(heading).toHaveText(`${before} doctors in ${city.name}`);
});
