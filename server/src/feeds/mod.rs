//! Appointments as iCalendar files: feeds at secret addresses that calendar programs read, and single appointments
//! to download.

mod store;

use std::sync::Arc;

use app::links;
use app::messages::{calendar as words, place};
use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use lettre::message::Mailbox;
use nadi::Failure;
use nadi::actor::{ActingRole, Caller, SignedIn};
use nadi::appointment::State;
use nadi::events::{FeedEvent, NewEvent};
use nadi::failure::{Field, Problem};
use nadi::ical::{CalendarFile, Event, EventStatus, Method, Organizer, write};
use nadi::ids::{AccountId, AppointmentId, FeedId};
use nadi::notification_rules::SignInChange;
use nadi::permissions::{Permission, Target};
use nadi::ports::{Alarm, Answer, Bookings, CalendarText, FeedKind, FeedView, Feeds, NewFeed};
use nadi::retention;
use nadi::visit::Mode;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::accounts::{self, lock_account};
use crate::codes::CodeKey;
use crate::database::DELETED_AT_ONCE;
use crate::events;
use crate::events::Author;
use crate::feeds::store::{EventRow, FeedRow};
use crate::ids::uuid_v7;
use crate::keys::Purpose;
use crate::permission_checks::PermissionChecks as _;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome, answer, mode, state};

const FEEDS_MAX: i64 = 5;
/// More than anyone has in a year.
const EVENTS_MAX: i64 = 5_000;
/// How long past appointments stay in a feed.
const PAST: Duration = Duration::days(31);
/// The refresh interval that a feed asks of subscribers.
const REFRESH: Duration = Duration::hours(1);
/// The length of the derived secret in bytes: 128 bits.
const SECRET_BYTES: usize = 16;

pub struct FeedService {
    app_state: AppState,
    bookings: Arc<dyn Bookings>,
}

impl FeedService {
    pub fn new(app_state: AppState, bookings: Arc<dyn Bookings>) -> Self {
        Self { app_state, bookings }
    }

    async fn list(&self, caller: &Caller, kind: FeedKind) -> Outcome<Vec<FeedView>> {
        let account = authorize(caller, kind)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let rows = store::of_account(&mut connection, account.account, kind).await?;
        rows.into_iter().map(|row| self.view(row)).collect()
    }

    fn view(&self, row: FeedRow) -> Outcome<FeedView> {
        let kind = kind_of(&row)?;
        Ok(FeedView {
            id: FeedId(row.id),
            kind,
            path: format!(
                "/feeds/{}.ics",
                secret(self.app_state.keys.macs(Purpose::Feeds).current(), FeedId(row.id))
            ),
            with_names: row.with_names,
            alarm: alarm_of(&row)?,
            created_at: row.created_at,
            read_at: row.read_at,
        })
    }

    async fn add(&self, caller: &Caller, wanted: NewFeed) -> Outcome<FeedId> {
        let account = authorize(caller, wanted.kind)?;
        // A doctor's feed never has names: the patients have not agreed to it.
        let with_names = wanted.with_names && wanted.kind == FeedKind::Patient;
        let wanted = NewFeed { with_names, ..wanted };
        let id = FeedId(uuid_v7(caller.now));
        let mut transaction = self.app_state.write.begin().await?;
        let (by, now) = (account.account, caller.now);
        lock_account(&mut transaction, by).await?;
        if !store::insert(&mut transaction, id, by, wanted, FEEDS_MAX, now).await? {
            let problem = Problem::OutOfRange { min: 0, max: FEEDS_MAX };
            return Err(Failure::field(Field::Lines, problem).into());
        }
        let event = NewEvent::feed(FeedEvent::Added, id);
        events::record(&mut transaction, &event, Author::new(role_of(wanted.kind), by), now)
            .await?;
        let what = SignInChange::CalendarLink;
        accounts::record_sign_in_change(&mut transaction, caller, by, what).await?;
        transaction.commit().await?;
        self.app_state.event_written.notify_one();
        Ok(id)
    }

