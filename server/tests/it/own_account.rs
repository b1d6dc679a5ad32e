//! The account page's use cases: name, address, password, sessions, export, deletion, and the people of an account.

use chrono::Duration;
use futures::FutureExt;
use futures::future::BoxFuture;
use nadi::actor::{Access, Caller, Scope, SignedIn};
use nadi::appointment::Refusal;
use nadi::input::{Code, Email, Password};
use nadi::ports::{
    Alarm, Change, FeedKind, HoldRequest, NewApiKey, NewDependant, NewFeed, Ports, ProofToken,
    ReviewForm, SignInStep,
};
use nadi::{Failure, Field, Problem};
use reqwest::header::{CONTENT_DISPOSITION, COOKIE, LOCATION};
use serde_json::Value;
use server::clock::Clock;
use uuid::Uuid;

use crate::support::http::{call_api, get_page};
use crate::support::registration::{CookieJar, Newcomer};
use crate::support::{Clinic, browser};

const PASSWORD: &str = "four calm green leaves";
const NEW_PASSWORD: &str = "nine quiet blue stones";

/// A patient with a proven address, who has just signed in.
async fn somebody(clinic: &Clinic, name: &str) -> SignedIn {
    let who = clinic.patient(name).await;
    sqlx::query("update accounts set email_verified_at = $2 where id = $1")
        .bind(who.account.0)
        .bind(clinic.clock.now())
        .execute(&clinic.pool)
        .await
        .expect("proven");
    just_proved(clinic, &who)
}

/// The same account, which has proved now who it is.
fn just_proved(clinic: &Clinic, who: &SignedIn) -> SignedIn {
    let access = Access { proved_at: Some(clinic.clock.now()), ..who.access.clone() };
    SignedIn { access, ..who.clone() }
}

/// The same account in the session of this cookie.
async fn in_session(clinic: &Clinic, who: &SignedIn, device: &str) -> SignedIn {
    let now = clinic.clock.now();
    let account = clinic.known(who).await;
    let started = server::accounts::sessions::start(&clinic.app_state, &account, device, &[], now);
    started.await.expect("a session");
    let id: Uuid =
        sqlx::query_scalar("select public_id from sessions where account_id = $1 and device = $2")
            .bind(who.account.0)
            .bind(device)
            .fetch_one(&clinic.pool)
            .await
            .expect("the session");
    let access = Access { session: Some(id), proved_at: Some(now), ..who.access.clone() };
    SignedIn { access, ..who.clone() }
}

