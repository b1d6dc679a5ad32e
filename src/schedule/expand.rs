//! Expands the rules of a schedule into slots at exact instants.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};

use super::wall_time::{day_start, edge, offset_seconds};
use super::{Rule, Schedule, TimeOff};
use crate::ids::LocationId;
use crate::visit::Mode;
use crate::zone::Zone;

/// The zone of each location.
pub type Zones = HashMap<LocationId, Zone>;

/// Half-open.
type Range = (DateTime<Utc>, DateTime<Utc>);

/// When a doctor does not work, despite the rules.
#[derive(Clone, Copy, Debug)]
pub struct Away<'a> {
    /// The clinic's public holidays. They close recurring rules but not single days.
    pub holidays: &'a HashSet<NaiveDate>,
    /// Busy times from external calendars: half-open, sorted by start, without overlaps.
    pub busy: &'a [(DateTime<Utc>, DateTime<Utc>)],
}

/// A bookable slot with its buffers. No two cells of a doctor overlap, including their buffers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub location: LocationId,
    pub mode: Mode,
    /// The date at the location.
    pub date: NaiveDate,
    /// The start of the buffer before the slot.
    pub room_from: DateTime<Utc>,
    /// The end of the buffer after the slot.
    pub room_until: DateTime<Utc>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub capacity: u16,
    /// From when on it can be booked; `None` is immediately.
    pub opens_at: Option<DateTime<Utc>>,
    /// From when on it can no longer be booked.
    pub closes_at: DateTime<Utc>,
    /// The location's offset from UTC at that time in seconds, by the time-zone data in use.
    pub utc_offset: i32,
}

/// The slots of a schedule on the dates `from..until` in the zones of their locations, sorted. They do not overlap:
/// of two overlapping slots, the one that starts later is left out.
///
/// Working hours last from the instant of their start to the instant of their end and are filled from the start
/// with slots of exact length. So a night on which clocks go forward has fewer slots and one on which they
/// go back has more, all of the same length. A slot that does not fit completely before the end is left out.
/// Rules at locations that are missing in `zones`, and invalid rules, give no slots.
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
        let off = &*off.entry(zone).or_insert_with(|| time_off_in(&schedule.time_off, zone));
        for date in rule.dates(from, until) {
            if rule.repeats.is_some() && away.holidays.contains(&date) {
                continue;
            }
            add_cells(rule, zone, date, &mut cells, |starts_at, ends_at| {
                !meets(off, starts_at, ends_at) && !meets(away.busy, starts_at, ends_at)
            });
        }
    }
    // The sort is stable: of two cells that start together, the one of the first rule stays.
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

/// Adds the cells of a rule on one date.
fn add_cells(
    rule: &Rule,
    zone: Zone,
    date: NaiveDate,
    cells: &mut Vec<Cell>,
    is_available: impl Fn(DateTime<Utc>, DateTime<Utc>) -> bool,
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
        if is_available(starts_at, ends_at) {
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

/// Time off as instants in a zone, sorted by start and merged where it overlaps or touches.
fn time_off_in(time_off: &[TimeOff], zone: Zone) -> Vec<Range> {
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

/// Whether any of these ranges, which are sorted and do not overlap each other, overlaps this one.
fn meets(
    ranges: &[(DateTime<Utc>, DateTime<Utc>)],
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> bool {
    let first = ranges.partition_point(|range| range.1 <= from);
    ranges.get(first).is_some_and(|range| range.0 < until)
}

/// Two rules with overlapping hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The indexes of the rules, from 0; `earlier < later`.
    pub earlier: usize,
    pub later: usize,
    /// The first date with an overlap.
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
