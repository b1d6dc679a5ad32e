//! How far the readers of this instance lag behind the log, for metrics and health checks.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::{DateTime, Utc};

use crate::events::store::StoredEvent;

/// How far the readers of this instance lag behind.
#[derive(Debug, Default)]
pub struct ReaderStatuses(Mutex<BTreeMap<&'static str, ReaderStatus>>);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReaderStatus {
    /// The age of the oldest event of the last run when it was handled, in seconds.
    pub lag: f64,
    /// Events handled since this instance started.
    pub handled: u64,
}

impl ReaderStatuses {
    pub(super) fn record(&self, name: &'static str, events: &[StoredEvent], now: DateTime<Utc>) {
        let oldest = events.iter().map(|event| event.occurred_at).min();
        let mut all = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let status = all.entry(name).or_default();
        status.lag = oldest.map_or(0.0, |at| (now - at).as_seconds_f64().max(0.0));
        status.handled += events.len() as u64;
    }

    /// The status of the reader of this name.
    pub fn get(&self, name: &str) -> ReaderStatus {
        let all = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        all.get(name).copied().unwrap_or_default()
    }

    /// In the text format of Prometheus.
    pub fn metrics(&self) -> String {
        let all = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut text = String::from(
            "# HELP nadi_event_reader_lag_seconds Age of the oldest event of the last run when it was handled.\n\
             # TYPE nadi_event_reader_lag_seconds gauge\n",
        );
        for (name, status) in all.iter() {
            text +=
                &format!("nadi_event_reader_lag_seconds{{reader=\"{name}\"}} {:.3}\n", status.lag);
        }
        text += "# HELP nadi_event_reader_handled_total Events handled.\n\
                 # TYPE nadi_event_reader_handled_total counter\n";
        for (name, status) in all.iter() {
            text += &format!(
                "nadi_event_reader_handled_total{{reader=\"{name}\"}} {}\n",
                status.handled
            );
        }
        text
    }
}
