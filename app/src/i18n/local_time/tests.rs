use nadi::formatting;
use nadi::local_time::are_mixed;

use super::*;

fn zone(name: &str) -> Zone {
    formatting::zone(name).expect("a zone")
}

fn local(at: &str, name: &str) -> LocalTime {
    LocalTime::new(at.parse().expect("an instant"), zone(name))
}

fn times(starts_at: &str, ends_at: &str, name: &str) -> LocalTimes {
    let at = |text: &str| text.parse().expect("an instant");
    LocalTimes::new(at(starts_at), at(ends_at), zone(name))
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

#[test]
fn a_time_is_written_in_the_zone_of_its_place() {
    let kolkata = local("2026-11-24T04:50:00Z", "Asia/Kolkata");
    assert_eq!(kolkata.digits(), "10:20");
    assert_eq!(kolkata.clock(), "10:20");
    assert_eq!(kolkata.hour(), 10);
    assert_eq!(kolkata.date(), date("2026-11-24"));
    assert_eq!(kolkata.clock_with_zone(), "10:20 IST");
    assert_eq!(kolkata.clock_in_full(), "10:20, Kolkata time (IST, UTC+05:30)");
    assert_eq!(kolkata.moment(), "Tue, 24 Nov 2026, 10:20 IST");
    assert_eq!(kolkata.in_full(), "Tue, 24 Nov 2026, 10:20, Kolkata time (IST, UTC+05:30)");
    assert_eq!(kolkata.stamp(), "2026-11-24T10:20:00+05:30");
    let new_york = local("2026-11-24T04:50:00Z", "America/New_York");
    assert_eq!(new_york.in_full(), "Mon, 23 Nov 2026, 23:50, New York time (EST, UTC−05:00)");
    assert_eq!(new_york.stamp(), "2026-11-23T23:50:00-05:00");
}

#[test]
fn a_zone_without_an_abbreviation_shows_its_offset() {
    let dubai = local("2026-11-24T04:50:00Z", "Asia/Dubai");
    assert_eq!(dubai.zone_name(), "Dubai time (UTC+04:00)");
    assert_eq!(dubai.clock_with_zone(), "08:50 GMT+4");
    let kathmandu = local("2026-11-24T04:50:00Z", "Asia/Kathmandu");
    assert_eq!(kathmandu.clock_with_zone(), "10:35 GMT+5:45");
    let sao_paulo = local("2026-11-24T04:50:00Z", "America/Sao_Paulo");
    assert_eq!(sao_paulo.clock_with_zone(), "01:50 GMT−3");
    assert_eq!(sao_paulo.zone_name(), "Sao Paulo time (UTC−03:00)");
}

/// Berlin, 25 October 2026: at 03:00 clocks are set back to 02:00.
#[test]
fn a_repeated_hour_is_told_apart_by_abbreviations() {
    let berlin = |at: &str| local(at, "Europe/Berlin");
    let clocks: Vec<_> = [
        "2026-10-24T23:30:00Z",
        "2026-10-25T00:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:00:00Z",
        "2026-10-25T01:30:00Z",
        "2026-10-25T02:00:00Z",
    ]
    .map(|at| berlin(at).clock())
    .into();
    let expected = ["01:30", "02:00 CEST", "02:30 CEST", "02:00 CET", "02:30 CET", "03:00"];
    assert_eq!(clocks, expected);
    let range = |from, to| times(from, to, "Europe/Berlin").clock();
    assert_eq!(range("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"), "02:30 CEST–02:00 CET");
    assert_eq!(range("2026-10-24T23:40:00Z", "2026-10-25T00:00:00Z"), "01:40–02:00 CEST");
    assert_eq!(range("2026-10-25T01:40:00Z", "2026-10-25T02:00:00Z"), "02:40 CET–03:00");
    // When the zone is named anyway, it is not repeated.
    let second = berlin("2026-10-25T01:00:00Z");
    assert_eq!(second.clock_with_zone(), "02:00 CET");
    assert_eq!(second.moment(), "Sun, 25 Oct 2026, 02:00 CET");
    assert_eq!(second.in_full(), "Sun, 25 Oct 2026, 02:00, Berlin time (CET, UTC+01:00)");
}

/// Lord Howe sets its clocks back by half an hour, from 02:00 to 01:30, on 5 April 2026.
#[test]
fn a_repeated_half_hour_is_told_apart_by_offsets() {
    let range = times("2026-04-04T14:30:00Z", "2026-04-04T15:00:00Z", "Australia/Lord_Howe");
    assert_eq!(range.clock(), "01:30 GMT+11–01:30 GMT+10:30");
    assert_eq!(local("2026-04-04T15:30:00Z", "Australia/Lord_Howe").clock(), "02:00");
    assert_eq!(local("2026-04-04T14:00:00Z", "Australia/Lord_Howe").clock(), "01:00");
    assert_eq!(range.zone_name(), "Lord Howe time (UTC+11:00)");
}

/// Casablanca set its clocks back for Ramadan at 03:00 on 15 February 2026.
#[test]
fn a_repeated_hour_at_utc_is_told_apart() {
    assert_eq!(local("2026-02-15T01:30:00Z", "Africa/Casablanca").clock(), "02:30 GMT+1");
    assert_eq!(local("2026-02-15T02:30:00Z", "Africa/Casablanca").clock(), "02:30 GMT");
    assert_eq!(local("2026-02-15T03:30:00Z", "Africa/Casablanca").clock(), "03:30");
    assert_eq!(
        local("2026-02-14T12:00:00Z", "Africa/Casablanca").zone_name(),
        "Casablanca time (UTC+01:00)"
    );
    assert_eq!(
        local("2026-02-15T12:00:00Z", "Africa/Casablanca").zone_name(),
        "Casablanca time (UTC+00:00)"
    );
}

/// For every clock that is set back from 2026 to 2036, no two instants of a day are written the same.
#[test]
fn no_two_times_of_a_day_read_the_same() {
    let mut repeated = 0;
    for &zone in nadi::zone::all() {
        let mut at: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("an instant");
        let end: DateTime<Utc> = "2036-01-01T00:00:00Z".parse().expect("an instant");
        let offset = |at| LocalTime::new(at, zone).offset_seconds();
        while at < end {
            let next = at + Duration::days(1);
            if offset(next) < offset(at) {
                let quarters = (-4..100).map(|n| at + Duration::minutes(15 * n));
                let read: Vec<_> = quarters
                    .map(|at| LocalTime::new(at, zone))
                    .map(|time| (time.date(), time.clock()))
                    .collect();
                let unlike: std::collections::HashSet<_> = read.iter().collect();
                assert_eq!(unlike.len(), read.len(), "{zone} {at}: {read:?}");
                repeated += read.iter().filter(|(_, clock)| clock.contains(' ')).count();
            }
            at = next;
        }
    }
    assert!(repeated > 5000, "{repeated}");
}

#[test]
fn a_label_names_the_offset_of_each_of_its_times() {
    let before = local("2026-10-20T08:00:00Z", "Europe/Berlin");
    let after = local("2026-10-27T08:00:00Z", "Europe/Berlin");
    let changed =
        "Berlin time (CEST, UTC+02:00 until Sun, 25 Oct 2026, 03:00; then CET, UTC+01:00)";
    assert_eq!(zones_of([before]), "Berlin time (CEST, UTC+02:00)");
    assert_eq!(zones_of([after]), "Berlin time (CET, UTC+01:00)");
    assert_eq!(zones_of([before, after]), changed);
    assert_eq!(zones_of([after, before]), changed, "in whatever order");
    // A year later the clocks have changed twice more. Changes without a time in between are not mentioned.
    let next = local("2027-11-27T08:00:00Z", "Europe/Berlin");
    assert_eq!(zones_of([after, next]), "Berlin time (CET, UTC+01:00)");
    let summer = local("2027-06-01T08:00:00Z", "Europe/Berlin");
    assert_eq!(
        zones_of([before, after, summer]),
        "Berlin time (CEST, UTC+02:00 until Sun, 25 Oct 2026, 03:00; then CET, UTC+01:00 until \
         Sun, 28 Mar 2027, 02:00; then CEST, UTC+02:00)"
    );
    let auckland = local("2026-12-10T20:00:00Z", "Pacific/Auckland");
    assert_eq!(
        zones_of([auckland, after]),
        "Auckland time (NZDT, UTC+13:00) and Berlin time (CET, UTC+01:00)"
    );
    assert!(are_mixed([auckland, after]) && !are_mixed([before, after]) && !are_mixed([]));
    assert_eq!(zones_of([]), "");
}

#[test]
fn days_around_a_clock_change_show_both_offsets() {
    let berlin = zone("Europe/Berlin");
    let changed =
        "Berlin time (CEST, UTC+02:00 until Sun, 25 Oct 2026, 03:00; then CET, UTC+01:00)";
    assert_eq!(zone_of_days(berlin, date("2026-10-19"), date("2026-10-26")), changed);
    assert_eq!(zone_of_day(berlin, date("2026-10-25")), changed);
    assert_eq!(zone_of_day(berlin, date("2026-10-24")), "Berlin time (CEST, UTC+02:00)");
    let after = zone_of_days(berlin, date("2026-10-26"), date("2026-11-02"));
    assert_eq!(after, "Berlin time (CET, UTC+01:00)");
    let spring = zone_of_days(berlin, date("2027-03-22"), date("2027-03-29"));
    assert_eq!(
        spring,
        "Berlin time (CET, UTC+01:00 until Sun, 28 Mar 2027, 02:00; then CEST, UTC+02:00)"
    );
    // Santiago skips midnight.
    assert_eq!(
        zone_of_day(zone("America/Santiago"), date("2027-09-05")),
        "Santiago time (UTC−03:00)"
    );
}

#[test]
fn a_visit_across_a_clock_change_shows_both_offsets() {
    let night = times("2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z", "Europe/Berlin");
    assert_eq!(
        night.in_full(),
        "Sun, 25 Oct 2026, 01:30–03:30, Berlin time (CEST, UTC+02:00 until Sun, 25 Oct 2026, 03:00; \
         then CET, UTC+01:00)"
    );
    let until_the_change = times("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "Europe/Berlin");
    assert_eq!(until_the_change.zone_name(), "Berlin time (CEST, UTC+02:00)");
    let empty = times("2026-10-25T01:00:00Z", "2026-10-25T01:00:00Z", "Europe/Berlin");
    assert_eq!(empty.zone_name(), "Berlin time (CET, UTC+01:00)");
}

#[test]
fn zones_with_the_same_clock_are_recognized() {
    let visit = times("2026-12-10T08:00:00Z", "2026-12-10T08:20:00Z", "Europe/Berlin");
    assert!(visit.is_same_in(zone("Europe/Paris")) && !visit.is_same_in(zone("Europe/London")));
    assert_eq!(visit.clock_at_place(), "09:00–09:20, Berlin time");
}
