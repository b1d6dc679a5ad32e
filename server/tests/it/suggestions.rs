//! Suggestions while somebody types, and addresses with parameters that no page links to.

use app::i18n::{and, text};
use futures::{StreamExt, stream};
use nadi::suggest::Suggestion;
use server::directory::index_updater;

use crate::support::{Clinic, NewDoctor, browser};

/// The clinic with Asha Naik (general medicine, Panjim) and further doctors with these names and specialties.
async fn clinic_with_doctors(names: &[(&'static str, i16)]) -> Clinic {
    let clinic = Clinic::open().await;
    for statement in [
        "insert into specialties values (2, 'dermatology', 'Dermatology', 'modern', 'Skin, hair and nails.'),
             (3, 'cardiology', 'Cardiology', 'modern', 'Heart and blood pressure.')",
        "insert into cities values (2, 'lima', 'Lima', 'PE', 'Peru', -12.05, -77.04, 'America/Lima')",
    ] {
        sqlx::query(statement).execute(&clinic.pool).await.expect("inserted");
    }
    server::directory::search_words::write(&mut clinic.pool.acquire().await.expect("a connection"))
        .await
        .expect("words");
    sqlx::query("update doctors set name = 'Dr Asha Naik'")
        .execute(&clinic.pool)
        .await
        .expect("named");
    let slugs: Vec<String> = (0..names.len()).map(|n| format!("doctor-{n}")).collect();
    let doctors = slugs.iter().zip(names).map(|(slug, (name, specialty))| NewDoctor {
        name: (*name).to_owned(),
        specialty: *specialty,
        ..NewDoctor::new(slug)
    });
    clinic.add_doctors(doctors).await;
    refresh_listings(&clinic).await;
    clinic
}

fn ask(address: &str, name: &str, value: &str) -> reqwest::RequestBuilder {
    let url = reqwest::Url::parse_with_params(address, &[(name, value)]).expect("a URL");
    browser().get(url)
}

/// Runs the job that renews the documents and names of all doctors.
async fn refresh_listings(clinic: &Clinic) {
    sqlx::query("update listings set stale = true").execute(&clinic.pool).await.expect("stale");
    index_updater::run_once(&clinic.app_state).await.expect("listed");
}

/// The suggestions in short form: `s:` a specialty and the matching word, `d:` a doctor with specialty and city,
/// `c:` a city with its country.
async fn suggestions(clinic: &Clinic, text: &str) -> Vec<String> {
    let found = clinic.ports.directory.suggest(&clinic.visitor(), text).await.expect("an answer");
    found
        .into_iter()
        .map(|one| match one {
            Suggestion::Specialty { name, word, .. } => {
                format!("s:{name}{}", word.map(|word| format!("/{word}")).unwrap_or_default())
            }
            Suggestion::Doctor { name, specialty, city, .. } => {
                format!("d:{name}/{}/{}", specialty.unwrap_or_default(), city.unwrap_or_default())
            }
            Suggestion::City { name, country, .. } => format!("c:{name}/{country}"),
        })
        .collect()
}

#[tokio::test]
async fn typed_text_suggests_specialties_doctors_and_cities() {
    let names = [("Dr Meera Skinner", 2), ("Dr João Fátima Pán", 3), ("Dr Maria do Céu O’Naik", 3)];
    let clinic = clinic_with_doctors(&names).await;
    let meera = "d:Dr Meera Skinner/Dermatology/Panjim";
    let joao = "d:Dr João Fátima Pán/Cardiology/Panjim";
    let maria = "d:Dr Maria do Céu O’Naik/Cardiology/Panjim";
    let asha = "d:Dr Asha Naik/General medicine/Panjim";
    let city = "c:Panjim/India";
    for (typed, expected) in [
        ("skin", vec!["s:Dermatology/skin", meera]),
        ("SKI", vec!["s:Dermatology/skin", meera]),
        ("derma", vec!["s:Dermatology"]),
        ("dr meera", vec![meera]),
        ("skinner me", vec![meera]),
        ("joao", vec![joao]),
        ("pan", vec![joao, city]),
        ("pán", vec![joao, city]),
        ("fátima joão", vec![joao]),
        ("naik", vec![asha, maria]),
        ("maria naik", vec![maria]),
        ("ceu", vec![maria]),
        ("lima", vec![]),
        // One typing error is tolerated when nothing else matches.
        ("dermatolgy", vec!["s:Dermatology"]),
        ("panjin", vec![city]),
        ("mera skiner", vec![meera]),
        ("zzzzzzz", vec![]),
        ("s", vec![]),
        ("  ", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(suggestions(&clinic, typed).await, expected, "{typed}");
    }
    let heart = suggestions(&clinic, "heart").await;
    assert_eq!(heart.first().map(String::as_str), Some("s:Cardiology/heart"));
}

#[tokio::test]
async fn suggestions_are_at_most_eight_and_only_of_listed_doctors() {
    let clinic = clinic_with_doctors(&[("Dr Asha A", 2); 12]).await;
    assert_eq!(suggestions(&clinic, "asha").await.len(), 8);
    sqlx::query("update doctors set status = 'draft'").execute(&clinic.pool).await.expect("drafts");
    refresh_listings(&clinic).await;
    assert!(suggestions(&clinic, "asha").await.is_empty());
    assert!(suggestions(&clinic, "derma").await.is_empty(), "no specialty that nobody has");
    assert_eq!(clinic.count("select count(*) from doctor_names").await, 0);
    let renamed = "update doctors set status = 'listed', name = 'Dr Zubeida Khan'";
    sqlx::query(renamed).execute(&clinic.pool).await.expect("renamed");
    refresh_listings(&clinic).await;
    assert_eq!(suggestions(&clinic, "zub").await.len(), 8);
    assert!(suggestions(&clinic, "asha").await.is_empty(), "nobody is called so any more");
}

#[tokio::test]
async fn suggestions_are_publicly_cacheable_unless_the_request_has_a_session() {
    let clinic = clinic_with_doctors(&[]).await;
    let address = format!("{}/api/v1/suggestions", clinic.serve().await);
    let plain = ask(&address, "q", "asha").send().await.expect("an answer");
    assert_eq!(plain.status(), 200);
    assert_eq!(plain.headers()["cache-control"], "public, max-age=60");
    assert!(!plain.headers().contains_key("set-cookie"));
    let body: serde_json::Value = plain.json().await.expect("JSON");
    let asha = serde_json::json!({
        "kind": "doctor", "slug": "asha-naik", "name": "Dr Asha Naik",
        "specialty": "General medicine", "city": "Panjim"
    });
    assert_eq!(body, serde_json::json!({ "items": [asha] }));
    let cookie = clinic.cookie(&clinic.patient("Asha Rao").await).await;
    let named = ask(&address, "q", "asha").header("cookie", cookie);
    let named = named.send().await.expect("an answer");
    assert_eq!(named.headers()["cache-control"], "private, max-age=60");
    for wrong in ["", "?q=a&q=b", "?query=asha", &format!("?q={}", "x".repeat(101))] {
        let answer = browser().get(format!("{address}{wrong}")).send().await.expect("an answer");
        assert_eq!(answer.status(), 422, "{wrong}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{wrong}");
    }
}

/// Malicious and malformed texts.
fn hostile_texts() -> Vec<String> {
    let (long, words) = ("x".repeat(10_000), "ab ".repeat(3_000));
    [
        "'; drop table doctors; --",
        "skin' | 'heart",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "\u{202e}nicis \u{2066}",
        "%_\\",
        "a:*b & !c",
        "\0\u{1f}",
        "½ ﷽ ǅ",
        "''''",
        "../../etc/passwd",
        "\u{10ffff}\u{feff}",
        "\r\nset-cookie: a=b",
        "-1",
        "99999999999",
        "1e309",
        "NaN",
        "2026-99-99",
        ",",
        "90.1,0",
        "\u{1f468}\u{200d}\u{1f469}",
        "नमस्ते",
        "مرحبا",
        &long,
        &words,
    ]
    .map(str::to_owned)
    .into()
}

#[tokio::test]
async fn hostile_text_gets_no_error_and_few_suggestions() {
    let clinic = clinic_with_doctors(&[("Dr <b>Bo</b> & \"Co\"", 2)]).await;
    let base = clinic.serve().await;
    for words in hostile_texts() {
        assert!(suggestions(&clinic, &words).await.len() <= 8, "{words}");
        let url = format!("{base}/api/v1/suggestions");
        let answer = ask(&url, "q", &words).send().await.expect("an answer");
        assert!([200, 400, 422].contains(&answer.status().as_u16()), "{} {words}", answer.status());
    }
    let found = suggestions(&clinic, "bo co").await;
    assert_eq!(found, ["d:Dr <b>Bo</b> & \"Co\"/Dermatology/Panjim"]);
    assert_eq!(clinic.count("select count(*) from doctors").await, 2);
}

/// The parameters that the pages know, and some that they do not.
const SEARCH_PARAMETERS: [&str; 15] = [
    "q",
    "specialty",
    "city",
    "near",
    "mode",
    "date",
    "this_week",
    "evening",
    "language",
    "gender",
    "fee_max",
    "page",
    "after",
    "__proto__",
    "",
];
const DOCTOR_PARAMETERS: [&str; 6] = ["slot", "date", "month", "visit", "person", "time"];

fn hostile_addresses() -> Vec<String> {
    let mut addresses: Vec<String> = [
        "/doctors?q=%ff%fe",
        "/doctors?q=%",
        "/doctors?q=%zz&near=%2",
        "/doctors/%ff",
        "/doctors/%00",
        "/doctors/%2e%2e%2f",
        "/doctors?%ff=%ff",
        "/?%",
        "/doctors?&&&===&",
        "/doctors?q=a&q=b&q=c",
        "/doctors?page=0",
        "/doctors?page=100000",
        "/doctors?after=00",
        "/doctors//",
        "/doctors/asha-naik/",
    ]
    .map(str::to_owned)
    .into();
    for text in hostile_texts() {
        let value: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        addresses.extend(SEARCH_PARAMETERS.map(|name| format!("/doctors?{name}={value}")));
        addresses
            .extend(DOCTOR_PARAMETERS.map(|name| format!("/doctors/asha-naik?{name}={value}")));
        addresses.push(format!("/?q={value}"));
        addresses.push(format!("/doctors/{}", value.replace('+', "%20")));
        // As long as an address may be, perhaps cut in the middle of an encoded character.
        let all = SEARCH_PARAMETERS.map(|name| format!("{name}={value}")).join("&");
        addresses.push(format!("/doctors?{}", &all[..all.len().min(60_000)]));
    }
    addresses
}

#[tokio::test]
async fn no_address_breaks_a_page() {
    let clinic = clinic_with_doctors(&[]).await;
    let base = clinic.serve().await;
    let browser = browser();
    let ask = async |address: String| {
        let answer = browser.get(format!("{base}{address}")).send().await;
        let answer = answer.expect("an answer");
        let shown: String = address.chars().take(120).collect();
        let status = answer.status().as_u16();
        assert!([200, 303, 308, 400, 404, 409, 414, 431].contains(&status), "{status} {shown}");
        assert!(!answer.headers().contains_key("set-cookie"), "{shown}");
        let page = answer.text().await.expect("a body");
        for harm in ["<script>alert", "<img src=x", "\u{202e}", "\u{2066}", "\0"] {
            assert!(!page.contains(harm), "{harm:?} {shown}");
        }
        let whole = page.contains("<h1") && page.contains("</html>");
        assert!(whole || ![200, 404].contains(&status), "{status} {shown} {page}");
    };
    stream::iter(hostile_addresses()).map(ask).buffer_unordered(8).collect::<()>().await;
    assert_eq!(clinic.count("select count(*) from doctors").await, 1);
}

#[tokio::test]
async fn the_page_names_parameters_it_could_not_read() {
    let clinic = clinic_with_doctors(&[]).await;
    let base = clinic.serve().await;
    let long = format!("q={}", "x".repeat(10_000));
    let several = [text!("search-part-mode"), text!("search-part-fee"), text!("address-page")];
    for (query, named) in [
        (long.as_str(), text!("search-part-text")),
        ("page=-1", text!("address-page")),
        ("page=99999999999", text!("address-page")),
        ("after=wrong", text!("search-part-cursor")),
        ("near=91,0", text!("search-part-near")),
        ("near=no-where", text!("search-part-near")),
        ("near=15.49,NaN", text!("search-part-near")),
        ("mode=telepathy", text!("search-part-mode")),
        ("date=yesterday", text!("search-part-date")),
        ("date=2020-01-01", text!("search-part-date-past")),
        ("evening=perhaps", text!("search-part-time-of-day")),
        ("this_week=1", text!("search-part-week")),
        ("gender=x", text!("search-part-gender")),
        ("fee_max=-5", text!("search-part-fee")),
        ("language=Klingon", text!("search-part-language")),
        ("specialty=%3Cb%3E", text!("search-part-specialty")),
        ("city=atlantis", text!("search-part-city")),
        ("q=naik&q=skin", text!("search-part-repeated")),
        ("mode=x&fee_max=y&page=z", and(&several)),
    ] {
        let page = browser().get(format!("{base}/doctors?{query}")).send().await.expect("a page");
        assert_eq!(page.status(), 200, "{named}");
        let page = page.text().await.expect("a body");
        let sentence = text!("address-ignored", parts = named);
        assert!(page.contains(&sentence), "{sentence}");
    }
    let typed = "%E2%80%AE%D7%A9%D7%9C%D7%95%D7%9D%20%3Cb%3E";
    let page = browser().get(format!("{base}/doctors?q={typed}")).send().await.expect("a page");
    let page = page.text().await.expect("a body");
    let shown = "<bdi translate=\"no\">שלום &lt;b&gt;";
    assert!(page.contains(shown), "as text, in its own direction: {page}");
}

#[tokio::test]
async fn a_position_is_rounded_and_sent_to_no_other_site() {
    let clinic = clinic_with_doctors(&[]).await;
    let base = clinic.serve().await;
    let page = browser().get(format!("{base}/doctors?near=15.4912345,73.8298765")).send().await;
    let page = page.expect("a page");
    let policy = "camera=(), microphone=(), geolocation=(self)";
    assert_eq!(page.headers()["permissions-policy"], policy);
    assert_eq!(page.headers()["referrer-policy"], "same-origin");
    let page = page.text().await.expect("a body");
    let doctors = text!("search-doctors", count = 1);
    for said in [
        text!("search-filter-near-you"),
        text!("search-heading", doctors, place = "you", name = ""),
        text!("search-your-location"),
    ] {
        assert!(page.contains(&said), "{said}");
    }
    let mut distances = (0..=100).map(|km| text!("distance-km", km));
    assert!(distances.any(|distance| page.contains(&distance)), "{page}");
    assert!(page.contains("value=\"15.49,73.83\""), "rounded");
    let api = format!("{base}/api/v1/doctors");
    let found = ask(&api, "near", "15.49,73.83").send().await;
    let found: serde_json::Value = found.expect("an answer").json().await.expect("JSON");
    assert_eq!(found["total"], 1, "{found}");
    for wrong in ["91,0", "15.49", "15.49,", "0,181"] {
        let answer = ask(&api, "near", wrong).send().await;
        assert_eq!(answer.expect("an answer").status(), 422, "{wrong}");
    }
}
