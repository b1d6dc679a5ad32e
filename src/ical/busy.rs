//! From a calendar file to the times at which its owner is busy.

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

/// What a calendar says about a range of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyCalendar {
    /// What its owner calls it.
    pub name: Option<String>,
    /// In order, within the range; none overlaps or touches another.
    pub times: Vec<BusyTime>,
    /// All events of the file, counted or not.
    pub events: usize,
    pub skipped: Skipped,
    /// Warnings about ignored lines.
    pub warnings: Warnings,
}

/// How a calendar is read.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    /// The zone of whole days, and of floating times where the file names none.
    pub zone: Iana,
    pub from: DateTime<Utc>,
    /// Exclusive; at most [`RANGE_DAYS_MAX`] days are looked at.
    pub until: DateTime<Utc>,
    /// The UIDs of events that the reader knows as their own: they make nobody busy.
    pub own: &'a HashSet<String>,
}

/// A calendar file of which all that matters has been read.
pub struct ReadCalendar(File);

impl ReadCalendar {
    /// Reads a file; `owner` are the e-mail addresses of the person whose calendar it is.
    ///
    /// # Errors
    /// The line that cannot be read, and why. Nothing is guessed: ignoring it could show the owner as free when they
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

/// The busy times of a calendar file in `from..until`, of nobody in particular. Floating times and whole days are in `zone`.
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