fn address(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

fn password(text: &str) -> Password {
    Password::parse(text).expect("a password")
}

async fn email_of(clinic: &Clinic, who: &SignedIn) -> Option<String> {
    sqlx::query_scalar("select email from accounts where id = $1")
        .bind(who.account.0)
        .fetch_one(&clinic.pool)
        .await
        .expect("an account")
}

/// The types of the events about this subject, oldest first.
async fn events_of(clinic: &Clinic, subject: Uuid) -> Vec<String> {
    sqlx::query_scalar("select type from events where subject_id = $1 order by id")
        .bind(subject)
        .fetch_all(&clinic.pool)
        .await
        .expect("events")
}

/// Template and address of the messages about the account that wait to be sent.
async fn notices(clinic: &Clinic, who: &SignedIn) -> Vec<(String, String)> {
    sqlx::query_as(
        "select template, address from notifications where subject_id = $1 and address is not null
         order by id",
    )
    .bind(who.account.0)
    .fetch_all(&clinic.pool)
    .await
    .expect("messages")
}

/// Asks for a code to this address; returns the token and the code.
async fn ask(clinic: &Clinic, who: &SignedIn, email: &str) -> (ProofToken, Code) {
    let (caller, new) = (clinic.caller(who), address(email));
    let asked = clinic.ports.accounts.request_email_change(&caller, &new).await;
    let token = asked.expect("a code was sent");
    let code = clinic.code_sent_to(email).await;
    (token, Code::parse(&code).expect("a code"))
}

async fn confirm(
    clinic: &Clinic,
    who: &SignedIn,
    (token, code): &(ProofToken, Code),
) -> Result<(), Failure> {
    clinic.ports.accounts.confirm_email_change(&clinic.caller(who), token, code).await
}

/// Books a visit, lets it take place and has the doctor mark it as completed.
async fn completed_visit(
    clinic: &Clinic,
    who: &SignedIn,
    doctor: &SignedIn,
) -> nadi::ids::AppointmentId {
    let slot = clinic.free(clinic.doctor).await[0];
    let id = clinic.book(who, slot).await;
    let seen = clinic.ports.bookings.appointment(&clinic.caller(who), id).await.expect("seen");
    clinic.clock.step(seen.ends_at - clinic.clock.now());
    clinic.change(doctor, id, &Change::Complete).await.expect("completed");
    id
}

#[tokio::test]
async fn changes_of_sign_in_and_data_need_a_recent_proof() {
    let clinic = Clinic::open().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    clinic.clock.step(Duration::minutes(10));
    let just_in_time = clinic.caller(&maria);
    clinic.ports.accounts.export(&just_in_time).await.expect("ten minutes are recent");
    clinic.clock.step(Duration::seconds(1));
    let never = SignedIn { access: Access::default(), ..maria.clone() };
    for who in [&maria, &never] {
        let caller = clinic.caller(who);
        let accounts = &clinic.ports.accounts;
        let again = Some(Failure::ProveAgain);
        assert_eq!(
            accounts.set_password(&caller, None, &password(NEW_PASSWORD)).await.err(),
            again
        );
        let new = address("new@example.org");
        assert_eq!(accounts.request_email_change(&caller, &new).await.err(), again);
        assert_eq!(accounts.export(&caller).await.err(), again);
        assert_eq!(accounts.delete(&caller).await.err(), again);
    }
    for outcome in [
        clinic.ports.accounts.delete(&clinic.visitor()).await.err(),
        clinic.ports.accounts.export(&clinic.visitor()).await.err(),
        clinic.ports.accounts.profile(&clinic.visitor()).await.err(),
        clinic.ports.accounts.sessions(&clinic.visitor()).await.err(),
    ] {
        assert_eq!(outcome, Some(Failure::SignInFirst));
    }
    assert_eq!(email_of(&clinic, &maria).await.as_deref(), Some("maria.dias@example.org"));
    assert_eq!(events_of(&clinic, maria.account.0).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_new_name_is_checked_and_recorded_once() {
    let clinic = Clinic::open().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let caller = clinic.caller(&maria);
    let long = "x".repeat(101);
    for (name, problem) in [
        (" ", Problem::Missing),
        ("\u{200B}", Problem::Invisible),
        ("a\nb", Problem::LineBreak),
        (long.as_str(), Problem::TooLong(100)),
    ] {
        let refused = clinic.ports.accounts.rename(&caller, name).await;
        assert_eq!(refused, Err(Failure::field(Field::Name, problem)), "{name:?}");
    }
    for _ in 0..2 {
        clinic.ports.accounts.rename(&caller, "  Maria Dias Costa ").await.expect("renamed");
    }
    let profile = clinic.ports.accounts.profile(&caller).await.expect("a profile");
    assert_eq!(profile.name, "Maria Dias Costa");
    assert_eq!(events_of(&clinic, maria.account.0).await, ["account.renamed"]);
}

#[tokio::test]
async fn the_address_changes_when_the_code_is_typed_and_the_old_one_is_told() {
    let clinic = Clinic::open().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    clinic.clock.step(Duration::minutes(5));
    let proof = ask(&clinic, &maria, "maria@new.example").await;
    assert_eq!(email_of(&clinic, &maria).await.as_deref(), Some("maria.dias@example.org"));

    // Typing takes longer than the proof of who she is counts.
    clinic.clock.step(Duration::minutes(9));
    confirm(&clinic, &maria, &proof).await.expect("changed");
    assert_eq!(email_of(&clinic, &maria).await.as_deref(), Some("maria@new.example"));
    let told = ("email_changed".to_owned(), "maria.dias@example.org".to_owned());
    assert_eq!(notices(&clinic, &maria).await, [told]);
    let replayed = confirm(&clinic, &maria, &proof).await;
    assert_eq!(replayed, Err(Failure::CodeExpired));
    let happened = events_of(&clinic, maria.account.0).await;
    assert_eq!(happened, ["account.email_changed"]);

    clinic.dispatcher().run_once().await.expect("sent");
    let sent = clinic.messages.sent.lock().expect("sent").clone();
    let notice = sent.iter().find(|message| message.to == "maria.dias@example.org");
    let notice = notice.expect("a message to the old address");
    assert!(!notice.body.contains("maria@new.example"), "the new address is not told");
}

#[tokio::test]
async fn a_code_changes_the_address_of_the_account_that_asked_for_it_only() {
    let clinic = Clinic::open().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let ravi = somebody(&clinic, "Ravi").await;
    let proof = ask(&clinic, &maria, "new@example.org").await;
    assert_eq!(confirm(&clinic, &ravi, &proof).await, Err(Failure::CodeExpired));
    let stranger = clinic.ports.sign_in.check_code(&clinic.visitor(), &proof.0, &proof.1).await;
    assert_eq!(stranger.err(), Some(Failure::CodeExpired), "it signs nobody in");

    let wrong = Code::parse(if proof.1.as_str() == "11111111" { "22222222" } else { "11111111" });
    let wrong = (proof.0.clone(), wrong.expect("a code"));
    let tried = confirm(&clinic, &maria, &wrong).await;
    assert_eq!(tried, Err(Refusal::WrongCode { tries_left: 4 }.into()));
    clinic.clock.step(Duration::minutes(16));
    assert_eq!(confirm(&clinic, &maria, &proof).await, Err(Failure::CodeExpired));
    assert_eq!(email_of(&clinic, &maria).await.as_deref(), Some("maria.dias@example.org"));
    assert_eq!(email_of(&clinic, &ravi).await.as_deref(), Some("ravi@example.org"));

    // A code to sign in with does not change an address.
    let (visitor, new) = (clinic.visitor(), address("b@example.org"));
    let other = clinic.ports.sign_in.send_code(&visitor, &new, "en").await.expect("sent");
    let code = clinic.code_sent_to("b@example.org").await;
    let code = Code::parse(&code).expect("a code");
    assert_eq!(confirm(&clinic, &maria, &(other, code)).await, Err(Failure::CodeExpired));
}

#[tokio::test]
async fn an_address_that_another_account_has_proven_is_refused() {
    let clinic = Clinic::open().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let proof = ask(&clinic, &maria, "ravi@example.org").await;
    // It was proven after the code was sent.
    let ravi = somebody(&clinic, "Ravi").await;
    assert_eq!(confirm(&clinic, &maria, &proof).await, Err(Refusal::AddressTaken.into()));
    assert_eq!(email_of(&clinic, &maria).await.as_deref(), Some("maria.dias@example.org"));
    assert_eq!(email_of(&clinic, &ravi).await.as_deref(), Some("ravi@example.org"));
    assert_eq!(notices(&clinic, &maria).await, []);

    // An address that somebody has typed but not proven is nobody's.
    let unproven = clinic.patient("Nobody").await;
    let proof = ask(&clinic, &maria, "nobody@example.org").await;
    confirm(&clinic, &maria, &proof).await.expect("changed");
    assert_eq!(email_of(&clinic, &unproven).await.as_deref(), Some("nobody@example.org"));

    // An account that waits for the owner of its address keeps it: otherwise its visits would be lost to them.
    sqlx::query(
        "insert into unproven_accounts (account_id, email) values ($1, 'waiting@example.org')",
    )
    .bind(clinic.patient("Waiting").await.account.0)
    .execute(&clinic.pool)
    .await
    .expect("listed");
    let proof = ask(&clinic, &maria, "waiting@example.org").await;
    assert_eq!(confirm(&clinic, &maria, &proof).await, Err(Refusal::AddressTaken.into()));
    assert_eq!(email_of(&clinic, &maria).await.as_deref(), Some("nobody@example.org"));
}

#[tokio::test]
async fn of_two_accounts_that_take_one_address_at_once_one_gets_it() {
    let clinic = Clinic::open().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let ravi = somebody(&clinic, "Ravi").await;
    let first = ask(&clinic, &maria, "shared@example.org").await;
    let second = ask(&clinic, &ravi, "shared@example.org").await;
    let (first, second) =
        tokio::join!(confirm(&clinic, &maria, &first), confirm(&clinic, &ravi, &second));
    let taken = Err(Refusal::AddressTaken.into());
    assert!(
        (first == Ok(()) && second == taken) || (second == Ok(()) && first == taken),
        "{first:?} {second:?}"
    );
    let owners = "select count(*) from accounts where email = 'shared@example.org'
                      and email_verified_at is not null and archived_at is null";
    assert_eq!(clinic.count(owners).await, 1);
}

#[tokio::test]
async fn a_deadlock_stops_no_change_of_an_account() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let asked = ask(&clinic, &asha, "new@example.org").await;
    clinic.deadlock_once("accounts").await;
    confirm(&clinic, &asha, &asked).await.expect("changed the second time");
    assert_eq!(email_of(&clinic, &asha).await.as_deref(), Some("new@example.org"));
    sqlx::query("alter sequence updates restart").execute(&clinic.pool).await.expect("again");
    clinic.ports.accounts.delete(&clinic.caller(&asha)).await.expect("deleted the second time");
}

#[tokio::test]
async fn a_new_password_signs_out_everywhere_else() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let elsewhere = clinic.cookie(&maria).await;
    let tokens = clinic.tokens(&maria).await;
    let here = in_session(&clinic, &maria, "This browser").await;
    let waiting = "insert into sessions (id, account_id, data, expires_at, kind)
                   values ('\\x01', $1, '{}', $2, 'second_factor')";
    let tomorrow = clinic.clock.now() + Duration::days(1);
    sqlx::query(waiting)
        .bind(maria.account.0)
        .bind(tomorrow)
        .execute(&clinic.pool)
        .await
        .expect("somebody who typed the old password");

    let caller = clinic.caller(&here);
    let new = NewApiKey { name: "Front desk".into(), scope: Scope::Read, until: None };
    let key = clinic.ports.api_keys.create_api_key(&caller, &new).await.expect("a key");
    let feed = NewFeed { kind: FeedKind::Patient, with_names: false, alarm: None };
    clinic.ports.feeds.add_feed(&caller, feed).await.expect("a feed");
    let feeds = clinic.ports.feeds.feeds(&caller, FeedKind::Patient).await.expect("feeds");
    let feed = feeds[0].path.clone();
    for easy in ["password1234", "maria.dias@example.org"] {
        let refused = clinic.ports.accounts.set_password(&caller, None, &password(easy)).await;
        let common = Failure::field(Field::Password, Problem::TooCommon);
        assert_eq!(refused, Err(common), "{easy}");
    }
    assert_eq!(get_page(&base, "/account", &elsewhere).await.0, 200);
    assert_eq!(get_page(&base, &feed, "").await.0, 200);
    clinic.ports.accounts.set_password(&caller, None, &password(PASSWORD)).await.expect("set");

    let left: Vec<Uuid> =
        sqlx::query_scalar("select public_id from sessions where account_id = $1")
            .bind(maria.account.0)
            .fetch_all(&clinic.pool)
            .await
            .expect("sessions");
    assert_eq!(Some(left), here.access.session.map(|here| vec![here]));
    assert_eq!(get_page(&base, "/account", &elsewhere).await.0, 303);
    for program in [&tokens.access_token, &key] {
        assert_eq!(call_api(&base, "/people", Some(program), None).await.0, 401);
    }
    assert_eq!(get_page(&base, &feed, "").await.0, 404, "a calendar link that was copied");
    let refresh = serde_json::json!({ "refresh_token": tokens.refresh_token }).to_string();
    let (status, _) = call_api(&base, "/auth/refresh", None, Some(&refresh)).await;
    assert_eq!(status, 401);

    let told = ("sign_in_changed".to_owned(), "maria.dias@example.org".to_owned());
    let what = "the key, the calendar link, the password";
    assert_eq!(notices(&clinic, &maria).await, [told.clone(), told.clone(), told], "{what}");
    assert_eq!(events_of(&clinic, maria.account.0).await, ["account.sign_in_changed"; 3]);
    let visitor = clinic.visitor();
    let email = "maria.dias@example.org";
    let step = clinic.ports.sign_in.check_password(&visitor, email, PASSWORD).await;
    assert!(matches!(step, Ok(SignInStep::SignedIn(known)) if known.id == maria.account));
    clinic
        .ports
        .accounts
        .set_password(&caller, Some(PASSWORD), &password(NEW_PASSWORD))
        .await
        .expect("changed");
    let old = clinic.ports.sign_in.check_password(&visitor, email, PASSWORD).await;
    assert_eq!(old, Err(Failure::WrongCredentials));
}

/// Whoever finds a browser that has signed in minutes ago cannot take the account over.
#[tokio::test]
async fn another_password_needs_the_old_one_or_a_mailed_code() {
    let clinic = Clinic::open().await;
    let asha = clinic.proved(&clinic.known_patient("Asha").await);
    let asha = in_session(&clinic, &asha, "This browser").await;
    let caller = clinic.caller(&asha);
    let accounts = &clinic.ports.accounts;
    let new = password(NEW_PASSWORD);
    let problem = |problem| Err(Failure::field(Field::OldPassword, problem));
    for old in [None, Some("")] {
        let refused = accounts.set_password(&caller, old, &new).await;
        assert_eq!(refused, problem(Problem::Missing));
    }
    let long = "x".repeat(1000);
    for wrong in [NEW_PASSWORD, "Four calm green leaves", "four calm green leaves ", &long] {
        let refused = accounts.set_password(&caller, Some(wrong), &new).await;
        assert_eq!(refused, problem(Problem::Unknown), "{wrong}");
    }
    // Guesses are counted like those of signing in.
    for _ in 0..6 {
        accounts.set_password(&caller, Some("wrong"), &new).await.expect_err("refused");
    }
    let refused = accounts.set_password(&caller, Some(PASSWORD), &new).await;
    assert!(matches!(refused, Err(Failure::TooManyTries { .. })), "{refused:?}");
    clinic.clock.step(Duration::minutes(31));
    let caller = clinic.caller(&just_proved(&clinic, &asha));
    accounts.set_password(&caller, Some(PASSWORD), &new).await.expect("changed");
}

/// Of a browser: after "forgotten password" nobody asks for it.
#[tokio::test]
async fn whoever_forgot_the_password_signs_in_with_a_code_and_sets_another() {
    let clinic = Clinic::open().await;
    clinic.known_patient("Asha").await;
    let base = clinic.serve().await;
    let mut jar = CookieJar::default();
    let address = ("email", "asha@example.org");
    let form = ("/fn/sign_in", "/sign-in");
    jar.submit(&base, form, &[address, ("password", PASSWORD)]).await;
    let (_, _, page) = jar.open(&base, "/account/password").await;
    assert!(page.contains("name=\"old_password\""), "{page}");
    let set = ("/fn/set_password", "/account/password");
    let to = jar.submit(&base, set, &[("password", NEW_PASSWORD)]).await;
    assert!(to.contains("__err="), "{to}");

    let next = ("next", "/account/password?forgotten=yes");
    jar.submit(&base, ("/fn/prove_with_code", "/account/password"), &[next]).await;
    let code = clinic.code_sent_to("asha@example.org").await;
    jar.submit(&base, ("/fn/check_code", "/sign-in/code"), &[("code", &code), next]).await;
    let (_, _, page) = jar.open(&base, "/account/password").await;
    assert!(!page.contains("name=\"old_password\""), "{page}");
    let to = jar.submit(&base, set, &[("password", NEW_PASSWORD)]).await;
    assert!(!to.contains("__err="), "{to}");
    let visitor = clinic.visitor();
    let step = clinic.ports.sign_in.check_password(&visitor, address.1, NEW_PASSWORD).await;
    assert!(matches!(step, Ok(SignInStep::SignedIn(_))), "{step:?}");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_only() {
    let clinic = Clinic::open().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let ravi = somebody(&clinic, "Ravi").await;
    let phone = in_session(&clinic, &maria, "A phone").await;
    clinic.clock.step(Duration::hours(3));
    let here = in_session(&clinic, &maria, "This browser").await;
    clinic.clock.step(Duration::hours(1));
    clinic.tokens(&maria).await;
    let foreign = in_session(&clinic, &ravi, "Of somebody else").await;

    let accounts = &clinic.ports.accounts;
    let caller = clinic.caller(&here);
    let listed = accounts.sessions(&caller).await.expect("sessions");
    let devices: Vec<_> = listed.iter().map(|one| (one.device.as_str(), one.is_program)).collect();
    assert_eq!(devices, [("This browser", false), ("A program", true), ("A phone", false)]);
    let current: Vec<_> = listed.iter().filter(|one| one.is_current).map(|one| one.id).collect();
    assert_eq!(Some(current), here.access.session.map(|here| vec![here]));

    let foreign = foreign.access.session.expect("a session");
    let proved = clinic.caller(&just_proved(&clinic, &here));
    assert_eq!(accounts.end_session(&proved, foreign).await, Err(Failure::NotFound));
    assert_eq!(clinic.count("select count(*) from sessions").await, 4);
    let phone = phone.access.session.expect("a session");
    // An hour after signing in, who asks may be somebody who has found the browser.
    assert_eq!(accounts.end_session(&caller, phone).await, Err(Failure::ProveAgain));
    assert_eq!(accounts.end_other_sessions(&caller).await, Err(Failure::ProveAgain));
    let here = just_proved(&clinic, &here);
    let caller = clinic.caller(&here);
    accounts.end_session(&caller, phone).await.expect("ended");
    assert_eq!(accounts.end_session(&caller, phone).await, Err(Failure::NotFound));
    assert_eq!(accounts.end_other_sessions(&caller).await, Ok(1));
    assert_eq!(accounts.end_other_sessions(&caller).await, Ok(0));
    let listed = accounts.sessions(&caller).await.expect("sessions");
    assert_eq!(listed.iter().map(|one| one.device.as_str()).collect::<Vec<_>>(), ["This browser"]);
    assert_eq!(clinic.count("select count(*) from tokens").await, 0);
    let of_ravi = accounts.sessions(&clinic.caller(&ravi)).await.expect("sessions");
    assert_eq!(of_ravi.len(), 1);

    clinic.clock.step(Duration::days(31));
    let listed = accounts.sessions(&clinic.caller(&here)).await.expect("sessions");
    assert_eq!(listed, [], "those that have ended are not listed");
}

#[tokio::test]
async fn after_a_change_the_page_offers_to_end_other_sessions() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let asha = clinic.known_patient("Asha").await;
    let here = clinic.cookie(&asha).await;
    let changes = [
        "/account?done=email",
        "/account/security?done=passkey-added",
        "/account/security?done=passkey-removed",
        "/account/security?done=authenticator-added",
        "/account/security?done=authenticator-removed",
    ];
    let offers = "If someone else may have used your account";
    for page in changes {
        let (status, _, page) = get_page(&base, page, &here).await;
        assert!(status == 200 && !page.contains(offers), "there is no other session: {page}");
    }
    let there = clinic.cookie(&asha).await;
    for page in changes {
        let (_, _, page) = get_page(&base, page, &here).await;
        assert!(page.contains(offers) && page.contains("/fn/end_other_sessions"), "{page}");
    }
    let (_, _, page) = get_page(&base, "/account?done=name", &here).await;
    assert!(!page.contains(offers), "{page}");
    let mut jar = CookieJar::default();
    let fields = [("email", "asha@example.org"), ("password", PASSWORD)];
    jar.submit(&base, ("/fn/sign_in", "/sign-in"), &fields).await;
    jar.submit(&base, ("/fn/end_other_sessions", "/account"), &[]).await;
    for ended in [&here, &there] {
        assert_eq!(get_page(&base, "/account", ended).await.0, 303);
    }
}

#[tokio::test]
async fn the_export_has_everything_and_no_secret() {
    let clinic = Clinic::open().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let ravi = somebody(&clinic, "Ravi").await;
    let doctor = clinic.doctor_account().await;
    let visit = completed_visit(&clinic, &maria, &doctor).await;
    let maria = just_proved(&clinic, &maria);
    let caller = clinic.caller(&maria);
    let ports = &clinic.ports;
    ports.accounts.set_password(&caller, None, &password(PASSWORD)).await.expect("a password");
    let child = NewDependant { name: "Kiran Dias".into(), birth_date: "2019-05-04".parse().ok() };
    ports.people.add_dependant(&caller, &child).await.expect("added");
    let review = ReviewForm { stars: Some(5), text: "Calm and kind.".into(), anonymous: false };
    ports.reviews.write(&caller, visit, &review, None).await.expect("written");
    let alarm = Alarm::ALL.first().copied();
    let feed = NewFeed { kind: FeedKind::Patient, with_names: true, alarm };
    ports.feeds.add_feed(&caller, feed).await.expect("a feed");
    let feeds = ports.feeds.feeds(&caller, FeedKind::Patient).await.expect("feeds");
    let new = NewApiKey { name: "Front desk".into(), scope: Scope::Read, until: None };
    let key = ports.api_keys.create_api_key(&caller, &new).await.expect("a key");
    let cookie = clinic.cookie(&maria).await;
    let tokens = clinic.tokens(&maria).await;
    sqlx::query(
        "with app as (
             insert into authenticators (account_id, secret, created_at, confirmed_at)
             values ($1, '\\xfeedc0de', $2, $2)),
         codes as (
             insert into recovery_codes (account_id, digest) values ($1, '\\xfeedc0de'))
         insert into passkeys (id, account_id, credential_id, credential, name, created_at)
         values ($3, $1, '\\xfeedc0de', '{\"key\": \"feedc0de\"}', 'My phone', $2)",
    )
    .bind(maria.account.0)
    .bind(clinic.clock.now())
    .bind(Uuid::from_u128(7))
    .execute(&clinic.pool)
    .await
    .expect("second factors");
    // Visits of long ago are in the archive.
    sqlx::query(
        "with gone as (delete from appointments where id = $1 returning *)
         insert into archived_appointments select * from gone",
    )
    .bind(visit.0)
    .execute(&clinic.pool)
    .await
    .expect("archived");
    let slot = clinic.free(clinic.doctor).await[3];
    let ahead = clinic.book(&maria, slot).await;
    let slot = clinic.free(clinic.doctor).await[7];
    let foreign = clinic.book(&ravi, slot).await;

    let text = ports.accounts.export(&caller).await.expect("an export");
    let export: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(export["account"]["email"], "maria.dias@example.org");
    assert_eq!(export["account"]["has_password"], true);
    assert_eq!(export["people"][0]["name"], "Maria Dias");
    assert_eq!(export["people"][1]["birth_date"], "2019-05-04");
    let booked = export["appointments"].as_array().expect("a list");
    let ids: Vec<_> = booked.iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, [visit.to_string(), ahead.to_string()]);
    assert_eq!(export["appointments"][0]["clinic"], "Nadi Panjim");
    assert_eq!(export["reviews"][0]["text"], "Calm and kind.");
    assert_eq!(export["api_keys"][0]["name"], "Front desk");
    assert_eq!(export["second_factors"]["passkeys"][0]["name"], "My phone");
    assert_eq!(export["calendar_links"][0]["with_names"], true);
    assert_eq!(export["sessions"].as_array().map(Vec::len), Some(2));
    let happened = export["events"].to_string();
    for kind in ["account.sign_in_changed", "person.added", "feed.added"] {
        assert!(happened.contains(kind), "{kind} is not in {happened}");
    }
    let history = export["appointments"][0]["history"].to_string();
    assert!(history.contains("appointment.completed"), "{history}");

    let hash: String = sqlx::query_scalar("select password_hash from accounts where id = $1")
        .bind(maria.account.0)
        .fetch_one(&clinic.pool)
        .await
        .expect("a hash");
    let digests: Vec<String> = sqlx::query_scalar(
        "select encode(id, 'hex') from sessions union all select encode(digest, 'hex') from tokens
         union all select encode(digest, 'hex') from api_keys",
    )
    .fetch_all(&clinic.pool)
    .await
    .expect("digests");
    assert!(digests.len() >= 5, "{digests:?}");
    let cookie = cookie.split_once('=').expect("a value").1.to_owned();
    let path = feeds[0].path.clone();
    let link = path.trim_start_matches("/feeds/").trim_end_matches(".ics").to_owned();
    let plain = [hash, key, cookie, tokens.access_token, tokens.refresh_token, link];
    for secret in plain.into_iter().chain(digests).chain(["feedc0de".to_owned()]) {
        assert!(!text.contains(&secret), "{secret} is in the export");
    }
    for other in [foreign.to_string(), ravi.account.to_string(), "ravi@example.org".into()] {
        assert!(!text.contains(&other), "{other} of somebody else is in the export");
    }
}

