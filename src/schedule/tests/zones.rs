//! Every time zone, on every day until the end of 2037 on which its clocks change.

use std::collections::HashSet;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use uuid::Uuid;

use crate::ids::LocationId;
use crate::recurrence::Recurrence;
use crate::schedule::wall_time::{day_start, edge, offset_seconds};
use crate::schedule::{Away, Cell, Rule, Schedule, Zones, expand};
use crate::visit::Mode;
use crate::zone::{self, Zone};

const PLACE: LocationId = LocationId(Uuid::from_u128(1));

fn date(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).expect("a date")
}

fn daily(starts: u32, ends: u32, slot_minutes: u16) -> Rule {
    let time = |hour| NaiveTime::from_hms_opt(hour % 24, 0, 0).expect("a time");
    Rule {
        location: PLACE,
        mode: Mode::InPerson,
        repeats: Some(Recurrence::of_days("FREQ=DAILY").expect("a rule")),
        from: date(2026, 1, 1),
        until: None,
        starts: time(starts),
        ends: time(ends),
        slot_minutes,
        buffer_before: 0,
        buffer_after: 0,
        capacity: 1,
        notice_minutes: 0,
        window_days: None,
    }
}

fn lay_out(rules: Vec<Rule>, zone: Zone, from: NaiveDate, until: NaiveDate) -> Vec<Cell> {
    let schedule = Schedule { rules, time_off: Vec::new() };
    let away = Away { holidays: &HashSet::new(), busy: &[] };
    expand(&schedule, &Zones::from([(PLACE, zone)]), away, from, until)
}

/// The dates on which the clocks of a zone change between 2026 and 2037, with how many seconds
/// they are put forward.
fn changes(zone: Zone) -> Vec<(NaiveDate, i64)> {
    let mut found = Vec::new();
    let mut at = Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).single().expect("a time");
    let end = Utc.with_ymd_and_hms(2038, 1, 1, 0, 0, 0).single().expect("a time");
    let mut before = offset_seconds(zone, at);
    while at < end {
        let next = at + Duration::days(1);
        let after = offset_seconds(zone, next);
        if after != before {
            let (mut low, mut high) = (at, next);
            while high - low > Duration::seconds(1) {
                let middle = low + (high - low) / 2;
                let is_after = offset_seconds(zone, middle) == after;
                if is_after { high = middle } else { low = middle }
            }
            found.push((low.with_timezone(&zone).date_naive(), i64::from(after - before)));
        }
        before = after;
        at = next;
    }
    found
}

/// The properties, on three days around a change: nothing lost, doubled, overlapping or an hour off.
fn check(zone: Zone, changed: NaiveDate, forward: i64) {
    let (from, until) = (changed - Duration::days(1), changed + Duration::days(2));
    let named = |what: &str| format!("{zone} {changed} ({forward} s): {what}");

    // Around the clock: every working minute is in exactly one time, as long as every other.
    let cells = lay_out(vec![daily(0, 24, 15)], zone, from, until);
    let (first, last) = (&cells[0], &cells[cells.len() - 1]);
    assert_eq!(first.starts_at, day_start(zone, from), "{}", named("starts with the day"));
    assert_eq!(last.ends_at, day_start(zone, until), "{}", named("ends with the day"));
    for pair in cells.windows(2) {
        assert_eq!(pair[0].ends_at, pair[1].starts_at, "{}", named("no gap, no overlap"));
    }
    for cell in &cells {
        assert_eq!(cell.ends_at - cell.starts_at, Duration::minutes(15), "{}", named("length"));
        let local = cell.starts_at.with_timezone(&zone).date_naive();
        assert_eq!(local, cell.date, "{}", named("on its date"));
        assert_eq!(cell.utc_offset, offset_seconds(zone, cell.starts_at), "{}", named("offset"));
    }
    let seconds = (last.ends_at - first.starts_at).num_seconds();
    assert_eq!(seconds, 3 * 86_400 - forward, "{}", named("as long as the days are"));

    // The day cut into shifts gives the very same times: neighbours neither overlap nor leave a gap.
    let shifts = [0, 1, 2, 3, 4, 23].windows(2).map(|hours| daily(hours[0], hours[1], 15));
    let shifts: Vec<Rule> = shifts.chain([daily(23, 24, 15)]).collect();
    let cut = lay_out(shifts, zone, from, until);
    let starts = |cells: &[Cell]| cells.iter().map(|cell| cell.starts_at).collect::<Vec<_>>();
    assert!(starts(&cut) == starts(&cells), "{}", named("in shifts"));

    // Ordinary hours start when the wall says so, unless that time is skipped.
    for hour in [0, 1, 2, 3, 9, 22] {
        for cell in lay_out(vec![daily(hour, hour + 1, 30)], zone, from, until) {
            let wanted = cell.date.and_hms_opt(hour, 0, 0).expect("a time");
            let end = wanted + Duration::hours(1);
            assert!(cell.starts_at >= edge(zone, wanted), "{}", named("not before the hours"));
            assert!(cell.ends_at <= edge(zone, end), "{}", named("not after the hours"));
            let local = cell.starts_at.with_timezone(&zone).naive_local();
            let twice = forward < 0;
            assert!(twice || (wanted..end).contains(&local), "{}", named("an hour off"));
        }
    }
}

#[test]
fn no_clock_change_until_2037_loses_or_doubles_a_time() {
    let mut zones_that_change = 0;
    let mut seen = 0;
    for zone in zone::all().iter().copied() {
        let changes = changes(zone);
        zones_that_change += usize::from(!changes.is_empty());
        for (date, forward) in changes {
            check(zone, date, forward);
            seen += 1;
        }
    }
    assert!(zones_that_change > 150 && seen > 3000, "{zones_that_change} zones, {seen} changes");
}

/// What the written rule means, in places where it matters.
#[test]
fn known_clock_changes_are_right() {
    let starts = |zone: Zone, date: NaiveDate, from, until| -> Vec<String> {
        let cells = lay_out(vec![daily(from, until, 60)], zone, date, date + Duration::days(1));
        let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%H:%M%:z").to_string();
        cells.iter().map(|cell| local(cell.starts_at)).collect()
    };
    // Berlin, forward at 02:00: the hour that does not exist has no times.
    assert_eq!(
        starts(Zone::named("Europe/Berlin"), date(2027, 3, 28), 1, 5),
        ["01:00+01:00", "03:00+02:00", "04:00+02:00"]
    );
    assert!(starts(Zone::named("Europe/Berlin"), date(2027, 3, 28), 2, 3).is_empty());
    // Berlin, back at 03:00: the night is an hour longer, and so is the work.
    assert_eq!(
        starts(Zone::named("Europe/Berlin"), date(2026, 10, 25), 1, 4),
        ["01:00+02:00", "02:00+02:00", "02:00+01:00", "03:00+01:00"]
    );
    // Santiago, forward at midnight: the day begins at one.
    assert_eq!(
        starts(Zone::named("America/Santiago"), date(2027, 9, 5), 0, 3),
        ["01:00-03:00", "02:00-03:00"]
    );
    // Lord Howe, half an hour.
    assert_eq!(
        starts(Zone::named("Australia/Lord_Howe"), date(2026, 10, 4), 1, 4),
        ["01:00+10:30", "02:30+11:00"]
    );
    // Panjim never changes.
    assert_eq!(
        starts(Zone::named("Asia/Kolkata"), date(2027, 3, 28), 10, 12),
        ["10:00+05:30", "11:00+05:30"]
    );
}
