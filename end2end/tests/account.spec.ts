/** The account page: each change, the devices, keys for programs, the export, and deleting the account. */
import { readFile } from 'node:fs/promises';

import type { Locator, Page } from '@playwright/test';

import { book, cancel } from '../support/booking';
import { advanceClock } from '../support/clock';
import { tabTo } from '../support/keyboard';
import { latestCode, wrongCode } from '../support/mailbox';
import { expectSignedIn, fillSignIn, newPerson, randomWord, register, signIn, type Person } from '../support/people';
import { expect, test } from '../support/test';
import { text } from '../support/text';

const heading = (page: Page, key: string): Locator => page.getByRole('heading', { level: 1, name: text(key) });

/** The link of the account page that changes this. */
const changeLink = (page: Page, label: string): Locator => page.getByRole('main').getByRole('link', { name: `${text('account-change')} ${text(label)}`, exact: true });

/** The value in a row of the account page. */
const detail = (page: Page, label: string): Locator => page.locator('.account-details .fact').filter({ has: page.getByText(text(label), { exact: true }) }).getByRole('definition').first();

const done = (page: Page, key: string): Promise<void> => expect(page.getByRole('status')).toContainText(text(key));

test('name, address and password are changed, and the person signs in with the new ones', { tag: ['@no-scripts', '@phone'] }, async ({ page, watch }) => {
  watch.expects(422);
  const before = await register(page);
  const after: Person = { ...newPerson(), password: 'nine quiet blue stones' };
  await page.goto('/account');
  await expect(heading(page, 'account-title')).toBeVisible();
  await expect(detail(page, 'account-name-label')).toHaveText(before.name);
  await expect(detail(page, 'account-email')).toHaveText(before.email);

  await changeLink(page, 'account-name-label').click();
  await page.getByLabel(text('account-name-label')).fill(after.name);
  await page.getByRole('button', { name: text('account-save') }).click();
  await done(page, 'account-done-name');
  await expect(detail(page, 'account-name-label')).toHaveText(after.name);

  await changeLink(page, 'account-email').click();
  await page.getByLabel(text('account-email-label')).fill(before.email);
  await page.getByRole('button', { name: text('account-email-send-button') }).click();
  await done(page, 'account-email-same');
  await page.getByLabel(text('account-email-label')).fill(after.email);
  await page.getByRole('button', { name: text('account-email-send-button') }).click();
  await expect(page.getByText(text('account-email-code-sent', { email: after.email }))).toBeVisible();
  const code = await latestCode(page, after);
  const field = page.getByLabel(text('account-email-code-label'));
  const confirm = page.getByRole('button', { name: text('account-email-confirm-button') });
  await field.fill(wrongCode(code));
  await confirm.click();
  await expect(page.getByRole('alert')).toContainText(text('refusal-wrong-code', { tries: 4 }));
  await field.fill(code);
  await confirm.click();
  await done(page, 'account-done-email');
  await expect(detail(page, 'account-email')).toHaveText(after.email);
  // The old address is told.
  await expect
    .poll(async () => (await (await page.request.get('/dev/mailbox', { params: { to: before.email } })).text()).includes(text('account-email-changed-subject')))
    .toBe(true);

  await changeLink(page, 'account-password').click();
  await page.getByLabel(text('account-password-label')).fill('password1234');
  await page.getByRole('button', { name: text('account-password-button') }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel(text('account-password-label')).fill(after.password);
  await page.getByRole('button', { name: text('account-password-button') }).click();
  await done(page, 'account-done-password');

  await page.getByRole('banner').getByRole('button', { name: text('layout-sign-out') }).click();
  await page.goto('/sign-in?next=/account');
  await fillSignIn(page, { ...after, password: before.password });
  await expect(page.getByRole('alert')).toBeVisible();
  await fillSignIn(page, after);
  await expect(heading(page, 'account-title')).toBeVisible();
  await expectSignedIn(page, after);
});

test('the name is changed with the keyboard alone', async ({ page }) => {
  await register(page);
  const name = `Tara ${randomWord()}`;
  await page.goto('/account');
  await tabTo(page, changeLink(page, 'account-name-label'));
  await page.keyboard.press('Enter');
  await expect(heading(page, 'account-name-title')).toBeVisible();
  await tabTo(page, page.getByLabel(text('account-name-label')));
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await done(page, 'account-done-name');
  await expect(detail(page, 'account-name-label')).toHaveText(name);
});

test('a change asks for a proof when the last one is old, and goes on where it was', async ({ page }) => {
  const person = await register(page);
  await page.goto('/account');
  await advanceClock(page, 11 * 60);
  await changeLink(page, 'account-password').click();
  await expect(heading(page, 'again-title')).toBeVisible();
  await page.getByLabel(text('sign-in-password')).fill(person.password);
  await page.getByRole('button', { name: text('again-button') }).click();
  await expect(heading(page, 'account-password-change-title')).toBeVisible();
});

test('another device is signed out from here', { tag: '@no-scripts' }, async ({ page, anotherPerson }) => {
  const person = await register(page);
  const elsewhere = await anotherPerson();
  await signIn(elsewhere, person, '/account');
  await page.goto('/account');
  const devices = page.locator('#devices ~ ul').getByRole('listitem');
  await expect(devices).toHaveCount(2);
  await expect(devices.first()).toContainText(text('account-device-this'));
  await devices.last().getByRole('button', { name: text('account-sign-out') }).click();
  await done(page, 'account-done-signed-out');
  await expect(devices).toHaveCount(1);
  await expect(page.getByRole('button', { name: text('account-sign-out-others') })).toHaveCount(0);
  await elsewhere.reload();
  await expect(heading(elsewhere, 'sign-in-title')).toBeVisible();
  await fillSignIn(elsewhere, person);
  await expectSignedIn(elsewhere, person);
  await page.reload();
  await page.getByRole('button', { name: text('account-sign-out-others') }).click();
  await done(page, 'account-done-signed-out-others');
  await expect(devices).toHaveCount(1);
  await devices.first().getByRole('button', { name: text('account-sign-out') }).click();
  await expect(page.getByRole('banner').getByRole('link', { name: text('layout-sign-in') })).toBeVisible();
});

test('a key for programs is shown once, works, and is revoked', { tag: '@no-scripts' }, async ({ page }) => {
  await register(page);
  await page.goto('/account/api-keys');
  await expect(page.getByText(text('api-keys-none'))).toBeVisible();
  await page.getByLabel(text('api-key-name'), { exact: true }).fill('Front desk');
  await page.getByRole('button', { name: text('api-key-create-button') }).click();
  const shown = page.getByLabel(text('api-key-new-label'));
  const key = await shown.inputValue();
  expect(key).toMatch(/^nadi_key_/);
  expect(page.url(), 'the key is in no address').not.toContain(key);
  const read = async () => await page.request.get('/api/v1/people', { headers: { authorization: `Bearer ${key}` } });
  expect((await read()).status()).toBe(200);
  await page.reload();
  await expect(page.getByText('Front desk', { exact: true })).toBeVisible();
  await expect(shown).toHaveCount(0);
  await page.getByRole('button', { name: text('api-key-revoke-button') }).click();
  await done(page, 'api-key-revoked');
  expect((await read()).status()).toBe(401);
});

test('an account is exported, and deleted once nothing is ahead', { tag: '@no-scripts' }, async ({ page, city, watch }) => {
  watch.expects(422);
  const person = await register(page);
  const { appointment } = await book(page, person, city);
  await page.goto('/account');
  await page.getByRole('main').getByRole('link', { name: text('account-export-title') }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: text('account-export-button') }).click();
  const file = await downloading;
  expect(file.suggestedFilename()).toMatch(/^nadi-\d{4}-\d\d-\d\d\.json$/);
  const data = JSON.parse(await readFile(await file.path(), 'utf8')) as { account: { email: string }; appointments: unknown[] };
  expect(data.account.email).toBe(person.email);
  expect(data.appointments).toHaveLength(1);
  await page.getByRole('link', { name: text('account-export-page') }).click();
  await expect(heading(page, 'export-page-title')).toBeVisible();
  await expect(page.getByText(person.email, { exact: true }).first()).toBeVisible();
  await expect(page.getByText(text('export-value-type-appointment-confirmed'), { exact: true }).first()).toBeVisible();

  const remove = page.getByRole('button', { name: text('account-delete-button') });
  await page.goto('/account/delete');
  await expect(page.getByRole('status')).toContainText(text('account-delete-ahead'));
  await expect(remove, 'said before anything is ticked').toHaveCount(0);
  await page.goto(appointment);
  await cancel(page);
  await page.goto('/account/delete');
  await remove.click();
  await expect(page.getByRole('alert')).toContainText(text('account-delete-unticked'));
  await page.getByLabel(text('account-delete-sure')).check();
  await remove.click();
  await expect(heading(page, 'account-deleted-title')).toBeVisible();
  await expect(page.getByRole('banner').getByRole('link', { name: text('layout-sign-in') })).toBeVisible();
  await page.goto('/sign-in');
  await fillSignIn(page, person);
  await expect(page.getByRole('alert')).toContainText(text('failure-wrong-credentials'));
});
