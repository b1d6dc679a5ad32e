//! Registering and signing in.
//!
//! Nothing here reveals whether an address has an account: until a code or a password was right, an address with an
//! account and one without lead to the same statements, the same number of hashes and the same messages.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::actor::Caller;
use nadi::failure::{Field, Problem};
use nadi::ids::AccountId;
use nadi::input::{Code, Email, Password, line};
use nadi::ports::{
    Answer, KnownAccount, PasskeyRequest, PendingProof, ProofPurpose, ProofToken, Registration,
    SignIn, SignInStep,
};
use sqlx::PgConnection;

use super::address_limits;
use super::addresses::{NewAccount, account_of_address, lock_address, make_account};
use super::passwords::{self, Verified};
use super::proofs::{self, NewProof, Proven};
use super::store;
use super::store::credentials::{self, Credentials, known_account};
use super::{passkeys, second_factors};
use crate::config::StaffSecondFactor;
use crate::limits::{Limit, rules};
use crate::security_log::{self, Whom};
use crate::state::AppState;
use crate::use_case::{Outcome, answer};

/// How many wrong passwords an address may have before it has to wait, and for how long. A right one forgets them. Codes
/// and passkeys sign in all the same.
const WRONG_PASSWORDS: Limit = Limit::new("passwords", 10, Duration::from_secs(15 * 60));
/// The same for second factors.
const SECOND_FACTORS: Limit = Limit::new("second-factors", 5, Duration::from_secs(15 * 60));
const NAME_CHARS_MAX: u32 = 100;

pub struct SignInService {
    app_state: AppState,
}

