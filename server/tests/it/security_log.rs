//! The lines about security in the server's log: each attempt that somebody should notice is one, with who and from
//! where, and none has what was typed or sent.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};

use nadi::Failure;
use nadi::actor::SignedIn;
use nadi::ports::{Change, InvitedAs, NewBusyCalendar, TeamRole};
use serde_json::Value;
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing_subscriber::fmt::MakeWriter;

use crate::invitations::{administrator, invite};
use crate::support::http::{call_api, get_page};
use crate::support::registration::{CookieJar, Newcomer};
use crate::support::sign_ins::PASSWORD;
use crate::support::{Clinic, browser};

const DOCTORS_PAGE: &str = "/doctors/asha-naik";
const NAME: &str = "Zuleika Quettawalla";
const EMAIL: &str = "zuleika.quettawalla@example.org";
const WRONG_PASSWORD: &str = "sixteen angry wombats";
const FORGED: &str = "forged-forged-forged-forged";

/// What was logged in this test, which runs on one thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    /// In the format of a server that runs without a terminal.
    fn of_this_test() -> (Self, DefaultGuard) {
        // As long as there is one dispatcher, `tracing` asks that of the thread which reaches a line first whether
        // anybody wants it: of other tests, nobody does, for good. With a second one it asks both.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Dispatch::new(NoSubscriber::default()));
        let log = Self::default();
        let lines = tracing_subscriber::fmt().json().with_max_level(LevelFilter::DEBUG);
        let guard = tracing::subscriber::set_default(lines.with_writer(log.clone()).finish());
        (log, guard)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("text")
    }

    /// The fields of the lines about security since the last call.
    fn take(&self) -> Vec<Value> {
        let text = self.text();
        self.0.lock().expect("not poisoned").clear();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
        let lines = lines.filter(|line| line["target"] == "nadi::security");
        lines.map(|line| line["fields"].clone()).collect()
    }

    /// The only line since the last call, which is about this event.
    #[track_caller]
    fn only(&self, event: &str) -> Value {
        let lines = self.take();
        assert_eq!(lines.len(), 1, "{event}: {lines:?}");
        assert_eq!(lines[0]["event"], event, "{lines:?}");
        assert_ne!(lines[0]["request"], "", "{lines:?}");
        let text = lines[0].to_string();
        for private in [NAME, "Quettawalla", "quettawalla", WRONG_PASSWORD, PASSWORD, FORGED] {
            assert!(!text.contains(private), "{private}: {text}");
        }
        lines[0].clone()
    }
}

async fn login(base: &str, email: &str, password: &str) -> u16 {
    let body = serde_json::json!({ "email": email, "password": password }).to_string();
    call_api(base, "/auth/login", None, Some(&body)).await.0
}

#[tokio::test]
async fn who_signs_in_and_who_fails_to_is_logged() {
    let clinic = Clinic::open().await;
    let who = clinic.known_patient(NAME).await;
    let base = clinic.serve().await;
    let (log, _guard) = Log::of_this_test();

    assert_eq!(login(&base, EMAIL, WRONG_PASSWORD).await, 401);
    let failed = log.only("sign_in_failed");
    assert_eq!(
        (&failed["with"], &failed["reason"]),
        (&"password".into(), &"wrong_password".into())
    );
    let address = failed["address"].as_str().expect("a keyed hash").to_owned();
    assert_eq!(address.len(), 32, "{address}");
    let network = failed["network"].as_str().expect("a keyed hash").to_owned();
    assert_eq!(network.len(), 32, "{network}");
    assert_eq!(login(&base, "ZULEIKA.Quettawalla@example.org", WRONG_PASSWORD).await, 401);
    assert_eq!(log.only("sign_in_failed")["address"], address.as_str(), "the same address");
    assert_eq!(login(&base, "somebody.else@example.org", WRONG_PASSWORD).await, 401);
    assert_ne!(log.only("sign_in_failed")["address"], address.as_str(), "another address");

    assert_eq!(login(&base, EMAIL, PASSWORD).await, 200);
    let signed_in = log.only("signed_in");
    assert_eq!(signed_in["account"], who.account.to_string());
    assert_eq!((&signed_in["with"], &signed_in["network"]), (&"password".into(), &network.into()));

    let mut jar = CookieJar::default();
    let to = jar.submit(&base, ("/fn/send_sign_in_code", "/sign-in"), &[("email", EMAIL)]).await;
    let code = clinic.code_sent_to(EMAIL).await;
    log.take();
    let wrong = if code == "11111111" { "22222222" } else { "11111111" };
    jar.submit(&base, ("/fn/check_code", &to), &[("code", wrong)]).await;
    let failed = log.only("sign_in_failed");
    assert_eq!((&failed["with"], &failed["reason"]), (&"code".into(), &"wrong_code".into()));
    assert_eq!(failed["address"], address.as_str(), "where the code was sent");
    jar.submit(&base, ("/fn/check_code", &to), &[("code", &code)]).await;
    assert_eq!(log.only("signed_in")["with"], "code");
}

