/** Booking without an account: the first tap holds the time, the code proves the address, and then there is an account. */
import type { Locator, Page } from '@playwright/test';

import {
  book,
  cancel,
  cancelSummary,
  chooseTimeIn,
  chooseTimeWith,
  chosenTime,
  cleanUp,
  doctorsIn,
  enterCode,
  expectCodeSent,
  expectConfirmed,
  expectHeld,
  expectOffered,
  factValue,
  fillDetails,
  freeTimes,
  history,
  hold,
  myAppointments,
  openDay,
  passOn,
  readChosenTime,
  releaseHold,
  summaryOf,
  type ChosenTime,
} from '../support/booking';
import type { City } from '../support/cities';
import { expectMessage, latestCode, sentCodes, wrongCode } from '../support/mailbox';
import { expectSignedIn, fillSignIn, newPerson, randomWord, register, sendSignIn, type Person } from '../support/people';
import { expect, test } from '../support/test';
import { partPattern, text } from '../support/text';

const HELD = /^\/appointments\/[0-9a-f-]{36}$/;

/** Counts what a person does, and the pages they see. */
class Steps {
  taps = 0;
  private readonly seen = new Set<string>();

  constructor(page: Page) {
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame()) {
        this.seen.add(new URL(frame.url()).pathname);
      }
    });
  }

  async tap(target: Locator): Promise<void> {
    this.taps += 1;
    await target.click();
  }

  async fill(field: Locator, value: string): Promise<void> {
    this.taps += 1;
    await field.fill(value);
  }

  /** The pages from the home page on. With scripts, nobody sees the one that makes the browser known. */
  pages(scripts: boolean): string[] {
    return [...this.seen].filter((path) => path !== '/' && !(scripts && path === '/book'));
  }
}

/** From the home page to a chosen time: to the list, and to a time of a doctor there. */
async function findTime(page: Page, steps: Steps, city: City): Promise<ChosenTime> {
  await page.goto('/');
  // It only keeps this test apart from others, so it does not count.
  await page.getByRole('search').getByLabel(text('search-field-city')).selectOption(city.slug);
  await steps.tap(page.getByRole('search').getByRole('button', { name: text('search-button') }));
  const card = page.getByRole('article').filter({ hasText: text('doctor-card-all-times') }).first();
  const details = partPattern('free-time-details', { date: /.+/, doctor: /Dr .+/ }).source;
  // Not the first time, which may be about to begin.
  await steps.tap(card.getByRole('link', { name: new RegExp(String.raw`^\d\d:\d\d.*${details}$`) }).last());
  return await readChosenTime(page);
}

const holdButton = (page: Page): Locator => chosenTime(page).getByRole('button', { name: text('picker-hold-button') });

/** Holds the chosen time in a browser that is not known yet. */
async function firstHold(page: Page, scripts: boolean): Promise<string> {
  await holdButton(page).click();
  if (!scripts) {
    await passOn(page);
  }
  return await expectHeld(page);
}

/** Sends the details of a hold; returns the code. */
async function sendDetails(page: Page, person: Person, patient?: { name: string; birthDate: string }): Promise<string> {
  const older = await sentCodes(page, person);
  await fillDetails(page, patient ? { ...person, patient } : person);
  await expectCodeSent(page);
  return await latestCode(page, person, ...older);
}

function signInLink(page: Page): Locator {
  return page.getByRole('banner').getByRole('link', { name: text('layout-sign-in') });
}

