//! Authenticator apps and recovery codes.

use std::collections::HashSet;

use chrono::{Duration, Utc};
use futures::future::join_all;
use nadi::Failure;
use nadi::actor::{Access, MissingFactor, SignedIn};
use nadi::appointment::Refusal;
use nadi::ports::{AuthenticatorSetup, KnownAccount, ProofToken, SignInStep};
use server::accounts::credential::{Credential, CredentialKind};
use server::accounts::identities::Identities;
use server::accounts::sessions::{self, SessionSecret};
use server::clock::Clock;
use server::config::StaffSecondFactor;
use server::ports;
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use crate::support::Clinic;
use crate::support::sign_ins::PASSWORD;

/// The account, signed in with a proof of who it is at this moment.
fn proved(clinic: &Clinic, who: &SignedIn) -> SignedIn {
    let access = Access { proved_at: Some(clinic.clock.now()), ..Access::default() };
    SignedIn { access, ..who.clone() }
}

/// Somebody with a proven address and a password, who has just signed in.
async fn somebody(clinic: &Clinic, name: &str) -> SignedIn {
    proved(clinic, &clinic.known_patient(name).await)
}

/// The authenticator app that has scanned this.
fn scanned(setup: &AuthenticatorSetup) -> Totp {
    Totp::from_url(&setup.url).expect("an address of an app")
}

fn code_at(clinic: &Clinic, app: &Totp, later: Duration) -> String {
    let seconds = (clinic.clock.now() + later).timestamp();
    app.generate(u64::try_from(seconds).expect("after 1970")).to_string()
}

/// The code that the app shows.
fn code(clinic: &Clinic, app: &Totp) -> String {
    code_at(clinic, app, Duration::zero())
}

/// A code that the app shows in none of the half minutes that count.
fn wrong_code(clinic: &Clinic, app: &Totp) -> String {
    let right: Vec<String> =
        [-30, 0, 30].map(|later| code_at(clinic, app, Duration::seconds(later))).into();
    let wrong = ["111111", "222222", "333333", "444444"];
    wrong.into_iter().find(|code| !right.iter().any(|right| right == code)).expect("one").to_owned()
}

async fn begin(clinic: &Clinic, who: &SignedIn) -> Totp {
    let setup = clinic.ports.second_factors.set_up_authenticator(&clinic.caller(who)).await;
    scanned(&setup.expect("a setup"))
}

/// Sets an app up; returns it with the recovery codes. Afterwards, the app shows another code.
async fn set_up(clinic: &Clinic, who: &SignedIn) -> (Totp, Vec<String>) {
    let app = begin(clinic, who).await;
    let typed = code(clinic, &app);
    let caller = clinic.caller(who);
    let codes = clinic.ports.second_factors.confirm_authenticator(&caller, &typed);
    let codes = codes.await.expect("recovery codes");
    clinic.clock.step(Duration::minutes(1));
    (app, codes)
}

/// Signs in with the password alone.
async fn password_step(clinic: &Clinic, who: &SignedIn) -> SignInStep {
    let email = email_of(clinic, who).await;
    let caller = clinic.visitor();
    let step = clinic.ports.sign_in.check_password(&caller, &email, PASSWORD);
    step.await.expect("the right password")
}

async fn email_of(clinic: &Clinic, who: &SignedIn) -> String {
    sqlx::query_scalar("select email from accounts where id = $1")
        .bind(who.account.0)
        .fetch_one(&clinic.pool)
        .await
        .expect("an address")
}

async fn second_step(clinic: &Clinic, who: &SignedIn, code: &str) -> Result<KnownAccount, Failure> {
    let account = clinic.known(who).await;
    clinic.ports.sign_in.check_second_factor(&clinic.visitor(), &account, code).await
}

/// What the messages about changes of signing in name, in their order.
async fn messages(clinic: &Clinic, who: &SignedIn) -> Vec<String> {
    sqlx::query_scalar(
        "select data ->> 'what' from notifications
         where recipient_id = $1 and template = 'sign_in_changed' order by id",
    )
    .bind(who.account.0)
    .fetch_all(&clinic.pool)
    .await
    .expect("messages")
}

/// From now on, doctors and administrators have to have a second factor.
fn require_for_staff(clinic: &mut Clinic) {
    clinic.app_state.settings.staff_second_factor = StaffSecondFactor::Required;
    clinic.ports = ports::ports(&clinic.app_state, None);
}

