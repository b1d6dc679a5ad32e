/** Long lists of doctors: shown page by page, or growing in place. */
import type { Locator, Page } from '@playwright/test';

import { expectAccessible } from '../support/accessibility';
import { expect, test } from '../support/test';
import { text, textPattern } from '../support/text';

/** The link to the next page, as the script names it while the list can grow. */
const more = (page: Page): Locator => page.getByRole('link', { name: text('search-more-doctors') });
const nextPage = (page: Page): Locator => page.getByRole('link', { name: text('pagination-next') });
/** `Page 2 of 17`. */
const place = (page: Page, number: number): Locator => page.getByText(textPattern('pagination-place', { number, count: /\d+/ }));
const cards = (page: Page): Locator => page.getByRole('article');
/** The names of the doctors, also on cards that are not rendered. */
const names = (page: Page): Promise<string[]> => cards(page).getByRole('heading', { level: 2 }).allTextContents();

test('without scripts the list is shown page by page', { tag: '@no-scripts-only' }, async ({ page }) => {
  await page.goto('/doctors');
  const first = await names(page);
  await nextPage(page).click();
  await expect(place(page, 2)).toBeVisible();
  const second = await names(page);
  expect(second).toHaveLength(20);
  expect(new Set([...first, ...second]).size).toBe(40);
});

test('the list grows in place, to a hundred doctors at most', async ({ page }) => {
  await page.goto('/doctors');
  await page.evaluate(() => document.body.setAttribute('data-same', ''));
  for (const shown of [40, 60, 80, 100]) {
    await more(page).click();
    await expect(cards(page)).toHaveCount(shown);
    await expect(cards(page).nth(shown - 20).getByRole('link').first(), 'the first new doctor has the focus').toBeFocused();
    await expect(page.getByRole('status').filter({ hasText: text('search-loaded', { count: shown }) })).toBeAttached();
  }
  await expect(page.getByText(textPattern('search-pages-shown', { first: 1, last: 5, count: /\d+/ }))).toBeVisible();
  await expect(page, 'the address is that of the search').toHaveURL(/\/doctors$/);
  await expect(page.locator('body[data-same]')).toBeAttached();
  const all = await names(page);
  expect(new Set(await cards(page).locator('h2').evaluateAll((heads) => heads.map((head) => head.id))).size).toBe(100);

  await nextPage(page).click();
  await expect(page.locator('body[data-same]'), 'then a new page').not.toBeAttached();
  await expect(place(page, 6)).toBeVisible();
  expect((await names(page)).some((name) => !all.includes(name))).toBe(true);
  await expect(more(page)).toBeVisible();
});

test('a grown list keeps its length and its scroll position after a reload and after Back', async ({ page }) => {
  await page.goto('/doctors');
  for (const shown of [40, 60]) {
    await more(page).click();
    await expect(cards(page)).toHaveCount(shown);
  }
  const all = await names(page);
  const read = cards(page).nth(44).getByRole('heading', { level: 2 });
  const name = await read.textContent();
  await read.scrollIntoViewIfNeeded();
  // The script stores the position when scrolling has ended.
  await page.waitForFunction(() => {
    const at = document.getElementById((history.state as { at?: { id: string } } | null)?.at?.id ?? '');
    return at && Math.abs(at.getBoundingClientRect().top) < innerHeight;
  });

  await page.reload();
  await expect(cards(page)).toHaveCount(60);
  expect(await names(page)).toEqual(all);
  await expect(read).toBeInViewport();

  await cards(page).nth(44).getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1, name: name ?? '' })).toBeVisible();
  await page.goBack();
  await expect(cards(page)).toHaveCount(60);
  await expect(read).toHaveText(name ?? '');
  await expect(read).toBeInViewport();

  // Any other navigation to the list shows it from its beginning.
  await page.goto('/doctors?evening=yes');
  await page.goto('/doctors');
  await expect(cards(page)).toHaveCount(20);
});

test('placeholder cards are shown only while an answer is slow', async ({ page }) => {
  await page.clock.install();
  await page.goto('/doctors');
  const waiting = page.locator('.doctor-waiting');
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((done) => (arrive = done));
  await page.route(/\/doctors\?page=/, async (route) => {
    await arrived;
    await route.continue();
  });
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 3_600_000);
  await more(page).click();
  await page.clock.runFor(150);
  await expect(waiting, 'not yet').toHaveCount(0);
  await page.clock.runFor(60);
  await expect(waiting).toHaveCount(2);
  await expect(page.getByRole('status').filter({ hasText: text('search-loading') })).toBeAttached();
  arrive();
  await expect(cards(page)).toHaveCount(40);
  await expect(waiting).toHaveCount(0);
  await page.clock.resume();
  await expectAccessible(page, 'a list that has grown');
});

test('the link is followed when the next page cannot be fetched', async ({ page, watch }) => {
  watch.expectsFailedRequests(/\/doctors\?page=2/);
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
  await more(page).click();
  await expect(place(page, 2)).toBeVisible();
  await expect(cards(page)).toHaveCount(20);
  expect(refused).toBe(1);
});

test('cards far off the screen are not rendered, but keep their size and can be focused', async ({ page }) => {
  await page.goto('/doctors');
  const heights = (): Promise<number[]> => cards(page).evaluateAll((all) => all.slice(0, 20).map((card) => Math.round(card.getBoundingClientRect().height)));
  const before = await heights();
  await more(page).click();
  await expect(cards(page)).toHaveCount(40);
  const drawn = page.locator('.doctor-list > li').first();
  expect(await drawn.evaluate((element) => getComputedStyle(element).contentVisibility)).toBe('auto');
  await expect(cards(page).first()).not.toBeInViewport();
  expect(await heights(), 'nothing moves').toEqual(before);
  await cards(page).first().getByRole('link').first().focus();
  await expect(cards(page).first().getByRole('heading', { level: 2 })).toBeInViewport();
});

