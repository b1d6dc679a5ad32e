/** A session that ends while somebody fills in a form: what they typed is kept, and can be sent after signing in. */
import type { BrowserContext, Page } from '@playwright/test';

import { ADMINISTRATOR, expectSignedIn, fillSignIn, PATIENT, randomWord, register, sendForm, signIn } from '../support/people';
import { expect, test } from '../support/test';
import { text } from '../support/text';

/** Ends the session as if its time were over: nobody has signed out, so the browser may keep what is typed. */
async function endSession(context: BrowserContext): Promise<void> {
  await context.clearCookies({ name: /nadi_session$/ });
}

async function expectKept(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: text('sign-in-title') })).toBeVisible();
  const kept = `${text('form-waits-for-sign-in')} ${text('form-waits-kept')}`;
  await expect(page.getByRole('status').filter({ hasText: kept })).toBeVisible();
}

async function expectShownAgain(page: Page): Promise<void> {
  await expect(page.getByRole('status').filter({ hasText: text('form-shown-again') })).toBeVisible();
}

test('a person to book for is still in the form after signing in again', { tag: ['@no-scripts', '@phone'] }, async ({ page, context }) => {
  const person = await register(page);
  const child = `Mira ${randomWord()}`;
  await page.goto('/people');
  await page.getByLabel(text('people-name')).fill(child);
  await page.getByLabel(text('people-birth-date')).fill('2019-04-30');
  await endSession(context);
  await page.getByRole('button', { name: text('people-add-button') }).click();
  await expectKept(page);

  await fillSignIn(page, person);
  await expectSignedIn(page, person);
  await expectShownAgain(page);
  await expect(page.getByLabel(text('people-name'))).toHaveValue(child);
  await expect(page.getByLabel(text('people-birth-date'))).toHaveValue('2019-04-30');
  await page.getByRole('button', { name: text('people-add-button') }).click();
  await expect(page.getByRole('status')).toContainText(text('people-added'));
  await expect(page.getByRole('main').getByRole('listitem').filter({ hasText: child })).toHaveCount(1);
});

test('nobody else who signs in there sees it', { tag: '@no-scripts' }, async ({ page, context, anotherPerson }) => {
  const other = await register(await anotherPerson());
  const person = await register(page);
  await page.goto('/people');
  await page.getByLabel(text('people-name')).fill(`Mira ${randomWord()}`);
  await endSession(context);
  await page.getByRole('button', { name: text('people-add-button') }).click();
  await expectKept(page);
  await fillSignIn(page, other);
  await expectSignedIn(page, other);
  await expect(page.getByRole('heading', { level: 1, name: text('people-title') })).toBeVisible();
  await expect(page.getByLabel(text('people-name'))).toHaveValue('');

  await signIn(page, person, '/people');
  await expect(page.getByLabel(text('people-name')), 'it is gone for good').toHaveValue('');
});

test('a new doctor is still in the form after signing in again', { tag: '@no-scripts' }, async ({ page, context }) => {
  await signIn(page, ADMINISTRATOR, '/admin');
  await page.goto('/admin/doctors/new');
  const name = `Dr Meera ${randomWord()}`;
  await page.getByLabel(text('admin-doctor-clinic')).selectOption({ label: 'Nadi Margao' });
  await page.getByLabel(text('admin-doctor-name')).fill(name);
  await page.getByLabel(text('admin-doctor-specialty')).selectOption('General medicine');
  await page.getByLabel(text('admin-doctor-languages')).fill('English, Konkani');
  await page.getByLabel(text('admin-doctor-fee')).fill('450');
  await page.getByLabel(text('admin-doctor-about')).fill('Family doctor since 2009.\nSpeaks with children.');
  await endSession(context);
  await page.getByRole('button', { name: text('admin-doctor-add-button') }).click();
  await expectKept(page);

  await fillSignIn(page, ADMINISTRATOR);
  await expectShownAgain(page);
  await expect(page.getByLabel(text('admin-doctor-name'))).toHaveValue(name);
  await expect(page.getByLabel(text('admin-doctor-languages'))).toHaveValue('English, Konkani');
  await expect(page.getByLabel(text('admin-doctor-about'))).toHaveValue('Family doctor since 2009.\nSpeaks with children.');
  await page.getByRole('button', { name: text('admin-doctor-add-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
});

test('a button leads to signing in and keeps nothing', { tag: '@no-scripts' }, async ({ page, context }) => {
  await register(page);
  const child = `Mira ${randomWord()}`;
  await sendForm(page, '/fn/add_person', { name: child }, '/people?done=added');
  await page.goto('/people');
  await endSession(context);
  await page.getByRole('button', { name: text('people-remove', { name: child }) }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('sign-in-title') })).toBeVisible();
  await expect(page.getByText(text('form-waits-kept'))).toHaveCount(0);
});

test('signing out leaves nothing of what was typed in the browser', { tag: '@no-scripts' }, async ({ page, context }) => {
  const kept = async (): Promise<string[]> => {
    const names = (await context.cookies()).map(({ name }) => name.replace('__Host-', ''));
    return names.filter((name) => /^nadi_(typed|typed_2|sender|session|visitor)$/.test(name)).toSorted();
  };
  await signIn(page, PATIENT, '/people');
  const child = `Mira ${randomWord()}`;
  await page.getByLabel(text('people-name')).fill(child);
  await endSession(context);
  await page.getByRole('button', { name: text('people-add-button') }).click();
  await expectKept(page);
  expect(await kept()).toContain('nadi_typed');
  const typed = (await context.cookies()).map(({ value }) => `${value} ${Buffer.from(value, 'base64url').toString('latin1')}`);
  expect(typed.join(' '), 'not to be read in its files').not.toContain(child.slice(5));
  await signIn(page, PATIENT, '/');
  const out = page.waitForResponse((answer) => answer.url().endsWith('/fn/sign_out'));
  await page.getByRole('button', { name: text('layout-sign-out') }).click();
  expect((await (await out).allHeaders())['clear-site-data']).toBe('"storage"');
  await expect(page.getByRole('banner').getByRole('link', { name: text('layout-sign-in') })).toBeVisible();
  expect(await kept()).toEqual([]);

  // A form that was open in another tab then starts from nothing.
  await signIn(page, PATIENT, '/people');
  await page.getByLabel(text('people-name')).fill(child);
  const other = await context.newPage();
  await sendForm(other, '/fn/sign_out', {}, '/');
  await page.getByRole('button', { name: text('people-add-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('sign-in-title') })).toBeVisible();
  await expect(page.getByText(text('form-waits-kept'))).toHaveCount(0);
});
