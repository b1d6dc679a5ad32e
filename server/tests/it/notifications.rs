//! Messages are sent: each once, in order, again after a failure, and set aside in the end.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::Duration;
use nadi::actor::SignedIn;
use nadi::ids::AppointmentId;
use nadi::notification;
use nadi::ports::{Change, HoldRequest, Message, MessageFailure, Messages, NewDependant};
use server::clock::Clock;
use server::notifications::Maker;
use server::notifications::dispatcher::Dispatcher;
use server::notifications::store;
use server::notifications::store::Lease;
use server::notifications::transport::DevelopmentMailbox;
use server::state::Confirmation;
use server::supervisor::Supervisor;
use tokio_util::sync::CancellationToken;

use crate::support::{Clinic, browser, time};

/// A mail server that takes messages to one domain only once it is told to, and fails as told.
#[derive(Clone, Default)]
struct Post(Arc<PostState>);

#[derive(Default)]
struct PostState {
    sent: Mutex<Vec<Message>>,
    /// The domain whose server does not answer, until `answers` is cancelled.
    slow: Mutex<Option<&'static str>>,
    answers: CancellationToken,
    /// Messages that wait for it, and the most there were at once.
    waiting: AtomicUsize,
    most: AtomicUsize,
    /// The beginnings of subjects that fail once.
    fails_once: Mutex<Vec<&'static str>>,
    panics_once: AtomicBool,
}

#[async_trait]
impl Messages for Post {
    async fn send(&self, message: &Message) -> Result<(), MessageFailure> {
        let state = &self.0;
        if state.panics_once.swap(false, Ordering::SeqCst) {
            panic!("the mail library has a fault");
        }
        {
            let mut fails = state.fails_once.lock().expect("not poisoned");
            if let Some(n) = fails.iter().position(|begin| message.subject.starts_with(begin)) {
                fails.remove(n);
                return Err(MessageFailure::Temporary("busy".into()));
            }
        }
        let slow = *state.slow.lock().expect("not poisoned");
        if slow.is_some_and(|slow| message.to.ends_with(slow)) {
            let waiting = state.waiting.fetch_add(1, Ordering::SeqCst) + 1;
            state.most.fetch_max(waiting, Ordering::SeqCst);
            tokio::select! {
                () = tokio::time::sleep(std::time::Duration::from_secs(20)) => {}
                () = state.answers.cancelled() => {}
            }
            state.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        state.sent.lock().expect("not poisoned").push(message.clone());
        Ok(())
    }
}

impl Post {
    fn slow(domain: &'static str) -> Self {
        let post = Self::default();
        *post.0.slow.lock().expect("not poisoned") = Some(domain);
        post
    }

    fn failing_once(beginning: &'static str) -> Self {
        let post = Self::default();
        post.0.fails_once.lock().expect("not poisoned").push(beginning);
        post
    }

    fn dispatcher(&self, clinic: &Clinic) -> Dispatcher {
        let messages = Arc::new(self.clone());
        Dispatcher::new(clinic.app_state.clone(), messages, "https://nadi.example".into())
    }

    fn sent(&self) -> Vec<Message> {
        self.0.sent.lock().expect("not poisoned").clone()
    }

    /// What was sent, by the first words of the subjects: `Confirmed`, `Moved` …
    fn kinds(&self) -> Vec<String> {
        let kind = |message: Message| match message.subject.split_once(':') {
            Some((kind, _)) => kind.to_owned(),
            None => "Code".to_owned(),
        };
        self.sent().into_iter().map(kind).collect()
    }

    fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::SeqCst)
    }

    async fn until_waiting(&self, count: usize) {
        time::until("messages wait", async || self.waiting() >= count).await;
    }

    /// Fails if a message was sent twice, or a message of an appointment after a later one.
    fn must_be_in_order(&self) {
        let mut last = std::collections::HashMap::new();
        for message in self.sent() {
            let (event, appointment) = message.key.split_once('.').expect("a key");
            let event: i64 = event.parse().expect("a number");
            let before = last.insert(appointment.to_owned(), event);
            assert!(before.is_none_or(|before| before < event), "{} came late", message.key);
        }
    }
}

