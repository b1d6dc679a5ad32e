//! A stranger holds a clinic's times from one network: its administrators see that, and release what the network holds.
//!
//! The limits do not count here, as in development: each attack is one that they let through.

use chrono::Duration;
use nadi::Failure;
use nadi::actor::{Actor, Administers, Caller, Network, SignedIn, Visitor};
use nadi::ids::{AccountId, AppointmentId, ClinicId, PersonId, SlotId};
use nadi::input::Code;
use nadi::ports::{AffectedDoctor, Change, HoldRequest, HoldSourceView, Seen};
use server::bookings::hold_source_queue::{NotedHold, QUEUED_MAX};
use server::bookings::hold_sources::write_noted;
use server::clock::Clock;
use server::ids::uuid_v7;
use server::retention;
use uuid::Uuid;

use crate::invitations::administrator;
use crate::support::http::{administrator_cookie, get_page, send_form};
use crate::support::texts::visible;
use crate::support::{Clinic, monday_nine};

const ATTACKER: &str = "192.0.2.7";
const NEIGHBOUR: &str = "2001:db8:1:2::9";
const HOLDS: &str = "select count(*) from patient_times where held_until < 'infinity'";
const ROWS: &str = "select count(*) from hold_sources";

fn network(address: &str) -> Network {
    address.parse().expect("a network")
}

fn from(clinic: &Clinic, actor: Actor, address: &str) -> Caller {
    Caller { actor, network: Some(network(address)), ..clinic.visitor() }
}

fn account(clinic: &Clinic, who: &SignedIn, address: &str) -> Caller {
    from(clinic, Actor::Account(Box::new(who.clone())), address)
}

/// A browser that has not been here before.
fn new_visitor(clinic: &Clinic, address: &str) -> Caller {
    let now = clinic.clock.now();
    let (account, person) = (AccountId(uuid_v7(now)), PersonId(uuid_v7(now)));
    from(clinic, Actor::Visitor(Some(Visitor { account, person })), address)
}

async fn hold(clinic: &Clinic, caller: &Caller, slot: SlotId) -> AppointmentId {
    let request = HoldRequest { slot, visit_type: None, person: None };
    clinic.ports.bookings.hold(caller, &request, None).await.expect("held").id
}

/// As many new visitors as there are slots hold one each.
async fn attack(clinic: &Clinic, slots: &[SlotId]) {
    for slot in slots {
        hold(clinic, &new_visitor(clinic, ATTACKER), *slot).await;
    }
    write_noted(&clinic.app_state).await.expect("written");
}

async fn sources(clinic: &Clinic, who: &SignedIn) -> Vec<HoldSourceView> {
    clinic.ports.hold_sources.sources(&clinic.caller(who)).await.expect("a list")
}

async fn release(clinic: &Clinic, who: &SignedIn) -> u32 {
    let caller = clinic.caller(who);
    clinic.ports.hold_sources.release(&caller, network(ATTACKER)).await.expect("released")
}

