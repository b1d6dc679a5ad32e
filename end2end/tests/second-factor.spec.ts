/** The second step of signing in: the authenticator app, recovery codes, and passkeys. */
import { createHmac } from 'node:crypto';

import type { Page } from '@playwright/test';

import { advanceClock } from '../support/clock';
import { expectSignedIn, fillSignIn, register, type Person } from '../support/people';
import { expect, test } from '../support/test';
import { text } from '../support/text';

/** The code that an authenticator app shows at an instant (RFC 6238). */
function codeAt(secret: string, at: Date): string {
  const bits = [...secret].map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at.getTime() / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 0xf) & 0x7fff_ffff;
  return `${number % 1_000_000}`.padStart(6, '0');
}

function later(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1000);
}

/** A code that the app shows neither now nor a minute before or after. */
function wrongCodeAt(secret: string, at: Date): string {
  const right = [-60, -30, 0, 30, 60].map((seconds) => codeAt(secret, later(at, seconds)));
  const wrong = ['111111', '222222', '333333', '444444', '555555', '666666'].find((code) => !right.includes(code));
  return wrong ?? '';
}

async function openSecurity(page: Page): Promise<void> {
  await page.goto('/account/security');
  await expect(page.getByRole('heading', { level: 1, name: text('security-title') })).toBeVisible();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('banner').getByRole('button', { name: text('layout-sign-out') }).click();
  await expect(page.getByRole('banner').getByRole('link', { name: text('layout-sign-in') })).toBeVisible();
}

/** Types e-mail and password, which leads to the second step. */
async function signInToSecondStep(page: Page, person: Person): Promise<void> {
  await page.goto('/sign-in?next=/people');
  await fillSignIn(page, person);
  await expect(page.getByRole('heading', { level: 1, name: text('second-step-title') })).toBeVisible();
  await expect(page.getByRole('banner').getByRole('link', { name: text('layout-sign-in') }), 'not signed in yet').toBeVisible();
}

async function typeSecondStep(page: Page, code: string): Promise<void> {
  await page.getByLabel(text('second-step-code')).fill(code);
  await page.getByRole('button', { name: text('second-step-button') }).click();
}

async function expectWrong(page: Page): Promise<void> {
  await expect(page.getByRole('alert')).toContainText(text('failure-wrong-second-factor'));
}

/** Begins the setup; returns the secret that is typed where a QR code cannot be scanned. */
async function beginSetup(page: Page): Promise<string> {
  await page.getByRole('button', { name: text('security-authenticator-set-up') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('authenticator-title') })).toBeVisible();
  await expect(page.getByRole('img', { name: text('authenticator-qr-code') })).toBeVisible();
  const secret = await page.getByText(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/).innerText();
  return secret.replaceAll(' ', '');
}

async function finishSetup(page: Page, code: string): Promise<void> {
  await page.getByLabel(text('authenticator-code')).fill(code);
  await page.getByRole('button', { name: text('authenticator-button') }).click();
}

/** The recovery codes on their page, which is left afterwards. */
async function saveRecoveryCodes(page: Page): Promise<string[]> {
  await expect(page.getByRole('heading', { level: 1, name: text('recovery-codes-title') })).toBeVisible();
  const codes = await page.getByText(/^([0-9a-z]{4}-){5}[0-9a-z]{4}$/).allInnerTexts();
  expect(new Set(codes).size).toBe(10);
  await page.getByRole('link', { name: text('recovery-codes-saved') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('security-title') })).toBeVisible();
  return codes;
}

