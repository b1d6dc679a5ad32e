//! An event as it is written in the file, before its time zones are resolved.

use chrono::NaiveDateTime;

use super::attendance::Attendance;
use super::line::Line;
use super::malformed::{Malformed, MalformedReason, PropertyName};
use super::value::{self, Clock, Span, Until, When, periods, span, when};
use super::warnings::{WarningReason, Warnings};
use super::zone::ZoneNames;
use super::{uid, vcalendar};
use crate::recurrence::{LenientRecurrence, Recurrence, RecurrenceProblem};

/// A value and the number of its line.
pub(super) type At<T> = (T, usize);

/// A VEVENT (RFC 5545, 3.6.1).
#[derive(Default)]
pub(super) struct RawEvent {
    /// The line of its BEGIN.
    pub line: usize,
    /// The index of its calendar in the file.
    pub calendar: usize,
    pub uid: Option<String>,
    pub sequence: u64,
    /// DTSTAMP, in UTC; among events with the same sequence, the later one counts.
    pub stamp: Option<NaiveDateTime>,
    /// The occurrence of a series that this one replaces.
    pub replaces: Option<At<When>>,
    /// RANGE=THISANDFUTURE: it replaces all later ones as well.
    pub and_future: bool,
    pub start: Option<At<When>>,
    pub end: Option<At<When>>,
    pub duration: Option<At<Span>>,
    pub rules: Vec<Recurrence>,
    /// EXRULE (RFC 2445, 4.8.5.2).
    pub excluding_rules: Vec<Recurrence>,
    pub dates: Vec<At<(When, Option<Until>)>>,
    pub excluded: Vec<When>,
    pub attendance: Attendance,
    transparent: Option<bool>,
    free: bool,
    cancelled: Option<bool>,
    declined: Option<bool>,
    faults: Faults,
}

/// Unreadable properties that are needed to know when the event takes place.
#[derive(Clone, Copy, Default)]
struct Faults {
    start: Option<Malformed>,
    end: Option<Malformed>,
    duration: Option<Malformed>,
    rule: Option<Malformed>,
    dates: Option<Malformed>,
    /// DTEND or DURATION without a value.
    empty_end: Option<Malformed>,
}

/// The data of the file that parsing an event uses and changes.
pub(super) struct Context<'a> {
    pub zones: &'a mut ZoneNames,
    pub warnings: &'a mut Warnings,
    /// The addresses of the calendar's owner, in lower case.
    pub owner: &'a [String],
}

impl RawEvent {
    pub(super) fn begin(line: usize, calendar: usize) -> Self {
        Self { line, calendar, ..Self::default() }
    }

    pub(super) fn is_transparent(&self) -> bool {
        self.free || self.transparent == Some(true)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled == Some(true)
    }

    /// Whether the owner of the calendar declined.
    pub(super) fn is_declined(&self) -> bool {
        self.declined == Some(true) || self.attendance.is_declined()
    }

    pub(super) fn is_series(&self) -> bool {
        self.replaces.is_none() && !(self.rules.is_empty() && self.dates.is_empty())
    }

    /// Why the event's time cannot be determined; `None` if it can.
    pub(super) fn fault(&self) -> Option<Malformed> {
        let start = self.faults.start.filter(|_| self.start.is_none());
        let known = self.end.is_some() || self.duration.is_some();
        let end = self.faults.end.or(self.faults.duration).filter(|_| !known);
        // A day without an end lasts one day, also if its end is empty.
        let is_day = matches!(self.start, Some((When::Day(_), _)));
        let empty = self.faults.empty_end.filter(|_| !known && !is_day);
        start.or(end).or(empty).or(self.faults.rule).or(self.faults.dates)
    }

    pub(super) fn has_unread_end(&self) -> bool {
        let faults = &self.faults;
        let unread = [faults.end, faults.duration, faults.empty_end].iter().any(Option::is_some);
        unread && self.end.is_none() && self.duration.is_none()
    }

