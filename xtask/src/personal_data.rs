//! Looks for personal data and secrets where a run of the browser tests must not have left any: in the log of the
//! server, in its metrics, and in the addresses that the browsers have requested. What people have typed is read from
//! the database of the run. `server/tests/it/no_personal_data.rs` does the same with a more detailed log.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::postgres::Postgres;
use crate::server;

/// What was typed or mailed in the run: its kind and the text. Doctors are public; the demo's patients have done
/// nothing, except those whom messages were sent to.
const TYPED: &str = "
    with involved as (
        select a.id, a.email from accounts a
        where a.email in (select recipient from development_mail)
           or exists (select from consents c where c.account_id = a.id and c.accepted_at > a.created_at)
           or exists (select from sessions s where s.account_id = a.id)
    ),
    typed as (
        select 'an address' as kind, recipient as text from development_mail
        union select 'an address', email from involved
        union select 'an address', email from address_proofs
        union select 'an address', email from invitations
        union select 'a name', p.name from people p join involved i on i.id = p.account_id
              where not exists (select from doctors d where d.name = p.name or d.name = 'Dr ' || p.name)
        union select 'a name', name from address_proofs where name is not null
        union select 'a review', text from reviews r join involved i on i.id = r.author_id
        union select 'a reason', cancel_reason from all_appointments where created_at > now() - interval '1 day'
        union select 'the name of a key', name from api_keys where name like '% %'
        union select 'a code', substring(subject from '(?<![0-9])[0-9]{8}(?![0-9])') from development_mail
    )
    select kind || chr(31) || replace(text, chr(10), ' ') from typed
    where length(text) >= 6 and (kind in ('an address', 'a code') or text like '% %')";

/// Secrets that are known by how they begin.
const PREFIXES: [&str; 3] = ["nadi_key_", "nadi_at_", "nadi_rt_"];

/// Something that must not be found.
struct Forbidden {
    kind: String,
    /// In lower case, in each form in which it may stand in an address or a log.
    forms: Vec<String>,
    is_code: bool,
}

impl Forbidden {
    fn new(kind: &str, text: &str) -> Self {
        let lower = text.to_lowercase();
        let forms: BTreeSet<String> =
            [lower.replace(' ', "+"), lower.replace(' ', "%20"), lower.replace('@', "%40"), lower]
                .into();
        let is_code = text.bytes().all(|byte| byte.is_ascii_digit());
        Self { kind: kind.to_owned(), forms: forms.into_iter().collect(), is_code }
    }

    /// Is it in this line, which is in lower case? A code counts only as a number of its own, since it may be a part of
    /// a duration or an id.
    fn is_in(&self, line: &str) -> bool {
        self.forms.iter().any(|form| {
            line.match_indices(form.as_str()).any(|(at, _)| {
                let is_part = |c: Option<char>| {
                    c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
                };
                let (before, after) = (&line[..at], &line[at + form.len()..]);
                !self.is_code
                    || !is_part(before.chars().next_back()) && !is_part(after.chars().next())
            })
        })
    }
}

/// Where to look.
pub struct Run<'a> {
    pub postgres: &'a Postgres,
    pub database: &'a str,
    pub log: &'a Path,
    pub operations_port: u16,
    /// One address a line.
    pub addresses: &'a Path,
}

/// The lines that have what they must not, each with where it was found and what it has.
pub fn find(run: &Run<'_>) -> Result<Vec<String>> {
    let typed = run.postgres.psql(run.database, &["-c", TYPED])?;
    let forbidden: Vec<Forbidden> = typed
        .lines()
        .filter_map(|line| line.split_once('\u{1f}'))
        .map(|(kind, text)| Forbidden::new(kind, text))
        .collect();
    anyhow::ensure!(!forbidden.is_empty(), "the browser tests have typed nothing");
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let metrics = server::get_text(run.operations_port, "/metrics").context("no metrics")?;
    let mut problems = Vec::new();
    for (place, text) in
        [("log", read(run.log)?), ("metrics", metrics), ("address", read(run.addresses)?)]
    {
        problems.extend(found(&text, &forbidden).map(|problem| format!("{place}: {problem}")));
    }
    Ok(problems)
}

fn found(text: &str, forbidden: &[Forbidden]) -> impl Iterator<Item = String> {
    // The same line often stands there a thousand times.
    let lines: BTreeSet<&str> = text.lines().collect();
    lines.into_iter().filter_map(move |line| {
        let lower = line.to_lowercase();
        let kind = forbidden.iter().find(|one| one.is_in(&lower)).map(|one| one.kind.as_str());
        let kind =
            kind.or(PREFIXES.iter().any(|start| lower.contains(start)).then_some("a key"))?;
        Some(format!("{kind} in {line}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_found_in_every_form() {
        let forbidden = [
            Forbidden::new("an address", "Tara.Abc@example.org"),
            Forbidden::new("a name", "Tara Abc"),
            Forbidden::new("a code", "12345678"),
        ];
        for line in [
            "registered tara.abc@example.org",
            "http://localhost/x?email=tara.abc%40example.org",
            "/doctors?q=Tara+Abc",
            "/doctors?q=tara%20abc",
            "/sign-in?code=12345678",
            "bearer nadi_at_abc",
        ] {
            assert_eq!(found(line, &forbidden).count(), 1, "{line}");
        }
        for line in ["milliseconds 0.12345678", "id 018f-123456-0", "0123456", "tara"] {
            assert_eq!(found(line, &forbidden).count(), 0, "{line}");
        }
        assert_eq!(found("Tara Abc\nTara Abc", &forbidden).count(), 1, "each line once");
    }
}