#[tokio::test]
async fn codes_of_bookings_and_invitations_that_sign_in_are_logged() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let slot = clinic.free(clinic.doctor).await[0].to_string();
    let base = clinic.serve().await;
    let (log, _guard) = Log::of_this_test();

    let mut jar = CookieJar::default();
    let fields = [("slot", slot.as_str()), ("back", DOCTORS_PAGE)];
    let to = jar.submit(&base, ("/fn/hold", DOCTORS_PAGE), &fields).await;
    jar.open(&base, &to).await;
    let key = uuid::Uuid::new_v4().to_string();
    let fields = [fields[0], fields[1], ("tried", "yes"), ("key", key.as_str())];
    let held = jar.submit(&base, ("/fn/hold", "/book"), &fields).await;
    let id = held.trim_start_matches("/appointments/").to_owned();
    let fields = [("id", id.as_str()), ("whom", "me"), ("name", NAME), ("email", EMAIL)];
    jar.submit(&base, ("/fn/send_code", &held), &fields).await;
    let code = clinic.code_sent_to(EMAIL).await;
    log.take();
    let wrong = if code == "11111111" { "22222222" } else { "11111111" };
    jar.submit(&base, ("/fn/confirm", &held), &[("id", &id), ("code", wrong)]).await;
    let line = log.only("wrong_code");
    assert_eq!((&line["with"], &line["subject"]), (&"booking".into(), &id.as_str().into()));
    let to = jar.submit(&base, ("/fn/confirm", &held), &[("id", &id), ("code", &code)]).await;
    assert!(to.contains("done=confirmed"), "{to}");
    let line = log.only("signed_in");
    assert_eq!(line["with"], "booking_code");
    let account: String = sqlx::query_scalar("select booked_by::text from appointments")
        .fetch_one(&clinic.pool)
        .await
        .expect("an appointment");
    assert_eq!(line["account"], account.as_str());

    let role = InvitedAs::Member(TeamRole::Receptionist);
    invite(&clinic, &admin, role, "new.zuleika@example.org").await.expect("invited");
    let link = clinic.mailed_link("new.zuleika@example.org").await;
    log.take();
    let last = if link.ends_with('a') { "b" } else { "a" };
    let forged = format!("{}{last}", &link[..link.len() - 1]);
    assert_eq!(get_page(&base, &format!("/invitations/{forged}"), "").await.0, 404);
    assert_eq!(log.only("forged")["what"], "invitation");
    let fields = [("link", link.as_str()), ("name", NAME), ("password", PASSWORD)];
    let mut other = CookieJar::default();
    let to = other.submit(&base, ("/fn/join", "/register"), &fields).await;
    assert!(!to.contains("__err="), "{to}");
    assert_eq!(log.only("signed_in")["with"], "invitation");
}

#[tokio::test]
async fn refused_access_is_logged_with_who_and_what() {
    let clinic = Clinic::open().await;
    let (who, other) = (clinic.known_patient(NAME).await, clinic.known_patient("Ravi").await);
    let visit = clinic.book(&other, clinic.free(clinic.doctor).await[3]).await;
    let (cookie, token) = (clinic.cookie(&who).await, clinic.token(&who).await);
    let base = clinic.serve().await;
    let (log, _guard) = Log::of_this_test();
    let account = who.account.to_string();
    let refused = |permission: &str, subject: Option<String>| {
        let line = log.only("access_refused");
        assert_eq!(
            (&line["permission"], &line["account"]),
            (&permission.into(), &account.as_str().into())
        );
        assert_eq!(line["subject"].as_str(), subject.as_deref(), "{line}");
    };
    for (path, permission) in [
        ("/audit", "ReadAuditLog"),
        ("/calendar", "SeeOwnCalendar"),
        ("/admin/holds", "ReleaseHolds"),
        ("/admin/locations", "ManageLocations"),
    ] {
        assert_eq!(get_page(&base, path, &cookie).await.0, 403, "{path}");
        refused(permission, None);
    }
    let id = visit.to_string();
    assert_eq!(get_page(&base, &format!("/appointments/{id}"), &cookie).await.0, 404);
    refused("SeeAppointments", Some(id.clone()));
    assert_eq!(call_api(&base, &format!("/appointments/{id}"), Some(&token), None).await.0, 404);
    refused("SeeAppointments", Some(id.clone()));
    let cancel = Change::Cancel { reason: None };
    assert_eq!(clinic.change(&who, visit, &cancel).await, Err(Failure::NotFound));
    refused("ChangeAppointments", Some(id.clone()));
    let doctor = clinic.doctor.to_string();
    let hours = format!("/admin/doctors/{doctor}/hours");
    assert_eq!(get_page(&base, &hours, &cookie).await.0, 404);
    refused("ManageSchedules", Some(doctor));

    // What is allowed is no line, and neither is being asked to sign in.
    let own = clinic.cookie(&other).await;
    assert_eq!(get_page(&base, &format!("/appointments/{id}"), &own).await.0, 200);
    get_page(&base, "/audit", "").await;
    get_page(&base, &format!("/appointments/{id}"), "").await;
    assert_eq!(log.take(), Vec::<Value>::new());
}

