//! The next operation, chosen by a seeded generator.
//!
//! Nothing here depends on ids or on the machine: appointments, people and slots are chosen by their position in a
//! list, so that a seed makes the same requests every time.

use chrono::{DateTime, Duration, Utc};
use nadi::actor::SignedIn;
use nadi::appointment::State;
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AppointmentId, SlotId, VisitTypeId};
use nadi::input::Code;
use nadi::ports::{Change, HoldRequest, MessageFailure, Seen};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use super::model::{Model, Visit};
use super::oracle::{Action, Request};
use super::world::World;

/// What happens in one step, after a pause.
#[derive(Clone, Debug)]
pub enum Operation {
    /// One request, or several at the same moment.
    Requests(Vec<Request>),
    Sweep,
    TopUp,
    /// The dispatcher runs, and sending fails like this.
    Dispatch(Option<MessageFailure>),
    /// A doctor changes the weekly hours to one of three sets.
    Hours {
        doctor: usize,
        set: usize,
    },
}

pub struct Generator {
    rng: StdRng,
    bursts: bool,
    pub(super) keys: u64,
    /// Requests with an idempotency key, which may be repeated.
    pub(super) past: Vec<Request>,
}

/// How many past requests are remembered for repeating.
const PAST_MAX: usize = 60;

