//! The stretches of time in which a zone's clocks are ahead of UTC by the same amount.
//!
//! They are computed once, from a TZif file (RFC 9636) and the rule at its end, up to [`LAID_OUT_UNTIL`]; a look-up
//! is a binary search. For later instants the rule is evaluated.

use chrono::{DateTime, Datelike, Duration, FixedOffset, LocalResult, NaiveDate, NaiveTime};
use tz::timezone::{AlternateTime, LocalTimeType, RuleDay, TransitionRule};

/// The year until whose start spans are laid out.
const LAID_OUT_UNTIL: i32 = 2101;

/// The first year whose changes are laid out where a file has a rule only.
const FIRST_YEAR: i32 = 1900;

/// No clock is further from UTC, in seconds: what a file may say at most, which is what `chrono` can hold.
const OFFSET_MAX: i64 = 86_399;

/// What clocks show in a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub offset: FixedOffset,
    pub abbreviation: &'static str,
}

#[derive(Debug)]
pub(super) struct Spans {
    /// When each span begins, as a Unix time: the first at the beginning of time, the others ascending.
    starts: Vec<i64>,
    /// What holds in each, different from one to the next.
    kinds: Vec<Kind>,
    /// What holds later. `None`: the last of the kinds.
    rule: Option<Rule>,
}

/// Two changes a year for ever.
#[derive(Debug)]
struct Rule {
    /// Instants from here on are not laid out.
    from: i64,
    kinds: [Kind; 2],
    file: &'static tz::TimeZone,
}

impl Rule {
    fn at(&self, instant: i64) -> Kind {
        let local = self.file.find_local_time_type(instant).map(kind);
        // Every instant that chrono has is one that the rule has, and its kinds were checked when it was read.
        local.ok().and_then(Result::ok).unwrap_or(self.kinds[0])
    }
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Damaged {
    #[error("{0}")]
    File(#[from] tz::TzError),
    #[error("a clock cannot be {0} seconds ahead of UTC")]
    Offset(i32),
    #[error("it ends too early")]
    Cut,
    #[error("it counts leap seconds, which clocks here do not")]
    LeapSeconds,
}

impl Spans {
    pub(super) fn utc() -> Self {
        let offset = FixedOffset::east_opt(0).expect("zero is an offset");
        let kinds = vec![Kind { offset, abbreviation: "UTC" }];
        Self { starts: vec![i64::MIN], kinds, rule: None }
    }

    /// Reads a TZif file. What it leaves in memory stays as long as the process.
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
            // What it says, the last transition says as well; without one it is all there is.
            Some(TransitionRule::Fixed(local)) => spans.push(last, kind(local)?),
            Some(TransitionRule::Alternate(rule)) => {
                spans.lay_out(rule, last)?;
                let end = first_of(LAID_OUT_UNTIL).and_time(NaiveTime::MIN).and_utc().timestamp();
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

    /// Writes down the changes that a rule makes after the last transition.
    fn lay_out(&mut self, rule: &'static AlternateTime, last: i64) -> Result<(), Damaged> {
        let (standard, daylight) = (kind(rule.std())?, kind(rule.dst())?);
        let years = DateTime::from_timestamp(last, 0).map_or(FIRST_YEAR, |last| last.year() - 1);
        let mut changes = Vec::new();
        for year in years.clamp(FIRST_YEAR, LAID_OUT_UNTIL)..LAID_OUT_UNTIL {
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

    /// What holds at an instant, a Unix time.
    pub(super) fn at(&self, instant: i64) -> Kind {
        match &self.rule {
            Some(rule) if instant >= rule.from => rule.at(instant),
            // The first start is before everything, so there is always one not after the instant.
            _ => self.kinds[self.begun(instant).saturating_sub(1)],
        }
    }

    /// What may hold when clocks show this, given in seconds as if it were a Unix time: the earliest
    /// and the latest where there are several.
    pub(super) fn at_local(&self, local: i64) -> LocalResult<Kind> {
        match &self.rule {
            Some(rule) if local >= rule.from - OFFSET_MAX => self.at_local_late(&rule.kinds, local),
            _ => self.at_local_laid_out(local),
        }
    }

    fn at_local_laid_out(&self, local: i64) -> LocalResult<Kind> {
        // Only spans that have a part within a day to either side can show it. Nearly always that is one.
        let (earliest, latest) =
            (local.saturating_sub(OFFSET_MAX), local.saturating_add(OFFSET_MAX));
        let mut found = LocalResult::None;
        for index in (0..self.begun(latest)).rev() {
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

    fn at_local_late(&self, kinds: &[Kind; 2], local: i64) -> LocalResult<Kind> {
        let mut kinds = *kinds;
        // The one that is further ahead has shown it earlier.
        kinds.sort_by_key(|kind| seconds(*kind));
        let shows = |kind: &Kind| self.at(local - seconds(*kind)) == *kind;
        let fitting = kinds.into_iter().filter(shows);
        fitting.fold(LocalResult::None, |found, kind| with_earlier(kind, found))
    }

    /// How many spans have begun at an instant.
    fn begun(&self, instant: i64) -> usize {
        self.starts.partition_point(|start| *start <= instant)
    }

    /// When the clocks change, as far as it is laid out.
    #[cfg(test)]
    pub(super) fn changes(&self) -> &[i64] {
        &self.starts[1..]
    }
}

/// Adds a kind that holds earlier than those found so far.
fn with_earlier(kind: Kind, found: LocalResult<Kind>) -> LocalResult<Kind> {
    match found.latest() {
        None => LocalResult::Single(kind),
        Some(latest) => LocalResult::Ambiguous(kind, latest),
    }
}

/// Does a file end with a line for the rule, which may be empty? The library takes one newline for it. The first
/// version of the format has none, and knows nothing of the time after 2037.
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

/// Midnight of the day that a rule names in a year, as if clocks showed UTC.
fn start_of_day(day: &RuleDay, year: i32) -> i64 {
    let first = first_of(year);
    let date = match day {
        // Counted without 29 February.
        RuleDay::Julian1WithoutLeap(day) => {
            let leap = i64::from(first.leap_year() && day.get() >= 60);
            first + Duration::days(i64::from(day.get()) - 1 + leap)
        }
        RuleDay::Julian0WithLeap(day) => first + Duration::days(day.get().into()),
        RuleDay::MonthWeekDay(day) => {
            let first = first.with_month(day.month().into()).unwrap_or(first);
            let ahead =
                i64::from(day.week_day()) - i64::from(first.weekday().num_days_from_sunday());
            // The fifth is the last, also in a month that has four.
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
