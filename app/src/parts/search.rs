//! The search for a doctor: its form, its state in the address, and the filters that are on.

use chrono::{NaiveDate, NaiveTime};
use leptos::prelude::*;
use leptos::serde_json::json;
use nadi::near::Near;
use nadi::ports::{City, Counts, DoctorQuery, Gender, Numbers, Specialty};
use nadi::review::{LEAST_OFFERED, tenths};
use nadi::search::TEXT_CHARS_MAX;
use nadi::suggest::SUGGESTIONS_MAX;
use nadi::visit::Mode;

use super::visit;
use crate::i18n::{self, names, pattern, text};
use crate::links::{self, Query};
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
        .on(&links::page("/doctors"))
}

/// The search form. It sends a plain GET, so every search has an address of its own.
#[component]
pub fn SearchForm(
    query: DoctorQuery,
    mut specialties: Vec<Specialty>,
    mut cities: Vec<City>,
    #[prop(optional)] mut languages: Vec<String>,
    /// How many would be found with another choice.
    #[prop(optional)]
    counts: Option<Counts>,
    today: NaiveDate,
    /// The whole form at once, instead of a row that folds on small screens.
    #[prop(optional)]
    open: bool,
) -> impl IntoView {
    names::sort_by_name(&mut specialties, |one| names::specialty(&one.slug, &one.name));
    names::sort_by_name(&mut cities, |one| names::city(&one.slug, &one.name));
    names::sort_by_name(&mut languages, |one| names::spoken_language(one));
    let any = |text: String| vec![Choice::new("", text)];
    let counts = counts.unwrap_or_default();
    let mut specialty_choices = any(text!("search-any-specialty"));
    specialty_choices.extend(specialties.into_iter().map(|s| {
        let name = counted(names::specialty(&s.slug, &s.name), &counts.specialties, &s.slug);
        Choice::new(s.slug, name)
    }));
    let named = |city: &City| {
        let country = names::country_named(&city.country);
        text!("search-city-and-country", city = names::city(&city.slug, &city.name), country)
    };
    let mut city_choices = any(text!("search-any-city"));
    city_choices.extend(cities.iter().map(|city| {
        Choice::new(city.slug.clone(), counted(named(city), &counts.cities, &city.slug))
    }));
    let mut near_choices = any(text!("search-any-place"));
    if let Some(Near::Point(point)) = &query.near {
        near_choices.push(Choice::new(point.to_string(), text!("search-your-location")));
    }
    near_choices.extend(cities.iter().map(|city| Choice::new(city.slug.clone(), named(city))));
    let near = query.near.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut mode_choices = any(text!("search-any-mode"));
    mode_choices.extend(Mode::ALL.map(|mode| {
        let name = counted(visit::mode(mode), &counts.modes, mode.as_str());
        Choice::new(mode.as_str(), name)
    }));
    let mut language_choices = any(text!("search-any-language"));
    language_choices.extend(languages.into_iter().map(|language| {
        let name = counted(names::spoken_language(&language), &counts.languages, &language);
        Choice::new(language, name)
    }));
    let mut gender_choices = any(text!("search-any-gender"));
    gender_choices.extend(Gender::ALL.map(|gender| {
        let name = counted(gender_name(gender), &counts.genders, gender.as_str());
        Choice::new(gender.as_str(), name)
    }));
    let mut rating_choices = any(text!("search-any-rating"));
    // A value from the URL may be one that is not offered; it has no count.
    let mut least: Vec<u32> = LEAST_OFFERED.into_iter().chain(query.rating_min_tenths).collect();
    least.sort_unstable_by(|a, b| b.cmp(a));
    least.dedup();
    rating_choices.extend(least.into_iter().map(|one| {
        let name = messages::reviews::least(one);
        let name = match LEAST_OFFERED.contains(&one) {
            true => counted(name, &counts.ratings, &tenths(one)),
            false => name,
        };
        Choice::new(tenths(one), name)
    }));
    let mut week_choices = any(text!("search-any-week"));
    week_choices.push(Choice::new("yes", text!("search-filter-week")));
    let mut hour_choices = any(text!("search-any-time-of-day"));
    hour_choices.push(Choice::new("yes", evening()));
    let yes = |on: bool| if on { "yes" } else { "" };
    // Active filters are listed below the form, so the fields stay folded.
    let first = [
        query.specialty.is_some(),
        query.city.is_some(),
        query.mode.is_some(),
        query.date.is_some(),
    ];
    let summary = text!("search-filters", on = first.into_iter().filter(|on| *on).count());
    let more = text!("search-more-filters", on = more_on(&query));
    view! {
        <form class="search" method="get" action=links::page("/doctors") role="search" data-open=open.then_some("")
            data-suggestions=text!("search-suggestions") data-counts=suggestion_counts()
            data-specialty=text!("search-suggested-specialties") data-doctor=text!("search-suggested-doctors")
            data-city=text!("search-suggested-cities") data-word=pattern!("search-suggested-for-word", word)
            data-waiting=text!("search-slow") data-here=text!("search-your-location") data-locating=text!("search-locating")
            data-denied=text!("search-location-denied") data-unknown=text!("search-location-unknown")>
            <TextField name="q" label=text!("search-field-text") kind="search" maxlength=u32::try_from(TEXT_CHARS_MAX).unwrap_or(u32::MAX)
                value=query.text.unwrap_or_default() autocomplete="off"/>
            {(!open).then(|| view! {
                <label class="search-fold">
                    <input type="checkbox"/>
                    {summary}
                </label>
            })}
            <div class="search-filters">
                <SelectField name="specialty" label=text!("search-field-specialty") choices=specialty_choices value=query.specialty.unwrap_or_default()/>
                <SelectField name="city" label=text!("search-field-city") choices=city_choices value=query.city.unwrap_or_default()/>
                <SelectField name="mode" label=text!("search-field-mode") choices=mode_choices value=query.mode.map_or("", Mode::as_str)/>
                <TextField name="date" label=text!("search-field-date") kind="date" min=today.to_string()
                    value=query.date.map(|date| date.to_string()).unwrap_or_default()/>
            </div>
            <button class="button" data-variant="primary" type="submit">
                <Icon shape=Shape::Search/>
                {text!("search-button")}
            </button>
            {(!open).then(|| view! {
                <details class="search-more">
                    <summary>{more}</summary>
                    <div class="search-more-fields">
                        <div class="search-near">
                            <SelectField name="near" label=text!("search-field-near") choices=near_choices value=near/>
                            // The script shows it where the browser can tell its location.
                            <button class="button" data-variant="secondary" type="button" data-near="" hidden>
                                <Icon shape=Shape::Pin/>
                                {text!("search-use-my-location")}
                            </button>
                            <p class="search-near-note" role="status"></p>
                        </div>
                        <SelectField name="this_week" label=text!("search-field-week") choices=week_choices value=yes(query.this_week)/>
                        <SelectField name="evening" label=text!("search-field-time-of-day") choices=hour_choices value=yes(query.evening)/>
                        <SelectField name="language" label=text!("search-field-language") choices=language_choices value=query.language.unwrap_or_default()/>
                        <SelectField name="gender" label=text!("search-field-gender") choices=gender_choices value=query.gender.map_or("", Gender::as_str)/>
                        <SelectField name="rating_min" label=text!("search-field-rating") choices=rating_choices
                            value=query.rating_min_tenths.map(tenths).unwrap_or_default()/>
                        <TextField name="fee_max" label=text!("search-field-fee") kind="number" min="0" inputmode="numeric"
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
        Some(numbers) => {
            let count = numbers.get(choice).copied().unwrap_or(0);
            text!("search-choice-with-count", choice = name, count)
        }
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

fn gender_name(gender: Gender) -> String {
    match gender {
        Gender::Female => text!("search-gender-female"),
        Gender::Male => text!("search-gender-male"),
    }
}

/// `Free from 17:00`.
fn evening() -> String {
    let time = NaiveTime::from_hms_opt(17, 0, 0).unwrap_or_default();
    text!("search-filter-evening", time = i18n::clock(time))
}

/// What the script says about each number of suggestions, from none on.
fn suggestion_counts() -> String {
    let counts: Vec<String> =
        (0..=SUGGESTIONS_MAX).map(|count| text!("search-suggestions-count", count)).collect();
    json!(counts).to_string()
}

/// The names behind the slugs of a search.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub specialty: Option<String>,
    pub city: Option<String>,
    pub near: Option<NearName>,
}

/// What is searched near to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NearName {
    Visitor,
    City(String),
}

impl Names {
    /// Of a search that was read: what it names is there.
    pub fn of(query: &DoctorQuery, specialties: &[Specialty], cities: &[City]) -> Self {
        let city = |slug: &str| {
            let city = cities.iter().find(|one| one.slug == slug);
            city.map(|one| names::city(&one.slug, &one.name))
        };
        let specialty = query.specialty.as_ref();
        let specialty = specialty.and_then(|slug| specialties.iter().find(|one| one.slug == *slug));
        Self {
            specialty: specialty.map(|one| names::specialty(&one.slug, &one.name)),
            city: query.city.as_deref().and_then(city),
            near: match &query.near {
                None => None,
                Some(Near::Point(_)) => Some(NearName::Visitor),
                Some(Near::City(slug)) => city(slug.as_str()).map(NearName::City),
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

/// Stands for the quoted text while its sentence is made: a character that is in no text (Unicode private use).
const TYPED: &str = "\u{E100}";

impl Quoting {
    fn plain(text: impl Into<String>) -> Self {
        Self { before: text.into(), typed: None, after: String::new() }
    }

    /// `sentence` has [`TYPED`] in the place of what was typed.
    fn new(sentence: &str, typed: &str) -> Self {
        let (before, after) = sentence.split_once(TYPED).unwrap_or((sentence, ""));
        Self { before: before.into(), typed: Some(typed.to_owned()), after: after.into() }
    }

    /// As text only, for a title.
    pub fn text(&self) -> String {
        format!("{}{}{}", self.before, self.typed.as_deref().unwrap_or_default(), self.after)
    }

    pub fn view(self) -> impl IntoView {
        let typed = self.typed.map(|typed| view! { <bdi translate="no">{typed}</bdi> });
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
    let typed = query.text.as_deref();
    let typed = typed.map(|typed| Quoting::new(&text!("search-filter-text", typed = TYPED), typed));
    add(typed, |query| query.text = None);
    add(names.specialty.map(Quoting::plain), |query| query.specialty = None);
    add(names.city.map(Quoting::plain), |query| query.city = None);
    let mut add = |on: Option<String>, change| add(on.map(Quoting::plain), change);
    add(query.mode.map(visit::mode), |query| query.mode = None);
    let date = query.date.map(|date| text!("search-filter-date", date = i18n::date(date)));
    add(date, |query| query.date = None);
    let near = names.near.map(|near| match near {
        NearName::Visitor => text!("search-filter-near-you"),
        NearName::City(city) => text!("search-filter-near", city),
    });
    add(near, |query| query.near = None);
    let week = query.this_week.then(|| text!("search-filter-week"));
    add(week, |query| query.this_week = false);
    add(query.evening.then(evening), |query| query.evening = false);
    let language = query.language.as_deref().map(names::spoken_language);
    add(language.map(|language| text!("search-filter-language", language)), |query| {
        query.language = None;
    });
    let gender = query.gender.map(|gender| match gender {
        Gender::Female => text!("search-filter-female"),
        Gender::Male => text!("search-filter-male"),
    });
    add(gender, |query| query.gender = None);
    let rating = query.rating_min_tenths.map(messages::reviews::least);
    let rating = rating.map(|rating| text!("search-filter-rating", rating));
    add(rating, |query| query.rating_min_tenths = None);
    add(query.fee_max.map(|fee| text!("search-filter-fee", fee)), |query| query.fee_max = None);
    let several = filters.len() > 1;
    let items: Vec<_> = filters
        .into_iter()
        .map(|(said, href)| {
            view! {
                <li>
                    <a class="filter" href=href>
                        <span class="visually-hidden">{text!("search-filter-remove")}" "</span>
                        <span>{said.view()}</span>
                        <Icon shape=Shape::Cross/>
                    </a>
                </li>
            }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! {
            <ul class="filters" aria-label=text!("search-active-filters")>
                {items}
                {several.then(|| view! { <li><a class="filter-none" href=links::page("/doctors")>{text!("search-filters-clear")}</a></li> })}
            </ul>
        }
    })
}

/// `128 doctors for Cardiology in Panjim, by video`; without the number while thousands are being counted. Dates and
/// further filters are not in it.
pub fn count(total: Option<i64>, query: &DoctorQuery, names: &Names) -> Quoting {
    let doctors = match total {
        None => text!("search-doctors-many"),
        Some(count) => text!("search-doctors", count),
    };
    let (place, name) = match (&names.city, &names.near) {
        (Some(city), _) => ("city", city.as_str()),
        (None, Some(NearName::City(city))) => ("near", city.as_str()),
        (None, Some(NearName::Visitor)) => ("you", ""),
        (None, None) => ("none", ""),
    };
    let heading = match (&query.text, &names.specialty) {
        (None, None) => text!("search-heading", doctors, place, name),
        (None, Some(specialty)) => {
            text!("search-heading-specialty", doctors, place, name, specialty)
        }
        (Some(_), None) => text!("search-heading-text", doctors, place, name, typed = TYPED),
        (Some(_), Some(specialty)) => {
            text!("search-heading-text-specialty", doctors, place, name, specialty, typed = TYPED)
        }
    };
    let heading = match query.mode {
        None => heading,
        Some(Mode::InPerson) => text!("search-heading-in-person", heading),
        Some(Mode::Video) => text!("search-heading-video", heading),
    };
    match &query.text {
        None => Quoting::plain(heading),
        Some(typed) => Quoting::new(&heading, typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(total: Option<i64>, query: &DoctorQuery, names: &Names) -> String {
        count(total, query, names).text()
    }

    #[test]
    fn the_heading_says_what_was_searched_and_where() {
        let mut query = DoctorQuery::default();
        let mut names = Names::default();
        let doctors = |count: i64| text!("search-doctors", count);
        let near = |doctors: String, place: &str, name: &str| {
            text!("search-heading", doctors, place, name)
        };
        assert_eq!(heading(Some(0), &query, &names), near(doctors(0), "none", ""));
        let many = text!("search-doctors-many");
        assert_eq!(heading(None, &query, &names), near(many, "none", ""));
        names.near = Some(NearName::Visitor);
        assert_eq!(heading(Some(1), &query, &names), near(doctors(1), "you", ""));
        names.near = Some(NearName::City("Margao".into()));
        let found = heading(Some(1_200), &query, &names);
        assert_eq!(found, near(doctors(1_200), "near", "Margao"));
        assert!(found.contains("1,200") && found.contains("Margao"), "{found}");
        names.city = Some("Panjim".into());
        names.specialty = Some("Cardiology".into());
        let (doctors, place, name, specialty) = (doctors(12), "city", "Panjim", "Cardiology");
        let expected =
            text!("search-heading-specialty", doctors = &doctors, place, name, specialty);
        assert_eq!(heading(Some(12), &query, &names), expected);
        assert!(expected.contains(name) && expected.contains(specialty), "{expected}");
        query.text = Some("heart".into());
        query.mode = Some(Mode::Video);
        let found = count(Some(12), &query, &names);
        let typed = "heart";
        let expected =
            text!("search-heading-text-specialty", doctors, place, name, specialty, typed);
        let expected = text!("search-heading-video", heading = expected);
        assert_eq!(found.text(), expected);
        assert_eq!(expected.split_once(typed).map(|(before, _)| before), Some(&*found.before));
        assert_eq!(found.typed.as_deref(), Some("heart"));
    }

    #[test]
    fn every_number_of_suggestions_has_a_text() {
        let counts: Vec<String> =
            leptos::serde_json::from_str(&suggestion_counts()).expect("a list");
        assert_eq!(counts.len(), SUGGESTIONS_MAX + 1);
        assert_eq!(counts[..3], ["No suggestions", "1 suggestion", "2 suggestions"]);
    }
}
