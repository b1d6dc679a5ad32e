//! Registering: an address belongs to whoever has proven it, and nobody learns from it who has an account.

use chrono::Duration;
use futures::future::join_all;
use nadi::Failure;
use nadi::appointment::Refusal;
use nadi::failure::{Field, Problem};
use nadi::ids::AccountId;
use nadi::input::{Code, Password};
use nadi::ports::{ProofPurpose, ProofToken, SignInStep};
use server::accounts::proofs;

use crate::support::Clinic;
use crate::support::registration::CookieJar;
use crate::support::sign_ins::{PASSWORD, email, registration};

const ACCOUNTS: &str = "select count(*) from accounts";
const PROVEN: &str = "select count(*) from accounts where email_verified_at is not null";

fn account_of(step: SignInStep) -> AccountId {
    match step {
        SignInStep::SignedIn(known) => known.id,
        SignInStep::SecondFactor(_) => panic!("no second factor is set up"),
    }
}

/// The code after this one.
fn another(code: &Code, n: u32) -> Code {
    let number: u32 = code.as_str().parse().expect("digits");
    Code::parse(&format!("{:08}", (number + n) % 100_000_000)).expect("a code")
}

fn is_spent(answer: &Result<SignInStep, Failure>) -> bool {
    matches!(answer, Err(Failure::Refused(Refusal::CodeSpent)))
}

#[tokio::test]
async fn nothing_counts_until_the_code_is_typed() {
    let clinic = Clinic::open().await;
    let new = registration("Mira Naik", "mira@example.org", PASSWORD);
    let sign_in = &clinic.ports.sign_in;
    let token = sign_in.register(&clinic.visitor(), new).await.expect("a code is sent");
    assert_eq!(clinic.count(ACCOUNTS).await, 0);
    let early = sign_in.check_password(&clinic.visitor(), "mira@example.org", PASSWORD).await;
    assert_eq!(early, Err(Failure::WrongCredentials));
    let pending = sign_in.pending_proof(&clinic.visitor(), &token).await.expect("an answer");
    let pending = pending.expect("it waits for the code");
    assert_eq!(
        (pending.purpose, pending.email.as_str()),
        (ProofPurpose::Register, "mira@example.org")
    );
    assert_eq!((pending.tries_left, pending.codes_left), (5, 2));

    let code = clinic.mailed_code("mira@example.org").await;
    let made = account_of(clinic.check_code(&token, &code).await.expect("the right code"));
    let password = sign_in.check_password(&clinic.visitor(), "Mira@Example.org", PASSWORD).await;
    assert_eq!(account_of(password.expect("the right password")), made);
    let named = "select count(*) from people where name = 'Mira Naik' and relation = 'self'";
    assert_eq!(clinic.count(named).await, 1);
    for event in [
        "select count(*) from events where type = 'account.registered'",
        "select count(*) from events where type = 'account.email_verified'",
    ] {
        assert_eq!(clinic.count(event).await, 1, "{event}");
    }
    let left =
        "select count(*) from address_proofs where password_hash is not null or name is not null";
    assert_eq!(clinic.count(left).await, 0, "a used proof keeps nothing that was typed");
}

