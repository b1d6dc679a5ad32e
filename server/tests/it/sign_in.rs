//! Signing in: by password, with a second factor, and when many do at the same time.

use std::time::{Duration, Instant};

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use futures::future::join_all;
use nadi::Failure;
use nadi::actor::{Access, Caller, SignedIn};
use nadi::input::Password;
use nadi::ports::{KnownAccount, SignInStep};
use server::accounts::{devices, sessions, tokens};
use server::clock::Clock;
use server::config::StaffSecondFactor;
use server::hash_queue::{THREADS, WAITING_MAX};
use server::ports;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::Clinic;
use crate::support::registration::CookieJar;
use crate::support::sign_ins::{PASSWORD, email};

impl Clinic {
    async fn password(&self, address: &str, password: &str) -> Result<SignInStep, Failure> {
        self.ports.sign_in.check_password(&self.visitor(), address, password).await
    }

    async fn on_account(&self, who: &SignedIn, set: &str) {
        sqlx::query(AssertSqlSafe(format!("update accounts set {set} where id = $1")))
            .bind(who.account.0)
            .execute(&self.pool)
            .await
            .expect("changed");
    }

    async fn with_authenticator(&self, who: &SignedIn) {
        sqlx::query(
            "insert into authenticators (account_id, secret, confirmed_at, created_at)
             values ($1, 'not a real secret', $2, $2)",
        )
        .bind(who.account.0)
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .expect("an authenticator");
    }
}

fn is_signed_in(step: &Result<SignInStep, Failure>, who: &SignedIn) -> bool {
    matches!(step, Ok(SignInStep::SignedIn(known)) if known.id == who.account)
}

#[tokio::test]
async fn wrong_passwords_and_unknown_addresses_get_the_same_answer() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    assert!(is_signed_in(&clinic.password("asha@example.org", PASSWORD).await, &asha));
    for (address, password) in [
        ("asha@example.org", "wrong password"),
        ("asha@example.org", ""),
        // Neither cut nor folded.
        ("asha@example.org", "Four calm green leaves"),
        ("asha@example.org", "four calm green leaves "),
        ("asha@example.org", " four calm green leaves"),
        ("asha@example.org", "four calm green leave"),
        ("nobody@example.org", PASSWORD),
        ("not an address", PASSWORD),
        ("nobody@example.org", "nobody has this password"),
    ] {
        let refused = clinic.password(address, password).await;
        assert_eq!(refused, Err(Failure::WrongCredentials), "{address} {password}");
    }
    let endless = "a".repeat(10_000);
    let refused = clinic.password("asha@example.org", &endless).await;
    assert_eq!(refused, Err(Failure::WrongCredentials));
}

#[tokio::test]
async fn archived_accounts_and_visitors_cannot_sign_in() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    clinic.on_account(&asha, "archived_at = created_at").await;
    assert_eq!(clinic.password("asha@example.org", PASSWORD).await, Err(Failure::WrongCredentials));
    let ravi = clinic.patient("Ravi").await;
    clinic.on_account(&ravi, "visitor = true").await;
    let address = email("ravi@example.org");
    let sign_in = &clinic.ports.sign_in;
    let token = sign_in.send_code(&clinic.visitor(), &address, "en").await.expect("sent");
    let code = clinic.mailed_code("ravi@example.org").await;
    let step = clinic.check_code(&token, &code).await;
    assert!(step.is_ok() && !is_signed_in(&step, &ravi), "a new account, not the visitor's");
}

/// The limit is one of passwords: whoever guesses does not shut out the owner, who signs in by code.
#[tokio::test]
async fn ten_wrong_passwords_pause_the_password_of_this_address_only() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    let ravi = clinic.known_patient("Ravi").await;
    for address in ["asha@example.org", "nobody@example.org"] {
        for _ in 0..10 {
            assert_eq!(clinic.password(address, "wrong").await, Err(Failure::WrongCredentials));
        }
        match clinic.password(address, PASSWORD).await {
            Err(Failure::TooManyTries { retry_after_seconds: 1..=1800 }) => {}
            other => panic!("{address}: {other:?}"),
        }
    }
    assert!(is_signed_in(&clinic.password("ravi@example.org", PASSWORD).await, &ravi));
    let sign_in = &clinic.ports.sign_in;
    let address = email("asha@example.org");
    let token = sign_in.send_code(&clinic.visitor(), &address, "en").await.expect("sent");
    let code = clinic.mailed_code("asha@example.org").await;
    assert!(is_signed_in(&clinic.check_code(&token, &code).await, &asha));
}