test('someone new books with eight taps on three pages, and has an account then', { tag: ['@no-scripts', '@phone'] }, async ({ page, city, scripts }) => {
  const steps = new Steps(page);
  const person = newPerson();
  const chosen = await findTime(page, steps, city);
  await expect(chosenTime(page)).toContainText(text('picker-hold-note-visitor'));
  await steps.tap(holdButton(page));
  if (!scripts) {
    await steps.tap(page.getByRole('main').getByRole('button', { name: text('book-button') }));
  }
  const appointment = await expectHeld(page);
  await expect(page.getByText(summaryOf(chosen))).toBeVisible();
  await steps.fill(page.getByLabel(text('appointment-visitor-name'), { exact: true }), person.name);
  await steps.fill(page.getByLabel(text('appointment-visitor-email')), person.email);
  await steps.tap(page.getByRole('button', { name: text('appointment-visitor-send-code'), exact: true }));
  await expectCodeSent(page);
  await steps.fill(page.getByLabel(text('appointment-held-code')), await latestCode(page, person));
  await steps.tap(page.getByRole('button', { name: text('appointment-held-confirm-button') }));
  await expectConfirmed(page);
  // Without scripts, the page that makes the browser known is one more tap and one more page.
  expect(steps.taps, 'taps').toBeLessThanOrEqual(scripts ? 8 : 9);
  expect(steps.pages(scripts).length, `pages: ${steps.pages(scripts).join(', ')}`).toBeLessThanOrEqual(scripts ? 3 : 4);

  await expectSignedIn(page, person);
  await expect(page).toHaveURL(new RegExp(`${appointment}\\?`));
  await expect(page.getByText(text('appointment-new-account'))).toBeVisible();
  await expect(factValue(page, text('appointment-fact-person'))).toHaveText(person.name);
  await expectMessage(page, person, 'email-confirmed-subject', chosen.times);
  await expect(await myAppointments(page)).toHaveCount(1);
  await page.goto(appointment);
  await cancel(page);
});

test('somebody who is signed in books with four taps and the code', { tag: '@phone' }, async ({ page, city }) => {
  const person = await register(page);
  const older = await sentCodes(page, person);
  const steps = new Steps(page);
  await findTime(page, steps, city);
  await steps.tap(holdButton(page));
  await expectHeld(page);
  // Where the configuration asks accounts for no code, there is no field.
  const code = page.getByLabel(text('appointment-held-code'));
  const withCode = await code.isVisible();
  if (withCode) {
    await steps.fill(code, await latestCode(page, person, ...older));
  }
  await steps.tap(page.getByRole('button', { name: text('appointment-held-confirm-button') }));
  await expectConfirmed(page);
  expect(steps.taps, 'taps').toBeLessThanOrEqual(withCode ? 5 : 4);
  expect(steps.pages(true).length).toBeLessThanOrEqual(3);
  await cancel(page);
});

test('a first double click is one visitor and one hold', { tag: '@no-scripts' }, async ({ page, city, scripts }) => {
  const person = newPerson();
  await chooseTimeIn(page, city);
  await holdButton(page).dblclick();
  if (!scripts) {
    await page.getByRole('main').getByRole('button', { name: text('book-button') }).dblclick();
  }
  const appointment = await expectHeld(page);
  await expect(await myAppointments(page)).toHaveCount(1);
  await page.goto(appointment);
  const code = await sendDetails(page, person);
  await page.getByLabel(text('appointment-held-code')).fill(code);
  await page.getByRole('button', { name: text('appointment-held-confirm-button') }).dblclick();
  await expectConfirmed(page);
  await expectSignedIn(page, person);
  await expect(await myAppointments(page)).toHaveCount(1);
  await page.goto(appointment);
  await expect(history(page).filter({ hasText: text('history-confirmed', { who: 'you' }) })).toHaveCount(1);
  await cancel(page);
});

test('fifty forms at once without a cookie hold nothing', async ({ page, anotherPerson, city }) => {
  const chosen = await chooseTimeIn(page, city);
  const slot = new URL(page.url()).searchParams.get('slot') ?? '';
  const send = async (): Promise<string> => {
    const answer = await page.request.post('/fn/hold', { form: { slot, back: chosen.address }, maxRedirects: 0, headers: { accept: 'text/html' } });
    return answer.headers()['location'] ?? '';
  };
  const answers = await Promise.all(Array.from({ length: 50 }, send));
  expect(answers.filter((to) => to.startsWith(`/book?slot=${slot}`))).toHaveLength(50);
  await expectOffered(await anotherPerson(), chosen, true);
});

