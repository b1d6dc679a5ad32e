//! Clock changes: skipped and repeated times, at midnight, by half an hour, in the southern hemisphere.

use super::*;
use crate::ical::zone::windows;

#[test]
fn skipped_and_repeated_times() {
    let daily = "DTSTART;TZID=Europe/Berlin:20270327T023000\nDTEND;TZID=Europe/Berlin:20270327T030000\nRRULE:FREQ=DAILY;COUNT=3";
    assert_eq!(
        busy(&[daily], UTC),
        [
            "20270327T0130/20270327T0200",
            // 02:30 does not exist on the 28th. With the offset before the change it is 03:30.
            "20270328T0130/20270328T0200",
            "20270329T0030/20270329T0100",
        ]
    );
    let repeated = "DTSTART;TZID=Europe/Berlin:20261025T023000\nDURATION:PT15M";
    assert_eq!(busy(&[repeated], UTC), ["20261025T0030/20261025T0045"], "the first of the two");
    // Across the change, an event takes an hour longer than its local times say.
    let across = "DTSTART;TZID=Europe/Berlin:20261025T010000\nDTEND;TZID=Europe/Berlin:20261025T040000\nRRULE:FREQ=DAILY;COUNT=2";
    assert_eq!(
        busy(&[across], UTC),
        ["20261024T2300/20261025T0300", "20261026T0000/20261026T0400"]
    );
    let into_the_gap =
        "DTSTART;TZID=Europe/Berlin:20270328T023000\nDTEND;TZID=Europe/Berlin:20270328T030000";
    assert_eq!(busy(&[into_the_gap], UTC), [""; 0], "no time is left, and none is negative");
}

#[test]
fn skipped_and_repeated_midnights() {
    let day = |date: &str| format!("DTSTART;VALUE=DATE:{date}");
    assert_eq!(
        busy(&[&day("20260906")], Zone::named("America/Santiago")),
        ["20260906T0400/20260907T0300"]
    );
    assert_eq!(
        busy(&[&day("20260329")], Zone::named("Asia/Beirut")),
        ["20260328T2200/20260329T2100"]
    );
    assert_eq!(
        busy(&[&day("20260424")], Zone::named("Africa/Cairo")),
        ["20260423T2200/20260424T2100"]
    );
    assert_eq!(
        busy(&[&day("20260308")], Zone::named("America/Havana")),
        ["20260308T0500/20260309T0400"]
    );
    // Repeated midnights: the day is 25 hours long and starts at the first midnight.
    assert_eq!(
        busy(&[&day("20281105")], Zone::named("America/Havana")),
        ["20281105T0400/20281106T0500"]
    );
    assert_eq!(
        busy(&[&day("20261029")], Zone::named("Africa/Cairo")),
        ["20261028T2100/20261029T2200"]
    );
    let nightly = "DTSTART;TZID=America/Santiago:20260905T003000\nDTEND;TZID=America/Santiago:20260905T013000\nRRULE:FREQ=DAILY;COUNT=3";
    assert_eq!(
        busy(&[nightly], UTC),
        [
            "20260905T0430/20260905T0530",
            "20260906T0430/20260906T0530",
            "20260907T0330/20260907T0430",
        ]
    );
}

#[test]
fn half_hour_offsets_and_the_southern_hemisphere() {
    let weekly = |zone: &str, start: &str| {
        format!("DTSTART;TZID={zone}:{start}\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=2")
    };
    assert_eq!(
        busy(&[&weekly("Australia/Lord_Howe", "20270401T090000")], UTC),
        ["20270331T2200/20270331T2230", "20270407T2230/20270407T2300"]
    );
    assert_eq!(
        busy(&[&weekly("Asia/Kolkata", "20270401T090000")], UTC),
        ["20270401T0330/20270401T0400", "20270408T0330/20270408T0400"]
    );
    assert_eq!(
        busy(&[&weekly("America/St_Johns", "20270311T090000")], UTC),
        ["20270311T1230/20270311T1300", "20270318T1130/20270318T1200"]
    );
    assert_eq!(
        busy(&[&weekly("Australia/Sydney", "20270401T090000")], UTC),
        ["20270331T2200/20270331T2230", "20270407T2300/20270407T2330"]
    );
}

