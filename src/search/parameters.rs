//! Parsing of the search parameters, for the page and the API. Invalid parameters are reported and never
//! guessed: the page searches without them and says so, and the API refuses the request. The search itself is in
//! `server`.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Cursor, TEXT_CHARS_MAX};
use crate::calendar::parse_date;
use crate::input::Slug;
use crate::near::Near;
use crate::ports::{City, DoctorQuery, Gender, Specialty};
use crate::review::parse_tenths;
use crate::text;
use crate::visit::Mode;

/// The maximum of the fee filter, in a currency's main unit.
pub const FEE_MAX: i64 = 100_000_000;
pub const PAGE_MAX: u32 = 10_000;
pub const PAGE_SIZE_MAX: u32 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    Text,
    Specialty,
    City,
    Near,
    Mode,
    Date,
    ThisWeek,
    Evening,
    Language,
    Gender,
    FeeMax,
    RatingMin,
    Cursor,
    Page,
    PageSize,
}

impl Parameter {
    pub const ALL: [Self; 15] = [
        Self::Text,
        Self::Specialty,
        Self::City,
        Self::Near,
        Self::Mode,
        Self::Date,
        Self::ThisWeek,
        Self::Evening,
        Self::Language,
        Self::Gender,
        Self::FeeMax,
        Self::RatingMin,
        Self::Cursor,
        Self::Page,
        Self::PageSize,
    ];

    /// Its name in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "q",
            Self::Specialty => "specialty",
            Self::City => "city",
            Self::Near => "near",
            Self::Mode => "mode",
            Self::Date => "date",
            Self::ThisWeek => "this_week",
            Self::Evening => "evening",
            Self::Language => "language",
            Self::Gender => "gender",
            Self::FeeMax => "fee_max",
            Self::RatingMin => "rating_min",
            Self::Cursor => "cursor",
            Self::Page => "page",
            Self::PageSize => "page_size",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        // Pages call it `after`.
        let name = if name == "after" { "cursor" } else { name };
        Self::ALL.into_iter().find(|parameter| parameter.name() == name)
    }
}

/// Why a parameter is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It cannot be parsed or is out of range.
    Malformed,
    TooLong,
    /// No listed doctor has this city, specialty or language.
    Unknown,
    /// A date that is over in all time zones.
    Past,
    /// It is given more than once; the first value is used.
    Repeated,
}

/// The existing specialties, cities and languages.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub specialties: &'a [Specialty],
    pub cities: &'a [City],
    pub languages: &'a [String],
}

/// The result of parsing the parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Specialty and city are given as slugs, the language by its name as in [`Known`].
    pub query: DoctorQuery,
    /// The ignored parameters, and why.
    pub faults: Vec<(Parameter, Fault)>,
    /// Unknown parameter names.
    pub unknown: Vec<String>,
}

/// Parses the decoded pairs of a query string.
pub fn read<'a>(
    pairs: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    known: Known,
    now: DateTime<Utc>,
) -> Search {
    let mut reading = Reading { values: HashMap::new(), faults: Vec::new() };
    let mut unknown = Vec::new();
    for (name, value) in pairs {
        match Parameter::of_name(&name) {
            None => unknown.push(name.into_owned()),
            Some(parameter) if reading.values.contains_key(&parameter) => {
                reading.faults.push((parameter, Fault::Repeated));
            }
            Some(parameter) => {
                reading.values.insert(parameter, value.trim().to_owned());
            }
        }
    }
    let typed = reading.value(Parameter::Text, |typed| {
        let is_short = typed.chars().count() <= TEXT_CHARS_MAX;
        if is_short { Ok(text::one_line(typed)) } else { Err(Fault::TooLong) }
    });
    let yes = |said: Option<bool>| said.unwrap_or(false);
    let query = DoctorQuery {
        text: typed.filter(|typed| !typed.is_empty()),
        specialty: reading.value(Parameter::Specialty, |asked| {
            let wanted = text::plain(asked);
            let is_it = |one: &&Specialty| {
                [&one.slug, &one.name].into_iter().any(|name| text::plain(name) == wanted)
            };
            let found = known.specialties.iter().find(is_it);
            found.map(|found| found.slug.clone()).ok_or(Fault::Unknown)
        }),
        city: reading.value(Parameter::City, |asked| {
            city(known.cities, asked).map(|city| city.slug.clone()).ok_or(Fault::Unknown)
        }),
        near: reading.value(Parameter::Near, |asked| near(known.cities, asked)),
        mode: reading.value(Parameter::Mode, or_malformed(Mode::parse)),
        date: reading.value(Parameter::Date, |text| {
            let date = parse_date(text).ok_or(Fault::Malformed)?;
            // No zone is more than a day behind UTC, so an earlier date is over everywhere.
            let yesterday = now.date_naive().pred_opt().unwrap_or_default();
            if date < yesterday { Err(Fault::Past) } else { Ok(date) }
        }),
        this_week: yes(reading.value(Parameter::ThisWeek, yes_or_no)),
        evening: yes(reading.value(Parameter::Evening, yes_or_no)),
        language: reading.value(Parameter::Language, |asked| {
            let wanted = text::plain(asked);
            let found = known.languages.iter().find(|one| text::plain(one) == wanted);
            found.cloned().ok_or(Fault::Unknown)
        }),
        gender: reading.value(Parameter::Gender, or_malformed(Gender::parse)),
        fee_max: reading.value(Parameter::FeeMax, number(0, FEE_MAX)),
        rating_min_tenths: reading.value(Parameter::RatingMin, or_malformed(parse_tenths)),
        after: reading.value(Parameter::Cursor, or_malformed(Cursor::parse)),
        page: reading.value(Parameter::Page, number(1, PAGE_MAX)).unwrap_or(1),
        page_size: reading.value(Parameter::PageSize, number(1, PAGE_SIZE_MAX)).unwrap_or(0),
    };
    Search { query, faults: reading.faults, unknown }
}

