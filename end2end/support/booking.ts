/** The steps from a doctor's page to an appointment and the changes to it, as a person takes them. */
import type { Locator, Page } from '@playwright/test';

import type { City } from './cities';
import { latestCode } from './mailbox';
import { sendForm, type Person } from './people';
import { expect } from './test';

/** A chosen time, as shown on the page. */
export interface ChosenTime {
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

const APPOINTMENT = /^\/appointments\/([0-9a-f-]{36})/;
const WEEKDAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const DAY = new RegExp(`^${WEEKDAY} \\d+ [A-Z][a-z]+$`);
// The demo's groups meet at 7 and at 13. All other times are for one person.
const ONE_PERSONS_TIME = /^(?:08|09|10|11|12|14|15|16|17|18|19|20):\d\d/;

/** The part of the picker that shows a day's times. */
export function shownDay(page: Page): Locator {
  return page.getByRole('region', { name: DAY });
}

/** The links of the shown day's times that are for one person. */
export function freeTimes(page: Page): Locator {
  return shownDay(page).getByRole('link', { name: ONE_PERSONS_TIME });
}

export function chosenTime(page: Page): Locator {
  return page.getByRole('region', { name: 'Your time' });
}

/** The chosen time on the page that moves an appointment. */
export function newTime(page: Page): Locator {
  return page.getByRole('region', { name: 'Your new time' });
}

/** The history of the appointment on the page, line by line. */
export function history(page: Page): Locator {
  return page.getByRole('region', { name: 'What happened' }).getByRole('listitem');
}

/** The value of a term in a description list. */
export function factValue(page: Page, name: string): Locator {
  return page.getByRole('term').filter({ hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd');
}

/** The addresses of this many doctors in a city with free times, in the order of the list. Opens no page. */
export async function doctorsIn(page: Page, city: City, count: number): Promise<string[]> {
  const list = await (await page.request.get(`/doctors?city=${city.slug}`)).text();
  const links = [...list.matchAll(/<a href="(\/doctors\/[^"]+)">All free times</g)].slice(0, count);
  expect(links, `doctors in ${city.name}`).toHaveLength(count);
  return links.map(([, address = '']) => address);
}

/** Opens the page of a doctor in a city. */
export async function openDoctor(page: Page, city: City): Promise<void> {
  const [address = ''] = await doctorsIn(page, city, 1);
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1, name: /^Dr / })).toBeVisible();
}

/** The heading above the times of a day, or above the note that the month has none. */
export function dayHeading(page: Page): Locator {
  const none = page.getByRole('region', { name: 'No free times in this month' });
  return shownDay(page).or(none).getByRole('heading', { level: 3 });
}

/** Moves the picker to the next or previous month, or on a phone to the next or previous week. */
export async function turnPage(page: Page, to: 'Next' | 'Previous'): Promise<void> {
  const shown = await dayHeading(page).innerText();
  await page.getByRole('link', { name: new RegExp(`^${to} (month|week)$`) }).click();
  await expect(dayHeading(page)).not.toHaveText(shown);
}

