//! The words of the audit log.

use nadi::audit::Viewed;
use nadi::events::EventType;

use crate::i18n::text;

/// Actions that are never in the log: the platform derives them by itself.
const UNRECORDED: [&str; 2] = ["listing.changed", "busy_calendar.read"];

/// All actions that the log may have.
pub fn actions() -> Vec<String> {
    let events = EventType::all().map(|kind| kind.to_string());
    let viewed = Viewed::ALL.into_iter().map(|viewed| viewed.as_str().to_owned());
    events.chain(viewed).filter(|action| !UNRECORDED.contains(&action.as_str())).collect()
}

/// An action in words; one that only a newer release knows, as it is stored.
pub fn action(action: &str) -> String {
    match action {
        "appointment.held" => text!("audit-action-appointment-held"),
        "appointment.code_requested" => text!("audit-action-appointment-code-requested"),
        "appointment.extended" => text!("audit-action-appointment-extended"),
        "appointment.confirmed" => text!("audit-action-appointment-confirmed"),
        "appointment.rescheduled" => text!("audit-action-appointment-rescheduled"),
        "appointment.cancelled" => text!("audit-action-appointment-cancelled"),
        "appointment.released" => text!("audit-action-appointment-released"),
        "appointment.expired" => text!("audit-action-appointment-expired"),
        "appointment.checked_in" => text!("audit-action-appointment-checked-in"),
        "appointment.completed" => text!("audit-action-appointment-completed"),
        "appointment.no_show" => text!("audit-action-appointment-no-show"),
        "appointment.reopened" => text!("audit-action-appointment-reopened"),
        "account.registered" => text!("audit-action-account-registered"),
        "account.email_verified" => text!("audit-action-account-email-verified"),
        "account.made_administrator" => text!("audit-action-account-made-administrator"),
        "account.made_auditor" => text!("audit-action-account-made-auditor"),
        "account.language_changed" => text!("audit-action-account-language-changed"),
        "account.renamed" => text!("audit-action-account-renamed"),
        "account.email_changed" => text!("audit-action-account-email-changed"),
        "account.sign_in_changed" => text!("audit-action-account-sign-in-changed"),
        "account.signed_out" => text!("audit-action-account-signed-out"),
        "account.factor_reset_requested" => {
            text!("audit-action-account-factor-reset-requested")
        }
        "account.factor_reset_withdrawn" => {
            text!("audit-action-account-factor-reset-withdrawn")
        }
        "account.factors_reset" => text!("audit-action-account-factors-reset"),
        "account.joined" => text!("audit-action-account-joined"),
        "account.left" => text!("audit-action-account-left"),
        "account.deleted" => text!("audit-action-account-deleted"),
        "account.code_requested" => text!("audit-action-account-code-requested"),
        "account.invited" => text!("audit-action-account-invited"),
        "account.invitation_withdrawn" => text!("audit-action-account-invitation-withdrawn"),
        "person.added" => text!("audit-action-person-added"),
        "person.removed" => text!("audit-action-person-removed"),
        "person.corrected" => text!("audit-action-person-corrected"),
        "schedule.changed" => text!("audit-action-schedule-changed"),
        "doctor.added" => text!("audit-action-doctor-added"),
        "doctor.changed" => text!("audit-action-doctor-changed"),
        "location.added" => text!("audit-action-location-added"),
        "location.changed" => text!("audit-action-location-changed"),
        "clinic.holidays_changed" => text!("audit-action-clinic-holidays-changed"),
        "review.written" => text!("audit-action-review-written"),
        "review.changed" => text!("audit-action-review-changed"),
        "review.withdrawn" => text!("audit-action-review-withdrawn"),
        "review.answered" => text!("audit-action-review-answered"),
        "review.hidden" => text!("audit-action-review-hidden"),
        "review.shown" => text!("audit-action-review-shown"),
        "feed.added" => text!("audit-action-feed-added"),
        "feed.changed" => text!("audit-action-feed-changed"),
        "feed.removed" => text!("audit-action-feed-removed"),
        "busy_calendar.added" => text!("audit-action-busy-calendar-added"),
        "busy_calendar.removed" => text!("audit-action-busy-calendar-removed"),
        "appointment.viewed" => text!("audit-action-appointment-viewed"),
        "appointments.viewed" => text!("audit-action-appointments-viewed"),
        "calendar.viewed" => text!("audit-action-calendar-viewed"),
        "schedule_conflicts.viewed" => text!("audit-action-schedule-conflicts-viewed"),
        "reviews.viewed" => text!("audit-action-reviews-viewed"),
        "account.exported" => text!("audit-action-account-exported"),
        "audit_log.viewed" => text!("audit-action-audit-log-viewed"),
        _ => action.to_owned(),
    }
}

/// A role in a word.
pub fn role(role: &str) -> String {
    match role {
        "patient" => text!("audit-role-patient"),
        "doctor" => text!("audit-role-doctor"),
        "receptionist" => text!("audit-role-receptionist"),
        "administrator" => text!("audit-role-administrator"),
        "auditor" => text!("audit-role-auditor"),
        "system" => text!("audit-role-system"),
        _ => role.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_words() {
        for action in actions() {
            assert!(!super::action(&action).contains('.'), "{action}");
        }
        assert_eq!(super::action("some.thing"), "some.thing");
    }
}
