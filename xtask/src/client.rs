//! The browser client: cargo → wasm-bindgen → (wasm-opt) → compressed copies in `target/site/pkg`.
//! Style sheets and public files are not made here: the server bundles them itself.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, bail};

use crate::packages;
use crate::place;
use crate::process;
use crate::toolchain::WasmToolchain;

/// Goes into the fingerprint: raise it when the steps below change.
const RECIPE: u32 = 1;

/// The folder the server embeds, or reads in a development build.
fn folder() -> PathBuf {
    place::root().join("target/site/pkg")
}

pub fn command() -> Result<()> {
    println!("{}", build()?);
    Ok(())
}

/// Builds it and tells its size; does no more than asking cargo when nothing changed.
pub fn build() -> Result<String> {
    build_with(&WasmToolchain::find()?, process::run)
}

/// The same in the background while something else shows its output; its own is kept for errors.
pub fn start_build(toolchain: WasmToolchain) -> JoinHandle<Result<String>> {
    thread::spawn(move || build_with(&toolchain, |cargo| process::capture(cargo).map(|_| ())))
}

fn build_with(
    toolchain: &WasmToolchain,
    run: impl FnOnce(&mut Command) -> Result<()>,
) -> Result<String> {
    let output = place::root().join("target/client");
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
    let made_from = format!("{RECIPE} {:016x} {optimizer:?}", place::hash(&bytes));
    let stamp = place::root().join("target/site/pkg.stamp");
    let is_fresh = fs::read_to_string(&stamp).is_ok_and(|made| made == made_from)
        && folder().join("nadi.wasm.br").exists();
    if !is_fresh {
        let _ = fs::remove_file(&stamp);
        package(bytes, optimizer.as_deref())?;
        fs::write(&stamp, made_from)?;
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

/// Makes the folder anew, all of it or nothing.
fn package(wasm: Vec<u8>, optimizer: Option<&Path>) -> Result<()> {
    let new = place::root().join("target/site/pkg.new");
    let _ = fs::remove_dir_all(&new);
    fs::create_dir_all(&new)?;
    wasm_bindgen_cli_support::Bindgen::new()
        .input_bytes("nadi", wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        // The server tells the script where the WASM is, under a name made from its contents.
        .omit_default_module_path(true)
        .generate(&new)
        .context("wasm-bindgen failed")?;
    if islands(&fs::read_to_string(new.join("nadi.js"))?) == 0 {
        bail!("the client has no island: the linker dropped them, and pages would stay dead");
    }
    let module = new.join("nadi.wasm");
    fs::rename(new.join("nadi_bg.wasm"), &module)?;
    if let Some(optimizer) = optimizer {
        let mut optimize = Command::new(optimizer);
        optimize.args(["-Oz", "--all-features", "-o"]).args([&module, &module]);
        if let Err(error) = process::capture(&mut optimize) {
            process::check_stop()?;
            println!("wasm-opt refused, going on without it: {error:#}");
        }
    }
    compress_all(&new)?;
    let _ = fs::remove_dir_all(folder());
    Ok(fs::rename(&new, folder())?)
}

/// How many islands the script exports: functions named like `Calendar_3602887641756195881`.
fn islands(script: &str) -> usize {
    let exports = script.lines().filter_map(|line| line.strip_prefix("export function "));
    exports
        .filter_map(|line| line.split('(').next()?.rsplit_once('_'))
        .filter(|(_, id)| id.len() > 9 && id.bytes().all(|digit| digit.is_ascii_digit()))
        .count()
}

/// Puts a `.br` and a `.gz` beside each file, also in folders below.
fn compress_all(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            compress_all(&path)?;
            continue;
        }
        process::check_stop()?;
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
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
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
    fn islands_are_told_from_other_exports() {
        let script =
            "export function hydrate() {\nexport function Counter_3602887641756195881(el) {";
        assert_eq!(islands(script), 1);
    }

    #[test]
    fn compressed_copies_unpack_to_the_same_bytes() -> Result<()> {
        use std::io::Read;
        let text = b"a time that was confirmed is yours ".repeat(50);
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &brotli(&text)?[..], &mut unpacked)?;
        assert_eq!(unpacked, text);
        unpacked.clear();
        flate2::read::GzDecoder::new(&gzip(&text)?[..]).read_to_end(&mut unpacked)?;
        assert_eq!(unpacked, text);
        Ok(())
    }
}
