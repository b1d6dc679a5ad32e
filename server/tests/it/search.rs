//! The search for doctors: what is found, in which order, and that the stored next free times follow the
//! bookings.

use chrono::Duration;
use nadi::ids::DoctorId;
use nadi::near::Near;
use nadi::ports::{Change, DoctorPage, DoctorQuery, Gender};
use nadi::visit::Mode;
use server::bookings::sweeper;
use server::directory::follow;
use server::directory::store::listings as kept_listings;
use server::directory::store::search::{self as found, Found, Origin, StartAfter, Wanted, Ways};
use server::events::live::Listener;
use server::schedules::top_up;

use crate::support::{Clinic, NewDoctor, browser};

async fn find(clinic: &Clinic, query: DoctorQuery) -> DoctorPage {
    let found = clinic.ports.directory.search(&clinic.visitor(), &query).await;
    found.expect("an answer")
}

fn text(words: &str) -> DoctorQuery {
    DoctorQuery { text: Some(words.into()), ..DoctorQuery::default() }
}

fn names(found: &DoctorPage) -> Vec<&str> {
    found.page.items.iter().map(|card| card.name.as_str()).collect()
}

/// Changes a row with SQL, as if an administrator had, and runs the job that updates the search.
async fn set(clinic: &Clinic, doctor: DoctorId, change: &'static str) {
    sqlx::query(change).bind(doctor.0).execute(&clinic.pool).await.expect("changed");
    sqlx::query("update listings set stale = true").execute(&clinic.pool).await.expect("stale");
    follow::run_once(&clinic.app_state).await.expect("listed");
}

/// A doctor's stored next free times.
async fn kept(clinic: &Clinic, doctor: DoctorId) -> Vec<i64> {
    sqlx::query_scalar("select unnest(slots) from next_times where doctor_id = $1")
        .bind(doctor.0)
        .fetch_all(&clinic.pool)
        .await
        .expect("kept times")
}

/// Fails unless the stored times are the first eight free ones.
async fn must_be_kept(clinic: &Clinic, doctor: DoctorId, when: &str) {
    let free: Vec<i64> = clinic.free(doctor).await.iter().map(|slot| slot.0).take(8).collect();
    let kept = kept(clinic, doctor).await;
    // A booking leaves one fewer, until few are left.
    assert!(
        kept.len() >= free.len().min(4) && free.starts_with(&kept),
        "{when}: {kept:?} of {free:?}"
    );
}

/// A clinic with four doctors: Asha (general medicine), Meera (skin, a woman, Konkani, by video in Mumbai),
/// João (heart, in Panjim) and one who is a draft.
async fn town() -> (Clinic, DoctorId, DoctorId) {
    let clinic = Clinic::open().await;
    for statement in [
        "insert into specialties values (2, 'dermatology', 'Dermatology', 'modern', 'Skin, hair and nails.'),
             (3, 'cardiology', 'Cardiology', 'modern', 'Heart and blood pressure.')",
        "insert into cities values (2, 'mumbai', 'Mumbai', 'IN', 'India', 19.07, 72.88, 'Asia/Kolkata'),
             (3, 'margao', 'Margao', 'IN', 'India', 15.27, 73.96, 'Asia/Kolkata')",
        "insert into locations (id, clinic_id, city_id, name, address, time_zone, created_at)
         select '00000000-0000-0000-0000-00000000000a', clinic_id, 2, 'Bandra Clinic', '2 Hill Road',
                time_zone, created_at from locations",
    ] {
        sqlx::query(statement).execute(&clinic.pool).await.expect("inserted");
    }
    let name = |name: &str| name.to_owned();
    let doctors = clinic
        .add_doctors([
            NewDoctor { name: name("Dr Meera Dessai"), specialty: 2, ..NewDoctor::new("meera") },
            NewDoctor { name: name("Dr João Fátima"), specialty: 3, ..NewDoctor::new("joao") },
            NewDoctor::new("draft"),
        ])
        .await;
    let (meera, joao) = (doctors[0], doctors[1]);
    for statement in [
        "update availability_rules set location_id = '00000000-0000-0000-0000-00000000000a',
                mode = 'video', starts_local = '16:00', ends_local = '18:00'
         where doctor_id = (select id from doctors where slug = 'meera')",
        "update schedules set stale = true",
        "update doctors set gender = 'female', fee_minor_units = 90050, languages = '{English,Konkani}'
         where slug = 'meera'",
        "update doctors set gender = 'male' where slug = 'joao'",
        "update doctors set status = 'draft' where slug = 'draft'",
        "update listings set stale = true",
    ] {
        sqlx::query(statement).execute(&clinic.pool).await.expect("changed");
    }
    top_up::run_once(&clinic.app_state).await.expect("times");
    follow::run_once(&clinic.app_state).await.expect("listed");
    (clinic, meera, joao)
}

