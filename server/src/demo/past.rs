//! Writes down the demo's visits that are over, with their events and reviews, a statement per table.

use chrono::{DateTime, Utc};
use nadi::appointment::reference;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use super::load::column;
use super::{DemoData, PastReview, PastVisit, Role};

pub(super) async fn insert(
    connection: &mut PgConnection,
    data: &DemoData,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query("select ensure_appointment_partitions($1, 0)")
        .bind(now)
        .execute(&mut *connection)
        .await?;
    insert_patients(connection, data, now).await?;
    insert_visits(connection, &data.past.visits).await?;
    insert_reviews(connection, data).await
}

async fn insert_patients(
    connection: &mut PgConnection,
    data: &DemoData,
    now: DateTime<Utc>,
) -> Result<()> {
    let patients = &data.past.patients;
    sqlx::query(
        "insert into accounts (id, email, created_at)
         select *, $3 from unnest($1::uuid[], $2::text[])",
    )
    .bind(column(patients, |patient| patient.account.0))
    .bind(column(patients, |patient| patient.email.clone()))
    .bind(now)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into people (id, account_id, name, relation, created_at)
         select *, 'self', $4 from unnest($1::uuid[], $2::uuid[], $3::text[])",
    )
    .bind(column(patients, |patient| patient.person.0))
    .bind(column(patients, |patient| patient.account.0))
    .bind(column(patients, |patient| patient.name.clone()))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Completed appointments, and the four events that led there. Their slots were never made: nothing
/// refers to one.
async fn insert_visits(connection: &mut PgConnection, visits: &[PastVisit]) -> Result<()> {
    sqlx::query(
        "insert into appointments
             (id, reference, clinic_id, doctor_id, location_id, visit_type_id, person_id, booked_by, mode,
              time_zone, starts_at, ends_at, fee_minor_units, currency, created_at, ical_uid, slot_id,
              state, version, expires_at, updated_at)
         select v.*, v.id || '@nadi', 0, 'completed', 4,
                v.created_at + interval '5 minutes', v.ends_at
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[],
                     $8::uuid[], $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[],
                     $13::bigint[], $14::text[], $15::timestamptz[])
             as v (id, reference, clinic_id, doctor_id, location_id, visit_type_id, person_id, booked_by,
                   mode, time_zone, starts_at, ends_at, fee, currency, created_at)",
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
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into outbox (event_type, appointment_id, appointment_version, doctor_id, actor,
                             actor_account_id, occurred_at, state, due_at, delivered_at)
         select e.event_type, a.id, e.version, a.doctor_id, e.actor,
                case e.actor when 'patient' then a.booked_by end, e.at, 'delivered', e.at, e.at
         from appointments a
         cross join lateral (values
             ('appointment.held', 1, 'patient', a.created_at),
             ('appointment.confirmed', 2, 'patient', a.created_at + interval '1 minute'),
             ('appointment.checked_in', 3, 'doctor', a.starts_at),
             ('appointment.completed', 4, 'doctor', a.ends_at)) e (event_type, version, actor, at)
         where a.id = any($1)
         order by e.at",
    )
    .bind(column(visits, |visit| visit.id.0))
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_reviews(connection: &mut PgConnection, data: &DemoData) -> Result<()> {
    let reviews: Vec<(&PastVisit, &PastReview)> = data
        .past
        .visits
        .iter()
        .filter_map(|visit| visit.review.as_ref().map(|review| (visit, review)))
        .collect();
    let clinic = data.sign_ins.iter().find(|who| who.role == Role::Administrator);
    sqlx::query(
        "insert into reviews (id, appointment_id, doctor_id, clinic_id, author_id, stars, text, anonymous,
                              visited_on, created_at, written_at, answer, answered_at, hidden_reason,
                              hidden_at, hidden_by)
         select r.id, a.id, a.doctor_id, a.clinic_id, a.booked_by, r.stars, r.text, r.anonymous,
                (a.starts_at at time zone a.time_zone)::date, r.written_at, r.written_at, r.answer,
                r.answered_at, r.hidden, case when r.hidden is not null then r.written_at end,
                case when r.hidden is not null then $10::uuid end
         from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::bool[], $6::timestamptz[],
                     $7::text[], $8::timestamptz[], $9::text[])
             as r (id, visit, stars, text, anonymous, written_at, answer, answered_at, hidden)
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
