//! Use cases that can run at the same time, and what must be true in whatever order their statements run.

use std::sync::Arc;

use app::i18n::text;
use async_trait::async_trait;
use chrono::{Duration, NaiveTime};
use futures::FutureExt;
use futures::future::BoxFuture;
use nadi::Failure;
use nadi::appointment::Refusal;
use nadi::ids::{AppointmentId, DoctorId, PersonId, SlotId};
use nadi::input::Code;
use nadi::ports::{
    Booked, Change, HoldRequest, Message, MessageFailure, Messages, NewBusyCalendar, Seen,
};
use nadi::schedule::{Rule, Schedule};
use server::bookings::sweeper;
use server::notifications::dispatcher::Dispatcher;

use super::schedule::Actor;
use super::world::World;
use crate::support::weekly;

/// The actors, and the check that runs when all have finished. It gets the answer of each.
pub struct Scenario {
    pub actors: Vec<Actor>,
    pub check: Check,
}

pub type Check = Box<dyn FnOnce(Vec<String>) -> BoxFuture<'static, Result<(), String>> + Send>;

/// Resets the world for one schedule and makes the scenario.
pub type Prepare = fn(Arc<World>) -> BoxFuture<'static, Scenario>;

pub(super) const OK: &str = "ok";

pub(super) fn outcome<T>(answer: Result<T, Failure>) -> String {
    match answer {
        Ok(_) => OK.to_owned(),
        Err(Failure::Refused(refusal)) => format!("{refusal:?}"),
        Err(failure) => format!("{failure:?}"),
    }
}

pub(super) fn check<F>(check: impl FnOnce(Vec<String>) -> F + Send + 'static) -> Check
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    Box::new(move |answers| check(answers).boxed())
}

pub(super) fn ensure(is_so: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(what()) }
}

/// Asha requests a hold for herself or for a child, on the server of this actor.
pub(super) async fn hold(
    world: &World,
    actor: usize,
    person: Option<PersonId>,
    slot: SlotId,
) -> String {
    let caller = world.clinic.caller(&world.asha);
    let wish = HoldRequest { slot, visit_type: None, person };
    outcome(world.servers[actor].1.bookings.hold(&caller, &wish, None).await)
}

pub(super) async fn stranger_holds(world: &World, actor: usize, slot: SlotId) -> String {
    let caller = world.clinic.caller(&world.ravi);
    let wish = HoldRequest { slot, visit_type: None, person: None };
    outcome(world.servers[actor].1.bookings.hold(&caller, &wish, None).await)
}

async fn change(
    world: &World,
    actor: usize,
    id: AppointmentId,
    change: &Change,
) -> Result<Booked, Failure> {
    let caller = world.clinic.caller(&world.asha);
    world.servers[actor].1.bookings.change(&caller, id, change, &Seen::Any, None).await
}

async fn first_free(world: &World, doctor: DoctorId) -> SlotId {
    world.clinic.free(doctor).await[0]
}

/// An actor that moves the clock past the end of a hold.
pub(super) fn clock(world: &Arc<World>) -> Actor {
    let world = world.clone();
    Actor::new("the clock", move || async move {
        world.step_clock(Duration::seconds(2));
        OK.to_owned()
    })
}

/// Makes a hold of Asha's that lapses in a second.
async fn lapsing_hold(world: &Arc<World>) -> (AppointmentId, SlotId) {
    world.reset().await;
    let slot = first_free(world, world.doctors[0]).await;
    let id = world.clinic.hold(&world.asha, slot).await.expect("held");
    world.step_clock(Duration::minutes(5) - Duration::seconds(1));
    (id, slot)
}

/// If the owner's request succeeded, the appointment is in the state `kept` and the third actor did not get the
/// time. Otherwise the owner was told that the hold has expired.
pub(super) fn check_one_owner(world: Arc<World>, id: AppointmentId, kept: &'static str) -> Check {
    check(move |answers| async move {
        let (owner, stranger) = (answers[0].clone(), answers[2].clone());
        let state = world.clinic.state(id).await;
        if owner == OK {
            ensure(state == kept, || format!("granted, and then {state}"))?;
            ensure(stranger != OK, || "two have the time".to_owned())?;
        } else {
            ensure(owner == "HoldExpired", || format!("the owner was refused: {owner}"))?;
        }
        Ok(())
    })
}

