//! Recurrence rules (RFC 5545, 3.3.10) in wall time without a zone.
//!
//! The first period of a search is computed, not reached by iteration, and every search has a budget of steps, so
//! no rule can take long. This is why rules are expanded here: the `rrule` crate looks through up to 100,000 periods
//! for each next occurrence, whatever the UNTIL, and cannot begin in the middle of a series. The tests compare with
//! it.
//!
//! Time zones are not handled here. Callers convert occurrences to instants.

mod expand;
mod lenient;
mod parse;
mod rule;
mod skip;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use expand::Search;
pub(crate) use parse::date;
#[cfg(test)]
pub(crate) use parse::moment;
use rule::{End, Frequency, Rule};
pub use rule::{Occurrences, RULE_BYTES_MAX, RecurrenceProblem};

/// The budget of one search: the maximum number of periods, days and occurrences that it checks. It is enough for 400
/// years of a daily rule with a COUNT.
pub const STEPS_MAX: usize = 500_000;

/// How far ahead [`Recurrence::happens_from`] looks, in years: the longest time between
/// two 29 Februaries on the same weekday.
const YEARS_AHEAD: u64 = 40;

/// A valid recurrence rule according to RFC 5545.
#[derive(Clone, PartialEq, Eq)]
pub struct Recurrence {
    text: String,
    rule: Rule,
}

/// A rule that was read leniently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LenientRecurrence {
    pub rule: Recurrence,
    /// An unknown part was left out, so there may be more occurrences than intended.
    pub left_out: bool,
}

/// Serialized as its text.
impl Serialize for Recurrence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Deserialized as a rule of whole days.
impl<'de> Deserialize<'de> for Recurrence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of_days(&String::deserialize(deserializer)?).map_err(Error::custom)
    }
}

impl Recurrence {
    /// Parses the value of an RRULE, with or without the prefix `RRULE:`, in any case.
    ///
    /// # Errors
    /// Why the rule is refused. A rule with `FREQ=SECONDLY` is [`RecurrenceProblem::TooOften`].
    pub fn parse(text: &str) -> Result<Self, RecurrenceProblem> {
        let (text, rule) = parse::rule(text)?;
        let recurrence = Self { text, rule };
        if recurrence.rule.is_empty() { Err(RecurrenceProblem::Never) } else { Ok(recurrence) }
    }

    /// Parses a rule from a calendar file. Violations of RFC 5545 with only one possible meaning are accepted, and
    /// unknown parts are left out.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), when the occurrences are not clear. A rule without occurrences is accepted.
    pub fn lenient(text: &str) -> Result<LenientRecurrence, RecurrenceProblem> {
        if text.len() > RULE_BYTES_MAX {
            return Err(RecurrenceProblem::TooLong);
        }
        let (cleaned, left_out) = lenient::cleaned(text);
        let (text, rule) = parse::rule_with_both_ends(&cleaned)?;
        // Not checked for occurrences: with many rules in a file, that search would take too long.
        Ok(LenientRecurrence { rule: Self { text, rule }, left_out })
    }

    /// The rule for an event of whole days: without times of day, which are ignored then (RFC 5545, 3.3.10).
    pub fn without_times(mut self) -> Self {
        self.rule.hours.clear();
        self.rule.minutes.clear();
        self.rule.seconds.clear();
        self
    }

    /// The rule with an UNTIL in UTC replaced by the date that `last_day` returns for it, if any.
    #[must_use]
    pub fn ending_on(mut self, last_day: impl FnOnce(NaiveDateTime) -> Option<NaiveDate>) -> Self {
        if let End::UntilUtc(until) = self.rule.end
            && let Some(day) = last_day(until)
        {
            self.rule.end = End::UntilDate(day);
        }
        self
    }

    /// Parses a rule for working hours: daily or less frequent, without times of day.
    ///
    /// # Errors
    /// As [`parse`](Self::parse). Rules with times of day or more than one occurrence a day are
    /// [`RecurrenceProblem::TooOften`].
    pub fn of_days(text: &str) -> Result<Self, RecurrenceProblem> {
        let recurrence = Self::parse(text)?;
        let rule = &recurrence.rule;
        let timed = [&rule.hours, &rule.minutes, &rule.seconds].iter().any(|part| !part.is_empty());
        if rule.frequency < Frequency::Daily || timed {
            return Err(RecurrenceProblem::TooOften);
        }
        Ok(recurrence)
    }

