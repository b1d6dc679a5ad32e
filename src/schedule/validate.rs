//! Validation of schedules.

use chrono::{Days, NaiveDate, NaiveTime};

use super::expand::{Overlap, Zones, overlap};
use super::rules::{LOOK_AHEAD_DAYS, RULES_MAX, Rule, Schedule, TIME_OFF_MAX};
use crate::failure::{Field, FieldProblem, Problem};

/// A problem with a rule or a time off of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduleProblem {
    pub line: Line,
    pub problem: FieldProblem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Rule(usize),
    TimeOff(usize),
}

impl Schedule {
    /// Checks each line by itself, and then whether rules overlap from `today` on.
    ///
    /// # Errors
    /// All lines with problems. If there are none, the first overlap.
    pub fn check(&self, zones: &Zones, today: NaiveDate) -> Result<(), Vec<ScheduleProblem>> {
        let too_many = |line, max: usize| {
            let max = i64::try_from(max).unwrap_or(i64::MAX);
            let problem = Problem::OutOfRange { min: 0, max };
            vec![ScheduleProblem { line, problem: FieldProblem { field: Field::Lines, problem } }]
        };
        if self.rules.len() > RULES_MAX {
            return Err(too_many(Line::Rule(RULES_MAX), RULES_MAX));
        }
        if self.time_off.len() > TIME_OFF_MAX {
            return Err(too_many(Line::TimeOff(TIME_OFF_MAX), TIME_OFF_MAX));
        }
        let mut bad = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            if let Err(problem) = rule.check() {
                bad.push(ScheduleProblem { line: Line::Rule(index), problem });
            } else if !zones.contains_key(&rule.location) {
                let problem = FieldProblem { field: Field::Location, problem: Problem::Unknown };
                bad.push(ScheduleProblem { line: Line::Rule(index), problem });
            } else if !rule.is_over(today) && never(rule) {
                let problem = FieldProblem { field: Field::Repeats, problem: Problem::Never };
                bad.push(ScheduleProblem { line: Line::Rule(index), problem });
            }
        }
        for (index, off) in self.time_off.iter().enumerate() {
            if let Err(problem) = off.check() {
                bad.push(ScheduleProblem { line: Line::TimeOff(index), problem });
            }
        }
        if !bad.is_empty() {
            return Err(bad);
        }
        let until = today + Days::new(LOOK_AHEAD_DAYS);
        match overlap(&self.rules, zones, today, until) {
            None => Ok(()),
            Some(Overlap { later, .. }) => {
                let problem = FieldProblem { field: Field::StartsAt, problem: Problem::Overlaps };
                Err(vec![ScheduleProblem { line: Line::Rule(later), problem }])
            }
        }
    }

    /// The schedule without rules, single days and time off that ended before `today`.
    #[must_use]
    pub fn ahead(mut self, today: NaiveDate) -> Self {
        self.rules.retain(|rule| !rule.is_over(today));
        self.time_off.retain(|off| off.ends > today.and_time(NaiveTime::MIN));
        self
    }
}

/// Whether the rule has no date at all.
fn never(rule: &Rule) -> bool {
    match (&rule.repeats, rule.until) {
        (None, _) => false,
        (Some(_), Some(until)) => rule.dates(rule.from, until).is_empty(),
        (Some(recurrence), None) => !recurrence.happens_from(rule.from),
    }
}
