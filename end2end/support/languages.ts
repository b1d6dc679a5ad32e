/** The pseudo-language: English with accents, a third longer, written from right to left. */
import type { Page } from '@playwright/test';

import { expectFitsNarrowScreen } from './accessibility';
import { expect } from './test';

export const PSEUDO = 'en-XB';

/** The address of a page in the pseudo-language. */
export function pseudo(address: string): string {
  return address === '/' ? `/${PSEUDO}` : `/${PSEUDO}${address}`;
}

/**
 * The words on a page that look like plain English. Left out: what people typed (`translate="no"`), words of it that
 * are repeated in titles and labels, texts in another language, abbreviations, e-mail addresses and URLs.
 */
async function plainEnglish(page: Page): Promise<string[]> {
  return await page.evaluate((language) => {
    // Clinics, locations and appointment types of the demo, which are named by those who run them.
    const demo = /Consultation|First visit|(?:\p{Lu}\p{L}+ )+Clinic|Nadi(?: \p{Lu}\p{L}+)+/gu;
    const words = (text: string): string[] =>
      text.replaceAll(demo, ' ').replaceAll(/\S*[@/._]\S+/g, ' ').match(/\p{L}+/gu) ?? [];
    const names = [...document.querySelectorAll('[translate="no"], textarea')].flatMap((element) => words(element.textContent));
    const typed = new Set(names);
    const isPlain = (word: string): boolean =>
      word.length > 2 && /^[A-Za-z]+$/.test(word) && /[aeiou]/.test(word) && !typed.has(word);
    const isForeign = (element: Element): boolean =>
      element.closest('[translate="no"], script, style, noscript, textarea') !== null ||
      element.closest('[lang]')?.getAttribute('lang') !== language;
    const texts: string[] = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement && !isForeign(node.parentElement)) {
        const text = node.textContent ?? '';
        // The browser, which does not have the pseudo-language, formats times in the reader's own zone.
        texts.push(node.parentElement.matches('time.own-time') ? text.replaceAll(/\u2068[^\u2069]*\u2069/g, ' ') : text);
      }
    }
    for (const element of document.body.querySelectorAll('*')) {
      for (const name of ['aria-label', 'aria-description', 'aria-roledescription', 'title', 'placeholder', 'alt']) {
        const value = element.getAttribute(name);
        if (value && !isForeign(element)) {
          texts.push(value);
        }
      }
    }
    return texts.filter((text) => words(text).some(isPlain)).map((text) => text.trim());
  }, PSEUDO);
}

/** Checks the page that is open: its language and direction, no plain English, no overflow on a small phone. */
export async function expectPseudo(page: Page, where: string): Promise<void> {
  const root = page.locator('html');
  await expect(root).toHaveAttribute('lang', PSEUDO);
  await expect(root).toHaveAttribute('dir', 'rtl');
  expect.soft(await plainEnglish(page), `plain English on ${where}`).toEqual([]);
  // The name of the site is at the start of the line, which is on the right.
  const mark = await page.locator('.wordmark').boundingBox();
  const middle = (mark?.x ?? 0) + (mark?.width ?? 0) / 2;
  expect.soft(middle, `${where} is mirrored`).toBeGreaterThan((page.viewportSize()?.width ?? 0) / 2);
  await expectFitsNarrowScreen(page, `${where} in the pseudo-language`);
}
