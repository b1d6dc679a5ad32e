//! What a TZID means: a zone of the database, or the file's own VTIMEZONE (RFC 5545, 3.6.5).

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Utc};

use super::line::{Line, unescaped_text};
use super::malformed::{Malformed, MalformedReason, PropertyName};
use super::value::{self, When};
use super::{CHANGES_MAX, ZONES_MAX, windows};
use crate::recurrence::{Recurrence, RecurrenceProblem};
use crate::schedule::instant;
use crate::zone::{self, Zone as Iana};

/// The TZIDs of a file and the line of the first use of each.
#[derive(Default)]
pub(super) struct ZoneNames {
    names: Vec<(String, usize)>,
    places: HashMap<String, usize>,
}

impl ZoneNames {
    pub(super) fn place_of(&mut self, name: String, line: usize) -> usize {
        if let Some(place) = self.places.get(&name) {
            return *place;
        }
        self.names.push((name.clone(), line));
        self.places.insert(name, self.names.len() - 1);
        self.names.len() - 1
    }

    /// The zone of every name, in their order.
    ///
    /// # Errors
    /// The first use of a name that neither we nor the file know, or what is wrong with its VTIMEZONE.
    pub(super) fn resolve(
        &self,
        definitions: &[Definition],
        until: NaiveDateTime,
        looks: &mut usize,
    ) -> Result<Vec<Zone>, Malformed> {
        let mut zones = Vec::with_capacity(self.names.len());
        if let Some((_, line)) = self.names.get(ZONES_MAX) {
            return Err(MalformedReason::TooManyZones.at(*line));
        }
        for (name, line) in &self.names {
            zones.push(match (known(name), defined(definitions, name)) {
                (Some(zone), _) => Zone::Named(zone),
                (None, Some(own)) => own.zone(until, looks)?,
                (None, None) => guessed(name).ok_or(MalformedReason::UnknownZone.at(*line))?,
            });
        }
        Ok(zones)
    }
}

fn defined<'a>(definitions: &'a [Definition], name: &str) -> Option<&'a Definition> {
    definitions.iter().find(|own| own.name.as_deref() == Some(name))
}

/// A clock that wall times can be turned into instants with.
pub(super) enum Zone {
    Named(Iana),
    /// Seconds east of UTC.
    Fixed(i32),
    Own(Changes),
}

impl Zone {
    /// A time that exists twice is its first occurrence; one that is skipped is read with
    /// the offset from before the change (RFC 5545, 3.3.5).
    pub(super) fn instant(&self, at: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Named(zone) => instant(*zone, at.date(), at.time()),
            Self::Fixed(offset) => east(at, *offset),
            Self::Own(changes) => east(at, changes.offset(at)),
        }
    }
}

fn east(at: NaiveDateTime, offset: i32) -> DateTime<Utc> {
    at.checked_sub_signed(Duration::seconds(offset.into())).unwrap_or(at).and_utc()
}

/// The changes of a clock, in order.
pub(super) struct Changes {
    before: i32,
    list: Vec<Change>,
}

struct Change {
    at: NaiveDateTime,
    from: i32,
    to: i32,
}

impl Changes {
    fn offset(&self, at: NaiveDateTime) -> i32 {
        // In the hour that is skipped or repeated, the offset is still the one from before.
        let over = |change: &Change| at >= shifted(change.at, change.from.max(change.to));
        let begun = self.list.partition_point(over);
        begun.checked_sub(1).map_or(self.before, |last| self.list[last].to)
    }
}

fn shifted(at: NaiveDateTime, offset: i32) -> NaiveDateTime {
    at.checked_add_signed(Duration::seconds(offset.into())).unwrap_or(at)
}

/// A VTIMEZONE.
pub(super) struct Definition {
    line: usize,
    name: Option<String>,
    /// What the Olson database calls it (X-LIC-LOCATION).
    location: Option<String>,
    observances: Vec<Observance>,
}

/// A STANDARD or DAYLIGHT within it.
struct Observance {
    line: usize,
    start: Option<NaiveDateTime>,
    from: Option<i32>,
    to: Option<i32>,
    rules: Vec<Recurrence>,
    dates: Vec<NaiveDateTime>,
}

impl Definition {
    pub(super) fn begin(line: usize) -> Self {
        Self { line, name: None, location: None, observances: Vec::new() }
    }

    pub(super) fn begin_observance(&mut self, line: usize) {
        let (start, from, to) = (None, None, None);
        let (rules, dates) = (Vec::new(), Vec::new());
        self.observances.push(Observance { line, start, from, to, rules, dates });
    }

    pub(super) fn property(&mut self, line: &Line) {
        if line.is("TZID") {
            self.name = Some(unescaped_text(line.value()));
        } else if line.is("X-LIC-LOCATION") {
            self.location = Some(line.value().to_owned());
        }
    }

    pub(super) fn property_of_observance(&mut self, line: &Line) -> Result<(), Malformed> {
        use PropertyName::{DtStart, RDate, RRule, TzOffsetFrom, TzOffsetTo};
        let Some(observance) = self.observances.last_mut() else { return Ok(()) };
        let wrong = |name| MalformedReason::Value(name).at(line.number);
        let local = |when: When| match when {
            When::Day(day) => day.and_hms_opt(0, 0, 0).unwrap_or_default(),
            When::Time(at, _) => at,
        };
        if line.is("DTSTART") {
            let start = value::when(line.value(), value::Clock::Floating);
            observance.start = Some(local(start.ok_or(wrong(DtStart))?));
        } else if line.is("TZOFFSETFROM") {
            observance.from = Some(value::offset(line.value()).ok_or(wrong(TzOffsetFrom))?);
        } else if line.is("TZOFFSETTO") {
            observance.to = Some(value::offset(line.value()).ok_or(wrong(TzOffsetTo))?);
        } else if line.is("RRULE") {
            match Recurrence::parse(line.value()) {
                Ok(rule) => observance.rules.push(rule),
                Err(RecurrenceProblem::Never) => {}
                Err(_) => return Err(wrong(RRule)),
            }
        } else if line.is("RDATE") {
            let dates = value::periods(line, &mut ZoneNames::default()).ok_or(wrong(RDate))?;
            observance.dates.extend(dates.into_iter().map(|(when, _)| local(when)));
        }
        Ok(())
    }

