//! Calendar files that a unit test writes, read by ical.js under Node: the second foreign reader (`src/ical/tests/dialects.rs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::browser;
use crate::place;
use crate::process;

/// Where the test writes them.
pub const FOLDER_VARIABLE: &str = "NADI_CALENDAR_FILES";

/// The folder for them, without those of the run before.
pub fn empty_folder() -> Result<PathBuf> {
    let folder = place::target().join("calendar-files");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("old calendar files cannot be removed")?;
    }
    Ok(folder)
}

/// Reads them again; `false`: something was read otherwise, or there were none.
pub fn read_by_node(folder: &Path) -> Result<bool> {
    if !folder.exists() {
        println!("the unit tests wrote no calendar files");
        return Ok(false);
    }
    browser::install_node_packages()?;
    let mut node = Command::new("node");
    // Floating times are UTC's there, as in the test.
    node.env("TZ", "UTC").arg("support/calendar-files.mjs").arg(folder);
    node.current_dir(browser::folder());
    let (ok, _) = process::tee(&mut node)?;
    Ok(ok)
}
