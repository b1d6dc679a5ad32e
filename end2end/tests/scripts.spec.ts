/** Behaviour that needs scripts: days that change in place, the countdown, a server that cannot be reached. */
import {
  chooseTime,
  chooseTimeIn,
  cleanUp,
  dayHeading,
  expectHeld,
  expectZoneOnlyOfVideo,
  freeTimes,
  hold,
  openDay,
  openDoctor,
  readChosenTime,
  chosenTime,
  shownDay,
  stepLink,
  turnPage,
} from '../support/booking';
import { register } from '../support/people';
import { expect, test } from '../support/test';
import { text } from '../support/text';

test('days and times change in place, and the address follows', { tag: '@phone' }, async ({ page, city }) => {
  await openDoctor(page, city);
  await expect(page.getByRole('grid')).toBeVisible();
  // A page load would remove this attribute.
  await page.evaluate(() => document.body.setAttribute('data-same', ''));
  await turnPage(page, 'Next');
  await expect(page).toHaveURL(/[?&](month|date)=/);
  await turnPage(page, 'Previous');
  await openDay(page, 2);
  await expect(page).toHaveURL(/[?&]date=/);
  const chosen = await chooseTime(page);
  await expect(shownDay(page)).toContainText(city.zone);
  await expectZoneOnlyOfVideo(chosenTime(page), chosen, city);
  await expect(page.locator('body[data-same]')).toBeAttached();

  const second = freeTimes(page).nth(1);
  const starts = (await second.innerText()).slice(0, 5);
  await second.click();
  await expect(chosenTime(page)).toContainText(`, ${starts}–`);
  expect((await readChosenTime(page)).starts).not.toBe(chosen.starts);
  await expect(page.locator('body[data-same]')).toBeAttached();

  await page.reload();
  expect((await readChosenTime(page)).starts, 'the address alone shows the same time').toBe(starts);
});

test('pages without islands load only their small scripts and no client', async ({ page, city }) => {
  const loaded: string[] = [];
  page.on('request', (request) => {
    // Lists with video appointments load a script that shows times in the visitor's zone.
    const ownZone = request.url().endsWith('/own-zone.js');
    if ((request.resourceType() === 'script' && !ownZone) || request.url().endsWith('.wasm')) {
      loaded.push(request.url());
    }
  });
  for (const address of ['/', `/doctors?city=${city.slug}`, '/sign-in', '/sign-in/code', '/register']) {
    await page.goto(address, { waitUntil: 'networkidle' });
  }
  const small = /\/pkg\/[0-9a-f]{12}\/(suggest|load-more|language-offer|passkey)\.js$/;
  expect(loaded.filter((url) => !small.test(url))).toEqual([]);
  await openDoctor(page, city);
  await expect(page.getByRole('grid')).toBeVisible();
  expect(loaded.filter((url) => url.endsWith('.wasm')), 'and a page with islands loads it').toHaveLength(1);
});

test('a first visit to a doctor’s page loads at most 200 kB, the font included', async ({ page, city }) => {
  const answers: Promise<[string, number]>[] = [];
  await page.goto(`/doctors?city=${city.slug}`);
  const doctor = await page.locator('a[href^="/doctors/"]').first().getAttribute('href');
  const session = await page.context().newCDPSession(page);
  await session.send('Network.clearBrowserCache');
  page.on('requestfinished', (request) => {
    answers.push(request.sizes().then((sizes) => [request.url(), sizes.responseBodySize]));
  });
  await page.goto(doctor ?? '', { waitUntil: 'networkidle' });
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  const sizes = await Promise.all(answers);
  const all = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
  expect(sizes.some(([url, bytes]) => url.endsWith('.wasm') && bytes > 0), 'the client was not in the browser’s cache').toBe(true);
  expect(sizes.some(([url, bytes]) => url.endsWith('.woff2') && bytes > 0), 'nor was the font').toBe(true);
  expect(all, JSON.stringify(sizes)).toBeLessThanOrEqual(200_000);
});

