//! The event log: the types of events and the data of each.
//!
//! An event is written in the transaction of the change that it reports, and is never changed. Its data has no
//! names, addresses or codes, only identifiers. `docs/events` holds a JSON Schema of each type, made from
//! here ([`schema`]).
//!
//! Not for: deciding who is notified ([`crate::notification`]), reading and writing the log (`server`).

pub mod schema;

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::appointment::{self, State};
use crate::ids::{
    AccountId, BusyCalendarId, ClinicId, DoctorId, FeedId, LocationId, PersonId, ReviewId, SlotId,
};
use crate::visit::Mode;

/// The version of the data types in this module. Events of version 1 were written when the log had only appointments;
/// rely only on their type and envelope.
pub const SCHEMA_VERSION: i16 = 2;

/// The type of an event: the kind of its subject and what happened to it, such as `appointment.held`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    Appointment(appointment::Event),
    Account(AccountEvent),
    Person(PersonEvent),
    Schedule(ScheduleEvent),
    Doctor(DoctorEvent),
    Listing(ListingEvent),
    Location(LocationEvent),
    Clinic(ClinicEvent),
    Review(ReviewEvent),
    Feed(FeedEvent),
    BusyCalendar(BusyCalendarEvent),
}

macro_rules! event_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

event_words!(/// An account that signs in.
AccountEvent {
    Registered = "account.registered",
    /// Its e-mail address was verified by a code.
    EmailVerified = "account.email_verified",
    /// It administers every clinic from now on.
    MadeAdministrator = "account.made_administrator",
    /// It may read the audit log from now on.
    MadeAuditor = "account.made_auditor",
    /// Another language was chosen for messages to it.
    LanguageChanged = "account.language_changed",
    /// Its owner's name was changed.
    Renamed = "account.renamed",
    /// It has another e-mail address, which was proven.
    EmailChanged = "account.email_changed",
    /// A password, passkey or authenticator app was added, changed or removed.
    SignInChanged = "account.sign_in_changed",
    /// The operator has ended all its sessions, and revoked its personal keys.
    SignedOut = "account.signed_out",
    /// Somebody has asked the operator to take away its second factors; its owner was told, and may object.
    FactorResetRequested = "account.factor_reset_requested",
    /// That was withdrawn.
    FactorResetWithdrawn = "account.factor_reset_withdrawn",
    /// The operator has taken away its second factors.
    FactorsReset = "account.factors_reset",
    /// It became a doctor's, an administrator's or a receptionist's by an invitation.
    Joined = "account.joined",
    /// It is no longer a doctor's, or no longer an administrator's or receptionist's of a clinic.
    Left = "account.left",
    /// Its people and its address were deleted.
    Deleted = "account.deleted",
    /// A code was sent to an address; the subject is the proof of the address.
    CodeRequested = "account.code_requested",
    /// An invitation was sent; the subject is the invitation.
    Invited = "account.invited",
    /// An invitation was withdrawn before it was accepted; the subject is the invitation.
    InvitationWithdrawn = "account.invitation_withdrawn",
});
event_words!(/// A person an account books for.
PersonEvent {
    Added = "person.added",
    Removed = "person.removed",
    /// The name or birth date was corrected.
    Corrected = "person.corrected",
});
event_words!(/// A doctor's slots; the subject is the doctor.
ScheduleEvent {
    Changed = "schedule.changed",
});
event_words!(/// A doctor's profile, and whether patients find it.
DoctorEvent {
    Added = "doctor.added",
    Changed = "doctor.changed",
});
event_words!(/// A doctor's entry in the search; the subject is the doctor.
ListingEvent {
    Changed = "listing.changed",
});
event_words!(/// A location of a clinic.
LocationEvent {
    Added = "location.added",
    Changed = "location.changed",
});
event_words!(/// A clinic's own settings.
ClinicEvent {
    HolidaysChanged = "clinic.holidays_changed",
});
event_words!(/// A review of a visit.
ReviewEvent {
    Written = "review.written",
    Changed = "review.changed",
    Withdrawn = "review.withdrawn",
    /// The doctor has answered, or changed or removed the answer.
    Answered = "review.answered",
    /// An administrator has hidden it from patients, or shows it again.
    Hidden = "review.hidden",
    Shown = "review.shown",
});
event_words!(/// A secret address at which a calendar program reads appointments.
FeedEvent {
    Added = "feed.added",
    /// Its alarm was changed.
    Changed = "feed.changed",
    Removed = "feed.removed",
});
event_words!(/// An external calendar whose events make a doctor busy.
BusyCalendarEvent {
    Added = "busy_calendar.added",
    /// Its busy times were read and have changed.
    Read = "busy_calendar.read",
    Removed = "busy_calendar.removed",
});

