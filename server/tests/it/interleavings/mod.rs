//! Two or three use cases run at once on the real database, one statement at a time, in an order that a schedule
//! gives.
//!
//! For each scenario, first the orders in which execution switches twice between the actors are tried, then orders
//! chosen by a seed. `cargo xtask simulate` tries more of these. A failure prints its order.

mod proxy;
mod scenarios;
mod schedule;
mod visitor_scenarios;
mod world;

use std::sync::Arc;

use proxy::Rewrites;
use scenarios::Prepare;
use schedule::{Order, Scheduler, Trace};
use world::World;

/// More steps than any actor has.
const TO_THE_END: usize = 1_000;
/// How many orders with two switches are tried for each scenario at most, and how many seeded ones.
const ORDERS: u64 = 90;
const SEEDS: u64 = 12;

/// A violation, and the order in which it occurred.
struct FailedOrder {
    what: String,
    order: Order,
    trace: Trace,
}

struct Runs {
    world: Arc<World>,
    scheduler: Scheduler,
    schedules: usize,
}

impl Runs {
    async fn open(rewrites: Rewrites, faults: &[&str]) -> Self {
        let (world, scheduler) = World::open(rewrites, faults).await;
        Self { world, scheduler, schedules: 0 }
    }

    /// Runs one schedule and all checks after it.
    async fn run_once(
        &mut self,
        prepare: Prepare,
        order: Order,
    ) -> Result<Trace, Box<FailedOrder>> {
        let scenario = prepare(self.world.clone()).await;
        let trace = self.scheduler.run(scenario.actors, &order).await;
        self.schedules += 1;
        if let Err(what) = (scenario.check)(trace.answers.clone()).await {
            return Err(Box::new(FailedOrder { what, order, trace }));
        }
        if let Err(what) = crate::support::find_inconsistency(&self.world.clinic.pool).await {
            return Err(Box::new(FailedOrder { what, order, trace }));
        }
        Ok(trace)
    }

    /// The most steps that each actor takes when they run one after the other. How many they are depends on who is
    /// first.
    async fn count_steps(&mut self, prepare: Prepare) -> Result<Vec<usize>, Box<FailedOrder>> {
        let mut most = self.run_once(prepare, Order::Segments(Vec::new())).await?.steps_taken;
        for first in 1..most.len() {
            let after = (first..most.len()).map(|n| (n, TO_THE_END)).collect();
            let taken = self.run_once(prepare, Order::Segments(after)).await?.steps_taken;
            most = most.into_iter().zip(taken).map(|(most, taken)| most.max(taken)).collect();
        }
        Ok(most)
    }

    /// All orders with two switches: some steps of one actor, some of another, then the first one to its end.
    async fn with_two_switches(&mut self, prepare: Prepare) -> Result<(), Box<FailedOrder>> {
        let steps = self.count_steps(prepare).await?;
        let actors = steps.len();
        let mut orders = Vec::new();
        for first in 0..actors {
            for second in (0..actors).filter(|second| *second != first) {
                for some in 1..steps[first].max(2) {
                    for others in 1..=steps[second] + 2 {
                        let mut order = vec![(first, some)];
                        // With three actors, the third one runs in between.
                        let between = (0..actors).filter(|n| ![first, second].contains(n));
                        order.extend(between.map(|n| (n, TO_THE_END)));
                        order.extend([(second, others), (first, TO_THE_END)]);
                        orders.push(order);
                    }
                }
            }
        }
        // If there are too many orders, an evenly spread selection is tried.
        let most =
            usize::try_from(setting("NADI_INTERLEAVING_ORDERS", ORDERS)).unwrap_or(usize::MAX);
        let every = orders.len().div_ceil(most);
        for order in orders.into_iter().step_by(every) {
            self.run_once(prepare, Order::Segments(order)).await?;
        }
        Ok(())
    }

    async fn seeded(
        &mut self,
        prepare: Prepare,
        seeds: std::ops::Range<u64>,
    ) -> Result<(), Box<FailedOrder>> {
        for seed in seeds {
            self.run_once(prepare, Order::Seeded(seed)).await?;
        }
        Ok(())
    }
}

fn report(name: &str, found: &FailedOrder) -> String {
    format!(
        "{name}: {}\nin the order {:?}:\n  {}\n",
        found.what,
        found.order,
        found.trace.steps.join("\n  ")
    )
}

