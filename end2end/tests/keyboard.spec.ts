/** Without a pointer: from the first page to a held time, and the date grid key by key. */
import type { Locator, Page } from '@playwright/test';

import { book, cancel, expectHeld, freeTimes, letGo, newTime, openDoctor, review } from '../support/booking';
import { tabTo } from '../support/keyboard';
import { expectSignedIn, register, stranger } from '../support/people';
import { expect, test } from '../support/test';

/** The grid, once the client has arrived. */
async function grid(page: Page): Promise<Locator> {
  const found = page.getByRole('grid');
  await expect(found).toBeVisible();
  return found;
}

/** The date that has the focus, such as `2026-11-24`. */
async function focusedDate(page: Page): Promise<string | null> {
  return await page.evaluate(() => document.activeElement?.getAttribute('data-date') ?? null);
}

/** A date some days or months from another, as `2026-11-24`. */
function moved(date: string, days: number, months = 0): string {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, last) + days)).toISOString().slice(0, 10);
}

/** Days from the Monday of its week. */
const weekday = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;

test('from the first page to a held time with the keyboard alone', { tag: ['@client', '@desktop'] }, async ({ page, city }) => {
  test.slow();
  await page.goto('/');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await tabTo(page, page.getByRole('search').getByLabel('City'));
  // A closed list is chosen from by typing.
  await page.keyboard.type(city.name, { delay: 20 });
  await tabTo(page, page.getByRole('search').getByRole('button', { name: 'Search' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: new RegExp(`in ${city.name}$`) })).toBeVisible();

  const card = page.getByRole('article').filter({ has: page.getByRole('link', { name: 'All free times' }) }).first();
  await tabTo(page, card.getByRole('link', { name: 'All free times' }));
  await page.keyboard.press('Enter');
  const days = await grid(page);

  await tabTo(page, days.locator('[tabindex="0"]'));
  const start = await focusedDate(page);
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => focusedDate(page)).toBe(moved(start ?? '', 7));
  // From there, the next day with free times.
  while (!(await page.locator(':focus').getAttribute('aria-label'))?.match(/, \d+ free times?$/)) {
    const before = await focusedDate(page);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => focusedDate(page)).toBe(moved(before ?? '', 1));
  }
  const date = (await focusedDate(page)) ?? '';
  await page.keyboard.press('Enter');
  const chosenDay = days.getByRole('gridcell', { selected: true });
  await expect(chosenDay).toHaveCount(1);
  await expect(chosenDay.locator(`[data-date="${date}"]`)).toBeFocused();
  await expect(page).toHaveURL(new RegExp(`date=${date}`));

  await tabTo(page, freeTimes(page).first());
  await page.keyboard.press('Enter');
  await expect(review(page).getByRole('heading', { name: 'Your time' })).toBeFocused();
  await tabTo(page, review(page).getByRole('link', { name: 'Register' }));
  await page.keyboard.press('Enter');

  const person = stranger();
  for (const [label, text] of [['Your name', person.name], ['E-mail', person.email], ['Password', person.password]] as const) {
    await tabTo(page, page.getByLabel(label));
    await page.keyboard.type(text);
  }
  await page.keyboard.press('Enter');
  await expectSignedIn(page, person);
  await tabTo(page, review(page).getByRole('button', { name: 'Hold this time' }));
  await page.keyboard.press('Enter');
  await expectHeld(page);
  await letGo(page);
});

test('an appointment is moved with the keyboard alone', { tag: ['@client', '@desktop'] }, async ({ page, city }) => {
  test.slow();
  const { chosen } = await book(page, await register(page), city);
  await tabTo(page, page.getByRole('link', { name: 'Move to another time' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Move to another time' })).toBeVisible();
  await grid(page);
  await tabTo(page, freeTimes(page).first());
  await page.keyboard.press('Enter');
  await expect(newTime(page).getByRole('heading', { name: 'Your new time' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(newTime(page)).toHaveCount(0);
  await expect(freeTimes(page).first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(newTime(page)).toContainText(`From ${chosen.date}`);
  await tabTo(page, newTime(page).getByRole('button', { name: 'Move to this time' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'Your appointment has moved.' })).toBeVisible();
  await cancel(page);
});

test('the date grid moves by day, week, month and year, with one stop for Tab', { tag: ['@client', '@desktop'] }, async ({ page, city }) => {
  await openDoctor(page, city);
  const days = await grid(page);
  const stop = days.locator('[tabindex="0"]');
  await expect(stop).toHaveCount(1);
  await expect(days.getByRole('columnheader')).toHaveCount(7);
  await tabTo(page, stop);
  let at = (await focusedDate(page)) ?? '';

  const press = async (key: string, to: string): Promise<void> => {
    await page.keyboard.press(key);
    await expect.poll(() => focusedDate(page), { message: `${key} from ${at}` }).toBe(to);
    await expect(stop, 'the stop moves along').toHaveCount(1);
    await expect(stop).toBeFocused();
    at = to;
  };
  // A month in the middle to move from.
  await press('PageDown', moved(at, 0, 1));
  await press('PageDown', moved(at, 0, 1));
  const name = await page.locator('[aria-live="polite"]').first().innerText();
  await press('ArrowRight', moved(at, 1));
  await press('ArrowLeft', moved(at, -1));
  await press('ArrowDown', moved(at, 7));
  await press('ArrowUp', moved(at, -7));
  await press('Home', moved(at, -weekday(at)));
  await press('End', moved(at, 6 - weekday(at)));
  await press('PageUp', moved(at, 0, -1));
  await expect(page.locator('[aria-live="polite"]').first(), 'the month is said').not.toHaveText(name);
  await press('Shift+PageDown', moved(at, 0, 12));
  await press('Shift+PageUp', moved(at, 0, -12));
  // Leaving and coming back leads to the same day.
  await page.keyboard.press('Tab');
  await expect(stop).not.toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect.poll(() => focusedDate(page)).toBe(at);
});

test('Escape leaves the chosen time and returns to it', { tag: ['@client', '@desktop'] }, async ({ page, city }) => {
  await openDoctor(page, city);
  await grid(page);
  const time = freeTimes(page).first();
  await time.focus();
  await page.keyboard.press('Enter');
  await expect(review(page).getByRole('heading', { name: 'Your time' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(review(page)).toHaveCount(0);
  await expect(time).toBeFocused();
  await expect(page).not.toHaveURL(/slot=/);
});
