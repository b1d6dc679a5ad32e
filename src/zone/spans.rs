//! The spans of time in which a zone has the same offset from UTC.
//!
//! They are computed once, up to [`PRECOMPUTED_UNTIL`], from a TZif file (RFC 9636) and the rule at its end. A lookup
//! is a binary search. For later instants the rule is evaluated.

use chrono::{DateTime, Datelike, Duration, FixedOffset, LocalResult, NaiveDate, NaiveTime};
use tz::timezone::{AlternateTime, LocalTimeType, RuleDay, TransitionRule};

/// Spans are computed in advance until the start of this year.
const PRECOMPUTED_UNTIL: i32 = 2101;

/// The first year of which changes are computed when a file has only a rule.
const FIRST_YEAR: i32 = 1900;

/// The maximum offset from UTC in seconds, in either direction: the range of `chrono`. Files with a larger one are
/// refused.
const OFFSET_MAX: i64 = 86_399;

/// The offset and abbreviation in a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub offset: FixedOffset,
    pub abbreviation: &'static str,
}

#[derive(Debug)]
pub(super) struct Spans {
    /// The start of each span as a Unix time, ascending. The first is `i64::MIN`.
    starts: Vec<i64>,
    /// The kind of each span. Consecutive ones differ.
    kinds: Vec<Kind>,
    /// The rule for later instants. `None`: the last kind continues.
    rule: Option<Rule>,
}

/// A rule with two changes a year.
#[derive(Debug)]
struct Rule {
    /// The Unix time from which on the rule is evaluated.
    from: i64,
    kinds: [Kind; 2],
    file: &'static tz::TimeZone,
}

impl Rule {
    fn at(&self, instant: i64) -> Kind {
        let local = self.file.find_local_time_type(instant).map(kind);
        // The rule covers every instant of chrono, and its kinds were checked when it was read.
        local.ok().and_then(Result::ok).unwrap_or(self.kinds[0])
    }
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Damaged {
    #[error("{0}")]
    File(#[from] tz::TzError),
    #[error("an offset of {0} seconds is out of range")]
    Offset(i32),
    #[error("it is truncated")]
    Cut,
    #[error("it contains leap seconds, which are not supported")]
    LeapSeconds,
}

impl Spans {
    pub(super) fn utc() -> Self {
        let offset = FixedOffset::east_opt(0).expect("zero is an offset");
        let kinds = vec![Kind { offset, abbreviation: "UTC" }];
        Self { starts: vec![i64::MIN], kinds, rule: None }
    }

    /// Parses a TZif file. The memory for it is leaked.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Damaged> {
        if !has_footer(bytes) {
            return Err(Damaged::Cut);
        }
        let file: &'static tz::TimeZone = Box::leak(Box::new(tz::TimeZone::from_tz_data(bytes)?));
        let parsed = file.as_ref();
        if !parsed.leap_seconds().is_empty() {
            return Err(Damaged::LeapSeconds);
        }
        let types = parsed.local_time_types();
        let mut spans = Self { starts: vec![i64::MIN], kinds: vec![kind(&types[0])?], rule: None };
        let mut last = i64::MIN;
        for transition in parsed.transitions() {
            last = transition.unix_leap_time();
            spans.push(last, kind(&types[transition.local_time_type_index()])?);
        }
        match parsed.extra_rule() {
            None => {}
            // The same as the last transition, or the only data if there is no transition.
            Some(TransitionRule::Fixed(local)) => spans.push(last, kind(local)?),
            Some(TransitionRule::Alternate(rule)) => {
                spans.add_rule_changes(rule, last)?;
                let end =
                    first_of(PRECOMPUTED_UNTIL).and_time(NaiveTime::MIN).and_utc().timestamp();
                spans.rule =
                    Some(Rule { from: end, kinds: [kind(rule.std())?, kind(rule.dst())?], file });
            }
        }
        Ok(spans)
    }

    fn push(&mut self, start: i64, kind: Kind) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.kinds.pop();
        }
        if self.kinds.last() != Some(&kind) {
            self.starts.push(start);
            self.kinds.push(kind);
        }
    }

    /// Adds the changes by a rule after the last transition.
    fn add_rule_changes(&mut self, rule: &'static AlternateTime, last: i64) -> Result<(), Damaged> {
        let (standard, daylight) = (kind(rule.std())?, kind(rule.dst())?);
        let years = DateTime::from_timestamp(last, 0).map_or(FIRST_YEAR, |last| last.year() - 1);
        let mut changes = Vec::new();
        for year in years.clamp(FIRST_YEAR, PRECOMPUTED_UNTIL)..PRECOMPUTED_UNTIL {
            let at = |day, time: i32, before| {
                start_of_day(day, year) + i64::from(time) - seconds(before)
            };
            changes.push((at(rule.dst_start(), rule.dst_start_time(), standard), daylight));
            changes.push((at(rule.dst_end(), rule.dst_end_time(), daylight), standard));
        }
        changes.sort_by_key(|(at, _)| *at);
        for (at, kind) in changes.into_iter().filter(|(at, _)| *at > last) {
            self.push(at, kind);
        }
        Ok(())
    }

    /// The kind at an instant, given as a Unix time.
    pub(super) fn at(&self, instant: i64) -> Kind {
        match &self.rule {
            Some(rule) if instant >= rule.from => rule.at(instant),
            // The first start is `i64::MIN`, so at least one span has started.
            _ => self.kinds[self.started(instant).saturating_sub(1)],
        }
    }

    /// The kinds in which a wall time occurs. `local` is the Unix time that it would be in UTC. If there are more than
    /// two, the earliest and the latest.
    pub(super) fn at_local(&self, local: i64) -> LocalResult<Kind> {
        match &self.rule {
            Some(rule) if local >= rule.from - OFFSET_MAX => {
                self.at_local_by_rule(&rule.kinds, local)
            }
            _ => self.at_local_precomputed(local),
        }
    }

    fn at_local_precomputed(&self, local: i64) -> LocalResult<Kind> {
        // Only spans that overlap the day before or after can contain it. That is nearly always a single one.
        let (earliest, latest) =
            (local.saturating_sub(OFFSET_MAX), local.saturating_add(OFFSET_MAX));
        let mut found = LocalResult::None;
        for index in (0..self.started(latest)).rev() {
            let (start, kind) = (self.starts[index], self.kinds[index]);
            let end = self.starts.get(index + 1).copied().unwrap_or(i64::MAX);
            if end <= earliest {
                break;
            }
            let instant = local.saturating_sub(seconds(kind));
            if start <= instant && instant < end {
                found = with_earlier(kind, found);
            }
        }
        found
    }

    fn at_local_by_rule(&self, kinds: &[Kind; 2], local: i64) -> LocalResult<Kind> {
        let mut kinds = *kinds;
        // Sorted by offset: with the larger offset, the same wall time is an earlier instant.
        kinds.sort_by_key(|kind| seconds(*kind));
        let shows = |kind: &Kind| self.at(local - seconds(*kind)) == *kind;
        let fitting = kinds.into_iter().filter(shows);
        fitting.fold(LocalResult::None, |found, kind| with_earlier(kind, found))
    }

    /// The number of spans that have started at an instant.
    fn started(&self, instant: i64) -> usize {
        self.starts.partition_point(|start| *start <= instant)
    }

    /// The changes that are computed in advance, as Unix times.
    #[cfg(test)]
    pub(super) fn changes(&self) -> &[i64] {
        &self.starts[1..]
    }
}

