//! Computes the changes of a clock from the observances of a VTIMEZONE.

use chrono::NaiveDateTime;

use super::super::limits::CHANGES_MAX;
use super::super::line::{Line, unescaped_text};
use super::super::malformed::{Malformed, MalformedReason, PropertyName};
use super::super::value::{self, Clock};
use super::lookup;
use super::resolved_zone::{Change, Changes, Zone, east};
use super::tzids::ZoneNames;
use crate::recurrence::{Recurrence, RecurrenceProblem};

/// A VTIMEZONE in a file.
#[derive(Default)]
pub(in crate::ical) struct Definition {
    pub(super) line: usize,
    pub(super) name: Option<String>,
    /// The lines that define it, to find duplicates.
    pub(super) content: String,
    /// Its IANA name (X-LIC-LOCATION).
    location: Option<String>,
    observances: Vec<Observance>,
    fault: Option<Malformed>,
}

/// A STANDARD or DAYLIGHT within it.
#[derive(Default)]
struct Observance {
    line: usize,
    start: Option<NaiveDateTime>,
    daylight: bool,
    from: Option<i32>,
    to: Option<i32>,
    rules: Vec<Recurrence>,
    dates: Vec<NaiveDateTime>,
}

impl Definition {
    pub(in crate::ical) fn begin(line: usize) -> Self {
        Self { line, ..Self::default() }
    }

    pub(in crate::ical) fn begin_observance(&mut self, line: usize, daylight: bool) {
        self.content.push_str(if daylight { "DAYLIGHT\n" } else { "STANDARD\n" });
        self.observances.push(Observance { line, daylight, ..Observance::default() });
    }

    /// The zone of the database that the definition refers to.
    pub(super) fn location(&self) -> Option<Zone> {
        self.location.as_deref().and_then(lookup::zone)
    }

    /// A malformed line makes the definition unreadable.
    pub(in crate::ical) fn broken(&mut self, fault: Malformed) {
        self.fault.get_or_insert(fault);
    }

    pub(in crate::ical) fn property(&mut self, line: &Line) {
        if line.is("TZID") {
            self.name.get_or_insert_with(|| unescaped_text(line.value()));
        } else if line.is("X-LIC-LOCATION") {
            self.location = Some(line.value().to_owned());
        } else {
            return;
        }
        self.note(line);
    }

    fn note(&mut self, line: &Line) {
        self.content.extend([line.name(), ":", line.value(), "\n"]);
    }

    pub(in crate::ical) fn property_of_observance(&mut self, line: &Line) {
        use PropertyName::{DtStart, RDate, RRule, TzOffsetFrom, TzOffsetTo};
        let Some(observance) = self.observances.last_mut() else { return };
        let value = line.value();
        let wrong = if line.is("DTSTART") {
            let start = value::when(value, Clock::Floating);
            observance.start = start.map(value::When::wall);
            start.is_none().then_some(DtStart)
        } else if line.is("TZOFFSETFROM") {
            observance.from = value::offset(value);
            observance.from.is_none().then_some(TzOffsetFrom)
        } else if line.is("TZOFFSETTO") {
            observance.to = value::offset(value);
            observance.to.is_none().then_some(TzOffsetTo)
        } else if line.is("RRULE") && !value.is_empty() {
            match Recurrence::lenient(value) {
                Ok(read) => {
                    observance.rules.push(read.rule);
                    None
                }
                Err(RecurrenceProblem::Never) => None,
                Err(_) => Some(RRule),
            }
        } else if line.is("RDATE") {
            match value::periods(line, 0, &mut ZoneNames::default()) {
                Some(dates) => {
                    observance.dates.extend(dates.into_iter().map(|(when, _)| when.wall()));
                    None
                }
                None => Some(RDate),
            }
        } else {
            return;
        };
        self.note(line);
        let wrong = if line.cut {
            Some(MalformedReason::LineTooLong)
        } else {
            wrong.map(MalformedReason::Value)
        };
        if let Some(reason) = wrong {
            self.broken(reason.at(line.number));
        }
    }

    /// # Errors
    /// The part that cannot be parsed or is missing.
    pub(super) fn zone(
        &self,
        from: NaiveDateTime,
        until: NaiveDateTime,
        budget: &mut usize,
    ) -> Result<Zone, Malformed> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.observances.is_empty()
            && let Some(zone) = self.location()
        {
            return Ok(zone);
        }
        let mut list = Vec::new();
        for observance in &self.observances {
            observance.changes(until, budget, &mut list)?;
        }
        let missing = MalformedReason::Missing(PropertyName::TzOffsetTo).at(self.line);
        let changes = Changes::new(list).ok_or(missing)?;
        // The same offset in the whole range: most zones without changes are defined like this.
        let offset = changes.offset_at(from);
        let same = |change: &Change| change.from == offset && change.to == offset;
        Ok(if changes.list.iter().all(same) { Zone::Fixed(offset) } else { Zone::Own(changes) })
    }
}

impl Observance {
    fn changes(
        &self,
        until: NaiveDateTime,
        budget: &mut usize,
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
            let found = rule.occurrences_by(start, start, until, CHANGES_MAX, budget, &instant);
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
            daylight: self.daylight,
        }));
        Ok(())
    }
}
