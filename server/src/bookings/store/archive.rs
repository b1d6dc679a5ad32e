//! Moves old appointments to the archive, and deletes old slots and blocks.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Moves appointments to the archive that are in a final state and ended before `ended`. Looks at the next
/// `limit` of them after the id `after`. Returns how many it moved, and the last id it looked at; `None` at
/// the end.
pub async fn archive_appointments(
    connection: &mut PgConnection,
    ended: DateTime<Utc>,
    after: Uuid,
    limit: i32,
) -> Result<(u64, Option<Uuid>)> {
    let row = sqlx::query!(
        r#"select moved as "moved!", last from archive_appointments($1, $2, $3)"#,
        ended,
        after,
        limit
    )
    .fetch_one(connection)
    .await?;
    Ok((row.moved.unsigned_abs(), row.last))
}

/// Deletes archived appointments that were held, never confirmed, and ended before `ended`. Returns their ids. Of those
/// that were given up, only the last 90 days before are looked at: among older ones only confirmed ones are left.
pub async fn delete_lapsed(
    connection: &mut PgConnection,
    ended: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "delete from archived_appointments where id in (
             select a.id from archived_appointments a
             where a.ends_at < $1
               and (a.state = 'expired'
                    or a.state = 'cancelled' and a.ends_at > $1::timestamptz - interval '90 days'
                       and not exists (select from events e
                                       where e.subject_id = a.id and e.type = 'appointment.confirmed'))
             order by a.ends_at limit $2
             for update skip locked)
         returning id",
        ended,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Deletes archived appointments that ended before `ended`, with their claims, unless a review is about one; and those
/// that nobody has marked as taken place or not, which are never archived. Returns their ids.
pub async fn delete_old(
    connection: &mut PgConnection,
    ended: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"with due as (
               select a.id from archived_appointments a
               where a.ends_at < $1
                 and not exists (select from reviews r
                                 where r.appointment_id = a.id and r.withdrawn_at is null)
               order by a.ends_at limit $2
               for update of a skip locked
           ),
           unmarked as (
               select a.id from appointments a
               where a.id < uuidv7_floor($1) and a.ends_at < $1
                 and a.state in ('confirmed', 'checked_in')
                 and not exists (select from reviews r
                                 where r.appointment_id = a.id and r.withdrawn_at is null)
               order by a.id limit $2
               for update of a skip locked
           ),
           both_kinds as (select id from due union all select id from unmarked),
           seats as (delete from seats s using both_kinds d where s.appointment_id = d.id),
           times as (delete from patient_times t using both_kinds d where t.appointment_id = d.id),
           unarchived as (
               delete from appointments a using unmarked d where a.id = d.id returning a.id),
           archived as (
               delete from archived_appointments a using due d where a.id = d.id returning a.id)
           select id as "id!" from unarchived union all select id from archived"#,
        ended,
        limit
    )
    .fetch_all(connection)
    .await
}
