//! Second factors of the account that is signed in: its authenticator app with recovery codes, and its passkeys.
//!
//! Every change needs a recent proof of who asks, is an event, and is told to the account's owner. A second factor that
//! is added ends no session, but the others have not proved it: there, the next change that needs a proof asks for both
//! factors, and so do the roles of an account that has to have two by configuration. Such an account keeps a factor, and
//! the session that has set up the first one gets the roles with its next request.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::actor::{Caller, SignedIn};
use nadi::appointment::Refusal;
use nadi::ids::AccountId;
use nadi::ports::{
    Answer, AuthenticatorSetup, AuthenticatorView, PasskeyRequest, PasskeyView, ProofToken,
    SecondFactors,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::notices::{lock_account, recently_proved};
use super::sign_in_changes::{self, SignInChange};
use super::store::second_factors::{self as store, Factors};
use super::store::sessions;
use super::{authenticators, passkeys};
use crate::config::StaffSecondFactor;
use crate::state::AppState;
use crate::use_case::{Outcome, answer};

/// Checks a code of the account's authenticator app, or one of its recovery codes, and uses it up. Counts no tries: the
/// caller does.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn check(
    connection: &mut PgConnection,
    app_state: &AppState,
    account: AccountId,
    code: &str,
    now: DateTime<Utc>,
) -> Outcome<bool> {
    authenticators::check(connection, app_state, account, code, now).await
}

/// Forgets authenticator apps whose setup was given up, at most a thousand.
///
/// # Errors
/// When the database does not answer.
pub async fn tidy(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let begun_before = authenticators::setup_since(app_state.clock.now());
    store::forget_unconfirmed(&mut connection, begun_before).await
}

pub struct SecondFactorService {
    app_state: AppState,
}

