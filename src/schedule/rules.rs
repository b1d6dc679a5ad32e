//! A doctor's schedule as they enter it: recurring rules, single days and time off, in wall time.

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
/// How far ahead rules are checked for overlaps and for their first date: a leap year and a week.
pub const LOOK_AHEAD_DAYS: u64 = 373;

/// A doctor's working hours and time off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub rules: Vec<Rule>,
    pub time_off: Vec<TimeOff>,
}

/// Working hours on certain dates, in wall time at the location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub location: LocationId,
    pub mode: Mode,
    /// On which dates; `None` is a single day, `from`. Single days are worked even on public holidays.
    pub repeats: Option<Recurrence>,
    /// The first date; intervals and counts begin here.
    pub from: NaiveDate,
    /// Exclusive: the first date on which the rule no longer applies.
    pub until: Option<NaiveDate>,
    pub starts: NaiveTime,
    /// Exclusive; 00:00 is the end of the day.
    pub ends: NaiveTime,
    /// The length of a slot without buffers.
    pub slot_minutes: u16,
    /// Minutes that stay free before each slot.
    pub buffer_before: u16,
    /// Minutes that stay free after each slot.
    pub buffer_after: u16,
    /// How many people can book the same slot.
    pub capacity: u16,
    /// A slot can be booked until this many minutes before it starts.
    pub notice_minutes: u32,
    /// A slot can be booked from this many days before its date, from midnight at the location; `None` is as soon as
    /// it is generated.
    pub window_days: Option<u16>,
}

/// Time off, in wall time of the location where the doctor would be working.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeOff {
    pub starts: NaiveDateTime,
    /// Exclusive.
    pub ends: NaiveDateTime,
    /// Visible to the doctor and the clinic only.
    pub note: String,
}

impl Rule {
    /// Minutes from the start of one slot to the start of the next.
    pub fn stride(&self) -> u16 {
        self.buffer_before + self.slot_minutes + self.buffer_after
    }

    /// The length in minutes, on a day without a clock change.
    fn minutes(&self) -> i64 {
        let length = (self.ends - self.starts).num_minutes();
        if self.ends == NaiveTime::MIN { length + 24 * 60 } else { length }
    }

    /// Start and end on a date, in wall time.
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
        if !is_in_accepted_years(self.from) {
            return problem(Field::EffectiveFrom, Problem::Malformed);
        }
        if self.until.is_some_and(|until| !is_in_accepted_years(until)) {
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

    /// The average number of minutes per week, in the rule's first four weeks.
    pub fn weekly_minutes(&self) -> u32 {
        let dates = self.dates(self.from, self.from + Days::new(28)).len();
        u32::try_from(self.minutes()).unwrap_or(0) * u32::try_from(dates).unwrap_or(0) / 4
    }

    /// The dates in `from..until` on which the rule applies, in order.
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

    /// Whether the rule has ended before `today`, by its single date or its `until`. An UNTIL or COUNT of its
    /// recurrence is not considered.
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
            .find(|(_, at)| !is_in_accepted_years(at.date()));
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

    /// Whether it lasts from midnight to midnight.
    pub fn is_whole_days(&self) -> bool {
        self.starts.time() == NaiveTime::MIN && self.ends.time() == NaiveTime::MIN
    }
}

/// Whether a date from outside is in the accepted years. Date arithmetic with them cannot overflow.
fn is_in_accepted_years(date: NaiveDate) -> bool {
    (1970..=2200).contains(&date.year())
}