#[tokio::test]
async fn of_thirty_wrong_passwords_at_once_ten_are_compared() {
    let clinic = Clinic::open().await;
    clinic.known_patient("Asha").await;
    let all = join_all((0..30).map(|_| clinic.password("asha@example.org", "wrong"))).await;
    let wrong = Err(Failure::WrongCredentials);
    // On a slow machine, some of the ten wait too long for their turn.
    let compared = |answer: &&_| **answer == wrong || **answer == Err(Failure::Busy);
    assert_eq!(all.iter().filter(compared).count(), 10);
    assert!(clinic.app_state.hash_queue.begun() <= 10);
}

/// Uses up what strangers may do with an address: ten wrong passwords, and five codes.
async fn use_up(clinic: &Clinic, address: &str) {
    let paused = |answer: &Failure| matches!(answer, Failure::TooManyTries { .. });
    for _ in 0..10 {
        assert_eq!(clinic.password(address, "wrong").await, Err(Failure::WrongCredentials));
    }
    assert!(clinic.password(address, PASSWORD).await.is_err_and(|failure| paused(&failure)));
    let (sign_in, stranger, to) = (&clinic.ports.sign_in, clinic.visitor(), email(address));
    for _ in 0..5 {
        sign_in.send_code(&stranger, &to, "en").await.expect("sent");
    }
    let refused = sign_in.send_code(&stranger, &to, "en").await;
    assert!(refused.is_err_and(|failure| paused(&failure)));
}

/// What this caller may do with an address when strangers have used it up: sign in by password, and get a code.
async fn may(clinic: &Clinic, caller: &Caller, address: &str) -> (bool, bool) {
    let sign_in = &clinic.ports.sign_in;
    let password = sign_in.check_password(caller, address, PASSWORD).await;
    (password.is_ok(), sign_in.send_code(caller, &email(address), "en").await.is_ok())
}

#[tokio::test]
async fn strangers_do_not_shut_out_a_browser_that_has_signed_in_before() {
    let clinic = Clinic::open().await;
    clinic.known_patient("Asha").await;
    clinic.known_patient("Ravi").await;
    for address in ["asha@example.org", "ravi@example.org"] {
        use_up(&clinic, address).await;
    }
    let mark = devices::mark(&clinic.app_state.code_key, "asha@example.org");
    let ashas = Caller { device: Some(mark), ..clinic.visitor() };
    assert_eq!(may(&clinic, &ashas, "asha@example.org").await, (true, true));
    assert_eq!(may(&clinic, &ashas, "ravi@example.org").await, (false, false), "not hers");
    let forged = Caller { device: Some("A".repeat(43)), ..clinic.visitor() };
    assert_eq!(may(&clinic, &forged, "asha@example.org").await, (false, false));

    // What her browser may do is bounded, too, and another one of hers has an allowance of its own.
    let sign_in = &clinic.ports.sign_in;
    for _ in 0..10 {
        let wrong = sign_in.check_password(&ashas, "asha@example.org", "wrong").await;
        assert_eq!(wrong, Err(Failure::WrongCredentials));
    }
    for _ in 1..5 {
        sign_in.send_code(&ashas, &email("asha@example.org"), "en").await.expect("sent");
    }
    assert_eq!(may(&clinic, &ashas, "asha@example.org").await, (false, false));
    let mark = devices::mark(&clinic.app_state.code_key, "asha@example.org");
    let another = Caller { device: Some(mark), ..clinic.visitor() };
    assert_eq!(may(&clinic, &another, "asha@example.org").await, (true, true));
}

/// So that its owner can prove again who they are.
#[tokio::test]
async fn strangers_do_not_shut_out_a_session() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    clinic.known_patient("Ravi").await;
    for address in ["asha@example.org", "ravi@example.org"] {
        use_up(&clinic, address).await;
    }
    let access = Access { session: Some(Uuid::from_u128(1)), ..Access::default() };
    let asha = clinic.caller(&SignedIn { access, ..asha });
    assert_eq!(may(&clinic, &asha, "asha@example.org").await, (true, true));
    assert_eq!(may(&clinic, &asha, "ravi@example.org").await, (false, false), "not hers");
}

