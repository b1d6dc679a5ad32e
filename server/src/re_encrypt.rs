//! Writes personal data again with the current keys, while the server runs: after keys were configured for the first
//! time, and after one was replaced. `nadi keys re-encrypt`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::encryption::columns::{EncryptedColumn, Stored};
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

/// How many values there are in each column, by the key that has written them, such as `data 1`; `None`: as text.
pub type Counts = BTreeMap<&'static str, BTreeMap<Option<String>, i64>>;

/// Counts the values in all encrypted columns.
///
/// # Errors
/// When the database does not answer.
pub async fn counts(connection: &mut PgConnection) -> sqlx::Result<Counts> {
    let mut all = Counts::new();
    for column in columns() {
        let of_column = all.entry(column.column().0).or_default();
        for count in column.counts(connection).await? {
            *of_column.entry(count.key).or_default() += count.values;
        }
    }
    Ok(all)
}

/// What was written again.
#[derive(Debug, Default)]
pub struct Written {
    pub values: u64,
    /// What could not be read or written: the column, the key of the row, and why.
    pub failures: Vec<String>,
}

/// Writes every value again that the current keys have not written, until nothing is left that can be. Each is one
/// statement, which changes nothing if the value has changed in the meantime; so it locks one row at a time, and can be
/// stopped and run again at any time.
///
/// # Errors
/// When the database does not answer.
pub async fn run(connection: &mut PgConnection) -> sqlx::Result<Written> {
    let mut written = Written::default();
    loop {
        let pass = pass(connection).await?;
        written.values += pass.values;
        if pass.values == 0 {
            return Ok(Written { failures: pass.failures, ..written });
        }
    }
}

async fn pass(connection: &mut PgConnection) -> sqlx::Result<Written> {
    let mut written = Written::default();
    for column in columns() {
        let mut after = column.first().to_owned();
        loop {
            let page = column.page(connection, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.key);
            for old in page {
                match write_again(connection, column, &old).await {
                    Ok(values) => written.values += values,
                    // A value that cannot be decrypted, a row that is locked for long: the others go on.
                    Err(error @ (sqlx::Error::Decode(_) | sqlx::Error::Database(_))) => {
                        let (name, key) = (column.column().0, &old.key);
                        written.failures.push(format!("{name} of {key}: {error}"));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(written)
}

async fn write_again(
    connection: &mut PgConnection,
    column: &dyn EncryptedColumn,
    old: &Stored,
) -> sqlx::Result<u64> {
    match column.renewed(old)? {
        Some((value, digest)) => column.replace(connection, old, &value, digest.as_deref()).await,
        None => Ok(0),
    }
}

/// Forgets the keys that have written nothing which is still there, and that no server writes with. Returns their
/// names, and those of keys that are forgotten later because a server has used them minutes ago.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_unused(
    connection: &mut PgConnection,
    keyring: &Keyring,
    now: DateTime<Utc>,
) -> sqlx::Result<(Vec<String>, Vec<String>)> {
    let counts = counts(connection).await?;
    let used: BTreeSet<&str> =
        counts.values().flat_map(|of| of.keys()).flatten().map(String::as_str).collect();
    let current = [Purpose::Data, Purpose::Addresses].map(|purpose| {
        keyring.current(purpose).map(|key| format!("{} {}", purpose.word(), key.id))
    });
    let (mut forgotten, mut later) = (Vec::new(), Vec::new());
    for name in known_keys::all(connection).await? {
        if used.contains(name.as_str()) || current.iter().flatten().any(|writes| *writes == name) {
            continue;
        }
        let list = if known_keys::forget(connection, &name, now).await? {
            &mut forgotten
        } else {
            &mut later
        };
        list.push(name);
    }
    Ok((forgotten, later))
}