#[tokio::test]
async fn an_administrator_sees_who_blocks_a_doctor_and_releases_all_of_it() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let all = clinic.free(clinic.doctor).await;
    let guest = clinic.patient("Guest").await;
    let confirmed = hold(&clinic, &account(&clinic, &guest, ATTACKER), all[0]).await;
    clinic.confirm(&guest, confirmed).await.expect("confirmed");
    let ravi = clinic.patient("Ravi").await;
    hold(&clinic, &account(&clinic, &ravi, NEIGHBOUR), all[1]).await;
    for (who, slot) in clinic.many_patients(6).await.iter().zip(&all[2..]) {
        hold(&clinic, &account(&clinic, who, ATTACKER), *slot).await;
    }
    attack(&clinic, &all[8..20]).await;

    let seen = sources(&clinic, &admin).await;
    // Nine times a day for five days, one of which somebody has for good.
    let doctor = |percent| Some(AffectedDoctor { name: "Dr asha-naik".into(), percent });
    let attacker = HoldSourceView {
        network: network(ATTACKER),
        held: 18,
        unconfirmed: 0,
        doctors: 1,
        accounts: 6,
        visitors: 12,
        most_affected: doctor(18 * 100 / 44),
        is_unusual: true,
    };
    let neighbour = HoldSourceView {
        network: network(NEIGHBOUR),
        held: 1,
        accounts: 1,
        visitors: 0,
        most_affected: doctor(100 / 44),
        is_unusual: false,
        ..attacker.clone()
    };
    assert_eq!(seen, [attacker.clone(), neighbour.clone()]);

    // Those of another clinic see nothing of it, and release nothing.
    let elsewhere = Administers::Clinics(vec![ClinicId(Uuid::from_u128(99))]);
    let stranger = SignedIn { administers: elsewhere, ..clinic.patient("Stranger").await };
    assert_eq!(sources(&clinic, &stranger).await, []);
    assert_eq!(release(&clinic, &stranger).await, 0);
    let desk = clinic.patient("Desk").await;
    let desk = SignedIn { receptionist_of: vec![clinic.clinic], ..desk };
    for (caller, failure) in [
        (clinic.caller(&desk), Failure::NotAllowed),
        (clinic.caller(&guest), Failure::NotAllowed),
        (clinic.visitor(), Failure::SignInFirst),
    ] {
        let port = &clinic.ports.hold_sources;
        assert_eq!(port.sources(&caller).await, Err(failure.clone()));
        assert_eq!(port.release(&caller, network(ATTACKER)).await, Err(failure));
    }
    assert_eq!(clinic.count(HOLDS).await, 19);

    assert_eq!(release(&clinic, &admin).await, 18);
    assert_eq!(clinic.state(confirmed).await, "confirmed");
    assert_eq!(clinic.count(HOLDS).await, 1, "the neighbour's");
    assert_eq!(clinic.free(clinic.doctor).await, all[2..], "all others are free again");
    let by: Vec<(String, Uuid)> = sqlx::query_as(
        "select actor, actor_account_id from events where type = 'appointment.released'",
    )
    .fetch_all(&clinic.pool)
    .await
    .expect("events");
    assert_eq!(by, vec![("administrator".to_owned(), admin.account.0); 18]);
    clinic.assert_consistent().await;

    assert_eq!(release(&clinic, &admin).await, 0, "once is enough");
    let released = HoldSourceView {
        held: 0,
        unconfirmed: 18,
        most_affected: None,
        is_unusual: false,
        ..attacker
    };
    assert_eq!(sources(&clinic, &admin).await, [neighbour, released]);
}

#[tokio::test]
async fn a_platform_administrator_sees_all_clinics_and_a_visit_that_was_cancelled_later_counts_as_confirmed()
 {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    let everywhere =
        SignedIn { administers: Administers::Everything, ..clinic.patient("Administrator").await };
    let guest = clinic.patient("Guest").await;
    let id = hold(&clinic, &account(&clinic, &guest, ATTACKER), free[20]).await;
    write_noted(&clinic.app_state).await.expect("written");
    assert_eq!(sources(&clinic, &everywhere).await.len(), 1);
    clinic.confirm(&guest, id).await.expect("confirmed");
    assert_eq!(sources(&clinic, &everywhere).await, []);
    clinic.change(&guest, id, &Change::Cancel { reason: None }).await.expect("cancelled");
    assert_eq!(sources(&clinic, &everywhere).await, []);
    let again = hold(&clinic, &account(&clinic, &guest, ATTACKER), free[20]).await;
    // What was noted just now is released, too.
    assert_eq!(release(&clinic, &everywhere).await, 1);
    assert_eq!(clinic.state(again).await, "cancelled");
}

