/** The steps from a doctor's page to an appointment and the changes to it, as a person takes them. */
import type { Locator, Page } from '@playwright/test';

import type { City } from './cities';
import { nameOf } from './clock';
import { latestCode, sentCodes } from './mailbox';
import { sendForm, type Person } from './people';
import { expect } from './test';
import { countPattern, partPattern, text, textPattern } from './text';

/** A chosen time, as shown on the page. */
export interface ChosenTime {
  /** `Tuesday 24 November`. */
  date: string;
  /** `10:20–10:40`. */
  times: string;
  /** `10:20`. */
  starts: string;
  /** `Margao Clinic`; empty for a video appointment. */
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
const PARTS = { date: /(?<date>.+?)/, time: /(?<times>.+?)/, doctor: /(?<doctor>.+)/ };
/** The sentence of a chosen time at a place. */
const AT_PLACE = textPattern('free-time-in-person', { ...PARTS, place: /(?<place>.+?)/ });
const BY_VIDEO = textPattern('free-time-by-video', PARTS);
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
  return page.getByRole('region', { name: text('picker-chosen-title'), exact: true });
}

/** The chosen time on the page that moves an appointment. */
export function newTime(page: Page): Locator {
  return page.getByRole('region', { name: text('picker-new-time-title'), exact: true });
}

/** The history of the appointment on the page, line by line. */
export function history(page: Page): Locator {
  return page.getByRole('region', { name: text('history-title'), exact: true }).getByRole('listitem');
}

/** The value of a term in a description list. */
export function factValue(page: Page, name: string): Locator {
  return page.getByRole('term').filter({ hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd');
}

/** The addresses of this many doctors in a city with free times, in the order of the list. Opens no page. */
export async function doctorsIn(page: Page, city: City, count: number): Promise<string[]> {
  const list = await (await page.request.get(`/doctors?city=${city.slug}`)).text();
  const link = new RegExp(`<a href="(/doctors/[^"]+)">${text('doctor-card-all-times')}<`, 'g');
  const links = [...list.matchAll(link)].slice(0, count);
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
  const none = page.getByRole('region', { name: text('picker-no-times-this-month'), exact: true });
  return shownDay(page).or(none).getByRole('heading', { level: 3 });
}

const STEPS = {
  Next: ['picker-next-month', 'picker-next-week'],
  Previous: ['picker-previous-month', 'picker-previous-week'],
} as const;

/** The link to the next or previous month, or on a phone to the next or previous week. */
export function stepLink(page: Page, to: 'Next' | 'Previous'): Locator {
  const [month, week] = STEPS[to];
  const link = (key: string): Locator => page.getByRole('link', { name: text(key), exact: true });
  return link(month).or(link(week));
}

/** Moves the picker to the next or previous month, or on a phone to the next or previous week. */
export async function turnPage(page: Page, to: 'Next' | 'Previous'): Promise<void> {
  const shown = await dayHeading(page).innerText();
  await stepLink(page, to).click();
  await expect(dayHeading(page)).not.toHaveText(shown);
}

/**
 * Opens a day with free times by its number, from 0. If the month has too few, the next month is searched, too. On a
 * phone the whole month is shown instead of the week. Days named in `but` do not count.
 */
export async function openDay(page: Page, number: number, but: readonly string[] = []): Promise<string> {
  const calendar = page.getByRole('region', { name: text('picker-choose-day'), exact: true });
  const days = calendar.getByRole('link', { name: countPattern('picker-day-label', { day: /.+/ }) });
  const dates = async (): Promise<string[]> => {
    const whole = calendar.getByLabel(text('picker-whole-month'));
    if (await whole.isVisible()) {
      await whole.check();
    }
    const all = await days.evaluateAll((links) => links.map((link) => link.getAttribute('data-date') ?? ''));
    return all.filter((date) => !but.includes(nameOf(date)));
  };
  const found = await dates();
  if (found.length <= number) {
    await turnPage(page, 'Next');
    // Both months show the week that they share.
    found.push(...(await dates()).filter((date) => !found.includes(date)));
  }
  const date = found[number] ?? '';
  expect(date, `${number + 1} days with free times`).not.toBe('');
  const name = nameOf(date);
  await days.and(page.locator(`[data-date="${date}"]`)).click();
  // With scripts the day is fetched in the background, and it may be the one that is shown already.
  await expect(page.locator('[aria-busy]')).toHaveCount(0);
  await expect(shownDay(page).getByRole('heading', { level: 3 })).toHaveText(name);
  return name;
}

/** Reads the chosen time from its sentence on the page. */
export async function readChosenTime(page: Page, inside: Locator = chosenTime(page)): Promise<ChosenTime> {
  const sentence = inside.getByText(AT_PLACE).or(inside.getByText(BY_VIDEO));
  await expect(sentence).toBeVisible();
  const said = await sentence.innerText();
  const read = (BY_VIDEO.exec(said) ?? AT_PLACE.exec(said))?.groups;
  expect(read, 'the sentence of the chosen time').toBeDefined();
  const { date, times, place, doctor } = read ?? {};
  const url = new URL(page.url());
  const address = url.pathname + url.search;
  return {
    date: date ?? '',
    times: times ?? '',
    starts: (times ?? '').slice(0, 5),
    place: place ?? '',
    doctor: doctor ?? '',
    day: `${url.pathname}?date=${url.searchParams.get('date') ?? ''}`,
    address,
  };
}

/** A date with its year: `Tuesday, 24 November 2026`, of a `Tuesday 24 November`. */
export function dateWithYear(date: string): RegExp {
  return new RegExp(String.raw`${date.replace(' ', ', ')} \d{4}`);
}

/** What sums up an appointment at this time: its date with the year, its times, place and doctor. */
export function summaryOf({ date, times, place, doctor }: ChosenTime): RegExp {
  const when = { date: dateWithYear(date), times, doctor };
  return place ? partPattern('appointment-summary-in-person', { ...when, location: place }) : partPattern('appointment-summary-video', when);
}

/** The same above the new time of an appointment that is moved. */
export function currentAppointment({ date, times, place }: ChosenTime): RegExp {
  const when = { date: dateWithYear(date), times };
  const appointment = place
    ? partPattern('appointment-before-in-person', { ...when, location: place })
    : partPattern('appointment-before-video', when);
  return partPattern('picker-current-appointment', { appointment });
}

/** A date and time that names the zone of a city: `Tue, 24 Nov 2026, 10:20, Kolkata time (IST, UTC+05:30)`. */
export function momentIn(city: City): RegExp {
  return new RegExp(String.raw`.+, \d\d:\d\d.*, ${city.zone} \(.+\)`);
}

/**
 * Checks whether an appointment or a chosen time says its time zone: it does only by video, since the time at a place
 * is by its clock.
 */
export async function expectZoneOnlyOfVideo(where: Locator, chosen: ChosenTime, city: City): Promise<void> {
  if (chosen.place) {
    await expect(where).not.toContainText(city.zone);
  } else {
    await expect(where).toContainText(city.zone);
  }
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

/** Chooses a time some days ahead with the doctor of this page. */
export async function chooseTimeWith(page: Page, doctor: string): Promise<ChosenTime> {
  await page.goto(doctor);
  await openDay(page, 2);
  return await chooseTime(page);
}

/** Chooses a time some days ahead with a doctor of a city. */
export async function chooseTimeIn(page: Page, city: City): Promise<ChosenTime> {
  await openDoctor(page, city);
  await openDay(page, 2);
  return await chooseTime(page);
}

/** Holds the chosen time. Returns the address of the appointment. */
export async function hold(page: Page): Promise<string> {
  await chosenTime(page).getByRole('button', { name: text('picker-hold-button') }).click();
  return await expectHeld(page);
}

/** Goes on from the page that makes a browser known before its first hold: with scripts it sends itself. */
export async function passOn(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: text('book-title') })).toBeVisible();
  await page.getByRole('main').getByRole('button', { name: text('book-button') }).click();
}