#[tokio::test]
async fn the_export_is_a_file_for_our_own_form_only() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let cookie = clinic.cookie(&maria).await;
    let send = |origin: String, cookie: String| {
        let request = browser().post(format!("{base}/account/export")).header("origin", origin);
        async move { request.header(COOKIE, cookie).send().await.expect("an answer") }
    };
    let file = send(base.clone(), cookie.clone()).await;
    assert_eq!(file.status(), 200);
    let name = file.headers()[CONTENT_DISPOSITION].to_str().expect("text").to_owned();
    assert_eq!(name, "attachment; filename=\"nadi-2026-11-23.json\"");
    assert_eq!(file.headers()["cache-control"], "private, no-store");
    let export: Value = file.json().await.expect("JSON");
    assert_eq!(export["people"][0]["name"], "Maria Dias");

    let foreign = send("https://evil.example".into(), cookie.clone()).await;
    assert_eq!(foreign.status(), 403);
    let nobody = send(base.clone(), String::new()).await;
    assert_eq!(nobody.headers()[LOCATION], "/sign-in?next=%2Faccount%2Fexport");
    clinic.clock.step(Duration::minutes(11));
    let late = send(base.clone(), cookie.clone()).await;
    assert_eq!(late.headers()[LOCATION], "/sign-in/again?next=%2Faccount%2Fexport");
    let (status, _, _) = get_page(&base, "/account/delete", &cookie).await;
    assert_eq!(status, 303, "the page asks for a proof before anything is typed");
}

