//! Checks that only a capability itself uses its `store`. Others use its ports, its use cases or its events.

use std::collections::BTreeSet;

use anyhow::Result;

use super::check_exceptions;
use super::source::{self, SourceFile};

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

/// The folder that writes demo and test data into all tables, and is exempt from the rules.
pub const WRITES_TEST_DATA: &str = "demo";

/// A file, and the other capability whose store it still uses. An entry that is no longer true fails the check.
const ACCEPTED: &[(&str, &str)] = &[
    ("server/src/bookings/archive.rs", "events"),
    ("server/src/bookings/change.rs", "accounts"),
    ("server/src/bookings/mod.rs", "accounts"),
    ("server/src/bookings/mod.rs", "schedules"),
    ("server/src/busy_times/mod.rs", "schedules"),
    ("server/src/busy_times/refresh.rs", "schedules"),
    ("server/src/clinic/holidays.rs", "schedules"),
    ("server/src/clinic/mod.rs", "accounts"),
    ("server/src/clinic/mod.rs", "directory"),
    ("server/src/clinic/suspending.rs", "directory"),
    ("server/src/database.rs", "events"),
    ("server/src/directory/follow.rs", "events"),
    ("server/src/directory/mod.rs", "bookings"),
    ("server/src/directory/mod.rs", "reviews"),
    ("server/src/directory/search.rs", "reviews"),
    ("server/src/feeds/mod.rs", "bookings"),
    ("server/src/main.rs", "notifications"),
    ("server/src/main.rs", "schedules"),
    ("server/src/notifications/dispatcher.rs", "accounts"),
    ("server/src/notifications/dispatcher.rs", "bookings"),
    ("server/src/notifications/mod.rs", "events"),
    ("server/src/reviews/mod.rs", "accounts"),
    ("server/src/reviews/mod.rs", "bookings"),
    ("server/src/reviews/mod.rs", "directory"),
    ("server/src/run.rs", "events"),
    ("server/src/schedules/make.rs", "events"),
    ("server/src/schedules/mod.rs", "bookings"),
    ("server/src/schedules/view.rs", "accounts"),
    ("server/src/schedules/view.rs", "bookings"),
    ("server/src/schedules/view.rs", "clinic"),
    ("server/src/zoneinfo.rs", "schedules"),
];

pub fn check() -> Result<()> {
    let sources = source::package("server", "server/src")?;
    check_exceptions(
        &violations(&sources),
        &accepted(ACCEPTED),
        |file, capability| format!("{file} uses the store of the capability `{capability}`"),
        |file, capability| {
            format!("{file} no longer uses the store of the capability `{capability}`")
        },
    )
}

fn accepted(list: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    list.iter().map(|(file, capability)| ((*file).to_owned(), (*capability).to_owned())).collect()
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
