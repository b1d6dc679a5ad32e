//! Identifies occurrences of a series as EXDATE and RECURRENCE-ID name them.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::ical::value::{Clock, When};
use crate::ical::zone::{Zone, Zones};
use crate::recurrence::Recurrence;

/// The zones of the times in a file.
pub(super) struct Clocks {
    pub zones: Zones,
}

const UTC: Zone = Zone::Fixed(0);

impl Clocks {
    /// The zone of a time in a calendar of the file.
    pub(super) fn zone(&self, when: When, calendar: usize) -> &Zone {
        match when {
            When::Day(_) => self.zones.of_days(),
            When::Time(_, Clock::Utc) => &UTC,
            When::Time(_, Clock::Floating) => self.zones.of_calendar(calendar),
            When::Time(_, Clock::Zone(name)) => self.zones.of_name(name),
        }
    }

    pub(super) fn instant(&self, when: When, calendar: usize) -> DateTime<Utc> {
        self.zone(when, calendar).instant(when.wall())
    }

    /// The rule for an event of whole days. If its UNTIL in UTC is a midnight in the zone of whole days or in the zone
    /// of the calendar, it is replaced by that date.
    pub fn of_days(&self, rule: &Recurrence, calendar: usize) -> Recurrence {
        let last_day = |until: NaiveDateTime| {
            [self.zones.of_days(), self.zones.of_calendar(calendar)]
                .map(|zone| zone.wall(until.and_utc()))
                .into_iter()
                .find(|wall| wall.time() == NaiveTime::MIN)
                .map(|wall| wall.date())
        };
        rule.clone().without_times().ending_on(last_day)
    }
}

/// Identifies an occurrence: by its day if the series has whole days or only a date is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Occurrence {
    Day(NaiveDate),
    At(DateTime<Utc>),
}

/// The series that an occurrence is identified in.
#[derive(Clone, Copy)]
pub(super) struct Series {
    pub start: When,
    pub calendar: usize,
}

impl Series {
    /// The occurrence that an EXDATE or RECURRENCE-ID refers to.
    pub(super) fn named(self, name: When, clocks: &Clocks) -> Occurrence {
        let When::Time(at, clock) = name else { return Occurrence::Day(name.day()) };
        let own_clock = clocks.zone(self.start, self.calendar);
        let midnight = at.time() == NaiveTime::MIN;
        match self.start {
            // Midnight in another zone means the whole day.
            When::Day(_) if midnight || clock != Clock::Utc => Occurrence::Day(at.date()),
            When::Day(_) => Occurrence::Day(own_clock.wall(at.and_utc()).date()),
            When::Time(first, series_clock) => {
                // A time without a zone has the zone of the series.
                let local = clock == Clock::Floating || clock == series_clock;
                if local && midnight && clock != Clock::Utc && first.time() != NaiveTime::MIN {
                    return Occurrence::Day(at.date());
                }
                Occurrence::At(match clock {
                    Clock::Floating => own_clock.instant(at),
                    _ => clocks.instant(name, self.calendar),
                })
            }
        }
    }

    /// The date of an instant in the zone of the series.
    pub(super) fn day(self, at: DateTime<Utc>, clocks: &Clocks) -> NaiveDate {
        clocks.zone(self.start, self.calendar).wall(at).date()
    }
}

/// The occurrences of a series that are excluded or changed.
#[derive(Default)]
pub(super) struct Exceptions {
    days: HashSet<NaiveDate>,
    instants: HashSet<DateTime<Utc>>,
}

impl Exceptions {
    pub(super) fn add(&mut self, occurrence: Occurrence) {
        match occurrence {
            Occurrence::Day(day) => {
                self.days.insert(day);
            }
            Occurrence::At(at) => {
                self.instants.insert(at);
            }
        }
    }

    pub(super) fn has(&self, when: When, at: DateTime<Utc>) -> bool {
        self.days.contains(&when.day()) || self.instants.contains(&at)
    }

    /// Whether this occurrence is excluded.
    pub(super) fn names(&self, occurrence: Occurrence, series: Series, clocks: &Clocks) -> bool {
        match occurrence {
            Occurrence::Day(day) => self.days.contains(&day),
            Occurrence::At(at) => {
                self.instants.contains(&at) || self.days.contains(&series.day(at, clocks))
            }
        }
    }
}
