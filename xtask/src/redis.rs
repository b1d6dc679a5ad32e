//! A private Redis (or Valkey) on a Unix socket without persistence: its data may be lost at any time.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustix::process::Signal;

use crate::directories::ServiceDirectories;
use crate::os_user::OsUser;
use crate::packages;
use crate::process::{self, Service};

const SERVERS: [&str; 2] = ["redis-server", "valkey-server"];
const START_LIMIT: Duration = Duration::from_secs(20);

/// The path of the installed program, if any.
pub fn find() -> Option<PathBuf> {
    SERVERS.iter().find_map(|name| {
        packages::on_path(name).or_else(|| {
            let usual = Path::new("/usr/bin").join(name);
            packages::is_program(&usual).then_some(usual)
        })
    })
}

/// The path of the program, which is installed when missing.
pub fn find_or_install() -> Result<PathBuf> {
    if let Some(program) = find() {
        return Ok(program);
    }
    let package = match SERVERS.iter().find(|name| packages::is_known(name)) {
        Some(name) => name,
        None => SERVERS[0],
    };
    packages::install("Redis", &[package])?;
    match find() {
        Some(program) => Ok(program),
        None => bail!("Redis is missing, although {package} is installed"),
    }
}

pub struct Redis {
    service: Service,
    socket: PathBuf,
}

impl Redis {
    pub fn start(
        program: &Path,
        os_user: &OsUser,
        directories: &ServiceDirectories,
    ) -> Result<Redis> {
        let socket = directories.sockets.join("redis.sock");
        let _ = std::fs::remove_file(&socket);
        let log = directories.log("redis");
        let output = process::rotate_log(&log)?;
        let mut command = os_user.command(program);
        command
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .args(["--unixsocketperm", "700", "--daemonize", "no"])
            .arg("--dir")
            .arg(&directories.sockets)
            .arg("--unixsocket")
            .arg(&socket)
            .stdout(output.try_clone()?)
            .stderr(output);
        let mut service = Service::start(
            "Redis",
            &mut command,
            Signal::TERM,
            Duration::from_secs(5),
            directories.pid_file("redis"),
            &socket.to_string_lossy(),
        )?;
        let started = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            if let Some(status) = service.ended()? {
                bail!("Redis did not start ({status}); {}", process::tail(&log));
            }
            if started.elapsed() > START_LIMIT {
                bail!("Redis does not answer; {}", process::tail(&log));
            }
            process::pause(Duration::from_millis(10))?;
        }
        Ok(Redis { service, socket })
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket.display())
    }

    /// Kills the process with SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        self.service.kill()
    }

    pub fn stop(&mut self) -> Result<()> {
        self.service.stop().map(|_| ())
    }
}
