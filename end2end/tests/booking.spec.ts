/** Finding a doctor, booking a time and cancelling it. */
import type { Page } from '@playwright/test';

import {
  cancel,
  chooseTime,
  chooseTimeIn,
  cleanUp,
  dateWithYear,
  dayHeading,
  enterCode,
  expectConfirmed,
  expectOffered,
  expectZoneOnlyOfVideo,
  factValue,
  hold,
  releaseHold,
  myAppointments,
  openDay,
  openDoctor,
  readChosenTime,
  chosenTime,
  shownDay,
  summaryOf,
  turnPage,
} from '../support/booking';
import type { City } from '../support/cities';
import { expectMessage, latestCode, wrongCode } from '../support/mailbox';
import { expectSignedIn, fillRegistration, fillSignIn, register, newPerson } from '../support/people';
import { expect, test } from '../support/test';
import { countPartPattern, countPattern, partPattern, text, textPattern } from '../support/text';

test('a visitor finds a doctor, registers, books, finds the appointment and cancels it', { tag: ['@no-scripts', '@phone'] }, async ({ page, city }) => {
  await page.goto('/');
  await page.getByRole('search').getByLabel(text('search-field-city')).selectOption({ label: await cityOption(page, city.name) });
  await page.getByRole('search').getByRole('button', { name: text('search-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name: new RegExp(`^${headingIn(city, countPartPattern('search-doctors')).source}$`) })).toBeVisible();

  const doctor = await page.getByRole('article').first().getByRole('heading', { level: 2 }).innerText();
  await page.getByRole('article').first().getByRole('link', { name: doctor, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: doctor })).toBeVisible();

  await openDay(page, 2);
  const chosen = await chooseTime(page);
  expect(chosen.doctor).toBe(doctor);
  await expect(shownDay(page)).toContainText(partPattern('picker-zone', { zone: new RegExp(String.raw`${city.zone} \(.+\)`) }));
  await expectZoneOnlyOfVideo(chosenTime(page), chosen, city);

  await chosenTime(page).getByRole('link', { name: text('picker-sign-in') }).click();
  await page.getByRole('main').getByRole('link', { name: text('sign-in-register') }).click();
  const person = newPerson();
  await fillRegistration(page, person);
  await expectSignedIn(page, person);
  const welcomed = { ...chosen, address: `${chosen.address}&welcome=registered` };
  expect(await readChosenTime(page), 'the chosen time is shown again').toEqual(welcomed);

  const appointment = await hold(page);
  await expect(page.getByText(summaryOf(chosen))).toBeVisible();
  await expectZoneOnlyOfVideo(page.getByRole('main'), chosen, city);
  await enterCode(page, await latestCode(page, person));

  await expectConfirmed(page);
  await expect(page.getByRole('status').filter({ hasText: text('appointment-confirmed-done') })).toBeVisible();
  await expect(factValue(page, text('appointment-fact-date'))).toContainText(dateWithYear(chosen.date));
  await expect(factValue(page, text('appointment-fact-time'))).toContainText(chosen.times);
  await expectZoneOnlyOfVideo(factValue(page, text('appointment-fact-time')), chosen, city);
  await expect(factValue(page, text('appointment-fact-doctor'))).toContainText(doctor);
  await expect(factValue(page, text('appointment-fact-person'))).toHaveText(person.name);
  await expect(factValue(page, text('appointment-fact-reference'))).toHaveText(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  await expectMessage(page, person, 'email-confirmed-subject', chosen.times);

  const mine = await myAppointments(page);
  await expect(mine).toHaveCount(1);
  await expect(mine).toContainText(doctor);
  await expect(mine).toContainText(chosen.times);
  await expect(mine).toContainText(text('appointment-state-confirmed'));
  await expectOffered(page, chosen, false);

  await (await myAppointments(page)).click();
  await expect(page).toHaveURL(appointment);
  await cancel(page);
  await expectMessage(page, person, 'email-cancelled-subject', chosen.times);
  await expectOffered(page, chosen, true);

  await expect(await myAppointments(page)).toHaveCount(0);
  await expect(page.getByRole('heading', { name: text('appointments-none-upcoming') })).toBeVisible();
  await page.getByRole('navigation', { name: text('appointments-tabs') }).getByRole('link', { name: text('appointments-past') }).click();
  await expect(page.getByRole('main').getByRole('link', { name: doctor })).toContainText(text('appointment-state-cancelled'));
});

/** The heading of the list of doctors in a city. */
function headingIn(city: City, doctors: RegExp): RegExp {
  return partPattern('search-heading', { place: 'city', name: city.name, doctors });
}

/** The option of a city, with its country. */
async function cityOption(page: Page, name: string): Promise<string> {
  const options = await page.getByRole('search').getByLabel(text('search-field-city')).getByRole('option').allInnerTexts();
  const wanted = textPattern('search-city-and-country', { city: name, country: /.+/ });
  return options.find((option) => wanted.test(option)) ?? '';
}

test('signing in on the way to a hold leads back to the chosen time', { tag: ['@no-scripts', '@phone'] }, async ({ page, anotherPerson, city }) => {
  const elsewhere = await anotherPerson();
  const person = await register(elsewhere);

  const chosen = await chooseTimeIn(page, city);
  await chosenTime(page).getByRole('link', { name: text('picker-sign-in') }).click();
  await fillSignIn(page, person);
  expect(await readChosenTime(page)).toEqual(chosen);
  await hold(page);
  await releaseHold(page);
  await expectOffered(page, chosen, true);
});

test('a free time in the list of doctors opens the doctor with that time chosen', { tag: ['@no-scripts', '@phone'] }, async ({ page, city }) => {
  await page.goto(`/doctors?city=${city.slug}`);
  // Not the first time, which may be about to begin.
  const card = page.getByRole('article').filter({ hasText: text('doctor-card-all-times') }).first();
  const details = partPattern('free-time-details', { date: /.+/, doctor: /Dr .+/ }).source;
  const time = card.getByRole('link', { name: new RegExp(String.raw`^\d\d:\d\d.*${details}$`) }).last();
  const name = (await time.innerText()).replaceAll(/\s+/g, ' ');
  await time.click();
  const chosen = await readChosenTime(page);
  expect(name).toContain(chosen.starts);
  expect(name).toContain(text('free-time-details', { date: chosen.date, doctor: chosen.doctor }));
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
  const problem = page.getByRole('alert', { name: text('failure-title-code') });
  await expect(problem).toContainText(text('refusal-wrong-code', { tries: 4 }));
  await expect(page).toHaveTitle(text('page-title', { title: text('page-title-with-problem', { title: text('appointment-held-title') }) }));
  const field = page.getByLabel(text('appointment-held-code'));
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(partPattern('refusal-wrong-code', { tries: 4 }));
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
  await page.getByRole('button', { name: text('appointment-held-new-code-button') }).click();
  const sent = partPattern('appointment-held-new-code-sent-to', { email: /t•••@example\.org/ });
  await expect(page.getByRole('status').filter({ hasText: sent })).toBeVisible();
  const second = await latestCode(page, person, first);

  await enterCode(page, first);
  await expect(page.getByRole('alert')).toContainText(countPartPattern('refusal-wrong-code', {}, 'tries'));
  await enterCode(page, second);
  await expectConfirmed(page);
  await cleanUp(page);
});

test('a search without results offers to remove its filters', async ({ page }) => {
  const typed = 'nobody is called this';
  await page.goto('/doctors?q=nobody+is+called+this');
  const none = text('search-heading-text', { place: 'none', typed, doctors: text('search-doctors', { count: 0 }) });
  await expect(page.getByRole('heading', { level: 1, name: none })).toBeVisible();
  await page.getByRole('link', { name: `${text('search-filter-remove')} ${text('search-filter-text', { typed })}` }).click();
  await expect(page.getByRole('heading', { level: 1, name: countPattern('search-doctors') })).toBeVisible();
  await expect(page.getByRole('article').first()).toBeVisible();
});

test('the list says how it read a symptom, a misspelt word and a fee that is no number', async ({ page }) => {
  await page.goto('/doctors?q=tooth+pain');
  await expect(page.getByRole('article').first()).toContainText('Dentistry');
  await page.goto('/doctors?q=dermatolgist&fee_max=none');
  await expect(page.getByText(text('search-instead', { typed: 'dermatolgist', words: 'dermatologist' }))).toBeVisible();
  await expect(page.getByText(text('address-ignored', { parts: text('search-part-fee') }))).toBeVisible();
  await expect(page.getByRole('article').first()).toContainText('Dermatology');
});

test('filters narrow the list, are kept in the address, and can be removed', { tag: ['@no-scripts', '@phone'] }, async ({ page, city, phone }) => {
  await page.goto(`/doctors?city=${city.slug}`);
  const heading = page.getByRole('heading', { level: 1 });
  const before = Number.parseInt(await heading.innerText(), 10);
  if (phone) {
    await page.getByRole('checkbox', { name: text('search-filters', { on: 1 }) }).check();
  }
  const mode = page.getByRole('search').getByLabel(text('search-field-mode'), { exact: true });
  const counted = textPattern('search-choice-with-count', { choice: text('appointment-mode-video'), count: /(\d+)/ });
  const video = mode.getByRole('option', { name: counted });
  const count = Number(counted.exec(await video.innerText())?.[1]);
  await mode.selectOption('video');
  await page.getByRole('search').getByRole('button', { name: text('search-button') }).click();
  const any = new RegExp(`${countPartPattern('search-doctors').source}|${text('search-doctors', { count: 0 })}`);
  await expect(heading).toHaveText(textPattern('search-heading-video', { heading: headingIn(city, any) }));
  await expect(page).toHaveURL(/mode=video/);
  const narrowed = Number.parseInt(await heading.innerText(), 10) || 0;
  expect(narrowed, 'as many as the option said').toBe(count);
  expect(narrowed).toBeLessThan(before);
  await page.getByRole('list', { name: text('search-active-filters') }).getByRole('link', { name: `${text('search-filter-remove')} ${text('appointment-mode-video')}` }).click();
  const doctors = text('search-doctors', { count: before });
  await expect(heading).toHaveText(text('search-heading', { place: 'city', name: city.name, doctors }));
});
