/** Audits a page with Lighthouse, with its preset for mobile phones. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { chromium, type BrowserContext } from '@playwright/test';
import lighthouse, { type Flags } from 'lighthouse';

import { chromiumArguments, executablePath, site } from '../support/site';

export const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'] as const;
export type Category = (typeof CATEGORIES)[number];

/** The result for a page. */
export interface AuditResult {
  /** From 0 to 100. */
  scores: Partial<Record<Category, number>>;
  /** The failed audits, such as `accessibility: color-contrast`. */
  faults: string[];
  /** In milliseconds, except the layout shift, which has no unit, and the transferred bytes. */
  figures: Record<'firstPaint' | 'largestPaint' | 'blocked' | 'shift' | 'bytes', number>;
}

const QUICK: Flags = {
  pauseAfterFcpMs: 0,
  pauseAfterLoadMs: 0,
  networkQuietThresholdMs: 0,
  cpuQuietThresholdMs: 0,
  disableFullPageScreenshot: true,
};

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Starts a separate browser that Lighthouse controls. Sessions in it persist between audits. */
export async function withAuditBrowser<T>(use: (context: BrowserContext, audit: Audit) => Promise<T>): Promise<T> {
  const port = await freePort();
  const context = await chromium.launchPersistentContext('', {
    executablePath,
    args: [...chromiumArguments, `--remote-debugging-port=${port}`],
    baseURL: site.baseURL,
    locale: 'en-GB',
  });
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    return await use(context, async (address, categories, report) => {
      // Measure a first visit.
      await devtools.send('Network.clearBrowserCache');
      return await audit(address, port, categories, report);
    });
  } finally {
    await context.close();
  }
}

/** Audits a page with an empty cache. `report` is the name of the files for the full report. */
export type Audit = (address: string, categories: readonly Category[], report?: string) => Promise<AuditResult>;

async function audit(address: string, port: number, categories: readonly Category[], report: string | undefined): Promise<AuditResult> {
  const flags: Flags = {
    port,
    onlyCategories: [...categories],
    output: 'html',
    logLevel: 'error',
    // Otherwise Lighthouse would sign us out.
    disableStorageReset: true,
    // Only a performance audit has to wait until the page is idle.
    ...(categories.includes('performance') ? {} : QUICK),
  };
  const result = await lighthouse(new URL(address, site.baseURL).href, flags);
  if (!result || result.lhr.runtimeError) {
    throw new Error(`Lighthouse could not look at ${address}: ${result?.lhr.runtimeError?.message ?? 'no answer'}`);
  }
  const { lhr } = result;
  if (report) {
    const folder = process.env['NADI_LIGHTHOUSE'] ?? join(import.meta.dirname, '../../target/lighthouse');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${report}.html`), result.report as string);
    await writeFile(join(folder, `${report}.json`), JSON.stringify(lhr));
  }
  const scores: AuditResult['scores'] = {};
  const faults: string[] = [];
  for (const category of categories) {
    const scored = lhr.categories[category];
    scores[category] = Math.round((scored?.score ?? 0) * 100);
    for (const { id, weight } of scored?.auditRefs ?? []) {
      const score = lhr.audits[id]?.score;
      if (weight > 0 && typeof score === 'number' && score < 0.9) {
        faults.push(`${category}: ${id}`);
      }
    }
  }
  const figure = (id: string): number => lhr.audits[id]?.numericValue ?? 0;
  return {
    scores,
    faults,
    figures: {
      firstPaint: Math.round(figure('first-contentful-paint')),
      largestPaint: Math.round(figure('largest-contentful-paint')),
      blocked: Math.round(figure('total-blocking-time')),
      shift: Math.round(figure('cumulative-layout-shift') * 1000) / 1000,
      bytes: Math.round(figure('total-byte-weight')),
    },
  };
}
