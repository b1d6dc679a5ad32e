/** Long lists of doctors: page by page, or growing in place. */
import type { Locator, Page } from '@playwright/test';

import { expectNoBarriers } from '../support/barriers';
import { expect, test } from '../support/test';

const cards = (page: Page): Locator => page.getByRole('article');
/** Also of cards that are not drawn. */
const names = (page: Page): Promise<string[]> => cards(page).getByRole('heading', { level: 2 }).allTextContents();

test('page by page, without scripts', async ({ page, scripts }) => {
  test.skip(scripts, 'for those without');
  await page.goto('/doctors');
  const first = await names(page);
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(page.getByText(/^Page 2 of \d+$/)).toBeVisible();
  const second = await names(page);
  expect(second).toHaveLength(20);
  expect(new Set([...first, ...second]).size).toBe(40);
});

test('the list grows in place, by a hundred at most', { tag: '@client' }, async ({ page }) => {
  test.slow();
  await page.goto('/doctors');
  await page.evaluate(() => document.body.setAttribute('data-same', ''));
  for (const shown of [40, 60, 80, 100]) {
    await page.getByRole('link', { name: 'Show more doctors' }).click();
    await expect(cards(page)).toHaveCount(shown);
    await expect(cards(page).nth(shown - 20).getByRole('link').first(), 'on with the first new one').toBeFocused();
    await expect(page.getByRole('status').filter({ hasText: `20 more doctors, ${shown} in all.` })).toBeAttached();
  }
  await expect(page.getByText(/^Pages 1 to 5 of \d+$/)).toBeVisible();
  await expect(page, 'the address is that of the search').toHaveURL(/\/doctors$/);
  await expect(page.locator('body[data-same]')).toBeAttached();
  const all = await names(page);
  expect(new Set(await cards(page).locator('h2').evaluateAll((heads) => heads.map((head) => head.id))).size).toBe(100);

  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(page.locator('body[data-same]'), 'then a page of its own').not.toBeAttached();
  await expect(page.getByText(/^Page 6 of \d+$/)).toBeVisible();
  expect((await names(page)).some((name) => !all.includes(name))).toBe(true);
  await expect(page.getByRole('link', { name: 'Show more doctors' })).toBeVisible();
});

test('a grown list is as long, and where it was, after a reload and on the way back', { tag: '@client' }, async ({ page }) => {
  await page.goto('/doctors');
  for (const shown of [40, 60]) {
    await page.getByRole('link', { name: 'Show more doctors' }).click();
    await expect(cards(page)).toHaveCount(shown);
  }
  const all = await names(page);
  const read = cards(page).nth(44).getByRole('heading', { level: 2 });
  const said = await read.textContent();
  await read.scrollIntoViewIfNeeded();
  // Where one looks is noted once the list stands still.
  await page.waitForFunction(() => {
    const at = document.getElementById((history.state as { at?: { id: string } } | null)?.at?.id ?? '');
    return at && Math.abs(at.getBoundingClientRect().top) < innerHeight;
  });

  await page.reload();
  await expect(cards(page)).toHaveCount(60);
  expect(await names(page)).toEqual(all);
  await expect(read).toBeInViewport();

  await cards(page).nth(44).getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1, name: said ?? '' })).toBeVisible();
  await page.goBack();
  await expect(cards(page)).toHaveCount(60);
  await expect(read).toHaveText(said ?? '');
  await expect(read).toBeInViewport();

  // A way to the list that is not a way back begins at its beginning.
  await page.goto('/doctors?evening=yes');
  await page.goto('/doctors');
  await expect(cards(page)).toHaveCount(20);
});

test('only a slow answer is waited for with cards to be', { tag: '@client' }, async ({ page }) => {
  test.slow();
  await page.clock.install();
  await page.goto('/doctors');
  const waiting = page.locator('.doctor-waiting');
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((done) => (arrive = done));
  await page.route(/\/doctors\?page=/, async (route) => {
    await arrived;
    await route.continue();
  });
  await page.clock.pauseAt(Date.now() + 3_600_000);
  await page.getByRole('link', { name: 'Show more doctors' }).click();
  await page.clock.runFor(150);
  await expect(waiting, 'not yet').toHaveCount(0);
  await page.clock.runFor(60);
  await expect(waiting).toHaveCount(2);
  await expect(page.getByRole('status').filter({ hasText: 'Looking for more doctors …' })).toBeAttached();
  arrive();
  await expect(cards(page)).toHaveCount(40);
  await expect(waiting).toHaveCount(0);
  await page.clock.resume();
  await expectNoBarriers(page, 'a list that has grown');
});