/// Adds a kind that is earlier than those found so far.
fn with_earlier(kind: Kind, found: LocalResult<Kind>) -> LocalResult<Kind> {
    match found.latest() {
        None => LocalResult::Single(kind),
        Some(latest) => LocalResult::Ambiguous(kind, latest),
    }
}

/// Whether a file ends with the line for the rule, which may be empty. The library would accept a single newline.
/// Version 1 of the format has no such line and no data after 2037.
fn has_footer(bytes: &[u8]) -> bool {
    let Some(body) = bytes.strip_suffix(b"\n") else { return false };
    let line = body.iter().rposition(|byte| *byte == b'\n').map(|at| &body[at + 1..]);
    line.is_some_and(|line| line.iter().all(u8::is_ascii_graphic))
}

fn kind(local: &'static LocalTimeType) -> Result<Kind, Damaged> {
    let offset = local.ut_offset();
    let offset = FixedOffset::east_opt(offset).ok_or(Damaged::Offset(offset))?;
    Ok(Kind { offset, abbreviation: local.time_zone_designation() })
}

fn seconds(kind: Kind) -> i64 {
    kind.offset.local_minus_utc().into()
}

/// Midnight of a rule's day in a year, in UTC, as a Unix time.
fn start_of_day(day: &RuleDay, year: i32) -> i64 {
    let first = first_of(year);
    let date = match day {
        // 29 February is not counted.
        RuleDay::Julian1WithoutLeap(day) => {
            let leap = i64::from(first.leap_year() && day.get() >= 60);
            first + Duration::days(i64::from(day.get()) - 1 + leap)
        }
        RuleDay::Julian0WithLeap(day) => first + Duration::days(day.get().into()),
        RuleDay::MonthWeekDay(day) => {
            let first = first.with_month(day.month().into()).unwrap_or(first);
            let ahead =
                i64::from(day.week_day()) - i64::from(first.weekday().num_days_from_sunday());
            // Week 5 is the last one, even if the month has only four.
            let of_week =
                |week: u8| first + Duration::days(ahead.rem_euclid(7) + 7 * (i64::from(week) - 1));
            let date = of_week(day.week());
            if date.month() == first.month() { date } else { of_week(day.week() - 1) }
        }
    };
    date.and_time(NaiveTime::MIN).and_utc().timestamp()
}

fn first_of(year: i32) -> NaiveDate {
    NaiveDate::from_yo_opt(year, 1).expect("a year that chrono has")
}
