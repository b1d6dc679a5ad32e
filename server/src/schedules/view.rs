//! Schedules and calendars as pages show them, and previews of changes.

use std::collections::{HashMap, HashSet};

use chrono::{Days, Duration, NaiveDate};
use nadi::Failure;
use nadi::actor::{ActingRole, Caller};
use nadi::calendar::week_of;
use nadi::formatting::local_date;
use nadi::ids::{DoctorId, DraftId};
use nadi::permissions::{Permission, Target};
use nadi::ports::{
    BlockView, DayChange, DoctorCalendar, HolidayView, HoursPlace, ScheduleChange, SchedulePreview,
    ScheduleView,
};
use nadi::schedule::Away;
use nadi::schedule::{Existing, Plan, Schedule, Zones, day_start, expand};
use sqlx::PgConnection;

use super::holidays;
use super::make;
use super::{ScheduleService, must_manage};
use crate::audit::Viewer;
use crate::bookings::calendar_entries;
use crate::clinic::places;
use crate::permission_checks::PermissionChecks as _;
use crate::schedules::make::Facts;
use crate::schedules::store::blocks_and_slots;
use crate::schedules::store::blocks_and_slots::BlockRow;
use crate::schedules::store::hours as store;
use crate::use_case::{Fault, Outcome, mode, zone};

const CALENDAR_DAYS_MAX: u8 = 31;

impl ScheduleService {
    pub(super) async fn own_calendar(
        &self,
        caller: &Caller,
        from: Option<NaiveDate>,
        days: u8,
    ) -> Outcome<DoctorCalendar> {
        let account = caller.must(Permission::SeeOwnCalendar, &Target::ANY)?;
        let doctor = account.doctor_for(Permission::SeeOwnCalendar)?;
        // From the main database, because doctors look for what was booked a second ago.
        let mut connection = self.app_state.write.0.acquire().await?;
        let (doctor_name, zone_name) =
            store::name_and_zone(&mut connection, doctor).await?.ok_or(Failure::NotFound)?;
        let zone = zone(&zone_name)?;
        let today = local_date(caller.now, zone);
        let from = from.unwrap_or(today);
        let until = from + Duration::days(days.clamp(1, CALENDAR_DAYS_MAX).into());
        let (start, end) = (day_start(zone, from), day_start(zone, until));

        let blocks =
            blocks_and_slots::blocks(&mut connection, doctor, start, end, caller.now).await?;
        let viewer = Viewer { caller, role: ActingRole::Doctor };
        let entries =
            calendar_entries::of_doctor(&mut connection, viewer, doctor, start, end).await?;
        Ok(DoctorCalendar {
            doctor_name,
            zone,
            today,
            from,
            until,
            blocks: blocks.into_iter().map(block).collect::<Outcome<_>>()?,
            entries,
        })
    }

    pub(super) async fn view(&self, caller: &Caller, doctor: DoctorId) -> Outcome<ScheduleView> {
        let now = caller.now;
        let mut connection = self.app_state.write.0.acquire().await?;
        let (clinic, by) = must_manage(&mut connection, caller, doctor).await?;
        let viewer = Viewer { caller, role: by.role };
        let (doctor_name, zone_name) =
            store::name_and_zone(&mut connection, doctor).await?.ok_or(Failure::NotFound)?;
        let zone = zone(&zone_name)?;
        let today = local_date(now, zone);
        let stored = store::find(&mut connection, doctor).await?;
        let facts = facts_of(&mut connection, doctor, now).await?;
        let kept: Vec<i64> = blocks_and_slots::outside_hours(&mut connection, doctor, now).await?;
        let conflicts = calendar_entries::in_slots(&mut connection, viewer, &kept).await?;
        let until = make::horizon(now, self.app_state.settings.horizon_days);
        let holidays = self.holidays_of(&mut connection, doctor, today, until, &facts).await?;
        let unreadable = stored.as_ref().is_some_and(|row| row.unreadable_since.is_some());
        Ok(ScheduleView {
            doctor,
            doctor_name,
            unreadable,
            version: stored.map_or(1, |row| row.version),
            schedule: facts.schedule.ahead(today),
            places: places(&mut connection, clinic).await?,
            zone,
            today,
            holidays,
            conflicts,
            made_through: until - Duration::days(1),
        })
    }

