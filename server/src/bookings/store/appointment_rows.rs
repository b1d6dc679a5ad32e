//! Appointments as they are shown and listed. Names of persons are in [`crate::accounts`].

use chrono::{DateTime, Utc};
use nadi::appointment::State;
use nadi::calendar::Moment;
use nadi::ids::{AccountId, AppointmentId, ClinicId, DoctorId};
use nadi::permissions::Target;
use nadi::ports::Period;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::CANCEL_REASON;
use crate::encryption::open_optional;
use crate::zone_days::ZoneDays;

/// One appointment as shown, without the person's name.
pub struct Row {
    pub id: Uuid,
    pub reference: String,
    pub state: String,
    pub version: i32,
    pub slot_id: i64,
    pub visit_type_id: Uuid,
    pub person_id: Uuid,
    pub booked_by: Uuid,
    pub doctor_id: Uuid,
    pub clinic_id: Uuid,
    pub location_id: Uuid,
    pub doctor_name: String,
    pub doctor_slug: String,
    pub specialty: Option<String>,
    pub clinic: String,
    pub location_name: String,
    pub location_address: String,
    pub city: String,
    pub time_zone: String,
    pub mode: String,
    pub visit_type_name: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub fee_minor_units: i64,
    pub currency: String,
    pub expires_at: DateTime<Utc>,
    pub extensions: i16,
    pub code_counter: i16,
    pub code_tries: i16,
    pub cancel_reason: Option<String>,
    pub cancel_notice_minutes: i32,
    pub doctor_takes_bookings: bool,
    pub created_at: DateTime<Utc>,
}

impl Row {
    fn opened(self) -> Result<Self> {
        Ok(Self {
            cancel_reason: open_optional(CANCEL_REASON, self.id, self.cancel_reason)?,
            ..self
        })
    }

    /// Whose it is, for permissions.
    pub fn target(&self) -> Target {
        let booked_by = AccountId(self.booked_by);
        Target::appointment(booked_by, DoctorId(self.doctor_id), ClinicId(self.clinic_id))
    }
}

/// Selects all columns of a [`Row`] from a table or view, aliased `a`; `$rest` holds conditions and order.
macro_rules! rows {
    ($from:tt, $rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select a.id as "id!", a.reference as "reference!", a.state as "state!",
                      a.version as "version!", a.slot_id as "slot_id!",
                      a.visit_type_id as "visit_type_id!", a.person_id as "person_id!",
                      a.booked_by as "booked_by!", a.doctor_id as "doctor_id!",
                      a.clinic_id as "clinic_id!", a.location_id as "location_id!",
                      d.name as doctor_name, d.slug as doctor_slug,
                      (select s.name from doctor_specialties x
                       join specialties s on s.id = x.specialty_id
                       where x.doctor_id = d.id and x.is_primary) as specialty,
                      c.name as clinic, l.name as location_name, l.address as location_address,
                      ct.name as city, a.time_zone as "time_zone!", a.mode as "mode!", v.name as visit_type_name,
                      a.starts_at as "starts_at!", a.ends_at as "ends_at!",
                      a.fee_minor_units as "fee_minor_units!", a.currency as "currency!",
                      a.expires_at as "expires_at!", a.extensions as "extensions!",
                      a.code_counter as "code_counter!", a.code_tries as "code_tries!",
                      (d.status = 'listed' and d.archived_at is null) as "doctor_takes_bookings!",
                      a.cancel_reason, c.cancel_notice_minutes, a.created_at as "created_at!"
               from "#
                + $from
                + r#" a
               join doctors d on d.id = a.doctor_id
               join clinics c on c.id = a.clinic_id
               join locations l on l.id = a.location_id
               join cities ct on ct.id = l.city_id
               join visit_types v on v.id = a.visit_type_id "#
                + $rest,
            $($argument),*
        )
    };
}

pub async fn find(connection: &mut PgConnection, id: AppointmentId) -> Result<Option<Row>> {
    // Rows are only ever moved into the archive. So one that is no longer in the table is in the archive by now.
    let current =
        rows!("appointments", "where a.id = $1", id.0).fetch_optional(&mut *connection).await?;
    let found = match current {
        None => {
            rows!("archived_appointments", "where a.id = $1", id.0)
                .fetch_optional(connection)
                .await?
        }
        found => found,
    };
    found.map(Row::opened).transpose()
}

/// Filters of a list.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    pub period: Option<Period>,
    pub state: Option<State>,
    pub from: Option<Moment>,
    pub until: Option<Moment>,
    pub doctor: Option<DoctorId>,
}

