//! `cargo xtask audit`: cargo-deny over `deny.toml`. Licences, banned and duplicate dependencies, and where they
//! come from. Not a step of `cargo xtask test`: compiling cargo-deny takes longer than the lints do.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::directories;
use crate::process;
use crate::toolchain;

const VERSION: &str = "0.20.2";

/// With `advisories`, known vulnerabilities too: their database is fetched from GitHub.
pub fn audit(advisories: bool) -> Result<()> {
    let mut deny = Command::new(find_or_install()?);
    deny.current_dir(directories::root()).args([
        "--workspace",
        "--locked",
        "check",
        "licenses",
        "bans",
        "sources",
    ]);
    if advisories {
        deny.arg("advisories");
    }
    process::run(&mut deny)
}

/// In a folder of its own for each version, so that another version on this machine is neither used nor replaced.
fn find_or_install() -> Result<PathBuf> {
    let folder = directories::target().join("xtask").join(format!("cargo-deny-{VERSION}"));
    let program = folder.join("bin/cargo-deny");
    if !program.exists() {
        println!("cargo-deny {VERSION} is compiled once, which takes some minutes");
        let mut install = toolchain::cargo();
        install.args(["install", "cargo-deny", "--locked", "--version", VERSION, "--root"]);
        process::run(install.arg(&folder)).context("cargo-deny cannot be installed")?;
    }
    Ok(program)
}