#[tokio::test]
async fn an_account_with_something_ahead_or_a_role_is_not_deleted() {
    let clinic = Clinic::open().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let kiran = clinic.dependants(&maria, ["Kiran"]).await[0];
    let delete = async |who: &SignedIn| clinic.ports.accounts.delete(&clinic.caller(who)).await;
    let slots = clinic.free(clinic.doctor).await;
    let busy = Err(Refusal::HasAppointments.into());

    let wish = HoldRequest { slot: slots[2], visit_type: None, person: Some(kiran) };
    let held = clinic.hold_as(&maria, &wish).await.expect("held");
    assert_eq!(delete(&maria).await, busy, "a hold");
    clinic.confirm(&maria, held).await.expect("confirmed");
    assert_eq!(delete(&maria).await, busy, "a visit of a dependant");
    clinic.change(&maria, held, &Change::Cancel { reason: None }).await.expect("cancelled");

    for (give, take) in [
        (
            "insert into staff (clinic_id, account_id, role, created_at)
             select id, $1, 'administrator', created_at from clinics",
            "delete from staff where account_id = $1",
        ),
        (
            "update doctors set account_id = $1",
            "update doctors set account_id = null where account_id = $1",
        ),
        (
            "update accounts set administers_everything = true where id = $1",
            "update accounts set administers_everything = false where id = $1",
        ),
    ] {
        let run = async |statement: &'static str| {
            let query = sqlx::query(statement).bind(maria.account.0);
            query.execute(&clinic.pool).await.expect("a role");
        };
        run(give).await;
        // Also while the role is not in use, because a second factor is missing.
        assert_eq!(delete(&maria).await, Err(Refusal::StillOnStaff.into()), "{give}");
        run(take).await;
    }
    assert_eq!(email_of(&clinic, &maria).await.as_deref(), Some("maria.dias@example.org"));
    delete(&maria).await.expect("nothing is in the way any more");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn a_deleted_account_is_gone_and_the_clinics_record_stays() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let doctor = clinic.doctor_account().await;
    let visit = completed_visit(&clinic, &maria, &doctor).await;
    let maria = just_proved(&clinic, &maria);
    let caller = clinic.caller(&maria);
    let ports = &clinic.ports;
    ports.accounts.set_password(&caller, None, &password(PASSWORD)).await.expect("a password");
    let birth_date = "2019-05-04".parse().ok();
    let child = NewDependant { name: "Kiran Dias".into(), birth_date };
    let child = ports.people.add_dependant(&caller, &child).await.expect("added").id;
    let review = ReviewForm { stars: Some(5), text: "Calm and kind.".into(), anonymous: false };
    ports.reviews.write(&caller, visit, &review, None).await.expect("written");
    let feed = NewFeed { kind: FeedKind::Patient, with_names: false, alarm: None };
    ports.feeds.add_feed(&caller, feed).await.expect("a feed");
    let feed = ports.feeds.feeds(&caller, FeedKind::Patient).await.expect("feeds")[0].path.clone();
    let new = NewApiKey { name: "Front desk".into(), scope: Scope::Write, until: None };
    let key = ports.api_keys.create_api_key(&caller, &new).await.expect("a key");
    let cookie = clinic.cookie(&maria).await;
    let token = clinic.token(&maria).await;
    assert_eq!(get_page(&base, &feed, "").await.0, 200);
    assert_eq!(call_api(&base, "/people", Some(&key), None).await.0, 200);

    ports.accounts.delete(&caller).await.expect("deleted");

    // Nobody can sign in.
    assert_eq!(get_page(&base, "/account", &cookie).await.0, 303);
    for bearer in [&token, &key] {
        assert_eq!(call_api(&base, "/people", Some(bearer), None).await.0, 401);
    }
    let email = "maria.dias@example.org";
    let old = ports.sign_in.check_password(&clinic.visitor(), email, PASSWORD).await;
    assert_eq!(old, Err(Failure::WrongCredentials));
    assert_eq!(ports.accounts.delete(&caller).await, Err(Failure::SignInFirst), "a second click");
    assert_eq!(get_page(&base, &feed, "").await.0, 404);
    let traces = "select count(*) from accounts where email = 'maria.dias@example.org'";
    assert_eq!(clinic.count(traces).await, 0);
    for table in [
        "select count(*) from sessions",
        "select count(*) from tokens",
        "select count(*) from api_keys",
        "select count(*) from accounts where password_hash is not null",
        "select count(*) from people where name = 'Kiran Dias' or birth_date is not null",
    ] {
        assert_eq!(clinic.count(table).await, 0, "{table}");
    }

    // The clinic's record and the review stay.
    let seen = ports.bookings.appointment(&clinic.caller(&doctor), visit).await.expect("kept");
    assert_eq!(seen.person_name, "Maria Dias");
    let doctors = nadi::ports::DoctorKey::Id(clinic.doctor);
    let reviews = ports.reviews.of_doctor(&clinic.visitor(), &doctors, 1, 10).await;
    let shown = reviews.expect("reviews").page.items;
    assert_eq!(shown[0].text, "Calm and kind.");
    assert_eq!(shown[0].name, nadi::review::public_name("", true));

    let told = notices(&clinic, &maria).await;
    let last = ("account_deleted".to_owned(), email.to_owned());
    assert_eq!(told.last(), Some(&last));
    let happened = events_of(&clinic, maria.account.0).await;
    assert_eq!(happened.last().map(String::as_str), Some("account.deleted"));
    clinic.dispatcher().run_once().await.expect("sent");
    let sent = clinic.messages.sent.lock().expect("sent").clone();
    let received = sent.iter().filter(|message| message.to == email).count();
    assert_eq!(received, told.len(), "the notices, and nothing about appointments any more");

    // The address is free, and whoever has it next does not see anything of before.
    let again = Newcomer { name: "Maria Again", email, password: NEW_PASSWORD };
    let token = clinic.register_by_api(&base, again, email).await;
    let (_, people) = call_api(&base, "/people", Some(&token), None).await;
    assert!(!people.to_string().contains(&child.to_string()), "{people}");
    assert!(people.to_string().contains("Maria Again"), "{people}");
    let (status, _) = call_api(&base, &format!("/appointments/{visit}"), Some(&token), None).await;
    assert_eq!(status, 404);
    clinic.assert_consistent().await;
}

