//! A doctor's week: the calendar and the hours behind it.

use async_trait::async_trait;
use chrono::{Duration, NaiveDate, Weekday};
use nadi::actor::{Caller, SignedIn};
use nadi::failure::{Field, Problem};
use nadi::ids::{AppointmentId, ClinicId, DoctorId, LocationId, PersonId, RuleId};
use nadi::ports::{
    Answer, BlockView, CalendarEntry, DoctorCalendar, DoctorHours, HoursLine, HoursPlace,
    HoursSaved, Schedules,
};
use nadi::schedule::{WeeklyHours, day_start};
use nadi::wall::local_date;
use nadi::{Failure, FieldProblem};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Fault, Outcome, answer, mode, zone};
use crate::engine::Engine;
use crate::entropy::uuid_v7;
use crate::jobs::top_up;
use crate::store::schedules::{self as store, NewRule, RuleRow};
use crate::store::{administration, appointment_rows as rows, appointments, people};

const CALENDAR_DAYS_MAX: u8 = 31;
const LINES_MAX: usize = 50;
/// Places offered in the form of hours.
const PLACES_MAX: i64 = 200;

pub struct ScheduleService {
    engine: Engine,
}

impl ScheduleService {
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }

    async fn own_calendar(
        &self,
        caller: &Caller,
        from: Option<NaiveDate>,
        days: u8,
    ) -> Outcome<DoctorCalendar> {
        let doctor = caller.signed_in()?.doctor.ok_or(Failure::NotAllowed)?;
        // A doctor looks for what was booked a second ago: no replica.
        let mut connection = self.engine.write.0.acquire().await?;
        let (doctor_name, zone_name) =
            store::name_and_zone(&mut connection, doctor).await?.ok_or(Failure::NotFound)?;
        let zone = zone(&zone_name)?;
        let today = local_date(caller.now, zone);
        let from = from.unwrap_or(today);
        let until = from + Duration::days(days.clamp(1, CALENDAR_DAYS_MAX).into());
        let (start, end) = (day_start(zone, from), day_start(zone, until));

        let blocks = store::blocks(&mut connection, doctor, start, end, caller.now).await?;
        let entries =
            rows::calendar_of_doctor(&mut connection, doctor, start, end, caller.now).await?;
        let persons: Vec<PersonId> = entries.iter().map(|e| PersonId(e.person_id)).collect();
        let names = people::names(&mut connection, &persons).await?;
        Ok(DoctorCalendar {
            doctor_name,
            zone,
            today,
            from,
            until,
            blocks: blocks
                .into_iter()
                .map(|row| {
                    Ok(BlockView {
                        starts_at: row.starts_at,
                        ends_at: row.ends_at,
                        location_name: row.location_name,
                        mode: mode(&row.mode)?,
                        slot_minutes: row.slot_seconds / 60,
                        seats: row.seats,
                        seats_free: row.seats_free,
                    })
                })
                .collect::<Outcome<Vec<_>>>()?,
            entries: entries
                .into_iter()
                .map(|entry| {
                    let name = names.get(&PersonId(entry.person_id)).cloned();
                    Ok(CalendarEntry {
                        id: AppointmentId(entry.id),
                        starts_at: entry.starts_at,
                        ends_at: entry.ends_at,
                        person_name: name.unwrap_or_default(),
                        visit_type: entry.visit_type,
                        mode: mode(&entry.mode)?,
                        location_name: entry.location_name,
                        state: appointments::state(&entry.state)?,
                        reference: entry.reference,
                    })
                })
                .collect::<Outcome<Vec<_>>>()?,
        })
    }

    async fn weekly_hours(&self, caller: &Caller, doctor: DoctorId) -> Outcome<DoctorHours> {
        let account = caller.signed_in()?;
        let mut connection = self.engine.write.0.acquire().await?;
        let clinic = must_run(&mut connection, account, doctor).await?;
        let (doctor_name, _) =
            store::name_and_zone(&mut connection, doctor).await?.ok_or(Failure::NotFound)?;
        let rules = store::rules(&mut connection, &[doctor.0]).await?;
        let clinics = [clinic.0];
        let places =
            administration::locations(&mut connection, Some(&clinics), None, PLACES_MAX, 0).await?;
        Ok(DoctorHours {
            doctor_name,
            places: places
                .into_iter()
                .map(|row| {
                    let zone = zone(&row.time_zone)?;
                    Ok(HoursPlace { id: LocationId(row.id), name: row.name, zone })
                })
                .collect::<Outcome<Vec<_>>>()?,
            lines: rules.iter().map(line_of).collect::<Outcome<Vec<_>>>()?,
        })
    }

    async fn replace_hours(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        lines: Vec<HoursLine>,
    ) -> Outcome<HoursSaved> {
        let account = caller.signed_in()?;
        let mut transaction = self.engine.write.begin().await?;
        must_run(&mut transaction, account, doctor).await?;
        check(&lines)?;
        if !store::lock_doctor(&mut transaction, doctor).await? {
            return Err(Failure::NotFound.into());
        }
        locations_must_fit(&mut transaction, doctor, &lines).await?;

        let current = store::rules(&mut transaction, &[doctor.0]).await?;
        let mut saved = HoursSaved::default();
        let mut wanted = lines;
        for rule in &current {
            let line = line_of(rule)?;
            // A line that stays as it is keeps its rule and its times.
            if let Some(same) =
                wanted.iter().position(|w| HoursLine { id: line.id, ..w.clone() } == line)
            {
                wanted.remove(same);
                continue;
            }
            let id = RuleId(rule.id);
            store::lock_slots_of(&mut transaction, id, caller.now).await?;
            let kept = appointments::booked_dates(&mut transaction, rule.id, caller.now).await?;
            let withdrawn = store::withdraw_times(&mut transaction, id, &kept, caller.now).await?;
            store::archive_rule(&mut transaction, id, caller.now).await?;
            saved.times_removed += i64::try_from(withdrawn).unwrap_or(i64::MAX);
            saved.kept_days.extend(kept);
        }
        for line in &wanted {
            let rule = NewRule {
                id: RuleId(uuid_v7(caller.now)),
                doctor,
                location: line.location.0,
                mode: line.mode.as_str(),
                weekday: weekday_number(line.weekday),
                starts: line.starts,
                ends: line.ends,
                slot_minutes: i16::try_from(line.slot_minutes).unwrap_or(i16::MAX),
                capacity: i16::try_from(line.capacity).unwrap_or(i16::MAX),
                // A day early everywhere: the past is never made.
                effective_from: caller.now.date_naive() - Duration::days(1),
            };
            store::insert_rule(&mut transaction, &rule, caller.now).await?;
        }
        let horizon = self.engine.settings.horizon_days;
        let added = top_up::make_times(&mut transaction, &[doctor.0], horizon, caller.now).await?;
        transaction.commit().await?;
        self.engine.changes.note(doctor);
        saved.times_added = i64::try_from(added).unwrap_or(i64::MAX);
        saved.kept_days.sort_unstable();
        saved.kept_days.dedup();
        Ok(saved)
    }
}

