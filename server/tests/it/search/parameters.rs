//! The address of a search: the page and the API understand the same parameters.

use app::i18n::{pattern, text};

use crate::support::Clinic;
use crate::support::http::{call_api, get_page};
use crate::support::texts::around;

/// The page says which parameters it ignored, and the API refuses the same ones by name.
#[tokio::test]
async fn page_and_api_understand_the_same_search_parameters() {
    let clinic = Clinic::open().await;
    sqlx::query("update doctors set languages = '{English,Konkani}', gender = 'female'")
        .execute(&clinic.pool)
        .await
        .expect("languages");
    sqlx::query("insert into cities values (2, 'zurich', 'Zürich', 'CH', 'Switzerland', 47.4, 8.5, 'Europe/Zurich')")
        .execute(&clinic.pool)
        .await
        .expect("a city");
    sqlx::query("update listings set stale = true").execute(&clinic.pool).await.expect("stale");
    server::directory::index_updater::run_once(&clinic.app_state).await.expect("listed");
    let base = clinic.serve().await;
    let ignored = pattern!("address-ignored", parts);
    let (ignored, _) = around(&ignored);
    for query in [
        "city=panjim",
        "city=Panjim",
        "city=Panaji",
        "city=PANAJI%2C%20India",
        "near=Panaji",
        "near=15.49,73.83",
        "specialty=General%20Medicine",
        "specialty=general-medicine",
        "language=konkani",
        "gender=female",
        "mode=in_person",
        "date=2026-11-24",
        "this_week=true",
        "this_week=yes",
        "evening=false",
        "evening=no",
        "fee_max=600",
        "fee_max=%20600",
        "rating_min=4.5",
        "page=1",
        "q=",
    ] {
        let (status, found) = call_api(&base, &format!("/doctors?{query}"), None, None).await;
        assert_eq!(status, 200, "{query}: {found}");
        let expected = u64::from(!query.starts_with("rating_min"));
        assert_eq!(found["total"], expected, "{query}: {found}");
        let (status, _, page) = get_page(&base, &format!("/doctors?{query}"), "").await;
        assert_eq!(status, 200, "{query}");
        assert!(!page.contains(ignored), "{query}: {page}");
        assert_eq!(page.contains("/doctors/asha-naik"), expected == 1, "{query}: {page}");
    }
    for query in [
        "city=atlantis",
        "city=%3Cb%3E",
        "near=atlantis",
        "near=91,0",
        "specialty=unknown",
        "language=Klingon",
        "gender=x",
        "mode=telepathy",
        "date=2020-01-01",
        "date=yesterday",
        "this_week=1",
        "evening=perhaps",
        "fee_max=-5",
        "rating_min=6",
        "page=0",
        "page=10001",
        "q=naik&q=skin",
    ] {
        let (status, problem) = call_api(&base, &format!("/doctors?{query}"), None, None).await;
        assert_eq!((status, problem["type"].as_str()), (422, Some("/problems/invalid")), "{query}");
        let name = query.split('=').next().expect("a name");
        assert_eq!(problem["errors"][0]["field"], name, "{query}: {problem}");
        let (status, _, page) = get_page(&base, &format!("/doctors?{query}"), "").await;
        assert_eq!(status, 200, "{query}");
        assert!(page.contains(ignored), "{query}: {page}");
    }
    // All wrong parameters are named. An empty field of a form is ignored, but the API refuses an empty parameter.
    let (_, problem) = call_api(&base, "/doctors?city=atlantis&page=0", None, None).await;
    let named: Vec<_> = problem["errors"].as_array().expect("errors").iter().collect();
    assert_eq!(named.len(), 2, "{problem}");
    assert_eq!(call_api(&base, "/doctors?city=", None, None).await.0, 422);
    assert!(!get_page(&base, "/doctors?city=&mode=", "").await.2.contains(ignored));
    let (status, problem) = call_api(&base, "/doctors?town=panjim", None, None).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (422, Some("town")));

    // The same for a doctor's free times with an unknown place or kind of visit.
    let nowhere = uuid::Uuid::from_u128(99);
    let slots = format!("/doctors/{}/slots?location_id={nowhere}", clinic.doctor);
    let (status, problem) = call_api(&base, &slots, None, None).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (422, Some("location_id")));
    let (_, _, page) = get_page(&base, &format!("/doctors/asha-naik?location={nowhere}"), "").await;
    let place = text!("address-ignored", parts = text!("picker-address-location"));
    assert!(page.contains(&place), "{page}");
    let slots = format!("/doctors/{}/slots?visit_type_id={nowhere}", clinic.doctor);
    let (status, problem) = call_api(&base, &slots, None, None).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (422, Some("visit_type_id")));
    let (_, _, page) = get_page(&base, &format!("/doctors/asha-naik?visit={nowhere}"), "").await;
    let kind = text!("address-ignored", parts = text!("doctor-part-appointment-type"));
    assert!(page.contains(&kind), "{page}");
}
