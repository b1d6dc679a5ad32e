//! Computes the busy times of a calendar's owner from a calendar file.

mod collector;
mod counted;
mod length;
mod occurrence;
mod out_of_range;
mod versions;

use std::collections::HashSet;

use crate::zone::Zone as Iana;
use chrono::{DateTime, Duration, Utc};

use super::attendance::plain_address;
use super::limits::{RANGE_DAYS_MAX, STEPS_MAX};
use super::malformed::Malformed;
use super::read::{File, read};
use super::warnings::Warnings;
use super::zone::{Needed, Zones, horizon};
use collector::Collector;
pub use counted::{BusyTime, Skipped};
use occurrence::Clocks;

/// The busy times of a calendar in a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyCalendar {
    /// The name of the calendar.
    pub name: Option<String>,
    /// Sorted, within the range, without overlaps or adjacent times.
    pub times: Vec<BusyTime>,
    /// The number of events in the file, including those that block no time.
    pub events: usize,
    pub skipped: Skipped,
    /// Warnings about ignored lines.
    pub warnings: Warnings,
}

/// The settings for computing busy times.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    /// The zone for whole days, and for floating times if the file gives none.
    pub zone: Iana,
    pub from: DateTime<Utc>,
    /// Exclusive; the range is limited to [`RANGE_DAYS_MAX`] days.
    pub until: DateTime<Utc>,
    /// The UIDs of events that are our own appointments. They are skipped.
    pub own: &'a HashSet<String>,
}

/// A parsed calendar file.
pub struct ReadCalendar(File);

impl ReadCalendar {
    /// Parses a file. `owner` has the e-mail addresses of the calendar's owner.
    ///
    /// # Errors
    /// The line that cannot be parsed, and why. It is not ignored because the owner could then appear free when they
    /// are not. Problems that cannot hide a busy time only cause warnings.
    pub fn read(bytes: &[u8], owner: &[&str]) -> Result<Self, Malformed> {
        let owner = owner.iter().map(|text| plain_address(text)).filter(|text| !text.is_empty());
        read(bytes, owner.collect()).map(Self)
    }

    /// The UIDs of its events.
    pub fn uids(&self) -> impl Iterator<Item = &str> {
        self.0.events.iter().filter_map(|event| event.uid.as_deref())
    }

    /// Its busy times in a range.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn busy_times(mut self, reading: &Reading) -> Result<BusyCalendar, Malformed> {
        let from = reading.from;
        let longest = from.checked_add_signed(Duration::days(RANGE_DAYS_MAX));
        let until = reading.until.min(longest.unwrap_or(reading.until));
        let mut budget = STEPS_MAX;
        let mut warnings = std::mem::take(&mut self.0.warnings);
        let file = &self.0;
        let calendars: Vec<_> =
            file.calendars.iter().map(|calendar| calendar.clock.clone()).collect();
        let mut needed = Needed {
            from: from.naive_utc(),
            until: horizon(until),
            budget: &mut budget,
            warnings: &mut warnings,
        };
        let zones =
            Zones::resolve(&file.zones, &file.definitions, &calendars, reading.zone, &mut needed);
        let mut collector = Collector::new(Clocks { zones }, from..until, budget, warnings);
        let skipped = collector.events(file, reading.own)?;
        collector.periods(file)?;
        let (times, warnings) = collector.finished();
        let (name, events) = (self.0.name, self.0.events.len());
        Ok(BusyCalendar {
            name,
            times: merged(times),
            events,
            skipped,
            warnings: warnings.sorted(),
        })
    }
}

/// The busy times of a calendar file in `from..until`, without an owner or own events. Floating times and whole days
/// are in `zone`.
///
/// # Errors
/// As [`ReadCalendar::read`].
pub fn busy_times(
    bytes: &[u8],
    zone: Iana,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<BusyCalendar, Malformed> {
    let own = HashSet::new();
    ReadCalendar::read(bytes, &[])?.busy_times(&Reading { zone, from, until, own: &own })
}

fn merged(mut times: Vec<BusyTime>) -> Vec<BusyTime> {
    times.sort_unstable_by_key(|time| (time.starts_at, time.ends_at));
    let mut merged: Vec<BusyTime> = Vec::with_capacity(times.len());
    for time in times {
        match merged.last_mut() {
            Some(last) if time.starts_at <= last.ends_at => {
                last.ends_at = last.ends_at.max(time.ends_at);
            }
            _ => merged.push(time),
        }
    }
    merged
}
