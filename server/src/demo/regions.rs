//! Tables of what differs between regions: names, working days, degrees, fees and streets.

use chrono::Weekday::{self, Fri, Mon, Sat, Sun, Thu, Tue, Wed};

use super::names;
use crate::demo::names::Names;

pub(super) struct Region {
    /// The value in the last column of `cities.csv`.
    pub key: &'static str,
    /// Which names are common there, with weights.
    pub names: &'static [(usize, &'static Names)],
    /// The language most doctors there speak besides English.
    pub language: Option<&'static str>,
    pub ayurveda_percent: usize,
    /// The working days; each doctor works on some of them.
    pub week: &'static [Weekday],
    pub training: Training,
    pub streets: &'static Streets,
}

/// How a doctor's degrees are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Training {
    SouthAsia,
    Commonwealth,
    NorthAmerica,
    Continental,
}

impl Training {
    /// South Asian outpatient clinics open in the morning and the evening, others in the morning and the afternoon.
    pub(super) fn evenings(self) -> bool {
        self == Self::SouthAsia
    }
}

pub(super) struct Streets {
    /// A list of invented street names, as in `14 Banyan Road`.
    pub names: &'static str,
    pub number_first: bool,
}

const SIX_DAYS: &[Weekday] = &[Mon, Tue, Wed, Thu, Fri, Sat];
const FIVE_DAYS: &[Weekday] = &[Mon, Tue, Wed, Thu, Fri];
const SUNDAY_TO_THURSDAY: &[Weekday] = &[Sun, Mon, Tue, Wed, Thu];
const SUNDAY_TO_FRIDAY: &[Weekday] = &[Sun, Mon, Tue, Wed, Thu, Fri];

const INDIAN_STREETS: Streets = Streets {
    names: "Banyan Road, Mango Grove Lane, Old Well Road, Lotus Tank Road, Neem Tree Street, Jasmine Lane, Three Lamps Road, Tamarind Square, Parrot Lane, Coconut Grove Road, Blue Gate Street, Peacock Road",
    number_first: true,
};
const ENGLISH_STREETS: Streets = Streets {
    names: "Larkspur Street, Millstone Road, Heronway, Old Orchard Lane, Candlewick Street, Alderbrook Avenue, Kingfisher Row, Plumtree Road, Copperfield Walk, Willowbank Street",
    number_first: true,
};
const GERMAN_STREETS: Streets = Streets {
    names: "Amselhain, Lindenbogen, Am Alten Brunnen, Birkenzeile, Sonnenblumenweg, Kastanienring",
    number_first: false,
};
const PORTUGUESE_STREETS: Streets = Streets {
    names: "Rua das Amendoeiras, Rua do Poço Novo, Travessa da Cotovia, Rua dos Três Moinhos, Largo da Figueira Velha, Rua das Andorinhas",
    number_first: false,
};
const ARABIC_STREETS: Streets = Streets {
    names: "Palm Garden Street, Falcon Street, Date Grove Road, Pearl Lane, Old Well Street, Sandstone Street",
    number_first: true,
};

const fn indian(
    key: &'static str,
    language: &'static str,
    ayurveda_percent: usize,
    names: &'static [(usize, &'static Names)],
) -> Region {
    Region {
        key,
        names,
        language: Some(language),
        ayurveda_percent,
        week: SIX_DAYS,
        training: Training::SouthAsia,
        streets: &INDIAN_STREETS,
    }
}

const fn abroad(
    key: &'static str,
    language: Option<&'static str>,
    ayurveda_percent: usize,
    names: &'static [(usize, &'static Names)],
    (week, training, streets): (&'static [Weekday], Training, &'static Streets),
) -> Region {
    Region { key, names, language, ayurveda_percent, week, training, streets }
}

use Training::{Commonwealth, Continental, NorthAmerica, SouthAsia};

