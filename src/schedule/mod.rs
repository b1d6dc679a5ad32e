//! When a doctor works, in the words they use, and how that becomes bookable times.
//!
//! A [`Schedule`] is wall time: rules that repeat, single days, and time off. [`expand()`] lays it
//! out on some dates as [`Cell`]s: exact instants. [`plan()`] compares these with what exists.
//! [`clock`] says what a wall time means on the day the clocks change.

pub mod clock;
mod expand;
mod plan;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod zones;

use chrono::{Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

pub use clock::{day_start, instant};
pub use expand::{Away, Cell, Overlap, Zones, expand, overlap};
pub use plan::{Existing, ExistingSlot, Made, MadeBlock, Overfull, Plan, Stretch, plan};

use crate::failure::{Field, FieldProblem, Problem};
use crate::ids::LocationId;
use crate::recurrence::Recurrence;
use crate::visit::Mode;

pub const SLOT_MINUTES_MIN: u16 = 5;
pub const SLOT_MINUTES_MAX: u16 = 240;
pub const CAPACITY_MAX: u16 = 50;
pub const BUFFER_MINUTES_MAX: u16 = 120;
/// Sixty days.
pub const NOTICE_MINUTES_MAX: u32 = 60 * 24 * 60;
pub const WINDOW_DAYS_MAX: u16 = 366;
pub const RULES_MAX: usize = 60;
pub const TIME_OFF_MAX: usize = 200;
pub const NOTE_CHARS_MAX: u32 = 200;
/// How far ahead rules are looked at for overlaps and for a first date: a leap year and a week.
pub const LOOK_AHEAD_DAYS: u64 = 373;

/// Everything a doctor has said about when they work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub rules: Vec<Rule>,
    pub time_off: Vec<TimeOff>,
}

/// Hours on certain dates, wall time at the location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub location: LocationId,
    pub mode: Mode,
    /// On which dates; `None`: once, on `from`. Single days are not closed by public holidays.
    pub repeats: Option<Recurrence>,
    /// The first date; intervals and counts begin here.
    pub from: NaiveDate,
    /// The first date on which the rule no longer holds.
    pub until: Option<NaiveDate>,
    pub starts: NaiveTime,
    /// Exclusive; midnight is the end of the day.
    pub ends: NaiveTime,
    /// How long an appointment lasts, without buffers.
    pub slot_minutes: u16,
    /// Kept free before each appointment.
    pub buffer_before: u16,
    /// Kept free after each appointment.
    pub buffer_after: u16,
    /// People seen at the same time.
    pub capacity: u16,
    /// A time can be booked until so many minutes before it starts.
    pub notice_minutes: u32,
    /// A time can be booked from so many days ahead, midnight at the location; `None`: as soon as it is made.
    pub window_days: Option<u16>,
}

/// Not there: wall time, wherever the doctor would be working then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeOff {
    pub starts: NaiveDateTime,
    /// Exclusive.
    pub ends: NaiveDateTime,
    /// For the doctor and the clinic only.
    pub note: String,
}

impl Rule {
    /// Minutes from one appointment to the next.
    pub fn stride(&self) -> u16 {
        self.buffer_before + self.slot_minutes + self.buffer_after
    }

    /// Minutes on an ordinary day.
    fn minutes(&self) -> i64 {
        let length = (self.ends - self.starts).num_minutes();
        if self.ends == NaiveTime::MIN { length + 24 * 60 } else { length }
    }

    /// Start and end on a date, as the wall says them.
    fn on(&self, date: NaiveDate) -> (NaiveDateTime, NaiveDateTime) {
        let starts = date.and_time(self.starts);
        (starts, starts + Duration::minutes(self.minutes()))
    }

