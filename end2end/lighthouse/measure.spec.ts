/** `cargo xtask bench --only lighthouse`: how fast the four pages are on the way to a booking. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test, type Page } from '@playwright/test';

import { chooseTime, hold, openDay } from '../support/booking';
import { register } from '../support/people';
import { CATEGORIES, withAuditBrowser, type Audit, type AuditResult } from './audit';

/** How often each page is measured. The run with the median performance counts. */
const RUNS = Number(process.env['NADI_LIGHTHOUSE_RUNS'] ?? 3);

async function medianRun(audit: Audit, address: string, name: string): Promise<AuditResult> {
  const runs: AuditResult[] = [];
  for (let run = 1; run <= RUNS; run++) {
    runs.push(await audit(address, CATEGORIES, `${name}-${run}`));
  }
  runs.sort((a, b) => (a.scores.performance ?? 0) - (b.scores.performance ?? 0));
  const found = runs[Math.floor(runs.length / 2)];
  if (!found) {
    throw new Error('NADI_LIGHTHOUSE_RUNS is less than 1');
  }
  return found;
}

/** Makes a hold. Returns the address of its page. */
async function openHold(page: Page): Promise<string> {
  await register(page);
  await page.goto('/doctors/asha-naik');
  await openDay(page, 2);
  await chooseTime(page);
  return await hold(page);
}

test('four pages', async () => {
  const found: Record<string, AuditResult> = {};
  await withAuditBrowser(async (context, audit) => {
    const page = await context.newPage();
    for (const [name, address] of [
      ['home', '/'],
      ['list', '/doctors?city=panjim'],
      ['doctor', '/doctors/asha-naik'],
    ] as const) {
      found[name] = await medianRun(audit, address, name);
    }
    found['hold'] = await medianRun(audit, await openHold(page), 'hold');
  });
  console.log(`${'page'.padEnd(8)}${CATEGORIES.map((name) => name.padStart(16)).join('')}   first paint  largest paint  blocked  shift    bytes`);
  for (const [name, { scores, figures, faults }] of Object.entries(found)) {
    const numbers = CATEGORIES.map((category) => String(scores[category]).padStart(16)).join('');
    const { firstPaint, largestPaint, blocked, shift, bytes } = figures;
    const rest = [`${firstPaint} ms`.padStart(14), `${largestPaint} ms`.padStart(15), `${blocked} ms`.padStart(9), `${shift}`.padStart(7), `${bytes}`.padStart(9)];
    console.log(`${name.padEnd(8)}${numbers}${rest.join('')}`);
    for (const fault of faults) {
      console.log(`        ${fault}`);
    }
  }
  const folder = process.env['NADI_LIGHTHOUSE'] ?? join(import.meta.dirname, '../../target/lighthouse');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'latest.json'), `${JSON.stringify(found, null, 2)}\n`);
  for (const [name, { scores }] of Object.entries(found)) {
    expect(scores.accessibility, `accessibility of ${name}`).toBe(100);
  }
});
