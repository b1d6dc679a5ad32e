//! Invitations: how doctors, administrators and receptionists join a clinic, and how they leave it again.
//!
//! An invitation is mailed to an address. Its link proves the address, so nobody gets a role by typing the address of
//! somebody else. All changes lock the clinic's row, so they run one after the other.

mod accept;
mod cleanup;
mod link;

use std::time::Duration as StdDuration;

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::actor::{ActingRole, Caller, SignedIn};
use nadi::appointment::Refusal;
use nadi::events::{AccountEvent, NewEvent};
use nadi::ids::{AccountId, ClinicId, DoctorId};
use nadi::input::Email;
use nadi::notification_rules::AccountTemplate;
use nadi::permissions::{Permission, Target};
use nadi::ports::{
    Answer, DoctorSignIn, InvitationView, Invitations, InvitedAccount, InvitedAs, KnownAccount,
    MemberView, ReceivedInvitation, TeamRole,
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::invitations::{self as store, InvitationRow, NewInvitation};
use super::{record, scope};
// For account deletion and jobs.
pub use crate::clinic::invitations::cleanup::{delete_ended, delete_of_address};

use crate::accounts;
use crate::accounts::addresses;
use crate::events;
use crate::events::Author;
use crate::ids::uuid_v7;
use crate::keys::Purpose;
use crate::limits::{Limit, rules};
use crate::notifications::account_messages::{self, AccountMessage};
use crate::permission_checks::PermissionChecks as _;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome, answer};

/// How long a link counts.
const VALID_DAYS: i64 = 7;
/// Invitations that an account sends.
const SENT: Limit = Limit::new("invitations", 20, StdDuration::from_secs(60 * 60));
/// How many invitations and members of a team a page lists.
const LISTED_MAX: i64 = 500;

pub struct InvitationService {
    app_state: AppState,
}