#[tokio::test]
async fn an_app_is_asked_for_once_its_first_code_was_typed() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let app = begin(&clinic, &asha).await;
    assert_eq!((app.digits(), app.step(), app.secret().as_bytes().len()), (6, 30, 20));

    let (factors, caller) = (&clinic.ports.second_factors, clinic.caller(&asha));
    let wrong = wrong_code(&clinic, &app);
    let refused = factors.confirm_authenticator(&caller, &wrong).await;
    assert_eq!(refused, Err(Failure::WrongSecondFactor));
    assert_eq!(factors.authenticator(&caller).await, Ok(None));
    assert!(matches!(password_step(&clinic, &asha).await, SignInStep::SignedIn(_)));

    let first = code(&clinic, &app);
    let codes = factors.confirm_authenticator(&caller, &first).await.expect("confirmed");
    assert_eq!(codes.iter().collect::<HashSet<_>>().len(), 10);
    let shown = factors.authenticator(&caller).await.expect("shown").expect("in use");
    assert_eq!((shown.since, shown.recovery_codes_left), (clinic.clock.now(), 10));
    assert_eq!(
        password_step(&clinic, &asha).await,
        SignInStep::SecondFactor(clinic.known(&asha).await)
    );
    assert_eq!(messages(&clinic, &asha).await, ["authenticator_added"]);

    // The code of the setup was used there.
    assert_eq!(second_step(&clinic, &asha, &first).await, Err(Failure::WrongSecondFactor));
    let wrong = wrong_code(&clinic, &app);
    assert_eq!(second_step(&clinic, &asha, &wrong).await, Err(Failure::WrongSecondFactor));
    clinic.clock.step(Duration::seconds(30));
    let next = code(&clinic, &app);
    let typed = format!("{} {}", &next[..3], &next[3..]);
    let signed_in = second_step(&clinic, &asha, &typed).await.expect("the right code");
    assert_eq!(signed_in.id, asha.account);
    // Nobody can use it again, and none of before.
    assert_eq!(second_step(&clinic, &asha, &next).await, Err(Failure::WrongSecondFactor));
    let before = code_at(&clinic, &app, Duration::seconds(-30));
    assert_eq!(second_step(&clinic, &asha, &before).await, Err(Failure::WrongSecondFactor));
}

#[tokio::test]
async fn a_code_counts_half_a_minute_longer_and_no_more() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let (app, _) = set_up(&clinic, &asha).await;
    let shown = code(&clinic, &app);
    clinic.clock.step(Duration::seconds(60));
    assert_eq!(second_step(&clinic, &asha, &shown).await, Err(Failure::WrongSecondFactor));
    let shown = code(&clinic, &app);
    clinic.clock.step(Duration::seconds(30));
    assert!(second_step(&clinic, &asha, &shown).await.is_ok());
}

#[tokio::test]
async fn of_two_people_with_the_same_code_one_gets_in() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let (app, _) = set_up(&clinic, &asha).await;
    let shown = code(&clinic, &app);
    let tries = join_all((0..5).map(|_| second_step(&clinic, &asha, &shown))).await;
    let counts = |wanted: bool| tries.iter().filter(|answer| answer.is_ok() == wanted).count();
    assert_eq!((counts(true), counts(false)), (1, 4), "{tries:?}");
}

#[tokio::test]
async fn a_recovery_code_counts_once_and_only_for_its_account() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let ravi = somebody(&clinic, "Ravi").await;
    let (_, codes) = set_up(&clinic, &asha).await;
    set_up(&clinic, &ravi).await;

    assert_eq!(second_step(&clinic, &ravi, &codes[0]).await, Err(Failure::WrongSecondFactor));
    let typed = codes[0].to_uppercase().replace('-', " ");
    assert!(second_step(&clinic, &asha, &typed).await.is_ok());
    assert_eq!(second_step(&clinic, &asha, &codes[0]).await, Err(Failure::WrongSecondFactor));
    let tries = join_all((0..4).map(|_| second_step(&clinic, &asha, &codes[1]))).await;
    assert_eq!(tries.iter().filter(|answer| answer.is_ok()).count(), 1, "{tries:?}");

    let asha = proved(&clinic, &asha);
    let (factors, caller) = (&clinic.ports.second_factors, clinic.caller(&asha));
    let shown = factors.authenticator(&caller).await.expect("shown").expect("in use");
    assert_eq!(shown.recovery_codes_left, 8);
    let renewed = factors.renew_recovery_codes(&caller).await.expect("new codes");
    assert!(renewed.iter().all(|code| !codes.contains(code)));
    assert_eq!(second_step(&clinic, &asha, &codes[2]).await, Err(Failure::WrongSecondFactor));
    assert!(second_step(&clinic, &asha, &renewed[2]).await.is_ok());
    assert_eq!(messages(&clinic, &asha).await, ["authenticator_added", "recovery_codes"]);
}

