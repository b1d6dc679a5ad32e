//! PostgreSQL and Redis together: those of `run`, and those of one test run.

use std::time::Duration;

use anyhow::Result;

use crate::account::Account;
use crate::place::Place;
use crate::postgres::{Durability, Postgres, Programs, version_of};
use crate::process;
use crate::redis::{self, Redis};

/// Dropped, it stops what it started; the folders go last.
pub struct Services {
    pub redis: Option<Redis>,
    pub postgres: Postgres,
    pub place: Place,
}

impl Services {
    /// The throwaway ones, both of them.
    pub fn throwaway() -> Result<Services> {
        let programs = Programs::find(None)?;
        let redis = redis::find_or_install()?;
        let account = Account::find()?;
        let place = Place::throwaway(&account, "test")?;
        let postgres = Postgres::start(programs, &account, &place, Durability::Throwaway)?;
        let redis = Some(Redis::start(&redis, &account, &place)?);
        Ok(Services { redis, postgres, place })
    }

    /// PostgreSQL alone, to throw away.
    pub fn throwaway_postgres() -> Result<Services> {
        let programs = Programs::find(None)?;
        let account = Account::find()?;
        let place = Place::throwaway(&account, "test")?;
        let postgres = Postgres::start(programs, &account, &place, Durability::Throwaway)?;
        Ok(Services { redis: None, postgres, place })
    }

    pub fn redis_url(&self) -> Option<String> {
        self.redis.as_ref().map(Redis::url)
    }
}

/// The lasting PostgreSQL of this clone, with its database `nadi`.
pub fn lasting_postgres(account: &Account, place: &Place) -> Result<Postgres> {
    let programs = Programs::find(version_of(&place.data.join("postgres")))?;
    let postgres = Postgres::start(programs, account, place, Durability::Kept)?;
    postgres.ensure_database("nadi")?;
    Ok(postgres)
}

/// The Redis of `run`: nothing, and saying so, when there is none to be had.
pub fn optional_redis(account: &Account, place: &Place) -> Result<Option<Redis>> {
    let program = match redis::find_or_install() {
        Ok(program) => program,
        Err(error) => {
            process::check_stop()?;
            println!("{error:#}\nGoing on without Redis: caches live in the server's memory.");
            return Ok(None);
        }
    };
    Redis::start(&program, account, place).map(Some)
}

/// The place of `run`. PostgreSQL is looked for first: its package brings the account.
pub fn lasting_place(needs_postgres: bool) -> Result<(Account, Place)> {
    if needs_postgres {
        Programs::find(None)?;
    }
    let account = Account::find()?;
    let place = Place::lasting(&account)?;
    Ok((account, place))
}

/// `cargo xtask services`.
pub fn command() -> Result<()> {
    let (account, place) = lasting_place(true)?;
    let mut postgres = lasting_postgres(&account, &place)?;
    let redis = optional_redis(&account, &place)?;
    println!("export DATABASE_URL='{}'", postgres.url("nadi"));
    if let Some(redis) = &redis {
        println!("export REDIS_URL='{}'", redis.url());
    }
    println!("export NADI_SECRET='{}'", place.secret()?);
    println!("export NADI_MODE=development");
    println!("# logs: {}; Ctrl-C stops both", place.logs.display());
    while process::stops() == 0 {
        if let Some(status) = postgres.ended()? {
            anyhow::bail!("PostgreSQL ended by itself ({status})");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    if let Some(mut redis) = redis {
        redis.stop()?;
    }
    postgres.stop()
}
