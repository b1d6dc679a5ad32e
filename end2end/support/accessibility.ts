/** Accessibility checks: the rules of axe, and pages that fit on a small phone. */
import type { Page } from '@playwright/test';
import axe from 'axe-core';

import { expect, test } from './test';

/** The WCAG levels that we promise. Other rules of axe count only if their impact is serious or critical. */
const PROMISED = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const RULES = [...PROMISED, 'best-practice'];

interface Violation {
  id: string;
  impact: string | null;
  tags: string[];
  nodes: { target: string; failureSummary: string }[];
}

/** Runs axe on the page as it is now, after adding its script. */
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

/**
 * Fails if axe finds a relevant violation in light or dark mode. axe is a script, so nothing is checked where scripts are
 * off; the same test looks at the same page in the project `desktop`.
 */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  if (test.info().project.use.javaScriptEnabled === false) {
    return;
  }
  // Elements off the screen have a guessed size until they are rendered, and axe would measure the guess.
  // The Content-Security-Policy allows no style element; a sheet that a script makes is not one.
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { content-visibility: visible !important }');
    document.adoptedStyleSheets.push(sheet);
  });
  for (const colorScheme of ['light', 'dark'] as const) {
    // Without motion no colour is measured during a transition.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const found = await runAxe(page);
    expect(found.passes, `axe looked at ${where}`).toBeGreaterThan(5);
    expect.soft(found.violations.filter(isRelevant).map(describe), `${where}, ${colorScheme}`).toEqual([]);
  }
}

/** Fails if the page scrolls horizontally at 320 px (WCAG 1.4.10). */
export async function expectFitsNarrowScreen(page: Page, where: string): Promise<void> {
  const usual = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => {
    const root = document.documentElement;
    const inside = (element: Element): boolean => {
      // The contents of an element that scrolls by itself may be wider.
      for (let parent = element.parentElement; parent; parent = parent.parentElement) {
        if (getComputedStyle(parent).overflowX !== 'visible') {
          return true;
        }
      }
      return false;
    };
    const widest = [...document.body.querySelectorAll('*')]
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect();
        return (right > 321 || left < -1) && !inside(element);
      })
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
    return { width: root.scrollWidth, widest: widest.slice(0, 5) };
  });
  expect.soft(wide.width, `${where} at 320 px: ${wide.widest.join(', ')}`).toBeLessThanOrEqual(320);
  if (usual) {
    await page.setViewportSize(usual);
  }
}
