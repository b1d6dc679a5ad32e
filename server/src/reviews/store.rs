//! Reviews, and the ratings computed from them. Names of persons are in [`crate::accounts::store`].

use chrono::{DateTime, NaiveDate, Utc};
use nadi::ids::{AccountId, AppointmentId, ClinicId, DoctorId, ReviewId};
use nadi::permissions::Target;
use nadi::review::{Rating, Stars};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::{
    EncryptedColumn, REVIEW_ANSWER, REVIEW_DECISION_REASON, REVIEW_HIDDEN_REASON, REVIEW_TEXT,
    encrypted_column,
};
use crate::encryption::{open, open_optional, seal, seal_optional};
use crate::use_case::rating_of;

pub const ENCRYPTED: &[&dyn EncryptedColumn] =
    &[&Texts, &Answers, &HiddenReasons, &DecisionReasons];

encrypted_column!(
    Texts,
    REVIEW_TEXT,
    r#"select encryption_key(text) as key, count(*) as "values!" from reviews where text <> '' group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", text as "value!", null::bytea as digest
       from reviews where text <> '' and id > $1::text::uuid order by id limit $2"#,
    "update reviews set text = $3 where id = $1::text::uuid and text = $2"
);

encrypted_column!(
    Answers,
    REVIEW_ANSWER,
    r#"select encryption_key(answer) as key, count(*) as "values!" from reviews
       where answer is not null group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", answer as "value!", null::bytea as digest
       from reviews where answer is not null and id > $1::text::uuid order by id limit $2"#,
    "update reviews set answer = $3 where id = $1::text::uuid and answer = $2"
);

encrypted_column!(
    HiddenReasons,
    REVIEW_HIDDEN_REASON,
    r#"select encryption_key(hidden_reason) as key, count(*) as "values!" from reviews
       where hidden_reason is not null group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", hidden_reason as "value!", null::bytea as digest
       from reviews where hidden_reason is not null and id > $1::text::uuid order by id limit $2"#,
    "update reviews set hidden_reason = $3 where id = $1::text::uuid and hidden_reason = $2"
);

encrypted_column!(
    DecisionReasons,
    REVIEW_DECISION_REASON,
    r#"select encryption_key(reason) as key, count(*) as "values!" from review_decisions
       where reason <> '' group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", reason as "value!", null::bytea as digest
       from review_decisions where reason <> '' and id > $1::text::uuid order by id limit $2"#,
    "update review_decisions set reason = $3 where id = $1::text::uuid and reason = $2"
);

/// The facts of a visit that decide whether it may be reviewed.
pub struct VisitRow {
    pub doctor_id: Uuid,
    pub clinic_id: Uuid,
    pub state: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub time_zone: String,
}

impl VisitRow {
    /// The doctor and the clinic of the visit.
    pub fn sides(&self) -> (DoctorId, ClinicId) {
        (DoctorId(self.doctor_id), ClinicId(self.clinic_id))
    }
}