#[test]
fn whole_days_are_in_the_reader_s_zone() {
    let three = "DTSTART;VALUE=DATE:20270327\nDTEND;VALUE=DATE:20270330";
    assert_eq!(
        busy(&[three], Zone::named("Europe/Berlin")),
        ["20270326T2300/20270329T2200"],
        "71 hours"
    );
    let weekly = "DTSTART;VALUE=DATE:20270327\nDURATION:P2D\nRRULE:FREQ=WEEKLY;UNTIL=20270403\nEXDATE;VALUE=DATE:20270327";
    assert_eq!(busy(&[weekly], Zone::named("Australia/Sydney")), ["20270402T1300/20270404T1400"]);
    // The same date as start and end, without VALUE=DATE.
    assert_eq!(
        busy(&["DTSTART:20270327\nDTEND:20270327"], kolkata()),
        ["20270326T1830/20270327T1830"]
    );
}

#[test]
fn every_spelling_of_a_zone_name() {
    let noon = |name: &str| {
        busy(&[&format!("DTSTART;TZID=\"{name}\":20270701T120000\nDURATION:PT1H")], UTC)
    };
    for (name, utc) in [
        ("/mozilla.org/20050126_1/Europe/Berlin", "10"),
        ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires", "15"),
        ("/softwarestudio.org/Olson_20011030_5/America/New_York", "16"),
        ("europe/berlin", "10"),
        ("Asia/Calcutta", "0630"),
        ("W. Europe Standard Time", "10"),
        ("India Standard Time", "0630"),
        ("AUS Eastern Standard Time", "02"),
        ("Eastern Standard Time", "16"),
        ("UTC", "12"),
        ("GMT", "12"),
        ("Etc/UTC", "12"),
        ("Etc/GMT+5", "17"),
        ("tzone://Microsoft/Utc", "12"),
        ("UTC+05:30", "0630"),
        ("GMT-0330", "1530"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "0630"),
        ("(GMT+05:30) Kolkata, Chennai, Mumbai, New Delhi", "0630"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "10"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "16"),
        ("(UTC+13:00) Samoa", "2300"),
        ("(UTC+05:30) Kolkata", "0630"),
        ("(UTC) Coordinated Universal Time", "12"),
        ("(UTC-03:30) Newfoundland", "1430"),
    ] {
        let found = noon(name);
        let start = found[0].split('/').next().unwrap_or_default();
        let (_, time) = start.split_once('T').expect("a time");
        assert!(time.starts_with(utc), "{name}: {found:?}");
    }
}

/// A VTIMEZONE with the rules of the zone database gives the same times.
#[test]
fn definitions_agree_with_the_zone_database() {
    let observance = |kind: &str, start: &str, from: &str, to: &str, rule: &str| {
        format!(
            "BEGIN:{kind}\nDTSTART:{start}\nTZOFFSETFROM:{from}\nTZOFFSETTO:{to}\nRRULE:FREQ=YEARLY;{rule}\nEND:{kind}\n"
        )
    };
    for (zone, standard, daylight) in [
        (
            Zone::named("Europe/Berlin"),
            observance("STANDARD", "19961027T030000", "+0200", "+0100", "BYMONTH=10;BYDAY=-1SU"),
            observance("DAYLIGHT", "19970330T020000", "+0100", "+0200", "BYMONTH=3;BYDAY=-1SU"),
        ),
        (
            Zone::named("America/St_Johns"),
            observance("STANDARD", "20121104T020000", "-0230", "-0330", "BYMONTH=11;BYDAY=1SU"),
            observance("DAYLIGHT", "20120311T020000", "-0330", "-0230", "BYMONTH=3;BYDAY=2SU"),
        ),
        (
            Zone::named("Australia/Lord_Howe"),
            observance("STANDARD", "20080406T020000", "+1100", "+1030", "BYMONTH=4;BYDAY=1SU"),
            observance("DAYLIGHT", "20081005T020000", "+1030", "+1100", "BYMONTH=10;BYDAY=1SU"),
        ),
        (
            Zone::named("America/Havana"),
            observance("STANDARD", "20121104T010000", "-0400", "-0500", "BYMONTH=11;BYDAY=1SU"),
            observance("DAYLIGHT", "20130310T000000", "-0500", "-0400", "BYMONTH=3;BYDAY=2SU"),
        ),
    ] {
        let event = |name: &str| {
            format!(
                "DTSTART;TZID={name}:20280101T001500\nDURATION:PT1M\nRRULE:FREQ=MINUTELY;INTERVAL=15"
            )
        };
        let definition = format!(
            "BEGIN:VTIMEZONE\nTZID:Ours\\, or so\n{standard}{daylight}END:VTIMEZONE\nBEGIN:VEVENT"
        );
        let own = calendar(&[&event("\"Ours, or so\"")]).replacen("BEGIN:VEVENT", &definition, 1);
        let known = calendar(&[&event(zone.name())]);
        let read = |file: &str| {
            let calendar = read_in(file, UTC, "20280101T000000Z", "20281231T000000Z");
            shown(&calendar.expect("a calendar").times)
        };
        assert_eq!(read(&own), read(&known), "{zone}");
    }
}

