//! Small files that were once read wrongly, each with the right result.

use std::collections::HashSet;

use super::*;

macro_rules! case {
    ($name:literal) => {
        include_bytes!(concat!("../samples/cases/", $name, ".ics")).as_slice()
    };
}

fn read_case(bytes: &[u8]) -> BusyCalendar {
    busy_times(bytes, Zone::named("Europe/Berlin"), at("20261001T000000Z"), at("20271001T000000Z"))
        .expect("a calendar")
}

#[test]
fn each_case_is_read_correctly() {
    for (bytes, right) in [
        (
            case!("hours-in-rule-of-days"),
            // RFC 5545, 3.3.10: BYHOUR is ignored when DTSTART is a date. Four whole days that touch.
            vec!["20261130T2300/20261204T2300"],
        ),
        (case!("end-beside-duration"), vec!["20261201T0800/20261201T0900"]),
        (case!("end-without-zone-behind"), vec!["20261201T1400/20261201T1500"]),
        (case!("end-without-zone-ahead"), vec!["20261201T0330/20261201T0430"]),
        (case!("shared-uid"), vec!["20261201T0900/20261201T1000", "20261202T0900/20261202T1000"]),
        (case!("broken-definition-of-known-zone"), vec!["20261201T0430/20261201T0530"]),
        (case!("definition-newer-than-database"), vec!["20261201T1700/20261201T1800"]),
        (case!("customized-time-zone"), vec!["20261201T0800/20261201T0900"]),
        (
            case!("count-and-until"),
            vec![
                "20261201T0900/20261201T1000",
                "20261202T0900/20261202T1000",
                "20261203T0900/20261203T1000",
            ],
        ),
        (case!("rrule-empty"), vec!["20261201T0900/20261201T1000"]),
        (case!("property-without-value"), vec!["20261201T0900/20261201T1000"]),
        (case!("utf16"), vec!["20261201T0900/20261201T1000"]),
    ] {
        assert_eq!(shown(&read_case(bytes).times), right, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn skipped_lines_are_reported() {
    let named = |bytes| {
        let warnings = read_case(bytes).warnings;
        assert_eq!(warnings.more, 0);
        warnings.lines.iter().map(|warnings| (warnings.line, warnings.reason)).collect::<Vec<_>>()
    };
    let bad_zone = named(case!("broken-definition-of-known-zone"));
    assert_eq!(bad_zone, [(7, WarningReason::ZoneDefinition)]);
    assert_eq!(named(case!("customized-time-zone")), [(7, WarningReason::ZoneOfPlace)]);
    assert_eq!(named(case!("property-without-value")), [(7, WarningReason::NotALine)]);
    assert_eq!(named(case!("shared-uid")), []);
}

#[test]
fn our_own_appointments_do_not_block() {
    let read = || ReadCalendar::read(case!("own-appointments"), &[]).expect("a calendar");
    let uids: Vec<_> = read().uids().map(str::to_owned).collect();
    assert_eq!(uids.len(), 5);
    assert!(uids.iter().all(|uid| appointment_of(uid).is_some()), "{uids:?}");
    let busy = |own: HashSet<String>| {
        let (from, until) = (at("20261001T000000Z"), at("20271001T000000Z"));
        let reading = Reading { zone: Zone::named("Europe/Berlin"), from, until, own: &own };
        read().busy_times(&reading).expect("a calendar")
    };
    let all = busy(uids.iter().cloned().collect());
    assert_eq!((all.times.len(), all.skipped.own), (0, 5));
    // Appointments of another doctor or another installation do block.
    let some = busy(uids.into_iter().skip(1).collect());
    assert_eq!(shown(&some.times), ["20261031T0430/20261031T0450"]);
}
