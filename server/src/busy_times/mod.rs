//! External calendars of doctors: uploaded files and subscribed addresses. They are read and stored as busy
//! times, and the doctor's slots are then made again around them.

mod faults;
pub mod fetch;
pub mod refresh;
mod store;

use std::collections::HashSet;
use std::ops::Range;

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::actor::Caller;
use nadi::events::{BusyCalendarEvent, NewEvent};
use nadi::failure::{Field, Problem};
use nadi::ical::{
    BusyCalendar, Malformed, MalformedReason, RANGE_DAYS_MAX, ReadCalendar, Reading, appointment_of,
};
use nadi::ids::{BusyCalendarId, DoctorId};
use nadi::input::{Email, line};
use nadi::ports::{Answer, BusyCalendarView, BusyCalendars, BusyRead, NewBusyCalendar};
use nadi::retention;
use url::Url;
use uuid::Uuid;

pub use crate::busy_times::store::ENCRYPTED;

use crate::busy_times::faults::{StoredFault, calendar_fault, line_number, problem, view};
use crate::busy_times::fetch::{FetchError, Fetched, Fetcher};
use crate::busy_times::store::{DueRow, NewCalendar};
use crate::config::CalendarSources;
use crate::database::DELETED_AT_ONCE;
use crate::events;
use crate::events::Author;
use crate::ids::uuid_v7;
use crate::schedules::{self, must_manage, refresh};
use crate::security_log;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome, answer, retried, zone};

const CALENDARS_MAX: usize = 10;
const NAME_CHARS_MAX: u32 = 100;
/// A subscribed calendar is read again after this long.
pub const READ_EVERY: Duration = Duration::hours(1);
/// Read in full at least this often, even if the server says it has not changed, because the range of days moves on.
const WHOLE_EVERY: Duration = Duration::hours(24);
/// The wait after a failure doubles each time, up to this.
const WAIT_MAX: Duration = Duration::hours(24);
/// Busy times are stored for a little longer than slots are made.
const MARGIN: Duration = Duration::days(8);

pub struct BusyService {
    app_state: AppState,
    fetcher: Fetcher,
}

type Interval = (DateTime<Utc>, DateTime<Utc>);

/// A calendar to be added.
struct NewSource {
    name: String,
    owner_email: Option<String>,
    address: Option<Url>,
    etag: Option<String>,
}

/// Deletes some calendars that were removed long ago; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_ended(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let before = app_state.clock.now() - Duration::days(retention::ENDED_ACCESS);
    store::delete_ended(&mut connection, before, DELETED_AT_ONCE).await
}

impl BusyService {
    pub fn new(app_state: AppState, fetcher: Fetcher) -> Self {
        Self { app_state, fetcher }
    }

    async fn list(&self, caller: &Caller, doctor: DoctorId) -> Outcome<Vec<BusyCalendarView>> {
        let mut connection = self.app_state.write.0.acquire().await?;
        must_manage(&mut connection, caller, doctor).await?;
        let rows = store::of_doctor(&mut connection, doctor, caller.now).await?;
        Ok(rows.into_iter().map(view).collect())
    }

    async fn own_email(&self, caller: &Caller, doctor: DoctorId) -> Outcome<Option<String>> {
        let mut connection = self.app_state.write.0.acquire().await?;
        must_manage(&mut connection, caller, doctor).await?;
        Ok(store::doctor_email(&mut connection, doctor).await?)
    }