impl EventType {
    /// All types.
    pub fn all() -> impl Iterator<Item = Self> {
        let appointments = appointment::Event::ALL.into_iter().map(Self::Appointment);
        appointments
            .chain(AccountEvent::ALL.iter().copied().map(Self::Account))
            .chain(PersonEvent::ALL.iter().copied().map(Self::Person))
            .chain(ScheduleEvent::ALL.iter().copied().map(Self::Schedule))
            .chain(DoctorEvent::ALL.iter().copied().map(Self::Doctor))
            .chain(ListingEvent::ALL.iter().copied().map(Self::Listing))
            .chain(LocationEvent::ALL.iter().copied().map(Self::Location))
            .chain(ClinicEvent::ALL.iter().copied().map(Self::Clinic))
            .chain(ReviewEvent::ALL.iter().copied().map(Self::Review))
            .chain(FeedEvent::ALL.iter().copied().map(Self::Feed))
            .chain(BusyCalendarEvent::ALL.iter().copied().map(Self::BusyCalendar))
    }

    /// The type as stored in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Appointment(event) => event.as_str(),
            Self::Account(event) => event.as_str(),
            Self::Person(event) => event.as_str(),
            Self::Schedule(event) => event.as_str(),
            Self::Doctor(event) => event.as_str(),
            Self::Listing(event) => event.as_str(),
            Self::Location(event) => event.as_str(),
            Self::Clinic(event) => event.as_str(),
            Self::Review(event) => event.as_str(),
            Self::Feed(event) => event.as_str(),
            Self::BusyCalendar(event) => event.as_str(),
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::all().find(|kind| kind.as_str() == word)
    }

    /// What cached data an event makes outdated.
    pub fn outdates(self) -> Outdated {
        use AccountEvent as A;
        match self {
            Self::Appointment(appointment::Event::CodeRequested)
            | Self::Account(
                A::Registered
                | A::EmailVerified
                | A::MadeAdministrator
                | A::MadeAuditor
                | A::LanguageChanged
                | A::Renamed
                | A::EmailChanged
                | A::SignInChanged
                | A::SignedOut
                | A::FactorResetRequested
                | A::FactorResetWithdrawn
                | A::FactorsReset
                | A::Joined
                | A::Left
                | A::Deleted
                | A::CodeRequested
                | A::Invited
                | A::InvitationWithdrawn,
            )
            | Self::Person(_)
            | Self::Feed(_)
            | Self::BusyCalendar(_)
            // The slots are made again afterwards; each schedule that changes gets an event of its own.
            | Self::Clinic(_) => Outdated::Nothing,
            Self::Appointment(_) | Self::Schedule(_) => Outdated::Times,
            Self::Review(_) => Outdated::Profile,
            Self::Listing(_) => Outdated::Lists,
            Self::Doctor(_) | Self::Location(_) => Outdated::Everything,
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Cached data that an event makes outdated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outdated {
    Nothing,
    /// The doctor's free times and profile.
    Times,
    /// The doctor's profile, but not the free times.
    Profile,
    /// Lists of doctors.
    Lists,
    /// Names, places and lists of doctors, which any page may show.
    Everything,
}

/// An event to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub kind: EventType,
    /// The identifier of the subject, of the kind that the type begins with.
    pub subject: Uuid,
    /// The subject's version after the event, if it has versions.
    pub subject_version: Option<i32>,
    /// The doctor whose times or page it concerns.
    pub doctor: Option<DoctorId>,
    pub data: Data,
}

impl NewEvent {
    fn of(kind: EventType, subject: Uuid, doctor: Option<DoctorId>, data: Data) -> Self {
        Self { kind, subject, subject_version: None, doctor, data }
    }

    pub fn account(event: AccountEvent, account: AccountId) -> Self {
        Self::of(EventType::Account(event), account.0, None, Data::Nothing(NoData {}))
    }

    pub fn person(event: PersonEvent, person: PersonId, account: AccountId) -> Self {
        Self::of(EventType::Person(event), person.0, None, Data::Person(PersonData { account }))
    }

    pub fn schedule(doctor: DoctorId, version: Option<i32>, data: ScheduleData) -> Self {
        let kind = EventType::Schedule(ScheduleEvent::Changed);
        let event = Self::of(kind, doctor.0, Some(doctor), Data::Schedule(data));
        Self { subject_version: version, ..event }
    }

    pub fn doctor(event: DoctorEvent, doctor: DoctorId, version: i32, data: DoctorData) -> Self {
        let event = Self::of(EventType::Doctor(event), doctor.0, Some(doctor), Data::Doctor(data));
        Self { subject_version: Some(version), ..event }
    }

    pub fn listing_changed(doctor: DoctorId) -> Self {
        let kind = EventType::Listing(ListingEvent::Changed);
        Self::of(kind, doctor.0, Some(doctor), Data::Nothing(NoData {}))
    }

    pub fn location(
        event: LocationEvent,
        location: LocationId,
        version: i32,
        data: LocationData,
    ) -> Self {
        let event = Self::of(EventType::Location(event), location.0, None, Data::Location(data));
        Self { subject_version: Some(version), ..event }
    }

    pub fn holidays_changed(clinic: ClinicId) -> Self {
        let kind = EventType::Clinic(ClinicEvent::HolidaysChanged);
        Self::of(kind, clinic.0, None, Data::Nothing(NoData {}))
    }

    pub fn review(
        event: ReviewEvent,
        review: ReviewId,
        doctor: DoctorId,
        data: ReviewData,
    ) -> Self {
        Self::of(EventType::Review(event), review.0, Some(doctor), Data::Review(data))
    }

    pub fn feed(event: FeedEvent, feed: FeedId) -> Self {
        Self::of(EventType::Feed(event), feed.0, None, Data::Nothing(NoData {}))
    }

    pub fn busy_calendar(
        event: BusyCalendarEvent,
        calendar: BusyCalendarId,
        doctor: DoctorId,
    ) -> Self {
        let kind = EventType::BusyCalendar(event);
        Self::of(kind, calendar.0, Some(doctor), Data::Nothing(NoData {}))
    }
}

/// The data of an event, apart from its envelope.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Data {
    Appointment(AppointmentData),
    Schedule(ScheduleData),
    Doctor(DoctorData),
    Location(LocationData),
    Review(ReviewData),
    Person(PersonData),
    Nothing(NoData),
}

