//! Booked times that stay although the hours have changed, and what they block until they end.

use chrono::{Duration, NaiveTime};
use nadi::appointment::Refusal;
use nadi::ports::Change;
use nadi::schedule::Rule;
use server::schedules::top_up;
use server::supervisor::Supervisor;

use super::{Harness, hours, schedule_of};

/// Saves half hours from nine to twelve, and returns rules that begin a quarter of an hour later: under these, a
/// kept time overlaps two new ones.
async fn rules_a_quarter_later(harness: &Harness) -> Vec<Rule> {
    let clinic = &harness.clinic;
    harness.save(schedule_of(vec![hours(clinic, "TU", 9, 12)])).await.expect("saved");
    let quarter = |hour| NaiveTime::from_hms_opt(hour, 15, 0).expect("a time");
    vec![Rule { starts: quarter(9), ends: quarter(12), ..hours(clinic, "TU", 9, 12) }]
}

const TUESDAY: [&str; 6] =
    ["11-24 09:15", "11-24 09:45", "11-24 10:15", "11-24 10:45", "11-24 11:15", "11-24 11:45"];

impl Harness {
    async fn free_on_tuesday(&self) -> Vec<String> {
        let mut free = self.free().await;
        free.retain(|at| at.starts_with("11-24"));
        free
    }

    /// Runs the job. Fails if it has nothing to do before, or something left to do afterwards.
    async fn run_top_up(&self) {
        assert!(
            top_up::is_due(&self.clinic.app_state).await.expect("an answer"),
            "something to do"
        );
        top_up::run_once(&self.clinic.app_state).await.expect("made");
        assert!(
            !top_up::is_due(&self.clinic.app_state).await.expect("an answer"),
            "nothing is left"
        );
    }
}

/// In whichever way a kept time becomes free, the times that it blocked are offered again.
#[tokio::test]
async fn times_blocked_by_a_kept_time_are_offered_again() {
    for way in ["released", "expired", "expired by another's hold", "cancelled", "moved"] {
        let harness = Harness::open().await;
        let clinic = &harness.clinic;
        let new = rules_a_quarter_later(&harness).await;
        let asha = clinic.patient("Asha").await;
        let id = clinic.hold(&asha, harness.slot_at("11-24 10:00").await).await.expect("held");
        if ["cancelled", "moved"].contains(&way) {
            clinic.confirm(&asha, id).await.expect("confirmed");
        }
        harness.save(schedule_of(new)).await.expect("saved");
        let left = ["11-24 09:15", "11-24 10:45", "11-24 11:15", "11-24 11:45"];
        assert_eq!(harness.free_on_tuesday().await, left, "{way}: the kept time is in the way");
        assert!(!top_up::is_due(&clinic.app_state).await.expect("an answer"));
        let (mut expected, cancel) = (TUESDAY.to_vec(), Change::Cancel { reason: None });
        match way {
            "released" | "cancelled" => {
                clinic.change(&asha, id, &cancel).await.expect("given back");
            }
            "expired" => {
                clinic.clock.step(Duration::minutes(5));
                let swept = server::bookings::sweeper::run_once(&clinic.app_state).await;
                assert_eq!(swept.expect("swept"), 1);
            }
            "expired by another's hold" => {
                clinic.clock.step(Duration::minutes(5));
                // Her next hold, with any doctor, expires the lapsed one.
                let other = clinic.add_doctor("other").await;
                let elsewhere = clinic.free(other).await[0];
                clinic.hold(&asha, elsewhere).await.expect("held elsewhere");
            }
            _ => {
                let slot = harness.slot_at("11-24 11:15").await;
                clinic.change(&asha, id, &Change::Reschedule { slot }).await.expect("moved");
                expected.retain(|at| *at != "11-24 11:15");
            }
        }
        harness.run_top_up().await;
        assert_eq!(harness.free_on_tuesday().await, expected, "{way}");
        clinic.assert_consistent().await;
    }
}

