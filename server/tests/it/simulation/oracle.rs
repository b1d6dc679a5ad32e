//! The oracle: whether an answer is the one that the rules give, and how it changes the model.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::actor::{ActingRole, Actor, Caller, Owner, SignedIn};
use nadi::appointment::{
    Appointment, CODE_TRIES, CODE_VALID_FOR, Command, Event, Facts, Proof, Refusal, State,
    Transition, VISITOR_HOLDS_MAX, decide,
};
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AccountId, AppointmentId, PersonId, SlotId};
use nadi::permissions::Target;
use nadi::ports::{Booked, Change, Contact, HoldRequest, Seen};
use uuid::Uuid;

use super::invariants::{Invariant, Violation};
use super::model::{HOLD, Model, NOTICE, StoredAnswer, Visit};
use super::owners::{Destination, Made};

/// For how long a visitor is told of an appointment that they have confirmed.
const TOLD_FOR: Duration = Duration::hours(24);

pub type Answer = Result<Booked, Failure>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Hold(HoldRequest),
    Change(AppointmentId, Change, Seen),
}

/// A request, and the instance that it is sent to.
#[derive(Clone, Debug)]
pub struct Request {
    pub who: Actor,
    pub instance: usize,
    pub ask: Action,
    pub key: Option<IdempotencyKey>,
    /// The line of the statistics that counts it.
    pub kind: &'static str,
}

impl Request {
    pub fn caller(&self, now: DateTime<Utc>) -> Caller {
        Caller {
            actor: self.who.clone(),
            now,
            request_id: Uuid::nil(),
            device: None,
            network: None,
        }
    }

    pub fn owner(&self) -> Owner {
        self.caller(DateTime::UNIX_EPOCH).owner().expect("an account or a visitor")
    }

    /// The contact that comes with a request for a code.
    pub fn contact(&self) -> Option<&Contact> {
        match &self.ask {
            Action::Change(_, Change::SendCode { contact }, _) => contact.as_ref(),
            _ => None,
        }
    }
}

pub fn account(who: &SignedIn) -> Actor {
    Actor::Account(Box::new(who.clone()))
}

/// The circumstances of one or more requests.
pub struct Context {
    pub now: DateTime<Utc>,
    /// Whether it was the only request at that moment, so that there is exactly one right answer.
    pub alone: bool,
    /// The accounts that the database has since this moment.
    pub made: Made,
    /// Addresses to which so many codes were sent that another one, or one that was typed, may be refused.
    pub flooded: BTreeSet<String>,
}

/// What else is known about an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub replayed: bool,
}

/// A visitor's hold on the way to an account.
struct VisitorHold {
    contact: Option<Contact>,
    /// If this change proves the address.
    destination: Option<Destination>,
    /// The account that is to have the patient can have no further person.
    is_full: bool,
}

type Verdict<T> = Result<T, Violation>;

fn violated<T>(invariant: Invariant, what: String) -> Verdict<T> {
    Err(Violation { invariant, what })
}

impl Model {
    /// Compares an answer with the expected one and applies its effect to the model.
    pub fn oracle(
        &mut self,
        asked: &Request,
        answered: &Answer,
        context: &Context,
    ) -> Verdict<Outcome> {
        match answered {
            Err(Failure::Unavailable | Failure::Malformed) => {
                return violated(
                    Invariant::NoFalseRefusals,
                    format!("{asked:?} met a fault of ours"),
                );
            }
            // Allowed under load. The request had no effect.
            Err(Failure::StillRunning | Failure::Refused(Refusal::Crowded)) if !context.alone => {
                return Ok(Outcome::default());
            }
            _ => {}
        }
        let owner = asked.owner();
        let account = owner.account;
        let key = asked.key.as_ref().map(|key| key.kept_as(&format!("{:?}", asked.ask)));
        if let Some(kept) = key.as_ref().and_then(|key| self.keys.get(&(account, key.clone()))) {
            let expected =
                if kept.ask == asked.ask { kept.answer.clone() } else { Err(Failure::KeyReused) };
            if *answered != expected {
                let what = format!("a key was answered {expected:?} before, now {answered:?}");
                return violated(Invariant::Idempotency, what);
            }
            return Ok(Outcome { replayed: true });
        }
        if *answered == Err(Failure::KeyReused) {
            return violated(Invariant::Idempotency, format!("{:?} is a new key", asked.key));
        }
        let noted = match &asked.ask {
            Action::Hold(wish) => self.check_hold(owner, wish, answered, context)?,
            Action::Change(id, change, seen) => {
                let caller = asked.caller(context.now);
                self.check_change(&caller, *id, (change, seen), answered, context)?
            }
        };
        if let Some(key) = key
            && is_stored(answered)
        {
            let kept =
                StoredAnswer { ask: asked.ask.clone(), answer: answered.clone(), at: context.now };
            self.store_answer(account, key, kept);
        }
        Ok(noted)
    }

