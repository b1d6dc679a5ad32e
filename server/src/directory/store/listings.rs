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
                || coalesce((select joined_documents(
                                 findable_as('o:', concat_ws(' ', n.name, n.country), stemming_called(g.stemming))
                                 order by n.city_id, n.language)
                             from city_names n join search_languages g on g.language = n.language
                             where n.city_id = any(p.cities)), '')
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
            select coalesce(array_agg(distinct y.slug), '{}') as slugs, array_agg(distinct y.id) as cities,
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
                         (select string_agg(p.phrase, ' ') from specialty_phrases p
                          where p.specialty_id = s.id)), ' ')
                     from doctor_specialties x join specialties s on s.id = x.specialty_id
                     where x.doctor_id = d.id),
                    (select string_agg(concat_ws(' ', y.name, y.country,
                         (select string_agg(n.name, ' ') from city_names n where n.city_id = y.id)), ' ')
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

/// A specialty or a city, with its English name.
pub struct NamedRow {
    pub id: i32,
    pub slug: String,
    pub name: String,
    /// What people come to a specialty for, or the country of a city.
    pub detail: String,
}

pub async fn specialties(connection: &mut PgConnection) -> Result<Vec<NamedRow>> {
    sqlx::query_as!(
        NamedRow,
        r#"select id::integer as "id!", slug, name, summary as detail from specialties order by id"#
    )
    .fetch_all(connection)
    .await
}

pub async fn cities(connection: &mut PgConnection) -> Result<Vec<NamedRow>> {
    sqlx::query_as!(NamedRow, "select id, slug, name, country as detail from cities order by id")
        .fetch_all(connection)
        .await
}

/// A word or phrase by which people find a specialty, or its title or summary.
pub struct Phrase<'a> {
    /// Its slug.
    pub specialty: String,
    pub language: &'a str,
    pub phrase: String,
    pub kind: &'a str,
}

/// What a city is called in a language.
pub struct CityName<'a> {
    pub city: i32,
    pub language: &'a str,
    pub name: String,
    pub country: String,
}

/// Writes the languages of the search, each with what PostgreSQL calls its stems; returns how many have changed.
pub async fn write_languages(
    connection: &mut PgConnection,
    languages: &[(&str, String)],
) -> Result<i64> {
    let codes: Vec<&str> = languages.iter().map(|(code, _)| *code).collect();
    let stemmings: Vec<&str> = languages.iter().map(|(_, stemming)| stemming.as_str()).collect();
    let written = sqlx::query!(
        "insert into search_languages as o (language, stemming)
         select language, stemming from unnest($1::text[], $2::text[]) l (language, stemming)
         order by language
         on conflict (language) do update set stemming = excluded.stemming
         where o.stemming <> excluded.stemming",
        &codes as _,
        &stemmings as _
    )
    .execute(connection)
    .await?;
    Ok(written.rows_affected().cast_signed())
}

/// Writes the words for specialties in these languages; returns how many have changed.
pub async fn write_phrases(
    connection: &mut PgConnection,
    languages: &[&str],
    phrases: &[Phrase<'_>],
) -> Result<i64> {
    let specialties: Vec<&str> = phrases.iter().map(|one| one.specialty.as_str()).collect();
    let of_phrases: Vec<&str> = phrases.iter().map(|one| one.language).collect();
    let words: Vec<&str> = phrases.iter().map(|one| one.phrase.as_str()).collect();
    let kinds: Vec<&str> = phrases.iter().map(|one| one.kind).collect();
    sqlx::query_scalar!(
        r#"with said as (
             select s.id, w.language, w.phrase, w.kind
             from unnest($1::text[], $2::text[], $3::text[], $4::text[]) w (specialty, language, phrase, kind)
             join specialties s on s.slug = w.specialty
         ),
         gone as (
             delete from specialty_phrases o
             where o.language = any($5)
               and not exists (select from said
                               where said.id = o.specialty_id and said.language = o.language
                                 and said.phrase = o.phrase and said.kind = o.kind)
             returning 1
         ),
         made as (
             insert into specialty_phrases (specialty_id, language, phrase, kind)
             select id, language, phrase, kind from said
             order by id, language, kind, phrase
             on conflict do nothing
             returning 1
         )
         select (select count(*) from gone) + (select count(*) from made) as "changed!""#,
        &specialties as _,
        &of_phrases as _,
        &words as _,
        &kinds as _,
        languages as _
    )
    .fetch_one(connection)
    .await
}

/// Writes the names of cities in these languages; returns how many have changed.
pub async fn write_city_names(
    connection: &mut PgConnection,
    languages: &[&str],
    cities: &[CityName<'_>],
) -> Result<i64> {
    let ids: Vec<i32> = cities.iter().map(|one| one.city).collect();
    let of_names: Vec<&str> = cities.iter().map(|one| one.language).collect();
    let names: Vec<&str> = cities.iter().map(|one| one.name.as_str()).collect();
    let countries: Vec<&str> = cities.iter().map(|one| one.country.as_str()).collect();
    sqlx::query_scalar!(
        r#"with said as (
             select * from unnest($1::integer[], $2::text[], $3::text[], $4::text[])
                 w (city_id, language, name, country)
         ),
         gone as (
             delete from city_names o
             where o.language = any($5)
               and not exists (select from said where said.city_id = o.city_id and said.language = o.language)
             returning 1
         ),
         made as (
             insert into city_names as o (city_id, language, name, country)
             select city_id, language, name, country from said
             order by city_id, language
             on conflict (city_id, language) do update set name = excluded.name, country = excluded.country
             where (o.name, o.country) <> (excluded.name, excluded.country)
             returning 1
         )
         select (select count(*) from gone) + (select count(*) from made) as "changed!""#,
        &ids,
        &of_names as _,
        &names as _,
        &countries as _,
        languages as _
    )
    .fetch_one(connection)
    .await
}

/// Makes the documents of specialties again whose words have changed; returns how many. They have the words of all
/// languages, each also as its stems in that language.
pub async fn write_specialties(connection: &mut PgConnection) -> Result<u64> {
    let written = sqlx::query!(
        "insert into specialty_documents as o (specialty_id, slug, document)
         select s.id, s.slug, setweight(findable(s.name), 'B')
                || setweight(findable(concat_ws(' . ', s.summary,
                       (select string_agg(p.phrase, ' . ' order by p.phrase) from specialty_phrases p
                        where p.specialty_id = s.id and p.language = 'en'))), 'C')
                || other.document
         from specialties s
         cross join lateral (
             select coalesce(joined_documents(
                        setweight(findable(coalesce(p.titles, ''), stemming_called(l.stemming)), 'B')
                        || setweight(findable(coalesce(p.words, ''), stemming_called(l.stemming)), 'C')
                        order by l.language), '') as document
             from (select language,
                          string_agg(phrase, ' . ' order by phrase) filter (where kind = 'title') as titles,
                          string_agg(phrase, ' . ' order by phrase) filter (where kind <> 'title') as words
                   from specialty_phrases
                   where specialty_id = s.id and language <> 'en'
                   group by language) p
             join search_languages l on l.language = p.language
         ) other
         order by s.id
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
