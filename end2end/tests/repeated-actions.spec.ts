/** Refresh, Back, double clicks, two tabs and two people: every action has one effect. */
import type { Page } from '@playwright/test';

import {
  cancel,
  cancelButton,
  cancelSummary,
  chooseNewTime,
  chooseTime,
  chooseTimeIn,
  cleanUp,
  doctorsIn,
  enterCode,
  expectCancelled,
  expectConfirmed,
  expectHeld,
  history,
  hold,
  moveButton,
  releaseHold,
  myAppointments,
  openDay,
  openMove,
  readChosenTime,
  chosenTime,
  summaryOf,
  type ChosenTime,
} from '../support/booking';
import { latestCode, sentCodes } from '../support/mailbox';
import { afterSignIn, expectCodePage, expectSignedIn, register, newPerson } from '../support/people';
import { expect, test } from '../support/test';
import { partPattern, text } from '../support/text';

test('double clicks on every button make one account and one appointment', { tag: '@no-scripts' }, async ({ page, city }) => {
  const person = newPerson();
  await page.goto('/register?next=/appointments');
  await page.getByLabel(text('register-name')).fill(person.name);
  await page.getByLabel(text('register-email')).fill(person.email);
  await page.getByLabel(text('register-password')).fill(person.password);
  await page.getByRole('button', { name: text('register-button') }).dblclick();
  await expectCodePage(page, person);
  await latestCode(page, person);
  await expect
    .poll(async () => {
      for (const code of await sentCodes(page, person)) {
        const answer = await page.request.post('/fn/check_code', { form: { code, next: '/people' }, maxRedirects: 0, headers: { accept: 'text/html' } });
        if (answer.headers()['location']?.startsWith(afterSignIn('/people'))) {
          return true;
        }
      }
      return false;
    })
    .toBe(true);
  const older = await sentCodes(page, person);
  expect(older, 'the second click finds what the first one began').toHaveLength(1);
  await page.goto('/people');
  await expectSignedIn(page, person);
  await expect(page.getByText(text('people-none')), 'one account').toBeVisible();

  await chooseTimeIn(page, city);
  await chosenTime(page).getByRole('button', { name: text('picker-hold-button') }).dblclick();
  await expectHeld(page);
  await page.getByLabel(text('appointment-held-code')).fill(await latestCode(page, person, ...older));
  await page.getByRole('button', { name: text('appointment-held-confirm-button') }).dblclick();
  await expectConfirmed(page);

  const mine = await myAppointments(page);
  await expect(mine).toHaveCount(1);
  await expect(mine).toContainText(text('appointment-state-confirmed'));
  await mine.click();
  await expect(history(page)).toContainText([text('history-held', { who: 'you' }), text('history-confirmed', { who: 'you' })]);
  await cancelSummary(page).click();
  await cancelButton(page).dblclick();
  await expectCancelled(page);
  await expect(history(page)).toHaveCount(3);
});

test('a double click extends a hold once, and moves an appointment once', async ({ page, city }) => {
  const person = await register(page);
  await chooseTimeIn(page, city);
  await hold(page);
  await page.getByRole('button', { name: text('appointment-held-extend-button') }).dblclick();
  await expect(page.getByText(text('appointment-held-extensions-left', { count: 2 }))).toBeVisible();
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  await openMove(page);
  await chooseNewTime(page);
  await moveButton(page).dblclick();
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-title'), exact: true })).toBeVisible();
  await expect(history(page).filter({ hasText: text('history-extended', { who: 'you' }) })).toHaveCount(1);
  await expect(history(page).filter({ hasText: partPattern('history-rescheduled-from', { who: 'you', before: /.+/ }) })).toHaveCount(1);
  await cleanUp(page);
});

test('refresh and Back neither repeat nor lose anything', { tag: '@no-scripts' }, async ({ page, city }) => {
  const person = await register(page);
  const chosen = await chooseTimeIn(page, city);
  const appointment = await hold(page);
  await page.reload();
  await expectHeld(page);

  await page.goBack();
  const mine = page.getByRole('status').filter({ hasText: partPattern('doctor-own-hold', { appointment: summaryOf(chosen) }) });
  await expect(mine, 'it is not called taken').toBeVisible();
  await page.reload();
  await mine.getByRole('link', { name: text('doctor-own-hold-code') }).click();
  await expect(page).toHaveURL(appointment);

  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  await page.reload();
  await expectConfirmed(page);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-title'), exact: true }), 'nothing to confirm any more').toBeVisible();
  await expect(page.getByRole('button', { name: text('appointment-held-confirm-button') })).toHaveCount(0);
  await expect(await myAppointments(page)).toHaveCount(1);
  await page.goto(appointment);
  await cleanUp(page);
});