#[tokio::test]
async fn a_browser_that_has_signed_in_keeps_a_mark_of_it() {
    let clinic = Clinic::open().await;
    clinic.known_patient("Asha").await;
    let base = clinic.serve().await;
    let fields = [("email", "asha@example.org"), ("password", PASSWORD)];
    let form = ("/fn/sign_in", "/sign-in");
    let mut jar = CookieJar::default();
    jar.submit(&base, form, &[("email", "asha@example.org"), ("password", "wrong")]).await;
    assert!(!jar.has("nadi_device"), "nobody has signed in");
    jar.submit(&base, form, &fields).await;
    jar.submit(&base, ("/fn/sign_out", "/"), &[]).await;
    assert!(jar.has("nadi_device") && !jar.has("nadi_session"), "{}", jar.header());
    let of_browser = |jar: &CookieJar| {
        let header = jar.header();
        header.split("; ").find(|pair| pair.starts_with("nadi_device=")).map(str::to_owned)
    };
    let mark = of_browser(&jar);
    // A stranger in the same network uses up what those may try who are not known.
    let mut stranger = CookieJar::default();
    let address = ("email", "asha@example.org");
    for _ in 0..10 {
        stranger.submit(&base, form, &[address, ("password", "wrong")]).await;
        stranger.submit(&base, ("/fn/send_sign_in_code", "/sign-in"), &[address]).await;
    }
    stranger.submit(&base, form, &fields).await;
    assert!(!stranger.has("nadi_session"));
    jar.submit(&base, form, &fields).await;
    assert!(jar.has("nadi_session"), "{}", jar.header());
    assert_eq!(of_browser(&jar), mark, "it stays the same browser");
    let to = jar.submit(&base, ("/fn/prove_with_code", "/sign-in/again"), &[]).await;
    assert!(to.starts_with("/sign-in/code") && !to.contains("__err="), "{to}");
}

/// Before: the password was compared, and the session began later, whatever had changed in between.
#[tokio::test]
async fn a_sign_in_that_began_before_a_change_ends_with_it() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    let (app_state, now) = (&clinic.app_state, clinic.clock.now());
    let access = Access { proved_at: Some(now), ..Access::default() };
    let owner = clinic.caller(&SignedIn { access, ..asha.clone() });
    let accounts = &clinic.ports.accounts;
    let new = Password::parse("nine quiet blue stones").expect("a password");
    let old = clinic.known(&asha).await;
    let waiting = [7; 32];
    sessions::await_second_factor(app_state, &waiting, &old, now).await.expect("waits");
    accounts.set_password(&owner, Some(PASSWORD), &new).await.expect("changed");
    let token = accounts.request_email_change(&owner, &email("new@example.org")).await;
    let code = clinic.mailed_code("new@example.org").await;
    let newer = clinic.known(&asha).await;
    accounts.confirm_email_change(&owner, &token.expect("sent"), &code).await.expect("changed");
    let newest = clinic.known(&asha).await;

    for account in [&old, &newer] {
        let web = sessions::start(app_state, account, "A test", &[], now).await.map(|_| ());
        assert_eq!(web, Err(Failure::SignInFirst));
        let program = tokens::issue(app_state, account, "A test", now).await.map(|_| ());
        assert_eq!(program, Err(Failure::SignInFirst));
        let half = sessions::await_second_factor(app_state, &[8; 32], account, now).await;
        assert_eq!(half, Err(Failure::SignInFirst));
    }
    let left = sessions::awaiting_second_factor(app_state, &waiting, now).await;
    assert_eq!(left, Ok(None), "what waited for a second factor");
    assert_eq!(clinic.count("select count(*) from sessions").await, 0);
    sessions::start(app_state, &newest, "A test", &[], now).await.map(|_| ()).expect("begins");
    accounts.delete(&owner).await.expect("deleted");
    let deleted = sessions::start(app_state, &newest, "A test", &[], now).await.map(|_| ());
    assert_eq!(deleted, Err(Failure::SignInFirst));
}

#[tokio::test]
async fn a_session_that_waits_for_a_change_does_not_begin() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    let old = clinic.known(&asha).await;
    let mut change = clinic.pool.begin().await.expect("begun");
    for sql in [
        "select id from accounts where id = $1 for update",
        "update accounts set sign_in_version = sign_in_version + 1 where id = $1",
    ] {
        sqlx::query(sql).bind(asha.account.0).execute(&mut *change).await.expect("changing");
    }
    let start = sessions::start(&clinic.app_state, &old, "A test", &[], clinic.clock.now());
    let commit = async {
        clinic.until_waiting(1).await;
        change.commit().await.expect("changed");
    };
    let (started, ()) = tokio::join!(start, commit);
    assert_eq!(started.map(|_| ()), Err(Failure::SignInFirst));
}

