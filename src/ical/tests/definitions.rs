//! Zones that a file defines, where the definition stops.

use super::*;

const SUMMER: &str =
    "BEGIN:DAYLIGHT\nDTSTART:20260329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\n";
const WINTER: &str =
    "BEGIN:STANDARD\nDTSTART:20261025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n";

/// Noon on the first of a month in 2026 or 2027 by a zone that is defined so, in UTC.
fn noon(name: &str, observances: &str, day: &str) -> (String, Option<WarningReason>) {
    let event = format!("DTSTART;TZID={name}:20260601T120000\nDURATION:PT1H\nRRULE:FREQ=DAILY");
    let zone = format!("BEGIN:VTIMEZONE\nTZID:{name}\n{observances}END:VTIMEZONE\n");
    let file = calendar(&[&event]).replacen("BEGIN:VEVENT", &format!("{zone}BEGIN:VEVENT"), 1);
    let (from, until) = (format!("{day}T000000Z"), format!("{day}T235959Z"));
    let read = read_in(&file, kolkata(), &from, &until).expect(&file);
    let reason = read.warnings.lines.first().map(|warnings| warnings.reason);
    (shown(&read.times)[0][9..13].to_owned(), reason)
}

#[test]
fn a_summer_that_never_ends_is_not_believed() {
    let told = |hour: &str, reason| (hour.to_owned(), reason);
    let by_name = Some(WarningReason::ZoneDefinition);
    assert_eq!(noon("Europe/Berlin", SUMMER, "20260701"), told("1000", by_name));
    assert_eq!(noon("Europe/Berlin", SUMMER, "20261201"), told("1100", by_name));
    // A name that nobody knows leaves nothing else.
    assert_eq!(noon("Our Office", SUMMER, "20261201"), told("1000", None));
    // A last winter may be what a country decided.
    let both = format!("{SUMMER}{WINTER}");
    assert_eq!(noon("Europe/Berlin", &both, "20270701"), told("1100", None));
    assert_eq!(noon("Europe/Berlin", WINTER, "20270701"), told("1100", None));
}

#[test]
fn a_summer_over_the_new_year_is_one_that_ends() {
    let rule = |kind: &str, month: u32, from: &str, to: &str| {
        format!(
            "BEGIN:{kind}\nDTSTART:2020{month:02}01T020000\nTZOFFSETFROM:{from}\nTZOFFSETTO:{to}\nRRULE:FREQ=YEARLY;BYMONTH={month};BYDAY=1SU\nEND:{kind}\n"
        )
    };
    // An hour off from what Sydney has.
    let both = rule("STANDARD", 4, "+1200", "+1100") + &rule("DAYLIGHT", 10, "+1100", "+1200");
    assert_eq!(noon("Australia/Sydney", &both, "20270101"), ("0000".to_owned(), None));
    assert_eq!(noon("Australia/Sydney", &both, "20270701"), ("0100".to_owned(), None));
}
