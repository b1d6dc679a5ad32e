//! Paths: the repository, its build output, and the directories of the private PostgreSQL and Redis.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::os_user::OsUser;
use crate::process;

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Cargo's target directory.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Our own directory within cargo's, for logs and stamp files. Created when missing.
pub fn scratch() -> Result<PathBuf> {
    let folder = target().join("xtask");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The 64-bit FNV-1a hash. Unlike the standard library's, it is the same in every build of this program.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The environment variable that names another directory for the persistent services.
pub const SERVICES_VARIABLE: &str = "NADI_SERVICES_DIR";

/// An id that distinguishes this clone of the repository from others on the machine.
fn clone_id(root: &Path) -> String {
    let hash = hash(root.as_os_str().as_encoded_bytes());
    format!("{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

/// A directory for temporary files with a short path: a socket's path may have 107 bytes at most. `TMPDIR` may
/// be longer, and other users often have no access to it.
fn short_temporary_directory() -> PathBuf {
    let short = PathBuf::from("/tmp");
    if short.is_dir() { short } else { std::env::temp_dir() }
}

/// The directories of one set of private services, locked while this value exists.
pub struct ServiceDirectories {
    pub data: PathBuf,
    pub sockets: PathBuf,
    pub logs: PathBuf,
    temporary: bool,
    _lock: File,
}

impl ServiceDirectories {
    /// The directories of `run`, which keep their data: in the clone when the user that runs the database can reach
    /// it. The variable `NADI_SERVICES_DIR` names another one, for a second set of services with its own data.
    pub fn persistent(os_user: &OsUser) -> Result<ServiceDirectories> {
        let (directory, id) = match std::env::var_os(SERVICES_VARIABLE) {
            Some(folder) => (PathBuf::from(&folder), clone_id(Path::new(&folder))),
            None => (root().join(".nadi"), clone_id(&root())),
        };
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
        let lock = lock(&directory.join("lock"))?.with_context(|| {
            format!(
                "`cargo xtask run` or `services` already runs in {}: stop it first",
                directory.display()
            )
        })?;
        let data = if os_user.can_use(&directory) { directory } else { system_data_directory(&id) };
        let directories = ServiceDirectories {
            logs: data.clone(),
            sockets: short_temporary_directory().join(format!("nadi-{id}-run")),
            data,
            temporary: false,
            _lock: lock,
        };
        fs::create_dir_all(&directories.data)
            .with_context(|| format!("cannot create {}", directories.data.display()))?;
        os_user.create_owned_directory(&directories.sockets)?;
        directories.stop_leftovers()?;
        Ok(directories)
    }

    /// Directories that are removed when this value is dropped. The name distinguishes them from others that this
    /// process uses at the same time.
    pub fn temporary(os_user: &OsUser, name: &str) -> Result<ServiceDirectories> {
        let prefix = format!("nadi-{}-{name}-", clone_id(&root()));
        let temporary = short_temporary_directory();
        remove_abandoned(&temporary, &prefix)?;
        let folder = temporary.join(format!("{prefix}{}", std::process::id()));
        os_user.create_owned_directory(&folder)?;
        let lock = lock(&folder.join("lock"))?
            .with_context(|| format!("{} is in use", folder.display()))?;
        let logs = scratch()?.join(name);
        fs::create_dir_all(&logs)?;
        Ok(ServiceDirectories {
            data: folder.clone(),
            sockets: folder,
            logs,
            temporary: true,
            _lock: lock,
        })
    }

    pub fn pid_file(&self, name: &str) -> PathBuf {
        self.data.join(format!("{name}.pid"))
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// Stops what a killed run left running here, the server before its databases.
    fn stop_leftovers(&self) -> Result<()> {
        for (name, signal) in [
            ("server", Signal::TERM),
            ("server-2", Signal::TERM),
            ("redis", Signal::TERM),
            ("postgres", Signal::INT),
        ] {
            let grace = std::time::Duration::from_secs(15);
            if process::stop_leftover(&self.pid_file(name), signal, grace)? {
                println!("stopped the process `{name}` that an earlier run had left behind");
            }
        }
        Ok(())
    }

    /// The server's secret: random, created once, readable only by us.
    pub fn secret(&self) -> Result<String> {
        let file = self.data.join("secret");
        if let Ok(secret) = fs::read_to_string(&file)
            && secret.trim().len() >= 32
        {
            return Ok(secret.trim().to_owned());
        }
        let secret = random_secret()?;
        fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&file)?
            .write_all(secret.as_bytes())?;
        Ok(secret)
    }
}

impl Drop for ServiceDirectories {
    fn drop(&mut self) {
        if self.temporary {
            let _ = fs::remove_dir_all(&self.data);
        } else {
            // Empty once everything has stopped. Another user may be the next to run this clone.
            let _ = fs::remove_dir(&self.sockets);
        }
    }
}

/// 64 random hexadecimal digits.
pub fn random_secret() -> Result<String> {
    use std::io::Read;
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The directory of the data when the user that runs the database cannot reach the clone (for example in `/root`).
fn system_data_directory(id: &str) -> PathBuf {
    Path::new("/var/lib/nadi-dev").join(id)
}

/// The lock, or `None` when another process holds it. The kernel releases it when its holder ends, even if killed.
fn lock(file: &Path) -> Result<Option<File>> {
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => bail!("cannot lock {}: {error}", file.display()),
    }
}

/// Removes the directories that killed test runs of this clone have left behind.
fn remove_abandoned(temporary: &Path, prefix: &str) -> Result<()> {
    for entry in fs::read_dir(temporary)?.flatten() {
        let path = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(prefix) {
            continue;
        }
        if let Ok(Some(lock)) = lock(&path.join("lock")) {
            let abandoned = ServiceDirectories {
                data: path.clone(),
                sockets: path.clone(),
                logs: path,
                temporary: true,
                _lock: lock,
            };
            abandoned.stop_leftovers()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clone_has_its_own_stable_id() {
        let one = clone_id(Path::new("/home/ada/nadi"));
        assert_eq!(one, clone_id(Path::new("/home/ada/nadi")));
        assert_ne!(one, clone_id(Path::new("/home/ada/nadi2")));
        assert_eq!(one.len(), 8);
    }

    #[test]
    fn a_socket_path_is_short_enough() {
        let longest = format!("nadi-{}-harness-4194304/.s.PGSQL.5432", clone_id(&root()));
        assert!(short_temporary_directory().join(longest).as_os_str().len() < 107);
    }

    #[test]
    fn a_lock_has_one_holder_and_is_released_when_dropped() -> Result<()> {
        let file = scratch()?.join(format!("lock-test-{}", std::process::id()));
        let held = lock(&file)?;
        assert!(held.is_some());
        assert!(lock(&file)?.is_none());
        drop(held);
        assert!(lock(&file)?.is_some());
        fs::remove_file(file)?;
        Ok(())
    }
}
