/** Who may see what, and how one comes in and goes out. */
import { book, cancel, fact } from '../support/booking';
import { expectSignedIn, fillRegistration, fillSignIn, letters, register, signIn, stranger, PATIENT } from '../support/people';
import { expect, test } from '../support/test';

const NOTHING = 'There is nothing at this address';
const UNKNOWN_ID = '01900000-0000-7000-8000-000000000000';

for (const address of [
  '/no-such-page',
  '/doctors/nobody-is-called-this',
  '/doctors/Not%20a%20slug!',
  '/no/such/depth',
]) {
  test(`${address} is a page that leads on`, async ({ page, watch }) => {
    watch.expects(404);
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1, name: NOTHING })).toBeVisible();
    await page.getByRole('main').getByRole('link', { name: 'Find a doctor' }).click();
    await expect(page.getByRole('heading', { level: 1, name: /^[\d,]+ doctors$/ })).toBeVisible();
  });
}

test('appointments that are not there or not one’s own are told apart by nobody', async ({
  page,
  another: somebody,
  city,
  watch,
}) => {
  watch.expects(404);
  const person = await register(page);
  const { appointment } = await book(page, person, city);

  const curious = await somebody();
  await register(curious);
  const addresses = [appointment, `/appointments/${UNKNOWN_ID}`, '/appointments/not-an-id'];
  for (const address of [...addresses, ...addresses.map((one) => `${one}/move`)]) {
    await curious.goto(address);
    await expect(curious.getByRole('heading', { level: 1, name: NOTHING })).toBeVisible();
    await expect(curious.getByText(person.name)).toHaveCount(0);
  }
  await page.goto(appointment);
  await cancel(page);
});

test('a visitor is asked to sign in, and arrives where they were going', async ({ page }) => {
  await page.goto('/appointments?show=past');
  await fillSignIn(page, PATIENT);
  await expectSignedIn(page, PATIENT);
  await expect(page).toHaveURL('/appointments?show=past');
});

for (const address of ['/admin', '/admin/doctors/new', '/admin/locations', '/admin/locations/new', '/admin/holidays', '/calendar', '/calendar/hours', '/calendar/time-off', '/calendar/connections']) {
  test(`a patient at ${address} reads that it is not for them`, async ({ page, watch }) => {
    watch.expects(403);
    await signIn(page, PATIENT);
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1, name: 'This page is not for your account' })).toBeVisible();
    await page.getByRole('main').getByRole('link', { name: 'My appointments' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'My appointments' })).toBeVisible();
  });
}

for (const address of ['/admin', '/calendar', '/appointments', `/appointments/${UNKNOWN_ID}`, `/appointments/${UNKNOWN_ID}/move`, '/appointments/calendar', '/calendar/hours', '/calendar/time-off', '/calendar/connections', `/calendar/changes/${UNKNOWN_ID}`, '/people']) {
  test(`a visitor at ${address} is asked to sign in`, async ({ page }) => {
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
    await expect(page).toHaveURL(`/sign-in?next=${encodeURIComponent(address)}`);
  });
}

test('nobody is led to another site after signing in', async ({ page, baseURL }) => {
  await signIn(page, PATIENT, '//evil.example/appointments');
  expect(new URL(page.url()).origin).toBe(new URL(baseURL ?? '').origin);
});

test('signing out ends it, also in the other tab', async ({ page, context }) => {
  await signIn(page, PATIENT);
  const second = await context.newPage();
  await second.goto('/appointments');
  await expect(second.getByRole('heading', { level: 1, name: 'My appointments' })).toBeVisible();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('banner').getByRole('link', { name: 'Sign in' })).toBeVisible();
  await expect(page).toHaveURL('/');
  await second.reload();
  await expect(second.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' }), 'Back shows nothing either').toBeVisible();
});

test('a wrong password is told without saying which of the two is wrong', async ({ page, watch }) => {
  watch.expects(422);
  // A fresh address: after ten wrong passwords a real one would have to wait.
  const nobody = stranger();
  await page.goto('/sign-in');
  await fillSignIn(page, nobody);
  await expect(page.getByRole('alert')).toContainText('E-mail and password do not go together.');
  await expect(page.getByLabel('E-mail'), 'nobody types it twice').toHaveValue(nobody.email);
  await expect(page.getByLabel('Password'), 'but a password does not come back').toHaveValue('');
  await expect(page).toHaveTitle(/look again/);
});

test('whoever registers with the e-mail of another learns nothing of them', async ({ page, another: somebody }) => {
  const person = await register(page);
  const other = await somebody();
  const second = { ...person, name: `Anton ${letters()}`, password: 'another password entirely' };
  await other.goto('/register?next=/appointments');
  await fillRegistration(other, second);
  // As with any other e-mail; the code to it goes to whoever reads it.
  await expectSignedIn(other, second);
  await expect(other.getByText(person.name)).toHaveCount(0);
  for (const each of [person, second]) {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, each);
  }
});

test('every problem of a registration is told at once', async ({ page, watch }) => {
  watch.expects(422);
  await page.goto('/register');
  // The browser would stop these by itself: somebody may use another program.
  await page.locator('form').last().evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByLabel('Your name').fill('');
  await page.getByLabel('E-mail').fill('not an address');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  const problems = page.getByRole('alert', { name: 'A few things need another look' });
  await expect(problems.getByRole('listitem')).toHaveCount(3);
  await problems.getByRole('link', { name: /^Enter an e-mail address/ }).click();
  await expect(page.getByLabel('E-mail')).toBeFocused();
  await expect(page.getByLabel('E-mail')).toHaveValue('not an address');
});

test('a name is shown as it was typed, and nowhere as markup', async ({ page, city }) => {
  const person = { ...stranger(), name: 'Ø <b>Bo</b> & "Co" </title>' };
  await page.goto('/register?next=/appointments');
  await fillRegistration(page, person);
  await expect(page.getByRole('banner').getByText(person.name)).toBeAttached();
  const { chosen } = await book(page, person, city);
  await expect(fact(page, 'For')).toHaveText(person.name);
  await cancel(page);
  expect(chosen.doctor).not.toBe('');
});
