//! The rows that are read from the database after every step, complete for small tables.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

#[derive(Clone, Debug, FromRow)]
pub struct Seat {
    pub slot_id: i64,
    pub appointment_id: Uuid,
    /// `None` if it does not expire.
    pub held_until: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, FromRow)]
pub struct Time {
    pub appointment_id: Uuid,
    pub person_id: Uuid,
    /// Among whose holds and visits it counts.
    pub account_id: Option<Uuid>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// `None` if it does not expire.
    pub held_until: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, FromRow)]
pub struct EventRow {
    pub id: i64,
    pub event_type: String,
    pub appointment_id: Uuid,
    pub appointment_version: i32,
    pub actor: String,
    pub occurred_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Row {
    pub id: Uuid,
    pub state: String,
    pub version: i32,
    pub slot_id: i64,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub extensions: i16,
    pub code_counter: i16,
    pub code_tries: i16,
    pub person_id: Uuid,
    pub booked_by: Uuid,
    pub visit_type_id: Uuid,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A person of an account that is not a visitor's.
#[derive(Clone, Debug, FromRow)]
pub struct PersonRow {
    pub id: Uuid,
    pub account_id: Uuid,
    pub name: String,
    pub is_owner: bool,
    /// The account's address, if it is proven.
    pub email: Option<String>,
}

/// All claims, the new events, the appointments that may have changed, and the new people.
#[derive(Debug)]
pub struct Stored {
    pub seats: Vec<Seat>,
    pub times: Vec<Time>,
    pub events: Vec<EventRow>,
    pub rows: Vec<Row>,
    pub people: Vec<PersonRow>,
}

const ROW: &str = "select id, state, version, slot_id, starts_at, ends_at, expires_at, extensions,
                          code_counter, code_tries, person_id, booked_by, visit_type_id, created_at,
                          updated_at
                   from appointments";

impl Stored {
    /// Reads all claims, the events after `last_event`, and the appointments that these events or `asked` name or that
    /// were made at `now` or later, and the people since then.
    pub async fn read(pool: &PgPool, last_event: i64, asked: &[Uuid], now: DateTime<Utc>) -> Self {
        let mut connection = pool.acquire().await.expect("a connection");
        let seats = sqlx::query_as(
            "select slot_id, appointment_id, nullif(held_until, 'infinity') as held_until from seats",
        )
        .fetch_all(&mut *connection)
        .await
        .expect("seats");
        let times = sqlx::query_as(
            "select appointment_id, person_id, account_id, lower(during) as starts_at, upper(during) as ends_at,
                    nullif(held_until, 'infinity') as held_until
             from patient_times",
        )
        .fetch_all(&mut *connection)
        .await
        .expect("times");
        let events: Vec<EventRow> = sqlx::query_as(
            "select id, type as event_type, subject_id as appointment_id,
                    subject_version as appointment_version, actor, occurred_at
             from events where id > $1 and type like 'appointment.%' order by id",
        )
        .bind(last_event)
        .fetch_all(&mut *connection)
        .await
        .expect("events");
        let mut touched = asked.to_vec();
        touched.extend(events.iter().map(|event| event.appointment_id));
        let some = format!("{ROW} where id = any($1) or id >= uuidv7_floor($2)");
        let rows = sqlx::query_as(sqlx::AssertSqlSafe(some))
            .bind(touched)
            .bind(now)
            .fetch_all(&mut *connection)
            .await
            .expect("appointments");
        drop(connection);
        let people = people(pool, now).await;
        Self { seats, times, events, rows, people }
    }
}

/// The people of accounts that are not visitors', since this moment.
pub async fn people(pool: &PgPool, since: DateTime<Utc>) -> Vec<PersonRow> {
    sqlx::query_as(
        "select p.id, p.account_id, p.name, p.relation = 'self' as is_owner,
                case when a.email_verified_at is not null then a.email end as email
         from people p join accounts a on a.id = p.account_id
         where p.created_at >= $1 and not a.visitor and p.archived_at is null",
    )
    .bind(since)
    .fetch_all(pool)
    .await
    .expect("people")
}

/// All appointments.
pub async fn all_rows(pool: &PgPool) -> Vec<Row> {
    sqlx::query_as(ROW).fetch_all(pool).await.expect("appointments")
}

/// All events of appointments, by appointment and version.
pub async fn all_events(pool: &PgPool) -> Vec<EventRow> {
    sqlx::query_as(
        "select id, type as event_type, subject_id as appointment_id,
                subject_version as appointment_version, actor, occurred_at
         from events where type like 'appointment.%' order by subject_id, subject_version",
    )
    .fetch_all(pool)
    .await
    .expect("events")
}

#[derive(Clone, Debug, FromRow)]
pub struct SlotRow {
    pub id: i64,
    pub doctor_id: Uuid,
    pub block_id: i64,
    pub slot_no: i16,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub capacity: i16,
    /// Outside the hours and not offered to others.
    pub kept: bool,
}

/// The slots that begin at `from` or later.
pub async fn slots(pool: &PgPool, from: DateTime<Utc>) -> Vec<SlotRow> {
    sqlx::query_as(
        "select id, doctor_id, block_id, slot_no, starts_at, ends_at, capacity,
                not isfinite(closes_at) as kept
         from slots where starts_at >= $1",
    )
    .bind(from)
    .fetch_all(pool)
    .await
    .expect("slots")
}

/// The first slots of `span` consecutive free ones, by the database's definition of free.
pub async fn free_runs(pool: &PgPool, span: i16, now: DateTime<Utc>) -> Vec<i64> {
    sqlx::query_scalar("select id from free_runs($1, $2) order by id")
        .bind(now)
        .bind(span)
        .fetch_all(pool)
        .await
        .expect("free times")
}
