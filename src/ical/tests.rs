use chrono::{DateTime, Utc};

use super::*;
use crate::recurrence::{RecurrenceProblem, moment};
use crate::zone::Zone;

mod cases;
mod changes;
mod days;
mod definitions;
mod dialects;
mod edges;
mod far;
mod hostile;
mod legacy;
mod lenient;
mod names;
mod products;
mod remarks;
mod times;
mod written;

const UTC: Zone = Zone::UTC;

fn kolkata() -> Zone {
    Zone::named("Asia/Kolkata")
}

fn at(text: &str) -> DateTime<Utc> {
    moment(text.strip_suffix('Z').expect(text)).expect(text).and_utc()
}

/// A calendar with these events.
fn calendar(events: &[&str]) -> String {
    let events: Vec<_> =
        events.iter().map(|event| format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n")).collect();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{}END:VCALENDAR\n", events.concat())
}

fn read_in(file: &str, zone: Zone, from: &str, until: &str) -> Result<BusyCalendar, Malformed> {
    busy_times(file.as_bytes(), zone, at(from), at(until))
}

/// The busy times in UTC, such as `20261201T0430/20261201T0530`.
fn shown(times: &[BusyTime]) -> Vec<String> {
    let minute = |at: DateTime<Utc>| at.format("%Y%m%dT%H%M").to_string();
    times.iter().map(|t| format!("{}/{}", minute(t.starts_at), minute(t.ends_at))).collect()
}

/// The busy times of events in the years 2020 to 2030, one year at a time.
fn busy(events: &[&str], zone: Zone) -> Vec<String> {
    let file = calendar(events);
    let year = |year: i32| {
        let (from, until) = (format!("{year}0101T000000Z"), format!("{}0101T000000Z", year + 1));
        read_in(&file, zone, &from, &until).expect(&file).times
    };
    shown(&(2020..2030).flat_map(year).collect::<Vec<_>>())
}

fn refused(file: &str) -> (usize, MalformedReason) {
    let wrong = read_in(file, kolkata(), "20270101T000000Z", "20280101T000000Z");
    let wrong = wrong.expect_err(file);
    (wrong.line, wrong.reason)
}
