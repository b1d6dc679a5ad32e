//! The world of the simulation: a clinic with three doctors, few patients who compete for the same slots, and three
//! instances of the server on one database.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use nadi::actor::{Administers, SignedIn, Visitor};
use nadi::ids::{AccountId, DoctorId, PersonId};
use nadi::ports::{Bookings, DEPENDANTS_MAX, NewDependant, Schedules};
use server::clock::Clock;
use server::database;
use server::ports;
use server::state::AppState;
use uuid::Uuid;

use super::model::Model;
use super::stored;
use crate::support::{CONSULTATION, Clinic, LONG_VISIT, NewDoctor, config};

const PATIENTS: usize = 7;
const VISITORS: u128 = 6;
/// The address of an account that has never proven it. Whoever proves it gets an account of their own.
pub const UNPROVEN: &str = "somebody@example.org";
const INSTANCES: usize = 3;
const CONNECTIONS: u32 = 6;

pub struct World {
    pub clinic: Clinic,
    pub instances: Vec<Arc<dyn Bookings>>,
    pub schedules: Arc<dyn Schedules>,
    /// Each account with the people it books for, its own person first.
    pub patients: Vec<(SignedIn, Vec<PersonId>)>,
    pub doctors: Vec<(SignedIn, DoctorId)>,
    /// For each doctor, an account that has as many people as it may have, with its dependants.
    pub families: Vec<(SignedIn, Vec<PersonId>)>,
    pub administrator: SignedIn,
    /// Browsers that are not signed in.
    pub visitors: Vec<Visitor>,
    pub model: Model,
}

impl World {
    pub async fn open() -> Self {
        let clinic = Clinic::open().await;
        clinic.add_long_visit(2).await;
        let kinds = vec![(CONSULTATION, 1), (LONG_VISIT, 2)];
        let mut model = Model::new(clinic.clinic, clinic.app_state.code_key.clone(), kinds);

        // One doctor sees single patients, one sees groups, and the slots of the third overlap those of both.
        let others = clinic
            .add_doctors([
                NewDoctor { capacity: 3, slot_minutes: 30, ..NewDoctor::new("group") },
                NewDoctor { slot_minutes: 45, ..NewDoctor::new("third") },
            ])
            .await;
        let mut doctors = Vec::new();
        for (n, doctor) in [clinic.doctor].into_iter().chain(others).enumerate() {
            let who = clinic.patient(&format!("Doctor {n}")).await;
            model.add_account(&who, &address_of(&who));
            doctors.push((SignedIn { doctor: Some(doctor), ..who }, doctor));
        }
        let mut patients = Vec::new();
        for (n, who) in clinic.many_patients(PATIENTS).await.into_iter().enumerate() {
            let mut people = vec![who.person];
            model.add_account(&who, &address_of(&who));
            if n % 2 == 0 {
                let child = NewDependant { name: format!("Child {n}"), birth_date: None };
                let caller = clinic.caller(&who);
                let child = clinic.ports.people.add_dependant(&caller, &child).await;
                let child = child.expect("a dependant");
                people.push(child.id);
                model.add_dependant(child.id, who.account, &child.name, None);
            }
            patients.push((who, people));
        }
        let names: [String; DEPENDANTS_MAX] = std::array::from_fn(|n| format!("Member {n}"));
        let mut families = Vec::new();
        for n in 0..doctors.len() {
            let who = clinic.patient(&format!("Family {n}")).await;
            model.add_account(&who, &address_of(&who));
            let members = clinic.dependants(&who, names.each_ref().map(String::as_str)).await;
            for (id, name) in members.iter().zip(&names) {
                model.add_dependant(*id, who.account, name, None);
            }
            families.push((who, members));
        }
        let who = clinic.patient("Administrator").await;
        model.add_account(&who, &address_of(&who));
        let administers = Administers::Clinics(vec![clinic.clinic]);
        let administrator = SignedIn { administers, ..who };
        let visitors: Vec<Visitor> = (0..VISITORS).map(visitor).collect();
        for visitor in &visitors {
            model.add_visitor(*visitor);
        }
        prove_addresses(&clinic).await;
        let somebody = clinic.patient("Somebody").await;
        model.add_unproven(&somebody);
        model.settle();

        let instances = (0..INSTANCES).map(|n| instance(&clinic, n)).collect();
        let schedules = clinic.ports.schedules.clone();
        let mut world = Self {
            clinic,
            instances,
            schedules,
            patients,
            doctors,
            families,
            administrator,
            visitors,
            model,
        };
        world.refresh_slots().await;
        world
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clinic.clock.now()
    }

    /// Reads the slots from the database into the model, also those of the last day, which may have moved to another
    /// block.
    pub async fn refresh_slots(&mut self) {
        let slots = stored::slots(&self.clinic.pool, self.now() - Duration::days(1)).await;
        self.model.update_slots(slots);
    }

    /// Wraps the port of every instance.
    pub fn wrap_instances(&mut self, wrap: impl Fn(Arc<dyn Bookings>) -> Arc<dyn Bookings>) {
        self.instances = self.instances.drain(..).map(wrap).collect();
    }
}

fn visitor(number: u128) -> Visitor {
    Visitor {
        account: AccountId(Uuid::from_u128(0xacc0_0000 + number)),
        person: PersonId(Uuid::from_u128(0xbe40_0000 + number)),
    }
}

/// The address that the fixtures give an account.
fn address_of(who: &SignedIn) -> String {
    format!("{}@example.org", who.name.to_lowercase().replace(' ', "."))
}

async fn prove_addresses(clinic: &Clinic) {
    sqlx::query("update accounts set email_verified_at = created_at")
        .execute(&clinic.pool)
        .await
        .expect("proven");
}

/// An instance with its own connections. The Redis of the last one cannot be reached, which must not change any
/// answer.
fn instance(clinic: &Clinic, n: usize) -> Arc<dyn Bookings> {
    let options = clinic.pool.connect_options().as_ref().clone();
    let options = options.options(database::ROLE_SETTINGS);
    let pool = database::pool_of(options, CONNECTIONS);
    let mut config = config();
    if n + 1 == INSTANCES {
        config.redis_url = Some("redis://127.0.0.1:1".into());
    }
    let clock = Arc::new(clinic.clock.clone());
    let app_state = AppState::on(pool.clone(), pool, &config, clock).expect("an app_state");
    ports::ports(&app_state, None).bookings
}
