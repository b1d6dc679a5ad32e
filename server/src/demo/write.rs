//! Inserts the demo's visits with their claims, events and reviews, with one statement per table.

use chrono::{DateTime, Utc};
use nadi::actor::ActingRole;
use nadi::appointment::{Event, State, reference};
use nadi::consent::Document;
use nadi::formatting::local_date;
use nadi::notification_rules;
use nadi::schedule::MadeBlock;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::schedules::store::blocks_and_slots;

use crate::demo::availability::earliest;
use crate::demo::data::{DemoData, Dependant, Happened, PastReview, Patient, Role, Visit};

pub(super) async fn insert(
    connection: &mut PgConnection,
    data: &DemoData,
    now: DateTime<Utc>,
) -> Result<()> {
    // Patients are registered before their first visit.
    let since = earliest(now);
    insert_patients(connection, &data.past.patients, since).await?;
    insert_patients(connection, &data.calendar.patients, since).await?;
    insert_dependants(connection, &data.calendar.dependants, now).await?;
    blocks_and_slots::make(connection, &blocks(data), nadi::zone::release()).await?;
    let visits: Vec<&Visit> = data.past.visits.iter().chain(&data.calendar.visits).collect();
    insert_visits(connection, &visits).await?;
    insert_reviews(connection, &visits, data).await?;
    insert_consents(connection).await
}

/// Everybody has agreed to everything when they registered.
async fn insert_consents(connection: &mut PgConnection) -> Result<()> {
    let words = Document::ALL.map(Document::as_str);
    let versions = Document::ALL.map(Document::version);
    sqlx::query(
        "insert into consents (account_id, document, version, accepted_at, locale)
         select a.id, d.document, d.version, a.created_at, a.locale
         from accounts a, unnest($1::text[], $2::date[]) as d (document, version)
         where not a.visitor and a.archived_at is null
         on conflict do nothing",
    )
    .bind(&words[..])
    .bind(&versions[..])
    .execute(connection)
    .await?;
    Ok(())
}

fn blocks(data: &DemoData) -> Vec<(Uuid, MadeBlock)> {
    data.calendar.blocks.iter().map(|(doctor, block)| (doctor.0, block.clone())).collect()
}

async fn insert_patients(
    connection: &mut PgConnection,
    patients: &[Patient],
    since: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into accounts (id, email, created_at, email_verified_at)
         select *, $3, $3 from unnest($1::uuid[], $2::text[])",
    )
    .bind(column(patients, |patient| patient.account.0))
    .bind(column(patients, |patient| patient.email.clone()))
    .bind(since)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into people (id, account_id, name, relation, created_at)
         select *, 'self', $4 from unnest($1::uuid[], $2::uuid[], $3::text[])",
    )
    .bind(column(patients, |patient| patient.person.0))
    .bind(column(patients, |patient| patient.account.0))
    .bind(column(patients, |patient| patient.name.clone()))
    .bind(since)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_dependants(
    connection: &mut PgConnection,
    dependants: &[Dependant],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into people (id, account_id, name, birth_date, relation, created_at)
         select *, 'dependant', $5 from unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[])",
    )
    .bind(column(dependants, |one| one.person.0))
    .bind(column(dependants, |one| one.account.0))
    .bind(column(dependants, |one| one.name))
    .bind(column(dependants, |one| one.birth_date))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Inserts visits: the appointments, the claims of active ones, and all their events, whose notifications count
/// as delivered. Appointments refer to the slots of their doctors where there are any: past days of most
/// doctors have none, and nothing uses the slot of a visit that is over.
///
/// # Errors
/// The violated constraint when a seat or a person's time is taken, and `RowNotFound` when an active visit has
/// no slot. Then the transaction must be rolled back.
pub(super) async fn insert_visits(connection: &mut PgConnection, visits: &[&Visit]) -> Result<()> {
    insert_appointments(connection, visits).await?;
    insert_claims(connection, visits).await?;
    insert_events(connection, visits).await
}