test('when the next page cannot be fetched, the link is followed', { tag: '@client' }, async ({ page, watch }) => {
  watch.fails(/\/doctors\?page=2/);
  await page.goto('/doctors');
  let refused = 0;
  await page.route(/\/doctors\?page=2/, async (route) => {
    if (route.request().isNavigationRequest()) {
      await route.continue();
    } else {
      refused += 1;
      await route.abort('connectionfailed');
    }
  });
  await page.getByRole('link', { name: 'Show more doctors' }).click();
  await expect(page.getByText(/^Page 2 of \d+$/)).toBeVisible();
  await expect(cards(page)).toHaveCount(20);
  expect(refused).toBe(1);
});

test('of a grown list, what is far away is not drawn, and all of it is there', { tag: '@client' }, async ({ page }) => {
  await page.goto('/doctors');
  const heights = (): Promise<number[]> => cards(page).evaluateAll((all) => all.slice(0, 20).map((card) => Math.round(card.getBoundingClientRect().height)));
  const before = await heights();
  await page.getByRole('link', { name: 'Show more doctors' }).click();
  await expect(cards(page)).toHaveCount(40);
  const drawn = page.locator('.doctor-list > li').first();
  expect(await drawn.evaluate((element) => getComputedStyle(element).contentVisibility)).toBe('auto');
  await expect(cards(page).first()).not.toBeInViewport();
  expect(await heights(), 'nothing moves').toEqual(before);
  await cards(page).first().getByRole('link').first().focus();
  await expect(cards(page).first().getByRole('heading', { level: 2 })).toBeInViewport();
});

test('each choice of a filter says how many it would find, and finds as many', async ({ page }) => {
  for (const [label, choice, address] of [
    ['City', /^Margao/, 'city=margao'],
    ['Language', /^Konkani/, 'language=Konkani'],
    ['Doctor', /^A woman/, 'gender=female'],
    ['Rating', /^4 and more/, 'rating_min=4'],
    ['Visit', /^Video/, 'mode=video'],
  ] as const) {
    // Where another filter is on, it narrows the numbers.
    for (const before of ['', 'city=panjim&']) {
      await page.goto(`/doctors?${before}`);
      const option = page.getByRole('combobox', { name: label, exact: true, includeHidden: true }).locator('option').filter({ hasText: choice });
      await expect(option).toHaveText(/\(\d+\)$/);
      const count = Number(/\((\d+)\)$/.exec((await option.textContent()) ?? '')?.[1]);
      const both = before.startsWith('city') && address.startsWith('city') ? address : `${before}${address}`;
      await page.goto(`/doctors?${both}`);
      await expect(page.getByRole('heading', { level: 1, name: new RegExp(`^${count || 'No'} doctors?`) })).toBeVisible();
    }
  }
});

for (const [address, said] of [
  ['/doctors?q=%E2%80%AE%3Cb%3Eskin%3C%2Fb%3E', null],
  ['/doctors?page=-1&after=x&fee_max=much', 'We could not read the fee and where the page begins and the page number in this address, so we left it out.'],
  ['/doctors?mode=video&mode=in_person', 'We could not read what is said more than once in this address, so we left it out.'],
  ['/doctors?near=91,200', 'We could not read the place to be near to in this address, so we left it out.'],
] as const) {
  test(`${address} is a page that says what it left out`, async ({ page }) => {
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1, name: /doctors?/ })).toBeVisible();
    if (said) {
      await expect(page.getByText(said)).toBeVisible();
    } else {
      await expect(page.getByRole('heading', { level: 1 }).locator('bdi')).toHaveText('<b>skin</b>');
    }
  });
}
