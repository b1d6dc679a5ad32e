//! Converts a rule with common errors to a valid one (RFC 5545, 3.3.10), where its meaning is clear.

use super::parse::{date, moment};

/// The rule in upper case, without blanks, backslashes (some programs escape it like a TEXT), empty parts, duplicate
/// parts and parts without a meaning; and whether a part was left out that may have had a meaning.
pub(super) fn cleaned(text: &str) -> (String, bool) {
    let text: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\0' | '\\')).collect();
    let text = text.to_ascii_uppercase();
    let text = text.strip_prefix("RRULE:").or(text.strip_prefix("EXRULE:")).unwrap_or(&text);
    let mut left_out = false;
    let mut parts: Vec<(&str, String)> = Vec::new();
    for part in text.split(';').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, "?"));
        let value = value.trim_matches(',');
        match (name, value) {
            (_, "") => continue,
            ("COUNT", value) if value.starts_with('-') => continue,
            ("INTERVAL", "0") => continue,
            _ if name.starts_with("X-") => {
                left_out = true;
                continue;
            }
            _ => {}
        }
        match parts.iter_mut().find(|(known, _)| *known == name) {
            None => parts.push((name, value.to_owned())),
            Some((_, known)) if known == value => {}
            Some((_, known)) if name.starts_with("BY") => *known = format!("{known},{value}"),
            // A contradiction, which `parse` refuses.
            Some(_) => parts.push((name, value.to_owned())),
        }
    }
    left_out |= without_the_meaningless(&mut parts);
    for (name, value) in &mut parts {
        match *name {
            "UNTIL" => left_out |= clean_until(value),
            "BYDAY" => *value = value.split(',').map(short_weekday).collect::<Vec<_>>().join(","),
            _ => {}
        }
    }
    let parts: Vec<_> = parts.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (parts.join(";"), left_out)
}

/// Removes parts that RFC 5545 does not allow with the rule's FREQ, and says whether there were any. Without them
/// there are as many occurrences or more.
fn without_the_meaningless(parts: &mut Vec<(&str, String)>) -> bool {
    let before = parts.len();
    let is = |parts: &[(&str, String)], name: &str, values: &[&str]| {
        parts.iter().any(|(known, value)| *known == name && values.contains(&value.as_str()))
    };
    let frequent = is(parts, "FREQ", &["WEEKLY", "DAILY", "HOURLY", "MINUTELY"]);
    let (weekly, yearly) = (is(parts, "FREQ", &["WEEKLY"]), is(parts, "FREQ", &["YEARLY"]));
    parts.retain(|(name, _)| match *name {
        "BYWEEKNO" => yearly,
        "BYMONTHDAY" => !weekly,
        _ => true,
    });
    let by_week = parts.iter().any(|(name, _)| *name == "BYWEEKNO");
    for (name, value) in parts.iter_mut() {
        if *name == "BYDAY" && (frequent || by_week) {
            let bare =
                |day: &str| day.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).to_owned();
            *value = value.split(',').map(bare).collect::<Vec<_>>().join(",");
        }
    }
    if !parts.iter().any(|(name, _)| name.starts_with("BY") && *name != "BYSETPOS") {
        parts.retain(|(name, _)| *name != "BYSETPOS");
    }
    parts.len() < before
}

/// `MON` and `MONDAY` as `MO`.
fn short_weekday(day: &str) -> String {
    const LONG: [&str; 7] =
        ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    let name_starts = day.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
    let (number, name) = day.split_at(name_starts);
    let long = name.len() > 2 && LONG.iter().any(|long| long.starts_with(name));
    let name = if long { &name[..2] } else { name };
    format!("{number}{name}")
}

/// Rewrites an UNTIL into a date or time that `parse` accepts. If only its date is valid, the rule ends with that day.
/// Returns whether a part of the value was left out.
fn clean_until(value: &mut String) -> bool {
    let plain: String = value.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let (time, utc) = match plain.strip_suffix('Z') {
        Some(time) => (time, "Z"),
        None => (plain.as_str(), ""),
    };
    let midnight = || {
        let day = date(time.strip_suffix("T240000")?)?.succ_opt()?;
        Some(format!("{}T000000", day.format("%Y%m%d")))
    };
    let time = match midnight() {
        Some(time) => time,
        None if time.len() == 13 => format!("{time}00"),
        None => time.to_owned(),
    };
    let day = time.get(..8).unwrap_or_default().to_owned();
    if moment(&time).is_some() {
        *value = format!("{time}{utc}");
    } else if date(&day).is_some() {
        let whole = time.len() == 8;
        *value = day;
        return !whole;
    }
    false
}
