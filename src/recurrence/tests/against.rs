//! Comparison with the `rrule` crate and with an expansion from the start of the series, and random input.

use std::time::{Duration as Elapsed, Instant};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

use super::*;

/// The occurrences that the crate finds. `None` if it refuses the rule.
fn by_the_crate(
    text: &str,
    start: NaiveDateTime,
    until: NaiveDateTime,
) -> Option<Vec<NaiveDateTime>> {
    let rule: RRule<Unvalidated> = text.parse().ok()?;
    let start = start.and_utc().with_timezone(&Tz::UTC);
    let until = until.and_utc().with_timezone(&Tz::UTC);
    let set: RRuleSet = rule.build(start).ok()?;
    // The end of the crate's range is inclusive.
    let dates = set.before(until).all(5000).dates;
    Some(dates.iter().filter(|at| **at < until).map(|at| at.naive_utc()).collect())
}

fn list<T: std::fmt::Display>(name: &str, items: &[T]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    format!(";{name}={}", items.join(","))
}

const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

prop_compose! {
    fn rules()(
        frequency in select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval in select(vec![1, 1, 1, 2, 3, 5, 7]),
        months in subsequence((1..=12).collect::<Vec<_>>(), 0..4),
        weekdays in subsequence(DAYS.to_vec(), 0..5),
        nth in select(vec!["", "", "", "1", "2", "-1", "-2", "5"]),
        month_days in subsequence(vec![1, 13, 28, 29, 30, 31, -1, -2, -31], 0..4),
        year_days in subsequence(vec![1, 59, 60, 100, 200, 365, 366, -1, -365, -366], 0..3),
        week_numbers in subsequence(vec![1, 2, 20, 52, 53, -1, -2], 0..3),
        extra in 0..6,
        week_start in select(DAYS.to_vec()),
        positions in subsequence(vec![1, 2, 3, -1, -2], 0..3),
        with_positions in 0..3,
    ) -> String {
        let mut text = format!("FREQ={frequency};INTERVAL={interval};WKST={week_start}");
        let counted = matches!(frequency, "MONTHLY" | "YEARLY") && extra != 1;
        let weekdays: Vec<_> =
            weekdays.iter().map(|day| format!("{}{day}", if counted { nth } else { "" })).collect();
        text += &list("BYMONTH", &months);
        text += &list("BYDAY", &weekdays);
        let mut chosen = !(months.is_empty() && weekdays.is_empty());
        match (frequency, extra) {
            ("YEARLY", 0) => {
                text += &list("BYYEARDAY", &year_days);
                chosen |= !year_days.is_empty();
            }
            ("YEARLY", 1) => {
                text += &list("BYWEEKNO", &week_numbers);
                chosen |= !week_numbers.is_empty();
            }
            ("WEEKLY", _) => {}
            (_, 2 | 3) => {
                text += &list("BYMONTHDAY", &month_days);
                chosen |= !month_days.is_empty();
            }
            _ => {}
        }
        if chosen && with_positions == 0 {
            text += &list("BYSETPOS", &positions);
        }
        text
    }
}

/// Rules that the crate interprets differently from us. Ours is the intended reading of the standard.
fn disputed(text: &str) -> bool {
    let has = |part| text.contains(part);
    if has("BYWEEKNO") {
        // For a week number without a weekday it takes all seven days,
        return !has("BYDAY")
            // loses the days of a year's last week after New Year when weeks do not begin on Monday,
            || !has("WKST=MO")
            // and counts the days of a week over New Year to two different years.
            || !has("INTERVAL=1")
            || has("BYSETPOS");
    }
    // With BYSETPOS, it counts the first week from the start instead of from its first day.
    has("WEEKLY") && has("BYSETPOS")
}

