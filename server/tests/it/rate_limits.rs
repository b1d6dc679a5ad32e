//! Limits of how often somebody may do something. A stranger cannot block a clinic, flood a person or guess a code,
//! and nobody loses what is theirs because of others.

use std::net::IpAddr;

use chrono::Duration;
use nadi::Failure;
use nadi::actor::{Actor, Caller, Network, SignedIn, Visitor};
use nadi::appointment::Refusal;
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AccountId, AppointmentId, PersonId, SlotId};
use nadi::input::{Code, Password};
use nadi::ports::{Change, Contact, HoldRequest, Registration, Seen};
use reqwest::header::RETRY_AFTER;
use server::accounts::devices;
use server::clock::Clock as _;
use server::limits::rules;
use server::ports;
use uuid::Uuid;

use crate::support::http::get_page;
use crate::support::registration::CookieJar;
use crate::support::sign_ins::{PASSWORD, email};
use crate::support::{Clinic, browser};

const HOLDS: &str = "select count(*) from patient_times where held_until < 'infinity'";
const CODES: &str = "select count(*) from notifications where template = 'account_code'";

/// A clinic whose limits count, as in production.
async fn limited() -> Clinic {
    let mut clinic = Clinic::open().await;
    clinic.config.rate_limits = true;
    clinic.app_state.settings.rate_limits = true;
    clinic.ports = ports::ports(&clinic.app_state, None);
    clinic
}

impl Clinic {
    fn from(&self, address: &str) -> Caller {
        let address: IpAddr = address.parse().expect("an address");
        Caller { network: Some(Network::of(address)), ..self.visitor() }
    }

    /// A browser that has not been here before.
    fn new_visitor(&self, address: &str, number: u128) -> Caller {
        let account = AccountId(Uuid::from_u128(0xacc0_0000 + number));
        let person = PersonId(Uuid::from_u128(0xbe40_0000 + number));
        Caller { actor: Actor::Visitor(Some(Visitor { account, person })), ..self.from(address) }
    }

    fn account(&self, who: &SignedIn, address: &str) -> Caller {
        Caller { actor: Actor::Account(Box::new(who.clone())), ..self.from(address) }
    }

    async fn hold_from(&self, caller: &Caller, slot: SlotId) -> Result<AppointmentId, Failure> {
        let request = HoldRequest { slot, visit_type: None, person: None };
        self.ports.bookings.hold(caller, &request, None).await.map(|booked| booked.id)
    }
}

fn is_limited<T>(answer: &Result<T, Failure>) -> bool {
    matches!(answer, Err(Failure::TooManyTries { .. }))
}