impl Generator {
    pub fn new(seed: u64, bursts: bool) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), bursts, keys: 0, past: Vec::new() }
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        self.rng.random_range(0..n.max(1))
    }

    pub(super) fn percent(&mut self, p: u32) -> bool {
        self.rng.random_range(0..100) < p
    }

    pub(super) fn choose<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// The pause before the next operation: usually none or seconds, sometimes until a hold lapses or a visit
    /// begins.
    pub fn pause(&mut self, model: &Model, now: DateTime<Utc>) -> Duration {
        let until = match self.below(100) {
            0..60 => now,
            60..88 => now + Duration::seconds(self.rng.random_range(1..25)),
            88..93 => now + Duration::seconds(self.rng.random_range(25..300)),
            93..95 => now + Duration::minutes(self.rng.random_range(10..200)),
            95 if self.percent(50) => now + Duration::hours(self.rng.random_range(3..30)),
            95..98 => self.instant(model, now, |visit| match visit.appointment.state {
                State::Pending => Some(visit.appointment.expires_at),
                _ => None,
            }),
            _ => self.instant(model, now, |visit| match visit.appointment.state {
                State::Confirmed => Some(visit.appointment.starts_at),
                _ => None,
            }),
        };
        (until - now).max(Duration::zero())
    }

    /// One of the next three such instants, or a microsecond before or after it.
    fn instant(
        &mut self,
        model: &Model,
        now: DateTime<Utc>,
        of: impl Fn(&Visit) -> Option<DateTime<Utc>>,
    ) -> DateTime<Utc> {
        let active = model.active.iter().map(|n| &model.visits[*n]);
        let mut instants: Vec<_> = active.filter_map(of).filter(|at| *at > now).collect();
        instants.sort_unstable();
        instants.truncate(3);
        if instants.is_empty() {
            return now;
        }
        let off = self.rng.random_range(-1..=1);
        *self.choose(&instants) + Duration::microseconds(off)
    }

    pub fn operation(&mut self, world: &World) -> Operation {
        match self.below(1000) {
            0..15 => Operation::Sweep,
            15..22 => Operation::TopUp,
            22..52 => Operation::Dispatch(match self.below(10) {
                0 => Some(MessageFailure::Permanent("no such mailbox".into())),
                1..4 => Some(MessageFailure::Temporary("try later".into())),
                _ => None,
            }),
            52..59 => {
                Operation::Hours { doctor: self.below(world.doctors.len()), set: self.below(3) }
            }
            59..115 if self.bursts => Operation::Requests(self.burst(world)),
            _ => {
                let asked = self.request(world);
                Operation::Requests(vec![asked])
            }
        }
    }

    pub(super) fn request(&mut self, world: &World) -> Request {
        match self.below(100) {
            0..38 => self.hold(world),
            38..45 if !self.past.is_empty() => self.repeat(world),
            _ => match self.target(world) {
                Some(n) => self.change(world, n),
                None => self.hold(world),
            },
        }
    }

    fn key(&mut self) -> Option<IdempotencyKey> {
        self.keys += 1;
        let text = format!("k{}", self.keys);
        match self.below(10) {
            0..5 => IdempotencyKey::parse(&text).ok(),
            5..7 => IdempotencyKey::of_form(&text),
            _ => None,
        }
    }

    pub(super) fn new_request(
        &mut self,
        world: &World,
        who: SignedIn,
        ask: Action,
        kind: &'static str,
    ) -> Request {
        let key = self.key();
        let asked = Request { who, instance: self.below(world.instances.len()), ask, key, kind };
        if asked.key.is_some() {
            if self.past.len() == PAST_MAX {
                self.past.remove(0);
            }
            self.past.push(asked.clone());
        }
        asked
    }

    pub(super) fn hold(&mut self, world: &World) -> Request {
        let (who, people) = self.choose(&world.patients).clone();
        let person = match self.below(20) {
            0..9 => None,
            // A person who may belong to another account.
            9 => self.choose(&world.patients).1.last().copied(),
            _ => Some(*self.choose(&people)),
        };
        let (kind, visit_type) = match self.below(20) {
            0..13 => ("hold", None),
            13 => ("hold", Some(world.model.kinds[0].0)),
            14 if self.percent(20) => ("hold", Some(VisitTypeId(Uuid::from_u128(99)))),
            _ => ("hold of two", Some(world.model.kinds[1].0)),
        };
        let slot = self.slot(world);
        self.new_request(world, who, Action::Hold(HoldRequest { slot, visit_type, person }), kind)
    }

    /// Usually a slot that begins soon, often a taken one, rarely a past or an unknown one.
    pub(super) fn slot(&mut self, world: &World) -> SlotId {
        let model = &world.model;
        if self.percent(2) {
            return SlotId(-1);
        }
        if self.percent(35) && !model.active.is_empty() {
            let active: Vec<usize> = model.active.iter().copied().collect();
            let run = &model.visits[*self.choose(&active)].run;
            return *self.choose(run);
        }
        let doctor = self.choose(&world.doctors).1;
        self.slot_of(world, doctor)
    }

    fn slot_of(&mut self, world: &World, doctor: nadi::ids::DoctorId) -> SlotId {
        let times = &world.model.timetable[&doctor];
        let now = world.now();
        let ahead = times.partition_point(|(starts_at, _)| *starts_at <= now);
        let from = if self.percent(4) { ahead.saturating_sub(3) } else { ahead };
        let window = if self.percent(70) { 12 } else { 45 };
        // Withdrawn slots are requested too, but less often.
        let mut slot = times[times.len() - 1].1;
        for _ in 0..3 {
            slot = times[(from + self.below(window)).min(times.len() - 1)].1;
            if world.model.slots[&slot].capacity > 0 {
                break;
            }
        }
        slot
    }

    /// An appointment to change, sometimes one that is over.
    pub(super) fn target(&mut self, world: &World) -> Option<usize> {
        let model = &world.model;
        if model.visits.is_empty() {
            return None;
        }
        if self.percent(6) {
            let recent = model.visits.len().min(40);
            return Some(model.visits.len() - 1 - self.below(recent));
        }
        let now = world.now();
        // A recent completion or no-show may be undone.
        if self.percent(6) {
            let marked = |n: &usize| {
                let appointment = &model.visits[*n].appointment;
                matches!(appointment.state, State::Completed | State::NoShow)
                    && appointment.starts_at > now - Duration::hours(12)
            };
            let marked: Vec<usize> =
                (0..model.visits.len()).rev().take(150).filter(marked).collect();
            if !marked.is_empty() {
                return Some(*self.choose(&marked));
            }
        }
        // Visits that have begun are checked in, completed or marked as missed.
        let over: Vec<usize> = model
            .active
            .iter()
            .copied()
            .filter(|n| {
                let appointment = &model.visits[*n].appointment;
                appointment.starts_at <= now && appointment.state != State::Pending
            })
            .collect();
        if !over.is_empty() && self.percent(40) {
            return Some(*self.choose(&over));
        }
        let standing: Vec<usize> = model.standing(now).map(|(n, _)| n).collect();
        if !standing.is_empty() && self.percent(90) {
            return Some(*self.choose(&standing));
        }
        let active: Vec<usize> = model.active.iter().copied().collect();
        (!active.is_empty()).then(|| *self.choose(&active))
    }

    pub(super) fn change(&mut self, world: &World, n: usize) -> Request {
        let visit = &world.model.visits[n];
        let over = visit.appointment.starts_at <= world.now();
        let (change, kind) = match visit.appointment.state {
            State::Pending => match self.below(20) {
                0..9 => self.confirm(world, visit),
                9..11 => (Change::Confirm { code: None }, "confirm without a code"),
                11..14 => (Change::Extend, "extend"),
                14..16 => (Change::SendCode, "send a code"),
                16..18 => (Change::Cancel { reason: None }, "cancel"),
                _ => self.anything(world, visit),
            },
            State::Confirmed | State::CheckedIn if over => match self.below(10) {
                0..2 => (Change::CheckIn, "check in"),
                2..6 => (Change::Complete, "complete"),
                6..8 => (Change::MarkNoShow, "no show"),
                8 => (Change::Reopen, "reopen"),
                _ => self.anything(world, visit),
            },
            State::Confirmed => match self.below(20) {
                0..9 => {
                    let slot = self.slot_of(world, visit.doctor);
                    (Change::Reschedule { slot }, "reschedule")
                }
                9..14 => (Change::Cancel { reason: self.reason() }, "cancel"),
                14..16 => (Change::CheckIn, "check in"),
                16 => self.confirm(world, visit),
                _ => self.anything(world, visit),
            },
            State::Completed | State::NoShow if self.percent(60) => (Change::Reopen, "reopen"),
            _ => self.anything(world, visit),
        };
        let who = self.actor(world, visit, &change);
        self.change_by(world, n, who, change, kind)
    }

    pub(super) fn change_by(
        &mut self,
        world: &World,
        n: usize,
        who: SignedIn,
        change: Change,
        kind: &'static str,
    ) -> Request {
        let visit = &world.model.visits[n];
        let seen = match self.below(20) {
            0..9 => Seen::Any,
            9..18 => Seen::version(visit.appointment.version),
            18 => Seen::Versions(vec![visit.appointment.version - 1, visit.appointment.version]),
            _ => Seen::version(visit.appointment.version - 1),
        };
        let id = match self.below(100) {
            0 => AppointmentId(Uuid::from_u128(5)),
            _ => visit.appointment.id,
        };
        self.new_request(world, who, Action::Change(id, change, seen), kind)
    }

    fn reason(&mut self) -> Option<String> {
        self.percent(60).then(|| "The doctor is ill".to_owned())
    }

    fn confirm(&mut self, world: &World, visit: &Visit) -> (Change, &'static str) {
        let right = world.model.codes.code(visit.appointment.id, visit.appointment.code_counter);
        if self.percent(25) {
            let violated = if right == "000000" { "111111" } else { "000000" };
            return (Change::Confirm { code: Code::parse(violated).ok() }, "confirm, wrong code");
        }
        (Change::Confirm { code: Code::parse(&right).ok() }, "confirm")
    }

    fn anything(&mut self, world: &World, visit: &Visit) -> (Change, &'static str) {
        match self.below(9) {
            0 => (Change::Extend, "extend"),
            1 => self.confirm(world, visit),
            2 => (Change::SendCode, "send a code"),
            3 => (Change::Cancel { reason: self.reason() }, "cancel"),
            4 => {
                let slot = self.slot(world);
                (Change::Reschedule { slot }, "reschedule")
            }
            5 => (Change::CheckIn, "check in"),
            6 => (Change::Complete, "complete"),
            7 => (Change::Reopen, "reopen"),
            _ => (Change::MarkNoShow, "no show"),
        }
    }

    /// Usually an account that is allowed to request this.
    fn actor(&mut self, world: &World, visit: &Visit, change: &Change) -> SignedIn {
        let clinics = matches!(
            change,
            Change::CheckIn | Change::Complete | Change::MarkNoShow | Change::Reopen
        );
        let booker = || world.patients.iter().find(|(who, _)| who.account == visit.booked_by);
        let doctor = || world.doctors.iter().find(|(_, doctor)| *doctor == visit.doctor);
        let of = match (clinics, self.below(40)) {
            (_, 0) => Some(self.choose(&world.patients).0.clone()),
            (_, 1) => Some(self.choose(&world.doctors).0.clone()),
            (true, 2..26) => doctor().map(|(who, _)| who.clone()),
            (true, 26..38) => Some(world.administrator.clone()),
            // A clinic also cancels and moves, but does not confirm for a patient.
            (false, 2..10) if visit.appointment.state != State::Pending => {
                doctor().map(|(who, _)| who.clone())
            }
            (false, 2) => Some(world.administrator.clone()),
            _ => booker().map(|(who, _)| who.clone()),
        };
        of.unwrap_or_else(|| world.administrator.clone())
    }

    /// Usually a past request again, sometimes another request with the same key.
    fn repeat(&mut self, world: &World) -> Request {
        let mut asked = self.choose(&self.past.clone()).clone();
        asked.instance = self.below(world.instances.len());
        asked.kind = "the same again";
        if self.percent(25) {
            asked.kind = "another under its key";
            let other = self.slot(world);
            match &mut asked.ask {
                Action::Hold(wish) => wish.slot = other,
                Action::Change(_, change, _) => *change = Change::Reschedule { slot: other },
            }
        }
        asked
    }
}
