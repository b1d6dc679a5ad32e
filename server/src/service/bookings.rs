//! Booking: hold, confirm, cancel, and reading one's own appointments.

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::actor::{Caller, Capacity, SignedIn};
use nadi::appointment::{CODE_TRIES, Command, Facts, Refusal, State, decide};
use nadi::failure::Field;
use nadi::ids::{AccountId, AppointmentId, ClinicId, DoctorId, LocationId, PersonId};
use nadi::input::{Code, optional_text};
use nadi::ports::{Answer, AppointmentView, Bookings, HoldRequest, Page, Period};
use nadi::visit::Fee;
use sqlx::PgConnection;

use super::{Fault, Outcome, answer, mode, offset, page_number, slug, zone};
use crate::database::is_transient;
use crate::engine::Engine;
use crate::entropy::uuid_v7;
use crate::store::appointments::{self, By, Loaded};
use crate::store::holds::{self, NewHold};
use crate::store::people;

/// How often a hold goes for another seat of a group, or a transaction is run again, before
/// we admit that it is too crowded.
const ROUNDS_MAX: usize = 60;
const PAGE_SIZE: u32 = 20;

pub struct BookingService {
    engine: Engine,
}

impl BookingService {
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }

    async fn hold_time(&self, caller: &Caller, request: &HoldRequest) -> Outcome<AppointmentId> {
        let account = caller.signed_in()?;
        let person = request.person.unwrap_or(account.person);
        for _ in 0..ROUNDS_MAX {
            let new = NewHold {
                id: AppointmentId(uuid_v7(caller.now)),
                slot: request.slot,
                person,
                account: account.account,
                hold: self.engine.settings.hold,
            };
            match self.try_hold(&new, caller.now).await {
                Ok(true) => {
                    self.engine.event_written.notify_one();
                    return Ok(new.id);
                }
                Ok(false) => {}
                Err(error) if is_transient(&error) => continue,
                // The capacity it counted on has just changed: withdrawn, or made smaller.
                Err(error) if violates(&error, "seats_slot_capacity") => {}
                Err(error) => return Err(error.into()),
            }
            let mut connection = self.engine.write.0.acquire().await?;
            if !people::belongs_to(&mut connection, person, account.account).await? {
                return Err(Failure::NotFound.into());
            }
            if let Some(own) =
                holds::own_on_slot(&mut connection, person, request.slot, caller.now).await?
            {
                return Ok(own);
            }
            let facts = self.hold_facts(&mut connection, &new, caller.now).await?;
            decide(None, &facts, Command::Hold, caller.now)?;
            // It would be granted now: a seat came free, or a rival took the same seat of a group.
        }
        Err(Refusal::Crowded.into())
    }

    async fn try_hold(&self, new: &NewHold, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let mut transaction = self.engine.write.begin().await?;
        let taken = holds::take(&mut transaction, new, now).await?;
        if taken {
            transaction.commit().await?
        } else {
            transaction.rollback().await?
        }
        Ok(taken)
    }

    async fn hold_facts(
        &self,
        connection: &mut PgConnection,
        new: &NewHold,
        now: DateTime<Utc>,
    ) -> Outcome<Facts> {
        Ok(Facts {
            slot: holds::slot_facts(connection, new.slot, now).await?,
            person_is_busy: holds::person_is_busy(connection, new.person, new.slot, now).await?,
            active_holds: holds::other_holds(connection, new.account, new.person, new.slot, now)
                .await?,
            ..self.facts(Capacity::Patient, 0)
        })
    }

    fn facts(&self, by: Capacity, cancel_notice_minutes: i32) -> Facts {
        Facts {
            by,
            slot: None,
            person_is_busy: false,
            active_holds: 0,
            code_matches: false,
            cancel_notice: Duration::minutes(cancel_notice_minutes.into()),
            hold: self.engine.settings.hold,
        }
    }

    async fn confirm_hold(&self, caller: &Caller, id: AppointmentId, code: &Code) -> Outcome<()> {
        let account = caller.signed_in()?;
        let mut transaction = self.engine.write.begin().await?;
        let loaded = own(appointments::lock(&mut transaction, id).await?, account)?;
        let facts = Facts {
            code_matches: self.engine.code_key.matches(id, loaded.appointment.code_counter, code),
            ..self.facts(Capacity::Patient, loaded.cancel_notice_minutes)
        };
        let transition = decide(Some(&loaded.appointment), &facts, Command::Confirm, caller.now)?;
        if transition.changes(&loaded.appointment) {
            let by = By::patient(account);
            if transition.to == State::Confirmed {
                if !appointments::keep_claims(&mut transaction, id).await? {
                    return Err(Fault::Broken(format!("hold {id} has lost its seat")));
                }
                people::mark_email_verified(&mut transaction, account.account, caller.now).await?;
            }
            appointments::save(&mut transaction, &loaded, &transition, &by, caller.now).await?;
            transaction.commit().await?;
            self.engine.event_written.notify_one();
        }
        // A wrong code is written down before it is refused: it has used up a try.
        transition.refusal.map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    async fn send_another_code(&self, caller: &Caller, id: AppointmentId) -> Outcome<()> {
        let account = caller.signed_in()?;
        let mut transaction = self.engine.write.begin().await?;
        let mut loaded = own(appointments::lock(&mut transaction, id).await?, account)?;
        let facts = self.facts(Capacity::Patient, loaded.cancel_notice_minutes);
        let transition = decide(Some(&loaded.appointment), &facts, Command::SendCode, caller.now)?;
        // The event names the code that counts from now on.
        loaded.appointment.code_counter = transition.code_counter;
        let by = By::patient(account);
        appointments::save(&mut transaction, &loaded, &transition, &by, caller.now).await?;
        transaction.commit().await?;
        self.engine.event_written.notify_one();
        Ok(())
    }

    async fn cancel_appointment(
        &self,
        caller: &Caller,
        id: AppointmentId,
        version: Option<i32>,
        reason: Option<String>,
    ) -> Outcome<()> {
        let account = caller.signed_in()?;
        let reason = reason
            .map(|text| optional_text(Field::Reason, &text, 300))
            .transpose()?
            .filter(|text| !text.is_empty());
        let mut transaction = self.engine.write.begin().await?;
        let loaded = appointments::lock(&mut transaction, id).await?.ok_or(Failure::NotFound)?;
        let capacity = account
            .capacity_for(loaded.booked_by, loaded.doctor, loaded.clinic)
            .ok_or(Failure::NotFound)?;
        let facts = self.facts(capacity, loaded.cancel_notice_minutes);
        let transition = decide(Some(&loaded.appointment), &facts, Command::Cancel, caller.now)?;
        if !transition.changes(&loaded.appointment) {
            return Ok(());
        }
        if version.is_some_and(|seen| seen != loaded.appointment.version) {
            return Err(Failure::Stale.into());
        }
        let by = By { capacity, account: Some(account.account), reason };
        appointments::drop_claims(&mut transaction, id).await?;
        appointments::save(&mut transaction, &loaded, &transition, &by, caller.now).await?;
        transaction.commit().await?;
        self.engine.event_written.notify_one();
        Ok(())
    }

    async fn view(&self, caller: &Caller, id: AppointmentId) -> Outcome<AppointmentView> {
        let account = caller.signed_in()?;
        // One's own appointment is read where it was just written.
        let mut connection = self.engine.write.0.acquire().await?;
        let row = appointments::find(&mut connection, id).await?.ok_or(Failure::NotFound)?;
        let capacity = account
            .capacity_for(
                AccountId(row.booked_by),
                DoctorId(row.doctor_id),
                ClinicId(row.clinic_id),
            )
            .ok_or(Failure::NotFound)?;
        let person = PersonId(row.person_id);
        let name = people::names(&mut connection, &[person]).await?.remove(&person);
        let sent_to = match capacity {
            Capacity::Patient => people::email(&mut connection, account.account).await?,
            _ => None,
        };
        show(row, capacity, name.unwrap_or_default(), sent_to.as_deref(), caller.now)
    }

    async fn list(
        &self,
        caller: &Caller,
        period: Period,
        page: u32,
    ) -> Outcome<Page<AppointmentView>> {
        let account = caller.signed_in()?;
        let upcoming = period == Period::Upcoming;
        let mut connection = self.engine.write.0.acquire().await?;
        let total =
            appointments::count_booked_by(&mut connection, account.account, upcoming, caller.now)
                .await?;
        let rows = appointments::booked_by(
            &mut connection,
            account.account,
            upcoming,
            caller.now,
            PAGE_SIZE.into(),
            offset(page, PAGE_SIZE),
        )
        .await?;
        let persons: Vec<PersonId> = rows.iter().map(|row| PersonId(row.person_id)).collect();
        let names = people::names(&mut connection, &persons).await?;
        let items = rows
            .into_iter()
            .map(|row| {
                let name = names.get(&PersonId(row.person_id)).cloned().unwrap_or_default();
                show(row, Capacity::Patient, name, None, caller.now)
            })
            .collect::<Outcome<Vec<_>>>()?;
        Ok(Page { items, total, number: page_number(page), size: PAGE_SIZE })
    }
}