    async fn subscribe(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        new: NewBusyCalendar,
        address: &str,
    ) -> Outcome<BusyRead> {
        // Check the permission before fetching anything.
        let mut connection = self.app_state.write.0.acquire().await?;
        must_manage(&mut connection, caller, doctor).await?;
        drop(connection);
        let (name, owner_email) = validated(&new)?;
        let refused = |problem| Failure::field(Field::Calendar, problem);
        // Calendars that were added before a stricter setting go on being read as they were.
        let fetcher = match self.app_state.settings.calendar_sources {
            CalendarSources::Https => self.fetcher.https_only(),
            CalendarSources::Any => self.fetcher.clone(),
        };
        let address = match address.trim() {
            "" => return Err(refused(Problem::Missing).into()),
            text if text.len() > 2_000 => return Err(refused(Problem::TooLong(2_000)).into()),
            text => fetcher.address(text).ok_or_else(|| {
                security_log::calendar_refused(caller, doctor);
                refused(Problem::NotPublic)
            })?,
        };
        let fetched = fetcher.fetch(&address, None).await;
        if fetched == Err(FetchError::NotPublic) {
            security_log::calendar_refused(caller, doctor);
        }
        let Fetched::Content { bytes, etag } = fetched.map_err(|error| refused(problem(error)))?
        else {
            return Err(refused(Problem::NotPublic).into());
        };
        let source = NewSource { name, owner_email, address: Some(address), etag };
        self.add(caller, doctor, source, bytes).await
    }

    async fn add_content(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        new: NewBusyCalendar,
        content: Vec<u8>,
    ) -> Outcome<BusyRead> {
        let (name, owner_email) = validated(&new)?;
        if content.is_empty() {
            return Err(Failure::field(Field::Calendar, Problem::Missing).into());
        }
        let source = NewSource { name, owner_email, address: None, etag: None };
        self.add(caller, doctor, source, content).await
    }

    async fn add(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        source: NewSource,
        content: Vec<u8>,
    ) -> Outcome<BusyRead> {
        let mut connection = self.app_state.write.0.acquire().await?;
        must_manage(&mut connection, caller, doctor).await?;
        drop(connection);
        let until = match source.address {
            Some(_) => self.known_until(caller.now),
            // A file is read only once, so it is read as far ahead as possible.
            None => self.known_until(caller.now).max(caller.now + Duration::days(RANGE_DAYS_MAX)),
        };
        let range = caller.now..until;
        let read = self.read(doctor, content, source.owner_email.as_deref(), range).await?;
        let read = read.map_err(|malformed| {
            if malformed.reason == MalformedReason::TooLarge && source.address.is_none() {
                return Failure::TooLarge;
            }
            let (line, reason) = (line_number(malformed), calendar_fault(malformed.reason));
            Failure::field(Field::Calendar, Problem::MalformedAt { line, reason })
        })?;
        retried(|| self.try_add(caller, doctor, &source, &read)).await
    }

    async fn try_add(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        source: &NewSource,
        read: &BusyCalendar,
    ) -> Outcome<BusyRead> {
        let now = caller.now;
        let times = intervals(read);
        let mut transaction = self.app_state.write.begin().await?;
        let (_, by) = must_manage(&mut transaction, caller, doctor).await?;
        schedules::lock(&mut transaction, doctor).await?;
        let present = store::of_doctor(&mut transaction, doctor, now).await?;
        let same: Vec<Uuid> =
            present.iter().filter(|row| row.name == source.name).map(|row| row.id).collect();
        if present.len() - same.len() >= CALENDARS_MAX {
            let problem = Problem::OutOfRange { min: 0, max: 10 };
            return Err(Failure::field(Field::Lines, problem).into());
        }
        store::archive(&mut transaction, doctor, &same, now).await?;
        let id = BusyCalendarId(uuid_v7(now));
        let new = NewCalendar {
            id,
            doctor,
            name: &source.name,
            address: source.address.as_ref().map(Url::as_str),
            etag: source.etag.as_deref(),
            owner_email: source.owner_email.as_deref(),
            due_at: now + READ_EVERY,
        };
        store::insert(&mut transaction, &new, now).await?;
        store::replace_times(&mut transaction, id, doctor, &times).await?;
        let event = NewEvent::busy_calendar(BusyCalendarEvent::Added, id, doctor);
        events::record(&mut transaction, &event, by, now).await?;
        let plan = refresh(&mut transaction, &self.app_state, doctor, now).await?;
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_doctor(doctor);
        self.app_state.event_written.notify_one();
        Ok(BusyRead {
            times: times.len() as u64,
            times_removed: plan.removed(),
            conflicts: plan.conflicts.len() as u64,
            warnings: read.warnings.clone(),
        })
    }