const CANCEL: Change = Change::Cancel { reason: None };
const OVERTAKEN: &str =
    "select count(*) from notifications where state = 'delivered' and last_failure = 'overtaken'";
const WAITING: &str = "select count(*) from notifications where state = 'waiting'";

/// Runs until nothing is due, also what was put back.
async fn run_all(clinic: &Clinic, dispatcher: &Dispatcher) {
    for _ in 0..10 {
        dispatcher.run_once().await.expect("relayed");
        clinic.clock.step(Duration::minutes(1));
    }
}

/// A dispatcher that claims what is due, and dies.
async fn claim_and_die(clinic: &Clinic) -> usize {
    Maker::default().run_once(&clinic.app_state).await.expect("made");
    let now = clinic.clock.now();
    let lease = Lease { now, until: now + Duration::seconds(30) };
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    let codes = store::claim_codes(&mut connection, lease, 10).await.expect("claimed");
    let others = store::claim_others(&mut connection, lease, 10).await.expect("claimed");
    codes.len() + others.len()
}

/// Patients whose mail goes to this domain.
async fn at_domain(clinic: &Clinic, count: usize, domain: &str) -> Vec<SignedIn> {
    let patients = clinic.many_patients(count).await;
    let accounts: Vec<_> = patients.iter().map(|who| who.account.0).collect();
    sqlx::query("update accounts set email = id || '@' || $1 where id = any($2)")
        .bind(domain)
        .bind(accounts)
        .execute(&clinic.pool)
        .await
        .expect("addresses");
    patients
}

#[tokio::test]
async fn the_code_is_sent_to_the_patient_once() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let dispatcher = clinic.dispatcher();
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 1);
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 0);
    let sent = clinic.messages.sent.lock().expect("sent").clone();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, "asha@example.org");
    assert!(sent[0].body.contains(&clinic.app_state.code_key.code(id, 1)));
    assert!(sent[0].body.contains("Mon 23 Nov 2026"), "{}", sent[0].body);
    assert!(sent[0].body.contains("Kolkata time"), "the zone is named: {}", sent[0].body);
    assert!(!sent[0].body.to_lowercase().contains("medicine"), "no health detail");
    for leak in [
        "select count(*) from events where events::text ~* 'asha|example'",
        "select count(*) from notifications where notifications::text ~* 'asha|example'",
    ] {
        assert_eq!(clinic.count(leak).await, 0, "no personal data: {leak}");
    }
}

#[tokio::test]
async fn a_failing_message_is_retried_and_finally_set_aside() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let free = clinic.free(clinic.doctor).await;
    // Confirmed at once, so that the message still matters after many tries.
    let id = clinic.hold(&asha, free[0]).await.expect("held");
    clinic.confirm(&asha, id).await.expect("confirmed");
    let dispatcher = clinic.dispatcher();
    *clinic.messages.failure.lock().expect("set") = Some(MessageFailure::Temporary("busy".into()));
    dispatcher.run_once().await.expect("one failure never ends the batch");
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 0, "not at once");
    for _ in 0..10 {
        clinic.clock.step(Duration::minutes(10));
        dispatcher.run_once().await.expect("relayed");
    }
    let dead = "select count(*) from notifications where state = 'dead'";
    assert_eq!(clinic.count(dead).await, 1, "the confirmation; the code no longer mattered");

    *clinic.messages.failure.lock().expect("set") = None;
    clinic.clock.step(Duration::days(-1));
    clinic.hold(&ravi, free[1]).await.expect("held");
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 1, "others go on");
}

