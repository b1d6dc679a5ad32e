/** The browser tests. What each project is for, and what is proven elsewhere: docs/testing.md. */
import { defineConfig } from '@playwright/test';

import { chromiumArguments, executablePath, otherSite, site } from './support/site';
import type { Options } from './support/test';

const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

export default defineConfig<Options>({
  testDir: 'tests',
  globalSetup: './support/global-setup.ts',
  outputDir: 'test-results',
  fullyParallel: true,
  forbidOnly: !!process.env['CI'],
  // A test that only passes on a retry points to a bug in the test or in the product.
  retries: 0,
  workers: 3,
  // Tests that check many pages take up to fifty seconds on two idle cores.
  timeout: 120_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    // Not the zone of any clinic, so that a time wrongly formatted in the browser's zone is noticed.
    timezoneId: 'America/St_Johns',
    // With snapshots of the pages, but without screenshots, which would double the time.
    trace: { mode: 'retain-on-failure', snapshots: true, screenshots: false, sources: false },
    launchOptions: { executablePath, args: chromiumArguments },
  },
  projects: [
    // Every test that a desktop with scripts can run.
    { name: 'desktop', grepInvert: /@(no-scripts|phone)-only\b/, use: { ...desktop, ...on(site) } },
    // Everything a patient must be able to do without scripts.
    { name: 'no-scripts', grep: /@no-scripts\b/, use: { ...desktop, ...on(otherSite), javaScriptEnabled: false } },
    // Pages that are laid out or used differently on a phone.
    { name: 'phone', grep: /@phone\b/, use: { ...phone, ...on(otherSite) } },
  ],
});

function on({ baseURL, clockShiftSeconds }: typeof site): Options & { baseURL: string } {
  return { baseURL, clockShiftSeconds };
}
