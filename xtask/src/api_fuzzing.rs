//! Fuzzes the REST API with schemathesis, which generates requests from the OpenAPI description. It is installed
//! from PyPI into a virtual environment.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::clock;
use crate::directories;
use crate::edge_dates::EdgeDate;
use crate::packages;
use crate::process;
use crate::server::{self, Build, Server};
use crate::services::Services;

/// How many requests schemathesis generates per operation and phase.
const MAX_EXAMPLES: &str = "40";
/// A fixed seed generates the same requests in every run.
const SEED: &str = "1";
const PATIENT_CREDENTIALS: &str =
    r#"{"email": "patient@nadi.example", "password": "nadi-demo-2026"}"#;
const DOCTOR_CREDENTIALS: &str =
    r#"{"email": "doctor@nadi.example", "password": "nadi-demo-2026"}"#;

/// Fuzzes a server whose clock is shifted to `date`. Needs the development build. Returns whether no failure was
/// found, and a summary in one line.
pub fn test(services: &Services, date: EdgeDate) -> Result<(bool, String)> {
    let fuzzer = find_or_install_fuzzer()?;
    let postgres = &services.postgres;
    postgres.psql("postgres", &["-c", "drop database if exists nadi_api"])?;
    postgres.ensure_database("nadi_api")?;
    let nadi = Server {
        build: Build::Development,
        database_url: postgres.url("nadi_api"),
        redis_url: services.redis_url(),
        secret: directories::random_secret()?,
        port: server::free_port()?,
        operations_port: server::free_port()?,
        extra_env: vec![
            ("NADI_HORIZON_DAYS", "30".to_owned()),
            (clock::SHIFT_VARIABLE, date.shift_seconds().to_string()),
        ],
    };
    nadi.migrate()?;
    nadi.seed()?;
    let log = directories::scratch()?.join("api-server.log");
    let mut service = nadi.start(services.directories.pid_file("server"), Some(&log))?;
    let (mut passed, mut notes) = (true, Vec::new());
    // As a patient and as a doctor: each may call operations that are forbidden to the other.
    for credentials in [PATIENT_CREDENTIALS, DOCTOR_CREDENTIALS] {
        let response = server::post_json(nadi.port, "/api/v1/auth/login", credentials)?;
        let token =
            response.split("\"access_token\":\"").nth(1).and_then(|rest| rest.split('"').next());
        let token =
            token.with_context(|| format!("no token in the answer to a sign-in: {response}"))?;
        let mut fuzz = Command::new(&fuzzer);
        fuzz.current_dir(directories::scratch()?)
            .arg("--config-file")
            .arg(directories::root().join("xtask/schemathesis.toml"))
            .arg("run")
            .arg(format!("{}/api-docs/openapi.json", nadi.address()))
            .args(["--header", &format!("Authorization: Bearer {token}")])
            // Signing out would invalidate the token of all other requests.
            .args(["--exclude-path-regex", "/logout$|/auth/sessions/"])
            .args(["--max-examples", MAX_EXAMPLES, "--seed", SEED, "--no-color"]);
        let (ok, lines) = process::tee(&mut fuzz)?;
        passed &= ok;
        let cases = lines.iter().find(|line| line.contains(" generated, "));
        notes.push(cases.map_or("no cases", |line| line.trim()).to_owned());
    }
    if !passed {
        println!("log of the server: {}", process::tail(&log));
    }
    let status = service.stop().context("the server did not stop in time after SIGTERM")?;
    if !status.success() {
        bail!("the server failed after SIGTERM ({status})");
    }
    Ok((passed, notes.join("; ")))
}

/// The path of schemathesis, which is installed when it is missing or `schemathesis.txt` has changed.
fn find_or_install_fuzzer() -> Result<PathBuf> {
    let requirements = include_str!("../schemathesis.txt");
    let folder = directories::target().join("xtask/schemathesis");
    let program = folder.join("bin/schemathesis");
    let stamp = folder.join("installed.txt");
    if program.exists() && std::fs::read_to_string(&stamp).is_ok_and(|text| text == requirements) {
        return Ok(program);
    }
    let create_environment = || -> Result<()> {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let python = packages::on_path("python3").context("there is no python3")?;
        process::capture(Command::new(python).args(["-m", "venv"]).arg(&folder)).map(|_| ())
    };
    if create_environment().is_err() {
        packages::install("Python with its venv module", &["python3", "python3-venv"])?;
        create_environment().context("python3 cannot create a virtual environment")?;
    }
    println!("installing the API's fuzzer: {}", requirements.trim());
    let list = directories::root().join("xtask/schemathesis.txt");
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(list);
    process::run(&mut pip).context("schemathesis cannot be installed from PyPI")?;
    std::fs::write(&stamp, requirements)?;
    Ok(program)
}
