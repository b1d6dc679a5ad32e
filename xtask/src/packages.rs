//! Finds programs on this machine and installs the system packages that contain missing ones.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};

use crate::os_user::is_root;
use crate::process;

/// The path of a program on `PATH`.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| is_program(program))
}

pub fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Whether this system has Debian's package manager.
pub fn has_apt() -> bool {
    on_path("apt-get").is_some()
}

/// Installs Debian packages when we are root, and prints which. Otherwise fails with the command to type.
///
/// `what` describes in words what is missing. Packages start no service and create no database cluster, so what
/// the machine already runs is not changed.
pub fn install(what: &str, packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if !has_apt() {
        bail!(
            "{what} is missing. Install it with this system's package manager (Debian's names: \
             {list}), then start again"
        );
    }
    if !is_root() {
        bail!(
            "{what} is missing. Install it, then start again:\n  sudo apt-get update && \
             sudo apt-get install --no-install-recommends {list}"
        );
    }
    update_lists()?;
    println!("{what} is missing: installing {list}");
    let _guard = ServiceStartGuard::new()?;
    let mut install = apt();
    install.args(["install", "-y", "--no-install-recommends"]).args(packages);
    process::run_uninterrupted(&mut install)
        .with_context(|| format!("{what} is missing, and installing {list} failed"))
}

/// Whether the package lists know a package.
pub fn is_known(package: &str) -> bool {
    let known = || {
        let mut show = Command::new("apt-cache");
        show.args(["show", "--no-all-versions", package]);
        process::capture(&mut show).is_ok_and(|text| !text.trim().is_empty())
    };
    known() || (is_root() && update_lists().is_ok() && known())
}

/// Fetches the package lists, at most once per run.
fn update_lists() -> Result<()> {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    println!("fetching the package lists (apt-get update)");
    let mut update = apt();
    update.args(["-q", "update"]);
    process::run_uninterrupted(&mut update).context("the package lists cannot be fetched")
}

fn apt() -> Command {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive")
        .env("NEEDRESTART_SUSPEND", "1")
        .args(["-o", "DPkg::Lock::Timeout=120"]);
    apt
}

/// While this value exists, package scripts neither start services nor create a database cluster.
struct ServiceStartGuard {
    created: Vec<PathBuf>,
}

/// Marks the files that this program writes, so that it never removes anybody else's.
const MARKER: &str = "# made by `cargo xtask` while it installs packages\n";

impl ServiceStartGuard {
    fn new() -> Result<ServiceStartGuard> {
        let mut guard = ServiceStartGuard { created: Vec::new() };
        guard.create_file(
            Path::new("/usr/sbin/policy-rc.d"),
            &format!("#!/bin/sh\n{MARKER}exit 101\n"),
        )?;
        let clusters = Path::new("/etc/postgresql-common/createcluster.d");
        fs::create_dir_all(clusters)?;
        guard.create_file(
            &clusters.join("nadi.conf"),
            &format!("{MARKER}create_main_cluster = false\n"),
        )?;
        Ok(guard)
    }

    fn create_file(&mut self, file: &Path, text: &str) -> Result<()> {
        // A file with our marker was left by a killed run: it is reused, and removed at the end.
        if fs::read_to_string(file).is_ok_and(|found| !found.contains(MARKER)) {
            return Ok(());
        }
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o755))?;
        self.created.push(file.to_owned());
        Ok(())
    }
}

impl Drop for ServiceStartGuard {
    fn drop(&mut self) {
        for file in &self.created {
            let _ = fs::remove_file(file);
        }
    }
}
