//! Dependencies run one way: `nadi` ← `app` ← `server`. A crate that reaches the wrong way still
//! compiles, so it is looked for here.

use anyhow::{Result, bail};

use crate::process;
use crate::toolchain;

/// A package, and the packages it must never depend on; a star stands for a whole family.
const FORBIDDEN: [(&str, &[&str]); 2] = [
    ("nadi", &["app", "server", "sqlx*", "axum*", "leptos*", "redis", "tokio"]),
    ("app", &["server", "sqlx*", "redis"]),
];

pub fn check() -> Result<()> {
    for (package, forbidden) in FORBIDDEN {
        let mut tree = toolchain::cargo();
        tree.args(["tree", "--package", package, "--all-features"])
            .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"]);
        let found = offenders(&process::capture(&mut tree)?, package, forbidden);
        if !found.is_empty() {
            bail!("`{package}` depends on {}: see the layers in ARCHITECTURE.md", found.join(", "));
        }
    }
    Ok(())
}

fn offenders(tree: &str, package: &str, forbidden: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != package)
        .filter(|name| {
            forbidden.iter().any(|word| match word.strip_suffix('*') {
                Some(family) => name.starts_with(family),
                None => name == word,
            })
        })
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_and_their_families_offend() {
        let tree =
            "nadi v0.1.0 (/x)\nserver_fn v0.8.0\nsqlx-core v0.9.0\nserde v1.0.0\napp v0.1.0\n";
        assert_eq!(offenders(tree, "nadi", &["app", "server", "sqlx*"]), ["app", "sqlx-core"]);
    }
}
