//! Puts the stylesheets together and says where the client's files are.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("..");
    let (style, out) =
        (root.join("style"), PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")));
    println!("cargo::rerun-if-changed={}", style.display());
    stylesheet(&style, "index.txt", &out.join("nadi.css"));
    stylesheet(&style, "more.txt", &out.join("more.css"));
    client(&root.join("target").join("site"));
}

/// The files of `style/` that an index lists, in its order, as one file.
fn stylesheet(style: &Path, index: &str, out: &Path) {
    let index = style.join(index);
    let list =
        fs::read_to_string(&index).unwrap_or_else(|error| panic!("{}: {error}", index.display()));
    let mut sheet = String::new();
    for name in list.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let path = style.join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{}, named in {}: {error}", path.display(), index.display())
        });
        put(&text, &mut sheet);
    }
    fs::write(out, sheet).expect("the output folder can be written");
}

/// Without what is only for those who write it: comments, empty lines, indentation. A sixth of the transfer.
fn put(text: &str, sheet: &mut String) {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    for line in plain.lines().map(str::trim).filter(|line| !line.is_empty()) {
        sheet.push_str(line);
        sheet.push('\n');
    }
}

/// The client is built before a release build of the server, which embeds it. A development build reads it from
/// this folder when it runs, so it need not be compiled again when the client changes. Without a client, pages do
/// without scripts.
fn client(site: &Path) {
    let pkg = site.join("pkg");
    fs::create_dir_all(&pkg).unwrap_or_else(|error| panic!("{}: {error}", pkg.display()));
    if env::var_os("PROFILE").is_some_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={}", pkg.display());
    }
    println!("cargo::rustc-env=NADI_SITE={}", site.display());
}