/** Who books without an account, and for whom. */
export interface Details {
  name: string;
  email: string;
  /** Somebody else; the birth date as it is typed, or nothing. */
  patient?: { name: string; birthDate: string };
}

/** Fills in the details of a hold without an account, and sends them. */
export async function fillDetails(page: Page, { name, email, patient }: Details): Promise<void> {
  await page.getByLabel(text('appointment-visitor-name'), { exact: true }).fill(name);
  await page.getByLabel(text('appointment-visitor-email')).fill(email);
  await page.getByLabel(text(patient ? 'appointment-visitor-for-other' : 'appointment-visitor-for-me'), { exact: true }).check();
  if (patient) {
    await page.getByLabel(text('appointment-visitor-patient-name')).fill(patient.name);
    await page.getByLabel(text('appointment-visitor-birth-date')).fill(patient.birthDate);
  }
  await detailsButton(page).click();
}

/** The button that sends the code, for the first time or again. */
export function detailsButton(page: Page): Locator {
  const button = (key: string): Locator => page.getByRole('button', { name: text(key), exact: true });
  return button('appointment-visitor-send-code').or(button('appointment-visitor-send-code-again'));
}

/** The page of a hold without an account, after the code was sent. */
export async function expectCodeSent(page: Page): Promise<void> {
  const sent = (key: string): RegExp => partPattern(key, { email: /\S+/ });
  const status = page.getByRole('status');
  const first = status.filter({ hasText: sent('appointment-held-code-sent-to') });
  await expect(first.or(status.filter({ hasText: sent('appointment-held-new-code-sent-to') }))).toBeVisible();
  await expect(page.getByLabel(text('appointment-held-code'))).toBeFocused();
}