/// A visit that this account booked, locked until the transaction ends, so that it is not reopened while its review
/// is written.
pub async fn lock_visit(
    connection: &mut PgConnection,
    visit: AppointmentId,
    booked_by: AccountId,
) -> Result<Option<VisitRow>> {
    let locked = sqlx::query_as!(
        VisitRow,
        "select doctor_id, clinic_id, state, starts_at, ends_at, time_zone
         from appointments where id = $1 and booked_by = $2 for share",
        visit.0,
        booked_by.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    match locked {
        Some(row) => Ok(Some(row)),
        // Rows in the archive no longer change, so they need no lock.
        None => self::visit(connection, visit, booked_by).await,
    }
}

/// A visit that this account booked.
pub async fn visit(
    connection: &mut PgConnection,
    visit: AppointmentId,
    booked_by: AccountId,
) -> Result<Option<VisitRow>> {
    sqlx::query_as!(
        VisitRow,
        r#"select doctor_id as "doctor_id!", clinic_id as "clinic_id!", state as "state!",
                  starts_at as "starts_at!", ends_at as "ends_at!", time_zone as "time_zone!"
           from all_appointments where id = $1 and booked_by = $2"#,
        visit.0,
        booked_by.0
    )
    .fetch_optional(connection)
    .await
}

/// A review that was not withdrawn, without its author's name.
pub struct Row {
    pub id: Uuid,
    pub appointment_id: Uuid,
    pub doctor_name: String,
    pub doctor_slug: String,
    pub author_id: Uuid,
    pub stars: i16,
    pub text: String,
    pub anonymous: bool,
    pub visited_on: NaiveDate,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub written_at: DateTime<Utc>,
    pub answer: Option<String>,
    pub answered_at: Option<DateTime<Utc>>,
    pub hidden_at: Option<DateTime<Utc>>,
    pub hidden_by: Option<Uuid>,
    pub hidden_reason: Option<String>,
    /// The zone of the clinic.
    pub time_zone: String,
}

impl Row {
    fn opened(self) -> Result<Self> {
        Ok(Self {
            text: open(REVIEW_TEXT, self.id, self.text)?,
            answer: open_optional(REVIEW_ANSWER, self.id, self.answer)?,
            hidden_reason: open_optional(REVIEW_HIDDEN_REASON, self.id, self.hidden_reason)?,
            ..self
        })
    }
}

/// Selects all columns of a [`Row`] from `reviews r`; `$rest` holds conditions and order.
macro_rules! rows {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            "select r.id, r.appointment_id, d.name as doctor_name,
                    d.slug as doctor_slug, r.author_id, r.stars, r.text, r.anonymous, r.visited_on,
                    r.version, r.created_at, r.written_at, r.answer, r.answered_at, r.hidden_at,
                    r.hidden_by, r.hidden_reason, c.time_zone
             from reviews r join doctors d on d.id = r.doctor_id join clinics c on c.id = r.clinic_id
             where r.withdrawn_at is null and "
                + $rest,
            $($argument),*
        )
    };
}

/// A doctor's visible reviews, the newest first.
pub async fn shown(
    connection: &mut PgConnection,
    doctor: DoctorId,
    limit: i64,
    offset: i64,
) -> Result<Vec<Row>> {
    let rows = rows!(
        "r.doctor_id = $1 and r.hidden_at is null
         order by r.created_at desc, r.id desc limit $2 offset $3",
        doctor.0,
        limit,
        offset
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::opened).collect()
}

/// All reviews of a doctor, including hidden ones, the newest first.
pub async fn of_doctor(
    connection: &mut PgConnection,
    doctor: DoctorId,
    limit: i64,
    offset: i64,
) -> Result<Vec<Row>> {
    let rows = rows!(
        "r.doctor_id = $1 order by r.created_at desc, r.id desc limit $2 offset $3",
        doctor.0,
        limit,
        offset
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::opened).collect()
}

/// How many rows [`of_doctor`] has on all pages.
pub async fn count_of_doctor(connection: &mut PgConnection, doctor: DoctorId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from reviews where doctor_id = $1 and withdrawn_at is null"#,
        doctor.0
    )
    .fetch_one(connection)
    .await
}

/// The reviews of these clinics, or with `None` of all, the newest first.
pub async fn in_clinics(
    connection: &mut PgConnection,
    clinics: Option<&[Uuid]>,
    only_hidden: bool,
    limit: i64,
    offset: i64,
) -> Result<Vec<Row>> {
    let rows = rows!(
        "($1::uuid[] is null or r.clinic_id = any($1)) and (not $2 or r.hidden_at is not null)
         order by r.created_at desc, r.id desc limit $3 offset $4",
        clinics,
        only_hidden,
        limit,
        offset
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::opened).collect()
}

/// How many rows [`in_clinics`] has on all pages.
pub async fn count_in_clinics(
    connection: &mut PgConnection,
    clinics: Option<&[Uuid]>,
    only_hidden: bool,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from reviews
           where withdrawn_at is null and ($1::uuid[] is null or clinic_id = any($1))
             and (not $2 or hidden_at is not null)"#,
        clinics,
        only_hidden
    )
    .fetch_one(connection)
    .await
}

