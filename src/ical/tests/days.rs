//! Whole days, with their ends written in various ways.

use super::*;

fn berlin() -> Zone {
    Zone::named("Europe/Berlin")
}

#[test]
fn the_end_of_a_series_may_be_a_local_midnight() {
    let read = |until: &str, zone: Zone| {
        let event = format!("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL={until}");
        busy(&[&event], zone).join(" ")
    };
    let through_third = "20261130T2300/20261203T2300";
    for until in ["20261203", "20261202T230000Z", "20261203T000000Z", "20261203T120000Z"] {
        assert_eq!(read(until, berlin()), through_third, "{until}");
    }
    // The UNTIL is not midnight in this zone, so its written date counts.
    assert_eq!(read("20261202T220000Z", berlin()), "20261130T2300/20261202T2300");
    assert_eq!(read("20261202T183000Z", kolkata()), "20261130T1830/20261203T1830");
    let new_york = Zone::named("America/New_York");
    assert_eq!(read("20261203T050000Z", new_york), "20261201T0500/20261204T0500");
    // In the calendar's zone.
    let file = calendar(&["DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL=20261202T230000Z"]);
    let file = file.replacen("VERSION", "X-WR-TIMEZONE:Europe/Berlin\nVERSION", 1);
    let read = read_in(&file, UTC, "20261101T000000Z", "20270101T000000Z").expect("a calendar");
    assert_eq!(shown(&read.times), ["20261201T0000/20261204T0000"]);
}

#[test]
fn a_change_of_the_last_day_still_applies() {
    let series =
        "UID:1\nSEQUENCE:2\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL=20261202T230000Z";
    let change = "UID:1\nSEQUENCE:1\nRECURRENCE-ID;VALUE=DATE:20261203\nDTSTART:20261210T100000Z\nDURATION:PT1H";
    assert_eq!(
        busy(&[series, change], berlin()),
        ["20261130T2300/20261202T2300", "20261210T1000/20261210T1100"]
    );
}

#[test]
fn an_end_at_midnight_makes_a_whole_day() {
    let of = |end: &str, zone: Zone| {
        busy(&[&format!("DTSTART;VALUE=DATE:20261201\n{end}")], zone).join(" ")
    };
    let (one, two) = ("20261130T2300/20261201T2300", "20261130T2300/20261202T2300");
    assert_eq!(of("DTEND:20261201T000000", berlin()), one);
    assert_eq!(of("DTEND:20261202T000000", berlin()), one);
    assert_eq!(of("DTEND:20261203T000000", berlin()), two);
    assert_eq!(of("DTEND;TZID=Asia/Kolkata:20261201T000000", berlin()), one);
    assert_eq!(of("DTEND:20261130T230000Z", berlin()), one);
    assert_eq!(of("DTEND:20261202T230000Z", berlin()), two);
    assert_eq!(of("DTEND:20261201T120000", berlin()), "20261130T2300/20261201T1100");
    let backwards = calendar(&["DTSTART;VALUE=DATE:20270601\nDTEND:20270531T000000"]);
    assert_eq!(refused(&backwards), (5, MalformedReason::EndsBeforeStart));
}

#[test]
fn an_empty_end_is_ignored_for_whole_days() {
    for empty in ["DTEND:", "DURATION:", "DTEND;VALUE=DATE:"] {
        for event in [
            format!("DTSTART;VALUE=DATE:20270601\n{empty}"),
            format!("{empty}\nDTSTART;VALUE=DATE:20270601"),
        ] {
            assert_eq!(busy(&[&event], UTC), ["20270601T0000/20270602T0000"], "{event}");
        }
        let time = calendar(&[&format!("DTSTART:20270601T100000Z\n{empty}")]);
        let name =
            if empty.starts_with("DTEND") { PropertyName::DtEnd } else { PropertyName::Duration };
        assert_eq!(refused(&time), (5, MalformedReason::Value(name)));
        let known = format!("DTSTART:20270601T100000Z\n{empty}\nDURATION:PT1H");
        assert_eq!(busy(&[&known], UTC), ["20270601T1000/20270601T1100"]);
    }
}

#[test]
fn dates_may_be_escaped_like_text() {
    let series = "DTSTART:20270601T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3";
    let without = format!("{series}\nEXDATE:20270602T100000Z\\,20270603T100000Z");
    assert_eq!(busy(&[&without], UTC), ["20270601T1000/20270601T1100"]);
}
