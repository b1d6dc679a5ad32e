//! Builds broken on purpose, each in one way: the simulation must notice, and say what is wrong.
//!
//! What belongs to the database is broken there, with a trigger or by dropping a constraint; what
//! belongs to the server, by something between the actors and the port. The server itself has no
//! switch for any of it.

use std::sync::Arc;

use async_trait::async_trait;
use nadi::Failure;
use nadi::actor::Caller;
use nadi::appointment::State;
use nadi::ids::AppointmentId;
use nadi::once::OnceKey;
use nadi::ports::{
    Answer, AppointmentQuery, AppointmentView, Booked, Bookings, Change, HoldRequest, Page, Seen,
};
use sqlx::{AssertSqlSafe, PgPool};

use crate::invariants::Invariant;
use crate::run::{Plan, Run};
use crate::world::World;

/// More than enough: each is caught after some tens of operations, mostly.
const OPERATIONS: u64 = 1_500;

/// One request after the other, so that what is noticed first is the same every time.
async fn must_be_caught(world: World, expected: &[Invariant]) {
    run_until_caught(world, expected, false).await;
}

async fn run_until_caught(mut world: World, expected: &[Invariant], bursts: bool) {
    // A race may take its time.
    let operations = if bursts { 4 * OPERATIONS } else { OPERATIONS };
    let plan = Plan { seed: 7, operations, bursts };
    let mut run = Run::new(&mut world, plan);
    match run.carry_out(plan).await {
        Ok(()) => panic!("nothing was noticed:\n{}", run.tally),
        Err(broken) => {
            let (operations, violation) = (run.tally.operations, broken.violation);
            println!("caught after {operations} operations: {violation}");
            assert!(expected.contains(&violation.invariant), "{violation}");
        }
    }
}

/// The world after these statements.
async fn with(pool: PgPool, statements: &[&str]) -> World {
    let world = World::open(pool).await;
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement.to_string()))
            .execute(&world.clinic.pool)
            .await
            .expect("a broken database");
    }
    world
}

