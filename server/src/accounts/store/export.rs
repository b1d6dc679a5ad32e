//! SQL of what an account's owner can take along. Each part is one JSON array, made by PostgreSQL. No part has a
//! secret, or the hash of one. Encrypted values are `encrypted_value`s, which `accounts/export.rs` decrypts.

use chrono::{DateTime, Utc};
use nadi::ids::AccountId;
use serde_json::Value;
use sqlx::{PgConnection, Result};

use crate::encryption::addresses;

/// The most rows of one part. More than anybody has.
const ROWS_MAX: i64 = 20_000;

pub async fn account(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select jsonb_build_object(
                'id', a.id, 'email', encrypted_value('accounts.email', uuid_send(a.id), a.email),
                'email_verified_at', a.email_verified_at,
                'phone', a.phone, 'phone_verified_at', a.phone_verified_at, 'language', a.locale,
                'created_at', a.created_at,
                'has_password', a.password_hash is not null,
                'administers_everything', a.administers_everything, 'is_auditor', a.is_auditor,
                'doctor_profile', (select d.slug from doctors d where d.account_id = a.id),
                'administers', array(select c.name from staff s join clinics c on c.id = s.clinic_id
                                     where s.account_id = a.id order by c.name),
                'receptionist_of', array(select c.name from receptionists r join clinics c on c.id = r.clinic_id
                                         where r.account_id = a.id order by c.name),
                'merged_at', array(select m.merged_at from merged_accounts m
                                   where m.into_id = a.id order by m.merged_at)) as "part!"
           from accounts a where a.id = $1"#,
        account.0
    )
    .fetch_one(connection)
    .await
}

/// Removed ones, too.
pub async fn people(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select id, relation, encrypted_value('people.name', uuid_send(id), name) as name,
                      coalesce(encrypted_value('people.birth_date', uuid_send(id), birth_date_encrypted),
                               to_jsonb(birth_date)) as birth_date,
                      created_at, archived_at as removed_at
               from people where account_id = $1
               order by relation <> 'self', created_at, id limit $2) r"#,
        account.0,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}

/// All that the account has booked, archived ones, too, each with what happened to it.
pub async fn appointments(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select v.id, v.reference, v.state,
                      encrypted_value('people.name', uuid_send(p.id), p.name) as person, v.person_id, d.name as doctor,
                      c.name as clinic, l.name as location, l.address, t.name as visit_type, v.mode,
                      v.starts_at, v.ends_at, v.time_zone, v.fee_minor_units, v.currency,
                      v.cancelled_by,
                      encrypted_value('appointments.cancel_reason', uuid_send(v.id), v.cancel_reason) as cancel_reason,
                      v.created_at, v.updated_at,
                      (select coalesce(jsonb_agg(jsonb_build_object(
                                  'type', e.type, 'occurred_at', e.occurred_at, 'by', e.actor)
                                  order by e.occurred_at, e.id), '[]')
                       from events e where e.subject_id = v.id) as history
               from all_appointments v
               left join people p on p.id = v.person_id
               left join doctors d on d.id = v.doctor_id
               left join clinics c on c.id = v.clinic_id
               left join locations l on l.id = v.location_id
               left join visit_types t on t.id = v.visit_type_id
               where v.booked_by = $1
               order by v.starts_at, v.id limit $2) r"#,
        account.0,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}

/// A review is found by its visit, since nobody else can review it.
pub async fn reviews(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select w.id, w.appointment_id, d.name as doctor, w.stars,
                      encrypted_value('reviews.text', uuid_send(w.id), w.text) as text, w.anonymous,
                      w.visited_on, w.created_at, w.written_at,
                      encrypted_value('reviews.answer', uuid_send(w.id), w.answer) as answer, w.answered_at, w.hidden_at,
                      encrypted_value('reviews.hidden_reason', uuid_send(w.id), w.hidden_reason) as hidden_reason,
                      w.withdrawn_at
               from all_appointments v
               join reviews w on w.appointment_id = v.id and w.author_id = $1
               join doctors d on d.id = w.doctor_id
               where v.booked_by = $1
               order by w.created_at, w.id limit $2) r"#,
        account.0,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}

pub async fn sessions(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select public_id as id, kind, device, created_at, seen_at, proved_at,
                      least(expires_at, ends_at) as ends_at
               from sessions
               where account_id = $1 and expires_at > $2 and ends_at > $2
               order by created_at, public_id limit $3) r"#,
        account.0,
        now,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}

pub async fn api_keys(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select id, name, ending, scope, created_at, expires_at, last_used_at, revoked_at
               from api_keys where account_id = $1
               order by created_at, id limit $2) r"#,
        account.0,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}

/// Authenticator app and passkeys, without what they sign with.
pub async fn second_factors(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select jsonb_build_object(
               'authenticator_since', (select confirmed_at from authenticators where account_id = $1),
               'recovery_codes_left', (select count(*) from recovery_codes
                                       where account_id = $1 and used_at is null),
               'passkeys', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select id, name, created_at, last_used_at from passkeys where account_id = $1
                   order by created_at, id limit $2) r)) as "part!""#,
        account.0,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}

