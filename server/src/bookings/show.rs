//! Reading appointments: as the caller may see them.

use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::actor::{ActingRole, Caller, Owner};
use nadi::appointment::{
    Appointment, CODE_TRIES, Command, EXTENSIONS_MAX, Event, Facts, Opening, Proof, SlotFacts,
    State, Undo, decide, last_mark, undo_until,
};
use nadi::audit::Viewed;
use nadi::ids::{
    AccountId, AppointmentId, ClinicId, DoctorId, LocationId, PersonId, SlotId, VisitTypeId,
};
use nadi::input::Email;
use nadi::local_time::LocalTime;
use nadi::permissions::{Permission, Target};
use nadi::ports::{AppointmentQuery, AppointmentView, HistoryEntry, Page, Whose};
use nadi::visit::Fee;
use nadi::zone::Zone;
use sqlx::PgConnection;
use uuid::Uuid;

use super::BookingService;
use crate::accounts;
use crate::accounts::visitors;
use crate::audit::Viewer;
use crate::bookings::store::appointment_rows::{self as rows, Filter, HistoryRow, Row};
use crate::bookings::store::hold_facts;
use crate::bookings::visitor_holds::{hidden, was_held_for};
use crate::clinic;
use crate::config::Confirmation;
use crate::permission_checks::PermissionChecks as _;
use crate::security_log;
use crate::use_case::{Fault, Outcome, mode, offset_of, page_number, slug, state, zone};

const PAGE_SIZE_MAX: u32 = 100;

impl BookingService {
    /// May this account confirm without a code?
    pub(super) async fn needs_no_code(
        &self,
        connection: &mut PgConnection,
        account: AccountId,
    ) -> sqlx::Result<bool> {
        Ok(self.app_state.settings.confirmation == Confirmation::Instant
            && accounts::is_email_verified(connection, account).await?)
    }

    pub(super) async fn view(
        &self,
        caller: &Caller,
        id: AppointmentId,
    ) -> Outcome<AppointmentView> {
        let owner = caller.owner()?;
        // From the main database, so that patients see what they have just written.
        let mut connection = self.app_state.write.0.acquire().await?;
        let row = rows::find(&mut connection, id).await?.ok_or(hidden(owner))?;
        let Some(role) = caller.acting_role_for(&row.target()) else {
            return self.view_of_confirmed(&mut connection, row, owner, caller).await;
        };
        let person = PersonId(row.person_id);
        let is_code_sent = row.code_counter > 1;
        let name = accounts::names(&mut connection, &[person]).await?.remove(&person);
        let history = rows::history(&mut connection, id).await?;
        let zone = zone(&row.time_zone)?;
        let history = history.into_iter().map(|row| history_entry(row, zone));
        let history = history.collect::<Outcome<Vec<_>>>()?;
        let visit = (id, row.starts_at, zone);
        let undo = undo(&mut connection, visit, &history, caller.now).await?;
        let name = name.unwrap_or_default();
        let mut view = self.show(row, caller, role, name, undo)?;
        Viewer { caller, role }.record(&mut connection, Viewed::Appointment, &[id.0]).await?;
        if owner.is_visitor {
            view.contact = visitors::contact(&mut connection, owner.account, person).await?;
            // Only `SendCode` sends one, to the address that comes with it.
            let address = view.contact.as_ref().filter(|_| is_code_sent);
            view.code_sent_to = address.map(|to| mask(to.email.as_str())).unwrap_or_default();
        } else if role == ActingRole::Patient {
            let email = accounts::email(&mut connection, owner.account).await?;
            view.code_sent_to = email.as_deref().map(mask).unwrap_or_default();
            view.code_needed = !self.needs_no_code(&mut connection, owner.account).await?;
        }
        view.history = history;
        Ok(view)
    }

    /// What a visitor sees of an appointment that they have confirmed, and that is in an account now: what was booked,
    /// with the name that was typed; nothing about the account.
    async fn view_of_confirmed(
        &self,
        connection: &mut PgConnection,
        row: Row,
        owner: Owner,
        caller: &Caller,
    ) -> Outcome<AppointmentView> {
        let id = AppointmentId(row.id);
        let held_for = was_held_for(connection, owner, id, caller.now).await?;
        let held_for = held_for.ok_or_else(|| {
            security_log::refused(caller, Permission::SeeAppointments, Some(id.0));
            hidden(owner)
        })?;
        let typed = visitors::contact(connection, owner.account, held_for).await?;
        let proven = accounts::email(connection, AccountId(row.booked_by)).await?;
        let name = typed.as_ref().map(|typed| match &typed.patient {
            Some(patient) => patient.name.clone(),
            None => typed.name.clone(),
        });
        // The account may have another address by now, and the visitor may have typed another one for another visit.
        let address = typed.as_ref().map(|typed| typed.email.as_str());
        let address = address.filter(|address| proven.as_deref() == Some(*address));
        let view = self.show(row, caller, ActingRole::Patient, name.unwrap_or_default(), None)?;
        Ok(AppointmentView {
            is_in_an_account: true,
            code_needed: false,
            code_sent_to: address.map(mask).unwrap_or_default(),
            person: held_for,
            open_to: Vec::new(),
            change_until: None,
            cancel_reason: None,
            ..view
        })
    }