#[test]
fn windows_zone_names_are_known() {
    let mut others = Vec::new();
    for (name, zone) in windows::ZONES {
        let ours: Zone = zone.parse().expect(zone);
        let theirs: calcard::common::timezone::Tz = match name.parse() {
            Ok(theirs) => theirs,
            // calcard does not have these.
            Err(()) => continue,
        };
        let same = (1..=12).all(|month| {
            let at = at(&format!("2026{month:02}15T120000Z"));
            let (ours, theirs) = (at.with_timezone(&ours), at.with_timezone(&theirs));
            ours.naive_local() == theirs.naive_local()
        });
        if !same {
            others.push(name);
        }
    }
    // CLDR has moved both: to Bishkek when Kazakhstan changed in 2024, and from Chihuahua, which
    // gave up its summer time for another zone in 2022.
    // Cuba and Morocco have changed since the release that calcard carries.
    assert_eq!(
        others,
        [
            "Central Asia Standard Time",
            "Cuba Standard Time",
            "Morocco Standard Time",
            "Mountain Standard Time (Mexico)"
        ]
    );
}

#[test]
fn a_zone_defined_in_the_file() {
    let zone = |observances: &str| {
        let event = calendar(&["DTSTART;TZID=Ours:20270701T120000\nDURATION:PT1H"]);
        let zone = format!("BEGIN:VTIMEZONE\nTZID:Ours\n{observances}END:VTIMEZONE\n");
        event.replacen("BEGIN:VEVENT", &format!("{zone}BEGIN:VEVENT"), 1)
    };
    let standard = |lines: &str| {
        format!("BEGIN:STANDARD\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n{lines}END:STANDARD\n")
    };
    let read = |file: &str| {
        let calendar = read_in(file, UTC, "20270101T000000Z", "20280101T000000Z");
        calendar.map(|calendar| shown(&calendar.times))
    };
    // Changes given by dates, changes by a rule that has ended, and a time before the first change.
    let by_dates = zone(&standard("DTSTART:20200101T000000\nRDATE:20210101T000000\n"));
    assert_eq!(read(&by_dates).expect("a zone"), ["20270701T1000/20270701T1100"]);
    let ended =
        zone(&standard("DTSTART:20200101T000000\nRRULE:FREQ=YEARLY;UNTIL=20221231T230000Z\n"));
    assert_eq!(read(&ended).expect("a zone"), ["20270701T1000/20270701T1100"]);
    let later = zone(&standard("DTSTART:20280101T000000\n"));
    assert_eq!(read(&later).expect("a zone"), ["20270701T1100/20270701T1200"]);
    let elsewhere = zone("X-LIC-LOCATION:Asia/Kolkata\n");
    assert_eq!(read(&elsewhere).expect("a zone"), ["20270701T0630/20270701T0730"]);
    let missing = |name| Err(MalformedReason::Missing(name));
    let reason = |file: &str| read(file).map_err(|wrong| wrong.reason);
    assert_eq!(reason(&zone("")), missing(PropertyName::TzOffsetTo));
    assert_eq!(reason(&zone(&standard(""))), missing(PropertyName::DtStart));
}
