//! From a calendar file to the times at which its owner is busy.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::draft::{Draft, whole_days};
use super::malformed::{Malformed, MalformedReason, PropertyName};
use super::read::{File, read};
use super::value::{Clock, Span, Until, When};
use super::zone::{Zone, horizon};
use super::{LOOKS_MAX, OCCURRENCES_MAX, RANGE_DAYS_MAX};

/// A stretch of time, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusyTime {
    pub starts_at: DateTime<Utc>,
    /// Exclusive.
    pub ends_at: DateTime<Utc>,
}

/// What a calendar says about a range of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyCalendar {
    /// What its owner calls it.
    pub name: Option<String>,
    /// In order, within the range; none overlaps or touches another.
    pub times: Vec<BusyTime>,
    /// All events of the file, counted or not.
    pub events: usize,
    pub skipped: Skipped,
}

/// How many events made no time busy, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// They take no time (TRANSP, or free as Outlook says it).
    pub transparent: usize,
    pub cancelled: usize,
    /// An earlier version of an event that is in the file again.
    pub replaced: usize,
    /// They have no length: a reminder at a moment.
    pub without_length: usize,
    /// They do not happen in the range.
    pub outside: usize,
}

/// The busy times of a calendar file in `from..until`, of which at most
/// [`RANGE_DAYS_MAX`] days are looked at. Floating times and whole days are in `zone`.
///
/// # Errors
/// The line that cannot be understood, and why. Nothing is guessed: a file of which
/// a part cannot be read would show its owner as free when they are not.
pub fn busy_times(
    bytes: &[u8],
    zone: crate::zone::Zone,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<BusyCalendar, Malformed> {
    let longest = from.checked_add_signed(Duration::days(RANGE_DAYS_MAX)).unwrap_or(until);
    let until = until.min(longest);
    let file = read(bytes)?;
    let mut looks = LOOKS_MAX;
    let zones = file.zones.resolve(&file.definitions, horizon(until), &mut looks)?;
    let clocks = Clocks { floating: Zone::Named(zone), zones };
    let mut diary = Diary { clocks, from, until, looks, times: Vec::new(), seen: 0 };
    let skipped = diary.events(&file)?;
    for ((start, end), line) in &file.periods {
        let length = length(&diary.clocks, *start, Some(*end), *line, PropertyName::FreeBusy)?;
        diary.enter(*start, length, *line)?;
    }
    Ok(BusyCalendar {
        name: file.name,
        times: merged(diary.times),
        events: file.events.len(),
        skipped,
    })
}

/// The clocks that the times of a file were written by.
struct Clocks {
    floating: Zone,
    zones: Vec<Zone>,
}

impl Clocks {
    fn instant(&self, at: NaiveDateTime, clock: Clock) -> DateTime<Utc> {
        match clock {
            Clock::Utc => at.and_utc(),
            Clock::Floating => self.floating.instant(at),
            Clock::Zone(place) => self.zones.get(place).unwrap_or(&self.floating).instant(at),
        }
    }

    fn starts_at(&self, when: When) -> DateTime<Utc> {
        let (at, clock) = wall(when);
        self.instant(at, clock)
    }

    fn ends_at(&self, start: When, length: Length) -> Option<DateTime<Utc>> {
        match length {
            Length::Exact(length) => self.starts_at(start).checked_add_signed(length),
            Length::Nominal(Span { days, seconds }) => {
                let (at, clock) = wall(start);
                let at = at.checked_add_signed(Duration::try_days(days)?)?;
                self.instant(at, clock).checked_add_signed(Duration::try_seconds(seconds)?)
            }
        }
    }
}

fn wall(when: When) -> (NaiveDateTime, Clock) {
    match when {
        When::Day(day) => (day.and_time(NaiveTime::MIN), Clock::Floating),
        When::Time(at, clock) => (at, clock),
    }
}

/// How long each occurrence lasts.
#[derive(Clone, Copy)]
enum Length {
    /// By the stopwatch: the end was given as a time.
    Exact(Duration),
    /// Days by the calendar, then seconds.
    Nominal(Span),
}

impl Length {
    fn is_zero(self) -> bool {
        match self {
            Self::Exact(length) => length.is_zero(),
            Self::Nominal(span) => span.days == 0 && span.seconds == 0,
        }
    }

    /// Not less than it is, in days.
    fn days(self) -> i64 {
        match self {
            Self::Exact(length) => length.num_days() + 1,
            Self::Nominal(span) => span.days + span.seconds / 86_400 + 1,
        }
    }
}

/// RFC 5545, 3.6.1: without an end, a day lasts a day and a time no time at all.
fn length(
    clocks: &Clocks,
    start: When,
    end: Option<Until>,
    line: usize,
    name: PropertyName,
) -> Result<Length, Malformed> {
    let days = |days| Length::Nominal(Span { days, seconds: 0 });
    let wrong = MalformedReason::Value(name).at(line);
    let backwards = MalformedReason::EndsBeforeStart.at(line);
    match (start, end) {
        (When::Day(_), None) => Ok(days(1)),
        (When::Time(..), None) => Ok(Length::Exact(Duration::zero())),
        (When::Day(first), Some(Until::When(When::Day(last)))) => {
            // Some products give a single day its own date as the end.
            match (last - first).num_days() {
                ..0 => Err(backwards),
                0 => Ok(days(1)),
                n => Ok(days(n)),
            }
        }
        (When::Time(from, clock), Some(Until::When(When::Time(to, other)))) => {
            let length = clocks.instant(to, other) - clocks.instant(from, clock);
            // Where the clock is put forward, a later wall time can be an earlier instant.
            let forward = length >= Duration::zero() || (clock == other && to >= from);
            if forward { Ok(Length::Exact(length.max(Duration::zero()))) } else { Err(backwards) }
        }
        (_, Some(Until::When(_))) => Err(wrong),
        (_, Some(Until::Span(span))) if span.days < 0 || span.seconds < 0 => Err(backwards),
        (When::Day(_), Some(Until::Span(span))) => whole_days(span).map(days).ok_or(wrong),
        (When::Time(..), Some(Until::Span(span))) => Ok(Length::Nominal(span)),
    }
}

/// The occurrences of a series that do not take place as planned, in whatever way they were written.
#[derive(Default)]
struct Except {
    days: HashSet<NaiveDate>,
    floating: HashSet<NaiveDateTime>,
    instants: HashSet<DateTime<Utc>>,
}

impl Except {
    fn add(&mut self, when: When, start: When, clocks: &Clocks) {
        match (when, start) {
            (When::Time(at, clock), When::Time(..)) => {
                if clock == Clock::Floating {
                    self.floating.insert(at);
                }
                self.instants.insert(clocks.instant(at, clock));
            }
            (when, _) => {
                self.days.insert(when.day());
            }
        }
    }

    fn has(&self, when: When, clocks: &Clocks) -> bool {
        self.days.contains(&when.day())
            || matches!(when, When::Time(at, _) if self.floating.contains(&at))
            || (!self.instants.is_empty() && self.instants.contains(&clocks.starts_at(when)))
    }
}

/// What became of an event.
enum Outcome {
    Busy,
    WithoutLength,
    Outside,
}

struct Diary {
    clocks: Clocks,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    looks: usize,
    times: Vec<BusyTime>,
    seen: usize,
}

impl Diary {
    fn events(&mut self, file: &File) -> Result<Skipped, Malformed> {
        let mut skipped = Skipped::default();
        let latest = latest(file);
        let cancelled = |event: &Draft| {
            event.cancelled || file.cancelled.get(event.calendar).copied().unwrap_or(false)
        };
        let mut changed: HashMap<&str, Vec<When>> = HashMap::new();
        let mut called_off: HashMap<&str, u64> = HashMap::new();
        for event in latest.iter().map(|n| &file.events[*n]) {
            let Some(uid) = event.uid.as_deref() else { continue };
            match event.replaces {
                Some((when, _)) => changed.entry(uid).or_default().push(when),
                None if cancelled(event) => {
                    called_off.insert(uid, event.sequence);
                }
                None => {}
            }
        }
        for event in latest.iter().map(|n| &file.events[*n]) {
            let uid = event.uid.as_deref().unwrap_or_default();
            let with_series = event.replaces.is_some()
                && called_off.get(uid).is_some_and(|sequence| *sequence >= event.sequence);
            if cancelled(event) || with_series {
                skipped.cancelled += 1;
            } else if event.transparent {
                skipped.transparent += 1;
            } else {
                let changed = changed.get(uid).filter(|_| event.replaces.is_none());
                match self.event(event, changed.map_or(&[], Vec::as_slice))? {
                    Outcome::Busy => {}
                    Outcome::WithoutLength => skipped.without_length += 1,
                    Outcome::Outside => skipped.outside += 1,
                }
            }
        }
        skipped.replaced = file.events.len() - latest.len();
        Ok(skipped)
    }

    fn event(&mut self, event: &Draft, changed: &[When]) -> Result<Outcome, Malformed> {
        let missing = MalformedReason::Missing(PropertyName::DtStart).at(event.line);
        let (start, start_line) = event.start.ok_or(missing)?;
        let (end, name, line) = match event.end {
            Some((end @ Until::When(_), line)) => (Some(end), PropertyName::DtEnd, line),
            Some((end @ Until::Span(_), line)) => (Some(end), PropertyName::Duration, line),
            None => (None, PropertyName::DtEnd, start_line),
        };
        let length = length(&self.clocks, start, end, line, name)?;
        let mut except = Except::default();
        for when in event.excluded.iter().chain(changed) {
            except.add(*when, start, &self.clocks);
        }
        let mut happens = false;
        let series = event.replaces.is_none();
        for when in self.occurrences(event, start, length)? {
            if !(series && except.has(when, &self.clocks)) {
                happens |= self.enter(when, length, event.line)?;
            }
        }
        let mut lasts = !length.is_zero();
        for ((when, until), line) in event.dates.iter().filter(|_| series) {
            let when = as_the_start(*when, start);
            let length = match until {
                Some(_) => self::length(&self.clocks, when, *until, *line, PropertyName::RDate)?,
                None => length,
            };
            lasts |= !length.is_zero();
            if !except.has(when, &self.clocks) {
                happens |= self.enter(when, length, *line)?;
            }
        }
        Ok(match (happens, lasts) {
            (true, _) => Outcome::Busy,
            (false, false) => Outcome::WithoutLength,
            (false, true) => Outcome::Outside,
        })
    }

    /// The start and what the rules make of it, as far as it can touch the range.
    fn occurrences(
        &mut self,
        event: &Draft,
        start: When,
        length: Length,
    ) -> Result<BTreeSet<When>, Malformed> {
        let (first, clock) = wall(start);
        let series = event.replaces.is_none() && !event.rules.is_empty();
        if !series {
            return Ok(BTreeSet::from([start]));
        }
        // No clock is three days from UTC.
        let before = length.days().saturating_add(3);
        let shift =
            |at: DateTime<Utc>, days| at.naive_utc().checked_add_signed(Duration::try_days(days)?);
        let from = shift(self.from, -before).unwrap_or(NaiveDateTime::MIN);
        let until = shift(self.until, 3).unwrap_or(NaiveDateTime::MAX);
        let clocks = &self.clocks;
        // Whole days end on the day that UNTIL names, whatever its time.
        let instant = |at: NaiveDateTime| match start {
            When::Day(_) => at.and_utc(),
            When::Time(..) => clocks.instant(at, clock),
        };
        let mut found = BTreeSet::new();
        for rule in &event.rules {
            let limit = OCCURRENCES_MAX - self.seen.min(OCCURRENCES_MAX);
            let some = rule.occurrences_by(first, from, until, limit, &mut self.looks, &instant);
            if some.cut {
                return Err(MalformedReason::TooManyOccurrences.at(event.line));
            }
            found.extend(some.at.into_iter().map(|at| match start {
                When::Day(_) => When::Day(at.date()),
                When::Time(..) => When::Time(at, clock),
            }));
        }
        Ok(found)
    }

    /// Notes a time, unless it is empty or outside the range; says whether it did.
    fn enter(&mut self, when: When, length: Length, line: usize) -> Result<bool, Malformed> {
        let starts_at = self.clocks.starts_at(when);
        let ends_at = self.clocks.ends_at(when, length).unwrap_or(DateTime::<Utc>::MAX_UTC);
        if ends_at <= starts_at || ends_at <= self.from || starts_at >= self.until {
            return Ok(false);
        }
        self.seen += 1;
        if self.seen > OCCURRENCES_MAX {
            return Err(MalformedReason::TooManyOccurrences.at(line));
        }
        let (starts_at, ends_at) = (starts_at.max(self.from), ends_at.min(self.until));
        self.times.push(BusyTime { starts_at, ends_at });
        Ok(true)
    }
}

/// An RDATE of a series of days is a day; a day in a series of times is at the time of the first.
fn as_the_start(when: When, start: When) -> When {
    match (when, start) {
        (When::Time(at, _), When::Day(_)) => When::Day(at.date()),
        (When::Day(day), When::Time(at, clock)) => When::Time(day.and_time(at.time()), clock),
        _ => when,
    }
}

/// Of each event, the version that holds: the highest SEQUENCE, then the latest DTSTAMP, then the
/// last in the file. Events without a UID are each their own.
fn latest(file: &File) -> Vec<usize> {
    let rank = |n: usize| (file.events[n].sequence, file.events[n].stamp, n);
    let mut holding: HashMap<(&str, Option<When>), usize> = HashMap::new();
    let mut latest = Vec::new();
    for (n, event) in file.events.iter().enumerate() {
        match event.uid.as_deref() {
            None | Some("") => latest.push(n),
            Some(uid) => {
                let key = (uid, event.replaces.map(|(when, _)| when));
                let held = holding.entry(key).or_insert(n);
                if rank(n) > rank(*held) {
                    *held = n;
                }
            }
        }
    }
    latest.extend(holding.into_values());
    latest.sort_unstable();
    latest
}

fn merged(mut times: Vec<BusyTime>) -> Vec<BusyTime> {
    times.sort_unstable_by_key(|time| (time.starts_at, time.ends_at));
    let mut merged: Vec<BusyTime> = Vec::with_capacity(times.len());
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