    fn check_hold(
        &mut self,
        who: Owner,
        wish: &HoldRequest,
        answered: &Answer,
        context: &Context,
    ) -> Verdict<Outcome> {
        let now = context.now;
        let person = wish.person.unwrap_or(who.person);
        if self.owners.account_of(person) != Some(who.account) {
            return must_refuse(&[Failure::NotFound], answered).map(|()| Outcome::default());
        }
        let kind = wish.visit_type.unwrap_or(self.kinds[0].0);
        let doctor = self.slots.get(&wish.slot).map(|slot| slot.doctor);
        let (Some(doctor), Some(span)) = (doctor, self.span(kind)) else {
            return must_refuse(&[Refusal::NotOffered.into()], answered)
                .map(|()| Outcome::default());
        };
        let own = self.standing(now).find(|(_, visit)| {
            let is_its = visit.person == person || who.is_visitor && visit.booked_by == who.account;
            is_its && visit.kind == kind && visit.run.first() == Some(&wish.slot)
        });
        if let Some((n, _)) = own {
            return self.must_show(n, answered).map(|()| Outcome::default());
        }
        // The person's other hold with this doctor is released, and a visitor's with whichever doctor.
        let given_up: Vec<usize> = self
            .standing(now)
            .filter(|(_, v)| {
                let is_its = v.person == person && v.doctor == doctor
                    || who.is_visitor && v.booked_by == who.account;
                is_its && v.is_hold(now)
            })
            .map(|(n, _)| n)
            .collect();
        let others: Vec<&Visit> = self
            .standing(now)
            .filter(|(n, v)| v.booked_by == who.account && v.is_hold(now) && !given_up.contains(n))
            .map(|(_, visit)| visit)
            .collect();
        let active_holds = i64::try_from(others.len()).unwrap_or(i64::MAX);
        let visits_ahead = self
            .standing(now)
            .filter(|(n, v)| {
                v.booked_by == who.account
                    && v.doctor == doctor
                    && v.appointment.starts_at > now
                    && !given_up.contains(n)
            })
            .count();
        let run = self.run(wish.slot, span);
        let usual = Facts::of(ActingRole::Patient, NOTICE, HOLD);
        let holds_max = if who.is_visitor { VISITOR_HOLDS_MAX.into() } else { usual.holds_max };
        let facts = Facts {
            slot: self.slot_facts(wish.slot, span, &given_up, now),
            person_is_busy: self.is_busy(person, &run, &given_up, now),
            active_holds,
            holds_max,
            visits_ahead: i64::try_from(visits_ahead).unwrap_or(i64::MAX),
            ..usual
        };
        let transition = match decide(None, &facts, Command::Hold, now) {
            Ok(transition) => transition,
            Err(reason) => {
                return must_refuse(&[reason.into()], answered).map(|()| Outcome::default());
            }
        };
        let booked = match answered {
            Ok(booked) => booked,
            Err(failure) => {
                self.false_refusal(who.account, person, &run, failure, now)?;
                return Ok(Outcome::default());
            }
        };
        if self.find(booked.id).is_some() {
            return violated(
                Invariant::Idempotency,
                format!("a new hold was answered {}", booked.id),
            );
        }
        let (starts_at, ends_at) = (booked_start(self, &run), booked_end(self, &run));
        let n = self.make(Visit {
            appointment: Appointment {
                id: booked.id,
                state: transition.to,
                starts_at,
                ends_at,
                expires_at: transition.expires_at,
                extensions: transition.extensions,
                code_counter: transition.code_counter,
                code_tries: transition.code_tries,
                version: 1,
            },
            person,
            booked_by: who.account,
            confirmed_by: None,
            doctor,
            kind,
            run,
            created_at: now,
            updated_at: now,
            events: vec![(Event::Held, now)],
            events_compared: 0,
        });
        for other in given_up {
            self.end(other, State::Cancelled, Event::Released, now);
        }
        self.must_show(n, answered)?;
        Ok(Outcome::default())
    }

