//! vCalendar 1.0, as written by old Exchange servers, Palms and phones: its recurrence rules and time zones.

use crate::zone::Zone as Iana;
use chrono::{Duration, NaiveDateTime};

use super::value::{self, Clock, When};
use super::zone::resolved_zone::{Change, Changes, Zone};

/// The maximum number of DAYLIGHT lines that are used.
const SUMMERS_MAX: usize = 200;

/// The time zone by TZ and DAYLIGHT: the standard offset, and the times with daylight saving.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LegacyClock {
    standard: Option<i32>,
    summers: Vec<Summer>,
    /// The file says that there is no daylight-saving time.
    never_summer: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Summer {
    offset: i32,
    begins: When,
    ends: When,
}

impl LegacyClock {
    /// `TZ:-08`
    pub(super) fn tz(&mut self, text: &str) {
        self.standard = value::offset(text).or(self.standard);
    }

    /// `DAYLIGHT:TRUE;-07;19970406T020000;19971026T020000;PST;PDT`
    pub(super) fn daylight(&mut self, text: &str) {
        let mut parts = text.split(';').map(str::trim);
        if parts.next().is_some_and(|is| is.eq_ignore_ascii_case("FALSE")) {
            self.never_summer = true;
            return;
        }
        let offset = parts.next().and_then(value::offset);
        let begins = parts.next().and_then(|text| value::when(text, Clock::Floating));
        let ends = parts.next().and_then(|text| value::when(text, Clock::Floating));
        if let (Some(offset), Some(begins), Some(ends)) = (offset, begins, ends)
            && self.summers.len() < SUMMERS_MAX
        {
            self.summers.push(Summer { offset, begins, ends });
        }
    }

    /// The zone of floating times; `None` if the file gives no offset. A file has the clock changes of only a few
    /// years, so if they are the same as in the zone `place`, that zone is used.
    pub(super) fn zone(&self, place: Iana) -> Option<Zone> {
        let standard = self.standard?;
        let list: Vec<_> =
            self.summers.iter().flat_map(|summer| summer.changes(standard)).collect();
        let place = Zone::Named(place);
        let agrees = |at: NaiveDateTime, offset: i32| {
            place.wall(at.and_utc()) - at == Duration::seconds(offset.into())
        };
        let Some(changes) = Changes::new(list.clone()) else {
            let year = |month| chrono::NaiveDate::from_ymd_opt(2027, month, 1).unwrap_or_default();
            let offsets = [1, 7].map(|month| agrees(year(month).into(), standard));
            let same =
                if self.never_summer { offsets == [true; 2] } else { offsets.contains(&true) };
            return Some(if same { place } else { Zone::Fixed(standard) });
        };
        let week = Duration::days(7);
        let same = list.iter().all(|change| {
            let (before, after) =
                (change.at.checked_sub_signed(week), change.at.checked_add_signed(week));
            before.is_some_and(|at| agrees(at, change.from))
                && after.is_some_and(|at| agrees(at, change.to))
        });
        Some(if same { place } else { Zone::Own(changes) })
    }
}

impl Summer {
    fn changes(self, standard: i32) -> [Change; 2] {
        let utc = |when: When, offset: i32| match when {
            When::Time(at, Clock::Utc) => at,
            when => {
                let offset = Duration::seconds(offset.into());
                when.wall().checked_sub_signed(offset).unwrap_or(when.wall())
            }
        };
        [
            Change {
                at: utc(self.begins, standard),
                from: standard,
                to: self.offset,
                daylight: true,
            },
            Change {
                at: utc(self.ends, self.offset),
                from: self.offset,
                to: standard,
                daylight: false,
            },
        ]
    }
}

/// The number of periods of a rule without a count or end (vCalendar 1.0, "Recurrence Rule").
const COUNT_DEFAULT: u32 = 2;

/// Whether a rule uses this grammar and not that of RFC 5545.
pub(super) fn is_rule(text: &str) -> bool {
    !text.contains('=') && text.trim_start().starts_with(['D', 'W', 'M', 'Y', 'd', 'w', 'm', 'y'])
}

