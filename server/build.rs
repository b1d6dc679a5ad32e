//! Puts the stylesheets together and says where the client's files are.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("..");
    let (style, out) =
        (root.join("style"), PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")));
    println!("cargo::rerun-if-changed={}", style.display());
    stylesheet(&style, "index.txt", "", &out.join("nadi.css"));
    stylesheet(&style, "more.txt", &calendar_positions(), &out.join("more.css"));
    client(&root.join("target").join("site"));
}

/// The files of `style/` that an index lists, in its order, and then more rules, as one file.
fn stylesheet(style: &Path, index: &str, more: &str, out: &Path) {
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
    sheet.push_str(more);
    fs::write(out, sheet).expect("the output folder can be written");
}

/// The rules that read where an entry of a doctor's calendar stands: `data-at="09:05"` is the 545th minute of the day,
/// `data-lasts="00:20"` twenty minutes, `data-lane` and `data-lanes` its lane. A page may not contain styles itself.
/// `app/src/parts/week/layout.rs` says which values there are.
fn calendar_positions() -> String {
    let mut rules = String::from("@layer pages{\n");
    for (attribute, property) in [("at", "at"), ("lasts", "for")] {
        let calculated = format!("calc(var(--{property}-hours)*60 + var(--{property}-minutes))");
        let _ = writeln!(rules, "[data-{attribute}]{{--{property}:{calculated}}}");
        for hours in 0..=24 {
            let selector = format!("[data-{attribute}^=\"{hours:02}:\"]");
            let _ = writeln!(rules, "{selector}{{--{property}-hours:{hours}}}");
        }
        for minutes in 0..60 {
            let selector = format!("[data-{attribute}$=\":{minutes:02}\"]");
            let _ = writeln!(rules, "{selector}{{--{property}-minutes:{minutes}}}");
        }
    }
    for lane in 0..12 {
        let lanes = lane + 1;
        let _ = writeln!(rules, "[data-lane=\"{lane}\"]{{--lane:{lane}}}");
        let _ = writeln!(rules, "[data-lanes=\"{lanes}\"]{{--lanes:{lanes}}}");
    }
    for height in (300..=960).step_by(20) {
        let (whole, hundredths) = (height / 100, height % 100);
        let selector = format!("[data-hour-height=\"{height}\"]");
        let _ = writeln!(rules, "{selector}{{--hour:{whole}.{hundredths:02}rem}}");
    }
    rules.push_str("}\n");
    rules
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
