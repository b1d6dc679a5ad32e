//! Names that products give to zones, and definitions in the same file.

use super::*;

/// The start in UTC of an event at noon on 1 July 2027 in this zone, in a calendar of a reader in Berlin.
fn noon(head: &str, name: &str) -> Result<(String, Vec<WarningReason>), Malformed> {
    let event = format!("DTSTART;TZID=\"{name}\":20270701T120000\nDURATION:PT1H");
    let file = calendar(&[&event]).replacen("VERSION:2.0\n", &format!("VERSION:2.0\n{head}"), 1);
    let read =
        read_in(&file, Zone::named("Europe/Berlin"), "20270601T000000Z", "20270801T000000Z")?;
    let time = read.times[0].starts_at.format("%d %H%M").to_string();
    Ok((time, read.warnings.lines.iter().map(|line| line.reason).collect()))
}

fn utc(name: &str) -> String {
    noon("", name).unwrap_or_else(|wrong| panic!("{name}: {wrong}")).0
}

#[test]
fn zone_names_without_a_definition() {
    for (name, right) in [
        // Offsets with the usual sign. `Etc/GMT` names have the opposite one.
        ("UTC+01", "01 1100"),
        ("UTC+1", "01 1100"),
        ("GMT+1", "01 1100"),
        ("GMT-5", "01 1700"),
        ("UTC+05:30", "01 0630"),
        ("UTC+5:30", "01 0630"),
        ("GMT+0100", "01 1100"),
        ("+01:00", "01 1100"),
        ("-0330", "01 1530"),
        ("Etc/GMT+5", "01 1700"),
        ("Etc/GMT-1", "01 1100"),
        ("tzone://Microsoft/Utc", "01 1200"),
        ("Z", "01 1200"),
        ("GMT", "01 1200"),
        // Names as Windows displays them, with and without the offset.
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "01 1000"),
        ("(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "01 1000"),
        ("(GMT+01.00) Sarajevo/Warsaw/Zagreb", "01 1000"),
        ("GMT+01:00 Brussels, Copenhagen, Madrid, Paris", "01 1000"),
        ("(UTC+01:00) Belgrad, Bratislava (Preßburg), Budapest, Ljubljana, Prag", "01 1000"),
        ("Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "01 1000"),
        ("Eastern Time (US & Canada)", "01 1600"),
        ("Eastern Time (US and Canada)", "01 1600"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "01 1600"),
        ("(GMT-05:00) Eastern Time (US & Canada) (Standard)", "01 1600"),
        ("Pacific Time (US & Canada); Tijuana", "01 1900"),
        ("(GMT-08:00) Pacific Time (US & Canada); Tijuana", "01 1900"),
        ("Chennai, Kolkata, Mumbai, New Delhi", "01 0630"),
        ("Mumbai", "01 0630"),
        ("Osaka, Sapporo, Tokyo", "01 0300"),
        ("Canberra, Melbourne, Sydney", "01 0200"),
        ("Arizona", "01 1900"),
        ("Hawaii", "01 2200"),
        ("(UTC) Dublin, Edinburgh, Lisbon, London", "01 1100"),
        ("Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London", "01 1100"),
        ("Beijing, Chongqing, Hong Kong, Urumqi", "01 0400"),
        // The offset in the name is outdated, so the place counts.
        ("(UTC+02:00) Istanbul", "01 0900"),
        ("(GMT+04:00) Moscow, St. Petersburg, Volgograd", "01 0900"),
        // Internal names of Windows, current and former ones, and of Lotus Notes.
        ("W. Europe Standard Time", "01 1000"),
        ("W. Europe Daylight Time", "01 1000"),
        ("w. europe standard time", "01 1000"),
        ("Mexico Standard Time", "01 1800"),
        ("Malay Peninsula Standard Time", "01 0400"),
        ("Prague Bratislava Standard Time", "01 1000"),
        ("W. Europe", "01 1000"),
        ("Eastern", "01 1600"),
        ("India", "01 0630"),
        ("Tokyo", "01 0300"),
        // Japanese names, and names in unknown languages, where the offset counts all year.
        ("東京 (標準時)", "01 0300"),
        ("(UTC+09:00) 大阪、札幌、東京", "01 0300"),
        ("(GMT+09:00) 大阪、札幌、東京", "01 0300"),
        ("日本標準時", "01 0300"),
        ("太平洋標準時 (米国およびカナダ)", "01 1900"),
        ("(UTC+05:30) ചെന്നൈ", "01 0630"),
    ] {
        assert_eq!(utc(name), right, "{name}");
    }
    for unknown in ["Mars/Base", "IST or so", "(UTC+13:00) Kolkata", "(UTC-03:00) ചെന്നൈ", "25:00"]
    {
        let wrong = noon("", unknown).expect_err(unknown);
        assert_eq!((wrong.line, wrong.reason), (4, MalformedReason::UnknownZone), "{unknown}");
    }
    // Also without quotes, in spite of the colons.
    for name in ["(UTC+05:30) Chennai, Kolkata", "UTC+05:30", "tzone://Microsoft/Utc"] {
        let event = format!("DTSTART;TZID={name}:20270701T120000\nDURATION:PT1H");
        assert_eq!(busy(&[&event], UTC).len(), 1, "{name}");
    }
}

#[test]
fn zone_names_without_meaning() {
    use WarningReason::{ZoneOfCalendar, ZoneOfPlace};
    for name in ["Customized Time Zone", "tzone://Microsoft/Custom", "Customized Time Zone 1"] {
        let read = |head: &str| noon(head, name).expect(name);
        assert_eq!(read(""), ("01 1000".into(), vec![ZoneOfPlace]));
        let head = "X-WR-TIMEZONE:America/New_York\n";
        assert_eq!(read(head), ("01 1600".into(), vec![ZoneOfCalendar]));
        let own = format!(
            "BEGIN:VTIMEZONE\nTZID:{name}\nBEGIN:STANDARD\nDTSTART:16010101T000000\n\
             TZOFFSETFROM:+0345\nTZOFFSETTO:+0345\nEND:STANDARD\nEND:VTIMEZONE\n"
        );
        assert_eq!(read(&own), ("01 0815".into(), vec![]));
    }
    // A displayed name in an unknown language means the reader's zone if the offset is the same.
    let other = "(UTC+01:00) 阿姆斯特丹，伯尔尼";
    assert_eq!(noon("", other), Ok(("01 1000".into(), vec![ZoneOfPlace])));
}

#[test]
fn floating_times_are_in_the_calendar_s_zone() {
    let read = |head: &str, event: &str| {
        let file = calendar(&[event]).replacen("VERSION:2.0\n", &format!("VERSION:2.0\n{head}"), 1);
        let read = read_in(&file, kolkata(), "20270601T000000Z", "20270801T000000Z");
        shown(&read.expect("a calendar").times)
    };
    let floating = "DTSTART:20270701T120000\nDURATION:PT1H";
    assert_eq!(read("", floating), ["20270701T0630/20270701T0730"]);
    for name in ["America/New_York", "Eastern Standard Time", "\"America/New_York\""] {
        let head = format!("X-WR-TIMEZONE:{name}\n");
        assert_eq!(read(&head, floating), ["20270701T1600/20270701T1700"], "{name}");
    }
    assert_eq!(read("X-WR-TIMEZONE:Nowhere\n", floating), ["20270701T0630/20270701T0730"]);
    // Whole days are in the zone of the doctor's place.
    let day = "DTSTART;VALUE=DATE:20270701";
    assert_eq!(read("X-WR-TIMEZONE:America/New_York\n", day), ["20270630T1830/20270701T1830"]);
}

#[test]
fn a_definition_takes_precedence_over_the_name() {
    let zone = |name: &str, observances: &str| {
        format!("BEGIN:VTIMEZONE\nTZID:{name}\n{observances}END:VTIMEZONE\n")
    };
    let fixed = |offset: &str| {
        format!(
            "BEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\n"
        )
    };
    let read = |definition: &str| noon(definition, "America/Vancouver").expect("a calendar");
    assert_eq!(read(&zone("America/Vancouver", &fixed("-0600"))), ("01 1800".into(), vec![]));
    assert_eq!(read(&zone("america/vancouver", &fixed("-06:00"))).0, "01 1800");
    // A definition that cannot be read is ignored if the name is known,
    let broken =
        [fixed("+5328"), fixed("x"), String::new(), fixed("-0600").replace("DTSTART", "START")];
    for observances in broken {
        let (time, warnings) = read(&zone("America/Vancouver", &observances));
        assert_eq!((time.as_str(), warnings), ("01 1900", vec![WarningReason::ZoneDefinition]));
    }
    // and so is one with a missing half.
    let half = "BEGIN:STANDARD\nDTSTART:20071104T020000\nTZOFFSETFROM:-0700\nTZOFFSETTO:-0800\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\nEND:STANDARD\n";
    assert_eq!(read(&zone("America/Vancouver", half)).0, "01 1900");
    // With an unknown name the definition is needed.
    let wrong = noon(&zone("Ours", &fixed("+5328")), "Ours").expect_err("needed");
    assert_eq!((wrong.line, wrong.reason), (7, MalformedReason::Value(PropertyName::TzOffsetFrom)));
}

#[test]
fn concatenated_calendars_keep_their_own_zones() {
    let one = |offset: &str| {
        format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:{offset}\nDTSTART;TZID=Mine:20270701T120000\nDURATION:PT15M\nEND:VEVENT\n\
             BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:{offset}\n\
             TZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\nEND:VCALENDAR\n"
        )
    };
    let file = [one("+0100"), one("+0200")].concat();
    let read = read_in(&file, UTC, "20270601T000000Z", "20270801T000000Z").expect("a calendar");
    assert_eq!(shown(&read.times), ["20270701T1000/20270701T1015", "20270701T1100/20270701T1115"]);
    // Also with very many calendars, as in an exported mailbox.
    let many = one("+0100").repeat(1_000);
    assert!(read_in(&many, UTC, "20270601T000000Z", "20270801T000000Z").is_ok());
}