#[tokio::test]
async fn holding_again_and_again_is_unusual_for_an_hour_and_nothing_is_known_after_a_day() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let free = clinic.free(clinic.doctor).await;
    // Far ahead, so that they are no part of the next seven days.
    let slots = &free[60..79];
    attack(&clinic, slots).await;
    let seen = sources(&clinic, &admin).await;
    assert_eq!((seen[0].held, seen[0].is_unusual), (19, false), "not many enough");
    assert_eq!(seen[0].most_affected, None);
    clinic.clock.step(Duration::minutes(10));
    let seen = sources(&clinic, &admin).await;
    assert_eq!((seen[0].held, seen[0].unconfirmed, seen[0].is_unusual), (0, 19, false));
    attack(&clinic, &slots[..1]).await;
    let seen = sources(&clinic, &admin).await;
    assert_eq!((seen[0].held, seen[0].unconfirmed, seen[0].is_unusual), (1, 19, true));
    clinic.clock.step(Duration::minutes(61));
    assert_eq!(sources(&clinic, &admin).await, []);

    retention::run_every_minute(&clinic.app_state).await.expect("tidied");
    assert_eq!(clinic.count(ROWS).await, 20);
    clinic.clock.set(monday_nine() + Duration::hours(24) + Duration::seconds(1));
    retention::run_every_minute(&clinic.app_state).await.expect("tidied");
    assert_eq!(clinic.count(ROWS).await, 1);
    clinic.clock.step(Duration::minutes(10));
    retention::run_every_minute(&clinic.app_state).await.expect("tidied");
    assert_eq!(clinic.count(ROWS).await, 0);
}

#[tokio::test]
async fn a_full_queue_drops_networks_and_no_holds() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    let noted = |appointment| NotedHold {
        appointment,
        network: network(NEIGHBOUR),
        held_at: clinic.clock.now(),
    };
    for number in 0..QUEUED_MAX {
        let appointment = AppointmentId(Uuid::from_u128(number as u128));
        clinic.app_state.hold_sources.note(noted(appointment));
    }
    let dropped = hold(&clinic, &new_visitor(&clinic, ATTACKER), free[0]).await;
    write_noted(&clinic.app_state).await.expect("written");
    let kept = hold(&clinic, &new_visitor(&clinic, ATTACKER), free[1]).await;
    write_noted(&clinic.app_state).await.expect("written");
    assert_eq!(clinic.count(ROWS).await, i64::try_from(QUEUED_MAX).expect("a number") + 1);
    for (id, rows) in [(dropped, 0), (kept, 1)] {
        let found: i64 =
            sqlx::query_scalar("select count(*) from hold_sources where appointment_id = $1")
                .bind(id.0)
                .fetch_one(&clinic.pool)
                .await
                .expect("a count");
        assert_eq!(found, rows);
    }
    // The same hold twice, as after a repeated request.
    clinic.app_state.hold_sources.note(noted(kept));
    clinic.app_state.hold_sources.note(noted(kept));
    write_noted(&clinic.app_state).await.expect("written");
    let first: String =
        sqlx::query_scalar("select host(network) from hold_sources where appointment_id = $1")
            .bind(kept.0)
            .fetch_one(&clinic.pool)
            .await
            .expect("a network");
    assert_eq!(first, ATTACKER);
}

/// The confirmation waits for the row first, and the release behind it. The administrator may even be the patient.
#[tokio::test]
async fn what_is_confirmed_at_the_same_moment_stays() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let free = clinic.free(clinic.doctor).await;
    let guest = clinic.patient("Guest").await;
    for (who, slots) in [(&guest, &free[..2]), (&admin, &free[2..4])] {
        let caller = account(&clinic, who, ATTACKER);
        let id = hold(&clinic, &caller, slots[0]).await;
        hold(&clinic, &new_visitor(&clinic, ATTACKER), slots[1]).await;
        write_noted(&clinic.app_state).await.expect("written");
        let mut blocker = clinic.pool.begin().await.expect("a transaction");
        sqlx::query("select from appointments where id = $1 for update")
            .bind(id.0)
            .execute(&mut *blocker)
            .await
            .expect("locked");
        let instance = clinic.instance(5);
        let code = Code::parse(&clinic.app_state.code_key.code(id, 1)).expect("a code");
        let confirm = Change::Confirm { code: Some(code) };
        let admins = clinic.caller(&admin);
        let (confirmed, released, ()) = tokio::join!(
            instance.bookings.change(&caller, id, &confirm, &Seen::Any, None),
            async {
                clinic.until_waiting(1).await;
                instance.hold_sources.release(&admins, network(ATTACKER)).await
            },
            async {
                clinic.until_waiting(2).await;
                blocker.rollback().await.expect("released");
            }
        );
        assert!(confirmed.is_ok(), "{confirmed:?}");
        assert_eq!(released, Ok(1), "only what was still held");
        assert_eq!(clinic.state(id).await, "confirmed");
        assert_eq!(clinic.count(HOLDS).await, 0);
        clinic.assert_consistent().await;
    }
}

