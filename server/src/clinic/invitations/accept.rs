//! Accepting an invitation.

use nadi::Failure;
use nadi::actor::{ActingRole, Caller};
use nadi::appointment::Refusal;
use nadi::events::{AccountEvent, NewEvent};
use nadi::failure::Field;
use nadi::ids::{AccountId, ClinicId};
use nadi::input::line;
use nadi::ports::{Accept, InvitedAccount, InvitedAs, KnownAccount, ReceivedInvitation, TeamRole};
use sqlx::PgConnection;

use super::store::{self, InvitationRow};
use super::{InvitationService, invited_as, is_open, link, lock};
use crate::accounts;
use crate::accounts::addresses::{self, NewAccount};
use crate::events;
use crate::events::Author;
use crate::keys::Purpose;
use crate::security_log;
use crate::use_case::{Fault, Outcome, retried};

const NAME_CHARS_MAX: u32 = 100;

/// What a new account is made from.
struct Checked {
    name: String,
    password_hash: String,
    locale: String,
}

impl InvitationService {
    pub(super) async fn show(&self, caller: &Caller, link: &str) -> Outcome<ReceivedInvitation> {
        let mut connection = self.app_state.write.0.acquire().await?;
        let invitation = self.find(&mut connection, caller, link).await?;
        if !is_open(&invitation) {
            return Err(Failure::NotFound.into());
        }
        let account = addresses::account_of_address(&mut connection, &invitation.email).await?;
        let accept = match (caller.signed_in().ok(), account) {
            (Some(caller), Some(account)) if caller.account == account => Accept::Now,
            (Some(_), _) => Accept::AfterSignOut,
            (None, Some(_)) => Accept::AfterSignIn,
            (None, None) => Accept::WithNewAccount,
        };
        Ok(ReceivedInvitation {
            invited_as: invited_as(&invitation)?,
            clinic_name: invitation.clinic_name,
            doctor_name: invitation.doctor_name,
            email: invitation.email,
            expires_at: invitation.expires_at,
            accept,
        })
    }

    pub(super) async fn join(
        &self,
        caller: &Caller,
        link: &str,
        new: Option<InvitedAccount>,
    ) -> Outcome<KnownAccount> {
        let mut connection = self.app_state.write.0.acquire().await?;
        let found = self.find(&mut connection, caller, link).await?;
        drop(connection);
        // Only with a link that counts, so that strangers cannot make the server hash.
        let new = match (caller.signed_in(), new) {
            (Err(_), Some(new)) if is_open(&found) => Some(self.check(&found, new).await?),
            _ => None,
        };
        let clinic = ClinicId(found.clinic_id);
        retried(|| self.try_join(caller, link, clinic, new.as_ref())).await
    }

    async fn try_join(
        &self,
        caller: &Caller,
        link: &str,
        clinic: ClinicId,
        new: Option<&Checked>,
    ) -> Outcome<KnownAccount> {
        let mut transaction = self.app_state.write.begin().await?;
        lock(&mut transaction, clinic).await?;
        let invitation = self.find(&mut transaction, caller, link).await?;
        if !is_open(&invitation) {
            // A second click of the one who has accepted it.
            return already(&mut transaction, caller, &invitation).await;
        }
        addresses::lock_address(&mut transaction, &invitation.email).await?;
        let account = who_joins(&mut transaction, caller, &invitation, new).await?;
        accounts::lock_account(&mut transaction, account).await?;
        let known = accounts::known_account(&mut transaction, account).await?;
        let known = known.ok_or(Failure::SignInFirst)?;
        let role = give_role(&mut transaction, &invitation, account, caller).await?;
        store::mark_accepted(&mut transaction, invitation.id, account, caller.now).await?;
        let event = NewEvent::account(AccountEvent::Joined, account);
        events::record(&mut transaction, &event, Author::new(role, account), caller.now).await?;
        transaction.commit().await?;
        if caller.signed_in().is_err() {
            security_log::signed_in(&self.app_state, caller, "invitation", account);
        }
        Ok(known)
    }

