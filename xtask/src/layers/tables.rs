//! Checks that each table is written only by SQL in the folder of the capability that owns it. All SQL may read it.
//!
//! The check reads the string literals and `.sql` files of `server/src`, and the functions that migrations define.
//! It does not see writes by `on delete cascade`. It checks the functions of triggers, but not which statements
//! fire them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use super::check_exceptions;
use super::source;
use super::stores::{CAPABILITIES, WRITES_TEST_DATA};

/// The capabilities and the tables that they own.
const OWNERS: [(&str, &[&str]); 12] = [
    (
        "accounts",
        &[
            "accounts",
            "address_proofs",
            "api_keys",
            "authenticators",
            "consents",
            "merged_accounts",
            "passkey_challenges",
            "passkeys",
            "people",
            "recovery_codes",
            "sessions",
            "tokens",
            "unproven_accounts",
        ],
    ),
    ("audit", &["audit_entries", "audit_pending"]),
    (
        "bookings",
        &[
            "appointments",
            "archived_appointments",
            "hold_sources",
            "idempotency_keys",
            "patient_times",
            "seats",
            "visitor_visits",
        ],
    ),
    ("busy_times", &["busy_calendars", "busy_times"]),
    (
        "clinic",
        &[
            "cities",
            "clinic_holidays",
            "clinic_working_days",
            "clinics",
            "doctor_specialties",
            "doctors",
            "invitations",
            "locations",
            "receptionists",
            "specialties",
            "staff",
            "visit_types",
        ],
    ),
    (
        "directory",
        &[
            "city_names",
            "doctor_names",
            "listings",
            "next_times",
            "rating_mean",
            "search_languages",
            "search_words",
            "specialty_documents",
            "specialty_phrases",
            "specialty_words",
        ],
    ),
    ("encryption", &["encryption_keys"]),
    ("events", &["event_readers", "events"]),
    ("feeds", &["calendar_feeds"]),
    ("notifications", &["development_mail", "notifications", "outbox"]),
    ("reviews", &["doctor_ratings", "review_decisions", "reviews"]),
    (
        "schedules",
        &[
            "availability_rules",
            "blocks",
            "freed_kept_times",
            "schedule_drafts",
            "schedules",
            "shifted_appointments",
            "slots",
            "time_off",
        ],
    ),
];

/// The writing functions of the migrations, and the capability that owns each: only its SQL may call it.
const FUNCTIONS: [(&str, &str); 5] = [
    ("archive_appointments", "bookings"),
    ("copy_outbox_row", "events"),
    ("end_holds", "bookings"),
    ("leave_address_unproven", "accounts"),
    ("note_freed_kept_times", "schedules"),
];

/// A file (or a function of the migrations), what it writes or calls although another capability owns it, and the
/// reason. An entry that is no longer true fails the check.
const ACCEPTED: &[(&str, &str, &str)] = &[
    ("end_holds", "events", "a hold ends together with its event, in one statement"),
    (
        "server/src/bookings/sql/hold_single.sql",
        "events",
        "a hold is one round trip, with its event",
    ),
    ("server/src/bookings/sql/hold_batch.sql", "events", "holds in a batch, the same"),
    (
        "server/src/bookings/store/appointments.rs",
        "events",
        "the data of the event are read from the appointment and its slots",
    ),
];

pub fn check() -> Result<()> {
    let mut migrations = String::new();
    for file in source::files("migrations", ".sql")? {
        migrations += &source::text_of(&file)?;
        migrations.push('\n');
    }
    let schema = Schema::read(&migrations)?;
    let mut texts: Vec<(String, String)> = Vec::new();
    for file in source::package("server", "server/src")? {
        texts.extend(file.strings.into_iter().map(|text| (file.file.clone(), text)));
    }
    for file in source::files("server/src", ".sql")? {
        texts.push((file.clone(), source::text_of(&file)?));
    }
    let accepted =
        ACCEPTED.iter().map(|(file, what, _)| ((*file).to_owned(), (*what).to_owned())).collect();
    check_exceptions(
        &schema.violations(&texts),
        &accepted,
        |file, name| format!("{file} writes or calls `{name}`, which another capability owns"),
        |file, name| format!("{file} no longer writes or calls `{name}`"),
    )
}

/// The tables and writing functions that exist after all migrations.
struct Schema {
    owner_of_table: BTreeMap<&'static str, &'static str>,
    /// The functions that write, and the tables that each writes.
    functions: BTreeMap<String, BTreeSet<String>>,
}

