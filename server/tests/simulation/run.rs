//! The loop: time passes, something happens, everything is checked.

use std::collections::{BTreeSet, VecDeque};

use chrono::{Duration, NaiveTime};
use futures::future::join_all;
use nadi::appointment::{Event, State};
use nadi::ids::AppointmentId;
use nadi::once::KEY_KEPT_HOURS;
use nadi::ports::MessageFailure;
use nadi::schedule::{Rule, Schedule};
use server::jobs::{sweeper, top_up};

use crate::compare::{Search, absorb_expiries};
use crate::ground::Ground;
use crate::history::History;
use crate::invariants::{Invariant, Violation, guards};
use crate::judge::{Answered, Ask, Asked, Scene};
use crate::operations::{Dice, Operation};
use crate::support;
use crate::tally::Tally;
use crate::whole;
use crate::world::World;

/// Steps between two checks of all tables, at least: the longer they are, the rarer.
const WHOLE_EVERY: u64 = 400;
/// Lines that a failure recounts, beside those of the step itself.
const RECOUNTED: usize = 30;
/// How many lapsed holds one run of the sweeper takes.
const SWEPT_MAX: usize = 200;

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seed: u64,
    /// Requests and runs of jobs.
    pub operations: u64,
    /// Whether requests also come several at once; what then happens first is not the seed's to say.
    pub bursts: bool,
}

/// Where a run stopped.
#[derive(Debug)]
pub struct Broken {
    pub violation: Violation,
    pub step: u64,
    pub recent: VecDeque<String>,
}

pub struct Run<'a> {
    world: &'a mut World,
    dice: Dice,
    pub tally: Tally,
    history: History,
    last_event: i64,
    step: u64,
    whole_at: u64,
    recent: VecDeque<String>,
}

impl<'a> Run<'a> {
    pub fn new(world: &'a mut World, plan: Plan) -> Self {
        let dice = Dice::new(plan.seed, plan.bursts);
        Self {
            world,
            dice,
            tally: Tally::default(),
            history: History::default(),
            last_event: 0,
            step: 0,
            whole_at: WHOLE_EVERY,
            recent: VecDeque::new(),
        }
    }

    /// Everything that was planned, or until the first thing that must not be.
    pub async fn carry_out(&mut self, plan: Plan) -> Result<(), Broken> {
        let done = self.steps(plan).await;
        done.map_err(|violation| Broken {
            violation,
            step: self.step,
            recent: std::mem::take(&mut self.recent),
        })
    }

    async fn steps(&mut self, plan: Plan) -> Result<(), Violation> {
        while self.tally.operations < plan.operations {
            self.step += 1;
            let pause = self.dice.pause(&self.world.model, self.world.now());
            self.world.clinic.clock.step(pause);
            let operation = self.dice.operation(self.world);
            self.recount(pause, &operation);
            self.happen(operation).await?;
            if self.step >= self.whole_at {
                self.whole().await?;
            }
        }
        self.tell_everyone().await?;
        self.whole().await
    }

    async fn whole(&mut self) -> Result<(), Violation> {
        let made = u64::try_from(self.world.model.visits.len()).unwrap_or(0);
        self.whole_at = self.step + WHOLE_EVERY.max(made / 4);
        whole::check(self.world).await?;
        self.history.check(&self.world.clinic.pool).await
    }

    async fn happen(&mut self, operation: Operation) -> Result<(), Violation> {
        match operation {
            Operation::Ask(asked) => self.ask(asked).await,
            Operation::Sweep => self.sweep().await,
            Operation::TopUp => {
                self.tally.job("top-up");
                let made = top_up::run_once(&self.world.clinic.engine).await.expect("topped up");
                if made.times > 0 {
                    self.world.learn_slots().await;
                }
                self.nothing_else(&[]).await
            }
            Operation::Relay(failure) => self.relay(failure).await,
            Operation::Hours { doctor, set } => self.hours(doctor, set).await,
        }
    }

