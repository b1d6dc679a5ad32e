//! Queries to the time-zone database that are needed for reading calendar files.

use chrono::{NaiveDate, NaiveDateTime, TimeZone};

use crate::zone::{Zone, all};

/// The zone with this name, in any case.
pub(super) fn named(name: &str) -> Option<Zone> {
    Zone::of_any_case(name)
}

/// The zones that are named after a place (`New York` for `America/New_York`), in any case.
pub(super) fn in_place(place: String) -> impl Iterator<Item = Zone> {
    all().iter().copied().filter(move |zone| {
        let Some((_, last)) = zone.name().rsplit_once('/') else { return false };
        last.len() == place.len()
            && last
                .bytes()
                .zip(place.bytes())
                .all(|(a, b)| a.eq_ignore_ascii_case(&b) || (a == b'_' && b == b' '))
    })
}

/// Seconds east of UTC at an instant.
pub(super) fn offset(zone: Zone, at: NaiveDateTime) -> i32 {
    zone.offset_from_utc_datetime(&at).seconds()
}

/// Seconds east of UTC in January and July, the smaller one first.
pub(super) fn offsets(zone: Zone) -> (i32, i32) {
    let on = |month| {
        let day = NaiveDate::from_ymd_opt(2027, month, 1).unwrap_or_default();
        offset(zone, day.and_hms_opt(0, 0, 0).unwrap_or_default())
    };
    let (winter, summer) = (on(1), on(7));
    (winter.min(summer), winter.max(summer))
}

/// A zone's abbreviations in January and July.
pub(super) fn abbreviations(zone: Zone) -> [&'static str; 2] {
    [1, 7].map(|month| {
        let day = NaiveDate::from_ymd_opt(2027, month, 1).unwrap_or_default();
        zone.offset_from_utc_datetime(&day.and_hms_opt(0, 0, 0).unwrap_or_default()).abbreviation()
    })
}

/// Whether no zone with this standard offset has daylight-saving time, and there is at least one.
pub(super) fn never_changes(standard: i32) -> bool {
    let mut any = false;
    all().iter().copied().filter(|zone| zone.name().contains('/')).all(|zone| {
        let (low, high) = offsets(zone);
        any |= low == standard;
        low != standard || high == low
    }) && any
}
