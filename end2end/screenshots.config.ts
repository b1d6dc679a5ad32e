/** `cargo xtask screenshots`: every page on a phone and a desktop, in light and dark, into target/screenshots. */
import { defineConfig } from '@playwright/test';

import { chromiumArguments, executablePath, site } from './support/site';

const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const desktop = { viewport: { width: 1280, height: 800 } };

export default defineConfig({
  testDir: 'screenshots',
  globalSetup: './support/global-setup.ts',
  outputDir: 'test-results',
  // One test after another, so that each project finds the same free times.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    baseURL: site.baseURL,
    browserName: 'chromium',
    locale: 'en-GB',
    timezoneId: 'Asia/Kolkata',
    contextOptions: { reducedMotion: 'reduce' },
    launchOptions: { executablePath, args: chromiumArguments },
  },
  projects: [
    // Books the appointments that the doctor's calendar shows.
    { name: 'bookings', testMatch: 'bookings.setup.ts', use: desktop },
    ...['phone-light', 'phone-dark', 'desktop-light', 'desktop-dark'].map((name) => ({
      name,
      testMatch: 'pages.spec.ts',
      dependencies: ['bookings'],
      use: { ...(name.startsWith('phone') ? phone : desktop), colorScheme: name.endsWith('dark') ? ('dark' as const) : ('light' as const) },
    })),
  ],
});
