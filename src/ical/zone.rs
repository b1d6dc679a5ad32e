//! Resolves TZIDs: to the VTIMEZONE in the file (RFC 5545, 3.6.5), or to a zone of the IANA database by one of the
//! names that programs use.
//!
//! A definition in the file takes precedence over a known name. But if the name is known, a definition that is
//! unreadable or incomplete is ignored.

mod database;
mod definition;
mod display_names;
mod lookup;
pub(super) mod resolved_zone;
mod tzids;
pub(super) mod windows;

use std::collections::HashMap;

use crate::zone::Zone as Iana;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};

use super::limits::ZONES_MAX;
use super::malformed::{Malformed, MalformedReason};
use super::vcalendar;
use super::warnings::{WarningReason, Warnings};
pub(super) use definition::Definition;
pub(super) use resolved_zone::Zone;
pub(super) use tzids::ZoneNames;

/// The maximum number of different zones of the calendars in a file. There are fewer zones in the database.
const CALENDAR_ZONES_MAX: usize = 1_000;

/// The time-zone properties of a calendar in the file.
#[derive(Clone, Debug, Default)]
pub(super) struct CalendarClock {
    /// The zone of floating times (X-WR-TIMEZONE), and its line.
    pub zone: Option<(String, usize)>,
    /// TZ and DAYLIGHT of vCalendar 1.0.
    pub legacy: vcalendar::LegacyClock,
}

/// The different VTIMEZONEs of a file, and their names in its calendars.
#[derive(Default)]
pub(super) struct Definitions {
    all: Vec<Definition>,
    by_content: HashMap<String, usize>,
    by_name: HashMap<(usize, String), usize>,
    anywhere: HashMap<String, usize>,
}

impl Definitions {
    /// # Errors
    /// When there are too many different ones.
    pub(super) fn add(&mut self, calendar: usize, new: Definition) -> Result<(), Malformed> {
        let Some(name) = new.name.as_deref().map(plain_name) else { return Ok(()) };
        let place = match self.by_content.get(&new.content) {
            Some(place) => *place,
            None if self.all.len() >= ZONES_MAX => {
                return Err(MalformedReason::TooManyZones.at(new.line));
            }
            None => {
                self.by_content.insert(new.content.clone(), self.all.len());
                self.all.push(new);
                self.all.len() - 1
            }
        };
        self.by_name.entry((calendar, name.clone())).or_insert(place);
        self.anywhere.entry(name).or_insert(place);
        Ok(())
    }

    fn place(&self, calendar: usize, name: &str) -> Option<usize> {
        let name = plain_name(name);
        let anywhere = self.anywhere.get(&name).copied();
        self.by_name.get(&(calendar, name)).copied().or(anywhere)
    }
}

/// Names are compared without case, quotes and surrounding spaces.
fn plain_name(name: &str) -> String {
    name.trim().trim_matches('"').trim().to_lowercase()
}

/// The zones of the times in a file.
pub(super) struct Zones {
    found: Vec<Result<Zone, Malformed>>,
    /// For each name, the index in `found`.
    places: Vec<usize>,
    /// For each calendar, the zone of its floating times as an index in `found`.
    floating: Vec<usize>,
    days: Zone,
}

/// The range for which clock changes are needed, and the budget.
pub(super) struct Needed<'a> {
    pub from: NaiveDateTime,
    pub until: NaiveDateTime,
    pub budget: &'a mut usize,
    pub warnings: &'a mut Warnings,
}

impl Zones {
    /// The zones of all names and calendars of a file. `place` is the user's zone.
    pub(super) fn resolve(
        names: &ZoneNames,
        definitions: &Definitions,
        calendars: &[CalendarClock],
        place: Iana,
        needed: &mut Needed,
    ) -> Self {
        let mut zones = Self {
            found: vec![Ok(Zone::Named(place))],
            places: Vec::with_capacity(names.names.len()),
            floating: Vec::with_capacity(calendars.len()),
            days: Zone::Named(place),
        };
        let mut known: HashMap<(Option<usize>, String, Option<usize>), usize> = HashMap::new();
        let mut of_calendars: HashMap<(Option<usize>, String), Option<Zone>> = HashMap::new();
        for (number, calendar) in calendars.iter().enumerate() {
            let found = match &calendar.zone {
                Some((name, line)) => {
                    let own = definitions.place(number, name);
                    let many = of_calendars.len() > CALENDAR_ZONES_MAX;
                    let find = || {
                        let own = own.and_then(|own| definitions.all.get(own));
                        let fallback = Some((Zone::Named(place), false));
                        let found =
                            if many { None } else { zone(name, *line, own, fallback, needed).ok() };
                        if found.is_none() {
                            needed.warnings.note(*line, WarningReason::ZoneOfPlace);
                        }
                        found
                    };
                    of_calendars.entry((own, plain_name(name))).or_insert_with(find).clone()
                }
                None => calendar.legacy.zone(place),
            };
            let place = match found {
                Some(zone) if zone != Zone::Named(place) => match zones.same(&zone) {
                    Some(same) => same,
                    None => zones.keep(Ok(zone)),
                },
                _ => 0,
            };
            zones.floating.push(place);
        }
        for name in &names.names {
            let own = definitions.place(name.calendar, &name.text);
            let floating = zones.floating.get(name.calendar).copied().unwrap_or(0);
            let key = (own, plain_name(&name.text), own.is_none().then_some(floating));
            let place = match known.get(&key) {
                Some(place) => *place,
                None => {
                    let own = own.and_then(|own| definitions.all.get(own));
                    let fallback = zones.found.get(floating).and_then(|zone| zone.as_ref().ok());
                    let fallback = fallback.map(|zone| (zone.clone(), floating != 0));
                    let found = if zones.found.len() > 2 * ZONES_MAX {
                        Err(MalformedReason::TooManyZones.at(name.line))
                    } else {
                        zone(&name.text, name.line, own, fallback, needed)
                    };
                    let place = zones.keep(found);
                    known.insert(key, place);
                    place
                }
            };
            zones.places.push(place);
        }
        zones
    }