test('a browser that refuses cookies is told so, and nothing goes round in circles', { tag: '@no-scripts' }, async ({ page, city }) => {
  const chosen = await chooseTimeIn(page, city);
  const slot = new URL(page.url()).searchParams.get('slot') ?? '';
  const form = { slot, tried: 'yes', back: chosen.address };
  const answer = await page.request.post('/fn/hold', { form, maxRedirects: 0, headers: { accept: 'text/html' } });
  await page.goto(answer.headers()['location'] ?? '');
  await expect(page.getByRole('heading', { level: 1, name: text('book-title') })).toBeVisible();
  await expect(page.getByRole('status')).toContainText(text('book-no-cookies-detail'));
  await page.getByRole('link', { name: text('book-back') }).click();
  expect((await readChosenTime(page)).times).toBe(chosen.times);
});

test('Back from a hold leads to the doctor, where the time is one’s own', { tag: '@no-scripts' }, async ({ page, city, scripts }) => {
  const chosen = await chooseTimeIn(page, city);
  const appointment = await firstHold(page, scripts);
  await page.goBack();
  if (!scripts) {
    await expect(page.getByRole('heading', { level: 1, name: text('book-title') })).toBeVisible();
    await page.goBack();
  }
  await expect(page.getByRole('heading', { level: 1, name: chosen.doctor })).toBeVisible();
  await page.reload();
  const mine = page.getByRole('status').filter({ hasText: partPattern('doctor-own-hold', { appointment: summaryOf(chosen) }) });
  await mine.getByRole('link', { name: text('doctor-own-hold-confirm') }).click();
  expect(await expectHeld(page)).toBe(appointment);
  await releaseHold(page);
  await expectOffered(page, chosen, true);
});

test('a visitor holds one time: another one replaces it', async ({ page, city, scripts }) => {
  const first = await chooseTimeIn(page, city);
  await firstHold(page, scripts);
  await page.goto(first.day);
  const times = freeTimes(page);
  await times.first().click();
  const second = await readChosenTime(page);
  expect(second.times).not.toBe(first.times);
  await hold(page);
  const mine = await myAppointments(page);
  await expect(mine).toHaveCount(1);
  await expect(mine).toContainText(second.times);
  await expectOffered(page, first, true);
  await (await myAppointments(page)).click();
  await releaseHold(page);
  // Nothing is held any more: the list of appointments is that of an account.
  await page.goto('/appointments');
  await expect(page.getByRole('heading', { level: 1, name: text('sign-in-title') })).toBeVisible();
});

test('two tabs of a visitor confirm one appointment', async ({ page, context, city, scripts }) => {
  const person = newPerson();
  const chosen = await chooseTimeIn(page, city);
  const appointment = await firstHold(page, scripts);
  const second = await context.newPage();
  await second.goto(chosen.address);
  await second.getByRole('status').getByRole('link', { name: text('doctor-own-hold-confirm') }).click();
  expect(await expectHeld(second), 'the same hold').toBe(appointment);
  const code = await sendDetails(second, person);
  await page.reload();
  await enterCode(page, code);
  await expectConfirmed(page);
  await enterCode(second, code);
  await expectConfirmed(second);
  await expect(await myAppointments(page)).toHaveCount(1);
  await cleanUp(second, appointment);
});