/// Calendar links, also those that have ended, without the secret part of their addresses.
pub async fn calendar_feeds(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select kind, with_names, alarm_minutes, created_at, read_at, archived_at as ended_at
               from calendar_feeds where account_id = $1
               order by created_at, id limit $2) r"#,
        account.0,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}

/// The messages about the account and its appointments that the log still has.
pub async fn messages(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select n.template, n.channel, n.state,
                      encrypted_value('notifications.address', int8send(n.event_id) || uuid_send(n.recipient_id),
                                      n.address) as address,
                      n.delivered_at, n.subject_id
               from notifications n
               where n.recipient_id = $1
                 and n.subject_id in (select $1 union all
                                      select v.id from all_appointments v where v.booked_by = $1)
               order by n.id limit $2) r"#,
        account.0,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}

/// What happened to the account, its people and its calendar links, as far as the log goes back.
pub async fn events(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select e.type, e.subject_id, e.occurred_at, e.actor as by
               from events e
               where e.subject_id in (
                   select $1 union all
                   select p.id from people p where p.account_id = $1 union all
                   select f.id from calendar_feeds f where f.account_id = $1)
               order by e.occurred_at, e.id limit $2) r"#,
        account.0,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}

/// What the account has agreed to.
pub async fn consents(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select document, version, accepted_at, locale as language
               from consents where account_id = $1
               order by accepted_at, document limit $2) r"#,
        account.0,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}

/// Codes that were asked for and are still stored: by the account, or for its address. Without the codes, and without
/// what others may have typed who do not have that address.
pub async fn codes(
    connection: &mut PgConnection,
    account: AccountId,
    email: Option<&str>,
) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select c.purpose, encrypted_value('address_proofs.email', uuid_send(c.id), c.email) as email, c.created_at,
                      c.expires_at, c.used_at
               from address_proofs c
               where c.account_id = $1 or c.email = $3 or c.email_digest = any($4)
               order by c.created_at, c.id limit $2) r"#,
        account.0,
        ROWS_MAX,
        email,
        &email.map(addresses::digests).unwrap_or_default()
    )
    .fetch_one(connection)
    .await
}

/// Invitations to work for a clinic that the account has got; and those that it has sent, without the address of the
/// other person.
pub async fn invitations(
    connection: &mut PgConnection,
    account: AccountId,
    email: Option<&str>,
) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select i.role, c.name as clinic,
                      case when i.invited_by = $1 and i.accepted_by is distinct from $1 then 'sent' else 'received' end
                          as direction,
                      i.created_at, i.expires_at, i.accepted_at, i.withdrawn_at
               from invitations i
               join clinics c on c.id = i.clinic_id
               where i.invited_by = $1 or i.accepted_by = $1 or i.email = $3
                  or i.email_digest = any($4)
               order by i.created_at, i.id limit $2) r"#,
        account.0,
        ROWS_MAX,
        email,
        &email.map(addresses::digests).unwrap_or_default()
    )
    .fetch_one(connection)
    .await
}

/// The doctor who the account is: the profile, times off, connected calendars without their addresses, which are
/// secret, and answers to reviews. `null`: it is none.
pub async fn doctor(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    let found = sqlx::query_scalar!(
        r#"select jsonb_build_object(
               'name', d.name, 'gender', d.gender, 'qualifications', d.qualifications, 'bio', d.bio,
               'languages', d.languages, 'fee_minor_units', d.fee_minor_units, 'currency', d.currency,
               'status', d.status, 'created_at', d.created_at,
               'times_off', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select starts_local, ends_local, encrypted_value('time_off.note', uuid_send(id), note) as note, created_at, archived_at as ended_at
                   from time_off where doctor_id = d.id
                   order by starts_local, id limit $2) r),
               'connected_calendars', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select name, encrypted_value('busy_calendars.owner_email', uuid_send(id), owner_email) as owner_email, read_at, created_at, archived_at as ended_at
                   from busy_calendars where doctor_id = d.id
                   order by created_at, id limit $2) r),
               'answers', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select encrypted_value('reviews.answer', uuid_send(id), answer) as answer, answered_at from reviews where doctor_id = d.id and answer is not null
                   order by answered_at, id limit $2) r)) as "part!"
           from doctors d where d.account_id = $1"#,
        account.0,
        ROWS_MAX
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.unwrap_or(Value::Null))
}

/// Decisions about reviews that the account has made for a clinic.
pub async fn decisions(connection: &mut PgConnection, account: AccountId) -> Result<Value> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(r)), '[]') as "part!" from (
               select decision, encrypted_value('review_decisions.reason', uuid_send(id), reason) as reason, decided_at from review_decisions where decided_by = $1
               order by decided_at, id limit $2) r"#,
        account.0,
        ROWS_MAX
    )
    .fetch_one(connection)
    .await
}
