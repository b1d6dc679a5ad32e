//! Changed occurrences, exceptions, methods, and the owner of the calendar.

use std::collections::HashSet;

use super::*;

const SERIES: &str = "UID:1\nSEQUENCE:2\nDTSTAMP:20261010T000000Z\nDTSTART;TZID=Asia/Kolkata:20270601T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4";

fn days(times: &[String]) -> Vec<&str> {
    times.iter().map(|time| &time[6..13]).collect()
}

#[test]
fn an_occurrence_is_found_by_local_time_and_utc() {
    let change = |id: &str, stamp: u32, start: &str| {
        format!(
            "UID:1\nSEQUENCE:2\nDTSTAMP:202610{stamp}T000000Z\n{id}\nDTSTART:{start}\nDURATION:PT1H"
        )
    };
    let names = [
        "RECURRENCE-ID:20270602T043000Z",
        "RECURRENCE-ID;TZID=Asia/Kolkata:20270602T100000",
        "RECURRENCE-ID;TZID=Asia/Tokyo:20270602T133000",
        "RECURRENCE-ID:20270602T100000",
        "RECURRENCE-ID;VALUE=DATE:20270602",
        "RECURRENCE-ID;TZID=Asia/Kolkata:20270602T000000",
    ];
    for first in names {
        for second in names {
            let older = change(first, 11, "20270602T120000Z");
            let newer = change(second, 12, "20270602T150000Z");
            let read = busy(&[SERIES, &newer, &older], UTC);
            assert_eq!(
                days(&read),
                ["01T0430", "02T1500", "03T0430", "04T0430"],
                "{first} {second}"
            );
        }
    }
    // Whole-day occurrences whose RECURRENCE-ID is a date-time.
    let series = "UID:1\nDTSTART;VALUE=DATE:20270601\nRRULE:FREQ=DAILY;COUNT=2";
    for name in ["20270602T000000", "20270602T000000Z", "20270601T183000Z"] {
        let gone = format!("UID:1\nRECURRENCE-ID:{name}\nSTATUS:CANCELLED");
        assert_eq!(busy(&[series, &gone], kolkata()), ["20270531T1830/20270601T1830"], "{name}");
    }
}

#[test]
fn changes_older_than_the_exceptions_of_the_series() {
    let change = |id: &str, sequence: u32, stamp: &str| {
        format!(
            "UID:1\nSEQUENCE:{sequence}\nDTSTAMP:{stamp}T000000Z\nRECURRENCE-ID:{id}\nDTSTART:20270620T120000Z\nDURATION:PT1H"
        )
    };
    let moved =
        |series: &str, change: &str| days(&busy(&[series, change], UTC)).contains(&"20T1200");
    let (older, newer) = ("20261001", "20261020");
    let without = format!("{SERIES}\nEXDATE:20270602T043000Z");
    let until = SERIES.replace("COUNT=4", "UNTIL=20270603T043000Z");
    for (series, id) in [
        (without.as_str(), "20270602T043000Z"),
        (until.as_str(), "20270604T043000Z"),
        (SERIES, "20270605T043000Z"),
    ] {
        assert!(!moved(series, &change(id, 1, newer)), "a lower sequence: {series}");
        assert!(!moved(series, &change(id, 2, older)), "an earlier stamp: {series}");
        assert!(moved(series, &change(id, 2, newer)), "a later stamp: {series}");
        assert!(moved(series, &change(id, 3, older)), "a higher sequence: {series}");
    }
    assert!(moved(SERIES, &change("20270603T043000Z", 1, older)), "it is still in the series");
}

