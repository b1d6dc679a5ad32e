//! The operating system's user under which PostgreSQL and Redis run. PostgreSQL refuses to run as root, so root
//! runs both as an unprivileged user.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

pub struct OsUser {
    /// User and group id; `None` when we are not root and the services run as ourselves.
    ids: Option<(u32, u32)>,
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

impl OsUser {
    /// Our own user; for root, the user `postgres` if it exists, else `nobody`.
    pub fn find() -> Result<OsUser> {
        if !is_root() {
            return Ok(OsUser { ids: None });
        }
        for name in ["postgres", "nobody"] {
            if let (Some(user), Some(group)) = (id("-u", name), id("-g", name)) {
                return Ok(OsUser { ids: Some((user, group)) });
            }
        }
        bail!(
            "PostgreSQL refuses to run as root, and this machine has neither a user `postgres` \
             nor `nobody`: run this as an ordinary user"
        )
    }

    /// A command that runs as this user.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir("/");
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group).env("HOME", "/");
        }
        command
    }

    /// Creates a directory (mode 0700) that belongs to this user.
    ///
    /// # Errors
    /// When it exists and belongs to a third user.
    pub fn create_owned_directory(&self, folder: &Path) -> Result<()> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        if !folder.exists() {
            fs::DirBuilder::new()
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let found = fs::symlink_metadata(folder)?;
        let our_uid = rustix::process::geteuid().as_raw();
        let user_uid = self.ids.map_or(our_uid, |(user, _)| user);
        // The name is guessable and its parent may be writable for everybody, so another user may have created it.
        if !found.is_dir() || (found.uid() != our_uid && found.uid() != user_uid) {
            bail!("{} belongs to another user: remove it", folder.display());
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        if found.uid() != user_uid {
            self.change_owner(folder)?;
        }
        Ok(())
    }

    fn change_owner(&self, path: &Path) -> Result<()> {
        let Some((user, group)) = self.ids else {
            return Ok(());
        };
        lchown(path, Some(user), Some(group))
            .with_context(|| format!("cannot change the owner of {}", path.display()))?;
        if fs::symlink_metadata(path)?.is_dir() {
            for entry in fs::read_dir(path)? {
                self.change_owner(&entry?.path())?;
            }
        }
        Ok(())
    }

    /// Whether this user can reach the directory and write to directories of its own in it.
    pub fn can_use(&self, folder: &Path) -> bool {
        if self.ids.is_none() {
            return true;
        }
        let probe = folder.join("probe");
        let usable = self.create_owned_directory(&probe).is_ok()
            && self
                .command("test")
                .args(["-w".as_ref(), probe.as_os_str()])
                .stdin(Stdio::null())
                .status()
                .is_ok_and(|status| status.success());
        let _ = fs::remove_dir(&probe);
        usable
    }
}

fn id(what: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([what, name]).stderr(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}