/// The jobs of a running server do what the test above starts by hand.
#[tokio::test]
async fn the_jobs_make_times_again_within_a_second() {
    let harness = Harness::open().await;
    let clinic = &harness.clinic;
    let new = rules_a_quarter_later(&harness).await;
    let asha = clinic.patient("Asha").await;
    clinic.hold(&asha, harness.slot_at("11-24 10:00").await).await.expect("held");
    harness.save(schedule_of(new)).await.expect("saved");
    let stop = tokio_util::sync::CancellationToken::new();
    let clock = std::sync::Arc::new(clinic.clock.clone());
    let supervisor = Supervisor::new(clinic.app_state.jobs.clone(), clock, stop.clone());
    server::jobs::start(&supervisor, &clinic.app_state, clinic.dispatcher());
    // The hold lapses without any request.
    clinic.clock.step(Duration::minutes(5));
    crate::support::time::until("all six are there again", async || {
        harness.free_on_tuesday().await == TUESDAY
    })
    .await;
    stop.cancel();
    supervisor.finish(std::time::Duration::from_secs(5)).await;
}

/// When the capacity of a group is lowered, everybody keeps their seat, and nobody can join until enough have
/// left.
#[tokio::test]
async fn a_lowered_capacity_takes_effect_as_people_leave() {
    for way in ["cancelled", "lapsed"] {
        let harness = Harness::open().await;
        let clinic = &harness.clinic;
        let group =
            |seats| schedule_of(vec![Rule { capacity: seats, ..hours(clinic, "TU", 9, 10) }]);
        harness.save(group(3)).await.expect("saved");
        let slot = harness.slot_at("11-24 09:00").await;
        let people =
            [clinic.patient("A").await, clinic.patient("B").await, clinic.patient("C").await];
        let mut ids = Vec::new();
        for who in &people {
            let id = clinic.hold(who, slot).await.expect("held");
            if way == "cancelled" {
                clinic.confirm(who, id).await.expect("confirmed");
            }
            ids.push(id);
        }
        let stranger = clinic.patient("D").await;
        let change = harness.save(group(1)).await.expect("saved");
        let over: Vec<_> = change.overfull.iter().map(|time| (time.booked, time.seats)).collect();
        assert_eq!(over, [(3, 1)], "the preview says so");
        let seats = "select count(*) from seats t join slots s on s.id = t.slot_id
                     where s.starts_at = '2026-11-24 03:30Z'";
        if way == "lapsed" {
            clinic.clock.step(Duration::minutes(5));
            server::bookings::sweeper::run_once(&clinic.app_state).await.expect("swept");
            harness.run_top_up().await;
            assert_eq!(clinic.count(seats).await, 0);
            assert!(harness.free().await.contains(&"11-24 09:00".to_owned()));
        } else {
            // After the first two have left, one person remains in a group for one.
            for (left, id) in [(2, ids[0]), (1, ids[1])] {
                let who = if id == ids[0] { &people[0] } else { &people[1] };
                let cancel = Change::Cancel { reason: None };
                clinic.change(who, id, &cancel).await.expect("cancelled");
                assert_eq!(clinic.count(seats).await, left);
                let refused = clinic.hold(&stranger, slot).await;
                assert!(refused.is_err(), "not before the times are made again: {refused:?}");
                harness.run_top_up().await;
                assert!(clinic.hold(&stranger, slot).await.is_err(), "nor after it");
                assert!(!harness.free().await.contains(&"11-24 09:00".to_owned()));
            }
            let cancel = Change::Cancel { reason: None };
            clinic.change(&people[2], ids[2], &cancel).await.expect("cancelled");
            assert!(harness.free().await.contains(&"11-24 09:00".to_owned()), "the last one left");
        }
        clinic.hold(&stranger, slot).await.expect("held");
        let second = clinic.patient("E").await;
        assert_eq!(clinic.hold(&second, slot).await, Err(Refusal::Taken.into()), "it is for one");
        clinic.assert_consistent().await;
    }
}
