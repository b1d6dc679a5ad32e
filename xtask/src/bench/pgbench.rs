//! The reference measurement: pgbench runs the SQL statement of a hold (`server/src/bookings/sql/hold_single.sql`).

use std::process::Command;

use anyhow::{Context, Result};

/// What pgbench measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub per_s: f64,
    pub latency_ms: f64,
}

/// SQL that creates the table with the parameters of each hold: a slot, a patient, and what the server would compute
/// (id, reference, fingerprint, lock key). `now` is an SQL expression.
pub fn create_hold_inputs(now: &str) -> String {
    CREATE_HOLD_INPUTS.replace("now()", now)
}

const CREATE_HOLD_INPUTS: &str = "
create table bench_hold_inputs as
with patient as (
    select row_number() over (order by p.id) as n, p.id as person, p.account_id as account
    from people p join api_keys k on k.account_id = p.account_id and k.name = 'load-test'
),
slot as (
    select row_number() over (order by md5(s.id::text)) as n, s.id as slot
    from free_slots(now() + interval '1 day') s where s.capacity = 1 and s.id % 2 = 0
      -- Without the clinic of the demo doctor, in which the demo itself makes bookings.
      and s.doctor_id not in (select d.id from doctors d join doctors o on o.clinic_id = d.clinic_id
                              where o.account_id is not null)
)
select p.n - 1 as n, s.slot, p.person, p.account, 'REF-' || p.n as reference, 'bench-' || p.n as key,
       sha256(('bench' || p.n)::bytea) as fingerprint, hashint8extended(p.n, 7) as lock_key,
       (substr(uuidv7_floor(now())::text, 1, 14) || '7' || substr(md5(p.n::text), 1, 3) || '-9'
        || substr(md5(p.n::text), 4, 3) || '-' || substr(md5(p.n::text), 7, 12))::uuid as id
from patient p join slot s using (n);
alter table bench_hold_inputs add primary key (n)";

/// The planner settings of the server's connections for holds (`HOLD_PLANS`), and no just-in-time compilation.
const OPTIONS: &str = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off \
                       -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off";

/// The pgbench script: the statement of a hold with its parameters read from the table. `now` is an SQL expression.
pub fn script(hold: &str, now: &str, first: usize, clients: usize) -> String {
    let statement: Vec<&str> =
        hold.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let mut statement = statement.join("\n");
    let given = "with given as materialized (select * from bench_hold_inputs where n = :n),\n";
    statement = statement.replacen("with ", given, 1);
    let parameters = [
        "'en'",
        "'nadi.example'",
        "3",
        "(select fingerprint from given)",
        "(select key from given)",
        "(select lock_key from given)",
        "null::uuid",
        "3",
        "0",
        "interval '5 minutes'",
        "(select reference from given)",
        "(select id from given)",
        "(select account from given)",
        "(select person from given)",
        "(select slot from given)",
        now,
    ];
    for (number, value) in (1..=parameters.len()).rev().zip(parameters) {
        statement = statement.replace(&format!("${number}"), value);
    }
    format!("\\set n {first} + :i * {clients} + :client_id\n\\set i :i + 1\n{statement};\n")
}

/// Runs the script as a prepared statement: `holds` in total, over `clients` connections.
pub fn run(
    mut pgbench: Command,
    script: &std::path::Path,
    holds: usize,
    clients: usize,
) -> Result<Measured> {
    let threads = clients.min(2).to_string();
    pgbench
        .args(["-n", "-M", "prepared", "-c", &clients.to_string(), "-j", &threads])
        .args(["-t", &(holds / clients).to_string(), "-D", "i=0", "-f"])
        .arg(script)
        .env("PGOPTIONS", OPTIONS);
    let output = crate::process::capture(&mut pgbench)?;
    let number = |before: &str| -> Option<f64> {
        let line = output.lines().find_map(|line| line.strip_prefix(before))?;
        line.trim().split(' ').next()?.parse().ok()
    };
    Ok(Measured {
        per_s: number("tps = ")
            .with_context(|| format!("unexpected output of pgbench: {output}"))?,
        latency_ms: number("latency average = ").unwrap_or(0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_of_the_statement_is_given() {
        let hold = include_str!("../../../server/src/bookings/sql/hold_single.sql");
        let script = script(hold, "now()", 0, 64);
        assert!(!script.contains('$'), "{script}");
        assert!(script.contains("with given as materialized"));
        assert_eq!(script.matches(';').count(), 1, "one statement");
    }
}
