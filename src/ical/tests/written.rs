//! Files that we write are read back the same by us, by `calcard` and by `icalendar`.

use calcard::icalendar::{ICalendar, ICalendarProperty, ICalendarValue};
use chrono::Duration;
use icalendar::Component as _;
use proptest::prelude::*;

use super::*;
use crate::ical::line::{Lines, unescaped_text};

fn event() -> Event {
    Event {
        uid: "0193b0f4-7d2e-7c3a-9d1e-2f6a4b5c6d7e@nadi.example".into(),
        sequence: 2,
        status: EventStatus::Confirmed,
        stamp: at("20261121T120000Z"),
        last_modified: at("20261120T080000Z"),
        starts_at: at("20261201T043000Z"),
        ends_at: at("20261201T045000Z"),
        summary: "Appointment with Dr. Meera Kamat".into(),
        location: Some("18 June Road, Panjim; 2nd floor".into()),
        description: Some("Bring:\n- reports\n- this code".into()),
        url: Some("https://nadi.example/a/QX7?from=ics&x=1".into()),
        organizer: Some(Organizer {
            name: "Dr. Meera Kamat".into(),
            email: "meera@nadi.example".into(),
        }),
        alarm: None,
    }
}

fn file(event: Event) -> CalendarFile {
    let (name, method) = (Some("Nadi".into()), Some(Method::Publish));
    CalendarFile { name, method, refresh: Some(Duration::hours(4)), events: vec![event] }
}

#[test]
fn the_written_file_is_exactly_this() {
    let expected = r#"BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Nadi//Appointments//EN
CALSCALE:GREGORIAN
METHOD:PUBLISH
NAME:Nadi
X-WR-CALNAME:Nadi
REFRESH-INTERVAL;VALUE=DURATION:PT4H
X-PUBLISHED-TTL:PT4H
BEGIN:VEVENT
UID:0193b0f4-7d2e-7c3a-9d1e-2f6a4b5c6d7e@nadi.example
SEQUENCE:2
STATUS:CONFIRMED
DTSTAMP:20261121T120000Z
LAST-MODIFIED:20261120T080000Z
DTSTART:20261201T043000Z
DTEND:20261201T045000Z
SUMMARY:Appointment with Dr. Meera Kamat
LOCATION:18 June Road\, Panjim\; 2nd floor
DESCRIPTION:Bring:\n- reports\n- this code
URL:https://nadi.example/a/QX7?from=ics&x=1
ORGANIZER;CN="Dr. Meera Kamat":mailto:meera@nadi.example
END:VEVENT
END:VCALENDAR
"#;
    assert_eq!(write(&file(event())), expected.replace('\n', "\r\n"));
    let cancelled = Event { status: EventStatus::Cancelled, ..event() };
    let sent = write(&CalendarFile { method: Some(Method::Cancel), ..file(cancelled) });
    assert!(sent.contains("METHOD:CANCEL\r\n") && sent.contains("STATUS:CANCELLED\r\n"));
    let read = busy_times(sent.as_bytes(), UTC, at("20261201T000000Z"), at("20261202T000000Z"));
    assert_eq!(read.expect("our file").skipped.cancelled, 1);
}