#[test]
fn changes_of_this_and_all_later_occurrences() {
    let from = "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Asia/Kolkata:20270602T100000";
    let moved = format!("{from}\nDTSTART;TZID=Asia/Kolkata:20270602T120000\nDURATION:PT2H");
    assert_eq!(
        busy(&[SERIES, &moved], UTC),
        [
            "20270601T0430/20270601T0530",
            "20270602T0630/20270602T0830",
            "20270603T0630/20270603T0830",
            "20270604T0630/20270604T0830",
        ]
    );
    let once = "UID:1\nRECURRENCE-ID:20270603T043000Z\nDTSTART:20270603T000000Z\nDURATION:PT1H";
    assert_eq!(
        days(&busy(&[SERIES, &moved, once], UTC)),
        ["01T0430", "02T0630", "03T0000", "04T0630"]
    );
    let off = format!("{from}\nSTATUS:CANCELLED");
    assert_eq!(days(&busy(&[SERIES, &off], UTC)), ["01T0430"]);
    // Later occurrences are in the zone of the change, also after the end of summer time.
    let weekly = "UID:2\nDTSTART;TZID=Europe/Berlin:20271018T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4";
    let later = "UID:2\nRECURRENCE-ID;RANGE=THISANDFUTURE:20271025T070000Z\nDTSTART;TZID=Europe/Berlin:20271026T100000\nDURATION:PT1H";
    assert_eq!(days(&busy(&[weekly, later], UTC)), ["18T0700", "26T0800", "02T0900", "09T0900"]);
}

#[test]
fn exclusion_rules_remove_occurrences() {
    let read = |rule: &str| days(&busy(&[&format!("{SERIES}\n{rule}")], UTC)).join(" ");
    assert_eq!(read("EXRULE:FREQ=WEEKLY;BYDAY=WE,TH"), "01T0430 04T0430");
    assert_eq!(read("EXRULE:FREQ=DAILY"), "");
    assert_eq!(read("EXRULE:FREQ=WEEKLY;COUNT=1;BYDAY=WE"), "01T0430 03T0430 04T0430");
    assert_eq!(read("EXRULE:"), "01T0430 02T0430 03T0430 04T0430");
    assert_eq!(read("EXRULE:FREQ=OFTEN\nEXDATE:soon"), "01T0430 02T0430 03T0430 04T0430");
}

#[test]
fn events_with_the_same_uid_can_be_different_series() {
    let one = |day: u32, more: &str| {
        format!("UID:1\nDTSTART:202706{day:02}T090000Z\nDURATION:PT1H\n{more}")
    };
    assert_eq!(
        busy(&[&one(1, "X:1"), &one(2, "X:1"), &one(3, "DTSTAMP:20261001T000000Z")], UTC).len(),
        3
    );
    assert_eq!(days(&busy(&[&one(1, "SEQUENCE:1"), &one(2, "SEQUENCE:2")], UTC)), ["02T0900"]);
    // A cancellation applies to the event with its start, or to all of them when it has no start.
    assert_eq!(
        days(&busy(&[&one(1, "X:1"), &one(2, "X:1"), &one(2, "STATUS:CANCELLED")], UTC)),
        ["01T0900"]
    );
    assert_eq!(busy(&[&one(1, "X:1"), &one(2, "X:1"), "UID:1\nSTATUS:CANCELLED"], UTC), [""; 0]);
    assert_eq!(busy(&[&one(1, "STATUS:CANCELLED"), &one(2, "X:1"), &one(1, "X:1")], UTC).len(), 2);
    // Two series with the same UID, and a change of an occurrence of one of them.
    let series = |hour: u32| {
        format!("UID:1\nDTSTART:20270601T{hour:02}0000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2")
    };
    let gone = "UID:1\nRECURRENCE-ID:20270602T120000Z\nSTATUS:CANCELLED";
    assert_eq!(
        days(&busy(&[&series(9), &series(12), gone], UTC)),
        ["01T0900", "01T1200", "02T0900"]
    );
}

