//! vCalendar 1.0, and files in other encodings or with stray bytes.

use super::*;

fn legacy(head: &str, event: &str) -> Vec<String> {
    let file = format!(
        "BEGIN:VCALENDAR\r\nVERSION:1.0\r\n{head}BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let read = read_in(&file, UTC, "20261201T000000Z", "20271201T000000Z").expect(&file);
    shown(&read.times)
}

#[test]
fn rules_are_translated_to_rfc_5545() {
    let hour = "DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z";
    for (theirs, ours) in [
        ("D1 #5", "FREQ=DAILY;COUNT=5"),
        ("D2 20261211T090000Z", "FREQ=DAILY;INTERVAL=2;UNTIL=20261211T090000Z"),
        ("W1 TU TH #4", "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=8"),
        ("W1 MO WE 20261231T000000Z", "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231T000000Z"),
        ("W2", "FREQ=WEEKLY;INTERVAL=2;COUNT=2"),
        ("MP1+ 1+ MO #3", "FREQ=MONTHLY;BYDAY=1MO;COUNT=3"),
        ("MP1 1+ 1- FR #3", "FREQ=MONTHLY;BYDAY=1FR,-1FR;COUNT=6"),
        ("MP2 2+ TU 1- TH #2", "FREQ=MONTHLY;INTERVAL=2;BYDAY=2TU,-1TH;COUNT=4"),
        ("MP1 1+ TU WE #2", "FREQ=MONTHLY;BYDAY=1TU,1WE;COUNT=4"),
        ("MD1 1 15- LD #2", "FREQ=MONTHLY;BYMONTHDAY=1,-15,-1;COUNT=6"),
        ("YM1 12 6 #2", "FREQ=YEARLY;BYMONTH=12,6;COUNT=4"),
        ("YD1 1 100$ #0", "FREQ=YEARLY;BYYEARDAY=1,100"),
        ("d1 #0", "FREQ=DAILY"),
        ("M30 #3", "FREQ=MINUTELY;INTERVAL=30;COUNT=3"),
    ] {
        let same = legacy("", &format!("{hour}\r\nRRULE:{ours}"));
        assert_eq!(legacy("", &format!("{hour}\r\nRRULE:{theirs}")), same, "{theirs}");
        assert!(!same.is_empty());
    }
    for unknown in ["W1 TU 1200 TH 1130 #10", "MP1 #3", "MP1 1+ D2 #5", "X1 #3", "D0 #1"] {
        let file = calendar(&[&format!("{}\nRRULE:{unknown}", hour.replace("\r\n", "\n"))]);
        assert_eq!(refused(&file).0, 6, "{unknown}");
    }
}

#[test]
fn properties_of_vcalendar_1_0() {
    let hour = "DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z";
    let free = [""; 0];
    assert_eq!(legacy("", &format!("{hour}\r\nTRANSP:1")), free);
    assert_eq!(legacy("", &format!("{hour}\r\nTRANSP:0")).len(), 1);
    assert_eq!(legacy("", &format!("{hour}\r\nSTATUS:DECLINED")), free);
    let alarm = "AALARM;TYPE=WAVE;VALUE=URL:20261201T083000Z;PT5M;3;file:///mmedia/taps.wav";
    let noted = format!(
        "{alarm}\r\nDESCRIPTION;ENCODING=QUOTED-PRINTABLE:one =3D two=0D=0A=\r\nDTSTART:never=\r\n\r\n{hour}"
    );
    assert_eq!(legacy("", &noted), ["20261201T0900/20261201T1000"]);
    let without = "RRULE:D1 #5\r\nEXDATE:20261202T090000Z;20261203T090000Z";
    assert_eq!(legacy("", &format!("{hour}\r\n{without}")).len(), 3);
    // When a folded line is joined, the blank at the fold is kept.
    assert_eq!(legacy("", &format!("{hour}\r\nRRULE:W1 TU\r\n TH #2")).len(), 4);
}

#[test]
fn local_times_use_the_zone_of_the_file() {
    let at = |month: u32| format!("DTSTART:2027{month:02}01T090000\r\nDURATION:PT1H");
    let daylight = "DAYLIGHT:TRUE;-07;20270404T020000;20271031T020000;PST;PDT\r\n";
    let head = format!("TZ:-08\r\n{daylight}");
    assert_eq!(legacy(&head, &at(2)), ["20270201T1700/20270201T1800"]);
    assert_eq!(legacy(&head, &at(7)), ["20270701T1600/20270701T1700"]);
    assert_eq!(legacy("TZ:-08\r\nDAYLIGHT:FALSE\r\n", &at(7)), ["20270701T1700/20270701T1800"]);
    // If the offsets match the reader's zone, that zone is used: its rules are newer than those in the file.
    let berlin = |head: &str| {
        let file = format!(
            "BEGIN:VCALENDAR\nVERSION:1.0\n{head}BEGIN:VEVENT\n{}\nEND:VEVENT\nEND:VCALENDAR\n",
            at(7)
        );
        let read =
            read_in(&file, Zone::named("Europe/Berlin"), "20261201T000000Z", "20271201T000000Z");
        shown(&read.expect("a calendar").times)
    };
    let old = "TZ:+01\nDAYLIGHT:TRUE;+02;20250330T020000;20251026T030000;CET;CEST\n";
    for head in ["", "TZ:+01\n", "TZ:+01:00\n", old] {
        assert_eq!(berlin(head), ["20270701T0700/20270701T0800"], "{head}");
    }
}

#[test]
fn other_encodings_and_line_ends_are_read() {
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Größe\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:日本\r\n\
        DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let units =
        |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let (little, big) = (units(u16::to_le_bytes), units(u16::to_be_bytes));
    let wide =
        |order: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| order(c.into())).collect::<Vec<u8>>();
    let latin: Vec<u8> =
        text.replace('日', "é").replace('本', "ü").chars().map(|c| c as u8).collect();
    let plain = text.as_bytes().to_vec();
    let with = |ends: &str| text.replace("\r\n", ends).into_bytes();
    for (name, bytes) in [
        ("UTF-8", plain.clone()),
        ("with a mark", [b"\xef\xbb\xbf", plain.as_slice()].concat()),
        ("UTF-16, little", little.clone()),
        ("UTF-16, big", big.clone()),
        ("UTF-16, little, with a mark", [b"\xff\xfe", little.as_slice()].concat()),
        ("UTF-16, big, with a mark", [b"\xfe\xff", big.as_slice()].concat()),
        (
            "UTF-32, little, with a mark",
            [b"\xff\xfe\0\0".to_vec(), wide(u32::to_le_bytes)].concat(),
        ),
        ("UTF-32, big", wide(u32::to_be_bytes)),
        ("Latin-1", latin),
        ("LF", with("\n")),
        ("CR", with("\r")),
        ("CR CR LF", with("\r\r\n")),
        ("trailing NUL", [plain.as_slice(), b"\0\0\0"].concat()),
        ("trailing control-Z", [plain.as_slice(), b"\x1a"].concat()),
        ("blank lines", with("\r\n\r\n")),
        ("blanks at the ends", with(" \r\n")),
        (
            "twice, with a mark between",
            [plain.as_slice(), b"\xef\xbb\xbf", plain.as_slice()].concat(),
        ),
        (
            "the head of a mail before it",
            [b"Content-Type: text/calendar\r\n\r\n", plain.as_slice()].concat(),
        ),
        ("something after it", [plain.as_slice(), b"-- \r\nSent by: a program\r\n"].concat()),
    ] {
        let read = busy_times(&bytes, UTC, at("20261201T000000Z"), at("20270101T000000Z"));
        let read = read.unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        assert_eq!(shown(&read.times), ["20261201T0900/20261201T1000"], "{name}");
        assert_eq!(read.name.as_deref(), Some("Größe"), "{name}");
    }
}
