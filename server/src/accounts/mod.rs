//! Accounts: registering and signing in.

pub mod identities;
pub mod people;
pub mod sessions;
mod store;
pub mod tokens;

use std::sync::LazyLock;
use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Argon2, Params};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::actor::{ActingRole, Actor, Caller};
use nadi::events::{AccountEvent, NewEvent};
use nadi::failure::Field;
use nadi::ids::{AccountId, PersonId};
use nadi::input::{Email, Password, line};
use nadi::ports::{Accounts, Answer, KnownAccount, Registration};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tokio::sync::Semaphore;

// For other capabilities and commands.
pub use crate::accounts::store::{
    AccountToLink, accounts_to_link, email, is_email_verified, names, names_of_accounts,
};

use crate::accounts::store::{Credentials, NewAccount};
use crate::cache::backend::Key;
use crate::events;
use crate::events::Author;
use crate::ids::uuid_v7;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome, answer};

/// How many wrong passwords an address may have before it has to wait, and for how long.
const SIGN_IN_FAILURES_MAX: u64 = 10;
const SIGN_IN_PAUSE: Duration = Duration::from_secs(15 * 60);
/// How many tries to register an address are allowed, and in what time.
const REGISTRATIONS_MAX: u64 = 10;
const REGISTRATION_PAUSE: Duration = Duration::from_secs(60 * 60);
const NAME_CHARS_MAX: u32 = 120;

/// Limits concurrent hashing. Argon2id with 19 MiB and two passes (OWASP's minimum) takes about 20 ms of one
/// core; the limit keeps sign-ins from using up the cores and the memory that bookings need.
static HASHING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(4));

pub struct AccountService {
    app_state: AppState,
}