    pub(super) fn has_unread_rule(&self) -> bool {
        self.faults.rule.is_some()
    }

    pub(super) fn has_unread_dates(&self) -> bool {
        self.faults.dates.is_some()
    }

    /// Handles a malformed line that begins with this word.
    pub(super) fn not_a_line(&mut self, word: &str, line: usize) -> bool {
        let fault = Some(MalformedReason::NotALine.at(line));
        match word {
            "DTSTART" => self.faults.start = self.faults.start.or(fault),
            "DTEND" => self.faults.end = self.faults.end.or(fault),
            "DURATION" => self.faults.duration = self.faults.duration.or(fault),
            "RRULE" => self.faults.rule = self.faults.rule.or(fault),
            "RDATE" => self.faults.dates = self.faults.dates.or(fault),
            _ => return false,
        }
        true
    }

    pub(super) fn property(&mut self, line: &Line, context: &mut Context) {
        let number = line.number;
        let value = line.value();
        match line.name().to_ascii_uppercase().as_str() {
            "DTSTART" => match self.moment(line, PropertyName::DtStart, context) {
                Ok(start) => first(&mut self.start, start, context),
                Err(fault) => self.faults.start = self.faults.start.or(Some(fault)),
            },
            name @ ("DTEND" | "DURATION") if value.is_empty() && !line.cut => {
                let name =
                    if name == "DTEND" { PropertyName::DtEnd } else { PropertyName::Duration };
                let fault = MalformedReason::Value(name).at(number);
                self.faults.empty_end = self.faults.empty_end.or(Some(fault));
            }
            "DTEND" => match self.moment(line, PropertyName::DtEnd, context) {
                Ok(end) => first(&mut self.end, end, context),
                Err(fault) => self.faults.end = self.faults.end.or(Some(fault)),
            },
            "DURATION" => match duration(line) {
                Ok(length) => {
                    let length = (length, number);
                    first(&mut self.duration, length, context);
                }
                Err(fault) => self.faults.duration = self.faults.duration.or(Some(fault)),
            },
            "RECURRENCE-ID" => match self.moment(line, PropertyName::RecurrenceId, context) {
                Ok(id) => {
                    let range = line.parameter("RANGE").unwrap_or_default();
                    self.and_future = range.eq_ignore_ascii_case("THISANDFUTURE");
                    self.replaces.get_or_insert(id);
                }
                // It then counts as a separate event, and the occurrence that it replaces stays.
                Err(_) => context.warnings.note(number, WarningReason::Exception),
            },
            "RRULE" if value.is_empty() => {}
            "RRULE" => match rule(line) {
                Ok(read) => self.rules.extend(noted(read, number, context)),
                Err(fault) => self.faults.rule = self.faults.rule.or(Some(fault)),
            },
            "EXRULE" if value.is_empty() => {}
            "EXRULE" => match rule(line) {
                Ok(Some(read)) if !read.left_out => self.excluding_rules.push(read.rule),
                Ok(None) => {}
                // With an inexact exclusion, too many occurrences would be left out.
                _ => context.warnings.note(number, WarningReason::Exception),
            },
            "RDATE" => match uncut(line).map(|()| periods(line, self.calendar, context.zones)) {
                Ok(Some(dates)) => self.dates.extend(dates.into_iter().map(|date| (date, number))),
                Ok(None) => {
                    let fault = MalformedReason::Value(PropertyName::RDate).at(number);
                    self.faults.dates = self.faults.dates.or(Some(fault));
                }
                Err(fault) => self.faults.dates = self.faults.dates.or(Some(fault)),
            },
            "EXDATE" => match periods(line, self.calendar, context.zones).filter(|_| !line.cut) {
                Some(dates) => self.excluded.extend(dates.into_iter().map(|(when, _)| when)),
                None => context.warnings.note(number, WarningReason::Exception),
            },
            "UID" => {
                self.uid.get_or_insert_with(|| uid::original(value));
            }
            "SEQUENCE" => self.sequence = value.parse().unwrap_or(0),
            "DTSTAMP" => {
                if let Some(When::Time(at, _)) = when(value, Clock::Utc) {
                    self.stamp = Some(at);
                }
            }
            // In vCalendar 1.0 it is a number, and from 1 on it means free.
            "TRANSP" => {
                let transparent = value.eq_ignore_ascii_case("TRANSPARENT")
                    || value.parse::<u32>().is_ok_and(|number| number > 0);
                every(&mut self.transparent, transparent);
            }
            "X-MICROSOFT-CDO-BUSYSTATUS" => self.free |= value.eq_ignore_ascii_case("FREE"),
            "STATUS" => {
                every(&mut self.cancelled, value.eq_ignore_ascii_case("CANCELLED"));
                every(&mut self.declined, value.eq_ignore_ascii_case("DECLINED"));
            }
            "ATTENDEE" => self.attendance.attendee(line, context.owner),
            _ => {}
        }
    }