#[tokio::test]
async fn attempts_to_get_around_controls_are_logged() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let newcomer = Newcomer { name: NAME, email: EMAIL, password: PASSWORD };
    let (mut jar, _) = clinic.register_by_form(&base, newcomer, "/").await;
    let doctor = clinic.doctor_account().await;
    let (log, _guard) = Log::of_this_test();

    for (path, kind) in [
        ("/fn/hold", "application/x-www-form-urlencoded"),
        ("/api/v1/auth/login", "application/json"),
    ] {
        let request = browser().post(format!("{base}{path}")).header("content-type", kind);
        let request = request.header("origin", "https://quettawalla.example").body("{}");
        assert_eq!(request.send().await.expect("an answer").status(), 403);
        log.only("foreign_origin");
    }
    for (cookie, what) in [("nadi_session", "session_cookie"), ("nadi_visitor", "visitor_cookie")] {
        for path in ["/appointments", "/api/v1/appointments"] {
            get_page(&base, path, &format!("{cookie}={FORGED}")).await;
            assert_eq!(log.only("forged")["what"], what, "{path}");
        }
    }
    assert_eq!(call_api(&base, "/people", Some(FORGED), None).await.0, 401);
    assert_eq!(log.only("forged")["what"], "token");

    let to = jar
        .submit(&base, ("/fn/change_email", "/account/email"), &[("email", "q@example.org")])
        .await;
    let code = clinic.code_sent_to("q@example.org").await;
    log.take();
    let wrong = if code == "11111111" { "22222222" } else { "11111111" };
    jar.submit(&base, ("/fn/confirm_email", &to), &[("code", wrong)]).await;
    assert_eq!(log.only("wrong_code")["with"], "change_of_address");

    for address in ["http://127.0.0.1:8080/quettawalla.ics", "https://localhost/quettawalla.ics"] {
        let calendar = NewBusyCalendar { name: NAME.into(), ..NewBusyCalendar::default() };
        let caller = clinic.caller(&doctor);
        let added = clinic.ports.busy.add_address(&caller, clinic.doctor, calendar, address.into());
        added.await.expect_err("not public");
        let line = log.only("calendar_address_refused");
        assert_eq!(line["account"], doctor.account.to_string(), "{address}");
    }
}

/// A line break in what was sent would begin a line that an attacker has written.
#[tokio::test]
async fn nothing_that_is_sent_makes_a_line_of_its_own() {
    let mut clinic = Clinic::open().await;
    clinic.config.trusted_proxies = 1;
    let clinic = crate::cache::beside(&clinic, None);
    let who: SignedIn = clinic.known_patient("Asha").await;
    let cookie = clinic.cookie(&who).await;
    let base = clinic.serve().await;
    let line = "\n{\"level\":\"WARN\",\"fields\":{\"event\":\"injected\"},\"target\":\"nadi::security\"}\n";
    let encoded: String = line.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let unbroken = line.replace('\n', "\\n");
    let send = async || {
        for path in [
            format!("/{encoded}"),
            format!("/doctors?q={encoded}"),
            format!("/appointments/{encoded}"),
        ] {
            let request = browser()
                .get(format!("{base}{path}"))
                .header("accept", "text/html")
                .header("cookie", &cookie)
                .header("user-agent", &unbroken)
                .header("x-request-id", &unbroken)
                .header("x-forwarded-for", &unbroken);
            request.send().await.expect("an answer");
        }
        login(&base, &format!("{line}@example.org"), line).await;
        login(&base, EMAIL, line).await;
        let fields = [("name", line), ("email", line), ("password", line)];
        CookieJar::default().submit(&base, ("/fn/register", "/register"), &fields).await;
    };
    let (log, guard) = Log::of_this_test();
    send().await;
    let text = log.text();
    assert!(text.contains("\"answered\""), "{text}");
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("each line is one of ours");
        assert!(line["timestamp"].is_string(), "{line}");
    }
    assert!(!text.contains("injected"), "{text}");
    drop(guard);

    // As at a terminal, where a line break would be one.
    let log = Log::default();
    let lines = tracing_subscriber::fmt().with_max_level(LevelFilter::DEBUG).with_ansi(false);
    let _guard = tracing::subscriber::set_default(lines.with_writer(log.clone()).finish());
    send().await;
    let text = log.text();
    assert!(text.contains("answered") && !text.contains("injected"), "{text}");
    let begins = |line: &str| line.starts_with("20") && line.as_bytes().get(10) == Some(&b'T');
    let others: Vec<&str> = text.lines().filter(|line| !begins(line)).collect();
    assert_eq!(others, Vec::<&str>::new());
}
