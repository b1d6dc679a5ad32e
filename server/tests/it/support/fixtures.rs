//! The rows that tests begin with: a clinic, doctors with their times, and patients.

use chrono::NaiveTime;
use futures::FutureExt;
use nadi::actor::SignedIn;
use nadi::ids::{AccountId, ClinicId, DoctorId, LocationId, PersonId, SlotId, VisitTypeId};
use nadi::recurrence::Recurrence;
use nadi::schedule::Rule;
use nadi::visit::Mode;
use server::clock::Clock;
use server::directory::index_updater;
use server::ids::uuid_v7;
use server::schedules::store::hours;
use server::schedules::top_up;
use sqlx::PgPool;
use uuid::Uuid;

use super::Clinic;
use super::database::{MIGRATED, Template};
use super::doubles::monday_nine;

pub const CLINIC: ClinicId = ClinicId(Uuid::from_u128(1));
pub const LOCATION: LocationId = LocationId(Uuid::from_u128(2));
/// The default kind of visit.
pub const CONSULTATION: VisitTypeId = VisitTypeId(Uuid::from_u128(3));
/// A kind of visit that takes several slots, see [`Clinic::add_long_visit`].
pub const LONG_VISIT: VisitTypeId = VisitTypeId(Uuid::from_u128(77));

/// The slug of the first doctor.
pub(super) const ASHA: &str = "asha-naik";

pub static WITHOUT_DOCTORS: Template = Template::extending(&MIGRATED, "without_doctors", |pool| {
    async move { insert_clinic(&pool).await }.boxed_local()
});

pub(super) static WITH_ONE_DOCTOR: Template =
    Template::extending(&WITHOUT_DOCTORS, "with_one_doctor", |pool| {
        async move {
            Clinic::on(pool, None).add_doctor(ASHA).await;
        }
        .boxed_local()
    });

/// A clinic in the zone `Asia/Kolkata` with one place and one kind of visit.
async fn insert_clinic(pool: &PgPool) {
    for statement in [
        "insert into cities values (1, 'panjim', 'Panjim', 'IN', 'India', 15.5, 73.8, 'Asia/Kolkata')",
        "insert into specialties values (1, 'general-medicine', 'General medicine', 'modern', 'Fever.')",
    ] {
        sqlx::query(statement).execute(pool).await.expect("inserted");
    }
    sqlx::query(
        "with clinic as (
             insert into clinics (id, slug, name, time_zone, currency, cancel_notice_minutes, created_at)
             values ($1, 'panjim', 'Nadi Panjim', 'Asia/Kolkata', 'INR', 60, $4)),
         location as (
             insert into locations (id, clinic_id, city_id, name, address, time_zone, created_at)
             values ($2, $1, 1, 'Panjim Clinic', '1 Church Road', 'Asia/Kolkata', $4))
         insert into visit_types (id, clinic_id, name, is_default, created_at)
         values ($3, $1, 'Consultation', true, $4)",
    )
    .bind(CLINIC.0)
    .bind(LOCATION.0)
    .bind(CONSULTATION.0)
    .bind(monday_nine())
    .execute(pool)
    .await
    .expect("a clinic");
}

/// A doctor to insert, with what tests choose about them.
pub struct NewDoctor<'a> {
    pub slug: &'a str,
    pub name: String,
    pub specialty: i16,
    /// People per slot.
    pub capacity: u16,
    pub slot_minutes: u16,
}

impl<'a> NewDoctor<'a> {
    /// A doctor in general medicine, with slots of twenty minutes for one person.
    pub fn new(slug: &'a str) -> Self {
        let name = format!("Dr {slug}");
        Self { slug, name, specialty: 1, capacity: 1, slot_minutes: 20 }
    }
}

impl Clinic {
    /// Adds a listed doctor with the clinic's usual hours and makes their slots.
    pub async fn add_doctor(&self, slug: &str) -> DoctorId {
        self.add_doctors([NewDoctor::new(slug)]).await[0]
    }

