//! The hash chain of the audit log.
//!
//! Entry n has the hash SHA-256(hash of entry n - 1, text of entry n), with 32 zero bytes before the first one; the text
//! is [`Entry::canonical_text`]. Whoever changes, inserts or removes an entry makes all later hashes wrong, and whoever
//! computes these anew makes them differ from the [anchors](super::anchors).

use nadi::audit::Entry;
use sqlx::PgConnection;

use super::head::Head;
use super::store;

/// How many entries are checked at a time.
const PAGE: i64 = 10_000;

/// Appends entries, in the transaction of whatever they are taken from. Until it ends, others wait.
///
/// # Errors
/// When the database does not answer.
pub async fn append(connection: &mut PgConnection, entries: &[Entry]) -> sqlx::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    store::lock(connection).await?;
    let mut head = store::head(connection).await?;
    let mut heads = Vec::with_capacity(entries.len());
    for entry in entries {
        head = head.with(entry);
        heads.push(head);
    }
    store::insert(connection, entries, &heads).await
}

/// # Errors
/// When the database does not answer.
pub async fn head(connection: &mut PgConnection) -> sqlx::Result<Head> {
    store::head(connection).await
}

/// The outcome of checking the whole log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every hash is right, and so is every anchor.
    Whole { head: Head, anchors: usize },
    /// The entry at this position was changed, or something before it was inserted or removed.
    Broken { position: i64 },
    /// The entry that was anchored is not there: the end of the log was removed.
    Shortened { anchored: i64, head: i64 },
    /// The entry has another hash than when it was anchored: the log was written anew.
    Rewritten { position: i64 },
}

/// Computes every hash again, and compares it with the one that is stored and with the anchors.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(connection: &mut PgConnection, anchors: &[Head]) -> sqlx::Result<Verdict> {
    let mut head = Head::EMPTY;
    let mut anchors: Vec<Head> = anchors.to_vec();
    anchors.sort_unstable_by_key(|anchor| anchor.position);
    let mut waiting = anchors.iter().peekable();
    loop {
        let page = store::after(connection, head.position, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for (at, entry) in page {
            head = head.with(&entry);
            if head != at {
                return Ok(Verdict::Broken { position: head.position });
            }
            while let Some(anchor) = waiting.next_if(|anchor| anchor.position <= head.position) {
                if *anchor != head {
                    return Ok(Verdict::Rewritten { position: anchor.position });
                }
            }
        }
    }
    Ok(match waiting.next() {
        Some(anchor) => Verdict::Shortened { anchored: anchor.position, head: head.position },
        None => Verdict::Whole { head, anchors: anchors.len() },
    })
}