/// Two administrators at once, while the patients themselves release and the attack goes on.
#[tokio::test]
async fn two_who_release_at_once_leave_everything_free_and_consistent() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let colleague = administrator(&clinic, "Colleague").await;
    let all = clinic.free(clinic.doctor).await;
    attack(&clinic, &all[..30]).await;
    let instances = [clinic.instance(5), clinic.instance(5)];
    let callers = [clinic.caller(&admin), clinic.caller(&colleague)];
    let (one, other) = tokio::join!(
        instances[0].hold_sources.release(&callers[0], network(ATTACKER)),
        instances[1].hold_sources.release(&callers[1], network(ATTACKER))
    );
    assert!(one.expect("released") + other.expect("released") >= 30);
    assert_eq!(clinic.free(clinic.doctor).await, all);
    let events = "select count(*) from events where type = 'appointment.released'";
    assert_eq!(clinic.count(events).await, 30, "each once");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn the_pages_say_what_is_unusual_and_how_many_were_released() {
    let clinic = Clinic::open().await;
    let cookie = administrator_cookie(&clinic).await;
    let base = clinic.serve().await;
    let open = async |path: &str| {
        let (status, _, page) = get_page(&base, path, &cookie).await;
        assert_eq!(status, 200, "{page}");
        visible(&page)
    };
    assert!(!open("/admin").await.contains("unusual"));
    assert!(open("/admin/holds").await.contains("No held times"));

    let free = clinic.free(clinic.doctor).await;
    attack(&clinic, &free[..20]).await;
    let neighbour = new_visitor(&clinic, NEIGHBOUR);
    hold(&clinic, &neighbour, free[30]).await;
    write_noted(&clinic.app_state).await.expect("written");
    let start = open("/admin").await;
    assert!(start.contains("1 network holds an unusual number of times."), "{start}");
    let page = open("/admin/holds").await;
    for text in [
        "192.0.2.7 Unusual",
        "2001:db8:1:2::/64",
        "20 held now",
        "20 visitors without an account",
        "44% of the times in the next 7 days",
        "Release 20 times",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let release = async |network: &str| {
        let form = ("/fn/release_holds", "/admin/holds");
        let (status, page) = send_form(&base, form, &cookie, &[("network", network)]).await;
        (status, visible(&page))
    };
    let (status, page) = release(ATTACKER).await;
    assert_eq!(status, 200);
    assert!(page.contains("20 times released. Patients can book them again."), "{page}");
    assert!(page.contains("20 not confirmed in the last hour"), "{page}");
    assert!(!page.contains("Unusual"), "{page}");
    let (_, page) = release(ATTACKER).await;
    assert!(page.contains("No times released. This network no longer holds any."), "{page}");
    let (_, page) = release("2001:db8:1:2::").await;
    assert!(page.contains("1 time released. Patients can book it again."), "{page}");
    let (status, page) = release("the neighbours").await;
    assert_eq!(status, 400, "{page}");
    assert!(!open("/admin").await.contains("unusual"));
    assert_eq!(clinic.free(clinic.doctor).await, free);
}
