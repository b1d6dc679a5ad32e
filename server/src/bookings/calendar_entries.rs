//! Appointments as entries of a doctor's calendar, for schedules.

use chrono::{DateTime, Utc};
use nadi::audit::Viewed;
use nadi::ids::{AppointmentId, DoctorId, PersonId};
use nadi::ports::CalendarEntry;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::accounts;
use crate::audit::Viewer;
use crate::bookings::store::appointment_rows::{self as rows, Entry};
use crate::use_case::{Outcome, mode, state, zone};

/// A doctor's appointments that overlap a range of time, active or having taken place, soonest first. That they were seen
/// is recorded.
///
/// # Errors
/// When the database does not answer, or a row cannot be read.
pub async fn of_doctor(
    connection: &mut PgConnection,
    viewer: Viewer<'_>,
    doctor: DoctorId,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Outcome<Vec<CalendarEntry>> {
    let now = viewer.caller.now;
    let rows = rows::calendar_of_doctor(connection, doctor, from, until, now).await?;
    entries(connection, viewer, Viewed::Calendar, rows).await
}

/// The appointments that have seats in these slots now, soonest first, and which a schedule leaves without their time.
/// That they were seen is recorded.
///
/// # Errors
/// When the database does not answer, or a row cannot be read.
pub async fn in_slots(
    connection: &mut PgConnection,
    viewer: Viewer<'_>,
    slots: &[i64],
) -> Outcome<Vec<CalendarEntry>> {
    let rows = rows::entries_in(connection, slots, viewer.caller.now).await?;
    entries(connection, viewer, Viewed::ScheduleConflicts, rows).await
}

/// Calendar entries with the names of the patients.
async fn entries(
    connection: &mut PgConnection,
    viewer: Viewer<'_>,
    what: Viewed,
    rows: Vec<Entry>,
) -> Outcome<Vec<CalendarEntry>> {
    let ids: Vec<Uuid> = rows.iter().map(|entry| entry.id).collect();
    viewer.record(connection, what, &ids).await?;
    let persons: Vec<PersonId> = rows.iter().map(|entry| PersonId(entry.person_id)).collect();
    let names = accounts::names(connection, &persons).await?;
    rows.into_iter()
        .map(|entry| {
            let name = names.get(&PersonId(entry.person_id)).cloned();
            Ok(CalendarEntry {
                id: AppointmentId(entry.id),
                starts_at: entry.starts_at,
                ends_at: entry.ends_at,
                zone: zone(&entry.time_zone)?,
                person_name: name.unwrap_or_default(),
                visit_type: entry.visit_type,
                mode: mode(&entry.mode)?,
                location_name: entry.location_name,
                state: state(&entry.state)?,
                reference: entry.reference,
            })
        })
        .collect()
}
