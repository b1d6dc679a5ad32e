//! The caller of a request, and what they may do.
//!
//! Services check these before they touch anything; pages use them only to decide what to offer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::acting_role::ActingRole;
use crate::appointment::Command;
use crate::failure::Failure;
use crate::ids::{AccountId, ClinicId, DoctorId, PersonId};

/// One request: the actor, and the single `now` that all rules of the request use.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Actor,
    pub now: DateTime<Utc>,
    pub request_id: Uuid,
    /// The mark that this browser has got at its last sign-in, as it was sent: its tries are counted apart.
    pub device: Option<String>,
}

impl Caller {
    /// The signed-in account behind this request.
    ///
    /// # Errors
    /// [`Failure::SignInFirst`] for a visitor.
    pub fn signed_in(&self) -> Result<&SignedIn, Failure> {
        match &self.actor {
            Actor::Visitor(_) => Err(Failure::SignInFirst),
            Actor::Account(account) => Ok(account),
        }
    }

    /// Who owns what this request holds: the account, or the visitor.
    ///
    /// # Errors
    /// [`Failure::SignInFirst`] for a browser that has no visitor cookie.
    pub fn owner(&self) -> Result<Owner, Failure> {
        match &self.actor {
            Actor::Account(account) => {
                Ok(Owner { account: account.account, person: account.person, is_visitor: false })
            }
            Actor::Visitor(Some(visitor)) => {
                Ok(Owner { account: visitor.account, person: visitor.person, is_visitor: true })
            }
            Actor::Visitor(None) => Err(Failure::SignInFirst),
        }
    }

    /// In which role the caller sees an appointment, if any.
    pub fn acting_role_for(
        &self,
        booked_by: AccountId,
        doctor: DoctorId,
        clinic: ClinicId,
    ) -> Option<ActingRole> {
        match &self.actor {
            Actor::Account(account) => account.acting_role_for(booked_by, doctor, clinic),
            Actor::Visitor(visitor) => visitor.and_then(|visitor| visitor.role_for(booked_by)),
        }
    }

    /// In which role the caller may give a command, see [`SignedIn::acting_role_to`].
    pub fn acting_role_to(
        &self,
        command: Command,
        booked_by: AccountId,
        doctor: DoctorId,
        clinic: ClinicId,
    ) -> Option<ActingRole> {
        match &self.actor {
            Actor::Account(account) => account.acting_role_to(command, booked_by, doctor, clinic),
            Actor::Visitor(visitor) => visitor.and_then(|visitor| visitor.role_for(booked_by)),
        }
    }
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Not signed in. With a visitor cookie, they can hold a time.
    Visitor(Option<Visitor>),
    /// A signed-in account, with everything it may act as.
    Account(Box<SignedIn>),
}

/// A browser that can hold a time before anybody has signed in. Its ids are derived from its cookie; the rows are made
/// by its first hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    pub account: AccountId,
    pub person: PersonId,
}

impl Visitor {
    fn role_for(self, booked_by: AccountId) -> Option<ActingRole> {
        (booked_by == self.account).then_some(ActingRole::Patient)
    }
}

/// The owner of holds and idempotency keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub account: AccountId,
    pub person: PersonId,
    pub is_visitor: bool,
}

/// A signed-in account. Every account is a patient; some are more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub account: AccountId,
    /// The account's owner as a person.
    pub person: PersonId,
    pub name: String,
    pub doctor: Option<DoctorId>,
    pub administers: Administers,
    pub access: Access,
}

/// How an account is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The public id of the session; `None` for an API key.
    pub session: Option<Uuid>,
    /// When its owner last proved who they are in this session.
    pub proved_at: Option<DateTime<Utc>>,
    /// What a program may do.
    pub scope: Scope,
    /// It was signed in to with two factors, or with a passkey, which counts as two.
    pub two_factors: bool,
    /// The configuration asks this account for two factors: until then it acts as a patient only.
    pub second_factor_missing: Option<MissingFactor>,
}

/// What a doctor or administrator has to do before they act as more than a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MissingFactor {
    /// Set one up: the account has none.
    SetUp,
    /// Sign in again: the account has one, but this session or key was made without it.
    SignIn,
}

/// What a program may do with the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Read,
    #[default]
    Write,
}

impl Scope {
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// The word in the database and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// For how many minutes a proof of who somebody is counts for changes that need a recent one.
pub const PROVED_MINUTES: i64 = 10;

/// The clinics an account administers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Administers {
    Nothing,
    Clinics(Vec<ClinicId>),
    Everything,
}