impl Schema {
    /// Fails when a table or a writing function has no owner, or when a listed one does not exist.
    fn read(migrations: &str) -> Result<Schema> {
        let owner_of_table: BTreeMap<_, _> = OWNERS
            .iter()
            .flat_map(|(owner, tables)| tables.iter().map(move |table| (*table, *owner)))
            .collect();
        let tokens = tokens(migrations);
        check_owned("table", &tables(&tokens), owner_of_table.keys().copied())?;
        let mut schema = Schema { owner_of_table, functions: BTreeMap::new() };
        // The last definition of a function counts.
        let bodies: BTreeMap<String, String> = functions(migrations).into_iter().collect();
        for (name, body) in bodies {
            let written = schema.written(&body);
            if !written.is_empty() {
                schema.functions.insert(name, written);
            }
        }
        let writing = schema.functions.keys().cloned().collect();
        check_owned("writing function", &writing, FUNCTIONS.iter().map(|(name, _)| *name))?;
        Ok(schema)
    }

    /// The tables that a statement writes.
    fn written(&self, statement: &str) -> BTreeSet<String> {
        let tokens = tokens(statement);
        let mut found = BTreeSet::new();
        for (at, token) in tokens.iter().enumerate() {
            let verbs: Vec<&str> = tokens[..at]
                .iter()
                .rev()
                .map(String::as_str)
                .filter(|token| *token != "only")
                .take(2)
                .collect();
            let is_written = matches!(
                verbs.as_slice(),
                ["update" | "truncate" | "copy", ..]
                    | ["table", "truncate"]
                    | ["into", "insert" | "merge"]
                    | ["from", "delete"]
            );
            if is_written && self.owner_of_table.contains_key(token.as_str()) {
                found.insert(token.clone());
            }
        }
        found
    }

    /// The writing functions that a statement calls.
    fn called(&self, statement: &str) -> BTreeSet<String> {
        let tokens = tokens(statement);
        let calls = tokens.windows(2).filter(|pair| pair[1] == "(").map(|pair| &pair[0]);
        calls.filter(|name| self.functions.contains_key(*name)).cloned().collect()
    }

    fn owner(&self, name: &str) -> &str {
        let of_function = FUNCTIONS.iter().find(|(function, _)| *function == name);
        of_function.map_or_else(|| self.owner_of_table[name], |(_, owner)| owner)
    }

    fn violations(&self, texts: &[(String, String)]) -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        for (file, text) in texts {
            let folder = file.trim_start_matches("server/src/").split('/').next().unwrap_or("");
            let capability = if CAPABILITIES.contains(&folder) { folder } else { "" };
            if capability == WRITES_TEST_DATA {
                continue;
            }
            for name in self.written(text).into_iter().chain(self.called(text)) {
                if self.owner(&name) != capability {
                    found.insert((file.clone(), name));
                }
            }
        }
        for (function, tables) in &self.functions {
            for table in tables {
                if self.owner(table) != self.owner(function) {
                    found.insert((function.clone(), table.clone()));
                }
            }
        }
        found
    }
}

/// Fails when `found` and `owned` differ.
fn check_owned<'a>(
    what: &str,
    found: &BTreeSet<String>,
    owned: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let owned: BTreeSet<String> = owned.map(str::to_owned).collect();
    if let Some(name) = found.difference(&owned).next() {
        bail!("the {what} `{name}` of the migrations has no owner in xtask/src/layers/tables.rs");
    }
    if let Some(name) = owned.difference(found).next() {
        bail!(
            "xtask/src/layers/tables.rs lists a {what} `{name}`, which the migrations do not create"
        );
    }
    Ok(())
}

/// Splits SQL without comments into lower-case tokens. Each punctuation character is a token of its own.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for line in sql.lines() {
        let code = line.split("--").next().unwrap_or("");
        let mut token = String::new();
        for letter in code.to_lowercase().chars() {
            if letter.is_alphanumeric() || letter == '_' {
                token.push(letter);
                continue;
            }
            if !token.is_empty() {
                tokens.push(std::mem::take(&mut token));
            }
            // A name may be quoted, and a line of a Rust literal may end with a backslash.
            if !letter.is_whitespace() && letter != '"' && letter != '\\' {
                tokens.push(letter.to_string());
            }
        }
        if !token.is_empty() {
            tokens.push(token);
        }
    }
    tokens
}

