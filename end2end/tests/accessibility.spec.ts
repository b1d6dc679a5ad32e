/** Every page is accessible: headings, axe in light and dark mode, a screen of 320 px. */
import type { Page } from '@playwright/test';

import { expectAccessible, expectFitsNarrowScreen } from '../support/accessibility';
import {
  cancel,
  chooseNewTime,
  chooseTimeIn,
  cleanUp,
  confirmMove,
  enterCode,
  expectConfirmed,
  hold,
  openDoctor,
  openMove,
  chosenTime,
} from '../support/booking';
import { latestCode, wrongCode } from '../support/mailbox';
import { ADMINISTRATOR, DOCTOR, fillSignIn, register, signIn, newPerson } from '../support/people';
import { expect, test as base } from '../support/test';

/** Checks the page that is open. */
const test = base.extend<{ check: (where: string) => Promise<void> }>({
  check: async ({ page, phone }, use) => {
    await use(async (where) => {
      await base.step(where, async () => {
        await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
        await expect(page).toHaveTitle(/^.+ – Nadi$/);
        await expect(page.getByRole('main')).toHaveCount(1);
        // Only on the desktop, whose window is narrowed to less than the phone's width.
        if (!phone) {
          await expectFitsNarrowScreen(page, where);
        }
        await expectAccessible(page, where);
      });
    });
  },
});

async function open(page: Page, address: string, heading: string | RegExp): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
}

test('the pages of visitors', { tag: '@phone' }, async ({ page, city, check, watch }) => {
  watch.expects(404, 422);
  await open(page, '/', 'Find a doctor, and a time that is yours');
  await check('home');
  await open(page, `/doctors?city=${city.slug}`, /doctors/);
  await check('the list of doctors');
  await open(page, '/doctors?q=nobody+is+called+this', /^No doctors/);
  await check('an empty list');
  await open(page, '/no-such-page', 'There is nothing at this address');
  await check('a page that is not there');
  await open(page, '/dev/pieces', 'Pieces');
  await check('the style guide');
  await open(page, '/register', 'Register');
  await check('register');
  await open(page, '/help/calendars', 'Use Nadi with other calendars');
  await check('steps for other calendars');
  await open(page, '/sign-in', 'Sign in');
  await check('sign in');
  await fillSignIn(page, newPerson());
  await expect(page.getByRole('alert')).toBeVisible();
  await check('sign in after a wrong password');
});

test('a doctor’s page, with and without a chosen time', { tag: '@phone' }, async ({ page, city, check }) => {
  await openDoctor(page, city);
  await check('a doctor');
  await chooseTimeIn(page, city);
  await expect(chosenTime(page).getByRole('link', { name: 'Register' })).toBeVisible();
  await check('a doctor with a time chosen');
});

test('the pages of patients', { tag: '@phone' }, async ({ page, anotherPerson, city, check, watch }) => {
  watch.expects(409, 422);
  const person = await register(page);
  await open(page, '/appointments', 'My appointments');
  await check('no appointments');
  const chosen = await chooseTimeIn(page, city);
  await check('a time to hold');
  await hold(page);
  await check('a hold');
  await page.getByRole('button', { name: 'Keep it longer' }).click();
  await expect(page.getByText('You can do this twice more.')).toBeVisible();
  await check('a hold that was kept longer');
  const rival = await anotherPerson();
  await rival.goto(chosen.address);
  await expect(rival.getByText('That time was just taken.')).toBeVisible();
  const code = await latestCode(page, person);
  await enterCode(page, wrongCode(code));
  await expect(page.getByRole('alert')).toBeVisible();
  await check('a hold after a wrong code');
  await enterCode(page, code);
  await expectConfirmed(page);
  await check('a confirmation');
  await open(page, '/appointments', 'My appointments');
  await check('appointments');
  await page.getByRole('main').getByRole('link', { name: chosen.doctor }).click();
  const appointment = page.url();
  await page.getByText('Cancel or give this time back').click();
  await check('an appointment about to be cancelled');
  await openMove(page);
  await check('moving an appointment');
  await chooseNewTime(page);
  await check('moving an appointment, with a time chosen');
  await confirmMove(page);
  await check('a moved appointment');
  await cancel(page);
  await check('a cancelled appointment');
  await open(page, `${appointment}/move`, 'This appointment cannot be moved');
  await check('an appointment that cannot be moved');
  await open(page, '/appointments?show=past', 'My appointments');
  await check('past appointments');
});

