/** Registering and signing in by code, a forgotten password, proving again, and where each role is led. */
import type { Page } from '@playwright/test';

import { book, cleanUp } from '../support/booking';
import { advanceClock } from '../support/clock';
import { tabTo } from '../support/keyboard';
import { latestCode, sentCodes, useSignInCode, wrongCode } from '../support/mailbox';
import {
  ADMINISTRATOR,
  afterSignIn,
  DOCTOR,
  enterSignInCode,
  expectCodePage,
  expectSignedIn,
  fillSignIn,
  fillSignInCode,
  newPerson,
  register,
  sendSignIn,
  type Person,
} from '../support/people';
import { expect, test } from '../support/test';
import { text } from '../support/text';

/** Types only the e-mail address on the sign-in page, and asks for a code. */
async function askForCode(page: Page, email: string): Promise<void> {
  await page.getByLabel(text('sign-in-email')).fill(email);
  await page.getByRole('button', { name: text('sign-in-code-button') }).click();
}

async function fillRegister(page: Page, person: Person): Promise<void> {
  await page.getByLabel(text('register-name')).fill(person.name);
  await page.getByLabel(text('register-email')).fill(person.email);
  await page.getByLabel(text('register-password')).fill(person.password);
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('banner').getByRole('button', { name: text('layout-sign-out') }).click();
  await expect(page.getByRole('banner').getByRole('link', { name: text('layout-sign-in') })).toBeVisible();
}

test('somebody new registers with the code that is sent, and not with another one', { tag: ['@no-scripts', '@phone'] }, async ({ page, watch }) => {
  watch.expects(422);
  const person = newPerson();
  await page.goto('/register?next=/people');
  await fillRegister(page, person);
  await page.getByRole('button', { name: text('register-button') }).click();
  await expectCodePage(page, person);
  await expect(page.getByRole('banner').getByRole('link', { name: text('layout-sign-in') }), 'not signed in yet').toBeVisible();

  const code = await useSignInCode(page, person);
  await enterSignInCode(page, wrongCode(code));
  const problem = page.getByRole('alert', { name: text('failure-title-code') });
  await expect(problem).toContainText(text('refusal-wrong-code', { tries: 4 }));
  await problem.getByRole('link').click();
  await expect(page.getByLabel(text('sign-in-code-label'))).toBeFocused();
  await enterSignInCode(page, code);
  await expect(page, 'where they wanted to go').toHaveURL(/\/people\?/);
  await expect(page.getByRole('status')).toContainText(text('welcome-registered'));
  await expectSignedIn(page, person);

  await signOut(page);
  await page.goto('/sign-in?next=/people');
  await fillSignIn(page, person);
  await expect(page, 'the password that was typed to register').toHaveURL('/people');
  await expectSignedIn(page, person);
});

test('a code signs in without the password, and a new code replaces the one before', { tag: '@no-scripts' }, async ({ page, anotherPerson, watch }) => {
  watch.expects(422);
  const person = await register(await anotherPerson());
  await page.goto('/sign-in?next=/people');
  await page.getByRole('button', { name: text('sign-in-code-button') }).click();
  await expect(page.getByRole('alert'), 'the address is needed, the password is not').toContainText(text('field-email-missing'));
  await expect(page.getByLabel(text('sign-in-password'))).not.toHaveAttribute('aria-invalid', 'true');
  await askForCode(page, person.email);
  await expectCodePage(page, person);
  const first = await latestCode(page, person);

  await page.getByRole('button', { name: text('sign-in-code-again') }).click();
  await expect(page.getByRole('status')).toContainText(text('sign-in-code-sent-again'));
  const second = await latestCode(page, person, first);
  await enterSignInCode(page, first);
  await expect(page.getByRole('alert')).toBeVisible();
  await enterSignInCode(page, second);
  await expect(page).toHaveURL('/people');
  await expectSignedIn(page, person);
});

test('another address can be used, and there are three codes for one', async ({ page }) => {
  const person = newPerson();
  await page.goto('/sign-in');
  await askForCode(page, person.email);
  await expectCodePage(page, person);
  await page.getByRole('link', { name: text('sign-in-code-other-address') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('sign-in-title') })).toBeVisible();
  const other = newPerson();
  await askForCode(page, other.email);
  await expectCodePage(page, other);
  const again = page.getByRole('button', { name: text('sign-in-code-again') });
  await again.click();
  await expect(page.getByRole('status')).toBeVisible();
  await again.click();
  await expect(page.getByText(text('sign-in-code-no-more'))).toBeVisible();
  await expect(again).toHaveCount(0);
});

