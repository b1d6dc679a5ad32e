//! The two ways in which a search can be executed give the same result.

use server::directory::store::listings;
use server::directory::store::search::{
    self as search_store, Found, Origin, SearchStrategies, StartAfter, Wanted,
};

use crate::support::Clinic;

/// Two hundred doctors at twelve places with invented next times: some have passed, some doctors have none.
const TWO_HUNDRED_DOCTORS: &[&str] = &[
    "select setseed(0.25)",
    "insert into specialties values (2, 'dermatology', 'Dermatology', 'modern', 'Skin, hair and nails.'),
         (3, 'cardiology', 'Cardiology', 'modern', 'Heart and blood pressure.')",
    "insert into cities values (2, 'margao', 'Margao', 'IN', 'India', 15.27, 73.96, 'Asia/Kolkata'),
         (3, 'mumbai', 'Mumbai', 'IN', 'India', 19.07, 72.88, 'Asia/Kolkata')",
    "insert into locations (id, clinic_id, city_id, name, address, time_zone, created_at, latitude, longitude)
     select gen_random_uuid(), l.clinic_id, 1 + n % 3, 'Place ' || n, 'Road', l.time_zone, l.created_at,
            case when n % 4 > 0 then 15.0 + random() end, case when n % 4 > 0 then 73.5 + random() end
     from locations l, generate_series(1, 12) n",
    "insert into doctors (id, clinic_id, slug, name, languages, gender, fee_minor_units, currency, status, created_at)
     select gen_random_uuid(), d.clinic_id, 'd' || n,
            'Dr ' || (array['Maria', 'Asha', 'Heart', 'Rahul', 'Skinner'])[1 + n % 5] || ' ' || n,
            case when n % 3 = 0 then array['Konkani', 'English'] else array['English'] end,
            case when n % 2 = 0 then 'female' else 'male' end, n * 1000, 'INR', 'listed', d.created_at
     from doctors d, generate_series(1, 200) n",
    "insert into doctor_specialties (doctor_id, specialty_id, is_primary)
     select d.id, 1 + (random() * 2)::int, true from doctors d where d.slug like 'd%' and d.slug <> 'draft'
     on conflict do nothing",
    "delete from next_times",
    "insert into next_times (doctor_id, location_id, mode, city_id, latitude, longitude, time_zone, slots,
         starts, closes, soonest_at, ranks_at, passes_at, look_at, days_from, free_days, evening_days, refreshed_at)
     select t.doctor_id, l.id, t.mode, l.city_id, coalesce(l.latitude, y.latitude),
            coalesce(l.longitude, y.longitude), l.time_zone, array[1, 2], array[t.first, t.first + interval '1 day'],
            array[t.first, t.first + interval '1 day'], t.first, t.first - interval '1 hour' * t.worth, t.first,
            'infinity', '2026-11-20', 255, 15, '2026-11-20'
     from (select d.id as doctor_id, m as mode, 1 + (random() * 11)::int as place,
                  $1::timestamptz + interval '10 minutes' * (random() * 600 - 60)::int as first,
                  length(d.name) % 3 as worth
           from doctors d, unnest(array['in_person', 'video']) m where random() < 0.8) t
     join (select *, row_number() over (order by id) as place from locations) l on l.place = t.place
     join cities y on y.id = l.city_id
     on conflict do nothing",
];

#[tokio::test]
async fn both_query_plans_find_the_same_doctors_in_the_same_order() {
    let clinic = Clinic::open().await;
    let now = clinic.visitor().now;
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    for statement in TWO_HUNDRED_DOCTORS {
        let asked = sqlx::query(*statement);
        let asked = if statement.contains("$1") { asked.bind(now) } else { asked };
        asked.execute(&mut *connection).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
    }
    server::directory::search_words::write(&mut connection).await.expect("words");
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("select id from doctors")
        .fetch_all(&mut *connection)
        .await
        .expect("doctors");
    listings::lock(&mut connection, &ids).await.expect("rows");
    listings::refresh_documents(&mut connection, &ids).await.expect("documents");
    // Not `follow_documents`, which would overwrite the invented ranks.
    sqlx::query(
        "update next_times t set traits = l.traits from listings l where l.doctor_id = t.doctor_id",
    )
    .execute(&mut *connection)
    .await
    .expect("traits");

    let words = [
        vec![],
        vec!["skin"],
        vec!["heart"],
        vec!["heart", "maria"],
        vec!["panjim"],
        vec!["konkani"],
    ];
    let (gathering, walking) =
        (SearchStrategies::gathering(1_000_000), SearchStrategies::gathering(-1));
    let origin = Origin { latitude: 15.4, longitude: 73.9 };
    let mut compared = 0;
    for (n, words) in words.iter().cycle().take(96).enumerate() {
        let wanted = Wanted {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            specialty: (n % 5 == 1).then(|| "cardiology".into()),
            // There is always a condition on the documents, so that both plans are possible.
            gender: (words.is_empty() || n % 7 == 0).then_some("female"),
            language: (n % 11 == 3).then(|| "KONKANI".into()),
            mode: (n % 4 == 2).then_some("video"),
            city: (n % 13 == 5).then(|| "margao".into()),
            fee_max: (n % 6 == 4).then_some(900),
            week: n % 17 == 8,
            origin: (n / 6 % 2 == 1).then_some(origin),
            ..Wanted::default()
        };
        let all = StartAfter { rank: -1, doctor: uuid::Uuid::nil(), offset: 0, limit: 1_000 };
        let gathered = search_store::search(&mut connection, &gathering, &wanted, all, now);
        let gathered = gathered.await.expect("gathered");
        let walked = search_store::search(&mut connection, &walking, &wanted, all, now)
            .await
            .expect("walked");
        assert_eq!(gathered, walked, "{wanted:?}");
        // And the same page by page.
        const PAGE: i64 = 25;
        let mut leafed: Vec<Found> = Vec::new();
        loop {
            let from = leafed.last().map_or(StartAfter { limit: PAGE, ..all }, |last| StartAfter {
                rank: last.rank,
                doctor: last.doctor_id,
                limit: PAGE,
                ..all
            });
            let page = search_store::search(&mut connection, &walking, &wanted, from, now)
                .await
                .expect("a page");
            if page.is_empty() {
                break;
            }
            leafed.extend(page);
        }
        assert_eq!(gathered, leafed, "{wanted:?}");
        compared += gathered.len();
    }
    assert!(compared > 1_000, "{compared}");
}
