//! The site as several people use it over HTTP, with names, addresses and words that nobody can mistake for others.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::Utc;
use nadi::text::plain;
use server::clock::Clock;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::http::call_api;
use super::process::{free_port, nadi, ready};
use super::registration::CookieJar;
use super::{Clinic, browser, time};

pub const PASSWORD: &str = "velvet otters counting moons";
pub const NAME: &str = "Zuleika Quettawalla";
pub const EMAIL: &str = "zuleika.quettawalla@example.org";
pub const NEW_EMAIL: &str = "zq.elsewhere@example.org";
pub const CHILD: &str = "Ignatius Quettawalla";
pub const BIRTH_DATE: &str = "2013-02-17";
pub const VISITOR: &str = "Barnabas Xylander";
pub const VISITOR_EMAIL: &str = "barnabas.xylander@example.org";
pub const INVITED: &str = "Philomena Oddsocks";
pub const INVITED_EMAIL: &str = "philomena.oddsocks@example.org";
pub const REASON: &str = "my left knee turned purple";
pub const REVIEW: &str = "the waiting room smelled of cinnamon bark";
pub const KEY_NAME: &str = "cupboard under the stairs";
pub const WRONG_PASSWORD: &str = "sixteen angry wombats";
pub const DOCTORS_PAGE: &str = "/doctors/asha-naik";

/// What people typed, by what it is.
pub const PERSONAL: [(&str, &str); 16] = [
    ("a name", NAME),
    ("a name", "Quettawalla"),
    ("the name of a child", CHILD),
    ("a visitor's name", VISITOR),
    ("the name of somebody invited", INVITED),
    ("an address", EMAIL),
    ("half an address", "zuleika.quettawalla"),
    ("a new address", NEW_EMAIL),
    ("a visitor's address", VISITOR_EMAIL),
    ("the address of somebody invited", INVITED_EMAIL),
    ("a birth date", BIRTH_DATE),
    ("a password", PASSWORD),
    ("a wrong password", WRONG_PASSWORD),
    ("a reason", REASON),
    ("a review", REVIEW),
    ("the name of a key", KEY_NAME),
];

/// A server in a process of its own, and what is collected while it is used.
pub struct Site {
    pub clinic: Clinic,
    pub base: String,
    pub operations: String,
    /// Where browsers were led, and what they have opened.
    pub addresses: Vec<String>,
    /// What must be nowhere, by what it is.
    pub secrets: Vec<(&'static str, String)>,
    process: Child,
    log: Arc<Mutex<String>>,
    reading: JoinHandle<()>,
}

impl Site {
    /// Starts the binary with a detailed log on a new clinic, with some more variables.
    pub async fn start(variables: &[(&str, &str)]) -> (Self, Vec<String>) {
        let clinic = Clinic::open().await;
        // The binary runs on the real clock.
        clinic.clock.step(Utc::now() - clinic.clock.now());
        server::schedules::top_up::run_once(&clinic.app_state).await.expect("times");
        let slots: Vec<i64> = sqlx::query_scalar(
            "select id from free_slots(now()) where starts_at > now() + interval '2 days' order by starts_at",
        )
        .fetch_all(&clinic.pool)
        .await
        .expect("times");
        let slots = slots.iter().map(ToString::to_string).collect();

        (Self::start_on(clinic, variables).await, slots)
    }

