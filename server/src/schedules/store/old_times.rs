//! Deletes old slots and blocks.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};

/// The result of one step through a table in the order of its ids.
pub struct Step {
    pub deleted: i64,
    /// The id after which the next step begins. `None`: there are no old rows after it.
    pub last: Option<i64>,
}

/// Deletes slots that ended before `before` and have no seats taken. Looks at the next `limit` after the id
/// `after`. Ids rise in the order in which slots are made, so a step without an old slot is the last one.
pub async fn delete_slots(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    after: i64,
    limit: i64,
) -> Result<Step> {
    sqlx::query_as!(
        Step,
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

/// The same for blocks that have no slots any more.
pub async fn delete_blocks(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    after: i64,
    limit: i64,
) -> Result<Step> {
    sqlx::query_as!(
        Step,
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
