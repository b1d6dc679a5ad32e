/** Lighthouse, on a machine that does nothing else: it measures times. */
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
