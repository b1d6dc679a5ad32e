//! Booking: holds, changes of appointments, and reading appointments.

pub mod archive;
mod change;
mod hold;
mod hold_batcher;
mod idempotency;
mod show;
pub mod store;
pub mod sweeper;

use async_trait::async_trait;
use chrono::Duration;
use nadi::Failure;
use nadi::actor::{Caller, Capacity, SignedIn};
use nadi::appointment::Facts;
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AccountId, AppointmentId, ClinicId, DoctorId, LocationId, PersonId};
use nadi::ids::{SlotId, VisitTypeId};
use nadi::ports::{
    Answer, AppointmentQuery, AppointmentView, Booked, Bookings, Change, HoldRequest, Page, Seen,
    Whose,
};
use nadi::visit::Fee;

use crate::accounts::store as people;
use crate::bookings::store::appointment_rows::{self as rows, Filter};
use crate::bookings::store::appointments;
use crate::bookings::store::appointments::Stored;
use crate::schedules::store::hours;
use crate::state::{AppState, Confirmation};
use crate::use_case::{Outcome, answer, mode, offset_of, page_number, zone};

/// How often a hold tries another seat of a group slot, or a transaction is run again, before the request is
/// refused as [`nadi::appointment::Refusal::Crowded`].
const ROUNDS_MAX: usize = 60;
const PAGE_SIZE_MAX: u32 = 100;

pub struct BookingService {
    app_state: AppState,
    batcher: hold_batcher::HoldBatcher,
}

impl BookingService {
    /// Must be called inside a tokio runtime.
    pub fn new(app_state: AppState) -> Self {
        Self { batcher: hold_batcher::HoldBatcher::new(&app_state), app_state }
    }

    fn facts(&self, by: Capacity, cancel_notice_minutes: i32) -> Facts {
        let notice = Duration::minutes(cancel_notice_minutes.into());
        let settings = &self.app_state.settings;
        let visits_max = settings.visits_per_doctor.into();
        let check_in_lead = settings.check_in_lead;
        Facts { visits_max, check_in_lead, ..Facts::of(by, notice, settings.hold) }
    }

    /// May this account confirm without a code?
    async fn needs_no_code(
        &self,
        connection: &mut sqlx::PgConnection,
        account: AccountId,
    ) -> sqlx::Result<bool> {
        Ok(self.app_state.settings.confirmation == Confirmation::Instant
            && people::is_email_verified(connection, account).await?)
    }

    async fn view(&self, caller: &Caller, id: AppointmentId) -> Outcome<AppointmentView> {
        let account = caller.signed_in()?;
        // From the main database, so that patients see what they have just written.
        let mut connection = self.app_state.write.0.acquire().await?;
        let row = rows::find(&mut connection, id).await?.ok_or(Failure::NotFound)?;
        let capacity = account
            .capacity_for(
                AccountId(row.booked_by),
                DoctorId(row.doctor_id),
                ClinicId(row.clinic_id),
            )
            .ok_or(Failure::NotFound)?;
        let person = PersonId(row.person_id);
        let name = people::names(&mut connection, &[person]).await?.remove(&person);
        let history = rows::history(&mut connection, id).await?;
        let zone = zone(&row.time_zone)?;
        let history = history.into_iter().map(|row| show::history_entry(row, zone));
        let history = history.collect::<Outcome<Vec<_>>>()?;
        let visit = (id, row.starts_at, zone);
        let undo = show::undo(&mut connection, visit, &history, caller.now).await?;
        let name = name.unwrap_or_default();
        let mut view = self.show(row, account, capacity, name, undo, caller.now)?;
        if capacity == Capacity::Patient {
            let email = people::email(&mut connection, account.account).await?;
            view.code_sent_to = email.as_deref().map(show::mask).unwrap_or_default();
            view.code_needed = !self.needs_no_code(&mut connection, account.account).await?;
        }
        view.history = history;
        Ok(view)
    }

