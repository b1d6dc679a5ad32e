/** Lighthouse without performance, which `cargo xtask bench --only lighthouse` measures. */
import { withAuditBrowser } from '../lighthouse/audit';
import { expect, test } from '../support/test';

test('Lighthouse finds no faults on the public pages apart from performance', async () => {
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