    async fn holidays_of(
        &self,
        connection: &mut PgConnection,
        doctor: DoctorId,
        from: NaiveDate,
        until: NaiveDate,
        facts: &Facts,
    ) -> Outcome<Vec<HolidayView>> {
        let mut days = Vec::new();
        for row in store::holiday_regions(connection, &[doctor.0]).await? {
            days.extend(holidays::between(&row.region, from, until));
        }
        days.retain(|day| facts.holidays.contains(&day.date));
        days.sort_unstable();
        days.dedup_by_key(|day| day.date);
        Ok(days.into_iter().map(holiday).collect())
    }

    pub(super) async fn preview_of(
        &self,
        caller: &Caller,
        draft: DraftId,
        week: Option<NaiveDate>,
    ) -> Outcome<SchedulePreview> {
        let account = caller.own_account()?;
        let now = caller.now;
        let mut connection = self.app_state.write.0.acquire().await?;
        let row = store::draft(&mut connection, draft, account.account.0)
            .await?
            .ok_or(Failure::NotFound)?;
        let doctor = DoctorId(row.doctor_id);
        let (clinic, by) = must_manage(&mut connection, caller, doctor).await?;
        let viewer = Viewer { caller, role: by.role };
        let (doctor_name, zone_name) =
            store::name_and_zone(&mut connection, doctor).await?.ok_or(Failure::NotFound)?;
        let zone = zone(&zone_name)?;
        let today = local_date(now, zone);
        let schedule = proposed(&row.schedule)?;
        let stored = store::find(&mut connection, doctor).await?;
        let places = places(&mut connection, clinic).await?;
        let facts = Facts {
            schedule: schedule.clone(),
            zones: zones(&places),
            ..facts_of(&mut connection, doctor, now).await?
        };
        let made_until = stored.as_ref().and_then(|row| row.made_until);
        let until = make::horizon(now, self.app_state.settings.horizon_days)
            .max(made_until.unwrap_or(today));
        let since = make::earliest_today(now);
        let mut existing = make::existing(&mut connection, &[(doctor.0, since)], now).await?;
        let existing = existing.remove(&doctor.0).unwrap_or_default();
        let plan = facts.plan(&existing, (since, until), now);
        let change = change(&mut connection, viewer, &plan).await?;
        let first = week.or(change.days.first().map(|day| day.date)).unwrap_or(today);
        let week = resulting_week(
            &mut connection,
            &Resulting {
                viewer,
                doctor,
                doctor_name: doctor_name.clone(),
                facts: &facts,
                places: &places,
                existing: &existing,
                plan: &plan,
                zone,
                today,
                first: week_of(first),
            },
        )
        .await?;
        Ok(SchedulePreview {
            draft,
            doctor,
            doctor_name,
            own: by.role == ActingRole::Doctor,
            seen: row.version,
            stale: row.saved.is_none()
                && stored.is_some_and(|stored| stored.version != row.version),
            schedule,
            places,
            change,
            week,
        })
    }
}

/// The facts that a doctor's slots are made from.
pub(super) async fn facts_of(
    connection: &mut PgConnection,
    doctor: DoctorId,
    now: chrono::DateTime<chrono::Utc>,
) -> Outcome<Facts> {
    // A rule that cannot be read is left out. The page says so, and saving it keeps the other rules.
    let mut facts = make::facts(connection, &[doctor.0], now, &mut HashSet::new()).await?;
    facts.remove(&doctor.0).ok_or_else(|| Fault::Broken(format!("schedule of {doctor}")))
}

/// Parses the stored schedule of a draft.
pub(super) fn proposed(draft: &serde_json::Value) -> Outcome<Schedule> {
    serde_json::from_value(draft.clone()).map_err(|error| Fault::Broken(format!("draft: {error}")))
}

pub(super) fn zones(places: &[HoursPlace]) -> Zones {
    places.iter().map(|place| (place.id, place.zone)).collect()
}

