//! Chooses the time-zone rules of this process: the bundled ones, or those of a zoneinfo folder with a newer
//! release, such as the one the operating system updates.
//!
//! Not for: what the rules mean (`nadi::zone`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use nadi::zone::{self, Release, Table};
use sqlx::PgPool;

use crate::config::Config;
use crate::schedules;

/// Where operating systems keep their zoneinfo.
const FOLDERS: [&str; 4] =
    ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];
/// The files of zones have up to about 4 kB.
const FILE_BYTES_MAX: u64 = 1_000_000;
/// A folder has about 600 zones.
const FILES_MAX: usize = 5_000;
const DEPTH_MAX: usize = 3;
/// When this many zones cannot be read, the whole folder is rejected.
const DAMAGED_MAX: usize = 20;

/// Chooses the rules, once for the process and before any zone is used, and logs the choice.
///
/// # Errors
/// When the configured folder cannot be used, or the database does not answer.
pub async fn install(config: &Config, database: &PgPool) -> anyhow::Result<()> {
    let mut connection = database.acquire().await?;
    let used = schedules::zones_in_use(&mut connection).await?;
    drop(connection);
    let configured = config.zoneinfo.clone();
    // Reads about 600 small files.
    let table = tokio::task::spawn_blocking(move || {
        choose(configured.as_deref(), &FOLDERS.map(Path::new), &used)
    });
    if let Some(table) = table.await?? {
        zone::install(table)?;
    }
    let (release, source) = (zone::release(), zone::source());
    tracing::info!(release, source, "time-zone data in use");
    Ok(())
}

/// The newest rules of the folders, if they are newer than the bundled ones. `None`: the bundled rules are the newest.
///
/// # Errors
/// When the configured folder cannot be used.
pub fn choose(
    configured: Option<&Path>,
    folders: &[&Path],
    used: &[String],
) -> anyhow::Result<Option<Table>> {
    if let Some(folder) = configured {
        let table = newer(folder, used).with_context(|| {
            format!(
                "NADI_ZONEINFO names {}, which cannot be used; expected a zoneinfo folder such as /usr/share/zoneinfo",
                folder.display()
            )
        })?;
        if table.is_none() {
            tracing::info!(folder = %folder.display(), "the bundled rules are used: NADI_ZONEINFO is not newer");
        }
        return Ok(table);
    }
    let mut best: Option<Table> = None;
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        match newer(folder, used) {
            Ok(Some(table))
                if best.as_ref().is_none_or(|best| best.release() < table.release()) =>
            {
                best = Some(table);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(
                folder = %folder.display(), error = format!("{error:#}"),
                "this zoneinfo folder cannot be used"
            ),
        }
    }
    Ok(best)
}

/// The rules of this folder, if its release is newer than the bundled one. A damaged zone is taken from the bundle.
fn newer(folder: &Path, used: &[String]) -> anyhow::Result<Option<Table>> {
    let release = release_of(folder)?;
    let mut table = Table::bundled();
    if release <= *table.release() {
        return Ok(None);
    }
    let bundled: BTreeSet<String> = table.all().iter().map(|zone| zone.name().to_owned()).collect();
    let mut names = BTreeSet::new();
    collect_names(folder, "", 0, &mut names)?;
    let files = files_of(&bundled, &names);
    let missing: Vec<_> =
        used.iter().filter(|name| bundled.contains(*name) && !files.contains_key(*name)).collect();
    ensure!(missing.is_empty(), "it lacks zones that clinics use: {}", list(&missing));
    let mut damaged = Vec::new();
    for (name, file) in &files {
        let put = read(&folder.join(file)).map(|file| table.put(name, &file));
        match put {
            Ok(Ok(())) => {}
            // The folder may have other files, too.
            Ok(Err(_)) if !bundled.contains(*name) => {}
            Ok(Err(error)) => damaged.push((name, error.to_string())),
            Err(error) => damaged.push((name, format!("{error:#}"))),
        }
    }
    ensure!(damaged.len() < DAMAGED_MAX, "{} of its zones cannot be read", damaged.len());
    let there = bundled.iter().filter(|name| files.contains_key(*name)).count();
    let read = there.saturating_sub(damaged.len());
    ensure!(read > bundled.len() / 2, "only {read} zones are there");
    for (zone, error) in damaged {
        tracing::warn!(
            folder = %folder.display(), zone, error,
            "this zone cannot be read; the bundled rules are used for it"
        );
    }
    let left = bundled.len() - there;
    if left > 0 {
        tracing::info!(folder = %folder.display(), zones = left, "not in the folder; the bundled rules are used");
    }
    Ok(Some(table.of_release(release, &folder.display().to_string())))
}

