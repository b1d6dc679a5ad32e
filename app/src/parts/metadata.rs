//! Metadata of public pages for search engines and link previews: description, canonical URL, and
//! structured data about a doctor (schema.org). Personal pages have none: `shell` marks them `noindex`.

use leptos::prelude::*;
use leptos::serde_json::{Value, json};
use leptos_meta::Meta;
use nadi::ports::{DoctorProfile, DoctorQuery};

use crate::context::Site;
use crate::i18n::{self, names, text};
use crate::links::{self, Query};
use crate::parts::languages::CanonicalLinks;

/// The description and the canonical URL of a public page.
#[component]
pub fn PageMetadata(
    #[prop(into)] description: String,
    /// From the root, without the language: `/doctors`.
    #[prop(into)]
    path: String,
) -> impl IntoView {
    // Rendered at once: what is rendered together with a suspended page comes too late for `<head>` (leptos_meta 0.8.7).
    let _ = view! {
        <Meta name="description" content=description/>
        <CanonicalLinks path=path/>
    }
    .to_html();
}

/// Only specialty and city are part of a list's canonical URL; other filters and the page number are not.
#[component]
pub fn DoctorListMetadata(
    query: DoctorQuery,
    /// The list's heading: `12 doctors in Panjim`.
    said: String,
) -> impl IntoView {
    let path = Query::new()
        .with("specialty", query.specialty.as_deref().unwrap_or_default())
        .with("city", query.city.as_deref().unwrap_or_default())
        .on("/doctors");
    let description = text!("search-description", heading = said);
    view! { <PageMetadata description=description path=path/> }
}

#[component]
pub fn DoctorMetadata(doctor: DoctorProfile) -> impl IntoView {
    let url = absolute_url(&links::doctor(doctor.slug.as_str()));
    let (name, specialties) =
        (&doctor.name, i18n::list(&names::specialties_named(&doctor.specialties)));
    let description = match doctor.places.first() {
        Some(place) => text!(
            "doctor-description-with-location",
            name,
            specialties,
            location = &place.name,
            city = names::city_named(&place.city),
        ),
        None => text!("doctor-description", name, specialties),
    };
    let data = physician(&doctor, &url);
    let path = format!("/doctors/{}", doctor.slug.as_str());
    view! {
        <PageMetadata description=description path=path/>
        // This is data, not a script, so the content security policy for scripts does not apply.
        <script type="application/ld+json" inner_html=json_for_script(&data)></script>
    }
}

fn absolute_url(path: &str) -> String {
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
            "addressLocality": names::city_named(&place.city),
        })
    };
    json!({
        "@context": "https://schema.org",
        "@type": "Physician",
        "name": doctor.name,
        "url": url,
        "medicalSpecialty": names::specialties_named(&doctor.specialties),
        "knowsLanguage": names::spoken_languages(&doctor.languages),
        "parentOrganization": { "@type": "MedicalOrganization", "name": doctor.clinic },
        "address": doctor.places.iter().map(address).collect::<Vec<_>>(),
    })
}

/// JSON that cannot close the `<script>` element around it.
fn json_for_script(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_structured_data_is_escaped() {
        let text = json_for_script(&json!({ "name": "Dr </script><script>alert(1)" }));
        assert!(!text.contains('<'), "{text}");
        let read: Value = leptos::serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["name"], "Dr </script><script>alert(1)");
    }
}