    /// Adds listed doctors with the clinic's usual hours and makes their slots. The ids are in the order of the
    /// doctors and ascending.
    pub async fn add_doctors<'a>(
        &self,
        doctors: impl IntoIterator<Item = NewDoctor<'a>>,
    ) -> Vec<DoctorId> {
        let now = self.clock.now();
        let doctors: Vec<NewDoctor> = doctors.into_iter().collect();
        let mut ids: Vec<Uuid> = doctors.iter().map(|_| uuid_v7(now)).collect();
        ids.sort_unstable();
        let slugs: Vec<&str> = doctors.iter().map(|doctor| doctor.slug).collect();
        let names: Vec<&str> = doctors.iter().map(|doctor| doctor.name.as_str()).collect();
        let specialties: Vec<i16> = doctors.iter().map(|doctor| doctor.specialty).collect();
        sqlx::query(
            "with new as (
                 select * from unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[])
                     as new (id, slug, name, specialty)),
             doctor as (
                 insert into doctors (id, clinic_id, slug, name, fee_minor_units, currency, status, created_at)
                 select id, $5, slug, name, 60000, 'INR', 'listed', $6 from new)
             insert into doctor_specialties select id, specialty, true from new",
        )
        .bind(&ids)
        .bind(slugs)
        .bind(names)
        .bind(specialties)
        .bind(self.clinic.0)
        .bind(now)
        .execute(&self.pool)
        .await
        .expect("doctors");
        let mut connection = self.pool.acquire().await.expect("a connection");
        for (id, doctor) in ids.iter().zip(&doctors) {
            let rule = Rule {
                slot_minutes: doctor.slot_minutes,
                capacity: doctor.capacity,
                ..weekly(self.location, "MO,TU,WE,TH,FR")
            };
            hours::insert_rule(&mut connection, uuid_v7(now), DoctorId(*id), 0, &rule, now)
                .await
                .expect("a rule");
        }
        drop(connection);
        top_up::run_once(&self.app_state).await.expect("times");
        index_updater::run_once(&self.app_state).await.expect("listed");
        ids.into_iter().map(DoctorId).collect()
    }

    /// Adds [`LONG_VISIT`], a kind of visit that takes this many slots.
    pub async fn add_long_visit(&self, slots: i16) {
        sqlx::query(
            "insert into visit_types (id, clinic_id, name, slot_span, created_at)
             values ($1, $2, 'First visit', $3, $4)",
        )
        .bind(LONG_VISIT.0)
        .bind(self.clinic.0)
        .bind(slots)
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .expect("a kind of visit");
    }

    /// The ids of a doctor's free times, soonest first.
    pub async fn free(&self, doctor: DoctorId) -> Vec<SlotId> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "select id from free_slots($1) where doctor_id = $2 order by starts_at",
        )
        .bind(self.clock.now())
        .bind(doctor.0)
        .fetch_all(&self.pool)
        .await
        .expect("times");
        ids.into_iter().map(SlotId).collect()
    }

    /// A new patient with an account.
    pub async fn patient(&self, name: &str) -> SignedIn {
        self.patients([name.to_owned()]).await.remove(0)
    }

    /// New patients with accounts: `Patient 0`, `Patient 1` …
    pub async fn many_patients(&self, count: usize) -> Vec<SignedIn> {
        self.patients((0..count).map(|n| format!("Patient {n}"))).await
    }

    /// New patients with accounts, inserted with one statement.
    async fn patients(&self, names: impl IntoIterator<Item = String>) -> Vec<SignedIn> {
        let now = self.clock.now();
        let patients: Vec<SignedIn> = names
            .into_iter()
            .map(|name| SignedIn::patient(AccountId(uuid_v7(now)), PersonId(uuid_v7(now)), name))
            .collect();
        let accounts: Vec<Uuid> = patients.iter().map(|who| who.account.0).collect();
        let people: Vec<Uuid> = patients.iter().map(|who| who.person.0).collect();
        let names: Vec<&str> = patients.iter().map(|who| who.name.as_str()).collect();
        let email = |name: &str| format!("{}@example.org", name.to_lowercase().replace(' ', "."));
        let emails: Vec<String> = names.iter().map(|name| email(name)).collect();
        sqlx::query(
            "with new as (
                 select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
                     as new (account, person, name, email)),
             account as (
                 insert into accounts (id, email, created_at) select account, email, $5 from new)
             insert into people (id, account_id, relation, name, created_at)
             select person, account, 'self', name, $5 from new",
        )
        .bind(accounts)
        .bind(people)
        .bind(names)
        .bind(emails)
        .bind(now)
        .execute(&self.pool)
        .await
        .expect("patients");
        patients
    }

    /// Adds dependants to this account.
    pub async fn dependants<const N: usize>(
        &self,
        who: &SignedIn,
        names: [&str; N],
    ) -> Vec<PersonId> {
        let ids: Vec<Uuid> = names.iter().map(|_| uuid_v7(self.clock.now())).collect();
        sqlx::query(
            "insert into people (id, account_id, relation, name, created_at)
             select id, $3, 'dependant', name, $4 from unnest($1::uuid[], $2::text[]) as n (id, name)",
        )
        .bind(&ids)
        .bind(names.as_slice())
        .bind(who.account.0)
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .expect("dependants");
        ids.into_iter().map(PersonId).collect()
    }
}

/// Hours from 10 to 13 on these days of every week, in slots of twenty minutes for one person.
pub fn weekly(location: LocationId, days: &str) -> Rule {
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
    let text = format!("FREQ=WEEKLY;BYDAY={days}");
    Rule {
        location,
        mode: Mode::InPerson,
        repeats: Some(Recurrence::of_days(&text).expect("a rule")),
        from: "2026-01-01".parse().expect("a date"),
        until: None,
        starts: hour(10),
        ends: hour(13),
        slot_minutes: 20,
        buffer_before: 0,
        buffer_after: 0,
        capacity: 1,
        notice_minutes: 0,
        window_days: None,
    }
}
