//! One proven address, one account.
//!
//! Only an account whose address was proven counts as the account of that address. Whoever makes one, or moves
//! something to one, locks the address first ([`lock_address`]), looks ([`account_of_address`]), and only then makes
//! it ([`make_account`]): so two requests at the same time make one account.

use chrono::{DateTime, Utc};
use nadi::actor::ActingRole;
use nadi::events::{AccountEvent, NewEvent};
use nadi::ids::{AccountId, PersonId};
use sqlx::PgConnection;

use super::adoption;
use super::consents;
use super::store::credentials::{self, AccountRow};
use crate::events;
use crate::events::Author;
use crate::ids::uuid_v7;

/// What an account is made from, after its address was proven.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// When it is empty, the part of the address before the `@` is used.
    pub name: &'a str,
    /// In the form of [`nadi::input::Email`].
    pub email: &'a str,
    /// `None`: codes are sent for signing in.
    pub password_hash: Option<&'a str>,
    /// The language for messages, such as `en`.
    pub locale: &'a str,
    /// Its owner has read below a button what they agree to with it.
    pub has_agreed: bool,
}

/// Locks an address until the transaction ends, so that only one transaction at a time makes an account of it.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_address(connection: &mut PgConnection, email: &str) -> sqlx::Result<()> {
    credentials::lock_address(connection, email).await
}

/// The account that has proven the address; never a visitor's or an archived one.
///
/// # Errors
/// When the database does not answer.
pub async fn account_of_address(
    connection: &mut PgConnection,
    email: &str,
) -> sqlx::Result<Option<AccountId>> {
    credentials::account_of_address(connection, email).await
}

/// Makes an account with a proven address, and its owner as a person. The address must be locked, and must have no
/// account. One that was registered with the address before addresses had to be proven, and has visits, is taken
/// instead, without its password ([`super::adoption`]).
///
/// # Errors
/// When the database does not answer.
pub async fn make_account(
    connection: &mut PgConnection,
    new: &NewAccount<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<(AccountId, PersonId)> {
    let (hash, locale) = (new.password_hash, new.locale);
    let adopted = adoption::adopt(connection, new.email, new.name, hash, locale, now).await?;
    if let Some((id, person)) = adopted {
        record_consents(connection, id, new, now).await?;
        return Ok((id, person));
    }
    let (id, person) = (AccountId(uuid_v7(now)), PersonId(uuid_v7(now)));
    let row = AccountRow {
        id,
        person,
        email: new.email,
        name: if new.name.is_empty() { name_in(new.email) } else { new.name },
        password_hash: new.password_hash,
        locale: new.locale,
    };
    credentials::insert_account(connection, &row, now).await?;
    record_consents(connection, id, new, now).await?;
    let happened = [AccountEvent::Registered, AccountEvent::EmailVerified];
    let happened = happened.map(|event| NewEvent::account(event, id));
    let by = Author::new(ActingRole::Patient, id);
    events::record_all(connection, &happened, by, now).await?;
    Ok((id, person))
}

async fn record_consents(
    connection: &mut PgConnection,
    account: AccountId,
    new: &NewAccount<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if new.has_agreed {
        consents::record(connection, account, new.locale, now).await
    } else {
        Ok(())
    }
}

/// What an account is called until its owner types a name: the part of the address before the `@`.
fn name_in(email: &str) -> &str {
    email.split_once('@').map_or(email, |(local, _)| local)
}
