//! The binary itself: what it refuses to start with, and how it ends.

mod support;

use std::process::{Output, Stdio};
use std::time::Duration;

use sqlx::PgPool;
use support::{Clinic, browser};
use tokio::process::{Child, Command};

fn nadi(command: &[&str]) -> Command {
    let mut nadi = Command::new(env!("CARGO_BIN_EXE_nadi"));
    nadi.args(command)
        .env_clear()
        .env("NADI_MODE", "development")
        .env("NADI_SECRET", "a secret of the tests, long enough")
        .kill_on_drop(true)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    nadi
}

async fn output(mut command: Command) -> Output {
    tokio::time::timeout(Duration::from_secs(20), command.output())
        .await
        .expect("it ends")
        .expect("it ran")
}

#[tokio::test]
async fn a_missing_or_wrong_variable_is_named() {
    for (name, value) in
        [("DATABASE_URL", None), ("NADI_SECRET", Some("short")), ("NADI_LISTEN", Some("nowhere"))]
    {
        let mut command = nadi(&["serve"]);
        if name != "DATABASE_URL" {
            command.env("DATABASE_URL", "postgres://nadi@127.0.0.1:1/nadi");
        }
        if let Some(value) = value {
            command.env(name, value);
        }
        let output = output(command).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{name}");
        assert!(said.contains(name) && said.contains("expected"), "{name}: {said}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_for() {
    let mut command = nadi(&["serve"]);
    command
        .env("DATABASE_URL", "postgres://nadi@127.0.0.1:1/nadi")
        .env("NADI_LISTEN", format!("127.0.0.1:{}", free_port()));
    let mut child = command.spawn().expect("started");
    assert!(
        tokio::time::timeout(Duration::from_secs(1), child.wait()).await.is_err(),
        "it goes on trying"
    );
    child.start_kill().expect("ended");
    let output = child.wait_with_output().await.expect("ended");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the database does not answer"), "{said}");
}

/// What is in flight when the server is asked to stop is finished, and then it ends well.
#[sqlx::test(migrations = false)]
async fn stopping_finishes_what_is_in_flight(pool: PgPool) {
    let clinic = Clinic::open(pool.clone()).await;
    let asha = clinic.patient("Asha").await;
    let cookie = clinic.cookie(&asha).await;
    // The binary runs on the real clock.
    clinic.clock.step(chrono::Utc::now() - server::clock::Clock::now(&clinic.clock));
    server::jobs::top_up::run_once(&clinic.engine).await.expect("times");
    let slot: i64 = sqlx::query_scalar(
        "select id from free_slots(now()) where starts_at > now() + interval '1 day' limit 1",
    )
    .fetch_one(&pool)
    .await
    .expect("a time");

    let base = format!("http://127.0.0.1:{}", free_port());
    let mut command = nadi(&["serve"]);
    command
        .env("DATABASE_URL", url_of(&pool).await)
        .env("NADI_LISTEN", base.trim_start_matches("http://"));
    let mut child = command.spawn().expect("started");
    ready(&base, &mut child).await;

    let mut in_the_way = pool.begin().await.expect("a transaction");
    sqlx::query("lock table seats in access exclusive mode")
        .execute(&mut *in_the_way)
        .await
        .expect("locked");
    let hold = tokio::spawn(
        browser()
            .post(format!("{base}/fn/hold"))
            .header("cookie", cookie)
            .header("accept", "text/html")
            .form(&[("slot", slot)])
            .send(),
    );
    waiting(&pool).await;
    let pid = child.id().expect("running").to_string();
    let asked = Command::new("kill").args(["-TERM", &pid]).status().await.expect("asked");
    assert!(asked.success());
    // It no longer takes new connections, and still owes an answer.
    for attempt in 0.. {
        if browser().get(format!("{base}/healthz")).send().await.is_err() {
            break;
        }
        assert!(attempt < 100, "it goes on listening");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    in_the_way.commit().await.expect("unlocked");
    let answer = hold.await.expect("asked").expect("answered although it was stopping");
    assert_eq!(answer.status(), 302);
    let to = answer.headers()["location"].to_str().expect("an address");
    assert!(to.starts_with("/appointments/"), "{to}");
    let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
    assert!(ended.expect("in time").expect("ended").success());
    assert_eq!(clinic.count("select count(*) from seats").await, 1, "what was answered is there");
}

/// Who listens is silent for longer than a request may take (20 s) or a connection may idle (30 s), costs
/// little, and does not keep the server from stopping.
#[sqlx::test(migrations = false)]
async fn listeners_outlive_every_time_limit_and_end_with_the_server(pool: PgPool) {
    const LISTENERS: usize = 400;
    const KB_EACH_MAX: usize = 32;
    let clinic = Clinic::open(pool.clone()).await;
    let base = format!("http://127.0.0.1:{}", free_port());
    let mut command = nadi(&["serve"]);
    command
        .env("DATABASE_URL", url_of(&pool).await)
        .env("NADI_LISTEN", base.trim_start_matches("http://"))
        // Nobody reads the log, and a full pipe would hold the server up.
        .env("NADI_LOG", "error");
    let mut child = command.spawn().expect("started");
    ready(&base, &mut child).await;
    let pid = child.id().expect("running").to_string();
    let client = browser();
    let listen = async || {
        let address = format!("{base}/doctors/asha-naik/changes");
        let mut answer = client.get(address).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.chunk().await.expect("open").expect("greeted");
        answer
    };

    let mut first = listen().await;
    let before = resident_kb(&pid);
    let mut others = Vec::new();
    for _ in 1..LISTENERS {
        others.push(listen().await);
    }
    let each = resident_kb(&pid).saturating_sub(before) / LISTENERS;
    assert!(each < KB_EACH_MAX, "{each} kB each");

    let mut heard = Vec::new();
    let until = tokio::time::Instant::now() + Duration::from_secs(32);
    while let Ok(chunk) = tokio::time::timeout_at(until, first.chunk()).await {
        heard.extend_from_slice(&chunk.expect("not broken").expect("not ended"));
    }
    // The server's own jobs may have told it something too.
    let heard = String::from_utf8_lossy(&heard).into_owned();
    assert_eq!(heard.lines().filter(|line| line.starts_with(':')).count(), 1, "{heard}");
    // Another instance holds a time, and this one tells.
    let asha = clinic.patient("Asha").await;
    clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let told = async {
        loop {
            let chunk = first.chunk().await.expect("open").expect("not ended");
            if String::from_utf8_lossy(&chunk).contains("data: ") {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), told).await.expect("told");

    let asked = Command::new("kill").args(["-TERM", &pid]).status().await.expect("asked");
    assert!(asked.success());
    let ended = tokio::time::timeout(Duration::from_secs(10), child.wait()).await;
    assert!(ended.expect("listeners do not keep it").expect("ended").success());
    for mut listener in others.into_iter().chain([first]) {
        while listener.chunk().await.expect("ended well, not broken off").is_some() {}
    }
}

/// The memory a process has, in kB.
fn resident_kb(pid: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("running");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// The test's own database, as the binary takes it.
async fn url_of(pool: &PgPool) -> String {
    let name: String = sqlx::query_scalar("select current_database()::text")
        .fetch_one(pool)
        .await
        .expect("a name");
    let mut url: url::Url =
        std::env::var("DATABASE_URL").expect("set").parse().expect("an address");
    url.set_path(&name);
    url.into()
}

async fn ready(base: &str, child: &mut Child) {
    for attempt in 0.. {
        if let Ok(answer) = browser().get(format!("{base}/readyz")).send().await
            && answer.status() == 200
        {
            return;
        }
        assert!(child.try_wait().expect("known").is_none(), "it ended by itself");
        assert!(attempt < 200, "it is not ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Until the database says that someone waits for a lock.
async fn waiting(pool: &PgPool) {
    for attempt in 0.. {
        let waits: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(pool)
        .await
        .expect("a count");
        if waits > 0 {
            return;
        }
        assert!(attempt < 200, "nobody waits");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
