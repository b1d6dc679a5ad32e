//! Converts the lines of the form to recurring rules, and back.

use chrono::{Days, NaiveDate, NaiveTime, Weekday};
use nadi::calendar::parse_date;
use nadi::failure::{Field, FieldProblem, Problem};
use nadi::schedule::{
    BUFFER_MINUTES_MAX, CAPACITY_MAX, LOOK_AHEAD_DAYS, Line, NOTICE_MINUTES_MAX, Rule,
    SLOT_MINUTES_MAX, SLOT_MINUTES_MIN, Schedule, WINDOW_DAYS_MAX, Zones, overlap,
};
use nadi::visit::Mode;

use super::repeats::{Choice, Repeats};
use super::typed::TypedRule;

/// Empty lines below the filled ones.
pub const EMPTY_LINES: usize = 3;
/// A form with more lines was not made by us.
pub const LINES_MAX: usize = nadi::schedule::RULES_MAX + EMPTY_LINES;

/// A problem, and the line (from 0) it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineProblem {
    pub line: usize,
    pub problem: FieldProblem,
    /// What it overlaps, and on which date first.
    pub meets: Option<(Other, NaiveDate)>,
}

/// What hours can overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// Another line of the form, from 0.
    Line(usize),
    /// A single day, which stands on another page.
    SingleDay,
}

impl LineProblem {
    pub fn new(line: usize, field: Field, problem: Problem) -> Self {
        Self { line, problem: FieldProblem { field, problem }, meets: None }
    }
}

/// What tells a line of the form from the others.
pub enum PeriodName {
    /// What it says.
    Rule(Box<Rule>),
    /// Its weekdays, and its number (from 1) among the lines of the same days.
    Days { days: Vec<Weekday>, number: usize },
    /// Its number (from 1).
    Number(usize),
}

/// How a line (from 0) is named, on its own and in problems. Lines that cannot be read have their days.
pub fn period_name(lines: &[TypedRule], line: usize, today: NaiveDate) -> PeriodName {
    let Some(typed) = lines.get(line) else { return PeriodName::Number(line + 1) };
    if let Some(rule) = typed.rule(today) {
        return PeriodName::Rule(Box::new(rule));
    }
    let days = typed.weekdays();
    let weekly = typed.repeats.is_empty() || typed.repeats == Choice::Weeks(1).as_str();
    if days.is_empty() || !weekly {
        return PeriodName::Number(line + 1);
    }
    let before = lines[..line].iter().filter(|other| !other.is_gone());
    let number = 1 + before.filter(|other| other.weekdays() == days).count();
    PeriodName::Days { days, number }
}

/// The problems without their lines, as a failure names them.
pub fn problems(found: &[LineProblem]) -> Vec<FieldProblem> {
    found.iter().map(|found| found.problem).collect()
}

impl TypedRule {
    /// The fields of the weekdays, from Monday on.
    pub fn days(&self) -> [&String; 7] {
        [&self.mo, &self.tu, &self.we, &self.th, &self.fr, &self.sa, &self.su]
    }

    fn days_mut(&mut self) -> [&mut String; 7] {
        [
            &mut self.mo,
            &mut self.tu,
            &mut self.we,
            &mut self.th,
            &mut self.fr,
            &mut self.sa,
            &mut self.su,
        ]
    }

    /// The days that are ticked.
    fn weekdays(&self) -> Vec<Weekday> {
        let days = super::repeats::WEEKDAYS.iter().zip(self.days());
        days.filter(|(_, ticked)| !ticked.is_empty()).map(|((day, _), _)| *day).collect()
    }

    /// A line to fill.
    pub fn fresh(location: String, today: NaiveDate) -> Self {
        Self {
            slot_minutes: "20".into(),
            mode: Mode::InPerson.as_str().to_owned(),
            location,
            repeats: Choice::Weeks(1).as_str().to_owned(),
            effective_from: today.to_string(),
            seat_capacity: "1".into(),
            buffer_before: "0".into(),
            buffer_after: "0".into(),
            notice: "0".into(),
            ..Self::default()
        }
    }

    /// A rule as it is edited; `None` for a single day.
    pub fn of(rule: &Rule) -> Option<Self> {
        let repeats = Repeats::of(rule.repeats.as_ref()?.as_str());
        let time = |time: NaiveTime| time.format("%H:%M").to_string();
        let mut typed = Self {
            starts_at: time(rule.starts),
            ends_at: time(rule.ends),
            slot_minutes: rule.slot_minutes.to_string(),
            mode: rule.mode.as_str().to_owned(),
            location: rule.location.to_string(),
            repeats: repeats.choice().as_str().to_owned(),
            effective_from: rule.from.to_string(),
            effective_until: rule
                .until
                .and_then(|until| until.pred_opt())
                .map(|last| last.to_string())
                .unwrap_or_default(),
            seat_capacity: rule.capacity.to_string(),
            buffer_before: rule.buffer_before.to_string(),
            buffer_after: rule.buffer_after.to_string(),
            notice: rule.notice_minutes.to_string(),
            window: rule.window_days.map(|days| days.to_string()).unwrap_or_default(),
            ..Self::default()
        };
        for (field, (day, _)) in typed.days_mut().into_iter().zip(super::repeats::WEEKDAYS) {
            if repeats.days().contains(&day) {
                "yes".clone_into(field);
            }
        }
        if let Repeats::Rule(text) = repeats {
            typed.rule = text;
        }
        Some(typed)
    }

