//! From rules to exact times.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};

use super::clock::{day_start, edge, offset_seconds};
use super::{Rule, Schedule, TimeOff};
use crate::ids::LocationId;
use crate::visit::Mode;
use crate::zone::Zone;

/// The zone of each place.
pub type Zones = HashMap<LocationId, Zone>;

/// Half-open.
type Range = (DateTime<Utc>, DateTime<Utc>);

/// When a doctor is away although the rules say otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Away<'a> {
    /// The clinic's public holidays; single days are worked all the same.
    pub holidays: &'a HashSet<NaiveDate>,
    /// Half-open ranges from calendars elsewhere, by start, none overlapping another.
    pub busy: &'a [(DateTime<Utc>, DateTime<Utc>)],
}

/// One bookable time, with its buffers, which nothing else may overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub location: LocationId,
    pub mode: Mode,
    /// The date at the location.
    pub date: NaiveDate,
    /// With the buffer before.
    pub room_from: DateTime<Utc>,
    /// With the buffer after.
    pub room_until: DateTime<Utc>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub capacity: u16,
    /// Not to be booked earlier; `None`: as soon as it is there.
    pub opens_at: Option<DateTime<Utc>>,
    /// Not to be booked from then on.
    pub closes_at: DateTime<Utc>,
    /// What the location is ahead of UTC then, in seconds, by the time-zone data in use.
    pub utc_offset: i32,
}

/// The times of a schedule on the dates `from..until`, each at its location, in order. None overlaps
/// another: where two rules meet, the one that begins first has the time.
///
/// Working hours last from the instant of their start to the instant of their end and are filled from the start
/// with appointments of exact length. So a night on which clocks go forward has fewer times and one on which they
/// go back has more, all of the same length. A time that does not fit completely before the end is left out.
/// Places without a zone in `zones` have no times.
pub fn expand(
    schedule: &Schedule,
    zones: &Zones,
    away: Away,
    from: NaiveDate,
    until: NaiveDate,
) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut off: HashMap<Zone, Vec<Range>> = HashMap::new();
    for rule in &schedule.rules {
        let Some(&zone) = zones.get(&rule.location) else { continue };
        if rule.check().is_err() {
            continue;
        }
        let off = &*off.entry(zone).or_insert_with(|| off_in(&schedule.time_off, zone));
        for date in rule.dates(from, until) {
            if rule.repeats.is_some() && away.holidays.contains(&date) {
                continue;
            }
            lay_out(rule, zone, date, &mut cells, |starts_at, ends_at| {
                !meets(off, starts_at, ends_at) && !meets(away.busy, starts_at, ends_at)
            });
        }
    }
    // Stable: of two that begin together, the first rule's stays.
    cells.sort_by_key(|cell| cell.room_from);
    let mut end = DateTime::<Utc>::MIN_UTC;
    cells.retain(|cell| {
        let fits = cell.room_from >= end;
        if fits {
            end = cell.room_until;
        }
        fits
    });
    cells
}

/// The cells of a rule on one date.
fn lay_out(
    rule: &Rule,
    zone: Zone,
    date: NaiveDate,
    cells: &mut Vec<Cell>,
    is_there: impl Fn(DateTime<Utc>, DateTime<Utc>) -> bool,
) {
    let (starts, ends) = rule.on(date);
    let (block_from, block_until) = (edge(zone, starts), edge(zone, ends));
    let before = Duration::minutes(rule.buffer_before.into());
    let length = Duration::minutes(rule.slot_minutes.into());
    let stride = Duration::minutes(rule.stride().into());
    let opens_at = rule
        .window_days
        .and_then(|days| date.checked_sub_days(Days::new(days.into())))
        .map(|date| day_start(zone, date));
    let offset = offset_seconds(zone, block_from);
    let clocks_change = offset_seconds(zone, block_until) != offset;
    let mut room_from = block_from;
    while room_from + stride <= block_until {
        let starts_at = room_from + before;
        let ends_at = starts_at + length;
        if is_there(starts_at, ends_at) {
            cells.push(Cell {
                location: rule.location,
                mode: rule.mode,
                date,
                room_from,
                room_until: room_from + stride,
                starts_at,
                ends_at,
                capacity: rule.capacity,
                opens_at,
                closes_at: starts_at - Duration::minutes(rule.notice_minutes.into()),
                utc_offset: if clocks_change { offset_seconds(zone, starts_at) } else { offset },
            });
        }
        room_from += stride;
    }
}

/// Times off as instants in a zone, by start, joined where they overlap.
fn off_in(time_off: &[TimeOff], zone: Zone) -> Vec<Range> {
    let mut ranges: Vec<_> =
        time_off.iter().map(|off| (edge(zone, off.starts), edge(zone, off.ends))).collect();
    ranges.sort_unstable();
    let mut joined: Vec<Range> = Vec::with_capacity(ranges.len());
    for (from, until) in ranges {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => joined.push((from, until)),
        }
    }
    joined
}

/// Does any of these ranges, by start and none overlapping another, meet this one?
fn meets(
    ranges: &[(DateTime<Utc>, DateTime<Utc>)],
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> bool {
    let first = ranges.partition_point(|range| range.1 <= from);
    ranges.get(first).is_some_and(|range| range.0 < until)
}

/// Two rules that claim the doctor at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Which rules, from 0; `earlier < later`.
    pub earlier: usize,
    pub later: usize,
    /// On which date first.
    pub date: NaiveDate,
}

/// The first overlap of two rules on the dates `from..until`, across zones too.
pub fn overlap(
    rules: &[Rule],
    zones: &Zones,
    from: NaiveDate,
    until: NaiveDate,
) -> Option<Overlap> {
    let mut stretches = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let Some(&zone) = zones.get(&rule.location) else { continue };
        for date in rule.dates(from, until) {
            let (starts, ends) = rule.on(date);
            stretches.push((edge(zone, starts), edge(zone, ends), index, date));
        }
    }
    stretches.sort_unstable();
    stretches.windows(2).find(|pair| pair[1].0 < pair[0].1).map(|pair| Overlap {
        earlier: pair[0].2.min(pair[1].2),
        later: pair[0].2.max(pair[1].2),
        date: pair[1].3,
    })
}
