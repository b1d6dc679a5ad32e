//! Instants by the clock of their place, as people read them.
//!
//! When clocks go back, an hour exists twice; a time in it always names its offset: `02:00 CEST`, `02:00 CET`.

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use nadi::local_time::{LocalTime, LocalTimes};
use nadi::schedule::day_start;
use nadi::zone::Zone;

use super::formats::foreign;
use super::{and, clock, date, text};

/// How people read an instant.
pub trait LocalTimeText {
    /// `10:20`; in an hour that exists twice with its zone: `02:00 CEST`.
    fn clock(self) -> String;
    /// `10:20 CET`, `10:20 GMT+4`.
    fn clock_with_zone(self) -> String;
    /// `10:20, Kolkata time (IST, UTC+05:30)`.
    fn clock_in_full(self) -> String;
    /// `Tue, 24 Nov 2026, 10:20 IST`.
    fn moment(self) -> String;
    /// `Tue, 24 Nov 2026, 10:20, Kolkata time (IST, UTC+05:30)`.
    fn in_full(self) -> String;
    /// The zone as it is at this instant: `Kolkata time (IST, UTC+05:30)`.
    fn zone_name(self) -> String;
}

impl LocalTimeText for LocalTime {
    fn clock(self) -> String {
        let time = clock(self.wall_time());
        match self.which_of_two() {
            Some(zone) => text!("time-with-zone", time, zone),
            None => time,
        }
    }

    fn clock_with_zone(self) -> String {
        let zone = self.which_of_two().unwrap_or_else(|| self.short_zone());
        text!("time-with-zone", time = clock(self.wall_time()), zone)
    }

    fn clock_in_full(self) -> String {
        text!("time-in-full", time = clock(self.wall_time()), zone = self.zone_name())
    }

    fn moment(self) -> String {
        text!("date-and-time", date = date(self.date()), time = self.clock_with_zone())
    }

    fn in_full(self) -> String {
        text!("date-and-time", date = date(self.date()), time = self.clock_in_full())
    }

    fn zone_name(self) -> String {
        text!("zone-in-full", place = place_time(self.zone()), offset = self.offset_name())
    }
}

/// How people read the time from one instant to another.
pub trait LocalTimesText {
    /// `10:20–10:40`; `02:30 CEST–02:00 CET`.
    fn clock(self) -> String;
    /// `Tue, 24 Nov 2026, 10:20–10:40`.
    fn moment(self) -> String;
    /// `Tue, 24 Nov 2026, 10:20–10:40, Kolkata time (IST, UTC+05:30)`.
    fn in_full(self) -> String;
    /// The zone as it is in between.
    fn zone_name(self) -> String;
    /// `10:20–10:40, Kolkata time`: for use next to times of another zone.
    fn clock_at_place(self) -> String;
}

impl LocalTimesText for LocalTimes {
    fn clock(self) -> String {
        text!("time-range", from = self.starts().clock(), to = self.ends().clock())
    }

    fn moment(self) -> String {
        text!("date-and-time", date = date(self.starts().date()), time = self.clock())
    }

    fn in_full(self) -> String {
        text!(
            "date-and-time",
            date = date(self.starts().date()),
            time = text!("time-in-full", time = self.clock(), zone = self.zone_name()),
        )
    }

    fn zone_name(self) -> String {
        let (starts, ends) = (self.starts(), self.ends());
        let before_the_end = ends.at() - Duration::seconds(1);
        let last = LocalTime::new(before_the_end.max(starts.at()), ends.zone());
        zones_of([starts, last])
    }

    fn clock_at_place(self) -> String {
        text!("time-in-full", time = self.clock(), zone = place_time(self.starts().zone()))
    }
}

/// The zone without its offset: `Berlin time`.
pub fn place_time(zone: Zone) -> String {
    let city = zone.name().rsplit('/').next().unwrap_or(zone.name()).replace('_', " ");
    text!("zone-of-place", city = foreign(city))
}

/// The zones of these times, each once, in their order: `Berlin time (CET, UTC+01:00)`. When clocks change
/// between two of the times, both offsets and the time of the change:
/// `Berlin time (CEST, UTC+02:00 until Sun, 25 Oct 2026, 03:00; then CET, UTC+01:00)`.
pub fn zones_of(times: impl IntoIterator<Item = LocalTime>) -> String {
    let mut zones: Vec<(Zone, Vec<LocalTime>)> = Vec::new();
    for time in times {
        match zones.iter_mut().find(|(zone, _)| *zone == time.zone()) {
            Some((_, times)) => times.push(time),
            None => zones.push((time.zone(), vec![time])),
        }
    }
    let names: Vec<String> = zones
        .into_iter()
        .map(|(zone, mut times)| {
            times.sort_unstable_by_key(|time| time.at());
            text!("zone-in-full", place = place_time(zone), offset = offsets(&times))
        })
        .collect();
    and(&names)
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

/// The offsets of times of one zone, in order of time.
fn offsets(times: &[LocalTime]) -> String {
    let last = times.last().map(|time| time.offset_name()).unwrap_or_default();
    // From the last change back to the first: each is written before what comes after it.
    times.windows(2).rev().fold(last, |later, pair| {
        let earlier = pair[0].offset_name();
        if earlier == pair[1].offset_name() {
            return later;
        }
        text!("offset-until", offset = earlier, change = change_between(pair[0], pair[1]), later)
    })
}

/// When the later offset began, as wall time with the offset before: `Sun, 25 Oct 2026, 03:00`.
fn change_between(earlier: LocalTime, later: LocalTime) -> String {
    let at = |at: DateTime<Utc>| LocalTime::new(at, later.zone());
    let is_later = |instant| at(instant).offset_name() == later.offset_name();
    // Find the last day with another offset, then the instant of the change.
    let (mut before, mut after) = (later.at(), later.at());
    while before > earlier.at() && is_later(before) {
        after = before;
        before = (before - Duration::days(1)).max(earlier.at());
    }
    while after - before > Duration::seconds(1) {
        let middle = before + Duration::seconds((after - before).num_seconds() / 2);
        if is_later(middle) { after = middle } else { before = middle }
    }
    let offset = at(before).offset_seconds();
    let change = after.naive_utc() + Duration::seconds(offset.into());
    text!("date-and-time", date = date(change.date()), time = clock(change.time()))
}

#[cfg(test)]
mod tests;
