//! What was answered, written down before anything further is asked: whatever is killed next, it can
//! be compared with the database.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::client::Answer;

/// What a request wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Hold,
    Confirm,
    Cancel,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Confirm => "confirm",
            Self::Cancel => "cancel",
        }
    }
}

/// A request as the journal knows it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The idempotency key.
    pub key: &'a str,
    pub action: Action,
    pub slot: i64,
}

/// A file with a line per answer: `key,action,server,status,id,slot,outcome,digest`. The outcome is
/// the appointment's state or the type of the problem, the digest that of the whole answer.
pub struct Journal(Mutex<File>);

impl Journal {
    /// # Errors
    /// When the file cannot be written.
    pub fn create(file: &Path) -> Result<Self> {
        let created = File::create(file);
        let created = created.with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self(Mutex::new(created)))
    }

    /// # Errors
    /// When the file cannot be written.
    pub async fn record(
        &self,
        asked: Asked<'_>,
        server: SocketAddr,
        answer: &Answer,
    ) -> Result<()> {
        let line = line(asked, server, answer);
        self.0.lock().await.write_all(line.as_bytes()).context("the journal cannot be written")
    }
}

fn line(asked: Asked<'_>, server: SocketAddr, answer: &Answer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let outcome = match text("type").rsplit('/').next() {
        Some(problem) if !problem.is_empty() => problem,
        _ => text("status"),
    };
    format!(
        "{},{},{},{},{},{},{outcome},{:016x}\n",
        asked.key,
        asked.action.name(),
        server.port(),
        answer.status.as_u16(),
        text("id"),
        asked.slot,
        digest(&answer.body)
    )
}

/// FNV-1a.
pub fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use hyper::StatusCode;

    use super::*;

    fn written(status: StatusCode, body: &'static str) -> String {
        let answer =
            Answer { status, body: Bytes::from_static(body.as_bytes()), took: Duration::ZERO };
        let asked = Asked { key: "k-1", action: Action::Hold, slot: 7 };
        line(asked, SocketAddr::from(([127, 0, 0, 1], 4000)), &answer)
    }

    #[test]
    fn a_line_names_the_key_and_what_came_of_it() {
        let held = written(StatusCode::CREATED, r#"{"id":"a","status":"pending"}"#);
        assert!(held.starts_with("k-1,hold,4000,201,a,7,pending,"), "{held}");
        let taken = written(StatusCode::CONFLICT, r#"{"type":"/problems/taken"}"#);
        assert!(taken.starts_with("k-1,hold,4000,409,,7,taken,"), "{taken}");
        assert_ne!(held, written(StatusCode::CREATED, r#"{"id":"a","status":"pending","v":2}"#));
    }
}