#[tokio::test]
async fn every_change_needs_a_recent_proof() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let (app, _) = set_up(&clinic, &asha).await;
    clinic.clock.step(Duration::minutes(10));
    let (factors, caller) = (&clinic.ports.second_factors, clinic.caller(&asha));
    let token = ProofToken::new("unknown".into());
    let answers = [
        factors.set_up_authenticator(&caller).await.err(),
        factors.authenticator_setup(&caller).await.err(),
        factors.confirm_authenticator(&caller, &code(&clinic, &app)).await.err(),
        factors.renew_recovery_codes(&caller).await.err(),
        factors.remove_authenticator(&caller).await.err(),
        factors.request_new_passkey(&caller).await.err(),
        factors.add_passkey(&caller, &token, "My phone", "{}").await.err(),
        factors.remove_passkey(&caller, Uuid::nil()).await.err(),
    ];
    for answer in answers {
        assert_eq!(answer, Some(Failure::ProveAgain));
    }
    assert!(factors.authenticator(&caller).await.expect("shown").is_some());
    assert_eq!(factors.passkeys(&clinic.visitor()).await, Err(Failure::SignInFirst));
}

#[tokio::test]
async fn another_phone_replaces_the_first_when_its_code_was_typed() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let (old, _) = set_up(&clinic, &asha).await;
    let new = begin(&clinic, &asha).await;
    assert_ne!(old.secret().as_bytes(), new.secret().as_bytes());
    assert!(second_step(&clinic, &asha, &code(&clinic, &old)).await.is_ok());

    clinic.clock.step(Duration::seconds(30));
    let (factors, caller) = (&clinic.ports.second_factors, clinic.caller(&asha));
    factors.confirm_authenticator(&caller, &code(&clinic, &new)).await.expect("confirmed");
    clinic.clock.step(Duration::seconds(30));
    let of_the_old = second_step(&clinic, &asha, &code(&clinic, &old)).await;
    assert_eq!(of_the_old, Err(Failure::WrongSecondFactor));
    assert!(second_step(&clinic, &asha, &code(&clinic, &new)).await.is_ok());
}

#[tokio::test]
async fn a_setup_ends_after_half_an_hour() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let app = begin(&clinic, &asha).await;
    clinic.clock.step(Duration::minutes(31));
    let asha = proved(&clinic, &asha);
    let (factors, caller) = (&clinic.ports.second_factors, clinic.caller(&asha));
    assert_eq!(factors.authenticator_setup(&caller).await, Ok(None));
    let late = factors.confirm_authenticator(&caller, &code(&clinic, &app)).await;
    assert_eq!(late, Err(Failure::NotFound));
    let rows = "select count(*) from authenticators";
    assert_eq!(clinic.count(rows).await, 1);
    server::accounts::second_factors::tidy(&clinic.app_state).await.expect("tidied");
    assert_eq!(clinic.count(rows).await, 0);
}

#[tokio::test]
async fn patients_may_remove_their_app_and_staff_their_last_factor_only_where_it_is_optional() {
    let mut clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let doctor = SignedIn { doctor: Some(clinic.doctor), ..somebody(&clinic, "Doctor").await };
    set_up(&clinic, &asha).await;
    let (app, codes) = set_up(&clinic, &doctor).await;
    require_for_staff(&mut clinic);

    let factors = &clinic.ports.second_factors;
    factors.remove_authenticator(&clinic.caller(&asha)).await.expect("removed");
    factors.remove_authenticator(&clinic.caller(&asha)).await.expect("the same again");
    assert_eq!(messages(&clinic, &asha).await, ["authenticator_added", "authenticator_removed"]);
    assert!(matches!(password_step(&clinic, &asha).await, SignInStep::SignedIn(_)));

    let refused = factors.remove_authenticator(&clinic.caller(&doctor)).await;
    assert_eq!(refused, Err(Refusal::SecondFactorRequired.into()));
    // Nothing has changed: app and recovery codes still count.
    assert!(second_step(&clinic, &doctor, &code(&clinic, &app)).await.is_ok());
    assert!(second_step(&clinic, &doctor, &codes[0]).await.is_ok());
    assert_eq!(messages(&clinic, &doctor).await, ["authenticator_added"]);

    clinic.app_state.settings.staff_second_factor = StaffSecondFactor::Optional;
    clinic.ports = ports::ports(&clinic.app_state, None);
    let factors = &clinic.ports.second_factors;
    factors.remove_authenticator(&clinic.caller(&doctor)).await.expect("removed");
    assert_eq!(second_step(&clinic, &doctor, &codes[1]).await, Err(Failure::WrongSecondFactor));
}

