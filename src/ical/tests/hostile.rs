//! Limits, random bytes and damaged samples: reading never panics and takes bounded time.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::products::ALL;
use super::*;
use crate::ical::limits::ZONES_MAX;

fn read(bytes: &[u8]) -> Result<BusyCalendar, Malformed> {
    let begun = Instant::now();
    let read = busy_times(bytes, kolkata(), at("20261101T000000Z"), at("20271101T000000Z"));
    // The limit allows for a build without optimization on a busy machine.
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    if let Ok(calendar) = &read {
        for pair in calendar.times.windows(2) {
            assert!(pair[0].ends_at < pair[1].starts_at);
        }
        assert!(calendar.times.iter().all(|time| time.starts_at < time.ends_at));
    }
    read
}

fn reason(file: &str) -> Option<MalformedReason> {
    read(file.as_bytes()).err().map(|wrong| wrong.reason)
}

#[test]
fn limits_are_enforced() {
    assert_eq!(reason(&" ".repeat(FILE_BYTES_MAX + 1)), Some(MalformedReason::TooLarge));
    let hour = "DTSTART:20270601T100000Z\nDURATION:PT1H";
    let many = vec![hour; EVENTS_MAX];
    assert_eq!(reason(&calendar(&many)), None);
    let short = calendar(&vec!["DTSTART:20270601"; EVENTS_MAX + 1]);
    assert_eq!(reason(&short), Some(MalformedReason::TooManyEvents));
    let dense = format!("{hour}\nRRULE:FREQ=MINUTELY");
    assert_eq!(reason(&calendar(&[&dense])), Some(MalformedReason::TooManyOccurrences));
    let long = "x".repeat(LINE_BYTES_MAX);
    let remark = format!("{hour}\nDESCRIPTION:{long}");
    assert_eq!(reason(&calendar(&[&remark])), None, "who cares how long a remark is");
    let more = format!("{hour}\nRDATE:{long}");
    assert_eq!(reason(&calendar(&[&more])), Some(MalformedReason::LineTooLong));
    let fewer = format!("{hour}\nEXDATE:{long}");
    assert_eq!(reason(&calendar(&[&fewer])), None, "it could only take times away");
    let zones: String =
        (0..=ZONES_MAX).map(|n| format!("BEGIN:VTIMEZONE\nTZID:Z{n}\nEND:VTIMEZONE\n")).collect();
    let zones = calendar(&[hour]).replacen("BEGIN:VEVENT", &format!("{zones}BEGIN:VEVENT"), 1);
    assert_eq!(reason(&zones), Some(MalformedReason::TooManyZones));
}

/// The most work that a file of the largest size can cause.
#[test]
fn the_largest_file_takes_bounded_time() {
    let start = "DTSTART;TZID=Europe/Berlin:19700101T100000\nDURATION:PT1H\nRRULE:";
    for rule in [
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU;COUNT=99999",
        "FREQ=YEARLY;BYYEARDAY=366;COUNT=99999",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=4;COUNT=99999",
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    ] {
        let event = format!("{start}{rule}");
        let count = (FILE_BYTES_MAX / (event.len() + 30)).min(EVENTS_MAX);
        read(calendar(&vec![event.as_str(); count]).as_bytes()).ok();
    }
    // One series with the largest number of changed occurrences.
    let mut changes = vec![format!("UID:1\n{start}FREQ=DAILY")];
    changes.extend((0..15_000).map(|n| {
        let day = moment("20000101T090000").expect("a time") + chrono::Duration::days(n);
        let day = day.format("%Y%m%dT%H%M%SZ");
        format!("UID:1\nRECURRENCE-ID:{day}\nDTSTART:{day}\nDURATION:PT1H")
    }));
    let changes: Vec<_> = changes.iter().map(String::as_str).collect();
    read(calendar(&changes).as_bytes()).expect("a calendar");
}