/// This account's review of a visit.
pub async fn of_visit(
    connection: &mut PgConnection,
    visit: AppointmentId,
    author: AccountId,
) -> Result<Option<Row>> {
    let row = rows!("r.appointment_id = $1 and r.author_id = $2", visit.0, author.0)
        .fetch_optional(connection)
        .await?;
    row.map(Row::opened).transpose()
}

/// A review by its id. Does not check who may read it.
pub async fn find(connection: &mut PgConnection, review: ReviewId) -> Result<Option<Row>> {
    let row = rows!("r.id = $1", review.0).fetch_optional(connection).await?;
    row.map(Row::opened).transpose()
}

/// Which of these visits have a review by this account.
pub async fn reviewed(
    connection: &mut PgConnection,
    author: AccountId,
    visits: &[Uuid],
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select appointment_id from reviews
         where author_id = $1 and appointment_id = any($2) and withdrawn_at is null",
        author.0,
        visits
    )
    .fetch_all(connection)
    .await
}

/// The data of a review that changes depend on. The row is locked until the transaction ends.
pub struct Locked {
    pub id: Uuid,
    pub doctor_id: Uuid,
    pub clinic_id: Uuid,
    pub stars: i16,
    pub text: String,
    pub anonymous: bool,
    pub version: i32,
    pub answer: Option<String>,
    pub hidden: bool,
    pub withdrawn: bool,
}

impl Locked {
    fn opened(self) -> Result<Self> {
        Ok(Self {
            text: open(REVIEW_TEXT, self.id, self.text)?,
            answer: open_optional(REVIEW_ANSWER, self.id, self.answer)?,
            ..self
        })
    }

    /// Whose it is, for permissions.
    pub fn target(&self) -> Target {
        Target::doctor(DoctorId(self.doctor_id), ClinicId(self.clinic_id))
    }
}

/// Locks this account's review of a visit, withdrawn or not.
pub async fn lock_of_visit(
    connection: &mut PgConnection,
    visit: AppointmentId,
    author: AccountId,
) -> Result<Option<Locked>> {
    let row = sqlx::query_as!(
        Locked,
        r#"select id, doctor_id, clinic_id, stars, text, anonymous, version, answer,
                  hidden_at is not null as "hidden!", withdrawn_at is not null as "withdrawn!"
           from reviews where appointment_id = $1 and author_id = $2 for update"#,
        visit.0,
        author.0
    )
    .fetch_optional(connection)
    .await?;
    row.map(Locked::opened).transpose()
}

/// The same by its id.
pub async fn lock(connection: &mut PgConnection, review: ReviewId) -> Result<Option<Locked>> {
    let row = sqlx::query_as!(
        Locked,
        r#"select id, doctor_id, clinic_id, stars, text, anonymous, version, answer,
                  hidden_at is not null as "hidden!", withdrawn_at is not null as "withdrawn!"
           from reviews where id = $1 for update"#,
        review.0
    )
    .fetch_optional(connection)
    .await?;
    row.map(Locked::opened).transpose()
}

/// The content of a review.
pub struct ReviewContent<'a> {
    pub stars: Stars,
    pub text: &'a str,
    pub anonymous: bool,
}