test('the calendar address and the people of an account', async ({ page, city, check, watch }) => {
  watch.expects(422);
  await register(page);
  await open(page, '/appointments/calendar', 'Your calendar');
  await page.getByRole('button', { name: 'Make an address' }).click();
  await expect(page.getByRole('status')).toBeVisible();
  await check('a calendar address');
  await open(page, '/people', 'People you book for');
  await check('nobody but the account itself');
  await page.getByLabel('Their name').fill('N'.repeat(100));
  await page.getByRole('button', { name: 'Add this person' }).click();
  await expect(page.getByRole('status')).toBeVisible();
  await check('somebody with a very long name');
  await page.locator('form').last().evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByRole('button', { name: 'Add this person' }).click();
  await expect(page.getByRole('alert')).toContainText('Enter the name.');
  await check('somebody without a name');
  await chooseTimeIn(page, city);
  await expect(chosenTime(page).getByLabel('For whom')).toBeVisible();
  await check('a time for somebody');
});

test('a time that was taken', async ({ page, anotherPerson, city, check, watch }) => {
  watch.expects(409);
  const first = await anotherPerson();
  await register(first);
  const chosen = await chooseTimeIn(first, city);
  await hold(first);
  await page.goto(chosen.address);
  await expect(page.getByText('That time was just taken.')).toBeVisible();
  await expect(page.getByText(/You hold/)).toHaveCount(0);
  await check('a time that was taken');
  await cleanUp(first);
});

test('the pages of doctors', { tag: '@phone' }, async ({ page, check }) => {
  await signIn(page, DOCTOR, '/calendar');
  await check('the week');
  await open(page, '/calendar?view=day', 'Your calendar');
  await check('the day');
  await open(page, '/calendar?view=list', 'Your calendar');
  await check('the list of days');
  await open(page, '/calendar/hours', 'Your hours');
  await check('hours');
  await page.getByRole('button', { name: 'See what changes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Before you save' })).toBeVisible();
  await check('before hours are saved');
  await open(page, '/calendar/time-off', 'Your time off and single days');
  await check('time off');
  await open(page, '/calendar/connections', 'Other calendars');
  await check('other calendars');
  await open(page, '/calendar/reviews', 'Reviews');
  await page.getByText(/^(Answer this review|Change your answer)$/).first().click();
  await check('a doctor’s reviews');
});

test('the pages of administrators', async ({ page, check }) => {
  await signIn(page, ADMINISTRATOR, '/admin');
  await check('all doctors');
  await page.getByRole('table').getByRole('rowheader').first().getByRole('link').click();
  await expect(page.getByRole('button', { name: 'Save doctor' })).toBeVisible();
  await check('a doctor to edit');
  const pages = page.getByRole('navigation', { name: 'Schedule' });
  await pages.getByRole('link', { name: 'Hours' }).click();
  await expect(page.getByRole('button', { name: 'See what changes' })).toBeVisible();
  await check('a doctor’s hours');
  await pages.getByRole('link', { name: 'Time off' }).click();
  await expect(page.getByRole('region', { name: 'Take time off' })).toBeVisible();
  await check('a doctor’s time off');
  await pages.getByRole('link', { name: 'Other calendars' }).click();
  await expect(page.getByRole('region', { name: 'Busy elsewhere' })).toBeVisible();
  await check('a doctor’s other calendars');
  await open(page, '/admin/doctors/new', 'Add a doctor');
  await check('a new doctor');
  await open(page, '/admin/locations', 'Locations');
  await check('all locations');
  await page.getByRole('table').getByRole('rowheader').first().getByRole('link').click();
  await expect(page.getByRole('button', { name: 'Save location' })).toBeVisible();
  await check('a location to edit');
  await open(page, '/admin/locations/new', 'Add a location');
  await check('a new location');
  await open(page, '/admin/holidays', 'Public holidays');
  await check('public holidays');
  await open(page, '/admin/reviews', 'Reviews');
  await page.getByText('Hide this review').first().click();
  await check('all reviews');
  await open(page, '/dev/mailbox', 'Mailbox');
  await check('the mailbox');
});
