//! Small files as the usual products write them.

use super::*;

const GOOGLE: &str = include_str!("../samples/google.ics");
const OUTLOOK: &str = include_str!("../samples/outlook.ics");
const APPLE: &str = include_str!("../samples/apple.ics");
const NEXTCLOUD: &str = include_str!("../samples/nextcloud.ics");
const FASTMAIL: &str = include_str!("../samples/fastmail.ics");
const SCHEDULER: &str = include_str!("../samples/scheduler.ics");

pub(super) const ALL: [&str; 6] = [GOOGLE, OUTLOOK, APPLE, NEXTCLOUD, FASTMAIL, SCHEDULER];

#[test]
fn files_of_google() {
    let read = |file: &str| {
        read_in(file, kolkata(), "20261201T000000Z", "20270101T000000Z").expect("a calendar")
    };
    let calendar = read(GOOGLE);
    assert_eq!(calendar.name.as_deref(), Some("Dr. Meera Kamat, Panjim"));
    assert_eq!(
        shown(&calendar.times),
        [
            "20261201T0430/20261201T0530",
            "20261216T0900/20261216T1000",
            "20261222T0430/20261222T0530",
            "20261227T1830/20261230T1830",
        ]
    );
    assert_eq!(calendar.events, 5);
    let skipped = Skipped { transparent: 1, cancelled: 1, ..Skipped::default() };
    assert_eq!(calendar.skipped, skipped);
    // The same with the line ends of the standard and a byte order mark.
    assert_eq!(read(&format!("\u{feff}{}", GOOGLE.replace('\n', "\r\n"))), calendar);
}

#[test]
fn files_of_outlook() {
    let calendar =
        read_in(OUTLOOK, kolkata(), "20270301T000000Z", "20270501T000000Z").expect("a calendar");
    assert_eq!(
        shown(&calendar.times),
        [
            // In the zone that the file defines: +03:45, then +04:15.
            "20270312T0615/20270312T0715",
            "20270315T0800/20270315T0900",
            "20270322T0800/20270322T0900",
            "20270329T0700/20270329T0800",
            "20270330T0545/20270330T0645",
            "20270331T0500/20270331T0530",
        ]
    );
    assert_eq!(calendar.skipped.transparent, 1);
}

#[test]
fn files_of_apple() {
    let calendar =
        read_in(APPLE, kolkata(), "20270401T000000Z", "20270501T000000Z").expect("a calendar");
    assert_eq!(
        shown(&calendar.times),
        [
            // Summer time ends on 4 April.
            "20270401T2200/20270401T2230",
            "20270403T2300/20270403T2330",
            "20270405T2300/20270405T2330",
            // Floating time, in the zone of the reader.
            "20270407T0530/20270407T0630",
        ]
    );
    let skipped = Skipped { cancelled: 1, without_length: 1, ..Skipped::default() };
    assert_eq!(calendar.skipped, skipped);
}

#[test]
fn files_of_nextcloud() {
    let calendar =
        read_in(NEXTCLOUD, kolkata(), "20261001T000000Z", "20261101T000000Z").expect("a calendar");
    assert_eq!(
        shown(&calendar.times),
        [
            // Lord Howe: +10:30, and +11 from 4 October at 02:00.
            "20261001T2130/20261002T2330",
            "20261005T2100/20261006T2300",
            "20261009T0000/20261009T0045",
            "20261009T0200/20261009T0230",
        ]
    );
    assert_eq!((calendar.events, calendar.name.as_deref()), (1, Some("Personal")));
}

#[test]
fn files_of_fastmail() {
    let calendar =
        read_in(FASTMAIL, kolkata(), "20261001T000000Z", "20261201T000000Z").expect("a calendar");
    assert_eq!(
        shown(&calendar.times),
        [
            // Newfoundland: -02:30, and -03:30 from 1 November at 02:00.
            "20261101T0030/20261101T0430",
            "20261102T1200/20261102T1230",
            "20261108T0130/20261108T0530",
        ]
    );
    assert_eq!(calendar.skipped.replaced, 1);
}

#[test]
fn files_of_a_scheduling_service() {
    let calendar =
        read_in(SCHEDULER, kolkata(), "20261201T000000Z", "20261208T000000Z").expect("a calendar");
    assert_eq!(
        shown(&calendar.times),
        ["20261201T0900/20261201T1000", "20261202T0900/20261202T1000",]
    );
    let skipped = Skipped { cancelled: 1, replaced: 1, ..Skipped::default() };
    assert_eq!(calendar.skipped, skipped);
}