    async fn change_alarm(
        &self,
        caller: &Caller,
        feed: FeedId,
        alarm: Option<Alarm>,
    ) -> Outcome<()> {
        let account = caller.own_account()?.account;
        let mut transaction = self.app_state.write.begin().await?;
        lock_account(&mut transaction, account).await?;
        let kind = store::set_alarm(&mut transaction, feed, account, alarm).await?;
        record(&mut transaction, caller, FeedEvent::Changed, feed, kind).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn end(&self, caller: &Caller, feed: FeedId) -> Outcome<()> {
        let account = caller.own_account()?.account;
        let mut transaction = self.app_state.write.begin().await?;
        lock_account(&mut transaction, account).await?;
        let kind = store::archive(&mut transaction, feed, account, caller.now).await?;
        record(&mut transaction, caller, FeedEvent::Removed, feed, kind).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn read(&self, secret: &str, now: DateTime<Utc>) -> Outcome<CalendarText> {
        let feed = self.feed_of(secret).ok_or(Failure::NotFound)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let row = store::find(&mut connection, feed).await?.ok_or(Failure::NotFound)?;
        let (kind, account) = (kind_of(&row)?, AccountId(row.account_id));
        let since = now - PAST;
        let (rows, name) = match kind {
            FeedKind::Patient => {
                let rows = store::booked_by(&mut connection, account, since, EVENTS_MAX).await?;
                (rows, words::patient_calendar())
            }
            FeedKind::Doctor => {
                // The account may no longer be a doctor's.
                let doctor = store::doctor_of(&mut connection, account).await?;
                let doctor = doctor.ok_or(Failure::NotFound)?;
                let rows = store::of_doctor(&mut connection, doctor, since, EVENTS_MAX).await?;
                (rows, words::doctor_calendar())
            }
        };
        store::record_read(&mut connection, feed, now).await?;
        let wanted = NewFeed { kind, with_names: row.with_names, alarm: alarm_of(&row)? };
        let events: Outcome<Vec<Event>> =
            rows.iter().map(|event| self.event(event, wanted, now)).collect();
        Ok(render(&CalendarFile {
            name: Some(name),
            method: Some(Method::Publish),
            refresh: Some(REFRESH),
            events: events?,
        }))
    }

    async fn file(&self, caller: &Caller, id: AppointmentId) -> Outcome<CalendarText> {
        let seen = self.bookings.appointment(caller, id).await?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let row = store::event(&mut connection, id).await?.ok_or(Failure::NotFound)?;
        let kind = match seen.seen_as {
            nadi::actor::ActingRole::Patient => FeedKind::Patient,
            _ => FeedKind::Doctor,
        };
        let wanted = NewFeed { kind, with_names: false, alarm: None };
        let event = self.event(&row, wanted, caller.now)?;
        let method = match event.status {
            EventStatus::Cancelled => Method::Cancel,
            _ => Method::Publish,
        };
        let events = vec![event];
        Ok(render(&CalendarFile { name: None, method: Some(method), refresh: None, events }))
    }

    /// An appointment as an event of a feed with these settings.
    fn event(&self, row: &EventRow, feed: NewFeed, now: DateTime<Utc>) -> Outcome<Event> {
        let mode = mode(&row.mode)?;
        let link = format!(
            "{}{}",
            self.app_state.site.public_url,
            links::appointment(&row.id.to_string())
        );
        let summary = match feed.kind {
            FeedKind::Patient => {
                let doctor = feed.with_names.then_some(row.doctor_name.as_str());
                words::patient_summary(&row.clinic, doctor, mode)
            }
            FeedKind::Doctor => words::doctor_summary(&row.reference, mode),
        };
        let state = state(&row.state)?;
        let status = match state {
            State::Pending if row.expires_at > now => EventStatus::Tentative,
            State::Pending | State::Cancelled | State::Expired => EventStatus::Cancelled,
            _ => EventStatus::Confirmed,
        };
        Ok(Event {
            uid: row.ical_uid.clone(),
            sequence: u32::try_from(row.version - 1).unwrap_or(0),
            status,
            // The time of the last change, so that an unchanged appointment always gives the same text.
            stamp: row.updated_at,
            last_modified: row.updated_at,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            summary,
            location: Some(match mode {
                Mode::InPerson => {
                    let place = place::address(&row.location_address, &row.city);
                    format!("{}, {place}", row.location_name)
                }
                Mode::Video => words::video(),
            }),
            description: Some(words::description(&row.reference, mode, &link)),
            url: Some(link),
            organizer: self.organizer(&row.clinic),
            // Only confirmed visits have an alarm, not those that have begun.
            alarm: feed
                .alarm
                .filter(|_| state == State::Confirmed)
                .map(|alarm| Duration::minutes(alarm.minutes().into())),
        })
    }

    fn organizer(&self, clinic: &str) -> Option<Organizer> {
        let sender: Mailbox = self.app_state.site.mail_from.parse().ok()?;
        Some(Organizer { name: clinic.to_owned(), email: sender.email.to_string() })
    }

    fn feed_of(&self, sent: &str) -> Option<FeedId> {
        let feed = FeedId(Uuid::try_parse(sent.get(..32)?).ok()?);
        let keys = self.app_state.keys.macs(Purpose::Feeds);
        keys.any(|key| secret(key, feed).as_bytes().ct_eq(sent.as_bytes()).into()).then_some(feed)
    }
}

/// The feed's id followed by a MAC of it.
fn secret(key: &CodeKey, feed: FeedId) -> String {
    let id = feed.0.simple().to_string();
    let digest = key.fingerprint("calendar feed 1", &id);
    let proof: String = digest[..SECRET_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{id}{proof}")
}

/// Ends all feeds of an account that is being deleted, or that gets a new password.
///
/// # Errors
/// When the database does not answer.
pub async fn end_all(
    connection: &mut PgConnection,
    account: AccountId,
    by: Author,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let ended = store::archive_all(connection, account, now).await?;
    let happened: Vec<_> =
        ended.into_iter().map(|feed| NewEvent::feed(FeedEvent::Removed, feed)).collect();
    events::record_all(connection, &happened, by, now).await
}

/// Deletes some feeds that ended long ago; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_ended(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let before = app_state.clock.now() - Duration::days(retention::ENDED_ACCESS);
    store::delete_ended(&mut connection, before, DELETED_AT_ONCE).await
}

/// The caller, who may have feeds of this kind and has proved recently who they are: whoever sees the address of one can
/// read the appointments from then on, also when their session has ended.
fn authorize(caller: &Caller, kind: FeedKind) -> Outcome<&SignedIn> {
    let permission = match kind {
        FeedKind::Patient => Permission::UseOwnAccount,
        FeedKind::Doctor => Permission::SeeOwnCalendar,
    };
    let account = caller.must(permission, &Target::ANY)?;
    account.must_have_proved(caller.now)?;
    Ok(account)
}

/// Records an event about a feed. Without a kind there is no such feed, which is an error.
async fn record(
    connection: &mut PgConnection,
    caller: &Caller,
    what: FeedEvent,
    feed: FeedId,
    kind: Option<String>,
) -> Outcome<()> {
    let kind = kind.ok_or(Failure::NotFound)?;
    let kind = FeedKind::parse(&kind).ok_or_else(|| Fault::Broken(format!("feed {feed}")))?;
    let by = Author::of(caller, role_of(kind));
    events::record(connection, &NewEvent::feed(what, feed), by, caller.now).await?;
    Ok(())
}

/// The role in which an account has a feed of this kind.
fn role_of(kind: FeedKind) -> ActingRole {
    match kind {
        FeedKind::Patient => ActingRole::Patient,
        FeedKind::Doctor => ActingRole::Doctor,
    }
}

fn kind_of(row: &FeedRow) -> Outcome<FeedKind> {
    FeedKind::parse(&row.kind).ok_or_else(|| Fault::Broken(format!("kind of a feed: {}", row.kind)))
}

fn alarm_of(row: &FeedRow) -> Outcome<Option<Alarm>> {
    let unknown = |minutes| Fault::Broken(format!("feed with an alarm of {minutes} minutes"));
    row.alarm_minutes
        .map(|minutes| Alarm::of_minutes(minutes).ok_or_else(|| unknown(minutes)))
        .transpose()
}

fn render(file: &CalendarFile) -> CalendarText {
    let text = write(file);
    let digest = Sha256::digest(text.as_bytes());
    let etag: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    CalendarText { etag: format!("\"{etag}\""), text }
}

#[async_trait]
impl Feeds for FeedService {
    async fn feeds(&self, caller: &Caller, kind: FeedKind) -> Answer<Vec<FeedView>> {
        answer("list feeds", self.list(caller, kind).await)
    }

    async fn add_feed(&self, caller: &Caller, wanted: NewFeed) -> Answer<FeedId> {
        answer("add feed", self.add(caller, wanted).await)
    }

    async fn set_alarm(&self, caller: &Caller, feed: FeedId, alarm: Option<Alarm>) -> Answer<()> {
        answer("change a feed's alarm", self.change_alarm(caller, feed, alarm).await)
    }

    async fn end_feed(&self, caller: &Caller, feed: FeedId) -> Answer<()> {
        answer("end feed", self.end(caller, feed).await)
    }

    async fn read_feed(&self, secret: &str, now: DateTime<Utc>) -> Answer<CalendarText> {
        answer("read feed", self.read(secret, now).await)
    }

    async fn appointment_file(&self, caller: &Caller, id: AppointmentId) -> Answer<CalendarText> {
        answer("appointment file", self.file(caller, id).await)
    }
}