    /// Rules as they are edited; those that differ in nothing but their weekdays are one line.
    pub fn of_all(rules: &[Rule]) -> Vec<Self> {
        let undated = |line: &Self| {
            let mut line = line.clone();
            line.days_mut().into_iter().for_each(String::clear);
            line
        };
        let mut lines: Vec<Self> = Vec::new();
        for line in rules.iter().filter_map(Self::of) {
            let by_days = line.repeats != Choice::Rule.as_str();
            let same = |other: &&mut Self| by_days && undated(other) == undated(&line);
            match lines.iter_mut().find(same) {
                None => lines.push(line),
                Some(other) => {
                    for (field, ticked) in other.days_mut().into_iter().zip(line.days()) {
                        if !ticked.is_empty() {
                            field.clone_from(ticked);
                        }
                    }
                }
            }
        }
        lines
    }

    /// What the line says, if it can be read.
    pub fn rule(&self, today: NaiveDate) -> Option<Rule> {
        read_line(self, today).ok()
    }

    /// Whether the line was cleared, ticked for removal, or never filled in.
    pub fn is_gone(&self) -> bool {
        let blank = |text: &str| text.trim().is_empty();
        let empty = blank(&self.starts_at)
            && blank(&self.ends_at)
            && self.weekdays().is_empty()
            && blank(&self.rule);
        !self.remove.is_empty() || empty
    }

    /// Whether all fields in the folded part have their usual values.
    pub fn is_plain(&self, today: NaiveDate) -> bool {
        let is = |text: &str, usual: &str| text.is_empty() || text == usual;
        let begun = parse_date(&self.effective_from).is_none_or(|from| from <= today);
        is(&self.repeats, Choice::Weeks(1).as_str())
            && begun
            && self.effective_until.is_empty()
            && is(&self.seat_capacity, "1")
            && is(&self.buffer_before, "0")
            && is(&self.buffer_after, "0")
            && is(&self.notice, "0")
            && self.window.is_empty()
    }
}

pub(super) fn time(text: &str) -> Result<NaiveTime, Problem> {
    let text = text.trim();
    match text {
        "" => return Err(Problem::Missing),
        "24:00" => return Ok(NaiveTime::MIN),
        _ => {}
    }
    NaiveTime::parse_from_str(text, "%H:%M")
        .or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"))
        .map_err(|_| Problem::Malformed)
}

pub(super) fn date(text: &str) -> Result<NaiveDate, Problem> {
    match text.trim() {
        "" => Err(Problem::Missing),
        text => parse_date(text).ok_or(Problem::Malformed),
    }
}

/// A number in a range, or the default for an empty field.
pub(super) fn number<T>(
    text: &str,
    range: std::ops::RangeInclusive<T>,
    usual: Option<T>,
) -> Result<T, Problem>
where
    T: std::str::FromStr + PartialOrd + Into<i64> + Copy,
{
    let out = Problem::OutOfRange { min: (*range.start()).into(), max: (*range.end()).into() };
    match text.trim() {
        "" => usual.ok_or(Problem::Missing),
        text => text.parse().ok().filter(|number| range.contains(number)).ok_or(out),
    }
}

/// Collects the problems of fields that cannot be read.
#[derive(Default)]
pub(super) struct Found(pub(super) Vec<FieldProblem>);

impl Found {
    pub(super) fn of<T>(&mut self, field: Field, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.0.push(FieldProblem { field, problem })).ok()
    }
}

