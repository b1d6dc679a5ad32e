//! A Redis server for one test, which can be killed and started again.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use uuid::Uuid;

use super::time::until;

pub struct Redis {
    server: Child,
    folder: PathBuf,
}

impl Redis {
    pub fn start() -> Self {
        // The path has to be short: a socket's address has at most 107 bytes.
        let folder = std::env::temp_dir().join(format!("nadi-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).expect("a folder");
        Self { server: serve(&folder), folder }
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("socket").display())
    }

    /// Ends it like a crash. Its entries are lost.
    pub fn kill(&mut self) {
        self.server.kill().expect("killed");
        self.server.wait().expect("ended");
    }

    pub fn start_again(&mut self) {
        self.server = serve(&self.folder);
    }

    async fn connection(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("an address");
        client.get_multiplexed_async_connection().await.expect("a connection")
    }

    /// The entries that instances share: names and values.
    pub async fn cached(&self) -> Vec<(String, Vec<u8>)> {
        let mut connection = self.connection().await;
        let names: Vec<String> = connection.keys("nadi:read:*").await.expect("names");
        let mut cached = Vec::new();
        for name in names {
            cached.push((name.clone(), connection.get(&name).await.expect("a value")));
        }
        cached
    }

    /// Waits until an entry is there whose name contains `part`. Entries are written in the
    /// background, after the answer.
    pub async fn until_cached(&self, part: &str) {
        let is_cached = async || self.cached().await.iter().any(|(name, _)| name.contains(part));
        until(&format!("Redis holds {part}"), is_cached).await;
    }

    /// Reduces the remaining lifetime of every entry by this much.
    pub async fn pass(&self, time: Duration) {
        let passed = i64::try_from(time.as_millis()).expect("a short time");
        let mut connection = self.connection().await;
        let names: Vec<String> = connection.keys("*").await.expect("names");
        for name in names {
            let left: i64 = connection.pttl(&name).await.expect("the lifetime that is left");
            if left >= 0 {
                // A lifetime of zero or less deletes the entry.
                connection.pexpire::<_, ()>(&name, left - passed).await.expect("set");
            }
        }
    }

    /// Replaces the value of an entry and keeps its remaining lifetime.
    pub async fn overwrite(&self, name: &str, value: &[u8]) {
        let mut connection = self.connection().await;
        let set = redis::cmd("SET").arg(name).arg(value).arg("KEEPTTL").to_owned();
        set.query_async::<()>(&mut connection).await.expect("set");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn serve(folder: &std::path::Path) -> Child {
    let socket = folder.join("socket");
    let _ = std::fs::remove_file(&socket);
    let start = |program| {
        Command::new(program)
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(folder)
            .stdout(Stdio::null())
            .spawn()
    };
    let server = start("redis-server").or_else(|_| start("valkey-server"));
    let server = server.expect("redis-server or valkey-server is installed");
    let started = Instant::now();
    while std::os::unix::net::UnixStream::connect(&socket).is_err() {
        assert!(started.elapsed() < Duration::from_secs(10), "Redis answers");
        std::thread::sleep(Duration::from_millis(10));
    }
    server
}
