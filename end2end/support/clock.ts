/**
 * The clock of the site under test, which may be on another day than this machine. Tests ask the
 * `now` fixture for the time, never `Date` by itself.
 */
import type { BrowserContext, Page } from '@playwright/test';

/** The time on a clock that is ahead of this machine's by so many seconds. */
export function timeAt(shiftSeconds: number): Date {
  return new Date(Date.now() + 1000 * shiftSeconds);
}

/** Gives the pages of a context the site's clock. Timers go on as they are: only `Date` is shifted. */
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

/** From now on the site answers this browser as it would so many seconds from now; with 0, as of now again. */
export async function advanceClock(page: Page, seconds: number): Promise<void> {
  const url = new URL(page.url()).origin;
  await page.context().addCookies([{ name: 'nadi_ahead_seconds', value: `${seconds}`, url }]);
}

/** A date some days from another, both as `2026-11-24`. */
export function daysLater(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The date at a moment in a zone, as `2026-11-24`. */
export function dateIn(timeZone: string, at: Date): string {
  // Sweden writes its dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at);
}

function formatDate(date: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
}

/** The weekday of a date, such as `Monday`. */
export function weekdayOf(date: string): string {
  return formatDate(date, { weekday: 'long' });
}

/** A date as pages name it: `Tuesday 24 November`. */
export function nameOf(date: string): string {
  return `${weekdayOf(date)} ${formatDate(date, { day: 'numeric' })} ${formatDate(date, { month: 'long' })}`;
}

/** The month of a date as pages name it: `November 2026`. */
export function monthOf(date: string): string {
  return formatDate(date, { month: 'long', year: 'numeric' });
}
