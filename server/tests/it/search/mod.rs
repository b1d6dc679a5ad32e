//! The search for doctors: what is found, in which order, and that the stored next free times follow the
//! bookings.

mod next_times;
mod parameters;
mod query_plans;
mod results;

use nadi::ids::DoctorId;
use nadi::ports::{DoctorPage, DoctorQuery};
use server::directory::index_updater;
use server::schedules::top_up;

use crate::support::{Clinic, NewDoctor};

async fn find(clinic: &Clinic, query: DoctorQuery) -> DoctorPage {
    let found = clinic.ports.directory.search(&clinic.visitor(), &query).await;
    found.expect("an answer")
}

fn text(words: &str) -> DoctorQuery {
    DoctorQuery { text: Some(words.into()), ..DoctorQuery::default() }
}

fn names(found: &DoctorPage) -> Vec<&str> {
    found.page.items.iter().map(|card| card.name.as_str()).collect()
}

/// Changes a row with SQL, as if an administrator had, and runs the job that updates the search.
async fn update_doctor(clinic: &Clinic, doctor: DoctorId, change: &'static str) {
    sqlx::query(change).bind(doctor.0).execute(&clinic.pool).await.expect("changed");
    sqlx::query("update listings set stale = true").execute(&clinic.pool).await.expect("stale");
    index_updater::run_once(&clinic.app_state).await.expect("listed");
}

/// A clinic with four doctors: Asha (general medicine), Meera (dermatology, a woman, Konkani, by video in
/// Mumbai), João (cardiology, in Panjim) and a draft. Returns the ids of Meera and João.
async fn clinic_with_four_doctors() -> (Clinic, DoctorId, DoctorId) {
    let clinic = Clinic::open().await;
    for statement in [
        "insert into specialties values (2, 'dermatology', 'Dermatology', 'modern', 'Skin, hair and nails.'),
             (3, 'cardiology', 'Cardiology', 'modern', 'Heart and blood pressure.')",
        "insert into cities values (2, 'mumbai', 'Mumbai', 'IN', 'India', 19.07, 72.88, 'Asia/Kolkata'),
             (3, 'margao', 'Margao', 'IN', 'India', 15.27, 73.96, 'Asia/Kolkata')",
        "insert into locations (id, clinic_id, city_id, name, address, time_zone, created_at)
         select '00000000-0000-0000-0000-00000000000a', clinic_id, 2, 'Bandra Clinic', '2 Hill Road',
                time_zone, created_at from locations",
    ] {
        sqlx::query(statement).execute(&clinic.pool).await.expect("inserted");
    }
    let name = |name: &str| name.to_owned();
    let doctors = clinic
        .add_doctors([
            NewDoctor { name: name("Dr Meera Dessai"), specialty: 2, ..NewDoctor::new("meera") },
            NewDoctor { name: name("Dr João Fátima"), specialty: 3, ..NewDoctor::new("joao") },
            NewDoctor::new("draft"),
        ])
        .await;
    let (meera, joao) = (doctors[0], doctors[1]);
    for statement in [
        "update availability_rules set location_id = '00000000-0000-0000-0000-00000000000a',
                mode = 'video', starts_local = '16:00', ends_local = '18:00'
         where doctor_id = (select id from doctors where slug = 'meera')",
        "update schedules set stale = true",
        "update doctors set gender = 'female', fee_minor_units = 90050, languages = '{English,Konkani}'
         where slug = 'meera'",
        "update doctors set gender = 'male' where slug = 'joao'",
        "update doctors set status = 'draft' where slug = 'draft'",
        "update listings set stale = true",
    ] {
        sqlx::query(statement).execute(&clinic.pool).await.expect("changed");
    }
    top_up::run_once(&clinic.app_state).await.expect("times");
    index_updater::run_once(&clinic.app_state).await.expect("listed");
    (clinic, meera, joao)
}
