//! How often each kind of request was granted or refused: a run with refusals only would prove nothing.

use std::collections::BTreeMap;
use std::fmt;

use nadi::Failure;

use super::oracle::{Answer, Request};

#[derive(Default, PartialEq, Eq)]
struct Line {
    granted: u64,
    refused: BTreeMap<String, u64>,
}

#[derive(Default, PartialEq, Eq)]
pub struct Statistics {
    /// Requests, and runs of jobs.
    pub operations: u64,
    pub bursts: u64,
    pub replayed: u64,
    /// Events without a request for them: expired holds, and holds that were replaced by another.
    pub without_request: u64,
    /// Requests that were refused because of the load.
    pub refused_for_load: u64,
    /// The most orders tried for one burst.
    pub orders_max: u32,
    /// Events whose message could not be delivered.
    pub set_aside: i64,
    jobs: BTreeMap<&'static str, u64>,
    lines: BTreeMap<&'static str, Line>,
}

impl Statistics {
    pub fn job(&mut self, name: &'static str) {
        self.operations += 1;
        *self.jobs.entry(name).or_default() += 1;
    }

    pub fn count(&mut self, asked: &Request, answered: &Answer) {
        self.operations += 1;
        let line = self.lines.entry(asked.kind).or_default();
        match answered {
            Ok(_) => line.granted += 1,
            Err(failure) => *line.refused.entry(name(failure)).or_default() += 1,
        }
    }

    /// How often this kind of request was granted.
    pub fn granted(&self, kind: &str) -> u64 {
        self.lines.get(kind).map_or(0, |line| line.granted)
    }

    /// How often this kind of request was refused for this reason.
    pub fn refused(&self, kind: &str, reason: &str) -> u64 {
        self.lines.get(kind).and_then(|line| line.refused.get(reason)).copied().unwrap_or(0)
    }
}

fn name(failure: &Failure) -> String {
    let text = match failure {
        Failure::Refused(refusal) => format!("{refusal:?}"),
        other => format!("{other:?}"),
    };
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<22}{:>8}{:>8}  refused because", "asked", "granted", "refused")?;
        for (kind, line) in &self.lines {
            let refused: u64 = line.refused.values().sum();
            let reasons: Vec<String> =
                line.refused.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
            let reasons = reasons.join(", ");
            writeln!(f, "{kind:<22}{:>8}{refused:>8}  {reasons}", line.granted)?;
        }
        let jobs: Vec<String> = self.jobs.iter().map(|(job, n)| format!("{job} {n}")).collect();
        writeln!(f, "jobs: {}", jobs.join(", "))?;
        writeln!(
            f,
            "{} bursts (at most {} orders tried for one), {} answers out of a key, {} events \
             without a request, {} messages set aside",
            self.bursts, self.orders_max, self.replayed, self.without_request, self.set_aside
        )?;
        write!(f, "{} requests refused because of the load", self.refused_for_load)
    }
}