test('pages and messages are the same for an address with an account and one without', { tag: '@no-scripts' }, async ({ page, anotherPerson }) => {
  const known = await register(await anotherPerson());
  const unknown = newPerson();
  /** What the page shows. One code is sent. */
  const asked = async (person: Person, ask: () => Promise<void>): Promise<string> => {
    const before = (await sentCodes(page, person)).length;
    await ask();
    await expectCodePage(page, person);
    await expect.poll(async () => (await sentCodes(page, person)).length).toBe(before + 1);
    const shown = await page.getByRole('main').innerText();
    return shown.replaceAll(person.email, 'the address');
  };
  const signIn = (person: Person) => async (): Promise<void> => {
    await page.goto('/sign-in');
    await askForCode(page, person.email);
  };
  const registering = (person: Person) => async (): Promise<void> => {
    await page.goto('/register');
    await fillRegister(page, { ...person, name: 'Somebody Else', password: 'seven other green leaves' });
    await page.getByRole('button', { name: text('register-button') }).click();
  };
  const forgotten = (person: Person) => async (): Promise<void> => {
    await page.goto('/sign-in/forgot');
    await page.getByLabel(text('sign-in-email')).fill(person.email);
    await page.getByRole('button', { name: text('forgot-button') }).click();
  };
  for (const way of [signIn, registering, forgotten]) {
    expect(await asked(known, way(known))).toEqual(await asked(unknown, way(unknown)));
  }
  // What a stranger typed to register changes nothing for the owner.
  await page.goto('/sign-in?next=/people');
  await fillSignIn(page, known);
  await expectSignedIn(page, known);
});

test('whoever has forgotten the password sets a new one', { tag: '@no-scripts' }, async ({ page, anotherPerson, watch }) => {
  watch.expects(422);
  const person = await register(await anotherPerson());
  await page.goto('/sign-in?next=/people');
  await page.getByLabel(text('sign-in-email')).fill(person.email);
  await page.getByRole('button', { name: text('sign-in-forgot') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('forgot-title') })).toBeVisible();
  await expect(page.getByLabel(text('sign-in-email')), 'it need not be typed again').toHaveValue(person.email);
  await page.getByRole('button', { name: text('forgot-button') }).click();
  await fillSignInCode(page, person);
  await expect(page.getByRole('heading', { level: 1, name: text('account-password-new-title') })).toBeVisible();
  const renewed = { ...person, password: 'nine new green leaves' };
  await page.getByLabel(text('account-password-label')).fill(renewed.password);
  await page.getByRole('button', { name: text('account-password-button') }).click();
  await expect(page, 'on to where they wanted to go').toHaveURL('/people');

  await signOut(page);
  await page.goto('/sign-in');
  await fillSignIn(page, person);
  await expect(page.getByRole('alert'), 'the old password').toContainText(text('failure-wrong-credentials'));
  await fillSignIn(page, renewed);
  await expectSignedIn(page, person);
});

test('a code is no longer asked for when it has expired, or in another browser', { tag: '@no-scripts' }, async ({ page, anotherPerson }) => {
  const person = newPerson();
  await page.goto('/register?next=/people');
  await fillRegister(page, person);
  await page.getByRole('button', { name: text('register-button') }).click();
  await expectCodePage(page, person);
  const stranger = await anotherPerson();
  await stranger.goto('/sign-in/code');
  const gone = text('sign-in-code-gone-title');
  await expect(stranger.getByRole('heading', { level: 1, name: gone })).toBeVisible();
  await expect(stranger.getByText(person.email)).toHaveCount(0);

  await advanceClock(page, 16 * 60);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: gone })).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: text('sign-in-register') }).click();
  await expect(page, 'they get where they wanted to go').toHaveURL('/register?next=%2Fpeople');
});

