//! The figures, as a table for people and as JSON for programs.

use std::fmt::Write;

use anyhow::Result;

use crate::harness::{self, usage::Usage};

/// One run of one side.
#[derive(Clone, Debug, Default)]
pub struct Run {
    pub requests: usize,
    pub granted: usize,
    pub per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub server_rss_mb: f64,
    pub usage: Usage,
    /// Kinds of requests, where a case has several: p50 and p90 in milliseconds.
    pub kinds: Vec<(String, f64, f64)>,
}

impl Run {
    /// What the generator prints.
    pub fn read(json: &str) -> Result<Self> {
        let number = |name: &str| harness::figure(json, name);
        Ok(Self {
            requests: number("requests")? as usize,
            granted: number("granted")? as usize,
            per_s: number("per_s")?,
            p50_ms: number("p50_ms")?,
            p99_ms: number("p99_ms")?,
            kinds: kinds(json),
            ..Self::default()
        })
    }

    /// The slowest kinds first.
    pub fn slowest(&self) -> Vec<&(String, f64, f64)> {
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by(|a, b| b.2.total_cmp(&a.2));
        kinds
    }

    fn microseconds(&self, seconds: f64) -> f64 {
        seconds * 1e6 / self.requests.max(1) as f64
    }
}

/// `"kinds":{"q=skin":[3.1,4.0],…}`, which stands last.
fn kinds(json: &str) -> Vec<(String, f64, f64)> {
    let rest = json.split("\"kinds\":{").nth(1).unwrap_or_default();
    let one = |part: &str| -> Option<(String, f64, f64)> {
        let (name, figures) = part.split_once("\":[")?;
        let (p50, p90) = figures.split_once(',')?;
        let name = name.rsplit_once('"').map_or(name, |(_, name)| name);
        Some((name.to_owned(), p50.trim().parse().ok()?, p90.trim().parse().ok()?))
    };
    rest.split(']').filter_map(one).collect()
}

/// A case, and the other side where there is one.
pub struct Row {
    name: &'static str,
    ours: Run,
    raw: Option<Run>,
}

impl Row {
    pub fn of(name: &'static str, runs: &[Run]) -> Self {
        Self { name, ours: median(runs), raw: None }
    }

    pub fn against(name: &'static str, ours: &[Run], raw: &[Run]) -> Self {
        Self { name, ours: median(ours), raw: Some(median(raw)) }
    }

    fn ratio(&self) -> Option<f64> {
        Some(self.ours.per_s / self.raw.as_ref()?.per_s)
    }
}

fn median(runs: &[Run]) -> Run {
    let mut sorted: Vec<&Run> = runs.iter().collect();
    sorted.sort_by(|a, b| a.per_s.total_cmp(&b.per_s));
    sorted.get(sorted.len() / 2).map_or_else(Run::default, |run| (*run).clone())
}

/// A line after each turn of both sides.
pub fn turn(round: usize, ours: &Run, raw: &Run) -> String {
    format!(
        "turn {}: nadi {:.0} holds/s, pgbench {:.0}: {:.2}",
        round + 1,
        ours.per_s,
        raw.per_s,
        ours.per_s / raw.per_s
    )
}

#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn print(&self) {
        println!(
            "\n{:<16} {:>9} {:>9} {:>6} {:>8} {:>8} {:>8}   µs of processor per request: {:>6} {:>8} {:>9}",
            "case",
            "nadi/s",
            "pgbench/s",
            "ratio",
            "p50 ms",
            "p99 ms",
            "granted",
            "server",
            "postgres",
            "generator"
        );
        for row in &self.rows {
            let Run { per_s, p50_ms, p99_ms, granted, usage, .. } = &row.ours;
            let dash = || "-".to_owned();
            let raw = row.raw.as_ref().map_or_else(dash, |raw| format!("{:.0}", raw.per_s));
            let ratio = row.ratio().map_or_else(dash, |ratio| format!("{ratio:.2}"));
            println!(
                "{:<16} {per_s:>9.0} {raw:>9} {ratio:>6} {p50_ms:>8.1} {p99_ms:>8.1} {granted:>8}   {:>35.0} {:>8.0} {:>9.0}",
                row.name,
                row.ours.microseconds(usage.server),
                row.ours.microseconds(usage.postgres),
                row.ours.microseconds(usage.generator),
            );
            if let Some(raw) = &row.raw {
                println!(
                    "{:<16} {:>9} {:>9} {:>6} {:>8.1} {:>8} {:>8}   {:>35} {:>8.0} {:>9.0}",
                    "  pgbench alone",
                    "",
                    "",
                    "",
                    raw.p50_ms,
                    "",
                    raw.granted,
                    "",
                    raw.microseconds(raw.usage.postgres),
                    raw.microseconds(raw.usage.generator),
                );
            }
        }
        let peak = self.rows.iter().map(|row| row.ours.server_rss_mb).fold(0.0, f64::max);
        println!("the server's memory at its peak: {peak:.0} MB\n");
    }

    pub fn json(&self, machine: &str) -> String {
        let mut cases = String::new();
        for (n, row) in self.rows.iter().enumerate() {
            let run = &row.ours;
            let comma = if n == 0 { "" } else { "," };
            let against = row.raw.as_ref().zip(row.ratio()).map_or_else(String::new, |(raw, ratio)| {
                format!(
                    "\"pgbench_per_s\":{:.1},\"ratio\":{ratio:.3},\"pgbench_postgres_us\":{:.0},",
                    raw.per_s,
                    raw.microseconds(raw.usage.postgres)
                )
            });
            let _ = write!(
                cases,
                "{comma}\n  \"{}\":{{\"nadi_per_s\":{:.1},{against}\"p50_ms\":{:.3},\"p99_ms\":{:.3},\
                 \"requests\":{},\"granted\":{},\"server_rss_mb\":{:.1},\"server_us\":{:.0},\
                 \"postgres_us\":{:.0},\"generator_us\":{:.0}}}",
                row.name,
                run.per_s,
                run.p50_ms,
                run.p99_ms,
                run.requests,
                run.granted,
                run.server_rss_mb,
                run.microseconds(run.usage.server),
                run.microseconds(run.usage.postgres),
                run.microseconds(run.usage.generator),
            );
        }
        let machine = machine.replace(['"', '\\'], "");
        format!("{{\"machine\":\"{machine}\",\"cases\":{{{cases}\n}}}}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_understood_and_the_middle_is_taken() -> Result<()> {
        let said = |per_s: u32| {
            format!(
                "{{\"requests\":4,\"granted\":3,\"seconds\":1.5,\"per_s\":{per_s}.5,\"p50_ms\":1.0,\
                 \"p99_ms\":2.25,\"max_ms\":3.0,\"by_status\":{{\"201\":3}},\"unanswered\":0}}"
            )
        };
        let runs: Vec<Run> =
            [30, 10, 20].iter().map(|n| Run::read(&said(*n))).collect::<Result<_>>()?;
        assert_eq!((runs[0].granted, runs[0].p99_ms), (3, 2.25));
        let row = Row::against("case", &runs, &runs[1..2]);
        assert_eq!(row.ours.per_s, 20.5);
        let mut table = Table::default();
        table.add(row);
        let json = table.json("a \"machine\"");
        assert!(json.contains("\"ratio\":1.952"), "{json}");
        assert!(Run::read("{}").is_err());
        Ok(())
    }
}