/// Deletes the account, and writes something else of it while the deletion waits for a lock. Both go on when both wait:
/// first the deletion, then the other one.
async fn while_deleted(
    clinic: &Clinic,
    who: &SignedIn,
    write: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let mut locked = clinic.pool.begin().await.expect("a transaction");
    sqlx::query("select id from accounts where id = $1 for update")
        .bind(who.account.0)
        .execute(&mut *locked)
        .await
        .expect("locked");
    let caller = clinic.caller(who);
    let delete = clinic.ports.accounts.delete(&caller);
    let write = async {
        clinic.until_waiting(1).await;
        write.await
    };
    let release = async {
        clinic.until_waiting(2).await;
        locked.commit().await.expect("released");
    };
    let (deleted, written, ()) = tokio::join!(delete, write, release);
    deleted.expect("deleted");
    written
}

/// What somebody writes, who was signed in when the request began.
type Write = for<'a> fn(&'a Ports, &'a Caller) -> BoxFuture<'a, Result<(), Failure>>;

/// With a child and a calendar feed, which the account has.
const WRITES: [(&str, Write); 12] = [
    ("a person", |ports, caller| {
        let born = "2019-05-04".parse().ok();
        let child = NewDependant { name: "Kiran Dias".into(), birth_date: born };
        async move { ports.people.add_dependant(caller, &child).await.map(|_| ()) }.boxed()
    }),
    ("a person's name", |ports, caller| {
        let child = NewDependant { name: "Kiran Dias".into(), birth_date: None };
        async move {
            let person = ports.people.people(caller).await?[1].id;
            ports.people.correct_dependant(caller, person, &child).await
        }
        .boxed()
    }),
    ("a person's end", |ports, caller| {
        async move {
            let person = ports.people.people(caller).await?[1].id;
            ports.people.remove_dependant(caller, person).await
        }
        .boxed()
    }),
    ("the owner's name", |ports, caller| ports.accounts.rename(caller, "Kiran Dias").boxed()),
    ("the language", |ports, caller| ports.accounts.set_locale(caller, "en").boxed()),
    ("a password", |ports, caller| {
        async move { ports.accounts.set_password(caller, None, &password(PASSWORD)).await }.boxed()
    }),
    ("a new address", |ports, caller| {
        async move {
            let new = address("new@example.org");
            ports.accounts.request_email_change(caller, &new).await.map(|_| ())
        }
        .boxed()
    }),
    ("an authenticator app", |ports, caller| {
        async move { ports.second_factors.set_up_authenticator(caller).await.map(|_| ()) }.boxed()
    }),
    ("a passkey", |ports, caller| {
        async move { ports.second_factors.request_new_passkey(caller).await.map(|_| ()) }.boxed()
    }),
    ("an API key", |ports, caller| {
        let new = NewApiKey { name: "Front desk".into(), scope: Scope::Read, until: None };
        async move { ports.api_keys.create_api_key(caller, &new).await.map(|_| ()) }.boxed()
    }),
    ("a calendar feed", |ports, caller| {
        let new = NewFeed { kind: FeedKind::Patient, with_names: false, alarm: None };
        async move { ports.feeds.add_feed(caller, new).await.map(|_| ()) }.boxed()
    }),
    ("a reminder", |ports, caller| {
        async move {
            let feed = ports.feeds.feeds(caller, FeedKind::Patient).await?[0].id;
            ports.feeds.set_alarm(caller, feed, Some(Alarm::OneHour)).await
        }
        .boxed()
    }),
];