#[tokio::test]
async fn an_old_hash_is_replaced_when_its_owner_signs_in() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    let weak = Params::new(8 * 1024, 1, 1, None).expect("parameters");
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, weak);
    let old = weak.hash_password(PASSWORD.as_bytes()).expect("a hash").to_string();
    sqlx::query("update accounts set password_hash = $2 where id = $1")
        .bind(asha.account.0)
        .bind(&old)
        .execute(&clinic.pool)
        .await
        .expect("an old hash");
    let stored = async || -> String {
        sqlx::query_scalar("select password_hash from accounts where id = $1")
            .bind(asha.account.0)
            .fetch_one(&clinic.pool)
            .await
            .expect("a hash")
    };
    assert_eq!(clinic.password("asha@example.org", "wrong").await, Err(Failure::WrongCredentials));
    assert_eq!(stored().await, old);
    assert!(is_signed_in(&clinic.password("asha@example.org", PASSWORD).await, &asha));
    let new = stored().await;
    assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{new}");
    assert!(is_signed_in(&clinic.password("asha@example.org", PASSWORD).await, &asha));
    assert_eq!(stored().await, new, "once");
}

/// Before: 700 sign-ins at once kept all threads and 891 MB busy, and pages waited with them.
#[tokio::test(flavor = "multi_thread")]
async fn many_sign_ins_at_once_are_answered_or_refused_at_once() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    let start = Instant::now();
    // Unknown addresses lead to as many hashes as known ones.
    let sign_in = async |n: u32| {
        let answer = clinic.password(&format!("nobody.{n}@example.org"), PASSWORD).await;
        (answer, start.elapsed())
    };
    let others = async {
        // Somebody who is signed in notices nothing.
        let start = Instant::now();
        clinic.ports.accounts.locale(&clinic.caller(&asha)).await.expect("an answer");
        start.elapsed()
    };
    let (all, page) = tokio::join!(join_all((0..200).map(sign_in)), others);
    let wrong = Err(Failure::WrongCredentials);
    let compared = all.iter().filter(|(answer, _)| *answer == wrong).count();
    let busy = all.iter().filter(|(answer, _)| *answer == Err(Failure::Busy)).count();
    assert_eq!(compared + busy, 200, "compared or busy, nothing else");
    assert!(compared >= 1 && busy >= 1, "{compared} {busy}");
    let queue = &clinic.app_state.hash_queue;
    // Each hash takes 19 MiB, so this bounds the memory.
    assert!(queue.most_at_once() <= THREADS, "{}", queue.most_at_once());
    assert!(compared <= queue.begun(), "{compared}");
    // Generous, because other tests run at the same time.
    let slowest = all.iter().map(|(_, elapsed)| *elapsed).max().unwrap_or_default();
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    assert!(page < Duration::from_secs(5), "{page:?}");
    const { assert!(WAITING_MAX + THREADS < 200) };
    assert!(
        is_signed_in(&clinic.password("asha@example.org", PASSWORD).await, &asha),
        "afterwards"
    );
}

/// Wrong passwords of known and unknown addresses take equally long: each compares one hash. Taken in turns, so that a
/// busy machine slows both.
#[tokio::test]
async fn an_unknown_address_takes_as_long_as_a_wrong_password() {
    let clinic = Clinic::open().await;
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for n in 0..4 {
        clinic.known_patient(&format!("Asha {n}")).await;
    }
    for n in 0..32 {
        for (address, times) in [
            (format!("asha.{}@example.org", n % 4), &mut known),
            (format!("nobody.{}@example.org", n % 4), &mut unknown),
        ] {
            let start = Instant::now();
            assert_eq!(clinic.password(&address, "wrong").await, Err(Failure::WrongCredentials));
            times.push(start.elapsed());
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    };
    let ratio = median(known) / median(unknown);
    assert!((0.67..1.5).contains(&ratio), "{ratio}");
    assert_eq!(clinic.app_state.hash_queue.begun(), 64, "one hash each");
}

#[tokio::test]
async fn an_authenticator_is_asked_for_after_password_and_code() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    clinic.with_authenticator(&asha).await;
    let second = Ok(SignInStep::SecondFactor(clinic.known(&asha).await));
    assert_eq!(clinic.password("asha@example.org", PASSWORD).await, second);
    let sign_in = &clinic.ports.sign_in;
    let address = email("asha@example.org");
    let token = sign_in.send_code(&clinic.visitor(), &address, "en").await.expect("sent");
    let code = clinic.mailed_code("asha@example.org").await;
    let by_code = KnownAccount { by_code: true, ..clinic.known(&asha).await };
    assert_eq!(clinic.check_code(&token, &code).await, Ok(SignInStep::SecondFactor(by_code)));
    let again = clinic.check_code(&token, &code).await;
    assert_eq!(again, Err(Failure::CodeExpired), "a right code counts once");
}