/// Converts a rule such as `W2 TU TH 20261231T000000Z` to RFC 5545. `None` for times of day, nested rules, and anything
/// else that has no equivalent.
///
/// `#5` counts periods: Tuesday and Thursday, five times, are ten occurrences. Some programs count occurrences
/// instead, but with the larger number no busy time is missed.
pub(super) fn rule(text: &str) -> Option<String> {
    let text = text.to_ascii_uppercase();
    let mut words = text.split_whitespace().map(|word| word.trim_end_matches('$'));
    let first = words.next()?;
    let letters = first.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(first.len());
    let (kind, interval) = first.split_at(letters);
    // Some write `MP1+`.
    let interval = match interval.trim_end_matches(['+', '-']) {
        "" => 1,
        digits => digits.parse::<u32>().ok().filter(|n| *n > 0)?,
    };
    let (frequency, part) = match kind {
        "M" => ("MINUTELY", ""),
        "D" => ("DAILY", ""),
        "W" => ("WEEKLY", "BYDAY"),
        "MP" => ("MONTHLY", "BYDAY"),
        "MD" => ("MONTHLY", "BYMONTHDAY"),
        "YM" => ("YEARLY", "BYMONTH"),
        "YD" => ("YEARLY", "BYYEARDAY"),
        _ => return None,
    };
    let mut list: Vec<String> = Vec::new();
    let (mut count, mut until) = (None, None);
    // The ordinals before a weekday, such as `1+ 1-`. They also apply to the weekdays that follow.
    let (mut ordinals, mut used): (Vec<String>, bool) = (Vec::new(), false);
    for word in words {
        if let Some(number) = word.strip_prefix('#') {
            count = Some(number.parse::<u32>().ok()?);
        } else if word.len() >= 8 && word.starts_with(|c: char| c.is_ascii_digit()) {
            until = Some(word);
        } else if is_weekday(word) && kind == "W" {
            list.push(word.to_owned());
        } else if is_weekday(word) && kind == "MP" && !ordinals.is_empty() {
            list.extend(ordinals.iter().map(|nth| format!("{nth}{word}")));
            used = true;
        } else if kind == "MD" && word == "LD" {
            list.push("-1".into());
        } else if matches!(kind, "MP" | "MD" | "YM" | "YD") {
            let number = signed(word)?;
            if kind == "MP" {
                if std::mem::take(&mut used) {
                    ordinals.clear();
                }
                ordinals.push(number);
            } else {
                list.push(number);
            }
        } else {
            return None;
        }
    }
    if kind == "MP" && list.is_empty() {
        return None;
    }
    let end = match (count, until) {
        (Some(0), None) => String::new(),
        (None | Some(0), Some(until)) => format!(";UNTIL={until}"),
        (count, until) => {
            let periods = count.unwrap_or(COUNT_DEFAULT);
            let each = u32::try_from(list.len().max(1)).ok()?;
            let until = until.map_or(String::new(), |until| format!(";UNTIL={until}"));
            format!(";COUNT={}{until}", periods.checked_mul(each)?)
        }
    };
    let list = if list.is_empty() { String::new() } else { format!(";{part}={}", list.join(",")) };
    Some(format!("FREQ={frequency};INTERVAL={interval}{list}{end}"))
}

fn is_weekday(word: &str) -> bool {
    matches!(word, "MO" | "TU" | "WE" | "TH" | "FR" | "SA" | "SU")
}

/// Parses an ordinal: `2`, `2+` or `1-`. With a minus, it is counted from the end.
fn signed(word: &str) -> Option<String> {
    let (digits, sign) = match word.strip_suffix('-') {
        Some(digits) => (digits, "-"),
        None => (word.strip_suffix('+').unwrap_or(word), ""),
    };
    let number = digits.parse::<u16>().ok().filter(|n| *n > 0)?;
    Some(format!("{sign}{number}"))
}