#[test]
fn the_method_decides_what_blocks() {
    let sent = |method: &str, events: &[&str]| {
        let file = calendar(events).replacen("VERSION", &format!("METHOD:{method}\nVERSION"), 1);
        let read = read_in(&file, UTC, "20270601T000000Z", "20270701T000000Z").expect(&file);
        (read.times.len(), read.warnings.lines.len())
    };
    let hour = "UID:1\nDTSTART:20270601T090000Z\nDURATION:PT1H";
    for method in ["REQUEST", "PUBLISH", "REPLY", "COUNTER", "X-OTHER"] {
        assert_eq!(sent(method, &[hour]), (1, 0), "{method}");
    }
    assert_eq!(sent("CANCEL", &[hour]), (0, 0));
    let reply = "UID:1\nDTSTAMP:20261001T000000Z\nATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.com";
    for method in ["REPLY", "REFRESH", "DECLINECOUNTER"] {
        assert_eq!(sent(method, &[reply]), (0, 1), "{method}: it says no time");
    }
    assert_eq!(refused(&calendar(&[reply])), (3, MalformedReason::Missing(PropertyName::DtStart)));
    let more = "UID:1\nSEQUENCE:1\nDTSTART:20270602T090000Z\nDURATION:PT1H";
    let file = format!(
        "{}{}",
        calendar(&[hour]),
        calendar(&[more]).replacen("VERSION", "METHOD:ADD\nVERSION", 1)
    );
    let read = read_in(&file, UTC, "20270601T000000Z", "20270701T000000Z").expect("a calendar");
    assert_eq!(read.times.len(), 2, "it adds an occurrence");
}

#[test]
fn declined_invitations_do_not_block() {
    let read = |owner: &[&str], lines: &str| {
        let file = calendar(&[&format!("UID:1\nDTSTART:20270601T090000Z\nDURATION:PT1H\n{lines}")]);
        let own = HashSet::new();
        let (from, until) = (at("20270601T000000Z"), at("20270701T000000Z"));
        let reading = Reading { zone: UTC, from, until, own: &own };
        let calendar = ReadCalendar::read(file.as_bytes(), owner).expect("a calendar");
        calendar.busy_times(&reading).expect("a calendar").skipped.declined == 1
    };
    let me = ["Asha@Example.org", "a.naik@example.com"];
    let declined = "ATTENDEE;CN=Asha;PARTSTAT=DECLINED:MAILTO:asha@example.ORG";
    assert!(read(&me, declined));
    assert!(read(&me[..1], "ATTENDEE;PARTSTAT=declined;CN=\"Naik: A\":mailto:asha%40example.org"));
    assert!(read(&me, "ATTENDEE;STATUS=DECLINED:Asha <asha@example.org>"));
    assert!(read(&me, "ATTENDEE;EMAIL=\"a.naik@example.com\";PARTSTAT=DECLINED:/aMTI/principal/"));
    assert!(read(&me, &format!("ATTENDEE;PARTSTAT=ACCEPTED:mailto:x@example.com\n{declined}")));
    assert!(!read(
        &me,
        &format!("{declined}\nATTENDEE;PARTSTAT=ACCEPTED:mailto:a.naik@example.com")
    ));
    assert!(!read(&me, "ATTENDEE;PARTSTAT=DECLINED:mailto:x@example.com"));
    assert!(!read(&me, "ATTENDEE;PARTSTAT=TENTATIVE:mailto:asha@example.org"));
    assert!(!read(&[], declined) && !read(&[" "], "ATTENDEE;PARTSTAT=DECLINED:"));
}

#[test]
fn uids_wrapped_by_outlook_are_recognized() {
    let uid = "01a1882a-0e60-7323-a878-4c9784b59ed5@nadi";
    let hex: String = uid.bytes().map(|byte| format!("{byte:02X}")).collect();
    let head = "040000008200E00074C5B7101A82E008";
    let wrapped = format!("{head}{}340000007643616C2D55696401000000{hex}00", "00".repeat(20));
    let file = calendar(&[&format!("UID:{wrapped}\nDTSTART:20270601T090000Z\nDURATION:PT1H")]);
    let read = ReadCalendar::read(file.as_bytes(), &[]).expect("a calendar");
    assert_eq!(read.uids().collect::<Vec<_>>(), [uid]);
    assert!(appointment_of(uid).is_some() && appointment_of("x@nadi").is_none());
}
