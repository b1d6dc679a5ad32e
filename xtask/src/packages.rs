//! Finding programs, and installing the system's packages that bring them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};

use crate::account::we_are_root;
use crate::process;

/// A program on `PATH`.
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

/// Installs packages, as root and after saying so; otherwise says what to type.
///
/// `what` is what is missing, in words. No service is started and no database cluster made: what
/// the machine already runs is not touched.
pub fn install(what: &str, packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if !has_apt() {
        bail!(
            "{what} is missing. Install it with this system's package manager (Debian's names: \
             {list}), then start again"
        );
    }
    if !we_are_root() {
        bail!(
            "{what} is missing. Install it, then start again:\n  sudo apt-get update && \
             sudo apt-get install --no-install-recommends {list}"
        );
    }
    update_lists()?;
    println!("{what} is missing: installing {list}");
    let _no_services = NoServices::new()?;
    let mut install = apt();
    install.args(["install", "-y", "--no-install-recommends"]).args(packages);
    process::run_to_the_end(&mut install)
        .with_context(|| format!("{what} is missing, and installing {list} failed"))
}

/// Whether the package lists know a package.
pub fn is_known(package: &str) -> bool {
    let known = || {
        let mut show = Command::new("apt-cache");
        show.args(["show", "--no-all-versions", package]);
        process::capture(&mut show).is_ok_and(|text| !text.trim().is_empty())
    };
    known() || (we_are_root() && update_lists().is_ok() && known())
}

/// Fetches the package lists, once per start.
fn update_lists() -> Result<()> {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    println!("fetching the package lists (apt-get update)");
    let mut update = apt();
    update.args(["-q", "update"]);
    process::run_to_the_end(&mut update).context("the package lists cannot be fetched")
}

fn apt() -> Command {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive")
        .env("NEEDRESTART_SUSPEND", "1")
        .args(["-o", "DPkg::Lock::Timeout=120"]);
    apt
}

/// While this lives, package scripts neither start services nor make a database cluster.
struct NoServices {
    made: Vec<PathBuf>,
}

const OURS: &str = "# made by `cargo xtask` while it installs packages\n";

impl NoServices {
    fn new() -> Result<NoServices> {
        let mut guard = NoServices { made: Vec::new() };
        guard.place(Path::new("/usr/sbin/policy-rc.d"), &format!("#!/bin/sh\n{OURS}exit 101\n"))?;
        let clusters = Path::new("/etc/postgresql-common/createcluster.d");
        fs::create_dir_all(clusters)?;
        guard
            .place(&clusters.join("nadi.conf"), &format!("{OURS}create_main_cluster = false\n"))?;
        Ok(guard)
    }

    fn place(&mut self, file: &Path, text: &str) -> Result<()> {
        // One that a killed start left is ours to use and to remove.
        if fs::read_to_string(file).is_ok_and(|found| !found.contains(OURS)) {
            return Ok(());
        }
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o755))?;
        self.made.push(file.to_owned());
        Ok(())
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        for file in &self.made {
            let _ = fs::remove_file(file);
        }
    }
}
