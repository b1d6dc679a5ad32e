//! Who runs the databases. PostgreSQL refuses to run as root, so root hands it (and Redis) to an
//! account with no rights of its own.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

pub struct Account {
    /// User and group; nothing when we are an ordinary account and stay ourselves.
    ids: Option<(u32, u32)>,
}

pub fn we_are_root() -> bool {
    rustix::process::geteuid().is_root()
}

impl Account {
    /// Ourselves; for root the account `postgres` when there is one, else `nobody`.
    pub fn find() -> Result<Account> {
        if !we_are_root() {
            return Ok(Account { ids: None });
        }
        for name in ["postgres", "nobody"] {
            if let (Some(user), Some(group)) = (id("-u", name), id("-g", name)) {
                return Ok(Account { ids: Some((user, group)) });
            }
        }
        bail!(
            "PostgreSQL refuses to run as root, and this machine has neither an account \
             `postgres` nor `nobody`: run this as an ordinary user"
        )
    }

    /// A command that will run under this account.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir("/");
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group).env("HOME", "/");
        }
        command
    }

    /// Makes a folder (mode 0700) that belongs to this account.
    pub fn own_folder(&self, folder: &Path) -> Result<()> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        if !folder.exists() {
            fs::DirBuilder::new()
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let found = fs::symlink_metadata(folder)?;
        let ours = rustix::process::geteuid().as_raw();
        let theirs = self.ids.map_or(ours, |(user, _)| user);
        // A folder with a guessable name in a shared place may have been put there by a stranger.
        if !found.is_dir() || (found.uid() != ours && found.uid() != theirs) {
            bail!("{} belongs to someone else: remove it", folder.display());
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        if found.uid() != theirs {
            self.own_tree(folder)?;
        }
        Ok(())
    }

    fn own_tree(&self, path: &Path) -> Result<()> {
        let Some((user, group)) = self.ids else {
            return Ok(());
        };
        lchown(path, Some(user), Some(group))
            .with_context(|| format!("cannot give {} away", path.display()))?;
        if fs::symlink_metadata(path)?.is_dir() {
            for entry in fs::read_dir(path)? {
                self.own_tree(&entry?.path())?;
            }
        }
        Ok(())
    }

    /// Whether this account can walk to the folder and own things in it.
    pub fn can_use(&self, folder: &Path) -> bool {
        if self.ids.is_none() {
            return true;
        }
        let probe = folder.join("probe");
        let reached = self.own_folder(&probe).is_ok()
            && self
                .command("test")
                .args(["-w".as_ref(), probe.as_os_str()])
                .stdin(Stdio::null())
                .status()
                .is_ok_and(|status| status.success());
        let _ = fs::remove_dir(&probe);
        reached
    }
}

fn id(what: &str, name: &str) -> Option<u32> {
    let said = Command::new("id").args([what, name]).stderr(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&said.stdout).trim().parse().ok()
}
