//! Instants by the clock of their place.
//!
//! Everything is derived from the instant and the zone together, so a time never has the offset of another day. When
//! clocks go back, an hour exists twice; a time in it is told apart by [`LocalTime::which_of_two`].
//!
//! Not for: how people read a time, which depends on their language (`app::i18n`).

use chrono::{
    DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone, Timelike,
    Utc,
};

use crate::zone::{Zone, ZoneOffset};

/// An instant by the clock of one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    at: DateTime<Utc>,
    zone: Zone,
}

impl LocalTime {
    pub fn new(at: DateTime<Utc>, zone: Zone) -> Self {
        Self { at, zone }
    }

    pub fn at(self) -> DateTime<Utc> {
        self.at
    }

    /// The IANA name of its zone.
    pub fn time_zone(self) -> &'static str {
        self.zone.name()
    }

    pub fn date(self) -> NaiveDate {
        self.naive().date()
    }

    /// From 0 to 23.
    pub fn hour(self) -> u32 {
        self.naive().hour()
    }

    /// `10:20` for URLs and forms. Ambiguous in an hour that exists twice.
    pub fn digits(self) -> String {
        self.naive().format("%H:%M").to_string()
    }

    /// Ambiguous in an hour that exists twice.
    pub fn wall_time(self) -> NaiveTime {
        self.naive().time()
    }

    pub fn zone(self) -> Zone {
        self.zone
    }

    /// For programs: `2026-11-24T10:20:00+05:30` (RFC 3339).
    pub fn stamp(self) -> String {
        self.at.with_timezone(&self.zone).to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    fn naive(self) -> NaiveDateTime {
        self.at.with_timezone(&self.zone).naive_local()
    }

    fn offset(self) -> ZoneOffset {
        self.zone.offset_from_utc_datetime(&self.at.naive_utc())
    }

    /// East of UTC.
    pub fn offset_seconds(self) -> i32 {
        self.offset().seconds()
    }

    /// `IST`, where the zone has letters for it.
    fn letters(self) -> Option<&'static str> {
        letters(self.offset())
    }

    /// `CET`; `GMT+4` where there are no letters.
    pub fn short_zone(self) -> String {
        self.letters().map_or_else(|| gmt(self.offset_seconds()), str::to_owned)
    }

    /// `IST, UTC+05:30`.
    pub fn offset_name(self) -> String {
        let (sign, hours, minutes) = parts(self.offset_seconds());
        let offset = format!("UTC{sign}{hours:02}:{minutes:02}");
        match self.letters() {
            Some(letters) => format!("{letters}, {offset}"),
            None => offset,
        }
    }

    /// What distinguishes it from another instant with the same wall time; `None` when there is no other.
    pub fn which_of_two(self) -> Option<String> {
        let LocalResult::Ambiguous(first, second) =
            self.zone.offset_from_local_datetime(&self.naive())
        else {
            return None;
        };
        let have_letters = letters(first).is_some() && letters(second).is_some();
        if have_letters && letters(first) != letters(second) {
            return self.letters().map(str::to_owned);
        }
        Some(gmt(self.offset_seconds()))
    }
}

/// From one instant to another at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTimes {
    starts: LocalTime,
    ends: LocalTime,
}

impl LocalTimes {
    pub fn new(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, zone: Zone) -> Self {
        Self { starts: LocalTime::new(starts_at, zone), ends: LocalTime::new(ends_at, zone) }
    }

    pub fn starts(self) -> LocalTime {
        self.starts
    }

    pub fn ends(self) -> LocalTime {
        self.ends
    }

    /// Would a clock in another zone show the same times?
    pub fn is_same_in(self, zone: Zone) -> bool {
        let there = |time: LocalTime| LocalTime::new(time.at, zone).offset_seconds();
        [self.starts, self.ends].into_iter().all(|time| time.offset_seconds() == there(time))
    }
}

/// Do the times have more than one zone?
pub fn are_mixed(times: impl IntoIterator<Item = LocalTime>) -> bool {
    let mut times = times.into_iter();
    let first = times.next();
    times.any(|time| first.is_some_and(|first| first.zone != time.zone))
}

/// The abbreviation, such as `IST`; `None` for zones whose abbreviation is digits.
fn letters(offset: ZoneOffset) -> Option<&'static str> {
    let name = offset.abbreviation();
    name.chars().all(char::is_alphabetic).then_some(name)
}

/// The sign, the hours and the minutes of an offset.
fn parts(seconds: i32) -> (char, i32, i32) {
    let sign = if seconds < 0 { '−' } else { '+' };
    (sign, seconds.abs() / 3600, seconds.abs() % 3600 / 60)
}

/// `GMT+11`, `GMT+10:30`, `GMT`.
fn gmt(seconds: i32) -> String {
    match parts(seconds) {
        (_, 0, 0) => "GMT".to_owned(),
        (sign, hours, 0) => format!("GMT{sign}{hours}"),
        (sign, hours, minutes) => format!("GMT{sign}{hours}:{minutes:02}"),
    }
}

#[cfg(test)]
mod tests;
