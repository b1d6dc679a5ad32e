/** Permissions, registration, signing in and signing out. */
import { chooseTimeIn, cleanUp, factValue, hold, releaseHold } from '../support/booking';
import { expectSignedIn, fillRegistration, fillSignIn, PATIENT, register, signIn, newPerson } from '../support/people';
import { expect, test } from '../support/test';
import { countPattern, text } from '../support/text';

const NOTHING = text('not-found-title');
const UNKNOWN_ID = '01900000-0000-7000-8000-000000000000';

test('an address that does not exist answers 404 with a page that leads to the doctors', async ({ page, watch }) => {
  watch.expects(404);
  for (const address of ['/doctors/nobody-is-called-this', '/doctors/Not%20a%20slug!', '/no/such/depth']) {
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1, name: NOTHING })).toBeVisible();
  }
  await page.getByRole('main').getByRole('link', { name: text('layout-find-doctor') }).click();
  await expect(page.getByRole('heading', { level: 1, name: countPattern('search-doctors') })).toBeVisible();
});

test('an appointment of somebody else looks like one that does not exist', async ({ page, anotherPerson, city, watch }) => {
  watch.expects(404);
  const person = await register(page);
  await chooseTimeIn(page, city);
  const appointment = await hold(page);

  const curious = await anotherPerson();
  await register(curious);
  const addresses = [appointment, `/appointments/${UNKNOWN_ID}`, '/appointments/not-an-id'];
  for (const address of [...addresses, ...addresses.map((one) => `${one}/move`)]) {
    await curious.goto(address);
    await expect(curious.getByRole('heading', { level: 1, name: NOTHING })).toBeVisible();
    await expect(curious.getByText(person.name)).toHaveCount(0);
  }
  await cleanUp(page, appointment);
});

test('a visitor is asked to sign in, and arrives at the page they asked for', { tag: ['@no-scripts', '@phone'] }, async ({ page }) => {
  await page.goto('/appointments?show=past');
  await fillSignIn(page, PATIENT);
  await expectSignedIn(page, PATIENT);
  await expect(page).toHaveURL('/appointments?show=past');
});

test('a patient is refused on every staff page', async ({ page, watch }) => {
  watch.expects(403);
  await signIn(page, PATIENT);
  for (const address of ['/admin', '/admin/doctors/new', '/admin/locations', '/admin/locations/new', '/admin/holidays', '/admin/holds', '/audit', '/calendar', '/calendar/hours', '/calendar/time-off', '/calendar/connections']) {
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1, name: text('forbidden-title') }), address).toBeVisible();
  }
  await page.getByRole('main').getByRole('link', { name: text('layout-my-appointments') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('appointments-title') })).toBeVisible();
});

test('a visitor is asked to sign in at every page that needs an account', async ({ page }) => {
  for (const address of ['/admin', '/calendar', '/appointments', `/appointments/${UNKNOWN_ID}`, `/appointments/${UNKNOWN_ID}/move`, '/appointments/calendar', '/calendar/hours', '/calendar/time-off', '/calendar/connections', `/calendar/changes/${UNKNOWN_ID}`, '/people', '/account', '/account/password', '/account/email', '/account/security', '/account/api-keys', '/account/export', '/account/delete', '/sign-in/again', '/admin/team', '/admin/appointments', '/admin/holds', '/audit']) {
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1, name: text('sign-in-title') }), address).toBeVisible();
    await expect(page).toHaveURL(`/sign-in?next=${encodeURIComponent(address)}`);
  }
});

test('signing out ends the session, also in another tab and for the Back button', { tag: '@no-scripts' }, async ({ page, context }) => {
  await signIn(page, PATIENT);
  const second = await context.newPage();
  await second.goto('/appointments');
  await expect(second.getByRole('heading', { level: 1, name: text('appointments-title') })).toBeVisible();

  await page.getByRole('button', { name: text('layout-sign-out') }).click();
  await expect(page.getByRole('banner').getByRole('link', { name: text('layout-sign-in') })).toBeVisible();
  await expect(page).toHaveURL('/');
  await second.reload();
  await expect(second.getByRole('heading', { level: 1, name: text('sign-in-title') })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: text('sign-in-title') }), 'Back shows nothing either').toBeVisible();
});

test('a wrong password is refused without saying whether the e-mail is known', { tag: '@no-scripts' }, async ({ page, watch }) => {
  watch.expects(422);
  // A new address, because an account is locked after ten wrong passwords.
  const nobody = newPerson();
  await page.goto('/sign-in');
  await fillSignIn(page, nobody);
  await expect(page.getByRole('alert')).toContainText(text('failure-wrong-credentials'));
  await expect(page.getByLabel(text('sign-in-email')), 'the e-mail is kept').toHaveValue(nobody.email);
  await expect(page.getByLabel(text('sign-in-password')), 'the password is not').toHaveValue('');
  await expect(page).toHaveTitle(text('page-title', { title: text('page-title-with-problem', { title: text('sign-in-title') }) }));
});

test('a registration names all its problems at once', { tag: '@no-scripts' }, async ({ page, watch }) => {
  watch.expects(422);
  await page.goto('/register');
  // The browser's own validation would prevent sending this form.
  await page.locator('form').last().evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByLabel(text('register-name')).fill('');
  await page.getByLabel(text('register-email')).fill('not an address');
  await page.getByLabel(text('register-password')).fill('short');
  await page.getByRole('button', { name: text('register-button') }).click();
  const problems = page.getByRole('alert', { name: text('failure-title') });
  await expect(problems.getByRole('listitem')).toHaveCount(3);
  await problems.getByRole('link', { name: text('field-email-malformed') }).click();
  await expect(page.getByLabel(text('register-email'))).toBeFocused();
  await expect(page.getByLabel(text('register-email'))).toHaveValue('not an address');
});

test('a name is shown as it was typed, and never as markup', async ({ page, city }) => {
  const person = { ...newPerson(), name: 'Ø <b>Bo</b> & "Co" </title>' };
  await page.goto('/register?next=/appointments');
  await fillRegistration(page, person);
  await expect(page.getByRole('banner').getByText(person.name)).toBeAttached();
  await chooseTimeIn(page, city);
  await hold(page);
  await expect(page.getByText(text('appointment-kind-and-person', { kind: 'Consultation', person: person.name }))).toBeVisible();
  await releaseHold(page);
  await expect(factValue(page, text('appointment-fact-person'))).toHaveText(person.name);
});
