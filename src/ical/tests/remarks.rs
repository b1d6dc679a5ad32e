//! Lines of a description that are not folded, as written by programs that do not escape line breaks, and text
//! after the end of a calendar.

use super::*;

fn times(file: &str) -> Result<Vec<String>, Malformed> {
    let read = read_in(file, UTC, "20270601T000000Z", "20270701T000000Z")?;
    Ok(shown(&read.times))
}

const HOUR: &str = "DTSTART:20270601T100000Z\nDURATION:PT1H";
const BUSY: &str = "20270601T1000/20270601T1100";

#[test]
fn begin_and_end_may_be_words_in_a_description() {
    for text in [
        "Begin: 09:00",
        "End: 11:00",
        "BEGIN: 09:00\nEND: 11:00",
        "End of the meeting",
        "Begin at nine",
        "End: Tuesday",
        "End:",
    ] {
        let file = calendar(&[&format!("DESCRIPTION:x\n{text}\n{HOUR}")]);
        assert_eq!(times(&file), Ok(vec![BUSY.to_owned()]), "{text}");
        let read = read_in(&file, UTC, "20270601T000000Z", "20270701T000000Z").expect(text);
        assert_eq!(read.warnings.lines[0].reason, WarningReason::NotALine, "{text}");
    }
    for broken in ["END:VALARM", "END VEVENT", "BEGIN VALARM", "BEGIN  vevent"] {
        let file = calendar(&[&format!("DESCRIPTION:x\n{broken}\n{HOUR}")]);
        assert!(times(&file).is_err(), "{broken}");
    }
}

#[test]
fn text_after_the_end_of_the_calendar_is_ignored() {
    for footer in ["END:VCALENDAR\n", "End: x\n", "-- \nEnd of message\n", "END:VEVENT\n"] {
        let file = format!("{}{footer}", calendar(&[HOUR]));
        assert_eq!(times(&file), Ok(vec![BUSY.to_owned()]), "{footer}");
    }
    let two = format!("{}END:VCALENDAR\n{}", calendar(&["DTSTART:20270602"]), calendar(&[HOUR]));
    assert_eq!(times(&two).map(|times| times.len()), Ok(2));
}

#[test]
fn broken_description_lines_do_not_hide_a_busy_time() {
    for text in ["Status: declined", "Status: cancelled", "Transp: transparent"] {
        let name = text.split(':').next().unwrap_or_default();
        let said = if name == "Transp" { "TRANSP:OPAQUE" } else { "STATUS:CONFIRMED" };
        for lines in [format!("{said}\n{text}"), format!("{text}\n{said}")] {
            let file = calendar(&[&format!("{HOUR}\n{lines}")]);
            assert_eq!(times(&file), Ok(vec![BUSY.to_owned()]), "{lines}");
        }
    }
    assert_eq!(times(&calendar(&[&format!("{HOUR}\nSTATUS:DECLINED")])), Ok(vec![]));
}
