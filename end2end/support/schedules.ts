/** A doctor of one's own, and their hours. */
import type { Locator, Page } from '@playwright/test';

import { ADMINISTRATOR, letters, signIn, type Person } from './people';
import { expect } from './test';

/** A doctor whom a test has added in Margao. */
export interface Doctor {
  name: string;
  /** The administrators' page: `/admin/doctors/…`. */
  admin: string;
}

export const WORKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'] as const;
export const EVERY_DAY = [...WORKDAYS, 'Saturday', 'Sunday'] as const;

/** Signs in as the administrator and adds a doctor whom patients can find; with an account, they can sign in. */
export async function addDoctor(office: Page, account?: Person): Promise<Doctor> {
  await signIn(office, ADMINISTRATOR, '/admin/doctors/new');
  const name = `Dr Lata ${letters()}`;
  await office.getByLabel('Clinic').selectOption({ label: 'Nadi Margao' });
  await office.getByLabel('Name').fill(name);
  await office.getByLabel('Specialty').selectOption('General medicine');
  await office.getByLabel('Fee').fill('450');
  if (account) {
    await office.getByLabel('E-mail of the account').fill(account.email);
  }
  await office.getByLabel('Status').selectOption('listed');
  await office.getByRole('button', { name: 'Add doctor' }).click();
  await expect(office.getByRole('status')).toContainText('Added.');
  return { name, admin: new URL(office.url()).pathname };
}

export interface Hours {
  days: readonly string[];
  from: string;
  to: string;
  minutes?: string;
  place?: string;
}

/** A line of the hours that are being edited, from 1. */
export function line(page: Page, number: number): Locator {
  return page.getByRole('group', { name: new RegExp(`^Line ${number}(:|$)`) });
}

/** Fills a line in. */
export async function fillLine(page: Page, number: number, hours: Hours): Promise<void> {
  const fields = line(page, number);
  for (const day of EVERY_DAY) {
    await fields.getByRole('checkbox', { name: day, exact: true }).setChecked(hours.days.includes(day));
  }
  await fields.getByLabel('From', { exact: true }).fill(hours.from);
  await fields.getByLabel('To', { exact: true }).fill(hours.to);
  if (hours.minutes) {
    await fields.getByLabel('Minutes each').fill(hours.minutes);
  }
  if (hours.place) {
    await fields.getByLabel('Location').selectOption({ label: hours.place });
  }
}

/** Opens what is folded in a line. */
export async function unfold(page: Page, number: number): Promise<void> {
  await line(page, number).getByText('Repeats, breaks and booking').click();
  await expect(line(page, number).getByLabel('Repeats')).toBeVisible();
}

/** From a form to what it would change. */
export async function seeChanges(page: Page, inside: Page | Locator = page): Promise<void> {
  await inside.getByRole('button', { name: 'See what changes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Before you save' })).toBeVisible();
}

/** Saves what is about to be. */
export async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save these hours' }).click();
  await expect(page.getByRole('status')).toContainText('Saved.');
}

export interface DayChange {
  /** `2026-11-24`. */
  date: string;
  /** `+12`, or `–`. */
  come: string;
  /** `−12`, or `–`. */
  go: string;
}

/** The days that would change, as the page lists them first. */
export async function changedDays(page: Page): Promise<DayChange[]> {
  const rows = await page.getByRole('region', { name: 'Days that change', exact: true }).getByRole('table').getByRole('row').all();
  const texts = await Promise.all(rows.slice(1).map((row) => row.locator('th, td').allInnerTexts()));
  return texts.map(([day = '', come = '', go = '']) => {
    const [, date = ''] = /^\w+ (.+)$/.exec(day.trim()) ?? [];
    return { date: new Date(`${date} UTC`).toISOString().slice(0, 10), come: come.trim(), go: go.trim() };
  });
}

/** A date some days from another. */
export function later(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Opens the doctor's page, as patients find it; gives its path. */
export async function openPublic(page: Page, doctor: Doctor): Promise<string> {
  await page.goto(`/doctors?q=${encodeURIComponent(doctor.name)}`);
  await page.getByRole('article').getByRole('link', { name: doctor.name, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: doctor.name })).toBeVisible();
  return new URL(page.url()).pathname;
}

/** The times patients are offered on a date. */
export async function timesOn(page: Page, doctorPath: string, date: string): Promise<Locator> {
  await page.goto(`${doctorPath}?date=${date}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const format = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
  const name = `${format({ weekday: 'long' })} ${format({ day: 'numeric' })} ${format({ month: 'long' })}`;
  return page.getByRole('region', { name, exact: true }).getByRole('link', { name: /^\d\d:\d\d/ });
}

/** The texts of times that start so; more may be said of each. */
export function starting(...times: string[]): RegExp[] {
  return times.map((time) => new RegExp(`^${time}`));
}

/** What is other than usual, line by line. */
export function ahead(page: Page): Locator {
  return page.getByRole('region', { name: 'What is ahead' }).getByRole('listitem');
}