impl By {
    fn patient(account: &SignedIn) -> Self {
        Self { capacity: Capacity::Patient, account: Some(account.account), reason: None }
    }
}

/// Only the booker confirms; to anyone else the appointment does not exist.
fn own(loaded: Option<Loaded>, account: &SignedIn) -> Outcome<Loaded> {
    let mine = loaded.filter(|loaded| loaded.booked_by == account.account);
    mine.ok_or(Fault::Told(Failure::NotFound))
}

fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|error| error.constraint()) == Some(constraint)
}

fn show(
    row: appointments::Row,
    seen_as: Capacity,
    person_name: String,
    email: Option<&str>,
    now: DateTime<Utc>,
) -> Outcome<AppointmentView> {
    let mut state = appointments::state(&row.state)?;
    if state == State::Pending && row.expires_at <= now {
        state = State::Expired;
    }
    let cancel_until = match (state, seen_as) {
        (State::Confirmed, Capacity::Patient) => {
            Some(row.starts_at - Duration::minutes(row.cancel_notice_minutes.into()))
        }
        (State::Confirmed, _) => Some(row.starts_at),
        _ => None,
    };
    Ok(AppointmentView {
        id: AppointmentId(row.id),
        reference: row.reference,
        state,
        version: row.version,
        seen_as,
        person_name,
        doctor: DoctorId(row.doctor_id),
        doctor_name: row.doctor_name,
        doctor_slug: slug(&row.doctor_slug)?,
        specialty: row.specialty.unwrap_or_default(),
        clinic: row.clinic,
        location: LocationId(row.location_id),
        location_name: row.location_name,
        location_address: row.location_address,
        zone: zone(&row.time_zone)?,
        mode: mode(&row.mode)?,
        visit_type: row.visit_type,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        fee: Fee { minor_units: row.fee_minor_units, currency: row.currency },
        expires_at: row.expires_at,
        code_tries_left: (CODE_TRIES - row.code_tries).max(0),
        code_sent_to: email.map(mask).unwrap_or_default(),
        cancel_until: cancel_until.filter(|until| *until > now),
        cancel_reason: row.cancel_reason,
    })
}