    fn keep(&mut self, zone: Result<Zone, Malformed>) -> usize {
        self.found.push(zone);
        self.found.len() - 1
    }

    fn same(&self, zone: &Zone) -> Option<usize> {
        self.found.iter().take(ZONES_MAX).position(|kept| kept.as_ref() == Ok(zone))
    }

    /// Why the zone with this name is unusable; `None` if it is usable.
    pub(super) fn fault(&self, name: usize) -> Option<Malformed> {
        let zone = self.places.get(name).and_then(|place| self.found.get(*place));
        zone.and_then(|zone| zone.as_ref().err()).copied()
    }

    pub(super) fn of_name(&self, name: usize) -> &Zone {
        let zone = self.places.get(name).and_then(|place| self.found.get(*place));
        zone.and_then(|zone| zone.as_ref().ok()).unwrap_or(&self.days)
    }

    /// The zone of a calendar's floating times.
    pub(super) fn of_calendar(&self, calendar: usize) -> &Zone {
        let zone = self.floating.get(calendar).and_then(|place| self.found.get(*place));
        zone.and_then(|zone| zone.as_ref().ok()).unwrap_or(&self.days)
    }

    /// The zone of whole days: the user's own.
    pub(super) fn of_days(&self) -> &Zone {
        &self.days
    }
}

/// The zone with this name. If the name only says that the zone is a custom one, `fallback` is used; its flag says
/// whether it was given in the file.
fn zone(
    name: &str,
    line: usize,
    own: Option<&Definition>,
    fallback: Option<(Zone, bool)>,
    needed: &mut Needed,
) -> Result<Zone, Malformed> {
    let by_name = || lookup::zone(name).or_else(|| own.and_then(Definition::location));
    let mut broken = None;
    if let Some(own) = own {
        match own.zone(needed.from, needed.until, needed.budget) {
            Ok(Zone::Own(changes)) if !changes.fits_together(needed.from) => {
                // The definition leaves out some changes.
                return Ok(by_name().unwrap_or(Zone::Own(changes)));
            }
            Ok(Zone::Own(changes)) if changes.ends_in_summer(needed.until) => {
                let Some(zone) = by_name() else { return Ok(Zone::Own(changes)) };
                needed.warnings.note(own.line, WarningReason::ZoneDefinition);
                return Ok(zone);
            }
            Ok(zone) => return Ok(zone),
            Err(wrong) => broken = Some(wrong),
        }
    }
    if let Some((zone, named)) = &fallback
        && database::named(name.trim()).is_none()
        && is_abbreviation_of(name, zone)
    {
        // Abbreviations are ambiguous: IST is used in India, Ireland and Israel.
        needed.warnings.note(broken.map_or(line, |wrong| wrong.line), taken_for(*named));
        return Ok(zone.clone());
    }
    let found = by_name();
    if let (Some(wrong), Some(_)) = (broken, &found) {
        needed.warnings.note(wrong.line, WarningReason::ZoneDefinition);
    }
    if let Some(zone) = found {
        return Ok(zone);
    }
    match fallback {
        Some((zone, named)) if lookup::is_custom(name) || shows_offset_of(name, &zone) => {
            let line = broken.map_or(line, |wrong| wrong.line);
            needed.warnings.note(line, taken_for(named));
            Ok(zone)
        }
        _ => Err(broken.unwrap_or(MalformedReason::UnknownZone.at(line))),
    }
}

fn taken_for(named: bool) -> WarningReason {
    if named { WarningReason::ZoneOfCalendar } else { WarningReason::ZoneOfPlace }
}

/// Whether the name is an abbreviation used in this zone.
fn is_abbreviation_of(name: &str, zone: &Zone) -> bool {
    let Zone::Named(zone) = zone else { return false };
    let name = name.trim().trim_matches('"').trim();
    let letters = name.bytes().all(|b| b.is_ascii_alphabetic());
    letters && database::abbreviations(*zone).iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether the offset in a display name in an unknown language is the standard offset of this zone.
fn shows_offset_of(name: &str, zone: &Zone) -> bool {
    let Zone::Named(zone) = zone else { return false };
    lookup::unknown_offset(name) == Some(database::offsets(*zone).0)
}

/// The time until which clock changes are needed for a range that ends at `until`.
pub(super) fn horizon(until: DateTime<Utc>) -> NaiveDateTime {
    let year = until.year().saturating_add(2);
    NaiveDate::from_ymd_opt(year, 1, 1)
        .unwrap_or(NaiveDate::MAX)
        .and_hms_opt(0, 0, 0)
        .unwrap_or_default()
}
