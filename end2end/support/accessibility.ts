/** What keeps people out of a page: whatever axe finds, and pages wider than a small phone. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect } from './test';

/** The levels we promise, and axe's own advice where it calls it serious. */
const PROMISED = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

interface Violation {
  id: string;
  impact?: string | null | undefined;
  tags: string[];
  nodes: { target: unknown; failureSummary?: string | undefined }[];
}

function matters(violation: Violation): boolean {
  const promised = violation.tags.some((tag) => PROMISED.includes(tag));
  return promised || violation.impact === 'serious' || violation.impact === 'critical';
}

function inWords(violation: Violation): string {
  const nodes = violation.nodes.slice(0, 3).map((node) => `${String(node.target)}: ${node.failureSummary ?? ''}`);
  return `${violation.id} (${violation.impact ?? '?'}, ${violation.nodes.length}×)\n${nodes.join('\n')}`;
}

/** Asks axe, in light and in dark. Needs scripts. */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  // What is not drawn before it comes near has a guessed size: axe would measure the guess.
  await page.addStyleTag({ content: '* { content-visibility: visible !important }' });
  for (const colorScheme of ['light', 'dark'] as const) {
    // Without motion no colour is measured on its way to another.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const found = await new AxeBuilder({ page })
      .options({ runOnly: { type: 'tag', values: [...PROMISED, 'best-practice'] } })
      .setLegacyMode(true)
      .analyze();
    expect(found.passes.length, `axe looked at ${where}`).toBeGreaterThan(5);
    expect.soft(found.violations.filter(matters).map(inWords), `${where}, ${colorScheme}`).toEqual([]);
  }
}

/** Nothing scrolls sideways at 320 px: WCAG 1.4.10. */
export async function expectFitsNarrowScreen(page: Page, where: string): Promise<void> {
  const usual = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => {
    const root = document.documentElement;
    const inside = (element: Element): boolean => {
      // What scrolls by itself, in a frame of its own, may be wider.
      for (let parent = element.parentElement; parent; parent = parent.parentElement) {
        if (getComputedStyle(parent).overflowX !== 'visible') {
          return true;
        }
      }
      return false;
    };
    const widest = [...document.body.querySelectorAll('*')]
      .filter((element) => element.getBoundingClientRect().right > 321 && !inside(element))
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
    return { width: root.scrollWidth, widest: widest.slice(0, 5) };
  });
  expect.soft(wide.width, `${where} at 320 px: ${wide.widest.join(', ')}`).toBeLessThanOrEqual(320);
  if (usual) {
    await page.setViewportSize(usual);
  }
}