    /// The rule in upper case, without `RRULE:`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The occurrences in `from..until` (half-open) of a series that starts at
    /// `start`: at most `limit`, sorted.
    ///
    /// As in a calendar file, `start` is always the first occurrence and counts for COUNT, even if it
    /// does not match the rule (RFC 5545, 3.8.5.3). But if UNTIL is before it, there is no occurrence at
    /// all. An UNTIL in UTC is compared as if wall time were UTC; see
    /// [`occurrences_by`](Self::occurrences_by).
    pub fn occurrences(
        &self,
        start: NaiveDateTime,
        from: NaiveDateTime,
        until: NaiveDateTime,
        limit: usize,
    ) -> Occurrences {
        let mut budget = STEPS_MAX;
        self.occurrences_by(start, from, until, limit, &mut budget, &|at| at.and_utc())
    }

    /// As [`occurrences`](Self::occurrences), in a zone: an UNTIL in UTC is compared with
    /// `instant` of an occurrence. Every period, day and occurrence that is checked
    /// is subtracted from `budget`. At 0 the search stops.
    pub fn occurrences_by(
        &self,
        start: NaiveDateTime,
        from: NaiveDateTime,
        until: NaiveDateTime,
        limit: usize,
        budget: &mut usize,
        instant: &dyn Fn(NaiveDateTime) -> DateTime<Utc>,
    ) -> Occurrences {
        let range = from..until;
        Search { rule: &self.rule, start, range, limit, instant, start_counts: true }.run(budget)
    }

    /// As [`occurrences_by`](Self::occurrences_by), but with `start` only if it matches the rule, as for an EXRULE.
    pub fn fitting_by(
        &self,
        start: NaiveDateTime,
        from: NaiveDateTime,
        until: NaiveDateTime,
        limit: usize,
        budget: &mut usize,
        instant: &dyn Fn(NaiveDateTime) -> DateTime<Utc>,
    ) -> Occurrences {
        let range = from..until;
        Search { rule: &self.rule, start, range, limit, instant, start_counts: false }.run(budget)
    }

    /// Whether a series that starts at `start` has ended before `at`: by its UNTIL, or by a COUNT if there is no
    /// occurrence in the year from `at` on.
    pub fn is_over_by(
        &self,
        start: NaiveDateTime,
        at: NaiveDateTime,
        budget: &mut usize,
        instant: &dyn Fn(NaiveDateTime) -> DateTime<Utc>,
    ) -> bool {
        let past = match self.rule.end {
            End::Never => false,
            End::UntilDate(until) => at.date() > until,
            End::UntilFloating(until) => at > until,
            End::UntilUtc(until) => instant(at) > until.and_utc(),
        };
        if past || self.rule.count.is_none() {
            return past;
        }
        let later = at.checked_add_days(Days::new(366)).unwrap_or(at);
        let rest = self.occurrences_by(start, at, later, 1, budget, instant);
        rest.at.is_empty() && !rest.cut
    }

    /// The days in `from..until` (half-open) that match the rule, applied from `start` on.
    ///
    /// INTERVAL and COUNT are counted from `start`, but unlike in a calendar file, `start` is only
    /// included if it matches the rule. Of an UNTIL with a time, only the date as written counts.
    /// The search stops after [`STEPS_MAX`] steps, some 400 years of days with a COUNT.
    pub fn days(&self, start: NaiveDate, from: NaiveDate, until: NaiveDate) -> Vec<NaiveDate> {
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
        let mut days: Vec<_> = self
            .fitting(midnight(start), midnight(from)..midnight(until), usize::MAX)
            .at
            .iter()
            .map(NaiveDateTime::date)
            .collect();
        days.dedup();
        days
    }

    /// Whether any day within 40 years from `start` matches. Even a rule without contradictions
    /// may never match with a given start, such as every seventh day on Tuesdays, starting on a Monday.
    pub fn happens_from(&self, start: NaiveDate) -> bool {
        let start = start.and_time(NaiveTime::MIN);
        let until = start.checked_add_days(Days::new(YEARS_AHEAD * 366)).unwrap_or(start);
        !self.fitting(start, start..until, 1).at.is_empty()
    }

    fn fitting(
        &self,
        start: NaiveDateTime,
        range: std::ops::Range<NaiveDateTime>,
        limit: usize,
    ) -> Occurrences {
        let instant = &|at: NaiveDateTime| at.and_utc();
        let mut budget = STEPS_MAX;
        Search { rule: &self.rule, start, range, limit, instant, start_counts: false }
            .run(&mut budget)
    }
}

/// Only the text, which contains the whole rule.
impl std::fmt::Debug for Recurrence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recurrence({})", self.text)
    }
}

impl std::fmt::Display for Recurrence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
