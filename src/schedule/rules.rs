//! What a doctor says about when they work: rules that repeat, single days and time off, as wall time.

use chrono::{Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

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
    pub(super) fn on(&self, date: NaiveDate) -> (NaiveDateTime, NaiveDateTime) {
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
    pub(super) fn is_over(&self, today: NaiveDate) -> bool {
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

/// Within the years that dates from outside may have: arithmetic never leaves the calendar.
fn is_near(date: NaiveDate) -> bool {
    (1970..=2200).contains(&date.year())
}