    async fn archive(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        calendar: BusyCalendarId,
    ) -> Outcome<()> {
        let now = caller.now;
        let mut transaction = self.app_state.write.begin().await?;
        let (_, by) = must_manage(&mut transaction, caller, doctor).await?;
        schedules::lock(&mut transaction, doctor).await?;
        if !store::archive(&mut transaction, doctor, &[calendar.0], now).await? {
            return Err(Failure::NotFound.into());
        }
        let event = NewEvent::busy_calendar(BusyCalendarEvent::Removed, calendar, doctor);
        events::record(&mut transaction, &event, by, now).await?;
        refresh(&mut transaction, &self.app_state, doctor, now).await?;
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_doctor(doctor);
        Ok(())
    }

    /// Reads one calendar that is due. If it cannot be read, stores why.
    pub async fn read_again(&self, due: DueRow) -> Outcome<()> {
        let now = self.app_state.clock.now();
        let (id, doctor) = (BusyCalendarId(due.id), DoctorId(due.doctor_id));
        let is_fresh = due.read_at.is_some_and(|at| now - at < WHOLE_EVERY);
        let etag = due.etag.as_deref().filter(|_| is_fresh);
        let fetched = match self.fetcher.address(&due.address) {
            Some(address) => self.fetcher.fetch(&address, etag).await,
            None => Err(FetchError::NotPublic),
        };
        let wait = (READ_EVERY * 2_i32.pow(u32::from(due.failures.clamp(0, 5).unsigned_abs())))
            .min(WAIT_MAX);
        let fault = match fetched {
            Ok(Fetched::Unchanged) => {
                let mut connection = self.app_state.write.0.acquire().await?;
                return Ok(store::record_unchanged(&mut connection, id, now + READ_EVERY).await?);
            }
            Ok(Fetched::Content { bytes, etag }) => {
                let owner = due.owner_email.as_deref();
                match self.save_reading(id, doctor, bytes, (etag.as_deref(), owner)).await? {
                    Ok(()) => return Ok(()),
                    Err(malformed) => StoredFault::Malformed {
                        line: line_number(malformed),
                        reason: calendar_fault(malformed.reason),
                    },
                }
            }
            Err(error) => error.into(),
        };
        let mut connection = self.app_state.write.0.acquire().await?;
        let fault =
            serde_json::to_value(fault).map_err(|e| Fault::Broken(format!("a fault: {e}")))?;
        Ok(store::record_fault(&mut connection, id, &fault, now + wait).await?)
    }

    async fn save_reading(
        &self,
        id: BusyCalendarId,
        doctor: DoctorId,
        content: Vec<u8>,
        (etag, owner): (Option<&str>, Option<&str>),
    ) -> Outcome<Result<(), Malformed>> {
        let now = self.app_state.clock.now();
        let times = match self.read(doctor, content, owner, now..self.known_until(now)).await? {
            Ok(read) => intervals(&read),
            Err(malformed) => return Ok(Err(malformed)),
        };
        let mut transaction = self.app_state.write.begin().await?;
        // Lock the doctor's schedule first, as everywhere.
        schedules::lock(&mut transaction, doctor).await?;
        if store::record_read(&mut transaction, id, etag, now + READ_EVERY, now).await? {
            if store::replace_times(&mut transaction, id, doctor, &times).await? {
                let event = NewEvent::busy_calendar(BusyCalendarEvent::Read, id, doctor);
                events::record(&mut transaction, &event, Author::SYSTEM, now).await?;
            }
            refresh(&mut transaction, &self.app_state, doctor, now).await?;
        }
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_doctor(doctor);
        Ok(Ok(()))
    }

    /// How far ahead a subscribed calendar is read.
    fn known_until(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + Duration::days(self.app_state.settings.horizon_days.into()) + MARGIN
    }

