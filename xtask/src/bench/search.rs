//! Measures the search among 1,000 doctors, and among 100,000 doctors with ten million slots.

use anyhow::Result;

use super::Bench;
use super::table::Run;

/// SQL that adds `COPIES` copies of each doctor, with locations nearby, other fees, other next times, and ninety slots
/// each (in three blocks of thirty, since the search does not depend on the length of blocks). Triggers and foreign
/// keys are off meanwhile, which is faster: all references are valid.
const MORE_DOCTORS: &[&str] = &[
    "set session_replication_role = replica",
    "create table bench_places as
         select l.id as of, gen_random_uuid() as id, n from locations l, generate_series(1, COPIES) n",
    "insert into locations
     select (jsonb_populate_record(l, jsonb_build_object('id', p.id,
                'latitude', coalesce(l.latitude, y.latitude) + (random() - 0.5) * 0.2,
                'longitude', coalesce(l.longitude, y.longitude) + (random() - 0.5) * 0.2))).*
     from bench_places p join locations l on l.id = p.of join cities y on y.id = l.city_id",
    "create table bench_doctors as
         select d.id as of, gen_random_uuid() as id, n,
                make_interval(mins => (random() * random() * 2000)::int * 10) as later
         from doctors d, generate_series(1, COPIES) n",
    "insert into doctors
     select (jsonb_populate_record(d, jsonb_build_object('id', c.id, 'slug', d.slug || '-' || c.n,
                'account_id', null))).*
     from bench_doctors c join doctors d on d.id = c.of",
    "insert into doctor_specialties
     select c.id, x.specialty_id, x.is_primary
     from bench_doctors c join doctor_specialties x on x.doctor_id = c.of",
    // The schedules are copied as up to date. Otherwise the server would create slots again, and the copies have no
    // rules for it.
    "insert into schedules
     select (jsonb_populate_record(s, jsonb_build_object('doctor_id', c.id))).*
     from bench_doctors c join schedules s on s.doctor_id = c.of",
    "insert into listings (doctor_id, listed, document, specialties, fee, stale)
     select c.id, l.listed, l.document, l.specialties, (l.fee * (0.4 + random() * 1.4))::bigint, false
     from bench_doctors c join listings l on l.doctor_id = c.of",
    "insert into blocks (doctor_id, location_id, mode, local_date, starts_at, ends_at, slot_seconds,
         slot_count, utc_offset, time_zone_data)
     select t.doctor_id, t.location_id, t.mode, at::date, at, at + interval '5 hours', 600, 30, 0, 'bench'
     from (select c.id as doctor_id, p.id as location_id, t.mode,
                  date_trunc('day', t.soonest_at + c.later) + interval '1 day' * d
                      + interval '6 hours' * (t.mode = 'video')::int as at
           from bench_doctors c
           join (select distinct on (doctor_id) * from next_times
                 where location_id is not null and soonest_at < to_timestamp(9999999999)
                 order by doctor_id, soonest_at) t on t.doctor_id = c.of
           join bench_places p on p.of = t.location_id and p.n = c.n
           cross join generate_series(1, 3) d) t",
    "insert into slots (doctor_id, block_id, block_starts_at, slot_seconds, slot_count, slot_no, starts_at,
         ends_at, local_date, capacity, closes_at)
     select b.doctor_id, b.id, b.starts_at, 600, 30, n, b.starts_at + interval '10 minutes' * n,
            b.starts_at + interval '10 minutes' * (n + 1), b.local_date, 1,
            b.starts_at + interval '10 minutes' * n
     from blocks b cross join generate_series(0, 29) n where b.time_zone_data = 'bench'",
    "insert into next_times
     select (jsonb_populate_record(null::next_times, to_jsonb(t) || jsonb_build_object(
                'doctor_id', b.doctor_id, 'location_id', b.location_id,
                'mode', b.mode, 'latitude', l.latitude, 'longitude', l.longitude,
                'slots', s.slots, 'starts', s.starts, 'closes', s.starts, 'soonest_at', s.starts[1],
                'ranks_at', s.starts[1], 'passes_at', s.starts[1],
                'look_at', 'infinity'))).*
     from bench_doctors c
     join lateral (select * from next_times t where t.doctor_id = c.of and t.location_id is not null
                   limit 1) t on true
     join lateral (select * from blocks b where b.doctor_id = c.id order by b.starts_at limit 1) b on true
     join locations l on l.id = b.location_id
     cross join lateral (select array_agg(s.id order by s.starts_at) as slots,
                                array_agg(s.starts_at order by s.starts_at) as starts
                         from (select * from slots s where s.block_id = b.id order by s.starts_at limit 8) s) s",
    "update next_times set look_at = 'infinity'",
    "analyze",
    "vacuum analyze listings",
    "vacuum analyze next_times",
    "vacuum analyze slots",
];

/// Measures both sizes. Returns the results as lines of text.
pub fn measure(bench: &mut Bench<'_>) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let few = measure_once(bench, &mut lines)?;
    let copies = bench.plan.search_copies;
    let script = bench.harness.folder.join("more-doctors.sql");
    let statements = MORE_DOCTORS.join(";\n").replace("COPIES", &copies.to_string());
    std::fs::write(&script, statements + ";\n")?;
    bench.harness.postgres.psql("nadi", &["-f", &script.to_string_lossy()])?;
    // The restart empties the server's caches, which are about the old data.
    bench.harness.stop_server(0)?;
    bench.harness.start_server(0)?;
    let many = measure_once(bench, &mut lines)?;
    lines.push(format!(
        "{} times as many doctors: {:.2} times as long at p99",
        copies + 1,
        many.p99_ms / few.p99_ms
    ));
    Ok(lines)
}

/// Measures the search among the doctors that there are.
fn measure_once(bench: &mut Bench<'_>, lines: &mut Vec<String>) -> Result<Run> {
    let doctors = bench.harness.psql("select count(*) from listings where listed")?;
    let slots = bench.harness.psql("select count(*) from slots")?;
    // Not measured: warms up plans and the cached counts of broad searches.
    let searches = bench.plan.searches;
    bench.run_case("search", 1, searches / 5)?;
    let run = bench.run_case("search", 1, searches)?;
    lines.push(format!(
        "search among {doctors} doctors and {slots} slots: {:.1} ms at p50, {:.1} at p99, {:.0} per second",
        run.p50_ms, run.p99_ms, run.per_s
    ));
    for (kind, p50, p90) in run.slowest() {
        lines.push(format!("  {p50:5.1} ms at p50, {p90:5.1} at p90: ?{kind}"));
    }
    Ok(run)
}
