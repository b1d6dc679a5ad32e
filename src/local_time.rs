//! Formats instants in the zone of their place.
//!
//! Every text is made from the instant and the zone together, so a time never appears with the offset of another
//! day. When clocks go back, an hour exists twice; a time in it always names its offset: `02:00 CEST`, `02:00 CET`.
//!
//! Not for: dates without an instant and money, which are in [`crate::formatting`].

use chrono::{
    DateTime, Days, Duration, LocalResult, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone,
    Timelike, Utc,
};

use crate::formatting;
use crate::schedule::day_start;
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

    /// `10:20` for URLs and forms. Ambiguous in an hour that exists twice: for people to read, use
    /// [`clock`](Self::clock).
    pub fn digits(self) -> String {
        self.naive().format("%H:%M").to_string()
    }

    /// `10:20`; in an hour that exists twice with its zone: `02:00 CEST`.
    pub fn clock(self) -> String {
        match self.which_of_two() {
            Some(which) => format!("{} {which}", self.digits()),
            None => self.digits(),
        }
    }

    /// `10:20 CET`, `10:20 GMT+4`.
    pub fn clock_with_zone(self) -> String {
        let zone = self.which_of_two().unwrap_or_else(|| self.short_zone());
        format!("{} {zone}", self.digits())
    }

    /// `10:20, Kolkata time (IST, UTC+05:30)`.
    pub fn clock_in_full(self) -> String {
        format!("{}, {}", self.digits(), self.zone())
    }

    /// `Tue 24 Nov 2026, 10:20 IST`.
    pub fn moment(self) -> String {
        format!("{}, {}", formatting::date(self.date()), self.clock_with_zone())
    }

    /// `Tue 24 Nov 2026, 10:20, Kolkata time (IST, UTC+05:30)`.
    pub fn in_full(self) -> String {
        format!("{}, {}", formatting::date(self.date()), self.clock_in_full())
    }

    /// The zone as it is at this instant: `Kolkata time (IST, UTC+05:30)`.
    pub fn zone(self) -> String {
        format!("{} ({})", place_time(self.zone), self.offset_in_words())
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

    fn offset_seconds(self) -> i32 {
        self.offset().seconds()
    }

    /// `IST`, where the zone has letters for it.
    fn letters(self) -> Option<&'static str> {
        letters(self.offset())
    }

    /// `CET`; `GMT+4` where there are no letters.
    fn short_zone(self) -> String {
        self.letters().map_or_else(|| gmt(self.offset_seconds()), str::to_owned)
    }

    /// `IST, UTC+05:30`.
    fn offset_in_words(self) -> String {
        let (sign, hours, minutes) = parts(self.offset_seconds());
        let offset = format!("UTC{sign}{hours:02}:{minutes:02}");
        match self.letters() {
            Some(letters) => format!("{letters}, {offset}"),
            None => offset,
        }
    }

    /// What distinguishes it from another instant with the same wall time; `None` when there is no other.
    fn which_of_two(self) -> Option<String> {
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

    /// `10:20–10:40`; `02:30 CEST–02:00 CET`.
    pub fn clock(self) -> String {
        format!("{}–{}", self.starts.clock(), self.ends.clock())
    }

    /// `Tue 24 Nov 2026, 10:20–10:40`.
    pub fn moment(self) -> String {
        format!("{}, {}", formatting::date(self.starts.date()), self.clock())
    }

    /// `Tue 24 Nov 2026, 10:20–10:40, Kolkata time (IST, UTC+05:30)`.
    pub fn in_full(self) -> String {
        format!("{}, {}", self.moment(), self.zone())
    }

    /// The zone as it is in between.
    pub fn zone(self) -> String {
        let before_the_end = self.ends.at - Duration::seconds(1);
        let last = LocalTime::new(before_the_end.max(self.starts.at), self.ends.zone);
        zones_of([self.starts, last])
    }

    /// `10:20–10:40, Kolkata time`: for use next to times of another zone.
    pub fn clock_at_place(self) -> String {
        format!("{}, {}", self.clock(), place_time(self.starts.zone))
    }

    /// Would a clock in another zone show the same times?
    pub fn is_same_in(self, zone: Zone) -> bool {
        let there = |time: LocalTime| LocalTime::new(time.at, zone).offset_seconds();
        [self.starts, self.ends].into_iter().all(|time| time.offset_seconds() == there(time))
    }
}