    /// The busy times of a file in a range. Times without a zone are in the zone of the doctor's main location. The
    /// doctor's own appointments, which a calendar may contain when it subscribes to ours, are left out. Reads on a
    /// blocking thread, because a large file takes long.
    async fn read(
        &self,
        doctor: DoctorId,
        content: Vec<u8>,
        owner_email: Option<&str>,
        range: Range<DateTime<Utc>>,
    ) -> Outcome<Result<BusyCalendar, Malformed>> {
        let mut connection = self.app_state.write.0.acquire().await?;
        let (_, zone_name) =
            schedules::name_and_zone(&mut connection, doctor).await?.ok_or(Failure::NotFound)?;
        let mut owner: Vec<String> = owner_email.map(str::to_owned).into_iter().collect();
        owner.extend(store::doctor_email(&mut connection, doctor).await?);
        drop(connection);
        let zone = zone(&zone_name)?;
        let reading = run_blocking(move || {
            let owner: Vec<&str> = owner.iter().map(String::as_str).collect();
            ReadCalendar::read(&content, &owner)
        });
        let calendar = match reading.await? {
            Ok(calendar) => calendar,
            Err(malformed) => return Ok(Err(malformed)),
        };
        let own = self.own_uids(doctor, &calendar).await?;
        let Range { start: from, end: until } = range;
        run_blocking(move || calendar.busy_times(&Reading { zone, from, until, own: &own })).await
    }

    /// The UIDs in a calendar that belong to appointments of this doctor.
    async fn own_uids(
        &self,
        doctor: DoctorId,
        calendar: &ReadCalendar,
    ) -> Outcome<HashSet<String>> {
        let appointments: HashSet<Uuid> =
            calendar.uids().filter_map(|uid| Some(appointment_of(uid)?.0)).collect();
        if appointments.is_empty() {
            return Ok(HashSet::new());
        }
        let appointments: Vec<Uuid> = appointments.into_iter().collect();
        let mut connection = self.app_state.write.0.acquire().await?;
        let own = store::uids_of_doctor(&mut connection, doctor, &appointments).await?;
        Ok(own.into_iter().collect())
    }
}

/// Runs CPU-heavy work on a blocking thread.
async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Fault::Broken("reading a calendar panicked".into()))
}

fn intervals(read: &BusyCalendar) -> Vec<Interval> {
    read.times.iter().map(|time| (time.starts_at, time.ends_at)).collect()
}

/// The validated name, and the owner's e-mail address.
fn validated(new: &NewBusyCalendar) -> Outcome<(String, Option<String>)> {
    let name = line(Field::Name, &new.name, NAME_CHARS_MAX)?;
    let owner = match new.owner_email.trim() {
        "" => None,
        text => Some(Email::parse(text)?.to_string()),
    };
    Ok((name, owner))
}

#[async_trait]
impl BusyCalendars for BusyService {
    async fn busy_calendars(
        &self,
        caller: &Caller,
        doctor: DoctorId,
    ) -> Answer<Vec<BusyCalendarView>> {
        answer("list busy calendars", self.list(caller, doctor).await)
    }

    async fn owner_email(&self, caller: &Caller, doctor: DoctorId) -> Answer<Option<String>> {
        answer("owner of busy calendars", self.own_email(caller, doctor).await)
    }

    async fn add_file(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        new: NewBusyCalendar,
        content: Vec<u8>,
    ) -> Answer<BusyRead> {
        answer("add busy file", self.add_content(caller, doctor, new, content).await)
    }

    async fn add_address(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        new: NewBusyCalendar,
        address: String,
    ) -> Answer<BusyRead> {
        answer("add busy address", self.subscribe(caller, doctor, new, &address).await)
    }

    async fn remove(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        calendar: BusyCalendarId,
    ) -> Answer<()> {
        answer("remove busy calendar", self.archive(caller, doctor, calendar).await)
    }
}
