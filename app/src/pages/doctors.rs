use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::calendar::parse_date;
use nadi::ports::DoctorQuery;
use nadi::visit::Mode;

use crate::context;
use crate::parts::address::{self, Address};
use crate::parts::answer;
use crate::parts::doctor_card::DoctorCard;
use crate::parts::search::{self, ActiveFilters, Names, SearchForm};
use crate::ui::{ButtonLink, Empty, Pagination, Variant};

/// The search for a doctor. The list is the answer.
#[component]
pub fn Doctors() -> impl IntoView {
    let mut address = Address::default();
    let given = |name: &str| Some(address::value(name)).filter(|text| !text.is_empty());
    let text = address.read("q", "the words you typed, which are too long", |text| {
        (text.chars().count() <= 100).then(|| text.to_owned())
    });
    let query = DoctorQuery {
        page_size: 0,
        text,
        specialty: given("specialty"),
        city: given("city"),
        mode: address.read("mode", "the kind of visit", Mode::parse),
        date: address.read("date", "the date", parse_date),
        page: address.page(),
    };
    answer::page(doctors(query, address))
}

async fn doctors(mut query: DoctorQuery, mut address: Address) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let specialties = ports.directory.specialties(&caller).await?;
    let cities = ports.directory.cities(&caller).await?;
    let mut names = Names::default();
    if let Some(slug) = &query.specialty {
        names.specialty = specialties.iter().find(|s| s.slug == *slug).map(|s| s.name.clone());
        if names.specialty.is_none() {
            address.ignore("the specialty");
            query.specialty = None;
        }
    }
    if let Some(slug) = &query.city {
        names.city = cities.iter().find(|c| c.slug == *slug).map(|c| c.name.clone());
        if names.city.is_none() {
            address.ignore("the city");
            query.city = None;
        }
    }
    // No clinic's clock is more than a day behind ours: what is earlier is over everywhere.
    let yesterday = caller.now.date_naive().pred_opt().unwrap_or_default();
    if query.date.is_some_and(|date| date < yesterday) {
        address.ignore("the date, which has passed,");
        query.date = None;
    }
    let found = ports.directory.search(&caller, &query).await?;
    let said = search::count(found.total, &query, &names);
    let pages = {
        let query = query.clone();
        move |page| search::href(&DoctorQuery { page, ..query.clone() })
    };
    let (number, count, now) = (found.number, found.count(), caller.now);
    let none = found.items.is_empty();
    let past_the_end = none && found.total > 0;
    let cards: Vec<_> = found
        .items
        .into_iter()
        .map(|card| view! { <li><DoctorCard card=card now=now/></li> })
        .collect();
    let first = search::href(&DoctorQuery { page: 1, ..query.clone() });
    Ok(view! {
        <Title text=said.clone()/>
        <SearchForm query=query.clone() specialties=specialties cities=cities today=now.date_naive()/>
        {address.note()}
        <div class="results-head">
            <h1>{said}</h1>
            <ActiveFilters query=query names=names/>
        </div>
        {if past_the_end {
            view! {
                <Empty title="This list is shorter">
                    <p class="actions"><ButtonLink href=first>"To its first page"</ButtonLink></p>
                </Empty>
            }.into_any()
        } else if none {
            view! {
                <Empty title="Nobody matches all of this">
                    <p>"Remove a filter above, choose another date, or look at everybody."</p>
                    <p class="actions">
                        <ButtonLink href="/doctors">"Show all doctors"</ButtonLink>
                        <ButtonLink href="/" variant=Variant::Secondary>"All specialties"</ButtonLink>
                    </p>
                </Empty>
            }.into_any()
        } else {
            view! { <ul class="doctor-list">{cards}</ul> }.into_any()
        }}
        <Pagination number=number count=count href=pages/>
    }
    .into_any())
}