#[tokio::test]
async fn events_of_a_crashed_dispatcher_are_delivered_after_its_lease() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    assert_eq!(claim_and_die(&clinic).await, 1, "the code is not needed any more");
    assert_eq!(clinic.dispatcher().run_once().await.expect("relayed"), 0, "someone is at it");
    clinic.clock.step(Duration::seconds(30));
    assert_eq!(clinic.dispatcher().run_once().await.expect("relayed"), 1, "the lease has ended");
}

#[tokio::test]
async fn a_message_in_back_off_is_dropped_when_a_later_one_is_told() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let post = Post::failing_once("Confirmed");
    let dispatcher = post.dispatcher(&clinic);
    dispatcher.run_once().await.expect("relayed");
    assert_eq!(post.kinds(), [""; 0]);
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 1, "it is not held up");
    run_all(&clinic, &dispatcher).await;
    assert_eq!(post.kinds(), ["Cancelled"]);
    assert_eq!(clinic.count(OVERTAKEN).await, 2, "the code and the confirmation");
    assert_eq!(clinic.count(WAITING).await, 0);
}

#[tokio::test]
async fn a_message_that_was_put_back_after_a_later_one_is_dropped() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    let post = Post::default();
    let dispatcher = post.dispatcher(&clinic);
    dispatcher.run_once().await.expect("relayed");
    let again = "update notifications set state = 'waiting', attempts = 0, due_at = $1
                 where template = 'confirmed'";
    let now = clinic.clock.now();
    sqlx::query(again).bind(now).execute(&clinic.pool).await.expect("put back");
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 1);
    assert_eq!(post.kinds(), ["Cancelled"]);
}

#[tokio::test]
async fn a_later_message_waits_for_the_one_that_is_on_its_way() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let post = Post::slow("example.org");
    let (first, second) = (post.dispatcher(&clinic), post.dispatcher(&clinic));
    let sending = tokio::spawn(async move { first.run_once().await.expect("relayed") });
    post.until_waiting(1).await;
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    assert_eq!(second.run_once().await.expect("relayed"), 0, "not before the other has arrived");
    post.0.answers.cancel();
    assert_eq!(sending.await.expect("ended"), 2);
    assert_eq!(post.kinds(), ["Confirmed", "Cancelled"]);
}

#[tokio::test]
async fn what_a_dead_dispatcher_had_begun_is_not_sent_after_what_came_later() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    assert_eq!(claim_and_die(&clinic).await, 1);
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    let post = Post::default();
    let dispatcher = post.dispatcher(&clinic);
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 0, "it may still be on its way");
    clinic.clock.step(Duration::seconds(30));
    run_all(&clinic, &dispatcher).await;
    assert_eq!(post.kinds(), ["Cancelled"]);
    assert_eq!(clinic.count(WAITING).await, 0);
}

/// Both have claimed an event of the same appointment, as they may when neither sees the other's claim yet.
#[tokio::test]
async fn two_dispatchers_with_events_of_one_appointment_send_the_later_one_alone() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    Maker::default().run_once(&clinic.app_state).await.expect("made");
    let now = clinic.clock.now();
    let lease = now + Duration::seconds(30);
    sqlx::query(
        "update notifications set leased_until = $1, due_at = $1, attempts = 1
         where template = 'confirmed'",
    )
    .bind(lease)
    .execute(&clinic.pool)
    .await
    .expect("claimed by the one");
    let (notified_types, mut connection) = (
        notification::notified_types().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        clinic.pool.acquire().await.expect("a connection"),
    );
    let standing = async |connection: &mut sqlx::PgConnection, template: &str| {
        let (id, event_id, subject_id, subject_version): (i64, i64, uuid::Uuid, i32) = sqlx::query_as(
            "select id, event_id, subject_id, subject_version from notifications where template = $1",
        )
        .bind(template)
        .fetch_one(&mut *connection)
        .await
        .expect("a notification");
        let claimed = store::Claimed {
            id,
            event_id,
            subject_id,
            subject_version,
            template: template.to_owned(),
            actor: "patient".into(),
            data: serde_json::Value::Null,
            attempts: 1,
            was_due_at: now,
            leased_until: lease,
            email: None,
        };
        store::check_before_sending(connection, &claimed, &notified_types, now)
            .await
            .expect("known")
    };
    let earlier = standing(&mut connection, "confirmed").await;
    assert!(earlier.is_mine && earlier.is_overtaken, "it is dropped");
    let later = standing(&mut connection, "cancelled").await;
    assert!(later.is_behind && !later.is_overtaken, "it waits for that");
    drop(connection);
    let post = Post::default();
    clinic.clock.step(Duration::seconds(30));
    run_all(&clinic, &post.dispatcher(&clinic)).await;
    assert_eq!(post.kinds(), ["Cancelled"]);
}