/**
 * Opens a day with free times by its number, from 0. If the month has too few, the next month is searched, too. On a
 * phone the whole month is shown instead of the week. Days named in `but` do not count.
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
    await turnPage(page, 'Next');
    // Both months show the week that they share.
    found.push(...(await names()).filter((name) => !found.includes(name)));
  }
  const name = found[number] ?? '';
  expect(name, `${number + 1} days with free times`).not.toBe('');
  await days.filter({ visible: true }).and(page.getByLabel(`${name}, `)).click();
  // With scripts the day is fetched in the background, and it may be the one that is shown already.
  await expect(page.locator('[aria-busy]')).toHaveCount(0);
  await expect(shownDay(page).getByRole('heading', { level: 3 })).toHaveText(name);
  return name;
}

/** Reads the chosen time from its sentence on the page. */
export async function readChosenTime(page: Page, inside: Locator = chosenTime(page)): Promise<ChosenTime> {
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
export async function chooseTime(page: Page, inside: Locator = chosenTime(page), times: Locator = freeTimes(page)): Promise<ChosenTime> {
  const time = times.first();
  const starts = (await time.innerText()).slice(0, 5);
  await time.click();
  await expect(page).toHaveURL(/[?&]slot=/);
  const chosen = await readChosenTime(page, inside);
  expect(chosen.starts).toBe(starts);
  return chosen;
}

/**
 * Chooses the second of the next times of a doctor who works around the clock: it is soon, but does not begin while
 * the test runs.
 */
export async function chooseUpcomingTime(page: Page): Promise<ChosenTime> {
  const times = shownDay(page).getByRole('link', { name: /^\d\d:\d\d/ });
  if ((await times.count()) > 1) {
    return await chooseTime(page, chosenTime(page), times.nth(1));
  }
  await openDay(page, 1);
  return await chooseTime(page, chosenTime(page), times);
}

/** Chooses a time some days ahead with a doctor of a city. */
export async function chooseTimeIn(page: Page, city: City): Promise<ChosenTime> {
  await openDoctor(page, city);
  await openDay(page, 2);
  return await chooseTime(page);
}

/** Holds the chosen time. Returns the address of the appointment. */
export async function hold(page: Page): Promise<string> {
  await chosenTime(page).getByRole('button', { name: 'Hold this time' }).click();
  return await expectHeld(page);
}

export async function expectHeld(page: Page): Promise<string> {
  await expect(page.getByRole('heading', { level: 1, name: 'Confirm your appointment' })).toBeVisible();
  await expect(page).toHaveURL(/\/appointments\/[0-9a-f-]{36}(\?.*)?$/);
  await expect(page.getByText(/^Held for you until \d\d:\d\d \S+ \(\d:\d\d\)$/)).toBeVisible();
  return new URL(page.url()).pathname;
}

/** Enters a code on the page of a hold and sends it. */
export async function enterCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Code from the e-mail').fill(code);
  await page.getByRole('button', { name: 'Confirm appointment' }).click();
}

export async function expectConfirmed(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' })).toBeVisible();
}

/** Books a time in a city for a signed-in person, without the pages of a booking. Opens its confirmation. */
export async function book(page: Page, person: Person, city: City): Promise<{ chosen: ChosenTime; appointment: string }> {
  const chosen = await chooseTimeIn(page, city);
  const slot = new URL(page.url()).searchParams.get('slot') ?? '';
  const appointment = (await sendForm(page, '/fn/hold', { slot }, APPOINTMENT)).replace(/\?.*/, '');
  const [, id = ''] = APPOINTMENT.exec(appointment) ?? [];
  const code = await latestCode(page, person);
  await page.goto(await sendForm(page, '/fn/confirm', { id, code }, `${appointment}?done=confirmed`));
  await expectConfirmed(page);
  return { chosen, appointment };
}

/** Cancels an appointment or releases a hold after a test, without opening its page. */
export async function cleanUp(page: Page, appointment: string = new URL(page.url()).pathname): Promise<void> {
  const [, id = ''] = APPOINTMENT.exec(appointment) ?? [];
  await sendForm(page, '/fn/release', { id }, `/appointments/${id}?done=released`);
}

/** Cancels the appointment that is on the page. */
export async function cancel(page: Page): Promise<void> {
  await page.getByText('Cancel or give this time back').click();
  await page.getByRole('button', { name: 'Cancel this appointment' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Your appointment is cancelled' })).toBeVisible();
}

/** Releases the hold on the page. */
export async function releaseHold(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Let this time go' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'You let this time go' })).toBeVisible();
}

/** Goes from the page of an appointment to the one that moves it. */
export async function openMove(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Move to another time' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Move to another time' })).toBeVisible();
}

/** Chooses a new time on the page that moves an appointment: tomorrow or later, so that it is not over at once. */
export async function chooseNewTime(page: Page): Promise<ChosenTime> {
  await openDay(page, 1);
  return await chooseTime(page, newTime(page));
}

/** Moves the appointment to the chosen time. */
export async function confirmMove(page: Page): Promise<void> {
  await newTime(page).getByRole('button', { name: 'Move to this time' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'has moved.' })).toBeVisible();
}

/** Opens the list of upcoming appointments. Returns their links. */
export async function myAppointments(page: Page): Promise<Locator> {
  await page.goto('/appointments');
  await expect(page.getByRole('heading', { level: 1, name: 'My appointments' })).toBeVisible();
  return page.getByRole('main').getByRole('listitem').getByRole('link', { name: /\d\d:\d\d–\d\d:\d\d/ });
}

/** Checks whether the doctor's page offers a time on its day. */
export async function expectOffered(page: Page, chosen: ChosenTime, offered: boolean): Promise<void> {
  await page.goto(chosen.day);
  const day = page.getByRole('region', { name: chosen.date, exact: true });
  await expect(day).toBeVisible();
  await expect(day.getByRole('link', { name: new RegExp(`^${chosen.starts}`) })).toHaveCount(offered ? 1 : 0);
}
