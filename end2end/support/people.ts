/** Who uses the site, and how they come in. */
import { randomBytes } from 'node:crypto';

import type { Page } from '@playwright/test';

import { expect } from './test';

export interface Person {
  name: string;
  email: string;
  password: string;
}

const DEMO_PASSWORD = 'nadi-demo-2026';

/** The demo's own sign-ins. Tests only read as the patient; what they change is their own. */
export const PATIENT: Person = { name: 'Ravi Kamat', email: 'patient@nadi.example', password: DEMO_PASSWORD };
export const DOCTOR: Person = { name: 'Dr Asha Naik', email: 'doctor@nadi.example', password: DEMO_PASSWORD };
export const ADMINISTRATOR: Person = { name: 'Maya Fernandes', email: 'admin@nadi.example', password: DEMO_PASSWORD };

/** Letters nobody else has. */
export function letters(): string {
  const word = [...randomBytes(8)].map((byte) => 'abcdefghijklmnopqrstuvwxyz'[byte % 26]).join('');
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Somebody who was never here before. */
export function stranger(): Person {
  const family = letters();
  return { name: `Tara ${family}`, email: `tara.${family.toLowerCase()}@example.org`, password: 'four calm green leaves' };
}

/** Fills in the registration that is on the page, and sends it. */
export async function fillRegistration(page: Page, person: Person): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: 'Register' })).toBeVisible();
  await page.getByLabel('Your name').fill(person.name);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Create account' }).click();
}

/** Fills in the sign-in that is on the page, and sends it. */
export async function fillSignIn(page: Page, person: Person): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
}

export async function expectSignedIn(page: Page, person: Person): Promise<void> {
  await expect(page.getByRole('banner').getByRole('button', { name: 'Sign out' })).toBeVisible();
  await expect(page.getByRole('banner').getByTitle(person.name)).toBeAttached();
}

/** Registers somebody new. */
export async function register(page: Page): Promise<Person> {
  const person = stranger();
  await page.goto('/register?next=/appointments');
  await fillRegistration(page, person);
  await expect(page.getByRole('heading', { level: 1, name: 'My appointments' })).toBeVisible();
  return person;
}

/** Signs in, and arrives at an address of this site. */
export async function signIn(page: Page, person: Person, next = '/appointments'): Promise<void> {
  await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
  await fillSignIn(page, person);
  await expectSignedIn(page, person);
}