#[tokio::test]
async fn common_words_find_the_right_specialty_name_or_city() {
    let (clinic, ..) = town().await;
    for (words, who) in [
        ("skin", "Dr Meera Dessai"),
        ("skin doctor near me", "Dr Meera Dessai"),
        ("itching", "Dr Meera Dessai"),
        ("rashes", "Dr Meera Dessai"),
        ("DERMA", "Dr Meera Dessai"),
        ("mumbai", "Dr Meera Dessai"),
        ("konkani", "Dr Meera Dessai"),
        ("I have chest pain", "Dr João Fátima"),
        ("heart specialist panjim", "Dr João Fátima"),
        ("joao", "Dr João Fátima"),
        ("FATIMA", "Dr João Fátima"),
        ("sore throat", "Dr asha-naik"),
    ] {
        let found = find(&clinic, text(words)).await;
        assert_eq!((names(&found), found.instead.as_deref()), (vec![who], None), "{words}");
    }
    let both = find(&clinic, text("blood pressure")).await;
    assert_eq!(both.page.total, 2, "of the heart, and in general");
    for words in ["draft", "skin margao", "meera heart", "zzzz"] {
        assert_eq!(find(&clinic, text(words)).await.page.total, 0, "{words}");
    }
    assert_eq!(find(&clinic, DoctorQuery::default()).await.page.total, 3, "no draft");
}

#[tokio::test]
async fn misspelled_words_are_corrected_and_the_page_says_so() {
    let (clinic, ..) = town().await;
    for (typed, meant, who) in [
        ("dermatolgist", "dermatologist", "Dr Meera Dessai"),
        ("mera desai", "meera dessai", "Dr Meera Dessai"),
        ("hart spesialist", "heart specialist", "Dr João Fátima"),
        ("palpitashons", "palpitations", "Dr João Fátima"),
    ] {
        let found = find(&clinic, text(typed)).await;
        assert_eq!(names(&found), [who], "{typed}");
        assert_eq!(found.instead.as_deref(), Some(meant));
    }
    let nobody = find(&clinic, text("nobody is called this")).await;
    assert_eq!((nobody.page.total, nobody.instead), (0, None));
    let page = browser().get(format!("{}/doctors?q=dermatolgist", clinic.serve().await));
    let page = page.send().await.expect("a page").text().await.expect("a body");
    assert!(page.contains("Showing results for “dermatologist”"), "{page}");
}

