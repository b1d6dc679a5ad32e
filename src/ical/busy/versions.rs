//! Finds the current versions of events with the same UID (RFC 5546, 2.1.5).
//!
//! An event with a higher SEQUENCE replaces one with a lower SEQUENCE. If SEQUENCE and start are the same, the one with
//! the later DTSTAMP counts. Other events with the same UID are separate events, because some programs give all events
//! the same UID.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::occurrence::{Clocks, Exceptions, Occurrence, Series};
use crate::ical::raw_event::RawEvent;
use crate::ical::read::{File, Method};
use crate::ical::value::When;

/// The current events of a file.
#[derive(Default)]
pub(super) struct Versions {
    /// The indexes of the current events, sorted.
    pub held: Vec<usize>,
    /// Those of them that another event cancels.
    pub called_off: HashSet<usize>,
    /// The current changes of occurrences, by the index of their series.
    pub changes: HashMap<usize, Rc<[Change]>>,
    /// Changed occurrences whose series is not in the file.
    pub alone: HashSet<usize>,
    pub replaced: usize,
}

/// A changed occurrence of a series.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub occurrence: Occurrence,
    /// The index of the event with the change.
    pub event: usize,
}

/// The events of one UID.
#[derive(Default)]
struct Group {
    masters: Vec<usize>,
    changes: Vec<usize>,
}

/// Whether it is cancelled, by its STATUS or the METHOD of its calendar.
pub(super) fn is_cancelled(file: &File, event: &RawEvent) -> bool {
    event.is_cancelled() || method(file, event) == Method::Cancel
}

pub(super) fn method(file: &File, event: &RawEvent) -> Method {
    file.calendars.get(event.calendar).map_or(Method::State, |calendar| calendar.method)
}

impl Versions {
    /// The current versions of the events with these indexes.
    pub(super) fn of(
        file: &File,
        places: impl Iterator<Item = usize>,
        clocks: &Clocks,
        budget: &mut usize,
    ) -> Self {
        let mut versions = Self::default();
        let mut groups: HashMap<&str, Group> = HashMap::new();
        let mut count = 0;
        for place in places {
            count += 1;
            let event = &file.events[place];
            let uid = event.uid.as_deref().unwrap_or_default();
            if uid.is_empty() || method(file, event) == Method::Add {
                versions.held.push(place);
                continue;
            }
            let group = groups.entry(uid).or_default();
            match event.replaces {
                Some(_) => group.changes.push(place),
                None => group.masters.push(place),
            }
        }
        for group in groups.into_values() {
            versions.group(file, group, clocks, budget);
        }
        versions.held.sort_unstable();
        versions.replaced = count - versions.held.len();
        versions
    }

    fn group(&mut self, file: &File, group: Group, clocks: &Clocks, budget: &mut usize) {
        let masters = held_masters(file, &group.masters, clocks);
        let (cancelled, alive): (Vec<_>, Vec<_>) =
            masters.iter().copied().partition(|place| is_cancelled(file, &file.events[*place]));
        self.held.extend(&masters);
        let off: HashSet<usize> = called_off(file, &cancelled, &alive, clocks);
        let (series, single): (Vec<usize>, Vec<usize>) = alive
            .into_iter()
            .filter(|place| !off.contains(place))
            .partition(|place| file.events[*place].is_series());
        let known = series.first().or(single.first()).or(masters.first());
        let left_out: Vec<_> = series.iter().map(|place| left_out(file, *place, clocks)).collect();
        let mut changes = held_changes(file, &group.changes, known, clocks);
        changes.retain(|change| {
            let stale = !series.is_empty()
                && series.len() <= *budget
                && series.iter().zip(&left_out).all(|(place, left_out)| {
                    *budget = budget.saturating_sub(1);
                    left_out.makes_stale(file, *change, *place, clocks, budget)
                });
            !stale
        });
        for change in &changes {
            self.held.push(change.event);
            let sequence = file.events[change.event].sequence;
            let later = |place: &usize| file.events[*place].sequence >= sequence;
            if series.is_empty() && single.is_empty() && masters.iter().any(later) {
                self.called_off.insert(change.event);
            }
        }
        if masters.is_empty() {
            self.alone.extend(changes.iter().map(|change| change.event));
        }
        // A changed occurrence belongs to a single event if it refers to the event's start.
        let by_name: HashMap<_, _> =
            changes.iter().map(|change| (change.occurrence, *change)).collect();
        for place in single {
            let event = &file.events[place];
            let Some((start, _)) = event.start else { continue };
            let named = Series { start, calendar: event.calendar };
            let names = [
                Occurrence::At(clocks.instant(start, event.calendar)),
                Occurrence::Day(start.day()),
                named.named(start, clocks),
            ];
            if let Some(change) = names.iter().find_map(|name| by_name.get(name)) {
                self.changes.insert(place, Rc::from([*change]));
            }
        }
        let changes: Rc<[Change]> = changes.into();
        self.changes.extend(series.into_iter().map(|place| (place, Rc::clone(&changes))));
        self.called_off.extend(off);
    }
}

/// The EXDATEs and RDATEs of a series.
fn left_out(file: &File, place: usize, clocks: &Clocks) -> LeftOut {
    let event = &file.events[place];
    let mut found = LeftOut::default();
    if let Some((start, _)) = event.start {
        let series = Series { start, calendar: event.calendar };
        event.excluded.iter().for_each(|name| found.except.add(series.named(*name, clocks)));
        let dates = event.dates.iter().map(|((when, _), _)| series.named(*when, clocks));
        found.listed = dates.collect();
    }
    found
}

