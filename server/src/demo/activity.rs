//! The job that simulates activity in the demo, in development mode only: invented patients book the coming
//! days at the demo doctor's clinic, arrive, are seen, or cancel. It changes only appointments that the demo
//! made, and sends no messages.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use nadi::actor::ActingRole;
use nadi::appointment::{Claims, Command, Facts, State, decide};
use nadi::formatting::local_date;
use nadi::ids::{AccountId, DoctorId};

use super::activity_data;
use super::{dates, demo_doctor, is_soon, planned_visits};
use crate::bookings::store::appointments;
use crate::bookings::store::appointments::{By, EventDetail};
use crate::bookings::store::claims;
use crate::demo::activity_data::{Clinic, DemoAppointment, FreeSlot, Outcome};
use crate::state::AppState;
use crate::supervisor::{Job, Next, Supervisor};

const JOB: Job = Job {
    name: "demo",
    every: std::time::Duration::from_secs(600),
    overdue_after: std::time::Duration::from_secs(3_600),
};
/// Slots that begin sooner than this are not booked.
const BOOK_AHEAD: Duration = Duration::minutes(30);
/// Patients who cancel do so this long before the visit.
const CANCEL_AHEAD: Duration = Duration::hours(24);
/// How long after the last hold a new one is made.
const HOLD_EVERY: Duration = Duration::hours(3);
/// The most appointments looked at in one run.
const WAITING_MAX: i64 = 2_000;
/// The most slots tried for one visit of the demo patient.
const TRIES_MAX: usize = 5;

/// How many appointments a run has made and changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// New appointments, holds included.
    pub booked: usize,
    /// Appointments that were checked in, cancelled or brought to an end.
    pub changed: usize,
}

/// Starts the job.
pub fn start(supervisor: &Supervisor, app_state: &AppState) {
    let app_state = app_state.clone();
    supervisor.start(JOB, std::future::pending, move || {
        let app_state = app_state.clone();
        async move { run_once(&app_state).await.map(|_| Next::Scheduled) }
    });
}

/// Does what is due. Does nothing when the demo is not loaded.
///
/// # Errors
/// When the database does not answer.
pub async fn run_once(app_state: &AppState) -> anyhow::Result<Summary> {
    let now = app_state.clock.now();
    let mut connection = app_state.write.0.acquire().await?;
    let Some(clinic) = activity_data::clinic(&mut connection).await? else {
        return Ok(Summary::default());
    };
    drop(connection);
    let mut done =
        Summary { changed: advance_appointments(app_state, &clinic, now).await?, booked: 0 };
    done.booked += book_days(app_state, &clinic, now).await?;
    done.booked += book_own(app_state, &clinic, now).await?;
    done.booked += hold(app_state, &clinic, now).await?;
    if done != Summary::default() {
        tracing::info!(
            booked = done.booked,
            changed = done.changed,
            "simulated activity in the demo"
        );
    }
    Ok(done)
}

/// Lets patients arrive, be seen, miss their visit, or cancel. Returns how many appointments changed.
async fn advance_appointments(
    app_state: &AppState,
    clinic: &Clinic,
    now: DateTime<Utc>,
) -> anyhow::Result<usize> {
    let mut connection = app_state.write.0.acquire().await?;
    let waiting =
        activity_data::waiting(&mut connection, clinic, now + CANCEL_AHEAD, WAITING_MAX).await?;
    drop(connection);
    let mut changed = 0;
    for appointment in waiting {
        if next_command(&appointment, now).is_some() && change(app_state, appointment, now).await? {
            changed += 1;
        }
    }
    Ok(changed)
}

/// The command that is due for an appointment.
fn next_command(appointment: &DemoAppointment, now: DateTime<Utc>) -> Option<Command> {
    let outcome = activity_data::outcome(appointment);
    let arrives_at = appointment.starts_at - activity_data::arrives_early();
    match appointment.state {
        State::CheckedIn if appointment.ends_at <= now => Some(Command::Complete),
        State::Confirmed if appointment.ends_at <= now => Some(match outcome {
            Outcome::NoShow => Command::MarkNoShow,
            _ => Command::Complete,
        }),
        State::Confirmed if arrives_at <= now => {
            (outcome != Outcome::NoShow).then_some(Command::CheckIn)
        }
        State::Confirmed if appointment.starts_at - CANCEL_AHEAD <= now => {
            (outcome == Outcome::Cancelled).then_some(Command::Cancel)
        }
        _ => None,
    }
}

