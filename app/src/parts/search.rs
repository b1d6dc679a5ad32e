//! The search for a doctor: its form, its state in the address, and the filters that are on.

use chrono::NaiveDate;
use leptos::prelude::*;
use nadi::near::Near;
use nadi::ports::{City, Counts, DoctorQuery, Gender, Numbers, Specialty};
use nadi::review::{LEAST_OFFERED, tenths};
use nadi::search::TEXT_CHARS_MAX;
use nadi::visit::Mode;

use super::visit;
use crate::links;
use crate::links::Query;
use crate::messages;
use crate::ui::{Choice, Icon, SelectField, Shape, TextField};

/// The address of a search.
pub fn href(query: &DoctorQuery) -> String {
    let page = if query.page > 1 { query.page.to_string() } else { String::new() };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let yes = |on: bool| if on { "yes" } else { "" };
    Query::new()
        .with("q", &text(&query.text))
        .with("specialty", &text(&query.specialty))
        .with("city", &text(&query.city))
        .with("near", &query.near.as_ref().map(ToString::to_string).unwrap_or_default())
        .with("mode", query.mode.map_or("", Mode::as_str))
        .with("date", &query.date.map(|date| date.to_string()).unwrap_or_default())
        .with("this_week", yes(query.this_week))
        .with("evening", yes(query.evening))
        .with("language", &text(&query.language))
        .with("gender", query.gender.map_or("", Gender::as_str))
        .with("fee_max", &query.fee_max.map(|fee| fee.to_string()).unwrap_or_default())
        .with("rating_min", &query.rating_min_tenths.map(tenths).unwrap_or_default())
        .with("page", &page)
        .with("after", &query.after.map(|after| after.to_string()).unwrap_or_default())
        .on("/doctors")
}

/// The search form. It sends a plain GET, so every search has an address of its own.
#[component]
pub fn SearchForm(
    query: DoctorQuery,
    specialties: Vec<Specialty>,
    cities: Vec<City>,
    #[prop(optional)] languages: Vec<String>,
    /// How many would be found with another choice.
    #[prop(optional)]
    counts: Option<Counts>,
    today: NaiveDate,
    /// The whole form at once, instead of a row that folds on small screens.
    #[prop(optional)]
    open: bool,
) -> impl IntoView {
    let any = |text: &str| vec![Choice::new("", text)];
    let counts = counts.unwrap_or_default();
    let mut specialty_choices = any("Any specialty");
    specialty_choices.extend(specialties.into_iter().map(|s| {
        let name = counted(s.name, &counts.specialties, &s.slug);
        Choice::new(s.slug, name)
    }));
    let named = |c: &City| format!("{}, {}", c.name, c.country);
    let mut city_choices = any("Any city");
    city_choices.extend(cities.iter().map(|city| {
        Choice::new(city.slug.clone(), counted(named(city), &counts.cities, &city.slug))
    }));
    let mut near_choices = any("Anywhere");
    if let Some(Near::Point(point)) = &query.near {
        near_choices.push(Choice::new(point.to_string(), "Your place"));
    }
    near_choices.extend(cities.iter().map(|city| Choice::new(city.slug.clone(), named(city))));
    let near = query.near.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut mode_choices = any("Any visit");
    mode_choices.extend(Mode::ALL.map(|mode| {
        let name = counted(visit::mode(mode).into(), &counts.modes, mode.as_str());
        Choice::new(mode.as_str(), name)
    }));
    let mut language_choices = any("Any language");
    language_choices.extend(languages.into_iter().map(|language| {
        let name = counted(language.clone(), &counts.languages, &language);
        Choice::new(language, name)
    }));
    let mut gender_choices = any("Anyone");
    gender_choices.extend(Gender::ALL.map(|gender| {
        let name = counted(said(gender).into(), &counts.genders, gender.as_str());
        Choice::new(gender.as_str(), name)
    }));
    let mut rating_choices = any("Any rating");
    // A value from the URL may be one that is not offered; it has no count.
    let mut least: Vec<u32> = LEAST_OFFERED.into_iter().chain(query.rating_min_tenths).collect();
    least.sort_unstable_by(|a, b| b.cmp(a));
    least.dedup();
    rating_choices.extend(least.into_iter().map(|one| {
        let name = messages::reviews::least(one).to_string();
        let name = match LEAST_OFFERED.contains(&one) {
            true => counted(name, &counts.ratings, &tenths(one)),
            false => name,
        };
        Choice::new(tenths(one), name)
    }));
    let [mut week_choices, mut hour_choices] = [any("Any week"), any("Any time of day")];
    week_choices.push(Choice::new("yes", "Free this week"));
    hour_choices.push(Choice::new("yes", "Free from 17:00 on"));
    let yes = |on: bool| if on { "yes" } else { "" };
    // Active filters are listed below the form, so the fields stay folded.
    let folded = |name: &str, on: usize| match on {
        0 => name.to_owned(),
        on => format!("{name} ({on} on)"),
    };
    let first = [
        query.specialty.is_some(),
        query.city.is_some(),
        query.mode.is_some(),
        query.date.is_some(),
    ];
    let summary = folded("Filters", first.into_iter().filter(|on| *on).count());
    let more = folded("More filters", more_on(&query));
    view! {
        <form class="search" method="get" action=links::page("/doctors") role="search" data-open=open.then_some("")>
            <TextField name="q" label="Name, specialty or symptom" kind="search" maxlength=u32::try_from(TEXT_CHARS_MAX).unwrap_or(u32::MAX)
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
            {(!open).then(|| view! {
                <details class="search-more">
                    <summary>{more}</summary>
                    <div class="search-more-fields">
                        <div class="search-near">
                            <SelectField name="near" label="Within 100 km of" choices=near_choices value=near/>
                            // The script shows it, where the browser can tell a place.
                            <button class="button" data-variant="secondary" type="button" data-near="" hidden>
                                <Icon shape=Shape::Pin/>
                                "Use my place"
                            </button>
                            <p class="search-near-note" role="status"></p>
                        </div>
                        <SelectField name="this_week" label="Week" choices=week_choices value=yes(query.this_week)/>
                        <SelectField name="evening" label="Time of day" choices=hour_choices value=yes(query.evening)/>
                        <SelectField name="language" label="Language" choices=language_choices value=query.language.unwrap_or_default()/>
                        <SelectField name="gender" label="Doctor" choices=gender_choices value=query.gender.map_or("", Gender::as_str)/>
                        <SelectField name="rating_min" label="Rating" choices=rating_choices
                            value=query.rating_min_tenths.map(tenths).unwrap_or_default()/>
                        <TextField name="fee_max" label="Fee up to (local currency)" kind="number" min="0" inputmode="numeric"
                            value=query.fee_max.map(|fee| fee.to_string()).unwrap_or_default()/>
                    </div>
                </details>
            })}
        </form>
    }
}