    /// The invitation of a genuine link that has not expired; it may be accepted or withdrawn.
    async fn find(
        &self,
        connection: &mut PgConnection,
        caller: &Caller,
        typed: &str,
    ) -> Outcome<InvitationRow> {
        let id = link::id_in(typed).ok_or(Failure::NotFound)?;
        let Some(row) = store::invitation(connection, id).await? else {
            let (network, request) = (caller.network, caller.request_id);
            security_log::forged(&self.app_state, network, request, "invitation");
            return Err(Failure::NotFound.into());
        };
        let keys = self.app_state.keys.macs(Purpose::Invitations);
        let genuine = keys.any(|key| link::is_genuine(key, typed, id, &row.email, row.expires_at));
        if !genuine {
            let (network, request) = (caller.network, caller.request_id);
            security_log::forged(&self.app_state, network, request, "invitation");
        }
        if genuine && row.expires_at > caller.now { Ok(row) } else { Err(Failure::NotFound.into()) }
    }

    async fn check(&self, invitation: &InvitationRow, new: InvitedAccount) -> Outcome<Checked> {
        let name = line(Field::Name, &new.name, NAME_CHARS_MAX)?;
        let known = [name.as_str(), &invitation.email, &invitation.clinic_name];
        let password_hash =
            accounts::hash_new_password(&self.app_state, &new.password, &known).await?;
        Ok(Checked { name, password_hash, locale: new.locale })
    }
}

/// The account that accepts: the one that has proven the invited address, or a new one. The link proves the address.
async fn who_joins(
    connection: &mut PgConnection,
    caller: &Caller,
    invitation: &InvitationRow,
    new: Option<&Checked>,
) -> Outcome<AccountId> {
    let known = addresses::account_of_address(connection, &invitation.email).await?;
    match (caller.signed_in(), known, new) {
        (Ok(caller), Some(known), _) if caller.account == known => Ok(known),
        (Ok(_), ..) => Err(Failure::NotAllowed.into()),
        (Err(_), Some(_), _) => Err(Failure::SignInFirst.into()),
        (Err(_), None, None) => Err(Failure::Malformed.into()),
        (Err(_), None, Some(new)) => {
            let account = NewAccount {
                name: &new.name,
                email: &invitation.email,
                password_hash: Some(&new.password_hash),
                locale: &new.locale,
                has_agreed: true,
            };
            Ok(addresses::make_account(connection, &account, caller.now).await?.0)
        }
    }
}

/// Gives the account the role that it was invited to.
async fn give_role(
    connection: &mut PgConnection,
    invitation: &InvitationRow,
    account: AccountId,
    caller: &Caller,
) -> Outcome<ActingRole> {
    let (given, role) = match invited_as(invitation)? {
        InvitedAs::Doctor(doctor) => {
            let linked = store::link_doctor(connection, doctor, account).await;
            (linked.map_err(joined_elsewhere)?, ActingRole::Doctor)
        }
        InvitedAs::Member(role) => {
            let clinic = ClinicId(invitation.clinic_id);
            let added = store::add_member(connection, clinic, role, account, caller.now).await?;
            let acting_role = match role {
                TeamRole::Administrator => ActingRole::Administrator,
                TeamRole::Receptionist => ActingRole::Receptionist,
            };
            (added, acting_role)
        }
    };
    if given { Ok(role) } else { Err(Refusal::AlreadyJoined.into()) }
}

/// An account signs in as one doctor at most.
fn joined_elsewhere(error: sqlx::Error) -> Fault {
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    if constraint == Some("doctors_account_key") {
        Refusal::AlreadyJoined.into()
    } else {
        error.into()
    }
}

/// The answer to somebody who has accepted this invitation before.
async fn already(
    connection: &mut PgConnection,
    caller: &Caller,
    invitation: &InvitationRow,
) -> Outcome<KnownAccount> {
    let account = caller.signed_in().map(|caller| caller.account);
    let by = invitation.accepted_by.map(AccountId);
    match account {
        Ok(account) if by == Some(account) => {
            let known = accounts::known_account(connection, account).await?;
            Ok(known.ok_or(Failure::NotFound)?)
        }
        _ => Err(Failure::NotFound.into()),
    }
}