/// A doctor's hours are run by the doctor and by the clinic's administrators.
async fn must_run(
    connection: &mut PgConnection,
    account: &SignedIn,
    doctor: DoctorId,
) -> Outcome<ClinicId> {
    let clinic = store::clinic_of(connection, doctor).await?.ok_or(Failure::NotFound)?;
    if account.doctor != Some(doctor) {
        account.must_administer(clinic)?;
    }
    Ok(clinic)
}

fn check(lines: &[HoursLine]) -> Outcome<()> {
    if lines.len() > LINES_MAX {
        let max = i64::try_from(LINES_MAX).unwrap_or(i64::MAX);
        return Err(Failure::field(Field::Weekday, Problem::OutOfRange { min: 0, max }).into());
    }
    let hours: Vec<WeeklyHours> = lines.iter().map(hours_of).collect();
    for (index, line) in hours.iter().enumerate() {
        line.check()?;
        if hours[..index].iter().any(|earlier| earlier.overlaps(line)) {
            let problem = FieldProblem { field: Field::StartsAt, problem: Problem::Overlaps };
            return Err(problem.into());
        }
    }
    Ok(())
}

/// Hours can only be at the clinic's own locations.
async fn locations_must_fit(
    connection: &mut PgConnection,
    doctor: DoctorId,
    lines: &[HoursLine],
) -> Outcome<()> {
    let clinic = store::clinic_of(connection, doctor).await?.ok_or(Failure::NotFound)?;
    let mut ids: Vec<Uuid> = lines.iter().map(|line| line.location.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let known = administration::locations_of_clinic(connection, clinic, &ids).await?;
    if known.len() == ids.len() {
        Ok(())
    } else {
        Err(Failure::field(Field::Location, Problem::Unknown).into())
    }
}

fn hours_of(line: &HoursLine) -> WeeklyHours {
    WeeklyHours {
        id: line.id.unwrap_or(RuleId(Uuid::nil())),
        location: line.location,
        mode: line.mode,
        weekday: line.weekday,
        starts: line.starts,
        ends: line.ends,
        slot_minutes: line.slot_minutes,
        capacity: line.capacity,
        effective_from: NaiveDate::MIN,
        effective_until: None,
    }
}

fn line_of(rule: &RuleRow) -> Outcome<HoursLine> {
    let broken = || Fault::Broken(format!("rule {}", rule.id));
    Ok(HoursLine {
        id: Some(RuleId(rule.id)),
        location: LocationId(rule.location_id),
        mode: mode(&rule.mode)?,
        weekday: weekday(rule.weekday).ok_or_else(broken)?,
        starts: rule.starts_local,
        ends: rule.ends_local,
        slot_minutes: u16::try_from(rule.slot_minutes).map_err(|_| broken())?,
        capacity: u16::try_from(rule.capacity).map_err(|_| broken())?,
    })
}

/// ISO 8601: 1 is Monday.
pub fn weekday(number: i16) -> Option<Weekday> {
    Weekday::try_from(u8::try_from(number.checked_sub(1)?).ok()?).ok()
}

fn weekday_number(weekday: Weekday) -> i16 {
    i16::try_from(weekday.number_from_monday()).unwrap_or(1)
}

#[async_trait]
impl Schedules for ScheduleService {
    async fn calendar(
        &self,
        caller: &Caller,
        from: Option<NaiveDate>,
        days: u8,
    ) -> Answer<DoctorCalendar> {
        answer("doctor's calendar", self.own_calendar(caller, from, days).await)
    }

    async fn hours(&self, caller: &Caller, doctor: DoctorId) -> Answer<DoctorHours> {
        answer("weekly hours", self.weekly_hours(caller, doctor).await)
    }

    #[tracing::instrument(skip_all, fields(doctor = %doctor))]
    async fn save_hours(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        lines: Vec<HoursLine>,
    ) -> Answer<HoursSaved> {
        answer("save hours", self.replace_hours(caller, doctor, lines).await)
    }
}
