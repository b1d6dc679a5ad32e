use nadi::ids::LocationId;
use nadi::zone::Zone;
use uuid::Uuid;

use super::*;

fn today() -> NaiveDate {
    parse_date("2026-11-23").expect("a Monday")
}

fn zones() -> Zones {
    Zones::from([(LocationId(Uuid::from_u128(7)), Zone::named("Asia/Kolkata"))])
}

fn line(days: &str, starts_at: &str, ends_at: &str) -> TypedRule {
    let fresh = TypedRule::fresh(Uuid::from_u128(7).to_string(), today());
    let mut line = TypedRule { starts_at: starts_at.into(), ends_at: ends_at.into(), ..fresh };
    for (field, (_, name)) in line.days_mut().into_iter().zip(super::super::repeats::WEEKDAYS) {
        if days.contains(name) {
            "yes".clone_into(field);
        }
    }
    line
}

fn read_all(lines: &[TypedRule]) -> Result<Schedule, Vec<LineProblem>> {
    read(lines, &Schedule::default(), &zones(), today())
}

#[test]
fn cleared_and_ticked_lines_are_removed() {
    let ticked = TypedRule { remove: "yes".into(), ..line("MO", "x", "") };
    let lines = [line("MO WE", "09:00", "00:00"), line("", " ", ""), ticked];
    let schedule = read_all(&lines).expect("one line");
    assert_eq!(schedule.rules.len(), 1);
    assert_eq!(schedule.rules[0].ends, NaiveTime::MIN, "midnight is the end of the day");
    assert_eq!(TypedRule::of_all(&schedule.rules), lines[..1]);
}

#[test]
fn a_line_is_shown_again_as_typed() {
    let typed = TypedRule {
        repeats: "last".into(),
        effective_from: "2026-12-01".into(),
        effective_until: "2027-03-31".into(),
        seat_capacity: "3".into(),
        buffer_before: "5".into(),
        buffer_after: "10".into(),
        notice: "240".into(),
        window: "30".into(),
        mode: "video".into(),
        ..line("TU FR", "14:00", "18:00")
    };
    let by_rule = TypedRule {
        repeats: "rule".into(),
        rule: "FREQ=MONTHLY;BYMONTHDAY=13".into(),
        ..line("", "20:00", "21:00")
    };
    let schedule = read_all(&[typed.clone(), by_rule.clone()]).expect("two lines");
    let last = parse_date("2027-04-01");
    assert_eq!(schedule.rules[0].until, last, "the last day is included");
    assert_eq!(TypedRule::of_all(&schedule.rules), [typed.clone(), by_rule]);
    assert!(!typed.is_plain(today()) && line("MO", "9:00", "10:00").is_plain(today()));
}

#[test]
fn rules_that_differ_only_in_their_days_are_one_line() {
    let lines = [
        line("MO", "09:00", "12:00"),
        line("WE", "09:00", "12:00"),
        line("MO", "14:00", "17:00"),
        line("FR", "09:00", "12:00"),
    ];
    let schedule = read_all(&lines).expect("four lines");
    let joined = TypedRule::of_all(&schedule.rules);
    assert_eq!(joined, [line("MO WE FR", "09:00", "12:00"), lines[2].clone()]);
}

#[test]
fn problems_name_their_line() {
    let lines = [
        line("MO", "09:00", "12:00"),
        line("", "9", "08:00"),
        TypedRule { notice: "soon".into(), ..line("TU", "10:00", "11:00") },
        line("WE", "10:00", "09:00"),
        TypedRule { effective_until: "2026-11-01".into(), ..line("TH", "10:00", "11:00") },
    ];
    let notice = Problem::OutOfRange { min: 0, max: NOTICE_MINUTES_MAX.into() };
    assert_eq!(
        read_all(&lines),
        Err(vec![
            LineProblem::new(1, Field::Weekday, Problem::Missing),
            LineProblem::new(1, Field::StartsAt, Problem::Malformed),
            LineProblem::new(2, Field::Notice, notice),
            LineProblem::new(3, Field::EndsAt, Problem::EndsBeforeStart),
            LineProblem::new(4, Field::EffectiveUntil, Problem::EndsBeforeStart),
        ])
    );
    assert!(read_all(&vec![TypedRule::default(); LINES_MAX + 1]).is_err());
}

#[test]
fn an_overlap_names_both_lines_and_the_day() {
    let monthly = TypedRule { repeats: "first".into(), ..line("TU", "11:40", "13:00") };
    let lines = [line("", "", ""), line("TU", "09:00", "12:00"), monthly];
    let found = read_all(&lines).expect_err("they overlap");
    let date = parse_date("2026-12-01").expect("the first Tuesday");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].meets), (2, Some((Other::Line(1), date))));
}

#[test]
fn single_days_and_time_off_are_kept() {
    let single = Rule {
        repeats: None,
        ..read_line(&line("TU", "09:00", "12:00"), today()).expect("a rule")
    };
    let single = Rule { from: parse_date("2026-11-28").expect("a Saturday"), ..single };
    let base = Schedule { rules: vec![single.clone()], time_off: Vec::new() };
    let read_with = |lines: &[TypedRule]| read(lines, &base, &zones(), today());
    let schedule = read_with(&[line("MO", "09:00", "12:00")]).expect("hours and a day");
    assert_eq!(schedule.rules.len(), 2);
    assert_eq!(schedule.rules[1], single);
    let found = read_with(&[line("MO SA", "10:00", "11:00")]).expect_err("on that Saturday");
    assert_eq!((found[0].line, found[0].meets), (0, Some((Other::SingleDay, single.from))));
}

/// The form as a browser sends it: brackets percent-encoded, unticked boxes and disabled lines left out.
#[test]
fn a_form_without_scripts_is_read_completely() {
    use std::task::{Context, Poll, Waker};

    use axum::body::Body;
    use axum::http::Request;
    use leptos::server_fn::codec::{FromReq, PostUrl};

    use crate::error::FormFailure;
    use crate::fns::schedules::ProposeHours;

    let body = "doctor=7&own=true&version=3\
        &lines%5B0%5D%5Bmo%5D=yes&lines%5B0%5D%5Bstarts_at%5D=09%3A00\
        &lines%5B12%5D%5Brepeats%5D=1&lines%5B12%5D%5Bremove%5D=yes\
        &lines%5B2%5D%5Brepeats%5D=last&lines%5B2%5D%5Blocation%5D=b+c";
    let request = Request::post("/fn/propose_hours")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .expect("a request");
    let arriving = <ProposeHours as FromReq<PostUrl, _, FormFailure>>::from_req(request);
    let mut arriving = std::pin::pin!(arriving);
    let polled = arriving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Ok(form)) = polled else { panic!("not read") };
    assert_eq!((form.doctor.as_str(), form.own, form.version.as_str()), ("7", true, "3"));
    let repeats: Vec<_> = form.lines.iter().map(|line| line.repeats.as_str()).collect();
    assert_eq!(repeats, ["", "last", "1"], "in the order of their numbers");
    assert_eq!((form.lines[0].mo.as_str(), form.lines[0].starts_at.as_str()), ("yes", "09:00"));
    assert_eq!(form.lines[1].location, "b c");
    assert_eq!(form.lines[2].remove, "yes");
}
