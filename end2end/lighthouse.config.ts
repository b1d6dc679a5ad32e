/** Lighthouse measures times, so nothing else should run on the machine. */
import { defineConfig } from '@playwright/test';

import { site } from './support/site';

export default defineConfig({
  testDir: 'lighthouse',
  globalSetup: './support/global-setup.ts',
  outputDir: 'test-results',
  workers: 1,
  timeout: 900_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: { baseURL: site.baseURL },
});