    /// # Errors
    /// The first field that makes the rule unusable.
    pub fn check(&self) -> Result<(), FieldProblem> {
        let within = |field, number: i64, min: i64, max: i64| match (min..=max).contains(&number) {
            true => Ok(()),
            false => Err(FieldProblem { field, problem: Problem::OutOfRange { min, max } }),
        };
        let problem = |field, problem| Err(FieldProblem { field, problem });
        let (shortest, longest) = (SLOT_MINUTES_MIN.into(), SLOT_MINUTES_MAX.into());
        within(Field::SlotMinutes, self.slot_minutes.into(), shortest, longest)?;
        within(Field::SeatCapacity, self.capacity.into(), 1, CAPACITY_MAX.into())?;
        let buffer = i64::from(BUFFER_MINUTES_MAX);
        within(Field::BufferBefore, self.buffer_before.into(), 0, buffer)?;
        within(Field::BufferAfter, self.buffer_after.into(), 0, buffer)?;
        within(Field::Notice, self.notice_minutes.into(), 0, NOTICE_MINUTES_MAX.into())?;
        let window = self.window_days.unwrap_or(1).into();
        within(Field::Window, window, 1, WINDOW_DAYS_MAX.into())?;
        if !is_near(self.from) {
            return problem(Field::EffectiveFrom, Problem::Malformed);
        }
        if self.until.is_some_and(|until| !is_near(until)) {
            return problem(Field::EffectiveUntil, Problem::Malformed);
        }
        if self.ends <= self.starts && self.ends != NaiveTime::MIN {
            return problem(Field::EndsAt, Problem::EndsBeforeStart);
        }
        if i64::from(self.stride()) > self.minutes() {
            let buffers = i64::from(self.buffer_before + self.buffer_after);
            let max = (self.minutes() - buffers).max(0);
            let problem = Problem::OutOfRange { min: shortest, max };
            return Err(FieldProblem { field: Field::SlotMinutes, problem });
        }
        if self.until.is_some_and(|until| until <= self.from) {
            return problem(Field::EffectiveUntil, Problem::EndsBeforeStart);
        }
        Ok(())
    }

    /// About how many minutes of a week it is, over its first four.
    pub fn weekly_minutes(&self) -> u32 {
        let dates = self.dates(self.from, self.from + Days::new(28)).len();
        u32::try_from(self.minutes()).unwrap_or(0) * u32::try_from(dates).unwrap_or(0) / 4
    }

    /// The dates in `from..until` on which the rule holds, in order.
    pub fn dates(&self, from: NaiveDate, until: NaiveDate) -> Vec<NaiveDate> {
        let from = from.max(self.from);
        let until = self.until.map_or(until, |end| end.min(until));
        match &self.repeats {
            _ if from >= until => Vec::new(),
            None if from == self.from => vec![self.from],
            None => Vec::new(),
            Some(recurrence) => recurrence.days(self.from, from, until),
        }
    }

    /// Does it hold on any date from `today` on?
    fn is_over(&self, today: NaiveDate) -> bool {
        match &self.repeats {
            None => self.from < today,
            Some(_) => self.until.is_some_and(|until| until <= today),
        }
    }
}

impl TimeOff {
    /// # Errors
    /// The first field that makes it unusable.
    pub fn check(&self) -> Result<(), FieldProblem> {
        let far = [(Field::StartsAt, self.starts), (Field::EndsAt, self.ends)]
            .into_iter()
            .find(|(_, at)| !is_near(at.date()));
        if let Some((field, _)) = far {
            return Err(FieldProblem { field, problem: Problem::Malformed });
        }
        if self.ends <= self.starts {
            let problem = Problem::EndsBeforeStart;
            return Err(FieldProblem { field: Field::EndsAt, problem });
        }
        if self.note.chars().count() > NOTE_CHARS_MAX as usize {
            let problem = Problem::TooLong(NOTE_CHARS_MAX);
            return Err(FieldProblem { field: Field::Reason, problem });
        }
        Ok(())
    }

    /// Whole days, from midnight to midnight?
    pub fn is_whole_days(&self) -> bool {
        self.starts.time() == NaiveTime::MIN && self.ends.time() == NaiveTime::MIN
    }
}

/// Something is wrong with a schedule, and with which of its rules or times off (from 0).
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
    /// Everything that makes the schedule unusable from `today` on: each line for itself, then which
    /// of the rules overlap.
    ///
    /// # Errors
    /// At least one problem.
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

    /// The same without what lies behind `today`: rules that have ended, single days and times off.
    #[must_use]
    pub fn ahead(mut self, today: NaiveDate) -> Self {
        self.rules.retain(|rule| !rule.is_over(today));
        self.time_off.retain(|off| off.ends > today.and_time(NaiveTime::MIN));
        self
    }
}

/// Within the years that dates from outside may have: arithmetic never leaves the calendar.
fn is_near(date: NaiveDate) -> bool {
    (1970..=2200).contains(&date.year())
}

/// No date from its beginning on.
fn never(rule: &Rule) -> bool {
    match (&rule.repeats, rule.until) {
        (None, _) => false,
        (Some(_), Some(until)) => rule.dates(rule.from, until).is_empty(),
        (Some(recurrence), None) => !recurrence.happens_from(rule.from),
    }
}