pub(super) const REGIONS: &[Region] = &[
    indian(
        "goa",
        "Konkani",
        40,
        &[(5, &names::KONKANI), (3, &names::GOAN_CATHOLIC), (2, &names::MARATHI)],
    ),
    indian(
        "maharashtra",
        "Marathi",
        35,
        &[(8, &names::MARATHI), (1, &names::GUJARATI), (1, &names::HINDI)],
    ),
    indian(
        "karnataka",
        "Kannada",
        35,
        &[(8, &names::KANNADA), (1, &names::TAMIL), (1, &names::TELUGU)],
    ),
    indian("kerala", "Malayalam", 50, &[(9, &names::MALAYALAM), (1, &names::TAMIL)]),
    indian("tamil_nadu", "Tamil", 30, &[(9, &names::TAMIL), (1, &names::TELUGU)]),
    indian("telugu", "Telugu", 30, &[(8, &names::TELUGU), (2, &names::URDU)]),
    indian("gujarat", "Gujarati", 40, &[(9, &names::GUJARATI), (1, &names::HINDI)]),
    indian(
        "north_india",
        "Hindi",
        35,
        &[(8, &names::HINDI), (1, &names::URDU), (1, &names::PUNJABI)],
    ),
    indian("punjab", "Punjabi", 30, &[(8, &names::PUNJABI), (2, &names::HINDI)]),
    indian("bengal", "Bengali", 30, &[(9, &names::BENGALI), (1, &names::HINDI)]),
    indian("odisha", "Odia", 35, &[(9, &names::ODIA), (1, &names::BENGALI)]),
    indian("assam", "Assamese", 30, &[(8, &names::ASSAMESE), (2, &names::BENGALI)]),
    indian("kashmir", "Urdu", 20, &[(1, &names::KASHMIRI)]),
    abroad(
        "nepal",
        Some("Nepali"),
        40,
        &[(1, &names::NEPALI)],
        (SUNDAY_TO_FRIDAY, SouthAsia, &INDIAN_STREETS),
    ),
    abroad(
        "sri_lanka",
        Some("Sinhala"),
        40,
        &[(3, &names::SINHALA), (1, &names::TAMIL)],
        (SIX_DAYS, SouthAsia, &INDIAN_STREETS),
    ),
    abroad(
        "bangladesh",
        Some("Bengali"),
        25,
        &[(4, &names::BANGLADESHI), (1, &names::BENGALI)],
        (SUNDAY_TO_THURSDAY, SouthAsia, &INDIAN_STREETS),
    ),
    abroad(
        "gulf",
        Some("Arabic"),
        20,
        &[(4, &names::ARABIC), (2, &names::MALAYALAM), (1, &names::URDU), (1, &names::ENGLISH)],
        (SIX_DAYS, Commonwealth, &ARABIC_STREETS),
    ),
    abroad(
        "arabia",
        Some("Arabic"),
        10,
        &[(6, &names::ARABIC), (1, &names::URDU)],
        (SUNDAY_TO_THURSDAY, Commonwealth, &ARABIC_STREETS),
    ),
    abroad(
        "singapore",
        None,
        20,
        &[(5, &names::CHINESE), (2, &names::TAMIL), (2, &names::MALAY)],
        (SIX_DAYS, Commonwealth, &ENGLISH_STREETS),
    ),
    abroad(
        "malaysia",
        Some("Malay"),
        20,
        &[(4, &names::MALAY), (3, &names::CHINESE), (2, &names::TAMIL)],
        (FIVE_DAYS, Commonwealth, &ENGLISH_STREETS),
    ),
    abroad(
        "britain",
        None,
        20,
        &[
            (5, &names::ENGLISH),
            (2, &names::GUJARATI),
            (1, &names::PUNJABI),
            (1, &names::BANGLADESHI),
        ],
        (FIVE_DAYS, Commonwealth, &ENGLISH_STREETS),
    ),
    abroad(
        "germany",
        Some("German"),
        20,
        &[(6, &names::GERMAN), (1, &names::ARABIC), (1, &names::HINDI)],
        (FIVE_DAYS, Continental, &GERMAN_STREETS),
    ),
    abroad(
        "switzerland",
        Some("German"),
        20,
        &[(5, &names::GERMAN), (1, &names::PORTUGUESE)],
        (FIVE_DAYS, Continental, &GERMAN_STREETS),
    ),
    abroad(
        "portugal",
        Some("Portuguese"),
        20,
        &[(7, &names::PORTUGUESE), (1, &names::GOAN_CATHOLIC)],
        (FIVE_DAYS, Continental, &PORTUGUESE_STREETS),
    ),
    abroad(
        "brazil",
        Some("Portuguese"),
        15,
        &[(8, &names::PORTUGUESE), (1, &names::SPANISH)],
        (FIVE_DAYS, Continental, &PORTUGUESE_STREETS),
    ),
    abroad(
        "united_states",
        None,
        15,
        &[(4, &names::ENGLISH), (2, &names::SPANISH), (2, &names::HINDI), (1, &names::CHINESE)],
        (FIVE_DAYS, NorthAmerica, &ENGLISH_STREETS),
    ),
    abroad(
        "canada",
        None,
        15,
        &[(4, &names::ENGLISH), (2, &names::PUNJABI), (1, &names::CHINESE)],
        (FIVE_DAYS, NorthAmerica, &ENGLISH_STREETS),
    ),
    abroad(
        "australia",
        None,
        20,
        &[(5, &names::ENGLISH), (1, &names::CHINESE), (1, &names::HINDI)],
        (FIVE_DAYS, Commonwealth, &ENGLISH_STREETS),
    ),
    abroad(
        "new_zealand",
        None,
        20,
        &[(4, &names::ENGLISH), (3, &names::PACIFIC), (1, &names::HINDI)],
        (FIVE_DAYS, Commonwealth, &ENGLISH_STREETS),
    ),
    abroad(
        "east_africa",
        Some("Swahili"),
        20,
        &[(7, &names::EAST_AFRICAN), (2, &names::GUJARATI)],
        (SIX_DAYS, Commonwealth, &ENGLISH_STREETS),
    ),
    abroad(
        "south_africa",
        None,
        15,
        &[(5, &names::SOUTHERN_AFRICAN), (2, &names::ENGLISH), (2, &names::TAMIL)],
        (FIVE_DAYS, Commonwealth, &ENGLISH_STREETS),
    ),
    abroad(
        "mauritius",
        Some("French"),
        30,
        &[(1, &names::MAURITIAN)],
        (SIX_DAYS, Commonwealth, &ENGLISH_STREETS),
    ),
];

