//! Finds the zone for a TZID in the forms that programs use.

use super::resolved_zone::Zone;
use super::{database, display_names, windows};
use crate::ical::value;

/// The zone for a name without a definition: an IANA name, a name of Windows or Lotus, an offset, or a display name of
/// Windows.
pub(super) fn zone(name: &str) -> Option<Zone> {
    let name = name.trim().trim_matches('"').trim();
    if name.is_empty() || name.len() > 300 {
        return None;
    }
    let in_path = || {
        // Also after a prefix such as `/mozilla.org/20050126_1/`.
        let tails = name.match_indices('/').map(|(slash, _)| &name[slash + 1..]);
        std::iter::once(name).chain(tails).take(8).find_map(|name| {
            let named = database::named(name).filter(|_| name.contains('/'));
            named.or_else(|| windows::zone(name).and_then(database::named))
        })
    };
    let tail = name.rsplit('/').next().unwrap_or(name);
    // `GMT` is read as GMT, although in Windows it is the time of London.
    database::named(name)
        .or_else(in_path)
        .or_else(|| database::named(tail))
        .map(Zone::Named)
        .or_else(|| written_offset(name).map(Zone::Fixed))
        .or_else(|| by_display_name(name))
}

/// Whether the name only says that the zone is a custom one. Exchange and Office 365 write such names, often without a
/// definition.
pub(super) fn is_custom(name: &str) -> bool {
    let name = name.trim().trim_matches('"').to_ascii_lowercase();
    let tail = name.rsplit('/').next().unwrap_or_default();
    let tail = tail.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == '-');
    matches!(tail, "custom" | "customized" | "customized time zone" | "custom time zone")
}

/// The offset at the start of a display name whose other words are unknown.
pub(super) fn unknown_offset(name: &str) -> Option<i32> {
    let (offset, text) = display_parts(name.trim().trim_matches('"'));
    offset
        .filter(|_| !text.split(SEPARATORS).take(12).any(|place| zones_of(place).next().is_some()))
}

/// Parses `UTC+05:30`, `GMT+1` or `-0330`. Plus is east of Greenwich, unlike in the IANA name `Etc/GMT+1`.
fn written_offset(name: &str) -> Option<i32> {
    let upper = name.trim().to_ascii_uppercase();
    if matches!(upper.as_str(), "Z" | "UT") {
        return Some(0);
    }
    let offset = upper.strip_prefix("UTC").or(upper.strip_prefix("GMT")).unwrap_or(&upper).trim();
    let signed = offset.starts_with(['+', '-', '\u{2212}']);
    if signed { value::offset(offset) } else { None }
}

/// Splits `(UTC+05:30) Chennai, Kolkata` or `GMT+05:30 Chennai, Kolkata` into the offset and the rest.
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

/// The zone for a display name of Windows, with or without its offset, or for a list of places: the first one that is
/// known. It is not used if the offset differs by more than an hour.
fn by_display_name(name: &str) -> Option<Zone> {
    let (offset, text) = display_parts(name);
    let whole = display_names::text(text).or_else(|| windows::zone(text));
    if let Some(zone) = whole.and_then(database::named) {
        return Some(Zone::Named(zone));
    }
    // Windows changed display names when countries changed their offset. Older names have the older offset.
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
    // For unknown words, the offset is enough if no zone with it has daylight-saving time.
    offset.filter(|offset| !known && database::never_changes(*offset)).map(Zone::Fixed)
}

/// Separators between the places of a list.
const SEPARATORS: [char; 6] = [',', '/', ';', ':', '、', '，'];

/// The zones that a place name may refer to.
fn zones_of(place: &str) -> impl Iterator<Item = crate::zone::Zone> {
    let place = display_names::place(place);
    display_names::city(&place)
        .and_then(database::named)
        .into_iter()
        .chain(database::in_place(place))
}
