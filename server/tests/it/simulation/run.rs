//! The main loop: the clock is stepped, an operation runs, and the invariants are checked.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{Duration, NaiveTime};
use futures::future::join_all;
use nadi::actor::Actor;
use nadi::appointment::State;
use nadi::idempotency::KEY_KEPT_HOURS;
use nadi::ids::{AccountId, PersonId};
use nadi::ports::MessageFailure;
use nadi::schedule::{Rule, Schedule};
use server::bookings::sweeper;
use server::schedules::top_up;

use super::compare::{Search, apply_expiries};
use super::full_check;
use super::generator::{Generator, Operation};
use super::history::History;
use super::invariants::{Invariant, Violation, guards};
use super::oracle::{Action, Answer, Context, Request};
use super::owners::Made;
use super::statistics::Statistics;
use super::stored::Stored;
use super::world::World;
use crate::support;

/// The fewest steps between two checks of all tables. With more appointments the checks become rarer.
const FULL_CHECK_EVERY: u64 = 400;
/// How many lines of earlier steps a failure shows.
const LOGGED_STEPS: usize = 30;
/// To how many codes to one address there may be an end. More are allowed, but a burst may count some twice.
const CODES_TO_ADDRESS: u32 = 5;
/// The most lapsed holds that one run of the sweeper ends.
const SWEPT_MAX: usize = 200;

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seed: u64,
    /// The number of requests and runs of jobs.
    pub operations: u64,
    /// Whether several requests are sometimes made at once. Their order is not decided by the seed.
    pub bursts: bool,
}

/// The step at which a run stopped, and why.
#[derive(Debug)]
pub struct FailedRun {
    pub violation: Violation,
    pub step: u64,
    pub recent: VecDeque<String>,
}

pub struct Run<'a> {
    world: &'a mut World,
    generator: Generator,
    pub statistics: Statistics,
    history: History,
    last_event: i64,
    /// How many codes visitors have requested for each address.
    codes: BTreeMap<String, u32>,
    step: u64,
    full_check_at: u64,
    recent: VecDeque<String>,
}

impl<'a> Run<'a> {
    pub fn new(world: &'a mut World, plan: Plan) -> Self {
        let generator = Generator::new(plan.seed, plan.bursts);
        Self {
            world,
            generator,
            statistics: Statistics::default(),
            history: History::default(),
            last_event: 0,
            codes: BTreeMap::new(),
            step: 0,
            full_check_at: FULL_CHECK_EVERY,
            recent: VecDeque::new(),
        }
    }

    /// Runs all planned operations, or until the first violation.
    pub async fn carry_out(&mut self, plan: Plan) -> Result<(), FailedRun> {
        let done = self.steps(plan).await;
        done.map_err(|violation| FailedRun {
            violation,
            step: self.step,
            recent: std::mem::take(&mut self.recent),
        })
    }

    async fn steps(&mut self, plan: Plan) -> Result<(), Violation> {
        while self.statistics.operations < plan.operations {
            self.step += 1;
            let pause = self.generator.pause(&self.world.model, self.world.now());
            self.world.clinic.clock.step(pause);
            let operation = self.generator.operation(self.world);
            self.log_step(pause, &operation);
            self.perform(operation).await?;
            if self.step >= self.full_check_at {
                self.check_everything().await?;
            }
        }
        self.deliver_all_messages().await?;
        self.check_everything().await
    }

    async fn check_everything(&mut self) -> Result<(), Violation> {
        let made = u64::try_from(self.world.model.visits.len()).unwrap_or(0);
        self.full_check_at = self.step + FULL_CHECK_EVERY.max(made / 4);
        full_check::check(self.world).await?;
        self.history.check(&self.world.clinic.pool).await
    }

    async fn perform(&mut self, operation: Operation) -> Result<(), Violation> {
        match operation {
            Operation::Requests(asked) => self.ask(asked).await,
            Operation::Sweep => self.sweep().await,
            Operation::TopUp => {
                self.statistics.job("top-up");
                top_up::run_once(&self.world.clinic.app_state).await.expect("topped up");
                self.world.refresh_slots().await;
                self.expect_no_other_change(&[]).await
            }
            Operation::Dispatch(failure) => self.dispatcher(failure).await,
            Operation::Hours { doctor, set } => self.hours(doctor, set).await,
        }
    }

