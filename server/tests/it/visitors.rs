//! Visitors hold a time before they have an account. When a code has proven their address, the appointment moves to
//! the account of that address.

use chrono::{Duration, NaiveDate};
use futures::future::join_all;
use nadi::actor::{Actor, Caller, SignedIn, Visitor};
use nadi::appointment::{CODE_TRIES, CODES_PER_HOLD, Command, Refusal, State};
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AccountId, AppointmentId, DoctorId, PersonId, SlotId};
use nadi::input::{Code, Email};
use nadi::ports::{
    AppointmentQuery, AppointmentView, Booked, Change, Contact, DEPENDANTS_MAX, HoldRequest,
    PatientName, Period, Seen, Whose,
};
use nadi::{Failure, Field, FieldProblem, Problem};
use server::accounts::visitors;
use server::bookings::store::holds::{self, NewHold};
use server::bookings::sweeper;
use server::clock::Clock;
use server::config::Confirmation;
use server::ids::uuid_v7;
use server::{ports, retention};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::{Clinic, NewDoctor};

const ACCOUNTS: &str = "select count(*) from accounts where not visitor";
const VISITORS: &str = "select count(*) from accounts where visitor";
const HOLDS: &str = "select count(*) from patient_times where held_until < 'infinity'";
const VISITS: &str = "select count(*) from visitor_visits";
const ASHA: &str = "asha.rao@example.org";

/// A browser with a visitor's cookie.
#[derive(Clone, Copy)]
struct Browser<'a> {
    clinic: &'a Clinic,
    visitor: Visitor,
}

impl<'a> Browser<'a> {
    fn new(clinic: &'a Clinic, number: u128) -> Self {
        let account = AccountId(Uuid::from_u128(0xacc0_0000 + number));
        let person = PersonId(Uuid::from_u128(0xbe40_0000 + number));
        Self { clinic, visitor: Visitor { account, person } }
    }

    fn caller(&self) -> Caller {
        let actor = Actor::Visitor(Some(self.visitor));
        Caller { actor, ..self.clinic.visitor() }
    }

    async fn hold(&self, slot: SlotId) -> Result<AppointmentId, Failure> {
        let wish = HoldRequest { slot, visit_type: None, person: None };
        self.clinic.ports.bookings.hold(&self.caller(), &wish, None).await.map(|booked| booked.id)
    }

    async fn change(&self, id: AppointmentId, change: &Change) -> Result<Booked, Failure> {
        self.clinic.ports.bookings.change(&self.caller(), id, change, &Seen::Any, None).await
    }

    async fn send_code(&self, id: AppointmentId, contact: &Contact) -> Result<Booked, Failure> {
        self.change(id, &Change::SendCode { contact: Some(contact.clone()) }).await
    }

    async fn confirm_with(&self, id: AppointmentId, code: Code) -> Result<Booked, Failure> {
        self.change(id, &Change::Confirm { code: Some(code) }).await
    }

    /// With the code that is valid now.
    async fn confirm(&self, id: AppointmentId) -> Result<Booked, Failure> {
        self.confirm_with(id, code(self.clinic, id).await).await
    }

    async fn view(&self, id: AppointmentId) -> Result<AppointmentView, Failure> {
        self.clinic.ports.bookings.appointment(&self.caller(), id).await
    }

    /// A hold for which a code was sent.
    async fn hold_with_code(&self, slot: SlotId, contact: &Contact) -> AppointmentId {
        let id = self.hold(slot).await.expect("held");
        self.send_code(id, contact).await.expect("sent");
        id
    }
}

fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

fn contact(name: &str, address: &str) -> Contact {
    Contact { name: name.into(), email: email(address), patient: None }
}

fn for_patient(name: &str, birth_date: Option<&str>) -> Contact {
    let birth_date = birth_date.map(|date| date.parse().expect("a date"));
    let patient = Some(PatientName { name: name.into(), birth_date });
    Contact { patient, ..contact("Asha Rao", ASHA) }
}

/// The valid code of a hold.
async fn code(clinic: &Clinic, id: AppointmentId) -> Code {
    let counter: i16 =
        scalar(clinic, "select code_counter from appointments where id = $1", id).await;
    Code::parse(&clinic.app_state.code_key.code(id, counter)).expect("a code")
}

/// A code that is not this one.
fn other_than(code: &Code) -> Code {
    Code::parse(if code.as_str() == "00000000" { "00000001" } else { "00000000" }).expect("a code")
}

/// A value of a statement about one appointment.
async fn scalar<T>(clinic: &Clinic, sql: &'static str, id: AppointmentId) -> T
where
    T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    sqlx::query_scalar(sql).bind(id.0).fetch_one(&clinic.pool).await.expect("a value")
}

async fn booked_by(clinic: &Clinic, id: AppointmentId) -> AccountId {
    AccountId(scalar(clinic, "select booked_by from appointments where id = $1", id).await)
}

async fn person_of(clinic: &Clinic, id: AppointmentId) -> PersonId {
    PersonId(scalar(clinic, "select person_id from appointments where id = $1", id).await)
}

async fn run(clinic: &Clinic, sql: &str, account: AccountId) {
    sqlx::query(AssertSqlSafe(sql.to_owned()))
        .bind(account.0)
        .execute(&clinic.pool)
        .await
        .expect("done");
}

/// An account that has proven its address, [`ASHA`] for `Asha Rao`.
async fn known(clinic: &Clinic, name: &str) -> SignedIn {
    let who = clinic.patient(name).await;
    run(clinic, "update accounts set email_verified_at = created_at where id = $1", who.account)
        .await;
    who
}

/// Two doctors with the same hours.
async fn with_two_doctors() -> (Clinic, DoctorId, DoctorId) {
    let doctors = [NewDoctor::new("asha-naik"), NewDoctor::new("ravi-naik")];
    let (clinic, doctors) = Clinic::open_with_doctors(doctors).await;
    (clinic, doctors[0], doctors[1])
}