/// Before, one stranger took all times of a doctor: each request without a cookie was another visitor.
#[tokio::test]
async fn strangers_from_one_network_hold_ten_times_and_then_prove_an_address() {
    let clinic = limited().await;
    let free = clinic.free(clinic.doctor).await;
    let mut refused = 0;
    for (number, slot) in free.iter().take(30).enumerate() {
        let number = u128::try_from(number).expect("a number");
        match clinic.hold_from(&clinic.new_visitor("192.0.2.7", number), *slot).await {
            Ok(_) => {}
            Err(Failure::ProveAddressFirst) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((clinic.count(HOLDS).await, refused), (10, 20));
    // Other networks are not concerned, nor is an account behind the same one.
    let elsewhere = clinic.new_visitor("192.0.2.8", 100);
    assert!(clinic.hold_from(&elsewhere, free[30]).await.is_ok());
    let asha = clinic.patient("Asha").await;
    assert!(clinic.hold_from(&clinic.account(&asha, "192.0.2.7"), free[31]).await.is_ok());
    // IPv6 addresses of one customer are one network.
    for (number, slot) in (200..).zip(&free[40..50]) {
        let address = format!("2001:db8::{number}");
        let held = clinic.hold_from(&clinic.new_visitor(&address, number), *slot).await;
        assert!(held.is_ok(), "{held:?}");
    }
    let eleventh = clinic.new_visitor("2001:db8::ffff:1", 300);
    assert_eq!(clinic.hold_from(&eleventh, free[51]).await, Err(Failure::ProveAddressFirst));
    clinic.clock.step(Duration::minutes(10));
    let later = clinic.new_visitor("192.0.2.7", 400);
    assert!(clinic.hold_from(&later, free[52]).await.is_ok());
}

/// Whoever holds again and again without confirming has to wait longer and longer; whoever confirms does not.
#[tokio::test]
async fn holds_that_are_never_confirmed_need_longer_and_longer_pauses() {
    let clinic = limited().await;
    let free = clinic.free(clinic.doctor).await;
    let asha = clinic.patient("Asha").await;
    let mut held = Vec::new();
    let mut minutes = 0;
    while minutes < 24 * 60 {
        let caller = clinic.account(&asha, "192.0.2.7");
        match clinic.hold_from(&caller, free[60 + held.len() % 3]).await {
            Ok(_) => held.push(minutes),
            Err(Failure::TooManyTries { .. }) => {}
            Err(other) => panic!("{other:?} after {minutes} minutes"),
        }
        clinic.clock.step(Duration::minutes(1));
        minutes += 1;
    }
    let within = |from: i32, to: i32| held.iter().filter(|at| (from..to).contains(*at)).count();
    assert_eq!(within(0, 9), 8, "{held:?}");
    // The windows slide in two steps, so a little more than fifteen.
    assert!(within(0, 60) <= 24, "{held:?}");
    assert!((28..=40).contains(&held.len()), "{held:?}");

    let ravi = clinic.patient("Ravi").await;
    for slot in clinic.free(clinic.doctor).await.iter().skip(48).step_by(12).take(10) {
        clinic.clock.step(Duration::seconds(1));
        let caller = clinic.account(&ravi, "192.0.2.9");
        let id = clinic.hold_from(&caller, *slot).await.expect("held");
        clinic.confirm(&ravi, id).await.expect("confirmed");
        // An account may have three visits ahead with a doctor.
        let cancel = Change::Cancel { reason: None };
        clinic.change(&ravi, id, &cancel).await.expect("cancelled");
    }
}

/// Before: 702 mails to one address within 15 seconds.
#[tokio::test]
async fn one_network_sends_few_codes_and_the_first_one_of_an_address_always() {
    let clinic = limited().await;
    let sign_in = &clinic.ports.sign_in;
    for number in 0..40 {
        let address = email(&format!("person{number}@example.org"));
        let from = clinic.from("192.0.2.7");
        assert!(sign_in.send_code(&from, &address, "en").await.is_ok(), "the first one");
    }
    let mut second = 0;
    for number in 0..40 {
        let address = email(&format!("person{number}@example.org"));
        match sign_in.send_code(&clinic.from("192.0.2.7"), &address, "en").await {
            Ok(_) => second += 1,
            Err(Failure::TooManyTries { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(second, 30);
    // One address gets five in an hour from one network, and twenty from all: strangers elsewhere do not keep somebody
    // from the own code.
    let victim = email("victim@example.org");
    let mut sent = 0;
    for network in 1..100 {
        let from = clinic.from(&format!("198.51.100.{network}"));
        sent += i32::from(sign_in.send_code(&from, &victim, "en").await.is_ok());
    }
    assert_eq!(sent, 20);
    assert_eq!(clinic.count(CODES).await, 90);
    let another = email("another@example.org");
    let mut sent = 0;
    for _ in 0..10 {
        let from = clinic.from("203.0.113.5");
        sent += i32::from(sign_in.send_code(&from, &another, "en").await.is_ok());
    }
    assert_eq!(sent, 5);
    let owner = clinic.from("203.0.113.6");
    assert!(sign_in.send_code(&owner, &another, "en").await.is_ok(), "its owner, elsewhere");
}

/// Before: 689 guesses a second, of many holds and many addresses.
#[tokio::test]
async fn one_network_guesses_fifty_codes_an_hour_and_owners_get_in_all_the_same() {
    let clinic = limited().await;
    let asha = clinic.known_patient("Asha").await;
    let sign_in = &clinic.ports.sign_in;
    let wrong = Code::parse("00000000").expect("a code");
    let mut compared = 0;
    for number in 0..20 {
        let address = email(&format!("person{number}@example.org"));
        let from = clinic.from("192.0.2.7");
        let token = sign_in.send_code(&from, &address, "en").await.expect("sent");
        for _ in 0..5 {
            let answer = sign_in.check_code(&clinic.from("192.0.2.7"), &token, &wrong).await;
            compared += i32::from(!is_limited(&answer));
        }
    }
    assert_eq!(compared, 50);
    // The browser of somebody who has signed in with the address is not refused because of others.
    let address = email("asha@example.org");
    let mark = devices::mark(&clinic.app_state.code_key, address.as_str());
    let browser = Caller { device: Some(mark), ..clinic.from("192.0.2.7") };
    let token = sign_in.send_code(&browser, &address, "en").await.expect("sent");
    let code = clinic.mailed_code("asha@example.org").await;
    assert!(is_limited(&sign_in.check_code(&clinic.from("192.0.2.7"), &token, &code).await));
    assert!(sign_in.check_code(&browser, &token, &code).await.is_ok());
    assert_eq!(asha.name, "Asha");
}

#[tokio::test]
async fn wrong_passwords_of_one_network_do_not_shut_out_browsers_that_are_known() {
    let clinic = limited().await;
    clinic.known_patient("Asha").await;
    let sign_in = &clinic.ports.sign_in;
    let from = clinic.from("192.0.2.7");
    for number in 0..50 {
        let address = format!("person{number}@example.org");
        let answer = sign_in.check_password(&from, &address, "wrong password").await;
        assert!(matches!(answer, Err(Failure::WrongCredentials)), "{answer:?}");
    }
    assert!(is_limited(&sign_in.check_password(&from, "asha@example.org", PASSWORD).await));
    let mark = devices::mark(&clinic.app_state.code_key, "asha@example.org");
    let known = Caller { device: Some(mark), ..from };
    assert!(sign_in.check_password(&known, "asha@example.org", PASSWORD).await.is_ok());
    let elsewhere = clinic.from("192.0.2.8");
    assert!(sign_in.check_password(&elsewhere, "asha@example.org", PASSWORD).await.is_ok());
}

/// A visitor's codes are counted like those for signing in.
#[tokio::test]
async fn codes_of_visitors_count_for_their_network() {
    let clinic = limited().await;
    let free = clinic.free(clinic.doctor).await;
    let wrong = Code::parse("00000000").expect("a code");
    let mut compared = 0;
    for number in 0..12 {
        // Ten holds from each network, and one network after the other.
        let visitor = clinic.new_visitor("192.0.2.7", number);
        let at = usize::try_from(number).expect("a number");
        let Ok(id) = clinic.hold_from(&visitor, free[at]).await else { continue };
        let contact = Contact {
            name: "A Stranger".into(),
            email: email(&format!("person{number}@example.org")),
            patient: None,
        };
        let bookings = &clinic.ports.bookings;
        let send = Change::SendCode { contact: Some(contact) };
        bookings.change(&visitor, id, &send, &Seen::Any, None).await.expect("sent");
        for _ in 0..5 {
            let confirm = Change::Confirm { code: Some(wrong.clone()) };
            let answer = bookings.change(&visitor, id, &confirm, &Seen::Any, None).await;
            compared += i32::from(!is_limited(&answer));
        }
    }
    assert_eq!(compared, 50);
}

#[tokio::test]
async fn requests_beyond_a_limit_are_told_when_to_come_back() {
    let clinic = limited().await;
    let base = clinic.serve().await;
    let asha = clinic.patient("Asha").await;
    let token = clinic.token(&asha).await;
    let call = async |number: u32| {
        let request = browser().post(format!("{base}/api/v1/people")).bearer_auth(&token);
        let body = format!("{{\"name\":\"Child {number}\"}}");
        let request = request.header("content-type", "application/json").body(body);
        request.send().await.expect("an answer")
    };
    let first = call(0).await;
    let header = |answer: &reqwest::Response, name: &str| {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned()
    };
    assert_eq!(header(&first, "ratelimit-policy"), "\"changes\";q=100;w=60");
    assert!(header(&first, "ratelimit").starts_with("\"changes\";r=99;t="));
    for number in 1..100 {
        assert_ne!(call(number).await.status(), 429, "request {number}");
    }
    let refused = call(100).await;
    assert_eq!(refused.status(), 429);
    let wait: i64 = refused.headers()[RETRY_AFTER].to_str().expect("text").parse().expect("s");
    assert!(header(&refused, "ratelimit").starts_with("\"changes\";r=0;t="));
    let problem: serde_json::Value = refused.json().await.expect("JSON");
    assert_eq!(problem["type"], "/problems/too-many-tries", "{problem}");
    // Somebody else behind the same network is not concerned, and reading goes on.
    let ravi = clinic.token(&clinic.patient("Ravi").await).await;
    let others = browser().get(format!("{base}/api/v1/people")).bearer_auth(&ravi);
    assert_eq!(others.send().await.expect("an answer").status(), 200);
    let own = browser().get(format!("{base}/api/v1/people")).bearer_auth(&token);
    assert_eq!(own.send().await.expect("an answer").status(), 200);
    clinic.clock.step(Duration::seconds(wait));
    let token = clinic.token(&asha).await;
    let again = browser().get(format!("{base}/api/v1/people")).bearer_auth(&token);
    assert_eq!(again.send().await.expect("an answer").status(), 200);
    assert_ne!(call(101).await.status(), 429);
}

/// The outermost limit: a network that asks more than a thousand times a second.
#[tokio::test]
async fn a_network_that_floods_is_refused_before_any_work() {
    let clinic = limited().await;
    let base = clinic.serve().await;
    let client = browser();
    let mut refused = 0;
    // The clock of the test stands still, so all of these are in one second.
    for _ in 0..1010 {
        let answer = client.get(format!("{base}/healthz")).send().await.expect("an answer");
        if answer.status() == 429 {
            assert!(answer.headers().contains_key(RETRY_AFTER));
            refused += 1;
        }
    }
    assert_eq!(refused, 10);
    clinic.clock.step(Duration::seconds(2));
    let answer = client.get(format!("{base}/healthz")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

/// A visitor behind a crowded network is led to prove an address, with the time still chosen.
#[tokio::test]
async fn a_page_leads_from_a_crowded_network_to_signing_in() {
    let clinic = limited().await;
    let base = clinic.serve().await;
    let free = clinic.free(clinic.doctor).await;
    let mut last = None;
    for slot in free.iter().take(11) {
        let mut jar = CookieJar::default();
        let back = format!("/doctors/asha?slot={slot}");
        let book = format!("/book?slot={slot}&back=/doctors/asha");
        let (_, _, page) = jar.open(&base, &book).await;
        let key = page.split("name=\"key\" value=\"").nth(1).expect("a key");
        let key = key.split('"').next().expect("a key");
        let slot = slot.to_string();
        let fields = [("slot", slot.as_str()), ("back", &back), ("key", key), ("tried", "yes")];
        last = Some(jar.submit(&base, ("/fn/hold", "/book"), &fields).await);
    }
    let last = last.expect("a redirect");
    assert!(last.starts_with("/sign-in?") && last.contains("crowded=yes"), "{last}");
    assert!(last.contains("slot%3D") || last.contains("slot%253D"), "{last}");
    let (status, _, page) = get_page(&base, &last, "").await;
    assert_eq!(status, 200);
    assert!(page.contains("Many people are booking from your network"), "{page}");
}

/// One connection often has 256 IPv6 networks or more: they have eight shares, not 256.
#[tokio::test]
async fn all_networks_of_an_ipv6_site_have_few_shares_together() {
    let clinic = limited().await;
    let free = clinic.free(clinic.doctor).await;
    let mut held = 0;
    for number in 0..100_u16 {
        let address = format!("2001:db8:7:{number:x}::1");
        let visitor = clinic.new_visitor(&address, number.into());
        held += i32::from(clinic.hold_from(&visitor, free[usize::from(number)]).await.is_ok());
    }
    assert_eq!(held, 80);
    let elsewhere = clinic.new_visitor("2001:db8:8::1", 200);
    assert!(clinic.hold_from(&elsewhere, free[100]).await.is_ok());

    // Of one address, they have one share.
    let victim = email("victim@example.org");
    let mut sent = 0;
    for number in 0..20 {
        let from = clinic.from(&format!("2001:db8:9:{number:x}::1"));
        sent += i32::from(clinic.ports.sign_in.send_code(&from, &victim, "en").await.is_ok());
    }
    assert_eq!(sent, 5);
}

/// Before, each of its networks could ask for as much as one.
#[tokio::test]
async fn an_ipv6_site_asks_for_as_much_as_eight_networks() {
    let clinic = limited().await;
    let now = clinic.clock.now();
    let counted = |number: u32, site: u16| {
        let address = format!("2001:db8:{site:x}:{number:x}::1");
        let from = clinic.from(&address);
        let network = from.network.expect("a network");
        let any = rules::count_any_request(&clinic.app_state, network, now);
        let usage = |caller: &Caller| {
            let usage = rules::count_request(&clinic.app_state, caller, true);
            usage.expect("counted").1.is_allowed
        };
        let visitor = clinic.new_visitor(&address, number.into());
        (any.is_allowed, usage(&from), usage(&visitor))
    };
    let all: Vec<_> = (0..10_000).map(|number| counted(number, 7)).collect();
    let count = |allowed: &dyn Fn(&(bool, bool, bool)) -> bool| {
        all.iter().filter(|one| allowed(one)).count()
    };
    assert_eq!(count(&|one| one.0), 8 * 1000, "requests of any kind");
    assert_eq!(count(&|one| one.1), 8 * 10, "changes of the unknown");
    assert_eq!(count(&|one| one.2), 8 * 10 * 20, "changes of visitors");
    assert_eq!(counted(0, 8), (true, true, true), "somebody else");
}

/// Five tries for each code, of many codes and many networks, were four hundred guesses a day.
#[tokio::test]
async fn a_code_is_guessed_at_a_hundred_times_a_day_by_all_together() {
    let clinic = limited().await;
    let sign_in = &clinic.ports.sign_in;
    let (victim, wrong) = (email("victim@example.org"), Code::parse("00000000").expect("a code"));
    let mut compared = 0;
    for network in 1..=8 {
        for _hour in 0..4 {
            for _ in 0..2 {
                let from = clinic.from(&format!("198.51.100.{network}"));
                let Ok(token) = sign_in.send_code(&from, &victim, "en").await else { continue };
                for _ in 0..5 {
                    let from = clinic.from(&format!("198.51.100.{network}"));
                    let answer = sign_in.check_code(&from, &token, &wrong).await;
                    compared += i32::from(!is_limited(&answer));
                }
            }
            clinic.clock.step(Duration::minutes(31));
        }
        if network == 1 {
            assert_eq!(compared, 25 + 3, "of one network, and the first try of each later code");
        }
    }
    assert_eq!(compared, 100 + 4 * 3 + 4 * 8, "of all, and the first try of each later code");
    // Its owner at another browser types the right code at once.
    let elsewhere = clinic.from("203.0.113.9");
    let token = sign_in.send_code(&elsewhere, &victim, "en").await.expect("sent");
    let code = clinic.mailed_code(victim.as_str()).await;
    assert!(sign_in.check_code(&elsewhere, &token, &code).await.is_ok());
    // A browser that has signed in with the address is not refused.
    let mark = devices::mark(&clinic.app_state.code_key, victim.as_str());
    let known = Caller { device: Some(mark), ..clinic.from("198.51.100.1") };
    let token = sign_in.send_code(&known, &victim, "en").await.expect("sent");
    let code = clinic.mailed_code(victim.as_str()).await;
    assert!(sign_in.check_code(&known, &token, &code).await.is_ok());
}

/// The code of a booking signs in, too. Its wrong tries were not in the limit of the day: eighty codes, five tries each.
#[tokio::test]
async fn wrong_codes_of_bookings_count_for_the_day_of_the_address() {
    let clinic = limited().await;
    let free = clinic.free(clinic.doctor).await;
    let (sign_in, bookings) = (&clinic.ports.sign_in, &clinic.ports.bookings);
    let (victim, wrong) = (email("victim@example.org"), Code::parse("00000000").expect("a code"));
    let hold = async |visitor: &Caller, slot: SlotId| {
        let id = clinic.hold_from(visitor, slot).await.expect("held");
        let contact = Contact { name: "Asha".into(), email: victim.clone(), patient: None };
        let send = Change::SendCode { contact: Some(contact) };
        bookings.change(visitor, id, &send, &Seen::Any, None).await.expect("sent");
        id
    };
    let mut compared = 0;
    for (number, slot) in (0..8).zip(&free[60..]) {
        let visitor = clinic.new_visitor("192.0.2.7", number);
        let id = hold(&visitor, *slot).await;
        for _ in 0..5 {
            let confirm = Change::Confirm { code: Some(wrong.clone()) };
            let answer = bookings.change(&visitor, id, &confirm, &Seen::Any, None).await;
            compared += i32::from(!is_limited(&answer));
        }
        clinic.clock.step(Duration::minutes(31));
    }
    assert_eq!(compared, 25 + 3, "of one network, and the first try of each later code");
    // They count together with those of signing in.
    let from = clinic.from("192.0.2.7");
    let token = sign_in.send_code(&from, &victim, "en").await.expect("sent");
    assert!(!is_limited(&sign_in.check_code(&from, &token, &wrong).await), "the first try");
    assert!(is_limited(&sign_in.check_code(&from, &token, &wrong).await));
    // The owner books elsewhere, and behind the same network with the right code at once.
    for (number, address) in [(100, "203.0.113.9"), (101, "192.0.2.7")] {
        let visitor = clinic.new_visitor(address, number);
        let id = hold(&visitor, free[usize::try_from(number).expect("small")]).await;
        let code = Code::parse(&clinic.app_state.code_key.code(id, 2)).expect("a code");
        let confirm = Change::Confirm { code: Some(code) };
        let booked = bookings.change(&visitor, id, &confirm, &Seen::Any, None).await;
        assert!(booked.is_ok(), "{address}: {booked:?}");
    }
}

/// Somebody guesses the codes of many addresses from many networks: no other limit sees that.
#[tokio::test]
async fn while_many_codes_are_guessed_each_has_one_try_in_unknown_browsers() {
    let clinic = limited().await;
    let sign_in = &clinic.ports.sign_in;
    let (asha, wrong) = (email("asha@example.org"), Code::parse("00000000").expect("a code"));
    for number in 0..1000 {
        let from = clinic.from(&format!("198.51.{}.{}", number / 250, number % 250));
        assert!(!rules::are_codes_guessed(&clinic.app_state, from.now));
        rules::code_was_wrong(&clinic.app_state, &from);
    }
    let from = clinic.from("203.0.113.9");
    assert!(rules::are_codes_guessed(&clinic.app_state, from.now));
    let token = sign_in.send_code(&from, &asha, "en").await.expect("sent");
    let spent = Err(Refusal::CodeSpent.into());
    assert_eq!(sign_in.check_code(&from, &token, &wrong).await, spent, "it was the only try");
    let code = clinic.mailed_code(asha.as_str()).await;
    assert_eq!(sign_in.check_code(&from, &token, &code).await, spent);
    // Another code goes on; a known browser has all its tries.
    sign_in.send_code_again(&from, &token).await.expect("sent");
    let code = clinic.mailed_code(asha.as_str()).await;
    assert!(sign_in.check_code(&from, &token, &code).await.is_ok());
    let mark = devices::mark(&clinic.app_state.code_key, asha.as_str());
    let known = Caller { device: Some(mark), ..from };
    let token = sign_in.send_code(&known, &asha, "en").await.expect("sent");
    let answer = sign_in.check_code(&known, &token, &wrong).await;
    assert_eq!(answer, Err(Refusal::WrongCode { tries_left: 4 }.into()));
    clinic.clock.step(Duration::hours(2));
    assert!(!rules::are_codes_guessed(&clinic.app_state, clinic.visitor().now));
}

/// What is made for the public cache has lost the headers of whoever asks first, but not who that was.
#[tokio::test]
async fn behind_a_proxy_each_client_is_counted_alone_also_for_public_pages() {
    let mut clinic = limited().await;
    clinic.config.trusted_proxies = 1;
    clinic.app_state.settings.trusted_proxies = 1;
    let base = clinic.serve().await;
    let client = browser();
    let open = async |from: &str, number: usize| {
        let page = format!("{base}/doctors?name=somebody{number}");
        let request = client.get(page).header("accept", "text/html");
        request.header("x-forwarded-for", from).send().await.expect("an answer").status()
    };
    for number in 0..600 {
        assert_eq!(open("192.0.2.7", number).await, 200, "{number}");
    }
    assert_eq!(open("192.0.2.7", 600).await, 429);
    assert_eq!(open("192.0.2.8", 601).await, 200, "somebody else");
}

/// Hashing a password is dear, so a network may not ask for much of it.
#[tokio::test]
async fn registering_is_counted_before_the_password_is_hashed() {
    let clinic = limited().await;
    let register = async |from: &str, number: u32| {
        let registration = Registration {
            name: "A Stranger".into(),
            email: email(&format!("stranger{number}@example.org")),
            password: Some(Password::parse(PASSWORD).expect("a password")),
            locale: "en".into(),
            key: None,
        };
        clinic.ports.sign_in.register(&clinic.from(from), registration).await
    };
    for number in 0..30 {
        assert!(register("192.0.2.7", number).await.is_ok(), "{number}");
    }
    assert!(is_limited(&register("192.0.2.7", 30).await));
    assert!(register("192.0.2.8", 31).await.is_ok());
}

/// Whoever loses a race for a time has not held it.
#[tokio::test]
async fn a_hold_that_is_refused_does_not_count() {
    let clinic = limited().await;
    let free = clinic.free(clinic.doctor).await;
    let first = clinic.patient("First").await;
    assert!(clinic.hold_from(&clinic.account(&first, "192.0.2.1"), free[0]).await.is_ok());
    let asha = clinic.patient("Asha").await;
    for number in 0..20 {
        let lost = clinic.hold_from(&clinic.account(&asha, "192.0.2.7"), free[0]).await;
        assert_eq!(lost, Err(Refusal::Taken.into()));
        let lost = clinic.hold_from(&clinic.new_visitor("192.0.2.7", number), free[0]).await;
        assert_eq!(lost, Err(Refusal::Taken.into()));
    }
    assert!(clinic.hold_from(&clinic.account(&asha, "192.0.2.7"), free[1]).await.is_ok());
    assert!(clinic.hold_from(&clinic.new_visitor("192.0.2.7", 50), free[2]).await.is_ok());
}

/// A request that is repeated after the limit was reached gets the answer that it got before.
#[tokio::test]
async fn the_last_hold_that_was_allowed_can_be_asked_for_again() {
    let clinic = limited().await;
    let free = clinic.free(clinic.doctor).await;
    let asha = clinic.patient("Asha").await;
    let hold = async |number: usize| {
        let key = IdempotencyKey::parse(&format!("key-{number}")).expect("a key");
        let request = HoldRequest { slot: free[number], visit_type: None, person: None };
        let caller = clinic.account(&asha, "192.0.2.7");
        clinic.ports.bookings.hold(&caller, &request, Some(&key)).await.map(|booked| booked.id)
    };
    let mut held = Vec::new();
    for number in 0..8 {
        held.push(hold(number).await);
    }
    assert!(held.iter().all(Result::is_ok), "{held:?}");
    assert!(is_limited(&hold(8).await));
    assert_eq!(hold(7).await, held[7]);
}

/// A stranger gets a new cookie whenever none is sent.
#[tokio::test]
async fn all_visitors_of_a_network_are_bounded_together() {
    let clinic = limited().await;
    let mut allowed = 0;
    for number in 0..300 {
        let visitor = clinic.new_visitor("192.0.2.7", number);
        let counted = rules::count_request(&clinic.app_state, &visitor, true);
        allowed += i32::from(counted.is_some_and(|(_, usage)| usage.is_allowed));
    }
    assert_eq!(allowed, 200);
    let elsewhere = clinic.new_visitor("192.0.2.8", 300);
    let counted = rules::count_request(&clinic.app_state, &elsewhere, true);
    assert!(counted.is_some_and(|(_, usage)| usage.is_allowed));
}
