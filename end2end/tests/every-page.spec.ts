/** Every page, as it is and as it should be for everybody: headings, axe in light and dark, 320 px. */
import type { Page } from '@playwright/test';

import { expectNarrow, expectNoBarriers } from '../support/barriers';
import {
  cancel,
  chooseTime,
  chooseTimeIn,
  enterCode,
  expectConfirmed,
  hold,
  letGo,
  moveThere,
  newTime,
  openDoctor,
  openMove,
  review,
} from '../support/booking';
import { another, latestCode } from '../support/mailbox';
import { ADMINISTRATOR, DOCTOR, fillSignIn, register, signIn, stranger } from '../support/people';
import { expect, test as base } from '../support/test';

/** Looks at the page that is open. */
const test = base.extend<{ look: (where: string) => Promise<void> }>({
  look: async ({ page, scripts }, use) => {
    await use(async (where) => {
      await base.step(where, async () => {
        const heading = page.getByRole('heading', { level: 1 });
        await expect(heading).toHaveCount(1);
        await expect(page).toHaveTitle(/^.+ – Nadi$/);
        await expect(page.getByRole('main')).toHaveCount(1);
        await expectNarrow(page, where);
        if (scripts) {
          await expectNoBarriers(page, where);
        }
      });
    });
  },
});

test.beforeEach(() => test.slow());

async function open(page: Page, address: string, heading: string | RegExp): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
}

test('the pages of visitors', async ({ page, city, look, watch }) => {
  watch.expects(404, 422);
  await open(page, '/', 'Find a doctor, and a time that is yours');
  await look('home');
  await open(page, `/doctors?city=${city.slug}`, /doctors/);
  await look('the list of doctors');
  await open(page, '/doctors?q=nobody+is+called+this', /^No doctors/);
  await look('an empty list');
  await open(page, '/no-such-page', 'There is nothing at this address');
  await look('a page that is not there');
  await open(page, '/dev/pieces', 'Pieces');
  await look('every piece in every state');
  await open(page, '/register', 'Register');
  await look('register');
  await open(page, '/sign-in', 'Sign in');
  await look('sign in');
  await fillSignIn(page, stranger());
  await expect(page.getByRole('alert')).toBeVisible();
  await look('sign in with a wrong password');
});

test('choosing a time', async ({ page, city, look }) => {
  await openDoctor(page, city);
  await look('a doctor');
  await chooseTimeIn(page, city);
  await expect(review(page).getByRole('link', { name: 'Register' })).toBeVisible();
  await look('a doctor with a time chosen');
});

test('the pages of patients', async ({ page, another: somebody, city, look, watch }) => {
  watch.expects(409, 422);
  const person = await register(page);
  await look('no appointments');
  const chosen = await chooseTimeIn(page, city);
  await look('a time to hold');
  await hold(page);
  await look('a hold');
  await page.getByRole('button', { name: 'Keep it longer' }).click();
  await expect(page.getByText('You can do this twice more.')).toBeVisible();
  await look('a hold that was kept longer');
  const rival = await somebody();
  await rival.goto(chosen.address);
  await expect(rival.getByText('That time was just taken.')).toBeVisible();
  const code = await latestCode(page, person);
  await enterCode(page, another(code));
  await expect(page.getByRole('alert')).toBeVisible();
  await look('a hold after a wrong code');
  await enterCode(page, code);
  await expectConfirmed(page);
  await look('a confirmation');
  await open(page, '/appointments', 'My appointments');
  await look('appointments');
  await page.getByRole('main').getByRole('link', { name: chosen.doctor }).click();
  const appointment = page.url();
  await page.getByText('Cancel or give this time back').click();
  await look('an appointment about to be cancelled');
  await openMove(page);
  await look('where it is moved');
  await chooseTime(page, newTime(page));
  await look('where it is moved, with a time chosen');
  await moveThere(page);
  await look('a moved appointment');
  await cancel(page);
  await look('a cancelled appointment');
  await open(page, `${appointment}/move`, 'This appointment cannot be moved');
  await look('an appointment that cannot be moved');
  await open(page, '/appointments?show=past', 'My appointments');
  await look('past appointments');
});

