//! Which notifications an event causes, and for whom.
//!
//! Not for: the words (`app`), or sending them (`server`).

use crate::appointment;
use crate::events::EventType;

/// The content of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// The code that confirms a hold.
    Code,
    Confirmed,
    Moved,
    Cancelled,
}

impl Template {
    pub const ALL: [Self; 4] = [Self::Code, Self::Confirmed, Self::Moved, Self::Cancelled];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Confirmed => "confirmed",
            Self::Moved => "moved",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.as_str() == word)
    }
}

/// The content of a message about an account. It is queued by the change itself, not planned from an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountTemplate {
    /// The code that proves an address. Data: `purpose` (a [`crate::ports::ProofPurpose`]) and `counter`.
    Code,
    /// Data: `clinic`, for doctors `doctor`, and the name of the `inviter` if it is told.
    Invitation,
    /// To the old address.
    EmailChanged,
    /// Data: `what` has changed, a [`SignInChange`].
    SignInChanged,
    AccountDeleted,
}

impl AccountTemplate {
    pub const ALL: [Self; 5] = [
        Self::Code,
        Self::Invitation,
        Self::EmailChanged,
        Self::SignInChanged,
        Self::AccountDeleted,
    ];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "account_code",
            Self::Invitation => "invitation",
            Self::EmailChanged => "email_changed",
            Self::SignInChanged => "sign_in_changed",
            Self::AccountDeleted => "account_deleted",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.as_str() == word)
    }
}

/// What has changed in how an account is signed in to, or read without signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInChange {
    Password,
    PasskeyAdded,
    PasskeyRemoved,
    AuthenticatorAdded,
    AuthenticatorRemoved,
    RecoveryCodes,
    ApiKey,
    CalendarLink,
    /// The operator has ended all sessions and keys.
    SignedOut,
    /// The operator was asked to take away all second factors, and will after a time to object.
    FactorResetRequested,
    FactorsReset,
}

impl SignInChange {
    pub const ALL: [Self; 11] = [
        Self::Password,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::AuthenticatorAdded,
        Self::AuthenticatorRemoved,
        Self::RecoveryCodes,
        Self::ApiKey,
        Self::CalendarLink,
        Self::SignedOut,
        Self::FactorResetRequested,
        Self::FactorsReset,
    ];

    /// The word in a message's data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::AuthenticatorAdded => "authenticator_added",
            Self::AuthenticatorRemoved => "authenticator_removed",
            Self::RecoveryCodes => "recovery_codes",
            Self::ApiKey => "api_key",
            Self::CalendarLink => "calendar_link",
            Self::SignedOut => "signed_out",
            Self::FactorResetRequested => "factor_reset_requested",
            Self::FactorsReset => "factors_reset",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.as_str() == word)
    }
}

/// Who is notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// The account that booked the appointment.
    Booker,
}

/// The channel of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Email,
}

impl Channel {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
        }
    }
}

/// A notification to one recipient on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlannedNotification {
    pub recipient: Recipient,
    pub channel: Channel,
    pub template: Template,
}

/// The notifications that an event causes. `needs_code`: the patient must confirm with a code; not needed if the
/// address was verified before and the configuration accepts that.
pub fn planned_notifications(event: EventType, needs_code: bool) -> Vec<PlannedNotification> {
    use appointment::Event;
    let EventType::Appointment(event) = event else { return Vec::new() };
    let template = match event {
        Event::Held if needs_code => Template::Code,
        Event::CodeRequested => Template::Code,
        Event::Confirmed => Template::Confirmed,
        Event::Rescheduled => Template::Moved,
        Event::Cancelled => Template::Cancelled,
        Event::Held
        | Event::Extended
        | Event::CheckedIn
        | Event::Completed
        | Event::NoShow
        | Event::Reopened
        | Event::Released
        | Event::Expired => return Vec::new(),
    };
    vec![PlannedNotification { recipient: Recipient::Booker, channel: Channel::Email, template }]
}

/// The types of events that may cause notifications.
pub fn notified_types() -> impl Iterator<Item = EventType> {
    EventType::all().filter(|kind| !planned_notifications(*kind, true).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_templates_differ() {
        let mut words: Vec<&str> = Template::ALL.iter().map(|one| one.as_str()).collect();
        words.extend(AccountTemplate::ALL.iter().map(|one| one.as_str()));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Template::ALL.len() + AccountTemplate::ALL.len());
        assert!(AccountTemplate::ALL.iter().all(|one| Template::parse(one.as_str()).is_none()));
        assert!(
            SignInChange::ALL.iter().all(|one| SignInChange::parse(one.as_str()) == Some(*one))
        );
    }

    #[test]
    fn a_code_is_sent_only_where_one_is_needed() {
        let held = EventType::Appointment(appointment::Event::Held);
        assert_eq!(
            planned_notifications(held, true).first().map(|planned| planned.template),
            Some(Template::Code)
        );
        assert_eq!(planned_notifications(held, false), []);
        let again = EventType::Appointment(appointment::Event::CodeRequested);
        assert!(
            !planned_notifications(again, false).is_empty(),
            "whoever asks for a code gets one"
        );
        assert_eq!(notified_types().count(), 5);
    }
}
