/**
 * The clock of the site under test, which may be on another day than that of the machine. Tests take the time from
 * the `now` fixture and never from `Date` directly.
 */
import type { BrowserContext, Page } from '@playwright/test';

/** The time on a clock that is this many seconds ahead of the machine's. */
export function timeAt(shiftSeconds: number): Date {
  return new Date(Date.now() + 1000 * shiftSeconds);
}

/** Sets the pages of a context to the site's clock. Only `Date` is shifted, timers are not. */
export async function shiftClock(context: BrowserContext, seconds: number): Promise<void> {
  if (seconds === 0) {
    return;
  }
  await context.addInitScript((shift) => {
    const machine = Date;
    const now = (): number => machine.now() + shift;
    window.Date = new Proxy(machine, {
      construct: (target, values: [], newTarget) => Reflect.construct(target, values.length > 0 ? values : [now()], newTarget) as Date,
      apply: () => new machine(now()).toString(),
      get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
    });
  }, 1000 * seconds);
}

/** Makes the site answer this browser as if this many seconds had passed. 0 ends that. */
export async function advanceClock(page: Page, seconds: number): Promise<void> {
  const url = new URL(page.url()).origin;
  await page.context().addCookies([{ name: 'nadi_ahead_seconds', value: `${seconds}`, url }]);
}

/** The date this many days after another, both such as `2026-11-24`. */
export function daysLater(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The date at an instant in a zone, such as `2026-11-24`. */
export function dateIn(timeZone: string, at: Date): string {
  // Swedish dates are in ISO 8601 format.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at);
}

function formatDate(date: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
}

/** The weekday of a date, such as `Monday`. */
export function weekdayOf(date: string): string {
  return formatDate(date, { weekday: 'long' });
}

/** A date as written on pages: `Tuesday 24 November`. */
export function nameOf(date: string): string {
  return `${weekdayOf(date)} ${formatDate(date, { day: 'numeric' })} ${formatDate(date, { month: 'long' })}`;
}

/** The month of a date as written on pages: `November 2026`. */
export function monthOf(date: string): string {
  return formatDate(date, { month: 'long', year: 'numeric' });
}
