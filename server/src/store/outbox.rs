//! Events waiting to be told. Claimed by state with `skip locked`, never by id:
//! ids become visible out of order.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

pub struct Claimed {
    pub id: i64,
    pub event_type: String,
    pub appointment_id: Uuid,
    pub payload: serde_json::Value,
    pub attempts: i16,
}

/// Claims up to `limit` due events until `lease_until`; after that another relay may try.
pub async fn claim(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Claimed>> {
    sqlx::query_as!(
        Claimed,
        "update outbox o set due_at = $2, attempts = attempts + 1
         where o.id in (
             select id from outbox where state = 'waiting' and due_at <= $1
             order by due_at limit $3 for update skip locked)
         returning o.id, o.event_type, o.appointment_id, o.payload, o.attempts",
        now,
        lease_until,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Marks as delivered, with one statement, what nobody waits to hear of: events of these types, and with
/// `known_need_no_code` the holds of accounts whose address is verified. Tells how many.
pub async fn pass_over(
    connection: &mut PgConnection,
    silent: &[&str],
    known_need_no_code: bool,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let passed = sqlx::query!(
        "update outbox o set state = 'delivered', delivered_at = $1
         where o.id in (
             select e.id from outbox e
             where e.state = 'waiting' and e.due_at <= $1
               and (e.event_type = any($2)
                    or ($3 and e.event_type = 'appointment.held'
                        and exists (select from accounts a where a.id = e.actor_account_id
                                    and a.email_verified_at is not null)))
             order by e.due_at limit $4 for update skip locked)",
        now,
        silent as _,
        known_need_no_code,
        limit
    )
    .execute(connection)
    .await?;
    Ok(passed.rows_affected())
}

/// The number of the latest event; 0 before the first.
pub async fn latest(connection: &mut PgConnection) -> Result<i64> {
    sqlx::query_scalar!(r#"select coalesce(max(id), 0) as "latest!" from outbox"#)
        .fetch_one(connection)
        .await
}

/// What happened, by number.
pub struct Told {
    pub id: i64,
    pub doctor_id: Uuid,
}

/// The events after `heard`, at most so many, and those of `missing` that are there by now; in order.
pub async fn since(
    connection: &mut PgConnection,
    heard: i64,
    missing: &[i64],
    limit: i64,
) -> Result<Vec<Told>> {
    sqlx::query_as!(
        Told,
        r#"(select id as "id!", doctor_id as "doctor_id!" from outbox
            where id > $1 order by id limit $3)
           union all
           (select id, doctor_id from outbox where id = any($2))
           order by 1"#,
        heard,
        missing,
        limit
    )
    .fetch_all(connection)
    .await
}

pub async fn delivered(connection: &mut PgConnection, id: i64, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update outbox set state = 'delivered', delivered_at = $2, last_failure = null where id = $1",
        id,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts an event back until `due_at`, or among the dead when that is `None`.
pub async fn failed(
    connection: &mut PgConnection,
    id: i64,
    due_at: Option<DateTime<Utc>>,
    failure: &str,
) -> Result<()> {
    sqlx::query!(
        "update outbox set state = case when $2::timestamptz is null then 'dead' else 'waiting' end,
                due_at = coalesce($2, due_at), last_failure = left($3, 500)
         where id = $1 and state = 'waiting'",
        id,
        due_at,
        failure
    )
    .execute(connection)
    .await?;
    Ok(())
}
