//! Personal data in the database are encrypted, and their keys can be replaced while the server runs.
//!
//! The keys belong to the whole process, so the tests run the binary.

use std::path::PathBuf;

use chrono::Utc;
use nadi::actor::{Access, SignedIn};
use server::clock::Clock;
use server::encryption::columns;
use totp_rs::Totp;

use crate::support::everyday_use::{
    CHILD, EMAIL, INVITED_EMAIL, KEY_NAME, NAME, NEW_EMAIL, PASSWORD, PERSONAL, REASON, REVIEW,
    Site, found,
};
use crate::support::http::call_api;
use crate::support::process::{nadi, output};
use crate::support::registration::CookieJar;
use crate::support::{Clinic, time};

const DATA_1: &str = "data 1 1f8a0e7c5d3b2a190817263544536271809fa0b1c2d3e4f5061728394a5b6c7d";
const DATA_2: &str = "data 2 7d6c5b4a39281706f5e4d3c2b1a09f80716253443526170819a2b3d5c7e0a8f1";
const DATA_1_AS_2: &str = "data 2 1f8a0e7c5d3b2a190817263544536271809fa0b1c2d3e4f5061728394a5b6c7d";
const ADDRESSES_1: &str =
    "addresses 1 00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef";
const ADDRESSES_2: &str =
    "addresses 2 ffeeddccbbaa99887766554433221100fedcba9876543210fedcba9876543210";

/// A file with keys, which is deleted at the end.
struct KeyFile(PathBuf);

impl KeyFile {
    fn new(lines: &[&str]) -> Self {
        let file = Self(std::env::temp_dir().join(format!("nadi-keys-{}", uuid::Uuid::new_v4())));
        file.write(lines);
        file
    }

    fn write(&self, lines: &[&str]) {
        std::fs::write(&self.0, lines.join("\n")).expect("written");
    }

    fn variables(&self) -> [(&str, &str); 2] {
        [("NADI_KEYS", ""), ("NADI_KEYS_FILE", self.0.to_str().expect("a path"))]
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn run(clinic: &Clinic, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&clinic.pool).await.expect("run");
}

/// Every row of every table as text, without the messages that development mode keeps instead of sending them.
async fn whole_database(clinic: &Clinic) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c
         where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'development_mail'",
    )
    .fetch_all(&clinic.pool)
    .await
    .expect("tables");
    let mut rows = Vec::new();
    for table in tables {
        let sql = format!("select '{table} ' || t::text from {table} t");
        let of_table: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_all(&clinic.pool)
            .await
            .expect("rows");
        rows.extend(of_table);
    }
    rows.join("\n")
}

/// What people typed that must not be readable in the database.
fn personal() -> Vec<(&'static str, String)> {
    let of_people = PERSONAL.into_iter().filter(|(_, text)| *text != KEY_NAME);
    of_people.map(|(what, text)| (what, text.to_owned())).collect()
}

