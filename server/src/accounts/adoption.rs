//! Accounts from the time when an address did not have to be proven.
//!
//! Those with visits or a role were kept, one for each address, and nobody can sign in to them. Whoever proves the
//! address gets the account and all that belongs to it. Who registered it need not have been the owner of the address,
//! so everything they could sign in with, or read it with, ends.

use chrono::{DateTime, Utc};
use nadi::actor::ActingRole;
use nadi::events::{AccountEvent, NewEvent};
use nadi::ids::{AccountId, PersonId};
use nadi::text::plain;
use sqlx::PgConnection;

use super::store::{adoption as rows, deletion};
use crate::events::{self, Author};
use crate::feeds;
use crate::ids::uuid_v7;

/// Whether an account waits for whoever proves this address. The address must be locked.
///
/// # Errors
/// When the database does not answer.
pub async fn is_waiting(connection: &mut PgConnection, email: &str) -> sqlx::Result<bool> {
    rows::is_waiting(connection, email).await
}

/// Gives the account of an address to whoever has just proven it. The address must be locked. `None`: there is no such
/// account. With another name than the account's owner has, the owner up to now becomes a dependant, so that visits
/// keep the name under which they were booked; an empty name changes nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn adopt(
    connection: &mut PgConnection,
    email: &str,
    name: &str,
    password_hash: Option<&str>,
    locale: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(AccountId, PersonId)>> {
    let Some(found) = rows::claim(connection, email).await? else { return Ok(None) };
    let account = AccountId(found.id);
    let by = Author::new(ActingRole::Patient, account);
    deletion::delete_sign_in(connection, account, None).await?;
    feeds::end_all(connection, account, by, now).await?;
    rows::prove(connection, account, password_hash, locale, now).await?;
    let event = NewEvent::account(AccountEvent::EmailVerified, account);
    events::record(connection, &event, by, now).await?;
    if name.is_empty() || plain(name) == plain(&found.name) {
        return Ok(Some((account, PersonId(found.person_id))));
    }
    let person = PersonId(uuid_v7(now));
    rows::replace_owner(connection, account, person, name, now).await?;
    Ok(Some((account, person)))
}
