//! From weekly hours to working blocks: pure expansion of wall time into instants.
//!
//! Rules are wall time in a zone. A working block starts at the instant its
//! local start names and lasts as long as the wall clock says on an ordinary
//! day; slots are laid in it by elapsed time, so a clock change never makes
//! one longer, shorter, doubled or lost.

use chrono::{
    DateTime, Datelike, Days, Duration, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc, Weekday,
};
use chrono_tz::Tz;

use crate::failure::{Field, FieldProblem, Problem};
use crate::ids::{LocationId, RuleId};
use crate::visit::Mode;

/// One line of a doctor's weekly hours: every `weekday` from `starts` to `ends`, wall time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeeklyHours {
    pub id: RuleId,
    pub location: LocationId,
    pub mode: Mode,
    pub weekday: Weekday,
    pub starts: NaiveTime,
    /// Exclusive. Midnight at the end of the day is not offered; 23:59 is the latest.
    pub ends: NaiveTime,
    pub slot_minutes: u16,
    /// People seen in the same slot.
    pub capacity: u16,
    pub effective_from: NaiveDate,
    /// The first day on which the line no longer holds.
    pub effective_until: Option<NaiveDate>,
}

pub const SLOT_MINUTES_MIN: u16 = 5;
pub const SLOT_MINUTES_MAX: u16 = 240;
pub const CAPACITY_MAX: u16 = 50;

impl WeeklyHours {
    /// # Errors
    /// The first field that makes the line unusable.
    pub fn check(&self) -> Result<(), FieldProblem> {
        let problem = |field, problem| Err(FieldProblem { field, problem });
        if !(SLOT_MINUTES_MIN..=SLOT_MINUTES_MAX).contains(&self.slot_minutes) {
            let (min, max) = (SLOT_MINUTES_MIN.into(), SLOT_MINUTES_MAX.into());
            return problem(Field::SlotMinutes, Problem::OutOfRange { min, max });
        }
        if !(1..=CAPACITY_MAX).contains(&self.capacity) {
            let max = CAPACITY_MAX.into();
            return problem(Field::SeatCapacity, Problem::OutOfRange { min: 1, max });
        }
        if self.ends <= self.starts {
            return problem(Field::EndsAt, Problem::EndsBeforeStart);
        }
        let length = (self.ends - self.starts).num_minutes();
        if i64::from(self.slot_minutes) > length {
            let min = SLOT_MINUTES_MIN.into();
            return problem(Field::SlotMinutes, Problem::OutOfRange { min, max: length });
        }
        if self.effective_until.is_some_and(|until| until <= self.effective_from) {
            return problem(Field::EffectiveUntil, Problem::EndsBeforeStart);
        }
        Ok(())
    }

    fn holds_on(&self, date: NaiveDate) -> bool {
        date.weekday() == self.weekday
            && date >= self.effective_from
            && self.effective_until.is_none_or(|until| date < until)
    }

    /// Do both lines claim the doctor at some moment of some week?
    pub fn overlaps(&self, other: &Self) -> bool {
        let weeks_meet =
            |a: &Self, b: &Self| a.effective_until.is_none_or(|end| b.effective_from < end);
        self.weekday == other.weekday
            && self.starts < other.ends
            && other.starts < self.ends
            && weeks_meet(self, other)
            && weeks_meet(other, self)
    }
}

/// A stretch of work on one day, to be cut into equal slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub rule: RuleId,
    pub location: LocationId,
    pub mode: Mode,
    /// The date at the location.
    pub local_date: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub slot_minutes: u16,
    pub slot_count: u16,
    pub capacity: u16,
}

impl Block {
    /// Start and end of each slot.
    pub fn slots(&self) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let length = Duration::minutes(self.slot_minutes.into());
        (0..i32::from(self.slot_count)).map(move |n| {
            let starts_at = self.starts_at + length * n;
            (starts_at, starts_at + length)
        })
    }

    pub fn ends_at(&self) -> DateTime<Utc> {
        self.starts_at
            + Duration::minutes(i64::from(self.slot_minutes) * i64::from(self.slot_count))
    }
}

/// The working blocks of the given lines on the dates `from..until` (half-open) at a location in `zone`.
///
/// Lines that do not [`check`](WeeklyHours::check) make no blocks.
pub fn expand(lines: &[WeeklyHours], zone: Tz, from: NaiveDate, until: NaiveDate) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut date = from;
    while date < until {
        for line in lines.iter().filter(|line| line.holds_on(date) && line.check().is_ok()) {
            let minutes = (line.ends - line.starts).num_minutes();
            let slot_count = minutes / i64::from(line.slot_minutes);
            blocks.push(Block {
                rule: line.id,
                location: line.location,
                mode: line.mode,
                local_date: date,
                starts_at: instant(zone, date, line.starts),
                slot_minutes: line.slot_minutes,
                slot_count: u16::try_from(slot_count).unwrap_or(u16::MAX),
                capacity: line.capacity,
            });
        }
        match date.checked_add_days(Days::new(1)) {
            Some(next) => date = next,
            None => break,
        }
    }
    blocks
}