/// Before, it was written all the same and stayed for good: the name and the birth date of a child, calendar feeds that
/// could still be read, proofs of a new address, half set-up authenticator apps.
#[tokio::test]
async fn nothing_is_written_to_an_account_that_is_just_being_deleted() {
    let clinic = Clinic::open().await;
    let ports = &clinic.ports;
    let gone = Err(Failure::SignInFirst);
    for (n, (what, write)) in WRITES.into_iter().enumerate() {
        let maria = somebody(&clinic, &format!("Maria {n}")).await;
        let caller = clinic.caller(&maria);
        clinic.dependants(&maria, ["A child"]).await;
        let feed = NewFeed { kind: FeedKind::Patient, with_names: false, alarm: None };
        ports.feeds.add_feed(&caller, feed).await.expect("a feed");
        assert_eq!(while_deleted(&clinic, &maria, write(ports, &caller)).await, gone, "{what}");
    }
    let maria = somebody(&clinic, "Maria Dias").await;
    let doctor = clinic.doctor_account().await;
    let visit = completed_visit(&clinic, &maria, &doctor).await;
    let maria = just_proved(&clinic, &maria);
    let caller = clinic.caller(&maria);
    let review = ReviewForm { stars: Some(5), text: "Calm and kind.".into(), anonymous: false };
    let review = async { ports.reviews.write(&caller, visit, &review, None).await.map(|_| ()) };
    assert_eq!(while_deleted(&clinic, &maria, review).await, gone, "a review");

    for left in [
        "select count(*) from people where name = 'Kiran Dias' or birth_date is not null",
        "select count(*) from calendar_feeds where archived_at is null",
        "select count(*) from address_proofs",
        "select count(*) from authenticators",
        "select count(*) from passkey_challenges",
        "select count(*) from api_keys",
        "select count(*) from reviews",
    ] {
        assert_eq!(clinic.count(left).await, 0, "{left}");
    }
}

