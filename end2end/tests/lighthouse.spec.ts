/** What Lighthouse says that does not depend on how fast the machine is. How quick pages are: `cargo xtask bench --only lighthouse`. */
import { withBrowser } from '../lighthouse/judge';
import { expect, test } from '../support/test';

test('Lighthouse has nothing to say against the public pages', { tag: ['@client', '@desktop'] }, async () => {
  test.setTimeout(180_000);
  await withBrowser(async (_, judge) => {
    for (const address of ['/', '/doctors?city=panjim', '/doctors/asha-naik']) {
      const { scores, faults } = await judge(address, ['accessibility', 'best-practices', 'seo']);
      expect({ address, scores, faults }).toEqual({
        address,
        scores: { accessibility: 100, 'best-practices': 100, seo: 100 },
        faults: [],
      });
    }
  });
});
