//! The server as a process of its own.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

use super::http::browser;
use super::time;

pub fn nadi(command: &[&str]) -> Command {
    let mut nadi = Command::new(env!("CARGO_BIN_EXE_nadi"));
    nadi.args(command)
        .env_clear()
        .env("NADI_MODE", "development")
        .env("NADI_SECRET", "a secret of the tests, long enough")
        // Tests look into tables.
        .env("NADI_KEYS", "none")
        .kill_on_drop(true)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    nadi
}

pub async fn output(mut command: Command) -> Output {
    tokio::time::timeout(Duration::from_secs(20), command.output())
        .await
        .expect("it ends")
        .expect("it ran")
}

/// A free port below the range of ephemeral ports, so that the system does not give it to another test.
pub fn free_port() -> u16 {
    loop {
        let port = rand::random_range(20_000..30_000);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

pub async fn ready(base: &str, child: &mut Child) {
    let is_ready = async || {
        assert!(child.try_wait().expect("known").is_none(), "it ended by itself");
        let answer = browser().get(format!("{base}/readyz")).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    };
    time::until("the server is ready", is_ready).await;
}
