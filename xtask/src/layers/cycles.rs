//! Two modules of a package do not import each other.
//!
//! A module imports another when it names it, or something in it; the innermost module counts. Declaring a child
//! and re-exporting from it (`mod store; pub use store::Row`) is no import, everything else is, between parent
//! and child, too: what both need belongs in a module of its own. Longer circles are not looked for.

use std::collections::BTreeSet;

use anyhow::Result;

use super::source::{self, SourceFile};
use super::verdict;

/// Packages and their sources.
const PACKAGES: [(&str, &str); 3] = [("nadi", "src"), ("app", "app/src"), ("server", "server/src")];

/// Files that import each other all the same. To be removed one by one: an entry that is no longer true fails
/// the check.
const ACCEPTED: &[(&str, &str)] = &[
    ("app/src/fns/schedules/days.rs", "app/src/fns/schedules/mod.rs"),
    ("app/src/fns/schedules/hours.rs", "app/src/fns/schedules/mod.rs"),
    ("server/src/bookings/mod.rs", "server/src/bookings/show.rs"),
    ("server/src/config.rs", "server/src/state.rs"),
    ("server/src/demo/activity_data.rs", "server/src/demo/write.rs"),
    ("server/src/demo/calendar.rs", "server/src/demo/demo_patient.rs"),
    ("server/src/demo/calendar.rs", "server/src/demo/mod.rs"),
    ("server/src/demo/doctors.rs", "server/src/demo/mod.rs"),
    ("server/src/demo/load.rs", "server/src/demo/write.rs"),
    ("server/src/demo/mod.rs", "server/src/demo/rng.rs"),
    ("server/src/demo/mod.rs", "server/src/demo/tables.rs"),
    ("server/src/demo/mod.rs", "server/src/demo/visits.rs"),
    ("server/src/demo/mod.rs", "server/src/demo/words.rs"),
    ("server/src/directory/mod.rs", "server/src/directory/search.rs"),
    ("server/src/directory/search.rs", "server/src/directory/suggestions.rs"),
    ("server/src/directory/store/search/around.rs", "server/src/directory/store/search/mod.rs"),
    ("server/src/directory/store/search/mod.rs", "server/src/directory/store/search/parts.rs"),
    ("server/src/events/mod.rs", "server/src/events/store.rs"),
    ("server/src/events/reader.rs", "server/src/state.rs"),
    ("server/src/http/live_updates.rs", "server/src/http/mod.rs"),
    ("server/src/http/mod.rs", "server/src/http/public_cache.rs"),
    ("server/src/http/precompressed.rs", "server/src/http/public_cache.rs"),
    ("server/src/rest/appointments.rs", "server/src/rest/mod.rs"),
    ("server/src/rest/auth.rs", "server/src/rest/mod.rs"),
    ("server/src/rest/directory.rs", "server/src/rest/mod.rs"),
    ("server/src/rest/mod.rs", "server/src/rest/people.rs"),
    ("server/src/rest/mod.rs", "server/src/rest/reviews.rs"),
    ("server/src/rest/mod.rs", "server/src/rest/schedules.rs"),
    ("server/src/rest/mod.rs", "server/src/rest/suggestions.rs"),
    ("server/src/schedules/mod.rs", "server/src/schedules/view.rs"),
    ("src/ical/vcalendar.rs", "src/ical/zone.rs"),
];

pub fn check() -> Result<()> {
    let mut found = BTreeSet::new();
    for (package, folder) in PACKAGES {
        found.extend(cycles(&source::package(package, folder)?));
    }
    let accepted =
        ACCEPTED.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect();
    verdict("and another file import each other", &found, &accepted)
}

/// Pairs of files, each once.
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