#[tokio::test]
async fn two_dispatchers_at_once_send_everything_once_and_in_order() {
    let clinic = Clinic::open_with(4).await;
    let patients = at_domain(&clinic, 40, "example.org").await;
    let free = clinic.free(clinic.doctor).await;
    let mut booked: Vec<(SignedIn, AppointmentId)> = Vec::new();
    for (n, who) in patients.into_iter().enumerate() {
        let id = clinic.book(&who, free[n / 4]).await;
        booked.push((who, id));
    }
    let post = Post::default();
    let stop = CancellationToken::new();
    let dispatchers: Vec<_> = (0..2)
        .map(|_| {
            let (dispatcher, stop) = (post.dispatcher(&clinic), stop.clone());
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    dispatcher.run_once().await.expect("relayed");
                }
            })
        })
        .collect();
    for (n, (who, id)) in booked.iter().enumerate() {
        if n % 2 == 0 {
            let slot = free[20 + n / 4];
            clinic.change(who, *id, &Change::Reschedule { slot }).await.expect("moved");
        }
        clinic.change(who, *id, &CANCEL).await.expect("cancelled");
    }
    let all_told = async || {
        // What one dispatcher has put back for the other is due a moment later.
        clinic.clock.step(Duration::seconds(1));
        clinic.count(WAITING).await == 0
    };
    time::until("everything is told", all_told).await;
    stop.cancel();
    for dispatcher in dispatchers {
        dispatcher.await.expect("ended");
    }
    post.must_be_in_order();
    let cancelled = post.kinds().iter().filter(|kind| *kind == "Cancelled").count();
    assert_eq!(cancelled, 40, "each is told of its end");
}

#[tokio::test]
async fn merged_moves_name_the_time_the_patient_last_heard_of() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let id = clinic.book(&asha, free[0]).await;
    let post = Post::default();
    let dispatcher = post.dispatcher(&clinic);
    dispatcher.run_once().await.expect("relayed");
    let move_to = async |slot: usize| {
        let change = Change::Reschedule { slot: free[slot] };
        clinic.change(&asha, id, &change).await.expect("moved");
    };
    move_to(1).await;
    move_to(3).await;
    dispatcher.run_once().await.expect("relayed");
    // Moved again, and back to where the last message said it is.
    move_to(4).await;
    move_to(3).await;
    dispatcher.run_once().await.expect("relayed");
    move_to(5).await;
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    dispatcher.run_once().await.expect("relayed");
    assert_eq!(post.kinds(), ["Confirmed", "Moved", "Confirmed", "Cancelled"]);
    let sent = post.sent();
    assert!(sent[1].subject.contains("11:00–11:20"), "{}", sent[1].subject);
    let body = &sent[1].body;
    assert!(
        body.contains("Before, it was on Mon 23 Nov 2026, 10:00, Kolkata time (IST, UTC+05:30)."),
        "{body}"
    );
    assert!(sent[2].subject.contains("11:00–11:20"), "{}", sent[2].subject);
    let body = &sent[3].body;
    let known =
        "The time we last wrote to you was Mon 23 Nov 2026, 11:00, Kolkata time (IST, UTC+05:30).";
    assert!(body.contains("11:40–12:00") && body.contains(known), "{body}");
}