impl InvitationService {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }

    async fn send(
        &self,
        caller: &Caller,
        clinic: ClinicId,
        invited_as: InvitedAs,
        email: &Email,
    ) -> Outcome<Uuid> {
        let account = caller.must(Permission::ManageTeam, &Target::clinic(clinic))?;
        account.must_have_proved(caller.now)?;
        self.count_sent(caller, account)?;
        let mut transaction = self.app_state.write.begin().await?;
        lock(&mut transaction, clinic).await?;
        may_join(&mut transaction, clinic, invited_as, email).await?;
        let (email, now) = (email.as_str(), caller.now);
        store::withdraw_replaced(&mut transaction, clinic, invited_as, email, now).await?;
        let id = uuid_v7(now);
        let new = NewInvitation {
            id,
            clinic,
            invited_as,
            email,
            locale: app::i18n::current().code(),
            invited_by: account.account,
            expires_at: now + Duration::days(VALID_DAYS),
        };
        store::insert_invitation(&mut transaction, &new, now).await?;
        self.mail(&mut transaction, account, id, now).await?;
        transaction.commit().await?;
        self.app_state.event_written.notify_one();
        Ok(id)
    }

    async fn send_again(&self, caller: &Caller, id: Uuid) -> Outcome<()> {
        let account = caller.signed_in()?;
        account.must_have_proved(caller.now)?;
        let mut transaction = self.app_state.write.begin().await?;
        let invitation = lock_open(&mut transaction, caller, id).await?;
        self.count_sent(caller, account)?;
        let invited_as = invited_as(&invitation)?;
        let email = Email::parse(&invitation.email)?;
        let clinic = ClinicId(invitation.clinic_id);
        may_join(&mut transaction, clinic, invited_as, &email).await?;
        let expires_at = caller.now + Duration::days(VALID_DAYS);
        store::renew_invitation(&mut transaction, id, expires_at).await?;
        self.mail(&mut transaction, account, id, caller.now).await?;
        transaction.commit().await?;
        self.app_state.event_written.notify_one();
        Ok(())
    }

    /// Records that an invitation was sent, and sends its link. The link itself is made when the message is sent
    /// ([`open_token`]), so that the database never has it.
    async fn mail(
        &self,
        connection: &mut PgConnection,
        inviter: &SignedIn,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Outcome<()> {
        let invitation = store::invitation(connection, id).await?.ok_or(Failure::NotFound)?;
        let event = NewEvent::account(AccountEvent::Invited, AccountId(id));
        let by = Author::new(ActingRole::Administrator, inviter.account);
        let event = events::record(connection, &event, by, now).await?;
        let message = AccountMessage {
            subject: id,
            version: version(&invitation, now),
            recipient: id,
            template: AccountTemplate::Invitation,
            address: &invitation.email,
            locale: &invitation.locale,
            data: json!({
                "clinic": invitation.clinic_name,
                "doctor": invitation.doctor_name,
                "role": invitation.role,
                "inviter": inviter.name,
            }),
        };
        account_messages::queue(connection, event, &message, now).await?;
        Ok(())
    }

    /// Counts invitations, so that nobody sends mail to many strangers through them.
    fn count_sent(&self, caller: &Caller, account: &SignedIn) -> Outcome<()> {
        let subject = self.app_state.limiter.subject("account", account.account.0);
        let usage = self.app_state.limiter.take(&SENT, subject, caller.now);
        Ok(rules::must_be_allowed(usage)?)
    }

    async fn list(&self, caller: &Caller) -> Outcome<Vec<InvitationView>> {
        let (_, clinics) = scope(caller, Permission::ManageTeam)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let rows =
            store::open_invitations(&mut connection, clinics.as_deref(), None, LISTED_MAX).await?;
        rows.into_iter().map(|row| view(row, caller.now)).collect()
    }

    async fn take_back(&self, caller: &Caller, id: Uuid) -> Outcome<()> {
        let account = caller.signed_in()?;
        account.must_have_proved(caller.now)?;
        let mut transaction = self.app_state.write.begin().await?;
        lock_open(&mut transaction, caller, id).await?;
        store::withdraw_invitation(&mut transaction, id, caller.now).await?;
        let event = NewEvent::account(AccountEvent::InvitationWithdrawn, AccountId(id));
        record(&mut transaction, caller, &event).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn list_team(&self, caller: &Caller) -> Outcome<Vec<MemberView>> {
        let (account, clinics) = scope(caller, Permission::ManageTeam)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let rows = store::team(&mut connection, clinics.as_deref(), LISTED_MAX).await?;
        let view = |row: store::MemberRow| {
            Ok(MemberView {
                role: team_role(&row.role)?,
                account: AccountId(row.account_id),
                name: row.name,
                email: row.email.unwrap_or_default(),
                clinic: ClinicId(row.clinic_id),
                clinic_name: row.clinic_name,
                is_self: row.account_id == account.account.0,
            })
        };
        rows.into_iter().map(view).collect()
    }

    async fn remove(
        &self,
        caller: &Caller,
        clinic: ClinicId,
        role: TeamRole,
        who: AccountId,
    ) -> Outcome<()> {
        let account = caller.must(Permission::ManageTeam, &Target::clinic(clinic))?;
        account.must_have_proved(caller.now)?;
        let mut transaction = self.app_state.write.begin().await?;
        lock(&mut transaction, clinic).await?;
        if !store::is_member(&mut transaction, clinic, role, who).await? {
            return Err(Failure::NotFound.into());
        }
        // Who manages the team of every clinic can always invite somebody else.
        let must_leave_one = role == TeamRole::Administrator
            && account.clinics_for(Permission::ManageTeam)?.is_some();
        if must_leave_one && store::count_administrators(&mut transaction, clinic).await? <= 1 {
            return Err(Refusal::LastAdministrator.into());
        }
        store::remove_member(&mut transaction, clinic, role, who).await?;
        if role == TeamRole::Administrator {
            // Or they come back by an address of their own.
            store::withdraw_of_inviter(&mut transaction, clinic, who, caller.now).await?;
        }
        record(&mut transaction, caller, &NewEvent::account(AccountEvent::Left, who)).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn sign_in_of(&self, caller: &Caller, doctor: DoctorId) -> Outcome<DoctorSignIn> {
        caller.must(Permission::ManageTeam, &Target::ANY)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let profile = store::profile(&mut connection, doctor).await?.ok_or(Failure::NotFound)?;
        caller.must(Permission::ManageTeam, &Target::clinic(ClinicId(profile.clinic_id)))?;
        let email = match profile.account_id {
            Some(linked) => accounts::email(&mut connection, AccountId(linked)).await?,
            None => None,
        };
        let open = store::open_invitations(&mut connection, None, Some(doctor), 1).await?;
        let invitation = open.into_iter().next().map(|row| view(row, caller.now)).transpose()?;
        Ok(DoctorSignIn { has_account: profile.account_id.is_some(), email, invitation })
    }

    async fn unlink(&self, caller: &Caller, doctor: DoctorId) -> Outcome<()> {
        let account = caller.signed_in()?;
        let mut transaction = self.app_state.write.begin().await?;
        let clinic = store::profile(&mut transaction, doctor).await?.ok_or(Failure::NotFound)?;
        let clinic = ClinicId(clinic.clinic_id);
        caller.must(Permission::ManageTeam, &Target::clinic(clinic))?;
        account.must_have_proved(caller.now)?;
        lock(&mut transaction, clinic).await?;
        // Read again: somebody may have joined before the lock was there.
        let profile = store::profile(&mut transaction, doctor).await?.ok_or(Failure::NotFound)?;
        let Some(linked) = profile.account_id else { return Ok(()) };
        store::unlink_doctor(&mut transaction, doctor).await?;
        let event = NewEvent::account(AccountEvent::Left, AccountId(linked));
        record(&mut transaction, caller, &event).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The last part of an invitation's link, for its message. `None`: it was accepted or withdrawn, has expired, or is no
/// longer there, so that the message need not be sent.
///
/// # Errors
/// When the database does not answer.
pub async fn open_token(
    connection: &mut PgConnection,
    app_state: &AppState,
    id: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    let found = store::invitation(connection, id).await?;
    let open = found.filter(|found| is_open(found) && found.expires_at > now);
    let keys = app_state.keys.macs(Purpose::Invitations);
    Ok(open.map(|open| link::token(keys.current(), id, &open.email, open.expires_at)))
}

/// Locks a clinic.
async fn lock(connection: &mut PgConnection, clinic: ClinicId) -> Outcome<()> {
    if store::lock_clinic(connection, clinic).await? {
        Ok(())
    } else {
        Err(Failure::NotFound.into())
    }
}

/// Locks the clinic of an open invitation that the caller may change, and reads the invitation.
async fn lock_open(
    connection: &mut PgConnection,
    caller: &Caller,
    id: Uuid,
) -> Outcome<InvitationRow> {
    let found = store::invitation(connection, id).await?.ok_or(Failure::NotFound)?;
    let clinic = ClinicId(found.clinic_id);
    caller.must(Permission::ManageTeam, &Target::clinic(clinic))?;
    lock(connection, clinic).await?;
    let invitation = store::invitation(connection, id).await?.ok_or(Failure::NotFound)?;
    if !is_open(&invitation) {
        return Err(Failure::NotFound.into());
    }
    Ok(invitation)
}

/// Checks that the profile has no account, and that the account of the address does not have the role already. An
/// administrator of the clinic may do more than a receptionist.
async fn may_join(
    connection: &mut PgConnection,
    clinic: ClinicId,
    invited_as: InvitedAs,
    email: &Email,
) -> Outcome<()> {
    let has_role = match invited_as {
        InvitedAs::Doctor(doctor) => {
            let profile = store::profile(connection, doctor).await?;
            let profile = profile.filter(|profile| profile.clinic_id == clinic.0);
            profile.ok_or(Failure::NotFound)?.account_id.is_some()
        }
        InvitedAs::Member(role) => {
            match addresses::account_of_address(connection, email.as_str()).await? {
                Some(who) => {
                    let administrator = TeamRole::Administrator;
                    store::is_member(connection, clinic, role, who).await?
                        || store::is_member(connection, clinic, administrator, who).await?
                }
                None => false,
            }
        }
    };
    if has_role { Err(Refusal::AlreadyJoined.into()) } else { Ok(()) }
}

/// The version of the message with an invitation's link: a later one replaces an earlier one that is not sent yet.
fn version(invitation: &InvitationRow, now: DateTime<Utc>) -> i32 {
    let seconds = (now - invitation.created_at).num_seconds();
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// Was it neither accepted nor withdrawn?
fn is_open(invitation: &InvitationRow) -> bool {
    invitation.accepted_by.is_none() && invitation.withdrawn_at.is_none()
}

fn invited_as(row: &InvitationRow) -> Outcome<InvitedAs> {
    match row.doctor_id {
        Some(doctor) => Ok(InvitedAs::Doctor(DoctorId(doctor))),
        None => team_role(&row.role).map(InvitedAs::Member),
    }
}

fn team_role(word: &str) -> Outcome<TeamRole> {
    TeamRole::parse(word).ok_or_else(|| Fault::Broken(format!("unknown role: {word}")))
}

fn view(row: InvitationRow, now: DateTime<Utc>) -> Outcome<InvitationView> {
    Ok(InvitationView {
        id: row.id,
        invited_as: invited_as(&row)?,
        clinic: ClinicId(row.clinic_id),
        clinic_name: row.clinic_name,
        doctor_name: row.doctor_name,
        email: row.email,
        created_at: row.created_at,
        expires_at: row.expires_at,
        is_expired: row.expires_at <= now,
    })
}

#[async_trait]
impl Invitations for InvitationService {
    #[tracing::instrument(skip_all)]
    async fn invite(
        &self,
        caller: &Caller,
        clinic: ClinicId,
        invited_as: InvitedAs,
        email: &Email,
    ) -> Answer<Uuid> {
        answer("invite", self.send(caller, clinic, invited_as, email).await)
    }

    async fn invitations(&self, caller: &Caller) -> Answer<Vec<InvitationView>> {
        answer("list invitations", self.list(caller).await)
    }

    #[tracing::instrument(skip_all)]
    async fn invite_again(&self, caller: &Caller, id: Uuid) -> Answer<()> {
        answer("invite again", self.send_again(caller, id).await)
    }

    #[tracing::instrument(skip_all)]
    async fn withdraw(&self, caller: &Caller, id: Uuid) -> Answer<()> {
        answer("withdraw invitation", self.take_back(caller, id).await)
    }

    async fn team(&self, caller: &Caller) -> Answer<Vec<MemberView>> {
        answer("list the team", self.list_team(caller).await)
    }

    #[tracing::instrument(skip_all)]
    async fn remove_member(
        &self,
        caller: &Caller,
        clinic: ClinicId,
        role: TeamRole,
        account: AccountId,
    ) -> Answer<()> {
        answer("remove from the team", self.remove(caller, clinic, role, account).await)
    }

    async fn doctor_sign_in(&self, caller: &Caller, doctor: DoctorId) -> Answer<DoctorSignIn> {
        answer("who signs in as a doctor", self.sign_in_of(caller, doctor).await)
    }

    #[tracing::instrument(skip_all, fields(%doctor))]
    async fn unlink_doctor(&self, caller: &Caller, doctor: DoctorId) -> Answer<()> {
        answer("unlink doctor", self.unlink(caller, doctor).await)
    }

    async fn received(&self, caller: &Caller, link: &str) -> Answer<ReceivedInvitation> {
        answer("read invitation", self.show(caller, link).await)
    }

    #[tracing::instrument(skip_all)]
    async fn accept(
        &self,
        caller: &Caller,
        link: &str,
        new: Option<InvitedAccount>,
    ) -> Answer<KnownAccount> {
        answer("accept invitation", self.join(caller, link, new).await)
    }
}