impl Administers {
    pub fn any(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    pub fn clinic(&self, clinic: ClinicId) -> bool {
        match self {
            Self::Nothing => false,
            Self::Clinics(clinics) => clinics.contains(&clinic),
            Self::Everything => true,
        }
    }
}

impl SignedIn {
    /// Has the owner proved recently who they are? Needed before changes of address, sign-in, roles, and before
    /// export and deletion.
    ///
    /// # Errors
    /// [`Failure::ProveAgain`].
    pub fn must_have_proved(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        let recent = |at: DateTime<Utc>| now - at <= chrono::Duration::minutes(PROVED_MINUTES);
        if self.access.proved_at.is_some_and(recent) { Ok(()) } else { Err(Failure::ProveAgain) }
    }

    /// May this account change the clinic's doctors, locations and hours?
    ///
    /// # Errors
    /// [`Failure::NotFound`], so that outsiders do not learn what exists.
    pub fn must_administer(&self, clinic: ClinicId) -> Result<(), Failure> {
        if self.administers.clinic(clinic) { Ok(()) } else { Err(Failure::NotFound) }
    }

    /// In which role this account sees an appointment, if any.
    pub fn acting_role_for(
        &self,
        booked_by: AccountId,
        doctor: DoctorId,
        clinic: ClinicId,
    ) -> Option<ActingRole> {
        self.acting_roles(booked_by, doctor, clinic).next()
    }

    /// In which role this account may give a command for an appointment; if in none, the role in which it sees
    /// the appointment. A doctor may also be a patient of their own clinic.
    pub fn acting_role_to(
        &self,
        command: Command,
        booked_by: AccountId,
        doctor: DoctorId,
        clinic: ClinicId,
    ) -> Option<ActingRole> {
        self.acting_roles(booked_by, doctor, clinic)
            .find(|side| command.is_open_to(*side))
            .or_else(|| self.acting_role_for(booked_by, doctor, clinic))
    }

    fn acting_roles(
        &self,
        booked_by: AccountId,
        doctor: DoctorId,
        clinic: ClinicId,
    ) -> impl Iterator<Item = ActingRole> + use<> {
        let held = [
            (booked_by == self.account, ActingRole::Patient),
            (self.doctor == Some(doctor), ActingRole::Doctor),
            (self.administers.clinic(clinic), ActingRole::Administrator),
        ];
        held.into_iter().filter_map(|(holds, side)| holds.then_some(side))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(doctor: Option<DoctorId>, administers: Administers) -> SignedIn {
        SignedIn {
            account: AccountId(Uuid::from_u128(1)),
            person: PersonId(Uuid::from_u128(2)),
            name: "Asha".into(),
            doctor,
            administers,
            access: Access::default(),
        }
    }

    #[test]
    fn an_appointment_is_open_to_its_booker_its_doctor_and_its_clinic_only() {
        let doctor = DoctorId(Uuid::from_u128(3));
        let clinic = ClinicId(Uuid::from_u128(4));
        let other = AccountId(Uuid::from_u128(9));
        let own = AccountId(Uuid::from_u128(1));

        let patient = account(None, Administers::Nothing);
        assert_eq!(patient.acting_role_for(own, doctor, clinic), Some(ActingRole::Patient));
        assert_eq!(patient.acting_role_for(other, doctor, clinic), None);

        let its_doctor = account(Some(doctor), Administers::Nothing);
        assert_eq!(its_doctor.acting_role_for(other, doctor, clinic), Some(ActingRole::Doctor));
        let another = account(Some(DoctorId(Uuid::from_u128(8))), Administers::Nothing);
        assert_eq!(another.acting_role_for(other, doctor, clinic), None);

        let both = account(Some(doctor), Administers::Nothing);
        assert_eq!(both.acting_role_for(own, doctor, clinic), Some(ActingRole::Patient));
        let check_in = both.acting_role_to(Command::CheckIn, own, doctor, clinic);
        assert_eq!(check_in, Some(ActingRole::Doctor));

        let staff = account(None, Administers::Clinics(vec![clinic]));
        assert_eq!(staff.acting_role_for(other, doctor, clinic), Some(ActingRole::Administrator));
        let elsewhere = account(None, Administers::Clinics(vec![ClinicId(Uuid::from_u128(7))]));
        assert_eq!(elsewhere.acting_role_for(other, doctor, clinic), None);
        assert!(elsewhere.must_administer(clinic).is_err());
    }
}