#[test]
fn abbreviations_mean_those_of_the_reader_s_zone() {
    let read = |name: &str, zone: &str, date: &str| {
        let event = format!("DTSTART;TZID={name}:{date}T120000\nDURATION:PT1H");
        let file = calendar(&[&event]);
        let read = read_in(&file, Zone::named(zone), "20270101T000000Z", "20280101T000000Z")?;
        let warnings = read.warnings.lines.first().map(|warnings| (warnings.line, warnings.reason));
        Ok((shown(&read.times)[0][9..13].to_owned(), warnings))
    };
    let place = Some((4, WarningReason::ZoneOfPlace));
    for (name, zone, date, at) in [
        ("IST", "Asia/Kolkata", "20270601", "0630"),
        ("ist", "Asia/Jerusalem", "20270601", "0900"),
        ("IST", "Europe/Dublin", "20270601", "1100"),
        ("BST", "Europe/London", "20270601", "1100"),
        ("CST", "Asia/Shanghai", "20270601", "0400"),
        ("CDT", "America/Havana", "20270601", "1600"),
        ("AEST", "Australia/Brisbane", "20270101", "0200"),
        ("EEST", "Europe/Bucharest", "20270601", "0900"),
    ] {
        assert_eq!(read(name, zone, date), Ok((at.to_owned(), place)), "{name} {zone}");
    }
    for (name, at) in
        [("CST", "1700"), ("CDT", "1700"), ("EEST", "0900"), ("AEST", "0200"), ("AEDT", "0200")]
    {
        assert_eq!(read(name, "Asia/Kolkata", "20270601"), Ok((at.to_owned(), None)), "{name}");
    }
    let unknown = Err(MalformedReason::UnknownZone.at(4));
    assert_eq!(read("IST", "America/New_York", "20270601"), unknown, "one of three");
    // A name that the zone database has means that zone.
    assert_eq!(read("CET", "Asia/Kolkata", "20270101"), Ok(("1100".to_owned(), None)));
    // The zone of the calendar takes precedence over that of the reader.
    let event = "DTSTART;TZID=IST:20270601T120000\nDURATION:PT1H";
    let file = calendar(&[event]).replacen("VERSION", "X-WR-TIMEZONE:Europe/Dublin\nVERSION", 1);
    let read = read_in(&file, kolkata(), "20270101T000000Z", "20280101T000000Z").expect("read");
    assert_eq!(shown(&read.times), ["20270601T1100/20270601T1200"]);
    assert_eq!(read.warnings.lines[0].reason, WarningReason::ZoneOfCalendar);
    let file = calendar(&["DTSTART:20270601T120000\nDURATION:PT1H"]);
    let file = file.replacen("VERSION", "X-WR-TIMEZONE:CST\nVERSION", 1);
    let shanghai = Zone::named("Asia/Shanghai");
    let read = read_in(&file, shanghai, "20270101T000000Z", "20280101T000000Z").expect("read");
    assert_eq!(shown(&read.times), ["20270601T0400/20270601T0500"]);
}

#[test]
fn slashes_between_places_are_read_like_commas() {
    let noon = |name: &str| {
        let event = format!("DTSTART;TZID=\"{name}\":20270601T120000\nDURATION:PT1H");
        busy(&[&event], UTC)[0][9..13].to_owned()
    };
    assert_eq!(noon("(UTC-05:00) Chetumal"), "1700");
    assert_eq!(noon("(GMT-07.00) Chihuahua / La Paz / Mazatlan"), "1900");
    assert_eq!(noon("(GMT-07.00) Chihuahua, La Paz, Mazatlan"), "1900");
    assert_eq!(noon("(GMT-04.00) Georgetown / La Paz / San Juan"), "1600");
}