    async fn ask(&mut self, asked: Vec<Asked>) -> Result<(), Violation> {
        let answers = asked.iter().map(|asked| ask(self.world, asked));
        let answered: Vec<Answered> = join_all(answers).await;
        for (asked, answered) in asked.iter().zip(&answered) {
            self.tally.count(asked, answered);
            if asked_many(&answered.as_ref().err().cloned()) {
                self.tally.crowded += 1;
            }
        }
        self.tally.bursts += u64::from(asked.len() > 1);
        for answered in &answered {
            let answer = match answered {
                Ok(booked) => format!("{} {:?} v{}", booked.id, booked.state, booked.version),
                Err(failure) => format!("{failure:?}"),
            };
            self.recent.push_back(format!("       = {answer}"));
        }
        let ground = self.read(&asked).await;
        let scene = self.scene(&ground, asked.len() == 1);
        guards(&self.world.model, &ground, scene.now)?;
        absorb_expiries(&mut self.world.model, &ground, &scene)?;
        let mut search = Search::new(&asked, &answered, &scene, &ground);
        search.explain(&mut self.world.model)?;
        self.tally.orders_max = self.tally.orders_max.max(search.orders);
        for (n, noted) in search.noted.iter().enumerate() {
            self.tally.replayed += u64::from(noted.replayed);
            self.tally.holds_too_many += u64::from(noted.hold_too_many);
            self.history.add(self.step, &asked[n], &answered[n]);
        }
        self.settle(&ground);
        Ok(())
    }

    async fn sweep(&mut self) -> Result<(), Violation> {
        self.tally.job("sweeper");
        let now = self.world.now();
        let model = &self.world.model;
        let lapsed = model.living.iter().filter(|n| model.visits[**n].is_lapsed(now)).count();
        let swept = match sweeper::run_once(&self.world.clinic.engine).await {
            Ok(swept) => swept,
            Err(error) => {
                let what = format!("the sweeper failed: {error:#}");
                return Err(Violation::of(Invariant::Expiry, what));
            }
        };
        let forgotten = now - Duration::hours(KEY_KEPT_HOURS);
        self.world.model.keys.retain(|_, kept| kept.at >= forgotten);
        if swept != lapsed.min(SWEPT_MAX) {
            let what = format!("the sweeper wrote down {swept} of {lapsed} lapsed holds");
            return Err(Violation::of(Invariant::Expiry, what));
        }
        self.nothing_else(&[]).await
    }

    async fn relay(&mut self, failure: Option<MessageFailure>) -> Result<(), Violation> {
        self.tally.job("relay");
        self.fail_with(failure);
        let relay = self.world.clinic.relay();
        for _ in 0..4 {
            if relay.run_once().await.expect("the database answers") == 0 {
                break;
            }
        }
        self.nothing_else(&[]).await
    }

    fn fail_with(&self, failure: Option<MessageFailure>) {
        *self.world.clinic.messages.failure.lock().expect("not poisoned") = failure;
    }

    async fn hours(&mut self, doctor: usize, set: usize) -> Result<(), Violation> {
        self.tally.job("hours changed");
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
        self.world.learn_slots().await;
        self.nothing_else(&[]).await?;
        whole::schedules(self.world).await
    }

    /// What a job did: at most written down what had lapsed.
    async fn nothing_else(&mut self, asked: &[Asked]) -> Result<(), Violation> {
        let ground = self.read(asked).await;
        let scene = self.scene(&ground, true);
        guards(&self.world.model, &ground, scene.now)?;
        absorb_expiries(&mut self.world.model, &ground, &scene)?;
        Search::new(&[], &[], &scene, &ground).explain(&mut self.world.model)?;
        self.settle(&ground);
        Ok(())
    }

