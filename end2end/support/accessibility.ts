/** Accessibility: the rules of axe, and pages no wider than a small phone. */
import type { Page } from '@playwright/test';
import axe from 'axe-core';

import { expect } from './test';

/** The levels we promise, and axe's own advice where it calls it serious. */
const PROMISED = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const RULES = [...PROMISED, 'best-practice'];

interface Violation {
  id: string;
  impact: string | null;
  tags: string[];
  nodes: { target: string; failureSummary: string }[];
}

/** Runs axe on the page as it is shown now; adds it to the page first. */
async function runAxe(page: Page): Promise<{ passes: number; violations: Violation[] }> {
  if (!(await page.evaluate(() => 'axe' in window))) {
    await page.evaluate(axe.source);
  }
  return await page.evaluate(async (tags) => {
    const { run } = (window as unknown as { axe: typeof axe }).axe;
    const { passes, violations } = await run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    return {
      passes: passes.length,
      violations: violations.map(({ id, impact, tags, nodes }) => ({
        id,
        impact: impact ?? null,
        tags,
        nodes: nodes.map(({ target, failureSummary }) => ({ target: String(target), failureSummary: failureSummary ?? '' })),
      })),
    };
  }, RULES);
}

function isRelevant(violation: Violation): boolean {
  const promised = violation.tags.some((tag) => PROMISED.includes(tag));
  return promised || violation.impact === 'serious' || violation.impact === 'critical';
}

function describe(violation: Violation): string {
  const nodes = violation.nodes.slice(0, 3).map((node) => `${node.target}: ${node.failureSummary}`);
  return `${violation.id} (${violation.impact ?? '?'}, ${violation.nodes.length}×)\n${nodes.join('\n')}`;
}

/** axe finds nothing that matters, in light and in dark. Needs scripts. */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  // What is not rendered before it comes near has a guessed size: axe would measure the guess.
  await page.addStyleTag({ content: '* { content-visibility: visible !important }' });
  for (const colorScheme of ['light', 'dark'] as const) {
    // Without motion no colour is measured on its way to another.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const found = await runAxe(page);
    expect(found.passes, `axe looked at ${where}`).toBeGreaterThan(5);
    expect.soft(found.violations.filter(isRelevant).map(describe), `${where}, ${colorScheme}`).toEqual([]);
  }
}

/** Nothing scrolls sideways at 320 px: WCAG 1.4.10. */
export async function expectFitsNarrowScreen(page: Page, where: string): Promise<void> {
  const usual = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => {
    const root = document.documentElement;
    const inside = (element: Element): boolean => {
      // Whatever scrolls by itself may be wider inside.
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
