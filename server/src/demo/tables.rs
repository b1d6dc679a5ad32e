//! The bundled tables: real cities and specialties, read from `server/data`.

use nadi::ids::{CityId, SpecialtyId};

use crate::demo::data::{City, Specialty};

/// The cities of `cities.csv` in the order of the file, each with its region.
pub(super) fn cities() -> Vec<(City, &'static str)> {
    rows(include_str!("../../data/cities.csv")).map(city).collect()
}

/// The specialties of `specialties.csv`, numbered from 1 in the order of the file.
pub(super) fn specialties() -> Vec<Specialty> {
    rows(include_str!("../../data/specialties.csv"))
        .zip(1..)
        .map(|([slug, name, tradition, summary], number)| Specialty {
            id: SpecialtyId(number),
            slug: slug.into(),
            name: name.into(),
            tradition: tradition.into(),
            summary: summary.into(),
        })
        .collect()
}

fn city(row: [&'static str; 10]) -> (City, &'static str) {
    let [id, slug, name, country_code, country, latitude, longitude, zone, currency, region] = row;
    let city = City {
        id: CityId(id.parse().expect("a number")),
        slug: slug.into(),
        name: name.into(),
        country_code: country_code.into(),
        country: country.into(),
        latitude: latitude.parse().expect("degrees"),
        longitude: longitude.parse().expect("degrees"),
        zone: nadi::formatting::zone(zone).expect("a zone"),
        currency: currency.into(),
    };
    (city, region)
}

/// The rows after the heading. Panics on a malformed row: the files are compiled in, and tests read every row.
fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    text.lines().skip(1).filter(|line| !line.is_empty()).map(|line| {
        fields(line)
            .try_into()
            .unwrap_or_else(|got: Vec<_>| panic!("{N} fields wanted, {} in: {line}", got.len()))
    })
}

/// The fields of one line. A field in double quotes may contain commas; no field contains quotes.
fn fields(line: &str) -> Vec<&str> {
    let mut fields = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let (field, after) = match text.strip_prefix('"').and_then(|text| text.split_once('"')) {
            Some((field, after)) => (field, after.strip_prefix(',')),
            None => {
                text.split_once(',').map_or((text, None), |(field, after)| (field, Some(after)))
            }
        };
        fields.push(field);
        rest = after;
    }
    fields
}

#[cfg(test)]
mod tests {
    #[test]
    fn quoted_fields_keep_their_commas() {
        assert_eq!(crate::demo::tables::fields(r#"a,"b, c",,"d, e.""#), ["a", "b, c", "", "d, e."]);
        assert_eq!(crate::demo::tables::fields("a,"), ["a", ""]);
    }
}