/// Files that would take quadratic time without special care.
#[test]
fn quadratic_work_is_prevented() {
    let day = |n: i64| {
        let day = moment("20200101T090000").expect("a time") + chrono::Duration::days(n);
        day.format("%Y%m%dT%H%M%SZ").to_string()
    };
    let daily = "DTSTART:20200101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY";
    let change = |n| format!("UID:1\nRECURRENCE-ID:{0}\nDTSTART:{0}\nDURATION:PT2H", day(n));
    // Series with the same UID, and changes of each.
    let mut shared = vec![format!("UID:1\nSEQUENCE:1\n{daily};UNTIL=20200301T000000Z"); 8_000];
    shared.extend((0..8_000).map(change));
    // One series with many exceptions, and changes that are older than the series.
    let without: Vec<_> = (0..8_000).map(day).collect();
    let mut left_out = vec![format!("UID:1\nSEQUENCE:1\n{daily}\nEXDATE:{}", without.join(","))];
    left_out.extend((0..20_000).map(change));
    // Changes of all later occurrences.
    let future = |n| change(n).replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE");
    let mut futures = vec![format!("UID:1\n{daily}")];
    futures.extend((0..20_000).map(future));
    // Changes without a time.
    let mut silent = vec![format!("UID:1\n{daily}")];
    silent.extend((0..20_000).map(|n| format!("UID:1\nRECURRENCE-ID:{}", day(n))));
    let excluding = vec![format!("{daily}{}", "\nEXRULE:FREQ=MINUTELY;INTERVAL=7".repeat(2_000))];
    for events in [shared, left_out, futures, silent, excluding] {
        let events: Vec<_> = events.iter().map(String::as_str).collect();
        read(calendar(&events).as_bytes()).ok();
    }
    // Several calendars in one file, each with its own zone.
    let one = |n: usize, line: &str| {
        format!(
            "BEGIN:VCALENDAR\n{line}\nBEGIN:VEVENT\nDTSTART;TZID=\"Zone, {n}\":20270601T100000\nTRANSP:TRANSPARENT\n\
             END:VEVENT\nEND:VCALENDAR\n"
        )
    };
    let named: String =
        (0..50_000).map(|n| one(n, &format!("X-WR-TIMEZONE:(UTC+01:00) {n}, b, c, d"))).collect();
    read(named.as_bytes()).expect("nobody is busy");
    let legacy: String =
        (0..50_000).map(|n| one(0, &format!("TZ:+{:02}{:02}", n % 12, n % 60))).collect();
    read(legacy.as_bytes()).expect("nobody is busy");
    for filler in ["\r", "\n ", "=\r\n", ":", ";", "\"", "\0", "^", "\\", "=", "\u{feff}"] {
        let long = format!("DESCRIPTION;ENCODING=QUOTED-PRINTABLE:{}", filler.repeat(1_000_000));
        read(calendar(&[&long]).as_bytes()).ok();
        read(calendar(&[&format!("DTSTART;TZID={}", filler.repeat(1_000_000))]).as_bytes()).ok();
    }
}

/// All samples, and one in vCalendar 1.0.
fn fuzzed() -> Vec<&'static str> {
    let mut all = ALL.to_vec();
    all.extend([
        include_str!("../samples/cases/definition-newer-than-database.ics"),
        include_str!("../samples/cases/count-and-until.ics"),
        include_str!("../samples/cases/own-appointments.ics"),
        "BEGIN:VCALENDAR\r\nVERSION:1.0\r\nTZ:-08\r\nDAYLIGHT:TRUE;-07;20270404T020000;20271031T020000;PST;PDT\r\n\
         BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20270601T100000\r\nDTEND:20270601T110000\r\nRRULE:MP2 2+ TU 1- TH #20\r\n\
         EXDATE:20270608T100000;20270803T100000\r\nDESCRIPTION;QUOTED-PRINTABLE:a=\r\nb=3D\r\nTRANSP:0\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
    ]);
    all
}

