//! Valid and invalid properties of events. Refusals name the line.

use super::*;

const HOUR: &str = "DTSTART:20270601T100000Z\nDURATION:PT1H";

#[test]
fn an_event_has_an_end_or_a_duration() {
    let start = "DTSTART:20270601T100000Z";
    let of = |end: &str| busy(&[&format!("{start}\n{end}")], UTC);
    assert_eq!(of("DTEND:20270601T113000Z"), ["20270601T1000/20270601T1130"]);
    assert_eq!(of("DURATION:P1W"), ["20270601T1000/20270608T1000"]);
    assert_eq!(of("DURATION:+P1DT2H3M60S"), ["20270601T1000/20270602T1204"]);
    assert_eq!(of("DTEND:20270601T100000Z"), [""; 0]);
    assert_eq!(of("X-NOTHING:1"), [""; 0], "a time without an end takes no time");
    assert_eq!(of("dtend;tzid=Asia/Kolkata:20270601t163000"), ["20270601T1000/20270601T1100"]);
}

#[test]
fn touching_times_are_merged_and_cut_to_the_range() {
    let other = "DTSTART:20270601T110000Z\nDTEND:20270601T120000Z";
    let within = "DTSTART:20270601T101000Z\nDTEND:20270601T102000Z";
    assert_eq!(busy(&[other, HOUR, within], UTC), ["20270601T1000/20270601T1200"]);
    let file = calendar(&[HOUR, other, "DTSTART:20270602T000000Z\nDURATION:PT1H"]);
    let read = read_in(&file, UTC, "20270601T103000Z", "20270601T113000Z").expect("a calendar");
    assert_eq!(shown(&read.times), ["20270601T1030/20270601T1130"]);
    assert_eq!(read.skipped.outside, 1);
    let nothing = read_in(&file, UTC, "20270601T113000Z", "20270601T103000Z").expect("a calendar");
    assert_eq!(nothing.times, [], "backwards");
}

#[test]
fn a_long_range_is_cut() {
    let daily = calendar(&["DTSTART:20200101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"]);
    let read = read_in(&daily, UTC, "20270101T000000Z", "20370101T000000Z").expect("a calendar");
    assert_eq!(read.times.len(), 400);
}

#[test]
fn several_rules_and_dates() {
    let event = "DTSTART:20270601T100000Z\nDTEND:20270601T110000Z\nRRULE:FREQ=WEEKLY;COUNT=2\nRRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=3\nRDATE:20270610T100000Z,20270611T100000Z\nRDATE;VALUE=DATE:20270612\nEXDATE:20270611T100000Z";
    assert_eq!(
        busy(&[event], UTC),
        [
            "20270601T1000/20270601T1100",
            "20270602T1000/20270602T1100",
            "20270608T1000/20270608T1100",
            "20270609T1000/20270609T1100",
            "20270610T1000/20270610T1100",
            "20270612T1000/20270612T1100",
        ]
    );
}

#[test]
fn every_way_to_exclude_an_occurrence() {
    let series =
        "UID:1\nDTSTART;TZID=Asia/Kolkata:20270601T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2";
    let first = ["20270601T0430/20270601T0530"];
    for without in [
        "EXDATE;TZID=Asia/Kolkata:20270602T100000",
        "EXDATE:20270602T043000Z",
        "EXDATE:20270602T100000",
        "EXDATE;VALUE=DATE:20270602",
        "EXDATE;TZID=Asia/Tokyo:20270602T133000",
    ] {
        assert_eq!(busy(&[&format!("{series}\n{without}")], UTC), first, "{without}");
        let id = without.replace("EXDATE", "RECURRENCE-ID");
        let gone = format!("UID:1\n{id}\nSTATUS:CANCELLED");
        assert_eq!(busy(&[series, &gone], UTC), first, "{id}");
        let free = format!("UID:1\n{id}\nTRANSP:TRANSPARENT\nDTSTART:20270603T000000Z");
        assert_eq!(busy(&[series, &free], UTC), first, "{id}");
        let moved = format!("UID:1\n{id}\n{HOUR}");
        assert_eq!(busy(&[&moved, series], UTC), [first[0], "20270601T1000/20270601T1100"]);
    }
    assert_eq!(busy(&[series, "UID:1\nSTATUS:CANCELLED\nSEQUENCE:1"], UTC), [""; 0]);
    let alone = format!("UID:2\nRECURRENCE-ID:20270602T043000Z\n{HOUR}\nRRULE:FREQ=DAILY");
    assert_eq!(busy(&[&alone], UTC), ["20270601T1000/20270601T1100"], "its series is not here");
}

#[test]
fn the_latest_version_of_an_event_counts() {
    let version = |sequence: u32, stamp: &str, hour: u32| {
        format!(
            "UID:1\nSEQUENCE:{sequence}\nDTSTAMP:{stamp}\nDTSTART:20270601T{hour:02}0000Z\nDURATION:PT1H"
        )
    };
    let (old, new) = ("20270101T000000Z", "20270102T000000Z");
    let held = |a: &str, b: &str| busy(&[a, b], UTC)[0][9..11].to_owned();
    assert_eq!(held(&version(2, old, 8), &version(1, new, 9)), "08");
    let both = |a: &str, b: &str| busy(&[a, b], UTC);
    let apart = both(&version(1, old, 8), &version(1, new, 10));
    assert_eq!(apart.len(), 2, "of the same sequence, they only share a UID");
    let same_start = format!("{}\nTRANSP:TRANSPARENT", version(1, new, 8));
    assert_eq!(both(&version(1, old, 8), &same_start), [""; 0], "the later stamp holds");
    assert_eq!(both(&same_start, &version(1, old, 8)), [""; 0], "wherever it stands");
    assert_eq!(busy(&[HOUR, HOUR, "DTSTART:20270602T100000Z\nDURATION:PT1H"], UTC).len(), 2);
}

