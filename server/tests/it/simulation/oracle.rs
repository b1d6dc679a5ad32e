//! The oracle: whether an answer is the one that the rules give, and how it changes the model.

use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::actor::{ActingRole, SignedIn};
use nadi::appointment::{Appointment, Command, Event, Facts, Proof, Refusal, State, decide};
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AppointmentId, PersonId, SlotId};
use nadi::ports::{Booked, Change, HoldRequest, Seen};

use super::invariants::{Invariant, Violation};
use super::model::{HOLD, Model, NOTICE, StoredAnswer, Visit};

pub type Answer = Result<Booked, Failure>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Hold(HoldRequest),
    Change(AppointmentId, Change, Seen),
}

/// A request, and the instance that it is sent to.
#[derive(Clone, Debug)]
pub struct Request {
    pub who: SignedIn,
    pub instance: usize,
    pub ask: Action,
    pub key: Option<IdempotencyKey>,
    /// The line of the statistics that counts it.
    pub kind: &'static str,
}

/// The circumstances of one or more requests.
pub struct Context {
    pub now: DateTime<Utc>,
    /// Whether it was the only request at that moment, so that there is exactly one right answer.
    pub alone: bool,
}

/// What else is known about an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub replayed: bool,
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
        let account = asked.who.account;
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
            Action::Hold(wish) => self.check_hold(&asked.who, wish, answered, context)?,
            Action::Change(id, change, seen) => {
                self.check_change(&asked.who, *id, (change, seen), answered, context)?;
                Outcome::default()
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
        who: &SignedIn,
        wish: &HoldRequest,
        answered: &Answer,
        context: &Context,
    ) -> Verdict<Outcome> {
        let now = context.now;
        let person = wish.person.unwrap_or(who.person);
        if self.people.get(&person) != Some(&who.account) {
            return must_refuse(&[Failure::NotFound], answered).map(|()| Outcome::default());
        }
        let kind = wish.visit_type.unwrap_or(self.kinds[0].0);
        let doctor = self.slots.get(&wish.slot).map(|slot| slot.doctor);
        let (Some(doctor), Some(span)) = (doctor, self.span(kind)) else {
            return must_refuse(&[Refusal::NotOffered.into()], answered)
                .map(|()| Outcome::default());
        };
        let own = self.standing(now).find(|(_, visit)| {
            visit.person == person && visit.kind == kind && visit.run.first() == Some(&wish.slot)
        });
        if let Some((n, _)) = own {
            return self.must_show(n, answered).map(|()| Outcome::default());
        }
        // The person's other hold with this doctor is released.
        let given_up: Vec<usize> = self
            .standing(now)
            .filter(|(_, v)| v.person == person && v.doctor == doctor && v.is_hold(now))
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
        let facts = Facts {
            slot: self.slot_facts(wish.slot, span, &given_up, now),
            person_is_busy: self.is_busy(person, &run, &given_up, now),
            active_holds,
            visits_ahead: i64::try_from(visits_ahead).unwrap_or(i64::MAX),
            ..Facts::of(ActingRole::Patient, NOTICE, HOLD)
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
                self.false_refusal(who, person, &run, failure, now)?;
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
        who: &SignedIn,
        id: AppointmentId,
        (change, seen): (&Change, &Seen),
        answered: &Answer,
        context: &Context,
    ) -> Verdict<()> {
        let now = context.now;
        let command = change.command();
        let Some(n) = self.find(id) else { return must_refuse(&[Failure::NotFound], answered) };
        let visit = self.visits[n].clone();
        let side = who.acting_role_to(command, visit.booked_by, visit.doctor, self.clinic);
        let Some(by) = side else { return must_refuse(&[Failure::NotFound], answered) };
        let mut facts = Facts::of(by, NOTICE, HOLD);
        let mut run = None;
        match change {
            Change::Confirm { code } => {
                let right = code.as_ref().is_some_and(|code| {
                    self.codes.matches(id, visit.appointment.code_counter, code)
                });
                facts.proof = if right { Proof::RightCode } else { Proof::WrongCode };
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
        let transition = match decide(Some(&visit.appointment), &facts, command, now) {
            Ok(transition) if !transition.changes(&visit.appointment) => {
                return self.must_show(n, answered);
            }
            verdict if !seen.admits(visit.appointment.version) => {
                let mut reasons = vec![Failure::Stale];
                // The expiry may have been recorded at the same moment, before or after this request.
                if let (false, Err(refusal)) = (context.alone, verdict)
                    && visit.appointment.state == State::Expired
                {
                    reasons.push(refusal.into());
                }
                return must_refuse(&reasons, answered);
            }
            Err(refusal) => {
                let mut reasons = vec![refusal.into()];
                if facts.person_is_busy && reasons[0] == Refusal::Taken.into() {
                    reasons.push(Refusal::PersonBusy.into());
                }
                return must_refuse(&reasons, answered);
            }
            Ok(transition) => transition,
        };
        let incomplete = match change {
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
                Err(Failure::Invalid(_)) => Ok(()),
                other => violated(Invariant::Rules, format!("incomplete, and answered {other:?}")),
            };
        }
        let run = run.filter(|_| transition.event == Some(Event::Rescheduled));
        if let (Some(run), Err(failure)) = (&run, answered) {
            return self.false_refusal(who, visit.person, run, failure, now);
        }
        self.apply(n, &transition, run, now);
        match transition.refusal {
            Some(refusal) => must_refuse(&[refusal.into()], answered),
            None => self.must_show(n, answered),
        }
    }

    /// The violation when the rules grant a request that was refused.
    fn false_refusal(
        &self,
        who: &SignedIn,
        person: PersonId,
        run: &[SlotId],
        failure: &Failure,
        now: DateTime<Utc>,
    ) -> Verdict<()> {
        if self.conflicts_with_lapsed_hold(person, who.account, run, now) {
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