test('what was typed is kept when something is missing', { tag: '@no-scripts' }, async ({ page, city, scripts, watch }) => {
  watch.expects(422);
  const person = newPerson();
  await chooseTimeIn(page, city);
  await firstHold(page, scripts);
  await fillDetails(page, { ...person, patient: { name: '', birthDate: '2019-04-30' } });
  const problem = page.getByRole('alert', { name: text('failure-title') });
  await problem.getByRole('link', { name: text('field-patient-name-missing') }).click();
  await expect(page.getByLabel(text('appointment-visitor-patient-name'))).toBeFocused();
  await expect(page.getByLabel(text('appointment-visitor-name'), { exact: true })).toHaveValue(person.name);
  await expect(page.getByLabel(text('appointment-visitor-email'))).toHaveValue(person.email);
  await expect(page.getByLabel(text('appointment-visitor-for-other'))).toBeChecked();
  await expect(page.getByLabel(text('appointment-visitor-birth-date'))).toHaveValue('2019-04-30');
  const child = `Mira ${randomWord()}`;
  await page.getByLabel(text('appointment-visitor-patient-name')).fill(child);
  await page.getByRole('button', { name: text('appointment-visitor-send-code'), exact: true }).click();
  await expectCodeSent(page);
  await expect(factValue(page, text('appointment-fact-person'))).toContainText(child);

  const code = await latestCode(page, person);
  await enterCode(page, wrongCode(code));
  await expect(page.getByRole('alert', { name: text('failure-title-code') })).toContainText(text('refusal-wrong-code', { tries: 4 }));
  await expect(factValue(page, text('appointment-visitor-name'))).toHaveText(person.name);
  await enterCode(page, code);
  await expectConfirmed(page);
  await expect(factValue(page, text('appointment-fact-person'))).toHaveText(child);
  await page.goto('/people');
  await expect(page.getByRole('main').getByRole('listitem').filter({ hasText: child })).toContainText(text('people-born', { date: '30 April 2019' }));
  await page.goBack();
  await cancel(page);
});

test('asking for more time keeps what is typed in the form beside it', { tag: ['@no-scripts', '@phone'] }, async ({ page, city, scripts }) => {
  const person = newPerson();
  await chooseTimeIn(page, city);
  await firstHold(page, scripts);
  const [name, email] = [page.getByLabel(text('appointment-visitor-name'), { exact: true }), page.getByLabel(text('appointment-visitor-email'))];
  const extend = async (): Promise<void> => {
    await page.getByRole('button', { name: text('appointment-held-extend-button') }).click();
    await expect(page.getByRole('status').filter({ hasText: text('appointment-held-extended') })).toBeVisible();
  };
  await name.fill(person.name);
  await page.getByLabel(text('appointment-visitor-for-other')).check();
  await extend();
  await expect(name).toHaveValue(person.name);
  await expect(email).toHaveValue('');
  await expect(page.getByLabel(text('appointment-visitor-for-other'))).toBeChecked();
  await fillDetails(page, person);
  await expectCodeSent(page);

  // The same for details that are being corrected; until then they are folded away.
  await expect(name).toBeHidden();
  await extend();
  await expect(name).toBeHidden();
  await page.locator('summary').filter({ hasText: text('appointment-visitor-change') }).click();
  await name.fill('Somebody Else');
  await extend();
  await expect(name).toHaveValue('Somebody Else');
  await expect(factValue(page, text('appointment-visitor-name'))).toHaveText(person.name);
  await releaseHold(page);
  await page.goto(new URL(page.url()).pathname);
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-released-title') })).toBeVisible();
  await expect(page.getByText(text('appointment-state-released'), { exact: true })).toBeVisible();
});

test('another address gets a code of its own, and the former code no longer counts', { tag: '@no-scripts' }, async ({ page, city, scripts, watch }) => {
  watch.expects(422);
  const [mistyped, person] = [newPerson(), newPerson()];
  await chooseTimeIn(page, city);
  await firstHold(page, scripts);
  const former = await sendDetails(page, mistyped);
  await page.locator('summary').filter({ hasText: text('appointment-visitor-change') }).click();
  const code = await sendDetails(page, person);
  await expect(page.getByText(text('appointment-held-new-code-sent-to', { email: person.email }))).toBeVisible();
  if (former !== code) {
    await enterCode(page, former);
    await expect(page.getByRole('alert', { name: text('failure-title-code') })).toBeVisible();
  } else {
    // One in a million: then only the message about a wrong code is left to see.
    await enterCode(page, wrongCode(code));
  }
  await enterCode(page, code);
  await expectConfirmed(page);
  await expectSignedIn(page, person);
  await cancel(page);
});

