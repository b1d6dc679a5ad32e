//! The table `listings`: one search document for each doctor, with ratings. It is derived from other tables; a hold
//! never reads it. The next free times are in [`super::next_times`].

use nadi::ids::LocationId;
use nadi::search::{MEAN_VISITS, STAR_SECONDS};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use super::next_times;

/// Makes the rest of this transaction use index scans and generic plans.
async fn plan_by_index(connection: &mut PgConnection) -> Result<()> {
    // While tables are small, the planner would read all slots, or sort all slots of a doctor. Planning anew for
    // each doctor takes four times as long as the query.
    sqlx::query!(
        "select set_config('enable_hashjoin', 'off', true) as hash,
                set_config('enable_mergejoin', 'off', true) as merge,
                set_config('enable_sort', 'off', true) as sort,
                set_config('jit', 'off', true) as jit,
                set_config('plan_cache_mode', 'force_generic_plan', true) as plan"
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Inserts missing rows of these doctors and locks them all, in the order of their ids. Nobody else refreshes
/// them until the commit, so that newer data is never overwritten with older data.
pub async fn lock(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<()> {
    plan_by_index(connection).await?;
    sqlx::query!(
        "insert into listings (doctor_id)
         select d.id from doctors d where d.id = any($1)
           and not exists (select from listings l where l.doctor_id = d.id)
         order by d.id on conflict do nothing",
        doctors
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "select doctor_id from listings where doctor_id = any($1) order by doctor_id for update",
        doctors
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Makes the documents of these doctors again. Their rows must be locked.
pub async fn refresh_documents(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<()> {
    sqlx::query!(
        r#"
        update listings l set
            listed = d.status = 'listed' and d.archived_at is null,
            fee = case when d.currency in ('JPY', 'KRW', 'VND', 'CLP') then d.fee_minor_units
                       else (d.fee_minor_units + 99) / 100 end,
            specialties = s.slugs,
            rating_tenths = r.tenths,
            rating_seconds = coalesce(r.seconds, 0),
            document = findable_as('n:', d.name)
                || findable_as('o:', concat_ws(' ', d.qualifications, array_to_string(d.languages, ' '),
                                               c.name, p.names))
                || array_to_tsvector(array(select 's:' || slug from unnest(s.slugs) slug
                                           union select 'c:' || slug from unnest(p.slugs) slug
                                           union select plain('l:' || name) from unnest(d.languages) name
                                           union select 'g:' || d.gender where d.gender is not null)),
            stale = false
        from doctors d
        join clinics c on c.id = d.clinic_id
        cross join lateral (
            select coalesce(array_agg(s.slug), '{}') as slugs
            from doctor_specialties x join specialties s on s.id = x.specialty_id
            where x.doctor_id = d.id
        ) s
        cross join lateral (
            select coalesce(array_agg(distinct y.slug), '{}') as slugs,
                   coalesce(string_agg(distinct concat_ws(' ', o.name, y.name, y.country), ' '), '') as names
            from availability_rules r
            join locations o on o.id = r.location_id
            join cities y on y.id = o.city_id
            where r.doctor_id = d.id and r.archived_at is null
        ) p
        left join lateral (
            select rating_tenths(k.reviews, k.stars_sum) as tenths,
                   round((k.stars_sum - k.reviews * m.tenths / 10.0) / (k.reviews + $2::float8) * $3::float8)
                       ::bigint as seconds
            from doctor_ratings k cross join rating_mean m where k.doctor_id = d.id
        ) r on true
        where l.doctor_id = d.id and d.id = any($1)
        "#,
        doctors,
        MEAN_VISITS,
        STAR_SECONDS
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into search_words (word)
         select distinct found.lexeme
         from doctors d
         cross join lateral (
             select concat_ws(' ', d.name, array_to_string(d.languages, ' '),
                    (select string_agg(concat_ws(' ', s.name, s.summary,
                         (select string_agg(w.word, ' ') from specialty_words w
                          where w.specialty_id = s.id)), ' ')
                     from doctor_specialties x join specialties s on s.id = x.specialty_id
                     where x.doctor_id = d.id),
                    (select string_agg(concat_ws(' ', y.name, y.country), ' ')
                     from next_times t join cities y on y.id = t.city_id
                     where t.doctor_id = d.id)) as text
         ) said
         cross join lateral unnest(to_tsvector('simple', plain(said.text))) found
         where d.id = any($1) and d.status = 'listed' and length(found.lexeme) between 3 and 40
           and found.lexeme ~ '^[[:alpha:]]+$'
           and not exists (select from search_words w where w.word = found.lexeme)
         order by 1
         on conflict do nothing",
        doctors
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks the documents of these doctors as stale.
pub async fn mark_stale(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<()> {
    if !doctors.is_empty() {
        sqlx::query!("update listings set stale = true where doctor_id = any($1)", doctors)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Marks the documents of the doctors who work at this location as stale; returns the doctors.
pub async fn mark_place_stale(
    connection: &mut PgConnection,
    location: LocationId,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "update listings l set stale = true
         where exists (select from availability_rules r
                       where r.doctor_id = l.doctor_id and r.location_id = $1)
         returning l.doctor_id",
        location.0
    )
    .fetch_all(connection)
    .await
}

/// The doctors with a stale document, among these or, with `None`, among all; at most `limit`.
pub async fn stale(
    connection: &mut PgConnection,
    doctors: Option<&[Uuid]>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select doctor_id from listings
         where stale and ($1::uuid[] is null or doctor_id = any($1))
         order by doctor_id limit $2",
        doctors,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Writes the words for specialties, given as three columns; returns how many have changed.
pub async fn write_words(
    connection: &mut PgConnection,
    specialties: &[&str],
    words: &[&str],
    kinds: &[&str],
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"with said as (
             select s.id, w.word, w.kind
             from unnest($1::text[], $2::text[], $3::text[]) w (specialty, word, kind)
             join specialties s on s.slug = w.specialty
         ),
         gone as (
             delete from specialty_words o
             where not exists (select from said where said.id = o.specialty_id and said.word = o.word)
             returning 1
         ),
         made as (
             insert into specialty_words (specialty_id, word, kind)
             select id, word, kind from said
             order by id, word
             on conflict (specialty_id, word) do update set kind = excluded.kind
             where specialty_words.kind <> excluded.kind
             returning 1
         )
         select (select count(*) from gone) + (select count(*) from made) as "changed!""#,
        specialties as _,
        words as _,
        kinds as _
    )
    .fetch_one(connection)
    .await
}

/// Makes the documents of specialties again whose words have changed; returns how many.
pub async fn write_specialties(connection: &mut PgConnection) -> Result<u64> {
    let written = sqlx::query!(
        "insert into specialty_documents as o (specialty_id, slug, document)
         select s.id, s.slug, setweight(findable(s.name), 'B')
                || setweight(findable(concat_ws(' . ', s.summary,
                       (select string_agg(w.word, ' . ' order by w.word) from specialty_words w
                        where w.specialty_id = s.id))), 'C')
         from specialties s order by s.id
         on conflict (specialty_id) do update set slug = excluded.slug, document = excluded.document
         where o.slug <> excluded.slug or o.document <> excluded.document"
    )
    .execute(connection)
    .await?;
    Ok(written.rows_affected())
}

/// Writes a changed rating of a doctor into `listings` and into the order of `next_times`, in the transaction
/// of the review.
pub async fn refresh_rating(connection: &mut PgConnection, doctor: Uuid) -> Result<()> {
    sqlx::query!(
        "update listings l set
             rating_tenths = rating_tenths(k.reviews, k.stars_sum),
             rating_seconds = round((k.stars_sum - k.reviews * m.tenths / 10.0) / (k.reviews + $2::float8)
                                    * $3::float8)::bigint
         from doctor_ratings k cross join rating_mean m
         where l.doctor_id = k.doctor_id and k.doctor_id = $1",
        doctor,
        MEAN_VISITS,
        STAR_SECONDS
    )
    .execute(&mut *connection)
    .await?;
    next_times::follow_documents(connection, &[doctor]).await
}

/// Updates the stored mean of all ratings when the real one differs by a tenth of a star. Then marks the
/// documents of all doctors with reviews as stale; returns whether there were any.
pub async fn follow_mean(connection: &mut PgConnection) -> Result<bool> {
    let moved = sqlx::query!(
        "with real as (
             select sum(stars_sum) * 10.0 / sum(reviews) as tenths from doctor_ratings having sum(reviews) > 0
         ),
         moved as (
             update rating_mean m set tenths = round(r.tenths)::smallint
             from real r where abs(r.tenths - m.tenths) >= 1
             returning m.tenths
         )
         update listings l set stale = true
         from moved cross join doctor_ratings k
         where l.doctor_id = k.doctor_id and k.reviews > 0 and not l.stale"
    )
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// Marks all documents as stale.
pub async fn mark_all_stale(connection: &mut PgConnection) -> Result<()> {
    sqlx::query!("update listings set stale = true where not stale").execute(connection).await?;
    Ok(())
}
