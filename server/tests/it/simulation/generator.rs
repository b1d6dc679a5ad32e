//! The next operation, chosen by a seeded generator.
//!
//! Nothing here depends on ids or on the machine: appointments, people and slots are chosen by their position in a
//! list, so that a seed makes the same requests every time.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use nadi::actor::{Actor, SignedIn, Visitor};
use nadi::appointment::State;
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AccountId, AppointmentId, DoctorId, SlotId, VisitTypeId};
use nadi::input::{Code, Email};
use nadi::ports::{Change, Contact, HoldRequest, MessageFailure, PatientName, Seen};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use super::model::{Model, Visit};
use super::oracle::{Action, Request, account};
use super::world::{UNPROVEN, World};

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
    /// How many new addresses visitors have typed.
    addresses: u32,
    /// The doctor with whom a family books, and for how many more requests.
    pub(super) family: Option<(usize, u32)>,
}

/// How many past requests are remembered for repeating.
const PAST_MAX: usize = 60;

impl Generator {
    pub fn new(seed: u64, bursts: bool) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            bursts,
            keys: 0,
            past: Vec::new(),
            addresses: 0,
            family: None,
        }
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
        if let Some(asked) = self.of_family(world) {
            return asked;
        }
        match self.below(100) {
            0..38 => self.hold(world),
            38..45 if !self.past.is_empty() => self.repeat(world),
            45..59 => match self.visitors_hold(world) {
                Some(n) => self.change(world, n),
                None => self.hold_of_visitor(world),
            },
            _ => match self.target(world) {
                Some(n) => self.change(world, n),
                None => self.hold(world),
            },
        }
    }

    fn key(&mut self, world: &World, who: &Actor) -> Option<IdempotencyKey> {
        if !has_rows(world, who) {
            return None;
        }
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
        who: Actor,
        ask: Action,
        kind: &'static str,
    ) -> Request {
        let key = self.key(world, &who);
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
        if self.percent(18) {
            return self.hold_of_visitor(world);
        }
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
        let wish = HoldRequest { slot, visit_type, person };
        self.new_request(world, account(&who), Action::Hold(wish), kind)
    }

    /// A visitor holds a time, usually for themselves.
    fn hold_of_visitor(&mut self, world: &World) -> Request {
        let visitor = *self.choose(&world.visitors);
        let person = match self.below(10) {
            0 => self.choose(&world.patients).1.last().copied(),
            1 => Some(*self.choose(&world.model.owners.people_of(visitor.account))),
            _ => None,
        };
        let visit_type = self.percent(20).then_some(world.model.kinds[1].0);
        let wish = HoldRequest { slot: self.slot(world), visit_type, person };
        let who = Actor::Visitor(Some(visitor));
        self.new_request(world, who, Action::Hold(wish), "a visitor holds")
    }

    /// A visitor's hold, if there is one.
    fn visitors_hold(&mut self, world: &World) -> Option<usize> {
        let held: Vec<usize> = visitors_holds(world);
        (!held.is_empty()).then(|| *self.choose(&held))
    }

    /// What a visitor with this hold does: usually a code is requested, and then typed.
    fn change_of_visitor(&mut self, world: &World, visit: &Visit) -> (Change, &'static str) {
        let is_sent = visit.appointment.code_counter > 1;
        match self.below(20) {
            0..12 if is_sent => match self.confirm(world, visit) {
                (change, "confirm") => (change, "a visitor confirms"),
                other => other,
            },
            12 => (Change::Confirm { code: None }, "confirm without a code"),
            13 => (Change::Extend, "extend"),
            14 => (Change::Cancel { reason: None }, "cancel"),
            15 => (Change::SendCode { contact: None }, "send a code"),
            16 => self.confirm(world, visit),
            17 => self.anything(world, visit),
            _ => {
                let contact = Some(self.contact(world, visit));
                (Change::SendCode { contact }, "a visitor gives an address")
            }
        }
    }

    /// What a visitor types: a new address, one of an account whose owner often has something to do at that time, or
    /// which can have no further person, or one that another visitor types as well.
    fn contact(&mut self, world: &World, visit: &Visit) -> Contact {
        let model = &world.model;
        let rivals = model.active.iter().map(|n| &model.visits[*n]).filter(|other| {
            let at = (other.appointment.starts_at, other.appointment.ends_at);
            let overlaps = at.0 < visit.appointment.ends_at && at.1 > visit.appointment.starts_at;
            overlaps && model.owners.owner(other.booked_by) == Some(other.person)
        });
        let rivals: Vec<String> =
            rivals.filter_map(|rival| model.address_of(rival.booked_by)).collect();
        let typed: Vec<String> = model.typed_addresses().into_iter().collect();
        let known: Vec<String> = model.owners.addresses.keys().cloned().collect();
        let families = world.families.iter();
        let full: Vec<String> =
            families.filter_map(|(who, _)| model.address_of(who.account)).collect();
        let (email, for_patients) = match self.below(20) {
            0..7 if !rivals.is_empty() => (self.choose(&rivals).clone(), 10),
            7..9 if !typed.is_empty() => (self.choose(&typed).clone(), 35),
            9..11 => (self.choose(&known).clone(), 35),
            11..13 => (UNPROVEN.to_owned(), 35),
            13..17 => (self.choose(&full).clone(), 85),
            _ => {
                self.addresses += 1;
                (format!("new.{}@example.org", self.addresses), 35)
            }
        };
        let patient = self.percent(for_patients).then(|| {
            let names = ["Child 0", "child 2", "Mira Rao", "MIRA RAO", "Kiran"];
            let name = (*self.choose(&names)).to_owned();
            let birth_date =
                self.percent(30).then(|| NaiveDate::from_ymd_opt(2019, 5, 4)).flatten();
            PatientName { name, birth_date }
        });
        let name = (*self.choose(&["Asha Rao", "Ravi", "Meena"])).to_owned();
        Contact { name, email: Email::parse(&email).expect("an address"), patient }
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

    pub(super) fn slot_of(&mut self, world: &World, doctor: DoctorId) -> SlotId {
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
        let is_visitors = world.model.owners.is_visitor(visit.booked_by);
        let (change, kind) = match visit.appointment.state {
            State::Pending if is_visitors => self.change_of_visitor(world, visit),
            // The visitor who has confirmed it may click twice.
            State::Confirmed if visit.confirmed_by.is_some() && self.percent(15) => {
                self.confirm(world, visit)
            }
            State::Pending => match self.below(20) {
                0..9 => self.confirm(world, visit),
                9..11 => (Change::Confirm { code: None }, "confirm without a code"),
                11..14 => (Change::Extend, "extend"),
                14..16 => (Change::SendCode { contact: None }, "send a code"),
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
        who: Actor,
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

    pub(super) fn confirm(&mut self, world: &World, visit: &Visit) -> (Change, &'static str) {
        let right = world.model.codes.code(visit.appointment.id, visit.appointment.code_counter);
        if self.percent(25) {
            let violated = if right == "00000000" { "11111111" } else { "00000000" };
            return (Change::Confirm { code: Code::parse(violated).ok() }, "confirm, wrong code");
        }
        (Change::Confirm { code: Code::parse(&right).ok() }, "confirm")
    }

    fn anything(&mut self, world: &World, visit: &Visit) -> (Change, &'static str) {
        match self.below(9) {
            0 => (Change::Extend, "extend"),
            1 => self.confirm(world, visit),
            2 => (Change::SendCode { contact: None }, "send a code"),
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
    fn actor(&mut self, world: &World, visit: &Visit, change: &Change) -> Actor {
        let clinics = matches!(
            change,
            Change::CheckIn | Change::Complete | Change::MarkNoShow | Change::Reopen
        );
        let visitor = |id| {
            let visitor = world.visitors.iter().find(|visitor| visitor.account == id);
            visitor.map(|visitor| Actor::Visitor(Some(*visitor)))
        };
        // Whoever has an account cannot give another address with a request for a code.
        if let Change::SendCode { contact: Some(_) } = change {
            let other = *self.choose(&world.visitors);
            let owner = visitor(visit.booked_by).filter(|_| self.percent(97));
            return owner.unwrap_or(Actor::Visitor(Some(other)));
        }
        if let Some((before, _)) = visit.confirmed_by
            && matches!(change, Change::Confirm { .. })
            && self.percent(70)
        {
            return visitor(before).unwrap_or_else(|| account(&world.administrator));
        }
        if self.percent(2) {
            return Actor::Visitor(Some(*self.choose(&world.visitors)));
        }
        let booker = || visitor(visit.booked_by).or_else(|| booker(world, visit.booked_by));
        let doctor = || world.doctors.iter().find(|(_, doctor)| *doctor == visit.doctor);
        let of = match (clinics, self.below(40)) {
            (_, 0) => Some(account(&self.choose(&world.patients).0)),
            (_, 1) => Some(account(&self.choose(&world.doctors).0)),
            (true, 2..26) => doctor().map(|(who, _)| account(who)),
            (true, 26..38) => Some(account(&world.administrator)),
            // A clinic also cancels and moves, but does not confirm for a patient.
            (false, 2..10) if visit.appointment.state != State::Pending => {
                doctor().map(|(who, _)| account(who))
            }
            (false, 2) => Some(account(&world.administrator)),
            _ => booker(),
        };
        of.unwrap_or_else(|| account(&world.administrator))
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

/// The holds of visitors that count now.
pub(super) fn visitors_holds(world: &World) -> Vec<usize> {
    let owners = &world.model.owners;
    let now = world.now();
    let held = world.model.standing(now);
    let held = held.filter(|(_, v)| v.is_hold(now) && owners.is_visitor(v.booked_by));
    held.map(|(n, _)| n).collect()
}

/// Whether answers to this actor can be stored: a visitor has no rows before the first hold that it may have.
pub(super) fn has_rows(world: &World, who: &Actor) -> bool {
    let Actor::Visitor(Some(Visitor { account, .. })) = who else { return true };
    let is_its = |visit: &Visit| {
        visit.booked_by == *account || visit.confirmed_by.is_some_and(|(by, _)| by == *account)
    };
    world.model.visits.iter().any(is_its)
}

/// The account that has booked, one of the world's or one that a confirmation made.
fn booker(world: &World, id: AccountId) -> Option<Actor> {
    let known = world.patients.iter().map(|(who, _)| who);
    let known = known.chain(world.doctors.iter().map(|(who, _)| who)).chain([&world.administrator]);
    if let Some(who) = known.into_iter().find(|who| who.account == id) {
        return Some(account(who));
    }
    let person = world.model.owners.owner(id)?;
    Some(account(&SignedIn::patient(id, person, format!("Account {id}"))))
}