/// `asha@example.org` becomes `a•••@example.org`.
fn mask(email: &str) -> String {
    match email.split_once('@') {
        Some((local, domain)) => {
            let first: String = local.chars().take(1).collect();
            format!("{first}•••@{domain}")
        }
        None => String::new(),
    }
}

#[async_trait]
impl Bookings for BookingService {
    #[tracing::instrument(skip_all, fields(slot = %request.slot))]
    async fn hold(&self, caller: &Caller, request: &HoldRequest) -> Answer<AppointmentId> {
        answer("hold", self.hold_time(caller, request).await)
    }

    #[tracing::instrument(skip_all, fields(appointment = %id))]
    async fn confirm(&self, caller: &Caller, id: AppointmentId, code: &Code) -> Answer<()> {
        answer("confirm", self.confirm_hold(caller, id, code).await)
    }

    #[tracing::instrument(skip_all, fields(appointment = %id))]
    async fn send_code(&self, caller: &Caller, id: AppointmentId) -> Answer<()> {
        answer("send code", self.send_another_code(caller, id).await)
    }

    #[tracing::instrument(skip_all, fields(appointment = %id))]
    async fn cancel(
        &self,
        caller: &Caller,
        id: AppointmentId,
        version: Option<i32>,
        reason: Option<String>,
    ) -> Answer<()> {
        answer("cancel", self.cancel_appointment(caller, id, version, reason).await)
    }

    async fn appointment(&self, caller: &Caller, id: AppointmentId) -> Answer<AppointmentView> {
        answer("show appointment", self.view(caller, id).await)
    }

    async fn mine(
        &self,
        caller: &Caller,
        period: Period,
        page: u32,
    ) -> Answer<Page<AppointmentView>> {
        answer("list appointments", self.list(caller, period, page).await)
    }
}
