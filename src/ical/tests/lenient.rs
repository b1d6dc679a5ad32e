//! Deviations from RFC 5545 that can only mean one thing, and faults that cannot hide a busy time.

use super::*;

const START: &str = "DTSTART:20270601T100000Z";

#[test]
fn rules_as_products_write_them() {
    let event = |rule: &str| busy(&[&format!("{START}\nDURATION:PT1H\nRRULE:{rule}")], UTC);
    for (theirs, ours) in [
        ("FREQ=WEEKLY; BYDAY=MO, TU ;COUNT=4", "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=4"),
        ("FREQ=WEEKLY\\;BYDAY=MO\\,TU\\;COUNT=4", "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=4"),
        ("FREQ=WEEKLY;BYDAY=1MO,TU;COUNT=4", "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=4"),
        ("FREQ=WEEKLY;BYDAY=Monday,TUE;COUNT=4", "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=4"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,;COUNT=4", "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=4"),
        ("FREQ=WEEKLY;BYDAY=;COUNT=4", "FREQ=WEEKLY;COUNT=4"),
        ("FREQ=WEEKLY;COUNT=4;COUNT=4", "FREQ=WEEKLY;COUNT=4"),
        ("FREQ=DAILY;COUNT=-1;UNTIL=20270610", "FREQ=DAILY;UNTIL=20270610"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20280101T000000Z", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;COUNT=30;UNTIL=20270603T100000Z", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;INTERVAL=0;COUNT=3", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;BYSETPOS=1;COUNT=3", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;X-KIND=1;COUNT=3", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;UNTIL=2027-06-03T10:00:00Z", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;UNTIL=20270603T240000Z", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;UNTIL=20270603T1000Z", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;UNTIL=20270603TZ", "FREQ=DAILY;COUNT=3"),
        ("RRULE:FREQ=DAILY;COUNT=3;", "FREQ=DAILY;COUNT=3"),
        ("RSCALE=GREGORIAN;FREQ=DAILY;SKIP=OMIT;COUNT=3", "FREQ=DAILY;COUNT=3"),
        ("", "FREQ=DAILY;COUNT=1"),
        (" ", "FREQ=DAILY;COUNT=1"),
    ] {
        assert_eq!(event(theirs), event(ours), "{theirs}");
    }
    for unclear in [
        "FREQ=DAILY;COUNT=x",
        "COUNT=3",
        "FREQ=DAILY;INTERVAL=1;INTERVAL=2",
        "RSCALE=HEBREW;FREQ=YEARLY",
        "soon",
    ] {
        assert_eq!(
            refused(&calendar(&[&format!("{START}\nDURATION:PT1H\nRRULE:{unclear}")])).0,
            6,
            "{unclear}"
        );
    }
}

#[test]
fn dates_that_do_not_exist_are_moved() {
    let days = |rule: &str, start: &str| -> Vec<String> {
        let event =
            format!("DTSTART:{start}T100000Z\nDURATION:PT1H\nRRULE:RSCALE=GREGORIAN;{rule}");
        busy(&[&event], UTC).iter().map(|time| time[..8].to_owned()).collect()
    };
    assert_eq!(
        days("FREQ=MONTHLY;SKIP=BACKWARD;COUNT=4", "20270131"),
        ["20270131", "20270228", "20270331", "20270430"]
    );
    assert_eq!(
        days("FREQ=MONTHLY;SKIP=FORWARD;COUNT=4", "20270131"),
        ["20270131", "20270301", "20270331", "20270501"]
    );
    assert_eq!(
        days("FREQ=MONTHLY;BYMONTHDAY=1,31;SKIP=FORWARD;COUNT=5", "20270131"),
        ["20270131", "20270201", "20270301", "20270331", "20270401"],
    );
    assert_eq!(
        days("FREQ=YEARLY;SKIP=BACKWARD;COUNT=3", "20240229"),
        ["20240229", "20250228", "20260228"]
    );
    assert_eq!(
        days("FREQ=YEARLY;SKIP=FORWARD;COUNT=3", "20240229"),
        ["20240229", "20250301", "20260301"]
    );
    assert_eq!(days("FREQ=YEARLY;COUNT=2", "20240229"), ["20240229", "20280229"]);
}

#[test]
fn times_and_lengths_as_products_write_them() {
    let hour = ["20270601T1000/20270601T1100"];
    for (start, end) in [
        ("DTSTART:2027-06-01T10:00:00Z", "DTEND:2027-06-01T11:00:00Z"),
        ("DTSTART:20270601T100000.000Z", "DTEND:20270601T110000.000Z"),
        ("DTSTART:20270601T1000Z", "DTEND:20270601T1100Z"),
        ("DTSTART:20270601T120000+0200", "DTEND:2027-06-01T13:00:00+02:00"),
        (START, "DURATION:P0Y0M0DT1H0M0S"),
        (START, "DURATION: PT60M"),
        (START, "DURATION:PT3600.5S"),
        (START, "DTEND:20270601T110000"),
        (START, "DTEND:20270601T110000Z\nDURATION:soon"),
        (START, "DTEND:soon\nDURATION:PT1H"),
        (START, "DTEND\nDURATION:PT1H"),
        ("DTSTART:20270601T100000", "DTEND;TZID=UTC:20270601T110000"),
        ("DTSTART;TZID=Europe/Berlin:20270601T120000", "DTEND:20270601T130000"),
        (START, "DTEND:20270601T110000Z\nDTSTART:20270701T100000Z"),
    ] {
        assert_eq!(busy(&[&format!("{start}\n{end}")], UTC), hour, "{start} {end}");
    }
    let of = |lines: &str| busy(&[lines], UTC).join(" ");
    assert_eq!(
        of("DTSTART:20270601T220000Z\nDTEND:20270601T240000Z"),
        "20270601T2200/20270602T0000"
    );
    assert_eq!(of("DTSTART;VALUE=DATE:20270601T000000"), "20270601T0000/20270602T0000");
    assert_eq!(of("DTSTART;VALUE=DATE:20270601Z"), "20270601T0000/20270602T0000");
    assert_eq!(
        of("DTSTART;VALUE=DATE:20270601\nDTEND:20270601T120000Z"),
        "20270601T0000/20270601T1200"
    );
    assert_eq!(of("DTSTART;VALUE=DATE:20270601\nDURATION:PT1H"), "20270601T0000/20270602T0000");
    assert_eq!(of("DTSTART;VALUE=DATE:20270601\nDURATION:PT0S"), "20270601T0000/20270602T0000");
    assert_eq!(of(&format!("{START}\nDTEND;VALUE=DATE:20270601")), "20270601T1000/20270602T0000");
    assert_eq!(of(&format!("{START}\nDTEND;VALUE=DATE:20270603")), "20270601T1000/20270603T0000");
}

#[test]
fn faults_in_events_that_do_not_block_are_ignored() {
    let read = |lines: &str| {
        let file = calendar(&[&format!("{START}\nDURATION:PT1H"), lines]);
        let read = read_in(&file, UTC, "20270601T000000Z", "20270701T000000Z");
        read.map(|read| (read.times.len(), read.warnings.lines.len()))
    };
    for lines in [
        "DTSTART:soon\nTRANSP:TRANSPARENT",
        "STATUS:CANCELLED\nRRULE:soon",
        "DTSTART;TZID=Mars/Base:20270601T100000\nSTATUS:CANCELLED",
        "UID:7\nSEQUENCE:1\nDTSTART:soon\nSEQUENCE:0\nX-MICROSOFT-CDO-BUSYSTATUS:FREE",
    ] {
        assert_eq!(read(lines), Ok((1, 0)), "{lines}");
    }
    let more = "DTSTART:20270602T100000Z\nDURATION:PT1H\n";
    for (lines, warnings) in [
        ("ORGANIZER;CN=Sixt SE", 1),
        ("EXDATE:soon", 1),
        ("EXDATE;TZID=Mars/Base:20270602T100000", 0),
        ("RECURRENCE-ID:soon", 1),
        ("EXRULE:soon", 1),
        ("RRULE:FREQ=DAILY;COUNT=1;X-OTHER=1", 1),
        ("DESCRIPTION:one\ntwo\nthree: 3\nDURATION: about an hour", 1),
        ("STATUS:CONFIRMED\nDESCRIPTION:one\nStatus: cancelled", 0),
        ("BEGIN:VALARM\nTRIGGER\nEND:VALARM", 1),
    ] {
        assert_eq!(read(&format!("{more}{lines}")), Ok((2, warnings)), "{lines}");
    }
    // These could hide a busy time, so they are refused.
    for lines in [
        "DTSTART",
        "DTEND\nX:1",
        "DTSTART:20270602T100000Z\nRRULE",
        "DTSTART:20270602T100000Z\nBEGIN VALARM",
    ] {
        assert!(read(lines).is_err(), "{lines}");
    }
}

#[test]
fn the_number_of_reported_lines_is_limited() {
    let noise = "what\n".repeat(100);
    let zone = "DTSTART;TZID=Customized Time Zone:20270602T100000\nDURATION:PT1H";
    let file = calendar(&[&format!("{START}\nDURATION:PT1H\n{noise}X:1"), zone]);
    let warnings =
        read_in(&file, UTC, "20270601T000000Z", "20270701T000000Z").expect("a calendar").warnings;
    assert_eq!((warnings.lines.len(), warnings.more), (WARNINGS_MAX, 101 - WARNINGS_MAX));
    assert!(warnings.lines.is_sorted_by_key(|warnings| warnings.line));
    assert_eq!(
        warnings.lines.last().map(|warnings| warnings.reason),
        Some(WarningReason::ZoneOfPlace)
    );
}