#[tokio::test]
async fn filters_narrow_the_result_alone_and_combined() {
    let (clinic, ..) = town().await;
    let any = DoctorQuery::default;
    let tuesday = "2026-11-24".parse().ok();
    let (meera, joao, asha) = ("Dr Meera Dessai", "Dr João Fátima", "Dr asha-naik");
    for (what, query, who) in [
        ("language", DoctorQuery { language: Some("KONKANI".into()), ..any() }, vec![meera]),
        ("gender", DoctorQuery { gender: Some(Gender::Male), ..any() }, vec![joao]),
        ("fee", DoctorQuery { fee_max: Some(900), ..any() }, vec![asha, joao]),
        ("a fee rounded up", DoctorQuery { fee_max: Some(901), ..any() }, vec![asha, joao, meera]),
        ("mode", DoctorQuery { mode: Some(Mode::Video), ..any() }, vec![meera]),
        ("city", DoctorQuery { city: Some("panjim".into()), ..any() }, vec![asha, joao]),
        ("evening", DoctorQuery { evening: true, ..any() }, vec![meera]),
        ("week", DoctorQuery { this_week: true, ..any() }, vec![asha, joao, meera]),
        ("date", DoctorQuery { date: tuesday, ..any() }, vec![asha, joao, meera]),
        ("Sunday", DoctorQuery { date: "2026-11-29".parse().ok(), ..any() }, vec![]),
        ("near", DoctorQuery { near: Near::parse("margao"), ..any() }, vec![asha, joao]),
        (
            "all together",
            DoctorQuery {
                text: Some("skin".into()),
                specialty: Some("dermatology".into()),
                city: Some("mumbai".into()),
                mode: Some(Mode::Video),
                date: tuesday,
                this_week: true,
                evening: true,
                language: Some("konkani".into()),
                gender: Some(Gender::Female),
                fee_max: Some(2_000),
                near: Near::parse("mumbai"),
                ..any()
            },
            vec![meera],
        ),
        (
            "evening, in Panjim",
            DoctorQuery { evening: true, city: Some("panjim".into()), ..any() },
            vec![],
        ),
        ("an unknown city", DoctorQuery { near: Near::parse("no-where"), ..any() }, vec![]),
    ] {
        let found = find(&clinic, query).await;
        let mut found_names = names(&found);
        found_names.sort_unstable_by_key(|name| [asha, joao, meera].iter().position(|n| n == name));
        assert_eq!(found_names, who, "{what}");
        assert_eq!(found.page.total, who.len() as i64, "{what}");
    }
    let evening = find(&clinic, DoctorQuery { evening: true, ..any() }).await;
    let first = &evening.page.items[0].next_times[0];
    assert_eq!(
        first.starts_at.to_rfc3339(),
        "2026-11-23T11:30:00+00:00",
        "five in the evening there"
    );
    let near = find(&clinic, DoctorQuery { near: Near::parse("margao"), ..any() }).await;
    let km = near.page.items[0].distance_km.expect("a distance");
    assert!((25.0..35.0).contains(&km), "{km}");
    // Panjim stands at 15.5, 73.8: half a degree to the north are 55 km, two are too many.
    for (point, km) in [("15.50,73.80", Some(0.0)), ("16,73.8", Some(55.6)), ("17.5,73.8", None)] {
        let found = find(&clinic, DoctorQuery { near: Near::parse(point), ..any() }).await;
        let far: Vec<f64> = found.page.items.iter().filter_map(|card| card.distance_km).collect();
        match km {
            None => assert_eq!((found.page.total, far), (0, vec![]), "{point}"),
            Some(km) => {
                assert!(far.len() == 2 && far.iter().all(|far| (far - km).abs() < 0.5), "{far:?}")
            }
        }
    }
    let skin = DoctorQuery { specialty: Some("dermatology".into()), ..any() };
    let counts = find(&clinic, skin).await.counts;
    let numbers = |numbers: &[(&str, i64)]| {
        Some(numbers.iter().map(|(choice, count)| ((*choice).to_owned(), *count)).collect())
    };
    let expected = numbers(&[("cardiology", 1), ("dermatology", 1), ("general-medicine", 1)]);
    assert_eq!(counts.specialties, expected, "as if none had been chosen");
    assert_eq!(counts.modes, numbers(&[("video", 1)]));
    assert_eq!(counts.cities, numbers(&[("mumbai", 1)]));
    assert_eq!(counts.languages, numbers(&[("English", 1), ("Konkani", 1)]));
    assert_eq!(counts.genders, numbers(&[("female", 1)]));
    assert_eq!(counts.ratings, numbers(&[("4.5", 0), ("4", 0), ("3.5", 0), ("3", 0)]));
    // Each filter that is on is counted as if it were not, and narrows the numbers of the others.
    let konkani = DoctorQuery { language: Some("Konkani".into()), ..any() };
    let counts = find(&clinic, konkani).await.counts;
    assert_eq!(counts.languages, find(&clinic, any()).await.counts.languages);
    assert_eq!(counts.specialties, numbers(&[("dermatology", 1)]));
    assert_eq!(counts.genders, numbers(&[("female", 1)]));
    let there = DoctorQuery { city: Some("mumbai".into()), mode: Some(Mode::InPerson), ..any() };
    let counts = find(&clinic, there).await.counts;
    assert_eq!(counts.total, 0);
    assert_eq!(counts.cities, numbers(&[("panjim", 2)]), "who is seen there in person");
    assert_eq!(counts.languages, numbers(&[]));
}

#[tokio::test]
async fn hostile_text_finds_nobody_and_causes_no_error() {
    let (clinic, ..) = town().await;
    let base = clinic.serve().await;
    let long = "x".repeat(10_000);
    for words in [
        "'; drop table doctors; --",
        "skin' | 'heart",
        "<script>alert(1)</script>",
        "\u{202e}nicis \u{2066}",
        "%_\\",
        "a:*b & !c",
        "\0\u{1f}",
        "½ ﷽ ǅ",
        "''''",
        &long,
    ] {
        let found = find(&clinic, text(words)).await;
        assert_eq!(found.page.total, 0, "{words}");
        for address in [format!("{base}/doctors"), format!("{base}/api/v1/doctors")] {
            for name in ["q", "language", "near", "city", "after", "cursor"] {
                let url =
                    reqwest::Url::parse_with_params(&address, &[(name, words)]).expect("a URL");
                let answer = browser().get(url).send().await.expect("an answer");
                let status = answer.status().as_u16();
                assert!([200, 400, 414, 422, 431].contains(&status), "{status} {name} {words}");
                let body = answer.text().await.expect("a body");
                assert!(!body.contains("<script>alert"), "{name}");
            }
        }
    }
    assert_eq!(find(&clinic, DoctorQuery::default()).await.page.total, 3);
}