/// Asha extends a hold while it lapses and a stranger asks for the time.
pub fn extension(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        let (id, slot) = lapsing_hold(&world).await;
        let (a, c) = (world.clone(), world.clone());
        Scenario {
            actors: vec![
                Actor::new("Asha extends", move || async move {
                    outcome(change(&a, 0, id, &Change::Extend).await)
                }),
                clock(&world),
                Actor::new("Ravi holds", move || async move { stranger_holds(&c, 2, slot).await }),
            ],
            check: check_one_owner(world, id, "pending"),
        }
    }
    .boxed()
}

/// Asha confirms a hold while it lapses and a stranger asks for the time.
pub fn confirmation(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        let (id, slot) = lapsing_hold(&world).await;
        let code = Code::parse(&world.clinic.app_state.code_key.code(id, 1)).expect("a code");
        let (a, c) = (world.clone(), world.clone());
        Scenario {
            actors: vec![
                Actor::new("Asha confirms", move || async move {
                    outcome(change(&a, 0, id, &Change::Confirm { code: Some(code) }).await)
                }),
                clock(&world),
                Actor::new("Ravi holds", move || async move { stranger_holds(&c, 2, slot).await }),
            ],
            check: check_one_owner(world, id, "confirmed"),
        }
    }
    .boxed()
}

/// Asha extends a hold while it lapses and the sweeper runs.
pub fn sweep(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        let (id, _) = lapsing_hold(&world).await;
        let (a, c) = (world.clone(), world.clone());
        Scenario {
            actors: vec![
                Actor::new("Asha extends", move || async move {
                    outcome(change(&a, 0, id, &Change::Extend).await)
                }),
                clock(&world),
                Actor::new("the sweeper", move || async move {
                    match sweeper::run_once(&c.servers[2].0).await {
                        Ok(n) => format!("expired {n}"),
                        Err(error) => error.to_string(),
                    }
                }),
            ],
            check: check_one_owner(world, id, "pending"),
        }
    }
    .boxed()
}

/// A doctor saves new hours while the clinic adds public holidays.
pub fn holiday(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset_hours().await;
        let (a, b) = (world.clone(), world.clone());
        Scenario {
            actors: vec![
                Actor::new(
                    "the doctor saves hours",
                    move || async move { save_hours(&a, 0).await },
                ),
                Actor::new("the clinic takes holidays", move || async move {
                    let caller = b.clinic.caller(&b.administrator);
                    let regions = vec!["US".to_owned()];
                    let administration = &b.servers[1].1.administration;
                    let clinic = b.clinic.clinic;
                    outcome(
                        administration.save_holidays(&caller, clinic, regions, Vec::new()).await,
                    )
                }),
            ],
            check: check(move |answers| async move {
                ensure(answers.iter().all(|answer| answer == OK), || format!("{answers:?}"))?;
                world.make_times().await;
                // Thanksgiving, the fourth Thursday of November.
                let open =
                    "select count(*) from slots s where capacity > 0 and closes_at > '-infinity'
                            and local_date = '2026-11-26'";
                let open = world.clinic.count(open).await;
                ensure(open == 0, || format!("{open} times are offered on a holiday"))
            }),
        }
    }
    .boxed()
}

/// A doctor saves new hours while a calendar file of theirs is read.
pub fn calendar(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset_hours().await;
        let (a, b) = (world.clone(), world.clone());
        Scenario {
            actors: vec![
                Actor::new(
                    "the doctor saves hours",
                    move || async move { save_hours(&a, 0).await },
                ),
                Actor::new("a calendar is read", move || async move {
                    let caller = b.clinic.caller(&b.administrator);
                    let doctor = b.doctors[0];
                    let new = NewBusyCalendar { name: "Private".into(), ..Default::default() };
                    let busy = &b.servers[1].1.busy;
                    outcome(busy.add_file(&caller, doctor, new, BUSY_ON_THURSDAY.into()).await)
                }),
            ],
            check: check(move |answers| async move {
                ensure(answers.iter().all(|answer| answer == OK), || format!("{answers:?}"))?;
                world.make_times().await;
                let open =
                    "select count(*) from slots s join busy_times b on b.doctor_id = s.doctor_id
                            where s.capacity > 0 and s.closes_at > '-infinity'
                              and s.starts_at < b.ends_at and s.ends_at > b.starts_at";
                let open = world.clinic.count(open).await;
                ensure(open == 0, || format!("{open} times are offered while the doctor is busy"))
            }),
        }
    }
    .boxed()
}

