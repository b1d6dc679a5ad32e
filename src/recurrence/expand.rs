//! Expands a rule from its start to the occurrences in a range, period by period.

use std::ops::Range;

use chrono::{
    DateTime, Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc, Weekday,
};

use super::rule::{End, Frequency, NthWeekday, Occurrences, Rule, Skip};

/// One search for occurrences.
pub(super) struct Search<'a> {
    pub rule: &'a Rule,
    pub start: NaiveDateTime,
    pub range: Range<NaiveDateTime>,
    pub limit: usize,
    /// Converts wall time to an instant. Only used if UNTIL is in UTC.
    pub instant: &'a dyn Fn(NaiveDateTime) -> DateTime<Utc>,
    /// Whether the start is the first occurrence even if it does not match the rule.
    pub start_counts: bool,
}

/// The matching days of a period, and the times of each day.
struct Period {
    /// No occurrence of this period or a later one is before this day.
    first: NaiveDate,
    days: Vec<NaiveDate>,
    times: Vec<NaiveTime>,
}

enum Step {
    On,
    Done,
}

impl Search<'_> {
    pub(super) fn run(&self, budget: &mut usize) -> Occurrences {
        let mut found = Occurrences { at: Vec::new(), cut: false };
        let mut left = self.rule.count;
        if self.range.is_empty() || self.is_past(self.start) {
            return found;
        }
        if self.start_counts
            && let Step::Done = self.take(self.start, &mut left, &mut found)
        {
            return found;
        }
        let rule = self.rule.filled_from(self.start);
        let times = times(&rule.hours, &rule.minutes, &rule.seconds, self.start.time());
        let mut number =
            if left.is_some() { 0 } else { rule.period_at(self.start, self.range.start) };
        if rule.skip == Skip::Forward {
            // A date that is moved from the previous period may be in this one.
            number = number.saturating_sub(1).max(0);
        }
        let mut last = None;
        while let Some(period) = rule.period(self.start, number, &times, budget) {
            if period.first > self.range.end.date() {
                return found;
            }
            let size = period.days.len() * period.times.len();
            let nth = |n: usize| {
                let (day, time) = (n / period.times.len(), n % period.times.len());
                period.days[day].and_time(period.times[time])
            };
            for n in rule.chosen(size) {
                if *budget == 0 {
                    break;
                }
                *budget -= 1;
                let at = nth(n);
                if at < self.start || (self.start_counts && at == self.start) {
                    continue;
                }
                if rule.skip == Skip::Forward && last.replace(at).is_some_and(|last| at <= last) {
                    continue;
                }
                if let Step::Done = self.take(at, &mut left, &mut found) {
                    return found;
                }
            }
            if *budget == 0 {
                found.cut = true;
                return found;
            }
            number = rule.next_period(self.start, number, &period);
        }
        found.cut |= *budget == 0;
        found
    }

    fn take(&self, at: NaiveDateTime, left: &mut Option<u32>, found: &mut Occurrences) -> Step {
        if at >= self.range.end {
            return Step::Done;
        }
        if self.is_past(at) {
            // When clocks go forward, a later wall time can be an earlier instant.
            let surely = match self.rule.end {
                End::UntilUtc(until) => at.signed_duration_since(until) > Duration::days(3),
                _ => true,
            };
            return if surely { Step::Done } else { Step::On };
        }
        if at >= self.range.start {
            if found.at.len() >= self.limit {
                found.cut = true;
                return Step::Done;
            }
            found.at.push(at);
        }
        match left {
            Some(1) => Step::Done,
            Some(count) => {
                *count -= 1;
                Step::On
            }
            None => Step::On,
        }
    }

    fn is_past(&self, at: NaiveDateTime) -> bool {
        match self.rule.end {
            End::Never => false,
            End::UntilDate(until) => at.date() > until,
            End::UntilFloating(until) => at > until,
            End::UntilUtc(until) => (self.instant)(at) > until.and_utc(),
        }
    }
}