impl Data {
    /// Reads the data of an event of this type; a field that its schema does not have is an error.
    ///
    /// # Errors
    /// When the data does not have the expected fields.
    pub fn read<'de, D: Deserializer<'de>>(kind: EventType, from: D) -> Result<Self, D::Error> {
        Ok(match kind {
            EventType::Appointment(_) => Self::Appointment(AppointmentData::deserialize(from)?),
            EventType::Schedule(_) => Self::Schedule(ScheduleData::deserialize(from)?),
            EventType::Doctor(_) => Self::Doctor(DoctorData::deserialize(from)?),
            EventType::Location(_) => Self::Location(LocationData::deserialize(from)?),
            EventType::Review(_) => Self::Review(ReviewData::deserialize(from)?),
            EventType::Person(_) => Self::Person(PersonData::deserialize(from)?),
            EventType::Account(_)
            | EventType::Listing(_)
            | EventType::Clinic(_)
            | EventType::Feed(_)
            | EventType::BusyCalendar(_) => Self::Nothing(NoData::deserialize(from)?),
        })
    }
}

/// An appointment after the change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppointmentData {
    /// The account that booked it.
    pub account: AccountId,
    pub location: LocationId,
    pub mode: Mode,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The consecutive slots of the visit. Empty when they were deleted, years after the visit.
    pub slots: Vec<SlotId>,
    /// The capacity of each of these slots, and the number of free seats in the fullest. Of two simultaneous
    /// bookings of a slot for several people, each may be counted without the other. For one person, it is exact.
    pub capacity: i16,
    pub seats_left: i16,
    /// The number of the valid code; the first is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_counter: Option<i16>,
    /// For a move: the previous time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<FormerTime>,
    /// For an undone mark: the state that was undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<State>,
}

/// The previous time of a moved appointment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormerTime {
    pub location: LocationId,
    pub mode: Mode,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The IANA name of the location's zone.
    pub time_zone: String,
    pub slots: Vec<SlotId>,
    pub capacity: i16,
    pub seats_left: i16,
}

/// A change of a doctor's slots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleData {
    pub reason: ScheduleReason,
    /// The dates at the location on which slots were added, changed or withdrawn, sorted.
    pub days: Vec<NaiveDate>,
    pub slots_added: u64,
    pub slots_withdrawn: u64,
}

/// Why a doctor's slots have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleReason {
    /// A new schedule was saved.
    Saved,
    /// Slots were generated for a further day, or holidays, an external calendar or the rules of a time zone
    /// have changed.
    MadeAgain,
}

/// The part of a doctor's profile that readers of the log need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoctorData {
    pub clinic: ClinicId,
    /// `draft`, `listed` or `suspended`.
    pub status: String,
}

/// The clinic and the doctors of a location.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationData {
    pub clinic: ClinicId,
    /// For a change: the doctors who work there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doctors: Vec<DoctorId>,
}

/// The stars of a review. Its text is not in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewData {
    /// From 1 to 5.
    pub stars: i16,
}

/// The account of a dependant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonData {
    pub account: AccountId,
}

/// There is no data; the envelope has everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoData {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_type_has_a_unique_name_that_begins_with_its_subject() {
        let words: HashSet<&str> = EventType::all().map(EventType::as_str).collect();
        assert_eq!(words.len(), EventType::all().count());
        for kind in EventType::all() {
            assert_eq!(EventType::parse(kind.as_str()), Some(kind));
            assert_eq!(kind.as_str().split('.').count(), 2, "{kind}");
        }
        assert_eq!(EventType::parse("appointment.lost"), None);
    }

    #[test]
    fn every_event_that_changes_free_times_invalidates_them() {
        use appointment::Event;
        for event in Event::ALL {
            let expected = match event {
                Event::CodeRequested => Outdated::Nothing,
                _ => Outdated::Times,
            };
            assert_eq!(EventType::Appointment(event).outdates(), expected, "{}", event.as_str());
        }
    }
}