    fn check_change(
        &mut self,
        caller: &Caller,
        id: AppointmentId,
        (change, seen): (&Change, &Seen),
        answered: &Answer,
        context: &Context,
    ) -> Verdict<Outcome> {
        let now = context.now;
        let command = change.command();
        let owner = caller.owner().expect("an account or a visitor");
        let stored = Outcome::default();
        let Some(n) = self.find(id) else {
            return must_refuse(&[hidden_from(owner)], answered).map(|()| stored);
        };
        let visit = self.visits[n].clone();
        let target = Target::appointment(visit.booked_by, visit.doctor, self.clinic);
        let side = caller.acting_role_to(command, &target);
        let Some(by) = side else {
            if was_confirmed_by(&visit, owner, change, now) {
                return self.must_show(n, answered).map(|()| stored);
            }
            return must_refuse(&[hidden_from(owner)], answered).map(|()| stored);
        };
        let mut facts = Facts::of(by, NOTICE, HOLD);
        let mut run = None;
        match change {
            Change::Confirm { code } => {
                let right = code.as_ref().is_some_and(|code| {
                    self.codes.matches(id, visit.appointment.code_counter, code)
                });
                let sent = |(event, _): &&(Event, DateTime<Utc>)| {
                    matches!(event, Event::Held | Event::CodeRequested)
                };
                let sent_at = visit.events.iter().rev().find(sent).map(|(_, at)| *at);
                facts.proof = if sent_at.is_some_and(|at| at + CODE_VALID_FOR <= now) {
                    Proof::CodeTooOld
                } else if right {
                    Proof::RightCode
                } else {
                    Proof::WrongCode
                };
            }
            Change::Reschedule { slot } => {
                let span = self.span(visit.kind).unwrap_or(1);
                let target = self.run(*slot, span);
                let same = self.slots.get(slot).is_some_and(|slot| slot.doctor == visit.doctor);
                facts.slot = self.slot_facts(*slot, span, &[n], now).filter(|_| same);
                facts.person_is_busy = self.is_busy(visit.person, &target, &[n], now);
                run = Some(target);
            }
            Change::Reopen => {
                facts.undo = self.undo(n, now);
                facts.person_is_busy = self.is_busy(visit.person, &visit.run, &[n], now);
            }
            _ => {}
        }
        let hold = owner.is_visitor.then(|| self.visitor_hold(n, change, &mut facts, now));
        let typed = hold.as_ref().and_then(|hold| hold.contact.as_ref());
        if typed.is_some_and(|typed| context.flooded.contains(typed.email.as_str()))
            && matches!(change, Change::Confirm { .. } | Change::SendCode { .. })
            && matches!(answered, Err(Failure::TooManyTries { .. }))
        {
            return Ok(stored);
        }
        let mut decision = decide(Some(&visit.appointment), &facts, command, now);
        if hold.as_ref().is_some_and(|hold| hold.is_full) && decision.is_ok() {
            decision = Err(Refusal::TooManyPeople);
        }
        let transition = match decision {
            Ok(transition) if !transition.changes(&visit.appointment) => {
                return self.must_show(n, answered).map(|()| stored);
            }
            verdict if !seen.admits(visit.appointment.version) => {
                let mut reasons = vec![Failure::Stale];
                // The expiry may have been recorded at the same moment, before or after this request.
                if let (false, Err(refusal)) = (context.alone, verdict)
                    && visit.appointment.state == State::Expired
                {
                    reasons.push(refusal.into());
                }
                return must_refuse(&reasons, answered).map(|()| stored);
            }
            Err(refusal) => {
                let mut reasons = vec![refusal.into()];
                if facts.person_is_busy && reasons[0] == Refusal::Taken.into() {
                    reasons.push(Refusal::PersonBusy.into());
                }
                return must_refuse(&reasons, answered).map(|()| stored);
            }
            Ok(transition) => transition,
        };
        let has_no_contact = hold.as_ref().is_some_and(|hold| hold.contact.is_none());
        let incomplete = match change {
            Change::Confirm { .. } | Change::SendCode { .. } if has_no_contact => true,
            Change::Confirm { code } => code.is_none(),
            Change::Cancel { reason } => {
                reason.is_none()
                    && by != ActingRole::Patient
                    && visit.appointment.state == State::Confirmed
            }
            _ => false,
        };
        if incomplete {
            return match answered {
                Err(Failure::Invalid(_)) => Ok(stored),
                other => violated(Invariant::Rules, format!("incomplete, and answered {other:?}")),
            };
        }
        let run = run.filter(|_| transition.event == Some(Event::Rescheduled));
        if let (Some(run), Err(failure)) = (&run, answered) {
            let account = owner.account;
            return self.false_refusal(account, visit.person, run, failure, now).map(|()| stored);
        }
        if let Some(VisitorHold { contact: Some(contact), destination, .. }) = hold {
            let asked = (n, &contact, destination);
            return self.check_visitor(asked, (change, &transition), answered, context);
        }
        self.apply(n, &transition, run, now);
        match transition.refusal {
            Some(refusal) => must_refuse(&[refusal.into()], answered).map(|()| stored),
            None => self.must_show(n, answered).map(|()| stored),
        }
    }