/// The folder's file for each zone. Some systems (Debian) ship former names such as `US/Eastern` in another
/// package: a missing name gets the file of a name that has the same rules in the bundle.
fn files_of<'a>(
    bundled: &'a BTreeSet<String>,
    names: &'a BTreeSet<String>,
) -> BTreeMap<&'a String, &'a String> {
    let mut files: BTreeMap<_, _> = names.iter().map(|name| (name, name)).collect();
    let mut same: HashMap<&[u8], &String> = HashMap::new();
    for name in bundled.intersection(names) {
        if let Some(rules) = Table::bundled_file(name) {
            same.entry(rules).or_insert(name);
        }
    }
    for name in bundled.difference(names) {
        if let Some(file) = Table::bundled_file(name).and_then(|rules| same.get(rules)) {
            files.insert(name, file);
        }
    }
    files
}

/// The release of a folder, from its `tzdata.zi`, `+VERSION` or `version`.
fn release_of(folder: &Path) -> anyhow::Result<Release> {
    ensure!(folder.is_dir(), "there is no such folder");
    for name in ["tzdata.zi", "+VERSION", "version"] {
        let Ok(file) = File::open(folder.join(name)) else { continue };
        let mut head = Vec::new();
        file.take(200).read_to_end(&mut head).with_context(|| format!("{name} cannot be read"))?;
        let head = String::from_utf8_lossy(&head);
        let line = head.lines().next().unwrap_or_default().trim();
        let release = Release::parse(line.strip_prefix("# version ").unwrap_or(line).trim());
        return release.with_context(|| format!("{name} names no release"));
    }
    bail!("it does not say its release: tzdata.zi, +VERSION and version are missing")
}

/// Collects the names of zones in a folder. Symbolic links to files are followed, links to folders are not.
fn collect_names(
    folder: &Path,
    prefix: &str,
    depth: usize,
    names: &mut BTreeSet<String>,
) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).context("it cannot be read")? {
        let entry = entry.context("it cannot be read")?;
        let name = entry.file_name();
        // All zones begin with a capital letter; `posix`, `right`, `tzdata.zi` and the like do not.
        let Some(name) = name.to_str().filter(|name| is_name(name)) else { continue };
        let path = format!("{prefix}{name}");
        if entry.file_type().context("it cannot be read")?.is_dir() {
            if depth + 1 < DEPTH_MAX {
                collect_names(&entry.path(), &format!("{path}/"), depth + 1, names)?;
            }
            continue;
        }
        ensure!(names.len() < FILES_MAX, "it has more than {FILES_MAX} files");
        names.insert(path);
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte);
    name.as_bytes().first().is_some_and(u8::is_ascii_uppercase) && name.bytes().all(allowed)
}

fn read(path: &PathBuf) -> anyhow::Result<Vec<u8>> {
    let file = fs::metadata(path)?;
    ensure!(file.is_file(), "it is not a file");
    ensure!(file.len() <= FILE_BYTES_MAX, "it is larger than {FILE_BYTES_MAX} bytes");
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn list(names: &[&String]) -> String {
    let first: Vec<_> = names.iter().take(5).map(|name| name.as_str()).collect();
    let rest = names.len().saturating_sub(5);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", first.join(", "))
}

#[cfg(test)]
mod tests;
