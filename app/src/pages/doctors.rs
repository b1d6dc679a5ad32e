use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::calendar::parse_date;
use nadi::near::Near;
use nadi::ports::{DoctorQuery, Gender};
use nadi::review::parse_tenths;
use nadi::search::{Cursor, TEXT_CHARS_MAX};
use nadi::visit::Mode;

use crate::context;
use crate::parts::about::AboutList;
use crate::parts::address::{self, Address};
use crate::parts::answer;
use crate::parts::doctor_card::DoctorCard;
use crate::parts::search::{ActiveFilters, Names, SearchForm, count, href};
use crate::parts::small_scripts::{MoreScript, SuggestScript};
use crate::ui::{ButtonLink, Empty, FillOwnTimes, Notice, Pagination, Tone, Variant};

/// The search for a doctor. The list is the answer.
#[component]
pub fn Doctors() -> impl IntoView {
    let mut address = Address::default();
    let given = |name: &str| Some(address::value(name)).filter(|text| !text.is_empty());
    address.once(&ASKED);
    let text = address.read("q", "the words you typed, which are too long,", |text| {
        (text.chars().count() <= TEXT_CHARS_MAX).then(|| nadi::text::one_line(text))
    });
    let text = text.filter(|text| !text.is_empty());
    let query = DoctorQuery {
        page_size: 0,
        text,
        specialty: given("specialty"),
        city: given("city"),
        mode: address.read("mode", "the kind of visit", Mode::parse),
        date: address.read("date", "the date", parse_date),
        this_week: address.read("this_week", "the week", yes).is_some(),
        evening: address.read("evening", "the hour", yes).is_some(),
        language: given("language"),
        gender: address.read("gender", "who the doctor is", Gender::parse),
        fee_max: address.read("fee_max", "the fee", |text| {
            text.parse().ok().filter(|fee| (0..=FEE_MAX).contains(fee))
        }),
        near: address.read("near", "the place to be near to", Near::parse),
        rating_min_tenths: address.read("rating_min", "the rating", parse_tenths),
        after: address.read("after", "where the page begins", Cursor::parse),
        page: address.page(),
    };
    answer::page(doctors(query, address))
}

/// What a search can say in its address, each once.
const ASKED: [&str; 14] = [
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
    "rating_min",
    "page",
    "after",
];

/// The most that a fee filter says, in any currency's main unit.
const FEE_MAX: i64 = 100_000_000;

fn yes(text: &str) -> Option<()> {
    (text == "yes").then_some(())
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
    match &query.near {
        None => {}
        Some(Near::Point(_)) => names.near = Some("you".to_owned()),
        Some(Near::City(slug)) => {
            names.near = cities.iter().find(|c| c.slug == slug.as_str()).map(|c| c.name.clone());
            if names.near.is_none() {
                address.ignore("the place to be near to");
                query.near = None;
            }
        }
    }
    let languages = ports.directory.languages(&caller).await?;
    if let Some(asked) = &query.language {
        let asked = asked.to_lowercase();
        query.language = languages.iter().find(|one| one.to_lowercase() == asked).cloned();
        if query.language.is_none() {
            address.ignore("the language");
        }
    }
    // No clinic's clock is more than a day behind ours: what is earlier is over everywhere.
    let yesterday = caller.now.date_naive().pred_opt().unwrap_or_default();
    if query.date.is_some_and(|date| date < yesterday) {
        address.ignore("the date, which has passed,");
        query.date = None;
    }
    let found = ports.directory.search(&caller, &query).await?;
    let (next, instead, counts) = (found.next, found.instead, found.counts);
    let found = found.page;
    let said = count(counts.known.then_some(found.total), &query, &names);
    let number = found.number;
    let pages = {
        let query = query.clone();
        move |page| {
            // On from where this page ends, so that nobody is repeated while others book.
            let after = next.filter(|_| page == number + 1);
            href(&DoctorQuery { page, after, ..query.clone() })
        }
    };
    let pages_known = if next.is_some() { found.count().max(number + 1) } else { found.count() };
    answer::shows(found.items.iter().map(|card| card.id));
    let now = caller.now;
    let none = found.items.is_empty();
    let past_the_end = none && found.total > 0;
    let video =
        found.items.iter().flat_map(|card| &card.next_times).any(|time| time.mode == Mode::Video);
    let cards: Vec<_> = found
        .items
        .into_iter()
        .map(|card| view! { <li><DoctorCard card=card now=now/></li> })
        .collect();
    let first = href(&DoctorQuery { page: 1, after: None, ..query.clone() });
    let instead = instead.map(|words| {
        let typed = query.text.clone().unwrap_or_default();
        view! {
            <Notice tone=Tone::Neutral>
                <p>"Nobody fits “"<bdi>{typed}</bdi>{format!("” as it is written. Showing results for “{words}”.")}</p>
            </Notice>
        }
    });
    Ok(view! {
        <Title text=said.text()/>
        <AboutList query=query.clone() said=said.text()/>
        <SearchForm query=query.clone() specialties=specialties cities=cities languages=languages counts=counts
            today=now.date_naive()/>
        {address.note()}
        <div class="results-head">
            <h1>{said.view()}</h1>
            <ActiveFilters query=query names=names/>
        </div>
        {instead}
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
        <Pagination number=number count=pages_known href=pages/>
        {video.then(|| view! { <FillOwnTimes/> })}
        <SuggestScript/>
        {next.is_some().then(|| view! { <MoreScript/> })}
    }
    .into_any())
}