#[derive(Default)]
struct LeftOut {
    except: Exceptions,
    /// Its RDATEs.
    listed: HashSet<Occurrence>,
}

fn start_of(event: &RawEvent, clocks: &Clocks) -> Option<DateTime<Utc>> {
    event.start.map(|(start, _)| clocks.instant(start, event.calendar))
}

fn held_masters(file: &File, masters: &[usize], clocks: &Clocks) -> Vec<usize> {
    let sequence = masters.iter().map(|place| file.events[*place].sequence).max();
    let latest = |place: &usize| Some(file.events[*place].sequence) == sequence;
    let masters: Vec<_> = masters.iter().copied().filter(latest).collect();
    let mut stamps: HashMap<Option<DateTime<Utc>>, Option<NaiveDateTime>> = HashMap::new();
    for place in &masters {
        let event = &file.events[*place];
        let stamp = stamps.entry(start_of(event, clocks)).or_default();
        *stamp = event.stamp.max(*stamp);
    }
    let holds = |place: &usize| {
        let event = &file.events[*place];
        let newest = stamps.get(&start_of(event, clocks)).copied().flatten();
        event.stamp.is_none() || event.stamp == newest
    };
    masters.into_iter().filter(holds).collect()
}

/// The events that are cancelled. A cancellation applies to events with the same start, or to all if it has no start,
/// but not to events with a later version.
fn called_off(
    file: &File,
    cancelled: &[usize],
    alive: &[usize],
    clocks: &Clocks,
) -> HashSet<usize> {
    let rank = |place: usize| (file.events[place].stamp, place);
    let mut last: HashMap<Option<DateTime<Utc>>, (Option<NaiveDateTime>, usize)> = HashMap::new();
    for place in cancelled {
        let entry = last.entry(start_of(&file.events[*place], clocks)).or_insert(rank(*place));
        *entry = rank(*place).max(*entry);
    }
    let is_off = |place: &usize| {
        let start = start_of(&file.events[*place], clocks);
        [start, None].iter().any(|start| last.get(start).is_some_and(|off| *off > rank(*place)))
    };
    alive.iter().copied().filter(is_off).collect()
}

/// The current change of each occurrence, whether identified by day or by instant.
fn held_changes(
    file: &File,
    changes: &[usize],
    series: Option<&usize>,
    clocks: &Clocks,
) -> Vec<Change> {
    let series = series.and_then(|place| {
        let event = &file.events[*place];
        Some(Series { start: event.start?.0, calendar: event.calendar })
    });
    let named = |place: usize| {
        let event = &file.events[place];
        let id = event.replaces.map_or(When::Day(NaiveDate::default()), |(id, _)| id);
        match (series, id) {
            (Some(series), id) => series.named(id, clocks),
            (None, When::Day(day)) => Occurrence::Day(day),
            (None, id) => Occurrence::At(clocks.instant(id, event.calendar)),
        }
    };
    // If a day has only one known instant, the day and the instant identify the same occurrence.
    let mut on_days: HashMap<NaiveDate, Option<Occurrence>> = HashMap::new();
    if let Some(series) = series {
        for occurrence in changes.iter().map(|place| named(*place)) {
            if let Occurrence::At(at) = occurrence {
                let only = on_days.entry(series.day(at, clocks)).or_insert(Some(occurrence));
                *only = only.filter(|known| *known == occurrence);
            }
        }
    }
    let rank = |place: usize| (file.events[place].sequence, file.events[place].stamp, place);
    let mut last: HashMap<Occurrence, usize> = HashMap::new();
    for place in changes {
        let occurrence = match named(*place) {
            Occurrence::Day(day) => {
                on_days.get(&day).copied().flatten().unwrap_or(Occurrence::Day(day))
            }
            at => at,
        };
        let held = last.entry(occurrence).or_insert(*place);
        if rank(*place) > rank(*held) {
            *held = *place;
        }
    }
    last.into_iter().map(|(occurrence, event)| Change { occurrence, event }).collect()
}

impl LeftOut {
    /// Whether a change is older than a version of its series that excludes the occurrence or ends before it.
    fn makes_stale(
        &self,
        file: &File,
        change: Change,
        series: usize,
        clocks: &Clocks,
        budget: &mut usize,
    ) -> bool {
        let (series, changed) = (&file.events[series], &file.events[change.event]);
        let older = series.sequence > changed.sequence
            || (series.sequence == changed.sequence
                && changed.stamp.is_some()
                && series.stamp > changed.stamp);
        let Some((start, _)) = series.start.filter(|_| older) else { return false };
        let known = Series { start, calendar: series.calendar };
        if self.except.names(change.occurrence, known, clocks) {
            return true;
        }
        let zone = clocks.zone(start, series.calendar);
        let wall = match change.occurrence {
            Occurrence::Day(day) => When::Day(day).wall(),
            Occurrence::At(at) => zone.wall(at),
        };
        let days = matches!(start, When::Day(_));
        let instant = |at: NaiveDateTime| if days { at.and_utc() } else { zone.instant(at) };
        !self.listed.contains(&change.occurrence)
            && !series.rules.is_empty()
            && series.rules.iter().all(|rule| {
                let rule = if days { &clocks.of_days(rule, series.calendar) } else { rule };
                rule.is_over_by(start.wall(), wall, budget, &instant)
            })
    }
}
