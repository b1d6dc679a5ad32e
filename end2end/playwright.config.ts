import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';

import { executablePath, quiet, site } from './support/launch';

const desktop = { viewport: { width: 1280, height: 800 } };

const config: PlaywrightTestConfig = {
  testDir: 'tests',
  globalSetup: './support/awake.ts',
  outputDir: 'test-results',
  fullyParallel: true,
  forbidOnly: !!process.env['CI'],
  // A test that passes only when tried again comes back on somebody else.
  retries: 0,
  workers: 2,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    baseURL: site,
    browserName: 'chromium',
    locale: 'en-GB',
    // Not the clinics' zone: whoever formats a time in the browser's is found out.
    timezoneId: 'America/St_Johns',
    // With the pages as they were, but without a film of them, which would double the time.
    trace: { mode: 'retain-on-failure', snapshots: true, screenshots: false, sources: false },
    launchOptions: { executablePath, args: quiet },
  },
  projects: [
    { name: 'js', use: desktop },
    // What needs scripts says so with @client; what needs a real keyboard, with @desktop.
    { name: 'no-js', use: { ...desktop, javaScriptEnabled: false }, grepInvert: /@client/ },
    {
      name: 'mobile',
      grepInvert: /@desktop/,
      use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
    },
  ],
};

export default defineConfig(config);