    /// What was typed for a visitor's hold, and where it moves if this change proves the address, with the facts about
    /// that account.
    fn visitor_hold(
        &self,
        n: usize,
        change: &Change,
        facts: &mut Facts,
        now: DateTime<Utc>,
    ) -> VisitorHold {
        let visit = &self.visits[n];
        let contact = match change {
            Change::SendCode { contact: Some(contact) } => Some(contact.clone()),
            _ if visit.appointment.code_counter == 1 => None,
            _ => self.contact(visit.booked_by, visit.person),
        };
        let Some(typed) = &contact else {
            facts.proof = Proof::WrongCode;
            return VisitorHold { contact, destination: None, is_full: false };
        };
        let proves = matches!(change, Change::Confirm { .. })
            && facts.proof == Proof::RightCode
            && visit.appointment.state_at(now) == State::Pending
            && visit.appointment.code_tries < CODE_TRIES;
        let destination = proves.then(|| self.destination(typed));
        let mut is_full =
            matches!(change, Change::SendCode { .. }) && self.is_full(visit.booked_by, typed);
        if let Some(to) = destination {
            self.room(n, to, facts, now);
            is_full = to.is_full;
        }
        VisitorHold { contact, destination, is_full }
    }

    /// A change of a visitor's hold that the rules allow: a code is sent to what was typed, or the right one moves the
    /// hold to the account of the address.
    fn check_visitor(
        &mut self,
        (n, contact, destination): (usize, &Contact, Option<Destination>),
        (change, transition): (&Change, &Transition),
        answered: &Answer,
        context: &Context,
    ) -> Verdict<Outcome> {
        let now = context.now;
        let stored = Outcome::default();
        let person = answered.as_ref().ok().map(|booked| booked.person);
        if matches!(change, Change::SendCode { .. }) {
            let visitor = self.visits[n].booked_by;
            let Some(person) = self.type_contact(visitor, contact, person) else {
                return must_refuse(&[Refusal::TooManyPeople.into()], answered).map(|()| stored);
            };
            self.apply(n, transition, None, now);
            self.visits[n].person = person;
            return self.must_show(n, answered).map(|()| stored);
        }
        self.apply(n, transition, None, now);
        if let Some(refusal) = transition.refusal {
            return must_refuse(&[refusal.into()], answered).map(|()| stored);
        }
        if let (Some(to), Some(person)) = (destination, person)
            && !self.hand_over(n, contact, to, (&context.made, person), now)
        {
            let what = format!("{} has no account, and was confirmed", contact.email.as_str());
            return violated(Invariant::Durable, what);
        }
        self.must_show(n, answered).map(|()| stored)
    }