#[tokio::test]
async fn results_are_ordered_by_relevance_next_free_time_and_distance() {
    let (clinic, meera, joao) = town().await;
    let everybody = find(&clinic, DoctorQuery::default()).await;
    assert_eq!(
        names(&everybody).last(),
        Some(&"Dr Meera Dessai"),
        "free at four, the others at ten"
    );
    // By the word "heart": a name counts for more than a specialty that is free sooner.
    set(&clinic, meera, "update doctors set name = 'Dr Heart' where id = $1").await;
    assert_eq!(names(&find(&clinic, text("heart")).await), ["Dr Heart", "Dr João Fátima"]);
    let near = |city: &str| DoctorQuery { near: Near::parse(city), ..text("heart") };
    assert_eq!(names(&find(&clinic, near("panjim")).await), ["Dr João Fátima"]);
    assert_eq!(names(&find(&clinic, near("mumbai")).await), ["Dr Heart"]);
    // Whoever has no time at all comes last.
    sqlx::query("update availability_rules set archived_at = now() where doctor_id = $1")
        .bind(joao.0)
        .execute(&clinic.pool)
        .await
        .expect("archived");
    sqlx::query("update next_times set look_at = '2020-01-01' where doctor_id = $1")
        .bind(joao.0)
        .execute(&clinic.pool)
        .await
        .expect("due");
    follow::run_once(&clinic.app_state).await.expect("listed");
    let everybody = find(&clinic, DoctorQuery::default()).await;
    assert_eq!(names(&everybody).last(), Some(&"Dr João Fátima"));
}

#[tokio::test]
async fn paging_shows_every_doctor_while_others_book() {
    let clinic = Clinic::open().await;
    let slugs: Vec<String> = (0..11).map(|n| format!("doctor-{n}")).collect();
    clinic.add_doctors(slugs.iter().map(|slug| NewDoctor::new(slug))).await;
    for query in
        [DoctorQuery::default(), text("fever"), DoctorQuery { this_week: true, ..text("") }]
    {
        let query = DoctorQuery { page_size: 3, ..query };
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let found = find(&clinic, DoctorQuery { after, ..query.clone() }).await;
            seen.extend(found.page.items.iter().map(|card| card.id));
            // Somebody who was on this page is booked, and so moves behind all others.
            let booked = found.page.items[0].id;
            let who = clinic.patient(&format!("Asha {}", uuid::Uuid::new_v4().simple())).await;
            let first = clinic.free(booked).await[0];
            clinic.book(&who, first).await;
            follow::run_once(&clinic.app_state).await.expect("listed");
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        // Those who moved may come again; nobody else does, and nobody is missing.
        let mut all = seen.clone();
        all.sort_unstable_by_key(|id| id.0);
        all.dedup();
        assert_eq!(all.len(), 12, "{query:?}");
        assert!(seen.len() <= 12 + 6, "{query:?}");
    }
    let second =
        find(&clinic, DoctorQuery { page: 2, page_size: 5, ..DoctorQuery::default() }).await;
    assert_eq!((second.page.items.len(), second.page.total), (5, 12), "an old link still works");
}

