//! What a wall time means as an instant.
//!
//! Two functions, which differ for times that are skipped when clocks go forward:
//!
//! - [`instant`], for events (RFC 5545, 3.3.5): the offset before the change applies, so 02:30 becomes 03:30.
//! - [`edge`], for the start and end of working hours: a skipped time becomes the instant of the change.
//!
//! `instant` can reverse the order of two wall times. `edge` never does, so consecutive working hours stay
//! consecutive, without gap or overlap. For both, a time that exists twice is the first of the two.

use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};

use crate::zone::Zone;

/// The instant of an event at this wall time.
pub fn instant(zone: Zone, date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    event(zone, date.and_time(time))
}

/// The instant of an event at this wall time.
pub fn event(zone: Zone, local: NaiveDateTime) -> DateTime<Utc> {
    existing(zone, local).unwrap_or_else(|| {
        // Clocks go forward by a day at most, so the time one day earlier exists and has the offset.
        let before = local - Duration::hours(24);
        let offset =
            existing(zone, before).map_or_else(Duration::zero, |at| before - at.naive_utc());
        Utc.from_utc_datetime(&(local - offset))
    })
}

/// The instant at which working hours start or end.
pub fn edge(zone: Zone, local: NaiveDateTime) -> DateTime<Utc> {
    existing(zone, local).unwrap_or_else(|| {
        // The change is one second after the last instant whose wall time is not later than the given one.
        let (mut low, mut high) = (event(zone, local) - Duration::hours(26), event(zone, local));
        while high - low > Duration::seconds(1) {
            let middle = low + Duration::seconds((high - low).num_seconds() / 2);
            if middle.with_timezone(&zone).naive_local() < local {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    })
}

fn existing(zone: Zone, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
        LocalResult::None => None,
    }
}

/// The start of a date in a zone: its first instant, also where midnight is skipped.
pub fn day_start(zone: Zone, date: NaiveDate) -> DateTime<Utc> {
    edge(zone, date.and_time(NaiveTime::MIN))
}

/// The zone's offset from UTC at an instant, in seconds; positive is ahead.
pub fn offset_seconds(zone: Zone, at: DateTime<Utc>) -> i32 {
    zone.offset_from_utc_datetime(&at.naive_utc()).seconds()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a wall time")
    }

    #[test]
    fn a_skipped_time_is_moved_forward() {
        let zone = Zone::named("Europe/Berlin");
        let said = |at: DateTime<Utc>| at.with_timezone(&zone).to_rfc3339();
        assert_eq!(said(event(zone, local("2027-03-28 02:30"))), "2027-03-28T03:30:00+02:00");
        assert_eq!(said(edge(zone, local("2027-03-28 02:30"))), "2027-03-28T03:00:00+02:00");
        assert_eq!(said(edge(zone, local("2027-03-28 02:00"))), "2027-03-28T03:00:00+02:00");
        assert_eq!(said(edge(zone, local("2027-03-28 03:00"))), "2027-03-28T03:00:00+02:00");
    }

    #[test]
    fn a_time_that_exists_twice_is_its_first() {
        let zone = Zone::named("Europe/Berlin");
        let at = edge(zone, local("2026-10-25 02:30"));
        assert_eq!(at, event(zone, local("2026-10-25 02:30")));
        assert_eq!(at.with_timezone(&zone).to_rfc3339(), "2026-10-25T02:30:00+02:00");
        assert_eq!(offset_seconds(zone, at), 7200);
    }

    #[test]
    fn a_day_without_midnight_starts_at_its_first_instant() {
        let zone = Zone::named("America/Santiago");
        let date = NaiveDate::from_ymd_opt(2027, 9, 5).expect("a date");
        let start = day_start(zone, date).with_timezone(&zone);
        assert_eq!(start.to_rfc3339(), "2027-09-05T01:00:00-03:00");
    }

    #[test]
    fn clock_changes_of_half_an_hour() {
        let zone = Zone::named("Australia/Lord_Howe");
        let start = edge(zone, local("2026-10-04 02:15")).with_timezone(&zone);
        assert_eq!(start.to_rfc3339(), "2026-10-04T02:30:00+11:00");
    }
}
