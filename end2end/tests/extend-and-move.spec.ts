/** Extending a hold, moving an appointment, and the history that shows both. */
import {
  book,
  chooseNewTime,
  chooseTime,
  chooseTimeIn,
  cleanUp,
  confirmMove,
  currentAppointment,
  dateWithYear,
  enterCode,
  expectConfirmed,
  expectHeld,
  expectOffered,
  factValue,
  history,
  hold,
  momentIn,
  moveButton,
  releaseHold,
  myAppointments,
  newTime,
  openDay,
  openMove,
  summaryOf,
} from '../support/booking';
import { expectMessage, latestCode } from '../support/mailbox';
import { register } from '../support/people';
import { expect, test } from '../support/test';
import { partPattern, text, textPattern } from '../support/text';

/** A line of the history that the patient reads: something they did. */
function youDid(key: string): RegExp {
  return new RegExp(`${partPattern(key, { who: 'you' }).source}$`);
}

test('a hold can be extended three times, and the page says how many are left', { tag: '@no-scripts' }, async ({ page, city }) => {
  const person = await register(page);
  await chooseTimeIn(page, city);
  await hold(page);
  const keep = page.getByRole('button', { name: text('appointment-held-extend-button') });
  const left = (count: number): string => text('appointment-held-extensions-left', { count });
  const until = partPattern('appointment-held-extended-detail', { until: /\d\d:\d\d \S+/ });
  await expect(page.getByText(left(3))).toBeVisible();
  for (const count of [2, 1, 0]) {
    await keep.click();
    await expect(page.getByText(left(count))).toBeVisible();
    const done = page.getByRole('status').filter({ hasText: text('appointment-held-extended') });
    await expect(done).toContainText(until);
    await expectHeld(page);
  }
  await expect(keep).toHaveCount(0);
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  await expect(history(page)).toHaveText([
    youDid('history-held'),
    youDid('history-extended'),
    youDid('history-extended'),
    youDid('history-extended'),
    youDid('history-confirmed'),
  ]);
  await cleanUp(page);
});

test('an appointment moves to another day, and the old time is offered again', { tag: ['@no-scripts', '@phone'] }, async ({ page, city }) => {
  const person = await register(page);
  const { chosen, appointment } = await book(page, person, city);
  await expect(page.getByText(textPattern('appointment-change-until', { until: momentIn(city) }))).toBeVisible();

  await openMove(page);
  await expect(page).toHaveURL(`${appointment}/move`);
  const now = page.getByRole('region', { name: text('appointment-reschedule-current') });
  await expect(now).toContainText(summaryOf(chosen));
  await expect(now).toContainText(text('appointment-kind-and-person', { kind: 'Consultation', person: person.name }));
  await expect(now).toContainText(partPattern('appointment-reschedule-until', { until: momentIn(city) }));
  await openDay(page, 3);
  await expect(page, 'the page stays the one that moves it').toHaveURL(new RegExp(`${appointment}/move\\?`));
  const moved = await chooseTime(page, newTime(page));
  await expect(newTime(page)).toContainText(currentAppointment(chosen));
  await confirmMove(page);

  await expect(page.getByRole('heading', { level: 1, name: text('appointment-title'), exact: true })).toBeVisible();
  await expect(factValue(page, text('appointment-fact-date'))).toContainText(dateWithYear(moved.date));
  await expect(factValue(page, text('appointment-fact-time'))).toContainText(moved.times);
  const happened = partPattern('history-rescheduled-from', { who: 'you', before: momentIn(city) });
  await expect(history(page).last()).toContainText(happened);
  await expect(history(page).last()).toContainText(chosen.starts);
  await expectMessage(page, person, 'email-moved-subject', moved.times);

  await page.goBack();
  await expect(page.getByText(text('appointment-reschedule-same-time')), 'Back does not call it taken').toBeVisible();
  await expectOffered(page, chosen, true);
  await expectOffered(page, { ...moved, day: chosen.day.replace(/date=.*/, `date=${new URL(moved.address, 'http://any').searchParams.get('date') ?? ''}`) }, false);
  const mine = await myAppointments(page);
  await expect(mine).toHaveCount(1);
  await expect(mine).toContainText(moved.times);
  await mine.click();
  await cleanUp(page);
});

test('a move to a time that was just taken is refused with the nearest free times', { tag: '@no-scripts' }, async ({ page, anotherPerson, city, watch }) => {
  watch.expects(409);
  const { chosen, appointment } = await book(page, await register(page), city);
  await openMove(page);
  const wanted = await chooseNewTime(page);

  const rival = await anotherPerson();
  await register(rival);
  const search = new URL(wanted.address, 'http://any').search;
  await rival.goto(chosen.day.replace(/\?.*/, search));
  await hold(rival);

  await moveButton(page).click();
  await expect(page.getByRole('heading', { level: 2, name: text('time-gone-taken') })).toBeVisible();
  await expect(page.getByRole('alert'), 'the problem is not said twice').toHaveCount(0);
  const nearest = page.getByRole('status').getByRole('link', { name: /^\d\d:\d\d/ });
  await nearest.first().click();
  await expect(page).toHaveURL(new RegExp(`${appointment}/move\\?.*slot=`));
  await confirmMove(page);
  await cleanUp(page);
  await cleanUp(rival);
});

test('an appointment that cannot be moved says why', async ({ page, city, watch }) => {
  watch.expects(409);
  await register(page);
  await chooseTimeIn(page, city);
  const appointment = await hold(page);
  await page.goto(`${appointment}/move`);
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-reschedule-impossible-title') })).toBeVisible();
  await expect(page.getByText(text('refusal-not-confirmed'))).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: text('appointment-reschedule-back') }).click();
  await releaseHold(page);
  await page.goto(`${appointment}/move`);
  await expect(page.getByText(text('refusal-already-cancelled'))).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: textPattern('appointment-free-times-link', { doctor: /Dr .+/ }) }).click();
  await expect(page.getByRole('heading', { level: 2, name: text('doctor-free-times'), exact: true })).toBeVisible();
});

test('a longer kind of visit keeps its length when it is held and moved', { tag: '@no-scripts' }, async ({ page, city }) => {
  const person = await register(page);
  const usual = await chooseTimeIn(page, city);
  const kinds = page.getByRole('navigation', { name: text('picker-appointment-type') });
  await expect(kinds.getByRole('link', { name: /^Consultation/ })).toHaveAttribute('aria-current', 'page');
  const first = kinds.getByRole('link', { name: /^First visit/ });
  await first.click();
  await expect(page).toHaveURL(/[?&]visit=/);
  await expect(first).toHaveAttribute('aria-current', 'page');
  await openDay(page, 2);
  const chosen = await chooseTime(page);
  expect(length(chosen.times), 'takes two times').toBe(2 * length(usual.times));
  await hold(page);
  await expect(page.getByText(text('appointment-kind-and-person', { kind: 'First visit', person: person.name }))).toBeVisible();
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  await expect(factValue(page, text('appointment-fact-kind'))).toHaveText('First visit');
  await expect(factValue(page, text('appointment-fact-time'))).toContainText(chosen.times);
  await openMove(page);
  const moved = await chooseNewTime(page);
  expect(length(moved.times)).toBe(length(chosen.times));
  await confirmMove(page);
  await cleanUp(page);
});

/** The minutes of a range such as `10:20–10:40`. */
function length(times: string): number {
  const [from = 0, until = 0] = times.split('–').map((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    return hours * 60 + minutes;
  });
  return until - from;
}