/// A choice and how many have it, once they are counted.
fn counted(name: String, numbers: &Numbers, choice: &str) -> String {
    match numbers {
        Some(numbers) => format!("{name} ({})", numbers.get(choice).copied().unwrap_or(0)),
        None => name,
    }
}

/// How many of the filters behind "More filters" are on.
fn more_on(query: &DoctorQuery) -> usize {
    let on = [
        query.near.is_some(),
        query.this_week,
        query.evening,
        query.language.is_some(),
        query.gender.is_some(),
        query.rating_min_tenths.is_some(),
        query.fee_max.is_some(),
    ];
    on.into_iter().filter(|on| *on).count()
}

fn said(gender: Gender) -> &'static str {
    match gender {
        Gender::Female => "A woman",
        Gender::Male => "A man",
    }
}

/// The names behind the slugs of a search.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub specialty: Option<String>,
    pub city: Option<String>,
    pub near: Option<String>,
}

impl Names {
    /// Of a search that was read: what it names is there.
    pub fn of(query: &DoctorQuery, specialties: &[Specialty], cities: &[City]) -> Self {
        let city =
            |slug: &str| cities.iter().find(|one| one.slug == slug).map(|one| one.name.clone());
        let specialty = query.specialty.as_ref();
        let specialty = specialty.and_then(|slug| specialties.iter().find(|one| one.slug == *slug));
        Self {
            specialty: specialty.map(|one| one.name.clone()),
            city: query.city.as_deref().and_then(city),
            near: match &query.near {
                None => None,
                Some(Near::Point(_)) => Some("you".to_owned()),
                Some(Near::City(slug)) => city(slug.as_str()),
            },
        }
    }
}

/// A sentence that quotes what somebody typed; the quoted text keeps its own writing direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoting {
    before: String,
    typed: Option<String>,
    after: String,
}

impl Quoting {
    fn plain(text: impl Into<String>) -> Self {
        Self { before: text.into(), typed: None, after: String::new() }
    }