#[tokio::test]
async fn staff_without_a_required_second_factor_act_as_patients_until_they_have_one() {
    let mut clinic = Clinic::open().await;
    let doctor = somebody(&clinic, "Doctor").await;
    sqlx::query("update doctors set account_id = $1 where id = $2")
        .bind(doctor.account.0)
        .bind(clinic.doctor.0)
        .execute(&clinic.pool)
        .await
        .expect("linked");
    require_for_staff(&mut clinic);
    let account = clinic.known(&doctor).await;
    let start = async || {
        let now = clinic.clock.now();
        let started = sessions::start(&clinic.app_state, &account, "A test", &[], now).await;
        started.expect("a session").secret
    };
    let (here, elsewhere) = (start().await, start().await);
    let identities = Identities::new(&clinic.app_state);
    let signed_in = async |secret: &SessionSecret| {
        let session = Credential { kind: CredentialKind::Session, digest: secret.digest() };
        let found = identities.of_session(session, clinic.clock.now()).await;
        found.expect("an answer").expect("signed in")
    };

    let before = signed_in(&here).await;
    let missing = before.access.second_factor_missing;
    assert_eq!((before.doctor, missing), (None, Some(MissingFactor::SetUp)));
    let app = begin(&clinic, &before).await;
    assert_eq!(signed_in(&here).await.doctor, None, "it does not count before it is confirmed");
    let (factors, caller) = (&clinic.ports.second_factors, clinic.caller(&before));
    factors.confirm_authenticator(&caller, &code(&clinic, &app)).await.expect("confirmed");
    let after = signed_in(&here).await;
    assert_eq!((after.doctor, after.access.second_factor_missing), (Some(clinic.doctor), None));
    assert!(after.must_have_proved(clinic.clock.now()).is_ok());

    // Who is signed in elsewhere has not proved the app: they may be somebody who knows the password.
    let other = signed_in(&elsewhere).await;
    let missing = other.access.second_factor_missing;
    assert_eq!((other.doctor, missing), (None, Some(MissingFactor::SignIn)));
    let again = other.must_have_proved(clinic.clock.now());
    assert_eq!(again, Err(Failure::ProveAgain), "one factor proves nothing any more");
    clinic.clock.step(Duration::minutes(1));
    let known = second_step(&clinic, &doctor, &code(&clinic, &app)).await.expect("both factors");
    assert!(known.two_factors);
}

#[tokio::test]
async fn nobody_reads_a_secret_in_the_table_or_uses_it_for_another_account() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let ravi = somebody(&clinic, "Ravi").await;
    let (app, codes) = set_up(&clinic, &asha).await;
    set_up(&clinic, &ravi).await;
    let setup = begin(&clinic, &asha).await;

    let rows: Vec<String> = sqlx::query_scalar(
        "select to_jsonb(a)::text from authenticators a
         union all select to_jsonb(c)::text from recovery_codes c",
    )
    .fetch_all(&clinic.pool)
    .await
    .expect("rows");
    assert!(rows.len() > 20);
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    for secret in [app.secret(), setup.secret()] {
        let forms = [hexadecimal(secret.as_bytes()), hexadecimal(secret.to_base32().as_bytes())];
        assert!(!rows.iter().any(|row| forms.iter().any(|form| row.contains(form))));
    }
    for code in &codes {
        let plain = code.replace('-', "");
        let forms = [hexadecimal(code.as_bytes()), hexadecimal(plain.as_bytes())];
        assert!(!rows.iter().any(|row| forms.iter().any(|form| row.contains(form))));
    }

    // Whoever can write to the table cannot give an account another one's secret.
    sqlx::query(
        "update authenticators set secret = (select secret from authenticators where account_id = $1)
         where account_id = $2",
    )
    .bind(asha.account.0)
    .bind(ravi.account.0)
    .execute(&clinic.pool)
    .await
    .expect("copied");
    assert!(second_step(&clinic, &ravi, &code(&clinic, &app)).await.is_err());
    assert!(second_step(&clinic, &asha, &code(&clinic, &app)).await.is_ok());
}

#[tokio::test]
async fn the_secret_to_type_is_the_one_of_the_qr_code() {
    let clinic = Clinic::open().await;
    let asha = somebody(&clinic, "Asha").await;
    let (factors, caller) = (&clinic.ports.second_factors, clinic.caller(&asha));
    let setup = factors.set_up_authenticator(&caller).await.expect("a setup");
    let typed = Secret::try_from_base32(setup.secret.replace(' ', "")).expect("Base32");
    assert_eq!(typed.as_bytes(), scanned(&setup).secret().as_bytes());
    assert!(setup.qr_code.starts_with("<svg") && setup.qr_code.ends_with("</svg>"));
    assert_eq!(factors.authenticator_setup(&caller).await, Ok(Some(setup)));
    // The same parameters as any app has that is told nothing else.
    let plain = Builder::new().with_secret(typed).build().expect("an app");
    let now = u64::try_from(Utc::now().timestamp()).expect("after 1970");
    let email = email_of(&clinic, &asha).await;
    let begun = factors.authenticator_setup(&caller).await.expect("shown").expect("begun");
    assert_eq!(scanned(&begun).generate(now), plain.generate(now));
    assert_eq!(scanned(&begun).account_name(), email);
    assert_eq!(scanned(&begun).issuer(), Some("Nadi (localhost)"));
}
