//! Texts about external calendars, which we read, and calendar feeds, which other programs read.

use chrono::{DateTime, Utc};
use nadi::failure::{Field, FieldProblem, Problem};
use nadi::ical::{Warning, WarningReason};
use nadi::ports::{BusyRead, FetchFault};

/// `just now`, `5 hours ago`, `yesterday`, `3 days ago`. No time zone is needed.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (now - at).num_minutes();
    match (minutes, minutes / 60, minutes / (24 * 60)) {
        (..2, ..) => "just now".into(),
        (..90, ..) => format!("{minutes} minutes ago"),
        (_, ..24, _) => format!("{} hours ago", (minutes + 30) / 60),
        (_, _, 1) => "a day ago".into(),
        (_, _, days) => format!("{days} days ago"),
    }
}

/// `Read 5 hours ago: 12 busy times ahead.`
pub fn read(at: Option<DateTime<Utc>>, times_ahead: i64, now: DateTime<Utc>) -> String {
    let Some(at) = at else { return "Not read yet.".into() };
    let times = match times_ahead {
        0 => "no busy times ahead".to_owned(),
        1 => "1 busy time ahead".to_owned(),
        many => format!("{many} busy times ahead"),
    };
    format!("Read {}: {times}.", ago(at, now))
}

/// Why a calendar could not be fetched or read, and that the last known times stay in use.
pub fn fault(fault: FetchFault) -> String {
    let what = match fault {
        FetchFault::NotPublic => "its address is not on the public internet.".to_owned(),
        FetchFault::NoAnswer => "nobody answers there.".to_owned(),
        FetchFault::TooManyRedirects => "its address leads on and on.".to_owned(),
        FetchFault::Status(401 | 403) => "we are not allowed to read it there.".to_owned(),
        FetchFault::Status(404 | 410) => "there is nothing at its address any more.".to_owned(),
        FetchFault::Status(status) => format!("the other side answers with {status}."),
        FetchFault::TooLarge => "it is larger than what we read.".to_owned(),
        FetchFault::Malformed { line, reason } => {
            format!("line {line} {}.", super::calendar_fault(reason))
        }
    };
    format!("The last try did not work: {what} What was read before still counts.")
}

/// The result of adding a calendar.
pub fn found(read: &BusyRead) -> String {
    let times = match read.times {
        0 => "We found no busy times ahead in it.".to_owned(),
        1 => "We found 1 busy time ahead.".to_owned(),
        many => format!("We found {many} busy times ahead."),
    };
    let removed = match read.times_removed {
        0 => String::new(),
        1 => " 1 free time is no longer offered.".to_owned(),
        many => format!(" {many} free times are no longer offered."),
    };
    let way = match read.conflicts {
        0 => String::new(),
        number => format!(" {}", super::schedules::conflicts(number)),
    };
    format!("{times}{removed}{way}")
}

/// A warning about a line that was ignored, or read in a way that the user should know of.
pub fn warning(found: Warning) -> String {
    let what = match found.reason {
        WarningReason::NotALine => "is not written as lines of a calendar are. We left it out.",
        WarningReason::Exception => {
            "leaves out or changes a date of a series in a way we cannot read. That date stays busy."
        }
        WarningReason::Repeated => "says a second time when an event is. We used the first.",
        WarningReason::RulePart => {
            "has a part of a repeat rule that we do not know. The event may block more times than it takes."
        }
        WarningReason::WithoutTime => "begins a message that does not say when the event is.",
        WarningReason::FarAway => {
            "cannot be read. It belongs to an event that is long over or far ahead, so we left it out."
        }
        WarningReason::ZoneDefinition => {
            "describes a time zone in a way we cannot read. We used what we know of the zone of this name."
        }
        WarningReason::ZoneOfCalendar => {
            "uses a time zone that the file does not describe. We read its times in the time zone of the calendar."
        }
        WarningReason::ZoneOfPlace => {
            "uses a time zone that the file does not describe. We read its times in the time zone of the main location."
        }
    };
    format!("Line {} {what}", found.line)
}

/// `And 3 more lines.`
pub fn more_warnings(more: usize) -> Option<String> {
    match more {
        0 => None,
        1 => Some("And 1 more line.".into()),
        many => Some(format!("And {many} more lines.")),
    }
}

/// The text for a file that is too large.
pub fn too_large() -> String {
    let megabytes = nadi::ical::FILE_BYTES_MAX / (1024 * 1024);
    format!("This file is larger than {megabytes} MB. Export a shorter period and send it again.")
}

/// A problem with an uploaded file or the address of a calendar.
pub fn problem(found: &FieldProblem, is_file: bool) -> String {
    match (found.field, found.problem, is_file) {
        (Field::Calendar, Problem::Missing, true) => "Choose a calendar file first.".into(),
        (Field::Calendar, Problem::Missing, false) => "Enter the address of the calendar.".into(),
        (Field::Calendar, Problem::TooLong(_), true) => {
            "This file is larger than what we read.".into()
        }
        (Field::Calendar, Problem::Unknown, _) => {
            "We could not fetch this calendar. Check the address, or try again later.".into()
        }
        (Field::Lines, ..) => {
            "There are as many calendars as there can be. Remove one first.".into()
        }
        _ => super::field_problem(found),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_skipped_line_is_reported_in_a_sentence() {
        for reason in WarningReason::ALL {
            let said = warning(Warning { line: 7, reason });
            assert!(said.starts_with("Line 7 ") && said.ends_with('.'), "{said}");
        }
        assert_eq!(more_warnings(0), None);
        assert_eq!(more_warnings(2).as_deref(), Some("And 2 more lines."));
        assert!(too_large().contains("16 MB"));
    }

    use chrono::Duration;
    use nadi::failure::CalendarFault;

    use super::*;

    #[test]
    fn elapsed_time_needs_no_zone() {
        let now = DateTime::<Utc>::UNIX_EPOCH + Duration::days(20_000);
        let said = |minutes| ago(now - Duration::minutes(minutes), now);
        assert_eq!(said(0), "just now");
        assert_eq!(said(60), "60 minutes ago");
        assert_eq!(said(300), "5 hours ago");
        assert_eq!(said(24 * 60 + 5), "a day ago");
        assert_eq!(said(3 * 24 * 60), "3 days ago");
    }

    #[test]
    fn faults_are_sentences() {
        let malformed = FetchFault::Malformed { line: 7, reason: CalendarFault::BadValue };
        for one in
            [FetchFault::NotPublic, FetchFault::Status(404), FetchFault::Status(500), malformed]
        {
            let said = fault(one);
            assert!(said.ends_with('.') && !said.to_lowercase().contains("error"), "{said}");
        }
        assert!(fault(malformed).contains("line 7 has a date, time or length that is none."));
    }
}