test('one slot held in two tabs is one hold and one appointment', async ({ page, context, city }) => {
  const person = await register(page);
  const chosen = await chooseTimeIn(page, city);
  const second = await context.newPage();
  await second.goto(chosen.address);
  expect(await readChosenTime(second)).toEqual(chosen);

  const first = await hold(page);
  expect(await hold(second), 'the same hold').toBe(first);
  const code = await latestCode(page, person);
  await enterCode(page, code);
  await expectConfirmed(page);
  await enterCode(second, code);
  await expectConfirmed(second);

  await expect(await myAppointments(page)).toHaveCount(1);
  await cleanUp(second);
});

test('cancelling an appointment that another tab has cancelled says that it is cancelled', async ({ page, context, city }) => {
  const person = await register(page);
  await chooseTimeIn(page, city);
  const appointment = await hold(page);
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  const second = await context.newPage();
  await second.goto(appointment);
  await cancelSummary(second).click();
  await cancel(page);
  await cancelButton(second).click();
  await expectCancelled(second);
});

/** Whether the page after a hold says that the time is held or taken by somebody else. */
async function outcome(page: Page): Promise<'held' | 'taken'> {
  const held = page.getByRole('heading', { level: 1, name: text('appointment-held-title') });
  const taken = page.getByRole('heading', { level: 2, name: text('time-gone-taken') });
  await expect(held.or(taken)).toBeVisible();
  return (await held.isVisible()) ? 'held' : 'taken';
}

test('of two people who hold one slot exactly one gets it, and the other is offered the nearest free times', async ({
  page,
  anotherPerson,
  city,
  watch,
}) => {
  watch.expects(409);
  const rival = await anotherPerson();
  await Promise.all([register(page), register(rival)]);
  const chosen = await chooseTimeIn(page, city);
  await rival.goto(chosen.address);
  expect(await readChosenTime(rival)).toEqual(chosen);

  await Promise.all([page, rival].map((who) => chosenTime(who).getByRole('button', { name: text('picker-hold-button') }).click()));
  const outcomes = [await outcome(page), await outcome(rival)];
  expect(outcomes.toSorted()).toEqual(['held', 'taken']);

  const [winner, loser] = outcomes[0] === 'held' ? [page, rival] : [rival, page];
  const nearest = loser.getByRole('status').getByRole('link', { name: /^\d\d:\d\d/ });
  await expect(nearest).not.toHaveCount(0);
  await nearest.first().click();
  const instead = await readChosenTime(loser);
  expect(instead.doctor).toBe(chosen.doctor);
  expect([instead.date, instead.times]).not.toEqual([chosen.date, chosen.times]);
  await hold(loser);
  await cleanUp(loser);
  await cleanUp(winner);
});

test('a fourth hold is refused, with the time still chosen, until one is released', async ({ page, city, watch }) => {
  watch.expects(429);
  await register(page);
  const holds: string[] = [];
  const doctors = await doctorsIn(page, city, 4);
  // Each hold is with another doctor and on another day.
  const days: string[] = [];
  const choose = async (number: number): Promise<ChosenTime> => {
    await page.goto(doctors[number] ?? '');
    days.push(await openDay(page, 1, days));
    return await chooseTime(page);
  };
  for (let number = 0; number < 3; number++) {
    await choose(number);
    holds.push(await hold(page));
  }
  const chosen = await choose(3);
  await chosenTime(page).getByRole('button', { name: text('picker-hold-button') }).click();
  await expect(page.getByRole('alert')).toContainText(text('refusal-too-many-holds'));
  expect(await readChosenTime(page), 'the time is still chosen').toMatchObject({ starts: chosen.starts, doctor: chosen.doctor });

  await page.goto(holds.shift() ?? '');
  await releaseHold(page);
  await page.goto(chosen.address);
  holds.push(await hold(page));
  await Promise.all(holds.map((held) => cleanUp(page, held)));
});
