//! Texts about invented people and places: bios, degrees, languages, addresses.

use crate::demo::data::{City, Gender};
use crate::demo::practice::Practice;
use crate::demo::regions::{Region, Streets, Training};
use crate::demo::rng::SeededRng;

/// Names for the further locations of a clinic.
pub(super) const QUARTERS: &[&str] =
    &["Riverside", "Garden", "Hilltop", "Market", "Old Town", "Station Road", "Lakeside"];

/// `Panjim Clinic` for the first, `Panjim Riverside Clinic` for others.
pub(super) fn location_name(city: &str, nth: usize, first_quarter: usize) -> String {
    match nth {
        0 => format!("{city} Clinic"),
        _ => format!("{city} {} Clinic", QUARTERS[(first_quarter + nth) % QUARTERS.len()]),
    }
}

/// An invented street with a number.
pub(super) fn address(rng: &mut SeededRng, streets: &Streets, city: &str) -> String {
    let street = rng.word(streets.names);
    let number = rng.between(2, 98);
    if streets.number_first {
        format!("{number} {street}, {city}")
    } else {
        format!("{street} {number}, {city}")
    }
}

/// Degrees as they are written in the region.
pub(super) fn qualifications(training: Training, practice: &Practice, specialty: &str) -> String {
    let field = specialty.to_lowercase();
    let ayurvedic = practice.degrees.starts_with("BAMS") || practice.degrees.starts_with("BNYS");
    let dental = practice.degrees.starts_with("BDS");
    match training {
        _ if ayurvedic => practice.degrees.into(),
        Training::SouthAsia => practice.degrees.into(),
        Training::Commonwealth if dental => "BDS, specialist in dentistry".into(),
        Training::Commonwealth => format!("MBBS, specialist in {field}"),
        Training::NorthAmerica if dental => "DDS".into(),
        Training::NorthAmerica => format!("MD, board certified in {field}"),
        Training::Continental if dental => "DMD".into(),
        Training::Continental => format!("MD, specialist in {field}"),
    }
}

/// One to three short sentences.
pub(super) fn bio(
    rng: &mut SeededRng,
    (given, gender, video): (&str, Gender, bool),
    practice: &Practice,
    group: bool,
    city: &City,
) -> String {
    let focus = {
        let first = rng.word(practice.focus);
        let second = rng.word(practice.focus);
        if first == second { first.to_owned() } else { format!("{first} and {second}") }
    };
    let years = rng.between(4, 32);
    let he = match gender {
        Gender::Female => "She",
        Gender::Male => "He",
    };
    let opening = match rng.below(5) {
        0 => format!("People come to {given} for {focus}."),
        1 => format!("Most of {given}'s visits are about {focus}."),
        2 => format!("{given} spends most days on {focus}."),
        3 => format!("{given} has practised for {years} years, mostly with {focus}."),
        _ => format!("Ask {given} about {focus}."),
    };
    let manner = match rng.below(14) {
        0 => format!("{he} explains each test before ordering it."),
        1 => format!("{he} writes the plan down, so that you can read it again at home."),
        2 => format!("{he} leaves time for your questions at the end of every visit."),
        3 => format!("Bring your old reports: {} reads them with you.", he.to_lowercase()),
        4 => format!("{he} starts with the simplest treatment that can work."),
        5 => "Someone from your family is welcome in the room.".into(),
        6 => format!("{he} says plainly when nothing needs to be done."),
        7 => format!("{he} has seen people in {} for {} years.", city.name, rng.between(2, years)),
        8 => format!("{he} works closely with the other doctors of the clinic."),
        9 => "A first visit takes its time; later ones are short.".into(),
        10 => format!("{he} listens first and examines second."),
        11 if video => "Later visits can often be by video.".into(),
        12 => format!("{he} keeps medicines few and reviews them at every visit."),
        _ => String::new(),
    };
    let group = match practice.group {
        Some(session) if group => format!("{he} also leads {}.", session.what),
        _ => String::new(),
    };
    [opening, manner, group]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The languages of a doctor with a name of this kind in this region, English last.
pub(super) fn languages(rng: &mut SeededRng, own: &[&str], region: &Region) -> Vec<String> {
    let mut spoken: Vec<&str> = Vec::new();
    for (position, language) in own.iter().enumerate() {
        if position == 0 || rng.chance(60) {
            spoken.push(language);
        }
    }
    if let Some(local) = region.language
        && !spoken.contains(&local)
        && rng.chance(70)
    {
        spoken.push(local);
    }
    spoken.push("English");
    spoken.into_iter().map(Into::into).collect()
}

/// A name in ASCII, for a slug: accents are dropped.
pub(super) fn ascii(name: &str) -> String {
    name.chars()
        .filter(|c| *c != '\'')
        .map(|c| match c {
            'á' | 'â' | 'ã' | 'ä' | 'ā' => 'a',
            'é' | 'ê' => 'e',
            'í' => 'i',
            'ó' | 'ô' | 'õ' | 'ö' => 'o',
            'ú' | 'ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
            'Á' | 'Ā' => 'A',
            other => other,
        })
        .collect()
}
