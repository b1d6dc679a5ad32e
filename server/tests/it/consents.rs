//! Agreeing to the privacy notice and the terms of use: what is recorded when an account is made, and how new versions
//! are told.

use app::i18n::text;
use chrono::NaiveDate;
use nadi::Failure;
use nadi::consent::Document;
use nadi::ports::SignInStep;

use crate::support::http::get_page;
use crate::support::registration::{CookieJar, Newcomer};
use crate::support::sign_ins::PASSWORD;
use crate::support::{Clinic, browser};
use crate::visitor_pages::{PAGE, become_visitor};

/// Document, version and language of what the account of an address has agreed to.
async fn agreed(clinic: &Clinic, email: &str) -> Vec<(String, NaiveDate, String)> {
    sqlx::query_as(
        "select c.document, c.version, c.locale from consents c join accounts a on a.id = c.account_id
         where a.email = $1 order by c.document",
    )
    .bind(email)
    .fetch_all(&clinic.pool)
    .await
    .expect("consents")
}

fn all(locale: &str) -> Vec<(String, NaiveDate, String)> {
    [Document::Privacy, Document::Terms]
        .map(|one| (one.as_str().to_owned(), one.version(), locale.to_owned()))
        .to_vec()
}

const MARIA: Newcomer<'_> =
    Newcomer { name: "Maria Dias", email: "maria@example.org", password: PASSWORD };

#[tokio::test]
async fn the_documents_are_public_and_linked_from_every_page() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for document in Document::ALL {
        let path = format!("/{}", document.as_str());
        let (status, _, page) = get_page(&base, &path, "").await;
        assert_eq!(status, 200, "{path}");
        let version = app::i18n::date_without_weekday(document.version());
        assert!(page.contains(&text!("document-version", date = version)), "{path}");
        assert!(!page.contains("noindex"), "{path}");
    }
    for path in ["/", "/doctors", "/doctors/asha-naik", "/sign-in", "/no-such-page", "/privacy"] {
        let (_, _, page) = get_page(&base, path, "").await;
        for link in ["href=\"/privacy\"", "href=\"/terms\""] {
            assert!(page.contains(link), "{link} on {path}");
        }
    }
}

#[tokio::test]
async fn what_is_agreed_to_stands_below_the_button_and_is_recorded_with_the_account() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let (_, _, page) = get_page(&base, "/register", "").await;
    assert!(page.contains("By creating an account, you agree to our"), "{page}");
    let (jar, _) = clinic.register_by_form(&base, MARIA, "").await;
    assert_eq!(agreed(&clinic, MARIA.email).await, all("en"));
    let (_, _, page) = get_page(&base, "/account", &jar.header()).await;
    assert!(!page.contains(&text!("agreement-button")), "nothing to agree to any more");
    assert_eq!(page.matches("you agreed on").count(), 2, "{page}");

    // A code that signs in to an address without an account makes one, too.
    let mut other = CookieJar::default();
    let to =
        other.submit(&base, ("/fn/send_sign_in_code", "/sign-in"), &[("email", "b@example.org")]);
    let to = to.await;
    let (_, _, page) = other.open(&base, &to).await;
    assert!(page.contains("If you do not have an account yet"), "{page}");
    assert_eq!(agreed(&clinic, "b@example.org").await, [], "not before the code was right");
    let code = clinic.code_sent_to("b@example.org").await;
    other.submit(&base, ("/fn/check_code", "/sign-in/code"), &[("code", &code)]).await;
    assert_eq!(agreed(&clinic, "b@example.org").await, all("en"));
}

#[tokio::test]
async fn the_first_confirmation_of_a_visitor_records_it_once() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for (round, slot) in [3, 5].into_iter().enumerate() {
        let mut jar = CookieJar::default();
        let slot = clinic.free(clinic.doctor).await[slot].to_string();
        let key = become_visitor(&base, &mut jar, &slot).await;
        let fields = [("slot", slot.as_str()), ("back", PAGE), ("key", &key), ("tried", "yes")];
        let held = jar.submit(&base, ("/fn/hold", "/book"), &fields).await;
        let id = held.trim_start_matches("/appointments/").to_owned();
        let fields = [
            ("id", id.as_str()),
            ("whom", "me"),
            ("name", "Vera Pinto"),
            ("email", "vera@example.org"),
            ("key", "7c6b2f0e-8f0a-4c7e-9f57-0d8f4a0f0a01"),
        ];
        let to = jar.submit(&base, ("/fn/send_code", &held), &fields).await;
        assert!(to.contains("done=code-sent"), "{to}");
        let (_, _, page) = jar.open(&base, &held).await;
        assert!(page.contains("By booking, you agree to our"), "{page}");
        if round == 0 {
            assert_eq!(agreed(&clinic, "vera@example.org").await, []);
        }
        let code = clinic.code_sent_to("vera@example.org").await;
        let key = format!("7c6b2f0e-8f0a-4c7e-9f57-0d8f4a0f0a1{round}");
        let fields = [("id", id.as_str()), ("code", &code), ("key", &key)];
        let to = jar.submit(&base, ("/fn/confirm", &held), &fields).await;
        assert!(to.contains("done=confirmed"), "{to}");
        assert_eq!(agreed(&clinic, "vera@example.org").await, all("en"), "round {round}");
        // Its message is sent before the next code.
        clinic.dispatcher().run_once().await.expect("sent");
        clinic.clock.step(chrono::Duration::minutes(1));
    }
}