#[tokio::test]
async fn next_times_follow_every_change_of_free_times() {
    let clinic = Clinic::open().await;
    let doctor = clinic.doctor;
    must_be_kept(&clinic, doctor, "at first").await;
    let who = clinic.patient("Asha Rao").await;
    let first = clinic.free(doctor).await[0];
    let follower = tokio::sync::Mutex::new(follow::Follower::default());
    let noted =
        || async { follower.lock().await.run_once(&clinic.app_state).await.expect("followed") };

    let held = clinic.hold(&who, first).await.expect("held");
    // The page is right even before the job has run.
    let card = find(&clinic, DoctorQuery::default()).await.page.items.remove(0);
    assert!(card.next_times.iter().all(|time| time.slot != first));
    noted().await;
    must_be_kept(&clinic, doctor, "after a hold").await;

    clinic.clock.step(Duration::minutes(6));
    sweeper::run_once(&clinic.app_state).await.expect("swept");
    noted().await;
    must_be_kept(&clinic, doctor, "after it lapsed").await;
    assert_eq!(kept(&clinic, doctor).await[0], first.0);
    assert_eq!(clinic.state(held).await, "expired");

    // An hour from now and more, so that it can still be cancelled.
    let fourth = clinic.free(doctor).await[3];
    let booked = clinic.book(&who, fourth).await;
    noted().await;
    must_be_kept(&clinic, doctor, "after a booking").await;
    clinic.change(&who, booked, &Change::Cancel { reason: None }).await.expect("cancelled");
    noted().await;
    must_be_kept(&clinic, doctor, "after it was cancelled").await;

    // What passes is left out when it is read, then trimmed, then filled up.
    clinic.clock.step(Duration::hours(2));
    let card = find(&clinic, DoctorQuery::default()).await.page.items.remove(0);
    assert!(card.next_times.iter().all(|time| time.starts_at > clinic.visitor().now));
    follow::run_once(&clinic.app_state).await.expect("listed");
    must_be_kept(&clinic, doctor, "after some have passed and most are left").await;

    // Hours that end are withdrawn by the job that makes times.
    sqlx::query("update availability_rules set effective_until = '2026-11-25'")
        .execute(&clinic.pool)
        .await
        .expect("ended");
    sqlx::query("update schedules set stale = true").execute(&clinic.pool).await.expect("stale");
    top_up::run_once(&clinic.app_state).await.expect("times");
    noted().await;
    follow::look(&clinic.app_state, true).await.expect("looked");
    must_be_kept(&clinic, doctor, "after hours that end").await;
    let thursday =
        find(&clinic, DoctorQuery { date: "2026-11-26".parse().ok(), ..DoctorQuery::default() });
    assert_eq!(thursday.await.page.total, 0);
}

#[tokio::test]
async fn next_times_follow_other_instances_and_concurrent_jobs() {
    let clinic = Clinic::open().await;
    let doctor = clinic.doctor;
    let mut listener = Listener::default();
    listener.run_once(&clinic.app_state).await.expect("listened");
    let who = clinic.patient("Asha Rao").await;
    let elsewhere = clinic.instance(5);
    let first = clinic.free(doctor).await[0];
    let wish = nadi::ports::HoldRequest { slot: first, visit_type: None, person: None };
    elsewhere.bookings.hold(&clinic.caller(&who), &wish, None).await.expect("held");
    assert_eq!(kept(&clinic, doctor).await[0], first.0, "not heard of yet");
    listener.run_once(&clinic.app_state).await.expect("listened");
    follow::Follower::default().run_once(&clinic.app_state).await.expect("followed");
    must_be_kept(&clinic, doctor, "heard").await;

    sqlx::query(
        "update next_times set look_at = '2020-01-01', slots = '{}', starts = '{}', closes = '{}'",
    )
    .execute(&clinic.pool)
    .await
    .expect("spoiled");
    let (a, b, c) = tokio::join!(
        follow::run_once(&clinic.app_state),
        follow::run_once(&clinic.app_state),
        follow::look(&clinic.app_state, true)
    );
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    must_be_kept(&clinic, doctor, "two at once").await;
}

#[tokio::test]
async fn outdated_next_times_never_lead_to_a_double_booking() {
    let clinic = Clinic::open().await;
    let first = clinic.free(clinic.doctor).await[0];
    clinic.book(&clinic.patient("Asha Rao").await, first).await;
    // No job runs: the slot is still among the stored next times.
    assert_eq!(kept(&clinic, clinic.doctor).await[0], first.0);
    let late = clinic.patient("João Silva").await;
    assert!(clinic.hold(&late, first).await.is_err(), "the hold decides");
    let card = find(&clinic, DoctorQuery::default()).await.page.items.remove(0);
    assert!(card.next_times.iter().all(|time| time.slot != first), "and no page offers it");
    clinic.must_be_sound().await;
}

