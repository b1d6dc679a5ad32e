//! Schedules: a change of hours never removes a booked time.

mod editing;
mod kept_times;
mod top_up;

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};
use nadi::Failure;
use nadi::actor::{Administers, SignedIn};
use nadi::ids::SlotId;
use nadi::ports::ScheduleChange;
use nadi::schedule::{Rule, Schedule, TimeOff};

use crate::support::{Clinic, weekly};

fn time(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour % 24, 0, 0).expect("a time")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn hours(clinic: &Clinic, days: &str, from: u32, until: u32) -> Rule {
    let rule = weekly(clinic.location, days);
    Rule { starts: time(from), ends: time(until), slot_minutes: 30, ..rule }
}

fn schedule_of(rules: Vec<Rule>) -> Schedule {
    Schedule { rules, time_off: Vec::new() }
}

/// Time off from the first to the last day, both included.
fn days_off(from: &str, through: &str) -> TimeOff {
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
    let note = "Away".into();
    TimeOff {
        starts: midnight(date(from)),
        ends: midnight(date(through)) + Duration::days(1),
        note,
    }
}

struct Harness {
    clinic: Clinic,
    admin: SignedIn,
}

impl Harness {
    async fn open() -> Self {
        let clinic = Clinic::open().await;
        let mut admin = clinic.patient("Maya").await;
        admin.administers = Administers::Clinics(vec![clinic.clinic]);
        Self { clinic, admin }
    }

    async fn version(&self) -> i32 {
        let caller = self.clinic.caller(&self.admin);
        let view = self.clinic.ports.schedules.schedule(&caller, self.clinic.doctor).await;
        view.expect("a schedule").version
    }

    async fn save(&self, schedule: Schedule) -> Result<ScheduleChange, Failure> {
        let seen = self.version().await;
        let caller = self.clinic.caller(&self.admin);
        let schedules = &self.clinic.ports.schedules;
        schedules.save(&caller, self.clinic.doctor, seen, schedule).await.map(|(_, change)| change)
    }

    /// The doctor's free times as `11-23 10:00`, in the zone of Panjim.
    async fn free(&self) -> Vec<String> {
        let rows: Vec<NaiveDateTime> = sqlx::query_scalar(
            "select starts_at at time zone 'Asia/Kolkata' from free_slots($1)
             where doctor_id = $2 order by starts_at",
        )
        .bind(server::clock::Clock::now(&self.clinic.clock))
        .bind(self.clinic.doctor.0)
        .fetch_all(&self.clinic.pool)
        .await
        .expect("times");
        rows.into_iter().map(|at| at.format("%m-%d %H:%M").to_string()).collect()
    }

    async fn slot_at(&self, wall: &str) -> SlotId {
        let id: i64 = sqlx::query_scalar(
            "select id from free_slots($1)
             where doctor_id = $2
               and to_char(starts_at at time zone 'Asia/Kolkata', 'MM-DD HH24:MI') = $3",
        )
        .bind(server::clock::Clock::now(&self.clinic.clock))
        .bind(self.clinic.doctor.0)
        .bind(wall)
        .fetch_one(&self.clinic.pool)
        .await
        .expect("a free time");
        SlotId(id)
    }
}
