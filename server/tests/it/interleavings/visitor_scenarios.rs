//! Use cases of visitors at the same time as those of others: one proven address has one account, and a code counts
//! only for the address that it was sent to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::Duration;
use futures::FutureExt;
use futures::future::BoxFuture;
use nadi::actor::{Actor as Asking, Caller, Visitor};
use nadi::appointment::Refusal;
use nadi::ids::{AccountId, AppointmentId, PersonId, SlotId};
use nadi::input::{Code, Email};
use nadi::ports::{Change, Contact, HoldRequest, Seen};
use uuid::Uuid;

use super::scenarios::{
    OK, Scenario, check, check_one_owner, clock, ensure, hold, one_of_two, outcome, stranger_holds,
};
use super::schedule::Actor;
use super::world::World;

/// The fixture's address of Asha's account.
const ASHAS: &str = "asha@example.org";

/// An address that nobody has proven. A new one for each run, because codes to one address are limited.
fn new_address() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("new.{}@visitors.example", NUMBER.fetch_add(1, Ordering::Relaxed))
}

fn visitor(number: u128) -> Visitor {
    Visitor {
        account: AccountId(Uuid::from_u128(0xacc0_0000 + number)),
        person: PersonId(Uuid::from_u128(0xbe40_0000 + number)),
    }
}

fn caller(world: &World, visitor: Visitor) -> Caller {
    Caller { actor: Asking::Visitor(Some(visitor)), ..world.clinic.visitor() }
}

/// A visitor's hold for which this address was typed, and its code sent.
async fn held(world: &World, visitor: Visitor, slot: SlotId, email: &str) -> AppointmentId {
    let wish = HoldRequest { slot, visit_type: None, person: None };
    let held = world.clinic.ports.bookings.hold(&caller(world, visitor), &wish, None).await;
    sqlx::query(
        "with typed as (update accounts set email = $2 where id = $1 and visitor returning id)
         update people p set name = 'Somebody' from typed where p.account_id = typed.id",
    )
    .bind(visitor.account.0)
    .bind(email)
    .execute(&world.clinic.pool)
    .await
    .expect("typed");
    let id = held.expect("held").id;
    sqlx::query("update appointments set code_counter = 2 where id = $1")
        .bind(id.0)
        .execute(&world.clinic.pool)
        .await
        .expect("sent");
    id
}

async fn change(
    world: &World,
    (actor, visitor): (usize, Visitor),
    id: AppointmentId,
    change: Change,
) -> String {
    let caller = caller(world, visitor);
    let bookings = &world.servers[actor].1.bookings;
    outcome(bookings.change(&caller, id, &change, &Seen::Any, None).await)
}

/// The visitor confirms with the code that was sent first.
fn confirms(world: &Arc<World>, actor: usize, visitor: Visitor, id: AppointmentId) -> Actor {
    let names = ["the visitor confirms", "another visitor confirms"];
    let code = Code::parse(&world.clinic.app_state.code_key.code(id, 2)).expect("a code");
    let world = world.clone();
    Actor::new(names[actor], move || async move {
        change(&world, (actor, visitor), id, Change::Confirm { code: Some(code) }).await
    })
}

/// The state of an appointment, and the address and kind of the account that has it.
async fn owner(world: &World, id: AppointmentId) -> (String, String, bool) {
    sqlx::query_as(
        "select p.state, a.email, a.visitor from appointments p join accounts a on a.id = p.booked_by
         where p.id = $1",
    )
    .bind(id.0)
    .fetch_one(&world.clinic.pool)
    .await
    .expect("an appointment")
}

/// If the visitor was refused, the hold is as it was, and no try is used up.
async fn check_kept(world: &World, id: AppointmentId, answer: &str) -> Result<(), String> {
    if answer == OK {
        return Ok(());
    }
    let kept =
        "select count(*) from appointments a join accounts v on v.id = a.booked_by and v.visitor
                where a.state = 'pending' and a.code_tries = 0 and a.version = 1";
    let kept = world.clinic.count(kept).await;
    ensure(kept == 1, || format!("the visitor was refused, and {id} has changed"))
}

