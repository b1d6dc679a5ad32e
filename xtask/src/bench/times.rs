//! How fast schedules become times: one doctor's without a database, a whole clinic's with one, and
//! a new day of ten thousand doctors.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::harness::Harness;
use crate::process;
use crate::server::Server;

/// Nine more of every doctor, with the same hours and a row of their own everywhere.
const TEN_TIMES: &str = "with copies as materialized (
        select d.id as of, gen_random_uuid() as id, n from doctors d, generate_series(1, 9) n
    ),
    doctors as (
        insert into doctors (id, clinic_id, slug, name, fee_minor_units, currency, status, created_at)
        select c.id, d.clinic_id, d.slug || '-' || c.n || 'x', d.name, d.fee_minor_units, d.currency,
               d.status, d.created_at
        from copies c join doctors d on d.id = c.of
        returning id
    )
    insert into availability_rules (id, doctor_id, location_id, mode, recurrence, starts_local,
        ends_local, slot_minutes, capacity, effective_from, effective_until, weekly_minutes, created_at)
    select gen_random_uuid(), c.id, r.location_id, r.mode, r.recurrence, r.starts_local, r.ends_local,
           r.slot_minutes, r.capacity, r.effective_from, r.effective_until, r.weekly_minutes, r.created_at
    from copies c join availability_rules r on r.doctor_id = c.of
    where (select count(*) from doctors) > 0";

/// What was measured, as lines.
pub fn measure(harness: &Harness) -> Result<Vec<String>> {
    let mut load = harness.load_alone();
    load.args(["expand", "--rounds", "2000", "--days", "90"]);
    let said = process::capture(&mut load)?;
    let mut lines = vec![format!("one doctor's 90 days: {}", said.trim())];

    let clinic = Database::open(harness, "nadi_times")?;
    clinic.make("1")?;
    let (times, seconds) = clinic.make("90")?;
    lines.push(format!(
        "1,000 doctors, 90 days: {times} times in {seconds:.1} s, {:.0} a second",
        times as f64 / seconds
    ));
    let (times, seconds) = clinic.make("90")?;
    lines.push(format!("the same again: {times} times in {seconds:.1} s"));

    let many = Database::open(harness, "nadi_many")?;
    many.make("1")?;
    harness.postgres.psql("nadi_many", &["-c", TEN_TIMES])?;
    many.make("1")?;
    let (times, seconds) = many.make("2")?;
    lines.push(format!("a new day of 10,000 doctors: {times} times in {seconds:.1} s"));
    Ok(lines)
}

struct Database<'a> {
    harness: &'a Harness,
    name: &'static str,
    nadi: Server,
}

impl<'a> Database<'a> {
    fn open(harness: &'a Harness, name: &'static str) -> Result<Self> {
        harness.postgres.ensure_database(name)?;
        let first = harness.servers.first().context("no server")?;
        let nadi = Server { database_url: harness.postgres.url(name), ..first.nadi.clone() };
        nadi.migrate()?;
        Ok(Self { harness, name, nadi })
    }

    /// Makes times so many days ahead; how many and in how many seconds, the start of the program
    /// and its look at the demo included.
    fn make(&self, days: &'static str) -> Result<(u64, f64)> {
        let mut nadi = self.nadi.clone();
        nadi.more.push(("NADI_HORIZON_DAYS", days));
        let before = self.count()?;
        let started = Instant::now();
        nadi.seed()?;
        let seconds = started.elapsed().as_secs_f64();
        Ok((self.count()? - before, seconds))
    }

    fn count(&self) -> Result<u64> {
        let count = self.harness.postgres.psql(self.name, &["-c", "select count(*) from slots"])?;
        count.trim().parse().context("a count")
    }
}
