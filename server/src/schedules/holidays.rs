//! Public holidays of countries and of their parts, read from `server/data/holidays`.
//!
//! The file is compiled in. In memory there is only an index of the regions; their lines are parsed on each call.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};

const FILE: &str = include_str!("../../data/holidays/holidays.tsv");

/// The years that the file covers.
pub const YEARS: RangeInclusive<i32> = 2026..=2036;

/// A country or a part of one.
#[derive(Clone, Copy)]
pub struct Region {
    /// The code of ISO 3166, such as `IN` or `IN-GA`. Places without one append a word: `DE-BY-AUGSBURG`.
    pub code: &'static str,
    /// Such as `India, Goa`.
    pub name: &'static str,
    /// The source covers this region until the end of this year; later holidays are missing.
    pub covered_until: i32,
    lines: &'static str,
}

/// A public holiday. A date may have more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holiday {
    pub date: NaiveDate,
    pub name: &'static str,
    /// Calculated from moon or sun and not announced yet, so the date may change.
    pub estimated: bool,
}

static REGIONS: LazyLock<Vec<Region>> =
    LazyLock::new(|| FILE.split("\nregion\t").skip(1).filter_map(read).collect());

/// All regions in order of name: each country, then its parts.
pub fn regions() -> &'static [Region] {
    &REGIONS
}

pub fn region(code: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.code == code)
}

/// The public holidays of a region in `from..until` (half-open), by date. Empty for an unknown region.
pub fn between(code: &str, from: NaiveDate, until: NaiveDate) -> Vec<Holiday> {
    let Some(here) = region(code) else { return Vec::new() };
    let country = code.split_once('-').and_then(|(country, _)| region(country));
    let mut found: Vec<Holiday> =
        country.into_iter().flat_map(|country| listed(country, '+', from, until)).collect();
    for not_here in listed(here, '-', from, until) {
        found.retain(|holiday| *holiday != not_here);
    }
    found.extend(listed(here, '+', from, until));
    found.sort_unstable();
    found
}

/// Parses the text of a region, which begins with its code and ends before the next region.
fn read(text: &'static str) -> Option<Region> {
    let (heading, lines) = text.split_once('\n').unwrap_or((text, ""));
    let mut fields = heading.split('\t');
    Some(Region {
        code: fields.next()?,
        name: fields.next()?,
        covered_until: fields.next()?.parse().ok()?,
        lines,
    })
}

/// The holidays in `from..until` on the region's own lines with this sign.
fn listed(
    region: &Region,
    sign: char,
    from: NaiveDate,
    until: NaiveDate,
) -> impl Iterator<Item = Holiday> + use<> {
    region
        .lines
        .lines()
        .filter_map(move |line| line.strip_prefix(sign)?.strip_prefix('\t')?.split_once('\t'))
        .flat_map(|(name, dates)| dates.split(' ').map(move |date| (name, date)))
        .flat_map(move |(name, text)| {
            let (date, estimated) =
                text.strip_suffix('~').map_or((text, false), |date| (date, true));
            let years = from.year().max(*YEARS.start())..=until.year().min(*YEARS.end());
            days(date, years).map(move |date| Holiday { date, name, estimated })
        })
        .filter(move |holiday| (from..until).contains(&holiday.date))
}