/// Inserts a review. `false`: another request was faster, and nothing was inserted.
pub async fn insert(
    connection: &mut PgConnection,
    id: ReviewId,
    (visit, author): (AppointmentId, AccountId),
    row: &VisitRow,
    visited_on: NaiveDate,
    content: &ReviewContent<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into reviews (id, appointment_id, doctor_id, clinic_id, author_id, stars, text, anonymous,
                              visited_on, created_at, written_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
         on conflict on constraint reviews_appointment_key do nothing",
        id.0,
        visit.0,
        row.doctor_id,
        row.clinic_id,
        author.0,
        i16::from(content.stars.number()),
        seal(REVIEW_TEXT, id.0, content.text)?,
        content.anonymous,
        visited_on,
        now
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Replaces the content of a locked review. A withdrawn one becomes visible again.
pub async fn rewrite(
    connection: &mut PgConnection,
    review: Uuid,
    content: &ReviewContent<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update reviews set stars = $2, text = $3, anonymous = $4, written_at = $5, version = version + 1,
             created_at = case when withdrawn_at is null then created_at else $5 end, withdrawn_at = null
         where id = $1",
        review,
        i16::from(content.stars.number()),
        seal(REVIEW_TEXT, review, content.text)?,
        content.anonymous,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A review that has lost its author's name.
pub struct Unnamed {
    pub id: Uuid,
    pub doctor_id: Uuid,
    pub stars: i16,
}

/// Makes all shown reviews of an account anonymous. They are found by the account's visits, which nobody else can
/// review.
pub async fn make_anonymous(
    connection: &mut PgConnection,
    author: AccountId,
) -> Result<Vec<Unnamed>> {
    sqlx::query_as!(
        Unnamed,
        "update reviews set anonymous = true, version = version + 1
         where author_id = $1 and not anonymous and withdrawn_at is null
           and appointment_id in (select v.id from all_appointments v where v.booked_by = $1)
         returning id, doctor_id, stars",
        author.0
    )
    .fetch_all(connection)
    .await
}

/// Withdraws a locked review, and deletes its text and answer.
pub async fn withdraw(
    connection: &mut PgConnection,
    review: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update reviews set withdrawn_at = $2, text = '', answer = null, answered_at = null,
             version = version + 1
         where id = $1",
        review,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Sets the doctor's answer to a locked review; `None` deletes it.
pub async fn answer(
    connection: &mut PgConnection,
    review: Uuid,
    text: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update reviews set answer = $2, answered_at = case when $2::text is null then null else $3::timestamptz end,
             version = version + 1
         where id = $1",
        review,
        seal_optional(REVIEW_ANSWER, review, text)?,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Hides a locked review for a reason, or with `None` shows it again, and records who decided.
pub async fn decide(
    connection: &mut PgConnection,
    review: Uuid,
    decision: Uuid,
    reason: Option<&str>,
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with decided as (
             insert into review_decisions (id, review_id, decision, reason, decided_by, decided_at)
             values ($2, $1, case when $3::text is null then 'shown' else 'hidden' end,
                     coalesce($6, ''), $4, $5)
         )
         update reviews set version = version + 1, hidden_reason = $3,
             hidden_by = case when $3 is null then null else $4::uuid end,
             hidden_at = case when $3 is null then null else $5::timestamptz end
         where id = $1",
        review,
        decision,
        seal_optional(REVIEW_HIDDEN_REASON, review, reason)?,
        by.0,
        now,
        seal_optional(REVIEW_DECISION_REASON, decision, reason)?
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds to the number of reviews and the sum of stars of a doctor. Locks the row until the transaction ends, so
/// that concurrent changes wait and none is lost.
pub async fn add_to_rating(
    connection: &mut PgConnection,
    doctor: Uuid,
    reviews: i32,
    stars: i32,
) -> Result<()> {
    // Insert zeros, then add: with one upsert, the constraints would check the inserted values even if the row exists.
    sqlx::query!(
        "insert into doctor_ratings (doctor_id, reviews, stars_sum) values ($1, 0, 0)
         on conflict (doctor_id) do nothing",
        doctor
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update doctor_ratings set reviews = reviews + $2, stars_sum = stars_sum + $3 where doctor_id = $1",
        doctor,
        reviews,
        stars
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The public rating of a doctor.
pub async fn rating(connection: &mut PgConnection, doctor: DoctorId) -> Result<Rating> {
    let row = sqlx::query!(
        "select reviews, stars_sum from doctor_ratings where doctor_id = $1",
        doctor.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map_or(Rating::default(), |row| rating_of(row.reviews, row.stars_sum)))
}