    /// As text only, for a title.
    pub fn text(&self) -> String {
        let typed = self.typed.as_ref().map(|typed| format!("“{typed}”")).unwrap_or_default();
        format!("{}{typed}{}", self.before, self.after)
    }

    pub fn view(self) -> impl IntoView {
        let typed = self.typed.map(|typed| view! { "“"<bdi>{typed}</bdi>"”" });
        // An empty text would be written as a space.
        let text = |text: String| (!text.is_empty()).then_some(text);
        view! { {text(self.before)}{typed}{text(self.after)} }
    }
}

/// The filters that are on, each a link to the same search without it.
#[component]
pub fn ActiveFilters(query: DoctorQuery, names: Names) -> impl IntoView {
    let without = |change: fn(&mut DoctorQuery)| {
        let mut query = DoctorQuery { page: 1, after: None, ..query.clone() };
        change(&mut query);
        href(&query)
    };
    let mut filters: Vec<(Quoting, String)> = Vec::new();
    let mut add = |on: Option<Quoting>, change: fn(&mut DoctorQuery)| {
        filters.extend(on.map(|said| (said, without(change))));
    };
    let typed = query.text.clone().map(|text| Quoting {
        before: String::new(),
        typed: Some(text),
        after: String::new(),
    });
    add(typed, |query| query.text = None);
    add(names.specialty.map(Quoting::plain), |query| query.specialty = None);
    add(names.city.map(Quoting::plain), |query| query.city = None);
    add(query.mode.map(|mode| Quoting::plain(visit::mode(mode))), |query| query.mode = None);
    let date =
        query.date.map(|date| Quoting::plain(format!("Free on {}", crate::i18n::date(date))));
    add(date, |query| query.date = None);
    add(names.near.map(|name| Quoting::plain(format!("Near {name}"))), |query| query.near = None);
    let on = |on: bool, text: &str| on.then(|| Quoting::plain(text));
    add(on(query.this_week, "Free this week"), |query| query.this_week = false);
    add(on(query.evening, "Free from 17:00 on"), |query| query.evening = false);
    let language = query.language.as_ref().map(|name| Quoting::plain(format!("Speaks {name}")));
    add(language, |query| query.language = None);
    add(query.gender.map(|gender| Quoting::plain(said(gender))), |query| query.gender = None);
    let rating = query.rating_min_tenths.map(messages::reviews::least);
    let rating = rating.map(|least| Quoting::plain(format!("Rated {least}")));
    add(rating, |query| query.rating_min_tenths = None);
    let fee = query.fee_max.map(|fee| Quoting::plain(format!("Fee up to {fee}, local currency")));
    add(fee, |query| query.fee_max = None);
    let several = filters.len() > 1;
    let items: Vec<_> = filters
        .into_iter()
        .map(|(said, href)| {
            view! {
                <li>
                    <a class="filter" href=href>
                        <span class="visually-hidden">"Remove filter: "</span>
                        <span>{said.view()}</span>
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
                {several.then(|| view! { <li><a class="filter-none" href=links::page("/doctors")>"Remove all"</a></li> })}
            </ul>
        }
    })
}

/// `128 doctors for Cardiology in Panjim`; without the number while thousands are being counted.
pub fn count(total: Option<i64>, query: &DoctorQuery, names: &Names) -> Quoting {
    let doctors = match total {
        None => "Doctors".to_owned(),
        Some(0) => "No doctors".to_owned(),
        Some(1) => "1 doctor".to_owned(),
        Some(total) => format!("{total} doctors"),
    };
    let mut said = String::new();
    if let Some(name) = &names.specialty {
        let word = if query.text.is_some() { "in" } else { "for" };
        said.push_str(&format!(" {word} {name}"));
    }
    if let Some(name) = &names.city {
        said.push_str(&format!(" in {name}"));
    }
    if let Some(name) = &names.near {
        said.push_str(&format!(" near {name}"));
    }
    match query.mode {
        Some(Mode::Video) => said.push_str(", by video"),
        Some(Mode::InPerson) => said.push_str(", in person"),
        None => {}
    }
    if let Some(date) = query.date {
        said.push_str(&format!(", free on {}", crate::i18n::date(date)));
    }
    if query.this_week {
        said.push_str(", free this week");
    }
    if query.evening {
        said.push_str(", from 17:00 on");
    }
    match &query.text {
        None => Quoting::plain(doctors + &said),
        text => Quoting { before: format!("{doctors} for "), typed: text.clone(), after: said },
    }
}