/// The dates in these years that `2026-08-15` or `*-08-15` stand for.
fn days(text: &str, years: RangeInclusive<i32>) -> impl Iterator<Item = NaiveDate> + use<> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next().unwrap_or_default();
    let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    let (month, day) = (number(), number());
    let years = match year.parse::<i32>() {
        Ok(year) => year.max(*years.start())..=year.min(*years.end()),
        Err(_) => years,
    };
    years.filter_map(move |year| NaiveDate::from_ymd_opt(year, month, day))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn year(code: &str, year: i32) -> Vec<Holiday> {
        between(code, date(&format!("{year}-01-01")), date(&format!("{}-01-01", year + 1)))
    }

    fn has(code: &str, on: &str, name: &str) -> bool {
        let on = date(on);
        between(code, on, on.succ_opt().expect("a date")).iter().any(|day| day.name == name)
    }

    #[test]
    fn every_line_is_read() {
        let headings = FILE.lines().filter(|line| line.starts_with("region\t")).count();
        assert_eq!(headings, regions().len());
        assert!(FILE.contains(&format!(", {} to {}.\n", YEARS.start(), YEARS.end())));
        for line in FILE.lines().skip_while(|line| line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields[..] {
                ["region", code, name, until] => {
                    assert!(!code.is_empty() && !name.is_empty(), "{line}");
                    assert!(YEARS.contains(&until.parse().expect("a year")), "{line}");
                }
                ["+" | "-", name, dates] => {
                    assert!(!name.trim().is_empty(), "{line}");
                    let dates: Vec<&str> = dates.split(' ').collect();
                    assert!(dates.is_sorted(), "{line}");
                    assert_eq!(dates.iter().collect::<HashSet<_>>().len(), dates.len(), "{line}");
                    for text in dates {
                        let date = text.strip_suffix('~').unwrap_or(text);
                        let wanted = if date.starts_with("*-") { YEARS.count() } else { 1 };
                        assert_eq!(days(date, YEARS).count(), wanted, "{text} in: {line}");
                    }
                }
                _ => panic!("{line}"),
            }
        }
    }

    #[test]
    fn regions_are_named_once_and_in_order() {
        let codes: HashSet<&str> = regions().iter().map(|region| region.code).collect();
        assert_eq!(codes.len(), regions().len());
        let names: HashSet<&str> = regions().iter().map(|region| region.name).collect();
        assert_eq!(names.len(), regions().len());
        // Where letters with accents go, their order in Unicode does not say.
        let plain: Vec<String> = regions()
            .iter()
            .filter(|region| region.name.is_ascii())
            .map(|region| region.name.to_lowercase())
            .collect();
        assert!(plain.is_sorted());
        let mut country = None;
        for region in regions() {
            match region.code.split_once('-') {
                None => country = Some(region),
                Some((of, _)) => {
                    let country = country.filter(|country| country.code == of).expect(region.code);
                    assert!(region.name.starts_with(&format!("{}, ", country.name)));
                    assert!(region.covered_until <= country.covered_until);
                }
            }
        }
        assert_eq!(region("IN-GA").map(|region| region.name), Some("India, Goa"));
        assert_eq!(region("DE-BY").map(|region| region.name), Some("Germany, Bavaria"));
    }

    #[test]
    fn every_country_with_a_city_has_holidays() {
        for line in include_str!("../../data/cities.csv").lines().skip(1) {
            let code = line.split(',').nth(3).expect("a country");
            let region = region(code).unwrap_or_else(|| panic!("{code} has no holidays"));
            for known in *YEARS.start()..=region.covered_until {
                // Switzerland as a whole has four, its cantons have more.
                assert!(year(code, known).len() >= 4, "{code} in {known}");
            }
        }
    }

    #[test]
    fn what_is_not_here_is_in_the_country() {
        let (from, until) = (date("2026-01-01"), date("2037-01-01"));
        for part in regions().iter().filter(|region| region.code.contains('-')) {
            let country = region(&part.code[..2]).expect("its country");
            let there: HashSet<_> = listed(country, '+', from, until).map(key).collect();
            for not_here in listed(part, '-', from, until) {
                assert!(there.contains(&key(not_here)), "{not_here:?} of {}", part.code);
            }
            let holidays = between(part.code, from, until);
            let distinct: HashSet<_> = holidays.iter().map(|day| (day.date, day.name)).collect();
            assert_eq!(distinct.len(), holidays.len(), "{}", part.code);
        }
    }

    fn key(holiday: Holiday) -> (NaiveDate, &'static str, bool) {
        (holiday.date, holiday.name, holiday.estimated)
    }

    #[test]
    fn days_that_come_every_year() {
        for year in YEARS {
            assert!(has("IN", &format!("{year}-01-26"), "Republic Day"));
            assert!(has("IN-GA", &format!("{year}-01-26"), "Republic Day"));
            assert!(has("IN-GA", &format!("{year}-12-19"), "Goa Liberation Day"));
            assert!(!has("IN-MH", &format!("{year}-12-19"), "Goa Liberation Day"));
            assert!(has("DE", &format!("{year}-10-03"), "German Unity Day"));
            assert!(has("DE-BY", &format!("{year}-10-03"), "German Unity Day"));
        }
    }

    #[test]
    fn days_that_move() {
        for day in ["2026-05-14", "2027-05-06", "2030-05-30", "2036-05-22"] {
            assert!(has("DE", day, "Ascension Day"));
            assert!(has("CH-ZH", day, "Ascension Day"));
        }
        assert!(has("US", "2026-11-26", "Thanksgiving Day"));
        assert!(has("US", "2026-07-03", "Independence Day (observed)"));
        assert!(has("GB-ENG", "2027-12-28", "Boxing Day (observed)"));
        // Kerala keeps Mahanavami and Vijayadashami where the country has Dussehra.
        assert!(has("IN", "2026-10-20", "Dussehra"));
        assert!(!has("IN-KL", "2026-10-20", "Dussehra"));
        assert!(has("IN-KL", "2026-10-20", "Mahanavami"));
    }

    #[test]
    fn what_may_shift_is_marked() {
        let eid = |year: i32| {
            let found = self::year("IN", year).into_iter().find(|day| day.name == "Id-ul-Fitr");
            found.map(|day| day.estimated)
        };
        assert_eq!(eid(2026), Some(false));
        assert_eq!(eid(2030), Some(true));
        assert!(!year("DE", 2030).iter().any(|day| day.estimated));
        assert_eq!(region("LK").map(|region| region.covered_until), Some(2026));
    }

    #[test]
    fn the_end_is_not_included() {
        let (christmas, next) = (date("2026-12-25"), date("2026-12-26"));
        assert_eq!(between("DE", christmas, christmas), []);
        assert_eq!(between("DE", next, christmas), []);
        assert_eq!(between("DE", christmas, next).len(), 1);
        // Two on one day are two.
        assert_eq!(between("IN", date("2030-04-14"), date("2030-04-15")).len(), 2);
        let all = between("IN-WB", NaiveDate::MIN, NaiveDate::MAX);
        assert!(all.is_sorted() && YEARS.contains(&all[0].date.year()) && all.len() > 200);
        assert_eq!(between("IN-XX", NaiveDate::MIN, NaiveDate::MAX), []);
        assert_eq!(between("", NaiveDate::MIN, NaiveDate::MAX), []);
    }

    #[test]
    fn little_memory_is_taken() {
        assert!(FILE.len() < 400_000);
        assert!(size_of_val(regions()) < 20_000);
    }
}
