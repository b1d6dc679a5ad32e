/** Every page is accessible: headings, axe in light and dark mode, a screen of 320 px. */
import type { Locator, Page } from '@playwright/test';

import { expectAccessible, expectFitsNarrowScreen } from '../support/accessibility';
import {
  cancel,
  cancelSummary,
  chooseNewTime,
  chooseTimeIn,
  cleanUp,
  confirmMove,
  enterCode,
  expectCodeSent,
  expectConfirmed,
  fillDetails,
  hold,
  openDoctor,
  openMove,
  chosenTime,
} from '../support/booking';
import { advanceClock } from '../support/clock';
import { latestCode, wrongCode } from '../support/mailbox';
import { ADMINISTRATOR, DOCTOR, enterSignInCode, expectCodePage, fillSignIn, register, signIn, newPerson } from '../support/people';
import { expect, test as base } from '../support/test';
import { text, textPattern } from '../support/text';

/** Checks the page that is open. */
const test = base.extend<{ check: (where: string) => Promise<void> }>({
  check: async ({ page, phone }, use) => {
    await use(async (where) => {
      await base.step(where, async () => {
        await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
        await expect(page).toHaveTitle(textPattern('page-title', { title: /.+/ }));
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
  await open(page, '/', text('home-title'));
  await check('home');
  await open(page, `/doctors?city=${city.slug}`, textPattern('search-heading', { doctors: /.+/, place: 'city', name: city.name }));
  await check('the list of doctors');
  const none = { doctors: text('search-doctors', { count: 0 }), place: 'none', typed: 'nobody is called this' };
  await open(page, '/doctors?q=nobody+is+called+this', text('search-heading-text', none));
  await check('an empty list');
  await open(page, '/no-such-page', text('not-found-title'));
  await check('a page that is not there');
  await open(page, '/dev/pieces', 'Pieces');
  await check('the style guide');
  await open(page, '/register', text('register-title'));
  await check('register');
  await open(page, '/help/calendars', text('calendar-help-title'));
  await check('steps for other calendars');
  await open(page, '/privacy', text('privacy-title'));
  await check('the privacy notice');
  await open(page, '/terms', text('terms-title'));
  await check('the terms');
  await open(page, '/sign-in', text('sign-in-title'));
  await check('sign in');
  await fillSignIn(page, newPerson());
  await expect(page.getByRole('alert')).toBeVisible();
  await check('sign in after a wrong password');
});

test('the steps of registering and signing in', { tag: '@phone' }, async ({ page, check, watch }) => {
  watch.expects(422);
  await open(page, '/sign-in/code', text('sign-in-code-gone-title'));
  await check('no code to type');
  await open(page, '/sign-in?signed_in=yes', text('sign-in-title'));
  await check('sign in without cookies');
  const person = newPerson();
  await open(page, '/sign-in/forgot', text('forgot-title'));
  await check('a forgotten password');
  await page.getByLabel(text('sign-in-email')).fill(person.email);
  await page.getByRole('button', { name: text('forgot-button') }).click();
  await expectCodePage(page, person);
  await check('a code to type');
  await enterSignInCode(page, wrongCode(await latestCode(page, person)));
  await expect(page.getByRole('alert')).toBeVisible();
  await check('after a wrong code');
  await page.getByRole('button', { name: text('sign-in-code-again') }).click();
  await expect(page.getByRole('status')).toContainText(text('sign-in-code-sent-again'));
  await check('a new code');
  await register(page);
  await page.goto('/');
  await advanceClock(page, 11 * 60);
  await open(page, '/sign-in/again', text('again-title'));
  await check('proving again');
});

test('a doctor’s page, with and without a chosen time', { tag: '@phone' }, async ({ page, city, check }) => {
  await openDoctor(page, city);
  await check('a doctor');
  await chooseTimeIn(page, city);
  await expect(chosenTime(page).getByRole('link', { name: text('picker-sign-in') })).toBeVisible();
  await check('a doctor with a time chosen');
});

test('the pages of a booking without an account', { tag: '@phone' }, async ({ page, city, check, watch }) => {
  watch.expects(422);
  // As after a first try whose cookie has not come back.
  await open(page, '/book?slot=1&tried=yes', text('book-title'));
  await check('a browser that refuses cookies');
  const person = newPerson();
  await chooseTimeIn(page, city);
  await hold(page);
  await check('a hold without details');
  await fillDetails(page, { ...person, patient: { name: 'Mira', birthDate: '2199-01-01' } });
  await expect(page.getByRole('alert')).toBeVisible();
  await check('a hold with details that are not valid');
  await fillDetails(page, { ...person, patient: { name: 'Mira', birthDate: '2019-04-30' } });
  await expectCodeSent(page);
  await check('a hold with details');
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  await check('a confirmation for a new account');
  await cancel(page);
});

test('the pages of patients', { tag: '@phone' }, async ({ page, anotherPerson, city, check, watch }) => {
  watch.expects(409, 422);
  const person = await register(page);
  await open(page, '/appointments', text('appointments-title'));
  await check('no appointments');
  const chosen = await chooseTimeIn(page, city);
  await check('a time to hold');
  await hold(page);
  await check('a hold');
  await page.getByRole('button', { name: text('appointment-held-extend-button') }).click();
  await expect(page.getByText(text('appointment-held-extensions-left', { count: 2 }))).toBeVisible();
  await check('a hold that was kept longer');
  const rival = await anotherPerson();
  await rival.goto(chosen.address);
  await expect(rival.getByText(text('time-gone-taken'))).toBeVisible();
  const code = await latestCode(page, person);
  await enterCode(page, wrongCode(code));
  await expect(page.getByRole('alert')).toBeVisible();
  await check('a hold after a wrong code');
  await enterCode(page, code);
  await expectConfirmed(page);
  await check('a confirmation');
  await open(page, '/appointments', text('appointments-title'));
  await check('appointments');
  await page.getByRole('main').getByRole('link', { name: chosen.doctor }).click();
  const appointment = page.url();
  await cancelSummary(page).click();
  await check('an appointment about to be cancelled');
  await openMove(page);
  await check('moving an appointment');
  await chooseNewTime(page);
  await check('moving an appointment, with a time chosen');
  await confirmMove(page);
  await check('a moved appointment');
  await cancel(page);
  await check('a cancelled appointment');
  await open(page, `${appointment}/move`, text('appointment-reschedule-impossible-title'));
  await check('an appointment that cannot be moved');
  await open(page, '/appointments?show=past', text('appointments-title'));
  await check('past appointments');
});

test('the calendar address and the people of an account', async ({ page, city, check, watch }) => {
  watch.expects(422);
  await register(page);
  await open(page, '/appointments/calendar', text('own-calendar-title'));
  await page.getByRole('button', { name: text('feeds-add-first') }).click();
  await expect(page.getByRole('status')).toBeVisible();
  await check('a calendar address');
  const add = page.getByRole('button', { name: text('people-add-button') });
  await open(page, '/people', text('people-title'));
  await check('nobody but the account itself');
  await page.getByLabel(text('people-name')).fill('N'.repeat(100));
  await add.click();
  await expect(page.getByRole('status')).toBeVisible();
  await check('somebody with a very long name');
  await page.locator('form').filter({ has: add }).evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await add.click();
  await expect(page.getByRole('alert')).toContainText(text('field-name-missing'));
  await check('somebody without a name');
  await chooseTimeIn(page, city);
  await expect(chosenTime(page).getByLabel(text('picker-person'))).toBeVisible();
  await check('a time for somebody');
});

test('the pages of an account', { tag: '@phone' }, async ({ page, check, watch }) => {
  watch.expects(422);
  const person = await register(page);
  await open(page, '/account', text('account-title'));
  await check('the account');
  await open(page, '/account/name', text('account-name-title'));
  await page.locator('main form').evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByLabel(text('account-name-label')).fill('');
  await page.getByRole('button', { name: text('account-save') }).click();
  await expect(page.getByRole('alert')).toContainText(text('field-name-missing'));
  await check('a missing name');
  await open(page, '/account/email', text('account-email-title'));
  await check('another address');
  await page.getByLabel(text('account-email-label')).fill(`new.${person.email}`);
  await page.getByRole('button', { name: text('account-email-send-button') }).click();
  await expect(page.getByLabel(text('account-email-code-label'))).toBeVisible();
  await check('the code of another address');
  await open(page, '/account/password', text('account-password-change-title'));
  await check('another password');
  await open(page, '/account/api-keys', text('api-keys-title'));
  await check('no keys');
  await page.getByLabel(text('api-key-name'), { exact: true }).fill('N'.repeat(100));
  await page.getByRole('button', { name: text('api-key-create-button') }).click();
  await expect(page.getByLabel(text('api-key-new-label'))).toBeVisible();
  await check('a new key');
  await open(page, '/account/export', text('account-export-title'));
  await open(page, '/account/export/page', text('export-page-title'));
  await check('the export');
  await open(page, '/account/delete', text('account-delete-title'));
  await page.getByRole('button', { name: text('account-delete-button') }).click();
  await expect(page.getByRole('alert')).toContainText(text('account-delete-unticked'));
  await check('deleting the account');
  await open(page, '/account/deleted', text('account-deleted-title'));
  await check('a deleted account');
});

test('the pages of the second step of signing in', async ({ page, check, watch }) => {
  watch.expects(422);
  await register(page);
  await open(page, '/account/security', text('security-title'));
  await check('no second factor');
  await page.getByRole('button', { name: text('security-authenticator-set-up') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('authenticator-title') })).toBeVisible();
  await check('setting up an authenticator app');
  await page.getByLabel(text('authenticator-code')).fill('12');
  await page.getByRole('button', { name: text('authenticator-button') }).click();
  await expect(page.getByRole('alert')).toContainText(text('failure-wrong-second-factor'));
  await check('a wrong code of the app');
});

test('a time that was taken', async ({ page, anotherPerson, city, check, watch }) => {
  watch.expects(409);
  const first = await anotherPerson();
  await register(first);
  const chosen = await chooseTimeIn(first, city);
  await hold(first);
  await page.goto(chosen.address);
  await expect(page.getByText(text('time-gone-taken'))).toBeVisible();
  await expect(page.getByText(textPattern('doctor-own-hold', { appointment: /.+/ }))).toHaveCount(0);
  await check('a time that was taken');
  await cleanUp(first);
});

test('the pages of doctors', { tag: '@phone' }, async ({ page, check }) => {
  await signIn(page, DOCTOR, '/calendar');
  await check('the week');
  await open(page, '/calendar?view=day', text('doctor-calendar-title'));
  await check('the day');
  await open(page, '/calendar?view=list', text('doctor-calendar-title'));
  await check('the list of days');
  await open(page, '/calendar/hours', text('schedule-hours-title-own'));
  await check('hours');
  await page.getByRole('button', { name: text('schedule-preview-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('schedule-preview-title') })).toBeVisible();
  await check('before hours are saved');
  await open(page, '/calendar/time-off', text('schedule-time-off-title-own'));
  await check('time off');
  await open(page, '/calendar/connections', text('connection-title'));
  await check('other calendars');
  await open(page, '/calendar/reviews', text('doctor-reviews-title'));
  const reply = (key: string): Locator => page.getByText(text(key), { exact: true });
  await reply('doctor-reviews-reply-open').or(reply('doctor-reviews-reply-edit')).first().click();
  await check('a doctor’s reviews');
});

test('the pages of administrators', async ({ page, check }) => {
  await signIn(page, ADMINISTRATOR, '/admin');
  await check('all doctors');
  await page.getByRole('table').getByRole('rowheader').first().getByRole('link').click();
  await expect(page.getByRole('button', { name: text('admin-doctor-save-button') })).toBeVisible();
  await check('a doctor to edit');
  const pages = page.getByRole('navigation', { name: text('schedule-tabs') });
  await pages.getByRole('link', { name: text('schedule-tab-hours') }).click();
  await expect(page.getByRole('button', { name: text('schedule-preview-button') })).toBeVisible();
  await check('a doctor’s hours');
  await pages.getByRole('link', { name: text('schedule-tab-time-off') }).click();
  await expect(page.getByRole('region', { name: text('schedule-off-form') })).toBeVisible();
  await check('a doctor’s time off');
  await pages.getByRole('link', { name: text('schedule-tab-connections') }).click();
  await expect(page.getByRole('region', { name: text('connection-busy-title') })).toBeVisible();
  await check('a doctor’s other calendars');
  await open(page, '/admin/doctors/new', text('admin-doctor-add-title'));
  await check('a new doctor');
  await open(page, '/admin/locations', text('admin-locations-title'));
  await check('all locations');
  await page.getByRole('table').getByRole('rowheader').first().getByRole('link').click();
  await expect(page.getByRole('button', { name: text('admin-location-save-button') })).toBeVisible();
  await check('a location to edit');
  await open(page, '/admin/locations/new', text('admin-location-add-title'));
  await check('a new location');
  await open(page, '/admin/holidays', text('holidays-title'));
  await check('public holidays');
  await open(page, '/admin/appointments', text('clinic-day-title'));
  await check('the appointments of a clinic');
  await open(page, '/admin/holds', text('admin-holds-title'));
  await check('the networks that hold times');
  await open(page, '/admin/team', text('team-title'));
  await check('the team');
  await open(page, '/admin/reviews', text('admin-reviews-title'));
  await page.getByText(text('admin-reviews-hide-button')).first().click();
  await check('all reviews');
  await open(page, '/dev/mailbox', 'Mailbox');
  await check('the mailbox');
});
