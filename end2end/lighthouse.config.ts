/** Lighthouse alone, on a machine that does nothing else: its figures are times. */
import { defineConfig } from '@playwright/test';

import { site } from './support/launch';

export default defineConfig({
  testDir: 'lighthouse',
  globalSetup: './support/awake.ts',
  outputDir: 'test-results',
  workers: 1,
  timeout: 900_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: { baseURL: site },
});
