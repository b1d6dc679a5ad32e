use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::ports::{DoctorQuery, Specialty};

use crate::context;
use crate::i18n::{names, text};
use crate::links::{self, Query};
use crate::parts::metadata::PageMetadata;
use crate::parts::page_scripts::SuggestScript;
use crate::parts::response;
use crate::parts::search::SearchForm;

/// The home page: the search, and the specialties.
#[component]
pub fn Home() -> impl IntoView {
    view! {
        <Title text=text!("home-title")/>
        <PageMetadata path="/" description=text!("home-description")/>
        {response::page(home())}
    }
}

/// How many specialties of each tradition are shown here; the search has all.
const SHOWN: usize = 8;

async fn home() -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let specialties = ports.directory.specialties(&caller).await?;
    let cities = ports.directory.cities(&caller).await?;
    let of = |tradition: &str| {
        let mut found: Vec<Specialty> = specialties
            .iter()
            .filter(|s| s.tradition == tradition && s.doctors > 0)
            .cloned()
            .collect();
        found.sort_by_key(|specialty| std::cmp::Reverse(specialty.doctors));
        found.truncate(SHOWN);
        found
    };
    let (modern, ayurveda) = (of("modern"), of("ayurveda"));
    let today = caller.now.date_naive();
    Ok(view! {
        <section class="hero">
            <div class="hero-words">
                <h1>{text!("home-title")}</h1>
                <p class="lead">{text!("home-lead")}</p>
            </div>
            <SearchForm query=DoctorQuery::default() specialties=specialties cities=cities today=today open=true/>
        </section>
        <Specialties id="modern" title=text!("home-modern-medicine") specialties=modern/>
        <Specialties id="ayurveda" title=text!("home-ayurveda") specialties=ayurveda/>
        <section class="how" aria-labelledby="how">
            <h2 id="how">{text!("home-steps")}</h2>
            <ol class="how-steps">
                <li>{text!("home-step-choose")}</li>
                <li>{text!("home-step-code")}</li>
                <li>{text!("home-step-confirm")}</li>
            </ol>
        </section>
        <SuggestScript/>
    }
    .into_any())
}

#[component]
fn Specialties(id: &'static str, title: String, specialties: Vec<Specialty>) -> impl IntoView {
    let items: Vec<_> = specialties
        .into_iter()
        .map(|specialty| {
            let href = Query::new().with("specialty", &specialty.slug).on(&links::page("/doctors"));
            let name = names::specialty(&specialty.slug, &specialty.name);
            let about = names::specialty_about(&specialty.slug, &specialty.summary);
            let doctors = text!("search-doctors", count = specialty.doctors);
            view! {
                <li>
                    <a class="specialty" href=href>
                        <span class="specialty-name">{name}</span>
                        <span class="specialty-summary">{about}</span>
                        <span class="specialty-count number">{doctors}</span>
                    </a>
                </li>
            }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! {
            <section class="specialties" aria-labelledby=id>
                <h2 id=id>{title}</h2>
                <ul class="specialty-list">{items}</ul>
            </section>
        }
    })
}
