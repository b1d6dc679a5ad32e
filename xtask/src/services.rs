//! PostgreSQL and Redis together: persistent ones for `run`, and temporary ones for a test run.

use std::time::Duration;

use anyhow::Result;

use crate::directories::ServiceDirectories;
use crate::os_user::OsUser;
use crate::postgres::{Durability, Postgres, Programs, version_of};
use crate::process;
use crate::redis::{self, Redis};

/// Stops the services when dropped, and then removes temporary directories.
pub struct Services {
    pub redis: Option<Redis>,
    pub postgres: Postgres,
    pub directories: ServiceDirectories,
}

impl Services {
    /// Temporary PostgreSQL and Redis.
    pub fn temporary() -> Result<Services> {
        let programs = Programs::find(None)?;
        let redis = redis::find_or_install()?;
        let os_user = OsUser::find()?;
        let directories = ServiceDirectories::temporary(&os_user, "test")?;
        let postgres = Postgres::start(programs, &os_user, &directories, Durability::Temporary)?;
        let redis = Some(Redis::start(&redis, &os_user, &directories)?);
        Ok(Services { redis, postgres, directories })
    }

    /// A temporary PostgreSQL without Redis.
    pub fn temporary_postgres() -> Result<Services> {
        let programs = Programs::find(None)?;
        let os_user = OsUser::find()?;
        let directories = ServiceDirectories::temporary(&os_user, "test")?;
        let postgres = Postgres::start(programs, &os_user, &directories, Durability::Temporary)?;
        Ok(Services { redis: None, postgres, directories })
    }

    pub fn redis_url(&self) -> Option<String> {
        self.redis.as_ref().map(Redis::url)
    }
}

/// The persistent PostgreSQL of this clone, with its database `nadi`.
pub fn persistent_postgres(os_user: &OsUser, directories: &ServiceDirectories) -> Result<Postgres> {
    let programs = Programs::find(version_of(&directories.data.join("postgres")))?;
    let postgres = Postgres::start(programs, os_user, directories, Durability::Durable)?;
    postgres.ensure_database("nadi")?;
    Ok(postgres)
}

/// The Redis of `run`, or `None` (with a message) when it is missing and cannot be installed.
pub fn optional_redis(os_user: &OsUser, directories: &ServiceDirectories) -> Result<Option<Redis>> {
    let program = match redis::find_or_install() {
        Ok(program) => program,
        Err(error) => {
            process::fail_if_interrupted()?;
            println!("{error:#}\nContinuing without Redis: caches are in the server's memory.");
            return Ok(None);
        }
    };
    Redis::start(&program, os_user, directories).map(Some)
}

/// The directories of `run`. PostgreSQL is looked for first, since its package creates the user `postgres`.
pub fn persistent_directories(needs_postgres: bool) -> Result<(OsUser, ServiceDirectories)> {
    if needs_postgres {
        Programs::find(None)?;
    }
    let os_user = OsUser::find()?;
    let directories = ServiceDirectories::persistent(&os_user)?;
    Ok((os_user, directories))
}

/// `cargo xtask services`.
pub fn command() -> Result<()> {
    let (os_user, directories) = persistent_directories(true)?;
    let mut postgres = persistent_postgres(&os_user, &directories)?;
    let redis = optional_redis(&os_user, &directories)?;
    println!("export DATABASE_URL='{}'", postgres.url("nadi"));
    if let Some(redis) = &redis {
        println!("export REDIS_URL='{}'", redis.url());
    }
    println!("export NADI_SECRET='{}'", directories.secret()?);
    println!("export NADI_MODE=development");
    println!("# logs: {}; Ctrl-C stops both", directories.logs.display());
    while process::stop_requests() == 0 {
        if let Some(status) = postgres.ended()? {
            anyhow::bail!("PostgreSQL ended unexpectedly ({status})");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    if let Some(mut redis) = redis {
        redis.stop()?;
    }
    postgres.stop()
}
