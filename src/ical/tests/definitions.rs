//! Zone definitions in a file that end.

use super::*;

const SUMMER: &str =
    "BEGIN:DAYLIGHT\nDTSTART:20260329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\n";
const WINTER: &str =
    "BEGIN:STANDARD\nDTSTART:20261025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n";

/// Noon on this day in a zone with these observances, as a time in UTC, and the reason of the first warning.
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
fn a_definition_whose_summer_never_ends_is_not_used() {
    let told = |hour: &str, reason| (hour.to_owned(), reason);
    let by_name = Some(WarningReason::ZoneDefinition);
    assert_eq!(noon("Europe/Berlin", SUMMER, "20260701"), told("1000", by_name));
    assert_eq!(noon("Europe/Berlin", SUMMER, "20261201"), told("1100", by_name));
    // With an unknown name, the definition is all there is.
    assert_eq!(noon("Our Office", SUMMER, "20261201"), told("1000", None));
    // A definition that ends with winter time may be right: a country may have given up summer time.
    let both = format!("{SUMMER}{WINTER}");
    assert_eq!(noon("Europe/Berlin", &both, "20270701"), told("1100", None));
    assert_eq!(noon("Europe/Berlin", WINTER, "20270701"), told("1100", None));
}

#[test]
fn a_summer_across_the_new_year_ends() {
    let rule = |kind: &str, month: u32, from: &str, to: &str| {
        format!(
            "BEGIN:{kind}\nDTSTART:2020{month:02}01T020000\nTZOFFSETFROM:{from}\nTZOFFSETTO:{to}\nRRULE:FREQ=YEARLY;BYMONTH={month};BYDAY=1SU\nEND:{kind}\n"
        )
    };
    // An hour ahead of the real offsets of Sydney, to see that the definition is used.
    let both = rule("STANDARD", 4, "+1200", "+1100") + &rule("DAYLIGHT", 10, "+1100", "+1200");
    assert_eq!(noon("Australia/Sydney", &both, "20270101"), ("0000".to_owned(), None));
    assert_eq!(noon("Australia/Sydney", &both, "20270701"), ("0100".to_owned(), None));
}
