//! Finds the zone of a TZID as programs write it.

use super::clock::Zone;
use super::{database, display_names, windows};
use crate::ical::value;

/// The zone that a name means without a definition: one of the database, one of Windows or Lotus, an offset, or what
/// Windows displays.
pub(super) fn zone(name: &str) -> Option<Zone> {
    let name = name.trim().trim_matches('"').trim();
    if name.is_empty() || name.len() > 300 {
        return None;
    }
    let in_path = || {
        // Also behind a prefix such as `/mozilla.org/20050126_1/`.
        let tails = name.match_indices('/').map(|(slash, _)| &name[slash + 1..]);
        std::iter::once(name).chain(tails).take(8).find_map(|name| {
            let named = database::named(name).filter(|_| name.contains('/'));
            named.or_else(|| windows::zone(name).and_then(database::named))
        })
    };
    let tail = name.rsplit('/').next().unwrap_or(name);
    // `GMT` is GMT, though Windows has a time of London by this name.
    database::named(name)
        .or_else(in_path)
        .or_else(|| database::named(tail))
        .map(Zone::Named)
        .or_else(|| written_offset(name).map(Zone::Fixed))
        .or_else(|| by_display_name(name))
}

/// Does the name say no more than that somebody made the zone themselves? Exchange and Office 365 do so, often without
/// a definition.
pub(super) fn is_custom(name: &str) -> bool {
    let name = name.trim().trim_matches('"').to_ascii_lowercase();
    let tail = name.rsplit('/').next().unwrap_or_default();
    let tail = tail.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == '-');
    matches!(tail, "custom" | "customized" | "customized time zone" | "custom time zone")
}

/// The offset that a display name begins with, when nothing else of it is known.
pub(super) fn unknown_offset(name: &str) -> Option<i32> {
    let (offset, text) = display_parts(name.trim().trim_matches('"'));
    offset
        .filter(|_| !text.split(SEPARATORS).take(12).any(|place| zones_of(place).next().is_some()))
}

/// `UTC+05:30`, `GMT+1`, `-0330`, with the everyday sign: east of Greenwich is plus. (In the database's own `Etc/GMT+1`
/// it is minus.)
fn written_offset(name: &str) -> Option<i32> {
    let upper = name.trim().to_ascii_uppercase();
    if matches!(upper.as_str(), "Z" | "UT") {
        return Some(0);
    }
    let offset = upper.strip_prefix("UTC").or(upper.strip_prefix("GMT")).unwrap_or(&upper).trim();
    let signed = offset.starts_with(['+', '-', '\u{2212}']);
    if signed { value::offset(offset) } else { None }
}

/// `(UTC+05:30) Chennai, Kolkata` or `GMT+05:30 Chennai, Kolkata`: the offset and the rest.
fn display_parts(name: &str) -> (Option<i32>, &str) {
    let of = |offset: &str| match offset.trim().to_ascii_uppercase().as_str() {
        "UTC" | "GMT" => Some(0),
        other => written_offset(other),
    };
    let split = match name.strip_prefix('(') {
        Some(rest) => rest.split_once(')'),
        None => name.split_once(' '),
    };
    match split {
        Some((offset, rest)) if of(offset).is_some() => (of(offset), rest.trim()),
        _ => (None, name.trim()),
    }
}

/// By what Windows displays, with or without the offset before it, or by the places that are listed: the first whose zone is
/// known. An offset that is more than an hour from all of them is a contradiction.
fn by_display_name(name: &str) -> Option<Zone> {
    let (offset, text) = display_parts(name);
    let whole = display_names::text(text).or_else(|| windows::zone(text));
    if let Some(zone) = whole.and_then(database::named) {
        return Some(Zone::Named(zone));
    }
    // Windows changed what it displays when countries changed their time; older names have the older offset.
    let fits = |zone: &crate::zone::Zone| {
        let (low, high) = database::offsets(*zone);
        offset.is_none_or(|offset| (low - 3600..=high + 3600).contains(&offset))
    };
    let mut known = false;
    for place in text.split(SEPARATORS).take(12) {
        for zone in zones_of(place) {
            known = true;
            if fits(&zone) {
                return Some(Zone::Named(zone));
            }
        }
    }
    // Unknown words: an offset is enough if every zone with it keeps it all year.
    offset.filter(|offset| !known && database::never_changes(*offset)).map(Zone::Fixed)
}

/// Separators between the places of a list.
const SEPARATORS: [char; 6] = [',', '/', ';', ':', '、', '，'];

/// The zones that a place may mean.
fn zones_of(place: &str) -> impl Iterator<Item = crate::zone::Zone> {
    let place = display_names::place(place);
    display_names::city(&place)
        .and_then(database::named)
        .into_iter()
        .chain(database::in_place(place))
}
