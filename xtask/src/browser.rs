//! Runs Playwright with Chromium against a server with a database of its own: browser tests, screenshots of every
//! page, and Lighthouse.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::client;
use crate::clock;
use crate::directories;
use crate::edge_dates::{self, EdgeDate};
use crate::packages;
use crate::personal_data;
use crate::process::{self, Service};
use crate::server::{self, Build, Server};
use crate::services::Services;
use crate::test_counts::TestCounts;

const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MIN_NODE_MAJOR: u32 = 18;

pub fn folder() -> PathBuf {
    directories::root().join("end2end")
}

/// Runs the browser tests on two servers with different dates: the project `desktop` on the first date, `phone`
/// and `no-scripts` on the second. Needs the development build. Returns whether all tests passed, and the counts.
pub fn test(services: &Services, dates: [EdgeDate; 2]) -> Result<(bool, TestCounts)> {
    let [first, second] = dates;
    println!(
        "date of the project desktop: {}; of phone and no-scripts: {}",
        first.name, second.name
    );
    let build = Build::Development;
    let mut site = Site::open(services, build, "nadi_e2e", first.shift_seconds())?;
    let mut other = Site::open(services, build, "nadi_e2e_other", second.shift_seconds())?;
    for site in [&site, &other] {
        let _ = fs::remove_file(&site.addresses);
        fs::write(&site.addresses, "")?;
    }
    let mut playwright = site.playwright(&["--reporter=list"])?;
    playwright
        .env("NADI_ADDRESSES", &site.addresses)
        .env("NADI_OTHER_ADDRESSES", &other.addresses)
        .env("NADI_OTHER_BASE_URL", other.nadi.address())
        .env("NADI_OTHER_DATABASE_URL", &other.nadi.database_url)
        .env("NADI_OTHER_CLOCK_SHIFT_SECONDS", other.clock_shift.to_string());
    let (mut passed, lines) = process::tee(&mut playwright)?;
    let counts = TestCounts::from_playwright(&lines);
    if !passed {
        for log in [&site.log, &other.log] {
            println!("log of the server: {}", process::tail(log));
        }
        println!(
            "run them again with: cargo xtask test --only browser --dates {},{}",
            first.name, second.name
        );
    }
    // What a failed run has left behind is of no interest before it passes.
    let looked_at = if passed { vec![&site, &other] } else { Vec::new() };
    for site in looked_at {
        let problems = personal_data::find(&site.left_behind(services))?;
        if !problems.is_empty() {
            println!("personal data or secrets were left behind:\n{}", problems.join("\n"));
            passed = false;
        }
    }
    site.close()?;
    other.close()?;
    Ok((passed, counts))
}

/// `cargo xtask edge-dates`: the browser tests on every edge date, two dates at a time.
pub fn test_all_edge_dates() -> Result<()> {
    client::build()?;
    Build::Development.build()?;
    let services = Services::temporary()?;
    let mut failed = Vec::new();
    for pair in edge_dates::EDGE_DATES.chunks(2) {
        let [first, second] = *pair else { bail!("the number of edge dates is odd") };
        if !test(&services, [first, second])?.0 {
            failed.push(format!("{},{}", first.name, second.name));
        }
    }
    if !failed.is_empty() {
        bail!("the browser tests failed on {}", failed.join(" and "));
    }
    println!("the browser tests pass on all {} edge dates", edge_dates::EDGE_DATES.len());
    Ok(())
}

/// `cargo xtask screenshots`: a screenshot of every page. With `docs`, also renews those in `docs/screenshots`.
pub fn screenshots(docs: bool) -> Result<()> {
    let folder = directories::target().join("screenshots");
    let _ = fs::remove_dir_all(&folder);
    let mut variables = vec![("NADI_SCREENSHOTS", folder.clone())];
    if docs {
        variables.push(("NADI_SCREENSHOTS_DOCS", directories::root().join("docs/screenshots")));
    }
    run_playwright_config(
        Build::Development,
        "nadi_screenshots",
        "screenshots.config.ts",
        &variables,
    )?;
    println!("the screenshots are in {}", folder.display());
    Ok(())
}

/// Screenshots of two pages, from a server that is already running: the smoke test of the command.
pub fn two_screenshots(nadi: &Server) -> Result<()> {
    let folder = directories::scratch()?.join("screenshots");
    let _ = fs::remove_dir_all(&folder);
    let browser = find_browser()?;
    install_node_packages()?;
    let options = ["--config", "screenshots.config.ts", "--project", "desktop-light", "--no-deps"];
    let mut playwright = playwright(nadi, &browser, &options)?;
    playwright.args(["--grep", "a video visit"]).env("NADI_SCREENSHOTS", &folder);
    process::run(&mut playwright)?;
    let screenshots = fs::read_dir(folder.join("desktop-light"))?.count();
    if screenshots != 2 {
        bail!("expected 2 screenshots in {}, found {screenshots}", folder.display());
    }
    Ok(())
}

/// `cargo xtask bench --only lighthouse`: Lighthouse reports of four pages.
pub fn lighthouse() -> Result<()> {
    let folder = directories::target().join("lighthouse");
    let variables = [("NADI_LIGHTHOUSE", folder.clone())];
    run_playwright_config(Build::Release, "nadi_lighthouse", "lighthouse.config.ts", &variables)?;
    println!("the reports are in {}", folder.display());
    Ok(())
}

