/** Doctors that tests add, and their hours. */
import type { Locator, Page } from '@playwright/test';

import { dateIn, daysLater, nameOf, weekdayOf } from './clock';
import { invitationSecret } from './mailbox';
import { ADMINISTRATOR, randomWord, sendForm, sendSignIn, type Person } from './people';
import { expect } from './test';
import { countPartPattern, text } from './text';

/** A doctor in Margao who was added by a test. */
export interface Doctor {
  name: string;
  /** The administrators' page: `/admin/doctors/…`. */
  adminPath: string;
}

export const WORKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'] as const;
export const EVERY_DAY = [...WORKDAYS, 'Saturday', 'Sunday'] as const;

/** Somebody who is signed in, and where. */
export interface SignedIn {
  person: Person;
  page: Page;
}

/**
 * Adds a listed doctor in Margao. If an account is given, it is invited and accepts, so it can sign in as the doctor.
 * Signs `office` in as the administrator and opens no page.
 */
export async function addDoctor(office: Page, account?: SignedIn): Promise<Doctor> {
  await sendSignIn(office, ADMINISTRATOR, '/admin');
  const blank = await (await office.request.get('/admin/doctors/new')).text();
  const option = (name: string): string => {
    const value = new RegExp(`<option value="([^"]+)"[^>]*>${name}<`).exec(blank)?.[1] ?? '';
    expect(value, `the choice of ${name}`).not.toBe('');
    return value;
  };
  const name = `Dr Lata ${randomWord()}`;
  const doctor = {
    clinic: option('Nadi Margao'),
    name,
    specialty: option('General medicine'),
    fee: '450',
    status: 'listed',
    version: '',
  };
  const added = await sendForm(office, '/fn/add_doctor', doctor, /^\/admin\/doctors\/[0-9a-f-]+\?done=added$/);
  const adminPath = added.replace(/\?.*/, '');
  if (account) {
    const id = adminPath.replace('/admin/doctors/', '');
    await sendForm(office, '/fn/invite_doctor', { doctor: id, clinic: doctor.clinic, email: account.person.email }, /done=invited/);
    const link = await invitationSecret(office, account.person);
    await sendForm(account.page, '/fn/accept_invitation', { link }, /^\/sign-in\?welcome=joined$/);
  }
  return { name, adminPath };
}

export interface Hours {
  days: readonly string[];
  from: string;
  to: string;
  minutes?: string;
  place?: string;
}

/** The fields of a period in the form for hours, by its number from 1. It is named after what is in it. */
export function hoursLine(page: Page, number: number): Locator {
  const days = page.getByRole('group', { name: text('schedule-days'), exact: true });
  return page.getByRole('group').filter({ has: days }).nth(number - 1);
}

/** Fills in a line of the form for hours. */
export async function fillLine(page: Page, number: number, hours: Hours): Promise<void> {
  const fields = hoursLine(page, number);
  for (const day of EVERY_DAY) {
    await fields.getByRole('checkbox', { name: day, exact: true }).setChecked(hours.days.includes(day));
  }
  await fields.getByLabel(text('schedule-starts'), { exact: true }).fill(hours.from);
  await fields.getByLabel(text('schedule-ends'), { exact: true }).fill(hours.to);
  if (hours.minutes) {
    await fields.getByLabel(text('schedule-slot-minutes')).fill(hours.minutes);
  }
  if (hours.place) {
    await fields.getByLabel(text('schedule-location')).selectOption({ label: hours.place });
  }
}

/** Opens the folded part of a line. */
export async function unfoldLine(page: Page, number: number): Promise<void> {
  await hoursLine(page, number).getByText(text('schedule-more')).click();
  await expect(hoursLine(page, number).getByLabel(text('schedule-repeats'), { exact: true })).toBeVisible();
}

/** Sends a form and opens the preview of its changes. */
export async function openPreview(page: Page, inside: Page | Locator = page): Promise<void> {
  await inside.getByRole('button', { name: text('schedule-preview-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('schedule-preview-title') })).toBeVisible();
}

/** Saves the changes in the preview. */
export async function saveSchedule(page: Page): Promise<void> {
  await page.getByRole('button', { name: text('schedule-preview-save') }).click();
  await expect(page.getByRole('status')).toContainText(text('schedule-saved'));
}

/**
 * Adds a doctor who works around the clock today and tomorrow, so that there is a time soon whenever a test runs.
 * Signs `office` in as the administrator.
 */
export async function addDoctorAroundTheClock(office: Page, now: Date, account?: SignedIn): Promise<Doctor> {
  const doctor = await addDoctor(office, account);
  const today = dateIn('Asia/Kolkata', now);
  const days = [today, daysLater(today, 1)].map(weekdayOf);
  await office.goto(`${doctor.adminPath}/hours`);
  await fillLine(office, 1, { days, from: '00:00', to: '00:00', minutes: '20' });
  await openPreview(office);
  await saveSchedule(office);
  await expect(office.getByRole('status')).toContainText(countPartPattern('schedule-change-added', {}, 'added'));
  return doctor;
}

export interface DayChange {
  /** `2026-11-24`. */
  date: string;
  /** Times that are added: `+12`, or `–`. */
  added: string;
  /** Times that are removed: `−12`, or `–`. */
  removed: string;
}

/** The days that would change, from the first page of the preview's table. */
export async function changedDays(page: Page): Promise<DayChange[]> {
  const rows = await page.getByRole('region', { name: text('schedule-changed-days'), exact: true }).getByRole('table').getByRole('row').all();
  return await Promise.all(
    rows.slice(1).map(async (row) => {
      const date = (await row.getByRole('rowheader').locator('time').getAttribute('datetime')) ?? '';
      const [plus = '', minus = ''] = await row.getByRole('cell').allInnerTexts();
      return { date, added: plus.trim(), removed: minus.trim() };
    }),
  );
}

/** Finds the doctor as a patient does and opens the public page. Returns its path. */
export async function openDoctorPage(page: Page, doctor: Doctor): Promise<string> {
  await page.goto(`/doctors?q=${encodeURIComponent(doctor.name)}`);
  await page.getByRole('article').getByRole('link', { name: doctor.name, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: doctor.name })).toBeVisible();
  return new URL(page.url()).pathname;
}

/** Opens a date on the doctor's page. Returns the links of the offered times. */
export async function timesOn(page: Page, doctorPath: string, date: string): Promise<Locator> {
  await page.goto(`${doctorPath}?date=${date}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  return page.getByRole('region', { name: nameOf(date), exact: true }).getByRole('link', { name: /^\d\d:\d\d/ });
}

/** Patterns for texts that start with these times. */
export function startingWith(...times: string[]): RegExp[] {
  return times.map((time) => new RegExp(`^${time}`));
}

/** The list of upcoming time off and single days. */
export function upcomingExceptions(page: Page): Locator {
  return page.getByRole('region', { name: text('schedule-coming-up') }).getByRole('listitem');
}
