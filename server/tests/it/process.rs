//! The binary itself: which configuration it refuses, and how it stops.

use std::time::Duration;

use nadi::ports::SignInStep;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::process::{free_port, nadi, output, ready};
use crate::support::sign_ins::email;
use crate::support::{Clinic, browser, time};

#[tokio::test]
async fn a_missing_or_wrong_variable_is_named_in_the_error() {
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
async fn the_server_keeps_trying_while_the_database_is_down() {
    let mut command = nadi(&["serve"]);
    command
        .env("DATABASE_URL", "postgres://nadi@127.0.0.1:1/nadi")
        .env("NADI_LISTEN", format!("127.0.0.1:{}", free_port()));
    let mut child = command.spawn().expect("started");
    let log = child.stderr.take().expect("its log");
    let mut lines = BufReader::new(log).lines();
    let two_failures = async {
        let mut failures = 0;
        while failures < 2 {
            let line = lines.next_line().await.expect("text").expect("it goes on trying");
            failures += u32::from(line.contains("the database does not answer"));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), two_failures).await.expect("it tries again");
    assert!(child.try_wait().expect("known").is_none(), "it goes on trying");
    child.kill().await.expect("ended");
}

/// After SIGTERM the server finishes the requests in flight and exits with success.
#[tokio::test]
async fn stopping_finishes_requests_in_flight() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let cookie = clinic.cookie(&asha).await;
    // The binary runs on the real clock.
    clinic.clock.step(chrono::Utc::now() - server::clock::Clock::now(&clinic.clock));
    server::schedules::top_up::run_once(&clinic.app_state).await.expect("times");
    let slot: i64 = sqlx::query_scalar(
        "select id from free_slots(now()) where starts_at > now() + interval '1 day' limit 1",
    )
    .fetch_one(&clinic.pool)
    .await
    .expect("a time");

    let base = format!("http://127.0.0.1:{}", free_port());
    let mut command = nadi(&["serve"]);
    command
        .env("DATABASE_URL", clinic.database_url())
        .env("NADI_LISTEN", base.trim_start_matches("http://"));
    let mut child = command.spawn().expect("started");
    ready(&base, &mut child).await;

    let mut in_the_way = clinic.pool.begin().await.expect("a transaction");
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
    clinic.until_waiting(1).await;
    let pid = child.id().expect("running").to_string();
    let asked = Command::new("kill").args(["-TERM", &pid]).status().await.expect("asked");
    assert!(asked.success());
    // It takes no new connections, and the request in flight is not answered yet.
    let is_closed = async || browser().get(format!("{base}/healthz")).send().await.is_err();
    time::until("it takes no connections any more", is_closed).await;
    in_the_way.commit().await.expect("unlocked");
    let answer = hold.await.expect("asked").expect("answered although it was stopping");
    assert_eq!(answer.status(), 302);
    let to = answer.headers()["location"].to_str().expect("an address");
    assert!(to.starts_with("/appointments/"), "{to}");
    let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
    assert!(ended.expect("in time").expect("ended").success());
    assert_eq!(clinic.count("select count(*) from seats").await, 1, "what was answered is there");
}

