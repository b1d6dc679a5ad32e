//! When dates begin and end in each time zone, as instants for SQL. The database has its own time-zone
//! rules, which may differ from those in use.

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveTime, Utc};
use nadi::calendar::Moment;
use nadi::schedule::wall_time::day_start;
use nadi::zone;

/// The zones in which next week has already begun while elsewhere it has not, for the SQL function `week_end`.
pub fn zones_ahead(now: DateTime<Utc>) -> Vec<String> {
    // As in `week_end`: no place is more than 12 hours behind UTC.
    let behind = (now - Duration::hours(12)).date_naive();
    let next_week = behind + Days::new(7 - u64::from(behind.weekday().num_days_from_monday()));
    let there = |zone: &&zone::Zone| now.with_timezone(*zone).date_naive() >= next_week;
    zone::all().iter().filter(there).map(|zone| zone.name().to_owned()).collect()
}

/// When a range of dates begins and ends in each zone: columns for `unnest`.
#[derive(Debug, Default)]
pub struct ZoneDays {
    pub zones: Option<Vec<String>>,
    pub from: Vec<DateTime<Utc>>,
    pub until: Vec<DateTime<Utc>>,
    /// The earliest begin and the latest end in any zone.
    pub earliest: Option<DateTime<Utc>>,
    pub latest: Option<DateTime<Utc>>,
}

impl ZoneDays {
    /// For the dates from `from` until before `until`. Empty, which narrows nothing, when neither is a date.
    pub fn between(from: Option<Moment>, until: Option<Moment>) -> Self {
        let (from, until) = (from.and_then(Moment::day), until.and_then(Moment::day));
        if from.is_none() && until.is_none() {
            return Self::default();
        }
        let starts = |date: Option<NaiveDate>, otherwise: i32| {
            zone::all()
                .iter()
                .map(|zone| date.map_or(new_year(otherwise), |date| day_start(*zone, date)))
                .collect()
        };
        let (first, last): (Vec<_>, Vec<_>) = (starts(from, 1), starts(until, 9999));
        Self {
            zones: Some(zone::all().iter().map(|zone| zone.name().to_owned()).collect()),
            earliest: from.and_then(|_| first.iter().min().copied()),
            latest: until.and_then(|_| last.iter().max().copied()),
            from: first,
            until: last,
        }
    }
}

fn new_year(year: i32) -> DateTime<Utc> {
    let date = NaiveDate::from_yo_opt(year, 1).unwrap_or_default();
    date.and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    #[test]
    fn next_week_begins_in_the_east() {
        assert!(zones_ahead(at("2026-11-28T12:00:00Z")).is_empty(), "it is Saturday or Sunday");
        // Sunday noon in London is Monday, 01:00 in Auckland.
        let ahead = zones_ahead(at("2026-11-29T12:00:00Z"));
        assert!(ahead.contains(&"Pacific/Auckland".to_owned()));
        assert!(!ahead.contains(&"Asia/Kolkata".to_owned()));
        // Monday morning in Berlin, still Sunday in Hawaii.
        let ahead = zones_ahead(at("2026-11-30T07:00:00Z"));
        assert!(ahead.contains(&"Europe/Berlin".to_owned()));
        assert!(!ahead.contains(&"Pacific/Honolulu".to_owned()));
        assert!(zones_ahead(at("2026-11-30T12:00:00Z")).is_empty(), "it is Monday or Tuesday");
    }

    #[test]
    fn a_day_in_each_zone() {
        let day = |text: &str| Moment::parse(text);
        let days = ZoneDays::between(day("2026-11-24"), day("2026-11-25"));
        let kolkata =
            days.zones.as_ref().expect("zones").iter().position(|name| name == "Asia/Kolkata");
        let kolkata = kolkata.expect("Kolkata");
        assert_eq!(days.from[kolkata], at("2026-11-23T18:30:00Z"));
        assert_eq!(days.until[kolkata], at("2026-11-24T18:30:00Z"));
        assert_eq!(days.earliest, Some(at("2026-11-23T10:00:00Z")));
        assert_eq!(days.latest, Some(at("2026-11-25T12:00:00Z")));
        assert!(ZoneDays::between(day("2026-11-24T00:00:00Z"), None).zones.is_none());
        let open = ZoneDays::between(day("2026-11-24"), None);
        assert!(
            open.latest.is_none()
                && open.until.iter().all(|until| *until > at("2300-01-01T00:00:00Z"))
        );
    }
}