    /// The same on a clinic that there is already.
    pub async fn start_on(clinic: Clinic, variables: &[(&str, &str)]) -> Self {
        let base = format!("http://127.0.0.1:{}", free_port());
        let operations = format!("127.0.0.1:{}", free_port());
        let mut command = nadi(&["serve"]);
        command
            .env("DATABASE_URL", clinic.database_url())
            .env("NADI_LISTEN", base.trim_start_matches("http://"))
            .env("NADI_OPERATIONS_LISTEN", &operations)
            .env("PUBLIC_URL", &base)
            .env("NADI_LOG", "debug")
            .envs(variables.iter().copied());
        let mut process = command.spawn().expect("started");
        let log: Arc<Mutex<String>> = Arc::default();
        let mut lines = BufReader::new(process.stderr.take().expect("its log")).lines();
        let collected = log.clone();
        let reading = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut log = collected.lock().expect("not poisoned");
                log.push_str(&line);
                log.push('\n');
            }
        });
        ready(&base, &mut process).await;
        let mut site = Self {
            clinic,
            base,
            operations,
            addresses: Vec::new(),
            secrets: Vec::new(),
            process,
            log,
            reading,
        };
        for (what, secret) in PERSONAL {
            site.forbid(what, secret);
        }
        site
    }

    /// The newest code that was sent to an address.
    pub async fn newest_code(&self, to: &str) -> String {
        self.mail(to).await.0.split(' ').next().unwrap_or_default().to_owned()
    }

    /// Uses everything that has to do with people.
    pub async fn use_all(&mut self, slots: &[String]) {
        let mut jar = CookieJar::default();
        register(self, &mut jar).await;
        let visited = book(self, &mut jar, slots).await;
        book_as_visitor(self, &slots[8]).await;
        use_account(self, &mut jar, &visited).await;
        invite(self, &mut jar).await;
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("not poisoned").clone()
    }

    /// Stops the server; returns its log.
    pub async fn stop(mut self) -> (Clinic, String) {
        let pid = self.process.id().expect("running").to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().await.expect("asked");
        assert!(asked.success());
        let ended = tokio::time::timeout(Duration::from_secs(20), self.process.wait()).await;
        assert!(ended.expect("in time").expect("ended").success());
        self.reading.await.expect("read to the end");
        let log = self.log.lock().expect("not poisoned").clone();
        (self.clinic, log)
    }

    pub fn forbid(&mut self, what: &'static str, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 6, "{what} is too short to be looked for: {secret}");
        self.secrets.push((what, secret));
    }

    /// Sends a form; everything in the answer's cookies is a secret.
    async fn send(
        &mut self,
        jar: &mut CookieJar,
        (action, page): (&str, &str),
        fields: &[(&str, &str)],
    ) -> String {
        let to = jar.submit(&self.base, (action, page), fields).await;
        self.addresses.extend([format!("{action} -> {to}"), page.to_owned()]);
        self.forbid_cookies(jar);
        to
    }

    async fn open(&mut self, jar: &mut CookieJar, path: &str) -> String {
        let (status, to, page) = jar.open(&self.base, path).await;
        assert!(status < 500, "{status} {path}");
        self.addresses.extend([path.to_owned(), to]);
        self.forbid_cookies(jar);
        page
    }

    fn forbid_cookies(&mut self, jar: &CookieJar) {
        for pair in jar.header().split("; ") {
            let Some((name, value)) = pair.split_once('=') else { continue };
            if value.len() >= 16 && !self.secrets.iter().any(|(_, known)| known == value) {
                assert!(name.starts_with("nadi"), "{name}");
                self.forbid("a cookie", value);
            }
        }
    }

    /// The newest message to an address: its subject and its text.
    async fn mail(&self, to: &str) -> (String, String) {
        time::until("the message is sent", async || self.nothing_waits().await).await;
        sqlx::query_as(
            "select subject, body from development_mail where recipient = $1 order by id desc limit 1",
        )
        .bind(to)
        .fetch_one(&self.clinic.pool)
        .await
        .expect("a message")
    }

    async fn nothing_waits(&self) -> bool {
        let waiting = "select count(*) from notifications where state = 'waiting'";
        let behind = "select count(*) from events e, event_readers r
                      where r.name = 'notifications'
                        and not pg_visible_in_snapshot(e.transaction_id, r.position)";
        self.clinic.count(behind).await == 0 && self.clinic.count(waiting).await == 0
    }

    async fn code(&mut self, to: &str) -> String {
        let (subject, _) = self.mail(to).await;
        let code = subject.split(' ').next().unwrap_or_default().to_owned();
        assert_eq!(code.len(), 8, "{subject}");
        self.forbid("a code", code.clone());
        code
    }

    async fn version(&self, appointment: &str) -> String {
        sqlx::query_scalar("select version::text from appointments where id = $1::uuid")
            .bind(appointment)
            .fetch_one(&self.clinic.pool)
            .await
            .expect("an appointment")
    }

    async fn text(&self, sql: &'static str) -> String {
        sqlx::query_scalar(sql).fetch_one(&self.clinic.pool).await.expect("a row")
    }
}

fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Registers, also with mistakes.
async fn register(site: &mut Site, jar: &mut CookieJar) {
    let page = ("/fn/register", "/register");
    let mistaken = [("name", NAME), ("email", "zuleika.quettawalla at example"), ("password", "x")];
    assert!(site.send(jar, page, &mistaken).await.contains("__err="));
    let fields = [("name", NAME), ("email", EMAIL), ("password", PASSWORD)];
    site.send(jar, page, &fields).await;
    site.open(jar, "/sign-in/code").await;
    let code = site.code(EMAIL).await;
    let wrong = if code == "11111111" { "22222222" } else { "11111111" };
    let page = ("/fn/check_code", "/sign-in/code");
    assert!(site.send(jar, page, &[("code", wrong)]).await.contains("__err="));
    let to = site.send(jar, page, &[("code", &code)]).await;
    assert!(to.contains("signed_in=yes"), "{to}");
    site.open(jar, &to).await;
}

/// Books for a child, moves nothing, and cancels with a reason. Returns the id of a visit that took place.
async fn book(site: &mut Site, jar: &mut CookieJar, slots: &[String]) -> String {
    let fields = [("name", CHILD), ("birth_date", BIRTH_DATE)];
    site.send(jar, ("/fn/add_person", "/people"), &fields).await;
    site.open(jar, "/people").await;
    site.open(jar, "/doctors?q=Naik").await;
    let child = site.text("select id::text from people where relation = 'dependant'").await;
    let mut booked = Vec::new();
    for (slot, person) in [(&slots[0], child.as_str()), (&slots[3], "")] {
        let key = key();
        let fields =
            [("slot", slot.as_str()), ("person", person), ("back", DOCTORS_PAGE), ("key", &key)];
        let held = site.send(jar, ("/fn/hold", DOCTORS_PAGE), &fields).await;
        assert!(held.starts_with("/appointments/"), "{held}");
        site.open(jar, &held).await;
        let code = site.code(EMAIL).await;
        let id = held.trim_start_matches("/appointments/").to_owned();
        let key = self::key();
        let fields = [("id", id.as_str()), ("code", &code), ("key", &key)];
        let to = site.send(jar, ("/fn/confirm", &held), &fields).await;
        assert!(to.contains("done=confirmed"), "{to}");
        site.open(jar, &to).await;
        booked.push(id);
    }
    let [cancelled, visited] = [booked[0].clone(), booked[1].clone()];
    let page = format!("/appointments/{cancelled}");
    let key = key();
    let version = site.version(&cancelled).await;
    let fields =
        [("id", cancelled.as_str()), ("version", &version), ("reason", REASON), ("key", &key)];
    let to = site.send(jar, ("/fn/cancel", &page), &fields).await;
    assert!(to.contains("done=cancelled"), "{to}");
    site.open(jar, &page).await;
    // It took place yesterday.
    sqlx::query(
        "update appointments set state = 'completed', starts_at = now() - interval '1 day',
                ends_at = now() - interval '23 hours'
         where id = $1::uuid",
    )
    .bind(&visited)
    .execute(&site.clinic.pool)
    .await
    .expect("completed");
    visited
}