/// What was sent so far: to whom, and the text.
async fn mail(clinic: &Clinic) -> Vec<(String, String)> {
    clinic.dispatcher().run_once().await.expect("delivered");
    let sent = clinic.messages.sent.lock().expect("sent");
    sent.iter().map(|message| (message.to.clone(), message.body.clone())).collect()
}

#[tokio::test]
async fn someone_new_holds_a_time_and_has_an_account_after_the_code() {
    let clinic = Clinic::open().await;
    let browser = Browser::new(&clinic, 1);
    let slot = clinic.free(clinic.doctor).await[0];
    let id = browser.hold(slot).await.expect("held");
    assert!(!clinic.free(clinic.doctor).await.contains(&slot));
    let language = "select locale from events where subject_id = $1";
    assert_eq!(scalar::<Option<String>>(&clinic, language, id).await.as_deref(), Some("en"));
    assert_eq!(clinic.count(ACCOUNTS).await, 0);
    assert!(mail(&clinic).await.is_empty(), "nobody knows an address yet");
    let view = browser.view(id).await.expect("its own");
    assert_eq!((view.state, view.contact, view.code_sent_to.as_str()), (State::Pending, None, ""));
    assert!(view.code_needed && !view.is_in_an_account);

    let typed = contact("Asha Rao", ASHA);
    browser.send_code(id, &typed).await.expect("sent");
    let sent = mail(&clinic).await;
    let right = code(&clinic, id).await;
    assert!(matches!(&sent[..], [(to, body)] if to == ASHA && body.contains(right.as_str())));
    let view = browser.view(id).await.expect("its own");
    assert_eq!(view.contact, Some(typed));
    assert_eq!(view.code_sent_to, "a•••@example.org");
    assert_eq!(view.person_name, "Asha Rao");
    assert_eq!(
        clinic.count(ACCOUNTS).await,
        0,
        "an account only counts when its address is proven"
    );

    let booked = browser.confirm(id).await.expect("confirmed");
    assert_eq!(booked.state, State::Confirmed);
    let account = booked_by(&clinic, id).await;
    let is_right =
        "select email = 'asha.rao@example.org' and email_verified_at is not null and not visitor
                           and password_hash is null
                    from accounts where id = (select booked_by from appointments where id = $1)";
    assert!(scalar::<bool>(&clinic, is_right, id).await);
    let claim = "select account_id = (select booked_by from appointments where id = $1) and hold_number is null
                        and visit_number = 1 and held_until = 'infinity'
                 from patient_times where appointment_id = $1";
    assert!(scalar::<bool>(&clinic, claim, id).await);
    let told = "select data ->> 'account' from events where subject_id = $1 and type = 'appointment.confirmed'";
    assert_eq!(scalar::<String>(&clinic, told, id).await, account.to_string());
    let sent = mail(&clinic).await;
    assert_eq!(sent.len(), 2, "the confirmation");
    assert!(sent.iter().all(|(to, _)| to == ASHA));

    let view = browser.view(id).await.expect("shown to the browser that has confirmed it");
    assert!(view.is_in_an_account && view.open_to.is_empty() && view.history.is_empty());
    assert_eq!((view.contact, view.change_until), (None, None));
    assert_eq!(
        (view.person_name.as_str(), view.code_sent_to.as_str()),
        ("Asha Rao", "a•••@example.org")
    );
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn the_visit_moves_to_the_account_of_the_address() {
    let clinic = Clinic::open().await;
    let asha = known(&clinic, "Asha Rao").await;
    let mira = clinic.dependants(&asha, ["Mira Rao"]).await[0];
    run(&clinic, "update people set birth_date = '2019-05-04' where account_id = $1 and relation = 'dependant'", asha.account).await;
    let free = clinic.free(clinic.doctor).await;
    for (number, typed, expected) in [
        (1, contact("Somebody else", "ASHA.RAO@example.org"), Some(asha.person)),
        (2, for_patient("mira RAO", Some("2019-05-04")), Some(mira)),
        (3, for_patient("Mira Rao", Some("2021-01-01")), None),
    ] {
        let browser = Browser::new(&clinic, number);
        let slot = free[usize::try_from(number).expect("small") * 2];
        let id = browser.hold_with_code(slot, &typed).await;
        let shown = browser.view(id).await.expect("its own").person_name;
        browser.confirm(id).await.expect("confirmed");
        assert_eq!(booked_by(&clinic, id).await, asha.account);
        let person = person_of(&clinic, id).await;
        match expected {
            Some(expected) => assert_eq!(person, expected),
            None => assert!(![asha.person, mira].contains(&person), "another birth date"),
        }
        let claim = "select account_id from patient_times where appointment_id = $1";
        assert_eq!(scalar::<Uuid>(&clinic, claim, id).await, asha.account.0);
        // Nothing of the account is told to whoever typed its address.
        assert_eq!(browser.view(id).await.expect("confirmed").person_name, shown);
    }
    assert_eq!(clinic.count(ACCOUNTS).await, 1);
    let people = clinic.ports.people.people(&clinic.caller(&asha)).await.expect("people");
    let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["Asha Rao", "Mira Rao", "Mira Rao"]);
    let added = "select count(*) from events where type = 'person.added'";
    assert_eq!(clinic.count(added).await, 1, "the new one");
    let mine = AppointmentQuery::mine(Period::Upcoming, 1);
    let list = clinic.ports.bookings.list(&clinic.caller(&asha), &mine).await.expect("a list");
    assert_eq!(list.total, 3);
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn a_visit_that_overlaps_another_stays_held() {
    let (clinic, first, second) = with_two_doctors().await;
    let asha = known(&clinic, "Asha Rao").await;
    let own = clinic.book(&asha, clinic.free(first).await[0]).await;
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold_with_code(clinic.free(second).await[0], &contact("Asha", ASHA)).await;

    assert_eq!(browser.confirm(id).await, Err(Refusal::PersonBusy.into()));
    let view = browser.view(id).await.expect("still its own");
    assert_eq!((view.state, view.code_tries_left), (State::Pending, 5), "no try is used up");
    assert_eq!(clinic.count(VISITS).await, 0);
    clinic.assert_consistent().await;

    // For somebody else on the account there is time.
    browser.send_code(id, &for_patient("Mira Rao", None)).await.expect("sent");
    assert_eq!(browser.view(id).await.expect("its own").person_name, "Mira Rao");
    // And so there is for Asha, when her own visit is cancelled.
    browser.send_code(id, &contact("Asha", ASHA)).await.expect("sent");
    assert_eq!(person_of(&clinic, id).await, browser.visitor.person);
    assert_eq!(browser.confirm(id).await, Err(Refusal::PersonBusy.into()));
    clinic.change(&asha, own, &Change::Cancel { reason: None }).await.expect("cancelled");
    browser.confirm(id).await.expect("confirmed with the same code");
    let added = "select count(*) from people where account_id in (select id from accounts where not visitor)";
    assert_eq!(clinic.count(added).await, 1, "refused confirmations leave nobody behind");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn a_visit_beyond_the_limit_stays_held() {
    let clinic = Clinic::open().await;
    let asha = known(&clinic, "Asha Rao").await;
    let free = clinic.free(clinic.doctor).await;
    let mut own = Vec::new();
    for slot in &free[..3] {
        own.push(clinic.book(&asha, *slot).await);
    }
    let browser = Browser::new(&clinic, 1);
    let typed = for_patient("Mira Rao", None);
    let id = browser.hold_with_code(free[5], &typed).await;
    let full = Err(Refusal::TooManyVisits { most: 3 }.into());
    assert_eq!(browser.confirm(id).await, full);
    assert_eq!(clinic.state(id).await, "pending");
    let wrong = other_than(&code(&clinic, id).await);
    let refused = browser.confirm_with(id, wrong).await;
    assert_eq!(
        refused,
        Err(Refusal::WrongCode { tries_left: 4 }.into()),
        "tells nothing of the account"
    );
    let added = "select count(*) from events where type = 'person.added'";
    assert_eq!(clinic.count(added).await, 0);
    clinic.assert_consistent().await;

    clinic.change(&asha, own[1], &Change::Cancel { reason: None }).await.expect("cancelled");
    browser.confirm(id).await.expect("there is room");
    let number = "select visit_number from patient_times where appointment_id = $1";
    assert_eq!(scalar::<i16>(&clinic, number, id).await, 2, "the free number");
    clinic.assert_consistent().await;
}

/// The address was registered, and its account has visits, from the time when addresses did not have to be proven.
#[tokio::test]
async fn the_visits_of_an_account_that_was_never_proven_count() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha Rao").await;
    let free = clinic.free(clinic.doctor).await;
    let mut own = Vec::new();
    for slot in &free[..3] {
        own.push(clinic.book(&asha, *slot).await);
    }
    for change in [
        "update accounts set email_verified_at = null where id = $1",
        "insert into unproven_accounts (account_id, email) select id, email from accounts where id = $1",
    ] {
        run(&clinic, change, asha.account).await;
    }
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold_with_code(free[5], &contact("Asha Rao", ASHA)).await;
    assert_eq!(browser.confirm(id).await, Err(Refusal::TooManyVisits { most: 3 }.into()));
    assert_eq!(clinic.state(id).await, "pending");
    let unproven = "select count(*) from unproven_accounts";
    assert_eq!(clinic.count(unproven).await, 0, "the code has proven the address all the same");
    clinic.assert_consistent().await;

    clinic.change(&asha, own[1], &Change::Cancel { reason: None }).await.expect("cancelled");
    browser.confirm(id).await.expect("there is room");
    assert_eq!(booked_by(&clinic, id).await, asha.account);
    assert_eq!(person_of(&clinic, id).await, asha.person);
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn an_account_that_is_full_of_people_takes_no_new_one() {
    let clinic = Clinic::open().await;
    let asha = known(&clinic, "Asha Rao").await;
    for number in 0..DEPENDANTS_MAX {
        let name = format!("Child {number}");
        clinic.dependants(&asha, [name.as_str()]).await;
    }
    let browser = Browser::new(&clinic, 1);
    let id = browser
        .hold_with_code(clinic.free(clinic.doctor).await[0], &for_patient("Mira", None))
        .await;
    assert_eq!(browser.confirm(id).await, Err(Refusal::TooManyPeople.into()));
    assert_eq!(clinic.state(id).await, "pending");
    browser.send_code(id, &for_patient("child 7", None)).await.expect("sent");
    browser.confirm(id).await.expect("for somebody it knows");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn two_visitors_who_prove_the_same_new_address_at_once_get_one_account() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    let (one, other) = (Browser::new(&clinic, 1), Browser::new(&clinic, 2));
    let typed = contact("Asha Rao", ASHA);
    let ids =
        [one.hold_with_code(free[0], &typed).await, other.hold_with_code(free[3], &typed).await];
    let mut gate = clinic.pool.begin().await.expect("a transaction");
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('address ' || $1, 0))")
        .bind(ASHA)
        .execute(&mut *gate)
        .await
        .expect("locked");
    let release = async {
        clinic.until_waiting(2).await;
        gate.rollback().await.expect("released");
    };
    let (first, second, ()) = tokio::join!(one.confirm(ids[0]), other.confirm(ids[1]), release);
    assert_eq!(first.expect("confirmed").state, State::Confirmed);
    assert_eq!(second.expect("confirmed").state, State::Confirmed);
    assert_eq!(clinic.count(ACCOUNTS).await, 1);
    assert_eq!(booked_by(&clinic, ids[0]).await, booked_by(&clinic, ids[1]).await);
    clinic.assert_consistent().await;
}

/// A hold of an account that is not committed yet.
fn in_flight(clinic: &Clinic, who: &SignedIn, slot: SlotId) -> NewHold {
    let now = clinic.clock.now();
    NewHold {
        id: AppointmentId(uuid_v7(now)),
        slot,
        visit_type: None,
        person: who.person,
        account: who.account,
        now,
        holds_max: 3,
        visits_max: 3,
        uid_host: clinic.app_state.site.uid_host.clone(),
        hold: Duration::minutes(5),
        request_key: None,
        locale: "en",
    }
}

#[tokio::test]
async fn a_visit_that_moves_waits_for_a_hold_of_the_account_at_the_same_time() {
    let (clinic, first, second) = with_two_doctors().await;
    let asha = known(&clinic, "Asha Rao").await;
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold_with_code(clinic.free(second).await[0], &contact("Asha", ASHA)).await;
    let own = in_flight(&clinic, &asha, clinic.free(first).await[0]);
    let mut transaction = clinic.app_state.write.begin().await.expect("a transaction");
    assert!(holds::take(&mut transaction, &own).await.expect("taken").is_some());
    let commit = async {
        clinic.until_waiting(1).await;
        transaction.commit().await.expect("committed");
    };
    let (confirmed, ()) = tokio::join!(browser.confirm(id), commit);
    assert_eq!(confirmed, Err(Refusal::PersonBusy.into()));
    assert_eq!(clinic.state(id).await, "pending");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn a_visit_that_moves_waits_for_the_last_visit_of_the_account() {
    let clinic = Clinic::open().await;
    let asha = known(&clinic, "Asha Rao").await;
    let free = clinic.free(clinic.doctor).await;
    for slot in &free[..2] {
        clinic.book(&asha, *slot).await;
    }
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold_with_code(free[4], &contact("Asha", ASHA)).await;
    let own = in_flight(&clinic, &asha, free[7]);
    let mut transaction = clinic.app_state.write.begin().await.expect("a transaction");
    assert!(holds::take(&mut transaction, &own).await.expect("taken").is_some());
    let commit = async {
        clinic.until_waiting(1).await;
        transaction.commit().await.expect("committed");
    };
    let (confirmed, ()) = tokio::join!(browser.confirm(id), commit);
    assert_eq!(confirmed, Err(Refusal::TooManyVisits { most: 3 }.into()));
    assert_eq!(clinic.state(id).await, "pending");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn an_account_that_gives_up_its_address_meanwhile_gets_nothing() {
    let clinic = Clinic::open().await;
    let asha = known(&clinic, "Asha Rao").await;
    let browser = Browser::new(&clinic, 1);
    let id =
        browser.hold_with_code(clinic.free(clinic.doctor).await[0], &contact("Asha", ASHA)).await;
    let mut transaction = clinic.pool.begin().await.expect("a transaction");
    sqlx::query("update accounts set email = 'other@example.org' where id = $1")
        .bind(asha.account.0)
        .execute(&mut *transaction)
        .await
        .expect("changed");
    let commit = async {
        clinic.until_waiting(1).await;
        transaction.commit().await.expect("committed");
    };
    let (confirmed, ()) = tokio::join!(browser.confirm(id), commit);
    confirmed.expect("confirmed");
    assert_ne!(booked_by(&clinic, id).await, asha.account, "the address is no longer hers");
    assert_eq!(clinic.count(ACCOUNTS).await, 2);
    assert_eq!(browser.view(id).await.expect("shown").code_sent_to, "a•••@example.org");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn lapsed_holds_of_the_account_are_not_in_the_way() {
    let (clinic, first, second) = with_two_doctors().await;
    let asha = known(&clinic, "Asha Rao").await;
    let lapsed = clinic.hold(&asha, clinic.free(first).await[0]).await.expect("held");
    clinic.clock.step(Duration::minutes(6));
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold_with_code(clinic.free(second).await[0], &contact("Asha", ASHA)).await;
    browser.confirm(id).await.expect("confirmed");
    assert_eq!(clinic.state(lapsed).await, "expired");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn confirming_twice_is_confirming_once() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold_with_code(free[0], &contact("Asha Rao", ASHA)).await;
    let confirm = Change::Confirm { code: Some(code(&clinic, id).await) };
    let caller = browser.caller();
    let key = IdempotencyKey::parse("a-double-click").expect("a key");
    let send = || clinic.ports.bookings.change(&caller, id, &confirm, &Seen::Any, Some(&key));
    let answers = join_all((0..8).map(|_| send())).await;
    let first = answers[0].clone().expect("confirmed");
    assert!(answers.iter().all(|answer| answer.as_ref() == Ok(&first)), "{answers:?}");
    assert_eq!(
        browser.change(id, &confirm).await.expect("without a key, too").state,
        State::Confirmed
    );
    let told = "select count(*) from events where type = 'appointment.confirmed'";
    assert_eq!(clinic.count(told).await, 1);
    assert_eq!(clinic.count(ACCOUNTS).await, 1);

    let cancel = Change::Cancel { reason: None };
    let refused = browser.change(id, &cancel).await;
    assert_eq!(refused, Err(Failure::SignInFirst), "only the account may change it");
    assert_eq!(clinic.state(id).await, "confirmed");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn wrong_codes_are_counted_and_a_new_one_goes_on() {
    let clinic = Clinic::open().await;
    let browser = Browser::new(&clinic, 1);
    let typed = contact("Asha Rao", ASHA);
    let id = browser.hold_with_code(clinic.free(clinic.doctor).await[0], &typed).await;
    let right = code(&clinic, id).await;
    let wrong = other_than(&right);
    let guesses = join_all((0..20).map(|_| browser.confirm_with(id, wrong.clone()))).await;
    let counted = guesses
        .iter()
        .filter(|guess| matches!(guess, Err(Failure::Refused(Refusal::WrongCode { .. }))))
        .count();
    assert_eq!(counted, 4, "the fifth is told that the code is spent");
    assert_eq!(browser.confirm_with(id, right).await, Err(Refusal::CodeSpent.into()));
    assert_eq!(clinic.count(ACCOUNTS).await, 0);
    browser.change(id, &Change::SendCode { contact: None }).await.expect("to the same address");
    browser.confirm(id).await.expect("confirmed");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn a_code_only_counts_for_the_address_that_it_was_sent_to() {
    let clinic = Clinic::open().await;
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold(clinic.free(clinic.doctor).await[0]).await.expect("held");
    browser.send_code(id, &contact("Asha", "asha@elsewhere.example")).await.expect("sent");
    let old = code(&clinic, id).await;
    assert_eq!(mail(&clinic).await.len(), 1);
    browser.send_code(id, &contact("Asha Rao", ASHA)).await.expect("to another address");
    assert_eq!(browser.view(id).await.expect("its own").code_sent_to, "a•••@example.org");
    let refused = browser.confirm_with(id, old.clone()).await;
    assert_eq!(refused, Err(Refusal::WrongCode { tries_left: 4 }.into()));
    let new = code(&clinic, id).await;
    let sent = mail(&clinic).await;
    let to: Vec<&str> = sent.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["asha@elsewhere.example", ASHA]);
    assert!(sent[0].1.contains(old.as_str()) && !sent[0].1.contains(new.as_str()));
    assert!(sent[1].1.contains(new.as_str()) && !sent[1].1.contains(old.as_str()));
    browser.confirm(id).await.expect("confirmed");
    let elsewhere = "select count(*) from accounts where not visitor and email like '%elsewhere%'";
    assert_eq!(clinic.count(elsewhere).await, 0);
    clinic.assert_consistent().await;
}

/// The first code of a hold is never sent to a visitor. So it must not prove an address that was typed for an earlier
/// hold, for which a guess would do.
#[tokio::test]
async fn a_hold_begins_without_an_address() {
    let clinic = Clinic::open().await;
    let asha = known(&clinic, "Asha Rao").await;
    let free = clinic.free(clinic.doctor).await;
    let (browser, typed) = (Browser::new(&clinic, 1), contact("Asha Rao", ASHA));
    browser.hold_with_code(free[0], &typed).await;
    let id = browser.hold(free[4]).await.expect("held");
    let first = code(&clinic, id).await;
    let missing = Err(Failure::field(Field::Email, Problem::Missing));
    assert_eq!(browser.confirm_with(id, first.clone()).await, missing);
    assert_eq!(browser.change(id, &Change::SendCode { contact: None }).await, missing);
    assert_eq!(browser.view(id).await.expect("its own").code_sent_to, "");
    assert_eq!(clinic.state(id).await, "pending");
    assert_eq!(clinic.count(VISITS).await, 0);

    browser.send_code(id, &typed).await.expect("sent");
    let refused = browser.confirm_with(id, first).await;
    assert_eq!(refused, Err(Refusal::WrongCode { tries_left: 4 }.into()));
    browser.confirm(id).await.expect("confirmed");
    assert_eq!(booked_by(&clinic, id).await, asha.account);
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn wrong_codes_are_limited_for_an_address() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    let typed = contact("Asha Rao", ASHA);
    for (number, slot) in (1..).zip(&free[..4]) {
        let browser = Browser::new(&clinic, number);
        let id = browser.hold_with_code(*slot, &typed).await;
        let wrong = other_than(&code(&clinic, id).await);
        for _ in 0..CODE_TRIES {
            let refused = browser.confirm_with(id, wrong.clone()).await;
            assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
        }
    }
    let browser = Browser::new(&clinic, 5);
    let id = browser.hold_with_code(free[6], &typed).await;
    let right = code(&clinic, id).await;
    for guess in [other_than(&right), right] {
        let refused = browser.confirm_with(id, guess).await;
        assert!(matches!(refused, Err(Failure::TooManyTries { .. })), "{refused:?}");
    }
    assert_eq!(browser.view(id).await.expect("its own").code_tries_left, CODE_TRIES);
    assert_eq!(clinic.count(ACCOUNTS).await, 0);
    browser.send_code(id, &contact("Ravi", "ravi@example.org")).await.expect("sent");
    browser.confirm(id).await.expect("another address is not concerned");
    clinic.assert_consistent().await;
}

/// A hold may be extended for longer than its code counts.
#[tokio::test]
async fn a_code_ends_after_ten_minutes_and_a_new_one_confirms() {
    let clinic = Clinic::open().await;
    let browser = Browser::new(&clinic, 1);
    let slot = clinic.free(clinic.doctor).await[20];
    let id = browser.hold_with_code(slot, &contact("Asha Rao", ASHA)).await;
    for _ in 0..2 {
        clinic.clock.step(Duration::minutes(4));
        browser.change(id, &Change::Extend).await.expect("longer");
    }
    clinic.clock.step(Duration::seconds(119));
    let wrong = other_than(&code(&clinic, id).await);
    let answer = browser.confirm_with(id, wrong.clone()).await;
    assert_eq!(answer, Err(Refusal::WrongCode { tries_left: 4 }.into()), "it counts until then");
    clinic.clock.step(Duration::seconds(1));
    assert_eq!(browser.confirm(id).await, Err(Refusal::CodeTooOld.into()));
    assert_eq!(browser.confirm_with(id, wrong).await, Err(Refusal::CodeTooOld.into()));
    let left = browser.view(id).await.expect("its own").code_tries_left;
    assert_eq!(left, CODE_TRIES - 1, "neither was a try");
    browser.change(id, &Change::SendCode { contact: None }).await.expect("sent");
    browser.confirm(id).await.expect("confirmed with the new one");
    clinic.assert_consistent().await;
}

/// Before the first message leaves, the address is changed: the old one gets nothing.
#[tokio::test]
async fn a_code_for_a_mistyped_address_does_not_leave_after_the_correction() {
    let clinic = Clinic::open().await;
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold(clinic.free(clinic.doctor).await[0]).await.expect("held");
    browser.send_code(id, &contact("Asha", "asha@elsewhere.example")).await.expect("sent");
    browser.send_code(id, &contact("Asha", ASHA)).await.expect("sent");
    let sent = mail(&clinic).await;
    assert!(matches!(&sent[..], [(to, _)] if to == ASHA), "{sent:?}");
}

#[tokio::test]
async fn codes_are_limited_for_a_hold_and_for_an_address() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    let typed = contact("Asha Rao", ASHA);
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold(free[0]).await.expect("held");
    for _ in 1..CODES_PER_HOLD {
        browser.send_code(id, &typed).await.expect("sent");
    }
    let more = browser.send_code(id, &contact("Asha", "other@example.org")).await;
    assert_eq!(more, Err(Refusal::NoMoreCodes.into()));
    let mut refused = false;
    for number in 2..20 {
        let browser = Browser::new(&clinic, number);
        let id = browser.hold(free[usize::try_from(number).expect("small")]).await.expect("held");
        let sent = browser.send_code(id, &typed).await;
        refused |= matches!(sent, Err(Failure::TooManyTries { .. }));
        browser
            .send_code(id, &contact("B", &format!("b{number}@example.org")))
            .await
            .expect("sent");
    }
    assert!(refused, "nobody is flooded with codes");
}

#[tokio::test]
async fn without_an_address_nothing_is_sent_or_confirmed() {
    let clinic = Clinic::open().await;
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold(clinic.free(clinic.doctor).await[0]).await.expect("held");
    let missing = Err(Failure::field(Field::Email, Problem::Missing));
    assert_eq!(browser.change(id, &Change::SendCode { contact: None }).await, missing);
    assert_eq!(browser.confirm(id).await, missing, "a code that nobody was sent");
    assert_eq!(browser.change(id, &Change::Confirm { code: None }).await, missing);
    assert_eq!(clinic.count(ACCOUNTS).await, 0);

    let tomorrow = clinic.clock.now().date_naive() + chrono::Days::new(2);
    let far: NaiveDate = "1899-12-31".parse().expect("a date");
    for birth_date in [tomorrow, far] {
        let patient = Some(PatientName { name: " ".into(), birth_date: Some(birth_date) });
        let unusable = Contact { patient, ..contact(&"x".repeat(101), ASHA) };
        let problem = |field, problem| FieldProblem { field, problem };
        let Err(Failure::Invalid(mut found)) = browser.send_code(id, &unusable).await else {
            panic!("it was accepted");
        };
        found.sort_by_key(|one| format!("{:?}", one.field));
        let expected = [
            problem(Field::BirthDate, Problem::Malformed),
            problem(Field::Name, Problem::TooLong(100)),
            problem(Field::Person, Problem::Missing),
        ];
        assert_eq!(found, expected);
    }
    assert_eq!(browser.view(id).await.expect("its own").version, 1, "nothing was changed");

    let asha = clinic.patient("Asha Rao").await;
    let own = clinic.hold(&asha, clinic.free(clinic.doctor).await[3]).await.expect("held");
    let change = Change::SendCode { contact: Some(contact("Asha", "other@example.org")) };
    assert_eq!(clinic.change(&asha, own, &change).await, Err(Failure::Malformed));
}

#[tokio::test]
async fn a_visitor_holds_one_time_with_whichever_doctor() {
    let (clinic, first, second) = with_two_doctors().await;
    let browser = Browser::new(&clinic, 1);
    let (here, there) = (clinic.free(first).await, clinic.free(second).await);
    let ids = [
        browser.hold_with_code(here[0], &for_patient("Mira Rao", None)).await,
        browser.hold(there[0]).await.expect("at the same time, with another doctor"),
        browser.hold(there[5]).await.expect("with the same doctor"),
        browser.hold_with_code(here[2], &for_patient("Mira Rao", None)).await,
    ];
    let again = browser.hold(here[2]).await;
    assert_eq!(again, Ok(ids[3]), "the same time is the same hold, for whomever it is by now");
    for id in &ids[..3] {
        assert_eq!(clinic.state(*id).await, "cancelled");
    }
    assert_eq!(clinic.count(HOLDS).await, 1);
    assert_eq!(clinic.count(VISITORS).await, 1);
    assert!(clinic.free(first).await.contains(&here[0]));
    let mine = AppointmentQuery::mine(Period::Upcoming, 1);
    let list = clinic.ports.bookings.list(&browser.caller(), &mine).await.expect("its own");
    assert_eq!(list.items.iter().map(|item| item.id).collect::<Vec<_>>(), [ids[3]]);

    let refused = Browser::new(&clinic, 2).hold(here[2]).await;
    assert_eq!(refused, Err(Refusal::Taken.into()));
    clinic.assert_consistent().await;
    browser.confirm(ids[3]).await.expect("confirmed");
    let next = browser.hold(here[4]).await.expect("the confirmed one does not count");
    assert_eq!(clinic.state(ids[3]).await, "confirmed");
    assert_eq!(clinic.state(next).await, "pending");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn fifty_holds_of_one_visitor_at_once_are_one_hold() {
    let (clinic, first, second) = with_two_doctors().await;
    let browser = Browser::new(&clinic, 1);
    let free = [clinic.free(first).await, clinic.free(second).await];
    let all = join_all((0..50).map(|number| browser.hold(free[number % 2][number % 7]))).await;
    for answer in &all {
        // A request that others outpace again and again is told to try again.
        assert!(!matches!(answer, Err(failure) if failure.status() != 503), "{answer:?}");
    }
    assert!(all.iter().any(Result::is_ok));
    assert_eq!(clinic.count(HOLDS).await, 1);
    assert_eq!(clinic.count(VISITORS).await, 1);
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn a_browser_without_a_cookie_makes_no_rows() {
    let clinic = Clinic::open().await;
    let slot = clinic.free(clinic.doctor).await[0];
    let wish = HoldRequest { slot, visit_type: None, person: None };
    let stranger = clinic.visitor();
    let refused = clinic.ports.bookings.hold(&stranger, &wish, None).await;
    assert_eq!(refused.map(|booked| booked.id), Err(Failure::SignInFirst));
    assert_eq!(clinic.count("select count(*) from accounts").await, 0);
    assert_eq!(clinic.count(HOLDS).await, 0);
}

/// A stranger can be another visitor with each request.
#[tokio::test]
async fn a_time_that_cannot_be_held_makes_no_rows() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    let ravi = known(&clinic, "Ravi").await;
    clinic.hold(&ravi, free[0]).await.expect("held");
    let (taken, unknown) = (Refusal::Taken.into(), Refusal::NotOffered.into());
    for (number, slot, person, expected) in [
        (1, free[0], None, taken),
        (2, SlotId(i64::MAX), None, unknown),
        (3, free[4], Some(ravi.person), Failure::NotFound),
    ] {
        let key = IdempotencyKey::parse("the-key-of-a-form").expect("a key");
        let wish = HoldRequest { slot, visit_type: None, person };
        let caller = Browser::new(&clinic, number).caller();
        let refused = clinic.ports.bookings.hold(&caller, &wish, Some(&key)).await;
        assert_eq!(refused.map(|booked| booked.id), Err(expected));
    }
    assert_eq!(clinic.count(VISITORS).await, 0);
    assert_eq!(clinic.count("select count(*) from idempotency_keys").await, 0);
    Browser::new(&clinic, 3).hold(free[4]).await.expect("held");
    assert_eq!(clinic.count(VISITORS).await, 1);
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn all_old_visitors_are_deleted_whatever_else_fails() {
    let clinic = Clinic::open().await;
    sqlx::query(
        "insert into accounts (id, visitor, locale, created_at)
         select gen_random_uuid(), true, 'en', $1 from generate_series(1, 2500)",
    )
    .bind(clinic.clock.now())
    .execute(&clinic.pool)
    .await
    .expect("visitors");
    clinic.clock.step(Duration::days(3));
    sqlx::query("alter table idempotency_keys rename to elsewhere")
        .execute(&clinic.pool)
        .await
        .expect("renamed");
    retention::run_every_minute(&clinic.app_state).await.expect_err("the keys cannot be deleted");
    assert_eq!(clinic.count(VISITORS).await, 0);
}

#[tokio::test]
async fn a_hold_is_nobody_elses() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    let (owner, other) = (Browser::new(&clinic, 1), Browser::new(&clinic, 2));
    let typed = contact("Asha Rao", ASHA);
    let id = owner.hold_with_code(free[0], &typed).await;
    let right = code(&clinic, id).await;
    let nowhere = AppointmentId(Uuid::from_u128(99));
    for id in [id, nowhere] {
        assert_eq!(other.view(id).await.map(|view| view.id), Err(Failure::SignInFirst));
        let changes = [
            Change::Confirm { code: Some(right.clone()) },
            Change::SendCode { contact: Some(contact("Eve", "eve@example.org")) },
            Change::Cancel { reason: None },
            Change::Extend,
        ];
        for change in &changes {
            assert_eq!(other.change(id, change).await, Err(Failure::SignInFirst), "{change:?}");
        }
    }
    let ravi = known(&clinic, "Ravi").await;
    let seen = clinic.ports.bookings.appointment(&clinic.caller(&ravi), id).await;
    assert_eq!(seen.map(|view| view.id), Err(Failure::NotFound));
    assert_eq!(clinic.confirm(&ravi, id).await, Err(Failure::NotFound));
    // Nor does the account of the typed address have it before the code.
    let asha = known(&clinic, "Asha Rao").await;
    assert_eq!(clinic.confirm(&asha, id).await, Err(Failure::NotFound));
    let of_doctor = AppointmentQuery::of(Whose::OfDoctor(clinic.doctor));
    let list = clinic.ports.bookings.list(&owner.caller(), &of_doctor).await;
    assert_eq!(list.map(|page| page.total), Err(Failure::SignInFirst));

    owner.confirm(id).await.expect("confirmed");
    assert_eq!(other.view(id).await.map(|view| view.id), Err(Failure::SignInFirst));
    let right = code(&clinic, id).await;
    let after = clinic.ports.bookings.account_after_confirming(&other.caller(), id, &right).await;
    assert_eq!(after, Ok(None), "only the visitor that has confirmed it");
    clinic.clock.step(Duration::hours(25));
    assert_eq!(owner.view(id).await.map(|view| view.id), Err(Failure::SignInFirst), "for a day");
    assert!(clinic.ports.bookings.appointment(&clinic.caller(&asha), id).await.is_ok());
}

#[tokio::test]
async fn the_doctor_sees_a_hold_without_a_name() {
    let clinic = Clinic::open().await;
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold(clinic.free(clinic.doctor).await[0]).await.expect("held");
    let doctor = clinic.doctor_account().await;
    let caller = clinic.caller(&doctor);
    let view = clinic.ports.bookings.appointment(&caller, id).await.expect("visible");
    assert_eq!((view.person_name.as_str(), view.contact), ("", None));
    browser.send_code(id, &contact("Asha Rao", ASHA)).await.expect("sent");
    let view = clinic.ports.bookings.appointment(&caller, id).await.expect("visible");
    assert_eq!(view.person_name, "Asha Rao");
    assert_eq!(
        (view.contact, view.code_sent_to.as_str()),
        (None, ""),
        "the address is not the doctor's"
    );
}

#[tokio::test]
async fn an_account_that_only_a_code_protects_is_signed_in_after_booking() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    let browser = Browser::new(&clinic, 1);
    let typed = contact("Asha Rao", ASHA);
    let id = browser.hold_with_code(free[0], &typed).await;
    let right = code(&clinic, id).await;
    let after = async || {
        sqlx::raw_sql("update visitor_visits set sign_in_tries = 0")
            .execute(&clinic.pool)
            .await
            .expect("as if for the first time");
        clinic.ports.bookings.account_after_confirming(&browser.caller(), id, &right).await
    };
    assert_eq!(after().await, Ok(None), "not before the code");
    browser.confirm(id).await.expect("confirmed");
    let account = booked_by(&clinic, id).await;
    let signed_in = after().await.expect("an answer").expect("the new account");
    assert_eq!((signed_in.id, signed_in.locale.as_str()), (account, "en"));

    let insert = |rest: &str| format!("insert into {rest}");
    for (adds, removes) in [
        (
            "update accounts set password_hash = 'x' where id = $1".to_owned(),
            "update accounts set password_hash = null where id = $1",
        ),
        (
            "update accounts set administers_everything = true where id = $1".to_owned(),
            "update accounts set administers_everything = false where id = $1",
        ),
        (
            insert(
                "authenticators (account_id, secret, confirmed_at, created_at) values ($1, 'x', now(), now())",
            ),
            "delete from authenticators where account_id = $1",
        ),
        (
            insert(
                "passkeys (id, account_id, credential_id, credential, name, created_at)
                    values (gen_random_uuid(), $1, 'x', '{}', 'Phone', now())",
            ),
            "delete from passkeys where account_id = $1",
        ),
        (
            insert(
                "staff (clinic_id, account_id, role, created_at)
                    select id, $1, 'administrator', now() from clinics",
            ),
            "delete from staff where account_id = $1",
        ),
        (
            "update doctors set account_id = $1".to_owned(),
            "update doctors set account_id = null where account_id = $1",
        ),
    ] {
        run(&clinic, &adds, account).await;
        assert_eq!(after().await, Ok(None), "{adds}");
        run(&clinic, removes, account).await;
        assert!(after().await.expect("an answer").is_some(), "{removes}");
    }
    let bookings = &clinic.ports.bookings;
    let stranger = bookings.account_after_confirming(&clinic.visitor(), id, &right).await;
    assert_eq!(stranger, Ok(None));
    clinic.clock.step(Duration::minutes(10));
    assert_eq!(after().await, Ok(None), "ten minutes later");
}

/// Before, whoever knew the visitor's cookie, such as the one before at a shared computer, was signed in to the new
/// account for ten minutes, without any code.
#[tokio::test]
async fn a_visitor_who_does_not_know_the_code_is_not_signed_in_after_booking() {
    let clinic = Clinic::open().await;
    let browser = Browser::new(&clinic, 1);
    let free = clinic.free(clinic.doctor).await;
    let id = browser.hold_with_code(free[0], &contact("Asha Rao", ASHA)).await;
    let right = code(&clinic, id).await;
    browser.confirm(id).await.expect("confirmed");
    let bookings = &clinic.ports.bookings;
    let caller = browser.caller();
    let wrong = other_than(&right);
    for _ in 0..4 {
        assert_eq!(bookings.account_after_confirming(&caller, id, &wrong).await, Ok(None));
    }
    let owner = bookings.account_after_confirming(&caller, id, &right).await;
    assert!(owner.expect("an answer").is_some(), "a repeated click of its owner");
    let sixth = bookings.account_after_confirming(&caller, id, &right).await;
    assert_eq!(sixth, Ok(None), "the code cannot be guessed");
}

#[tokio::test]
async fn a_visitor_always_needs_the_code() {
    let mut clinic = Clinic::open().await;
    clinic.app_state.settings.confirmation = Confirmation::Instant;
    clinic.ports = ports::ports(&clinic.app_state, None);
    known(&clinic, "Asha Rao").await;
    let browser = Browser::new(&clinic, 1);
    let typed = contact("Asha Rao", ASHA);
    let id = browser.hold_with_code(clinic.free(clinic.doctor).await[0], &typed).await;
    assert!(browser.view(id).await.expect("its own").code_needed);
    let missing = Err(Failure::field(Field::Code, Problem::Missing));
    assert_eq!(browser.change(id, &Change::Confirm { code: None }).await, missing);
    assert_eq!(clinic.state(id).await, "pending");
    assert_eq!(mail(&clinic).await.len(), 1, "and is sent one");
    browser.confirm(id).await.expect("confirmed");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn a_hold_that_has_lapsed_is_nobodys_and_its_names_are_deleted() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    let browser = Browser::new(&clinic, 1);
    let id = browser.hold_with_code(free[0], &for_patient("Mira Rao", None)).await;
    clinic.clock.step(Duration::minutes(4));
    browser.change(id, &Change::Extend).await.expect("longer");
    clinic.clock.step(Duration::minutes(5));
    assert_eq!(browser.confirm(id).await, Err(Refusal::HoldExpired.into()));
    let view = browser.view(id).await.expect("its own");
    assert_eq!((view.state, view.open_to), (State::Expired, Vec::<Command>::new()));
    assert!(clinic.free(clinic.doctor).await.contains(&free[0]));
    let other = Browser::new(&clinic, 2);
    let confirmed = other.hold_with_code(free[20], &contact("Ravi", "ravi@example.org")).await;
    other.confirm(confirmed).await.expect("confirmed");

    let tidy = async || {
        sweeper::run_once(&clinic.app_state).await.expect("swept");
        sweeper::forget_visits(&clinic.app_state).await.expect("forgotten");
        visitors::tidy(&clinic.app_state).await.expect("deleted")
    };
    assert_eq!(tidy().await, 0, "two days are not over");
    clinic.clock.step(Duration::days(1));
    let late = Browser::new(&clinic, 3);
    late.hold(free[60]).await.expect("held");
    clinic.clock.step(Duration::days(1) + Duration::minutes(1));
    assert_eq!(tidy().await, 2);
    assert_eq!(clinic.count(VISITORS).await, 1, "the last one");
    assert_eq!(clinic.count(VISITS).await, 0);
    let names = "select count(*) from people where name in ('Mira Rao', 'Asha Rao')";
    assert_eq!(clinic.count(names).await, 0);
    assert_eq!(clinic.count("select count(*) from people where name = 'Ravi'").await, 1);
    let doctor = clinic.doctor_account().await;
    let seen = clinic.ports.bookings.appointment(&clinic.caller(&doctor), id).await;
    assert_eq!(seen.map(|view| view.person_name), Ok(String::new()));
    clinic.assert_consistent().await;
}

/// What nobody can do by hand either: make a visitor's account one that can be signed in to.
#[tokio::test]
async fn a_visitor_is_never_an_account_that_can_sign_in() {
    let clinic = Clinic::open().await;
    let browser = Browser::new(&clinic, 1);
    let id =
        browser.hold_with_code(clinic.free(clinic.doctor).await[0], &contact("Asha", ASHA)).await;
    for change in
        ["password_hash = 'x'", "email_verified_at = now()", "administers_everything = true"]
    {
        let sql = format!("update accounts set {change} where visitor");
        let error = sqlx::query(AssertSqlSafe(sql)).execute(&clinic.pool).await.expect_err(change);
        let constraint = error.as_database_error().and_then(|error| error.constraint());
        assert_eq!(constraint, Some("accounts_visitor_cannot_sign_in"));
    }
    browser.confirm(id).await.expect("confirmed");
    assert_eq!(clinic.count(VISITORS).await, 1, "it has not become the account");
}