struct Reading {
    values: HashMap<Parameter, String>,
    faults: Vec<(Parameter, Fault)>,
}

impl Reading {
    /// A value, if it is present and can be parsed by `read`.
    fn value<T>(
        &mut self,
        parameter: Parameter,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let text = self.values.get(&parameter)?;
        read(text).map_err(|fault| self.faults.push((parameter, fault))).ok()
    }
}

fn or_malformed<T>(read: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Result<T, Fault> {
    move |text| read(text).ok_or(Fault::Malformed)
}

fn number<T: std::str::FromStr + PartialOrd>(min: T, max: T) -> impl Fn(&str) -> Result<T, Fault> {
    or_malformed(move |text| text.parse().ok().filter(|number| (&min..=&max).contains(&number)))
}

/// Forms send `yes`, API clients `true`.
fn yes_or_no(text: &str) -> Result<bool, Fault> {
    match text {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(Fault::Malformed),
    }
}

fn near(cities: &[City], asked: &str) -> Result<Near, Fault> {
    if let Some(Near::Point(point)) = Near::parse(asked) {
        return Ok(Near::Point(point));
    }
    let city = city(cities, asked).and_then(|city| Slug::parse(&city.slug));
    city.map(Near::City).ok_or(Fault::Unknown)
}

/// Finds a city by its slug, its name with or without the country, or one of its other names.
pub fn city<'a>(cities: &'a [City], asked: &str) -> Option<&'a City> {
    let wanted = text::plain(asked);
    let is_it = |city: &&City| {
        let is_name = |name: &str| {
            wanted == text::plain(name)
                || wanted == text::plain(&format!("{name} {}", city.country))
        };
        is_name(&city.slug) || is_name(&city.name) || other_names(&city.name).any(is_name)
    };
    cities.iter().find(is_it)
}

/// All names of a city with old and English names, in plain form (see [`text::plain`]); none for other cities.
pub fn other_names(name: &str) -> impl Iterator<Item = &'static str> + use<> {
    let name = text::plain(name);
    let named = OTHER_NAMES.iter().filter(move |names| names.contains(&name.as_str()));
    named.flat_map(|names| names.iter().copied())
}

