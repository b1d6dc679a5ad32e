//! The results of the benchmark, as a table and as JSON.

use std::fmt::Write;

use anyhow::Result;

use crate::harness::{self, usage::Usage};

/// One run of a case, by the server or by pgbench.
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
    /// Reads the JSON that the load generator prints.
    pub fn read(json: &str) -> Result<Self> {
        let number = |name: &str| harness::json_number(json, name);
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

/// Reads `"kinds":{"q=skin":[3.1,4.0],…}`, which comes last in the JSON.
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

/// The result of a case, and that of pgbench if it was measured, too.
pub struct Row {
    name: &'static str,
    nadi: Run,
    pgbench: Option<Run>,
}

impl Row {
    /// A case that only the server ran. The run with the median rate counts.
    pub fn new(name: &'static str, runs: &[Run]) -> Self {
        Self { name, nadi: median(runs), pgbench: None }
    }

    /// A case that the server and pgbench ran.
    pub fn compared(name: &'static str, nadi: &[Run], pgbench: &[Run]) -> Self {
        Self { name, nadi: median(nadi), pgbench: Some(median(pgbench)) }
    }

    fn ratio(&self) -> Option<f64> {
        Some(self.nadi.per_s / self.pgbench.as_ref()?.per_s)
    }
}

fn median(runs: &[Run]) -> Run {
    let mut sorted: Vec<&Run> = runs.iter().collect();
    sorted.sort_by(|a, b| a.per_s.total_cmp(&b.per_s));
    sorted.get(sorted.len() / 2).map_or_else(Run::default, |run| (*run).clone())
}

/// The line that is printed after each round.
pub fn round_summary(round: usize, nadi: &Run, pgbench: &Run) -> String {
    format!(
        "round {}: nadi {:.0} holds/s, pgbench {:.0}: {:.2}",
        round + 1,
        nadi.per_s,
        pgbench.per_s,
        nadi.per_s / pgbench.per_s
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
            let Run { per_s, p50_ms, p99_ms, granted, usage, .. } = &row.nadi;
            let dash = || "-".to_owned();
            let pgbench =
                row.pgbench.as_ref().map_or_else(dash, |pgbench| format!("{:.0}", pgbench.per_s));
            let ratio = row.ratio().map_or_else(dash, |ratio| format!("{ratio:.2}"));
            println!(
                "{:<16} {per_s:>9.0} {pgbench:>9} {ratio:>6} {p50_ms:>8.1} {p99_ms:>8.1} {granted:>8}   {:>35.0} {:>8.0} {:>9.0}",
                row.name,
                row.nadi.microseconds(usage.server),
                row.nadi.microseconds(usage.postgres),
                row.nadi.microseconds(usage.generator),
            );
            if let Some(pgbench) = &row.pgbench {
                println!(
                    "{:<16} {:>9} {:>9} {:>6} {:>8.1} {:>8} {:>8}   {:>35} {:>8.0} {:>9.0}",
                    "  pgbench",
                    "",
                    "",
                    "",
                    pgbench.p50_ms,
                    "",
                    pgbench.granted,
                    "",
                    pgbench.microseconds(pgbench.usage.postgres),
                    pgbench.microseconds(pgbench.usage.generator),
                );
            }
        }
        let peak = self.rows.iter().map(|row| row.nadi.server_rss_mb).fold(0.0, f64::max);
        println!("peak memory of the server: {peak:.0} MB\n");
    }

    pub fn json(&self, machine: &str) -> String {
        let mut cases = String::new();
        for (n, row) in self.rows.iter().enumerate() {
            let run = &row.nadi;
            let comma = if n == 0 { "" } else { "," };
            let comparison = row.pgbench.as_ref().zip(row.ratio()).map_or_else(String::new, |(pgbench, ratio)| {
                format!(
                    "\"pgbench_per_s\":{:.1},\"ratio\":{ratio:.3},\"pgbench_postgres_us\":{:.0},",
                    pgbench.per_s,
                    pgbench.microseconds(pgbench.usage.postgres)
                )
            });
            let _ = write!(
                cases,
                "{comma}\n  \"{}\":{{\"nadi_per_s\":{:.1},{comparison}\"p50_ms\":{:.3},\"p99_ms\":{:.3},\
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
    fn the_generators_json_is_read_and_the_median_counts() -> Result<()> {
        let output = |per_s: u32| {
            format!(
                "{{\"requests\":4,\"granted\":3,\"seconds\":1.5,\"per_s\":{per_s}.5,\"p50_ms\":1.0,\
                 \"p99_ms\":2.25,\"max_ms\":3.0,\"by_status\":{{\"201\":3}},\"unanswered\":0}}"
            )
        };
        let runs: Vec<Run> =
            [30, 10, 20].iter().map(|n| Run::read(&output(*n))).collect::<Result<_>>()?;
        assert_eq!((runs[0].granted, runs[0].p99_ms), (3, 2.25));
        let row = Row::compared("case", &runs, &runs[1..2]);
        assert_eq!(row.nadi.per_s, 20.5);
        let mut table = Table::default();
        table.add(row);
        let json = table.json("a \"machine\"");
        assert!(json.contains("\"ratio\":1.952"), "{json}");
        assert!(Run::read("{}").is_err());
        Ok(())
    }
}
