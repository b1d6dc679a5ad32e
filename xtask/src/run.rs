//! `cargo xtask run`: from a fresh clone to a page in the browser, and everything stopped again.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::client;
use crate::place::Place;
use crate::postgres::Postgres;
use crate::process::{self, Service};
use crate::progress::{Steps, seconds};
use crate::redis::Redis;
use crate::server::{self, Build, Server};
use crate::services;
use crate::toolchain::WasmToolchain;

pub fn run() -> Result<()> {
    let port = server::wished_port(std::env::var("PORT").ok().as_deref())?;
    let build = Build::Development;
    let own_database_url = set("DATABASE_URL");
    let own_redis_url = set("REDIS_URL");
    let mut steps = Steps::new(5);

    let (account, place, wasm) = steps.step("tools", || {
        let found = services::lasting_place(own_database_url.is_none())?;
        if !server::port_is_free(port) {
            bail!("port {port} is taken: choose another with PORT=3001 cargo xtask run");
        }
        let wasm = WasmToolchain::find()?;
        let name = wasm.name().to_owned();
        let (account, place) = found;
        Ok(((account, place, wasm), name))
    })?;
    let duration =
        if build.program("nadi").exists() { "under a minute" } else { "about 4 minutes" };
    println!("      the client and the server are compiled side by side: {duration}");
    steps.step("build", || {
        let client = client::start_build(wasm);
        let server = build.build();
        // Also when the server does not build: the client's build must not outlive us.
        let note = client.join().map_err(|_| anyhow!("the client's build panicked"))??;
        server?;
        Ok(((), note))
    })?;

    let mut running = Running::default();
    steps.step("services", || {
        let mut note = Vec::new();
        if own_database_url.is_none() {
            let postgres = services::lasting_postgres(&account, &place)?;
            note.push(format!("private PostgreSQL {}", postgres.major()));
            running.postgres = Some(postgres);
        } else {
            note.push("PostgreSQL of DATABASE_URL".to_owned());
        }
        if own_redis_url.is_none() {
            running.redis = services::optional_redis(&account, &place)?;
            let redis = running.redis.as_ref();
            note.push(redis.map_or("no Redis", |_| "private Redis").to_owned());
        } else {
            note.push("Redis of REDIS_URL".to_owned());
        }
        Ok(((), format!("{}; logs in {}", note.join(", "), place.logs.display())))
    })?;
    let nadi = Server {
        build,
        database_url: match (&own_database_url, &running.postgres) {
            (Some(url), _) => url.clone(),
            (None, Some(postgres)) => postgres.url("nadi"),
            (None, None) => bail!("there is no database"),
        },
        redis_url: own_redis_url.or_else(|| running.redis.as_ref().map(Redis::url)),
        secret: secret(&place)?,
        port,
        more: Vec::new(),
    };
    // Demo people and their passwords are well known: never into a database of somebody's own.
    let sign_ins = steps.step("data", || {
        nadi.migrate()?;
        match &running.postgres {
            Some(_) => Ok((nadi.seed()?, "migrated, demo data is there".to_owned())),
            None => Ok((String::new(), "migrated, without demo data".to_owned())),
        }
    })?;
    steps.step("serve", || {
        running.server = Some(nadi.start(place.pid_file("server"), None)?);
        Ok(((), String::new()))
    })?;

    println!("\nNadi is ready at {}", nadi.address());
    for line in sign_ins.lines() {
        println!("  {line}");
    }
    println!("({})", steps.summary());
    println!("Ctrl-C stops it and everything it started.\n");
    running.until_stopped()
}

/// A variable that is set to something.
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn secret(place: &Place) -> Result<String> {
    match set("NADI_SECRET") {
        Some(secret) => Ok(secret),
        None => place.secret().context("the server's secret cannot be kept"),
    }
}

/// What we started, in the order in which it stops.
#[derive(Default)]
struct Running {
    server: Option<Service>,
    redis: Option<Redis>,
    postgres: Option<Postgres>,
}

impl Running {
    fn until_stopped(&mut self) -> Result<()> {
        while process::stops() == 0 {
            if let Some(server) = &mut self.server
                && let Some(status) = server.ended()?
            {
                bail!("the server ended by itself ({status})");
            }
            if let Some(postgres) = &mut self.postgres
                && let Some(status) = postgres.ended()?
            {
                bail!("PostgreSQL ended by itself ({status})");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        println!("\nStopping …");
        let asked = Instant::now();
        if let Some(server) = &mut self.server {
            let status = server.stop()?;
            println!("the server has drained ({status}, {})", seconds(asked.elapsed()));
            if !status.success() {
                bail!("the server did not end well ({status})");
            }
        }
        if let Some(redis) = &mut self.redis {
            redis.stop()?;
        }
        if let Some(postgres) = &mut self.postgres {
            postgres.stop()?;
        }
        println!("Stopped; the data stays ({}).", seconds(asked.elapsed()));
        Ok(())
    }
}
