/** The people in the tests, and how they register and sign in. */
import { randomBytes } from 'node:crypto';

import type { Page } from '@playwright/test';

import { useSignInCode } from './mailbox';
import { expect } from './test';
import { text } from './text';

export interface Person {
  name: string;
  email: string;
  password: string;
}

const DEMO_PASSWORD = 'nadi-demo-2026';

/** The demo's accounts. Tests only read as the demo patient. For changes they register new people. */
export const PATIENT: Person = { name: 'Ravi Kamat', email: 'patient@nadi.example', password: DEMO_PASSWORD };
export const DOCTOR: Person = { name: 'Dr Asha Naik', email: 'doctor@nadi.example', password: DEMO_PASSWORD };
export const ADMINISTRATOR: Person = { name: 'Maya Fernandes', email: 'admin@nadi.example', password: DEMO_PASSWORD };
export const AUDITOR: Person = { name: 'Ines Barreto', email: 'auditor@nadi.example', password: DEMO_PASSWORD };

/** A random word for unique names. */
export function randomWord(): string {
  const word = [...randomBytes(8)].map((byte) => 'abcdefghijklmnopqrstuvwxyz'[byte % 26]).join('');
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** A new person with a unique name and address. */
export function newPerson(): Person {
  const family = randomWord();
  return { name: `Tara ${family}`, email: `tara.${family.toLowerCase()}@example.org`, password: 'four calm green leaves' };
}

/** Fills in the registration form on the page and sends it, then the code that was sent. */
export async function fillRegistration(page: Page, person: Person): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: text('register-title') })).toBeVisible();
  await page.getByLabel(text('register-name')).fill(person.name);
  await page.getByLabel(text('register-email')).fill(person.email);
  await page.getByLabel(text('register-password')).fill(person.password);
  await page.getByRole('button', { name: text('register-button') }).click();
  await fillSignInCode(page, person);
}

/** Types the code that was sent to a person on the page that asks for it. */
export async function fillSignInCode(page: Page, person: Person): Promise<void> {
  await expectCodePage(page, person);
  await enterSignInCode(page, await useSignInCode(page, person));
}

/** The page that asks for the code that was sent to a person. */
export async function expectCodePage(page: Page, person: Pick<Person, 'email'>): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: text('sign-in-code-title') })).toBeVisible();
  await expect(page.getByText(text('sign-in-code-sent', { email: person.email }))).toBeVisible();
}

/** Types a code on that page and sends it. */
export async function enterSignInCode(page: Page, code: string): Promise<void> {
  await page.getByLabel(text('sign-in-code-label')).fill(code);
  await page.getByRole('button', { name: text('sign-in-code-continue') }).click();
}

/** Fills in the sign-in form on the page and sends it. */
export async function fillSignIn(page: Page, person: Person): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: text('sign-in-title') })).toBeVisible();
  await page.getByLabel(text('sign-in-email')).fill(person.email);
  await page.getByLabel(text('sign-in-password')).fill(person.password);
  await page.getByRole('main').getByRole('button', { name: text('sign-in-button'), exact: true }).click();
}

export async function expectSignedIn(page: Page, person: Person): Promise<void> {
  await expect(page.getByRole('banner').getByRole('button', { name: text('layout-sign-out') })).toBeVisible();
  await expect(page.getByRole('banner').getByTitle(person.name)).toBeAttached();
}

/**
 * Sends a form like a browser without scripts, but without opening its page. Fails unless the answer redirects to
 * `next`. Returns the whole address.
 */
export async function sendForm(page: Page, action: string, form: Record<string, string>, next: string | RegExp): Promise<string> {
  const answer = await page.request.post(action, { form, maxRedirects: 0, headers: { accept: 'text/html' } });
  const to = answer.headers()['location'] ?? '';
  expect(to, `${action} answers ${answer.status()}`).toMatch(next);
  return to;
}

/** Where the answer to signing in leads, to go on from there to `next`. */
export function afterSignIn(next: string): string {
  return `/sign-in?next=${encodeURIComponent(next)}&signed_in=yes`;
}

/** Registers a person without the pages for it, for tests of other things. Opens no page. */
export async function register(page: Page, person: Person = newPerson()): Promise<Person> {
  const next = '/appointments';
  await sendForm(page, '/fn/register', { ...person, next }, '/sign-in/code');
  const code = await useSignInCode(page, person);
  await sendForm(page, '/fn/check_code', { code, next }, afterSignIn(next));
  return person;
}

/** Signs in without the page for it and opens no page. */
export async function sendSignIn(page: Page, { email, password }: Person, next = '/appointments'): Promise<void> {
  await sendForm(page, '/fn/sign_in', { email, password, next }, afterSignIn(next));
}

/** Signs in without the page for it, for tests of other things. Opens `next`. */
export async function signIn(page: Page, person: Person, next = '/appointments'): Promise<void> {
  await sendSignIn(page, person, next);
  await page.goto(next);
  await expectSignedIn(page, person);
}
