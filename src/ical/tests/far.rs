//! A fault in an event outside the range is only a warning; a fault in one that may touch the range is refused.

use super::*;

const GOOD: &str = "DTSTART:20270601T100000Z\nDURATION:PT1H";

fn read(event: &str) -> Result<(usize, Vec<Warning>), Malformed> {
    let file = calendar(&[GOOD, event]);
    let read = read_in(&file, UTC, "20270501T000000Z", "20270701T000000Z")?;
    Ok((read.times.len(), read.warnings.lines))
}

#[test]
fn faulty_events_outside_the_range_are_skipped() {
    for (event, line) in [
        ("DTSTART:20140101T100000Z\nDTEND:20140101T090000Z", 9),
        ("DTSTART;TZID=Mars/Base:20120101T100000", 8),
        ("DTSTART;TZID=Mars/Base:20120101T100000\nDURATION:PT1H", 8),
        ("DTSTART:20140101T100000Z\nDURATION:-PT1H", 9),
        ("DTSTART:20260101T100000Z\nDTEND:soon", 9),
        ("DTSTART;TZID=Mars/Base:20270426T100000", 8),
        ("DTSTART;TZID=Mars/Base:20270705T100000", 8),
        ("DTSTART;TZID=Mars/Base:20270705T100000\nRRULE:FREQ=DAILY", 8),
        ("DTSTART:20270705T100000Z\nDURATION:PT1H\nRRULE:soon", 10),
    ] {
        let warnings = Warning { line, reason: WarningReason::FarAway };
        assert_eq!(read(event), Ok((1, vec![warnings])), "{event}");
    }
}

#[test]
fn faulty_events_that_may_touch_the_range_are_refused() {
    for event in [
        "DTSTART;TZID=Mars/Base:20270429T100000",
        "DTSTART;TZID=Mars/Base:20270703T100000",
        "DTSTART;TZID=Mars/Base:20120101T100000\nDTEND;TZID=Mars/Base:20270601T100000",
        "DTSTART;TZID=Mars/Base:20120101T100000\nDURATION:P1000W",
        "DTSTART;TZID=Mars/Base:20120101T100000\nRRULE:FREQ=DAILY",
        "DTSTART:20120101T100000Z\nDURATION:PT1H\nRRULE:soon",
        "DTSTART:20120101T100000Z\nDURATION:PT1H\nRDATE:soon",
        "DTSTART;TZID=Mars/Base:20290101T100000\nRDATE:20270601T100000",
        "DTSTART:20290101T100000Z\nDURATION:PT1H\nRDATE:soon",
        "DTSTART:20270101T100000Z\nDTEND:soon",
        "SUMMARY:x",
    ] {
        assert!(read(event).is_err(), "{event}");
    }
}

#[test]
fn a_series_moved_into_the_range_by_a_change_counts() {
    let change = "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20280102T100000Z\nDTSTART:20270602T100000Z\nDURATION:PT1H";
    let series = "UID:1\nDTSTART;TZID=Mars/Base:20280101T100000\nRRULE:FREQ=DAILY";
    let file = calendar(&[series, change]);
    assert!(read_in(&file, UTC, "20270501T000000Z", "20270701T000000Z").is_err());
}

#[test]
fn faulty_periods_outside_the_range_are_skipped() {
    let read = |period: &str| {
        let file = format!(
            "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\nFREEBUSY:{period}\nFREEBUSY:20270601T100000Z/PT1H\nEND:VFREEBUSY\nEND:VCALENDAR\n"
        );
        let read = read_in(&file, UTC, "20270501T000000Z", "20270701T000000Z");
        read.map(|read| (read.times.len(), read.warnings.lines.len()))
    };
    assert_eq!(read("20140101T100000Z/20140101T090000Z"), Ok((1, 1)));
    assert!(read("20270601T100000Z/20270601T090000Z").is_err());
    assert!(read("20140101T100000Z/soon").is_err());
}
