//! Lists the files of the text catalogue and the search words of each language, so that they become a part of the
//! program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let locales =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("locales");
    println!("cargo::rerun-if-changed={}", locales.display());
    let mut languages = String::from("&[\n");
    let mut search_words = String::from("&[\n");
    for folder in sorted(&locales) {
        let code = folder.file_name().and_then(|name| name.to_str()).expect("a language code");
        let _ = writeln!(languages, "({code:?}, &[");
        let files = sorted(&folder);
        let texts = files.iter().filter(|file| file.extension().is_some_and(|ext| ext == "ftl"));
        for file in texts {
            let _ = writeln!(languages, "{},", included(file));
        }
        languages.push_str("]),\n");
        // A language may lack them: its doctors are then found by their names.
        let words = files.iter().find(|file| file.ends_with("words.csv"));
        let words = words.map_or_else(|| "\"\"".to_owned(), |file| included(file));
        let _ = writeln!(search_words, "({code:?}, {words}),");
    }
    languages.push(']');
    search_words.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    for (name, list) in [("locales.rs", languages), ("search_words.rs", search_words)] {
        fs::write(out.join(name), list).expect("the output folder can be written");
    }
}

fn included(file: &Path) -> String {
    format!("include_str!({:?})", file.display().to_string())
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