test('the people one books for', async ({ page, city, look, watch }) => {
  watch.expects(422);
  await register(page);
  await open(page, '/appointments/calendar', 'Your calendar');
  await page.getByRole('button', { name: 'Make an address' }).click();
  await expect(page.getByRole('status')).toBeVisible();
  await look('an address of one’s calendar');
  await open(page, '/people', 'People you book for');
  await look('nobody but oneself');
  await page.getByLabel('Their name').fill('N'.repeat(100));
  await page.getByRole('button', { name: 'Add this person' }).click();
  await expect(page.getByRole('status')).toBeVisible();
  await look('somebody with a very long name');
  await page.locator('form').last().evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByRole('button', { name: 'Add this person' }).click();
  await expect(page.getByRole('alert')).toContainText('Enter the name.');
  await look('somebody without a name');
  await chooseTimeIn(page, city);
  await expect(review(page).getByLabel('For whom')).toBeVisible();
  await look('a time for somebody');
});

test('a time that was taken', async ({ page, another: somebody, city, look, watch }) => {
  watch.expects(409);
  const first = await somebody();
  await register(first);
  const chosen = await chooseTimeIn(first, city);
  await hold(first);
  await page.goto(chosen.address);
  await expect(page.getByText('That time was just taken.')).toBeVisible();
  await look('a time that was taken');
  await letGo(first);
});

test('the pages of doctors', async ({ page, look }) => {
  await signIn(page, DOCTOR, '/calendar');
  await look('the week');
  await open(page, '/calendar?view=day', 'Your calendar');
  await look('the day');
  await open(page, '/calendar?view=list', 'Your calendar');
  await look('the list of days');
  await open(page, '/calendar/hours', 'Your hours');
  await look('hours');
  await page.getByRole('button', { name: 'See what changes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Before you save' })).toBeVisible();
  await look('before hours are saved');
  await open(page, '/calendar/time-off', 'Your time off and single days');
  await look('time off');
  await open(page, '/calendar/connections', 'Other calendars');
  await look('other calendars');
  await open(page, '/calendar/reviews', 'Reviews');
  await page.getByText(/^(Answer this review|Change your answer)$/).first().click();
  await look('what patients say');
});

test('the pages of administrators', async ({ page, look }) => {
  await signIn(page, ADMINISTRATOR, '/admin');
  await look('all doctors');
  await page.getByRole('table').getByRole('rowheader').first().getByRole('link').click();
  await expect(page.getByRole('button', { name: 'Save doctor' })).toBeVisible();
  await look('a doctor to edit');
  const pages = page.getByRole('navigation', { name: 'Schedule' });
  await pages.getByRole('link', { name: 'Hours' }).click();
  await expect(page.getByRole('button', { name: 'See what changes' })).toBeVisible();
  await look('a doctor’s hours');
  await pages.getByRole('link', { name: 'Time off' }).click();
  await expect(page.getByRole('region', { name: 'Take time off' })).toBeVisible();
  await look('a doctor’s time off');
  await pages.getByRole('link', { name: 'Other calendars' }).click();
  await expect(page.getByRole('region', { name: 'Busy elsewhere' })).toBeVisible();
  await look('a doctor’s other calendars');
  await open(page, '/admin/doctors/new', 'Add a doctor');
  await look('a new doctor');
  await open(page, '/admin/locations', 'Locations');
  await look('all locations');
  await page.getByRole('table').getByRole('rowheader').first().getByRole('link').click();
  await expect(page.getByRole('button', { name: 'Save location' })).toBeVisible();
  await look('a location to edit');
  await open(page, '/admin/locations/new', 'Add a location');
  await look('a new location');
  await open(page, '/admin/holidays', 'Public holidays');
  await look('public holidays');
  await open(page, '/admin/reviews', 'Reviews');
  await page.getByText('Hide this review').first().click();
  await look('all reviews');
  await open(page, '/dev/mailbox', 'Mailbox');
  await look('the mailbox');
});
