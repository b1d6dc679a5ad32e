//! Files in the dialects of the usual products, generated here and read by us and by other parsers.
//!
//! `calcard` reads them here. With `NADI_CALENDAR_FILES` they are written to that folder, with what we read in them, for
//! `end2end/support/calendar-files.mjs`, which reads them with ical.js: `cargo xtask test` does both.

mod plan;
mod spelling;
mod zones;

use calcard::icalendar::{ICalendar, ICalendarProperty, ICalendarValue};

use super::*;
use plan::{Plan, Random};
use spelling::{Dialect, Spelling};

/// How many files are made in each dialect.
const FILES_EACH: u64 = 18;
const FROM: &str = "20261101T000000Z";
const UNTIL: &str = "20271101T000000Z";

/// A file, and the same calendar in plain RFC 5545 for parsers that do not know the dialect.
struct Sample {
    name: String,
    file: String,
    foreign: String,
    /// The calendar without what calcard is known to read differently.
    calcard: String,
}

fn samples() -> Vec<Sample> {
    let numbers = |dialect: Dialect| (0..FILES_EACH).map(move |number| (dialect, number));
    let of = |(dialect, number): (Dialect, u64)| {
        let plan = Plan::random(&mut Random::new(number * 31 + dialect as u64), dialect.can());
        let file = Spelling::of(dialect).file(&plan);
        let known = if dialect.is_known_to_all() { dialect } else { Dialect::Google };
        let foreign = Spelling::of(known).file(&plan);
        // calcard 0.3 compares an UNTIL in UTC with wall times: east of Greenwich the last occurrence is missing (RFC 5545,
        // 3.3.10: the last occurrence is the one at that instant).
        let calcard = Spelling::of(known).file(&plan.counted());
        Sample { name: format!("{dialect:?}-{number}"), file, foreign, calcard }
    };
    Dialect::ALL.into_iter().flat_map(numbers).map(of).collect()
}

fn ours(file: &str) -> Vec<BusyTime> {
    read_in(file, UTC, FROM, UNTIL).expect(file).times
}

/// The busy times that calcard finds. It lists all events, so those that do not block are left out here.
fn by_calcard(file: &str) -> Vec<BusyTime> {
    let calendar = ICalendar::parse(file).expect(file);
    let found = calendar.expand_dates(chrono_tz::UTC, 10_000);
    assert!(found.errors.is_empty(), "{:?} in {file}", found.errors);
    let (from, until) = (at(FROM), at(UNTIL));
    let moment = |seconds| DateTime::from_timestamp(seconds, 0).expect("a moment");
    let mut times: Vec<BusyTime> = found
        .events
        .iter()
        .filter(|event| {
            let component = &calendar.components[event.comp_id as usize];
            let is = |name: &ICalendarProperty, word: &str| {
                component.properties(name).any(|entry| {
                    entry.values.iter().any(|value| match value {
                        ICalendarValue::Text(text) => text.eq_ignore_ascii_case(word),
                        other => format!("{other:?}").to_ascii_uppercase().contains(word),
                    })
                })
            };
            !is(&ICalendarProperty::Transp, "TRANSPARENT")
                && !is(&ICalendarProperty::Status, "CANCELLED")
        })
        .map(|event| event.timestamps())
        .map(|(start, end)| BusyTime {
            starts_at: moment(start).max(from),
            ends_at: moment(end).min(until),
        })
        .filter(|time| time.starts_at < time.ends_at)
        .collect();
    times.sort_by_key(|time| (time.starts_at, time.ends_at));
    let mut merged: Vec<BusyTime> = Vec::new();
    for time in times {
        match merged.last_mut() {
            Some(last) if time.starts_at <= last.ends_at => {
                last.ends_at = last.ends_at.max(time.ends_at);
            }
            _ => merged.push(time),
        }
    }
    merged
}

/// The difference between the two readings, for printing.
fn difference(ours: &[BusyTime], theirs: &[BusyTime]) -> Option<String> {
    let (ours, theirs) = (shown(ours), shown(theirs));
    let only = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().filter(|time| !b.contains(time)).take(3).cloned().collect()
    };
    let (more, less) = (only(&ours, &theirs), only(&theirs, &ours));
    (ours != theirs).then(|| format!("only ours: {more:?}, only theirs: {less:?}"))
}

#[test]
fn other_parsers_agree() {
    let samples = samples();
    assert!(samples.len() >= 200, "{}", samples.len());
    let mut wrong = Vec::new();
    let mut times = 0;
    for sample in &samples {
        let found = ours(&sample.file);
        times += found.len();
        if let Some(why) = difference(&found, &by_calcard(&sample.calcard)) {
            wrong.push(format!("{}: {why}\n{}", sample.name, sample.file));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), samples.len(), wrong[0]);
    assert!(times > 5 * samples.len(), "something was compared: {times}");
    if let Some(folder) = std::env::var_os("NADI_CALENDAR_FILES") {
        let folder = std::path::PathBuf::from(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        for sample in &samples {
            let times = shown(&ours(&sample.file)).join("\n");
            let write = |ending: &str, text: &str| {
                std::fs::write(folder.join(format!("{}.{ending}", sample.name)), text)
                    .expect("written");
            };
            write("ics", &sample.foreign);
            write("busy", &times);
        }
    }
}

/// A parser that is wrong by an hour at one place would be noticed.
#[test]
fn a_deviation_of_an_hour_is_noticed() {
    let mut noticed = 0;
    for sample in samples() {
        let Some(place) = sample.calcard.find("T100000") else { continue };
        let mut planted = sample.calcard.clone();
        planted.replace_range(place..place + 7, "T050000");
        let found = ours(&sample.file);
        noticed += usize::from(difference(&found, &by_calcard(&planted)).is_some());
    }
    assert!(noticed > 20, "{noticed}");
}