/// Each line is one city.
const OTHER_NAMES: [&[&str]; 30] = [
    &["panjim", "panaji", "ponnje"],
    &["margao", "madgaon"],
    &["mumbai", "bombay"],
    &["pune", "poona"],
    &["nashik", "nasik"],
    &["bengaluru", "bangalore"],
    &["mysuru", "mysore"],
    &["mangaluru", "mangalore"],
    &["hubballi", "hubli"],
    &["kochi", "cochin"],
    &["thiruvananthapuram", "trivandrum"],
    &["kozhikode", "calicut"],
    &["thrissur", "trichur"],
    &["chennai", "madras"],
    &["puducherry", "pondicherry"],
    &["visakhapatnam", "vizag"],
    &["vijayawada", "bezawada"],
    &["vadodara", "baroda"],
    &["new delhi", "delhi"],
    &["varanasi", "benares", "banaras"],
    &["haridwar", "hardwar"],
    &["shimla", "simla"],
    &["kolkata", "calcutta"],
    &["bhubaneswar", "bhubaneshwar"],
    &["guwahati", "gauhati"],
    &["dhaka", "dacca"],
    &["lisbon", "lisboa"],
    &["zurich", "zuerich"],
    &["munich", "munchen", "muenchen"],
    &["new york", "new york city", "nyc"],
];

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::ids::{CityId, SpecialtyId};

    fn cities() -> Vec<City> {
        let city = |slug: &str, name: &str, country: &str| City {
            id: CityId(1),
            slug: slug.into(),
            name: name.into(),
            country: country.into(),
            doctors: 1,
        };
        vec![
            city("panjim", "Panjim", "India"),
            city("sao-paulo", "São Paulo", "Brazil"),
            city("new-delhi", "New Delhi", "India"),
        ]
    }

    fn of(query: &str) -> Search {
        let specialties = [Specialty {
            id: SpecialtyId(1),
            slug: "ear-nose-throat".into(),
            name: "Ear, nose and throat".into(),
            tradition: "modern".into(),
            summary: "Ears.".into(),
            doctors: 1,
        }];
        let (cities, languages) = (cities(), ["Português".to_owned()]);
        let known = Known { specialties: &specialties, cities: &cities, languages: &languages };
        let now = Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).single().expect("a time");
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (Cow::from(name), Cow::from(value))
        });
        read(pairs, known, now)
    }

    #[test]
    fn a_city_is_found_by_any_of_its_names() {
        let cities = cities();
        for (asked, slug) in [
            ("panjim", "panjim"),
            ("Panjim", "panjim"),
            ("PANAJI", "panjim"),
            ("Panaji, India", "panjim"),
            ("sao paulo", "sao-paulo"),
            ("São Paulo, Brazil", "sao-paulo"),
            ("Delhi", "new-delhi"),
        ] {
            assert_eq!(city(&cities, asked).map(|city| city.slug.as_str()), Some(slug), "{asked}");
        }
        for nowhere in ["", "India", "Panjim, Brazil", "Panjimindia", "Pan", "…", "Bombay"] {
            assert_eq!(city(&cities, nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn other_city_names_are_normalized_and_unique() {
        let all: Vec<&str> = OTHER_NAMES.iter().flat_map(|names| names.iter().copied()).collect();
        for name in &all {
            assert_eq!(text::plain(name), *name);
            assert_eq!(all.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
    }

    #[test]
    fn every_parameter_is_understood() {
        let search = of(
            "q=Ju\u{308}rgen &specialty=Ear nose and throat&city=Panaji&near=Delhi&mode=video\
                         &date=2026-11-22&this_week=true&evening=yes&language=portugues&gender=male&fee_max=600\
                         &rating_min=4.5&page=2&page_size=50",
        );
        assert_eq!((search.faults, search.unknown), (vec![], vec![]));
        let query = search.query;
        assert_eq!(query.text.as_deref(), Some("Jürgen"));
        assert_eq!(query.specialty.as_deref(), Some("ear-nose-throat"));
        assert_eq!(query.city.as_deref(), Some("panjim"));
        assert_eq!(query.near.map(|near| near.to_string()).as_deref(), Some("new-delhi"));
        assert_eq!(query.language.as_deref(), Some("Português"));
        assert!(query.this_week && query.evening);
        assert_eq!((query.fee_max, query.rating_min_tenths), (Some(600), Some(45)));
        assert_eq!((query.page, query.page_size), (2, 50));
        assert_eq!(of("").query, DoctorQuery { page: 1, ..DoctorQuery::default() });
    }

    #[test]
    fn parameters_that_are_not_understood_are_named() {
        use Fault::{Malformed, Past, Repeated, TooLong, Unknown};
        use Parameter::{City, Cursor, Date, FeeMax, Language, Near, Page, Specialty, Text};
        let long = format!("q={}", "x".repeat(101));
        for (query, parameter, fault) in [
            (long.as_str(), Text, TooLong),
            ("city=", City, Unknown),
            ("city=atlantis", City, Unknown),
            ("near=91,0", Near, Unknown),
            ("specialty=x", Specialty, Unknown),
            ("language=Klingon", Language, Unknown),
            ("mode=fax", Parameter::Mode, Malformed),
            ("evening=1", Parameter::Evening, Malformed),
            ("date=2026-11-21", Date, Past),
            ("date=soon", Date, Malformed),
            ("fee_max=100000001", FeeMax, Malformed),
            ("after=x", Cursor, Malformed),
            ("page=0", Page, Malformed),
            ("page=1&page=2", Page, Repeated),
            ("after=x&cursor=y", Cursor, Repeated),
        ] {
            let search = of(query);
            assert_eq!(search.faults.first(), Some(&(parameter, fault)), "{query}");
        }
        assert_eq!(of("utm=1&q=a").unknown, ["utm"]);
    }

    proptest! {
        #[test]
        fn any_value_is_understood_or_reported(value in any::<String>(), which in 0..Parameter::ALL.len()) {
            let parameter = Parameter::ALL[which];
            let pair = (Cow::from(parameter.name()), Cow::from(value));
            let known = Known { specialties: &[], cities: &[], languages: &[] };
            let search = read([pair], known, DateTime::<Utc>::default());
            prop_assert!(search.faults.iter().all(|(named, _)| *named == parameter));
            prop_assert!(search.faults.len() <= 1 && search.unknown.is_empty());
            prop_assert!(!search.query.text.unwrap_or_default().contains(char::is_control));
        }
    }
}
