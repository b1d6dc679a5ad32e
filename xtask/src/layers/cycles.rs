//! Checks that no two modules of a package import each other.
//!
//! A module imports another one when it names that module or an item in it; of nested modules the innermost counts.
//! Declaring a child and re-exporting from it (`mod store; pub use store::Row`) is not an import. Everything else is,
//! also between parent and child: what both need belongs in a module of its own. Longer cycles are not detected.

use std::collections::BTreeSet;

use anyhow::Result;

use super::check_exceptions;
use super::source::{self, SourceFile};

/// The packages and their source directories.
const PACKAGES: [(&str, &str); 3] = [("nadi", "src"), ("app", "app/src"), ("server", "server/src")];

/// Files that import each other all the same, and why. An entry that is no longer true fails the check.
const ACCEPTED: &[(&str, &str, &str)] = &[];

pub fn check() -> Result<()> {
    let mut found = BTreeSet::new();
    for (package, folder) in PACKAGES {
        found.extend(cycles(&source::package(package, folder)?));
    }
    let accepted =
        ACCEPTED.iter().map(|(one, other, _)| ((*one).to_owned(), (*other).to_owned())).collect();
    check_exceptions(
        &found,
        &accepted,
        |one, other| format!("{one} and {other} import each other"),
        |one, other| format!("{one} and {other} no longer import each other"),
    )
}

/// The pairs of files that import each other, each pair once.
fn cycles(sources: &[SourceFile]) -> BTreeSet<(String, String)> {
    let imports: BTreeSet<(&str, &str)> = sources
        .iter()
        .flat_map(|source| source.paths.iter().map(move |path| (source, path)))
        .filter_map(|(source, path)| {
            let imported = sources
                .iter()
                .filter(|other| path.starts_with(&other.module))
                .max_by_key(|other| other.module.len())?;
            (imported.file != source.file).then_some((source.file.as_str(), imported.file.as_str()))
        })
        .collect();
    imports
        .iter()
        .filter(|(one, other)| one < other && imports.contains(&(*other, *one)))
        .map(|(one, other)| ((*one).to_owned(), (*other).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles_of(texts: &[(&str, &str)]) -> Result<Vec<(String, String)>> {
        Ok(cycles(&source::parse("app", "app/src", texts.iter().copied())?).into_iter().collect())
    }

    #[test]
    fn two_files_that_import_each_other_are_found() -> Result<()> {
        let found = cycles_of(&[
            ("app/src/codec.rs", "use crate::error::Error;"),
            ("app/src/error.rs", "fn f() { super::codec::read() }"),
            ("app/src/links.rs", "use crate::codec::read;"),
        ])?;
        assert_eq!(found, [("app/src/codec.rs".to_owned(), "app/src/error.rs".to_owned())]);
        Ok(())
    }

    #[test]
    fn a_parent_may_re_export_its_child_but_not_use_it_when_the_child_uses_the_parent() -> Result<()>
    {
        let child = ("app/src/ui/button.rs", "use super::Variant;");
        let parent = "mod button; pub use button::{Button, Kind}; pub enum Variant {}";
        assert_eq!(cycles_of(&[child, ("app/src/ui/mod.rs", parent)])?, []);
        let parent = "mod button; use button::Button; pub enum Variant {}";
        assert_eq!(cycles_of(&[child, ("app/src/ui/mod.rs", parent)])?.len(), 1);
        Ok(())
    }
}
