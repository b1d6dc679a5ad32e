/**
 * The `test` function of this suite with its fixtures and the checks on every page. Import `test` and `expect` from
 * here and not from Playwright.
 */
import { appendFile } from 'node:fs/promises';

import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';

import { CITIES, type City } from './cities';
import { shiftClock, timeAt } from './clock';
import { addressesFile, type Site } from './site';

/** The options of a project in addition to Playwright's. */
export type Options = Pick<Site, 'clockShiftSeconds'>;

/** Observes every page of a test. Unexpected errors fail the test at its end. */
export class Watch {
  private readonly problems: string[] = [];
  private readonly expected = new Map<number, boolean>();
  private failing: RegExp | undefined;
  /** The addresses that the browser has requested. */
  private readonly requested = new Set<string>();

  constructor(
    private readonly origin: string,
    private readonly scripts: boolean,
  ) {}

  /**
   * Allows navigations to be answered with these statuses, such as a missing page or a refused form. The test fails if
   * one of them never occurs.
   */
  expects(...statuses: number[]): void {
    for (const status of statuses) {
      this.expected.set(status, this.expected.get(status) ?? false);
    }
  }

  /** Allows requests to matching addresses to fail. */
  expectsFailedRequests(address: RegExp): void {
    this.failing = address;
  }

  observe(context: BrowserContext): void {
    context.on('request', (request) => this.requested.add(request.url()));
    context.on('weberror', (error) => this.problems.push(`page error: ${error.error().stack ?? error.error().message}`));
    context.on('console', (message) => {
      // Chromium's message about a 4xx or 5xx answer is ignored, because the answer itself is checked below.
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
      // A request that was pending when the page was left is not a failure.
      const aborted = why === 'net::ERR_ABORTED';
      // Without scripts, the browser reports the client script as blocked.
      const blocked = !this.scripts && why === 'csp' && request.resourceType() === 'script';
      if (!aborted && !blocked && !this.failing?.test(request.url())) {
        this.problems.push(`${why}: ${request.method()} ${request.url()}`);
      }
    });
  }

  /**
   * Adds the requested addresses to a file, in which `cargo xtask test` looks for personal data. Not those of the
   * development mailbox, and not those of the links in messages, which are secrets by themselves.
   */
  async writeAddresses(file: string): Promise<void> {
    const own = [...this.requested].filter((url) => url.startsWith(this.origin));
    const lines = own.filter((url) => !/\/(dev\/|invitations\/|feeds\/)/.test(url)).map((url) => `${url}\n`);
    await appendFile(file, lines.join(''));
  }

  /** If the test is `complete`, all expected statuses must have occurred. */
  assertNoProblems(complete: boolean): void {
    expect(this.problems, 'console errors, page errors and failed requests').toEqual([]);
    const unseen = [...this.expected].filter(([, seen]) => complete && !seen).map(([status]) => status);
    expect(unseen, 'statuses that were expected and never came').toEqual([]);
  }
}

interface Fixtures {
  watch: Watch;
  /** A city for this test: tests that run at the same time book in other cities. */
  city: City;
  /** Opens a page for another person, with separate cookies and the same checks. */
  anotherPerson: () => Promise<Page>;
  /** The time on the clock of the site and its browsers. Tests take the time only from here. */
  now: () => Date;
  /** Whether scripts are enabled. */
  scripts: boolean;
  /** Whether the test runs in the project `phone`. */
  phone: boolean;
}

/** How many tests of this worker have used a city. */
let citiesGiven = 0;

export const test = base.extend<Fixtures & Options>({
  clockShiftSeconds: [0, { option: true }],
  watch: async ({ baseURL, scripts }, use, info) => {
    const watch = new Watch(new URL(baseURL ?? '').origin, scripts);
    await use(watch);
    const file = addressesFile(baseURL ?? '');
    if (file) {
      await watch.writeAddresses(file);
    }
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
