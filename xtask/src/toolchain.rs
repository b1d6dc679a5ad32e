//! The compilers: the cargo that runs us, and a toolchain that can build for the browser.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::directories;
use crate::packages;
use crate::process;

const TARGET: &str = "wasm32-unknown-unknown";
/// How long rustup may take. A firewall that drops packets must not block us for longer.
const RUSTUP_LIMIT: Duration = Duration::from_secs(60);

/// Cargo in the repository's root, without the variables that `cargo run` has set for us. Some build scripts depend
/// on them and would run again for each caller.
pub fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(directories::root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let set_by_cargo_run = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
            .iter()
            .any(|prefix| text.starts_with(prefix));
        if set_by_cargo_run {
            command.env_remove(&name);
        }
    }
    command
}

/// A toolchain that builds the browser client.
pub enum WasmToolchain {
    /// The current toolchain has the target installed.
    Installed,
    /// Debian's compiler, which compiles the standard library for the target from source.
    Debian { linker: PathBuf },
}

impl WasmToolchain {
    /// Finds a toolchain, and installs what is missing.
    pub fn find() -> Result<WasmToolchain> {
        if target_is_installed()? {
            return Ok(WasmToolchain::Installed);
        }
        if let Some(debian) = debian() {
            return Ok(debian);
        }
        let mut advice = "it cannot be added without rustup".to_owned();
        if packages::on_path("rustup").is_some() {
            println!("the target {TARGET} is missing: rustup target add {TARGET}");
            let mut add = Command::new("rustup");
            add.current_dir(directories::root()).args(["target", "add", TARGET]);
            match process::capture_with_timeout(&mut add, Some(RUSTUP_LIMIT)) {
                Ok(_) if target_is_installed()? => return Ok(WasmToolchain::Installed),
                Ok(_) => advice = format!("`rustup target add {TARGET}` changed nothing"),
                Err(error) if error.is::<process::Interrupted>() => return Err(error),
                Err(error) => {
                    let error = format!("{error:#}");
                    advice = error.lines().next().unwrap_or_default().to_owned();
                }
            }
            println!("{advice}");
        }
        if !packages::has_apt() || !packages::is_known("rustc-web") {
            bail!("the target {TARGET} is missing: run `rustup target add {TARGET}` ({advice})");
        }
        let lld = if packages::is_known("lld-19") { "lld-19" } else { "lld" };
        packages::install(
            "a compiler for the browser",
            &["rustc-web", "cargo-web", "rust-web-src", lld],
        )?;
        debian().context("the packages are installed, but contain no usable compiler")
    }

    pub fn name(&self) -> &'static str {
        match self {
            WasmToolchain::Installed => "the toolchain's own WASM target",
            WasmToolchain::Debian { .. } => "Debian's compiler for WASM",
        }
    }

    /// `cargo build` for the browser, without the arguments that select packages.
    pub fn build(&self) -> Command {
        match self {
            WasmToolchain::Installed => {
                let mut build = cargo();
                build.args(["build", "--target", TARGET]);
                build
            }
            WasmToolchain::Debian { linker } => {
                let mut build = Command::new("/usr/bin/cargo");
                build
                    .current_dir(directories::root())
                    // The settings of the toolchain that runs us must not affect the other one.
                    .env_remove("RUSTUP_TOOLCHAIN")
                    .env_remove("LD_LIBRARY_PATH")
                    .env_remove("RUSTC_WRAPPER")
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("RUSTC", "/usr/bin/rustc")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                    .args(["build", "--target", TARGET])
                    .args(["-Z", "build-std=std,panic_abort"])
                    .args(["-Z", "build-std-features=optimize_for_size"]);
                build
            }
        }
    }
}

/// Whether the target is installed. rustc prints the path of its library in any case, so this looks for files in it.
/// `NADI_WASM=debian` makes it behave as if the target were missing.
fn target_is_installed() -> Result<bool> {
    if std::env::var_os("NADI_WASM").is_some_and(|choice| choice == "debian") {
        return Ok(false);
    }
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut print_libdir = Command::new(rustc);
    print_libdir.current_dir(directories::root()).args([
        "--print",
        "target-libdir",
        "--target",
        TARGET,
    ]);
    let folder = process::capture(&mut print_libdir)?;
    let Ok(files) = std::fs::read_dir(folder.trim()) else {
        return Ok(false);
    };
    Ok(files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-")))
}

/// Debian's compiler, when all of its parts are installed.
fn debian() -> Option<WasmToolchain> {
    let tools = ["/usr/bin/rustc", "/usr/bin/cargo"];
    let source = Path::new("/usr/lib/rustlib/src/rust/library/Cargo.toml");
    if !tools.iter().all(|tool| packages::is_program(Path::new(tool))) || !source.exists() {
        return None;
    }
    // `rust-lld` may be a dangling link, so the linker is looked for by its own name.
    let linker = ["wasm-ld-19", "wasm-ld", "wasm-ld-20", "wasm-ld-21", "wasm-ld-18"]
        .iter()
        .map(|name| Path::new("/usr/bin").join(name))
        .find(|linker| packages::is_program(linker))?;
    Some(WasmToolchain::Debian { linker })
}
