//! Puts the stylesheets together and says where the client's files are.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("..");
    stylesheet(&root.join("style"), &PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")));
    client(&root.join("target").join("site"));
}

/// All of `style/`, in the order of its `index.txt`, as one file.
fn stylesheet(style: &Path, out: &Path) {
    println!("cargo::rerun-if-changed={}", style.display());
    let index = style.join("index.txt");
    let list =
        fs::read_to_string(&index).unwrap_or_else(|error| panic!("{}: {error}", index.display()));
    let mut sheet = String::new();
    for name in list.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let path = style.join(name);
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}, named in index.txt: {error}", path.display()));
        sheet.push_str(&text);
        sheet.push('\n');
    }
    fs::write(out.join("nadi.css"), sheet).expect("the output folder can be written");
}

/// The client is built before the server when it is to be embedded; without it (checks,
/// tests) the folder is empty and pages do without scripts.
fn client(site: &Path) {
    let pkg = site.join("pkg");
    fs::create_dir_all(&pkg).unwrap_or_else(|error| panic!("{}: {error}", pkg.display()));
    println!("cargo::rerun-if-changed={}", pkg.display());
    println!("cargo::rustc-env=NADI_SITE={}", site.display());
}
