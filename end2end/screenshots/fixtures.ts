/** A fixture that takes screenshots and saves them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { test as base } from '../support/test';

const FOLDER = process.env['NADI_SCREENSHOTS'] ?? join(import.meta.dirname, '../../target/screenshots');
/** If set, the screenshots that are committed are saved in this folder, too. */
const DOCS = process.env['NADI_SCREENSHOTS_DOCS'];

/** The committed screenshots, by project. */
const COMMITTED: Record<string, readonly string[]> = {
  'phone-light': ['home', 'list', 'hold', 'confirmed'],
  'phone-dark': ['doctor'],
  'desktop-light': ['list', 'doctor', 'calendar-week'],
};

/** Converts a PNG to WebP with Chromium's encoder, so that no other tool is needed. */
async function webp(page: Page, png: Buffer): Promise<Buffer> {
  const blank = await page.context().newPage();
  const base64 = await blank.evaluate(async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.8).split(',')[1] ?? '';
  }, png.toString('base64'));
  await blank.close();
  return Buffer.from(base64, 'base64');
}

interface Fixtures {
  /** Takes a screenshot of the open page once fonts are loaded and the page is hydrated. */
  take: (name: string) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  take: async ({ page }, use, info) => {
    const folder = join(FOLDER, info.project.name);
    await mkdir(folder, { recursive: true });
    await use(async (name) => {
      await page.evaluate(() => document.fonts.ready);
      if ((await page.locator('#client-js').count()) > 0) {
        await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
      }
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
      if (DOCS && COMMITTED[info.project.name]?.includes(name)) {
        await page.evaluate(() => scrollTo(0, 0));
        const seen = await page.screenshot();
        await mkdir(DOCS, { recursive: true });
        await writeFile(join(DOCS, `${name}-${info.project.name}.webp`), await webp(page, seen));
      }
    });
  },
});
