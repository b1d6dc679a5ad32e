//! Collects the busy times of the events and free-busy periods of a file.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use chrono::{DateTime, Duration, NaiveDateTime, Utc};

use super::counted::{BusyTime, Skipped};
use super::length::{self, Length, start_and_length};
use super::occurrence::{Clocks, Exceptions, Occurrence, Series};
use super::out_of_range;
use super::versions::{Change, Versions, is_cancelled, method};
use crate::ical::limits::OCCURRENCES_MAX;
use crate::ical::malformed::{Malformed, MalformedReason, PropertyName};
use crate::ical::raw_event::RawEvent;
use crate::ical::read::{File, Method, Period};
use crate::ical::value::{Clock, Span, Until, When};
use crate::ical::warnings::{WarningReason, Warnings};

/// Whether an event blocked time, or why not.
enum Outcome {
    Busy,
    WithoutLength,
    Outside,
}

/// The maximum number of days by which a THISANDFUTURE change is expected to move occurrences.
const SHIFT_DAYS_MAX: i64 = 400;

pub(super) struct Collector {
    clocks: Clocks,
    range: Range<DateTime<Utc>>,
    budget: usize,
    warnings: Warnings,
    times: Vec<BusyTime>,
}

/// A change of an occurrence and all later ones.
struct Future<'a> {
    from: DateTime<Utc>,
    event: &'a RawEvent,
    /// The new start and length of the changed occurrence; `None` if they are cancelled.
    moved: Option<(When, Length)>,
}

impl Collector {
    pub(super) fn new(
        clocks: Clocks,
        range: Range<DateTime<Utc>>,
        budget: usize,
        warnings: Warnings,
    ) -> Self {
        Self { clocks, range, budget, warnings, times: Vec::new() }
    }

    pub(super) fn finished(self) -> (Vec<BusyTime>, Warnings) {
        (self.times, self.warnings)
    }