#[tokio::test]
async fn a_dependant_is_corrected_and_nobody_is_there_twice() {
    let clinic = Clinic::open().await;
    let maria = somebody(&clinic, "Maria Dias").await;
    let ravi = somebody(&clinic, "Ravi").await;
    let caller = clinic.caller(&maria);
    let people = &clinic.ports.people;
    let of =
        |name: &str, born: &str| NewDependant { name: name.into(), birth_date: born.parse().ok() };
    let kiran = people.add_dependant(&caller, &of("Kiran", "2019-05-04")).await.expect("added").id;
    let asha = people.add_dependant(&caller, &of("Asha", "")).await.expect("added").id;

    let correct = async |who: &SignedIn, person, corrected: &NewDependant| {
        people.correct_dependant(&clinic.caller(who), person, corrected).await
    };
    for _ in 0..2 {
        correct(&maria, kiran, &of(" Kiran Dias ", "2019-04-05")).await.expect("corrected");
    }
    let listed = people.people(&caller).await.expect("people");
    let found = listed.iter().find(|person| person.id == kiran).expect("Kiran");
    assert_eq!(found.name, "Kiran Dias");
    assert_eq!(found.birth_date, "2019-04-05".parse().ok());
    assert_eq!(events_of(&clinic, kiran.0).await, ["person.added", "person.corrected"]);

    let same = correct(&maria, asha, &of("Kiran Dias", "2019-04-05")).await;
    assert_eq!(same, Err(Refusal::SamePerson.into()));
    correct(&maria, asha, &of("Kiran Dias", "")).await.expect("another birth date");

    let missing = correct(&maria, kiran, &of(" ", "")).await;
    assert_eq!(missing, Err(Failure::field(Field::Name, Problem::Missing)));
    let unborn = correct(&maria, kiran, &of("Kiran", "2027-01-01")).await;
    assert_eq!(unborn, Err(Failure::field(Field::BirthDate, Problem::Malformed)));
    for (who, person) in [(&ravi, kiran), (&maria, maria.person), (&maria, ravi.person)] {
        let foreign = correct(who, person, &of("Somebody", "")).await;
        assert_eq!(foreign, Err(Failure::NotFound));
    }
    people.remove_dependant(&caller, kiran).await.expect("removed");
    assert_eq!(correct(&maria, kiran, &of("Kiran", "")).await, Err(Failure::NotFound));
}
