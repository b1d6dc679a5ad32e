//! Where things are: the clone, its build output, the data of the private services.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::account::Account;
use crate::process;

/// The folder of the clone.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Our own scratch folder beside cargo's: logs and stamps.
pub fn scratch() -> Result<PathBuf> {
    let folder = target().join("xtask");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// FNV-1a: short, and the same in every build of this program.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Names another folder for the lasting place.
pub const ANOTHER: &str = "NADI_PLACE";

/// Tells this clone from every other on the machine.
fn clone_mark(root: &Path) -> String {
    let hash = hash(root.as_os_str().as_encoded_bytes());
    format!("{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

/// A short temporary folder: a socket's path may have 107 bytes at most, and `TMPDIR` is often
/// closed to other accounts.
fn short_temporary() -> PathBuf {
    let short = PathBuf::from("/tmp");
    if short.is_dir() { short } else { std::env::temp_dir() }
}

/// Folders of one set of private services, locked while this value lives.
pub struct Place {
    pub data: PathBuf,
    pub sockets: PathBuf,
    pub logs: PathBuf,
    temporary: bool,
    _lock: File,
}

impl Place {
    /// The lasting place of `run`: in the clone when the database's account can reach it. The
    /// variable `NADI_PLACE` names another folder, for a second set of services with data of its own.
    pub fn lasting(account: &Account) -> Result<Place> {
        let (inside, mark) = match std::env::var_os(ANOTHER) {
            Some(folder) => (PathBuf::from(&folder), clone_mark(Path::new(&folder))),
            None => (root().join(".nadi"), clone_mark(&root())),
        };
        fs::create_dir_all(&inside).with_context(|| format!("cannot make {}", inside.display()))?;
        let lock = lock(&inside.join("lock"))?.with_context(|| {
            format!(
                "`cargo xtask run` or `services` already runs in {}: stop it first",
                inside.display()
            )
        })?;
        let data = if account.can_use(&inside) { inside } else { outside(&mark) };
        let place = Place {
            logs: data.clone(),
            sockets: short_temporary().join(format!("nadi-{mark}-run")),
            data,
            temporary: false,
            _lock: lock,
        };
        fs::create_dir_all(&place.data)
            .with_context(|| format!("cannot make {}", place.data.display()))?;
        account.own_folder(&place.sockets)?;
        place.end_leftovers()?;
        Ok(place)
    }

    /// A place that is thrown away with this value. The name tells it from others that this
    /// process has at the same time.
    pub fn throwaway(account: &Account, name: &str) -> Result<Place> {
        let prefix = format!("nadi-{}-{name}-", clone_mark(&root()));
        let temporary = short_temporary();
        clear_abandoned(&temporary, &prefix)?;
        let folder = temporary.join(format!("{prefix}{}", std::process::id()));
        account.own_folder(&folder)?;
        let lock = lock(&folder.join("lock"))?
            .with_context(|| format!("{} is in use", folder.display()))?;
        let logs = scratch()?.join(name);
        fs::create_dir_all(&logs)?;
        Ok(Place { data: folder.clone(), sockets: folder, logs, temporary: true, _lock: lock })
    }

    pub fn pid_file(&self, name: &str) -> PathBuf {
        self.data.join(format!("{name}.pid"))
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// Stops what a killed start left running here, the server before its databases.
    fn end_leftovers(&self) -> Result<()> {
        for (name, signal) in [
            ("server", Signal::TERM),
            ("server-2", Signal::TERM),
            ("redis", Signal::TERM),
            ("postgres", Signal::INT),
        ] {
            let grace = std::time::Duration::from_secs(15);
            if process::end_leftover(&self.pid_file(name), signal, grace)? {
                println!("stopped a {name} that an earlier start had left behind");
            }
        }
        Ok(())
    }

    /// The server's secret: random, made once, readable by us alone.
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

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            let _ = fs::remove_dir_all(&self.data);
        } else {
            // Empty once everything has stopped; another account may be next to run this clone.
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

/// Where the data lies when the database's account cannot reach the clone (under `/root`, say).
fn outside(mark: &str) -> PathBuf {
    Path::new("/var/lib/nadi-dev").join(mark)
}

/// The lock, unless another living process has it. The kernel frees it however its holder ends.
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

/// Removes the places of test runs of this clone that were killed.
fn clear_abandoned(temporary: &Path, prefix: &str) -> Result<()> {
    for entry in fs::read_dir(temporary)?.flatten() {
        let path = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(prefix) {
            continue;
        }
        if let Ok(Some(lock)) = lock(&path.join("lock")) {
            let abandoned = Place {
                data: path.clone(),
                sockets: path.clone(),
                logs: path,
                temporary: true,
                _lock: lock,
            };
            abandoned.end_leftovers()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_clones_have_different_marks_and_one_keeps_its_own() {
        let one = clone_mark(Path::new("/home/ada/nadi"));
        assert_eq!(one, clone_mark(Path::new("/home/ada/nadi")));
        assert_ne!(one, clone_mark(Path::new("/home/ada/nadi2")));
        assert_eq!(one.len(), 8);
    }

    #[test]
    fn a_socket_path_is_short_enough() {
        let longest = format!("nadi-{}-harness-4194304/.s.PGSQL.5432", clone_mark(&root()));
        assert!(short_temporary().join(longest).as_os_str().len() < 107);
    }

    #[test]
    fn a_lock_is_held_once_and_freed_with_its_holder() -> Result<()> {
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
