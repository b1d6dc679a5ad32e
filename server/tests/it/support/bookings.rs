//! What patients and doctors do in most tests: hold, confirm and change appointments through the port.

use nadi::actor::{Actor, Caller, SignedIn};
use nadi::ids::{AppointmentId, SlotId};
use nadi::input::Code;
use nadi::ports::{Booked, Change, HoldRequest, Seen};
use server::clock::Clock;
use uuid::Uuid;

use super::Clinic;

impl Clinic {
    pub fn caller(&self, who: &SignedIn) -> Caller {
        Caller {
            actor: Actor::Account(Box::new(who.clone())),
            now: self.clock.now(),
            request_id: Uuid::nil(),
            device: None,
            network: None,
        }
    }

    pub fn visitor(&self) -> Caller {
        Caller {
            actor: Actor::Visitor(None),
            now: self.clock.now(),
            request_id: Uuid::nil(),
            device: None,
            network: None,
        }
    }

    pub async fn hold(&self, who: &SignedIn, slot: SlotId) -> Result<AppointmentId, nadi::Failure> {
        self.hold_as(who, &HoldRequest { slot, visit_type: None, person: None }).await
    }

    pub async fn hold_as(
        &self,
        who: &SignedIn,
        wish: &HoldRequest,
    ) -> Result<AppointmentId, nadi::Failure> {
        self.ports.bookings.hold(&self.caller(who), wish, None).await.map(|booked| booked.id)
    }

    /// Requests a change, whatever version the appointment has.
    pub async fn change(
        &self,
        who: &SignedIn,
        id: AppointmentId,
        change: &Change,
    ) -> Result<Booked, nadi::Failure> {
        self.ports.bookings.change(&self.caller(who), id, change, &Seen::Any, None).await
    }

    /// Books a confirmed appointment.
    pub async fn book(&self, who: &SignedIn, slot: SlotId) -> AppointmentId {
        let id = self.hold(who, slot).await.expect("held");
        self.confirm(who, id).await.expect("confirmed");
        id
    }

    /// The doctor's own account.
    pub async fn doctor_account(&self) -> SignedIn {
        let who = self.patient("The Doctor").await;
        self.prove_address(&who).await;
        SignedIn { doctor: Some(self.doctor), ..who }
    }

    pub async fn confirm(&self, who: &SignedIn, id: AppointmentId) -> Result<(), nadi::Failure> {
        let counter: i16 =
            sqlx::query_scalar("select code_counter from appointments where id = $1")
                .bind(id.0)
                .fetch_one(&self.pool)
                .await
                .expect("an appointment");
        let code = Code::parse(&self.app_state.code_key.code(id, counter)).expect("a code");
        self.change(who, id, &Change::Confirm { code: Some(code) }).await.map(|_| ())
    }

    pub async fn state(&self, id: AppointmentId) -> String {
        sqlx::query_scalar("select state from appointments where id = $1")
            .bind(id.0)
            .fetch_one(&self.pool)
            .await
            .expect("an appointment")
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.expect("a count")
    }
}
