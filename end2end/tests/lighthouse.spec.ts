/** What Lighthouse says apart from speed, which `cargo xtask bench --only lighthouse` measures. */
import { withBrowser } from '../lighthouse/judge';
import { expect, test } from '../support/test';

test('Lighthouse finds no fault with the public pages, speed apart', async () => {
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
