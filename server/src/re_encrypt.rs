//! Writes personal data again with the current keys, while the server runs: after keys were configured for the first
//! time, and after one was replaced. `nadi keys re-encrypt`.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use crate::encryption::columns::EncryptedColumn;
use crate::encryption::known_keys;
use crate::keys::{Keyring, Purpose};
use crate::{accounts, bookings, busy_times, clinic, notifications, reviews, schedules};

/// How many rows are read at once.
const PAGE: i64 = 500;

/// The encrypted columns of all capabilities.
pub fn columns() -> Vec<&'static dyn EncryptedColumn> {
    [
        accounts::ENCRYPTED,
        bookings::ENCRYPTED,
        busy_times::ENCRYPTED,
        clinic::ENCRYPTED,
        notifications::ENCRYPTED,
        reviews::ENCRYPTED,
        schedules::ENCRYPTED,
    ]
    .concat()
}

/// How many values there are in all encrypted columns, by the key that they were written with; `None`: as text.
///
/// # Errors
/// When the database does not answer.
pub async fn counts(
    connection: &mut PgConnection,
) -> sqlx::Result<BTreeMap<&'static str, BTreeMap<Option<String>, i64>>> {
    let mut all = BTreeMap::new();
    for column in columns() {
        let of_column: &mut BTreeMap<Option<String>, i64> =
            all.entry(column.column().0).or_default();
        for count in column.counts(connection).await? {
            *of_column.entry(count.key).or_default() += count.values;
        }
    }
    Ok(all)
}

/// Writes every value again that the current keys have not written. Each is one statement, which changes nothing if the
/// value has changed in the meantime; so it locks one row at a time, and can be stopped and run again at any time.
/// Returns how many values it has written.
///
/// # Errors
/// When the database does not answer, or a value cannot be read.
pub async fn run(connection: &mut PgConnection) -> sqlx::Result<u64> {
    let mut written = 0;
    for column in columns() {
        let mut after = column.first().to_owned();
        loop {
            let page = column.page(connection, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.key);
            for old in page {
                if let Some((value, digest)) = column.renewed(&old)? {
                    column.replace(connection, &old, &value, digest.as_deref()).await?;
                    written += 1;
                }
            }
        }
    }
    Ok(written)
}

/// Forgets the keys that are no longer current and have written nothing which is still there. Returns their names.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_unused(
    connection: &mut PgConnection,
    keyring: &Keyring,
) -> sqlx::Result<Vec<String>> {
    let counts = counts(connection).await?;
    let used: BTreeSet<&str> =
        counts.values().flat_map(|of| of.keys()).flatten().map(String::as_str).collect();
    let mut forgotten = Vec::new();
    for purpose in [Purpose::Data, Purpose::Addresses] {
        let current = keyring.current(purpose).map(|key| key.id.as_str());
        for id in known_keys::of_purpose(connection, purpose).await? {
            // Digests have no key beside them; `run` has just written all of them with the current one.
            let is_used = Some(id.as_str()) == current
                || purpose == Purpose::Data && used.contains(id.as_str());
            if !is_used && known_keys::forget(connection, purpose, &id).await? {
                forgotten.push(format!("{} {id}", purpose.word()));
            }
        }
    }
    Ok(forgotten)
}