/// Whoever runs the command would know the password, and it would stay.
#[tokio::test]
async fn an_administrator_gets_no_password_in_production() {
    let create = ["admin", "create", "--email", "boss@example.org", "--name", "The Boss"];
    let mut command = nadi(&create);
    command
        .env("NADI_MODE", "production")
        .env("NADI_SECRET", "wK3v9pXq2Lr7TzBn5Ym8Hd4Gs6Fc1Ja0")
        .env("DATABASE_URL", "postgres://nadi@127.0.0.1:1/nadi")
        .env("NADI_ADMIN_PASSWORD", "seven quiet brown stones");
    let refused = output(command).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("NADI_ADMIN_PASSWORD"), "{said}");
    assert!(!said.contains("stones"), "{said}");

    let clinic = Clinic::open().await;
    let mut command = nadi(&create);
    command.env("DATABASE_URL", clinic.database_url());
    let made = output(command).await;
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success() && said.contains("/sign-in"), "{made:?}");
    let without = "select count(*) from accounts
                   where email = 'boss@example.org' and administers_everything and password_hash is null";
    assert_eq!(clinic.count(without).await, 1);
    let token = clinic
        .ports
        .sign_in
        .send_code(&clinic.visitor(), &email("boss@example.org"), "en")
        .await
        .expect("sent");
    let code = clinic.mailed_code("boss@example.org").await;
    let step = clinic.ports.sign_in.check_code(&clinic.visitor(), &token, &code).await;
    assert!(matches!(step, Ok(SignInStep::SignedIn(_))), "{step:?}");

    let mut command = nadi(&["account", "sign-out", "--email", "boss@example.org"]);
    command.env("DATABASE_URL", clinic.database_url());
    assert!(output(command).await.status.success());
    let mut command = nadi(&["account", "reset-factors", "--email", "nobody@example.org"]);
    command.env("DATABASE_URL", clinic.database_url());
    let refused = output(command).await;
    assert!(!refused.status.success());
    let signed_out = "select count(*) from events where type = 'account.signed_out'";
    assert_eq!(clinic.count(signed_out).await, 1);
}

/// `live_updates.rs` tests that they outlive the time limits of requests and connections.
#[tokio::test]
async fn listeners_take_little_memory_and_end_with_the_server() {
    const LISTENERS: usize = 400;
    const KB_EACH_MAX: usize = 32;
    let clinic = Clinic::open().await;
    let base = format!("http://127.0.0.1:{}", free_port());
    let mut command = nadi(&["serve"]);
    command
        .env("DATABASE_URL", clinic.database_url())
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

    // A hold on another instance is announced by this one.
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

/// The binary in production mode, on this clinic's database.
fn in_production(clinic: &Clinic, command: &[&str]) -> Command {
    let mut command = nadi(command);
    command
        .env("NADI_MODE", "production")
        .env("NADI_SECRET", "3f1c9a7be2d84056913fd0a7c25e88b4")
        .env("SMTP_URL", "smtps://nobody:nothing@mail.invalid:465")
        .env("PUBLIC_URL", "https://nadi.example")
        .env("DATABASE_URL", clinic.database_url());
    command
}

/// Their passwords are public, and the keys are printed.
#[tokio::test]
async fn production_takes_neither_the_demo_nor_patients_for_load_tests() {
    let clinic = Clinic::open().await;
    let accounts = "select count(*) from accounts";
    let before = clinic.count(accounts).await;
    for seed in [&["seed", "--demo"][..], &["seed", "--patients", "3"]] {
        let output = output(in_production(&clinic, seed)).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{seed:?}");
        assert!(said.contains("only with NADI_MODE=development"), "{seed:?}: {said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{seed:?}");
        assert_eq!(clinic.count(accounts).await, before, "{seed:?}");
    }
}

#[tokio::test]
async fn production_has_no_pages_for_developers() {
    let clinic = Clinic::open().await;
    let base = format!("http://127.0.0.1:{}", free_port());
    let mut command = in_production(&clinic, &["serve"]);
    command.env("NADI_LISTEN", base.trim_start_matches("http://")).env("NADI_LOG", "error");
    let mut child = command.spawn().expect("started");
    ready(&base, &mut child).await;
    let get = async |path: &str| {
        let request = browser().get(format!("{base}{path}")).header("host", "nadi.example");
        let answer = request.header("accept", "text/html").send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    for path in ["/dev/mailbox", "/dev/pieces", "/dev", "/dev/mailbox?to=a@example.org", "/metrics"]
    {
        assert_eq!(get(path).await.0, 404, "{path}");
    }
    assert_eq!(get("/en-XB").await.0, 404, "the pseudo-language");
    let (status, home) = get("/").await;
    assert_eq!(status, 200);
    assert!(!home.contains("/dev/"), "no page leads there");
    child.kill().await.expect("ended");
}