test('signing in leads each role to its place', async ({ page, anotherPerson, city }) => {
  const fromHome = async (who: Page, person: Person): Promise<void> => {
    await who.goto('/');
    await who.getByRole('banner').getByRole('link', { name: text('layout-sign-in') }).click();
    await fillSignIn(who, person);
    await expectSignedIn(who, person);
  };
  await fromHome(page, DOCTOR);
  await expect(page).toHaveURL('/calendar');
  await page.goto('/sign-in');
  await expect(page, 'whoever is signed in is led on').toHaveURL('/calendar');
  await signOut(page);
  await fromHome(page, ADMINISTRATOR);
  await expect(page).toHaveURL('/admin');
  await signOut(page);

  const person = await register(page);
  await page.goto('/');
  await signOut(page);
  await fromHome(page, person);
  await expect(page, 'nothing is booked yet').toHaveURL('/');
  const { appointment } = await book(page, person, city);
  await signOut(page);
  await fromHome(page, person);
  await expect(page, 'to their appointments').toHaveURL('/appointments');
  await cleanUp(page, appointment);

  const elsewhere = await anotherPerson();
  await elsewhere.goto('/sign-in?next=//evil.example/');
  await fillSignIn(elsewhere, person);
  await expectSignedIn(elsewhere, person);
  await expect(elsewhere, 'never to another site').toHaveURL('/');
});

test('before an important change, whoever is signed in proves again who they are', { tag: '@no-scripts' }, async ({ page, watch }) => {
  watch.expects(422);
  const person = await register(page);
  await page.goto('/account');
  await page.goto('/account/password');
  await expect(page.getByRole('heading', { level: 1, name: text('account-password-change-title') }), 'they have just signed in').toBeVisible();

  await advanceClock(page, 11 * 60);
  await page.goto('/account/password');
  await expect(page.getByRole('heading', { level: 1, name: text('again-title') })).toBeVisible();
  await expect(page.getByText(text('again-account', { email: person.email }))).toBeVisible();
  const proof = page.getByLabel(text('sign-in-password'));
  await proof.fill('not the right leaves');
  await page.getByRole('button', { name: text('again-button'), exact: true }).click();
  await expect(page.getByRole('alert')).toContainText(text('field-password-wrong'));
  await proof.fill(person.password);
  await page.getByRole('button', { name: text('again-button'), exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('account-password-change-title') })).toBeVisible();

  await advanceClock(page, 25 * 60);
  await page.goto('/account/password');
  await expect(page.getByRole('heading', { level: 1, name: text('again-title') })).toBeVisible();
  // Messages leave by the clock of the site.
  await advanceClock(page, 0);
  await page.getByRole('button', { name: text('again-code-button') }).click();
  await expectCodePage(page, person);
  await expect(page.getByRole('link', { name: text('sign-in-code-other-address') }), 'it is this account’s').toHaveCount(0);
  await fillSignInCode(page, person);
  await expect(page.getByRole('heading', { level: 1, name: text('account-password-change-title') }), 'with a code').toBeVisible();
  await expectSignedIn(page, person);
});

test('a wrong password does not lose the form that waits for signing in', { tag: '@no-scripts' }, async ({ page, context, watch }) => {
  watch.expects(422);
  const person = await register(page);
  await page.goto('/people');
  await page.getByLabel(text('people-name')).fill('Mira of the Form');
  await context.clearCookies({ name: 'nadi_session' });
  await page.getByRole('button', { name: text('people-add-button') }).click();
  await expect(page.getByText(text('form-waits-kept'))).toBeVisible();
  await fillSignIn(page, { ...person, password: 'not the right leaves' });
  await expect(page.getByRole('alert')).toContainText(text('failure-wrong-credentials'));
  await expect(page.getByText(text('form-waits-kept')), 'it still waits').toBeVisible();
  await fillSignIn(page, person);
  await expectSignedIn(page, person);
  await expect(page.getByLabel(text('people-name'))).toHaveValue('Mira of the Form');
});

test('registering with the keyboard alone', async ({ page }) => {
  const person = newPerson();
  await page.goto('/register?next=/people');
  for (const [label, typed] of [['register-name', person.name], ['register-email', person.email], ['register-password', person.password]] as const) {
    await tabTo(page, page.getByLabel(text(label)));
    await page.keyboard.type(typed);
  }
  await page.keyboard.press('Enter');
  await expectCodePage(page, person);
  await tabTo(page, page.getByLabel(text('sign-in-code-label')));
  await page.keyboard.type(await useSignInCode(page, person));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/people\?/);
  await expectSignedIn(page, person);
});

test('a browser that keeps no cookies is told so', async ({ page }) => {
  const person = await register(page);
  await sendSignIn(page, person);
  await page.context().clearCookies();
  await page.goto(afterSignIn('/appointments'));
  await expect(page.getByRole('heading', { level: 1, name: text('sign-in-title') })).toBeVisible();
  await expect(page.getByText(text('sign-in-no-cookies'))).toBeVisible();
});
