//! What the operator does to accounts by command: `nadi account sign-out` and `nadi account reset-factors`.

use chrono::Duration;
use nadi::Failure;
use nadi::actor::{Scope, SignedIn};
use nadi::ports::{KnownAccount, NewApiKey, SignInStep};
use server::accounts::operator::{self, RESET_VALID_FOR, RESET_WAIT, Reset};
use server::accounts::sessions;
use server::clock::Clock;

use crate::support::Clinic;
use crate::support::http::{call_api, get_page};
use crate::support::sign_ins::{PASSWORD, email};

const ASHA: &str = "asha@example.org";

async fn run(clinic: &Clinic, sql: &'static str, who: &SignedIn) {
    sqlx::query(sql).bind(who.account.0).execute(&clinic.pool).await.expect("done");
}

async fn add_factors(clinic: &Clinic, who: &SignedIn) {
    run(
        clinic,
        "insert into authenticators (account_id, secret, created_at, confirmed_at)
         select id, '\\x01', created_at, created_at from accounts where id = $1",
        who,
    )
    .await;
    run(
        clinic,
        "insert into recovery_codes (account_id, digest) values ($1, decode(repeat('07', 32), 'hex'))",
        who,
    )
    .await;
}

/// What the messages to somebody say has changed, and the events about them, oldest first.
async fn told(clinic: &Clinic, who: &SignedIn) -> (Vec<String>, Vec<String>) {
    let messages = sqlx::query_scalar(
        "select data ->> 'what' from notifications
         where recipient_id = $1 and template = 'sign_in_changed' order by id",
    );
    let messages = messages.bind(who.account.0).fetch_all(&clinic.pool).await.expect("messages");
    let events = sqlx::query_scalar("select type from events where subject_id = $1 order by id");
    let events = events.bind(who.account.0).fetch_all(&clinic.pool).await.expect("events");
    (messages, events)
}

/// Somebody with a browser, a program and a personal key, none of which works after `end`.
async fn with_everything(clinic: &Clinic, base: &str, who: &SignedIn) -> (String, Vec<String>) {
    let cookie = clinic.cookie(who).await;
    let tokens = clinic.tokens(who).await;
    let new = NewApiKey { name: "A key".into(), scope: Scope::Read, until: None };
    let caller = clinic.caller(&clinic.proved(who));
    let key = clinic.ports.api_keys.create_api_key(&caller, &new).await.expect("a key");
    let programs = vec![tokens.access_token, key];
    assert!(works(base, &(cookie.clone(), programs.clone())).await.iter().all(|works| *works));
    (cookie, programs)
}

async fn works(base: &str, (cookie, programs): &(String, Vec<String>)) -> Vec<bool> {
    let mut all = vec![get_page(base, "/account", cookie).await.0 == 200];
    for program in programs {
        all.push(call_api(base, "/people", Some(program), None).await.0 == 200);
    }
    all
}

#[tokio::test]
async fn signing_out_ends_sessions_tokens_keys_and_sign_ins_that_wait() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let (asha, ravi) = (clinic.known_patient("Asha").await, clinic.known_patient("Ravi").await);
    let everything = with_everything(&clinic, &base, &asha).await;
    let of_ravi = with_everything(&clinic, &base, &ravi).await;
    let now = clinic.clock.now();
    let known = clinic.known(&asha).await;
    sessions::await_second_factor(&clinic.app_state, &[7; 32], &known, now).await.expect("waits");

    let done = operator::sign_out(&clinic.app_state, &email(ASHA), now).await;
    assert_eq!(done, Ok(asha.account));
    assert_eq!(works(&base, &everything).await, [false; 3]);
    let waits = sessions::awaiting_second_factor(&clinic.app_state, &[7; 32], now).await;
    assert_eq!(waits, Ok(None));
    let late = sessions::start(&clinic.app_state, &known, "", &[], now).await;
    assert!(late.is_err(), "a sign-in that was checked before");
    let (messages, events) = told(&clinic, &asha).await;
    assert_eq!(messages, ["api_key", "signed_out"]);
    assert_eq!(events.last().map(String::as_str), Some("account.signed_out"));
    assert_eq!(works(&base, &of_ravi).await, [true; 3], "somebody else");
    let nobody = operator::sign_out(&clinic.app_state, &email("nobody@example.org"), now).await;
    assert_eq!(nobody, Err(Failure::NotFound));
    let step = clinic.ports.sign_in.check_password(&clinic.visitor(), ASHA, PASSWORD).await;
    assert!(
        matches!(step, Ok(SignInStep::SignedIn(KnownAccount { id, .. })) if id == asha.account)
    );
}