#[tokio::test]
async fn an_edited_doctor_is_found_by_the_new_name_at_once() {
    let clinic = Clinic::open().await;
    let office = nadi::actor::SignedIn {
        administers: nadi::actor::Administers::Everything,
        ..clinic.patient("The Office").await
    };
    let caller = clinic.caller(&office);
    assert_eq!(find(&clinic, text("naik")).await.page.total, 1);
    let form = clinic.ports.administration.doctor(&caller, clinic.doctor).await.expect("a form");
    let form = nadi::ports::DoctorForm { name: "Dr Zubeida".into(), ..form };
    let saved = clinic.ports.administration.save_doctor(&caller, clinic.doctor, form).await;
    saved.expect("saved");
    assert_eq!(find(&clinic, text("naik")).await.page.total, 0);
    assert_eq!(names(&find(&clinic, text("zubeida")).await), ["Dr Zubeida"]);
}

#[tokio::test]
async fn filter_bits_beside_next_times_follow_the_doctors_languages() {
    let (clinic, _, _) = town().await;
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    let all = StartAfter { rank: -1, doctor: uuid::Uuid::nil(), offset: 0, limit: 100 };
    let speaking = async |connection: &mut sqlx::PgConnection, language: &str| {
        let wanted = Wanted { language: Some(language.into()), ..Wanted::default() };
        // In order of the kept times, never through the documents first.
        let walking = Ways::gathering(-1);
        let found = found::search(connection, &walking, &wanted, all, clinic.visitor().now).await;
        found.expect("an answer").iter().any(|found| found.doctor_id == clinic.doctor.0)
    };
    assert!(!speaking(&mut connection, "português").await);
    set(
        &clinic,
        clinic.doctor,
        "update doctors set languages = array['English', 'Português'] where id = $1",
    )
    .await;
    assert!(speaking(&mut connection, "portugues").await, "learned");
    // Booked, so that the times are made again and not the document; then a place more, whose row is new.
    let first = clinic.free(clinic.doctor).await[0];
    let who = clinic.patient("Ravi Iyer").await;
    clinic.book(&who, first).await;
    follow::run_once(&clinic.app_state).await.expect("listed");
    assert!(speaking(&mut connection, "PORTUGUÊS").await, "and a booking changes nothing");
    sqlx::query("delete from next_times").execute(&mut *connection).await.expect("gone");
    follow::run_once(&clinic.app_state).await.expect("listed");
    assert!(speaking(&mut connection, "português").await, "nor do rows that are made anew");
    set(&clinic, clinic.doctor, "update doctors set languages = array['English'] where id = $1")
        .await;
    assert!(!speaking(&mut connection, "português").await, "forgotten");
    let differing: i64 = sqlx::query_scalar(
        "select count(*) from next_times t join listings l using (doctor_id) where t.traits <> l.traits",
    )
    .fetch_one(&mut *connection)
    .await
    .expect("a number");
    assert_eq!(differing, 0);
}

/// Two hundred doctors at twelve places with invented next times: some have passed, some doctors have none.
const CROWD: &[&str] = &[
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
    for statement in CROWD {
        let asked = sqlx::query(*statement);
        let asked = if statement.contains("$1") { asked.bind(now) } else { asked };
        asked.execute(&mut *connection).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
    }
    server::directory::search_words::write(&mut connection).await.expect("words");
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("select id from doctors")
        .fetch_all(&mut *connection)
        .await
        .expect("doctors");
    kept_listings::lock(&mut connection, &ids).await.expect("rows");
    kept_listings::refresh_documents(&mut connection, &ids).await.expect("documents");
    // Not `follow_documents`, which would undo the made-up worth of some.
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
    let (gathering, walking) = (Ways::gathering(1_000_000), Ways::gathering(-1));
    let origin = Origin { latitude: 15.4, longitude: 73.9 };
    let mut compared = 0;
    for (n, words) in words.iter().cycle().take(96).enumerate() {
        let wanted = Wanted {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            specialty: (n % 5 == 1).then(|| "cardiology".into()),
            // Always something to ask the documents for, so that both ways are open.
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
        let gathered = found::search(&mut connection, &gathering, &wanted, all, now);
        let gathered = gathered.await.expect("gathered");
        let walked =
            found::search(&mut connection, &walking, &wanted, all, now).await.expect("walked");
        assert_eq!(gathered, walked, "{wanted:?}");
        // And in pages.
        const PAGE: i64 = 25;
        let mut leafed: Vec<Found> = Vec::new();
        loop {
            let from = leafed.last().map_or(StartAfter { limit: PAGE, ..all }, |last| StartAfter {
                rank: last.rank,
                doctor: last.doctor_id,
                limit: PAGE,
                ..all
            });
            let page =
                found::search(&mut connection, &walking, &wanted, from, now).await.expect("a page");
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
