//! `.sqlx`: sqlx's metadata of each query, as described by the database. It is committed, so that a build needs no
//! database.

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::directories;
use crate::process;
use crate::services::Services;
use crate::toolchain;

pub fn folder() -> PathBuf {
    directories::root().join(".sqlx")
}

/// `cargo xtask prepare`: rewrites `.sqlx` when the metadata has changed.
pub fn prepare() -> Result<()> {
    let services = Services::temporary_postgres()?;
    let mut check = toolchain::cargo();
    check.args(["check", "--workspace", "--all-targets"]);
    let fresh = generate(&services, &mut check)?;
    let differences = differences(&read(&folder())?, &fresh);
    if differences.is_empty() {
        println!("{} queries, nothing changed", fresh.len());
        return Ok(());
    }
    let _ = fs::remove_dir_all(folder());
    fs::create_dir_all(folder())?;
    for (name, text) in &fresh {
        fs::write(folder().join(name), text)?;
    }
    println!("{}", differences.join("\n"));
    println!("{} queries written to .sqlx: commit it", fresh.len());
    Ok(())
}

/// `cargo xtask prepare --check`: fails when `.sqlx` does not match the code.
pub fn check() -> Result<()> {
    let services = Services::temporary_postgres()?;
    println!("{}", check_with(&services, lints)?);
    Ok(())
}

/// Checks `.sqlx` with a database that is already running. `compile` must compile every query, and is run even when
/// no query has changed since the last check. Returns a note about the result.
pub fn check_with(services: &Services, compile: fn() -> Command) -> Result<String> {
    let stamp = directories::scratch()?.join("queries.stamp");
    let inputs = fingerprint()?;
    if fs::read_to_string(&stamp).is_ok_and(|checked| checked == inputs) {
        process::run(&mut compile())?;
        return Ok("queries unchanged since the last check".to_owned());
    }
    let fresh = generate(services, &mut compile())?;
    let differences = differences(&read(&folder())?, &fresh);
    if !differences.is_empty() {
        bail!(
            "the query metadata does not match the code; run `cargo xtask prepare`:\n{}",
            differences.join("\n")
        );
    }
    fs::write(stamp, inputs)?;
    Ok(format!("{} queries match", fresh.len()))
}

/// Clippy for all packages. It also compiles every query.
pub fn lints() -> Command {
    let mut clippy = toolchain::cargo();
    clippy.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    clippy
}

/// The metadata of every query by its file name: migrates a new database and compiles the code against it.
fn generate(services: &Services, compile: &mut Command) -> Result<BTreeMap<String, String>> {
    let database = "nadi_queries";
    services.postgres.ensure_database(database)?;
    for file in migrations()? {
        // In one transaction unless the first line says otherwise, as sqlx does.
        let no_transaction = std::fs::read_to_string(&file)?.starts_with("-- no-transaction");
        let name = file.to_string_lossy();
        let arguments: &[&str] = if no_transaction { &["-f", &name] } else { &["-1", "-f", &name] };
        services
            .postgres
            .psql(database, arguments)
            .with_context(|| format!("{} does not apply", file.display()))?;
    }
    let output = directories::scratch()?.join("sqlx");
    let _ = fs::remove_dir_all(&output);
    fs::create_dir_all(&output)?;
    compile
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &output)
        .env("DATABASE_URL", services.postgres.url(database));
    {
        // sqlx's macros write metadata only when the crate is compiled, and cargo does not know that the database is
        // an input. So the sources have to look changed.
        let _touched = TouchedFiles::new(&["server/src/lib.rs", "server/src/main.rs"])?;
        process::run(compile)?;
    }
    read(&output)
}

/// Migrations in the order in which they apply.
fn migrations() -> Result<Vec<PathBuf>> {
    let folder = directories::root().join("migrations");
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.to_string_lossy();
            if name.ends_with(".sql") && !name.ends_with(".down.sql") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Files that look changed to cargo while this value exists. Their modification times are restored afterwards, so
/// that other builds of the same code stay fresh.
struct TouchedFiles {
    before: Vec<(PathBuf, SystemTime)>,
}

impl TouchedFiles {
    fn new(names: &[&str]) -> Result<TouchedFiles> {
        let mut touched = TouchedFiles { before: Vec::new() };
        for name in names {
            let path = directories::root().join(name);
            if let Ok(found) = fs::metadata(&path) {
                touched.before.push((path.clone(), found.modified()?));
                set_time(&path, SystemTime::now())?;
            }
        }
        Ok(touched)
    }
}

impl Drop for TouchedFiles {
    fn drop(&mut self) {
        for (path, time) in &self.before {
            let _ = set_time(path, *time);
        }
    }
}

fn set_time(path: &Path, time: SystemTime) -> Result<()> {
    let file = File::options().append(true).open(path)?;
    file.set_times(FileTimes::new().set_modified(time))?;
    Ok(())
}

/// The contents of the directory's metadata files by name; empty when it does not exist.
fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("query-") {
                files.insert(name, fs::read_to_string(entry.path())?);
            }
        }
    }
    Ok(files)
}

fn differences(
    committed: &BTreeMap<String, String>,
    fresh: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, text) in fresh {
        match committed.get(name) {
            Some(same) if same == text => {}
            Some(_) => differences.push(format!("  changed: {name}")),
            None => differences.push(format!("  new: {name}")),
        }
    }
    for name in committed.keys().filter(|name| !fresh.contains_key(*name)) {
        differences.push(format!("  no longer used: {name}"));
    }
    differences
}

/// A hash of all files that the metadata depends on.
fn fingerprint() -> Result<String> {
    let mut files = Vec::new();
    for name in ["server", "migrations", ".sqlx", "Cargo.lock"] {
        collect(&directories::root().join(name), &mut files)?;
    }
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend_from_slice(file.as_os_str().as_encoded_bytes());
        all.extend_from_slice(&directories::hash(&fs::read(&file)?).to_le_bytes());
    }
    Ok(format!("{:016x}", directories::hash(&all)))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_new_changed_and_unused_queries() {
        let files = |list: &[(&str, &str)]| {
            let pairs = list.iter();
            pairs.map(|(name, text)| ((*name).into(), (*text).into())).collect()
        };
        let committed: BTreeMap<String, String> = files(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let fresh = files(&[("a", "1"), ("b", "2"), ("d", "1")]);
        let expected = ["  changed: b", "  new: d", "  no longer used: c"];
        assert_eq!(differences(&committed, &fresh), expected);
        assert!(differences(&committed, &committed).is_empty());
    }
}