async fn insert_appointments(connection: &mut PgConnection, visits: &[&Visit]) -> Result<()> {
    sqlx::query(
        "insert into appointments
             (id, reference, clinic_id, doctor_id, location_id, visit_type_id, person_id, booked_by, mode,
              time_zone, starts_at, ends_at, fee_minor_units, currency, created_at, slot_span, state,
              version, expires_at, updated_at, cancelled_by, cancel_reason, ical_uid, slot_id)
         select v.*, v.id || '@nadi',
                coalesce((select s.id from slots s join blocks b on b.id = s.block_id
                          where s.doctor_id = v.doctor_id and s.starts_at = v.starts_at
                            and s.capacity > 0 and b.closed_at is null
                          limit 1), 0)
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[],
                     $8::uuid[], $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[],
                     $13::bigint[], $14::text[], $15::timestamptz[], $16::smallint[], $17::text[],
                     $18::int[], $19::timestamptz[], $20::timestamptz[], $21::text[], $22::text[])
             as v (id, reference, clinic_id, doctor_id, location_id, visit_type_id, person_id, booked_by,
                   mode, time_zone, starts_at, ends_at, fee, currency, created_at, slot_span, state,
                   version, expires_at, updated_at, cancelled_by, cancel_reason)",
    )
    .bind(column(visits, |visit| visit.id.0))
    .bind(column(visits, |visit| reference(visit.id)))
    .bind(column(visits, |visit| visit.clinic.0))
    .bind(column(visits, |visit| visit.doctor.0))
    .bind(column(visits, |visit| visit.location.0))
    .bind(column(visits, |visit| visit.visit_type.0))
    .bind(column(visits, |visit| visit.person.0))
    .bind(column(visits, |visit| visit.booked_by.0))
    .bind(column(visits, |visit| visit.mode.as_str()))
    .bind(column(visits, |visit| visit.zone.name()))
    .bind(column(visits, |visit| visit.starts_at))
    .bind(column(visits, |visit| visit.ends_at))
    .bind(column(visits, |visit| visit.fee.minor_units))
    .bind(column(visits, |visit| visit.fee.currency.clone()))
    .bind(column(visits, |visit| visit.created_at))
    .bind(column(visits, |visit| visit.slot_span))
    .bind(column(visits, |visit| visit.state().as_str()))
    .bind(column(visits, |visit| version(visit.events.len())))
    .bind(column(visits, |visit| visit.expires_at))
    .bind(column(visits, |visit| visit.events.last().map_or(visit.created_at, |last| last.at)))
    .bind(column(visits, |visit| cancelled_by(visit).map(ActingRole::as_str)))
    .bind(column(visits, |visit| visit.cancel_reason))
    .execute(connection)
    .await?;
    Ok(())
}

/// The version rises by one with every event, beginning with the hold.
fn version(events: usize) -> i32 {
    i32::try_from(events).unwrap_or(i32::MAX)
}

fn cancelled_by(visit: &Visit) -> Option<ActingRole> {
    visit.events.iter().find(|one| one.event == Event::Cancelled).map(|one| one.by)
}