/// A trigger with this body, for each row before an action on a table.
async fn with_trigger(pool: PgPool, action: &str, table: &str, body: &str) -> World {
    let function = format!(
        "create function sabotage() returns trigger language plpgsql as $$ begin {body} end $$"
    );
    let trigger = format!(
        "create trigger sabotage before {action} on {table} for each row execute function sabotage()"
    );
    with(pool, &[&function, &trigger]).await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trick {
    ForgetsKeys,
    ForgetsWhatWasSeen,
    LosesConfirmations,
    CancelsInWordsOnly,
    ExtendsTwice,
    HoldsInWordsOnly,
    RefusesWhatIsFree,
    FailsWhereItRefuses,
}

/// A server that does something else than it is asked.
struct Sabotaged {
    trick: Trick,
    inner: Arc<dyn Bookings>,
    pool: PgPool,
}

async fn tricked(pool: PgPool, trick: Trick) -> World {
    let mut world = World::open(pool.clone()).await;
    world.between(|inner| Arc::new(Sabotaged { trick, inner, pool: pool.clone() }));
    world
}

impl Sabotaged {
    /// As if the last change had never been committed.
    async fn lose(&self, booked: &Booked) {
        for statement in [
            "update appointments set state = 'pending', version = version - 1
             where id = $1 and version = $2 and state = 'confirmed'",
            "delete from outbox where appointment_id = $1 and appointment_version = $2
                                and event_type = 'appointment.confirmed'",
        ] {
            sqlx::query(statement)
                .bind(booked.id.0)
                .bind(booked.version)
                .execute(&self.pool)
                .await
                .expect("lost");
        }
    }

    /// The answer that a change would have, without the change.
    async fn in_words(
        &self,
        caller: &Caller,
        id: AppointmentId,
        state: State,
    ) -> Answer<Option<Booked>> {
        let view = self.inner.appointment(caller, id).await?;
        if view.state == state || view.open_to.is_empty() {
            return Ok(None);
        }
        Ok(Some(Booked {
            id,
            reference: view.reference,
            state,
            version: view.version + 1,
            person: view.person,
            doctor: view.doctor,
            location: view.location,
            visit_type: view.visit_type,
            slot: view.slot,
            mode: view.mode,
            starts_at: view.starts_at,
            ends_at: view.ends_at,
            time_zone: view.zone.name().to_owned(),
            fee: view.fee,
            expires_at: view.expires_at,
            extensions: nadi::appointment::EXTENSIONS_MAX - view.extensions_left,
            code_tries: nadi::appointment::CODE_TRIES - view.code_tries_left,
            created_at: view.created_at,
        }))
    }
}

#[async_trait]
impl Bookings for Sabotaged {
    async fn hold(
        &self,
        caller: &Caller,
        wish: &HoldRequest,
        once: Option<&OnceKey>,
    ) -> Answer<Booked> {
        let once = once.filter(|_| self.trick != Trick::ForgetsKeys);
        let answer = self.inner.hold(caller, wish, once).await;
        match (self.trick, &answer) {
            (Trick::HoldsInWordsOnly, Ok(booked)) if booked.version == 1 => {
                let give_back = Change::Cancel { reason: None };
                let _ = self.inner.change(caller, booked.id, &give_back, &Seen::Any, None).await;
                answer
            }
            (Trick::RefusesWhatIsFree, Ok(booked)) if booked.created_at == caller.now => {
                let give_back = Change::Cancel { reason: None };
                let _ = self.inner.change(caller, booked.id, &give_back, &Seen::Any, None).await;
                Err(nadi::appointment::Refusal::Taken.into())
            }
            (Trick::FailsWhereItRefuses, Err(_)) => Err(Failure::Unavailable),
            _ => answer,
        }
    }

    async fn change(
        &self,
        caller: &Caller,
        id: AppointmentId,
        change: &Change,
        seen: &Seen,
        once: Option<&OnceKey>,
    ) -> Answer<Booked> {
        let once = once.filter(|_| self.trick != Trick::ForgetsKeys);
        let seen = match self.trick {
            Trick::ForgetsWhatWasSeen => &Seen::Any,
            _ => seen,
        };
        let in_words = match (self.trick, change) {
            (Trick::CancelsInWordsOnly, Change::Cancel { .. }) => {
                self.in_words(caller, id, State::Cancelled).await?
            }
            (Trick::ExtendsTwice, Change::Extend) => {
                let _ = self.inner.change(caller, id, change, seen, None).await;
                None
            }
            _ => None,
        };
        let answer = match in_words {
            Some(booked) => Ok(booked),
            None => self.inner.change(caller, id, change, seen, once).await,
        };
        if self.trick == Trick::LosesConfirmations
            && let (Change::Confirm { .. }, Ok(booked)) = (change, &answer)
        {
            self.lose(booked).await;
        }
        answer
    }

    async fn appointment(&self, caller: &Caller, id: AppointmentId) -> Answer<AppointmentView> {
        self.inner.appointment(caller, id).await
    }

    async fn list(
        &self,
        caller: &Caller,
        query: &AppointmentQuery,
    ) -> Answer<Page<AppointmentView>> {
        self.inner.list(caller, query).await
    }
}

use Invariant::{
    Doctor, Durable, Expiry, NoFalseRefusals, Once, Patient, Rules, Seats, Time, Told,
};

/// Only a race gets as far as these constraints: whoever claims takes a moment over it.
fn slowly(table: &str) -> [String; 2] {
    let body = "begin perform pg_sleep(0.05); return new; end";
    [
        format!("create function linger() returns trigger language plpgsql as $$ {body} $$"),
        format!(
            "create trigger linger before insert on {table} for each row execute function linger()"
        ),
    ]
}

#[sqlx::test(migrations = false)]
async fn a_person_in_two_places(pool: PgPool) {
    let drop = "alter table patient_times drop constraint patient_times_no_overlap";
    let [function, trigger] = slowly("patient_times");
    run_until_caught(with(pool, &[drop, &function, &trigger]).await, &[Patient], true).await;
}

#[sqlx::test(migrations = false)]
async fn a_seat_for_two(pool: PgPool) {
    let drop = "alter table seats drop constraint seats_key";
    let [function, trigger] = slowly("seats");
    run_until_caught(with(pool, &[drop, &function, &trigger]).await, &[Seats], true).await;
}

#[sqlx::test(migrations = false)]
async fn a_doctor_in_two_places(pool: PgPool) {
    let drop = "alter table blocks drop constraint blocks_no_overlap";
    // Hours change, and what they were before stays open.
    let function = "create function sabotage() returns trigger language plpgsql as $$
                    begin return null; end $$";
    let trigger = "create trigger sabotage before update on blocks
                   for each row execute function sabotage()";
    must_be_caught(with(pool, &[drop, function, trigger]).await, &[Doctor]).await;
}

/// The claims say for ever where the appointment says five minutes.
#[sqlx::test(migrations = false)]
async fn a_hold_that_never_ends(pool: PgPool) {
    let body = "new.held_until := 'infinity'; return new;";
    must_be_caught(with_trigger(pool, "insert", "seats", body).await, &[Expiry]).await;
}

/// Nothing is wrong until somebody wants its time.
#[sqlx::test(migrations = false)]
async fn a_lapsed_hold_that_nobody_may_write_down(pool: PgPool) {
    let body = "if new.state = 'expired' then return null; end if; return new;";
    let world = with_trigger(pool, "update", "appointments", body).await;
    must_be_caught(world, &[Expiry, NoFalseRefusals]).await;
}

#[sqlx::test(migrations = false)]
async fn an_event_that_is_not_written(pool: PgPool) {
    let body =
        "if new.event_type = 'appointment.rescheduled' then return null; end if; return new;";
    must_be_caught(with_trigger(pool, "insert", "outbox", body).await, &[Told]).await;
}

#[sqlx::test(migrations = false)]
async fn a_message_that_only_counts_as_sent(pool: PgPool) {
    let body = "if new.state = 'waiting' and new.attempts > old.attempts then
                    new.state := 'delivered'; end if; return new;";
    // Claimed is delivered: a message that fails is never tried again.
    must_be_caught(with_trigger(pool, "update", "outbox", body).await, &[Told]).await;
}

#[sqlx::test(migrations = false)]
async fn an_event_of_another_time(pool: PgPool) {
    let body = "new.occurred_at := now(); return new;";
    must_be_caught(with_trigger(pool, "insert", "outbox", body).await, &[Time]).await;
}

#[sqlx::test(migrations = false)]
async fn a_cancelled_appointment_that_keeps_its_seat(pool: PgPool) {
    let body = "return null;";
    must_be_caught(with_trigger(pool, "delete", "seats", body).await, &[Seats]).await;
}

#[sqlx::test(migrations = false)]
async fn a_version_that_does_not_rise(pool: PgPool) {
    let body = "if new.state = 'confirmed' then new.version := old.version; end if; return new;";
    must_be_caught(with_trigger(pool, "update", "appointments", body).await, &[Told]).await;
}

/// Whoever has confirmed a time loses it to the next one who asks.
#[sqlx::test(migrations = false)]
async fn a_confirmed_time_given_to_somebody_else(pool: PgPool) {
    let body =
        "if new.held_until = 'infinity' then new.held_until := '2026-01-01'; end if; return new;";
    let world = with_trigger(pool, "update", "seats", body).await;
    must_be_caught(world, &[Expiry, Durable]).await;
}

/// A move gives the appointment to another person, and nothing tells of it.
#[sqlx::test(migrations = false)]
async fn an_appointment_that_changes_hands(pool: PgPool) {
    let body = "if new.state = 'confirmed' and old.state = 'confirmed' then
                    new.person_id := '00000000-0000-0000-0000-000000000001'; end if; return new;";
    must_be_caught(with_trigger(pool, "update", "appointments", body).await, &[Durable]).await;
}

#[sqlx::test(migrations = false)]
async fn a_hold_made_twice(pool: PgPool) {
    let body = "if pg_trigger_depth() = 1 then
                    insert into outbox (event_type, appointment_id, appointment_version, doctor_id,
                                        actor, occurred_at, due_at)
                    values (new.event_type, new.appointment_id, new.appointment_version,
                            new.doctor_id, new.actor, new.occurred_at, new.due_at);
                end if; return new;";
    must_be_caught(with_trigger(pool, "insert", "outbox", body).await, &[Once]).await;
}

#[sqlx::test(migrations = false)]
async fn a_key_that_is_forgotten(pool: PgPool) {
    must_be_caught(tricked(pool, Trick::ForgetsKeys).await, &[Once]).await;
}

#[sqlx::test(migrations = false)]
async fn a_stale_view_that_is_not_noticed(pool: PgPool) {
    must_be_caught(tricked(pool, Trick::ForgetsWhatWasSeen).await, &[Rules, Once]).await;
}

#[sqlx::test(migrations = false)]
async fn a_confirmation_that_is_lost(pool: PgPool) {
    must_be_caught(tricked(pool, Trick::LosesConfirmations).await, &[Durable]).await;
}

#[sqlx::test(migrations = false)]
async fn a_cancellation_in_words_only(pool: PgPool) {
    must_be_caught(tricked(pool, Trick::CancelsInWordsOnly).await, &[Durable]).await;
}

#[sqlx::test(migrations = false)]
async fn an_extension_done_twice(pool: PgPool) {
    must_be_caught(tricked(pool, Trick::ExtendsTwice).await, &[Once, Told, Rules]).await;
}

#[sqlx::test(migrations = false)]
async fn an_acknowledged_hold_that_is_lost(pool: PgPool) {
    must_be_caught(tricked(pool, Trick::HoldsInWordsOnly).await, &[Durable]).await;
}

#[sqlx::test(migrations = false)]
async fn a_free_time_that_is_refused(pool: PgPool) {
    must_be_caught(tricked(pool, Trick::RefusesWhatIsFree).await, &[NoFalseRefusals, Once]).await;
}

#[sqlx::test(migrations = false)]
async fn a_fault_of_ours_that_reaches_a_user(pool: PgPool) {
    must_be_caught(tricked(pool, Trick::FailsWhereItRefuses).await, &[NoFalseRefusals]).await;
}
