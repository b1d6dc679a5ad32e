//! Checks the rules of ARCHITECTURE.md about dependencies that the compiler does not check.
//!
//! Packages depend on each other in one direction: `nadi` ← `app` ← `server`. The rules within a package are in the
//! modules below, each with a list of accepted exceptions.

mod cycles;
pub mod source;
mod stores;
mod tables;

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::process;
use crate::toolchain;

/// A package and the packages it must not depend on. A trailing star matches any rest of the name.
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
        let found = forbidden_dependencies(&process::capture(&mut tree)?, package, forbidden);
        if !found.is_empty() {
            bail!("`{package}` depends on {}: see the layers in ARCHITECTURE.md", found.join(", "));
        }
    }
    Ok(())
}

/// Fails for violations that are not accepted, and for accepted exceptions that are no longer violations, so that the
/// lists of exceptions get shorter.
///
/// `violation` and `fixed` say in a sentence that a pair violates the rule, and that it no longer does.
fn check_exceptions(
    found: &BTreeSet<(String, String)>,
    accepted: &BTreeSet<(String, String)>,
    violation: impl Fn(&str, &str) -> String,
    fixed: impl Fn(&str, &str) -> String,
) -> Result<()> {
    let new = found.difference(accepted).map(|(one, other)| violation(one, other));
    let obsolete = accepted.difference(found).map(|(one, other)| {
        format!("{}: remove the exception from xtask/src/layers/", fixed(one, other))
    });
    let messages: Vec<String> = new.chain(obsolete).collect();
    if messages.is_empty() {
        return Ok(());
    }
    bail!("{}\nThe rules are in ARCHITECTURE.md", messages.join("\n"))
}

fn forbidden_dependencies(tree: &str, package: &str, forbidden: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != package)
        .filter(|name| {
            forbidden.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(family) => name.starts_with(family),
                None => name == pattern,
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
    fn names_must_match_completely_unless_there_is_a_star() {
        let tree =
            "nadi v0.1.0 (/x)\nserver_fn v0.8.0\nsqlx-core v0.9.0\nserde v1.0.0\napp v0.1.0\n";
        assert_eq!(
            forbidden_dependencies(tree, "nadi", &["app", "server", "sqlx*"]),
            ["app", "sqlx-core"]
        );
    }

    #[test]
    fn an_obsolete_exception_fails() {
        let pair = |file: &str| BTreeSet::from([(file.to_owned(), "events".to_owned())]);
        let check = |found: &str, accepted: &str| {
            check_exceptions(
                &pair(found),
                &pair(accepted),
                |file, store| format!("{file} uses {store}"),
                |file, store| format!("{file} no longer uses {store}"),
            )
        };
        assert!(check("a.rs", "a.rs").is_ok());
        let refused = check("a.rs", "b.rs").unwrap_err().to_string();
        assert!(refused.contains("a.rs uses events"), "{refused}");
        assert!(refused.contains("b.rs no longer uses events: remove the exception"), "{refused}");
    }
}
