//! The search for a doctor: its form, its state in the address, and the filters that are on.

use chrono::NaiveDate;
use leptos::prelude::*;
use nadi::ports::{City, DoctorQuery, Specialty};
use nadi::visit::Mode;
use nadi::wall;

use super::visit;
use crate::links::Query;
use crate::ui::{Choice, Icon, SelectField, Shape, TextField};

/// The address of a search.
pub fn href(query: &DoctorQuery) -> String {
    let page = if query.page > 1 { query.page.to_string() } else { String::new() };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Query::new()
        .with("q", &text(&query.text))
        .with("specialty", &text(&query.specialty))
        .with("city", &text(&query.city))
        .with("mode", query.mode.map_or("", Mode::as_str))
        .with("date", &query.date.map(|date| date.to_string()).unwrap_or_default())
        .with("page", &page)
        .on("/doctors")
}

/// The search form. It sends a plain GET, so every search has an address of its own.
#[component]
pub fn SearchForm(
    query: DoctorQuery,
    specialties: Vec<Specialty>,
    cities: Vec<City>,
    today: NaiveDate,
    /// The whole form at once, instead of a row that folds on small screens.
    #[prop(optional)]
    open: bool,
) -> impl IntoView {
    let any = |text: &str| vec![Choice::new("", text)];
    let mut specialty_choices = any("Any specialty");
    specialty_choices.extend(specialties.into_iter().map(|s| Choice::new(s.slug, s.name)));
    let mut city_choices = any("Any city");
    city_choices.extend(
        cities.into_iter().map(|c| Choice::new(c.slug, format!("{}, {}", c.name, c.country))),
    );
    let mut mode_choices = any("In person or video");
    mode_choices.extend(Mode::ALL.map(|mode| Choice::new(mode.as_str(), visit::mode(mode))));
    let on = [
        query.specialty.is_some(),
        query.city.is_some(),
        query.mode.is_some(),
        query.date.is_some(),
    ];
    let count = on.into_iter().filter(|on| *on).count();
    let summary = if count == 0 { "Filters".to_owned() } else { format!("Filters ({count} on)") };
    view! {
        <form class="search" method="get" action="/doctors" role="search" data-open=open.then_some("")>
            <TextField name="q" label="Name or specialty" kind="search" maxlength=100
                value=query.text.unwrap_or_default() autocomplete="off"/>
            {(!open).then(|| view! {
                <label class="search-fold">
                    <input type="checkbox"/>
                    {summary}
                </label>
            })}
            <div class="search-filters">
                <SelectField name="specialty" label="Specialty" choices=specialty_choices value=query.specialty.unwrap_or_default()/>
                <SelectField name="city" label="City" choices=city_choices value=query.city.unwrap_or_default()/>
                <SelectField name="mode" label="Visit" choices=mode_choices value=query.mode.map_or("", Mode::as_str)/>
                <TextField name="date" label="Date" kind="date" min=today.to_string()
                    value=query.date.map(|date| date.to_string()).unwrap_or_default()/>
            </div>
            <button class="button" data-variant="primary" type="submit">
                <Icon shape=Shape::Search/>
                "Search"
            </button>
        </form>
    }
}

/// The names behind the slugs of a search.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub specialty: Option<String>,
    pub city: Option<String>,
}

/// The filters that are on, each a link to the same search without it.
#[component]
pub fn ActiveFilters(query: DoctorQuery, names: Names) -> impl IntoView {
    let without = |change: fn(&mut DoctorQuery)| {
        let mut query = DoctorQuery { page: 1, ..query.clone() };
        change(&mut query);
        href(&query)
    };
    let mut filters: Vec<(String, String)> = Vec::new();
    if let Some(text) = &query.text {
        filters.push((format!("“{text}”"), without(|query| query.text = None)));
    }
    if let Some(name) = names.specialty {
        filters.push((name, without(|query| query.specialty = None)));
    }
    if let Some(name) = names.city {
        filters.push((name, without(|query| query.city = None)));
    }
    if let Some(mode) = query.mode {
        filters.push((visit::mode(mode).to_owned(), without(|query| query.mode = None)));
    }
    if let Some(date) = query.date {
        filters.push((format!("Free on {}", wall::date(date)), without(|query| query.date = None)));
    }
    let several = filters.len() > 1;
    let items: Vec<_> = filters
        .into_iter()
        .map(|(text, href)| {
            view! {
                <li>
                    <a class="filter" href=href>
                        <span class="visually-hidden">"Remove filter: "</span>
                        {text}
                        <Icon shape=Shape::Cross/>
                    </a>
                </li>
            }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! {
            <ul class="filters" aria-label="Filters that are on">
                {items}
                {several.then(|| view! { <li><a class="filter-none" href="/doctors">"Remove all"</a></li> })}
            </ul>
        }
    })
}

/// `128 doctors for Cardiology in Panjim`.
pub fn count(total: i64, query: &DoctorQuery, names: &Names) -> String {
    let mut said = match total {
        0 => "No doctors".to_owned(),
        1 => "1 doctor".to_owned(),
        total => format!("{total} doctors"),
    };
    if let Some(text) = &query.text {
        said.push_str(&format!(" for “{text}”"));
    }
    if let Some(name) = &names.specialty {
        said.push_str(&format!(" for {name}"));
    }
    if let Some(name) = &names.city {
        said.push_str(&format!(" in {name}"));
    }
    match query.mode {
        Some(Mode::Video) => said.push_str(", by video"),
        Some(Mode::InPerson) => said.push_str(", in person"),
        None => {}
    }
    if let Some(date) = query.date {
        said.push_str(&format!(", free on {}", wall::date(date)));
    }
    said
}
