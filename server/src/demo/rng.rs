//! A seeded random number generator (splitmix64). Written here so that a new version of a crate cannot change
//! the demo. Not for secrets.

use uuid::{Builder, Uuid};

use crate::demo::hash::fnv1a;

/// A stream of random numbers that depends only on the seed, a label and a number. Each kind of data has
/// streams of its own, so that a new choice for doctors does not change the clinics.
pub(super) struct SeededRng(u64);

impl SeededRng {
    pub(super) fn new(seed: u64, label: &str, number: usize) -> Self {
        let mut rng = Self(seed ^ fnv1a(label.as_bytes()));
        rng.0 = rng.next() ^ number as u64;
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `end`, exclusive; 0 when `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    /// From `low` to `high`, inclusive.
    pub(super) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// One word of a list written `a, b, c`.
    pub(super) fn word(&mut self, list: &'static str) -> &'static str {
        let count = list.split(", ").count();
        list.split(", ").nth(self.below(count)).unwrap_or(list)
    }

    /// The position of one weight, drawn in proportion to it.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = usize> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        for (position, weight) in weights.enumerate() {
            if left < weight {
                return position;
            }
            left -= weight;
        }
        0
    }

    /// A version 8 UUID (RFC 9562, 5.8) of random bits.
    pub(super) fn uuid(&mut self) -> Uuid {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid()
    }
}
