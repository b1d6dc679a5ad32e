use chrono::{Duration, NaiveDate, NaiveDateTime};

use super::*;

mod against;
mod standard;

fn at(text: &str) -> NaiveDateTime {
    moment(text).expect("a date and a time")
}

fn day(text: &str) -> NaiveDate {
    date(text).expect("a date")
}

fn rule(text: &str) -> Recurrence {
    Recurrence::parse(text).expect(text)
}

fn all(text: &str, start: &str, limit: usize) -> Vec<NaiveDateTime> {
    let start = at(start);
    rule(text).occurrences(start, start, start + Duration::days(366 * 30), limit).at
}

/// Parses a short list of days, such as `1997 Sep 2 9 16, Oct 7`.
fn days(text: &str) -> Vec<NaiveDate> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let (mut year, mut month, mut days) = (0, 0, Vec::new());
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        match (MONTHS.find(word), word.parse::<u32>()) {
            (_, Ok(number)) if number > 31 => year = number.try_into().expect("a year"),
            (_, Ok(number)) => days.push(NaiveDate::from_ymd_opt(year, month, number).expect(text)),
            (Some(index), _) => month = u32::try_from(index / 3 + 1).expect("a month"),
            _ => panic!("{word}"),
        }
    }
    days
}

#[test]
fn invalid_rules_are_refused() {
    use RecurrenceProblem::*;
    for (text, problem) in [
        ("", Malformed),
        ("FREQ", Malformed),
        ("FREQ=", Malformed),
        ("INTERVAL=2", Malformed),
        ("FREQ=FORTNIGHTLY", Malformed),
        ("FREQ=DAILY;FREQ=DAILY", Malformed),
        ("FREQ=DAILY;INTERVAL=0", Malformed),
        ("FREQ=DAILY;INTERVAL=-1", Malformed),
        ("FREQ=DAILY;INTERVAL=99999999999999999999", Malformed),
        ("FREQ=DAILY;INTERVAL=999999", Unsupported),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", Malformed),
        ("FREQ=DAILY;COUNT=0", Never),
        ("FREQ=DAILY;UNTIL=20270230", Malformed),
        ("FREQ=DAILY;UNTIL=tomorrow", Malformed),
        ("FREQ=WEEKLY;BYDAY=MO,", Malformed),
        ("FREQ=WEEKLY;BYDAY=2MO", Malformed),
        ("FREQ=WEEKLY;BYDAY=é", Malformed),
        ("FREQ=WEEKLY;BYMONTHDAY=3", Malformed),
        ("FREQ=MONTHLY;BYMONTHDAY=32", Malformed),
        ("FREQ=MONTHLY;BYWEEKNO=3", Malformed),
        ("FREQ=MONTHLY;BYYEARDAY=3", Malformed),
        ("FREQ=MONTHLY;BYSETPOS=1", Malformed),
        ("FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", Malformed),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", Never),
        ("FREQ=DAILY;BYMONTH=4,6,9,11;BYMONTHDAY=31", Never),
        ("FREQ=YEARLY;BYYEARDAY=1;BYMONTH=2", Never),
        ("FREQ=YEARLY;BYMONTH=6;BYWEEKNO=1", Never),
        ("FREQ=MONTHLY;BYDAY=6MO", Never),
        ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3", Never),
        ("FREQ=SECONDLY", TooOften),
        ("FREQ=YEARLY;BYEASTER=1", Unsupported),
        ("FREQ=YEARLY;X-SALT=1", Unsupported),
        ("RSCALE=HEBREW;FREQ=YEARLY", Unsupported),
    ] {
        assert_eq!(Recurrence::parse(text), Err(problem), "{text}");
    }
    let minutes: Vec<_> = (0..60).map(|n| n.to_string()).collect();
    let minutes = minutes.join(",");
    let dense = format!("FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE={minutes}");
    assert_eq!(Recurrence::parse(&dense), Err(TooOften));
    let long = format!("FREQ=DAILY;BYMINUTE={minutes};BYSECOND={minutes};BYDAY=MO,{minutes}");
    assert_eq!(Recurrence::parse(&long), Err(TooLong));
    for text in ["FREQ=HOURLY", "FREQ=DAILY;BYHOUR=9", "FREQ=DAILY;BYMINUTE=9"] {
        assert_eq!(Recurrence::of_days(text), Err(TooOften), "{text}");
    }
}

#[test]
fn rules_are_stored_in_upper_case() {
    let rule = rule(" rrule:freq=weekly;Byday=mo,we; ");
    assert_eq!(rule.as_str(), "FREQ=WEEKLY;BYDAY=MO,WE");
    assert_eq!(Recurrence::parse(rule.as_str()), Ok(rule));
}