    pub(super) async fn list_appointments(
        &self,
        caller: &Caller,
        query: &AppointmentQuery,
    ) -> Outcome<Page<AppointmentView>> {
        let owner = caller.owner()?;
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
        let (total, found, role) = match must_see(connection, caller, query.whose).await? {
            None => {
                let id = owner.account;
                (
                    rows::count_booked_by(connection, id, &filter, now).await?,
                    rows::booked_by(connection, id, &filter, now, size.into(), offset).await?,
                    ActingRole::Patient,
                )
            }
            Some((role, of)) => (
                rows::count_of_doctors(connection, &of, &filter, now).await?,
                rows::of_doctors(connection, &of, &filter, now, size.into(), offset).await?,
                role,
            ),
        };
        let ids: Vec<Uuid> = found.iter().map(|row| row.id).collect();
        Viewer { caller, role }.record(connection, Viewed::Appointments, &ids).await?;
        let persons: Vec<PersonId> = found.iter().map(|row| PersonId(row.person_id)).collect();
        let names = accounts::names(connection, &persons).await?;
        let mut items = Vec::with_capacity(found.len());
        for row in found {
            let name = names.get(&PersonId(row.person_id)).cloned().unwrap_or_default();
            items.push(self.show(row, caller, role, name, None)?);
        }
        if query.whose == Whose::Mine && !owner.is_visitor {
            let code_needed = !self.needs_no_code(connection, owner.account).await?;
            items.iter_mut().for_each(|item| item.code_needed = code_needed);
        }
        Ok(Page { items, total, number: page_number(query.page), size })
    }

    fn show(
        &self,
        row: Row,
        caller: &Caller,
        seen_as: ActingRole,
        person_name: String,
        // What undoing the last mark would do, and whether the person is busy at that time. `None` in lists.
        undo: Option<(Undo, bool)>,
    ) -> Outcome<AppointmentView> {
        let now = caller.now;
        let appointment = Appointment {
            id: AppointmentId(row.id),
            state: state(&row.state)?,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            expires_at: row.expires_at,
            extensions: row.extensions,
            code_counter: row.code_counter,
            code_tries: row.code_tries,
            version: row.version,
        };
        let state = appointment.state_at(now);
        let target = row.target();
        let open_to = Command::ALL
            .into_iter()
            .filter(|command| {
                let by = caller.acting_role_to(*command, &target);
                let mut facts = self.facts(by.unwrap_or(seen_as), row.cancel_notice_minutes);
                facts.takes_bookings = row.doctor_takes_bookings;
                facts.undo = undo.map(|(undo, _)| undo);
                facts.person_is_busy =
                    *command == Command::Reopen && undo.is_some_and(|(_, busy)| busy);
                may(&appointment, &facts, *command, now)
            })
            .collect();
        let change_until = match (state, seen_as) {
            (State::Confirmed, ActingRole::Patient) => {
                Some(row.starts_at - Duration::minutes(row.cancel_notice_minutes.into()))
            }
            (State::Confirmed, _) => Some(row.starts_at),
            _ => None,
        };
        Ok(AppointmentView {
            contact: None,
            is_in_an_account: false,
            id: appointment.id,
            reference: row.reference,
            state,
            version: row.version,
            seen_as,
            person: PersonId(row.person_id),
            person_name,
            doctor: DoctorId(row.doctor_id),
            doctor_name: row.doctor_name,
            doctor_slug: slug(&row.doctor_slug)?,
            specialty: row.specialty.unwrap_or_default(),
            clinic: row.clinic,
            clinic_id: ClinicId(row.clinic_id),
            location: LocationId(row.location_id),
            location_name: row.location_name,
            location_address: row.location_address,
            city: row.city,
            zone: zone(&row.time_zone)?,
            mode: mode(&row.mode)?,
            visit_type: VisitTypeId(row.visit_type_id),
            visit_type_name: row.visit_type_name,
            slot: SlotId(row.slot_id),
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            fee: Fee { minor_units: row.fee_minor_units, currency: row.currency },
            expires_at: row.expires_at,
            extensions_left: (EXTENSIONS_MAX - row.extensions).max(0),
            code_tries_left: (CODE_TRIES - row.code_tries).max(0),
            code_needed: true,
            code_sent_to: String::new(),
            change_until: change_until.filter(|until| *until > now),
            open_to,
            cancel_reason: row.cancel_reason,
            doctor_takes_bookings: row.doctor_takes_bookings,
            created_at: row.created_at,
            history: Vec::new(),
        })
    }
}