/// The fee of an ordinary visit and the step that fees are rounded to, in whole units of the currency.
/// All these currencies have a hundred minor units.
pub(super) fn ordinary_fee(currency: &str) -> (usize, usize) {
    match currency {
        "INR" => (500, 50),
        "NPR" => (700, 50),
        "LKR" | "KES" => (2000, 100),
        "BDT" => (800, 50),
        "AED" | "QAR" | "BRL" => (250, 10),
        "SAR" => (200, 10),
        "SGD" => (60, 5),
        "MYR" | "GBP" => (80, 5),
        "EUR" => (70, 5),
        "CHF" | "USD" => (130, 10),
        "CAD" => (120, 10),
        "AUD" | "NZD" => (90, 5),
        "ZAR" => (700, 50),
        "MUR" => (1200, 50),
        other => panic!("no ordinary fee in {other}"),
    }
}

/// The weight by which a city gets doctors beyond the minimum that each city has.
pub(super) fn pull(city_slug: &str) -> usize {
    match city_slug {
        "panjim" => 30,
        "mumbai" | "new-delhi" | "bengaluru" | "chennai" | "kolkata" | "hyderabad" | "pune"
        | "london" | "new-york" => 16,
        "kochi" | "thiruvananthapuram" | "ahmedabad" | "jaipur" | "kathmandu" | "colombo"
        | "singapore" | "dubai" | "sydney" => 8,
        _ => 4,
    }
}