proptest! {
    #[test]
    fn random_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        read(&bytes).ok();
        let inside = [b"BEGIN:VCALENDAR\n".as_slice(), &bytes, b"\nEND:VCALENDAR\n"].concat();
        read(&inside).ok();
    }

    #[test]
    fn damaged_samples_do_not_panic(
        sample in select(fuzzed()),
        cuts in proptest::collection::vec((any::<Index>(), 0usize..12, "[ -~\\n]{0,6}"), 1..6),
    ) {
        let mut bytes = sample.as_bytes().to_vec();
        for (place, length, put) in cuts {
            let from = place.index(bytes.len());
            let until = (from + length).min(bytes.len());
            bytes.splice(from..until, put.bytes());
        }
        read(&bytes).ok();
    }

    #[test]
    fn shuffled_lines_do_not_panic(
        sample in select(fuzzed()),
        swaps in proptest::collection::vec((any::<Index>(), any::<Index>()), 1..4),
    ) {
        let mut lines: Vec<_> = sample.lines().collect();
        for (a, b) in swaps {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
        }
        read(lines.join("\r\n").as_bytes()).ok();
    }

    #[test]
    fn odd_values_do_not_panic(
        name in select(vec!["DTSTART", "DTEND", "DURATION", "RDATE", "EXDATE", "RRULE", "EXRULE", "RECURRENCE-ID", "UID", "DTSTAMP"]),
        parameter in select(vec!["", ";VALUE=DATE", ";TZID=Europe/Berlin", ";TZID=Ours", ";VALUE=PERIOD", ";RANGE=THISANDFUTURE", ";ENCODING=QUOTED-PRINTABLE"]),
        value in "[0-9]{0,9}[TPZ]?[0-9]{0,7}[TZSDW/]{0,2}[0-9TPZ]{0,12}|(D|W|MP|MD|YM|YD)[0-9]{0,2}( [0-9+-]{1,3}| MO| #[0-9]{1,3}){0,5}|FREQ=(DAILY|MONTHLY|YEARLY)(;[A-Z]{3,6}=[-A-Z0-9, ]{0,8}){0,4}",
    ) {
        let zone = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:00000101T000000\nTZOFFSETFROM:+2359\nTZOFFSETTO:-2359\nRRULE:FREQ=YEARLY\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT";
        let event = format!("UID:1\nDTSTART:20270601T100000Z\n{name}{parameter}:{value}");
        let text = calendar(&[&event, "UID:1\nRECURRENCE-ID:20270602\nDTSTART:20270602T110000Z"]);
        let text = text.replacen("BEGIN:VEVENT", zone, 1);
        read(text.as_bytes()).ok();
        read(&text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()).ok();
    }

    #[test]
    fn odd_zone_names_do_not_panic(name in "[(]?(UTC|GMT|utc)?[-+]?[0-9:.]{0,6}[)]? ?\\PC{0,20}[,/、]{0,2}(Berlin|Eastern)?") {
        let event = format!("DTSTART;TZID=\"{name}\":20270601T100000\nDURATION:PT1H");
        read(calendar(&[&event]).as_bytes()).ok();
        let plain = format!("X-WR-TIMEZONE:{name}\nTZ:{name}\nDAYLIGHT:TRUE;{name};20270404;20271031;a;b\nBEGIN:VEVENT");
        read(calendar(&["DTSTART:20270601T100000"]).replacen("BEGIN:VEVENT", &plain, 1).as_bytes()).ok();
    }
}

#[test]
fn the_first_and_last_years_do_not_panic() {
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    for lines in [
        "DTSTART:00000101T000000\nDURATION:P366000D\nRRULE:FREQ=DAILY",
        "DTSTART:99991231T235959\nDURATION:P366000D\nRRULE:FREQ=YEARLY",
        "DTSTART:99991231\nRDATE;VALUE=PERIOD:99991231T000000Z/P366000D",
    ] {
        let file = calendar(&[lines]);
        for (from, until) in [(first, last), (last, last), (first, first), (last, first)] {
            busy_times(file.as_bytes(), UTC, from, until).ok();
            busy_times(file.as_bytes(), Zone::named("Pacific/Apia"), from, until).ok();
        }
    }
}