test('an appointment for an account with a password moves there, and nobody is signed in', { tag: ['@no-scripts', '@phone'] }, async ({ page, anotherPerson, city, scripts }) => {
  const person = await register(await anotherPerson());
  const chosen = await chooseTimeIn(page, city);
  const appointment = await firstHold(page, scripts);
  await enterCode(page, await sendDetails(page, person));
  await expectConfirmed(page);
  await expect(page.getByRole('status')).toContainText(partPattern('appointment-visitor-confirmed', { email: /t•••@example\.org/ }));
  await expect(signInLink(page)).toBeVisible();
  await expect(cancelSummary(page), 'to look at only').toHaveCount(0);
  await expectMessage(page, person, 'email-confirmed-subject', chosen.times);

  await page.getByRole('main').getByRole('link', { name: text('appointment-visitor-sign-in-to-change') }).click();
  await fillSignIn(page, person);
  await expect(page).toHaveURL(appointment);
  await expectSignedIn(page, person);
  await expect(factValue(page, text('appointment-fact-person'))).toHaveText(person.name);
  await cancel(page);
});

test('a time that clashes with the account of the address stays held, and the page says why', async ({ page, anotherPerson, city, scripts, watch }) => {
  watch.expects(409);
  const known = await anotherPerson();
  const person = await register(known);
  const [doctor = ''] = await doctorsIn(page, city, 1);
  // The most that one account may have with one doctor.
  const booked: string[] = [];
  for (let number = 0; number < 3; number++) {
    booked.push((await book(known, person, city, doctor)).appointment);
  }
  await chooseTimeWith(page, doctor);
  const appointment = await firstHold(page, scripts);
  const code = await sendDetails(page, person);
  await enterCode(page, code);
  await expect(page.getByRole('alert')).toContainText(text('refusal-too-many-visits', { most: 3 }));
  await expect(page.getByText(text('appointment-visitor-clash'))).toBeVisible();
  expect(await expectHeld(page), 'it is still held').toBe(appointment);

  const [cancelled = ''] = booked.splice(0, 1);
  await cleanUp(known, cancelled);
  await enterCode(page, code);
  await expectConfirmed(page);
  await known.goto(appointment);
  await cancel(known);
  await Promise.all(booked.map((one) => cleanUp(known, one)));
});

test('somebody with an account signs in from a hold, and has the same time chosen again', { tag: '@no-scripts' }, async ({ page, anotherPerson, city, scripts }) => {
  const person = await register(await anotherPerson());
  const chosen = await chooseTimeIn(page, city);
  await firstHold(page, scripts);
  await page.getByRole('main').getByRole('button', { name: text('appointment-visitor-sign-in') }).click();
  await fillSignIn(page, person);
  expect(await readChosenTime(page)).toMatchObject({ date: chosen.date, times: chosen.times, doctor: chosen.doctor });
  const appointment = await hold(page);
  expect(appointment).toMatch(HELD);
  await releaseHold(page);
});

test('a hold of one browser is nobody else’s', async ({ page, anotherPerson, city, scripts }) => {
  await chooseTimeIn(page, city);
  const appointment = await firstHold(page, scripts);
  const other = await anotherPerson();
  await other.goto(appointment);
  await expect(other.getByRole('heading', { level: 1, name: text('sign-in-title') })).toBeVisible();
  await chooseTimeIn(other, city);
  await openDay(other, 3);
  await freeTimes(other).first().click();
  await firstHold(other, scripts);
  await other.goto(appointment);
  await expect(other.getByRole('heading', { level: 1, name: text('sign-in-title') }), 'nor of another visitor').toBeVisible();
  await (await myAppointments(other)).click();
  await releaseHold(other);
  await page.goto(appointment);
  await releaseHold(page);
});

test('a visitor’s browser that signs in otherwise goes on with the account', async ({ page, anotherPerson, city, scripts }) => {
  const person = await register(await anotherPerson());
  await chooseTimeIn(page, city);
  await firstHold(page, scripts);
  await releaseHold(page);
  await sendSignIn(page, person);
  await chooseTimeIn(page, city);
  await hold(page);
  await expect(page.getByText(text('appointment-kind-and-person', { kind: 'Consultation', person: person.name }))).toBeVisible();
  await releaseHold(page);
});
