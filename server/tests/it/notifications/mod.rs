//! Messages are sent: each once, in order, again after a failure, and set aside in the end.

mod about_accounts;
mod delivery;
mod mail_server;
mod ordering;
mod texts;

use chrono::Duration;
use nadi::actor::SignedIn;
use nadi::ports::Change;
use server::clock::Clock;
use server::notifications::Maker;
use server::notifications::dispatcher::Dispatcher;
use server::notifications::store;
use server::notifications::store::Lease;

use crate::support::Clinic;

const CANCEL: Change = Change::Cancel { reason: None };
const OVERTAKEN: &str =
    "select count(*) from notifications where state = 'delivered' and last_failure = 'overtaken'";
const WAITING: &str = "select count(*) from notifications where state = 'waiting'";

/// Runs ten times with a minute in between, so that postponed messages become due, too.
async fn run_for_ten_minutes(clinic: &Clinic, dispatcher: &Dispatcher) {
    for _ in 0..10 {
        dispatcher.run_once().await.expect("relayed");
        clinic.clock.step(Duration::minutes(1));
    }
}

/// Claims what is due like a dispatcher that then crashes. Returns the number of claimed messages.
async fn claim_and_crash(clinic: &Clinic) -> usize {
    Maker::default().run_once(&clinic.app_state).await.expect("made");
    let now = clinic.clock.now();
    let lease = Lease { now, until: now + Duration::seconds(30) };
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    let codes = store::claim_codes(&mut connection, lease, 10).await.expect("claimed");
    let others = store::claim_others(&mut connection, lease, 10).await.expect("claimed");
    codes.len() + others.len()
}

/// Patients whose mail goes to this domain.
async fn patients_at_domain(clinic: &Clinic, count: usize, domain: &str) -> Vec<SignedIn> {
    let patients = clinic.many_patients(count).await;
    let accounts: Vec<_> = patients.iter().map(|who| who.account.0).collect();
    sqlx::query("update accounts set email = id || '@' || $1 where id = any($2)")
        .bind(domain)
        .bind(accounts)
        .execute(&clinic.pool)
        .await
        .expect("addresses");
    patients
}