/// Inserts claims on seats and on people's times, as a hold and its confirmation would.
async fn insert_claims(connection: &mut PgConnection, visits: &[&Visit]) -> Result<()> {
    let active: Vec<&Visit> = visits.iter().copied().filter(|visit| visit.is_active()).collect();
    let until = |visit: &&Visit| (visit.state() == State::Pending).then_some(visit.expires_at);
    let seats = sqlx::query(
        "insert into seats (slot_id, seat_no, capacity, appointment_id, doctor_id, held_until)
         select r.id, 1, r.capacity, a.id, a.doctor_id, coalesce(v.held_until, 'infinity')
         from unnest($1::uuid[], $2::timestamptz[]) as v (id, held_until)
         join appointments a on a.id = v.id
         join slots s on s.id = a.slot_id
         join slots r on r.block_id = s.block_id
              and r.slot_no between s.slot_no and s.slot_no + a.slot_span - 1
         where r.capacity > 0
         order by r.id",
    )
    .bind(column(&active, |visit| visit.id.0))
    .bind(column(&active, until))
    .execute(&mut *connection)
    .await?;
    let wanted: u64 = active.iter().map(|visit| u64::from(visit.slot_span.unsigned_abs())).sum();
    if seats.rows_affected() != wanted {
        return Err(sqlx::Error::RowNotFound);
    }
    sqlx::query(
        "insert into patient_times (appointment_id, person_id, during, held_until, account_id, doctor_id,
                                    hold_number)
         select v.id, v.person_id, tstzrange(v.starts_at, v.ends_at), coalesce(v.held_until, 'infinity'),
                a.booked_by, a.doctor_id,
                case when v.held_until is not null
                     then row_number() over (partition by a.booked_by, v.held_until is null order by v.id) end
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
             as v (id, person_id, starts_at, ends_at, held_until)
         join appointments a on a.id = v.id",
    )
    .bind(column(&active, |visit| visit.id.0))
    .bind(column(&active, |visit| visit.person.0))
    .bind(column(&active, |visit| visit.starts_at))
    .bind(column(&active, |visit| visit.ends_at))
    .bind(column(&active, until))
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_events(connection: &mut PgConnection, visits: &[&Visit]) -> Result<()> {
    let mut events: Vec<(&Visit, i32, &Happened)> = Vec::new();
    for visit in visits {
        events.extend(
            (1..).zip(&visit.events).map(|(version, happened)| (*visit, version, happened)),
        );
    }
    events.sort_by_key(|(_, _, happened)| happened.at);
    sqlx::query(
        "with made as (
             insert into events (type, subject_id, subject_version, doctor_id, actor, actor_account_id,
                                 occurred_at, data)
             select e.type, e.id, e.version, e.doctor_id, e.actor,
                    case e.actor when 'patient' then e.booked_by else d.account_id end, e.at,
                    jsonb_strip_nulls(jsonb_build_object(
                        'account', a.booked_by, 'location', a.location_id, 'mode', a.mode,
                        'starts_at', a.starts_at, 'ends_at', a.ends_at, 'slots', v.slots,
                        'capacity', v.capacity, 'seats_left', v.seats_left,
                        'code_counter', case when e.version > 1 then 1 end))
             from unnest($1::text[], $2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::uuid[],
                         $7::timestamptz[]) with ordinality
                 as e (type, id, version, doctor_id, actor, booked_by, at, number)
             join doctors d on d.id = e.doctor_id
             join appointments a on a.id = e.id
             cross join lateral visit_slots(a.slot_id, a.slot_span, e.at, '{}') v
             order by e.number
             returning id, type, subject_id, subject_version, actor, occurred_at, data)
         insert into notifications (event_id, subject_id, subject_version, recipient_id, channel, template,
                                    actor, state, due_at, delivered_at)
         select m.id, m.subject_id, m.subject_version, (m.data ->> 'account')::uuid, 'email', t.template,
                m.actor, 'delivered', m.occurred_at, m.occurred_at
         from made m
         join unnest($8::text[], $9::text[]) as t (type, template) on t.type = m.type",
    )
    .bind(column(&events, |(_, _, happened)| happened.event.as_str()))
    .bind(column(&events, |(visit, _, _)| visit.id.0))
    .bind(column(&events, |(_, version, _)| *version))
    .bind(column(&events, |(visit, _, _)| visit.doctor.0))
    .bind(column(&events, |(_, _, happened)| happened.by.as_str()))
    .bind(column(&events, |(visit, _, _)| visit.booked_by.0))
    .bind(column(&events, |(_, _, happened)| happened.at))
    .bind(notified_types().0)
    .bind(notified_types().1)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_reviews(
    connection: &mut PgConnection,
    visits: &[&Visit],
    data: &DemoData,
) -> Result<()> {
    let reviews: Vec<(&Visit, &PastReview)> = visits
        .iter()
        .filter_map(|visit| visit.review.as_ref().map(|review| (*visit, review)))
        .collect();
    let clinic = data.sign_ins.iter().find(|who| who.role == Role::Administrator);
    sqlx::query(
        "insert into reviews (id, appointment_id, doctor_id, clinic_id, author_id, stars, text, anonymous,
                              visited_on, created_at, written_at, answer, answered_at, hidden_reason,
                              hidden_at, hidden_by)
         select r.id, a.id, a.doctor_id, a.clinic_id, a.booked_by, r.stars, r.text, r.anonymous,
                r.visited_on, r.written_at, r.written_at, r.answer,
                r.answered_at, r.hidden, case when r.hidden is not null then r.written_at end,
                case when r.hidden is not null then $10::uuid end
         from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::bool[], $6::timestamptz[],
                     $7::text[], $8::timestamptz[], $9::text[], $11::date[])
             as r (id, visit, stars, text, anonymous, written_at, answer, answered_at, hidden, visited_on)
         join appointments a on a.id = r.visit",
    )
    .bind(column(&reviews, |(_, review)| review.id.0))
    .bind(column(&reviews, |(visit, _)| visit.id.0))
    .bind(column(&reviews, |(_, review)| i16::from(review.stars)))
    .bind(column(&reviews, |(_, review)| review.text.clone()))
    .bind(column(&reviews, |(_, review)| review.anonymous))
    .bind(column(&reviews, |(_, review)| review.written_at))
    .bind(column(&reviews, |(_, review)| review.answer.as_ref().map(|(text, _)| text.clone())))
    .bind(column(&reviews, |(_, review)| review.answer.as_ref().map(|(_, at)| *at)))
    .bind(column(&reviews, |(_, review)| review.hidden))
    .bind(clinic.map_or(Uuid::nil(), |who| who.account.0))
    .bind(column(&reviews, |(visit, _)| local_date(visit.starts_at, visit.zone)))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into review_decisions (id, review_id, decision, reason, decided_by, decided_at)
         select gen_random_uuid(), id, 'hidden', hidden_reason, hidden_by, hidden_at
         from reviews where hidden_at is not null",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into doctor_ratings (doctor_id, reviews, stars_sum)
         select doctor_id, count(*), sum(stars) from reviews where hidden_at is null group by doctor_id",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The types of events that cause notifications, and the template of each.
pub(super) fn notified_types() -> (Vec<&'static str>, Vec<&'static str>) {
    notification_rules::notified_types()
        .flat_map(|kind| {
            let planned = notification_rules::planned_notifications(kind, true);
            planned.into_iter().map(move |one| (kind.as_str(), one.template.as_str()))
        })
        .unzip()
}

/// One column of the rows, for `unnest`.
pub(super) fn column<R, T>(rows: &[R], value: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