    fn zone(&self, until: NaiveDateTime, looks: &mut usize) -> Result<Zone, Malformed> {
        if let Some(zone) = self.location.as_deref().and_then(known) {
            return Ok(Zone::Named(zone));
        }
        let mut list = Vec::new();
        for observance in &self.observances {
            observance.changes(until, looks, &mut list)?;
        }
        list.sort_by_key(|change| change.at);
        let missing = MalformedReason::Missing(PropertyName::TzOffsetTo).at(self.line);
        let before = list.first().ok_or(missing)?.from;
        Ok(Zone::Own(Changes { before, list }))
    }
}

impl Observance {
    fn changes(
        &self,
        until: NaiveDateTime,
        looks: &mut usize,
        list: &mut Vec<Change>,
    ) -> Result<(), Malformed> {
        let missing = |name| MalformedReason::Missing(name).at(self.line);
        let start = self.start.ok_or(missing(PropertyName::DtStart))?;
        let from = self.from.ok_or(missing(PropertyName::TzOffsetFrom))?;
        let to = self.to.ok_or(missing(PropertyName::TzOffsetTo))?;
        let mut onsets = vec![start];
        onsets.extend(&self.dates);
        for rule in &self.rules {
            let instant = |at| east(at, from);
            let found = rule.occurrences_by(start, start, until, CHANGES_MAX, looks, &instant);
            if found.cut {
                return Err(MalformedReason::TooManyOccurrences.at(self.line));
            }
            onsets.extend(found.at);
        }
        if list.len() + onsets.len() > CHANGES_MAX {
            return Err(MalformedReason::TooManyOccurrences.at(self.line));
        }
        list.extend(onsets.into_iter().map(|at| Change {
            at: east(at, from).naive_utc(),
            from,
            to,
        }));
        Ok(())
    }
}

/// Names that mean a place whatever the file says about them: those of the database with a
/// slash, also behind a prefix such as `/mozilla.org/20050126_1/`, and those of Windows.
fn known(name: &str) -> Option<Iana> {
    let name = name.trim().trim_matches('"');
    let tails = name.match_indices('/').map(|(slash, _)| &name[slash + 1..]);
    std::iter::once(name)
        .chain(tails)
        .take(8)
        .find_map(|name| named(name).filter(|_| name.contains('/')).or_else(|| by_windows(name)))
}

fn named(name: &str) -> Option<Iana> {
    Iana::of_any_case(name)
}

fn by_windows(name: &str) -> Option<Iana> {
    windows::zone(name).and_then(|name| name.parse().ok())
}

/// Names without a place or a definition: `UTC`, `GMT+05:30`, and what Windows displays,
/// such as `(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi`.
fn guessed(name: &str) -> Option<Zone> {
    let name = name.trim().trim_matches('"');
    let tail = name.rsplit('/').next().unwrap_or(name);
    let zone = named(tail).map(Zone::Named);
    zone.or_else(|| written_offset(name).map(Zone::Fixed))
        .or_else(|| by_display_name(name).map(Zone::Named))
}

fn written_offset(name: &str) -> Option<i32> {
    let upper = name.to_ascii_uppercase();
    if upper == "Z" {
        return Some(0);
    }
    let offset = upper.strip_prefix("UTC").or(upper.strip_prefix("GMT")).unwrap_or(&upper);
    value::offset(&offset.replace(':', ""))
}

/// A zone that is named after one of the places and has the offset at some time of the year.
fn by_display_name(name: &str) -> Option<Iana> {
    let (offset, places) = name.strip_prefix('(')?.split_once(')')?;
    let offset = match offset {
        "UTC" | "GMT" => 0,
        offset => written_offset(offset)?,
    };
    let fits = |zone: &Iana| {
        [1, 7].into_iter().filter_map(|month| NaiveDate::from_ymd_opt(2026, month, 1)).any(|day| {
            let at = day.and_hms_opt(0, 0, 0).unwrap_or_default();
            zone.offset_from_utc_datetime(&at).fix().local_minus_utc() == offset
        })
    };
    if let Some(zone) = windows::displayed(places.trim()).and_then(|name| name.parse().ok()) {
        return Some(zone).filter(fits);
    }
    let place = |zone: &Iana| zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ");
    places.split(',').take(8).find_map(|wanted| {
        let wanted = wanted.trim();
        let same = |zone: &&Iana| place(zone).eq_ignore_ascii_case(wanted) && fits(zone);
        zone::all().iter().find(same).copied()
    })
}

/// The end of what has to be known about clocks for a range that ends here.
pub(super) fn horizon(until: DateTime<Utc>) -> NaiveDateTime {
    let year = until.year().saturating_add(2);
    NaiveDate::from_ymd_opt(year, 1, 1)
        .unwrap_or(NaiveDate::MAX)
        .and_hms_opt(0, 0, 0)
        .unwrap_or_default()
}
