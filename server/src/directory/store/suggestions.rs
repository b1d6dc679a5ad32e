//! Reads suggestions while typing: the names of specialties, cities and doctors.

use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// The words without accents and in lower case, in the same order.
pub async fn plain(connection: &mut PgConnection, words: &[String]) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select plain(word) as "word!" from unnest($1::text[]) with ordinality said (word, place)
           order by place"#,
        words
    )
    .fetch_all(connection)
    .await
}

/// A name of a specialty or a city.
pub struct TermRow {
    pub city: bool,
    pub slug: String,
    /// In lower case, without accents.
    pub text: String,
    /// 0 for its own name in any language, 1 for other names, 2 for parts of the body, 3 for symptoms, 4 for treatments.
    pub weight: i32,
}

/// All names of specialties and cities in all languages, and what people call specialties.
pub async fn terms(connection: &mut PgConnection) -> Result<Vec<TermRow>> {
    sqlx::query_as!(
        TermRow,
        r#"select false as "city!", slug as "slug!", plain(name) as "text!", 0 as "weight!" from specialties
           union all
           select false, s.slug, plain(p.phrase),
                  case p.kind when 'title' then 0 when 'name' then 1 when 'part' then 2 when 'symptom' then 3
                              else 4 end
           from specialty_phrases p join specialties s on s.id = p.specialty_id
           where p.kind <> 'summary'
           union all
           select true, slug, plain(name), 0 from cities
           union all
           select true, c.slug, plain(n.name), 0 from city_names n join cities c on c.id = n.city_id"#
    )
    .fetch_all(connection)
    .await
}

/// A doctor found by name.
pub struct NamedRow {
    pub slug: String,
    pub name: String,
    pub specialty: Option<String>,
    pub city: Option<String>,
}

/// Listed doctors with a spoken form of their name that begins with `first` and has, for each of `words`, a word
/// beginning with it; in order of the spoken form. Only the first `looked_at` names with that beginning are
/// read, so that it costs the same however many doctors there are.
pub async fn doctors(
    connection: &mut PgConnection,
    first: &str,
    words: &[String],
    looked_at: i64,
    limit: i64,
) -> Result<Vec<NamedRow>> {
    sqlx::query_as!(
        NamedRow,
        r#"with named as (
               select n.doctor_id, n.spoken from doctor_names n
               where n.spoken >= $1 and n.spoken < $1 || chr(1114111)
               order by n.spoken, n.doctor_id limit $3
           ),
           fit as (
               select n.doctor_id, min(n.spoken) as spoken from named n
               where (select coalesce(bool_and(strpos(' ' || n.spoken, ' ' || w.word) > 0), true)
                      from unnest($2::text[]) w (word))
               group by n.doctor_id
               order by 2, 1 limit $4
           )
           select d.slug, d.name,
                  (select s.name from doctor_specialties x join specialties s on s.id = x.specialty_id
                   where x.doctor_id = d.id order by x.is_primary desc, s.name limit 1) as specialty,
                  -- Their few rows first, whatever an index on the soonest of everybody promises.
                  (select c.name
                   from (select o.city_id, o.soonest_at from next_times o where o.doctor_id = d.id offset 0) t
                   join cities c on c.id = t.city_id
                   order by t.soonest_at, c.name limit 1) as city
           from fit f join doctors d on d.id = f.doctor_id
           where d.status = 'listed' and d.archived_at is null
           order by f.spoken, d.id"#,
        first,
        words,
        looked_at,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Updates the searchable names of these doctors. Their rows in `listings` must be locked.
pub async fn refresh_names(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "with wanted as (
             select distinct d.id, spoken
             from doctors d cross join lateral spoken_names(d.name) spoken
             where d.id = any($1) and d.status = 'listed' and d.archived_at is null
         ),
         gone as (
             delete from doctor_names n
             where n.doctor_id = any($1)
               and not exists (select from wanted w where w.id = n.doctor_id and w.spoken = n.spoken)
         )
         insert into doctor_names (spoken, doctor_id)
         select spoken, id from wanted order by 1, 2
         on conflict do nothing",
        doctors
    )
    .execute(connection)
    .await?;
    Ok(())
}
