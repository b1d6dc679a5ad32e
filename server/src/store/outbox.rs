//! Events waiting to be told. Claimed by state with `skip locked`, never by id:
//! ids become visible out of order.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// An event that one relay delivers until its lease ends.
#[derive(Debug)]
pub struct Claimed {
    pub id: i64,
    pub event_type: String,
    pub appointment_id: Uuid,
    /// The word for the capacity of whoever did it.
    pub actor: String,
    pub payload: serde_json::Value,
    pub attempts: i16,
    /// When it was due before it was claimed.
    pub was_due_at: DateTime<Utc>,
    pub leased_until: DateTime<Utc>,
    /// The address of whoever booked it, and whether a code has proven it.
    pub email: Option<String>,
    pub is_email_verified: bool,
}

impl Claimed {
    /// The domain that takes its mail; empty without an address.
    pub fn domain(&self) -> &str {
        self.email
            .as_deref()
            .and_then(|email| email.rsplit_once('@'))
            .map_or("", |(_, domain)| domain)
    }
}

/// How a claim is made, the same for all claims of one look.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    pub now: DateTime<Utc>,
    /// After that another relay may try.
    pub until: DateTime<Utc>,
    /// The types of events that are told to anybody.
    pub told: &'a [&'a str],
    /// The types that are told to nobody.
    pub silent: &'a [&'a str],
}

/// Claims up to `$limit` waiting events for which `$which` holds, in this order. Of an appointment only the last
/// told event is claimed, and only while no other of it is being delivered; the earlier ones are
/// overtaken and written off.
///
/// `state not in ('delivered', 'dead')` means the same as `state = 'waiting'`, without its index: while
/// PostgreSQL does not know yet how many wait, it would read that index once for each of them.
macro_rules! claim {
    ($connection:expr, $lease:expr, $limit:expr, $which:tt, $order:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            Claimed,
            r#"with picked as (
                 select e.id, e.appointment_id, e.appointment_version, e.due_at
                 from outbox e
                 where (e.leased_until is null or e.leased_until <= $1)
                   and e.event_type <> all($4)
                   and not exists (
                       select from outbox s
                       where s.appointment_id = e.appointment_id and s.id <> e.id
                         and s.state not in ('delivered', 'dead')
                         and (s.leased_until > $1
                              or (s.event_type = any($3)
                                  and s.appointment_version > e.appointment_version)))
                   and "# + $which + " order by " + $order + r#"
                 limit $5 for update of e skip locked
             ),
             overtaken as (
                 update outbox o
                 set state = 'delivered', delivered_at = $1, last_failure = 'overtaken',
                     leased_until = null, parked_for = null
                 where o.id in (
                     select e.id from picked p
                     join outbox e on e.appointment_id = p.appointment_id
                     where e.appointment_version < p.appointment_version
                       and e.state not in ('delivered', 'dead') and e.event_type = any($3)
                       and (e.leased_until is null or e.leased_until <= $1)
                     for update of e skip locked)
             )
             update outbox o
             set leased_until = $2, due_at = $2, attempts = o.attempts + 1, parked_for = null
             from picked p
             left join appointments a on a.id = p.appointment_id
             left join accounts c on c.id = a.booked_by
             where o.id = p.id
             returning o.id, o.event_type, o.appointment_id, o.actor, o.payload, o.attempts,
                       p.due_at as "was_due_at!", o.leased_until as "leased_until!",
                       c.email as "email?",
                       c.email_verified_at is not null as "is_email_verified!""#,
            $lease.now,
            $lease.until,
            $lease.told as _,
            $lease.silent as _,
            $limit
            $(, $argument)*
        )
        .fetch_all(&mut *$connection)
        .await
    };
}

/// Claims codes that are due; with `known_need_no_code` not those that [`pass_over`] passes over.
pub async fn claim_codes(
    connection: &mut PgConnection,
    lease: &Lease<'_>,
    limit: i64,
    known_need_no_code: bool,
) -> Result<Vec<Claimed>> {
    claim!(
        connection,
        lease,
        limit,
        "e.state = 'waiting' and e.due_at <= $1
         and e.event_type in ('appointment.held', 'appointment.code_requested')
         and not ($6 and e.event_type = 'appointment.held'
                  and exists (select from accounts c where c.id = e.actor_account_id
                              and c.email_verified_at is not null))",
        "e.due_at",
        known_need_no_code
    )
}

/// Claims everything else that is due.
pub async fn claim_others(
    connection: &mut PgConnection,
    lease: &Lease<'_>,
    limit: i64,
) -> Result<Vec<Claimed>> {
    claim!(
        connection,
        lease,
        limit,
        "e.state = 'waiting' and e.due_at <= $1
         and e.event_type not in ('appointment.held', 'appointment.code_requested')",
        "e.due_at"
    )
}

/// Claims what is parked for a domain, codes first; with `only_codes` nothing else.
pub async fn claim_parked(
    connection: &mut PgConnection,
    lease: &Lease<'_>,
    limit: i64,
    domain: &str,
    only_codes: bool,
) -> Result<Vec<Claimed>> {
    claim!(
        connection,
        lease,
        limit,
        "e.state not in ('delivered', 'dead') and e.parked_for = $6
         and e.due_at <= $1::timestamptz + interval '15 seconds'
         and (not $7 or e.event_type in ('appointment.held', 'appointment.code_requested'))",
        "(e.event_type not in ('appointment.held', 'appointment.code_requested')), e.due_at",
        domain,
        only_codes
    )
}