const SCENARIOS: [(&str, Prepare); 15] = [
    ("an extension and a stranger", scenarios::extension),
    ("a confirmation and a stranger", scenarios::confirmation),
    ("an extension and the sweeper", scenarios::sweep),
    ("hours and a holiday", scenarios::holiday),
    ("hours and a calendar", scenarios::calendar),
    ("two holds more than one account may have", scenarios::third_hold),
    ("two visits more than one account may have", scenarios::third_visit),
    ("two dispatchers and a cancellation", scenarios::messages),
    ("two holds in the place of one", scenarios::replaced_hold),
    ("hours and a cancellation", scenarios::kept_time),
    ("two visitors with one new address", visitor_scenarios::one_new_address),
    ("a visitor and an overlapping hold of the account", visitor_scenarios::overlapping_hold),
    ("a visitor and the last visit of the account", visitor_scenarios::last_visit),
    ("a visitor confirms and gives another address", visitor_scenarios::another_address),
    ("a visitor's confirmation and a stranger", visitor_scenarios::lapsing_confirmation),
];

async fn try_orders(name: &str, prepare: Prepare) {
    let mut runs = Runs::open(&[], &[]).await;
    if let Err(found) = runs.with_two_switches(prepare).await {
        panic!("{}", report(name, &found));
    }
    let two = runs.schedules;
    let (first, seeds) =
        (setting("NADI_INTERLEAVING_SEED", 0), setting("NADI_INTERLEAVING_SEEDS", SEEDS));
    if let Err(found) = runs.seeded(prepare, first..first + seeds).await {
        panic!("{}", report(name, &found));
    }
    println!("{name}: {two} orders with two changes, {seeds} by seed");
}

fn setting(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} must be a number")),
        Err(_) => usual,
    }
}

/// Fails unless some order shows the expected violation after a fix was taken out.
async fn assert_fault_found(prepare: Prepare, rewrites: Rewrites, faults: &[&str], expected: &str) {
    let mut runs = Runs::open(rewrites, faults).await;
    match runs.with_two_switches(prepare).await {
        Ok(()) => panic!("not found in {} orders", runs.schedules),
        Err(found) => {
            println!("found after {} orders: {}", runs.schedules, found.what);
            assert!(found.what.contains(expected), "{}", report("another fault", &found));
        }
    }
}

macro_rules! each_scenario {
    ($($test:ident $number:literal,)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                let (name, prepare) = SCENARIOS[$number];
                try_orders(name, prepare).await;
            }
        )*
    };
}

each_scenario! {
    an_extension_races_with_a_hold_of_another_account 0,
    a_confirmation_races_with_a_hold_of_another_account 1,
    an_extension_races_with_the_sweeper 2,
    saving_hours_races_with_a_holiday 3,
    saving_hours_races_with_a_calendar_file 4,
    two_holds_race_for_the_last_one_allowed 5,
    two_visits_race_for_the_last_one_allowed 6,
    two_dispatchers_race_with_a_cancellation 7,
    two_holds_race_to_replace_one 8,
    saving_hours_races_with_a_cancellation 9,
    two_visitors_race_to_prove_one_address 10,
    a_visitor_races_with_an_overlapping_hold_of_the_account 11,
    a_visitor_races_for_the_last_visit_of_the_account 12,
    a_visitor_confirms_while_giving_another_address 13,
    a_visitors_confirmation_races_with_a_hold_of_another_account 14,
}

/// A hold once ended every hold that had looked lapsed before it waited for the lock.
#[tokio::test]
async fn a_hold_decided_by_outdated_reads_is_detected() {
    let fault = "
        create or replace function end_holds(lapsed uuid[], given_up uuid[], at timestamptz)
        returns table (id uuid, version integer, doctor_id uuid)
        language plpgsql as $$
        #variable_conflict use_column
        begin
            return query
            with locked as (
                select a.id, a.expires_at <= at as has_lapsed from appointments a
                where a.id = any (lapsed || given_up) and a.state = 'pending' order by a.id for update),
            ended as (
                update appointments a
                set state = case when k.has_lapsed then 'expired' else 'cancelled' end, cancelled_by = 'system', version = a.version + 1, updated_at = at
                from locked k where a.id = k.id returning a.id, a.version, a.doctor_id),
            freed_seats as (delete from seats t using ended e where t.appointment_id = e.id),
            freed_times as (delete from patient_times p using ended e where p.appointment_id = e.id),
            recorded as (
                insert into events (type, subject_id, subject_version, doctor_id, actor, occurred_at)
                select 'appointment.released', e.id, e.version, e.doctor_id, 'system', at from ended e)
            select e.id, e.version, e.doctor_id from ended e;
        end $$";
    assert_fault_found(scenarios::extension, &[], &[fault], "granted, and then cancelled").await;
}

/// Saving hours once read the holidays before it took the lock.
#[tokio::test]
async fn saving_hours_without_a_lock_is_detected() {
    let unlocked: Rewrites = &[("for no key update", "")];
    assert_fault_found(scenarios::holiday, unlocked, &[], "on a holiday").await;
}