fn read_line(line: &TypedRule, today: NaiveDate) -> Result<Rule, Vec<FieldProblem>> {
    let mut found = Found::default();
    let choice =
        Choice::parse(&line.repeats).or(line.repeats.is_empty().then_some(Choice::Weeks(1)));
    let repeats = found.of(Field::Repeats, choice.ok_or(Problem::Unknown)).and_then(|choice| {
        let days = line.weekdays();
        let repeats = match choice {
            Choice::Weeks(every) => Repeats::Weekly { every, days },
            Choice::OfMonth(nth) => Repeats::Monthly { nth, days },
            Choice::Rule => Repeats::Rule(line.rule.trim().to_owned()),
        };
        repeats.recurrence().map_err(|problem| found.0.push(problem)).ok()
    });
    let starts = found.of(Field::StartsAt, time(&line.starts_at));
    let ends = found.of(Field::EndsAt, time(&line.ends_at));
    let minutes = number(&line.slot_minutes, SLOT_MINUTES_MIN..=SLOT_MINUTES_MAX, None);
    let minutes = found.of(Field::SlotMinutes, minutes);
    let mode = found.of(Field::Mode, Mode::parse(&line.mode).ok_or(Problem::Unknown));
    let location = line.location.parse().map_err(|_| Problem::Unknown);
    let location = found.of(Field::Location, location);
    let from = match line.effective_from.trim() {
        "" => Some(today),
        text => found.of(Field::EffectiveFrom, date(text)),
    };
    let until = match line.effective_until.trim() {
        "" => Some(None),
        // The form has the last day; the rule stores the day after it.
        text => found.of(Field::EffectiveUntil, date(text)).map(|last| last.succ_opt()),
    };
    let capacity = number(&line.seat_capacity, 1..=CAPACITY_MAX, Some(1));
    let capacity = found.of(Field::SeatCapacity, capacity);
    let before = number(&line.buffer_before, 0..=BUFFER_MINUTES_MAX, Some(0));
    let before = found.of(Field::BufferBefore, before);
    let after = number(&line.buffer_after, 0..=BUFFER_MINUTES_MAX, Some(0));
    let after = found.of(Field::BufferAfter, after);
    let notice = number(&line.notice, 0..=NOTICE_MINUTES_MAX, Some(0));
    let notice = found.of(Field::Notice, notice);
    let window = match line.window.trim() {
        "" => Some(None),
        text => found.of(Field::Window, number(text, 1..=WINDOW_DAYS_MAX, None)).map(Some),
    };
    let (
        Some(repeats),
        Some(starts),
        Some(ends),
        Some(slot_minutes),
        Some(mode),
        Some(location),
        Some(from),
        Some(until),
        Some(capacity),
        Some(buffer_before),
        Some(buffer_after),
        Some(notice_minutes),
        Some(window_days),
    ) = (
        repeats, starts, ends, minutes, mode, location, from, until, capacity, before, after,
        notice, window,
    )
    else {
        return Err(found.0);
    };
    let rule = Rule {
        location,
        mode,
        repeats: Some(repeats),
        from,
        until,
        starts,
        ends,
        slot_minutes,
        buffer_before,
        buffer_after,
        capacity,
        notice_minutes,
        window_days,
    };
    rule.check().map_err(|problem| vec![problem])?;
    Ok(rule)
}

/// The schedule with these lines in place of what repeats in `base`, or everything that is wrong with
/// them: each line for itself first, then together. The same rules stand behind the port; here they
/// also say where.
///
/// # Errors
/// At least one problem, in the order of the lines.
pub fn read(
    lines: &[TypedRule],
    base: &Schedule,
    zones: &Zones,
    today: NaiveDate,
) -> Result<Schedule, Vec<LineProblem>> {
    if lines.len() > LINES_MAX {
        let max = i64::try_from(LINES_MAX).unwrap_or(i64::MAX);
        let problem = Problem::OutOfRange { min: 0, max };
        return Err(vec![LineProblem::new(LINES_MAX, Field::Lines, problem)]);
    }
    let mut rules = Vec::new();
    let mut places = Vec::new();
    let mut bad = Vec::new();
    for (line, typed) in lines.iter().enumerate().filter(|(_, typed)| !typed.is_gone()) {
        match read_line(typed, today) {
            Ok(rule) => {
                rules.push(rule);
                places.push(line);
            }
            Err(problems) => bad.extend(problems.into_iter().map(|problem| LineProblem {
                line,
                problem,
                meets: None,
            })),
        }
    }
    if !bad.is_empty() {
        return Err(bad);
    }
    rules.extend(base.rules.iter().filter(|rule| rule.repeats.is_none()).cloned());
    let schedule = Schedule { rules, time_off: base.time_off.clone() };
    let Err(found) = schedule.check(zones, today) else { return Ok(schedule) };
    let until = today.checked_add_days(Days::new(LOOK_AHEAD_DAYS)).unwrap_or(today);
    let meeting = overlap(&schedule.rules, zones, today, until);
    let line_of = |index: usize| places.get(index).copied();
    Err(found
        .into_iter()
        .map(|found| {
            let (Line::Rule(index) | Line::TimeOff(index)) = found.line;
            match meeting.filter(|_| found.problem.problem == Problem::Overlaps) {
                // Single days are not lines of this form, so the problem is reported at the line that overlaps one.
                Some(meeting) => {
                    let (line, other) = match (line_of(meeting.later), line_of(meeting.earlier)) {
                        (Some(later), Some(earlier)) => (later, Other::Line(earlier)),
                        (None, Some(line)) | (Some(line), None) => (line, Other::SingleDay),
                        (None, None) => (0, Other::SingleDay),
                    };
                    let problem = FieldProblem { field: Field::StartsAt, ..found.problem };
                    LineProblem { line, problem, meets: Some((other, meeting.date)) }
                }
                None => {
                    let line = line_of(index).unwrap_or(0);
                    LineProblem { line, problem: found.problem, meets: None }
                }
            }
        })
        .collect())
}

#[cfg(test)]
#[path = "hours_tests.rs"]
mod tests;
