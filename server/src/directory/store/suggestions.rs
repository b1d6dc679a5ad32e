//! What is suggested while somebody types: the names of specialties and cities, and of doctors.

use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Words without accents, in lower case; in their order.
pub async fn plain(connection: &mut PgConnection, words: &[String]) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select plain(word) as "word!" from unnest($1::text[]) with ordinality said (word, place)
           order by place"#,
        words
    )
    .fetch_all(connection)
    .await
}

/// Something that can be typed for a specialty or a city.
pub struct TermRow {
    pub city: bool,
    pub slug: String,
    /// As people type it: lower case, without accents.
    pub text: String,
    /// 0 for its own name; then what it is called, its parts of the body, symptoms, treatments.
    pub weight: i32,
}

/// All names of specialties and cities, and what people call specialties.
pub async fn terms(connection: &mut PgConnection) -> Result<Vec<TermRow>> {
    sqlx::query_as!(
        TermRow,
        r#"select false as "city!", slug as "slug!", plain(name) as "text!", 0 as "weight!" from specialties
           union all
           select false, s.slug, plain(w.word),
                  case w.kind when 'name' then 1 when 'part' then 2 when 'symptom' then 3 else 4 end
           from specialty_words w join specialties s on s.id = w.specialty_id
           union all
           select true, slug, plain(name), 0 from cities"#
    )
    .fetch_all(connection)
    .await
}

/// A doctor by name.
pub struct NamedRow {
    pub slug: String,
    pub name: String,
    pub specialty: Option<String>,
    pub city: Option<String>,
}

/// Listed doctors of whose names one is spoken beginning with `first`, and has a word that begins with each
/// of `words`; by what was typed. Of a crowd with the same beginning only the first `looked_at` are read,
/// so that it costs the same however many doctors there are.
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

/// Makes the names of these doctors, whose rows in `listings` are locked.
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