/// The instant a wall time names in a zone. A time that exists twice is its
/// first occurrence; one that the clock skips is read with the offset from
/// before the change (RFC 5545, 3.3.5), so 02:30 becomes 03:30.
pub fn instant(zone: Tz, date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let local = date.and_time(time);
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
        LocalResult::None => {
            // No gap in the zone database is longer than a day: look one day back for the offset.
            let before = local - Duration::hours(24);
            let offset = zone
                .from_local_datetime(&before)
                .earliest()
                .map_or_else(Duration::zero, |at| before - at.naive_utc());
            Utc.from_utc_datetime(&(local - offset))
        }
    }
}

/// The start of a date in a zone: its first instant, also where midnight is skipped.
pub fn day_start(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    instant(zone, date, NaiveTime::MIN)
}

#[cfg(test)]
mod tests {
    use chrono_tz::TZ_VARIANTS;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn line(
        weekday: Weekday,
        starts: (u32, u32),
        ends: (u32, u32),
        slot_minutes: u16,
    ) -> WeeklyHours {
        let time = |(h, m)| NaiveTime::from_hms_opt(h, m, 0).expect("a time");
        WeeklyHours {
            id: RuleId(Uuid::from_u128(1)),
            location: LocationId(Uuid::from_u128(2)),
            mode: Mode::InPerson,
            weekday,
            starts: time(starts),
            ends: time(ends),
            slot_minutes,
            capacity: 1,
            effective_from: NaiveDate::MIN,
            effective_until: None,
        }
    }

    fn date(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).expect("a date")
    }

    #[test]
    fn a_tuesday_morning_in_panjim() {
        let lines = [line(Weekday::Tue, (10, 0), (12, 30), 20)];
        let blocks =
            expand(&lines, chrono_tz::Asia::Kolkata, date(2026, 11, 23), date(2026, 12, 1));
        assert_eq!(blocks.len(), 1);
        let slots: Vec<_> = blocks[0].slots().collect();
        assert_eq!(slots.len(), 7, "the last ten minutes do not make a slot");
        assert_eq!(slots[0].0.to_rfc3339(), "2026-11-24T04:30:00+00:00");
        assert_eq!(slots[6].1, blocks[0].ends_at());
    }

    #[test]
    fn a_skipped_hour_and_a_repeated_one() {
        let zone = chrono_tz::Europe::Berlin;
        let half_past_two = NaiveTime::from_hms_opt(2, 30, 0).expect("a time");
        let skipped = instant(zone, date(2027, 3, 28), half_past_two);
        assert_eq!(skipped.with_timezone(&zone).to_rfc3339(), "2027-03-28T03:30:00+02:00");
        let doubled = instant(zone, date(2026, 10, 25), half_past_two);
        assert_eq!(doubled.with_timezone(&zone).to_rfc3339(), "2026-10-25T02:30:00+02:00");
    }

    #[test]
    fn lines_that_cannot_be() {
        let ok = line(Weekday::Mon, (9, 0), (12, 0), 20);
        assert_eq!(ok.check(), Ok(()));
        let backwards = line(Weekday::Mon, (12, 0), (9, 0), 20);
        assert_eq!(backwards.check().map_err(|e| e.field), Err(Field::EndsAt));
        let too_long = line(Weekday::Mon, (9, 0), (9, 15), 20);
        assert_eq!(too_long.check().map_err(|e| e.field), Err(Field::SlotMinutes));
        let nobody = WeeklyHours { capacity: 0, ..ok.clone() };
        assert_eq!(nobody.check().map_err(|e| e.field), Err(Field::SeatCapacity));
        assert!(ok.overlaps(&line(Weekday::Mon, (11, 40), (14, 0), 20)));
        assert!(!ok.overlaps(&line(Weekday::Mon, (12, 0), (14, 0), 20)));
        assert!(!ok.overlaps(&line(Weekday::Tue, (9, 0), (12, 0), 20)));
    }

    proptest! {
        /// Over any zone and any week: slots have their length, follow each
        /// other, start on their wall time unless the clock skipped it, and
        /// nothing is lost.
        #[test]
        fn expansion_is_exact(
            zone in 0..TZ_VARIANTS.len(),
            day in 0i64..3650,
            hour in 0u32..20,
            hours in 1u32..4,
            slot_minutes in 5u16..60,
        ) {
            let zone = TZ_VARIANTS[zone];
            let from = date(2026, 1, 1) + Duration::days(day);
            let lines = [line(from.weekday(), (hour, 0), (hour + hours, 0), slot_minutes)];
            let blocks = expand(&lines, zone, from, from + Duration::days(7));
            prop_assert_eq!(blocks.len(), 1);
            let slots: Vec<_> = blocks[0].slots().collect();
            prop_assert_eq!(slots.len() as u32, hours * 60 / u32::from(slot_minutes));
            for pair in slots.windows(2) {
                prop_assert_eq!(pair[0].1, pair[1].0);
            }
            let wall = blocks[0].starts_at.with_timezone(&zone).naive_local();
            let asked = from.and_hms_opt(hour, 0, 0).expect("a time");
            let skipped = matches!(zone.from_local_datetime(&asked), LocalResult::None);
            prop_assert!(wall == asked || (skipped && wall > asked));
        }
    }
}
