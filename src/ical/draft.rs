//! An event as it stands in a file, before its zones are known.

use std::collections::HashSet;

use chrono::NaiveDateTime;

use super::line::Line;
use super::malformed::{Malformed, MalformedReason, PropertyName};
use super::value::{Clock, Span, Until, When, clock, periods, span, when};
use super::zone::ZoneNames;
use crate::recurrence::{Recurrence, RecurrenceProblem};

/// A value and the line it stands in.
pub(super) type At<T> = (T, usize);

/// A VEVENT (RFC 5545, 3.6.1).
#[derive(Default)]
pub(super) struct Draft {
    /// Where it begins.
    pub line: usize,
    /// Which calendar of the file it is in, from 0.
    pub calendar: usize,
    pub uid: Option<String>,
    pub sequence: u64,
    /// DTSTAMP, in UTC; among events of the same sequence, the later one holds.
    pub stamp: NaiveDateTime,
    /// The occurrence of a series that this one replaces.
    pub replaces: Option<At<When>>,
    pub start: Option<At<When>>,
    pub end: Option<At<Until>>,
    pub rules: Vec<Recurrence>,
    pub dates: Vec<At<(When, Option<Until>)>>,
    pub excluded: HashSet<When>,
    /// It takes no time, by TRANSP or as Outlook says it.
    pub transparent: bool,
    pub cancelled: bool,
}

impl Draft {
    pub(super) fn begin(line: usize, calendar: usize) -> Self {
        Self { line, calendar, ..Self::default() }
    }

    pub(super) fn property(&mut self, line: &Line, zones: &mut ZoneNames) -> Result<(), Malformed> {
        use PropertyName::{DtEnd, DtStart, Duration, ExDate, RDate, RRule, RecurrenceId};
        let number = line.number;
        let wrong = |name| MalformedReason::Value(name).at(number);
        let value = line.value();
        match line.name().to_ascii_uppercase().as_str() {
            "DTSTART" => self.start = Some((one(line, zones, DtStart)?, number)),
            "DTEND" => self.end = Some((Until::When(one(line, zones, DtEnd)?), number)),
            "DURATION" => {
                let length = span(value).ok_or(wrong(Duration))?;
                if length.days < 0 || length.seconds < 0 {
                    return Err(MalformedReason::EndsBeforeStart.at(number));
                }
                self.end = Some((Until::Span(length), number));
            }
            "RECURRENCE-ID" => {
                let range = line.parameter("RANGE").unwrap_or_default();
                if range.eq_ignore_ascii_case("THISANDFUTURE") {
                    return Err(MalformedReason::ThisAndFuture.at(number));
                }
                self.replaces = Some((one(line, zones, RecurrenceId)?, number));
            }
            "RRULE" => self.rules.extend(rule(line, RRule)?),
            "RDATE" => {
                uncut(line)?;
                let dates = periods(line, zones).ok_or(wrong(RDate))?;
                self.dates.extend(dates.into_iter().map(|date| (date, number)));
            }
            "EXDATE" => {
                uncut(line)?;
                let dates = periods(line, zones).ok_or(wrong(ExDate))?;
                self.excluded.extend(dates.into_iter().map(|(when, _)| when));
            }
            "UID" => self.uid = Some(value.to_owned()),
            "SEQUENCE" => self.sequence = value.parse().unwrap_or(0),
            "DTSTAMP" => {
                if let Some(When::Time(at, _)) = when(value, Clock::Utc) {
                    self.stamp = at;
                }
            }
            "TRANSP" => self.transparent |= value.eq_ignore_ascii_case("TRANSPARENT"),
            "X-MICROSOFT-CDO-BUSYSTATUS" => self.transparent |= value.eq_ignore_ascii_case("FREE"),
            "STATUS" => self.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            _ => {}
        }
        Ok(())
    }
}

/// The days and seconds of a length that are days only, when they are.
pub(super) fn whole_days(length: Span) -> Option<i64> {
    (length.seconds % 86_400 == 0).then_some(length.days + length.seconds / 86_400)
}

fn one(line: &Line, zones: &mut ZoneNames, name: PropertyName) -> Result<When, Malformed> {
    uncut(line)?;
    when(line.value(), clock(line, zones)).ok_or(MalformedReason::Value(name).at(line.number))
}

/// None for a rule that never happens: then there is the start alone.
fn rule(line: &Line, name: PropertyName) -> Result<Option<Recurrence>, Malformed> {
    uncut(line)?;
    match Recurrence::parse(line.value()) {
        Ok(rule) => Ok(Some(rule)),
        Err(RecurrenceProblem::Never) => Ok(None),
        Err(RecurrenceProblem::Malformed) => Err(MalformedReason::Value(name).at(line.number)),
        Err(problem) => Err(MalformedReason::Rule(problem).at(line.number)),
    }
}

pub(super) fn uncut(line: &Line) -> Result<(), Malformed> {
    if line.cut { Err(MalformedReason::LineTooLong.at(line.number)) } else { Ok(()) }
}
