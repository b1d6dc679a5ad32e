//! Who is found, in which order, and how the result is paged.

use nadi::near::Near;
use nadi::ports::{DoctorQuery, Gender};
use nadi::suggest::Suggestion;
use nadi::visit::Mode;
use server::directory::index_updater;

use super::{clinic_with_four_doctors, find, names, text, update_doctor};
use crate::support::texts::visible;
use crate::support::{Clinic, NewDoctor, browser};

#[tokio::test]
async fn common_words_find_the_right_specialty_name_or_city() {
    let (clinic, ..) = clinic_with_four_doctors().await;
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
async fn words_and_names_of_other_languages_are_found_through_their_stems() {
    let (clinic, ..) = clinic_with_four_doctors().await;
    let english =
        ["I have chest pain", "rashes", "heart specialist panjim", "blood pressure", "mumbai"];
    let mut before = Vec::new();
    for words in english {
        before.push(find(&clinic, text(words)).await.page.items);
    }
    for words in ["brustschmerz", "त्वचा", "herzheilkunde", "siebeninseln"] {
        assert_eq!(find(&clinic, text(words)).await.page.total, 0, "{words}");
    }
    // As a release with these languages would write them.
    for statement in [
        "insert into search_languages values ('de', 'german'), ('hi', 'hindi'), ('kok', 'konkani')",
        "insert into specialty_phrases (specialty_id, language, phrase, kind)
         values (3, 'de', 'Herzheilkunde', 'title'), (3, 'de', 'Brustschmerzen', 'symptom'),
                (3, 'de', 'Herzrhythmusstörung', 'symptom'),
                (2, 'hi', 'त्वचा रोग', 'title'), (2, 'kok', 'कातीचो', 'name')",
        "insert into city_names values (2, 'de', 'Siebeninseln', 'Indien')",
    ] {
        sqlx::query(statement).execute(&clinic.pool).await.expect("inserted");
    }
    index_updater::run_once(&clinic.app_state).await.expect("listed");
    let kept = "select count(*) from specialty_phrases where language <> 'en'";
    assert_eq!(clinic.count(kept).await, 5, "of languages that this release does not have");
    for (words, who) in [
        // The stem of a word; a beginning of a title; words whose signs are no letters; a language without stems.
        ("brustschmerz", "Dr João Fátima"),
        ("Herzheil", "Dr João Fátima"),
        ("त्वचा", "Dr Meera Dessai"),
        ("कातीचो", "Dr Meera Dessai"),
        ("Siebeninseln", "Dr Meera Dessai"),
    ] {
        let found = find(&clinic, text(words)).await;
        assert_eq!((names(&found), found.instead.as_deref()), (vec![who], None), "{words}");
    }
    for (words, before) in english.into_iter().zip(before) {
        assert_eq!(find(&clinic, text(words)).await.page.items, before, "{words}");
    }
    // A searched word has the stem of the reader's language.
    for (stemming, finds) in [("german", true), ("english", false), ("unknown", false), ("", false)]
    {
        let question: String = sqlx::query_scalar(
            "select search_question('{herzrhythmusstörungen}', 'ABC', '{}', $1)::text",
        )
        .bind(stemming)
        .fetch_one(&clinic.pool)
        .await
        .expect("a question");
        assert_eq!(question.contains("'s:cardiology'"), finds, "{stemming}: {question}");
    }
    let suggested = clinic.ports.directory.suggest(&clinic.visitor(), "herzh").await;
    let suggested = suggested.expect("suggestions");
    assert!(
        matches!(&suggested[..], [Suggestion::Specialty { slug, word: None, .. }] if slug == "cardiology"),
        "{suggested:?}"
    );
}

#[tokio::test]
async fn misspelled_words_are_corrected_and_the_page_says_so() {
    let (clinic, ..) = clinic_with_four_doctors().await;
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
    let instead =
        app::i18n::text!("search-instead", typed = "dermatolgist", words = "dermatologist");
    assert!(visible(&page).contains(&instead), "{page}");
}

#[tokio::test]
async fn filters_narrow_the_result_alone_and_combined() {
    let (clinic, ..) = clinic_with_four_doctors().await;
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
    // Panjim is at 15.5, 73.8: a point half a degree further north is 55 km away, one two degrees away is too far.
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
    // The choices of an active filter are counted as if it were off. It does narrow the counts of the others.
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
    let (clinic, ..) = clinic_with_four_doctors().await;
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
    let (clinic, meera, joao) = clinic_with_four_doctors().await;
    let everybody = find(&clinic, DoctorQuery::default()).await;
    assert_eq!(
        names(&everybody).last(),
        Some(&"Dr Meera Dessai"),
        "free at four, the others at ten"
    );
    // For the word "heart", a match in the name ranks above a match in the specialty with an earlier free time.
    update_doctor(&clinic, meera, "update doctors set name = 'Dr Heart' where id = $1").await;
    assert_eq!(names(&find(&clinic, text("heart")).await), ["Dr Heart", "Dr João Fátima"]);
    let near = |city: &str| DoctorQuery { near: Near::parse(city), ..text("heart") };
    assert_eq!(names(&find(&clinic, near("panjim")).await), ["Dr João Fátima"]);
    assert_eq!(names(&find(&clinic, near("mumbai")).await), ["Dr Heart"]);
    // A doctor without free times comes last.
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
    index_updater::run_once(&clinic.app_state).await.expect("listed");
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
            // A doctor on this page gets a booking and therefore moves behind all others.
            let booked = found.page.items[0].id;
            let who = clinic.patient(&format!("Asha {}", uuid::Uuid::new_v4().simple())).await;
            let first = clinic.free(booked).await[0];
            clinic.book(&who, first).await;
            index_updater::run_once(&clinic.app_state).await.expect("listed");
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        // Only the doctors who moved may appear twice, and nobody is missing.
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