impl Rule {
    /// Whether no day at all matches, for any start. Of any 28 consecutive years, every kind
    /// of year occurs (leap year or not, for each first weekday).
    pub(super) fn is_empty(&self) -> bool {
        let counted = self.weekdays.iter().any(|day| day.nth != 0);
        let picky = counted
            || !(self.month_days.is_empty()
                && self.year_days.is_empty()
                && self.week_numbers.is_empty()
                && self.positions.is_empty());
        let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
        let range = day(2000).and_time(NaiveTime::MIN)..day(2028).and_time(NaiveTime::MIN);
        let mut any = Self { interval: 1, count: None, end: End::Never, ..self.clone() };
        if any.frequency < Frequency::Daily {
            any.frequency = Frequency::Daily;
            any.positions.clear();
        }
        if !any.week_numbers.is_empty() && any.weekdays.is_empty() {
            any.weekdays = (0..7u8)
                .filter_map(|day| Weekday::try_from(day).ok())
                .map(|weekday| NthWeekday { nth: 0, weekday })
                .collect();
        }
        let search = Search {
            rule: &any,
            start: range.start,
            range,
            limit: 1,
            instant: &|at| at.and_utc(),
            start_counts: false,
        };
        let mut budget = 100_000;
        picky && search.run(&mut budget).at.is_empty() && budget > 0
    }

    /// The rule with missing parts taken from the start (RFC 5545, 3.3.10).
    fn filled_from(&self, start: NaiveDateTime) -> Self {
        use Frequency::{Monthly, Weekly, Yearly};
        let mut rule = self.clone();
        let no_days = rule.month_days.is_empty() && rule.weekdays.is_empty();
        let weekday = NthWeekday { nth: 0, weekday: start.weekday() };
        let day = i8::try_from(start.day()).unwrap_or(1);
        match rule.frequency {
            Yearly if !(no_days && rule.year_days.is_empty()) => {}
            Yearly if !rule.week_numbers.is_empty() => rule.weekdays.push(weekday),
            Yearly => {
                if rule.months.is_empty() {
                    rule.months.push(u8::try_from(start.month()).unwrap_or(1));
                }
                rule.month_days.push(day);
            }
            Monthly if no_days => rule.month_days.push(day),
            Weekly if rule.weekdays.is_empty() => rule.weekdays.push(weekday),
            _ => {}
        }
        rule
    }

    /// The number of a period to start with. All earlier ones end before this time.
    fn period_at(&self, start: NaiveDateTime, at: NaiveDateTime) -> i64 {
        let units = match self.frequency {
            Frequency::Yearly => i64::from(at.year()) - 1 - self.year_of(start.date()),
            Frequency::Monthly => month_number(at.date()) - month_number(start.date()),
            Frequency::Weekly => {
                let week = self.week_start_of(start.date()).unwrap_or(start.date());
                (at.date() - week).num_days().div_euclid(7)
            }
            Frequency::Daily => (at.date() - start.date()).num_days(),
            Frequency::Hourly => (at - hour_of(start)).num_seconds().div_euclid(3600),
            Frequency::Minutely => (at - minute_of(start)).num_seconds().div_euclid(60),
        };
        units.div_euclid(self.interval).max(0)
    }

    /// The period with this number, from 0; period 0 contains the start.
    /// `None` beyond the end of the calendar, or when the budget is used up.
    fn period(
        &self,
        start: NaiveDateTime,
        number: i64,
        times: &[NaiveTime],
        budget: &mut usize,
    ) -> Option<Period> {
        let units = number.checked_mul(self.interval)?;
        *budget = budget.checked_sub(1)?;
        let spans = match self.frequency {
            Frequency::Yearly => {
                self.spans_of_year(self.year_of(start.date()).checked_add(units)?)?
            }
            Frequency::Monthly => vec![month(month_number(start.date()).checked_add(units)?)?],
            Frequency::Weekly => {
                let first = shift(self.week_start_of(start.date())?, units.checked_mul(7)?)?;
                vec![first..shift(first, 7)?]
            }
            Frequency::Daily => {
                let day = shift(start.date(), units)?;
                vec![day..shift(day, 1)?]
            }
            Frequency::Hourly | Frequency::Minutely => {
                // Checking a time takes longer than checking a day.
                *budget = budget.saturating_sub(3);
                return self.period_of_hours(start, units);
            }
        };
        let first = spans.first()?.start;
        let mut days = Vec::new();
        if self.skip != Skip::Omit {
            days.extend(spans.iter().flat_map(|span| self.moved_days(span.clone())));
        }
        for span in spans {
            let mut day = span.start;
            while day < span.end {
                *budget = budget.checked_sub(1)?;
                if self.fits(day) {
                    days.push(day);
                }
                day = day.succ_opt()?;
            }
        }
        if self.skip != Skip::Omit {
            days.sort_unstable();
            days.dedup();
        }
        Some(Period { first, days, times: times.to_vec() })
    }