    async fn ask(&mut self, asked: Vec<Request>) -> Result<(), Violation> {
        let answers = asked.iter().map(|asked| ask(self.world, asked));
        let answered: Vec<Answer> = join_all(answers).await;
        for (asked, answered) in asked.iter().zip(&answered) {
            self.statistics.count(asked, answered);
            if is_refused_for_load(&answered.as_ref().err().cloned()) {
                self.statistics.refused_for_load += 1;
            }
        }
        self.statistics.bursts += u64::from(asked.len() > 1);
        for answered in &answered {
            let answer = match answered {
                Ok(booked) => format!("{} {:?} v{}", booked.id, booked.state, booked.version),
                Err(failure) => format!("{failure:?}"),
            };
            self.recent.push_back(format!("       = {answer}"));
        }
        for contact in asked.iter().filter_map(Request::contact) {
            *self.codes.entry(contact.email.as_str().to_owned()).or_default() += 1;
        }
        let stored = self.read(&asked).await;
        let context = self.context(asked.len() == 1, &stored);
        guards(&self.world.model, &stored, context.now)?;
        apply_expiries(&mut self.world.model, &stored, &context)?;
        let mut search = Search::new(&asked, &answered, &context, &stored);
        search.explain(&mut self.world.model)?;
        self.statistics.orders_max = self.statistics.orders_max.max(search.orders);
        for (n, noted) in search.noted.iter().enumerate() {
            self.statistics.replayed += u64::from(noted.replayed);
            self.history.add(self.step, &asked[n], &answered[n]);
        }
        self.settle(&stored);
        Ok(())
    }

    async fn sweep(&mut self) -> Result<(), Violation> {
        self.statistics.job("sweeper");
        let now = self.world.now();
        let model = &self.world.model;
        let lapsed = model.active.iter().filter(|n| model.visits[**n].is_lapsed(now)).count();
        let swept = match sweeper::run_once(&self.world.clinic.app_state).await {
            Ok(swept) => swept,
            Err(error) => {
                let what = format!("the sweeper failed: {error:#}");
                return Err(Violation::of(Invariant::Expiry, what));
            }
        };
        while sweeper::forget_keys(&self.world.clinic.app_state).await.expect("forgotten") > 0 {}
        let forgotten = now - Duration::hours(KEY_KEPT_HOURS);
        self.world.model.keys.retain(|_, kept| kept.at >= forgotten);
        if swept != lapsed.min(SWEPT_MAX) {
            let what = format!("the sweeper wrote down {swept} of {lapsed} lapsed holds");
            return Err(Violation::of(Invariant::Expiry, what));
        }
        self.expect_no_other_change(&[]).await
    }

    async fn dispatcher(&mut self, failure: Option<MessageFailure>) -> Result<(), Violation> {
        self.statistics.job("dispatcher");
        self.fail_with(failure);
        let dispatcher = self.world.clinic.dispatcher();
        for _ in 0..4 {
            if dispatcher.run_once().await.expect("the database answers") == 0 {
                break;
            }
        }
        self.expect_no_other_change(&[]).await
    }

    fn fail_with(&self, failure: Option<MessageFailure>) {
        *self.world.clinic.messages.failure.lock().expect("not poisoned") = failure;
    }

