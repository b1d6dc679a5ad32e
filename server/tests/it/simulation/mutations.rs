//! Each test plants one fault, and the simulation must detect it and name the broken invariant.
//!
//! Faults of the database are planted with a trigger or by dropping a constraint, faults of the server by a wrapper
//! around the port. The server itself contains no switches for this.

use std::sync::Arc;

use async_trait::async_trait;
use nadi::Failure;
use nadi::actor::{Actor, Caller};
use nadi::appointment::State;
use nadi::idempotency::IdempotencyKey;
use nadi::ids::AppointmentId;
use nadi::input::Code;
use nadi::ports::{
    Answer, AppointmentQuery, AppointmentView, Booked, Bookings, Change, HoldRequest, KnownAccount,
    Page, Seen,
};
use sqlx::{AssertSqlSafe, PgPool};

use super::invariants::Invariant;
use super::run::{Plan, Run};
use super::world::{UNPROVEN, World};

/// The most operations until a fault has to be detected. Most are detected after some tens of operations.
const OPERATIONS: u64 = 1_500;

/// Runs without bursts, so that the same violation is found first every time.
async fn assert_detected(world: World, expected: &[Invariant]) {
    assert_detected_within(world, expected, false).await;
}

async fn assert_detected_within(mut world: World, expected: &[Invariant], bursts: bool) {
    // A race needs more operations to occur.
    let operations = if bursts { 4 * OPERATIONS } else { OPERATIONS };
    let plan = Plan { seed: 7, operations, bursts };
    let mut run = Run::new(&mut world, plan);
    match run.carry_out(plan).await {
        Ok(()) => panic!("the fault was not detected:\n{}", run.statistics),
        Err(failed) => {
            let (operations, violation) = (run.statistics.operations, failed.violation);
            println!("caught after {operations} operations: {violation}");
            assert!(expected.contains(&violation.invariant), "{violation}");
        }
    }
}

/// Opens the world and executes these statements.
async fn world_with(statements: &[&str]) -> World {
    let world = World::open().await;
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement.to_string()))
            .execute(&world.clinic.pool)
            .await
            .expect("a database with a fault");
    }
    world
}

/// Opens the world with a trigger that has this body and runs for each row before an action on a table.
async fn world_with_trigger(action: &str, table: &str, body: &str) -> World {
    let function = format!(
        "create function fault() returns trigger language plpgsql as $$ begin {body} end $$"
    );
    let trigger = format!(
        "create trigger fault before {action} on {table} for each row execute function fault()"
    );
    world_with(&[&function, &trigger]).await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    IgnoresKeys,
    IgnoresVersions,
    LosesConfirmations,
    AcknowledgesCancelOnly,
    ExtendsTwice,
    AcknowledgesHoldOnly,
    RefusesFreeSlots,
    FailsInsteadOfRefusing,
    /// Any account with the address gets a visitor's visit, proven or not.
    NeedsNoProof,
    /// A visitor's confirmation makes an account even if it is refused.
    MakesAccountsForNothing,
}

/// A wrapper around the port `Bookings` that does something other than requested.
struct FaultyBookings {
    fault: Fault,
    inner: Arc<dyn Bookings>,
    pool: PgPool,
}

async fn world_with_fault(fault: Fault) -> World {
    let mut world = World::open().await;
    let pool = world.clinic.pool.clone();
    world.wrap_instances(|inner| Arc::new(FaultyBookings { fault, inner, pool: pool.clone() }));
    world
}

impl FaultyBookings {
    /// Undoes a confirmation, as if it had never been committed.
    async fn lose(&self, booked: &Booked) {
        for statement in [
            "update appointments set state = 'pending', version = version - 1
             where id = $1 and version = $2 and state = 'confirmed'",
            "delete from events where subject_id = $1 and subject_version = $2
                                and type = 'appointment.confirmed'",
        ] {
            sqlx::query(statement)
                .bind(booked.id.0)
                .bind(booked.version)
                .execute(&self.pool)
                .await
                .expect("lost");
        }
    }