#[tokio::test]
async fn a_panic_while_sending_is_a_failure_like_any_other() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let post = Post::default();
    post.0.panics_once.store(true, Ordering::SeqCst);
    let dispatcher = post.dispatcher(&clinic);
    dispatcher.run_once().await.expect("relayed");
    let failed = "select count(*) from notifications where last_failure like '%the mail library%'";
    assert_eq!((post.kinds().len(), clinic.count(failed).await), (0, 1));
    clinic.clock.step(Duration::seconds(5));
    dispatcher.run_once().await.expect("relayed");
    assert_eq!(post.kinds(), ["Code"]);
}

/// 200 mails to a domain whose server hangs for 20 seconds: a hundred codes, a hundred confirmations.
#[tokio::test]
async fn a_slow_domain_does_not_hold_up_a_code_to_another() {
    let clinic = Clinic::open_with(10).await;
    let slow = at_domain(&clinic, 200, "slow.example").await;
    let ravi = clinic.patient("Ravi").await;
    let free = clinic.free(clinic.doctor).await;
    for (n, who) in slow.iter().enumerate() {
        let id = clinic.hold(who, free[n / 10]).await.expect("held");
        if n % 2 == 0 {
            clinic.confirm(who, id).await.expect("confirmed");
        }
    }
    let post = Post::slow("slow.example");
    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(
        clinic.app_state.jobs.clone(),
        clinic.app_state.clock.clone(),
        stop.clone(),
    );
    server::jobs::start_dispatcher(&supervisor, &clinic.app_state, post.dispatcher(&clinic));
    post.until_waiting(1).await;
    clinic.hold(&ravi, free[30]).await.expect("held");
    time::until("his code has come", async || !post.sent().is_empty()).await;
    assert_eq!(post.sent()[0].to, "ravi@example.org", "while all others still wait");
    // Codes come first there, too: the first six on their way are codes.
    let taken =
        "select count(*) from notifications where state = 'waiting' and leased_until is not null
                 and template <> 'code'";
    assert_eq!(clinic.count(taken).await, 0);

    post.0.answers.cancel();
    time::until("all have come", async || post.sent().len() == 201).await;
    time::until("and are written down", async || clinic.count(WAITING).await == 0).await;
    stop.cancel();
    supervisor.finish(std::time::Duration::from_secs(25)).await;
    let most = post.0.most.load(Ordering::SeqCst);
    assert!((1..=6).contains(&most), "{most} at once to one domain");
    let keys: BTreeSet<String> = post.sent().into_iter().map(|message| message.key).collect();
    assert_eq!(keys.len(), 201, "each once");
    post.must_be_in_order();
}

#[tokio::test]
async fn stopping_in_the_middle_loses_nothing_and_sends_nothing_twice() {
    let clinic = Clinic::open_with(10).await;
    let patients = at_domain(&clinic, 30, "example.org").await;
    let free = clinic.free(clinic.doctor).await;
    for (n, who) in patients.iter().enumerate() {
        clinic.hold(who, free[n / 10]).await.expect("held");
    }
    let post = Post::slow("example.org");
    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(
        clinic.app_state.jobs.clone(),
        clinic.app_state.clock.clone(),
        stop.clone(),
    );
    server::jobs::start_dispatcher(&supervisor, &clinic.app_state, post.dispatcher(&clinic));
    post.until_waiting(6).await;
    stop.cancel();
    let finishing = tokio::spawn(async move {
        supervisor.finish(std::time::Duration::from_secs(25)).await;
    });
    post.0.answers.cancel();
    finishing.await.expect("finished");
    let sent = post.sent().len();
    assert!(sent >= 6, "those on their way have arrived");
    let waiting = usize::try_from(clinic.count(WAITING).await).expect("a number");
    assert_eq!(sent + waiting, 30, "what was sent is written down");
    // The next start finds the others, also those that waited for a place.
    clinic.clock.step(Duration::seconds(15));
    post.dispatcher(&clinic).run_once().await.expect("relayed");
    let keys: BTreeSet<String> = post.sent().into_iter().map(|message| message.key).collect();
    assert_eq!((keys.len(), post.sent().len()), (30, 30));
}