/// What an account has booked: past appointments latest first, all others soonest first. A lapsed hold counts
/// as expired.
pub async fn booked_by(
    connection: &mut PgConnection,
    account: AccountId,
    filter: &Filter,
    now: DateTime<Utc>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Row>> {
    let past = filter.period == Some(Period::Past);
    let days = ZoneDays::between(filter.from, filter.until);
    let rows = rows!(
        "all_appointments",
        "where a.booked_by = $1
           and ($3::bool is null
                or $3 = (a.ends_at > $2 and (a.state in ('confirmed', 'checked_in')
                                             or (a.state = 'pending' and a.expires_at > $2))))
           and ($4::text is null
                or $4 = case when a.state = 'pending' and a.expires_at <= $2 then 'expired' else a.state end)
           and ($5::timestamptz is null or a.starts_at >= $5)
           and ($6::timestamptz is null or a.starts_at < $6)
           and ($7::text[] is null
                or a.starts_at >= ($8::timestamptz[])[array_position($7, a.time_zone)]
                   and a.starts_at < ($13::timestamptz[])[array_position($7, a.time_zone)])
           and ($9::uuid is null or a.doctor_id = $9)
         order by case when not $10 then a.starts_at end, case when $10 then a.starts_at end desc, a.id
         limit $11 offset $12",
        account.0,
        now,
        filter.period.map(|period| period == Period::Upcoming),
        filter.state.map(State::as_str),
        filter.from.and_then(Moment::instant).or(days.earliest),
        filter.until.and_then(Moment::instant).or(days.latest),
        days.zones.as_deref(),
        &days.from,
        filter.doctor.map(|doctor| doctor.0),
        past,
        limit,
        offset,
        &days.until
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::opened).collect()
}

/// How many rows [`booked_by`] has on all pages.
pub async fn count_booked_by(
    connection: &mut PgConnection,
    account: AccountId,
    filter: &Filter,
    now: DateTime<Utc>,
) -> Result<i64> {
    let days = ZoneDays::between(filter.from, filter.until);
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from all_appointments a
           where a.booked_by = $1
             and ($3::bool is null
                  or $3 = (a.ends_at > $2 and (a.state in ('confirmed', 'checked_in')
                                               or (a.state = 'pending' and a.expires_at > $2))))
             and ($4::text is null
                  or $4 = case when a.state = 'pending' and a.expires_at <= $2 then 'expired' else a.state end)
             and ($5::timestamptz is null or a.starts_at >= $5)
             and ($6::timestamptz is null or a.starts_at < $6)
             and ($7::text[] is null
                  or a.starts_at >= ($8::timestamptz[])[array_position($7, a.time_zone)]
                     and a.starts_at < ($10::timestamptz[])[array_position($7, a.time_zone)])
             and ($9::uuid is null or a.doctor_id = $9)"#,
        account.0,
        now,
        filter.period.map(|period| period == Period::Upcoming),
        filter.state.map(State::as_str),
        filter.from.and_then(Moment::instant).or(days.earliest),
        filter.until.and_then(Moment::instant).or(days.latest),
        days.zones.as_deref(),
        &days.from,
        filter.doctor.map(|doctor| doctor.0),
        &days.until
    )
    .fetch_one(connection)
    .await
}