test('an authenticator app is set up, asked for, and removed', { tag: ['@no-scripts', '@phone'] }, async ({ page, now, watch }) => {
  watch.expects(422);
  const person = await register(page);
  await openSecurity(page);
  const secret = await beginSetup(page);
  await finishSetup(page, wrongCodeAt(secret, now()));
  await expectWrong(page);
  expect((await page.getByText(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/).innerText()).replaceAll(' ', ''), 'the same secret').toBe(secret);
  const first = codeAt(secret, now());
  await finishSetup(page, first);
  await saveRecoveryCodes(page);
  await expect(page.getByText(text('security-codes-left', { count: 10 }))).toBeVisible();
  await page.goto('/account/security/recovery-codes');
  await expect(page, 'the codes are shown once').toHaveURL('/account/security');

  await signOut(page);
  await signInToSecondStep(page, person);
  await typeSecondStep(page, wrongCodeAt(secret, now()));
  await expectWrong(page);
  await typeSecondStep(page, first);
  await expectWrong(page);
  // A minute later, the app shows a code that nobody has used.
  await advanceClock(page, 60);
  await typeSecondStep(page, codeAt(secret, later(now(), 60)));
  await expect(page).toHaveURL('/people');
  await expectSignedIn(page, person);

  await openSecurity(page);
  await page.getByText(text('security-authenticator-remove'), { exact: true }).click();
  await page.getByRole('button', { name: text('security-authenticator-remove-button') }).click();
  await expect(page.getByText(text('security-authenticator-removed'))).toBeVisible();
  await signOut(page);
  await page.goto('/sign-in?next=/people');
  await fillSignIn(page, person);
  await expect(page, 'the password suffices').toHaveURL('/people');
});

test('each recovery code signs in once', { tag: '@no-scripts' }, async ({ page, now, watch }) => {
  watch.expects(422);
  const person = await register(page);
  await openSecurity(page);
  const secret = await beginSetup(page);
  await finishSetup(page, codeAt(secret, now()));
  const [one = '', other = ''] = await saveRecoveryCodes(page);

  await signOut(page);
  await signInToSecondStep(page, person);
  await typeSecondStep(page, one.toUpperCase());
  await expect(page).toHaveURL('/people');
  await signOut(page);
  await signInToSecondStep(page, person);
  await typeSecondStep(page, one);
  await expectWrong(page);
  await typeSecondStep(page, other);
  await expect(page).toHaveURL('/people');

  await openSecurity(page);
  await expect(page.getByText(text('security-codes-left', { count: 8 }))).toBeVisible();
  await page.getByRole('button', { name: text('security-codes-renew') }).click();
  const renewed = await saveRecoveryCodes(page);
  expect(renewed).not.toContain(other);
  await expect(page.getByText(text('security-codes-left', { count: 10 }))).toBeVisible();
});

test('a change of the second step needs a recent proof', { tag: '@no-scripts' }, async ({ page }) => {
  const person = await register(page);
  await openSecurity(page);
  await advanceClock(page, 11 * 60);
  await page.getByRole('button', { name: text('security-authenticator-set-up') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('again-title') })).toBeVisible();
  await page.getByLabel(text('sign-in-password')).fill(person.password);
  await page.getByRole('button', { name: text('again-button'), exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('security-title') })).toBeVisible();
  await beginSetup(page);
});

test('a passkey is added, signs in, and is removed', async ({ page, context }) => {
  const person = await register(page);
  const client = await context.newCDPSession(page);
  await client.send('WebAuthn.enable');
  await client.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await openSecurity(page);
  const add = async (name: string): Promise<void> => {
    await page.getByLabel(text('security-passkey-name')).fill(name);
    await page.getByRole('button', { name: text('security-passkey-add') }).click();
  };
  await add('My laptop');
  await expect(page.getByRole('main').getByText(text('security-passkey-added'))).toBeVisible();
  await expect(page.getByText('My laptop', { exact: true })).toBeVisible();
  await expect(page.getByText(text('security-passkey-not-used'))).toBeVisible();
  await add('The same laptop');
  await expect(page.getByText(text('security-passkey-known'))).toBeVisible();

  await signOut(page);
  await page.goto('/sign-in?next=/people');
  await page.getByRole('button', { name: text('passkey-sign-in-button') }).click();
  await expect(page).toHaveURL('/people');
  await expectSignedIn(page, person);

  await openSecurity(page);
  await expect(page.getByText(text('security-passkey-used', { ago: text('ago-now') }))).toBeVisible();
  await page.getByRole('button', { name: 'My laptop' }).click();
  await expect(page.getByRole('main').getByText(text('security-passkey-removed'))).toBeVisible();
  await expect(page.getByText('My laptop', { exact: true })).toHaveCount(0);
});

test('without scripts, the page says what passkeys need', { tag: '@no-scripts-only' }, async ({ page }) => {
  await register(page);
  await openSecurity(page);
  // Playwright's text locators skip `noscript`.
  const hint = page.locator('noscript p');
  await expect(hint).toBeVisible();
  await expect(hint).toHaveText(text('security-passkey-no-scripts'));
  await expect(page.getByRole('button', { name: text('security-passkey-add') })).toBeHidden();
});