    /// The violation when the rules grant a request that was refused.
    fn false_refusal(
        &self,
        account: AccountId,
        person: PersonId,
        run: &[SlotId],
        failure: &Failure,
        now: DateTime<Utc>,
    ) -> Verdict<()> {
        if self.conflicts_with_lapsed_hold(person, account, run, now) {
            let what = format!("a lapsed hold is still in the way: {failure:?}");
            return violated(Invariant::Expiry, what);
        }
        violated(Invariant::NoFalseRefusals, format!("a free time was refused: {failure:?}"))
    }

    fn must_show(&self, n: usize, answered: &Answer) -> Verdict<()> {
        match answered {
            Ok(booked) => match self.differs(n, booked) {
                None => Ok(()),
                Some(what) if booked.version != self.visits[n].appointment.version => {
                    violated(Invariant::Events, what)
                }
                Some(what) => violated(Invariant::Durable, what),
            },
            Err(failure) => {
                let visit = &self.visits[n];
                violated(Invariant::Rules, format!("{failure:?} where {visit:?} was to be shown"))
            }
        }
    }
}

/// What is told about an appointment that they may not see. A visitor may have an account and not be signed in.
fn hidden_from(owner: Owner) -> Failure {
    if owner.is_visitor { Failure::SignInFirst } else { Failure::NotFound }
}

/// Whether a visitor confirms what they have just confirmed.
fn was_confirmed_by(visit: &Visit, owner: Owner, change: &Change, now: DateTime<Utc>) -> bool {
    matches!(change, Change::Confirm { .. })
        && visit.appointment.state == State::Confirmed
        && visit
            .confirmed_by
            .is_some_and(|(visitor, at)| visitor == owner.account && at > now - TOLD_FOR)
}

fn booked_start(model: &Model, run: &[SlotId]) -> DateTime<Utc> {
    model.slots[&run[0]].starts_at
}

fn booked_end(model: &Model, run: &[SlotId]) -> DateTime<Utc> {
    model.slots[&run[run.len() - 1]].ends_at
}

/// Whether the answer is stored under the request's key. Internal errors and invalid requests are not.
fn is_stored(answered: &Answer) -> bool {
    match answered {
        Ok(_) | Err(Failure::Stale) => true,
        Err(Failure::Refused(refusal)) => refusal.status() < 500,
        Err(_) => false,
    }
}

/// A violation unless the answer is a refusal for one of these reasons.
fn must_refuse(reasons: &[Failure], answered: &Answer) -> Verdict<()> {
    match answered {
        Err(failure) if reasons.contains(failure) => Ok(()),
        Err(failure) => {
            violated(Invariant::Rules, format!("refused with {failure:?}, not one of {reasons:?}"))
        }
        Ok(booked) => {
            let invariant = match reasons[0] {
                Failure::Refused(Refusal::Taken) => Invariant::Seats,
                Failure::Refused(Refusal::PersonBusy) => Invariant::Patient,
                Failure::Refused(Refusal::HoldExpired) => Invariant::Expiry,
                Failure::Refused(Refusal::InThePast) => Invariant::Time,
                _ => Invariant::Rules,
            };
            violated(invariant, format!("granted as {booked:?} against {:?}", reasons[0]))
        }
    }
}
