//! `cargo xtask run`: builds and starts everything, and stops it again on Ctrl-C.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::client;
use crate::directories::ServiceDirectories;
use crate::postgres::Postgres;
use crate::process::{self, Service};
use crate::progress::{Steps, seconds};
use crate::redis::Redis;
use crate::server::{self, Build, Server};
use crate::services;
use crate::toolchain::WasmToolchain;

pub fn run() -> Result<()> {
    let port = server::requested_port(std::env::var("PORT").ok().as_deref())?;
    let build = Build::Development;
    let given_database_url = non_empty_variable("DATABASE_URL");
    let given_redis_url = non_empty_variable("REDIS_URL");
    let mut steps = Steps::new(5);

    let (os_user, directories, wasm) = steps.step("tools", || {
        let found = services::persistent_directories(given_database_url.is_none())?;
        if !server::port_is_free(port) {
            bail!("port {port} is taken: choose another with PORT=3001 cargo xtask run");
        }
        let wasm = WasmToolchain::find()?;
        let name = wasm.name().to_owned();
        let (os_user, directories) = found;
        Ok(((os_user, directories, wasm), name))
    })?;
    let duration =
        if build.program("nadi").exists() { "under a minute" } else { "about 4 minutes" };
    println!("      the client and the server are compiled side by side: {duration}");
    steps.step("build", || {
        let client = client::start_build(wasm);
        let server = build.build();
        // Waits for the client's build even if the server's failed, since it must not outlive us.
        let note = client.join().map_err(|_| anyhow!("the client's build panicked"))??;
        server?;
        Ok(((), note))
    })?;

    let mut running = Running::default();
    steps.step("services", || {
        let mut note = Vec::new();
        if given_database_url.is_none() {
            let postgres = services::persistent_postgres(&os_user, &directories)?;
            note.push(format!("private PostgreSQL {}", postgres.major()));
            running.postgres = Some(postgres);
        } else {
            note.push("PostgreSQL of DATABASE_URL".to_owned());
        }
        if given_redis_url.is_none() {
            running.redis = services::optional_redis(&os_user, &directories)?;
            let redis = running.redis.as_ref();
            note.push(redis.map_or("no Redis", |_| "private Redis").to_owned());
        } else {
            note.push("Redis of REDIS_URL".to_owned());
        }
        Ok(((), format!("{}; logs in {}", note.join(", "), directories.logs.display())))
    })?;
    let nadi = Server {
        build,
        database_url: match (&given_database_url, &running.postgres) {
            (Some(url), _) => url.clone(),
            (None, Some(postgres)) => postgres.url("nadi"),
            (None, None) => bail!("there is no database"),
        },
        redis_url: given_redis_url.or_else(|| running.redis.as_ref().map(Redis::url)),
        secret: secret(&directories)?,
        port,
        operations_port: server::free_port()?,
        extra_env: Vec::new(),
    };
    // The passwords of the demo accounts are public, so they are never written to a database given by the user.
    let sign_ins = steps.step("data", || {
        nadi.migrate()?;
        match &running.postgres {
            Some(_) => Ok((nadi.seed()?, "migrated, with demo data".to_owned())),
            None => Ok((String::new(), "migrated, without demo data".to_owned())),
        }
    })?;
    steps.step("serve", || {
        running.server = Some(nadi.start(directories.pid_file("server"), None)?);
        Ok(((), String::new()))
    })?;

    println!("\nNadi is ready at {}", nadi.address());
    println!("  metrics: http://localhost:{}/metrics", nadi.operations_port);
    for line in sign_ins.lines() {
        println!("  {line}");
    }
    println!("({})", steps.summary());
    println!("Ctrl-C stops it and everything it started.\n");
    running.wait_until_stopped()
}

/// An environment variable that is set and not empty.
fn non_empty_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn secret(directories: &ServiceDirectories) -> Result<String> {
    match non_empty_variable("NADI_SECRET") {
        Some(secret) => Ok(secret),
        None => directories.secret().context("the server's secret cannot be stored"),
    }
}

/// The processes we have started, in the order in which they are stopped.
#[derive(Default)]
struct Running {
    server: Option<Service>,
    redis: Option<Redis>,
    postgres: Option<Postgres>,
}

impl Running {
    fn wait_until_stopped(&mut self) -> Result<()> {
        while process::stop_requests() == 0 {
            if let Some(server) = &mut self.server
                && let Some(status) = server.ended()?
            {
                bail!("the server ended unexpectedly ({status})");
            }
            if let Some(postgres) = &mut self.postgres
                && let Some(status) = postgres.ended()?
            {
                bail!("PostgreSQL ended unexpectedly ({status})");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        println!("\nStopping …");
        let requested_at = Instant::now();
        if let Some(server) = &mut self.server {
            let status = server.stop()?;
            println!("the server has stopped ({status}, {})", seconds(requested_at.elapsed()));
            if !status.success() {
                bail!("the server failed ({status})");
            }
        }
        if let Some(redis) = &mut self.redis {
            redis.stop()?;
        }
        if let Some(postgres) = &mut self.postgres {
            postgres.stop()?;
        }
        println!("Stopped; the data stays ({}).", seconds(requested_at.elapsed()));
        Ok(())
    }
}
