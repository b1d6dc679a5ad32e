/** Booking for other people of an account. */
import { cancel, chooseTimeIn, enterCode, expectConfirmed, factValue, hold, myAppointments, readChosenTime, chosenTime } from '../support/booking';
import { latestCode } from '../support/mailbox';
import { randomWord, register } from '../support/people';
import { expect, test } from '../support/test';

test('a parent adds a child on the way to a hold, books for it, and removes it afterwards', { tag: ['@no-scripts', '@phone'] }, async ({ page, city, watch }) => {
  watch.expects(409);
  const parent = await register(page);
  const child = `Mira ${randomWord()}`;
  const chosen = await chooseTimeIn(page, city);
  await chosenTime(page).getByRole('link', { name: 'Book for someone else' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'People you book for' })).toBeVisible();
  await page.getByLabel('Their name').fill(child);
  await page.getByLabel('Birth date').fill('2019-04-30');
  await page.getByRole('button', { name: 'Add this person' }).click();

  expect(await readChosenTime(page), 'back at the time').toMatchObject({ date: chosen.date, times: chosen.times });
  const whom = chosenTime(page).getByLabel('For whom');
  await expect(whom.getByRole('option', { selected: true })).toHaveText(child);
  await expect(whom.getByRole('option')).toHaveText([parent.name, child]);
  const appointment = await hold(page);
  await expect(page.getByText(`For ${child}: Consultation`)).toBeVisible();
  await enterCode(page, await latestCode(page, parent));
  await expectConfirmed(page);
  await expect(factValue(page, 'For')).toHaveText(child);
  const mine = await myAppointments(page);
  await expect(mine).toContainText(`For ${child}`);

  await page.getByRole('main').getByRole('link', { name: 'People you book for' }).click();
  const people = page.getByRole('main').getByRole('listitem');
  await expect(people).toHaveText([new RegExp(`^${parent.name}\\s*You$`), new RegExp(`^${child}\\s*Born 30 April 2019`)]);
  await page.getByRole('button', { name: `Remove ${child}` }).click();
  await expect(page.getByRole('alert')).toContainText('This person still has an appointment.');
  await page.goto(appointment);
  await cancel(page);
  await page.goto('/people');
  await page.getByRole('button', { name: `Remove ${child}` }).click();
  await expect(page.getByRole('status')).toContainText('They are no longer on your list.');
  await expect(people).toHaveCount(1);
});

test('an account with several people chooses whom a time is for, and its owner is the default', async ({ page, city }) => {
  const person = await register(page);
  const father = `Anton ${randomWord()}`;
  await page.goto('/people');
  await page.getByLabel('Their name').fill(father);
  await page.getByRole('button', { name: 'Add this person' }).click();
  await expect(page.getByRole('status')).toContainText('You can now book for them');

  await chooseTimeIn(page, city);
  const whom = chosenTime(page).getByLabel('For whom');
  await expect(whom.getByRole('option', { selected: true })).toHaveText(person.name);
  await whom.selectOption(father);
  await hold(page);
  await expect(page.getByText(`For ${father}: Consultation`)).toBeVisible();
  await page.getByRole('button', { name: 'Let this time go' }).click();
  await expect(factValue(page, 'For')).toHaveText(father);
});

