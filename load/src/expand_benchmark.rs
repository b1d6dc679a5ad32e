//! Measures how long `nadi::schedule::expand` takes for one doctor's schedule, without a database.

use std::collections::HashSet;
use std::time::Instant;

use anyhow::{Context, Result};
use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use nadi::ids::LocationId;
use nadi::recurrence::Recurrence;
use nadi::schedule::{Away, Rule, Schedule, TimeOff, Zones, expand};
use nadi::visit::Mode;
use uuid::Uuid;

/// Expands a busy doctor's schedule (two cities, eight rules that began years ago, some time off) `rounds`
/// times. Prints the median and the slowest round as JSON, in microseconds.
pub fn run(rounds: usize, days: u64) -> Result<()> {
    let (here, there) = (LocationId(Uuid::from_u128(1)), LocationId(Uuid::from_u128(2)));
    let zones = Zones::from([
        (here, nadi::formatting::zone("Europe/Berlin").context("a zone")?),
        (there, nadi::formatting::zone("Asia/Kolkata").context("a zone")?),
    ]);
    let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).context("a date");
    let began = date(2019, 1, 7)?;
    let rule = |text: &str, location, starts: u32, ends: u32| -> Result<Rule> {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).context("a time");
        Ok(Rule {
            location,
            mode: Mode::InPerson,
            repeats: Some(Recurrence::of_days(text)?),
            from: began,
            until: None,
            starts: time(starts)?,
            ends: time(ends)?,
            slot_minutes: 10,
            buffer_before: 0,
            buffer_after: 5,
            capacity: 1,
            notice_minutes: 60,
            window_days: Some(60),
        })
    };
    let schedule = Schedule {
        rules: vec![
            rule("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", here, 9, 12)?,
            rule("FREQ=WEEKLY;BYDAY=MO,WE", here, 14, 18)?,
            rule("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", here, 14, 18)?,
            rule("FREQ=MONTHLY;BYDAY=1SA,3SA", here, 9, 13)?,
            rule("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", here, 19, 21)?,
            rule("FREQ=MONTHLY;BYMONTHDAY=15", here, 13, 14)?,
            rule("FREQ=WEEKLY;BYDAY=SU", there, 9, 12)?,
            rule("FREQ=YEARLY;BYMONTH=1,2,3;BYDAY=SU", there, 13, 14)?,
        ],
        time_off: (0..6)
            .map(|n| {
                let day = began + Days::new(2_900 + n * 40);
                let at = |day: NaiveDate| -> NaiveDateTime { day.and_time(NaiveTime::MIN) };
                TimeOff { starts: at(day), ends: at(day + Days::new(7)), note: String::new() }
            })
            .collect(),
    };
    let away = Away { holidays: &HashSet::new(), busy: &[] };
    let from = date(2026, 11, 21)?;
    let mut times = 0;
    let mut elapsed: Vec<u128> = Vec::with_capacity(rounds);
    for _ in 0..rounds.max(1) {
        let started = Instant::now();
        times = expand(&schedule, &zones, away, from, from + Days::new(days)).len();
        elapsed.push(started.elapsed().as_micros());
    }
    elapsed.sort_unstable();
    let (median, slowest) = (elapsed[elapsed.len() / 2], elapsed[elapsed.len() - 1]);
    println!("{{\"times\":{times},\"median_us\":{median},\"slowest_us\":{slowest}}}");
    Ok(())
}