impl SignInService {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }

    async fn start_registration(&self, caller: &Caller, new: Registration) -> Outcome<ProofToken> {
        let name = line(Field::Name, &new.name, NAME_CHARS_MAX)?;
        let email = new.email.as_str();
        let password_hash = match &new.password {
            Some(password) => {
                // Hashing is dear, so it is counted before.
                rules::count_registration(&self.app_state, caller)?;
                let known = [name.as_str(), email];
                Some(passwords::hash_new_password(&self.app_state, password, &known).await?)
            }
            None => None,
        };
        // With all that was typed: a form that was corrected is another one.
        let typed = new.password.as_ref().map_or("", |password| password.expose());
        let typed = format!("{email}\n{name}\n{typed}");
        let token = new.key.map(|key| proofs::token_of_form(&self.app_state, &key, &typed));
        let proof = NewProof {
            purpose: ProofPurpose::Register,
            email,
            account: None,
            name: Some(&name),
            password_hash: password_hash.as_deref(),
            locale: &new.locale,
            token: token.as_ref(),
        };
        proofs::start(&self.app_state, caller, &proof).await
    }

    async fn start_sign_in(
        &self,
        caller: &Caller,
        email: &Email,
        locale: &str,
    ) -> Outcome<ProofToken> {
        let proof = NewProof {
            purpose: ProofPurpose::SignIn,
            email: email.as_str(),
            account: None,
            name: None,
            password_hash: None,
            locale,
            token: None,
        };
        proofs::start(&self.app_state, caller, &proof).await
    }

    /// The code is right: signs in to the account of the address, or makes it. The name and the password that were
    /// typed to register count only for a new account, because anybody could have typed them.
    async fn finish_with_code(
        &self,
        caller: &Caller,
        token: &ProofToken,
        code: &Code,
    ) -> Outcome<SignInStep> {
        let now = caller.now;
        let mut proven = proofs::check(&self.app_state, caller, token, code, None).await?;
        lock_address(&mut proven.transaction, &proven.email).await?;
        let id = match account_of_address(&mut proven.transaction, &proven.email).await? {
            Some(id) => id,
            None => make_account_of(&mut proven, now).await?,
        };
        // A right code counts once. Whoever asks remembers that only the second factor is missing.
        proven.use_up(now).await?;
        let account = known_account(&mut proven.transaction, id).await?;
        let account = KnownAccount { by_code: true, ..account.ok_or(Failure::SignInFirst)? };
        let step = self.step(&mut proven.transaction, account).await?;
        proven.transaction.commit().await?;
        self.app_state.event_written.notify_one();
        Ok(step)
    }

    /// Logs how a code has ended. Only when it was wrong is it looked up where it was sent.
    async fn log_code(&self, caller: &Caller, token: &ProofToken, outcome: &Answer<SignInStep>) {
        let pending = match outcome {
            Ok(_) => None,
            Err(_) => proofs::pending(&self.app_state, token, caller.now).await.ok().flatten(),
        };
        let whom = pending.as_ref().map_or(Whom::Unknown, |proof| Whom::Address(&proof.email));
        security_log::sign_in(&self.app_state, caller, "code", whom, outcome);
    }

    async fn finish_with_password(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
    ) -> Outcome<SignInStep> {
        // An invalid address cannot belong to an account.
        let email = Email::parse(email).map_err(|_| Failure::WrongCredentials)?;
        if password.chars().count() > Password::MAX_CHARS as usize {
            return Err(Failure::WrongCredentials.into());
        }
        let app_state = &self.app_state;
        let mut connection = app_state.write.0.acquire().await?;
        let trying =
            address_limits::of_caller(&mut connection, app_state, caller, email.as_str()).await?;
        if !trying.is_known {
            rules::may_try(app_state, caller, &rules::WRONG_PASSWORDS)?;
        }
        // Counted before it is checked, so that tries at the same time are bounded, too.
        address_limits::count(app_state, caller, &WRONG_PASSWORDS, trying)?;
        let known = credentials::credentials(&mut connection, email.as_str()).await?;
        // Hashing may have to wait: others need the connection meanwhile.
        drop(connection);
        let stored = known.as_ref().and_then(|known| known.password_hash.as_deref());
        let verified = passwords::verify(app_state, password, stored).await?;
        let (Verified::Right { upgraded }, Some(known)) = (verified, known) else {
            if !trying.is_known {
                rules::was_wrong(app_state, caller, &rules::WRONG_PASSWORDS);
            }
            return Err(Failure::WrongCredentials.into());
        };
        address_limits::forget(app_state, caller, &WRONG_PASSWORDS, trying);
        self.sign_in_to(known, upgraded).await
    }

    async fn sign_in_to(
        &self,
        known: Credentials,
        upgraded: Option<String>,
    ) -> Outcome<SignInStep> {
        let mut connection = self.app_state.write.0.acquire().await?;
        if let (Some(new), Some(old)) = (upgraded, &known.password_hash) {
            credentials::upgrade_hash(&mut connection, known.account.id, old, &new).await?;
        }
        Ok(self.step(&mut connection, known.account).await?)
    }

    /// What a right password or code leads to. It does not suffice when an authenticator app is set up. A passkey is
    /// another way to sign in, not a second step; but where the configuration asks for two factors, a password alone
    /// must not be a way around it.
    async fn step(
        &self,
        connection: &mut PgConnection,
        account: KnownAccount,
    ) -> sqlx::Result<SignInStep> {
        let required = self.app_state.settings.staff_second_factor == StaffSecondFactor::Required;
        let needs_second =
            credentials::needs_second_factor(connection, account.id, required).await?;
        Ok(if needs_second {
            SignInStep::SecondFactor(account)
        } else {
            SignInStep::SignedIn(account)
        })
    }

    async fn finish_with_second_factor(
        &self,
        caller: &Caller,
        account: &KnownAccount,
        code: &str,
    ) -> Outcome<KnownAccount> {
        let app_state = &self.app_state;
        let mut transaction = app_state.write.begin().await?;
        let email = store::email(&mut transaction, account.id).await?;
        let email = email.ok_or(Failure::SignInFirst)?;
        let trying = address_limits::of_caller(&mut transaction, app_state, caller, &email).await?;
        // Counted before it is checked, so that tries at the same time are bounded, too.
        address_limits::count(app_state, caller, &SECOND_FACTORS, trying)?;
        let is_right =
            second_factors::check(&mut transaction, app_state, account.id, code, caller.now);
        if !is_right.await? {
            return Err(Failure::WrongSecondFactor.into());
        }
        transaction.commit().await?;
        address_limits::forget(app_state, caller, &SECOND_FACTORS, trying);
        Ok(KnownAccount { two_factors: true, ..account.clone() })
    }
}