    async fn hours(&mut self, doctor: usize, set: usize) -> Result<(), Violation> {
        self.statistics.job("hours changed");
        let (who, doctor) = self.world.doctors[doctor].clone();
        let (starts, ends, slot_minutes, capacity) =
            [(10, 13, 20, 1), (9, 12, 30, 3), (15, 18, 45, 2)][set];
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time of day");
        let rule = Rule {
            starts: at(starts),
            ends: at(ends),
            slot_minutes,
            capacity,
            ..support::weekly(self.world.clinic.location, "MO,TU,WE,TH,FR")
        };
        let schedule = Schedule { rules: vec![rule], time_off: Vec::new() };
        let caller = self.world.clinic.caller(&who);
        let schedules = &self.world.schedules;
        let saved = match schedules.schedule(&caller, doctor).await {
            Ok(view) => schedules.save(&caller, doctor, view.version, schedule).await.map(|_| ()),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = saved {
            let what = format!("hours were not saved: {failure:?}");
            return Err(Violation::of(Invariant::NoFalseRefusals, what));
        }
        self.world.refresh_slots().await;
        self.expect_no_other_change(&[]).await?;
        full_check::schedules(self.world).await
    }

    /// Fails if anything changed except that lapsed holds were recorded as expired.
    async fn expect_no_other_change(&mut self, asked: &[Request]) -> Result<(), Violation> {
        let stored = self.read(asked).await;
        let context = self.context(true, &stored);
        guards(&self.world.model, &stored, context.now)?;
        apply_expiries(&mut self.world.model, &stored, &context)?;
        Search::new(&[], &[], &context, &stored).explain(&mut self.world.model)?;
        self.settle(&stored);
        Ok(())
    }

    async fn read(&self, asked: &[Request]) -> Stored {
        let ids = asked.iter().filter_map(|asked| match &asked.ask {
            Action::Change(id, ..) => Some(id.0),
            Action::Hold(_) => None,
        });
        let ids: Vec<_> = ids.collect();
        Stored::read(&self.world.clinic.pool, self.last_event, &ids, self.world.now()).await
    }

    fn context(&self, alone: bool, stored: &Stored) -> Context {
        let owners = stored.people.iter().filter(|person| person.is_owner);
        let made: Made = owners
            .filter_map(|owner| {
                let email = owner.email.clone()?;
                Some((email, (AccountId(owner.account_id), PersonId(owner.id))))
            })
            .collect();
        let many = self.codes.iter().filter(|(_, codes)| **codes > CODES_TO_ADDRESS);
        let flooded: BTreeSet<String> = many.map(|(email, _)| email.clone()).collect();
        Context { now: self.world.now(), alone, made, flooded }
    }

    /// Makes the compared changes final.
    fn settle(&mut self, stored: &Stored) {
        let model = &mut self.world.model;
        for n in model.changed() {
            model.visits[n].events_compared = model.visits[n].events.len();
        }
        model.settle();
        self.last_event = stored.events.iter().map(|e| e.id).fold(self.last_event, i64::max);
        let lapsed = stored.events.iter().filter(|event| event.actor == "system");
        self.statistics.without_request += u64::try_from(lapsed.count()).unwrap_or(0);
    }

    /// Delivers all waiting messages at the end, without failures.
    async fn deliver_all_messages(&mut self) -> Result<(), Violation> {
        self.fail_with(None);
        let dispatcher = self.world.clinic.dispatcher();
        loop {
            while dispatcher.run_once().await.expect("the database answers") > 0 {}
            let waiting = "select count(*) from notifications where state = 'waiting'";
            if self.world.clinic.count(waiting).await == 0 {
                break;
            }
            self.world.clinic.clock.step(Duration::minutes(10));
        }
        self.statistics.set_aside = self
            .world
            .clinic
            .count("select count(*) from notifications where state = 'dead'")
            .await;
        self.expect_no_other_change(&[]).await
    }

    fn log_step(&mut self, pause: Duration, operation: &Operation) {
        while self.recent.len() >= LOGGED_STEPS {
            self.recent.pop_front();
        }
        let now = self.world.now();
        let line = match operation {
            Operation::Requests(asked) => {
                let all: Vec<String> = asked.iter().map(|asked| self.describe(asked)).collect();
                all.join("\n   and ")
            }
            other => format!("{other:?}"),
        };
        let paused = pause.num_milliseconds();
        self.recent.push_back(format!("{:>6} {now} (+{paused} ms) {line}", self.step));
    }

    fn describe(&self, asked: &Request) -> String {
        let name = match &asked.who {
            Actor::Account(who) => who.name.clone(),
            Actor::Visitor(_) => format!("Visitor {}", asked.owner().account),
        };
        let key = asked.key.as_ref().map_or(String::new(), |key| format!(", {}", key.kept_as("…")));
        let what = match &asked.ask {
            Action::Hold(wish) => {
                let slot = self.world.model.slots.get(&wish.slot);
                let when = slot.map(|slot| (slot.starts_at, slot.ends_at));
                format!("holds {wish:?} ({when:?})")
            }
            Action::Change(id, change, seen) => {
                let state: Option<State> = self
                    .world
                    .model
                    .find(*id)
                    .map(|n| self.world.model.visits[n].appointment.state);
                format!("{change:?} of {id} ({state:?}), {seen:?}")
            }
        };
        format!("{name} {what}{key} on instance {}", asked.instance)
    }
}

fn is_refused_for_load(failure: &Option<nadi::Failure>) -> bool {
    use nadi::Failure::{Refused, StillRunning};
    matches!(failure, Some(StillRunning | Refused(nadi::appointment::Refusal::Crowded)))
}

async fn ask(world: &World, asked: &Request) -> Answer {
    let caller = asked.caller(world.now());
    let instance = &world.instances[asked.instance];
    match &asked.ask {
        Action::Hold(wish) => instance.hold(&caller, wish, asked.key.as_ref()).await,
        Action::Change(id, change, seen) => {
            instance.change(&caller, *id, change, seen, asked.key.as_ref()).await
        }
    }
}
