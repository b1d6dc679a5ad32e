/** Checks before all tests that every site is ready, so that a missing one gives one clear error. */
import type { FullConfig } from '@playwright/test';

async function expectReady(site: string): Promise<void> {
  let problem: string;
  try {
    const answer = await fetch(new URL('/readyz', site));
    if (answer.ok) {
      return;
    }
    problem = `it answers ${answer.status}`;
  } catch {
    problem = 'nothing answers there';
  }
  throw new Error(`${site} is not ready: ${problem}. Start it with \`cargo xtask run\`, or set NADI_BASE_URL.`);
}

export default async function globalSetup(config: FullConfig): Promise<void> {
  const sites = new Set(config.projects.map((project) => project.use.baseURL ?? ''));
  await Promise.all([...sites].map(expectReady));
}
