//! Times of long ago, which are deleted.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};

/// What a run over a table by its numbers has done.
pub struct Passed {
    pub deleted: i64,
    /// Where the next one begins. `None`: there is nothing old beyond.
    pub last: Option<i64>,
}

/// Deletes times before `before` in which nobody has a seat: of the `limit` after `after`. Times get
/// their numbers as they are made, so the first ones without an old time among them are the end.
pub async fn delete_slots(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    after: i64,
    limit: i64,
) -> Result<Passed> {
    sqlx::query_as!(
        Passed,
        r#"with looked_at as (
               select id, ends_at < $1 as is_old from slots where id > $2 order by id limit $3
           ),
           gone as (
               delete from slots s using looked_at l
               where s.id = l.id and l.is_old
                 and not exists (select from seats t where t.slot_id = s.id)
               returning s.id
           )
           select (select count(*) from gone) as "deleted!",
                  case when bool_or(is_old) then max(id) end as last
           from looked_at"#,
        before,
        after,
        limit
    )
    .fetch_one(connection)
    .await
}

/// The same of blocks that have no times any more.
pub async fn delete_blocks(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    after: i64,
    limit: i64,
) -> Result<Passed> {
    sqlx::query_as!(
        Passed,
        r#"with looked_at as (
               select id, ends_at < $1 as is_old from blocks where id > $2 order by id limit $3
           ),
           gone as (
               delete from blocks b using looked_at l
               where b.id = l.id and l.is_old
                 and not exists (select from slots s where s.block_id = b.id)
               returning b.id
           )
           select (select count(*) from gone) as "deleted!",
                  case when bool_or(is_old) then max(id) end as last
           from looked_at"#,
        before,
        after,
        limit
    )
    .fetch_one(connection)
    .await
}