#[test]
fn an_alarm_is_part_of_its_event() {
    for (minutes, trigger) in [(10, "-PT10M"), (60, "-PT1H"), (90, "-PT90M"), (1440, "-P1D")] {
        let sent = write(&file(Event { alarm: Some(Duration::minutes(minutes)), ..event() }));
        let alarm = format!(
            "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Appointment with Dr. Meera Kamat\r\n\
             TRIGGER:{trigger}\r\nEND:VALARM\r\nEND:VEVENT\r\n"
        );
        assert!(sent.contains(&alarm), "{sent}");
        // Another parser finds the alarm inside the event, with the same lead time.
        let theirs = ICalendar::parse(&sent).expect("a calendar");
        let alarms = theirs.components.iter().filter(|one| one.component_type.is_alarm());
        let triggers: Vec<_> = alarms
            .flat_map(|alarm| &alarm.entries)
            .filter(|entry| entry.name == ICalendarProperty::Trigger)
            .flat_map(|entry| &entry.values)
            .map(|value| match value {
                ICalendarValue::Duration(length) => length.as_seconds(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(triggers, [-60 * minutes], "{sent}");
    }
    assert!(!write(&file(event())).contains("VALARM"));
}

/// The value of a property, unfolded and unescaped by our reader.
fn value_of(sent: &str, name: &str) -> Vec<String> {
    Lines::new(sent.as_bytes())
        .map(|line| line.ok().expect("a line"))
        .filter(|line| line.is(name))
        .map(|line| unescaped_text(line.value()))
        .collect()
}

/// The value of a property as calcard reads it.
fn by_calcard(sent: &str, name: ICalendarProperty) -> Vec<String> {
    let read = ICalendar::parse(sent).expect("a calendar");
    let texts = |value: &ICalendarValue| value.as_text().map(str::to_owned);
    read.components
        .iter()
        // Not the description of an alarm.
        .filter(|component| component.component_type.is_event())
        .flat_map(|component| component.properties(&name))
        .filter_map(|entry| entry.values.first().and_then(texts))
        .collect()
}

fn plain(text: &str) -> String {
    let invisible = |c: &char| {
        c.is_control() && *c != '\n'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let ends = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    ends.chars().filter(|c| !invisible(c)).collect()
}

fn check(text: &str) {
    let hostile = Event {
        summary: text.into(),
        location: Some(text.into()),
        description: Some(text.into()),
        url: Some(format!("https://nadi.example/{text}")),
        organizer: Some(Organizer { name: text.into(), email: format!("{text}@nadi.example") }),
        alarm: Some(Duration::minutes(10)),
        ..event()
    };
    let file = CalendarFile { name: Some(text.into()), ..file(hostile) };
    let sent = write(&file);
    assert_eq!(sent, write(&file));
    for line in sent.split_terminator("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        assert!(!line.contains(['\r', '\n']));
    }
    for name in ["ATTENDEE", "BEGIN", "END", "DTSTART", "SUMMARY", "URL", "ORGANIZER"] {
        let expected = match name {
            "ATTENDEE" => 0,
            "BEGIN" | "END" => 3,
            _ => 1,
        };
        assert_eq!(value_of(&sent, name).len(), expected, "{name} in {sent}");
    }
    let expected = plain(text);
    assert_eq!(value_of(&sent, "SUMMARY")[0].trim(), expected.trim());
    let organizer = Lines::new(sent.as_bytes())
        .map(|line| line.ok().expect("a line"))
        .find(|line| line.is("ORGANIZER"))
        .expect("an organizer");
    assert_eq!(organizer.parameter("CN").expect("a name"), expected.replace('\n', ""));
    let calcard = by_calcard(&sent, ICalendarProperty::Description);
    assert_eq!(calcard.concat().trim(), expected.trim(), "calcard");

    let theirs = ICalendar::parse(&sent).expect("a calendar");
    let times = theirs.expand_dates(chrono_tz::UTC, 10);
    let [time] = &times.events[..] else { panic!("{times:?}") };
    let (starts_at, ends_at) = time.timestamps();
    assert_eq!((starts_at, ends_at), (event().starts_at.timestamp(), event().ends_at.timestamp()));
    let ours = busy_times(sent.as_bytes(), UTC, at("20260101T000000Z"), at("20270101T000000Z"));
    let expected = BusyTime { starts_at: event().starts_at, ends_at: event().ends_at };
    assert_eq!(ours.expect("our file").times, [expected]);
    let third: icalendar::Calendar = sent.parse().expect("a calendar");
    let event = third.events().next().expect("an event");
    assert_eq!(event.property_value("DTSTART"), Some("20261201T043000Z"));
}

#[test]
fn typed_text_is_escaped() {
    for text in [
        "",
        "Zoë's check-up, part 2; \"x\" \\n",
        "x\r\nATTENDEE:mailto:a@example.com",
        "x\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20270101T000000Z",
        "x\rDTSTART:20270101T000000Z",
        "x\u{2028}ATTENDEE:y\u{85}ATTENDEE:z",
        "\u{202e}gnihtemos\u{202c} \u{2066}else\u{2069}",
        "👩🏽‍⚕️👨‍👩‍👧‍👦🇮🇳",
        "null \0 bell \u{7} escape \u{1b}[31m delete \u{7f}",
        "^n ^' ^^ ^",
        "\\",
        " blanks ",
        "a:b;c,d=e\"f",
    ] {
        check(text);
    }
    check(&"नमस्ते ".repeat(600));
    check(&"x".repeat(10_000));
    for n in 50..90 {
        check(&"é".repeat(n));
        check(&"x".repeat(n));
    }
}

#[test]
fn times_outside_four_digit_years() {
    let (starts_at, ends_at) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    let sent = write(&file(Event { starts_at, ends_at, ..event() }));
    assert!(sent.contains("DTSTART:00000101T000000Z\r\nDTEND:99991231T235959Z\r\n"));
}

proptest! {
    #[test]
    fn any_text_survives_writing_and_reading(text in any::<String>()) {
        check(&text);
    }
}
