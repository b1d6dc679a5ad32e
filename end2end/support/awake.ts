/** Before all tests: is there a site? Without one every test would fail, each with less to say. */
import type { FullConfig } from '@playwright/test';

export default async function awake(config: FullConfig): Promise<void> {
  const site = config.projects[0]?.use.baseURL ?? '';
  let said: string;
  try {
    const answer = await fetch(new URL('/readyz', site));
    if (answer.ok) {
      return;
    }
    said = `it answers ${answer.status}`;
  } catch {
    said = 'nobody answers there';
  }
  throw new Error(`${site} is not ready: ${said}. Start it with \`cargo xtask run\`, or set NADI_BASE_URL.`);
}
