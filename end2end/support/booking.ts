/** From a list of doctors to an appointment, step by step, as a person sees them. */
import type { Locator, Page } from '@playwright/test';

import type { City } from './cities';
import { latestCode } from './mailbox';
import type { Person } from './people';
import { expect } from './test';

/** A time one is about to take, as the page says it. */
export interface Chosen {
  /** `Tuesday 24 November`. */
  date: string;
  /** `10:20–10:40`. */
  times: string;
  /** `10:20`. */
  starts: string;
  /** `at Margao Clinic`, or `as a video visit`. */
  place: string;
  doctor: string;
  /** The page of the doctor on that day. */
  day: string;
  /** The page of the doctor with this time chosen. */
  address: string;
}

const WEEKDAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const DAY = new RegExp(`^${WEEKDAY} \\d+ [A-Z][a-z]+$`);
// Groups meet at 7 and at 13, and have a place for many: every other time is one person's.
const ONE_PERSONS_TIME = /^(?:08|09|10|11|12|14|15|16|17|18|19|20):\d\d/;

/** The part of the picker that shows a day's times. */
export function shownDay(page: Page): Locator {
  return page.getByRole('region', { name: DAY });
}

/** The links of a day's times that only one person can take. */
export function freeTimes(page: Page): Locator {
  return shownDay(page).getByRole('link', { name: ONE_PERSONS_TIME });
}

export function review(page: Page): Locator {
  return page.getByRole('region', { name: 'Your time' });
}

/** On the page that moves an appointment. */
export function newTime(page: Page): Locator {
  return page.getByRole('region', { name: 'Your new time' });
}

/** What happened to the appointment on the page, line by line. */
export function history(page: Page): Locator {
  return page.getByRole('region', { name: 'What happened' }).getByRole('listitem');
}

/** What stands beside a name in a list of facts. */
export function fact(page: Page, name: string): Locator {
  return page.getByRole('term').filter({ hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd');
}

/** The cards of a list whose doctors have free times. */
function free(page: Page): Locator {
  return page.getByRole('article').filter({ has: page.getByRole('link', { name: 'All free times' }) });
}

/** Opens a doctor of a city from the list. */
export async function openDoctor(page: Page, city: City): Promise<void> {
  await page.goto(`/doctors?city=${city.slug}`);
  const card = free(page).first();
  const name = await card.getByRole('heading', { level: 2 }).innerText();
  await card.getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name, exact: true })).toBeVisible();
}

/** The addresses of so many doctors of a city. */
export async function doctorsOf(page: Page, city: City, count: number): Promise<string[]> {
  await page.goto(`/doctors?city=${city.slug}`);
  const links = await free(page).getByRole('link', { name: 'All free times' }).all();
  const addresses = await Promise.all(links.slice(0, count).map((link) => link.getAttribute('href')));
  expect(addresses).toHaveLength(count);
  return addresses.map((address) => address ?? '');
}

/** The heading over a day's times, or over a month that has none. */
export function dayHeading(page: Page): Locator {
  const none = page.getByRole('region', { name: 'No free times in this month' });
  return shownDay(page).or(none).getByRole('heading', { level: 3 });
}

/** Leafs to the next or previous month, or on a phone to the next or previous week. */
export async function leaf(page: Page, to: 'Next' | 'Previous'): Promise<void> {
  const shown = await dayHeading(page).innerText();
  await page.getByRole('link', { name: new RegExp(`^${to} (month|week)$`) }).click();
  await expect(dayHeading(page)).not.toHaveText(shown);
}

/**
 * Opens a day that has free times: the first is 0. At the end of a month the rest is looked for in
 * the next one; on a phone, in the whole month instead of the week. Days named in `but` do not count.
 */
export async function openDay(page: Page, number: number, but: readonly string[] = []): Promise<string> {
  const calendar = page.getByRole('region', { name: 'Choose a day' });
  const days = calendar.getByRole('link', { name: /, \d+ free times?$/ });
  const names = async (): Promise<string[]> => {
    const whole = calendar.getByLabel('Show the whole month');
    if (await whole.isVisible()) {
      await whole.check();
    }
    const labels = await days.evaluateAll((links) => links.map((link) => link.getAttribute('aria-label') ?? ''));
    return labels.map((label) => label.replace(/, \d+ free times?$/, '')).filter((name) => !but.includes(name));
  };
  const found = await names();
  if (found.length <= number) {
    await leaf(page, 'Next');
    // The week both months share was seen already.
    found.push(...(await names()).filter((name) => !found.includes(name)));
  }
  const name = found[number] ?? '';
  expect(name, `${number + 1} days with free times`).not.toBe('');
  await days.filter({ visible: true }).and(page.getByLabel(`${name}, `)).click();
  // With scripts the day is asked for in the background, and may be the one that is shown already.
  await expect(page.locator('[aria-busy]')).toHaveCount(0);
  await expect(shownDay(page).getByRole('heading', { level: 3 })).toHaveText(name);
  return name;
}