/// Somebody cancels while the hours change around their time.
pub fn kept_time(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset_hours().await;
        let slot = first_free(&world, world.doctors[0]).await;
        let id = world.clinic.hold(&world.asha, slot).await.expect("held");
        world.clinic.confirm(&world.asha, id).await.expect("confirmed");
        let (a, b) = (world.clone(), world.clone());
        Scenario {
            actors: vec![
                Actor::new(
                    "the doctor saves hours",
                    move || async move { save_hours(&a, 0).await },
                ),
                Actor::new("Asha cancels", move || async move {
                    outcome(change(&b, 1, id, &Change::Cancel { reason: None }).await)
                }),
            ],
            check: check(move |answers| async move {
                ensure(answers.iter().all(|answer| answer == OK), || format!("{answers:?}"))?;
                world.make_times().await;
                let left = "select count(*) from slots s join blocks b on b.id = s.block_id
                            where b.closed_at is null and s.closes_at = '-infinity'
                              and not exists (select from seats t where t.slot_id = s.id)";
                let left = world.clinic.count(left).await;
                ensure(left == 0, || format!("{left} times are kept for nobody"))
            }),
        }
    }
    .boxed()
}

const BUSY_ON_THURSDAY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\n\
    UID:1\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261126T000000Z\r\nDTEND:20261127T000000Z\r\n\
    SUMMARY:Away\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

async fn save_hours(world: &World, actor: usize) -> String {
    let caller = world.clinic.caller(&world.administrator);
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
    let usual = weekly(world.clinic.location, "MO,TU,WE,TH,FR");
    let later = Rule { starts: hour(14), ends: hour(17), ..usual };
    let schedule = Schedule { rules: vec![later], time_off: Vec::new() };
    outcome(world.servers[actor].1.schedules.save(&caller, world.doctors[0], 1, schedule).await)
}

/// An account with two holds asks for two more at once.
pub fn third_hold(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset().await;
        let mut slots = Vec::new();
        for doctor in &world.doctors {
            slots.push(first_free(&world, *doctor).await);
        }
        let request = |slot, person| HoldRequest { slot, visit_type: None, person };
        for (slot, person) in [(slots[0], None), (slots[1], Some(world.children[0]))] {
            world.clinic.hold_as(&world.asha, &request(slot, person)).await.expect("held");
        }
        let (a, b) = (world.clone(), world.clone());
        let (first, second) = (world.children[1], world.children[2]);
        let (third, fourth) = (slots[2], slots[3]);
        Scenario {
            actors: vec![
                Actor::new("Asha holds for Chand", move || async move {
                    hold(&a, 0, Some(first), third).await
                }),
                Actor::new("Asha holds for Devi", move || async move {
                    hold(&b, 1, Some(second), fourth).await
                }),
            ],
            check: check(move |answers| async move {
                let holds = "select count(*) from appointments where state = 'pending'";
                one_of_two(&answers, "TooManyHolds")?;
                let holds = world.clinic.count(holds).await;
                ensure(holds == 3, || format!("the account holds {holds} times"))
            }),
        }
    }
    .boxed()
}

/// A person with a hold at a doctor asks for two other times of the same doctor at once.
pub fn replaced_hold(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset().await;
        let slots = world.clinic.free(world.doctors[0]).await;
        world.clinic.hold(&world.asha, slots[0]).await.expect("held");
        let (a, b, first, second) = (world.clone(), world.clone(), slots[1], slots[2]);
        Scenario {
            actors: vec![
                Actor::new("Asha holds one", move || async move { hold(&a, 0, None, first).await }),
                Actor::new(
                    "Asha holds another",
                    move || async move { hold(&b, 1, None, second).await },
                ),
            ],
            check: check(move |answers| async move {
                ensure(answers.iter().all(|answer| answer == OK), || format!("{answers:?}"))?;
                let held = "select count(*) from appointments where state = 'pending'";
                let held = world.clinic.count(held).await;
                ensure(held == 1, || format!("she holds {held} times with one doctor"))
            }),
        }
    }
    .boxed()
}

