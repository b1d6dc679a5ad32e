//! What the operator does to accounts by command (`nadi account …`): signs them out, and takes away second factors that
//! are lost. Both are events, and are told to the account's owner. What to check before: docs/accounts.md.

use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::events::{AccountEvent, NewEvent};
use nadi::ids::AccountId;
use nadi::input::Email;
use nadi::ports::Answer;
use sqlx::PgConnection;

use super::addresses::{account_of_address, lock_address};
use super::notices::lock_account;
use super::sign_in_changes::{self, SignInChange};
use super::store::operator::{self as store, ResetRequest};
use super::store::{api_keys, own_account, second_factors};
use crate::events;
use crate::events::Author;
use crate::state::AppState;
use crate::use_case::{Outcome, answer};

/// How long the owner of an account has to object before its second factors are taken away.
pub const RESET_WAIT: Duration = Duration::hours(24);
/// How long after that the request counts.
pub const RESET_VALID_FOR: Duration = Duration::days(7);
/// How many accounts are signed out in one transaction.
const AT_ONCE: i64 = 500;

/// Ends all sessions of the account of an address with their tokens, revokes its personal keys, and ends sign-ins that
/// are under way. Its password, factors and calendar feeds stay.
///
/// # Errors
/// `NotFound`: no account has proven the address; `Unavailable`.
pub async fn sign_out(
    app_state: &AppState,
    email: &Email,
    now: DateTime<Utc>,
) -> Answer<AccountId> {
    let done = async {
        let mut transaction = app_state.write.begin().await?;
        let account = lock_account_of(&mut transaction, email).await?;
        own_account::end_other_sessions(&mut transaction, account, None).await?;
        api_keys::revoke_all(&mut transaction, account, now).await?;
        let what = (AccountEvent::SignedOut, SignInChange::SignedOut);
        sign_in_changes::record_by_operator(&mut transaction, account, what, now).await?;
        transaction.commit().await?;
        Ok(account)
    };
    answer("sign out", done.await)
}

/// The same for every account that has a session, a waiting sign-in or a personal key. Their owners are not mailed: they
/// notice at once, and a message to everybody would hold up the codes that they need then. Returns how many accounts.
///
/// # Errors
/// `Unavailable`; the accounts before that are signed out, and the command may be run again.
pub async fn sign_out_all(app_state: &AppState, now: DateTime<Utc>) -> Answer<usize> {
    let done = async {
        let mut count = 0;
        loop {
            let mut transaction = app_state.write.begin().await?;
            let accounts = store::lock_signed_in(&mut transaction, AT_ONCE).await?;
            if accounts.is_empty() {
                return Ok(count);
            }
            store::sign_out(&mut transaction, &accounts, now).await?;
            let happened: Vec<_> = accounts
                .iter()
                .map(|account| NewEvent::account(AccountEvent::SignedOut, *account))
                .collect();
            events::record_all(&mut transaction, &happened, Author::SYSTEM, now).await?;
            transaction.commit().await?;
            count += accounts.len();
        }
    };
    answer("sign everybody out", done.await)
}

/// What has become of a request to take away second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// The owner was told. From this time on, the same command takes them away.
    Waits { until: DateTime<Utc> },
    /// They are taken away, and all sessions and keys with them.
    Done,
}

/// Takes away the authenticator app with its recovery codes and all passkeys of an account whose owner has lost them. The
/// first call tells the owner, who has [`RESET_WAIT`] to object; one after that carries it out.
///
/// # Errors
/// `NotFound`: no account has proven the address, or it has no second factor; `Unavailable`.
pub async fn reset_factors(
    app_state: &AppState,
    email: &Email,
    now: DateTime<Utc>,
) -> Answer<Reset> {
    answer("reset factors", reset(app_state, email, now).await)
}

async fn reset(app_state: &AppState, email: &Email, now: DateTime<Utc>) -> Outcome<Reset> {
    let mut transaction = app_state.write.begin().await?;
    let account = lock_account_of(&mut transaction, email).await?;
    let factors = second_factors::factors(&mut transaction, account).await?;
    if !factors.authenticator && factors.passkeys == 0 {
        return Err(Failure::NotFound.into());
    }
    let asked_at = open_request(&mut transaction, account, now).await?;
    let Some(asked_at) = asked_at else {
        let what = (AccountEvent::FactorResetRequested, SignInChange::FactorResetRequested);
        sign_in_changes::record_by_operator(&mut transaction, account, what, now).await?;
        transaction.commit().await?;
        return Ok(Reset::Waits { until: now + RESET_WAIT });
    };
    if now < asked_at + RESET_WAIT {
        return Ok(Reset::Waits { until: asked_at + RESET_WAIT });
    }
    second_factors::remove_authenticator(&mut transaction, account).await?;
    store::remove_passkeys(&mut transaction, account).await?;
    // Whoever has the lost factor may be signed in with it.
    own_account::end_other_sessions(&mut transaction, account, None).await?;
    api_keys::revoke_all(&mut transaction, account, now).await?;
    let what = (AccountEvent::FactorsReset, SignInChange::FactorsReset);
    sign_in_changes::record_by_operator(&mut transaction, account, what, now).await?;
    transaction.commit().await?;
    Ok(Reset::Done)
}

/// Withdraws a request of [`reset_factors`], because the owner has objected or has found the factor.
///
/// # Errors
/// `NotFound`: no account has proven the address, or nobody has asked; `Unavailable`.
pub async fn withdraw_reset(app_state: &AppState, email: &Email, now: DateTime<Utc>) -> Answer<()> {
    let done = async {
        let mut transaction = app_state.write.begin().await?;
        let account = lock_account_of(&mut transaction, email).await?;
        if open_request(&mut transaction, account, now).await?.is_none() {
            return Err(Failure::NotFound.into());
        }
        let event = NewEvent::account(AccountEvent::FactorResetWithdrawn, account);
        events::record(&mut transaction, &event, Author::SYSTEM, now).await?;
        transaction.commit().await?;
        Ok(())
    };
    answer("withdraw a reset of factors", done.await)
}

/// When somebody asked to take away the factors, if that still counts. It does not after it was carried out or
/// withdrawn, nor after the owner has changed how they sign in, which they could not without the factor.
async fn open_request(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    let last = store::last_reset_request(connection, account).await?;
    Ok(last
        .filter(|ResetRequest { asked_at, is_open }| {
            *is_open && now < *asked_at + RESET_WAIT + RESET_VALID_FOR
        })
        .map(|request| request.asked_at))
}

async fn lock_account_of(connection: &mut PgConnection, email: &Email) -> Outcome<AccountId> {
    lock_address(connection, email.as_str()).await?;
    let account = account_of_address(connection, email.as_str()).await?;
    let account = account.ok_or(Failure::NotFound)?;
    lock_account(connection, account).await?;
    Ok(account)
}
