//! The contents of a generated calendar, independent of a dialect.

use chrono::{Days, Duration, NaiveDate, NaiveDateTime, NaiveTime};

/// A small random number generator (splitmix64): a seed always gives the same file.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (n ^ (n >> 31)) % end
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }
}

/// The features that a product supports.
#[derive(Clone, Copy)]
pub(super) struct Can {
    pub zones: bool,
    pub series: bool,
    pub changes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Berlin,
    NewYork,
    London,
    Sydney,
    Kolkata,
    Utc,
}

pub(super) struct Plan {
    pub events: Vec<Event>,
}

pub(super) struct Event {
    pub number: usize,
    pub days: bool,
    pub place: Place,
    pub start: NaiveDateTime,
    pub minutes: i64,
    /// Whether it is written with a duration instead of an end.
    pub as_duration: bool,
    pub rule: Option<Rule>,
    pub transparent: bool,
    pub cancelled: bool,
    /// The numbers of the excluded occurrences.
    pub without: Vec<u64>,
    /// Changed occurrences: the number and the minutes by which it is moved, or `None` if it is cancelled.
    pub changed: Option<(u64, Option<i64>)>,
}

/// A rule whose occurrences can be computed from their numbers.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub kind: Kind,
    pub interval: u64,
    pub count: u64,
    /// Whether it ends with an UNTIL at the last occurrence instead of a COUNT.
    pub until: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Daily,
    Weekly,
    /// On the same day of each month, the 28th at most.
    Monthly,
    /// On the nth weekday of this kind in each month.
    MonthlyByWeekday,
    Yearly,
}

impl Plan {
    pub(super) fn random(random: &mut Random, can: Can) -> Self {
        let count = 3 + random.below(5);
        Self { events: (0..count).map(|n| Event::random(random, can, n as usize)).collect() }
    }
}

impl Plan {
    /// The same with a COUNT in place of each UNTIL.
    pub(super) fn counted(mut self) -> Self {
        for event in &mut self.events {
            event.rule = event.rule.map(|rule| Rule { until: false, ..rule });
        }
        self
    }
}

impl Event {
    fn random(random: &mut Random, can: Can, number: usize) -> Self {
        let first = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap_or_default();
        let day = first + Days::new(random.below(300));
        let days = random.chance(5);
        let place = match random.below(6) {
            0 => Place::Berlin,
            1 => Place::NewYork,
            2 => Place::London,
            3 => Place::Sydney,
            4 => Place::Kolkata,
            _ => Place::Utc,
        };
        let hour =
            NaiveTime::from_hms_opt(8 + random.below(9) as u32, 15 * random.below(4) as u32, 0);
        let time = if days { NaiveTime::MIN } else { hour.unwrap_or_default() };
        let kind = match random.below(5) {
            0 => Kind::Daily,
            1 => Kind::Weekly,
            2 => Kind::Monthly,
            3 => Kind::MonthlyByWeekday,
            _ => Kind::Yearly,
        };
        let rule = Rule {
            kind,
            interval: if kind == Kind::Yearly { 1 } else { 1 + random.below(3) },
            count: 2 + random.below(9),
            until: random.chance(2),
        };
        let rule = Some(rule).filter(|_| can.series && !random.chance(3));
        // Only weekdays and days that every month has.
        let day = match rule.map(|rule| rule.kind) {
            Some(Kind::Monthly | Kind::MonthlyByWeekday | Kind::Yearly) => {
                let back = u64::from(chrono::Datelike::day(&day).saturating_sub(28));
                day - Days::new(back)
            }
            _ => day,
        };
        let count = rule.map_or(1, |rule| rule.count);
        let exceptions = can.changes && rule.is_some();
        let left_out = random.below(count);
        let changed = random.below(count);
        let moved = if random.chance(3) { None } else { Some(30 + 30 * random.below(4) as i64) };
        Self {
            number,
            days,
            place: if can.zones { place } else { Place::Utc },
            start: day.and_time(time),
            minutes: if days {
                1440 * (1 + random.below(3) as i64)
            } else {
                15 * (1 + random.below(8) as i64)
            },
            as_duration: random.chance(4),
            rule,
            transparent: random.chance(8),
            cancelled: random.chance(10),
            without: if exceptions && left_out > 0 { vec![left_out] } else { Vec::new() },
            changed: Some((changed, moved))
                .filter(|_| exceptions && !days && changed > 0 && changed != left_out),
        }
    }

    /// The wall time of an occurrence.
    pub(super) fn occurrence(&self, number: u64) -> NaiveDateTime {
        use chrono::{Datelike, Months};
        let Some(rule) = self.rule else { return self.start };
        let steps = number * rule.interval;
        let date = self.start.date();
        let later = Months::new(u32::try_from(steps).unwrap_or(0));
        let date = match rule.kind {
            Kind::Daily => date + Days::new(steps),
            Kind::Weekly => date + Days::new(7 * steps),
            Kind::Monthly => date + later,
            Kind::Yearly => date + Months::new(12 * u32::try_from(steps).unwrap_or(0)),
            Kind::MonthlyByWeekday => {
                let month = date.with_day(1).unwrap_or(date) + later;
                let (nth, weekday) = self.nth_weekday();
                NaiveDate::from_weekday_of_month_opt(month.year(), month.month(), weekday, nth)
                    .unwrap_or(date)
            }
        };
        date.and_time(self.start.time())
    }

    /// The weekday, and its number within the month.
    pub(super) fn nth_weekday(&self) -> (u8, chrono::Weekday) {
        use chrono::Datelike;
        let date = self.start.date();
        let nth = u8::try_from((date.day() - 1) / 7 + 1).unwrap_or(1);
        (nth, date.weekday())
    }

    pub(super) fn end_of(&self, start: NaiveDateTime) -> NaiveDateTime {
        start + Duration::minutes(self.minutes)
    }
}