/** Reads the sentence of what is about to be taken. */
export async function readReview(page: Page, inside: Locator = review(page)): Promise<Chosen> {
  const sentence = inside.getByText(/^.+, with .+\.$/);
  await expect(sentence).toBeVisible();
  const read = /^(?:to )?(.+?), ((\d\d:\d\d)–\d\d:\d\d), (.+), with (.+)\.$/.exec(await sentence.innerText());
  expect(read, 'the sentence of the chosen time').not.toBeNull();
  const [, date, times, starts, place, doctor] = read as unknown as string[];
  const url = new URL(page.url());
  const address = url.pathname + url.search;
  return {
    date: date ?? '',
    times: times ?? '',
    starts: starts ?? '',
    place: place ?? '',
    doctor: doctor ?? '',
    day: `${url.pathname}?date=${url.searchParams.get('date') ?? ''}`,
    address,
  };
}

/** Chooses a free time of the day that is shown. */
export async function chooseTime(page: Page, inside: Locator = review(page), times: Locator = freeTimes(page)): Promise<Chosen> {
  const time = times.first();
  const starts = (await time.innerText()).slice(0, 5);
  await time.click();
  await expect(page).toHaveURL(/[?&]slot=/);
  const chosen = await readReview(page, inside);
  expect(chosen.starts).toBe(starts);
  return chosen;
}

/** From the list of a city to a chosen time some days ahead. */
export async function chooseTimeIn(page: Page, city: City): Promise<Chosen> {
  await openDoctor(page, city);
  await openDay(page, 2);
  return await chooseTime(page);
}

/** Holds the chosen time; gives the address of the appointment. */
export async function hold(page: Page): Promise<string> {
  await review(page).getByRole('button', { name: 'Hold this time' }).click();
  return await expectHeld(page);
}

export async function expectHeld(page: Page): Promise<string> {
  await expect(page.getByRole('heading', { level: 1, name: 'Confirm your appointment' })).toBeVisible();
  await expect(page).toHaveURL(/\/appointments\/[0-9a-f-]{36}(\?.*)?$/);
  await expect(page.getByText(/^Held for you until \d\d:\d\d \(\d:\d\d\)$/)).toBeVisible();
  return new URL(page.url()).pathname;
}

/** Types a code into the hold that is on the page, and sends it. */
export async function enterCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Code from the e-mail').fill(code);
  await page.getByRole('button', { name: 'Confirm appointment' }).click();
}

export async function expectConfirmed(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' })).toBeVisible();
}

/** Takes a time in a city, as somebody who is signed in: held and confirmed. */
export async function book(page: Page, person: Person, city: City): Promise<{ chosen: Chosen; appointment: string }> {
  const chosen = await chooseTimeIn(page, city);
  const appointment = await hold(page);
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  return { chosen, appointment };
}

/** Cancels the appointment that is on the page. */
export async function cancel(page: Page): Promise<void> {
  await page.getByText('Cancel or give this time back').click();
  await page.getByRole('button', { name: 'Cancel this appointment' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Your appointment is cancelled' })).toBeVisible();
}

/** Lets the hold go that is on the page. */
export async function letGo(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Let this time go' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'You let this time go' })).toBeVisible();
}

/** From the appointment on the page to where it is moved. */
export async function openMove(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Move to another time' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Move to another time' })).toBeVisible();
}

/** Moves to the time that is chosen. */
export async function moveThere(page: Page): Promise<void> {
  await newTime(page).getByRole('button', { name: 'Move to this time' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'has moved.' })).toBeVisible();
}

/** One's upcoming appointments, as links. */
export async function myAppointments(page: Page): Promise<Locator> {
  await page.goto('/appointments');
  await expect(page.getByRole('heading', { level: 1, name: 'My appointments' })).toBeVisible();
  return page.getByRole('main').getByRole('listitem').getByRole('link', { name: /\d\d:\d\d–\d\d:\d\d/ });
}

/** Whether the doctor's page offers a time on its day. */
export async function expectOffered(page: Page, chosen: Chosen, offered: boolean): Promise<void> {
  await page.goto(chosen.day);
  const day = page.getByRole('region', { name: chosen.date, exact: true });
  await expect(day).toBeVisible();
  await expect(day.getByRole('link', { name: new RegExp(`^${chosen.starts}`) })).toHaveCount(offered ? 1 : 0);
}
