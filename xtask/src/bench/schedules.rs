//! Measures how fast slots are created from schedules: for one doctor without a database, for 1,000 doctors with one,
//! and for one new day of 10,000 doctors.

use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::Plan;
use crate::harness::Harness;
use crate::process;
use crate::server::Server;

/// SQL that adds `COPIES` copies of each doctor with the same availability rules.
const MORE_DOCTORS: &str = "with copies as materialized (
        select d.id as of, gen_random_uuid() as id, n from doctors d, generate_series(1, COPIES) n
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

/// Measures all of it. Returns the results as lines of text.
pub fn measure(harness: &Harness, plan: Plan) -> Result<Vec<String>> {
    let mut load = harness.load_command_without_servers();
    load.args(["expand", "--rounds", "2000", "--days", "90"]);
    let output = process::capture(&mut load)?;
    let mut lines = vec![format!("one doctor's 90 days: {}", output.trim())];

    let clinic = Database::open(harness, "nadi_times")?;
    clinic.create_slots("1")?;
    let many = clinic.copy("nadi_many")?;
    let days = plan.schedule_days;
    let (slots, seconds) = clinic.create_slots(days)?;
    lines.push(format!(
        "1,000 doctors, {days} days: {slots} slots in {seconds:.1} s, {:.0} per second",
        slots as f64 / seconds
    ));
    ensure!(slots > 0, "no slots were created");
    let (slots, seconds) = clinic.create_slots(days)?;
    lines.push(format!("the same again: {slots} slots in {seconds:.1} s"));
    ensure!(slots == 0, "slots were created that already existed");

    let copies = plan.schedule_copies;
    let more_doctors = MORE_DOCTORS.replace("COPIES", &copies.to_string());
    harness.postgres.psql("nadi_many", &["-c", &more_doctors])?;
    many.create_slots("1")?;
    let (slots, seconds) = many.create_slots("2")?;
    lines
        .push(format!("a new day of {} doctors: {slots} slots in {seconds:.1} s", many.doctors()?));
    ensure!(slots > 0, "no slots were created for a new day");
    Ok(lines)
}

/// A database with the demo data, and the server that creates its slots.
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

    /// Copies the database. Nothing may be connected to it.
    fn copy(&self, name: &'static str) -> Result<Self> {
        let copy = format!("create database {name} template {}", self.name);
        self.harness.postgres.psql("postgres", &["-c", &copy])?;
        let database_url = self.harness.postgres.url(name);
        let nadi = Server { database_url, ..self.nadi.clone() };
        // A copy has the tables, but not the settings that belong to the role in this database.
        nadi.migrate()?;
        Ok(Self { harness: self.harness, name, nadi })
    }

    /// Creates slots for this many days ahead. Returns how many, and the seconds it took, including the start of the
    /// program and its check of the demo data.
    fn create_slots(&self, days: &'static str) -> Result<(u64, f64)> {
        let mut nadi = self.nadi.clone();
        nadi.extra_env.push(("NADI_HORIZON_DAYS", days.to_owned()));
        let before = self.slots()?;
        let started = Instant::now();
        nadi.seed()?;
        let seconds = started.elapsed().as_secs_f64();
        Ok((self.slots()? - before, seconds))
    }

    /// The number of slots.
    fn slots(&self) -> Result<u64> {
        self.count("slots")
    }

    fn doctors(&self) -> Result<u64> {
        self.count("doctors")
    }

    fn count(&self, table: &str) -> Result<u64> {
        let count = format!("select count(*) from {table}");
        let count = self.harness.postgres.psql(self.name, &["-c", &count])?;
        count.trim().parse().context("a count")
    }
}
