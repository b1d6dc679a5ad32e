//! SQL of what is deleted some time after it has become superfluous.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Locks accounts whose address was never proven: made before `made_before`, and without a visit that is ahead or ended
/// after `visits_before`. Nobody of them has a role.
pub async fn unproven(
    connection: &mut PgConnection,
    made_before: DateTime<Utc>,
    visits_before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select a.id from accounts a
         where a.email_verified_at is null and a.archived_at is null and not a.visitor and a.created_at < $1
           and not exists (select from all_appointments v
                           where v.booked_by = a.id and v.state not in ('cancelled', 'expired')
                             and v.ends_at >= $2)
           and not has_role(a.id)
         order by a.created_at
         limit $3
         for update of a skip locked",
        made_before,
        visits_before,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Forgets people who were removed before `before`: their birth dates, and the names that no appointment needs.
pub async fn forget_removed_people(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let forgotten = sqlx::query!(
        "with due as (
             select p.id, v.named
             from people p
             cross join lateral (
                 select exists (select from all_appointments v
                                where v.booked_by = p.account_id and v.person_id = p.id) as named
             ) v
             where p.archived_at < $1
               and (p.name <> '' or p.birth_date is not null or p.birth_date_encrypted is not null)
               and (p.birth_date is not null or p.birth_date_encrypted is not null or not v.named)
             limit $2
             for update of p skip locked
         )
         update people p set birth_date = null, birth_date_encrypted = null,
                name = case when d.named then p.name else '' end
         from due d where p.id = d.id",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected())
}

/// Removes the addresses of accounts that were merged into others before `before`.
pub async fn forget_merged_addresses(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let forgotten = sqlx::query!(
        "update accounts set email = null, email_digest = null, phone = null
         where id in (select a.id from merged_accounts m join accounts a on a.id = m.account_id
                      where m.merged_at < $1 and a.archived_at is not null
                        and (a.email is not null or a.phone is not null)
                      limit $2)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected())
}

/// Deletes what accounts have agreed to that are deleted.
pub async fn delete_consents_of_deleted(connection: &mut PgConnection, limit: i64) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from consents where (account_id, document, version) in (
             select c.account_id, c.document, c.version
             from consents c join accounts a on a.id = c.account_id
             where a.archived_at is not null
             limit $1)",
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes API keys that ended before `before`.
pub async fn delete_ended_keys(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from api_keys where id in (
             select id from api_keys where revoked_at < $1 or expires_at < $1 limit $2)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