#[tokio::test]
async fn everybody_is_signed_out_without_a_message() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let (asha, ravi) = (clinic.known_patient("Asha").await, clinic.known_patient("Ravi").await);
    clinic.known_patient("Somebody Else").await;
    let all = [
        with_everything(&clinic, &base, &asha).await,
        with_everything(&clinic, &base, &ravi).await,
    ];
    let now = clinic.clock.now();
    assert_eq!(operator::sign_out_all(&clinic.app_state, now).await, Ok(2));
    for one in &all {
        assert_eq!(works(&base, one).await, [false; 3]);
    }
    for who in [&asha, &ravi] {
        let (messages, events) = told(&clinic, who).await;
        assert_eq!(messages, ["api_key"]);
        assert_eq!(events.last().map(String::as_str), Some("account.signed_out"));
    }
    assert_eq!(operator::sign_out_all(&clinic.app_state, now).await, Ok(0));
}

#[tokio::test]
async fn lost_factors_are_taken_away_a_day_after_the_owner_was_told() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let asha = clinic.known_patient("Asha").await;
    let reset =
        async || operator::reset_factors(&clinic.app_state, &email(ASHA), clinic.clock.now()).await;
    assert_eq!(reset().await, Err(Failure::NotFound), "there is none");
    add_factors(&clinic, &asha).await;
    let until = clinic.clock.now() + RESET_WAIT;
    assert_eq!(reset().await, Ok(Reset::Waits { until }));
    clinic.clock.step(RESET_WAIT - Duration::seconds(1));
    assert_eq!(reset().await, Ok(Reset::Waits { until }), "asking again is no second request");
    let sign_in =
        async || clinic.ports.sign_in.check_password(&clinic.visitor(), ASHA, PASSWORD).await;
    assert!(matches!(sign_in().await, Ok(SignInStep::SecondFactor(_))));
    let cookie = clinic.cookie(&asha).await;
    clinic.clock.step(Duration::seconds(1));
    assert_eq!(reset().await, Ok(Reset::Done));
    assert!(matches!(sign_in().await, Ok(SignInStep::SignedIn(_))));
    assert_eq!(get_page(&base, "/account", &cookie).await.0, 303, "sessions have ended");
    assert_eq!(clinic.count("select count(*) from recovery_codes").await, 0);
    let (messages, events) = told(&clinic, &asha).await;
    assert_eq!(messages, ["factor_reset_requested", "factors_reset"]);
    assert_eq!(events, ["account.factor_reset_requested", "account.factors_reset"]);
    assert_eq!(reset().await, Err(Failure::NotFound));
}

#[tokio::test]
async fn whoever_objects_keeps_their_factors() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    add_factors(&clinic, &asha).await;
    let (app_state, address) = (&clinic.app_state, email(ASHA));
    let withdraw = async || operator::withdraw_reset(app_state, &address, clinic.clock.now()).await;
    let reset = async || operator::reset_factors(app_state, &address, clinic.clock.now()).await;
    assert_eq!(withdraw().await, Err(Failure::NotFound), "nobody has asked");
    let waits = |answer: Result<Reset, Failure>| {
        let until = clinic.clock.now() + RESET_WAIT;
        assert_eq!(answer, Ok(Reset::Waits { until }), "a new request");
    };
    waits(reset().await);
    withdraw().await.expect("withdrawn");
    clinic.clock.step(RESET_WAIT);
    waits(reset().await);
    // Nobody carries out a request that is long forgotten.
    clinic.clock.step(RESET_WAIT + RESET_VALID_FOR);
    waits(reset().await);
    // The owner has found the app, and has changed something with it.
    let caller = clinic.caller(&clinic.proved(&asha));
    clinic.ports.second_factors.renew_recovery_codes(&caller).await.expect("new codes");
    clinic.clock.step(RESET_WAIT);
    waits(reset().await);
    assert_eq!(clinic.count("select count(*) from authenticators").await, 1);
}