    /// Confirms while every address counts as proven.
    async fn confirm_without_proof(
        &self,
        caller: &Caller,
        id: AppointmentId,
        change: &Change,
        seen: &Seen,
        key: Option<&IdempotencyKey>,
    ) -> Answer<Booked> {
        let set = async |value: &str| {
            let sql = format!("update accounts set email_verified_at = {value} where email = $1");
            sqlx::query(AssertSqlSafe(sql))
                .bind(UNPROVEN)
                .execute(&self.pool)
                .await
                .expect("changed");
        };
        let proven =
            "select count(*) from accounts where email = $1 and email_verified_at is not null";
        let proven: i64 =
            sqlx::query_scalar(proven).bind(UNPROVEN).fetch_one(&self.pool).await.expect("a count");
        if proven > 0 {
            return self.inner.change(caller, id, change, seen, key).await;
        }
        set("case when visitor then null else created_at end").await;
        let answer = self.inner.change(caller, id, change, seen, key).await;
        set("null").await;
        answer
    }

    /// Makes an account of what a visitor has typed.
    async fn make_account(&self, caller: &Caller) {
        let Actor::Visitor(Some(visitor)) = caller.actor else { return };
        sqlx::query(
            "with made as (
                 insert into accounts (id, email, email_verified_at, created_at)
                 select gen_random_uuid(), v.email, $2, $2 from accounts v
                 where v.id = $1 and v.email is not null
                   and not exists (select from accounts a
                                   where a.email = v.email and a.email_verified_at is not null)
                 returning id)
             insert into people (id, account_id, relation, name, created_at)
             select gen_random_uuid(), id, 'self', 'Somebody', $2 from made",
        )
        .bind(visitor.account.0)
        .bind(caller.now)
        .execute(&self.pool)
        .await
        .expect("made");
    }

    /// The answer to a change to `state`, without making the change.
    async fn without_effect(
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
impl Bookings for FaultyBookings {
    async fn hold(
        &self,
        caller: &Caller,
        request: &HoldRequest,
        key: Option<&IdempotencyKey>,
    ) -> Answer<Booked> {
        let key = key.filter(|_| self.fault != Fault::IgnoresKeys);
        let answer = self.inner.hold(caller, request, key).await;
        match (self.fault, &answer) {
            (Fault::AcknowledgesHoldOnly, Ok(booked)) if booked.version == 1 => {
                let give_back = Change::Cancel { reason: None };
                let _ = self.inner.change(caller, booked.id, &give_back, &Seen::Any, None).await;
                answer
            }
            (Fault::RefusesFreeSlots, Ok(booked)) if booked.created_at == caller.now => {
                let give_back = Change::Cancel { reason: None };
                let _ = self.inner.change(caller, booked.id, &give_back, &Seen::Any, None).await;
                Err(nadi::appointment::Refusal::Taken.into())
            }
            (Fault::FailsInsteadOfRefusing, Err(_)) => Err(Failure::Unavailable),
            _ => answer,
        }
    }

    async fn change(
        &self,
        caller: &Caller,
        id: AppointmentId,
        change: &Change,
        seen: &Seen,
        key: Option<&IdempotencyKey>,
    ) -> Answer<Booked> {
        let key = key.filter(|_| self.fault != Fault::IgnoresKeys);
        let seen = match self.fault {
            Fault::IgnoresVersions => &Seen::Any,
            _ => seen,
        };
        let without_effect = match (self.fault, change) {
            (Fault::AcknowledgesCancelOnly, Change::Cancel { .. }) => {
                self.without_effect(caller, id, State::Cancelled).await?
            }
            (Fault::ExtendsTwice, Change::Extend) => {
                let _ = self.inner.change(caller, id, change, seen, None).await;
                None
            }
            _ => None,
        };
        let is_confirmed_by_visitor =
            matches!((change, &caller.actor), (Change::Confirm { .. }, Actor::Visitor(_)));
        let answer = match without_effect {
            Some(booked) => Ok(booked),
            None if self.fault == Fault::NeedsNoProof && is_confirmed_by_visitor => {
                self.confirm_without_proof(caller, id, change, seen, key).await
            }
            None => self.inner.change(caller, id, change, seen, key).await,
        };
        if self.fault == Fault::LosesConfirmations
            && let (Change::Confirm { .. }, Ok(booked)) = (change, &answer)
        {
            self.lose(booked).await;
        }
        if self.fault == Fault::MakesAccountsForNothing
            && is_confirmed_by_visitor
            && answer.is_err()
        {
            self.make_account(caller).await;
        }
        answer
    }

    async fn account_after_confirming(
        &self,
        caller: &Caller,
        id: AppointmentId,
        code: &Code,
    ) -> Answer<Option<KnownAccount>> {
        self.inner.account_after_confirming(caller, id, code).await
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
    Doctor, Durable, Events, Expiry, Idempotency, NoFalseRefusals, Patient, Rules, Seats, Time,
};

/// A trigger that delays every insert, because these constraints matter only in a race.
fn delayed_inserts(table: &str) -> [String; 2] {
    let body = "begin perform pg_sleep(0.05); return new; end";
    [
        format!("create function slow_down() returns trigger language plpgsql as $$ {body} $$"),
        format!(
            "create trigger slow_down before insert on {table} for each row execute function slow_down()"
        ),
    ]
}

#[tokio::test]
async fn a_person_booked_at_two_doctors_at_once_is_detected() {
    let drop = "alter table patient_times drop constraint patient_times_no_overlap";
    let [function, trigger] = delayed_inserts("patient_times");
    assert_detected_within(world_with(&[drop, &function, &trigger]).await, &[Patient], true).await;
}

#[tokio::test]
async fn a_seat_sold_twice_is_detected() {
    let drop = "alter table seats drop constraint seats_key";
    let [function, trigger] = delayed_inserts("seats");
    assert_detected_within(world_with(&[drop, &function, &trigger]).await, &[Seats], true).await;
}

#[tokio::test]
async fn overlapping_blocks_of_a_doctor_are_detected() {
    let drop = "alter table blocks drop constraint blocks_no_overlap";
    // When the hours change, the old blocks stay open.
    let function = "create function fault() returns trigger language plpgsql as $$
                    begin return null; end $$";
    let trigger = "create trigger fault before update on blocks
                   for each row execute function fault()";
    assert_detected(world_with(&[drop, function, trigger]).await, &[Doctor]).await;
}

/// The claims never expire although the appointment does.
#[tokio::test]
async fn a_hold_that_never_expires_is_detected() {
    let body = "new.held_until := 'infinity'; return new;";
    assert_detected(world_with_trigger("insert", "seats", body).await, &[Expiry]).await;
}

/// The fault is only visible when somebody requests the slot.
#[tokio::test]
async fn an_expiry_that_is_not_recorded_is_detected() {
    let body = "if new.state = 'expired' then return null; end if; return new;";
    let world = world_with_trigger("update", "appointments", body).await;
    assert_detected(world, &[Expiry, NoFalseRefusals]).await;
}

#[tokio::test]
async fn a_missing_event_is_detected() {
    let body = "if new.type = 'appointment.rescheduled' then return null; end if; return new;";
    assert_detected(world_with_trigger("insert", "events", body).await, &[Events]).await;
}

#[tokio::test]
async fn a_message_marked_sent_without_sending_is_detected() {
    let body = "if new.state = 'waiting' and new.attempts > old.attempts then
                    new.state := 'delivered'; end if; return new;";
    // A claimed message counts as delivered, so a failed one is never retried.
    assert_detected(world_with_trigger("update", "notifications", body).await, &[Events]).await;
}

#[tokio::test]
async fn an_event_with_a_wrong_time_is_detected() {
    let body = "new.occurred_at := now(); return new;";
    assert_detected(world_with_trigger("insert", "events", body).await, &[Time]).await;
}

#[tokio::test]
async fn a_cancelled_appointment_keeping_its_seat_is_detected() {
    let body = "return null;";
    assert_detected(world_with_trigger("delete", "seats", body).await, &[Seats]).await;
}

#[tokio::test]
async fn a_version_that_is_not_incremented_is_detected() {
    let body = "if new.state = 'confirmed' then new.version := old.version; end if; return new;";
    assert_detected(world_with_trigger("update", "appointments", body).await, &[Events]).await;
}

/// The claim of a confirmed appointment counts as lapsed, so the next request gets the slot.
#[tokio::test]
async fn a_confirmed_slot_given_to_somebody_else_is_detected() {
    let body =
        "if new.held_until = 'infinity' then new.held_until := '2026-01-01'; end if; return new;";
    let world = world_with_trigger("update", "seats", body).await;
    assert_detected(world, &[Expiry, Durable]).await;
}

/// A move gives the appointment to another person, and no event says so.
#[tokio::test]
async fn an_appointment_given_to_another_person_is_detected() {
    let body = "if new.state = 'confirmed' and old.state = 'confirmed' then
                    new.person_id := '00000000-0000-0000-0000-000000000001'; end if; return new;";
    assert_detected(world_with_trigger("update", "appointments", body).await, &[Durable]).await;
}

#[tokio::test]
async fn a_duplicate_event_of_a_hold_is_detected() {
    let body = "if pg_trigger_depth() = 1 then
                    insert into events (type, subject_id, subject_version, doctor_id, actor, occurred_at, data)
                    values (new.type, new.subject_id, new.subject_version, new.doctor_id, new.actor,
                            new.occurred_at, new.data);
                end if; return new;";
    assert_detected(world_with_trigger("insert", "events", body).await, &[Idempotency]).await;
}

#[tokio::test]
async fn an_ignored_idempotency_key_is_detected() {
    assert_detected(world_with_fault(Fault::IgnoresKeys).await, &[Idempotency]).await;
}

#[tokio::test]
async fn an_ignored_version_check_is_detected() {
    assert_detected(world_with_fault(Fault::IgnoresVersions).await, &[Rules, Idempotency]).await;
}

#[tokio::test]
async fn a_lost_confirmation_is_detected() {
    assert_detected(world_with_fault(Fault::LosesConfirmations).await, &[Durable]).await;
}

#[tokio::test]
async fn an_acknowledged_cancellation_without_effect_is_detected() {
    assert_detected(world_with_fault(Fault::AcknowledgesCancelOnly).await, &[Durable]).await;
}

#[tokio::test]
async fn a_doubled_extension_is_detected() {
    assert_detected(world_with_fault(Fault::ExtendsTwice).await, &[Idempotency, Events, Rules])
        .await;
}

#[tokio::test]
async fn an_acknowledged_hold_without_effect_is_detected() {
    assert_detected(world_with_fault(Fault::AcknowledgesHoldOnly).await, &[Durable]).await;
}

#[tokio::test]
async fn a_false_refusal_is_detected() {
    assert_detected(
        world_with_fault(Fault::RefusesFreeSlots).await,
        &[NoFalseRefusals, Idempotency],
    )
    .await;
}

#[tokio::test]
async fn an_internal_error_shown_to_a_user_is_detected() {
    assert_detected(world_with_fault(Fault::FailsInsteadOfRefusing).await, &[NoFalseRefusals])
        .await;
}

/// The condition of a trigger: the row belongs to a visitor.
const IS_VISITORS: &str =
    "exists (select from accounts v where v.id = new.account_id and v.visitor)";

/// A hold without a number is not one of those that a visitor's next hold replaces.
#[tokio::test]
async fn a_visitor_with_several_holds_is_detected() {
    let body = format!("if {IS_VISITORS} then new.hold_number := null; end if; return new;");
    let world = world_with_trigger("insert", "patient_times", &body).await;
    assert_detected(world, &[Durable, NoFalseRefusals]).await;
}

/// The appointment moves to the account, and the person's time stays with the visitor.
#[tokio::test]
async fn a_hand_over_without_the_persons_time_is_detected() {
    let body = "if new.account_id is distinct from old.account_id then
                    new.account_id := old.account_id; new.person_id := old.person_id;
                end if; return new;";
    let world = world_with_trigger("update", "patient_times", body).await;
    assert_detected(world, &[Durable]).await;
}

/// So an account can have any number of visits with one doctor.
#[tokio::test]
async fn a_hand_over_that_is_not_counted_as_a_visit_is_detected() {
    let body = "if new.account_id is distinct from old.account_id then
                    new.visit_number := null; end if; return new;";
    let world = world_with_trigger("update", "patient_times", body).await;
    assert_detected(world, &[Rules]).await;
}

/// So whoever has a code that was sent to one address can confirm with it for another one.
#[tokio::test]
async fn a_code_that_outlives_its_address_is_detected() {
    let body = "if exists (select from accounts v where v.id = new.booked_by and v.visitor) then
                    new.code_counter := old.code_counter; end if; return new;";
    let world = world_with_trigger("update", "appointments", body).await;
    assert_detected(world, &[Durable]).await;
}

#[tokio::test]
async fn an_account_found_by_an_unproven_address_is_detected() {
    assert_detected(world_with_fault(Fault::NeedsNoProof).await, &[Durable]).await;
}

#[tokio::test]
async fn an_account_of_an_address_that_nobody_has_proven_is_detected() {
    let world = world_with_fault(Fault::MakesAccountsForNothing).await;
    assert_detected(world, &[Idempotency]).await;
}
