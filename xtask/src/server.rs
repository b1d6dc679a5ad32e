//! The `nadi` binary: built, configured, started, asked how it is.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::place;
use crate::process::{self, Service};
use crate::toolchain;

/// From SIGTERM to the end of the process.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(10);
const START_LIMIT: Duration = Duration::from_secs(60);

/// Which build of the binary, and of the load generator beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// Unoptimized, so that it compiles quickly. Reads the client's files from disk. For `run` and the tests.
    Development,
    /// Optimized, with the client inside: what is deployed and measured. The client must be there already.
    Release,
}

impl Build {
    pub fn build(self) -> Result<()> {
        let mut cargo = toolchain::cargo();
        match self {
            // The packages of the tests' build, so that nothing is compiled for another set of features.
            Build::Development => cargo.arg("build").args(DEVELOPMENT_PACKAGES).arg("--bins"),
            Build::Release => {
                cargo.args(["build", "--release", "--package", "server", "--bin", "nadi"])
            }
        };
        process::run(&mut cargo).context("the server does not build")
    }

    /// A program of this build, such as `nadi` or `load`.
    pub fn program(self, name: &str) -> PathBuf {
        let folder = match self {
            Build::Development => "debug",
            Build::Release => "release",
        };
        place::target().join(folder).join(name)
    }
}

/// All packages but the task runner, which is running.
pub const DEVELOPMENT_PACKAGES: [&str; 3] = ["--workspace", "--exclude", "xtask"];

/// What a running server is told through its environment.
#[derive(Clone)]
pub struct Server {
    pub build: Build,
    pub database_url: String,
    pub redis_url: Option<String>,
    pub secret: String,
    pub port: u16,
    /// Further variables.
    pub more: Vec<(&'static str, String)>,
}

impl Server {
    pub fn address(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.build.program("nadi"));
        command
            .current_dir(place::root())
            .args(arguments)
            .env("DATABASE_URL", &self.database_url)
            .env("NADI_SECRET", &self.secret)
            .env("NADI_MODE", "development")
            .env("NADI_LISTEN", format!("localhost:{}", self.port))
            .env("PUBLIC_URL", self.address())
            .env_remove("REDIS_URL")
            .envs(self.more.iter().map(|(name, value)| (name, value)));
        if let Some(redis_url) = &self.redis_url {
            command.env("REDIS_URL", redis_url);
        }
        command
    }

    pub fn migrate(&self) -> Result<()> {
        process::capture(&mut self.command(&["migrate"]))
            .map(|_| ())
            .context("the database cannot be migrated")
    }

    /// Fills in the demo data unless it is there; gives the sign-ins as lines to show.
    pub fn seed(&self) -> Result<String> {
        process::capture(&mut self.command(&["seed", "--demo"]))
            .context("the demo data cannot be filled in")
    }

    /// Adds patients for load tests; gives a token per line.
    pub fn patients(&self, count: usize) -> Result<String> {
        process::capture(&mut self.command(&["seed", "--patients", &count.to_string()]))
            .context("patients cannot be added")
    }

    /// Starts serving and waits until it is ready. Its output is shown, or goes to a file.
    pub fn start(&self, pid_file: PathBuf, log: Option<&Path>) -> Result<Service> {
        let mut command = self.command(&["serve"]);
        if let Some(log) = log {
            let output = process::new_log(log)?;
            command.stdout(output.try_clone()?).stderr(output);
        } else {
            command.stdout(Stdio::inherit());
        }
        let mark = self.build.program("nadi");
        let mut service = Service::start(
            "the server",
            &mut command,
            Signal::TERM,
            DRAIN_LIMIT,
            pid_file,
            &mark.to_string_lossy(),
        )?;
        let said = || log.map_or_else(String::new, |log| format!("; {}", process::tail(log)));
        let started = Instant::now();
        while get(self.port, "/readyz") != Some(200) {
            if let Some(status) = service.ended()? {
                bail!("the server did not start ({status}){}", said());
            }
            if started.elapsed() > START_LIMIT {
                bail!("the server does not become ready{}", said());
            }
            process::pause(Duration::from_millis(20))?;
        }
        Ok(service)
    }
}

/// The status a GET on this machine is answered with; nothing when nobody answers.
pub fn get(port: u16, path: &str) -> Option<u16> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")
        .ok()?;
    let mut answer = Vec::new();
    stream.take(64).read_to_end(&mut answer).ok()?;
    status_of(&String::from_utf8_lossy(&answer))
}

/// The whole answer to a GET on this machine; nothing when nobody answers.
pub fn text(port: u16, path: &str) -> Option<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")
        .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Sends JSON; gives the whole answer, status line and headers included.
pub fn post_json(port: u16, path: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn status_of(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()
}

/// The port people wish for in `PORT`.
pub fn wished_port(wish: Option<&str>) -> Result<u16> {
    match wish.map(str::trim) {
        None | Some("") => Ok(3000),
        Some(text) => match text.parse() {
            Ok(0) | Err(_) => bail!("PORT is `{text}`: give a number from 1 to 65535"),
            Ok(port) => Ok(port),
        },
    }
}

/// Whether nobody listens there, on IPv4 and (where there is any) on IPv6.
pub fn port_is_free(port: u16) -> bool {
    let taken = |address: SocketAddr| match TcpListener::bind(address) {
        Ok(_) => false,
        Err(error) => !matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported),
    };
    !taken((Ipv4Addr::LOCALHOST, port).into()) && !taken((Ipv6Addr::LOCALHOST, port).into())
}

/// A port that is free now, on both.
pub fn free_port() -> Result<u16> {
    for _ in 0..50 {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        if port_is_free(port) {
            return Ok(port);
        }
    }
    bail!("this machine has no free port")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wished_port_is_read() -> Result<()> {
        assert_eq!(wished_port(None)?, 3000);
        assert_eq!(wished_port(Some(" 8080 "))?, 8080);
        let refused = wished_port(Some("0")).err().map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("PORT")));
        assert!(wished_port(Some("http")).is_err());
        Ok(())
    }

    #[test]
    fn a_taken_port_is_seen() -> Result<()> {
        let port = free_port()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        assert!(!port_is_free(port));
        drop(listener);
        assert!(port_is_free(port));
        Ok(())
    }

    #[test]
    fn a_status_is_read() {
        assert_eq!(status_of("HTTP/1.1 503 Service Unavailable\r\n"), Some(503));
        assert_eq!(status_of("SSH-2.0"), None);
    }
}