/// The appointments of some doctors, soonest first. Without a state in `filter`: all but cancelled and expired ones.
pub async fn of_doctors(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    filter: &Filter,
    now: DateTime<Utc>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Row>> {
    let days = ZoneDays::between(filter.from, filter.until);
    let rows = rows!(
        "all_appointments",
        "where a.doctor_id = any($1)
           and case when $3::text is null
                    then a.state in ('confirmed', 'checked_in', 'completed', 'no_show')
                         or (a.state = 'pending' and a.expires_at > $2)
                    else $3 = case when a.state = 'pending' and a.expires_at <= $2 then 'expired'
                                   else a.state end
               end
           and ($4::timestamptz is null or a.starts_at >= $4)
           and ($5::timestamptz is null or a.starts_at < $5)
           and ($6::text[] is null
                or a.starts_at >= ($7::timestamptz[])[array_position($6, a.time_zone)]
                   and a.starts_at < ($10::timestamptz[])[array_position($6, a.time_zone)])
         order by a.starts_at, a.id
         limit $8 offset $9",
        doctors,
        now,
        filter.state.map(State::as_str),
        filter.from.and_then(Moment::instant).or(days.earliest),
        filter.until.and_then(Moment::instant).or(days.latest),
        days.zones.as_deref(),
        &days.from,
        limit,
        offset,
        &days.until
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::opened).collect()
}

/// How many rows [`of_doctors`] has on all pages.
pub async fn count_of_doctors(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    filter: &Filter,
    now: DateTime<Utc>,
) -> Result<i64> {
    let days = ZoneDays::between(filter.from, filter.until);
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from all_appointments a
           where a.doctor_id = any($1)
             and case when $3::text is null
                      then a.state in ('confirmed', 'checked_in', 'completed', 'no_show')
                           or (a.state = 'pending' and a.expires_at > $2)
                      else $3 = case when a.state = 'pending' and a.expires_at <= $2 then 'expired'
                                     else a.state end
                 end
             and ($4::timestamptz is null or a.starts_at >= $4)
             and ($5::timestamptz is null or a.starts_at < $5)
             and ($6::text[] is null
                  or a.starts_at >= ($7::timestamptz[])[array_position($6, a.time_zone)]
                     and a.starts_at < ($8::timestamptz[])[array_position($6, a.time_zone)])"#,
        doctors,
        now,
        filter.state.map(State::as_str),
        filter.from.and_then(Moment::instant).or(days.earliest),
        filter.until.and_then(Moment::instant).or(days.latest),
        days.zones.as_deref(),
        &days.from,
        &days.until
    )
    .fetch_one(connection)
    .await
}

/// An event in the history of an appointment.
pub struct HistoryRow {
    pub event_type: String,
    pub occurred_at: DateTime<Utc>,
    pub actor: String,
    pub data: serde_json::Value,
    /// For a move: the start before it, and the zone of the place it was at.
    pub moved_from: Option<DateTime<Utc>>,
    pub moved_from_zone: Option<String>,
}

/// What happened to an appointment, oldest first.
pub async fn history(connection: &mut PgConnection, id: AppointmentId) -> Result<Vec<HistoryRow>> {
    sqlx::query_as!(
        HistoryRow,
        "select e.type as event_type, e.occurred_at, e.actor, e.data,
                m.starts_at as moved_from, m.time_zone as moved_from_zone
         from events e
         cross join lateral moved_from(e.data, e.doctor_id) m
         where e.subject_id = $1
         order by e.subject_version, e.id",
        id.0
    )
    .fetch_all(connection)
    .await
}

/// When the newest code of a hold was asked for; the first one comes with the hold.
pub async fn code_sent_at(
    connection: &mut PgConnection,
    id: AppointmentId,
) -> Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "select max(occurred_at) from events
         where subject_id = $1 and type in ('appointment.held', 'appointment.code_requested')",
        id.0
    )
    .fetch_one(connection)
    .await
}

/// A calendar entry without the person's name.
pub struct Entry {
    pub id: Uuid,
    pub reference: String,
    pub state: String,
    pub person_id: Uuid,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub visit_type: String,
    pub mode: String,
    pub location_name: String,
    pub time_zone: String,
}

/// A doctor's appointments that overlap a range of time, except cancelled and expired ones.
pub async fn calendar_of_doctor(
    connection: &mut PgConnection,
    doctor: DoctorId,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"select a.id as "id!", a.reference as "reference!", a.state as "state!",
                a.person_id as "person_id!", a.starts_at as "starts_at!", a.ends_at as "ends_at!",
                v.name as visit_type, a.mode as "mode!", l.name as location_name,
                a.time_zone as "time_zone!"
         from all_appointments a
         join visit_types v on v.id = a.visit_type_id
         join locations l on l.id = a.location_id
         where a.doctor_id = $1 and a.starts_at < $3 and a.ends_at > $2
           and (a.state in ('confirmed', 'checked_in', 'completed', 'no_show')
                or (a.state = 'pending' and a.expires_at > $4))
         order by a.starts_at, a.id"#,
        doctor.0,
        from,
        until,
        now
    )
    .fetch_all(connection)
    .await
}

/// The appointments that have seats in these slots now, soonest first.
pub async fn entries_in(
    connection: &mut PgConnection,
    slots: &[i64],
    now: DateTime<Utc>,
) -> Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        "select a.id, a.reference, a.state, a.person_id, a.starts_at, a.ends_at,
                v.name as visit_type, a.mode, l.name as location_name, a.time_zone
         from appointments a
         join visit_types v on v.id = a.visit_type_id
         join locations l on l.id = a.location_id
         where a.id in (select t.appointment_id from seats t
                        where t.slot_id = any($1) and t.held_until > $2)
         order by a.starts_at, a.id",
        slots,
        now
    )
    .fetch_all(connection)
    .await
}
