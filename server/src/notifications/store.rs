//! SQL of notifications. They are claimed by state with `skip locked`, never by id, because ids become visible out of
//! order.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::{
    ACCOUNT_EMAIL, EncryptedColumn, NOTIFICATION_ADDRESS, encrypted_column,
};
use crate::encryption::{open, open_optional, seal};

pub const ENCRYPTED: &[&dyn EncryptedColumn] = &[&Addresses];

encrypted_column!(
    Addresses,
    NOTIFICATION_ADDRESS,
    from "0",
    r#"select encryption_key(address) as key, count(*) as "values!" from notifications
       where address is not null group by 1"#,
    r#"select id::text as "key!", int8send(event_id) || uuid_send(recipient_id) as "row!",
              address as "value!", null::bytea as digest
       from notifications where address is not null and id > $1::text::bigint order by id limit $2"#,
    "update notifications set address = $3 where id = $1::text::bigint and address = $2"
);

/// What an address is bound to: the id of its notification is not known before it is inserted.
fn row_of(event: i64, recipient: Uuid) -> Vec<u8> {
    [event.to_be_bytes().as_slice(), recipient.as_bytes()].concat()
}

/// A notification to be inserted.
#[derive(Clone, Debug)]
pub struct NewNotification {
    pub event: i64,
    pub subject: Uuid,
    pub subject_version: i32,
    pub recipient: Uuid,
    pub channel: &'static str,
    pub template: &'static str,
    /// The role of the account that made the change, as stored.
    pub actor: String,
    pub data: Value,
    pub due_at: DateTime<Utc>,
}

/// Inserts notifications; existing ones are left unchanged.
pub async fn insert(connection: &mut PgConnection, new: &[NewNotification]) -> Result<()> {
    let events: Vec<i64> = new.iter().map(|one| one.event).collect();
    let subjects: Vec<Uuid> = new.iter().map(|one| one.subject).collect();
    let versions: Vec<i32> = new.iter().map(|one| one.subject_version).collect();
    let recipients: Vec<Uuid> = new.iter().map(|one| one.recipient).collect();
    let channels: Vec<&str> = new.iter().map(|one| one.channel).collect();
    let templates: Vec<&str> = new.iter().map(|one| one.template).collect();
    let actors: Vec<&str> = new.iter().map(|one| one.actor.as_str()).collect();
    let data: Vec<Value> = new.iter().map(|one| one.data.clone()).collect();
    let due: Vec<DateTime<Utc>> = new.iter().map(|one| one.due_at).collect();
    sqlx::query!(
        "insert into notifications (event_id, subject_id, subject_version, recipient_id, channel, template,
                                    actor, data, due_at)
         select * from unnest($1::bigint[], $2::uuid[], $3::integer[], $4::uuid[], $5::text[], $6::text[],
                              $7::text[], $8::jsonb[], $9::timestamptz[])
         on conflict do nothing",
        &events,
        &subjects,
        &versions,
        &recipients,
        &channels as _,
        &templates as _,
        &actors as _,
        &data,
        &due
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A message about an account, to be inserted.
pub struct NewAccountNotification<'a> {
    pub event: i64,
    pub subject: Uuid,
    pub subject_version: i32,
    pub recipient: Uuid,
    pub channel: &'static str,
    pub template: &'static str,
    pub actor: &'static str,
    pub data: &'a Value,
    pub due_at: DateTime<Utc>,
    pub address: &'a str,
    pub locale: &'a str,
}