/// Books without an account, and deletes the account that comes of it.
async fn book_as_visitor(site: &mut Site, slot: &str) {
    let mut jar = CookieJar::default();
    let fields = [("slot", slot), ("back", DOCTORS_PAGE)];
    let to = site.send(&mut jar, ("/fn/hold", DOCTORS_PAGE), &fields).await;
    site.open(&mut jar, &to).await;
    let key = key();
    let fields = [("slot", slot), ("back", DOCTORS_PAGE), ("key", key.as_str()), ("tried", "yes")];
    let held = site.send(&mut jar, ("/fn/hold", "/book"), &fields).await;
    let id = held.trim_start_matches("/appointments/").to_owned();
    let keys = [self::key(), self::key(), self::key()];
    for (email, key) in [("barnabas.xylander", &keys[0]), (VISITOR_EMAIL, &keys[1])] {
        let fields = [
            ("id", id.as_str()),
            ("whom", "me"),
            ("name", VISITOR),
            ("email", email),
            ("key", key),
        ];
        site.send(&mut jar, ("/fn/send_code", &held), &fields).await;
    }
    site.open(&mut jar, &held).await;
    let code = site.code(VISITOR_EMAIL).await;
    let fields = [("id", id.as_str()), ("code", &code), ("key", &keys[2])];
    let to = site.send(&mut jar, ("/fn/confirm", &held), &fields).await;
    assert!(to.contains("done=confirmed"), "{to}");
    site.open(&mut jar, &held).await;
    let key = self::key();
    let version = site.version(&id).await;
    let fields = [("id", id.as_str()), ("version", &version), ("reason", ""), ("key", &key)];
    site.send(&mut jar, ("/fn/cancel", &held), &fields).await;
    let to = site.send(&mut jar, ("/fn/delete_account", "/account/delete"), &[("sure", "yes")]);
    let to = to.await;
    assert_eq!(to, "/account/deleted");
}

/// A review, a key for programs, a calendar link, another address, the export.
async fn use_account(site: &mut Site, jar: &mut CookieJar, visited: &str) {
    let page = format!("/appointments/{visited}");
    let fields = [("id", visited), ("stars", "4"), ("text", REVIEW)];
    let to = site.send(jar, ("/fn/write_review", &page), &fields).await;
    assert!(!to.contains("__err="), "{to}");
    site.open(jar, DOCTORS_PAGE).await;

    let fields = [("name", KEY_NAME), ("scope", "read")];
    let to = site.send(jar, ("/fn/create_api_key", "/account/api-keys"), &fields).await;
    let page = site.open(jar, &to).await;
    let made = page.split("nadi_key_").nth(1).and_then(|rest| rest.split('"').next());
    let made = format!("nadi_key_{}", made.expect("a key"));
    site.forbid("an API key", made.clone());
    assert_eq!(call_api(&site.base, "/people", Some(&made), None).await.0, 200);
    let wrong = "nadi_key_wrongwrongwrongwrong";
    site.forbid("a wrong API key", wrong);
    assert_eq!(call_api(&site.base, "/people", Some(wrong), None).await.0, 401);

    site.send(jar, ("/fn/add_feed", "/appointments/calendar"), &[("kind", "patient")]).await;
    let page = site.open(jar, "/appointments/calendar").await;
    let feed = page.split("/feeds/").nth(1).and_then(|rest| rest.split(".ics").next());
    let feed = feed.expect("a calendar link").to_owned();
    site.forbid("a calendar link", feed.clone());
    for (path, status) in
        [(format!("/feeds/{feed}.ics"), 200), (format!("/feeds/{feed}0.ics"), 404)]
    {
        let answer = browser().get(format!("{}{path}", site.base)).send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{path}");
    }

    let page = ("/fn/change_email", "/account/email");
    site.send(jar, page, &[("email", NEW_EMAIL)]).await;
    let code = site.code(NEW_EMAIL).await;
    let to = site.send(jar, ("/fn/confirm_email", "/account/email"), &[("code", &code)]).await;
    assert!(to.contains("done=email"), "{to}");
    site.send(jar, ("/fn/rename_account", "/account/name"), &[("name", NAME)]).await;
    let shown = site.open(jar, "/account/export/page").await;
    assert!(shown.contains(REVIEW) && shown.contains(NEW_EMAIL), "{shown}");
    let to = site.send(
        jar,
        ("/fn/sign_in", "/sign-in"),
        &[("email", NEW_EMAIL), ("password", WRONG_PASSWORD)],
    );
    assert!(to.await.contains("__err="));
    let login = serde_json::json!({ "email": NEW_EMAIL, "password": PASSWORD }).to_string();
    let (status, tokens) = call_api(&site.base, "/auth/login", None, Some(&login)).await;
    assert_eq!(status, 200, "{tokens}");
    for token in ["access_token", "refresh_token"] {
        site.forbid("a token", tokens[token].as_str().expect("a token"));
    }
}