#[tokio::test]
async fn mails_say_for_whom_where_who_did_it_and_why() {
    let clinic = Clinic::open().await;
    let (asha, doctor) = (clinic.patient("Asha").await, clinic.doctor_account().await);
    let free = clinic.free(clinic.doctor).await;
    let new = NewDependant { name: "Mira".into(), birth_date: None };
    let mira = clinic.ports.people.add_dependant(&clinic.caller(&asha), &new).await.expect("added");
    let wish = HoldRequest { slot: free[0], visit_type: None, person: Some(mira.id) };
    let mailbox = DevelopmentMailbox::new(clinic.app_state.clone());
    let mails =
        Dispatcher::new(clinic.app_state.clone(), Arc::new(mailbox), "https://nadi.example".into());
    let base = clinic.serve().await;
    let latest = async || {
        mails.run_once().await.expect("relayed");
        let page = browser().get(format!("{base}/dev/mailbox")).send().await.expect("an answer");
        let page = page.text().await.expect("a page");
        let body = page.split("<pre class=\"letter-body\">").nth(1).expect("a letter");
        body.split("</pre>").next().expect("its end").to_owned()
    };

    let id = clinic.hold_as(&asha, &wish).await.expect("held");
    let place = "Where: Panjim Clinic, 1 Church Road, Panjim\n";
    let mail = latest().await;
    assert!(mail.contains("For: Mira\n") && mail.contains(place), "{mail}");
    clinic.confirm(&asha, id).await.expect("confirmed");
    let mail = latest().await;
    assert!(mail.starts_with("The appointment for Mira is confirmed."), "{mail}");
    assert!(mail.contains(place), "{mail}");

    // The rest of the week is by video.
    sqlx::query("update blocks set mode = 'video'").execute(&clinic.pool).await.expect("changed");
    clinic.change(&doctor, id, &Change::Reschedule { slot: free[2] }).await.expect("moved");
    let mail = latest().await;
    assert!(mail.starts_with("Dr asha-naik has moved the appointment for Mira."), "{mail}");
    assert!(mail.contains("By video") && !mail.contains("Church Road"), "{mail}");
    let reason = Some("The doctor is ill".to_owned());
    clinic.change(&doctor, id, &Change::Cancel { reason }).await.expect("cancelled");
    let mail = latest().await;
    assert!(mail.starts_with("Dr asha-naik has cancelled the appointment for Mira."), "{mail}");
    assert!(mail.contains("The reason given: The doctor is ill\n"), "{mail}");
    assert!(mail.contains("By video") && !mail.contains("Church Road"), "{mail}");
}

/// Where known patients need no code, nothing is made of their holds; the log is only read on.
#[tokio::test]
async fn what_nobody_is_told_costs_no_row() {
    let mut clinic = Clinic::open().await;
    clinic.app_state.settings.confirmation = Confirmation::Instant;
    let (known, new) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    sqlx::query("update accounts set email_verified_at = $1 where id = $2")
        .bind(clinic.clock.now())
        .bind(known.account.0)
        .execute(&clinic.pool)
        .await
        .expect("verified");
    let free = clinic.free(clinic.doctor).await;
    clinic.hold(&known, free[0]).await.expect("held");
    clinic.hold(&new, free[1]).await.expect("held");
    let mut maker = Maker::default();
    assert!(maker.run_once(&clinic.app_state).await.expect("made") >= 2);
    assert_eq!(maker.run_once(&clinic.app_state).await.expect("made"), 0);
    let made = "select count(*) from notifications";
    assert_eq!(clinic.count(made).await, 1, "only the hold of the account that is not known");
}