test('a link is followed when the request for its times fails', async ({ page, city, watch }) => {
  watch.expectsFailedRequests(/\/fn\/(month|day)_times/);
  await openDoctor(page, city);
  await expect(page.getByRole('grid')).toBeVisible();
  await page.route(/\/fn\/(month|day)_times/, (route) => route.abort('connectionfailed'));
  await page.evaluate(() => document.body.setAttribute('data-same', ''));
  await turnPage(page, 'Next');
  await expect(dayHeading(page)).toBeVisible();
  await expect(page.locator('body[data-same]'), 'a new page').not.toBeAttached();
});

test('without a connection the times stay, and the page says why', async ({ page, city, watch }) => {
  watch.expectsFailedRequests(/\/(fn\/(month|day)_times|doctors\/.+\/changes)/);
  await openDoctor(page, city);
  await expect(page.getByRole('grid')).toBeVisible();
  const shown = await dayHeading(page).innerText();
  await page.context().setOffline(true);
  await stepLink(page, 'Next').click();
  await expect(page.getByRole('alert')).toHaveText(text('picker-offline'));
  await expect(dayHeading(page)).toHaveText(shown);
  await expect(page.locator('[aria-busy]')).toHaveCount(0);
  await page.context().setOffline(false);
  await turnPage(page, 'Next');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a hold counts down, warns and ends', async ({ page, city }) => {
  await page.clock.install();
  await register(page);
  await chooseTimeIn(page, city);
  const appointment = await hold(page);
  const left = page.getByRole('timer');
  const seconds = async (): Promise<number> => {
    const [minutes = 0, rest = 0] = (await left.innerText()).split(':').map(Number);
    return minutes * 60 + rest;
  };
  const start = await seconds();
  expect(start).toBeGreaterThan(120);
  expect(start).toBeLessThanOrEqual(300);
  await page.clock.runFor('01:00');
  await expect.poll(seconds).toBeLessThan(start - 50);

  const said = page.getByRole('status');
  // It is shown, and also read out by the status.
  const warning = page.getByRole('paragraph').filter({ hasText: text('countdown-warning') });
  await expect(warning).toHaveCount(0);
  const keep = page.getByRole('button', { name: text('appointment-held-extend-button') });
  const quiet = await keep.boundingBox();
  await page.clock.runFor(1000 * ((await seconds()) - 45));
  await expect(said.filter({ hasText: text('countdown-warning') })).toBeAttached();
  await expect(warning).toBeVisible();
  expect((await keep.boundingBox())?.width, 'the button grows when it is needed').toBeGreaterThan(quiet?.width ?? 1000);
  await page.clock.runFor(1000 * ((await seconds()) - 15));
  await expect(said.filter({ hasText: text('countdown-seconds') })).toBeAttached();
  await page.clock.runFor(20_000);
  await expect(said.filter({ hasText: text('countdown-ended') })).toBeAttached();
  const ended = page.getByRole('paragraph').filter({ hasText: text('countdown-ended') });
  await expect(ended.getByRole('link', { name: text('countdown-see-times') })).toBeVisible();
  await expect(keep).toBeHidden();
  await expect(page.getByRole('button', { name: text('appointment-held-confirm-button') }), 'nothing to confirm any more').toBeHidden();

  // Only this page's clock was advanced: on the server the hold continues.
  await page.goto(appointment);
  await expectHeld(page);
  await cleanUp(page);
});

test('a hold is extended in its last minute', async ({ page, city }) => {
  await page.clock.install();
  await register(page);
  await chooseTimeIn(page, city);
  await hold(page);
  const left = page.getByRole('timer');
  await page.clock.runFor('04:10');
  await expect(left).toHaveText(/^0:[0-5]\d$/);
  await page.getByRole('button', { name: text('appointment-held-extend-button') }).click();
  await expect(page.getByRole('status').filter({ hasText: text('appointment-held-extended') })).toBeVisible();
  await expect(left, 'a whole hold again').toHaveText(/^[45]:\d\d$/);
  await cleanUp(page);
});
