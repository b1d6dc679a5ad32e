/** Booking for other people of an account. */
import { cancel, chooseTimeIn, enterCode, expectConfirmed, factValue, hold, myAppointments, readChosenTime, releaseHold, chosenTime } from '../support/booking';
import { latestCode } from '../support/mailbox';
import { randomWord, register } from '../support/people';
import { expect, test } from '../support/test';
import { text } from '../support/text';

test('a parent adds a child on the way to a hold, books for it, and removes it afterwards', { tag: ['@no-scripts', '@phone'] }, async ({ page, city, watch }) => {
  watch.expects(409);
  const parent = await register(page);
  const child = `Mira ${randomWord()}`;
  const chosen = await chooseTimeIn(page, city);
  await chosenTime(page).getByRole('link', { name: text('picker-other-person') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('people-title') })).toBeVisible();
  await page.getByLabel(text('people-name')).fill(child);
  await page.getByLabel(text('people-birth-date')).fill('2019-04-30');
  await page.getByRole('button', { name: text('people-add-button') }).click();

  expect(await readChosenTime(page), 'back at the time').toMatchObject({ date: chosen.date, times: chosen.times });
  const whom = chosenTime(page).getByLabel(text('picker-person'));
  await expect(whom.getByRole('option', { selected: true })).toHaveText(child);
  await expect(whom.getByRole('option')).toHaveText([parent.name, child]);
  const appointment = await hold(page);
  await expect(page.getByText(text('appointment-kind-and-person', { kind: 'Consultation', person: child }))).toBeVisible();
  await enterCode(page, await latestCode(page, parent));
  await expectConfirmed(page);
  await expect(factValue(page, text('appointment-fact-person'))).toHaveText(child);
  const mine = await myAppointments(page);
  await expect(mine).toContainText(text('appointments-for', { person: child }));

  await page.getByRole('main').getByRole('link', { name: text('appointments-people') }).click();
  const people = page.getByRole('main').getByRole('listitem');
  const born = text('people-born', { date: '30 April 2019' });
  await expect(people).toHaveText([new RegExp(`^${parent.name}\\s*${text('people-you')}\\s*${text('people-change-own-name')}$`), new RegExp(`^${child}\\s*${born}`)]);
  await page.getByRole('button', { name: text('people-remove', { name: child }) }).click();
  await expect(page.getByRole('alert')).toContainText(text('refusal-has-appointments'));
  await page.goto(appointment);
  await cancel(page);
  await page.goto('/people');
  await page.getByRole('link', { name: text('people-correct', { name: child }) }).click();
  const corrected = `${child} Dias`;
  await page.getByLabel(text('people-name')).fill(corrected);
  await page.getByLabel(text('people-birth-date')).fill('2019-05-03');
  await page.getByRole('button', { name: text('people-correct-button') }).click();
  await expect(page.getByRole('status')).toContainText(text('people-corrected'));
  await expect(people.last()).toContainText(text('people-born', { date: '3 May 2019' }));
  await page.getByRole('button', { name: text('people-remove', { name: corrected }) }).click();
  await expect(page.getByRole('status')).toContainText(text('people-removed'));
  await expect(people).toHaveCount(1);
});

test('an account with several people chooses whom a time is for, and its owner is the default', async ({ page, city }) => {
  const person = await register(page);
  const father = `Anton ${randomWord()}`;
  await page.goto('/people');
  await page.getByLabel(text('people-name')).fill(father);
  await page.getByRole('button', { name: text('people-add-button') }).click();
  await expect(page.getByRole('status')).toContainText(text('people-added'));

  await chooseTimeIn(page, city);
  const whom = chosenTime(page).getByLabel(text('picker-person'));
  await expect(whom.getByRole('option', { selected: true })).toHaveText(person.name);
  await whom.selectOption(father);
  await hold(page);
  await expect(page.getByText(text('appointment-kind-and-person', { kind: 'Consultation', person: father }))).toBeVisible();
  await releaseHold(page);
  await expect(factValue(page, text('appointment-fact-person'))).toHaveText(father);
});

