use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::ports::{DoctorQuery, Specialty};

use crate::context;
use crate::links::Query;
use crate::parts::metadata::PageMetadata;
use crate::parts::page_scripts::SuggestScript;
use crate::parts::response;
use crate::parts::search::SearchForm;

/// The home page: the search, and the specialties.
#[component]
pub fn Home() -> impl IntoView {
    view! {
        <Title text="Find a doctor and a time"/>
        <PageMetadata path="/" description="Find a doctor by specialty, city, language or complaint, see who is free, and take a time at once. Nobody else gets it."/>
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
                <h1>"Find a doctor, and a time that is yours"</h1>
                <p class="lead">
                    "See who is free, take a time in one tap, and confirm it with a code. Nobody else gets it."
                </p>
            </div>
            <SearchForm query=DoctorQuery::default() specialties=specialties cities=cities today=today open=true/>
        </section>
        <Specialties id="modern" title="Modern medicine" specialties=modern/>
        <Specialties id="ayurveda" title="Ayurveda" specialties=ayurveda/>
        <section class="how" aria-labelledby="how">
            <h2 id="how">"How it works"</h2>
            <ol class="how-steps">
                <li>"Choose a free time in a doctor’s calendar."</li>
                <li>"We hold it for you and send a code to your e-mail."</li>
                <li>"Enter the code, and the time is yours; you can cancel it here."</li>
            </ol>
        </section>
        <SuggestScript/>
    }
    .into_any())
}

#[component]
fn Specialties(
    id: &'static str,
    title: &'static str,
    specialties: Vec<Specialty>,
) -> impl IntoView {
    let items: Vec<_> = specialties
        .into_iter()
        .map(|specialty| {
            let href = Query::new().with("specialty", &specialty.slug).on("/doctors");
            let doctors = match specialty.doctors {
                1 => "1 doctor".to_owned(),
                n => format!("{n} doctors"),
            };
            view! {
                <li>
                    <a class="specialty" href=href>
                        <span class="specialty-name">{specialty.name}</span>
                        <span class="specialty-summary">{specialty.summary}</span>
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
