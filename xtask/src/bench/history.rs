//! Measures what three years of history cost: holds and the list of a patient's past visits, with and without three
//! years of visits in the archive.

use anyhow::Result;

use super::Bench;
use super::table::Run;

/// SQL that inserts `EACH` past visits for each of 20,000 patients into `TABLE`. `AT` is the start of a visit.
const PAST_VISITS: &str = "
insert into TABLE
    (id, reference, ical_uid, version, state, expires_at, clinic_id, doctor_id, location_id, visit_type_id,
     slot_id, person_id, booked_by, mode, starts_at, ends_at, time_zone, fee_minor_units, currency,
     created_at, updated_at)
select v.id, 'OLD-' || v.n, v.id || '@nadi', 4, 'completed', v.at, d.clinic_id, d.id, l.id, k.id, 0,
       v.person, v.account, 'in_person', v.at, v.at + interval '20 minutes', l.time_zone, 60000, 'INR',
       v.at - interval '2 days', v.at
from (select p.id as person, p.account_id as account, n, at,
             (substr(uuidv7_floor(at - interval '2 days')::text, 1, 14) || '7'
              || substr(md5(random()::text), 1, 3) || '-9' || substr(md5(random()::text), 1, 3) || '-'
              || substr(md5(random()::text), 1, 12))::uuid as id,
             1 + (random() * 999)::int as doctor
      from (select p.* from people p
            join api_keys k on k.account_id = p.account_id and k.name = 'load-test'
            where p.relation = 'self' order by p.id limit 20000) p
      -- Depends on the person, so that the random dates are generated for each person anew.
      cross join lateral (select n, AT as at from generate_series(1, EACH + 0 * length(p.name)) n) behind) v
join (select row_number() over (order by id) as number, id, clinic_id from doctors) d
     on d.number = 1 + v.doctor % (select count(*) from doctors)
join lateral (select id, time_zone from locations where clinic_id = d.clinic_id limit 1) l on true
join lateral (select id from visit_types where clinic_id = d.clinic_id limit 1) k on true";

const LAST_MONTHS: &str = "NOW - interval '1 day' - interval '150 days' * random()";
const YEARS_AGO: &str = "NOW - interval '7 months' - interval '30 days' * (36 * random())";

pub fn measure(bench: &mut Bench<'_>) -> Result<Vec<String>> {
    let now = bench.harness.sql_now();
    let each = bench.plan.past_visits;
    let insert = |bench: &Bench<'_>, table: &str, at: &str, each: usize| {
        let sql = PAST_VISITS.replace("TABLE", table).replace("AT", at);
        bench.harness.psql(&sql.replace("EACH", &each.to_string()).replace("NOW", &now))
    };
    insert(bench, "appointments", LAST_MONTHS, 10)?;
    bench.harness.psql("vacuum analyze")?;
    let mut lines = Vec::new();
    let (first_hold, first_page) = measure_once(bench, &mut lines)?;
    insert(bench, "archived_appointments", YEARS_AGO, each)?;
    bench.harness.psql("vacuum analyze")?;
    let (archived_hold, archived_page) = measure_once(bench, &mut lines)?;
    // Removes them afterwards: they have no events, which other checks expect.
    let remove = |bench: &Bench<'_>, table: &str| {
        bench.harness.psql(&format!("delete from {table} where reference like 'OLD-%'"))
    };
    remove(bench, "archived_appointments")?;
    bench.harness.psql("vacuum analyze")?;
    // Measured again without history, since later measurements are slower because of everything written before.
    let (last_hold, last_page) = measure_once(bench, &mut lines)?;
    remove(bench, "appointments")?;
    let mean = |a: f64, b: f64| f64::midpoint(a, b);
    lines.push(format!(
        "with three years of history: a hold uses {:.2} times as much of PostgreSQL's processor time and takes \
         {:.2} times as long, the list of past visits {:.2} times as long",
        archived_hold.usage.postgres / mean(first_hold.usage.postgres, last_hold.usage.postgres),
        archived_hold.p50_ms / mean(first_hold.p50_ms, last_hold.p50_ms),
        archived_page.p50_ms / mean(first_page.p50_ms, last_page.p50_ms)
    ));
    Ok(lines)
}

/// Measures sequential holds, and the first page of past visits of one patient after another.
fn measure_once(bench: &mut Bench<'_>, lines: &mut Vec<String>) -> Result<(Run, Run)> {
    let archived = bench.harness.psql("select count(*) from archived_appointments")?;
    let requests = bench.plan.sequential;
    bench.run_case("distinct-slots", 1, requests / 4)?;
    let hold = bench.run_case("distinct-slots", 1, requests)?;
    bench.run_case("past-visits", 1, requests / 4)?;
    let page = bench.run_case("past-visits", 1, requests)?;
    lines.push(format!(
        "{archived} archived appointments: hold {:.2} ms at p50, {:.2} at p99, {:.0} µs of PostgreSQL's processor \
         time; past visits {:.2} ms at p50, {:.2} at p99",
        hold.p50_ms,
        hold.p99_ms,
        hold.usage.postgres * 1e6 / requests as f64,
        page.p50_ms,
        page.p99_ms
    ));
    Ok((hold, page))
}
