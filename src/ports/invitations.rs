//! Invitations: how doctors, administrators and receptionists join a clinic. The link is mailed, so it proves the address.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Answer;
use super::sign_in::KnownAccount;
use crate::actor::Caller;
use crate::ids::{AccountId, ClinicId, DoctorId};
use crate::input::{Email, Password};

/// What somebody is invited to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitedAs {
    Doctor(DoctorId),
    Member(TeamRole),
}

/// A role in the team of a clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TeamRole {
    Administrator,
    Receptionist,
}

impl TeamRole {
    pub const ALL: [Self; 2] = [Self::Administrator, Self::Receptionist];

    /// The word in the database and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Receptionist => "receptionist",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// An invitation that is open, as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationView {
    pub id: Uuid,
    pub invited_as: InvitedAs,
    pub clinic: ClinicId,
    pub clinic_name: String,
    /// The doctor's name.
    pub doctor_name: Option<String>,
    pub email: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub is_expired: bool,
}

/// A member of the team of a clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberView {
    pub role: TeamRole,
    pub account: AccountId,
    pub name: String,
    pub email: String,
    pub clinic: ClinicId,
    pub clinic_name: String,
    /// The one who asks.
    pub is_self: bool,
}

/// Who signs in as a doctor, as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorSignIn {
    /// An account signs in for the profile.
    pub has_account: bool,
    /// Its address.
    pub email: Option<String>,
    /// The invitation that is open for the profile.
    pub invitation: Option<InvitationView>,
}

/// An invitation, as the one who is invited sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedInvitation {
    pub invited_as: InvitedAs,
    pub clinic_name: String,
    pub doctor_name: Option<String>,
    pub email: String,
    pub expires_at: DateTime<Utc>,
    /// How it can be accepted.
    pub accept: Accept,
}

/// How an invitation can be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// The account of the address is signed in.
    Now,
    /// The address has an account, which has to sign in first.
    AfterSignIn,
    /// Another account is signed in.
    AfterSignOut,
    /// The address has no account: name and password make one.
    WithNewAccount,
}

/// What an account is made from when an invitation is accepted.
#[derive(Clone, Debug)]
pub struct InvitedAccount {
    pub name: String,
    pub password: Password,
    pub locale: String,
}

#[async_trait]
pub trait Invitations: Send + Sync {
    /// Mails an invitation, in place of an open one for the same profile or the same address in the clinic.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` for a clinic or doctor whose team the caller does not manage; `ProveAgain`; `Refused`
    /// with `AlreadyJoined`; `TooManyTries`; `Unavailable`.
    async fn invite(
        &self,
        caller: &Caller,
        clinic: ClinicId,
        invited_as: InvitedAs,
        email: &Email,
    ) -> Answer<Uuid>;

    /// The open invitations of the clinics whose team the caller manages, newest first.
    ///
    /// # Errors
    /// `SignInFirst`, `NotAllowed`, `Unavailable`.
    async fn invitations(&self, caller: &Caller) -> Answer<Vec<InvitationView>>;

    /// Mails it again, with a new end.
    ///
    /// # Errors
    /// `SignInFirst`, `NotFound`, `ProveAgain`, `TooManyTries`, `Unavailable`.
    async fn invite_again(&self, caller: &Caller, id: Uuid) -> Answer<()>;

    /// # Errors
    /// `SignInFirst`, `NotFound`, `ProveAgain`, `Unavailable`.
    async fn withdraw(&self, caller: &Caller, id: Uuid) -> Answer<()>;

    /// The administrators and receptionists of these clinics.
    ///
    /// # Errors
    /// `SignInFirst`, `NotAllowed`, `Unavailable`.
    async fn team(&self, caller: &Caller) -> Answer<Vec<MemberView>>;

    /// # Errors
    /// `SignInFirst`, `NotFound`, `ProveAgain`; `Refused` with `LastAdministrator`, unless the caller administers every
    /// clinic; `Unavailable`.
    async fn remove_member(
        &self,
        caller: &Caller,
        clinic: ClinicId,
        role: TeamRole,
        account: AccountId,
    ) -> Answer<()>;

    /// Who signs in as a doctor, and who is invited to.
    ///
    /// # Errors
    /// `SignInFirst`, `NotAllowed`, `NotFound`, `Unavailable`.
    async fn doctor_sign_in(&self, caller: &Caller, doctor: DoctorId) -> Answer<DoctorSignIn>;

    /// Takes the sign-in from a doctor's profile; the profile stays.
    ///
    /// # Errors
    /// `SignInFirst`, `NotFound`, `ProveAgain`, `Unavailable`.
    async fn unlink_doctor(&self, caller: &Caller, doctor: DoctorId) -> Answer<()>;

    /// The invitation that a mailed link names.
    ///
    /// # Errors
    /// `NotFound` for one that does not exist, or was used or withdrawn or has expired; `Unavailable`.
    async fn received(&self, caller: &Caller, link: &str) -> Answer<ReceivedInvitation>;

    /// Accepts it, with the account that is signed in or with a new one; returns the account.
    ///
    /// # Errors
    /// As [`Self::received`]; `SignInFirst` and `NotAllowed` when another account has to be signed in; `Invalid`;
    /// `Refused` with `AlreadyJoined` when the account or the profile has one already.
    async fn accept(
        &self,
        caller: &Caller,
        link: &str,
        new: Option<InvitedAccount>,
    ) -> Answer<KnownAccount>;
}
