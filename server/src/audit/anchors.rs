//! Anchors: heads of the audit log that are kept outside the database.
//!
//! Whoever may write to the database could write the whole log anew, with right hashes. So the server writes the head to
//! its own log, and to the file `NADI_AUDIT_ANCHORS`, which should be on another machine or on storage that is only
//! appended to. Each line has a time, a position and a hash: `2026-12-06T09:00:00Z 1234 9f86d0…`.

use std::io::SeekFrom;
use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use tokio::fs::OpenOptions;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::chain;
use super::head::{Hash, Head};
use crate::state::AppState;

/// How often the head is anchored while there are new entries.
const ANCHORED_EVERY: Duration = Duration::minutes(1);

/// What this instance has anchored last.
#[derive(Debug, Default)]
pub struct Anchored(Option<(Head, DateTime<Utc>)>);

impl Anchored {
    /// Anchors the head if it is another one than last time, and that was long enough ago.
    ///
    /// # Errors
    /// When the database does not answer or the file cannot be written; then the same is tried again.
    pub async fn write_if_due(&mut self, app_state: &AppState) -> anyhow::Result<()> {
        let now = app_state.clock.now();
        if self.0.is_some_and(|(_, at)| now < at + ANCHORED_EVERY) {
            return Ok(());
        }
        let head = chain::head(&mut *app_state.write.0.acquire().await?).await?;
        if self.0.is_none_or(|(last, _)| last != head) && head != Head::EMPTY {
            write(app_state.audit_anchors.as_deref(), head, now).await?;
        }
        self.0 = Some((head, now));
        Ok(())
    }
}

/// Writes the head to the log and, if there is one, to the file.
///
/// # Errors
/// When the file cannot be written.
pub async fn write(file: Option<&Path>, head: Head, now: DateTime<Utc>) -> anyhow::Result<()> {
    let hash = hex::encode(head.hash);
    tracing::info!(target: "nadi::audit", position = head.position, %hash, "head of the audit log");
    let Some(path) = file else { return Ok(()) };
    let now = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let line = format!("{now} {} {hash}\n", head.position);
    let write = async {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path).await?;
        // After a failure, a line may have only its beginning.
        let is_open_ended = file.metadata().await?.len() > 0 && {
            file.seek(SeekFrom::End(-1)).await?;
            file.read_u8().await? != b'\n'
        };
        let line = if is_open_ended { format!("\n{line}") } else { line };
        // In one piece, so that lines of several instances do not mix.
        file.write_all(line.as_bytes()).await?;
        file.flush().await?;
        file.sync_data().await
    };
    write.await.with_context(|| format!("cannot write the anchor to {}", path.display()))
}

/// The anchors of a file, and the numbers of the lines that are none: such a line is left when the disk was full.
pub fn parse(text: &str) -> (Vec<Head>, Vec<usize>) {
    let (mut heads, mut damaged) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match head(line) {
            Some(head) => heads.push(head),
            None => damaged.push(number + 1),
        }
    }
    (heads, damaged)
}

fn head(line: &str) -> Option<Head> {
    let mut parts = line.split_whitespace().skip(1);
    let (position, hexadecimal) = (parts.next()?.parse().ok()?, parts.next()?);
    let mut hash: Hash = [0; 32];
    hex::decode_to_slice(hexadecimal, &mut hash).ok()?;
    parts.next().is_none().then_some(Head { position, hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_read() {
        let file = std::env::temp_dir().join(format!("nadi-anchors-{}", uuid::Uuid::new_v4()));
        let heads = [Head { position: 3, hash: [7; 32] }, Head { position: 9, hash: [250; 32] }];
        for head in heads {
            write(Some(&file), head, DateTime::UNIX_EPOCH).await.expect("to be written");
        }
        let text = std::fs::read_to_string(&file).expect("the file");
        assert_eq!(parse(&text), (heads.to_vec(), vec![]));
        // As a full disk leaves it.
        std::fs::write(&file, &text[..text.len() - 7]).expect("cut off");
        write(Some(&file), heads[1], DateTime::UNIX_EPOCH).await.expect("to be written");
        let text = std::fs::read_to_string(&file).expect("the file");
        assert_eq!(parse(&text), (heads.to_vec(), vec![2]));
        assert!(write(Some(&file.join("x")), heads[0], DateTime::UNIX_EPOCH).await.is_err());
        std::fs::remove_file(&file).expect("the file to be removed");
    }

    #[test]
    fn a_damaged_line_is_named() {
        let long = format!("t 1 {} x", "00".repeat(32));
        for line in ["x", "t 1", "t x 00", "t 1 0g", "t 1 00", &long] {
            assert_eq!(parse(&format!("\n{line}\n")), (vec![], vec![2]), "{line}");
        }
    }
}
