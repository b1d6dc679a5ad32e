//! The API under a fuzzer made for its description: schemathesis, from Python's registry, in an
//! environment of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::clock;
use crate::days::Day;
use crate::packages;
use crate::place;
use crate::process;
use crate::server::{self, Build, Server};
use crate::services::Services;

/// Requests drawn per operation and phase.
const EXAMPLES: &str = "40";
/// The same ones in every run.
const SEED: &str = "1";
const PATIENT: &str = r#"{"email": "patient@nadi.example", "password": "nadi-demo-2026"}"#;
const DOCTOR: &str = r#"{"email": "doctor@nadi.example", "password": "nadi-demo-2026"}"#;

/// On a given day. Needs the development build. Gives whether all is well, and a line about it.
pub fn test(services: &Services, day: Day) -> Result<(bool, String)> {
    let fuzzer = fuzzer()?;
    let postgres = &services.postgres;
    postgres.psql("postgres", &["-c", "drop database if exists nadi_api"])?;
    postgres.ensure_database("nadi_api")?;
    let nadi = Server {
        build: Build::Development,
        database_url: postgres.url("nadi_api"),
        redis_url: services.redis_url(),
        secret: place::random_secret()?,
        port: server::free_port()?,
        more: vec![
            ("NADI_HORIZON_DAYS", "30".to_owned()),
            (clock::SHIFT, day.shift_seconds().to_string()),
        ],
    };
    nadi.migrate()?;
    nadi.seed()?;
    let log = place::scratch()?.join("api-server.log");
    let mut service = nadi.start(services.place.pid_file("server"), Some(&log))?;
    let (mut passed, mut notes) = (true, Vec::new());
    // Once from each side: what a patient may not do is what the clinic's side is for.
    for credentials in [PATIENT, DOCTOR] {
        let answer = server::post_json(nadi.port, "/api/v1/auth/login", credentials)?;
        let token =
            answer.split("\"access_token\":\"").nth(1).and_then(|rest| rest.split('"').next());
        let token =
            token.with_context(|| format!("no token in the answer to a sign-in: {answer}"))?;
        let mut fuzz = Command::new(&fuzzer);
        fuzz.current_dir(place::scratch()?)
            .arg("--config-file")
            .arg(place::root().join("xtask/schemathesis.toml"))
            .arg("run")
            .arg(format!("{}/api-docs/openapi.json", nadi.address()))
            .args(["--header", &format!("Authorization: Bearer {token}")])
            // Signing out would end the token that everything else needs.
            .args(["--exclude-path-regex", "/logout$"])
            .args(["--max-examples", EXAMPLES, "--seed", SEED, "--no-color"]);
        let (ok, lines) = process::tee(&mut fuzz)?;
        passed &= ok;
        let cases = lines.iter().find(|line| line.contains(" generated, "));
        notes.push(cases.map_or("no cases", |line| line.trim()).to_owned());
    }
    if !passed {
        println!("the server said, {}", process::tail(&log));
    }
    let status = service.stop().context("the server did not drain in time")?;
    if !status.success() {
        bail!("the server did not end well after SIGTERM ({status})");
    }
    Ok((passed, notes.join("; ")))
}

/// The fuzzer's program, installed when it is missing or its list has changed.
fn fuzzer() -> Result<PathBuf> {
    let wanted = include_str!("../schemathesis.txt");
    let folder = place::target().join("xtask/schemathesis");
    let program = folder.join("bin/schemathesis");
    let stamp = folder.join("installed.txt");
    if program.exists() && std::fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(program);
    }
    let make = || -> Result<()> {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let python = packages::on_path("python3").context("there is no python3")?;
        process::capture(Command::new(python).args(["-m", "venv"]).arg(&folder)).map(|_| ())
    };
    if make().is_err() {
        packages::install("Python with its venv module", &["python3", "python3-venv"])?;
        make().context("python3 cannot make an environment of its own")?;
    }
    println!("installing the API's fuzzer: {}", wanted.trim());
    let list = place::root().join("xtask/schemathesis.txt");
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(list);
    process::run(&mut pip).context("schemathesis cannot be installed from Python's registry")?;
    std::fs::write(&stamp, wanted)?;
    Ok(program)
}