    async fn read(&self, asked: &[Asked]) -> Ground {
        let ids = asked.iter().filter_map(|asked| match &asked.ask {
            Ask::Change(id, ..) => Some(id.0),
            Ask::Hold(_) => None,
        });
        let ids: Vec<_> = ids.collect();
        Ground::read(&self.world.clinic.pool, self.last_event, &ids, self.world.now()).await
    }

    fn scene(&self, ground: &Ground, alone: bool) -> Scene {
        let released: BTreeSet<AppointmentId> = ground
            .events
            .iter()
            .filter(|event| event.event_type == Event::Released.as_str() && event.actor == "system")
            .map(|event| AppointmentId(event.appointment_id))
            .collect();
        Scene { step: self.step, now: self.world.now(), alone, released }
    }

    /// What was found is so from now on.
    fn settle(&mut self, ground: &Ground) {
        let model = &mut self.world.model;
        for n in model.changed() {
            model.visits[n].seen = model.visits[n].told.len();
        }
        model.settle();
        self.last_event = ground.events.iter().map(|e| e.id).fold(self.last_event, i64::max);
        let lapsed = ground.events.iter().filter(|event| event.actor == "system");
        self.tally.by_the_house += u64::try_from(lapsed.count()).unwrap_or(0);
    }

    /// At the end, messages no longer fail: whatever waits is told.
    async fn tell_everyone(&mut self) -> Result<(), Violation> {
        self.fail_with(None);
        let relay = self.world.clinic.relay();
        loop {
            while relay.run_once().await.expect("the database answers") > 0 {}
            let waiting = "select count(*) from outbox where state = 'waiting'";
            if self.world.clinic.count(waiting).await == 0 {
                break;
            }
            self.world.clinic.clock.step(Duration::minutes(10));
        }
        self.tally.put_aside =
            self.world.clinic.count("select count(*) from outbox where state = 'dead'").await;
        self.nothing_else(&[]).await
    }

    fn recount(&mut self, pause: Duration, operation: &Operation) {
        while self.recent.len() >= RECOUNTED {
            self.recent.pop_front();
        }
        let now = self.world.now();
        let line = match operation {
            Operation::Ask(asked) => {
                let all: Vec<String> = asked.iter().map(|asked| self.in_words(asked)).collect();
                all.join("\n   and ")
            }
            other => format!("{other:?}"),
        };
        let paused = pause.num_milliseconds();
        self.recent.push_back(format!("{:>6} {now} (+{paused} ms) {line}", self.step));
    }

    fn in_words(&self, asked: &Asked) -> String {
        let name = &asked.who.name;
        let key = asked.key.as_ref().map_or(String::new(), |key| format!(", {}", key.kept_as("…")));
        let what = match &asked.ask {
            Ask::Hold(wish) => {
                let slot = self.world.model.slots.get(&wish.slot);
                let when = slot.map(|slot| (slot.starts_at, slot.ends_at));
                format!("holds {wish:?} ({when:?})")
            }
            Ask::Change(id, change, seen) => {
                let state: Option<State> =
                    self.world.model.find(*id).map(|n| self.world.model.visits[n].life.state);
                format!("{change:?} of {id} ({state:?}), {seen:?}")
            }
        };
        format!("{name} {what}{key} on instance {}", asked.instance)
    }
}

fn asked_many(failure: &Option<nadi::Failure>) -> bool {
    use nadi::Failure::{Refused, StillRunning};
    matches!(failure, Some(StillRunning | Refused(nadi::appointment::Refusal::Crowded)))
}

async fn ask(world: &World, asked: &Asked) -> Answered {
    let caller = world.clinic.caller(&asked.who);
    let instance = &world.instances[asked.instance];
    match &asked.ask {
        Ask::Hold(wish) => instance.hold(&caller, wish, asked.key.as_ref()).await,
        Ask::Change(id, change, seen) => {
            instance.change(&caller, *id, change, seen, asked.key.as_ref()).await
        }
    }
}
