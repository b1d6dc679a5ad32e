//! Builds the browser client: cargo → wasm-bindgen → (wasm-opt) → compressed copies in `target/site/pkg`.
//! Style sheets and public files are not built here: the server bundles them itself.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, bail};

use crate::directories;
use crate::packages;
use crate::process;
use crate::toolchain::WasmToolchain;

/// Part of the fingerprint. Raise it when the steps after cargo's build change, so that the output is made again.
const BUILD_STEPS_VERSION: u32 = 1;

/// The output directory. The server embeds it, or reads it in a development build.
fn folder() -> PathBuf {
    directories::root().join("target/site/pkg")
}

pub fn command() -> Result<()> {
    println!("{}", build()?);
    Ok(())
}

/// Builds the client and returns a line about its size. Only calls cargo when nothing has changed.
pub fn build() -> Result<String> {
    build_with(&WasmToolchain::find()?, process::run)
}

/// Builds the client in a background thread. Its output is only shown in the error when it fails, since something
/// else prints meanwhile.
pub fn start_build(toolchain: WasmToolchain) -> JoinHandle<Result<String>> {
    thread::spawn(move || build_with(&toolchain, |cargo| process::capture(cargo).map(|_| ())))
}

fn build_with(
    toolchain: &WasmToolchain,
    run: impl FnOnce(&mut Command) -> Result<()>,
) -> Result<String> {
    let output = directories::root().join("target/client");
    let mut cargo = toolchain.build();
    cargo
        .args(["--package", "app", "--lib", "--profile", "client"])
        .args(["--no-default-features", "--features", "hydrate"])
        .arg("--target-dir")
        .arg(&output);
    run(&mut cargo).context("the browser client does not build")?;
    let built = output.join("wasm32-unknown-unknown/client/app.wasm");
    let bytes = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    let optimizer = packages::on_path("wasm-opt");
    let fingerprint =
        format!("{BUILD_STEPS_VERSION} {:016x} {optimizer:?}", directories::hash(&bytes));
    let stamp = directories::root().join("target/site/pkg.stamp");
    let is_fresh = fs::read_to_string(&stamp)
        .is_ok_and(|packaged_from| packaged_from == fingerprint)
        && folder().join("nadi.wasm.br").exists();
    if !is_fresh {
        let _ = fs::remove_file(&stamp);
        write_package(bytes, optimizer.as_deref())?;
        fs::write(&stamp, fingerprint)?;
    }
    let size = |name: &str| fs::metadata(folder().join(name)).map_or(0, |file| file.len() / 1000);
    Ok(format!(
        "{} kB of WASM and {} kB of JavaScript, {} kB compressed{}",
        size("nadi.wasm"),
        size("nadi.js"),
        size("nadi.wasm.br") + size("nadi.js.br"),
        if is_fresh { ", unchanged" } else { "" },
    ))
}

/// Creates the output directory completely, then replaces the old one.
fn write_package(wasm: Vec<u8>, optimizer: Option<&Path>) -> Result<()> {
    let new = directories::root().join("target/site/pkg.new");
    let _ = fs::remove_dir_all(&new);
    fs::create_dir_all(&new)?;
    wasm_bindgen_cli_support::Bindgen::new()
        .input_bytes("nadi", wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        // The server passes the path of the WASM to the script: its name contains a hash of the contents.
        .omit_default_module_path(true)
        .generate(&new)
        .context("wasm-bindgen failed")?;
    if count_islands(&fs::read_to_string(new.join("nadi.js"))?) == 0 {
        bail!("the client has no island: the linker has removed them, and pages would not react");
    }
    let module = new.join("nadi.wasm");
    fs::rename(new.join("nadi_bg.wasm"), &module)?;
    if let Some(optimizer) = optimizer {
        let mut optimize = Command::new(optimizer);
        optimize.args(["-Oz", "--all-features", "-o"]).args([&module, &module]);
        if let Err(error) = process::capture(&mut optimize) {
            process::fail_if_interrupted()?;
            println!("wasm-opt failed, continuing without it: {error:#}");
        }
    }
    compress_all(&new)?;
    let _ = fs::remove_dir_all(folder());
    Ok(fs::rename(&new, folder())?)
}

/// How many islands the script exports. They are functions with names like `Calendar_3602887641756195881`.
fn count_islands(script: &str) -> usize {
    let exports = script.lines().filter_map(|line| line.strip_prefix("export function "));
    exports
        .filter_map(|line| line.split('(').next()?.rsplit_once('_'))
        .filter(|(_, id)| id.len() > 9 && id.bytes().all(|digit| digit.is_ascii_digit()))
        .count()
}

/// Writes a `.br` and a `.gz` copy of each file, recursively.
fn compress_all(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            compress_all(&path)?;
            continue;
        }
        process::fail_if_interrupted()?;
        let bytes = fs::read(&path)?;
        fs::write(with_suffix(&path, ".br"), brotli(&bytes)?)?;
        fs::write(with_suffix(&path, ".gz"), gzip(&bytes)?)?;
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_is_added_after_the_extension() {
        let path = with_suffix(Path::new("pkg/nadi.js"), ".br");
        assert_eq!(path, Path::new("pkg/nadi.js.br"));
    }

    #[test]
    fn only_islands_are_counted_among_exports() {
        let script =
            "export function hydrate() {\nexport function Counter_3602887641756195881(el) {";
        assert_eq!(count_islands(script), 1);
    }

    #[test]
    fn compressed_copies_decompress_to_the_same_bytes() -> Result<()> {
        use std::io::Read;
        let text = b"a time that was confirmed is yours ".repeat(50);
        let mut decompressed = Vec::new();
        brotli::BrotliDecompress(&mut &brotli(&text)?[..], &mut decompressed)?;
        assert_eq!(decompressed, text);
        decompressed.clear();
        flate2::read::GzDecoder::new(&gzip(&text)?[..]).read_to_end(&mut decompressed)?;
        assert_eq!(decompressed, text);
        Ok(())
    }
}
