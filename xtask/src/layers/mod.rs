//! What ARCHITECTURE.md says about who may use whom, and the compiler does not check.
//!
//! Dependencies of packages run one way: `nadi` ← `app` ← `server`. The rules inside a package are in the
//! modules below.

mod cycles;
mod source;
mod stores;
mod tables;

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::process;
use crate::toolchain;

/// A package, and the packages it must never depend on; a star stands for a whole family.
const FORBIDDEN: [(&str, &[&str]); 2] = [
    ("nadi", &["app", "server", "sqlx*", "axum*", "leptos*", "redis", "tokio"]),
    ("app", &["server", "sqlx*", "redis"]),
];

pub fn check() -> Result<()> {
    check_packages()?;
    stores::check()?;
    tables::check()?;
    cycles::check()
}

fn check_packages() -> Result<()> {
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

/// Fails for what is found and not accepted, and for what is accepted and no longer found, so that the list
/// of exceptions only shrinks.
fn verdict(
    what: &str,
    found: &BTreeSet<(String, String)>,
    accepted: &BTreeSet<(String, String)>,
) -> Result<()> {
    let list = |pairs: Vec<&(String, String)>, what: &str| -> Vec<String> {
        pairs.into_iter().map(|(one, other)| format!("{one} {what}: {other}")).collect()
    };
    let mut complaints = list(found.difference(accepted).collect(), what);
    complaints.extend(list(
        accepted.difference(found).collect(),
        &format!("no longer {what}, remove the exception"),
    ));
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("{}\nSee ARCHITECTURE.md", complaints.join("\n"))
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

    #[test]
    fn an_exception_must_still_be_true() {
        let pair = |file: &str| BTreeSet::from([(file.to_owned(), "events".to_owned())]);
        assert!(verdict("uses", &pair("a.rs"), &pair("a.rs")).is_ok());
        let refused = verdict("uses", &pair("a.rs"), &pair("b.rs")).unwrap_err().to_string();
        assert!(refused.contains("a.rs uses: events"), "{refused}");
        assert!(refused.contains("b.rs no longer uses, remove the exception: events"), "{refused}");
    }
}
