//! Latencies and status codes of a run, and the report made of them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

/// The measured responses of one run.
#[derive(Clone, Default)]
pub struct Measurements {
    elapsed: Vec<Duration>,
    by_status: BTreeMap<u16, usize>,
    unanswered: usize,
    by_kind: BTreeMap<&'static str, Vec<Duration>>,
}

/// The summary of a run, printed as JSON.
#[derive(Debug, Serialize)]
pub struct Report {
    pub requests: usize,
    /// Requests with a status of 2xx, such as granted holds.
    pub granted: usize,
    pub seconds: f64,
    pub per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    pub by_status: BTreeMap<u16, usize>,
    pub unanswered: usize,
    /// p50 and p90 in milliseconds of each kind of request, where a case has several kinds.
    pub kinds: BTreeMap<&'static str, (f64, f64)>,
}

impl Measurements {
    pub fn record(&mut self, status: u16, elapsed: Duration) {
        self.elapsed.push(elapsed);
        *self.by_status.entry(status).or_default() += 1;
    }

    /// Assigns the last recorded response to a kind of request.
    pub fn record_kind(&mut self, kind: &'static str) {
        self.by_kind.entry(kind).or_default().extend(self.elapsed.last());
    }

    pub fn record_unanswered(&mut self) {
        self.unanswered += 1;
    }

    pub fn merge(&mut self, other: Self) {
        self.elapsed.extend(other.elapsed);
        for (status, count) in other.by_status {
            *self.by_status.entry(status).or_default() += count;
        }
        self.unanswered += other.unanswered;
        for (kind, elapsed) in other.by_kind {
            self.by_kind.entry(kind).or_default().extend(elapsed);
        }
    }

    pub fn report(mut self, granted: usize, elapsed: Duration) -> Report {
        self.elapsed.sort_unstable();
        let requests = self.elapsed.len();
        let at = |fraction: f64| percentile_ms(&self.elapsed, fraction);
        let (p50_ms, p99_ms, max_ms) = (at(0.5), at(0.99), at(1.0));
        let kinds = self.by_kind.into_iter().map(|(kind, mut elapsed)| {
            elapsed.sort_unstable();
            (kind, (percentile_ms(&elapsed, 0.5), percentile_ms(&elapsed, 0.9)))
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

/// A percentile in milliseconds; `fraction` is 0.99 for p99, and `elapsed` must be sorted.
fn percentile_ms(elapsed: &[Duration], fraction: f64) -> f64 {
    let index = ((elapsed.len() as f64 * fraction) as usize).min(elapsed.len().saturating_sub(1));
    elapsed.get(index).map_or(0.0, |elapsed| elapsed.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_recorded_durations() {
        let mut measurements = Measurements::default();
        for n in 1..=100 {
            measurements.record(200, Duration::from_millis(n));
        }
        let report = measurements.report(100, Duration::from_secs(2));
        assert_eq!((report.p50_ms, report.p99_ms, report.max_ms), (51.0, 100.0, 100.0));
        assert_eq!(report.per_s, 50.0);
        assert_eq!(Measurements::default().report(0, Duration::from_secs(1)).p99_ms, 0.0);
    }
}