    fn spans_of_year(&self, year: i64) -> Option<Vec<Range<NaiveDate>>> {
        let year = i32::try_from(year).ok()?;
        if !self.week_numbers.is_empty() {
            return Some(vec![self.week_one(year)?..self.week_one(year.checked_add(1)?)?]);
        }
        if self.months.is_empty() {
            let day = |year| NaiveDate::from_ymd_opt(year, 1, 1);
            return Some(vec![day(year)?..day(year.checked_add(1)?)?]);
        }
        let span = |m: &u8| month(i64::from(year) * 12 + i64::from(*m) - 1);
        self.months.iter().map(span).collect()
    }

    fn period_of_hours(&self, start: NaiveDateTime, units: i64) -> Option<Period> {
        let at = if self.frequency == Frequency::Hourly {
            hour_of(start).checked_add_signed(Duration::try_hours(units)?)?
        } else {
            minute_of(start).checked_add_signed(Duration::try_minutes(units)?)?
        };
        let among =
            |part: &[u8], n: u32| part.is_empty() || part.iter().any(|p| u32::from(*p) == n);
        let by_minute = self.frequency == Frequency::Minutely;
        let mut period = Period { first: at.date(), days: Vec::new(), times: Vec::new() };
        if self.fits(at.date()) {
            period.days.push(at.date());
            if among(&self.hours, at.hour()) && (!by_minute || among(&self.minutes, at.minute())) {
                let one = |n: u32| [u8::try_from(n).unwrap_or(0)];
                let (hour, minute) = (one(at.hour()), one(at.minute()));
                let minutes = if by_minute { &minute[..] } else { &self.minutes };
                period.times = times(&hour, minutes, &self.seconds, start.time());
            }
        }
        Some(period)
    }

    /// The number of the next period to check. For frequencies below a day, periods of a day that does not match are
    /// skipped.
    fn next_period(&self, start: NaiveDateTime, number: i64, period: &Period) -> i64 {
        let next = number.saturating_add(1);
        if self.frequency >= Frequency::Daily || !period.days.is_empty() {
            return next;
        }
        let midnight = period.first.succ_opt().map(|day| day.and_time(NaiveTime::MIN));
        midnight.map_or(next, |at| self.period_at(start, at).max(next))
    }