/// A dispatcher once sent a claimed message without checking for later events.
#[tokio::test]
async fn messages_sent_out_of_order_are_detected() {
    let unordered: Rewrites = &[
        ("or s.subject_version > n.subject_version", "or false"),
        ("s.leased_until > $1", "s.leased_until > $1 and false"),
        ("e.subject_version > o.subject_version", "false"),
        ("s.leased_until > $3", "s.leased_until > $3 and false"),
        ("n.subject_version < p.subject_version", "false"),
    ];
    assert_fault_found(
        scenarios::messages,
        unordered,
        &[],
        "\"Appointment cancelled\", \"Appointment confirmed\"",
    )
    .await;
}

/// A reader that continues after the newest started transaction, instead of the oldest unfinished one, misses events
/// that are committed late.
#[tokio::test]
async fn a_reader_that_skips_unfinished_transactions_is_detected() {
    let hasty: Rewrites = &[(
        "(select pg_current_snapshot() as snapshot)",
        "(select (pg_current_xact_id()::text || ':' || pg_current_xact_id()::text || ':')::pg_snapshot as snapshot)",
    )];
    assert_fault_found(scenarios::messages, hasty, &[], "").await;
}

/// The limit on holds was once only a count, without a unique index.
#[tokio::test]
async fn a_hold_limit_without_an_index_is_detected() {
    let fault = "drop index patient_times_hold_number_key";
    assert_fault_found(scenarios::third_hold, &[], &[fault], "\"ok\", \"ok\"").await;
}

/// The trigger that records a freed time has to wait while hours are being saved.
#[tokio::test]
async fn a_freed_time_recorded_without_waiting_is_detected() {
    let fault = "
        create or replace function note_freed_kept_times() returns trigger language plpgsql as $$
        begin
            insert into freed_kept_times (doctor_id)
            select distinct s.doctor_id from gone g join slots s on s.id = g.slot_id
            where s.closes_at = '-infinity';
            return null;
        end $$";
    assert_fault_found(scenarios::kept_time, &[], &[fault], "kept for nobody").await;
}

/// A person once got two holds with a doctor when both requests replaced the same older hold.
#[tokio::test]
async fn two_holds_with_one_doctor_are_detected() {
    let fault = "drop index patient_times_one_hold_key";
    let expected = "she holds 2 times with one doctor";
    assert_fault_found(scenarios::replaced_hold, &[], &[fault], expected).await;
}

#[tokio::test]
async fn a_visit_limit_without_an_index_is_detected() {
    let faults =
        ["drop index patient_times_visit_number_key", "drop index patient_times_hold_number_key"];
    assert_fault_found(scenarios::third_visit, &[], &faults, "\"ok\", \"ok\"").await;
}

/// Whoever makes an account of an address locks the address first. Below that there is an index.
#[tokio::test]
async fn an_account_made_without_a_lock_is_detected() {
    let unlocked: Rewrites = &[(
        "pg_advisory_xact_lock(hashtextextended('address ' || $1, 0))",
        "hashtextextended('address ' || $1, 0)",
    )];
    let fault = "drop index accounts_proven_email";
    let expected = "the address has 2 accounts";
    assert_fault_found(visitor_scenarios::one_new_address, unlocked, &[fault], expected).await;
}

#[tokio::test]
async fn a_hand_over_to_a_busy_person_is_detected() {
    let fault = "alter table patient_times drop constraint patient_times_no_overlap";
    let expected = "\"ok\", \"ok\"";
    assert_fault_found(visitor_scenarios::overlapping_hold, &[], &[fault], expected).await;
}

#[tokio::test]
async fn a_hand_over_beyond_the_limit_is_detected() {
    let fault = "drop index patient_times_visit_number_key";
    let expected = "\"ok\", \"ok\"";
    assert_fault_found(visitor_scenarios::last_visit, &[], &[fault], expected).await;
}

/// Without the lock of the appointment, the code that was sent to one address can confirm with another one.
#[tokio::test]
async fn an_address_changed_without_a_lock_is_detected() {
    let unlocked: Rewrites = &[("for update of a", "")];
    let expected = "and it is";
    assert_fault_found(visitor_scenarios::another_address, unlocked, &[], expected).await;
}

/// Without it, a confirmation also goes on when the hold has lapsed and a stranger has the time.
#[tokio::test]
async fn a_lapsed_hold_confirmed_without_a_lock_is_detected() {
    let unlocked: Rewrites = &[("for update of a", "")];
    let expected = "the owner was refused";
    assert_fault_found(visitor_scenarios::lapsing_confirmation, unlocked, &[], expected).await;
}