#[tokio::test]
async fn an_account_that_the_operator_makes_is_asked_first() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let old = clinic.known_patient("Olga Sen").await;
    let cookie = clinic.cookie(&old).await;
    let (_, _, page) = get_page(&base, "/account", &cookie).await;
    assert!(page.contains("Please read our"), "{page}");
    assert!(page.contains(&text!("account-agreed-none")), "{page}");
    // While a time is held, nothing else matters; and nothing is refused.
    let slot = clinic.free(clinic.doctor).await[2];
    let held = clinic.hold(&old, slot).await.expect("held");
    let (status, _, page) = get_page(&base, &format!("/appointments/{held}"), &cookie).await;
    assert_eq!(status, 200);
    assert!(!page.contains("Please read our"), "{page}");
    clinic.confirm(&old, held).await.expect("confirmed");
}

#[tokio::test]
async fn a_new_version_is_told_until_somebody_agrees() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let (mut jar, _) = clinic.register_by_form(&base, MARIA, "").await;
    let outdate = "update consents set version = version - 1 where document = 'privacy'";
    sqlx::query(outdate).execute(&clinic.pool).await.expect("an older version");
    let (_, _, page) = jar.open(&base, "/people").await;
    assert!(page.contains("We have changed our") && page.contains("Please read it."), "{page}");
    let version = Document::Privacy.version().to_string();

    // Another version than the present one is not agreed to, and the page asks again.
    for (shown, agrees) in
        [("2020-01-01", false), (version.as_str(), true), (version.as_str(), true)]
    {
        let fields = [("privacy", shown), ("back", "/people?x=1")];
        let to = jar.submit(&base, ("/fn/agree", "/people"), &fields).await;
        assert_eq!(to, "/people?x=1&agreed=yes");
        let (_, _, page) = jar.open(&base, &to).await;
        assert_eq!(page.contains("We have changed our"), !agrees, "{shown}");
        assert_eq!(page.contains(&text!("agreement-done")), agrees, "{shown}");
    }
    let versions = "select count(*) from consents where document = 'privacy'";
    assert_eq!(clinic.count(versions).await, 2, "both versions are recorded, each once");
    let to = jar.submit(&base, ("/fn/agree", "/people"), &[("terms", "soon"), ("back", "/")]).await;
    assert!(to.contains("__err="), "{to}");
    let nobody = clinic.ports.accounts.agree(&clinic.visitor(), &[], "en").await;
    assert_eq!(nobody, Err(Failure::SignInFirst));

    // Without a session, the form leads to signing in.
    let request = browser().post(format!("{base}/fn/agree")).header("origin", &base);
    let request = request.header("accept", "text/html").form(&[("privacy", &version)]);
    let answer = request.send().await.expect("an answer");
    let to = answer.headers()["location"].to_str().expect("an address");
    assert!(to.starts_with("/sign-in"), "{to}");
}

#[tokio::test]
async fn what_was_agreed_to_ends_with_the_account() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    clinic.register_by_form(&base, MARIA, "").await;
    let step = clinic.ports.sign_in.check_password(&clinic.visitor(), MARIA.email, PASSWORD).await;
    let Ok(SignInStep::SignedIn(known)) = step else { panic!("{step:?}") };
    let cookie = clinic.cookie_of(&known).await;
    let answer = browser()
        .post(format!("{base}/fn/delete_account"))
        .header("cookie", cookie)
        .header("origin", &base)
        .header("accept", "text/html")
        .form(&[("sure", "yes")])
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.headers()["location"], "/account/deleted");
    assert_eq!(clinic.count("select count(*) from consents").await, 0);
}
