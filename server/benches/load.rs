//! First measurements over HTTP, against a server that `cargo xtask bench` has started on a demo
//! database: holds on distinct slots, one hot slot, and pages. Prints a table and writes
//! `target/bench/latest.json`.
//!
//! The generator shares the machine with the server and PostgreSQL, so figures are floors. They are
//! for comparing one commit with another on one machine, never for a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::Utc;
use reqwest::header::{ACCEPT, COOKIE, LOCATION};
use serde_json::json;
use server::cache::Cache;
use server::database::{WritePool, pool};
use server::entropy::uuid_v7;
use server::store::sessions::{ACCOUNT, Sessions};
use sqlx::PgPool;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};

const CONNECTIONS: usize = 64;
const HOLDS: usize = 4_000;
const RIVALS: usize = 1_000;
const PAGE_VIEWS: usize = 600;

struct Case {
    name: &'static str,
    per_second: f64,
    p50: Duration,
    p99: Duration,
    note: String,
}

fn main() -> anyhow::Result<()> {
    // `cargo test` runs benches as tests; without a server there is nothing to measure.
    let Ok(base) = std::env::var("NADI_BASE_URL") else {
        println!("load: NADI_BASE_URL is not set; run `cargo xtask bench`");
        return Ok(());
    };
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    tokio::runtime::Runtime::new()?.block_on(run(base))
}

async fn run(base: String) -> anyhow::Result<()> {
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    let pool = pool(&url, 10)?;
    let cookies = patients(&pool, HOLDS + RIVALS).await?;
    let slots: Vec<i64> = sqlx::query_scalar(
        "select distinct on (doctor_id, slot_no) id from free_slots($1) order by doctor_id, slot_no, id limit $2",
    )
    .bind(Utc::now() + chrono::Duration::days(2))
    .bind(i64::try_from(HOLDS + 1)?)
    .fetch_all(&pool)
    .await?;
    ensure!(slots.len() > HOLDS, "the demo database has too few free times");

    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(CONNECTIONS)
        .build()?;
    let mut cases = Vec::new();

    for (name, path) in [
        ("home", "/"),
        ("doctors_page", "/doctors"),
        ("doctors_in_a_city", "/doctors?city=panjim"),
        ("doctor_page", "/doctors/asha-naik"),
    ] {
        let (client, url) = (client.clone(), format!("{base}{path}"));
        let case = measure(name, 8, PAGE_VIEWS, move |_| {
            let request = client.get(&url).header(ACCEPT, "text/html");
            async move { Ok(!request.send().await?.error_for_status()?.bytes().await?.is_empty()) }
        });
        cases.push(case.await?);
    }

    let hold = {
        let (client, base) = (client.clone(), base.clone());
        let cookies = Arc::new(cookies);
        move |who: usize, slot: i64| {
            let request = client
                .post(format!("{base}/fn/hold"))
                .header(COOKIE, &cookies[who])
                .header(ACCEPT, "text/html")
                .header("referer", format!("{base}/doctors"))
                .form(&[("slot", slot)]);
            async move {
                let answer = request.send().await?;
                ensure!(answer.status() == 302, "a hold was answered {}", answer.status());
                let to = answer.headers().get(LOCATION).and_then(|v| v.to_str().ok());
                Ok(to.is_some_and(|to| to.contains("/appointments/")))
            }
        }
    };
    let hot = slots[HOLDS];
    let distinct = hold.clone();
    cases
        .push(measure("distinct_slots", CONNECTIONS, HOLDS, move |n| distinct(n, slots[n])).await?);
    cases.push(measure("hot_slot", CONNECTIONS, RIVALS, move |n| hold(HOLDS + n, hot)).await?);

    println!("{:<20} {:>10} {:>10} {:>10}", "case", "per s", "p50 ms", "p99 ms");
    for case in &cases {
        let (p50, p99) = (case.p50.as_secs_f64() * 1e3, case.p99.as_secs_f64() * 1e3);
        println!(
            "{:<20} {:>10.0} {p50:>10.1} {p99:>10.1}  {}",
            case.name, case.per_second, case.note
        );
    }
    let written: serde_json::Map<_, _> = cases
        .iter()
        .map(|case| {
            let value = json!({
                "nadi_per_s": case.per_second,
                "p50_ms": case.p50.as_secs_f64() * 1e3,
                "p99_ms": case.p99.as_secs_f64() * 1e3,
                "note": case.note,
            });
            (case.name.to_owned(), value)
        })
        .collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("latest.json"), json!({ "cases": written }).to_string())?;
    Ok(())
}

/// `total` requests over `connections`; each tells whether it was granted.
async fn measure<F, R>(
    name: &'static str,
    connections: usize,
    total: usize,
    request: F,
) -> anyhow::Result<Case>
where
    F: Fn(usize) -> R + Clone + Send + 'static,
    R: Future<Output = anyhow::Result<bool>> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let (next, request) = (next.clone(), request.clone());
            tokio::spawn(async move {
                let mut seen = Vec::new();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= total {
                        return anyhow::Ok(seen);
                    }
                    let asked = Instant::now();
                    let granted = request(n).await?;
                    seen.push((asked.elapsed(), granted));
                }
            })
        })
        .collect();
    let mut seen = Vec::with_capacity(total);
    for worker in workers {
        seen.extend(worker.await??);
    }
    let elapsed = started.elapsed();
    let granted = seen.iter().filter(|(_, granted)| *granted).count();
    let mut times: Vec<Duration> = seen.into_iter().map(|(time, _)| time).collect();
    times.sort_unstable();
    Ok(Case {
        name,
        per_second: total as f64 / elapsed.as_secs_f64(),
        p50: times[times.len() / 2],
        p99: times[times.len() * 99 / 100],
        note: format!("{granted} of {total} granted, {connections} connections"),
    })
}

/// Accounts with a session each, as cookies.
async fn patients(pool: &PgPool, count: usize) -> anyhow::Result<Vec<String>> {
    let now = Utc::now();
    let sessions = Sessions::new(WritePool(pool.clone()), Cache::memory());
    let accounts: Vec<_> = (0..count).map(|_| uuid_v7(now)).collect();
    let people: Vec<_> = (0..count).map(|_| uuid_v7(now)).collect();
    let emails: Vec<String> = accounts.iter().map(|id| format!("{id}@bench.example")).collect();
    sqlx::query("insert into accounts (id, email, created_at) select *, $3 from unnest($1::uuid[], $2::text[])")
        .bind(&accounts)
        .bind(&emails)
        .bind(now)
        .execute(pool)
        .await?;
    sqlx::query(
        "insert into people (id, account_id, relation, name, created_at)
         select p, a, 'self', 'Bench', $3 from unnest($1::uuid[], $2::uuid[]) as g (p, a)",
    )
    .bind(&people)
    .bind(&accounts)
    .bind(now)
    .execute(pool)
    .await?;
    let mut cookies = Vec::with_capacity(count);
    for account in accounts {
        let mut record = Record {
            id: Id::default(),
            data: [(ACCOUNT.to_owned(), json!(account))].into(),
            expiry_date: time::OffsetDateTime::now_utc() + time::Duration::days(1),
        };
        sessions.create(&mut record).await?;
        cookies.push(format!("nadi_session={}", record.id));
    }
    Ok(cookies)
}
