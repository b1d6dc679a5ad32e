//! Texts about external calendars, which we read, and calendar feeds, which other programs read.

use chrono::{DateTime, Utc};
use nadi::failure::{Field, FieldProblem, Problem};
use nadi::ical::{Warning, WarningReason};
use nadi::ports::{BusyRead, FetchFault};

use crate::i18n::text;

/// `just now`, `5 hours ago`, `3 days ago`, inside a sentence. No time zone is needed.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (now - at).num_minutes();
    match (minutes, minutes / 60, minutes / (24 * 60)) {
        (..2, ..) => text!("ago-now"),
        (..90, ..) => text!("ago-minutes", count = minutes),
        (_, ..24, _) => text!("ago-hours", count = (minutes + 30) / 60),
        (_, _, days) => text!("ago-days", count = days),
    }
}

/// `Last updated 5 hours ago. 12 upcoming busy times.`
pub fn read(at: Option<DateTime<Utc>>, times_ahead: i64, now: DateTime<Utc>) -> String {
    match at {
        Some(at) => text!("connection-updated", count = times_ahead, ago = ago(at, now)),
        None => text!("connection-not-updated"),
    }
}

/// Why a calendar could not be fetched or read, and that the last known times stay in use.
pub fn fault(fault: FetchFault) -> String {
    let reason = match fault {
        FetchFault::NotPublic => text!("connection-fault-not-public"),
        FetchFault::NoAnswer => text!("connection-fault-no-answer"),
        FetchFault::TooManyRedirects => text!("connection-fault-redirects"),
        FetchFault::Status(401 | 403) => text!("connection-fault-not-allowed"),
        FetchFault::Status(404 | 410) => text!("connection-fault-not-found"),
        FetchFault::Status(status) => text!("connection-fault-status", status),
        FetchFault::TooLarge => text!("connection-fault-too-large"),
        FetchFault::Malformed { line, reason } => super::calendar_fault(line, reason),
    };
    text!("connection-fault", reason)
}

/// The result of adding a calendar, in sentences.
pub fn found(read: &BusyRead) -> Vec<String> {
    let mut said = vec![text!("connection-found", count = read.times)];
    if read.times_removed > 0 {
        said.push(text!("connection-found-removed", count = read.times_removed));
    }
    if read.conflicts > 0 {
        said.push(text!("connection-found-conflicts", count = read.conflicts));
    }
    said
}

/// A warning about a line that was ignored, or read in a way that the user should know of.
pub fn warning(found: Warning) -> String {
    let line = found.line;
    match found.reason {
        WarningReason::NotALine => text!("connection-warning-not-a-line", line),
        WarningReason::Exception => text!("connection-warning-exception", line),
        WarningReason::Repeated => text!("connection-warning-repeated", line),
        WarningReason::RulePart => text!("connection-warning-rule-part", line),
        WarningReason::WithoutTime => text!("connection-warning-without-time", line),
        WarningReason::FarAway => text!("connection-warning-far-away", line),
        WarningReason::ZoneDefinition => text!("connection-warning-zone-definition", line),
        WarningReason::ZoneOfCalendar => text!("connection-warning-zone-of-calendar", line),
        WarningReason::ZoneOfPlace => text!("connection-warning-zone-of-place", line),
    }
}

/// `And 3 more lines.`
pub fn more_warnings(more: usize) -> Option<String> {
    (more > 0).then(|| text!("connection-warnings-more", count = more))
}

/// The text for a file that is too large.
pub fn too_large() -> String {
    let megabytes = nadi::ical::FILE_BYTES_MAX / (1024 * 1024);
    text!("connection-problem-file-larger", megabytes)
}

/// A problem with an uploaded file or the address of a calendar.
pub fn problem(found: &FieldProblem, is_file: bool) -> String {
    match (found.field, found.problem, is_file) {
        (Field::Calendar, Problem::Missing, true) => text!("connection-problem-file-missing"),
        (Field::Calendar, Problem::Missing, false) => text!("connection-problem-link-missing"),
        (Field::Calendar, Problem::TooLong(_), true) => text!("connection-problem-file-too-large"),
        (Field::Calendar, Problem::Unknown, _) => text!("connection-problem-not-read"),
        (Field::Lines, ..) => text!("connection-problem-too-many"),
        _ => super::field_problem(found),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_skipped_line_is_reported_in_a_sentence() {
        for reason in WarningReason::ALL {
            let said = warning(Warning { line: 7, reason });
            assert!(said.to_lowercase().contains("line 7") && said.ends_with('.'), "{said}");
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
        assert_eq!(said(24 * 60 + 5), "1 day ago");
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
        assert!(fault(malformed).contains(" Line 7 has "), "{}", fault(malformed));
    }

    #[test]
    fn what_was_found_is_said_without_what_did_not_happen() {
        let read = |times, times_removed, conflicts| BusyRead {
            times,
            times_removed,
            conflicts,
            ..BusyRead::default()
        };
        assert_eq!(found(&read(0, 0, 0)), ["No upcoming busy times found."]);
        assert_eq!(
            found(&read(12, 1, 0)),
            ["12 upcoming busy times found.", "1 free slot removed."]
        );
        assert_eq!(found(&read(12, 1, 2)).len(), 3);
    }
}
