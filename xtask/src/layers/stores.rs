//! A capability's `store` is its own: nobody else names it. Two capabilities meet through a port, a use case
//! or an event.

use std::collections::BTreeSet;

use anyhow::Result;

use super::source::{self, SourceFile};
use super::verdict;

/// The folders of `server/src` with a `store`.
pub const CAPABILITIES: [&str; 11] = [
    "accounts",
    "bookings",
    "busy_times",
    "clinic",
    "demo",
    "directory",
    "events",
    "feeds",
    "notifications",
    "reviews",
    "schedules",
];

/// Writes data for demonstrations and tests, in bulk and across all tables.
pub const WRITES_TEST_DATA: &str = "demo";

pub fn check() -> Result<()> {
    let sources = source::package("server", "server/src")?;
    verdict("names the store of another capability", &offences(&sources), &BTreeSet::new())
}

fn offences(sources: &[SourceFile]) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for source in sources {
        let own = source.module.first().map_or("", String::as_str);
        for path in &source.paths {
            if let [capability, store, ..] = path.as_slice()
                && store == "store"
                && CAPABILITIES.contains(&capability.as_str())
                && capability != own
                && own != WRITES_TEST_DATA
            {
                found.insert((source.file.clone(), capability.clone()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offences_of(file: &str, text: &str) -> Result<Vec<(String, String)>> {
        let sources = source::parse("server", "server/src", [(file, text)])?;
        Ok(offences(&sources).into_iter().collect())
    }

    #[test]
    fn a_store_is_named_in_its_own_folder_only() -> Result<()> {
        let text = "use crate::{clock, bookings::{hold, store::{self, holds}}};";
        for file in ["rest/mod.rs", "pages/forms.rs", "schedules/view.rs", "jobs.rs", "demos/a.rs"]
        {
            let file = format!("server/src/{file}");
            assert_eq!(offences_of(&file, text)?, [(file.clone(), "bookings".to_owned())]);
        }
        for file in ["bookings/mod.rs", "bookings/store/holds.rs", "demo/write.rs"] {
            assert_eq!(offences_of(&format!("server/src/{file}"), text)?, []);
        }
        let main = "fn main() { server::events::store::adopt() }";
        assert_eq!(offences_of("server/src/main.rs", main)?.len(), 1);
        Ok(())
    }
}