/// An account with two upcoming visits to a doctor asks for two more at once.
pub fn third_visit(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset().await;
        let slots = world.clinic.free(world.doctors[0]).await;
        let request = |slot, person| HoldRequest { slot, visit_type: None, person };
        for (slot, person) in [(slots[0], None), (slots[1], Some(world.children[0]))] {
            let wish = request(slot, person);
            let id = world.clinic.hold_as(&world.asha, &wish).await.expect("held");
            world.clinic.confirm(&world.asha, id).await.expect("confirmed");
        }
        let (a, b) = (world.clone(), world.clone());
        let (first, second) = (world.children[1], world.children[2]);
        let (third, fourth) = (slots[2], slots[3]);
        Scenario {
            actors: vec![
                Actor::new("Asha holds for Chand", move || async move {
                    hold(&a, 0, Some(first), third).await
                }),
                Actor::new("Asha holds for Devi", move || async move {
                    hold(&b, 1, Some(second), fourth).await
                }),
            ],
            check: check(move |answers| async move {
                let refused = format!("{:?}", Refusal::TooManyVisits { most: 3 });
                one_of_two(&answers, &refused)?;
                let visits =
                    "select count(*) from appointments where state in ('pending', 'confirmed')";
                let visits = world.clinic.count(visits).await;
                ensure(visits == 3, || format!("the account has {visits} visits ahead"))
            }),
        }
    }
    .boxed()
}

/// Two dispatchers deliver while an appointment that was just confirmed is cancelled.
pub fn messages(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset().await;
        let slot = first_free(&world, world.doctors[0]).await;
        let id = world.clinic.hold(&world.asha, slot).await.expect("held");
        world.clinic.dispatcher().run_once().await.expect("the code is sent");
        world.clinic.confirm(&world.asha, id).await.expect("confirmed");
        let dispatcher = |name, actor| {
            let world = world.clone();
            Actor::new(name, move || async move {
                let messages = ScheduledMessages { world: world.clone(), actor };
                let app_state = world.servers[actor].0.clone();
                let dispatcher =
                    Dispatcher::new(app_state, Arc::new(messages), "https://nadi.example".into());
                match dispatcher.run_once().await {
                    Ok(_) => OK.to_owned(),
                    Err(error) => error.to_string(),
                }
            })
        };
        let a = world.clone();
        Scenario {
            actors: vec![
                dispatcher("the first dispatcher", 0),
                Actor::new("Asha cancels", move || async move {
                    outcome(change(&a, 1, id, &Change::Cancel { reason: None }).await)
                }),
                dispatcher("the second dispatcher", 2),
            ],
            check: check(move |answers| async move {
                ensure(answers.iter().all(|answer| answer == OK), || format!("{answers:?}"))?;
                // Messages that were postponed are due now.
                world.step_clock(Duration::seconds(5));
                world.clinic.dispatcher().run_once().await.map_err(|error| error.to_string())?;
                let sent = world.clinic.messages.sent.lock().expect("not poisoned").clone();
                let words =
                    |subject: &str| subject.split(':').next().unwrap_or_default().to_owned();
                let told: Vec<String> =
                    sent.iter().skip(1).map(|message| words(&message.subject)).collect();
                let subject = |text: String| words(&text);
                let confirmed = subject(text!("email-confirmed-subject", when = ""));
                let cancelled = subject(text!("email-cancelled-subject", when = ""));
                let right = [vec![cancelled.clone()], vec![confirmed, cancelled]];
                ensure(right.contains(&told), || format!("told were {told:?}"))
            }),
        }
    }
    .boxed()
}

/// A mail server where sending is a step that the schedule has to release.
struct ScheduledMessages {
    world: Arc<World>,
    actor: usize,
}

#[async_trait]
impl Messages for ScheduledMessages {
    async fn send(&self, message: &Message) -> Result<(), MessageFailure> {
        self.world.gate.pass(self.actor, 0, format!("sends {}", message.subject)).await;
        self.world.clinic.messages.send(message).await
    }
}

/// One request is granted, and the other one is refused with this reason.
pub(super) fn one_of_two(answers: &[String], refused: &str) -> Result<(), String> {
    let granted = answers.iter().filter(|answer| *answer == OK).count();
    let told = answers.iter().filter(|answer| *answer == refused).count();
    ensure((granted, told) == (1, 1), || format!("{answers:?}"))
}
