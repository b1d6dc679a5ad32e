//! The product in a browser: a server, a database of its own, Playwright, Debian's Chromium.
//! Tests, pictures of every page, and Lighthouse.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::client;
use crate::clock;
use crate::counts::Counts;
use crate::days::{self, Day};
use crate::packages;
use crate::place;
use crate::process::{self, Service};
use crate::server::{self, Build, Server};
use crate::services::Services;

const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const LEAST_NODE: u32 = 18;

pub fn folder() -> PathBuf {
    place::root().join("end2end")
}

/// The tests on two days at once: those with scripts on the first, those on the phone and without scripts on
/// the second. Needs the development build. Gives whether all is well, and the counts.
pub fn test(services: &Services, days: [Day; 2]) -> Result<(bool, Counts)> {
    let [first, second] = days;
    println!("with scripts it is {}; without, and on the phone, {}", first.name, second.name);
    let build = Build::Development;
    let mut site = Site::open(services, build, "nadi_e2e", first.shift_seconds())?;
    let mut other = Site::open(services, build, "nadi_e2e_other", second.shift_seconds())?;
    let mut playwright = site.playwright(&["--reporter=list"])?;
    playwright
        .env("NADI_OTHER_BASE_URL", other.nadi.address())
        .env("NADI_OTHER_DATABASE_URL", &other.nadi.database_url)
        .env("NADI_OTHER_CLOCK_SHIFT_SECONDS", other.clock_shift.to_string());
    let (passed, lines) = process::tee(&mut playwright)?;
    let counts = Counts::of_playwright(&lines);
    if !passed {
        for log in [&site.log, &other.log] {
            println!("the server said, {}", process::tail(log));
        }
        println!("again: cargo xtask test --only browser --days {},{}", first.name, second.name);
    }
    site.close()?;
    other.close()?;
    Ok((passed, counts))
}

/// `cargo xtask days`: the tests on every one of the days, two at a time.
pub fn all_days() -> Result<()> {
    client::build()?;
    Build::Development.build()?;
    let services = Services::throwaway()?;
    let mut failed = Vec::new();
    for pair in days::DAYS.chunks(2) {
        let [first, second] = *pair else { bail!("the number of days is odd") };
        if !test(&services, [first, second])?.0 {
            failed.push(format!("{},{}", first.name, second.name));
        }
    }
    if !failed.is_empty() {
        bail!("the browser tests failed on {}", failed.join(" and "));
    }
    println!("the browser tests pass on {} days", days::DAYS.len());
    Ok(())
}

/// `cargo xtask screenshots`: every page as a picture. With `docs`, those of the README too.
pub fn screenshots(docs: bool) -> Result<()> {
    let folder = place::target().join("screenshots");
    let _ = fs::remove_dir_all(&folder);
    let mut variables = vec![("NADI_SCREENSHOTS", folder.clone())];
    if docs {
        variables.push(("NADI_SCREENSHOTS_DOCS", place::root().join("docs/screenshots")));
    }
    look(Build::Development, "nadi_screenshots", "screenshots.config.ts", &variables)?;
    println!("the pictures are in {}", folder.display());
    Ok(())
}

/// Two pages as pictures, from a server that runs already: the short form for the test run.
pub fn two_screenshots(nadi: &Server) -> Result<()> {
    let folder = place::scratch()?.join("screenshots");
    let _ = fs::remove_dir_all(&folder);
    let browser = find_browser()?;
    install_node_packages()?;
    let options = ["--config", "screenshots.config.ts", "--project", "desktop-light", "--no-deps"];
    let mut playwright = playwright(nadi, &browser, &options)?;
    playwright.args(["--grep", "a video visit"]).env("NADI_SCREENSHOTS", &folder);
    process::run(&mut playwright)?;
    let pictures = fs::read_dir(folder.join("desktop-light"))?.count();
    if pictures != 2 {
        bail!("there are {pictures} pictures in {}, and not 2", folder.display());
    }
    Ok(())
}

/// `cargo xtask bench --only lighthouse`: four pages as Lighthouse judges them.
pub fn lighthouse() -> Result<()> {
    let folder = place::target().join("lighthouse");
    let variables = [("NADI_LIGHTHOUSE", folder.clone())];
    look(Build::Release, "nadi_lighthouse", "lighthouse.config.ts", &variables)?;
    println!("the reports are in {}", folder.display());
    Ok(())
}

/// Builds what is missing and runs another of Playwright's configurations on a site of its own.
fn look(build: Build, database: &str, config: &str, variables: &[(&str, PathBuf)]) -> Result<()> {
    client::build()?;
    build.build()?;
    let services = Services::throwaway()?;
    let mut site = Site::open(&services, build, database, 0)?;
    let mut playwright = site.playwright(&["--config", config])?;
    for (name, folder) in variables {
        playwright.env(name, folder);
    }
    let seen = process::run(&mut playwright);
    if seen.is_err() {
        println!("the server said, {}", process::tail(&site.log));
    }
    site.close()?;
    seen
}

/// A server with the demo on a database of its own, and a browser to look at it.
struct Site {
    nadi: Server,
    service: Service,
    browser: PathBuf,
    log: PathBuf,
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
            secret: place::random_secret()?,
            port: server::free_port()?,
            more: vec![
                ("NADI_HORIZON_DAYS", "30".to_owned()),
                (clock::SHIFT, clock_shift.to_string()),
            ],
        };
        nadi.migrate()?;
        nadi.seed()?;
        let log = place::scratch()?.join(format!("{database}-server.log"));
        let service = nadi.start(services.place.pid_file(database), Some(&log))?;
        Ok(Self { nadi, service, browser, log, clock_shift })
    }

    fn playwright(&self, arguments: &[&str]) -> Result<Command> {
        playwright(&self.nadi, &self.browser, arguments)
    }

    /// # Errors
    /// When the server does not end well.
    fn close(&mut self) -> Result<()> {
        let status = self.service.stop().context("the server did not drain in time")?;
        if !status.success() {
            bail!("the server did not end well after SIGTERM ({status})");
        }
        Ok(())
    }
}

/// Playwright's tests. Not through npx: asked to stop, it would leave the browsers to themselves.
fn playwright(nadi: &Server, browser: &Path, arguments: &[&str]) -> Result<Command> {
    let mut playwright = Command::new(folder().join("node_modules/.bin/playwright"));
    playwright
        .current_dir(folder())
        .arg("test")
        .args(arguments)
        .env("NADI_BASE_URL", nadi.address())
        .env("CHROMIUM_PATH", browser)
        .env("DATABASE_URL", &nadi.database_url)
        .env(clock::SHIFT, clock::shift_seconds(&nadi.more)?.to_string());
    Ok(playwright)
}

/// A Chromium, installed when missing; with a font, or every letter would be a box.
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

/// `npm ci`, only when the lock file is newer than what it brought last time.
pub fn install_node_packages() -> Result<()> {
    let version = packages::on_path("node")
        .and_then(|node| process::capture(Command::new(node).arg("--version")).ok())
        .and_then(|text| major(&text));
    if version.is_none_or(|version| version < LEAST_NODE) || packages::on_path("npm").is_none() {
        if version.is_some_and(|version| version < LEAST_NODE) {
            bail!("the browser tests need Node {LEAST_NODE} or later with npm");
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

/// `20` of `v20.20.2`.
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
