import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';

/** Keeps Chromium from talking to anybody but us, and within what a container gives. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

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
    baseURL: process.env['NADI_BASE_URL'] ?? 'http://localhost:3000',
    browserName: 'chromium',
    locale: 'en-GB',
    // Not the clinics' zone: whoever formats a time in the browser's is found out.
    timezoneId: 'America/St_Johns',
    // With the pages as they were, but without a film of them, which would double the time.
    trace: { mode: 'retain-on-failure', snapshots: true, screenshots: false, sources: false },
    launchOptions: {
      executablePath: process.env['CHROMIUM_PATH'] || '/usr/bin/chromium',
      args: quiet,
    },
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
