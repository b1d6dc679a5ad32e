//! Recurrence rules (RFC 5545, 3.3.10) on floating wall time: on which days and
//! at which local times something happens again.
//!
//! The first period of a search is computed, not reached by iteration, and every search has a budget of steps, so
//! no rule can take long. This is why rules are expanded here: the `rrule` crate looks through up to 100,000 periods
//! for each next occurrence, whatever the UNTIL, and cannot begin in the middle of a series. The tests compare with
//! it.
//!
//! Not for: time zones. What an occurrence means as an instant is for the caller.

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

/// The budget of one search: how many periods, days and occurrences it may look at. Enough for 400 years of a
/// daily rule with a COUNT.
pub const STEPS_MAX: usize = 500_000;

/// How far ahead [`Recurrence::happens_from`] looks, in years: the longest wait
/// for a weekday on 29 February.
const YEARS_AHEAD: u64 = 40;

/// A checked recurrence rule. Inside, nothing contradicts RFC 5545.
#[derive(Clone, PartialEq, Eq)]
pub struct Recurrence {
    text: String,
    rule: Rule,
}

/// A rule that was read leniently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LenientRecurrence {
    pub rule: Recurrence,
    /// A part of it is not understood and was left out: it may happen more often than was meant.
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
    /// Reads the value of an RRULE, with or without `RRULE:` before it, in any case.
    ///
    /// # Errors
    /// Why the rule is not taken. A rule by the second is too often.
    pub fn parse(text: &str) -> Result<Self, RecurrenceProblem> {
        let (text, rule) = parse::rule(text)?;
        let recurrence = Self { text, rule };
        if recurrence.rule.is_empty() { Err(RecurrenceProblem::Never) } else { Ok(recurrence) }
    }

    /// Reads a rule as calendar files have them: what RFC 5545 forbids but can only mean one thing is read so, and what it
    /// does not know is left out.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), when it is not clear when something happens. A rule that never does is taken.
    pub fn lenient(text: &str) -> Result<LenientRecurrence, RecurrenceProblem> {
        if text.len() > RULE_BYTES_MAX {
            return Err(RecurrenceProblem::TooLong);
        }
        let (cleaned, left_out) = lenient::cleaned(text);
        let (text, rule) = parse::rule_with_both_ends(&cleaned)?;
        // Whether it ever happens is not asked: for a file of many rules, that is too long a search.
        Ok(LenientRecurrence { rule: Self { text, rule }, left_out })
    }

    /// The same for whole days: the times of day in it are ignored (RFC 5545, 3.3.10).
    pub fn without_times(mut self) -> Self {
        self.rule.hours.clear();
        self.rule.minutes.clear();
        self.rule.seconds.clear();
        self
    }

    /// With an UNTIL in UTC as the last day that `last_day` makes of it, if it does.
    #[must_use]
    pub fn ending_on(mut self, last_day: impl FnOnce(NaiveDateTime) -> Option<NaiveDate>) -> Self {
        if let End::UntilUtc(until) = self.rule.end
            && let Some(day) = last_day(until)
        {
            self.rule.end = End::UntilDate(day);
        }
        self
    }

    /// Reads a rule for working hours: daily or rarer, without times of day.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and what is finer than a day is too often.
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
    /// `start`: at most `limit`, in order.
    ///
    /// As in a calendar file, `start` is the first occurrence whether it fits the
    /// rule or not, and counts (RFC 5545, 3.8.5.3); but a rule whose UNTIL is before it
    /// has no occurrence at all. An UNTIL in UTC is compared as if the wall clock
    /// showed UTC; see [`occurrences_by`](Self::occurrences_by).
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

    /// As [`occurrences`](Self::occurrences), for a zone: an UNTIL in UTC is compared with
    /// what `instant` makes of an occurrence. Every period, day and occurrence that is
    /// looked at is subtracted from `budget`; at 0 the search stops.
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

    /// As [`occurrences_by`](Self::occurrences_by), but `start` is among them only if it fits the rule, as for an EXRULE.
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

    /// Has a series that starts at `start` ended before `at`: by its UNTIL, or by a COUNT that leaves none in the year from
    /// then on?
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

    /// The days in `from..until` (half-open) that fit a rule which holds from `start` on.
    ///
    /// INTERVAL and COUNT begin at `start`, but unlike in a calendar file it is itself
    /// among them only if it fits the rule. An UNTIL with a time means its day as written.
    /// After [`STEPS_MAX`] steps, some 400 years of days with a COUNT, the rest is left out.
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

    /// Does any day fit within a generation from `start`? A rule can fit the calendar and yet
    /// never its own start, such as every seventh day from a Monday on Tuesdays.
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

/// Its text, which says all.
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