/// The names of the tables that exist after these statements.
fn tables(tokens: &[String]) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| *token == "table") {
        let before = at.checked_sub(1).map_or("", |at| tokens[at].as_str());
        let after: Vec<&str> = tokens[at + 1..]
            .iter()
            .map(String::as_str)
            .filter(|token| !["if", "not", "exists", "only"].contains(token))
            .take(4)
            .collect();
        match (before, after.as_slice()) {
            ("create" | "unlogged", [name, ..]) if *name != "%" => {
                tables.insert((*name).to_owned());
            }
            ("drop", [name, ..]) => {
                tables.remove(*name);
            }
            ("alter", [name, "rename", "to", new]) => {
                tables.remove(*name);
                tables.insert((*new).to_owned());
            }
            _ => {}
        }
    }
    tables
}

/// Name and body of each function definition, in order. The body is between two dollar quotes.
fn functions(migrations: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for start in ["create function ", "create or replace function "] {
        for (at, _) in migrations.match_indices(start) {
            let definition = &migrations[at + start.len()..];
            let name: String =
                definition.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if let Some(body) = definition.split("$$").nth(1) {
                found.push((at, name, body.to_owned()));
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, name, body)| (name, body)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(functions: &[(&str, &str)]) -> Schema {
        let owner_of_table = BTreeMap::from([("seats", "bookings"), ("events", "events")]);
        let mut schema = Schema { owner_of_table, functions: BTreeMap::new() };
        for (name, body) in functions {
            let written = schema.written(body);
            schema.functions.insert((*name).to_owned(), written);
        }
        schema
    }

    fn violations(schema: &Schema, file: &str, sql: &str) -> Vec<(String, String)> {
        schema.violations(&[(file.to_owned(), sql.to_owned())]).into_iter().collect()
    }

    #[test]
    fn a_table_may_be_written_in_its_owners_folder_only() {
        let schema = schema(&[]);
        for sql in [
            "insert into seats (slot) values ($1)",
            "with a as (DELETE FROM ONLY seats s where true returning 1) select 1",
            "update\n  seats set a = 1",
            "merge into \"seats\" using x on true",
            "truncate table seats",
            "copy seats from stdin",
        ] {
            for file in ["server/src/schedules/store.rs", "server/src/jobs.rs"] {
                let found = violations(&schema, file, sql);
                assert_eq!(found, [(file.to_owned(), "seats".to_owned())], "{sql}");
            }
            assert_eq!(violations(&schema, "server/src/bookings/sql/hold_single.sql", sql), []);
            assert_eq!(violations(&schema, "server/src/demo/write.rs", sql), []);
        }
    }

    #[test]
    fn every_folder_may_read() {
        let schema = schema(&[]);
        for sql in [
            "select 1 from seats for update of seats",
            "select 1 from seats -- insert into seats",
            "insert into other select 1 from seats on conflict (a) do update set b = 1",
        ] {
            assert_eq!(violations(&schema, "server/src/jobs.rs", sql), [], "{sql}");
        }
    }

    #[test]
    fn a_writing_function_belongs_to_a_capability_like_its_tables() {
        let schema = schema(&[("end_holds", "delete from seats; insert into events select 1")]);
        let in_function = ("end_holds".to_owned(), "events".to_owned());
        let sql = "select from end_holds($1)";
        let found = violations(&schema, "server/src/bookings/store.rs", sql);
        assert_eq!(found.iter().collect::<Vec<_>>(), [&in_function]);
        let call = ("server/src/schedules/a.rs".to_owned(), "end_holds".to_owned());
        assert_eq!(violations(&schema, "server/src/schedules/a.rs", sql), [in_function, call]);
    }

    #[test]
    fn the_last_migration_of_a_name_counts() {
        let sql = "create table a (x int); create table if not exists b ();
            -- create table c ();
            alter table a rename to old; create table a (like old); drop table old;
            execute format('create table %I partition of a');
            create function f() language sql as $$ select 1 $$;
            create or replace function f() language sql as $$ delete from seats $$;";
        assert_eq!(tables(&tokens(sql)).into_iter().collect::<Vec<_>>(), ["a", "b"]);
        let last = functions(sql).pop();
        assert_eq!(last, Some(("f".to_owned(), " delete from seats ".to_owned())));
        let refused = Schema::read(sql).err().map(|error| error.to_string());
        assert!(refused.is_some_and(|why| why.contains("`a` of the migrations has no owner")));
    }
}