fn start() -> impl Strategy<Value = NaiveDateTime> {
    (0i64..20_000, 0i64..1440).prop_map(|(days, minutes)| {
        at("19900101T000000") + Duration::minutes(days * 1440 + minutes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn occurrences_agree_with_the_rrule_crate(text in rules(), start in start(), end in 0..3) {
        prop_assume!(!disputed(&text));
        let text = match end {
            0 => format!("{text};COUNT=7"),
            1 => format!("{text};UNTIL={}", (start + Duration::days(500)).format("%Y%m%dT%H%M%SZ")),
            _ => text,
        };
        let until = start + Duration::days(366 * 6);
        let ours = match Recurrence::parse(&text) {
            Ok(rule) => rule.fitting(start, start..until, 5000).at,
            Err(RecurrenceProblem::Never) => Vec::new(),
            Err(problem) => return Err(TestCaseError::fail(format!("{text}: {problem}"))),
        };
        if let Some(theirs) = by_the_crate(&text, start, until) {
            prop_assert_eq!(ours, theirs, "{}", text);
        }
    }

    #[test]
    fn a_later_range_has_the_same_occurrences(
        text in rules(),
        fine in select(vec!["", "", ";BYHOUR=0,23", ";BYMINUTE=59", "H", "M"]),
        start in start(),
        skipped in 0i64..4000,
        length in 1i64..200,
    ) {
        let text = match fine {
            "H" => format!("FREQ=HOURLY;INTERVAL={};BYMONTH=2,3,5", skipped % 50 + 1),
            "M" => format!("FREQ=MINUTELY;INTERVAL={};BYDAY=MO;BYHOUR=3", skipped % 3000 + 60),
            fine => text + fine,
        };
        let Ok(rule) = Recurrence::parse(&text) else { return Ok(()) };
        let from = start + Duration::days(skipped);
        let until = from + Duration::days(length);
        let mut whole = rule.fitting(start, start..until, usize::MAX);
        prop_assume!(!whole.cut);
        whole.at.retain(|at| *at >= from);
        let part = rule.fitting(start, from..until, usize::MAX);
        prop_assert_eq!(part, whole, "{}", text);
    }

    #[test]
    fn random_rules_neither_panic_nor_take_long(
        text in "\\PC{0,60}|(rrule:)?(FREQ|INTERVAL|COUNT|UNTIL|BYDAY|BYMONTH|BYSETPOS)[=;,0-9A-Z-]{0,40}",
        near in rules(),
        count in any::<u32>(),
        cut in 0usize..200,
        put in "[-,;=0-9A-Z é]{0,3}",
        start in any::<i32>(),
        length in any::<i32>(),
    ) {
        let begun = Instant::now();
        let mut near = format!("{near};COUNT={count}");
        if let Some((head, tail)) = near.split_at_checked(cut) {
            near = format!("{head}{put}{tail}");
        }
        let start = at("20000101T120000") + Duration::minutes(start.into());
        let until = start + Duration::minutes(length.into());
        for text in [text, near] {
            if let Ok(rule) = Recurrence::parse(&text) {
                prop_assert!(rule.occurrences(start, start, until, 1000).at.len() <= 1000);
                rule.days(start.date(), start.date(), until.date());
                rule.happens_from(start.date());
            }
        }
        prop_assert!(begun.elapsed() < Elapsed::from_secs(5));
    }
}

#[test]
fn the_first_and_last_years_do_not_panic() {
    let (min, max) = (NaiveDateTime::MIN, NaiveDateTime::MAX);
    for text in [
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYWEEKNO=1",
        "FREQ=MONTHLY",
        "FREQ=WEEKLY;WKST=TH",
        "FREQ=DAILY",
        "FREQ=HOURLY;BYMONTH=2",
        "FREQ=MINUTELY",
    ] {
        let rule = rule(text);
        for start in [min, at("20270101T000000"), max] {
            rule.occurrences(start, min, max, 1000);
            rule.occurrences(start, max - Duration::days(3), max, 1000);
            rule.happens_from(start.date());
        }
    }
}

/// 90 days of a weekly rule from five years ago: well under a tenth of a millisecond.
#[test]
fn an_old_weekly_rule_is_expanded_quickly() {
    let rule = rule("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR");
    let (start, from, until) = (day("20211123"), day("20261121"), day("20270219"));
    let quickest = (0..50)
        .map(|_| {
            let begun = Instant::now();
            assert_eq!(rule.days(start, from, until).len(), 18);
            begun.elapsed()
        })
        .min();
    // The limit allows for an unoptimized build on a busy machine.
    assert!(quickest < Some(Elapsed::from_micros(500)), "{quickest:?}");
    println!("{quickest:?}");
}