#[test]
fn lines_may_be_folded_anywhere() {
    let file = calendar(&[HOUR]).replacen("VERSION", "X-WR-CALNAME:Größe\\nund mehr\nVERSION", 1);
    let whole = file.as_bytes();
    let expected = busy_times(whole, UTC, at("20270601T000000Z"), at("20270602T000000Z"));
    let expected = expected.expect("a calendar");
    assert_eq!(expected.name.as_deref(), Some("Größeund mehr"));
    for n in 1..whole.len() {
        if whole[n - 1] == b'\n' || whole[n] == b'\n' {
            continue;
        }
        let folded = [&whole[..n], b"\r\n\t", &whole[n..]].concat();
        let read = busy_times(&folded, UTC, at("20270601T000000Z"), at("20270602T000000Z"));
        assert_eq!(read.as_ref(), Ok(&expected), "folded at {n}");
    }
}

#[test]
fn refusals_name_the_line() {
    use MalformedReason::*;
    let event = |lines: &str| refused(&calendar(&[lines]));
    assert_eq!(event("SUMMARY:x"), (3, Missing(PropertyName::DtStart)));
    assert_eq!(event("DTSTART:20270230"), (4, Value(PropertyName::DtStart)));
    assert_eq!(event("DTSTART:20270601T250000"), (4, Value(PropertyName::DtStart)));
    assert_eq!(event("DTSTART;TZID=Mars/Base:20270601T100000"), (4, UnknownZone));
    assert_eq!(event("DTSTART;TZID=(UTC+13:00) Kolkata:20270601T100000"), (4, UnknownZone));
    assert_eq!(event("DTSTART:20270601T10\n"), (4, Value(PropertyName::DtStart)));
    assert_eq!(event("DTSTART:20270601T100000Z\nDTEND:20270601T090000Z"), (5, EndsBeforeStart));
    assert_eq!(event("DTSTART:20270601\nDTEND:20270531"), (5, EndsBeforeStart));
    let start = "DTSTART:20270601T100000Z";
    assert_eq!(event(&format!("{start}\nDURATION:P")), (5, Value(PropertyName::Duration)));
    let long = format!("{start}\nDURATION:P999999999W");
    assert_eq!(event(&long), (5, Value(PropertyName::Duration)));
    assert_eq!(event(&format!("{start}\nDURATION:-PT1H")), (5, EndsBeforeStart));
    assert_eq!(event(&format!("{start}\nDTEND:soon")), (5, Value(PropertyName::DtEnd)));
    assert_eq!(event(&format!("{start}\nDTEND")), (5, NotALine));
    assert_eq!(event(&format!("{HOUR}\nRRULE")), (6, NotALine));
    assert_eq!(event(&format!("{HOUR}\nRRULE:FREQ=OFTEN")), (6, Value(PropertyName::RRule)));
    let often = Rule(RecurrenceProblem::TooOften);
    assert_eq!(event(&format!("{HOUR}\nRRULE:FREQ=SECONDLY")), (6, often));
    assert_eq!(event(&format!("{HOUR}\nRDATE:soon")), (6, Value(PropertyName::RDate)));
    assert_eq!(refused(""), (1, NotACalendar));
    assert_eq!(refused("<html>\n"), (1, NotACalendar));
    assert_eq!(refused("BEGIN:VCARD\nEND:VCARD\n"), (1, NotACalendar));
    assert_eq!(refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n"), (2, NotEnded));
    assert_eq!(refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\n"), (1, NotEnded));
    assert_eq!(refused("BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR\n"), (2, NotBegun));
    let busy = "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\nFREEBUSY:20270601T100000Z\nEND:VFREEBUSY\nEND:VCALENDAR\n";
    assert_eq!(refused(busy), (3, Value(PropertyName::FreeBusy)));
    assert_eq!(
        refused(&"BEGIN:VCALENDAR\nBEGIN:X\nBEGIN:X\n".replace("X\n", &"X\nBEGIN:".repeat(9))).1,
        TooDeep
    );
    let sentence = Malformed { line: 3, reason: Missing(PropertyName::DtStart) }.to_string();
    assert_eq!(sentence, "line 3: DTSTART is missing");
}

#[test]
fn an_unquoted_zone_name_may_contain_a_colon() {
    let event = "DTSTART;TZID=(UTC+05:30) Chennai, Kolkata:20270601T100000\nDURATION:PT1H";
    assert_eq!(busy(&[event], UTC), ["20270601T0430/20270601T0530"]);
}

#[test]
fn unknown_properties_are_skipped() {
    let event = format!(
        "X-BAD;A=\"open:1\nATTENDEE;CN=\"a;b:c\":mailto:x@example.com\nTRIGGER:soon\nBEGIN:VALARM\nDURATION:-PT5M\nBEGIN:X-DEEP\nDTSTART:never\nEND:X-DEEP\nEND:VALARM\n{HOUR}\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
    );
    let journal = "BEGIN:VJOURNAL\nDTSTART:never\nEND:VJOURNAL\nBEGIN:VEVENT";
    let file = calendar(&[&event]).replacen("BEGIN:VEVENT", journal, 1);
    let read = read_in(&file, UTC, "20270101T000000Z", "20280101T000000Z").expect("a calendar");
    assert_eq!(shown(&read.times), ["20270601T1000/20270601T1100"]);
}
