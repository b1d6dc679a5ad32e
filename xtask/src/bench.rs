//! `cargo xtask bench`: the release binary on a durable PostgreSQL of its own, measured over HTTP.

use std::process::Command;

use anyhow::{Context, Result};

use crate::account::Account;
use crate::client;
use crate::place::{self, Place};
use crate::postgres::{Durability, Postgres, Programs};
use crate::process;
use crate::redis::{self, Redis};
use crate::server::{self, Server};
use crate::toolchain;

pub fn bench() -> Result<()> {
    client::build()?;
    server::build()?;
    let mut build = toolchain::cargo();
    process::run(build.args(["bench", "--package", "server", "--bench", "load", "--no-run"]))?;

    let programs = Programs::find(None)?;
    let redis = redis::find_or_install()?;
    let account = Account::find()?;
    let place = Place::throwaway(&account)?;
    // Kept: fsync and synchronous_commit stay on, or the figures would mean nothing.
    let postgres = Postgres::start(programs, &account, &place, Durability::Kept)?;
    let redis = Redis::start(&redis, &account, &place)?;
    postgres.ensure_database("nadi")?;
    let nadi = Server {
        database_url: postgres.url("nadi"),
        redis_url: Some(redis.url()),
        secret: place::random_secret()?,
        port: server::free_port()?,
    };
    nadi.migrate()?;
    nadi.seed()?;
    let log = place::scratch()?.join("bench-server.log");
    let mut service = nadi.start(place.pid_file("server"), Some(&log))?;
    let mut load: Command = toolchain::cargo();
    load.args(["bench", "--package", "server", "--bench", "load"])
        .env("DATABASE_URL", &nadi.database_url)
        .env("NADI_BASE_URL", nadi.address());
    let measured = process::run(&mut load).context("the server's log is beside the build");
    service.stop()?;
    measured
}