/// What a plan changes, as shown to the caller.
pub(super) async fn change(
    connection: &mut PgConnection,
    viewer: Viewer<'_>,
    plan: &Plan,
) -> Outcome<ScheduleChange> {
    let slots: Vec<i64> = plan.conflicts.iter().map(|slot| slot.0).collect();
    let conflicts = calendar_entries::in_slots(connection, viewer, &slots).await?;
    let days = plan.days.iter().filter(|(_, day)| day.added + day.removed > 0);
    Ok(ScheduleChange {
        times_added: plan.added(),
        times_removed: plan.removed(),
        days: days
            .map(|(date, day)| DayChange { date: *date, added: day.added, removed: day.removed })
            .collect(),
        conflicts,
        overfull: plan.overfull.clone(),
    })
}

fn block(row: BlockRow) -> Outcome<BlockView> {
    Ok(BlockView {
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        zone: zone(&row.time_zone)?,
        location_name: row.location_name,
        mode: mode(&row.mode)?,
        slot_minutes: row.slot_minutes,
        seats: row.seats,
        seats_free: row.seats_free,
    })
}

fn holiday(day: holidays::Holiday) -> HolidayView {
    HolidayView { date: day.date, name: day.name.to_owned(), estimated: day.estimated }
}

/// The input for the preview of a week after a change.
struct Resulting<'a> {
    viewer: Viewer<'a>,
    doctor: DoctorId,
    doctor_name: String,
    facts: &'a Facts,
    places: &'a [HoursPlace],
    existing: &'a [Existing],
    plan: &'a Plan,
    zone: nadi::zone::Zone,
    today: NaiveDate,
    first: NaiveDate,
}

async fn resulting_week(
    connection: &mut PgConnection,
    week: &Resulting<'_>,
) -> Outcome<DoctorCalendar> {
    let (from, until) = (week.first, week.first + Days::new(7));
    let (start, end) = (day_start(week.zone, from), day_start(week.zone, until));
    let facts = week.facts;
    let away = Away { holidays: &facts.holidays, busy: &facts.busy };
    // One more day on either side, because it may be another date at the doctor's other locations.
    let (since, to) = (from - Days::new(1), until + Days::new(1));
    let cells = expand(&facts.schedule, &facts.zones, away, since, to);
    let taken = taken(week.existing, week.plan);
    let mut blocks: Vec<BlockView> = Vec::new();
    let mut room_end = chrono::DateTime::<chrono::Utc>::MIN_UTC;
    for cell in cells.iter().filter(|c| c.starts_at < end && c.ends_at > start) {
        let place = week.places.iter().find(|place| place.id == cell.location);
        let name = place.map_or("", |place| place.name.as_str());
        let is_ahead = cell.starts_at > week.viewer.caller.now;
        let seats_free = if is_ahead {
            let taken = taken.get(&(cell.starts_at, cell.ends_at)).copied().unwrap_or(0);
            i64::from(cell.capacity) - taken.min(i64::from(cell.capacity))
        } else {
            0
        };
        match blocks.last_mut() {
            Some(block)
                if cell.room_from == room_end
                    && block.location_name == name
                    && block.mode == cell.mode =>
            {
                block.ends_at = cell.ends_at;
                block.seats += i64::from(cell.capacity);
                block.seats_free += seats_free;
            }
            _ => blocks.push(BlockView {
                starts_at: cell.starts_at,
                ends_at: cell.ends_at,
                zone: place.map_or(week.zone, |place| place.zone),
                location_name: name.to_owned(),
                mode: cell.mode,
                slot_minutes: i32::try_from((cell.ends_at - cell.starts_at).num_minutes())
                    .unwrap_or(0),
                seats: i64::from(cell.capacity),
                seats_free,
            }),
        }
        room_end = cell.room_until;
    }
    let entries =
        calendar_entries::of_doctor(connection, week.viewer, week.doctor, start, end).await?;
    Ok(DoctorCalendar {
        doctor_name: week.doctor_name.clone(),
        zone: week.zone,
        today: week.today,
        from,
        until,
        blocks,
        entries,
    })
}

type Visit = (chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>);

/// The number of taken seats in slots that are not withdrawn.
fn taken(existing: &[Existing], plan: &Plan) -> HashMap<Visit, i64> {
    let gone: HashSet<i64> = plan.withdraw.iter().map(|slot| slot.0).collect();
    existing
        .iter()
        .flat_map(|block| &block.slots)
        .filter(|slot| slot.seats_taken > 0 && !gone.contains(&slot.id.0))
        .map(|slot| ((slot.starts_at, slot.ends_at), i64::from(slot.seats_taken)))
        .collect()
}
