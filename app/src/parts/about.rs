//! What search engines and previews are told of a public page: a description, the one address it goes by,
//! and who a doctor is (schema.org). Personal pages say nothing: `shell` asks not to be found there.

use leptos::prelude::*;
use leptos::serde_json::{Value, json};
use leptos_meta::{Link, Meta};
use nadi::ports::{DoctorProfile, DoctorQuery};

use crate::context::Site;
use crate::links::{self, Query};

/// The description of a public page, and its address without what only changes how it is shown.
#[component]
pub fn About(
    #[prop(into)] description: String,
    /// From the root: `/doctors`.
    #[prop(into)]
    path: String,
) -> impl IntoView {
    // Rendered at once: what waits with a page finds no head to go to any more (leptos_meta 0.8.7).
    let _ = view! {
        <Meta name="description" content=description/>
        <Link rel="canonical" href=whole(&path)/>
    }
    .to_html();
}

/// Of a list: what it is about is the specialty and the city. The rest narrows or leafs.
#[component]
pub fn AboutList(
    query: DoctorQuery,
    /// What the list says of itself: `12 doctors in Panjim`.
    said: String,
) -> impl IntoView {
    let path = Query::new()
        .with("specialty", query.specialty.as_deref().unwrap_or_default())
        .with("city", query.city.as_deref().unwrap_or_default())
        .on("/doctors");
    let description = format!(
        "{said}: who they are, what a visit costs, and their next free times to take at once."
    );
    view! { <About description=description path=path/> }
}

#[component]
pub fn AboutDoctor(doctor: DoctorProfile) -> impl IntoView {
    let path = links::doctor(doctor.slug.as_str());
    let place = doctor.places.first();
    let place = place.map(|place| format!(", {}, {}", place.name, place.city)).unwrap_or_default();
    let specialties = doctor.specialties.join(", ");
    let description =
        format!("{}, {specialties}{place}. See the free times and take one.", doctor.name);
    let data = physician(&doctor, &whole(&path));
    view! {
        <About description=description path=path/>
        // Data, not a script: no policy about scripts applies to it.
        <script type="application/ld+json" inner_html=in_script(&data)></script>
    }
}

fn whole(path: &str) -> String {
    let site = use_context::<Site>().map(|site| site.public_url).unwrap_or_default();
    format!("{site}{path}")
}

/// A doctor as schema.org's `Physician`.
fn physician(doctor: &DoctorProfile, url: &str) -> Value {
    let address = |place: &nadi::ports::Place| {
        json!({
            "@type": "PostalAddress",
            "name": place.name,
            "streetAddress": place.address,
            "addressLocality": place.city,
        })
    };
    json!({
        "@context": "https://schema.org",
        "@type": "Physician",
        "name": doctor.name,
        "url": url,
        "medicalSpecialty": doctor.specialties,
        "knowsLanguage": doctor.languages,
        "parentOrganization": { "@type": "MedicalOrganization", "name": doctor.clinic },
        "address": doctor.places.iter().map(address).collect::<Vec<_>>(),
    })
}

/// JSON that cannot end the element it stands in.
fn in_script(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_about_somebody_stays_data() {
        let text = in_script(&json!({ "name": "Dr </script><script>alert(1)" }));
        assert!(!text.contains('<'), "{text}");
        let read: Value = leptos::serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["name"], "Dr </script><script>alert(1)");
    }
}
