/** Using only the keyboard: booking, moving, and every key of the date grid. */
import type { Locator, Page } from '@playwright/test';

import { book, cleanUp, currentAppointment, expectHeld, expectMoved, freeTimes, moveButton, newTime, openDoctor, chosenTime } from '../support/booking';
import { daysLater, monthOf } from '../support/clock';
import { tabTo } from '../support/keyboard';
import { register } from '../support/people';
import { expect, test } from '../support/test';
import { countPattern, partPattern, text } from '../support/text';

/** The date grid, once it is hydrated. */
async function grid(page: Page): Promise<Locator> {
  const found = page.getByRole('grid');
  await expect(found).toBeVisible();
  return found;
}

/** The date that has the focus, such as `2026-11-24`. */
async function focusedDate(page: Page): Promise<string | null> {
  return await page.evaluate(() => document.activeElement?.getAttribute('data-date') ?? null);
}

/** The date this many months after another, or the last day of a shorter month. */
function monthsLater(date: string, months: number): string {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, last))).toISOString().slice(0, 10);
}

/** The number of days since Monday. */
const weekday = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;

const dayOfMonth = (date: string): number => Number(date.slice(8));

/** Moves a week on from the grid's selected day with the keyboard, then to the next day with free times, and opens it. */
async function openFreeDay(page: Page, days: Locator): Promise<void> {
  await tabTo(page, days.locator('[tabindex="0"]'));
  let at = (await focusedDate(page)) ?? '';
  const press = async (key: string, to: string): Promise<void> => {
    await page.keyboard.press(key);
    await expect.poll(() => focusedDate(page), { message: `${key} from ${at}` }).toBe(to);
    at = to;
  };
  await press('ArrowDown', daysLater(at, 7));
  const free = countPattern('picker-day-label', { day: /.+/ });
  while (!free.test((await page.locator(':focus').getAttribute('aria-label')) ?? '')) {
    await press('ArrowRight', daysLater(at, 1));
  }
  await page.keyboard.press('Enter');
  const chosenDay = days.getByRole('gridcell', { selected: true });
  await expect(chosenDay).toHaveCount(1);
  await expect(chosenDay.locator(`[data-date="${at}"]`)).toBeFocused();
  await expect(page).toHaveURL(new RegExp(`date=${at}`));
}

test('from the first page to a held time with the keyboard alone', async ({ page, city }) => {
  await register(page);
  await page.goto('/');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: text('layout-skip-link') })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await tabTo(page, page.getByRole('search').getByLabel(text('search-field-city')));
  // Typing selects an option of a closed list.
  await page.keyboard.type(city.name, { delay: 20 });
  await tabTo(page, page.getByRole('search').getByRole('button', { name: text('search-button') }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: partPattern('search-heading', { place: 'city', doctors: /.+/, name: new RegExp(`${city.name}$`) }) })).toBeVisible();

  const card = page.getByRole('article').filter({ has: page.getByRole('link', { name: text('doctor-card-all-times') }) }).first();
  await tabTo(page, card.getByRole('link', { name: text('doctor-card-all-times') }));
  await page.keyboard.press('Enter');
  const days = await grid(page);

  await openFreeDay(page, days);
  await tabTo(page, freeTimes(page).first());
  await page.keyboard.press('Enter');
  await expect(chosenTime(page).getByRole('heading', { name: text('picker-chosen-title') })).toBeFocused();
  await tabTo(page, chosenTime(page).getByRole('button', { name: text('picker-hold-button') }));
  await page.keyboard.press('Enter');
  await expectHeld(page);
  await cleanUp(page);
});

test('an appointment is moved with the keyboard alone', async ({ page, city }) => {
  const { chosen } = await book(page, await register(page), city);
  await tabTo(page, page.getByRole('link', { name: text('appointment-reschedule-button'), exact: true }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: text('appointment-reschedule-title') })).toBeVisible();
  await openFreeDay(page, await grid(page));
  await tabTo(page, freeTimes(page).first());
  await page.keyboard.press('Enter');
  await expect(newTime(page).getByRole('heading', { name: text('picker-new-time-title') })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(newTime(page)).toHaveCount(0);
  await expect(freeTimes(page).first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(newTime(page)).toContainText(currentAppointment(chosen));
  await tabTo(page, moveButton(page));
  await page.keyboard.press('Enter');
  await expectMoved(page);
  await cleanUp(page);
});

test('the date grid moves by day, week, month and year, with one stop for Tab', async ({ page, city }) => {
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
  // Go two months on and into the second week: there, a week in either direction stays in the month, and the same
  // day
  // of the former month is not in the same grid.
  await press('PageDown', monthsLater(at, 1));
  await press('PageDown', monthsLater(at, 1));
  while (dayOfMonth(at) > 14) {
    await press('ArrowUp', daysLater(at, -7));
  }
  if (dayOfMonth(at) < 8) {
    await press('ArrowDown', daysLater(at, 7));
  }
  const month = page.locator('[aria-live="polite"]').first();
  await expect(month).toHaveText(monthOf(at));
  await press('ArrowRight', daysLater(at, 1));
  await press('ArrowLeft', daysLater(at, -1));
  await press('ArrowDown', daysLater(at, 7));
  await press('ArrowUp', daysLater(at, -7));
  await press('Home', daysLater(at, -weekday(at)));
  await press('End', daysLater(at, 6 - weekday(at)));
  await expect(month, 'still the same').toHaveText(monthOf(at));
  await press('PageUp', monthsLater(at, -1));
  await expect(month, 'the month is announced').toHaveText(monthOf(at));
  await press('Shift+PageDown', monthsLater(at, 12));
  await expect(month).toHaveText(monthOf(at));
  await press('Shift+PageUp', monthsLater(at, -12));
  await expect(month).toHaveText(monthOf(at));
  // Leaving the grid with Tab and returning leads to the same day.
  await page.keyboard.press('Tab');
  await expect(stop).not.toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect.poll(() => focusedDate(page)).toBe(at);
});

test('Escape leaves the chosen time and returns to it', async ({ page, city }) => {
  await openDoctor(page, city);
  await grid(page);
  const time = freeTimes(page).first();
  await time.focus();
  await page.keyboard.press('Enter');
  await expect(chosenTime(page).getByRole('heading', { name: text('picker-chosen-title') })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(chosenTime(page)).toHaveCount(0);
  await expect(time).toBeFocused();
  await expect(page).not.toHaveURL(/slot=/);
});