/// Runs a command about keys; returns what it has printed, or its error.
async fn keys(
    clinic: &Clinic,
    command: &str,
    variables: &[(&str, &str)],
) -> Result<String, String> {
    let mut process = nadi(&["keys", command]);
    process.env("DATABASE_URL", clinic.database_url()).envs(variables.iter().copied());
    let ended = output(process).await;
    let (printed, errors) =
        (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    if ended.status.success() { Ok(format!("{printed}{errors}")) } else { Err(errors.into_owned()) }
}

/// Why the server does not start.
async fn refusal(clinic: &Clinic, variables: &[(&str, &str)]) -> String {
    let mut process = nadi(&["serve"]);
    process
        .env("DATABASE_URL", clinic.database_url())
        .env("NADI_LISTEN", "127.0.0.1:0")
        .envs(variables.iter().copied());
    let ended = output(process).await;
    assert!(!ended.status.success(), "it has started");
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

async fn can_sign_in(site: &Site, email: &str, password: &str) -> bool {
    let login = serde_json::json!({ "email": email, "password": password }).to_string();
    call_api(&site.base, "/auth/login", None, Some(&login)).await.0 == 200
}

/// Everything that somebody has typed, as they get it back.
async fn export(site: &Site) -> String {
    let mut jar = CookieJar::default();
    let fields = [("email", NEW_EMAIL), ("password", PASSWORD)];
    let to = jar.submit(&site.base, ("/fn/sign_in", "/sign-in"), &fields).await;
    assert!(!to.contains("__err="), "{to}");
    let (status, _, page) = jar.open(&site.base, "/account/export/page").await;
    assert_eq!(status, 200, "{page}");
    page
}

/// Fills the columns that nobody has filled yet, with texts as long as they may be.
async fn fill(clinic: &Clinic) {
    run(
        clinic,
        "insert into time_off (id, doctor_id, starts_local, ends_local, note, created_at)
         select gen_random_uuid(), id, '2030-12-24', '2030-12-27', repeat('ä', 200), now() from doctors limit 1;
         insert into schedule_drafts (id, doctor_id, account_id, version, schedule, created_at)
         select gen_random_uuid(), d.id, a.id, 1, '{\"note\": \"at the sea\"}', now()
         from doctors d, accounts a limit 1;
         insert into busy_calendars (id, doctor_id, name, address, owner_email, due_at, created_at)
         select gen_random_uuid(), id, 'Hospital', 'https://c.example/' || repeat('x', 1980),
                repeat('m', 300) || '@hospital.example', 'infinity', now() from doctors limit 1;
         insert into address_proofs (id, secret_digest, purpose, email, name, locale, created_at, expires_at)
         values (gen_random_uuid(), '\\x01', 'register', 'somebody@example.org', repeat('ä', 200), 'en', now(),
                 now() + interval '1 hour');
         insert into accounts (id, email, created_at) values (gen_random_uuid(), 'old@example.org', now());
         insert into unproven_accounts (account_id, email)
         select id, email from accounts where email = 'old@example.org';
         insert into notifications (event_id, subject_id, subject_version, recipient_id, channel, template, actor,
                                    state, due_at, address)
         values (-1, gen_random_uuid(), 1, gen_random_uuid(), 'email', 'account_code', 'patient', 'dead', now(),
                 'somebody@example.org');
         update reviews set text = repeat('ä', 2000), answer = repeat('ä', 2000), answered_at = now(),
                            hidden_at = now(), hidden_by = author_id, hidden_reason = repeat('ä', 300);
         insert into review_decisions (id, review_id, decision, reason, decided_by, decided_at)
         select gen_random_uuid(), id, 'hidden', repeat('ä', 300), author_id, now() from reviews;
         update people set name = repeat('ä', 200) where relation = 'dependant'",
    )
    .await;
}

async fn accounts(clinic: &Clinic) -> i64 {
    clinic.count("select count(*) from accounts where email_verified_at is not null").await
}

#[tokio::test]
async fn nothing_personal_is_readable_in_the_database_while_everything_works() {
    let file = KeyFile::new(&[DATA_1, ADDRESSES_1]);
    let (mut site, slots) = Site::start(&file.variables()).await;
    site.use_all(&slots).await;

    let rows = whole_database(&site.clinic).await;
    let readable = found(&rows, &personal());
    assert!(readable.is_empty(), "{}", readable.join("\n"));
    // The same search finds what is public, and the name of a key.
    for text in ["Asha Naik", KEY_NAME] {
        assert!(!found(&rows, &[("a text", text.to_owned())]).is_empty(), "{text}");
    }

    // Its owner reads it as it was typed.
    let page = export(&site).await;
    for text in [NAME, CHILD, NEW_EMAIL, REASON, REVIEW] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert!(page.contains("2013"), "the birth date is not in {page}");
    assert!(!page.contains('\u{1}'), "an encrypted value is in {page}");

    // Values that are copied to another row are not read.
    sqlx::query(
        "update people p set name = o.name from people o
         where o.id <> p.id and o.relation = 'self' and p.relation = 'dependant' and o.account_id = p.account_id",
    )
    .execute(&site.clinic.pool)
    .await
    .expect("copied");
    let mut jar = CookieJar::default();
    let fields = [("email", NEW_EMAIL), ("password", PASSWORD)];
    jar.submit(&site.base, ("/fn/sign_in", "/sign-in"), &fields).await;
    let (status, _, page) = jar.open(&site.base, "/people").await;
    assert_eq!(status, 503, "{page}");
    let (_, log) = site.stop().await;
    assert!(log.contains("people.name cannot be decrypted"), "the log says why");
}

#[tokio::test]
async fn without_keys_the_same_search_finds_what_people_typed() {
    let (mut site, slots) = Site::start(&[]).await;
    site.use_all(&slots).await;
    let rows = whole_database(&site.clinic).await;
    for (what, text) in [
        ("a name", NAME),
        ("the name of a child", CHILD),
        ("an address", NEW_EMAIL),
        ("the address of somebody invited", INVITED_EMAIL),
        ("a reason", REASON),
        ("a review", REVIEW),
        ("a birth date", "2013-02-17"),
    ] {
        assert!(!found(&rows, &[(what, text.to_owned())]).is_empty(), "{what}");
    }
}

#[tokio::test]
async fn keys_are_replaced_while_the_server_runs() {
    let file = KeyFile::new(&[DATA_1, ADDRESSES_1]);
    let (mut site, slots) = Site::start(&file.variables()).await;
    site.use_all(&slots).await;

    file.write(&[DATA_1, ADDRESSES_1, DATA_2, ADDRESSES_2]);
    let noted = "select count(*) from encryption_keys where id = '2'";
    time::until("the list is read", async || site.clinic.count(noted).await == 2).await;
    assert!(can_sign_in(&site, NEW_EMAIL, PASSWORD).await, "found by a digest of the old key");

    let said = keys(&site.clinic, "re-encrypt", &file.variables()).await.expect("written again");
    assert!(said.contains("`data 1`, but a server has written with it"), "{said}");
    run(
        &site.clinic,
        "update encryption_keys set last_used_at = now() - interval '1 hour' where id = '1'",
    )
    .await;
    let said = keys(&site.clinic, "re-encrypt", &file.variables()).await.expect("forgotten");
    assert!(said.contains("needs the key `data 1` any more"), "{said}");
    assert!(said.contains("needs the key `addresses 1` any more"), "{said}");
    let counted = keys(&site.clinic, "status", &file.variables()).await.expect("counted");
    assert!(counted.contains("people.name") && counted.contains("data 2"), "{counted}");
    assert!(!counted.contains("data 1") && !counted.contains("as text"), "{counted}");
    let said = keys(&site.clinic, "re-encrypt", &file.variables()).await.expect("nothing to do");
    assert!(said.contains("0 values were encrypted"), "{said}");

    // The server goes on without the old keys.
    file.write(&[DATA_2, ADDRESSES_2]);
    time::until("the shorter list is read", async || {
        site.log().matches("the list of keys was read").count() >= 3
    })
    .await;
    assert!(can_sign_in(&site, NEW_EMAIL, PASSWORD).await);
    let page = export(&site).await;
    assert!([NAME, CHILD, REASON, REVIEW].iter().all(|text| page.contains(text)), "{page}");
    let readable = found(&whole_database(&site.clinic).await, &personal());
    assert!(readable.is_empty(), "{}", readable.join("\n"));

    // A list that cannot be used changes nothing.
    file.write(&[DATA_2, "addresses 2 00"]);
    time::until("it is refused", async || site.log().contains("64 hexadecimal digits")).await;
    assert!(can_sign_in(&site, NEW_EMAIL, PASSWORD).await);
}

#[tokio::test]
async fn what_was_text_before_is_read_found_and_encrypted() {
    let (mut site, slots) = Site::start(&[]).await;
    site.use_all(&slots).await;
    let (clinic, _) = site.stop().await;
    let before = accounts(&clinic).await;

    let file = KeyFile::new(&[DATA_1, ADDRESSES_1]);
    let site = Site::start_on(clinic, &file.variables()).await;
    assert!(can_sign_in(&site, NEW_EMAIL, PASSWORD).await, "the account is found by its text");
    // Whoever registers with an address that has an account gets no second one.
    let mut jar = CookieJar::default();
    let fields = [("name", NAME), ("email", NEW_EMAIL), ("password", PASSWORD)];
    jar.submit(&site.base, ("/fn/register", "/register"), &fields).await;
    let code = site.newest_code(NEW_EMAIL).await;
    let to = jar.submit(&site.base, ("/fn/check_code", "/sign-in/code"), &[("code", &code)]).await;
    assert!(to.contains("signed_in=yes"), "{to}");
    assert_eq!(accounts(&site.clinic).await, before);

    fill(&site.clinic).await;
    let said = keys(&site.clinic, "re-encrypt", &file.variables()).await.expect("encrypted");
    assert!(!said.contains("as text"), "{said}");
    for column in columns::ALL {
        // The secrets of apps have a test of their own.
        let expected = column == columns::AUTHENTICATOR_SECRET;
        assert!(said.contains(&format!("{}: ", column.0)) != expected, "{}: {said}", column.0);
    }
    let readable = found(&whole_database(&site.clinic).await, &personal());
    assert!(readable.is_empty(), "{}", readable.join("\n"));
    assert!(can_sign_in(&site, NEW_EMAIL, PASSWORD).await, "the account is found by its digest");
    assert!(!can_sign_in(&site, EMAIL, PASSWORD).await, "not by the address that it had before");
    let page = export(&site).await;
    for text in [NAME, REASON, &"ä".repeat(2000), &"ä".repeat(200)] {
        assert!(page.contains(text), "{page}");
    }
    assert_eq!(accounts(&site.clinic).await, before);
}

#[tokio::test]
async fn a_server_that_only_reads_understands_one_that_writes() {
    let writing = KeyFile::new(&[DATA_1, ADDRESSES_1]);
    let (mut site, slots) = Site::start(&writing.variables()).await;
    site.use_all(&slots).await;
    let (clinic, _) = site.stop().await;
    let before = accounts(&clinic).await;
    let (data, addresses) = (format!("{DATA_1} read-only"), format!("{ADDRESSES_1} read-only"));
    let reading = KeyFile::new(&[&data, &addresses]);
    let site = Site::start_on(clinic, &reading.variables()).await;
    assert!(can_sign_in(&site, NEW_EMAIL, PASSWORD).await, "found by a digest");
    let mut jar = CookieJar::default();
    let fields = [("name", NAME), ("email", NEW_EMAIL), ("password", PASSWORD)];
    jar.submit(&site.base, ("/fn/register", "/register"), &fields).await;
    let code = site.newest_code(NEW_EMAIL).await;
    jar.submit(&site.base, ("/fn/check_code", "/sign-in/code"), &[("code", &code)]).await;
    assert_eq!(accounts(&site.clinic).await, before, "no second account");
    // What it writes is text.
    let fields = [("name", "Wilhelmina Ponderosa"), ("birth_date", "2014-03-02")];
    jar.submit(&site.base, ("/fn/add_person", "/people"), &fields).await;
    let readable = [("a name", "Wilhelmina Ponderosa".to_owned())];
    assert_eq!(found(&whole_database(&site.clinic).await, &readable).len(), 1);
    // One key that writes and one that does not: nobody could say what is meant.
    let error = refusal(&site.clinic, &[("NADI_KEYS", &format!("{DATA_1};{addresses}"))]).await;
    assert!(error.contains("`addresses`"), "{error}");
}

#[tokio::test]
async fn what_a_lost_key_has_encrypted_is_given_up_and_counted_and_stops_nobody_else() {
    let file = KeyFile::new(&[DATA_1, ADDRESSES_1]);
    let (mut site, slots) = Site::start(&file.variables()).await;
    site.use_all(&slots).await;
    let (clinic, _) = site.stop().await;
    file.write(&[DATA_2, ADDRESSES_2]);
    assert!(refusal(&clinic, &file.variables()).await.contains("nadi keys abandon"));
    let counted =
        keys(&clinic, "status", &file.variables()).await.expect("counted without the key");
    assert!(counted.contains("does not start without the key `data 1`"), "{counted}");
    for name in ["data", "addresses"] {
        let mut process = nadi(&["keys", "abandon", name, "1"]);
        process.env("DATABASE_URL", clinic.database_url()).envs(file.variables());
        assert!(output(process).await.status.success(), "{name}");
    }
    let failed =
        keys(&clinic, "re-encrypt", &file.variables()).await.expect_err("unreadable values");
    assert!(
        failed.contains("people.name of ") && failed.contains("no key was forgotten"),
        "{failed}"
    );
    let site = Site::start_on(clinic, &file.variables()).await;
    assert!(!can_sign_in(&site, NEW_EMAIL, PASSWORD).await);
    let mut jar = CookieJar::default();
    let fields = [("name", NAME), ("email", EMAIL), ("password", PASSWORD)];
    jar.submit(&site.base, ("/fn/register", "/register"), &fields).await;
    let code = site.newest_code(EMAIL).await;
    let to = jar.submit(&site.base, ("/fn/check_code", "/sign-in/code"), &[("code", &code)]).await;
    assert!(to.contains("signed_in=yes"), "others are told and sign in: {to}");
}

#[tokio::test]
async fn the_server_does_not_start_without_the_keys_of_its_database() {
    let clinic = Clinic::open().await;
    let file = KeyFile::new(&[DATA_1, ADDRESSES_1]);
    keys(&clinic, "re-encrypt", &file.variables()).await.expect("encrypted");

    let error = refusal(&clinic, &[]).await;
    assert!(error.contains("NADI_KEYS_FILE") && error.contains("`addresses 1`"), "{error}");
    file.write(&[DATA_2, ADDRESSES_1]);
    let error = refusal(&clinic, &file.variables()).await;
    assert!(error.contains("`data 1`, which is not in"), "{error}");
    file.write(&[&DATA_2.replace("data 2", "data 1"), ADDRESSES_1]);
    let error = refusal(&clinic, &file.variables()).await;
    assert!(error.contains("`data 1` is not the one"), "{error}");
    file.write(&[DATA_1]);
    let error = refusal(&clinic, &file.variables()).await;
    assert!(error.contains("no line for `addresses`"), "{error}");
    file.write(&[DATA_1, ADDRESSES_1, "data 2"]);
    let error = refusal(&clinic, &file.variables()).await;
    assert!(error.contains("line 3"), "{error}");
    let error = refusal(&clinic, &[("NADI_KEYS", ""), ("NADI_KEYS_FILE", "/nowhere")]).await;
    assert!(error.contains("/nowhere"), "{error}");
    // A secret may stand under another id.
    file.write(&[DATA_1, DATA_1_AS_2, ADDRESSES_1]);
    keys(&clinic, "re-encrypt", &file.variables()).await.expect("encrypted again");
    let new = output(nadi(&["keys", "new", "data"])).await;
    let line = String::from_utf8(new.stdout).expect("text");
    file.write(&[DATA_1, DATA_1_AS_2, line.trim(), ADDRESSES_1]);
    keys(&clinic, "re-encrypt", &file.variables()).await.expect("encrypted with a new key");
}

#[tokio::test]
async fn secrets_of_apps_go_from_the_servers_secret_to_a_key() {
    let clinic = Clinic::open().await;
    clinic.clock.step(Utc::now() - clinic.clock.now());
    let asha = clinic.known_patient("Asha").await;
    let access = Access { proved_at: Some(clinic.clock.now()), ..Access::default() };
    let asha = SignedIn { access, ..asha };
    let factors = &clinic.ports.second_factors;
    let setup = factors.set_up_authenticator(&clinic.caller(&asha)).await.expect("a setup");
    let app = Totp::from_url(&setup.url).expect("an address of an app");
    let code = |at: chrono::DateTime<Utc>| {
        app.generate(u64::try_from(at.timestamp()).expect("after 1970")).to_string()
    };
    let typed = code(clinic.clock.now() - chrono::Duration::seconds(30));
    let caller = clinic.caller(&asha);
    factors.confirm_authenticator(&caller, &typed).await.expect("confirmed");
    let email: String = sqlx::query_scalar("select email from accounts where id = $1")
        .bind(asha.account.0)
        .fetch_one(&clinic.pool)
        .await
        .expect("an address");

    let file = KeyFile::new(&[DATA_1, ADDRESSES_1]);
    let said = keys(&clinic, "re-encrypt", &file.variables()).await.expect("encrypted");
    assert!(said.contains("authenticators.secret: 1 with the key `data 1`"), "{said}");
    // With another secret, which could not read what it had encrypted.
    let mut variables = file.variables().to_vec();
    variables.push(("NADI_SECRET", "another secret of the tests, also long enough"));
    let site = Site::start_on(clinic, &variables).await;
    let mut jar = CookieJar::default();
    let fields = [("email", email.as_str()), ("password", crate::support::sign_ins::PASSWORD)];
    let to = jar.submit(&site.base, ("/fn/sign_in", "/sign-in"), &fields).await;
    assert!(!to.contains("__err="), "{to}");
    let typed = code(Utc::now());
    let page = to.split('?').next().unwrap_or_default().to_owned();
    let to = jar.submit(&site.base, ("/fn/second_factor", &page), &[("code", &typed)]).await;
    assert!(!to.contains("__err="), "{to}");
}