    /// The indexes of the `size` occurrences of a period that BYSETPOS selects, sorted.
    fn chosen(&self, size: usize) -> Vec<usize> {
        if self.positions.is_empty() {
            return (0..size).collect();
        }
        let index = |position: &i16| {
            let back = usize::from(position.unsigned_abs());
            let index = if *position > 0 { back.checked_sub(1) } else { size.checked_sub(back) };
            index.filter(|n| *n < size)
        };
        let mut chosen: Vec<_> = self.positions.iter().filter_map(index).collect();
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    /// Whether this day matches all parts of the rule about days.
    fn fits(&self, date: NaiveDate) -> bool {
        let day = i64::from(date.day());
        let ordinal = i64::from(date.ordinal());
        let month_days = || i64::from(date.num_days_in_month());
        let year_days = if date.leap_year() { 366 } else { 365 };
        let week = || self.week_of(date);
        (self.months.is_empty() || self.months.iter().any(|m| u32::from(*m) == date.month()))
            && either_end(&self.month_days, day, month_days)
            && either_end(&self.year_days, ordinal, || year_days)
            && (self.week_numbers.is_empty()
                || week().is_some_and(|(n, weeks)| either_end(&self.week_numbers, n, || weeks)))
            && (self.weekdays.is_empty() || self.weekdays.iter().any(|w| self.is_nth(*w, date)))
    }

    pub(super) fn is_nth(&self, wanted: NthWeekday, date: NaiveDate) -> bool {
        if wanted.weekday != date.weekday() || wanted.nth == 0 {
            return wanted.weekday == date.weekday();
        }
        let (day, days) = if self.frequency == Frequency::Yearly && self.months.is_empty() {
            (date.ordinal(), if date.leap_year() { 366 } else { 365 })
        } else {
            (date.day(), u32::from(date.num_days_in_month()))
        };
        let nth = if wanted.nth > 0 { (day - 1) / 7 + 1 } else { (days - day) / 7 + 1 };
        nth == u32::from(wanted.nth.unsigned_abs())
    }

    /// The year of a day; with BYWEEKNO, the year of its week.
    fn year_of(&self, date: NaiveDate) -> i64 {
        let year = date.year();
        if self.week_numbers.is_empty() {
            return year.into();
        }
        let begun = |year| self.week_one(year).is_some_and(|first| first <= date);
        let shift = if begun(year.saturating_add(1)) {
            1
        } else if begun(year) {
            0
        } else {
            -1
        };
        i64::from(year) + shift
    }

    /// The number of a day's week, from 1, and the number of weeks of its year.
    fn week_of(&self, date: NaiveDate) -> Option<(i64, i64)> {
        let year = i32::try_from(self.year_of(date)).ok()?;
        let first = self.week_one(year)?;
        let weeks = |until: NaiveDate| (until - first).num_days() / 7;
        Some((weeks(date) + 1, weeks(self.week_one(year.checked_add(1)?)?)))
    }

    /// The first day of the first week with at least four days in the year.
    fn week_one(&self, year: i32) -> Option<NaiveDate> {
        self.week_start_of(NaiveDate::from_ymd_opt(year, 1, 4)?)
    }

    fn week_start_of(&self, date: NaiveDate) -> Option<NaiveDate> {
        let days = date.weekday().days_since(self.week_start);
        date.checked_sub_days(Days::new(days.into()))
    }
}

/// The times of a day, sorted. Parts that the rule does not have are taken from the start.
fn times(hours: &[u8], minutes: &[u8], seconds: &[u8], start: NaiveTime) -> Vec<NaiveTime> {
    let or = |part: &[u8], default: u32| match part {
        [] => vec![default],
        part => part.iter().copied().map(u32::from).collect(),
    };
    let (minutes, seconds) = (or(minutes, start.minute()), or(seconds, start.second()));
    let mut times = Vec::new();
    for hour in or(hours, start.hour()) {
        for minute in &minutes {
            let time = |second: &u32| NaiveTime::from_hms_opt(hour, *minute, *second);
            times.extend(seconds.iter().filter_map(time));
        }
    }
    times
}

/// Whether `n` is in the list, or the list is empty. Negative values of the list are counted backwards from `last`.
fn either_end<T: Copy + Into<i64>>(list: &[T], n: i64, last: impl Fn() -> i64) -> bool {
    let matches = |wanted: i64| wanted == n || (wanted < 0 && wanted + last() + 1 == n);
    list.is_empty() || list.iter().any(|wanted| matches((*wanted).into()))
}

fn month_number(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

fn month(number: i64) -> Option<Range<NaiveDate>> {
    let first = |number: i64| {
        let year = i32::try_from(number.div_euclid(12)).ok()?;
        let month = u32::try_from(number.rem_euclid(12)).ok()?;
        NaiveDate::from_ymd_opt(year, month + 1, 1)
    };
    Some(first(number)?..first(number.checked_add(1)?)?)
}

/// The dates of the month of a date.
pub(super) fn month_of(date: NaiveDate) -> Option<Range<NaiveDate>> {
    month(month_number(date))
}

fn shift(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    date.checked_add_signed(Duration::try_days(days)?)
}

fn hour_of(at: NaiveDateTime) -> NaiveDateTime {
    at.date().and_hms_opt(at.hour(), 0, 0).unwrap_or(at)
}

fn minute_of(at: NaiveDateTime) -> NaiveDateTime {
    at.date().and_hms_opt(at.hour(), at.minute(), 0).unwrap_or(at)
}