/// Makes one change in a transaction of its own. `false`: there was nothing to do any more.
async fn change(
    app_state: &AppState,
    due: DemoAppointment,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let mut transaction = app_state.write.begin().await?;
    let Some(mut stored) = appointments::lock(&mut transaction, due.id).await? else {
        return Ok(false);
    };
    let appointment = stored.appointment()?;
    // Decide by the locked row: somebody may have moved or cancelled the appointment.
    let due = DemoAppointment {
        state: appointment.state,
        starts_at: appointment.starts_at,
        ends_at: appointment.ends_at,
        ..due
    };
    let Some(command) = next_command(&due, now) else { return Ok(false) };
    let doctor = DoctorId(stored.doctor_id);
    let by = match command {
        Command::Cancel => By {
            role: ActingRole::Patient,
            account: Some(AccountId(stored.booked_by)),
            reason: None,
            locale: None,
        },
        _ => By {
            role: ActingRole::Doctor,
            account: activity_data::account_of(&mut transaction, doctor).await?,
            reason: None,
            locale: None,
        },
    };
    let notice = Duration::minutes(stored.cancel_notice_minutes.into());
    let facts = Facts {
        check_in_lead: app_state.settings.check_in_lead,
        takes_bookings: stored.takes_bookings,
        ..Facts::of(by.role, notice, app_state.settings.hold)
    };
    let Ok(transition) = decide(Some(&appointment), &facts, command, now) else {
        return Ok(false);
    };
    let Some(event) = transition.event else { return Ok(false) };
    if transition.claims == Claims::Drop {
        claims::drop(&mut transaction, due.id).await?;
    }
    appointments::save(&mut transaction, &mut stored, &transition, &by, now).await?;
    appointments::insert_event(&mut transaction, &stored, event, &EventDetail::default(), &by, now)
        .await?;
    activity_data::suppress_notifications(&mut transaction, due.id, now).await?;
    transaction.commit().await?;
    app_state.invalidation.invalidate_doctor(doctor);
    Ok(true)
}

/// Books visits on the days up to the end of next week for which the demo has made none yet.
async fn book_days(
    app_state: &AppState,
    clinic: &Clinic,
    now: DateTime<Utc>,
) -> anyhow::Result<usize> {
    let until = dates(local_date(now, clinic.zone)).end;
    let since = now - Duration::days(1);
    let mut connection = app_state.write.0.acquire().await?;
    let filled = activity_data::filled(&mut connection, clinic, since).await?;
    let free = activity_data::free(&mut connection, clinic, now + BOOK_AHEAD, until, now).await?;
    drop(connection);
    let mut days: BTreeMap<(NaiveDate, DoctorId), Vec<FreeSlot>> = BTreeMap::new();
    for slot in free {
        let day = (slot.slot.date, slot.doctor);
        if !filled.contains(&(day.1, day.0)) {
            days.entry(day).or_default().push(slot);
        }
    }
    let mut booked = 0;
    for ((date, doctor), times) in days {
        let mut transaction = app_state.write.begin().await?;
        activity_data::lock(&mut transaction).await?;
        // Another instance may have done it in the meantime.
        if activity_data::filled(&mut transaction, clinic, since).await?.contains(&(doctor, date)) {
            continue;
        }
        let mut booked_here = 0;
        for visit in activity_data::visits_of_day(clinic, &times, now) {
            booked_here += usize::from(activity_data::insert(&mut transaction, &visit).await?);
        }
        transaction.commit().await?;
        if booked_here > 0 {
            app_state.invalidation.invalidate_doctor(doctor);
        }
        booked += booked_here;
    }
    Ok(booked)
}

/// Books the future visits that the demo patient should always have.
async fn book_own(
    app_state: &AppState,
    clinic: &Clinic,
    now: DateTime<Utc>,
) -> anyhow::Result<usize> {
    let today = local_date(now, clinic.zone);
    let mut booked = 0;
    for planned in planned_visits() {
        let mut transaction = app_state.write.begin().await?;
        activity_data::lock(&mut transaction).await?;
        if activity_data::is_booked(&mut transaction, &planned, now).await? {
            continue;
        }
        let free =
            activity_data::free(&mut transaction, clinic, now, dates(today).end, now).await?;
        let from = today + Days::new(planned.days_ahead);
        let mut fitting: Vec<&FreeSlot> = free
            .iter()
            .filter(|free| free.slot.date >= from && free.slot.mode == planned.mode)
            .collect();
        let is_preferred =
            |free: &FreeSlot| (free.doctor == demo_doctor()) == planned.with_demo_doctor;
        fitting.sort_by_key(|free| (!is_preferred(free), free.slot.starts_at, free.doctor));
        for free in fitting.into_iter().take(TRIES_MAX) {
            let visit = activity_data::own_visit(clinic, free, planned.person, now);
            if activity_data::insert(&mut transaction, &visit).await? {
                transaction.commit().await?;
                app_state.invalidation.invalidate_doctor(free.doctor);
                booked += 1;
                break;
            }
        }
    }
    Ok(booked)
}

/// Makes a hold with the demo doctor, unless there was one in the last [`HOLD_EVERY`].
async fn hold(app_state: &AppState, clinic: &Clinic, now: DateTime<Utc>) -> anyhow::Result<usize> {
    let mut transaction = app_state.write.begin().await?;
    activity_data::lock(&mut transaction).await?;
    if activity_data::has_hold(&mut transaction, now - HOLD_EVERY).await? {
        return Ok(0);
    }
    let until = dates(local_date(now, clinic.zone)).end;
    let free = activity_data::free(&mut transaction, clinic, now, until, now).await?;
    let soon = free.iter().find(|free| free.doctor == demo_doctor() && is_soon(&free.slot, now));
    let Some(visit) = soon.and_then(|free| activity_data::hold(clinic, free, now)) else {
        return Ok(0);
    };
    if !activity_data::insert(&mut transaction, &visit).await? {
        return Ok(0);
    }
    transaction.commit().await?;
    app_state.invalidation.invalidate_doctor(demo_doctor());
    Ok(1)
}