#[test]
fn rules_of_days_give_the_days_in_a_half_open_range() {
    // 2026-11-25 is a Wednesday.
    let found = |text, from, until| {
        Recurrence::of_days(text).expect(text).days(day("20261125"), day(from), day(until))
    };
    let mondays = found("FREQ=WEEKLY;BYDAY=MO", "20261101", "20261215");
    assert_eq!(mondays, days("2026 Nov 30, Dec 7 14"));
    let every_other = found("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "20261101", "20270101");
    assert_eq!(every_other, days("2026 Nov 26, Dec 7 10 21 24"));
    let three = found("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "20261201", "20270101");
    assert_eq!(three, days("2026 Dec 7 14"), "the first was in November");
    let to_the_day = found("FREQ=WEEKLY;UNTIL=20261209", "20261101", "20270101");
    assert_eq!(to_the_day, days("2026 Nov 25, Dec 2 9"));
    assert_eq!(found("FREQ=WEEKLY;UNTIL=20261124", "20261101", "20270101"), []);
    assert_eq!(found("FREQ=DAILY", "20261201", "20261201"), [], "half-open");
    assert_eq!(found("FREQ=DAILY", "20261202", "20261201"), [], "backwards");
}

#[test]
fn the_start_of_an_event_is_always_its_first_occurrence() {
    // The start is a Thursday, and the rule names Mondays.
    let found = all("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "20261126T090000", 10);
    let expected = ["20261126T090000", "20261130T090000", "20261207T090000"].map(at);
    assert_eq!(found, expected);
    let none = all("FREQ=DAILY;UNTIL=20261125T120000", "20261126T090000", 10);
    assert_eq!(none, [], "it ended before it began");
    let one = all("FREQ=DAILY;UNTIL=20261126T090000", "20261126T090000", 10);
    assert_eq!(one.len(), 1, "UNTIL is inclusive");
}

#[test]
fn until_in_utc_is_an_instant() {
    // Kolkata is 5:30 ahead: 09:00 on 1 December is 03:30Z.
    let instant = |at: NaiveDateTime| (at - Duration::minutes(330)).and_utc();
    let count = |until: &str| {
        let rule = rule(&format!("FREQ=DAILY;UNTIL={until}"));
        let start = at("20261126T090000");
        let until = start + Duration::days(90);
        rule.occurrences_by(start, start, until, 99, &mut 9999, &instant).at.len()
    };
    assert_eq!(count("20261201T033000Z"), 6);
    assert_eq!(count("20261201T032959Z"), 5);
    assert_eq!(count("20261201T032959"), 5);
    assert_eq!(count("20261201"), 6);
}

#[test]
fn ambiguous_rules_follow_the_standard() {
    assert_eq!(
        all("FREQ=YEARLY;COUNT=3", "20240229T080000", 9),
        ["20240229T080000", "20280229T080000", "20320229T080000"].map(at),
        "a birthday on 29 February is not moved"
    );
    let last = all("FREQ=MONTHLY;COUNT=4", "20270131T080000", 9);
    let expected = ["20270131", "20270331", "20270531", "20270731"];
    assert_eq!(last, expected.map(|day| at(&format!("{day}T080000"))));
    let weekdays = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=4";
    let last: Vec<_> = all(weekdays, "20270129T080000", 9).iter().map(|at| at.date()).collect();
    assert_eq!(last, days("2027 Jan 29, Feb 26, Mar 31, Apr 30"));
    // With only a week number, occurrences are on the weekday of the start.
    let week = all("FREQ=YEARLY;BYWEEKNO=20;COUNT=3", "20270519T080000", 9);
    assert_eq!(
        week.iter().map(|at| at.date()).collect::<Vec<_>>(),
        [day("20270519"), day("20280517"), day("20290516")]
    );
    // The first week of 2026 begins in 2025 and belongs to 2026.
    let first = all("FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO;COUNT=3", "20240101T080000", 9);
    assert_eq!(
        first.iter().map(|at| at.date()).collect::<Vec<_>>(),
        [day("20240101"), day("20251229"), day("20280103")]
    );
    // BYSETPOS counts from the first day of the week, also in the first week.
    let second = all("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=2", "20261125T080000", 9);
    assert_eq!(second.iter().map(|at| at.date()).collect::<Vec<_>>(), days("2026 Nov 25, Dec 2"));
}

#[test]
fn rules_without_any_later_occurrence_end() {
    let monday = day("20261123");
    assert!(!rule("FREQ=DAILY;INTERVAL=7;BYDAY=TU").happens_from(monday));
    assert!(!rule("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29").happens_from(monday));
    assert!(!rule("FREQ=MONTHLY;INTERVAL=12;BYMONTH=2").happens_from(monday));
    assert!(!rule("FREQ=DAILY;UNTIL=20261122").happens_from(monday));
    assert!(rule("FREQ=DAILY;UNTIL=20261123").happens_from(monday));
    assert!(rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU").happens_from(monday));
}

#[test]
fn reaching_a_limit_is_reported() {
    let start = at("20200101T090000");
    let until = start + Duration::days(365);
    let found = rule("FREQ=DAILY").occurrences(start, start, until, 3);
    assert_eq!((found.at.len(), found.cut), (3, true));
    let found = rule("FREQ=DAILY;COUNT=3").occurrences(start, start, until, 3);
    assert_eq!((found.at.len(), found.cut), (3, false));
    let instant = |at: NaiveDateTime| at.and_utc();
    let mut budget = 10;
    let found = rule("FREQ=DAILY").occurrences_by(start, start, until, 99, &mut budget, &instant);
    assert!(found.cut && budget == 0 && found.at.len() < 10);
}
