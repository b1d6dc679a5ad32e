/**
 * The `test` of this suite: its fixtures, and what every page is watched for.
 * Import `test` and `expect` from here, never from Playwright.
 */
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';

import { CITIES, type City } from './cities';
import { shiftClock, timeAt } from './clock';
import type { Site } from './site';

/** What a project sets beside Playwright's own options. */
export type Options = Pick<Site, 'clockShiftSeconds'>;

/** Watches everything a test opens. At the end of the test, anything unexpected fails it. */
export class Watch {
  private readonly problems: string[] = [];
  private readonly expected = new Map<number, boolean>();
  private failing: RegExp | undefined;

  constructor(
    private readonly origin: string,
    private readonly scripts: boolean,
  ) {}

  /**
   * This test opens a page that is answered with this status: a page that is not there, a form
   * that is refused. The test fails when that never happens.
   */
  expects(...statuses: number[]): void {
    for (const status of statuses) {
      this.expected.set(status, this.expected.get(status) ?? false);
    }
  }

  /** This test makes requests to such addresses fail. */
  expectsFailedRequests(address: RegExp): void {
    this.failing = address;
  }

  observe(context: BrowserContext): void {
    context.on('weberror', (error) => this.problems.push(`page error: ${error.error().stack ?? error.error().message}`));
    context.on('console', (message) => {
      // Chromium's own line about an answer of 4xx or 5xx says less than the answer, which is seen below.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.problems.push(`console: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('response', (response) => {
      const request = response.request();
      const status = response.status();
      if (status < 400 || !response.url().startsWith(this.origin)) {
        return;
      }
      if (request.isNavigationRequest() && this.expected.has(status)) {
        this.expected.set(status, true);
        return;
      }
      this.problems.push(`${status}: ${request.method()} ${response.url()}`);
    });
    context.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      // A request that was still on its way when the page was left is no failure.
      const aborted = why === 'net::ERR_ABORTED';
      // Without scripts the browser says of the client that it was blocked.
      const blocked = !this.scripts && why === 'csp' && request.resourceType() === 'script';
      if (!aborted && !blocked && !this.failing?.test(request.url())) {
        this.problems.push(`${why}: ${request.method()} ${request.url()}`);
      }
    });
  }

  /** `complete`: the test came to its end, so all it expected must have come. */
  assertNoProblems(complete: boolean): void {
    expect(this.problems, 'console errors, page errors and failed requests').toEqual([]);
    const unseen = [...this.expected].filter(([, seen]) => complete && !seen).map(([status]) => status);
    expect(unseen, 'statuses that were expected and never came').toEqual([]);
  }
}

interface Fixtures {
  watch: Watch;
  /** A city of this test's own: tests that run at the same time book elsewhere. */
  city: City;
  /** Another person at another device: a page with cookies of its own, watched as well. */
  anotherPerson: () => Promise<Page>;
  /** The time on the clock of the site and of its browsers. The only source of the time in tests. */
  now: () => Date;
  /** Whether scripts run. */
  scripts: boolean;
  /** Whether this is the phone. */
  phone: boolean;
}

/** How many tests of this worker have asked for a city. */
let citiesGiven = 0;

export const test = base.extend<Fixtures & Options>({
  clockShiftSeconds: [0, { option: true }],
  watch: async ({ baseURL, scripts }, use, info) => {
    const watch = new Watch(new URL(baseURL ?? '').origin, scripts);
    await use(watch);
    watch.assertNoProblems(info.errors.length === 0);
  },
  context: async ({ context, watch, clockShiftSeconds }, use) => {
    watch.observe(context);
    await shiftClock(context, clockShiftSeconds);
    await use(context);
  },
  anotherPerson: async ({ browser, watch, clockShiftSeconds }, use) => {
    const opened: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext();
      watch.observe(context);
      await shiftClock(context, clockShiftSeconds);
      opened.push(context);
      return await context.newPage();
    });
    await Promise.all(opened.map((context) => context.close()));
  },
  city: async ({}, use, info) => {
    const own = CITIES.filter((_, index) => index % info.config.workers === info.parallelIndex);
    const city = own[citiesGiven++ % own.length];
    if (!city) {
      throw new Error('there are more workers than cities');
    }
    await use(city);
  },
  now: async ({ clockShiftSeconds }, use) => use(() => timeAt(clockShiftSeconds)),
  scripts: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled ?? true),
  phone: async ({ isMobile }, use) => use(isMobile ?? false),
});

export { expect };