/// Two visitors confirm with the same new address at once.
pub fn one_new_address(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset().await;
        let email = new_address();
        let mut actors = Vec::new();
        let mut ids = Vec::new();
        for n in 0..2 {
            let slot = world.clinic.free(world.doctors[n]).await[n];
            let somebody = visitor(n as u128);
            let id = held(&world, somebody, slot, &email).await;
            actors.push(confirms(&world, n, somebody, id));
            ids.push(id);
        }
        Scenario {
            actors,
            check: check(move |answers| async move {
                ensure(answers.iter().all(|answer| answer == OK), || format!("{answers:?}"))?;
                let accounts: i64 = sqlx::query_scalar(
                    "select count(*) from accounts where email = $1 and not visitor",
                )
                .bind(&email)
                .fetch_one(&world.clinic.pool)
                .await
                .expect("a count");
                ensure(accounts == 1, || format!("the address has {accounts} accounts"))?;
                for id in ids {
                    let found = owner(&world, id).await;
                    let right = ("confirmed".to_owned(), email.clone(), false);
                    ensure(found == right, || format!("{found:?}"))?;
                }
                Ok(())
            }),
        }
    }
    .boxed()
}

/// A visitor confirms with Asha's address while Asha holds a time that overlaps.
pub fn overlapping_hold(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset().await;
        let slot = world.clinic.free(world.doctors[0]).await[0];
        let same_time = world.clinic.free(world.doctors[1]).await[0];
        let id = held(&world, visitor(0), slot, ASHAS).await;
        let b = world.clone();
        Scenario {
            actors: vec![
                confirms(&world, 0, visitor(0), id),
                Actor::new("Asha holds", move || async move { hold(&b, 1, None, same_time).await }),
            ],
            check: check(move |answers| async move {
                one_of_two(&answers, "PersonBusy")?;
                check_kept(&world, id, &answers[0]).await
            }),
        }
    }
    .boxed()
}

/// A visitor confirms with Asha's address while Asha holds the last time that she may have with the doctor.
pub fn last_visit(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset().await;
        let slots = world.clinic.free(world.doctors[0]).await;
        for (slot, person) in [(slots[0], None), (slots[1], Some(world.children[0]))] {
            let wish = HoldRequest { slot, visit_type: None, person };
            let id = world.clinic.hold_as(&world.asha, &wish).await.expect("held");
            world.clinic.confirm(&world.asha, id).await.expect("confirmed");
        }
        let id = held(&world, visitor(0), slots[2], ASHAS).await;
        let (b, child, fourth) = (world.clone(), world.children[1], slots[3]);
        Scenario {
            actors: vec![
                confirms(&world, 0, visitor(0), id),
                Actor::new("Asha holds for Chand", move || async move {
                    hold(&b, 1, Some(child), fourth).await
                }),
            ],
            check: check(move |answers| async move {
                let refused = format!("{:?}", Refusal::TooManyVisits { most: 3 });
                one_of_two(&answers, &refused)?;
                check_kept(&world, id, &answers[0]).await
            }),
        }
    }
    .boxed()
}

/// A visitor confirms in one tab and gives another address in a second one.
pub fn another_address(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset().await;
        let slot = world.clinic.free(world.doctors[0]).await[0];
        let (first, second) = (new_address(), new_address());
        let id = held(&world, visitor(0), slot, &first).await;
        let b = world.clone();
        let email = Email::parse(&second).expect("an address");
        let contact = Contact { name: "Somebody".into(), email, patient: None };
        Scenario {
            actors: vec![
                confirms(&world, 0, visitor(0), id),
                Actor::new("the visitor gives another address", move || async move {
                    let send = Change::SendCode { contact: Some(contact) };
                    change(&b, (1, visitor(0)), id, send).await
                }),
            ],
            check: check(move |answers| async move {
                let wrong = format!("{:?}", Refusal::WrongCode { tries_left: 4 });
                let expected = match answers[0].as_str() {
                    OK => (vec![OK, "SignInFirst"], ("confirmed".to_owned(), first, false)),
                    _ => (vec![wrong.as_str(), OK], ("pending".to_owned(), second, true)),
                };
                let found = owner(&world, id).await;
                let is_right = answers == expected.0 && found == expected.1;
                ensure(is_right, || format!("answered {answers:?}, and it is {found:?}"))
            }),
        }
    }
    .boxed()
}

/// A visitor confirms a hold while it lapses and a stranger asks for the time.
pub fn lapsing_confirmation(world: Arc<World>) -> BoxFuture<'static, Scenario> {
    async move {
        world.reset().await;
        let slot = world.clinic.free(world.doctors[0]).await[0];
        let id = held(&world, visitor(0), slot, &new_address()).await;
        world.step_clock(Duration::minutes(5) - Duration::seconds(1));
        let c = world.clone();
        Scenario {
            actors: vec![
                confirms(&world, 0, visitor(0), id),
                clock(&world),
                Actor::new("Ravi holds", move || async move { stranger_holds(&c, 2, slot).await }),
            ],
            check: check_one_owner(world, id, "confirmed"),
        }
    }
    .boxed()
}
