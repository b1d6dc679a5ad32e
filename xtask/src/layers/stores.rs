//! Checks that only a capability itself uses its `store`. Others use its ports, its use cases or its events.

use std::collections::BTreeSet;

use anyhow::Result;

use super::check_exceptions;
use super::source::{self, SourceFile};

/// The folders of `server/src` with SQL that writes.
pub const CAPABILITIES: [&str; 13] = [
    "accounts",
    "audit",
    "bookings",
    "busy_times",
    "clinic",
    "demo",
    "directory",
    "encryption",
    "events",
    "feeds",
    "notifications",
    "reviews",
    "schedules",
];

/// The folder that writes demo and test data into all tables, and is exempt from the rules.
pub const WRITES_TEST_DATA: &str = "demo";

pub fn check() -> Result<()> {
    let sources = source::package("server", "server/src")?;
    check_exceptions(
        &violations(&sources),
        &BTreeSet::new(),
        |file, capability| format!("{file} uses the store of the capability `{capability}`"),
        |_, _| String::new(),
    )
}

fn violations(sources: &[SourceFile]) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for source in sources {
        let own_capability = source.module.first().map_or("", String::as_str);
        for path in &source.paths {
            if let [capability, store, ..] = path.as_slice()
                && store == "store"
                && CAPABILITIES.contains(&capability.as_str())
                && capability != own_capability
                && own_capability != WRITES_TEST_DATA
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

    fn violations_of(file: &str, text: &str) -> Result<Vec<(String, String)>> {
        let sources = source::parse("server", "server/src", [(file, text)])?;
        Ok(violations(&sources).into_iter().collect())
    }

    #[test]
    fn a_store_may_be_used_in_its_own_folder_only() -> Result<()> {
        let text = "use crate::{clock, bookings::{hold, store::{self, holds}}};";
        for file in ["rest/mod.rs", "pages/forms.rs", "schedules/view.rs", "jobs.rs", "demos/a.rs"]
        {
            let file = format!("server/src/{file}");
            assert_eq!(violations_of(&file, text)?, [(file.clone(), "bookings".to_owned())]);
        }
        for file in ["bookings/mod.rs", "bookings/store/holds.rs", "demo/write.rs"] {
            assert_eq!(violations_of(&format!("server/src/{file}"), text)?, []);
        }
        let main = "fn main() { server::events::store::adopt() }";
        assert_eq!(violations_of("server/src/main.rs", main)?.len(), 1);
        Ok(())
    }
}
