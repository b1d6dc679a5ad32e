//! The journal: a file with a line for each response. A line is written before the next request is sent, so
//! every change that a server has acknowledged can be compared with the database, whatever is killed next.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::client::ApiResponse;

/// What a request asks the server to do.
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

/// What the journal records of a request.
#[derive(Clone, Copy, Debug)]
pub struct RequestInfo<'a> {
    /// The idempotency key.
    pub key: &'a str,
    pub action: Action,
    pub slot: i64,
}

/// A file with a line per response: `key,action,server,status,id,slot,outcome,digest`. `server` is its port,
/// `outcome` the appointment's state or the type of the problem, and `digest` the hash of the response's body.
pub struct Journal(Mutex<File>);

impl Journal {
    /// # Errors
    /// When the file cannot be written.
    pub fn create(file: &Path) -> Result<Self> {
        let created = File::create(file);
        let created = created.with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self(Mutex::new(created)))
    }

    /// Appends the line of a response.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn record(
        &self,
        info: RequestInfo<'_>,
        server: SocketAddr,
        response: &ApiResponse,
    ) -> Result<()> {
        let line = line(info, server, response);
        self.0.lock().await.write_all(line.as_bytes()).context("the journal cannot be written")
    }
}

fn line(info: RequestInfo<'_>, server: SocketAddr, response: &ApiResponse) -> String {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let outcome = match text("type").rsplit('/').next() {
        Some(problem) if !problem.is_empty() => problem,
        _ => text("status"),
    };
    format!(
        "{},{},{},{},{},{},{outcome},{:016x}\n",
        info.key,
        info.action.name(),
        server.port(),
        response.status.as_u16(),
        text("id"),
        info.slot,
        digest(&response.body)
    )
}

/// The 64-bit FNV-1a hash.
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
        let response = ApiResponse {
            status,
            body: Bytes::from_static(body.as_bytes()),
            elapsed: Duration::ZERO,
        };
        let info = RequestInfo { key: "k-1", action: Action::Hold, slot: 7 };
        line(info, SocketAddr::from(([127, 0, 0, 1], 4000)), &response)
    }

    #[test]
    fn a_line_has_the_key_and_the_outcome() {
        let held = written(StatusCode::CREATED, r#"{"id":"a","status":"pending"}"#);
        assert!(held.starts_with("k-1,hold,4000,201,a,7,pending,"), "{held}");
        let taken = written(StatusCode::CONFLICT, r#"{"type":"/problems/taken"}"#);
        assert!(taken.starts_with("k-1,hold,4000,409,,7,taken,"), "{taken}");
        assert_ne!(held, written(StatusCode::CREATED, r#"{"id":"a","status":"pending","v":2}"#));
    }
}
