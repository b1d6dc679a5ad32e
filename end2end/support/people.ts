/** The people in the tests, and how they register and sign in. */
import { randomBytes } from 'node:crypto';

import type { Page } from '@playwright/test';

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

/** Fills in the registration form on the page and sends it. */
export async function fillRegistration(page: Page, person: Person): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: text('register-title') })).toBeVisible();
  await page.getByLabel(text('register-name')).fill(person.name);
  await page.getByLabel(text('register-email')).fill(person.email);
  await page.getByLabel(text('register-password')).fill(person.password);
  await page.getByRole('button', { name: text('register-button') }).click();
}

/** Fills in the sign-in form on the page and sends it. */
export async function fillSignIn(page: Page, person: Person): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: text('sign-in-title') })).toBeVisible();
  await page.getByLabel(text('sign-in-email')).fill(person.email);
  await page.getByLabel(text('sign-in-password')).fill(person.password);
  await page.getByRole('main').getByRole('button', { name: text('sign-in-button') }).click();
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

/** Registers a person without the page for it, for tests of other things. Opens no page. */
export async function register(page: Page, person: Person = newPerson()): Promise<Person> {
  await sendForm(page, '/fn/register', { ...person, next: '/appointments' }, '/appointments');
  return person;
}

/** Signs in without the page for it, for tests of other things. Opens `next`. */
export async function signIn(page: Page, person: Person, next = '/appointments'): Promise<void> {
  const { email, password } = person;
  await sendForm(page, '/fn/sign_in', { email, password, next }, next);
  await page.goto(next);
  await expectSignedIn(page, person);
}