/// Invites somebody, who accepts.
async fn invite(site: &mut Site, jar: &mut CookieJar) {
    // The other account is deleted by now.
    sqlx::query(
        "update accounts set administers_everything = true where email_verified_at is not null",
    )
    .execute(&site.clinic.pool)
    .await
    .expect("an administrator");
    let clinic = site.clinic.clinic.to_string();
    let fields = [("clinic", clinic.as_str()), ("email", INVITED_EMAIL), ("role", "receptionist")];
    let to = site.send(jar, ("/fn/invite_member", "/admin/team"), &fields).await;
    assert!(!to.contains("__err=") && !to.contains("/sign-in"), "{to}");
    site.open(jar, "/admin/team").await;
    let (_, body) = site.mail(INVITED_EMAIL).await;
    let link = body.split("/invitations/").nth(1).expect("a link");
    let link: String = link.chars().take_while(char::is_ascii_alphanumeric).collect();
    site.forbid("an invitation", link.clone());
    let mut other = CookieJar::default();
    // The address is the link itself, so it is not collected.
    let (status, _, _) = other.open(&site.base, &format!("/invitations/{link}")).await;
    assert_eq!(status, 303);
    site.open(&mut other, "/invitation").await;
    let fields = [("link", link.as_str()), ("name", INVITED), ("password", PASSWORD)];
    let to = other.submit(&site.base, ("/fn/join", "/register"), &fields).await;
    assert!(!to.contains("__err="), "{to}");
    site.addresses.push(to.clone());
    site.forbid_cookies(&other);
    site.open(&mut other, &to).await;
    site.open(&mut other, "/admin/appointments").await;
}

/// Every form in which a text may stand in a log or in an address.
fn forms(secret: &str) -> Vec<String> {
    let lower = secret.to_lowercase();
    let mut forms = vec![lower.clone(), plain(secret)];
    forms.extend([lower.replace(' ', "+"), lower.replace(' ', "%20"), lower.replace('@', "%40")]);
    forms.dedup();
    forms
}

/// The lines that contain one of the secrets, with what it is.
pub fn found(text: &str, secrets: &[(&'static str, String)]) -> Vec<String> {
    let forms: Vec<(&str, Vec<String>)> =
        secrets.iter().map(|(what, secret)| (*what, forms(secret))).collect();
    let mut found = Vec::new();
    for line in text.lines() {
        let lower = line.to_lowercase();
        for (what, forms) in &forms {
            if forms.iter().any(|form| contains(&lower, form)) {
                found.push(format!("{what}: {line}"));
            }
        }
    }
    found
}

/// Digits count only as a number of their own: a code may be a part of a duration.
fn contains(line: &str, secret: &str) -> bool {
    let is_code = secret.bytes().all(|byte| byte.is_ascii_digit());
    line.match_indices(secret).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + secret.len()..].chars().next();
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.');
        !is_code || !is_part(before) && !is_part(after)
    })
}