/// Builds client and server and runs another Playwright configuration on a server and database of its own.
fn run_playwright_config(
    build: Build,
    database: &str,
    config: &str,
    variables: &[(&str, PathBuf)],
) -> Result<()> {
    client::build()?;
    build.build()?;
    let services = Services::temporary()?;
    let mut site = Site::open(&services, build, database, 0)?;
    let mut playwright = site.playwright(&["--config", config])?;
    for (name, folder) in variables {
        playwright.env(name, folder);
    }
    let result = process::run(&mut playwright);
    if result.is_err() {
        println!("log of the server: {}", process::tail(&site.log));
    }
    site.close()?;
    result
}

/// A server with the demo data in a database of its own, and the browser to open it with.
struct Site {
    nadi: Server,
    service: Service,
    browser: PathBuf,
    log: PathBuf,
    /// Where the browser tests write the addresses that browsers request.
    addresses: PathBuf,
    database: String,
    clock_shift: i64,
}

impl Site {
    fn open(services: &Services, build: Build, database: &str, clock_shift: i64) -> Result<Self> {
        let browser = find_browser()?;
        install_node_packages()?;
        let postgres = &services.postgres;
        let drop = format!("drop database if exists {database}");
        postgres.psql("postgres", &["-c", &drop])?;
        postgres.ensure_database(database)?;
        let nadi = Server {
            build,
            database_url: postgres.url(database),
            redis_url: services.redis_url(),
            secret: directories::random_secret()?,
            port: server::free_port()?,
            operations_port: server::free_port()?,
            extra_env: vec![
                ("NADI_HORIZON_DAYS", "30".to_owned()),
                // For end2end/tests/languages.spec.ts.
                ("NADI_PSEUDO_LOCALE", "1".to_owned()),
                (clock::SHIFT_VARIABLE, clock_shift.to_string()),
            ],
        };
        nadi.migrate()?;
        nadi.seed()?;
        let log = directories::scratch()?.join(format!("{database}-server.log"));
        let service = nadi.start(services.directories.pid_file(database), Some(&log))?;
        let addresses = directories::scratch()?.join(format!("{database}-addresses.txt"));
        let database = database.to_owned();
        Ok(Self { nadi, service, browser, log, addresses, database, clock_shift })
    }

    fn playwright(&self, arguments: &[&str]) -> Result<Command> {
        playwright(&self.nadi, &self.browser, arguments)
    }

    /// Where to look for what the run has left behind.
    fn left_behind<'a>(&'a self, services: &'a Services) -> personal_data::Run<'a> {
        personal_data::Run {
            postgres: &services.postgres,
            database: &self.database,
            log: &self.log,
            operations_port: self.nadi.operations_port,
            addresses: &self.addresses,
        }
    }

    /// # Errors
    /// When the server does not exit with success after SIGTERM.
    fn close(&mut self) -> Result<()> {
        let status =
            self.service.stop().context("the server did not stop in time after SIGTERM")?;
        if !status.success() {
            bail!("the server failed after SIGTERM ({status})");
        }
        Ok(())
    }
}

/// The command `playwright test`. Not through npx, which would leave browsers running when it is interrupted.
fn playwright(nadi: &Server, browser: &Path, arguments: &[&str]) -> Result<Command> {
    let mut playwright = Command::new(folder().join("node_modules/.bin/playwright"));
    playwright
        .current_dir(folder())
        .arg("test")
        .args(arguments)
        .env("NADI_BASE_URL", nadi.address())
        .env("CHROMIUM_PATH", browser)
        .env("DATABASE_URL", &nadi.database_url)
        .env(clock::SHIFT_VARIABLE, clock::shift_seconds(&nadi.extra_env)?.to_string());
    Ok(playwright)
}

/// The path of Chromium, which is installed when missing. Also installs a font, since without one every letter is
/// drawn as a box.
fn find_browser() -> Result<PathBuf> {
    let find = || BROWSERS.iter().find_map(|name| packages::on_path(name));
    if find().is_none() {
        packages::install("Chromium", &["chromium", "fonts-liberation"])?;
    }
    if packages::has_apt() && !has_fonts(Path::new("/usr/share/fonts")) {
        packages::install("a font", &["fonts-liberation"])?;
    }
    find().context("Chromium is missing: install it, then start again")
}

fn has_fonts(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let name = path.to_string_lossy();
        path.is_dir() && has_fonts(&path) || name.ends_with(".ttf") || name.ends_with(".otf")
    })
}

/// Runs `npm ci` when the lock file is newer than the installed packages.
pub fn install_node_packages() -> Result<()> {
    let version = packages::on_path("node")
        .and_then(|node| process::capture(Command::new(node).arg("--version")).ok())
        .and_then(|text| major(&text));
    if version.is_none_or(|version| version < MIN_NODE_MAJOR) || packages::on_path("npm").is_none()
    {
        if version.is_some_and(|version| version < MIN_NODE_MAJOR) {
            bail!("the browser tests need Node {MIN_NODE_MAJOR} or later with npm");
        }
        packages::install("Node 18 or later with npm", &["nodejs", "npm"])?;
    }
    let changed = |name: &str| fs::metadata(folder().join(name)).and_then(|file| file.modified());
    let installed = changed("node_modules/.package-lock.json");
    if let (Ok(installed), Ok(locked)) = (installed, changed("package-lock.json"))
        && installed >= locked
    {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.current_dir(folder())
        .args(["ci", "--no-audit", "--no-fund"])
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    process::run(&mut npm).context("the browser tests' packages cannot be installed")
}

/// The major version: `20` of `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_version_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20"), None);
    }
}