/// The zone without its offset: `Berlin time`.
pub fn place_time(zone: Zone) -> String {
    let city = zone.name().rsplit('/').next().unwrap_or(zone.name()).replace('_', " ");
    format!("{city} time")
}

/// The zones of these times, each once, in their order: `Berlin time (CET, UTC+01:00)`. When clocks change
/// between two of the times, both offsets and the time of the change:
/// `Berlin time (CEST, UTC+02:00 until Sun 25 Oct 2026, 03:00; then CET, UTC+01:00)`.
pub fn zones_of(times: impl IntoIterator<Item = LocalTime>) -> String {
    let mut zones: Vec<(Zone, Vec<LocalTime>)> = Vec::new();
    for time in times {
        match zones.iter_mut().find(|(zone, _)| *zone == time.zone) {
            Some((_, times)) => times.push(time),
            None => zones.push((time.zone, vec![time])),
        }
    }
    let words: Vec<String> = zones
        .into_iter()
        .map(|(zone, mut times)| {
            times.sort_unstable_by_key(|time| time.at);
            format!("{} ({})", place_time(zone), offsets(&times))
        })
        .collect();
    words.join(" and ")
}

/// The zone of all times on some days, `until` not among them; as [`zones_of`].
pub fn zone_of_days(zone: Zone, from: NaiveDate, until: NaiveDate) -> String {
    let starts = from.iter_days().take_while(|date| *date < until);
    let starts = starts.map(|date| day_start(zone, date));
    let end = day_start(zone, until) - Duration::seconds(1);
    zones_of(starts.chain([end]).map(|at| LocalTime::new(at, zone)))
}

/// The zone of all times on a day; as [`zones_of`].
pub fn zone_of_day(zone: Zone, date: NaiveDate) -> String {
    zone_of_days(zone, date, date.checked_add_days(Days::new(1)).unwrap_or(date))
}

/// Do the times have more than one zone?
pub fn are_mixed(times: impl IntoIterator<Item = LocalTime>) -> bool {
    let mut times = times.into_iter();
    let first = times.next();
    times.any(|time| first.is_some_and(|first| first.zone != time.zone))
}

/// The offsets of times of one zone, in order of time.
fn offsets(times: &[LocalTime]) -> String {
    let mut words = String::new();
    for pair in times.windows(2) {
        if pair[0].offset_in_words() != pair[1].offset_in_words() {
            let change = change_between(pair[0], pair[1]);
            let then = if words.is_empty() { "" } else { "then " };
            words.push_str(&format!("{then}{} until {change}; ", pair[0].offset_in_words()));
        }
    }
    let last = times.last().map(|time| time.offset_in_words()).unwrap_or_default();
    if words.is_empty() { last } else { format!("{words}then {last}") }
}

/// When the later offset began, as wall time with the offset before: `Sun 25 Oct 2026, 03:00`.
fn change_between(earlier: LocalTime, later: LocalTime) -> String {
    let is_later = |at| LocalTime::new(at, later.zone).offset_in_words() == later.offset_in_words();
    // Find the last day with another offset, then the instant of the change.
    let (mut before, mut after) = (later.at, later.at);
    while before > earlier.at && is_later(before) {
        after = before;
        before = (before - Duration::days(1)).max(earlier.at);
    }
    while after - before > Duration::seconds(1) {
        let middle = before + Duration::seconds((after - before).num_seconds() / 2);
        if is_later(middle) { after = middle } else { before = middle }
    }
    let offset = LocalTime::new(before, later.zone).offset_seconds();
    let clock = after.naive_utc() + Duration::seconds(offset.into());
    format!("{}, {}", formatting::date(clock.date()), clock.format("%H:%M"))
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