    async fn list_appointments(
        &self,
        caller: &Caller,
        query: &AppointmentQuery,
    ) -> Outcome<Page<AppointmentView>> {
        let account = caller.signed_in()?;
        let size = query.page_size.clamp(1, PAGE_SIZE_MAX);
        let offset = offset_of(query.page, size);
        let filter = Filter {
            period: query.period,
            state: query.state,
            from: query.from,
            until: query.until,
            doctor: query.doctor,
        };
        let now = caller.now;
        let mut connection = self.app_state.write.0.acquire().await?;
        let connection = &mut *connection;
        let (total, found, capacity) = match query.whose {
            Whose::Mine => {
                let id = account.account;
                (
                    rows::count_booked_by(connection, id, &filter, now).await?,
                    rows::booked_by(connection, id, &filter, now, size.into(), offset).await?,
                    Capacity::Patient,
                )
            }
            Whose::OfDoctor(doctor) => {
                let capacity = must_see_doctor(connection, account, doctor).await?;
                (
                    rows::count_of_doctor(connection, doctor, &filter, now).await?,
                    rows::of_doctor(connection, doctor, &filter, now, size.into(), offset).await?,
                    capacity,
                )
            }
        };
        let persons: Vec<PersonId> = found.iter().map(|row| PersonId(row.person_id)).collect();
        let names = people::names(connection, &persons).await?;
        let mut items = Vec::with_capacity(found.len());
        for row in found {
            let name = names.get(&PersonId(row.person_id)).cloned().unwrap_or_default();
            items.push(self.show(row, account, capacity, name, None, now)?);
        }
        if query.whose == Whose::Mine {
            let code_needed = !self.needs_no_code(connection, account.account).await?;
            items.iter_mut().for_each(|item| item.code_needed = code_needed);
        }
        Ok(Page { items, total, number: page_number(query.page), size })
    }
}

/// Only the doctor and the clinic's administrators may see a doctor's appointments. Returns as which of them
/// the account may.
async fn must_see_doctor(
    connection: &mut sqlx::PgConnection,
    account: &SignedIn,
    doctor: DoctorId,
) -> Outcome<Capacity> {
    if account.doctor == Some(doctor) {
        return Ok(Capacity::Doctor);
    }
    let clinic = hours::clinic_of(connection, doctor).await?.ok_or(Failure::NotFound)?;
    account.must_administer(clinic)?;
    Ok(Capacity::Administrator)
}

fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|error| error.constraint()) == Some(constraint)
}

/// The appointment as returned by holds and changes.
fn booked(stored: &Stored) -> Outcome<Booked> {
    Ok(Booked {
        id: AppointmentId(stored.id),
        reference: stored.reference.clone(),
        state: appointments::state(&stored.state)?,
        version: stored.version,
        person: PersonId(stored.person_id),
        doctor: DoctorId(stored.doctor_id),
        location: LocationId(stored.location_id),
        visit_type: VisitTypeId(stored.visit_type_id),
        slot: SlotId(stored.slot_id),
        mode: mode(&stored.mode)?,
        starts_at: stored.starts_at,
        ends_at: stored.ends_at,
        time_zone: stored.time_zone.clone(),
        fee: Fee { minor_units: stored.fee_minor_units, currency: stored.currency.clone() },
        expires_at: stored.expires_at,
        extensions: stored.extensions,
        code_tries: stored.code_tries,
        created_at: stored.created_at,
    })
}

#[async_trait]
impl Bookings for BookingService {
    #[tracing::instrument(skip_all, fields(slot = %request.slot))]
    async fn hold(
        &self,
        caller: &Caller,
        request: &HoldRequest,
        key: Option<&IdempotencyKey>,
    ) -> Answer<Booked> {
        answer("hold", self.hold_time(caller, request, key).await)
    }

    #[tracing::instrument(skip_all, fields(appointment = %id, command = ?change.command()))]
    async fn change(
        &self,
        caller: &Caller,
        id: AppointmentId,
        change: &Change,
        seen: &Seen,
        key: Option<&IdempotencyKey>,
    ) -> Answer<Booked> {
        answer("change", self.change_appointment(caller, id, change, seen, key).await)
    }

    async fn appointment(&self, caller: &Caller, id: AppointmentId) -> Answer<AppointmentView> {
        answer("show appointment", self.view(caller, id).await)
    }

    async fn list(
        &self,
        caller: &Caller,
        query: &AppointmentQuery,
    ) -> Answer<Page<AppointmentView>> {
        answer("list appointments", self.list_appointments(caller, query).await)
    }
}