/// Before, a double click mailed two codes, of which only the one of the second answer counted in this browser.
#[tokio::test]
async fn a_double_click_mails_one_code() {
    const CODES: &str = "select count(*) from notifications where template = 'account_code'";
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let mut jar = CookieJar::default();
    let page = jar.open(&base, "/register").await.2;
    let key = page.split("name=\"key\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let key = key.expect("a key").to_owned();
    assert!(!key.is_empty());
    let click = async |password: &str| {
        let mut jar = jar.clone();
        let fields = [
            ("name", "Mira Naik"),
            ("email", "mira@example.org"),
            ("password", password),
            ("next", ""),
            ("key", key.as_str()),
        ];
        let to = jar.submit(&base, ("/fn/register", "/register"), &fields).await;
        assert_eq!(to, "/sign-in/code");
        jar
    };
    let (first, second) = tokio::join!(click(PASSWORD), click(PASSWORD));
    assert_eq!(first.header(), second.header(), "the code counts with either answer");
    assert_eq!(click(PASSWORD).await.header(), first.header());
    assert_eq!(clinic.count(CODES).await, 1);
    clinic.code_sent_to("mira@example.org").await;

    // Back, and another password: it is another form.
    let corrected = click("blue chair window").await;
    assert_ne!(corrected.header(), first.header());
    assert_eq!(clinic.count(CODES).await, 2);
    let code = clinic.code_sent_to("mira@example.org").await;
    let mut jar = corrected.clone();
    let fields = [("code", code.as_str()), ("next", "")];
    jar.submit(&base, ("/fn/check_code", "/sign-in/code"), &fields).await;
    assert!(jar.has("nadi_session"));
    let (visitor, password) = (clinic.visitor(), "blue chair window");
    let signed_in = clinic.ports.sign_in.check_password(&visitor, "mira@example.org", password);
    assert!(signed_in.await.is_ok(), "with the password that was typed last");
    // Its proof was used, so the same form once more gets a new one.
    assert_ne!(click("blue chair window").await.header(), corrected.header());
    assert_eq!(clinic.count(CODES).await, 3);
}

/// Before, the account that registered an address last was the one that signed in: three of them, and the owner's
/// password answered 401 for good.
#[tokio::test]
async fn foreign_registrations_displace_nobody() {
    let clinic = Clinic::open().await;
    let owner = clinic.known_patient("Asha").await;
    let sign_in = &clinic.ports.sign_in;
    for n in 0..3 {
        let foreign =
            registration("Somebody", "asha@example.org", &format!("blue chair window {n}"));
        sign_in.register(&clinic.visitor(), foreign).await.expect("the usual answer");
    }
    let own = sign_in.check_password(&clinic.visitor(), "asha@example.org", PASSWORD).await;
    assert_eq!(account_of(own.expect("signed in")), owner.account);
    let foreign = "blue chair window 1";
    let foreign = sign_in.check_password(&clinic.visitor(), "asha@example.org", foreign).await;
    assert_eq!(foreign, Err(Failure::WrongCredentials));
    assert_eq!(clinic.count(ACCOUNTS).await, 1);
}

#[tokio::test]
async fn registering_again_leads_to_the_same_account_and_leaves_its_name_and_password() {
    let clinic = Clinic::open().await;
    let first = account_of(clinic.register("Mira Naik", "mira@example.org", PASSWORD).await);
    let again = clinic.register("Somebody", "MIRA@example.org", "blue chair window").await;
    assert_eq!(account_of(again), first);
    assert_eq!(clinic.count("select count(*) from people where name = 'Somebody'").await, 0);
    let sign_in = &clinic.ports.sign_in;
    let old = sign_in.check_password(&clinic.visitor(), "mira@example.org", PASSWORD).await;
    assert_eq!(account_of(old.expect("the password stays")), first);
    assert_eq!(clinic.count(ACCOUNTS).await, 1);
}

#[tokio::test]
async fn two_registrations_of_an_address_at_once_make_one_account() {
    let clinic = Clinic::open().await;
    let sign_in = &clinic.ports.sign_in;
    let mut tokens = Vec::new();
    for name in ["Mira", "Mira Naik", "M. Naik"] {
        let new = registration(name, "mira@example.org", PASSWORD);
        let token = sign_in.register(&clinic.visitor(), new).await.expect("a code is sent");
        tokens.push((token, clinic.mailed_code("mira@example.org").await));
    }
    let all = join_all(tokens.iter().map(|(token, code)| clinic.check_code(token, code))).await;
    let mut accounts: Vec<_> =
        all.into_iter().map(|answer| account_of(answer.expect("the right code"))).collect();
    accounts.dedup();
    assert_eq!(accounts.len(), 1, "each of them is signed in to the same account");
    assert_eq!((clinic.count(ACCOUNTS).await, clinic.count(PROVEN).await), (1, 1));
}

#[tokio::test]
async fn an_account_that_has_not_proven_its_address_is_not_the_one_of_the_address() {
    let clinic = Clinic::open().await;
    // Registered in the release before, perhaps by a stranger.
    let unproven = clinic.known_patient("Asha").await;
    sqlx::query("update accounts set email_verified_at = null where id = $1")
        .bind(unproven.account.0)
        .execute(&clinic.pool)
        .await
        .expect("no longer proven");
    let sign_in = &clinic.ports.sign_in;
    let stranger = sign_in.check_password(&clinic.visitor(), "asha@example.org", PASSWORD).await;
    assert_eq!(stranger, Err(Failure::WrongCredentials));
    let own =
        account_of(clinic.register("Asha Rao", "asha@example.org", "blue chair window").await);
    assert_ne!(own, unproven.account);
    let stranger = sign_in.check_password(&clinic.visitor(), "asha@example.org", PASSWORD).await;
    assert_eq!(stranger, Err(Failure::WrongCredentials));
}

#[tokio::test]
async fn a_code_counts_only_with_the_secret_of_whoever_asked_for_it() {
    let clinic = Clinic::open().await;
    clinic.known_patient("Asha").await;
    let sign_in = &clinic.ports.sign_in;
    let (visitor, address) = (clinic.visitor(), email("asha@example.org"));
    let mine = sign_in.send_code(&visitor, &address, "en").await.expect("sent");
    let my_code = clinic.mailed_code("asha@example.org").await;
    let foreign = sign_in.send_code(&visitor, &address, "en").await.expect("sent");
    let foreign_code = clinic.mailed_code("asha@example.org").await;
    assert_ne!(my_code.as_str(), foreign_code.as_str());
    let swapped = clinic.check_code(&foreign, &my_code).await;
    assert_eq!(swapped, Err(Failure::Refused(Refusal::WrongCode { tries_left: 4 })));
    let made_up = clinic.check_code(&ProofToken::new("made up".into()), &my_code).await;
    assert_eq!(made_up, Err(Failure::CodeExpired));
    // The stranger's proof has not disturbed mine.
    clinic.check_code(&mine, &my_code).await.expect("signed in");
}

#[tokio::test]
async fn a_code_for_a_change_of_address_signs_nobody_in() {
    let clinic = Clinic::open().await;
    let mut asha = clinic.known_patient("Asha").await;
    asha.access.proved_at = Some(clinic.visitor().now);
    let accounts = &clinic.ports.accounts;
    let to = email("new@example.org");
    let token =
        accounts.request_email_change(&clinic.caller(&asha), &to).await.expect("a code is sent");
    let code = clinic.mailed_code("new@example.org").await;
    assert_eq!(clinic.check_code(&token, &code).await, Err(Failure::CodeExpired));
    assert_eq!(clinic.count(ACCOUNTS).await, 1);
    // Nor does the code of a sign-in change an address.
    let sign_in = clinic.ports.sign_in.send_code(&clinic.visitor(), &to, "en").await.expect("sent");
    let code = clinic.mailed_code("new@example.org").await;
    let changed = accounts.confirm_email_change(&clinic.caller(&asha), &sign_in, &code).await;
    assert_eq!(changed, Err(Failure::CodeExpired));
}

#[tokio::test]
async fn a_code_counts_once_however_many_type_it_at_once() {
    let clinic = Clinic::open().await;
    clinic.known_patient("Asha").await;
    let address = email("asha@example.org");
    let token =
        clinic.ports.sign_in.send_code(&clinic.visitor(), &address, "en").await.expect("sent");
    let code = clinic.mailed_code("asha@example.org").await;
    let all = join_all((0..50).map(|_| clinic.check_code(&token, &code))).await;
    assert_eq!(all.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(all.iter().all(|answer| answer.is_ok() || *answer == Err(Failure::CodeExpired)));
    let replayed = clinic.check_code(&token, &code).await;
    assert_eq!(replayed, Err(Failure::CodeExpired));
}

#[tokio::test]
async fn of_fifty_guesses_at_once_five_count() {
    let clinic = Clinic::open().await;
    let new = registration("Mira Naik", "mira@example.org", PASSWORD);
    let sign_in = &clinic.ports.sign_in;
    let token = sign_in.register(&clinic.visitor(), new).await.expect("a code is sent");
    let code = clinic.mailed_code("mira@example.org").await;
    let guesses: Vec<Code> = (1..=50).map(|n| another(&code, n)).collect();
    let all = join_all(guesses.iter().map(|guess| clinic.check_code(&token, guess))).await;
    let mut tries_left: Vec<i16> = all
        .iter()
        .filter_map(|answer| match answer {
            Err(Failure::Refused(Refusal::WrongCode { tries_left })) => Some(*tries_left),
            _ => None,
        })
        .collect();
    tries_left.sort_unstable();
    assert_eq!(tries_left, [1, 2, 3, 4]);
    assert_eq!(all.iter().filter(|answer| is_spent(answer)).count(), 46);
    assert!(is_spent(&clinic.check_code(&token, &code).await), "the right one comes too late");
    assert_eq!(clinic.count(ACCOUNTS).await, 0);
    // A new code has its own tries.
    clinic.ports.sign_in.send_code_again(&clinic.visitor(), &token).await.expect("sent");
    let new_code = clinic.mailed_code("mira@example.org").await;
    clinic.check_code(&token, &new_code).await.expect("signed in");
}

#[tokio::test]
async fn a_code_expires_and_a_new_one_replaces_it() {
    let clinic = Clinic::open().await;
    let sign_in = &clinic.ports.sign_in;
    let new = registration("Mira Naik", "mira@example.org", PASSWORD);
    let token = sign_in.register(&clinic.visitor(), new).await.expect("a code is sent");
    let old = clinic.mailed_code("mira@example.org").await;
    clinic.clock.step(Duration::minutes(9));
    sign_in.send_code_again(&clinic.visitor(), &token).await.expect("sent");
    let new = clinic.mailed_code("mira@example.org").await;
    let replaced = clinic.check_code(&token, &old).await;
    assert_eq!(replaced, Err(Failure::Refused(Refusal::WrongCode { tries_left: 4 })));
    sign_in.send_code_again(&clinic.visitor(), &token).await.expect("sent");
    let no_more = sign_in.send_code_again(&clinic.visitor(), &token).await;
    assert_eq!(no_more, Err(Failure::Refused(Refusal::NoMoreCodes)));
    let last = clinic.mailed_code("mira@example.org").await;
    assert_ne!(new.as_str(), last.as_str());

    clinic.clock.step(proofs::VALID_FOR);
    assert_eq!(clinic.check_code(&token, &last).await, Err(Failure::CodeExpired));
    assert_eq!(sign_in.pending_proof(&clinic.visitor(), &token).await, Ok(None));
    let expired = sign_in.send_code_again(&clinic.visitor(), &token).await;
    assert_eq!(expired, Err(Failure::CodeExpired));
    assert_eq!(clinic.count(ACCOUNTS).await, 0);
}

#[tokio::test]
async fn addresses_with_a_plus_or_an_international_domain_are_accounts_of_their_own() {
    let clinic = Clinic::open().await;
    let plain = account_of(clinic.register("Mira", "mira@münchen.de", PASSWORD).await);
    let plus = account_of(clinic.register("Mira", "mira+nadi@münchen.de", PASSWORD).await);
    assert_ne!(plain, plus);
    // The same domain, as programs write it.
    let again = clinic.register("Mira", "Mira@xn--mnchen-3ya.de", "blue chair window").await;
    assert_eq!(account_of(again), plain);
    let sign_in = &clinic.ports.sign_in;
    for typed in ["mira@MÜNCHEN.de", "mira@xn--mnchen-3ya.de"] {
        let step = sign_in.check_password(&clinic.visitor(), typed, PASSWORD).await;
        assert_eq!(account_of(step.expect("signed in")), plain, "{typed}");
    }
    let token = sign_in.send_code(&clinic.visitor(), &email("mira+nadi@münchen.de"), "en").await;
    let token = token.expect("sent");
    let pending = sign_in.pending_proof(&clinic.visitor(), &token).await.expect("an answer");
    assert_eq!(pending.expect("pending").email, "mira+nadi@münchen.de", "as people read it");
}

#[tokio::test]
async fn signing_in_with_a_code_makes_the_account_of_a_new_address() {
    let clinic = Clinic::open().await;
    let address = email("mira.naik@example.org");
    let sign_in = &clinic.ports.sign_in;
    let token = sign_in.send_code(&clinic.visitor(), &address, "en").await.expect("sent");
    let code = clinic.mailed_code("mira.naik@example.org").await;
    clinic.check_code(&token, &code).await.expect("signed in");
    let named = "select count(*) from people p join accounts a on a.id = p.account_id
                 where p.name = 'mira.naik' and a.password_hash is null and a.email_verified_at is not null";
    assert_eq!(clinic.count(named).await, 1);
}

#[tokio::test]
async fn a_password_that_is_easy_to_guess_is_refused() {
    let clinic = Clinic::open().await;
    let sign_in = &clinic.ports.sign_in;
    for password in ["password1", "mira.naik1", "qwertyuiop"] {
        let new = registration("Mira Naik", "mira.naik@example.org", password);
        let refused = sign_in.register(&clinic.visitor(), new).await;
        assert_eq!(refused, Err(Failure::field(Field::Password, Problem::TooCommon)), "{password}");
    }
    assert_eq!(clinic.count("select count(*) from address_proofs").await, 0);
    assert_eq!(clinic.count("select count(*) from notifications").await, 0);
}

/// What an address with an account and one without have in common: everything that somebody else can see.
#[tokio::test]
async fn nothing_tells_a_known_address_from_an_unknown_one() {
    let clinic = Clinic::open().await;
    clinic.known_patient("Asha").await;
    let sign_in = &clinic.ports.sign_in;
    let queue = &clinic.app_state.hash_queue;
    let mut seen = Vec::new();
    for address in ["asha@example.org", "nobody@example.org"] {
        let hashed = queue.begun();
        let written = clinic.count("select count(*) from events").await;
        let new = registration("Somebody", address, "blue chair window");
        let registered = sign_in.register(&clinic.visitor(), new).await.map(|_| ());
        let register_code = clinic.mailed_code(address).await;
        let sent = sign_in.send_code(&clinic.visitor(), &email(address), "en").await;
        let token = sent.expect("sent");
        let code = clinic.mailed_code(address).await;
        let wrong = clinic.check_code(&token, &another(&code, 1)).await;
        let password = sign_in.check_password(&clinic.visitor(), address, "wrong password").await;
        let sent = clinic.messages.sent.lock().expect("not poisoned").clone();
        let mails: Vec<(String, String)> = sent
            .into_iter()
            .filter(|message| message.to == address)
            .map(|message| (message.subject, message.body))
            .map(|(subject, body)| {
                let hide = |text: String| {
                    text.replace(register_code.as_str(), "******").replace(code.as_str(), "******")
                };
                (hide(subject), hide(body))
            })
            .collect();
        assert_eq!(mails.len(), 2);
        let limit = sign_in.pending_proof(&clinic.visitor(), &token).await.expect("an answer");
        let limit = limit.map(|pending| (pending.tries_left, pending.codes_left));
        let written = clinic.count("select count(*) from events").await - written;
        let hashed = queue.begun() - hashed;
        seen.push((registered, wrong, password, mails, limit, written, hashed));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].6, 2, "one hash to register and one to compare");
}

#[tokio::test]
async fn an_address_gets_five_codes_an_hour_known_or_not() {
    let clinic = Clinic::open().await;
    clinic.known_patient("Asha").await;
    let sign_in = &clinic.ports.sign_in;
    for address in ["asha@example.org", "nobody@example.org"] {
        for _ in 0..5 {
            sign_in.send_code(&clinic.visitor(), &email(address), "en").await.expect("sent");
        }
        let sixth = sign_in.send_code(&clinic.visitor(), &email(address), "en").await.map(|_| ());
        assert!(matches!(sixth, Err(Failure::TooManyTries { .. })), "{address}: {sixth:?}");
    }
    let other = sign_in.send_code(&clinic.visitor(), &email("ravi@example.org"), "en").await;
    other.expect("others are not affected");
}

#[tokio::test]
async fn a_registration_without_a_password_signs_in_by_code() {
    let clinic = Clinic::open().await;
    let sign_in = &clinic.ports.sign_in;
    let mut new = registration("Mira Naik", "mira@example.org", PASSWORD);
    new.password = None::<Password>;
    let token = sign_in.register(&clinic.visitor(), new).await.expect("a code is sent");
    let code = clinic.mailed_code("mira@example.org").await;
    let made = account_of(clinic.check_code(&token, &code).await.expect("signed in"));
    let token = sign_in.send_code(&clinic.visitor(), &email("mira@example.org"), "en").await;
    let code = clinic.mailed_code("mira@example.org").await;
    let step = clinic.check_code(&token.expect("sent"), &code).await.expect("signed in");
    assert_eq!(account_of(step), made);
    let guessed = sign_in.check_password(&clinic.visitor(), "mira@example.org", "").await;
    assert_eq!(guessed, Err(Failure::WrongCredentials));
}
