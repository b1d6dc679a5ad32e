//! A sliding window counter: counts of the present and the previous window of fixed length. The previous one counts
//! in proportion to how much of it still lies within one length before now. So a counter is small whatever it has
//! counted, and instances can add their counts up.

/// What a limit says to one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub is_allowed: bool,
    /// How many more are allowed at this moment.
    pub remaining: u32,
    /// After how many seconds one more is allowed; when it is allowed now, after how many all are.
    pub wait_seconds: u32,
}

/// Times are milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Window {
    length_ms: u64,
    /// Which window is the present one, counted from 1970.
    index: u64,
    previous: u64,
    /// What this instance has counted in the present window.
    own: i64,
    /// How much of it the other instances have been told.
    sent: i64,
    /// What other instances have counted in the present window, as far as known.
    others: i64,
    /// It is in the list of those to be exchanged.
    is_listed: bool,
}

/// What is to be added to the shared count of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) index: u64,
    pub(super) added: i64,
}

impl Window {
    pub(super) fn new(length_ms: u64) -> Self {
        Self { length_ms, index: 0, previous: 0, own: 0, sent: 0, others: 0, is_listed: false }
    }

    /// Counts one, if there are fewer than `most`.
    pub(super) fn take(&mut self, most: u32, now: u64) -> Usage {
        let before = self.usage(most, now);
        if !before.is_allowed {
            return before;
        }
        self.own += 1;
        Usage { is_allowed: true, ..self.usage(most, now) }
    }

    pub(super) fn give_back(&mut self, now: u64) {
        self.advance(now);
        // Not below zero: it may have been counted in a window that is over.
        if self.counted() > 0 {
            self.own -= 1;
        }
    }

    pub(super) fn forget(&mut self, now: u64) {
        self.advance(now);
        self.previous = 0;
        self.own = -self.others;
    }

    /// Says whether one more is allowed.
    pub(super) fn usage(&mut self, most: u32, now: u64) -> Usage {
        self.advance(now);
        let passed = now.saturating_sub(self.index * self.length_ms).min(self.length_ms);
        let left = self.length_ms - passed;
        let most = u64::from(most);
        let used = self.counted() + self.previous * left / self.length_ms;
        let is_allowed = used < most;
        let wait = match is_allowed {
            true => left,
            // It is the previous window that has to move out.
            false if self.counted() < most => {
                left - moved_out(self.length_ms, self.previous, most - self.counted()).min(left)
            }
            // The present one has to become the previous one, and then move out.
            false => left + self.length_ms - moved_out(self.length_ms, self.counted(), most),
        };
        Usage {
            is_allowed,
            remaining: u32::try_from(most.saturating_sub(used)).unwrap_or(u32::MAX),
            wait_seconds: u32::try_from(wait.div_ceil(1000)).unwrap_or(u32::MAX).max(1),
        }
    }

    /// Whether it has to be put into the list of those to be exchanged, which it counts as from then on.
    pub(super) fn must_be_sent(&mut self) -> bool {
        !std::mem::replace(&mut self.is_listed, true)
    }

    /// What the other instances have to be told.
    pub(super) fn difference(&mut self) -> Difference {
        self.is_listed = false;
        Difference { index: self.index, added: self.own - self.sent }
    }

    /// The others have been told, and `total` is what all have counted in that window.
    pub(super) fn exchanged(&mut self, told: Difference, total: i64) {
        if told.index == self.index {
            self.sent += told.added;
            self.others = total - self.sent;
        }
    }

    fn counted(&self) -> u64 {
        u64::try_from(self.own + self.others).unwrap_or_default()
    }

    /// Goes on to the window of this moment. A clock that was put back stays in its window.
    fn advance(&mut self, now: u64) {
        let index = now / self.length_ms;
        if index <= self.index {
            return;
        }
        self.previous = if index == self.index + 1 { self.counted() } else { 0 };
        self.index = index;
        (self.own, self.sent, self.others) = (0, 0, 0);
    }
}

/// How many milliseconds of a window with `count` in it may still lie within the length before now, so that fewer than
/// `most` of them count.
fn moved_out(length_ms: u64, count: u64, most: u64) -> u64 {
    if count < most {
        return length_ms;
    }
    (length_ms * most).div_ceil(count.max(1)).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: u64 = 60_000;
    const START: u64 = 30_000_000 * LENGTH;

    fn filled(count: u32) -> Window {
        let mut window = Window::new(LENGTH);
        for _ in 0..count {
            assert!(window.take(count, START).is_allowed);
        }
        window
    }

    #[test]
    fn the_wait_is_exact_to_the_second() {
        for count in [1, 2, 3, 10, 59, 1000] {
            for asked in [0, 1, 29_999, 59_999, 60_000, 60_001, 90_000, 119_000] {
                let mut window = filled(count);
                let usage = window.usage(count, START + asked);
                if usage.is_allowed {
                    continue;
                }
                let allowed_at = START + asked + u64::from(usage.wait_seconds) * 1000;
                assert!(window.usage(count, allowed_at).is_allowed, "{count} {asked} {usage:?}");
                let mut window = filled(count);
                let before = allowed_at.saturating_sub(2000).max(START + asked);
                assert!(!window.usage(count, before).is_allowed, "{count} {asked} {usage:?}");
            }
        }
    }

    #[test]
    fn never_more_than_the_limit_within_one_length() {
        // One try each second for ten minutes: whichever minute is looked at, the count is close to the limit.
        let mut window = Window::new(LENGTH);
        let allowed: Vec<u64> =
            (0..600).filter(|second| window.take(10, START + second * 1000).is_allowed).collect();
        for start in 0..540 {
            let within = allowed.iter().filter(|at| (start..start + 60).contains(*at)).count();
            assert!(within <= 20, "{within} from second {start}");
        }
        assert!(allowed.len() <= 110, "{}", allowed.len());
        assert!(allowed.len() >= 90, "{}", allowed.len());
    }

    #[test]
    fn instances_add_their_counts_up() {
        let (mut one, mut two) = (Window::new(LENGTH), Window::new(LENGTH));
        one.take(5, START);
        one.take(5, START);
        let told = one.difference();
        assert_eq!(told, Difference { index: START / LENGTH, added: 2 });
        one.exchanged(told, 2);
        two.take(5, START);
        let told = two.difference();
        two.exchanged(told, 3);
        assert_eq!(two.usage(5, START).remaining, 2);
        two.give_back(START);
        assert_eq!(two.difference().added, -1);
        two.forget(START);
        assert_eq!((two.usage(5, START).remaining, two.difference().added), (5, -3));
        // An answer about a window that is over changes nothing.
        one.take(5, START + LENGTH);
        one.exchanged(told, 100);
        assert_eq!(one.usage(5, START + 2 * LENGTH - 1).remaining, 4);
    }
}