/// An event that was claimed and cannot be delivered yet. That is not counted as an attempt.
pub struct PutBack {
    pub id: i64,
    pub due_at: DateTime<Utc>,
    /// The domain it waits for.
    pub parked_for: Option<String>,
    /// The lease that is given up; one of another relay is left alone.
    pub leased_until: DateTime<Utc>,
}

pub async fn put_back(connection: &mut PgConnection, events: &[PutBack]) -> Result<()> {
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    let due_at: Vec<DateTime<Utc>> = events.iter().map(|event| event.due_at).collect();
    let parked_for: Vec<Option<&str>> =
        events.iter().map(|event| event.parked_for.as_deref()).collect();
    let leases: Vec<DateTime<Utc>> = events.iter().map(|event| event.leased_until).collect();
    sqlx::query!(
        "update outbox o
         set leased_until = null, due_at = b.due_at, attempts = o.attempts - 1,
             parked_for = b.parked_for
         from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::timestamptz[])
             as b (id, due_at, parked_for, leased_until)
         where o.id = b.id and o.state = 'waiting' and o.leased_until = b.leased_until",
        &ids,
        &due_at,
        &parked_for as _,
        &leases
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How a claimed event stands right before its message is sent.
pub struct Standing {
    /// It is still leased to whoever asks.
    pub is_mine: bool,
    /// A later event of its appointment is told instead.
    pub is_overtaken: bool,
    /// Another event of its appointment is being delivered.
    pub is_behind: bool,
    /// If the appointment has moved since the last message: the time that message named, and the zone of the
    /// place it was at. As in [`super::appointment_rows::HistoryRow`].
    pub moved_from: Option<DateTime<Utc>>,
    pub moved_from_zone: Option<String>,
}

/// Two relays may each claim an event of one appointment when neither sees the other's claim yet. Each has
/// committed its claim before it asks this, so at least one of them sees the other.
pub async fn standing(
    connection: &mut PgConnection,
    event: &Claimed,
    told: &[&str],
    now: DateTime<Utc>,
) -> Result<Standing> {
    sqlx::query_as!(
        Standing,
        r#"select o.state = 'waiting' and o.leased_until is not distinct from $2 as "is_mine!",
                  exists (select from outbox n
                          where n.appointment_id = o.appointment_id
                            and n.appointment_version > o.appointment_version
                            and n.event_type = any($4)) as "is_overtaken!",
                  exists (select from outbox s
                          where s.appointment_id = o.appointment_id and s.id <> o.id
                            and s.state not in ('delivered', 'dead')
                            and s.leased_until > $3) as "is_behind!",
                  m.moved_from as "moved_from?", m.moved_from_zone as "moved_from_zone?"
           from outbox o
           left join lateral (
               select (e.payload ->> 'moved_from')::timestamptz as moved_from,
                      coalesce(e.payload ->> 'moved_from_zone',
                               (select l.time_zone from slots s
                                join blocks b on b.id = s.block_id
                                join locations l on l.id = b.location_id
                                where s.doctor_id = e.doctor_id
                                  and s.starts_at = (e.payload ->> 'moved_from')::timestamptz
                                limit 1)) as moved_from_zone
               from outbox e
               where e.appointment_id = o.appointment_id
                 and e.event_type = 'appointment.rescheduled'
                 and e.appointment_version <= o.appointment_version
                 and e.appointment_version > coalesce(
                     (select max(s.appointment_version) from outbox s
                      where s.appointment_id = o.appointment_id
                        and s.appointment_version < o.appointment_version
                        and s.event_type = any($4) and s.state = 'delivered'
                        and s.last_failure is distinct from 'overtaken'), 0)
               order by e.appointment_version
               limit 1) m on true
           where o.id = $1"#,
        event.id,
        event.leased_until,
        now,
        told as _
    )
    .fetch_one(connection)
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
        "update outbox o set state = 'delivered', delivered_at = $1, parked_for = null
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

/// The message was sent, or nobody needs it any more.
pub async fn delivered(connection: &mut PgConnection, id: i64, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update outbox
         set state = 'delivered', delivered_at = $2, last_failure = null, leased_until = null
         where id = $1",
        id,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A later event of its appointment is told instead.
pub async fn overtaken(connection: &mut PgConnection, id: i64, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update outbox
         set state = 'delivered', delivered_at = $2, last_failure = 'overtaken', leased_until = null
         where id = $1 and state = 'waiting'",
        id,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts an event back until `due_at`, or among the dead when that is `None`; unless its lease has ended, and
/// another relay has it.
pub async fn failed(
    connection: &mut PgConnection,
    event: &Claimed,
    due_at: Option<DateTime<Utc>>,
    failure: &str,
) -> Result<()> {
    sqlx::query!(
        "update outbox set state = case when $2::timestamptz is null then 'dead' else 'waiting' end,
                due_at = coalesce($2, due_at), last_failure = left($3, 500), leased_until = null
         where id = $1 and state = 'waiting' and leased_until = $4",
        event.id,
        due_at,
        failure,
        event.leased_until
    )
    .execute(connection)
    .await?;
    Ok(())
}