    fn moment(
        &self,
        line: &Line,
        name: PropertyName,
        context: &mut Context,
    ) -> Result<At<When>, Malformed> {
        uncut(line)?;
        let found = value::one(line, self.calendar, context.zones);
        let found = found.ok_or(MalformedReason::Value(name).at(line.number))?;
        Ok((found, line.number))
    }
}

/// Stores the first value of a property. A different second one causes a warning; it may be a line of an unescaped
/// DESCRIPTION that looks like a property.
fn first<T: PartialEq>(place: &mut Option<At<T>>, new: At<T>, context: &mut Context) {
    match place {
        None => *place = Some(new),
        Some((known, _)) if *known == new.0 => {}
        Some(_) => context.warnings.note(new.1, WarningReason::Repeated),
    }
}

/// Combines the values of a repeated property: it is only true if all of them are.
fn every(place: &mut Option<bool>, new: bool) {
    *place = Some(place.unwrap_or(true) && new);
}

fn duration(line: &Line) -> Result<Span, Malformed> {
    uncut(line)?;
    let wrong = MalformedReason::Value(PropertyName::Duration).at(line.number);
    let length = span(line.value()).ok_or(wrong)?;
    if length.days < 0 || length.seconds < 0 {
        return Err(MalformedReason::EndsBeforeStart.at(line.number));
    }
    Ok(length)
}

/// `None` for a rule without occurrences; the start is then the only occurrence.
fn rule(line: &Line) -> Result<Option<LenientRecurrence>, Malformed> {
    uncut(line)?;
    let wrong = MalformedReason::Value(PropertyName::RRule).at(line.number);
    let legacy = vcalendar::is_rule(line.value()).then(|| vcalendar::rule(line.value()));
    let read = match legacy {
        Some(legacy) => Recurrence::lenient(&legacy.ok_or(wrong)?),
        None => Recurrence::lenient(line.value()),
    };
    match read {
        Ok(read) => Ok(Some(read)),
        Err(RecurrenceProblem::Never) => Ok(None),
        Err(RecurrenceProblem::Malformed) => Err(wrong),
        Err(problem) => Err(MalformedReason::Rule(problem).at(line.number)),
    }
}

fn noted(
    read: Option<LenientRecurrence>,
    line: usize,
    context: &mut Context,
) -> Option<Recurrence> {
    let read = read?;
    if read.left_out {
        context.warnings.note(line, WarningReason::RulePart);
    }
    Some(read.rule)
}

/// A length in days, rounded up.
pub(super) fn whole_days(length: Span) -> i64 {
    let seconds = length.seconds;
    length.days + seconds.div_euclid(86_400) + i64::from(seconds.rem_euclid(86_400) > 0)
}

pub(super) fn uncut(line: &Line) -> Result<(), Malformed> {
    if line.cut { Err(MalformedReason::LineTooLong.at(line.number)) } else { Ok(()) }
}