#[tokio::test]
async fn five_wrong_second_factors_pause_them() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    let sign_in = &clinic.ports.sign_in;
    let (visitor, account) = (clinic.visitor(), clinic.known(&asha).await);
    let guesses = (0..20).map(|n| {
        let code = format!("{n:06}");
        let (visitor, account) = (visitor.clone(), account.clone());
        async move { sign_in.check_second_factor(&visitor, &account, &code).await }
    });
    let all = join_all(guesses).await;
    let wrong = all.iter().filter(|answer| **answer == Err(Failure::WrongSecondFactor)).count();
    let paused = |answer: &&_| matches!(answer, Err(Failure::TooManyTries { .. }));
    let refused = all.iter().filter(paused).count();
    assert_eq!((wrong, refused), (5, 15), "also when they come at once");
}

/// Before, tries were counted for the account alone: whoever knew the password shut its owner out with five wrong codes
/// every quarter of an hour, also in the browser that had signed in before.
#[tokio::test]
async fn strangers_with_the_password_do_not_use_up_the_second_factors_of_a_known_browser() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    let account = clinic.known(&asha).await;
    let tries = async |caller: &Caller| {
        let mut answers = Vec::new();
        for _ in 0..6 {
            answers
                .push(clinic.ports.sign_in.check_second_factor(caller, &account, "000000").await);
        }
        let wrong = answers.iter().filter(|one| **one == Err(Failure::WrongSecondFactor)).count();
        let paused = answers.iter().filter(|one| matches!(one, Err(Failure::TooManyTries { .. })));
        (wrong, paused.count())
    };
    assert_eq!(tries(&clinic.visitor()).await, (5, 1));
    assert_eq!(tries(&clinic.visitor()).await, (0, 6));
    let key = &clinic.app_state.code_key;
    let with = |mark| Caller { device: Some(mark), ..clinic.visitor() };
    assert_eq!(tries(&with(devices::mark(key, "asha@example.org"))).await, (5, 1), "bounded, too");
    assert_eq!(tries(&with(devices::mark(key, "ravi@example.org"))).await, (0, 6), "not hers");
    let access = Access { session: Some(Uuid::from_u128(7)), ..Access::default() };
    let own = clinic.caller(&SignedIn { access, ..asha.clone() });
    assert_eq!(tries(&own).await, (5, 1), "whoever is signed in can prove again who they are");
}

/// Where the configuration asks doctors and administrators for two factors, their password is not a way around a
/// passkey. For patients a passkey is one more way to sign in.
#[tokio::test]
async fn a_password_alone_is_no_way_around_the_passkey_of_an_administrator() {
    let mut clinic = Clinic::open().await;
    clinic.app_state.settings.staff_second_factor = StaffSecondFactor::Required;
    clinic.ports = ports::ports(&clinic.app_state, None);
    let asha = clinic.known_patient("Asha").await;
    sqlx::query(
        "insert into passkeys (id, account_id, credential_id, credential, name, created_at)
         values ($1, $1, 'an id', '{}', 'Phone', $2)",
    )
    .bind(asha.account.0)
    .bind(clinic.clock.now())
    .execute(&clinic.pool)
    .await
    .expect("a passkey");
    assert!(is_signed_in(&clinic.password("asha@example.org", PASSWORD).await, &asha));
    clinic.on_account(&asha, "administers_everything = true").await;
    let second = Ok(SignInStep::SecondFactor(clinic.known(&asha).await));
    assert_eq!(clinic.password("asha@example.org", PASSWORD).await, second);
    clinic.app_state.settings.staff_second_factor = StaffSecondFactor::Optional;
    clinic.ports = ports::ports(&clinic.app_state, None);
    assert!(is_signed_in(&clinic.password("asha@example.org", PASSWORD).await, &asha));
}