impl SecondFactorService {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }

    async fn show_authenticator(&self, caller: &Caller) -> Outcome<Option<AuthenticatorView>> {
        let account = caller.own_account()?.account;
        let mut connection = self.app_state.write.0.acquire().await?;
        let row = store::authenticator(&mut connection, account).await?;
        Ok(row.map(|row| AuthenticatorView {
            since: row.confirmed_at,
            recovery_codes_left: row.recovery_codes_left,
        }))
    }

    async fn begin_authenticator(&self, caller: &Caller) -> Outcome<AuthenticatorSetup> {
        let account = recently_proved(caller)?.account;
        let mut transaction = self.app_state.write.begin().await?;
        lock_account(&mut transaction, account).await?;
        let (app_state, now) = (&self.app_state, caller.now);
        let setup = authenticators::begin(&mut transaction, app_state, account, now).await?;
        transaction.commit().await?;
        Ok(setup)
    }

    async fn show_begun(&self, caller: &Caller) -> Outcome<Option<AuthenticatorSetup>> {
        let account = recently_proved(caller)?.account;
        let mut connection = self.app_state.write.0.acquire().await?;
        authenticators::begun(&mut connection, &self.app_state, account, caller.now).await
    }

    async fn confirm(&self, caller: &Caller, code: &str) -> Outcome<Vec<String>> {
        let who = recently_proved(caller)?;
        let account = who.account;
        let (app_state, now) = (&self.app_state, caller.now);
        let mut transaction = app_state.write.begin().await?;
        lock_account(&mut transaction, who.account).await?;
        authenticators::confirm(&mut transaction, account, code, now).await?;
        // This browser has just proved the new factor, too.
        sessions::set_two_factors(&mut transaction, account, who.access.session).await?;
        let codes =
            authenticators::renew_recovery_codes(&mut transaction, app_state, account).await?;
        let what = SignInChange::AuthenticatorAdded;
        sign_in_changes::record(&mut transaction, caller, who.account, what).await?;
        transaction.commit().await?;
        app_state.event_written.notify_one();
        Ok(codes)
    }

    async fn remove_app(&self, caller: &Caller) -> Outcome<()> {
        let who = recently_proved(caller)?;
        let mut transaction = self.app_state.write.begin().await?;
        lock_account(&mut transaction, who.account).await?;
        if !store::remove_authenticator(&mut transaction, who.account).await? {
            // Removed before: it is as the caller wants it.
            transaction.commit().await?;
            return Ok(());
        }
        self.must_keep_one(&mut transaction, who).await?;
        let what = SignInChange::AuthenticatorRemoved;
        sign_in_changes::record(&mut transaction, caller, who.account, what).await?;
        transaction.commit().await?;
        self.app_state.event_written.notify_one();
        Ok(())
    }

    async fn renew_codes(&self, caller: &Caller) -> Outcome<Vec<String>> {
        let who = recently_proved(caller)?;
        let account = who.account;
        let app_state = &self.app_state;
        let mut transaction = app_state.write.begin().await?;
        lock_account(&mut transaction, who.account).await?;
        if !store::factors(&mut transaction, account).await?.authenticator {
            return Err(Failure::NotFound.into());
        }
        let codes =
            authenticators::renew_recovery_codes(&mut transaction, app_state, account).await?;
        let what = SignInChange::RecoveryCodes;
        sign_in_changes::record(&mut transaction, caller, who.account, what).await?;
        transaction.commit().await?;
        app_state.event_written.notify_one();
        Ok(codes)
    }

    async fn list_passkeys(&self, caller: &Caller) -> Outcome<Vec<PasskeyView>> {
        let account = caller.own_account()?.account;
        let mut connection = self.app_state.write.0.acquire().await?;
        passkeys::list(&mut connection, account).await
    }

    async fn add(
        &self,
        caller: &Caller,
        token: &ProofToken,
        name: &str,
        credential: &str,
    ) -> Outcome<()> {
        passkeys::add(&self.app_state, caller, token, name, credential).await?;
        self.app_state.event_written.notify_one();
        Ok(())
    }

    async fn remove(&self, caller: &Caller, id: Uuid) -> Outcome<()> {
        let who = recently_proved(caller)?;
        let mut transaction = self.app_state.write.begin().await?;
        lock_account(&mut transaction, who.account).await?;
        passkeys::remove(&mut transaction, who.account, id).await?;
        self.must_keep_one(&mut transaction, who).await?;
        let what = SignInChange::PasskeyRemoved;
        sign_in_changes::record(&mut transaction, caller, who.account, what).await?;
        transaction.commit().await?;
        self.app_state.event_written.notify_one();
        Ok(())
    }

    /// Called after a factor was removed, in its transaction: the account's row is locked, so two removals at the same
    /// time cannot both leave the other factor.
    async fn must_keep_one(&self, connection: &mut PgConnection, who: &SignedIn) -> Outcome<()> {
        let required = self.app_state.settings.staff_second_factor == StaffSecondFactor::Required;
        let has_roles = who.has_roles() || who.access.second_factor_missing.is_some();
        if !(required && has_roles) {
            return Ok(());
        }
        match store::factors(connection, who.account).await? {
            Factors { authenticator: false, passkeys: 0 } => {
                Err(Refusal::SecondFactorRequired.into())
            }
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl SecondFactors for SecondFactorService {
    async fn authenticator(&self, caller: &Caller) -> Answer<Option<AuthenticatorView>> {
        answer("show authenticator", self.show_authenticator(caller).await)
    }

    async fn set_up_authenticator(&self, caller: &Caller) -> Answer<AuthenticatorSetup> {
        answer("set up authenticator", self.begin_authenticator(caller).await)
    }

    async fn authenticator_setup(&self, caller: &Caller) -> Answer<Option<AuthenticatorSetup>> {
        answer("show authenticator setup", self.show_begun(caller).await)
    }

    async fn confirm_authenticator(&self, caller: &Caller, code: &str) -> Answer<Vec<String>> {
        answer("confirm authenticator", self.confirm(caller, code).await)
    }

    async fn remove_authenticator(&self, caller: &Caller) -> Answer<()> {
        answer("remove authenticator", self.remove_app(caller).await)
    }

    async fn renew_recovery_codes(&self, caller: &Caller) -> Answer<Vec<String>> {
        answer("renew recovery codes", self.renew_codes(caller).await)
    }

    async fn passkeys(&self, caller: &Caller) -> Answer<Vec<PasskeyView>> {
        answer("list passkeys", self.list_passkeys(caller).await)
    }

    async fn request_new_passkey(&self, caller: &Caller) -> Answer<PasskeyRequest> {
        answer("request new passkey", passkeys::request_new(&self.app_state, caller).await)
    }

    async fn add_passkey(
        &self,
        caller: &Caller,
        token: &ProofToken,
        name: &str,
        credential: &str,
    ) -> Answer<()> {
        answer("add passkey", self.add(caller, token, name, credential).await)
    }

    async fn remove_passkey(&self, caller: &Caller, id: Uuid) -> Answer<()> {
        answer("remove passkey", self.remove(caller, id).await)
    }
}
