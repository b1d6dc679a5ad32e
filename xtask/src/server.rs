//! Builds, configures, starts and polls the `nadi` server.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::directories;
use crate::process::{self, Service};
use crate::toolchain;

/// How long the server may take from SIGTERM to its end.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(10);
const START_LIMIT: Duration = Duration::from_secs(60);

/// A build of the server, and of the load generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// Unoptimized, so that it compiles quickly. Reads the client's files from disk. Used by `run` and the tests.
    Development,
    /// Optimized, with the client embedded. This is what is deployed and measured. The client must be built before.
    Release,
}

impl Build {
    pub fn build(self) -> Result<()> {
        let mut cargo = toolchain::cargo();
        match self {
            // The same packages as in the build of the tests: others would mean other features and a second build.
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
        directories::target().join(folder).join(name)
    }
}

/// All packages except xtask, whose binary is in use while it runs.
pub const DEVELOPMENT_PACKAGES: [&str; 3] = ["--workspace", "--exclude", "xtask"];

/// The configuration of a server, given through environment variables.
#[derive(Clone)]
pub struct Server {
    pub build: Build,
    pub database_url: String,
    pub redis_url: Option<String>,
    pub secret: String,
    pub port: u16,
    /// The port of metrics, only on this machine.
    pub operations_port: u16,
    /// Further environment variables.
    pub extra_env: Vec<(&'static str, String)>,
}

impl Server {
    pub fn address(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.build.program("nadi"));
        command
            .current_dir(directories::root())
            .args(arguments)
            .env("DATABASE_URL", &self.database_url)
            .env("NADI_SECRET", &self.secret)
            .env("NADI_MODE", "development")
            .env("NADI_LISTEN", format!("localhost:{}", self.port))
            .env("NADI_OPERATIONS_LISTEN", format!("localhost:{}", self.operations_port))
            .env("PUBLIC_URL", self.address())
            .env_remove("REDIS_URL")
            .envs(self.extra_env.iter().map(|(name, value)| (name, value)));
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

    /// Writes the demo data unless it exists. Returns the demo accounts as lines to print.
    pub fn seed(&self) -> Result<String> {
        process::capture(&mut self.command(&["seed", "--demo"]))
            .context("the demo data cannot be written")
    }

    /// Adds patients for load tests. Returns an API token per line.
    pub fn add_patients(&self, count: usize) -> Result<String> {
        process::capture(&mut self.command(&["seed", "--patients", &count.to_string()]))
            .context("patients cannot be added")
    }

    /// Starts the server and waits until it is ready. Its output goes to `log`, or is shown when there is none.
    pub fn start(&self, pid_file: PathBuf, log: Option<&Path>) -> Result<Service> {
        let mut command = self.command(&["serve"]);
        if let Some(log) = log {
            let output = process::rotate_log(log)?;
            command.stdout(output.try_clone()?).stderr(output);
        } else {
            command.stdout(Stdio::inherit());
        }
        let program = self.build.program("nadi");
        let mut service = Service::start(
            "the server",
            &mut command,
            Signal::TERM,
            DRAIN_LIMIT,
            pid_file,
            &program.to_string_lossy(),
        )?;
        let log_tail = || log.map_or_else(String::new, |log| format!("; {}", process::tail(log)));
        let started = Instant::now();
        while get_status(self.port, "/readyz") != Some(200) {
            if let Some(status) = service.ended()? {
                bail!("the server did not start ({status}){}", log_tail());
            }
            if started.elapsed() > START_LIMIT {
                bail!("the server did not become ready in time{}", log_tail());
            }
            process::pause(Duration::from_millis(20))?;
        }
        Ok(service)
    }
}

/// Sends a GET request to a server on this machine. Returns the status, or `None` without a response.
pub fn get_status(port: u16, path: &str) -> Option<u16> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")
        .ok()?;
    let mut response = Vec::new();
    stream.take(64).read_to_end(&mut response).ok()?;
    status_of(&String::from_utf8_lossy(&response))
}

/// Sends a GET request to a server on this machine. Returns the whole response, or `None` without one.
pub fn get_text(port: u16, path: &str) -> Option<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")
        .ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    Some(response)
}

/// Posts JSON to a server on this machine. Returns the whole response including status line and headers.
pub fn post_json(port: u16, path: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

fn status_of(response: &str) -> Option<u16> {
    response.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()
}

/// The port to use: the value of `PORT`, or 3000.
pub fn requested_port(requested: Option<&str>) -> Result<u16> {
    match requested.map(str::trim) {
        None | Some("") => Ok(3000),
        Some(text) => match text.parse() {
            Ok(0) | Err(_) => bail!("PORT is `{text}`: give a number from 1 to 65535"),
            Ok(port) => Ok(port),
        },
    }
}

/// Whether nothing listens on a port, on IPv4 and (where available) on IPv6.
pub fn port_is_free(port: u16) -> bool {
    let taken = |address: SocketAddr| match TcpListener::bind(address) {
        Ok(_) => false,
        Err(error) => !matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported),
    };
    !taken((Ipv4Addr::LOCALHOST, port).into()) && !taken((Ipv6Addr::LOCALHOST, port).into())
}

/// A port that is free at the moment, on IPv4 and IPv6.
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
    fn the_port_is_read_from_the_variable() -> Result<()> {
        assert_eq!(requested_port(None)?, 3000);
        assert_eq!(requested_port(Some(" 8080 "))?, 8080);
        let refused = requested_port(Some("0")).err().map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("PORT")));
        assert!(requested_port(Some("http")).is_err());
        Ok(())
    }

    #[test]
    fn a_used_port_is_not_free() -> Result<()> {
        let port = free_port()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        assert!(!port_is_free(port));
        drop(listener);
        assert!(port_is_free(port));
        Ok(())
    }

    #[test]
    fn the_status_is_read_from_the_status_line() {
        assert_eq!(status_of("HTTP/1.1 503 Service Unavailable\r\n"), Some(503));
        assert_eq!(status_of("SSH-2.0"), None);
    }
}