export async function expectHeld(page: Page): Promise<string> {
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-held-title') })).toBeVisible();
  await expect(page).toHaveURL(/\/appointments\/[0-9a-f-]{36}(\?.*)?$/);
  const held = partPattern('countdown-held', { time: /\d\d:\d\d \S+/ }).source;
  await expect(page.getByText(new RegExp(String.raw`^${held}\s+\(\d:\d\d\)$`))).toBeVisible();
  return new URL(page.url()).pathname;
}

/** Enters a code on the page of a hold and sends it. */
export async function enterCode(page: Page, code: string): Promise<void> {
  await page.getByLabel(text('appointment-held-code')).fill(code);
  await page.getByRole('button', { name: text('appointment-held-confirm-button') }).click();
}

export async function expectConfirmed(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-confirmed-title') })).toBeVisible();
}

/**
 * Books a time in a city for a signed-in person, without the pages of a booking. Opens its confirmation. `doctor` is
 * the page of a certain doctor there.
 */
export async function book(page: Page, person: Person, city: City, doctor?: string): Promise<{ chosen: ChosenTime; appointment: string }> {
  const chosen = doctor === undefined ? await chooseTimeIn(page, city) : await chooseTimeWith(page, doctor);
  const slot = new URL(page.url()).searchParams.get('slot') ?? '';
  const older = await sentCodes(page, person);
  const appointment = (await sendForm(page, '/fn/hold', { slot }, APPOINTMENT)).replace(/\?.*/, '');
  const [, id = ''] = APPOINTMENT.exec(appointment) ?? [];
  const code = await latestCode(page, person, ...older);
  await page.goto(await sendForm(page, '/fn/confirm', { id, code }, `${appointment}?done=confirmed`));
  await expectConfirmed(page);
  return { chosen, appointment };
}

/** Cancels an appointment or releases a hold after a test, without opening its page. */
export async function cleanUp(page: Page, appointment: string = new URL(page.url()).pathname): Promise<void> {
  const [, id = ''] = APPOINTMENT.exec(appointment) ?? [];
  await sendForm(page, '/fn/release', { id }, `/appointments/${id}?done=released`);
}

/** What unfolds the form that cancels an appointment. Its button has the same name. */
export function cancelSummary(page: Page): Locator {
  return page.locator('summary').filter({ hasText: text('appointment-cancel-button') });
}

export function cancelButton(page: Page): Locator {
  return page.getByRole('button', { name: text('appointment-cancel-button'), exact: true });
}

export async function expectCancelled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-cancelled-done-title') })).toBeVisible();
}

/** Cancels the appointment that is on the page. */
export async function cancel(page: Page): Promise<void> {
  await cancelSummary(page).click();
  await cancelButton(page).click();
  await expectCancelled(page);
}

/** Releases the hold on the page. */
export async function releaseHold(page: Page): Promise<void> {
  await page.getByRole('button', { name: text('appointment-held-release-button') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-released-title') })).toBeVisible();
}

/** Goes from the page of an appointment to the one that moves it. */
export async function openMove(page: Page): Promise<void> {
  await page.getByRole('link', { name: text('appointment-reschedule-button'), exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-reschedule-title') })).toBeVisible();
}

/** Chooses a new time on the page that moves an appointment: tomorrow or later, so that it is not over at once. */
export async function chooseNewTime(page: Page): Promise<ChosenTime> {
  await openDay(page, 1);
  return await chooseTime(page, newTime(page));
}

/** The button that moves the appointment to the chosen time. */
export function moveButton(page: Page): Locator {
  return newTime(page).getByRole('button', { name: text('picker-reschedule-button') });
}

export async function expectMoved(page: Page): Promise<void> {
  await expect(page.getByRole('status').filter({ hasText: text('appointment-rescheduled-done') })).toBeVisible();
}

/** Moves the appointment to the chosen time. */
export async function confirmMove(page: Page): Promise<void> {
  await moveButton(page).click();
  await expectMoved(page);
}

/** Opens the list of upcoming appointments. Returns their links. */
export async function myAppointments(page: Page): Promise<Locator> {
  await page.goto('/appointments');
  await expect(page.getByRole('heading', { level: 1, name: text('appointments-title') })).toBeVisible();
  return page.getByRole('main').getByRole('listitem').getByRole('link', { name: /\d\d:\d\d–\d\d:\d\d/ });
}

/** Checks whether the doctor's page offers a time on its day. */
export async function expectOffered(page: Page, chosen: ChosenTime, offered: boolean): Promise<void> {
  await page.goto(chosen.day);
  const day = page.getByRole('region', { name: chosen.date, exact: true });
  await expect(day).toBeVisible();
  await expect(day.getByRole('link', { name: new RegExp(`^${chosen.starts}`) })).toHaveCount(offered ? 1 : 0);
}
