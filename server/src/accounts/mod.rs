//! Accounts: registering, signing in, second factors, sessions and tokens, and the people an account books for.

mod address_limits;
pub mod addresses;
mod adoption;
pub mod api_keys;
mod authenticators;
pub mod consents;
pub mod credential;
mod deletion;
pub mod devices;
mod encryption;
mod export;
pub mod forget;
pub mod identities;
mod notices;
pub mod operator;
pub mod own_account;
mod passkeys;
mod passwords;
pub mod people;
pub mod proofs;
pub mod second_factors;
mod session_times;
pub mod sessions;
pub mod sign_in;
mod sign_in_changes;
mod store;
pub mod tokens;
pub mod visitors;

use chrono::{DateTime, Utc};
use nadi::Field;
use nadi::actor::ActingRole;
use nadi::events::{AccountEvent, NewEvent};
use nadi::ids::AccountId;
use nadi::input::{Email, Password, line};
use nadi::ports::Answer;
use sqlx::PgConnection;

// For other capabilities and commands.
pub use crate::accounts::notices::lock_account;
pub use crate::accounts::passwords::{hash_new_password, hash_now};
pub use crate::accounts::sign_in_changes::record as record_sign_in_change;
pub use crate::accounts::store::credentials::known_account;
pub use crate::accounts::store::encrypted::ENCRYPTED;
pub use crate::accounts::store::{email, is_email_verified, names, names_of_accounts};

use crate::accounts::addresses::NewAccount;
use crate::events;
use crate::events::Author;
use crate::state::AppState;
use crate::use_case::{Outcome, answer};

/// A role for the whole platform, which only the operator gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PlatformRole {
    /// Administers every clinic.
    Administrator,
    /// Reads the audit log, and nothing about patients.
    Auditor,
}

/// Gives a role for the whole platform, for `nadi admin create`. The operator vouches for the address. If it has an
/// account already, that account gets the role and keeps its name and its password. A new one has no password unless one
/// is given: its owner signs in with a code, so that nobody else ever knows what they sign in with.
///
/// # Errors
/// `Invalid` for a password that is too easy to guess; `Unavailable`.
pub async fn give_platform_role(
    app_state: &AppState,
    role: PlatformRole,
    name: &str,
    email: &Email,
    password: Option<&Password>,
    now: DateTime<Utc>,
) -> Answer<AccountId> {
    answer("give platform role", give_role(app_state, role, name, email, password, now).await)
}

async fn give_role(
    app_state: &AppState,
    role: PlatformRole,
    name: &str,
    email: &Email,
    password: Option<&Password>,
    now: DateTime<Utc>,
) -> Outcome<AccountId> {
    let name = line(Field::Name, name, 100)?;
    let email = email.as_str();
    let hash = match password {
        Some(password) => Some(hash_new_password(app_state, password, &[&name, email]).await?),
        None => None,
    };
    let mut transaction = app_state.write.begin().await?;
    addresses::lock_address(&mut transaction, email).await?;
    let account = match addresses::account_of_address(&mut transaction, email).await? {
        Some(account) => {
            lock_account(&mut transaction, account).await?;
            account
        }
        None => {
            let locale = app::i18n::current().code();
            let new = NewAccount {
                name: &name,
                email,
                password_hash: hash.as_deref(),
                locale,
                // The operator makes it: its owner is asked at the first visit.
                has_agreed: false,
            };
            addresses::make_account(&mut transaction, &new, now).await?.0
        }
    };
    let event = match role {
        PlatformRole::Administrator => {
            store::grant_everything(&mut transaction, account).await?;
            AccountEvent::MadeAdministrator
        }
        PlatformRole::Auditor => {
            store::make_auditor(&mut transaction, account).await?;
            AccountEvent::MadeAuditor
        }
    };
    let event = NewEvent::account(event, account);
    events::record(&mut transaction, &event, Author::SYSTEM, now).await?;
    transaction.commit().await?;
    Ok(account)
}

/// Marks the account's e-mail address as verified, because a code that was sent to it was entered. If another account
/// has proven the address already, it stays that account's.
///
/// # Errors
/// When the database does not answer.
pub async fn verify_email(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    // Nearly always it is verified already.
    let Some(email) = store::credentials::unproven_address(connection, account).await? else {
        return Ok(());
    };
    addresses::lock_address(connection, &email).await?;
    let is_taken = addresses::account_of_address(connection, &email).await?.is_some();
    if !is_taken && store::mark_email_verified(connection, account, now).await? {
        let event = NewEvent::account(AccountEvent::EmailVerified, account);
        let by = Author::new(ActingRole::Patient, account);
        events::record(connection, &event, by, now).await?;
    }
    Ok(())
}
