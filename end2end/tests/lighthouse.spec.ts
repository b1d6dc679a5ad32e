/** What Lighthouse says apart from speed, which `cargo xtask bench --only lighthouse` measures. */
import { withAuditBrowser } from '../lighthouse/audit';
import { expect, test } from '../support/test';

test('Lighthouse finds no fault with the public pages, speed apart', async () => {
  await withAuditBrowser(async (_, audit) => {
    for (const address of ['/', '/doctors?city=panjim', '/doctors/asha-naik']) {
      const { scores, faults } = await audit(address, ['accessibility', 'best-practices', 'seo']);
      expect({ address, scores, faults }).toEqual({
        address,
        scores: { accessibility: 100, 'best-practices': 100, seo: 100 },
        faults: [],
      });
    }
  });
});
