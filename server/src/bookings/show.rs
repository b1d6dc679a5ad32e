//! An appointment as the caller may see it.

use chrono::{DateTime, Duration, Utc};
use nadi::actor::{Capacity, SignedIn};
use nadi::appointment::{
    Appointment, CODE_TRIES, Command, EXTENSIONS_MAX, Event, Facts, Opening, Proof, SlotFacts,
    State, Undo, decide, last_mark, undo_until,
};
use nadi::ids::{
    AccountId, AppointmentId, ClinicId, DoctorId, LocationId, PersonId, SlotId, VisitTypeId,
};
use nadi::input::Email;
use nadi::local_time::LocalTime;
use nadi::ports::{AppointmentView, HistoryEntry};
use nadi::visit::Fee;
use nadi::zone::Zone;
use sqlx::PgConnection;

use super::BookingService;
use crate::bookings::store::appointment_rows::{HistoryRow, Row};
use crate::bookings::store::{appointments, hold_facts};
use crate::use_case::{Fault, Outcome, mode, slug, zone};

impl BookingService {
    pub(super) fn show(
        &self,
        row: Row,
        account: &SignedIn,
        seen_as: Capacity,
        person_name: String,
        // What undoing the last mark would do, and whether the person is busy at that time. `None` in lists.
        undo: Option<(Undo, bool)>,
        now: DateTime<Utc>,
    ) -> Outcome<AppointmentView> {
        let appointment = Appointment {
            id: AppointmentId(row.id),
            state: appointments::state(&row.state)?,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            expires_at: row.expires_at,
            extensions: row.extensions,
            code_counter: row.code_counter,
            code_tries: row.code_tries,
            version: row.version,
        };
        let state = appointment.state_at(now);
        let sides = (AccountId(row.booked_by), DoctorId(row.doctor_id), ClinicId(row.clinic_id));
        let open_to = Command::ALL
            .into_iter()
            .filter(|command| {
                let by = account.capacity_to(*command, sides.0, sides.1, sides.2);
                let mut facts = self.facts(by.unwrap_or(seen_as), row.cancel_notice_minutes);
                facts.takes_bookings = row.doctor_takes_bookings;
                facts.undo = undo.map(|(undo, _)| undo);
                facts.person_is_busy =
                    *command == Command::Reopen && undo.is_some_and(|(_, busy)| busy);
                may(&appointment, &facts, *command, now)
            })
            .collect();
        let change_until = match (state, seen_as) {
            (State::Confirmed, Capacity::Patient) => {
                Some(row.starts_at - Duration::minutes(row.cancel_notice_minutes.into()))
            }
            (State::Confirmed, _) => Some(row.starts_at),
            _ => None,
        };
        Ok(AppointmentView {
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
            .ok_or_else(|| Fault::Broken(format!("unknown event {}", row.event_type)))?,
        at: row.occurred_at,
        by: Capacity::parse(&row.actor)
            .ok_or_else(|| Fault::Broken(format!("unknown actor {}", row.actor)))?,
        moved_from,
        undone: undone.and_then(State::parse),
    })
}

/// `asha@example.org` becomes `a•••@example.org`.
pub(super) fn mask(email: &str) -> String {
    match Email::readable(email).split_once('@') {
        Some((local, domain)) => {
            let first: String = local.chars().take(1).collect();
            format!("{first}•••@{domain}")
        }
        None => String::new(),
    }
}