/// Checks that the caller may see these appointments; returns in which role, and of which doctors. `None`: those that
/// the caller has booked.
async fn must_see(
    connection: &mut PgConnection,
    caller: &Caller,
    whose: Whose,
) -> Outcome<Option<(ActingRole, Vec<Uuid>)>> {
    let (account, doctor, clinic) = match whose {
        Whose::Mine => return Ok(None),
        Whose::OfDoctor(doctor) => {
            let account = caller.signed_in()?;
            let clinic = clinic::clinic_of(connection, doctor).await?.ok_or(Failure::NotFound)?;
            (account, Some(doctor), clinic)
        }
        Whose::OfClinic(clinic) => (caller.signed_in()?, None, clinic),
    };
    let target = Target { doctor, ..Target::clinic(clinic) };
    let role = account.acting_role(Permission::SeeAppointments, &target);
    let subject = doctor.map_or(clinic.0, |doctor| doctor.0);
    let role = caller.must_act(role, Permission::SeeAppointments, subject)?;
    let doctors = match doctor {
        Some(doctor) => vec![doctor.0],
        None => clinic::doctors_of(connection, clinic).await?,
    };
    Ok(Some((role, doctors)))
}

/// What undoing the last mark of a visit (checked in, completed, no-show) would do, and whether its person has
/// another appointment at that time. `None`: nothing was marked, or its slot no longer exists.
pub(super) async fn undo(
    connection: &mut PgConnection,
    (id, starts_at, zone): (AppointmentId, DateTime<Utc>, Zone),
    history: &[HistoryEntry],
    now: DateTime<Utc>,
) -> Outcome<Option<(Undo, bool)>> {
    let Some((to, at)) = last_mark(history.iter().map(|entry| (entry.event, entry.at))) else {
        return Ok(None);
    };
    let Some(found) = hold_facts::reopening(connection, id, now).await? else { return Ok(None) };
    let until = undo_until(at, starts_at, zone);
    let undo = Undo { to, until, seats_free: found.seats_free, reviewed: found.reviewed };
    Ok(Some((undo, found.person_is_busy)))
}

/// Would the command be allowed, given a free slot and the right code?
fn may(appointment: &Appointment, facts: &Facts, command: Command, now: DateTime<Utc>) -> bool {
    let later = now + Duration::days(1);
    let best_case = Facts {
        slot: Some(SlotFacts {
            starts_at: later,
            offered: true,
            opening: Opening::Open,
            seats_free: 1,
            is_own: false,
        }),
        proof: Proof::RightCode,
        ..facts.clone()
    };
    decide(Some(appointment), &best_case, command, now)
        .is_ok_and(|transition| transition.changes(appointment))
}

/// Converts a row of an appointment's history; `visit_zone` is the zone of the appointment's location.
pub(super) fn history_entry(row: HistoryRow, visit_zone: Zone) -> Outcome<HistoryEntry> {
    let moved_from = match (row.moved_from, row.moved_from_zone) {
        (Some(at), name) => {
            Some(LocalTime::new(at, name.map_or(Ok(visit_zone), |name| zone(&name))?))
        }
        (None, _) => None,
    };
    let undone = row.data.get("undone").and_then(|v| v.as_str());
    Ok(HistoryEntry {
        event: Event::parse(&row.event_type)
            .ok_or_else(|| Fault::Broken(format!("unknown event: {}", row.event_type)))?,
        at: row.occurred_at,
        by: ActingRole::parse(&row.actor)
            .ok_or_else(|| Fault::Broken(format!("unknown actor: {}", row.actor)))?,
        moved_from,
        undone: undone.and_then(State::parse),
    })
}

/// `asha@example.org` becomes `a•••@example.org`.
fn mask(email: &str) -> String {
    match Email::readable(email).split_once('@') {
        Some((local, domain)) => {
            let first: String = local.chars().take(1).collect();
            format!("{first}•••@{domain}")
        }
        None => String::new(),
    }
}