/// Checks the password that is set for the account of the caller, whose address this is; right without one. A wrong one
/// counts as one that was typed for signing in.
///
/// # Errors
/// `Invalid` with [`Field::OldPassword`]; `TooManyTries`; `Busy`.
pub(super) async fn check_own_password(
    app_state: &AppState,
    caller: &Caller,
    email: &str,
    password: Option<&str>,
) -> Outcome<()> {
    let mut connection = app_state.write.0.acquire().await?;
    let known = credentials::credentials(&mut connection, email).await?;
    let Some(stored) = known.and_then(|known| known.password_hash) else { return Ok(()) };
    let typed = password.filter(|typed| !typed.is_empty());
    let typed = typed.ok_or(Failure::field(Field::OldPassword, Problem::Missing))?;
    let trying = address_limits::of_caller(&mut connection, app_state, caller, email).await?;
    address_limits::count(app_state, caller, &WRONG_PASSWORDS, trying)?;
    drop(connection);
    let is_wrong = match typed.chars().count() > Password::MAX_CHARS as usize {
        true => true,
        false => {
            let verified = passwords::verify(app_state, typed, Some(&stored)).await?;
            matches!(verified, Verified::Wrong)
        }
    };
    if is_wrong {
        return Err(Failure::field(Field::OldPassword, Problem::Unknown).into());
    }
    address_limits::forget(app_state, caller, &WRONG_PASSWORDS, trying);
    Ok(())
}

async fn make_account_of(proven: &mut Proven, now: DateTime<Utc>) -> sqlx::Result<AccountId> {
    let new = NewAccount {
        name: proven.name.as_deref().unwrap_or_default(),
        email: &proven.email,
        password_hash: proven.password_hash.as_deref(),
        locale: &proven.locale,
        has_agreed: true,
    };
    Ok(make_account(&mut proven.transaction, &new, now).await?.0)
}

#[async_trait]
impl SignIn for SignInService {
    #[tracing::instrument(skip_all)]
    async fn register(&self, caller: &Caller, registration: Registration) -> Answer<ProofToken> {
        answer("register", self.start_registration(caller, registration).await)
    }

    #[tracing::instrument(skip_all)]
    async fn send_code(&self, caller: &Caller, email: &Email, locale: &str) -> Answer<ProofToken> {
        answer("send code", self.start_sign_in(caller, email, locale).await)
    }

    #[tracing::instrument(skip_all)]
    async fn send_code_again(&self, caller: &Caller, token: &ProofToken) -> Answer<()> {
        answer("send code again", proofs::send_again(&self.app_state, caller, token).await)
    }

    async fn pending_proof(
        &self,
        caller: &Caller,
        token: &ProofToken,
    ) -> Answer<Option<PendingProof>> {
        answer("pending proof", proofs::pending(&self.app_state, token, caller.now).await)
    }

    #[tracing::instrument(skip_all)]
    async fn check_code(
        &self,
        caller: &Caller,
        token: &ProofToken,
        code: &Code,
    ) -> Answer<SignInStep> {
        let outcome = answer("check code", self.finish_with_code(caller, token, code).await);
        self.log_code(caller, token, &outcome).await;
        outcome
    }

    #[tracing::instrument(skip_all)]
    async fn check_password(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
    ) -> Answer<SignInStep> {
        let outcome = self.finish_with_password(caller, email, password).await;
        let outcome = answer("sign in", outcome);
        let whom = Whom::Address(email);
        security_log::sign_in(&self.app_state, caller, "password", whom, &outcome);
        outcome
    }

    #[tracing::instrument(skip_all)]
    async fn check_second_factor(
        &self,
        caller: &Caller,
        account: &KnownAccount,
        code: &str,
    ) -> Answer<KnownAccount> {
        let outcome = self.finish_with_second_factor(caller, account, code).await;
        let outcome = answer("check second factor", outcome);
        let whom = Whom::Account(account.id);
        security_log::last_step(&self.app_state, caller, "second_factor", whom, &outcome);
        outcome
    }

    async fn request_passkey(&self, caller: &Caller) -> Answer<PasskeyRequest> {
        answer("request passkey", passkeys::request(&self.app_state, caller.now).await)
    }

    #[tracing::instrument(skip_all)]
    async fn check_passkey(
        &self,
        caller: &Caller,
        token: &ProofToken,
        credential: &str,
    ) -> Answer<KnownAccount> {
        let outcome = passkeys::check(&self.app_state, caller.now, token, credential).await;
        let outcome = answer("check passkey", outcome);
        security_log::last_step(&self.app_state, caller, "passkey", Whom::Unknown, &outcome);
        outcome
    }
}
