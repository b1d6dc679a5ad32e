//! Lets ical.js (under Node) read the calendar files that a unit test has written, to compare its results with
//! ours (`src/ical/tests/dialects.rs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::browser;
use crate::directories;
use crate::process;

/// The environment variable that tells the test where to write the files.
pub const FOLDER_VARIABLE: &str = "NADI_CALENDAR_FILES";

/// The directory for the files, without those of the previous run.
pub fn empty_folder() -> Result<PathBuf> {
    let folder = directories::target().join("calendar-files");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("old calendar files cannot be removed")?;
    }
    Ok(folder)
}

/// Reads the files with ical.js. Returns `false` when it reads something differently, or when there are no files.
pub fn read_by_node(folder: &Path) -> Result<bool> {
    if !folder.exists() {
        println!("the unit tests wrote no calendar files");
        return Ok(false);
    }
    browser::install_node_packages()?;
    let mut node = Command::new("node");
    // Floating times count as UTC, as in the test.
    node.env("TZ", "UTC").arg("support/calendar-files.mjs").arg(folder);
    node.current_dir(browser::folder());
    let (ok, _) = process::tee(&mut node)?;
    Ok(ok)
}
