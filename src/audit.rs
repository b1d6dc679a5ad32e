//! The audit log: who did what, and who has seen what about patients.
//!
//! An entry has ids, never names or texts: whoever reads the log learns nothing about a patient that they do not know
//! already, and deleting a person leaves the log as it is. What was done is recorded from the [events](crate::events);
//! what was seen is recorded by the use case that shows it.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What somebody has seen, or taken away as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Viewed {
    /// One appointment, with the patient's name.
    Appointment,
    /// A list of appointments of a doctor or clinic.
    Appointments,
    /// Some days of the doctor's own calendar.
    Calendar,
    /// The appointments that stand in the way of opening hours, or that a change would leave without any.
    ScheduleConflicts,
    /// Reviews with what only the clinic sees of them.
    Reviews,
    /// Everything that is stored about an account, by its owner.
    AccountExport,
    AuditLog,
}

impl Viewed {
    pub const ALL: [Self; 7] = [
        Self::Appointment,
        Self::Appointments,
        Self::Calendar,
        Self::ScheduleConflicts,
        Self::Reviews,
        Self::AccountExport,
        Self::AuditLog,
    ];

    /// The action in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Appointment => "appointment.viewed",
            Self::Appointments => "appointments.viewed",
            Self::Calendar => "calendar.viewed",
            Self::ScheduleConflicts => "schedule_conflicts.viewed",
            Self::Reviews => "reviews.viewed",
            Self::AccountExport => "account.exported",
            Self::AuditLog => "audit_log.viewed",
        }
    }
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// A type of event, or what was [viewed](Viewed).
    pub action: String,
    /// In which role it was done.
    pub role: String,
    /// By which account; `None` for a visitor and for the platform itself.
    pub account: Option<Uuid>,
    /// What it was done to, or what was seen.
    pub subjects: Vec<Uuid>,
    pub request: Option<Uuid>,
    /// To the microsecond.
    pub occurred_at: DateTime<Utc>,
}

impl Entry {
    /// The text that is hashed: one line for each field, so that different entries never have the same text.
    pub fn canonical_text(&self, position: i64) -> String {
        let mut text = format!(
            "{position}\n{}\n{}\n{}\n{}\n{}\n",
            self.occurred_at.timestamp_micros(),
            self.action,
            self.role,
            self.account.map(|id| id.to_string()).unwrap_or_default(),
            self.request.map(|id| id.to_string()).unwrap_or_default(),
        );
        for subject in &self.subjects {
            let _ = writeln!(text, "{subject}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            action: "appointment.cancelled".to_owned(),
            role: "receptionist".to_owned(),
            account: Some(Uuid::from_u128(1)),
            subjects: vec![Uuid::from_u128(2)],
            request: Some(Uuid::from_u128(3)),
            occurred_at: DateTime::from_timestamp_micros(1_800_000_000_000_001).expect("a time"),
        }
    }

    #[test]
    fn every_field_is_part_of_the_text() {
        let text = |change: fn(&mut Entry)| {
            let mut entry = entry();
            change(&mut entry);
            entry.canonical_text(7)
        };
        let changed = [
            text(|_| {}),
            entry().canonical_text(8),
            text(|e| e.action.push('x')),
            text(|e| e.role.push('x')),
            text(|e| e.account = None),
            text(|e| (e.account, e.request) = (None, e.account)),
            text(|e| e.request = None),
            text(|e| e.subjects.clear()),
            text(|e| e.subjects.push(Uuid::nil())),
            text(|e| e.occurred_at += chrono::Duration::microseconds(1)),
        ];
        for (number, one) in changed.iter().enumerate() {
            assert!(!changed[..number].contains(one), "{number}: {one}");
        }
    }

    #[test]
    fn the_text_is_as_documented() {
        assert_eq!(
            entry().canonical_text(7),
            "7\n1800000000000001\nappointment.cancelled\nreceptionist\n\
             00000000-0000-0000-0000-000000000001\n00000000-0000-0000-0000-000000000003\n\
             00000000-0000-0000-0000-000000000002\n"
        );
    }
}