impl AccountService {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }

    /// Neither the answer nor its duration reveals whether the address has an account.
    async fn make_account(&self, caller: &Caller, new: Registration) -> Outcome<AccountId> {
        let name = line(Field::Name, &new.name, NAME_CHARS_MAX)?;
        let (email, password) = (new.email.as_str(), new.password.expose());
        let made = digest_of(email);
        let tries =
            self.app_state.cache.count(&Key::Registrations(&made), REGISTRATION_PAUSE).await;
        must_not_wait(tries > REGISTRATIONS_MAX, REGISTRATION_PAUSE)?;
        loop {
            let mut connection = self.app_state.write.0.acquire().await?;
            let known = store::credentials(&mut connection, email).await?;
            drop(connection);
            // A double click or a retry finds the account it has just made.
            if let Some(found) = matching(&known, password).await? {
                return Ok(found.account);
            }
            let hash = hash(password.to_owned()).await?;
            let mut transaction = self.app_state.write.begin().await?;
            store::lock_address(&mut transaction, email).await?;
            if store::credentials(&mut transaction, email).await? != known {
                // Somebody registered it in the meantime, perhaps the other request of a double click: check again.
                continue;
            }
            let id = AccountId(uuid_v7(caller.now));
            let person = PersonId(uuid_v7(caller.now));
            let row = NewAccount {
                id,
                person,
                email,
                name: &name,
                password_hash: &hash,
                locale: &new.locale,
            };
            store::insert_account(&mut transaction, &row, caller.now).await?;
            let event = NewEvent::account(AccountEvent::Registered, row.id);
            let by = Author::new(ActingRole::Patient, row.id);
            events::record(&mut transaction, &event, by, caller.now).await?;
            transaction.commit().await?;
            return Ok(id);
        }
    }

    async fn check_password(&self, email: &str, password: &str) -> Outcome<KnownAccount> {
        // An invalid address cannot belong to an account.
        let email = Email::parse(email).map_err(|_| Failure::WrongCredentials)?;
        if password.chars().count() > Password::MAX_CHARS as usize {
            return Err(Failure::WrongCredentials.into());
        }
        let failures = digest_of(email.as_str());
        let failed = self.app_state.cache.counted(&Key::SignInFailures(&failures)).await;
        must_not_wait(failed >= SIGN_IN_FAILURES_MAX, SIGN_IN_PAUSE)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let known = store::credentials(&mut connection, email.as_str()).await?;
        drop(connection);
        match matching(&known, password).await? {
            Some(found) => {
                self.app_state.cache.delete(&Key::SignInFailures(&failures)).await;
                Ok(KnownAccount { id: found.account, locale: found.locale.clone() })
            }
            None => {
                self.app_state.cache.count(&Key::SignInFailures(&failures), SIGN_IN_PAUSE).await;
                Err(Failure::WrongCredentials.into())
            }
        }
    }

    async fn read_locale(&self, caller: &Caller) -> Outcome<String> {
        let account = caller.signed_in()?.account;
        let mut connection = self.app_state.write.0.acquire().await?;
        Ok(store::locale(&mut connection, account).await?.ok_or(Failure::SignInFirst)?)
    }

    async fn change_locale(&self, caller: &Caller, locale: &str) -> Outcome<()> {
        let account = caller.signed_in()?.account;
        let mut transaction = self.app_state.write.begin().await?;
        if store::set_locale(&mut transaction, account, locale).await? {
            let event = NewEvent::account(AccountEvent::LanguageChanged, account);
            let by = Author::new(ActingRole::Patient, account);
            events::record(&mut transaction, &event, by, caller.now).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// The account the password belongs to. Checks against a dummy hash where there is no account, so that a
/// wrong password takes equally long for an address with no account and one with several.
async fn matching<'a>(
    known: &'a [Credentials],
    password: &str,
) -> Outcome<Option<&'a Credentials>> {
    for place in 0..store::ACCOUNTS_OF_ADDRESS {
        let found = known.get(place);
        let stored = found.map_or(DUMMY_HASH.as_str(), |found| &found.password_hash);
        if verify(password.to_owned(), stored.to_owned()).await? && found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn must_not_wait(too_often: bool, pause: Duration) -> Outcome<()> {
    if !too_often {
        return Ok(());
    }
    let retry_after_seconds = u32::try_from(pause.as_secs()).unwrap_or(u32::MAX);
    Err(Failure::TooManyTries { retry_after_seconds }.into())
}

/// Tries are counted by the hash of the address, so that the cache holds no personal data.
fn digest_of(email: &str) -> String {
    Sha256::digest(email.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

static DUMMY_HASH: LazyLock<String> =
    LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

fn hasher() -> Result<Argon2<'static>, argon2::Error> {
    let params = Params::new(19 * 1024, 2, 1, None)?;
    Ok(Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params))
}

/// Hashes a password; blocks the thread for about 20 ms.
///
/// # Errors
/// The algorithm's message, when it refuses its parameters.
pub fn hash_now(password: &str) -> Result<String, String> {
    let hasher = hasher().map_err(|error| error.to_string())?;
    let hash = hasher.hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

async fn hash(password: String) -> Outcome<String> {
    let _place = HASHING.acquire().await.map_err(|e| Fault::Broken(e.to_string()))?;
    tokio::task::spawn_blocking(move || hash_now(&password))
        .await
        .map_err(|e| Fault::Broken(e.to_string()))?
        .map_err(Fault::Broken)
}

async fn verify(password: String, stored: String) -> Outcome<bool> {
    let _place = HASHING.acquire().await.map_err(|e| Fault::Broken(e.to_string()))?;
    tokio::task::spawn_blocking(move || {
        let parsed = PasswordHash::new(&stored).map_err(|e| format!("stored hash: {e}"))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await
    .map_err(|e| Fault::Broken(e.to_string()))?
    .map_err(Fault::Broken)
}

/// Makes an administrator of every clinic, for `nadi admin create`. An existing account with this address and
/// password is promoted.
///
/// # Errors
/// As [`Accounts::register`].
pub async fn create_administrator(
    app_state: &AppState,
    registration: Registration,
    now: DateTime<Utc>,
) -> Answer<AccountId> {
    let caller = Caller { actor: Actor::Visitor, now, request_id: uuid_v7(now) };
    let service = AccountService::new(app_state.clone());
    let make = async {
        let account = service.make_account(&caller, registration).await?;
        let mut transaction = app_state.write.begin().await?;
        store::grant_everything(&mut transaction, account).await?;
        let event = NewEvent::account(AccountEvent::MadeAdministrator, account);
        events::record(&mut transaction, &event, Author::SYSTEM, app_state.clock.now()).await?;
        transaction.commit().await?;
        Ok(account)
    };
    answer("create administrator", make.await)
}

/// Marks the account's e-mail address as verified, because a code that was sent to it was entered.
///
/// # Errors
/// When the database does not answer.
pub async fn verify_email(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if store::mark_email_verified(connection, account, now).await? {
        let event = NewEvent::account(AccountEvent::EmailVerified, account);
        let by = Author::new(ActingRole::Patient, account);
        events::record(connection, &event, by, now).await?;
    }
    Ok(())
}

#[async_trait]
impl Accounts for AccountService {
    #[tracing::instrument(skip_all)]
    async fn register(&self, caller: &Caller, registration: Registration) -> Answer<AccountId> {
        answer("register", self.make_account(caller, registration).await)
    }

    #[tracing::instrument(skip_all)]
    async fn sign_in(&self, _caller: &Caller, email: &str, password: &str) -> Answer<KnownAccount> {
        answer("sign in", self.check_password(email, password).await)
    }

    async fn locale(&self, caller: &Caller) -> Answer<String> {
        answer("read language", self.read_locale(caller).await)
    }

    async fn set_locale(&self, caller: &Caller, locale: &str) -> Answer<()> {
        answer("change language", self.change_locale(caller, locale).await)
    }
}
