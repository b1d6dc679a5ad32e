//! Time zones of the IANA time-zone database.
//!
//! A [`Zone`] is a [`chrono::TimeZone`] that is compared, hashed and serialized by its IANA name. The rules come
//! from one [`Table`] per process: the bundled release, or another release if it is [`install`]ed before the first
//! use of a zone.
//!
//! Finding and reading files is done in `server`. Wall times that are skipped or occur twice are handled in
//! `schedule::wall_time`.

mod spans;
mod table;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::OnceLock;

use chrono::{FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use spans::Spans;
pub use table::{InUse, Release, Table, all, install, release, source, table};

/// A time zone of the IANA database.
#[derive(Clone, Copy)]
pub struct Zone(&'static Rules);

/// A zone's name, and its rules, which are parsed on first use.
struct Rules {
    name: &'static str,
    /// The bundled TZif file. `None`: `spans` is already set, or it is UTC.
    bundled: Option<&'static [u8]>,
    spans: OnceLock<Spans>,
}

static UTC: Rules = Rules { name: "UTC", bundled: None, spans: OnceLock::new() };

impl Zone {
    pub const UTC: Self = Self(&UTC);

    /// The zone with this name, for names in the source code. Parse names from other sources.
    ///
    /// # Panics
    /// When there is no such zone.
    pub fn named(name: &str) -> Self {
        match name.parse() {
            Ok(zone) => zone,
            Err(UnknownZone(name)) => panic!("there is no time zone called {name}"),
        }
    }

    /// The IANA name, such as `Asia/Kolkata`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The zone with this name, ignoring case: `europe/berlin`.
    pub fn of_any_case(name: &str) -> Option<Self> {
        name.parse()
            .ok()
            .or_else(|| all().iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).copied())
    }

    fn spans(self) -> &'static Spans {
        self.0.spans.get_or_init(|| match self.0.bundled {
            None => Spans::utc(),
            Some(bytes) => Spans::read(bytes).expect("a bundled zone is whole, as a test checks"),
        })
    }

    fn offset(self, kind: spans::Kind) -> ZoneOffset {
        ZoneOffset { zone: self, fixed: kind.offset, abbreviation: kind.abbreviation }
    }
}

/// A zone's offset from UTC at an instant, and its abbreviation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ZoneOffset {
    zone: Zone,
    fixed: FixedOffset,
    abbreviation: &'static str,
}

impl ZoneOffset {
    /// Such as `CET`, or digits such as `+04` where there is no abbreviation.
    pub fn abbreviation(&self) -> &'static str {
        self.abbreviation
    }

    /// Seconds ahead of UTC.
    pub fn seconds(&self) -> i32 {
        self.fixed.local_minus_utc()
    }
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.abbreviation)
    }
}

impl fmt::Debug for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.abbreviation, self.fixed)
    }
}

impl TimeZone for Zone {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Self {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> LocalResult<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> LocalResult<ZoneOffset> {
        let kinds = self.spans().at_local(local.and_utc().timestamp());
        kinds.map(|kind| self.offset(kind))
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        self.offset(self.spans().at(utc.and_utc().timestamp()))
    }
}

/// No zone has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone called {0}")]
pub struct UnknownZone(pub String);

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        table().zone(name).ok_or_else(|| UnknownZone(name.to_owned()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || self.name() == other.name()
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Zone {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name().cmp(other.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
