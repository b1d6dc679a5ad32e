use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::ports::DoctorQuery;
use nadi::search::parameters::{self, Known, Search};
use nadi::visit::Mode;

use crate::context;
use crate::i18n::{pattern, rich_text, text};
use crate::links;
use crate::messages;
use crate::parts::address::{self, Address};
use crate::parts::doctor_card::DoctorCard;
use crate::parts::metadata::DoctorListMetadata;
use crate::parts::page_scripts::{LoadMoreScript, SuggestScript};
use crate::parts::response;
use crate::parts::search::{ActiveFilters, Names, SearchForm, count, href};
use crate::ui::{Alert, ButtonLink, Empty, FillOwnTimes, Pagination, Tone, Variant};

/// The search for a doctor. The list is the answer.
#[component]
pub fn Doctors() -> impl IntoView {
    // Browsers also send empty fields, which are no filters. The page size is fixed.
    let said = |(name, value): &(String, String)| !value.trim().is_empty() && name != "page_size";
    response::page(doctors(address::pairs().into_iter().filter(said).collect()))
}

async fn doctors(pairs: Vec<(String, String)>) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let specialties = ports.directory.specialties(&caller).await?;
    let cities = ports.directory.cities(&caller).await?;
    let languages = ports.directory.languages(&caller).await?;
    let known = Known { specialties: &specialties, cities: &cities, languages: &languages };
    let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
    let Search { query, faults, .. } = parameters::read(pairs, known, caller.now);
    let mut address = Address::default();
    for (parameter, fault) in faults {
        address.ignore(messages::search::left_out(parameter, fault));
    }
    let names = Names::of(&query, &specialties, &cities);
    let found = ports.directory.search(&caller, &query).await?;
    let (next, instead, counts) = (found.next, found.instead, found.counts);
    let found = found.page;
    let said = count(counts.known.then_some(found.total), &query, &names);
    let number = found.number;
    let pages = {
        let query = query.clone();
        move |page| {
            // Continue after this page's last rank, so that no doctor is repeated while others book.
            let after = next.filter(|_| page == number + 1);
            href(&DoctorQuery { page, after, ..query.clone() })
        }
    };
    let pages_known = if next.is_some() { found.count().max(number + 1) } else { found.count() };
    response::set_shown_doctors(found.items.iter().map(|card| card.id));
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
            <Alert tone=Tone::Neutral>
                <p>{rich_text!(
                    "search-instead",
                    typed = view! { <bdi translate="no">{typed}</bdi> },
                    words = view! { <bdi>{words}</bdi> },
                )}</p>
            </Alert>
        }
    });
    Ok(view! {
        <Title text=said.text()/>
        <DoctorListMetadata query=query.clone() said=said.text()/>
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
                <Empty title=text!("search-past-the-end")>
                    <p class="actions"><ButtonLink href=first>{text!("search-first-page")}</ButtonLink></p>
                </Empty>
            }.into_any()
        } else if none {
            view! {
                <Empty title=text!("search-none")>
                    <p>{text!("search-none-help")}</p>
                    <p class="actions">
                        <ButtonLink href=links::page("/doctors")>{text!("search-all-doctors")}</ButtonLink>
                        <ButtonLink href=links::page("/") variant=Variant::Secondary>{text!("search-all-specialties")}</ButtonLink>
                    </p>
                </Empty>
            }.into_any()
        } else {
            // The texts are for the script that lets the list grow.
            view! {
                <ul class="doctor-list" data-page=number.to_string() data-pages=pages_known.to_string()
                    data-more=text!("search-more-doctors") data-loading=text!("search-loading")
                    data-loaded=pattern!("search-loaded", count)
                    data-shown=pattern!("search-pages-shown", first, last, count)>{cards}</ul>
            }.into_any()
        }}
        <Pagination number=number count=pages_known href=pages/>
        {video.then(|| view! { <FillOwnTimes/> })}
        <SuggestScript/>
        {next.is_some().then(|| view! { <LoadMoreScript/> })}
    }
    .into_any())
}
