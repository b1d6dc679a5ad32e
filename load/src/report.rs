//! What a run has seen, in numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

/// Answers of one run.
#[derive(Clone, Default)]
pub struct Seen {
    took: Vec<Duration>,
    by_status: BTreeMap<u16, usize>,
    unanswered: usize,
    by_kind: BTreeMap<&'static str, Vec<Duration>>,
}

/// The same, to be read by people and programs.
#[derive(Debug, Serialize)]
pub struct Report {
    pub requests: usize,
    /// Those the case is about: granted holds, pages shown.
    pub granted: usize,
    pub seconds: f64,
    pub per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    pub by_status: BTreeMap<u16, usize>,
    pub unanswered: usize,
    /// Of each kind of request, where a case has several: half of them took longer, and a tenth.
    pub kinds: BTreeMap<&'static str, (f64, f64)>,
}

impl Seen {
    pub fn answered(&mut self, status: u16, took: Duration) {
        self.took.push(took);
        *self.by_status.entry(status).or_default() += 1;
    }

    /// The last answer was to this kind of request.
    pub fn of_kind(&mut self, kind: &'static str) {
        self.by_kind.entry(kind).or_default().extend(self.took.last());
    }

    pub fn unanswered(&mut self) {
        self.unanswered += 1;
    }

    pub fn add(&mut self, other: Self) {
        self.took.extend(other.took);
        for (status, count) in other.by_status {
            *self.by_status.entry(status).or_default() += count;
        }
        self.unanswered += other.unanswered;
        for (kind, took) in other.by_kind {
            self.by_kind.entry(kind).or_default().extend(took);
        }
    }

    pub fn report(mut self, granted: usize, elapsed: Duration) -> Report {
        self.took.sort_unstable();
        let requests = self.took.len();
        let at = |share: f64| share_ms(&self.took, share);
        let (p50_ms, p99_ms, max_ms) = (at(0.5), at(0.99), at(1.0));
        let kinds = self.by_kind.into_iter().map(|(kind, mut took)| {
            took.sort_unstable();
            (kind, (share_ms(&took, 0.5), share_ms(&took, 0.9)))
        });
        let seconds = elapsed.as_secs_f64();
        Report {
            requests,
            granted,
            seconds,
            per_s: requests as f64 / seconds,
            p50_ms,
            p99_ms,
            max_ms,
            by_status: self.by_status,
            unanswered: self.unanswered,
            kinds: kinds.collect(),
        }
    }
}

/// How long such a share of them took at most, in milliseconds; they are sorted.
fn share_ms(took: &[Duration], share: f64) -> f64 {
    let index = ((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1));
    took.get(index).map_or(0.0, |took| took.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_seen() {
        let mut seen = Seen::default();
        for n in 1..=100 {
            seen.answered(200, Duration::from_millis(n));
        }
        let report = seen.report(100, Duration::from_secs(2));
        assert_eq!((report.p50_ms, report.p99_ms, report.max_ms), (51.0, 100.0, 100.0));
        assert_eq!(report.per_s, 50.0);
        assert_eq!(Seen::default().report(0, Duration::from_secs(1)).p99_ms, 0.0);
    }
}
