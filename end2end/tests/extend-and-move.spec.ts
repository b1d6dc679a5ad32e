/** Extending a hold, moving an appointment, and the history that shows both. */
import {
  book,
  chooseNewTime,
  chooseTime,
  chooseTimeIn,
  cleanUp,
  confirmMove,
  enterCode,
  expectConfirmed,
  expectHeld,
  expectOffered,
  factValue,
  history,
  hold,
  releaseHold,
  myAppointments,
  newTime,
  openDay,
  openMove,
} from '../support/booking';
import { expectMessage, latestCode } from '../support/mailbox';
import { register } from '../support/people';
import { expect, test } from '../support/test';

test('a hold can be extended three times, and the page says how many are left', { tag: '@no-scripts' }, async ({ page, city }) => {
  const person = await register(page);
  await chooseTimeIn(page, city);
  await hold(page);
  const keep = page.getByRole('button', { name: 'Keep it longer' });
  await expect(page.getByText('You can do this 3 times, if you need more time.')).toBeVisible();
  for (const said of ['You can do this twice more.', 'You can do this once more.', 'You have kept this time as often as you can.']) {
    await keep.click();
    await expect(page.getByText(said)).toBeVisible();
    await expect(page.getByRole('status').filter({ hasText: /You have more time\. We keep this time for you until \d\d:\d\d \S+\./ })).toBeVisible();
    await expectHeld(page);
  }
  await expect(keep).toHaveCount(0);
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  await expect(history(page)).toHaveText([
    /You held this time\.$/,
    /You kept it for longer\.$/,
    /You kept it for longer\.$/,
    /You kept it for longer\.$/,
    /You confirmed it\.$/,
  ]);
  await cleanUp(page);
});

test('an appointment moves to another day, and the old time is offered again', { tag: ['@no-scripts', '@phone'] }, async ({ page, city }) => {
  const person = await register(page);
  const { chosen, appointment } = await book(page, person, city);
  await expect(page.getByText(/^You can move or cancel it until .+ time/)).toBeVisible();

  await openMove(page);
  await expect(page).toHaveURL(`${appointment}/move`);
  const now = page.getByRole('region', { name: 'Booked now' });
  await expect(now).toContainText(`${chosen.times}, ${chosen.place}, with ${chosen.doctor}.`);
  await expect(now).toContainText(`For ${person.name}: Consultation`);
  await expect(now).toContainText(/You can move it until .+, .+ time/);
  await openDay(page, 3);
  await expect(page, 'the page stays the one that moves it').toHaveURL(new RegExp(`${appointment}/move\\?`));
  const moved = await chooseTime(page, newTime(page));
  await expect(newTime(page)).toContainText(`From ${chosen.date}`);
  await expect(newTime(page)).toContainText(chosen.times);
  await confirmMove(page);

  await expect(page.getByRole('heading', { level: 1, name: 'Your appointment' })).toBeVisible();
  await expect(factValue(page, 'Date')).toContainText(moved.date);
  await expect(factValue(page, 'Time')).toContainText(moved.times);
  await expect(history(page).last()).toContainText(/You moved it\. Before, it was on .+, \d\d:\d\d, .+ time \(.+\)\.$/);
  await expect(history(page).last()).toContainText(chosen.starts);
  await expectMessage(page, person, 'Moved', moved.times);

  await page.goBack();
  await expect(page.getByText('This is the time you have now.'), 'Back does not call it taken').toBeVisible();
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

  await newTime(page).getByRole('button', { name: 'Move to this time' }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'That time was just taken.' })).toBeVisible();
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
  await expect(page.getByRole('heading', { level: 1, name: 'This appointment cannot be moved' })).toBeVisible();
  await expect(page.getByText('Confirm this time first, or choose another one.')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'See the appointment' }).click();
  await releaseHold(page);
  await page.goto(`${appointment}/move`);
  await expect(page.getByText('This appointment is cancelled already.')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: /free times$/ }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'Free times' })).toBeVisible();
});

test('a longer kind of visit keeps its length when it is held and moved', { tag: '@no-scripts' }, async ({ page, city }) => {
  const person = await register(page);
  const usual = await chooseTimeIn(page, city);
  const kinds = page.getByRole('navigation', { name: 'Kind of visit' });
  await expect(kinds.getByRole('link', { name: /^Consultation/ })).toHaveAttribute('aria-current', 'page');
  await kinds.getByRole('link', { name: /^First visit, / }).click();
  await expect(page).toHaveURL(/[?&]visit=/);
  await expect(kinds.getByRole('link', { name: /^First visit, / })).toHaveAttribute('aria-current', 'page');
  await openDay(page, 2);
  const chosen = await chooseTime(page);
  expect(length(chosen.times), 'takes two times').toBe(2 * length(usual.times));
  await hold(page);
  await expect(page.getByText(`For ${person.name}: First visit`)).toBeVisible();
  await enterCode(page, await latestCode(page, person));
  await expectConfirmed(page);
  await expect(factValue(page, 'Visit')).toHaveText('First visit');
  await expect(factValue(page, 'Time')).toContainText(chosen.times);
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