/// Inserts a message about an account.
pub async fn insert_about_account(
    connection: &mut PgConnection,
    new: &NewAccountNotification<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into notifications (event_id, subject_id, subject_version, recipient_id, channel, template,
                                    actor, data, due_at, address, locale)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.event,
        new.subject,
        new.subject_version,
        new.recipient,
        new.channel,
        new.template,
        new.actor,
        new.data,
        new.due_at,
        seal(NOTIFICATION_ADDRESS, row_of(new.event, new.recipient), new.address)?,
        new.locale
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes messages due again that the release before has given up, because it does not know their templates.
pub async fn revive_unknown(
    connection: &mut PgConnection,
    templates: &[&str],
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update notifications set state = 'waiting', attempts = 0, due_at = $2, leased_until = null
         where state = 'dead' and template = any($1) and due_at > $3
           and last_failure like '%unknown template%'",
        templates as _,
        now,
        since
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Which of these accounts are visitors; with `verified`, also those that have a verified e-mail address.
pub async fn without_code(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    verified: bool,
) -> Result<HashSet<Uuid>> {
    let without = sqlx::query_scalar!(
        "select id from accounts
         where id = any($1) and (visitor or $2::bool and email_verified_at is not null)",
        accounts,
        verified
    )
    .fetch_all(connection)
    .await?;
    Ok(without.into_iter().collect())
}

/// An outbox entry of the previous release that it has not delivered.
pub struct LeftOver {
    pub id: i64,
    pub event_type: String,
    pub appointment_id: Uuid,
    pub appointment_version: i32,
    pub actor: String,
    pub payload: Value,
    pub occurred_at: DateTime<Utc>,
    pub booked_by: Option<Uuid>,
}

/// Takes over outbox entries that have been due since `before`, and marks them as delivered there.
pub async fn take_over(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<LeftOver>> {
    sqlx::query_as!(
        LeftOver,
        r#"with taken as (
             select id from outbox
             where state = 'waiting' and due_at <= $1 and (leased_until is null or leased_until <= $1)
             order by due_at limit $3 for update skip locked
         )
         update outbox o set state = 'delivered', delivered_at = $2, last_failure = 'taken over'
         from taken t
         where o.id = t.id
         returning o.id, o.event_type, o.appointment_id, o.appointment_version, o.actor, o.payload,
                   o.occurred_at,
                   (select a.booked_by from all_appointments a where a.id = o.appointment_id) as booked_by"#,
        before,
        now,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Marks outbox entries about these appointments as overtaken: newer notifications were just made.
pub async fn overtake_left_over(
    connection: &mut PgConnection,
    appointments: &[Uuid],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update outbox set state = 'delivered', delivered_at = $2, last_failure = 'overtaken'
         where appointment_id = any($1) and state = 'waiting'
           and (leased_until is null or leased_until <= $2)",
        appointments,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A notification that this instance has claimed until its lease ends.
#[derive(Debug)]
pub struct Claimed {
    pub id: i64,
    pub event_id: i64,
    pub subject_id: Uuid,
    pub subject_version: i32,
    pub template: String,
    /// The role of the account that made the change, as stored.
    pub actor: String,
    pub data: Value,
    pub attempts: i16,
    /// When it was due before it was claimed.
    pub was_due_at: DateTime<Utc>,
    pub leased_until: DateTime<Utc>,
    /// The recipient's address.
    pub email: Option<String>,
    /// The recipient's language.
    pub locale: Option<String>,
}

/// The same with addresses as they are stored.
struct ClaimedRow {
    id: i64,
    event_id: i64,
    subject_id: Uuid,
    subject_version: i32,
    template: String,
    actor: String,
    data: Value,
    attempts: i16,
    was_due_at: DateTime<Utc>,
    leased_until: DateTime<Utc>,
    recipient_id: Uuid,
    address: Option<String>,
    /// The address of the recipient's account, for notifications without one of their own.
    email: Option<String>,
    locale: Option<String>,
}

impl ClaimedRow {
    /// An address that cannot be read is none, so that the other notifications are sent.
    fn opened(self) -> Claimed {
        let row = row_of(self.event_id, self.recipient_id);
        let email = match (self.address, self.email) {
            (Some(address), _) => open(NOTIFICATION_ADDRESS, row, address).map(Some),
            (None, email) => open_optional(ACCOUNT_EMAIL, self.recipient_id, email),
        };
        let email = email.unwrap_or_else(|error| {
            tracing::error!(%error, notification = self.id, "an address cannot be read");
            None
        });
        Claimed {
            id: self.id,
            event_id: self.event_id,
            subject_id: self.subject_id,
            subject_version: self.subject_version,
            template: self.template,
            actor: self.actor,
            data: self.data,
            attempts: self.attempts,
            was_due_at: self.was_due_at,
            leased_until: self.leased_until,
            email,
            locale: self.locale,
        }
    }
}

impl Claimed {
    /// The domain of the recipient's address; empty without an address.
    pub fn domain(&self) -> &str {
        self.email
            .as_deref()
            .and_then(|email| email.rsplit_once('@'))
            .map_or("", |(_, domain)| domain)
    }
}

/// The lease of claimed notifications, the same for all claims of one run.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    pub now: DateTime<Utc>,
    /// When the lease ends, and another instance may claim.
    pub until: DateTime<Utc>,
}

/// Claims up to `$limit` waiting notifications with the condition `$which`, in the order `$order`. Only the last one
/// of each subject is claimed, and only while no other of it is being delivered; earlier ones are marked as
/// overtaken.
///
/// `state not in ('delivered', 'dead')` means `state = 'waiting'`, but keeps PostgreSQL from using that index: without
/// statistics it would read the index once for each waiting row.
macro_rules! claim {
    ($connection:expr, $lease:expr, $limit:expr, $which:tt, $order:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            ClaimedRow,
            r#"with picked as (
                 select n.id, n.subject_id, n.subject_version, n.recipient_id, n.due_at
                 from notifications n
                 where (n.leased_until is null or n.leased_until <= $1)
                   and not exists (
                       select from notifications s
                       where s.subject_id = n.subject_id and s.id <> n.id
                         and s.state not in ('delivered', 'dead')
                         and (s.leased_until > $1 or s.subject_version > n.subject_version))
                   and "# + $which + " order by " + $order + r#"
                 limit $3 for update of n skip locked
             ),
             overtaken as (
                 update notifications o
                 set state = 'delivered', delivered_at = $1, last_failure = 'overtaken',
                     leased_until = null, parked_for = null,
                     data = case when o.address is null then o.data else '{}' end, address = null
                 where o.id in (
                     select n.id from picked p
                     join notifications n on n.subject_id = p.subject_id
                     where n.subject_version < p.subject_version
                       and n.state not in ('delivered', 'dead')
                       and (n.leased_until is null or n.leased_until <= $1)
                     for update of n skip locked)
             )
             update notifications o
             set leased_until = $2, due_at = $2, attempts = o.attempts + 1, parked_for = null
             from picked p
             left join accounts c on c.id = p.recipient_id
             where o.id = p.id
             returning o.id, o.event_id, o.subject_id, o.subject_version, o.template, o.actor, o.data,
                       o.attempts, p.due_at as "was_due_at!", o.leased_until as "leased_until!",
                       p.recipient_id as "recipient_id!", o.address, c.email as "email?", coalesce(o.locale, c.locale) as "locale?""#,
            $lease.now,
            $lease.until,
            $limit
            $(, $argument)*
        )
        .fetch_all(&mut *$connection)
        .await
        .map(|rows| rows.into_iter().map(ClaimedRow::opened).collect())
    };
}

/// Claims codes that are due.
pub async fn claim_codes(
    connection: &mut PgConnection,
    lease: Lease,
    limit: i64,
) -> Result<Vec<Claimed>> {
    claim!(
        connection,
        lease,
        limit,
        "n.state = 'waiting' and n.due_at <= $1 and n.template in ('code', 'account_code')",
        "n.due_at"
    )
}

/// Claims everything else that is due.
pub async fn claim_others(
    connection: &mut PgConnection,
    lease: Lease,
    limit: i64,
) -> Result<Vec<Claimed>> {
    claim!(
        connection,
        lease,
        limit,
        "n.state = 'waiting' and n.due_at <= $1 and n.template not in ('code', 'account_code')",
        "n.due_at"
    )
}

/// Claims what is parked for a domain, codes first; with `only_codes` only codes.
pub async fn claim_parked(
    connection: &mut PgConnection,
    lease: Lease,
    limit: i64,
    domain: &str,
    only_codes: bool,
) -> Result<Vec<Claimed>> {
    claim!(
        connection,
        lease,
        limit,
        "n.state not in ('delivered', 'dead') and n.parked_for = $4
         and n.due_at <= $1::timestamptz + interval '15 seconds'
         and (not $5 or n.template in ('code', 'account_code'))",
        "(n.template not in ('code', 'account_code')), n.due_at",
        domain,
        only_codes
    )
}

/// A claimed notification that cannot be delivered yet. The claim does not count as an attempt.
pub struct Release {
    pub id: i64,
    pub due_at: DateTime<Utc>,
    /// The domain it is parked for.
    pub parked_for: Option<String>,
    /// The lease to give up; a lease of another instance is left alone.
    pub leased_until: DateTime<Utc>,
}

pub async fn release(connection: &mut PgConnection, all: &[Release]) -> Result<()> {
    let ids: Vec<i64> = all.iter().map(|one| one.id).collect();
    let due_at: Vec<DateTime<Utc>> = all.iter().map(|one| one.due_at).collect();
    let parked_for: Vec<Option<&str>> = all.iter().map(|one| one.parked_for.as_deref()).collect();
    let leases: Vec<DateTime<Utc>> = all.iter().map(|one| one.leased_until).collect();
    sqlx::query!(
        "update notifications o
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

/// The state of a claimed notification right before its message is sent.
pub struct DeliveryCheck {
    /// The lease is still this instance's.
    pub is_mine: bool,
    /// A later event of its appointment has a message of its own.
    pub is_overtaken: bool,
    /// Another notification of its appointment is being delivered.
    pub is_behind: bool,
    /// If the appointment was moved since the last message: the time in that message, and the zone of the location it
    /// was at.
    pub moved_from: Option<DateTime<Utc>>,
    pub moved_from_zone: Option<String>,
}

/// Checks a claimed notification again before its message is sent. Two instances may each claim a notification of the
/// same appointment when neither sees the other's claim. Both have committed their claims before this check, so at
/// least one of them sees the other. `notified_types` are the types of events that cause notifications; an event that
/// was just written may not have its notification yet.
pub async fn check_before_sending(
    connection: &mut PgConnection,
    claimed: &Claimed,
    notified_types: &[&str],
    now: DateTime<Utc>,
) -> Result<DeliveryCheck> {
    sqlx::query_as!(
        DeliveryCheck,
        r#"select o.state = 'waiting' and o.leased_until is not distinct from $2 as "is_mine!",
                  exists (select from events e
                          where e.subject_id = o.subject_id
                            and e.subject_version > o.subject_version
                            and e.type = any($4)) as "is_overtaken!",
                  exists (select from notifications s
                          where s.subject_id = o.subject_id and s.id <> o.id
                            and s.state not in ('delivered', 'dead')
                            and s.leased_until > $3)
                  -- Or by the release before this one.
                  or exists (select from outbox b
                             where b.appointment_id = o.subject_id and b.state = 'waiting'
                               and b.leased_until > $3) as "is_behind!",
                  m.starts_at as "moved_from?", m.time_zone as "moved_from_zone?"
           from notifications o
           left join lateral (
               select f.starts_at, f.time_zone
               from events e
               cross join lateral moved_from(e.data, e.doctor_id) f
               where e.subject_id = o.subject_id
                 and e.type = 'appointment.rescheduled'
                 and e.subject_version <= o.subject_version
                 and e.subject_version > greatest(
                     coalesce((select max(s.subject_version) from notifications s
                               where s.subject_id = o.subject_id
                                 and s.subject_version < o.subject_version
                                 and s.state = 'delivered'
                                 and s.last_failure is distinct from 'overtaken'), 0),
                     -- What the release before this one has sent.
                     coalesce((select max(b.appointment_version) from outbox b
                               where b.appointment_id = o.subject_id
                                 and b.appointment_version < o.subject_version
                                 and b.event_type = any($4) and b.state = 'delivered'
                                 and b.last_failure is null), 0))
               order by e.subject_version
               limit 1) m on true
           where o.id = $1"#,
        claimed.id,
        claimed.leased_until,
        now,
        notified_types as _
    )
    .fetch_one(connection)
    .await
}

/// Is the lease of a claimed notification still this instance's?
pub async fn is_mine(connection: &mut PgConnection, claimed: &Claimed) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from notifications
               where id = $1 and state = 'waiting' and leased_until = $2) as "mine!""#,
        claimed.id,
        claimed.leased_until
    )
    .fetch_one(connection)
    .await
}

/// Marks a notification as delivered: the message was sent, or is no longer needed. A message about an account keeps
/// neither its address nor its data, which may have a secret.
pub async fn delivered(connection: &mut PgConnection, id: i64, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update notifications
         set state = 'delivered', delivered_at = $2, last_failure = null, leased_until = null,
             data = case when address is null then data else '{}' end, address = null
         where id = $1",
        id,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks a notification as overtaken: a later event of its appointment has a message of its own.
pub async fn overtaken(connection: &mut PgConnection, id: i64, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update notifications
         set state = 'delivered', delivered_at = $2, last_failure = 'overtaken', leased_until = null
         where id = $1 and state = 'waiting'",
        id,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records a failure: the notification is due again at `due_at`, or dead when that is `None`. A dead one keeps what it
/// needs to be sent later; a code is of no use then. Does nothing when the lease has ended and another instance has it.
pub async fn failed(
    connection: &mut PgConnection,
    claimed: &Claimed,
    due_at: Option<DateTime<Utc>>,
    failure: &str,
) -> Result<()> {
    sqlx::query!(
        "update notifications set state = case when $2::timestamptz is null then 'dead' else 'waiting' end,
                due_at = coalesce($2, due_at), last_failure = left($3, 500), leased_until = null,
                data = case when $2 is null and template = 'account_code' then '{}' else data end,
                address = case when $2 is null and template = 'account_code' then null else address end
         where id = $1 and state = 'waiting' and leased_until = $4",
        claimed.id,
        due_at,
        failure,
        claimed.leased_until
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes dead notifications due again: those of one appointment, or all. Returns how many.
pub async fn requeue(
    connection: &mut PgConnection,
    subject: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let requeued = sqlx::query!(
        "update notifications set state = 'waiting', attempts = 0, due_at = $2, leased_until = null
         where state = 'dead' and ($1::uuid is null or subject_id = $1)",
        subject,
        now
    )
    .execute(connection)
    .await?;
    Ok(requeued.rows_affected())
}

/// A notification that was given up.
pub struct Dead {
    pub id: i64,
    pub subject_id: Uuid,
    pub template: String,
    pub due_at: DateTime<Utc>,
    pub attempts: i16,
    pub last_failure: Option<String>,
}

/// The notifications that were given up, oldest first.
pub async fn dead(connection: &mut PgConnection, limit: i64) -> Result<Vec<Dead>> {
    sqlx::query_as!(
        Dead,
        "select id, subject_id, template, due_at, attempts, last_failure from notifications
         where state = 'dead' order by id limit $1",
        limit
    )
    .fetch_all(connection)
    .await
}

/// Deletes those of the `limit` oldest notifications that were delivered before `before`; returns how many.
pub async fn forget(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let forgotten = sqlx::query!(
        "delete from notifications where id in (
             select o.id
             from (select id, state, delivered_at from notifications
                   where state <> 'dead' order by id limit $2) o
             where o.state = 'delivered' and o.delivered_at < $1)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected())
}

/// Deletes up to `limit` notifications that were given up before `before`; returns how many.
pub async fn forget_dead(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let forgotten = sqlx::query!(
        "delete from notifications where id in (
             select id from notifications where state = 'dead' and due_at < $1 order by id limit $2)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected())
}