    /// Collects all events except those whose UIDs are `own`.
    pub(super) fn events(
        &mut self,
        file: &File,
        own: &HashSet<String>,
    ) -> Result<Skipped, Malformed> {
        let mut skipped = Skipped::default();
        let is_own =
            |event: &RawEvent| event.uid.as_ref().is_some_and(|uid| own.contains(uid.as_str()));
        let places = (0..file.events.len()).filter(|place| !is_own(&file.events[*place]));
        let versions = Versions::of(file, places, &self.clocks, &mut self.budget);
        skipped.own = file.events.iter().filter(|event| is_own(event)).count();
        skipped.replaced = versions.replaced;
        for place in &versions.held {
            let event = &file.events[*place];
            if is_cancelled(file, event) || versions.called_off.contains(place) {
                skipped.cancelled += 1;
            } else if event.is_declined() {
                skipped.declined += 1;
            } else if event.is_transparent() {
                skipped.transparent += 1;
            } else if event.start.is_none() && event.fault().is_none() && says_no_time(file, event)
            {
                self.warnings.note(event.line, WarningReason::WithoutTime);
            } else {
                let changes = versions.changes.get(place).map_or(&[][..], |changes| changes);
                let alone = versions.alone.contains(place);
                match self.event(file, event, changes, alone) {
                    Ok(Outcome::Busy) => {}
                    Ok(Outcome::WithoutLength) => skipped.without_length += 1,
                    Ok(Outcome::Outside) => skipped.outside += 1,
                    Err(fault) if self.is_out_of_range(file, event, changes) => {
                        self.warnings.note(fault.line, WarningReason::FarAway);
                        skipped.outside += 1;
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
        Ok(skipped)
    }

    /// Collects the periods of VFREEBUSY.
    pub(super) fn periods(&mut self, file: &File) -> Result<(), Malformed> {
        for period in &file.periods {
            match self.period(period) {
                Err(fault) if out_of_range::period(period.from, period.until, &self.range) => {
                    self.warnings.note(fault.line, WarningReason::FarAway);
                }
                entered => entered?,
            }
        }
        Ok(())
    }

    fn period(&mut self, period: &Period) -> Result<(), Malformed> {
        let calendar = period.calendar;
        self.known(period.from)?;
        if let Until::When(until) = period.until {
            self.known(until)?;
        }
        let until = Some(period.until);
        let length = length::length(&self.clocks, period.from, until, calendar, period.line)?;
        self.enter(period.from, calendar, length, period.line)?;
        Ok(())
    }

    /// Whether an event with unreadable parts certainly is outside the range. If a THISANDFUTURE change could move
    /// occurrences into it, it is not.
    fn is_out_of_range(&self, file: &File, event: &RawEvent, changes: &[Change]) -> bool {
        let stays = |change: &Change| !file.events[change.event].and_future;
        changes.iter().all(stays) && out_of_range::event(event, &self.range)
    }

    /// Checks that the zone of a time is known.
    fn known(&self, when: When) -> Result<(), Malformed> {
        let Clock::Zone(name) = when.clock() else { return Ok(()) };
        self.clocks.zones.fault(name).map_or(Ok(()), Err)
    }

    /// The start and length of an event.
    fn settled(&self, event: &RawEvent) -> Result<(When, Length), Malformed> {
        if let Some(fault) = event.fault() {
            return Err(fault);
        }
        let missing = MalformedReason::Missing(PropertyName::DtStart).at(event.line);
        let (start, line) = event.start.ok_or(missing)?;
        self.known(start)?;
        if let Some((end, _)) = event.end {
            self.known(end)?;
        }
        start_and_length(&self.clocks, event, start, line)
    }

    fn event(
        &mut self,
        file: &File,
        event: &RawEvent,
        changes: &[Change],
        alone: bool,
    ) -> Result<Outcome, Malformed> {
        if event.replaces.is_some()
            && event.start.is_none()
            && event.fault().is_none()
            && !(alone && method(file, event) == Method::State)
        {
            // It does not change the time of the occurrence, so the series stays as it is.
            return Ok(Outcome::Outside);
        }
        let many = MalformedReason::TooManyOccurrences.at(event.line);
        self.budget = self.budget.checked_sub(changes.len()).ok_or(many)?;
        let (start, length) = self.settled(event)?;
        let series = Series { start, calendar: event.calendar };
        let mut except = Exceptions::default();
        for name in &event.excluded {
            if self.known(*name).is_ok() {
                except.add(series.named(*name, &self.clocks));
            }
        }
        let mut futures = Vec::new();
        for change in changes {
            let changed = &file.events[change.event];
            if changed.start.is_some() || is_off(file, changed) {
                except.add(change.occurrence);
                if changed.and_future {
                    futures.push(self.future(file, change.occurrence, changed, series)?);
                }
            }
        }
        futures.sort_by_key(|future| future.from);
        let mut happens = false;
        for when in self.occurrences(event, start, length, &futures)? {
            let at = self.clocks.instant(when, event.calendar);
            if event.replaces.is_none() && except.has(when, at) {
                continue;
            }
            happens |= self.occurrence(when, at, length, &futures, event)?;
        }
        let mut lasts = !length.is_zero();
        for ((when, until), line) in event.dates.iter().filter(|_| event.replaces.is_none()) {
            let when = as_the_start(*when, start);
            self.known(when)?;
            let length = match until {
                Some(Until::When(end)) => {
                    self.known(*end)?;
                    length::length(&self.clocks, when, *until, event.calendar, *line)?
                }
                Some(_) => length::length(&self.clocks, when, *until, event.calendar, *line)?,
                None => length,
            };
            lasts |= !length.is_zero();
            let at = self.clocks.instant(when, event.calendar);
            if !except.has(when, at) {
                happens |= self.occurrence(when, at, length, &futures, event)?;
            }
        }
        Ok(match (happens, lasts) {
            (true, _) => Outcome::Busy,
            (false, false) => Outcome::WithoutLength,
            (false, true) => Outcome::Outside,
        })
    }

    /// Collects an occurrence of a series, with the last THISANDFUTURE change before it applied.
    fn occurrence(
        &mut self,
        when: When,
        at: DateTime<Utc>,
        length: Length,
        futures: &[Future],
        event: &RawEvent,
    ) -> Result<bool, Malformed> {
        let begun = futures.partition_point(|future| future.from <= at);
        let Some(future) = begun.checked_sub(1).and_then(|last| futures.get(last)) else {
            return self.enter(when, event.calendar, length, event.line);
        };
        let Some((start, length)) = future.moved else { return Ok(false) };
        let calendar = future.event.calendar;
        // Shifted from the changed occurrence by the distance in wall time between the original occurrences.
        let zone = self.clocks.zone(start, calendar);
        let shift = zone.wall(at) - zone.wall(future.from);
        let moved = start.wall().checked_add_signed(shift).unwrap_or(start.wall());
        let moved = match start {
            When::Day(_) => When::Day(moved.date()),
            When::Time(_, clock) => When::Time(moved, clock),
        };
        self.enter(moved, calendar, length, future.event.line)
    }

    fn future<'a>(
        &self,
        file: &File,
        occurrence: Occurrence,
        event: &'a RawEvent,
        series: Series,
    ) -> Result<Future<'a>, Malformed> {
        let from = match occurrence {
            Occurrence::At(at) => at,
            Occurrence::Day(day) => {
                let wall = match series.start {
                    When::Day(_) => When::Day(day).wall(),
                    When::Time(first, _) => day.and_time(first.time()),
                };
                self.clocks.zone(series.start, series.calendar).instant(wall)
            }
        };
        let moved = if is_off(file, event) { None } else { Some(self.settled(event)?) };
        Ok(Future { from, event, moved })
    }

    /// The start and the occurrences by the rules, as far as they can overlap the range.
    fn occurrences(
        &mut self,
        event: &RawEvent,
        start: When,
        length: Length,
        futures: &[Future],
    ) -> Result<BTreeSet<When>, Malformed> {
        if event.replaces.is_some() || event.rules.is_empty() {
            return Ok(BTreeSet::from([start]));
        }
        let first = start.wall();
        let mut days = length.days();
        let mut shift = 0;
        for future in futures {
            if let Some((moved, length)) = future.moved {
                days = days.max(length.days());
                let to = self.clocks.instant(moved, future.event.calendar);
                shift = (to - future.from).num_days().abs().saturating_add(1).max(shift);
            }
        }
        let shift = shift.min(SHIFT_DAYS_MAX);
        // No zone is three days from UTC.
        let before = days.saturating_add(3).saturating_add(shift);
        let moved =
            |at: DateTime<Utc>, days| at.naive_utc().checked_add_signed(Duration::try_days(days)?);
        let from = moved(self.range.start, -before).unwrap_or(NaiveDateTime::MIN);
        let until = moved(self.range.end, 3 + shift).unwrap_or(NaiveDateTime::MAX);
        let zone = self.clocks.zone(start, event.calendar);
        let of_days = matches!(start, When::Day(_));
        // Whole days end on the date of UNTIL; its time is ignored.
        let instant = |at: NaiveDateTime| if of_days { at.and_utc() } else { zone.instant(at) };
        let limit = OCCURRENCES_MAX - self.times.len().min(OCCURRENCES_MAX);
        let mut found = BTreeSet::new();
        for rule in &event.rules {
            let rule = if of_days { &self.clocks.of_days(rule, event.calendar) } else { rule };
            let some = rule.occurrences_by(first, from, until, limit, &mut self.budget, &instant);
            if some.cut {
                return Err(MalformedReason::TooManyOccurrences.at(event.line));
            }
            found.extend(some.at);
        }
        for rule in &event.excluding_rules {
            let rule = if of_days { &self.clocks.of_days(rule, event.calendar) } else { rule };
            let budget = &mut self.budget;
            let some = rule.fitting_by(first, from, until, OCCURRENCES_MAX, budget, &instant);
            for at in some.at {
                found.remove(&at);
            }
        }
        Ok(found
            .into_iter()
            .map(|at| match start {
                When::Day(_) => When::Day(at.date()),
                When::Time(_, clock) => When::Time(at, clock),
            })
            .collect())
    }

    /// Adds a busy time unless it is empty or outside the range; says whether it did.
    fn enter(
        &mut self,
        when: When,
        calendar: usize,
        length: Length,
        line: usize,
    ) -> Result<bool, Malformed> {
        let zone = self.clocks.zone(when, calendar);
        let starts_at = zone.instant(when.wall());
        let ends_at = match length {
            Length::Exact(length) => starts_at.checked_add_signed(length),
            Length::Nominal(Span { days, seconds }) => Duration::try_days(days)
                .and_then(|days| when.wall().checked_add_signed(days))
                .and_then(|at| {
                    zone.instant(at).checked_add_signed(Duration::try_seconds(seconds)?)
                }),
        };
        let ends_at = ends_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
        if ends_at <= starts_at || ends_at <= self.range.start || starts_at >= self.range.end {
            return Ok(false);
        }
        if self.times.len() >= OCCURRENCES_MAX {
            return Err(MalformedReason::TooManyOccurrences.at(line));
        }
        let (starts_at, ends_at) = (starts_at.max(self.range.start), ends_at.min(self.range.end));
        self.times.push(BusyTime { starts_at, ends_at });
        Ok(true)
    }
}

/// Whether an event blocks no time.
fn is_off(file: &File, event: &RawEvent) -> bool {
    is_cancelled(file, event) || event.is_declined() || event.is_transparent()
}

/// Whether it is a message about an event, which may omit the event's time (RFC 5546, 3.2).
fn says_no_time(file: &File, event: &RawEvent) -> bool {
    method(file, event) == Method::Message && event.replaces.is_none()
}

/// Converts an RDATE to the kind of the start: to a day in a series of whole days, or to the time of the start if it is
/// a date only.
fn as_the_start(when: When, start: When) -> When {
    match (when, start) {
        (When::Time(at, _), When::Day(_)) => When::Day(at.date()),
        (When::Day(day), When::Time(at, clock)) => When::Time(day.and_time(at.time()), clock),
        // Without a zone, it has the zone of the start.
        (When::Time(at, Clock::Floating), When::Time(_, clock)) => When::Time(at, clock),
        _ => when,
    }
}
