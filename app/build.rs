//! Lists the files of the text catalogue, so that they become a part of the program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let locales =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("locales");
    println!("cargo::rerun-if-changed={}", locales.display());
    let mut languages = String::from("&[\n");
    for folder in sorted(&locales) {
        let code = folder.file_name().and_then(|name| name.to_str()).expect("a language code");
        let _ = writeln!(languages, "({code:?}, &[");
        for file in sorted(&folder) {
            let _ = writeln!(languages, "include_str!({:?}),", file.display().to_string());
        }
        languages.push_str("]),\n");
    }
    languages.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("locales.rs"), languages).expect("the output folder can be written");
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
