//! A doctor's calendar: appointments and free times by day.
//!
//! Without the stylesheet it is a list of days, each with its hours and its
//! people in order. The stylesheet puts the same list on a grid, from the
//! minutes given as custom properties.

pub mod layout;

use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;
use nadi::appointment::State;
use nadi::local_time::{LocalTime, LocalTimes};
use nadi::ports::{BlockView, CalendarEntry};
use nadi::visit::Mode;
use nadi::zone::Zone;

use self::layout::{CalendarGrid, Day, Item, now_and_next};
use crate::i18n::{LocalTimeText as _, LocalTimesText as _};
use crate::links;
use crate::parts::visit;
use crate::ui::{Icon, Shape};

/// The days of a calendar on a time grid.
#[component]
pub fn DayGrid(
    sheet: CalendarGrid,
    zone: Zone,
    /// A single day has room for longer texts.
    #[prop(optional)]
    wide: bool,
    /// A preview: the days have no pages of their own.
    #[prop(optional)]
    planned: bool,
) -> impl IntoView {
    let (first, last) = (sheet.first_hour, sheet.last_hour);
    let style = format!(
        "--first:{};--minutes:{};--hour:{}.{:02}rem",
        first * 60,
        (last - first) * 60,
        sheet.hour_height / 100,
        sheet.hour_height % 100
    );
    let now = sheet.now;
    // The label of the current time replaces an hour's label that it would cover.
    let hours: Vec<_> = (first..last)
        .filter(|hour| now.is_none_or(|now| now.abs_diff(hour * 60) > 12))
        .map(
            |hour| view! { <li style=format!("--at:{}", hour * 60)>{format!("{hour:02}:00")}</li> },
        )
        .collect();
    let clock = now.map(|minute| {
        let text = format!("{:02}:{:02}", minute / 60, minute % 60);
        view! { <li class="now-clock" style=format!("--at:{minute}")>{text}</li> }
    });
    let days: Vec<_> = sheet
        .days
        .into_iter()
        .map(|day| {
            let now = now.filter(|_| day.today);
            let linked = !wide && !planned;
            view! { <DayColumn day=day zone=zone now=now linked=linked places=wide planned=planned/> }
        })
        .collect();
    view! {
        <div class="agenda-sheet" data-wide=wide.then_some("") style=style>
            <ol class="agenda-sheet-hours" aria-hidden="true">{hours} {clock}</ol>
            <div class="agenda-sheet-days">{days}</div>
        </div>
    }
}

/// The days as a list.
#[component]
pub fn DayList(sheet: CalendarGrid, zone: Zone) -> impl IntoView {
    let days: Vec<_> = sheet
        .days
        .into_iter()
        .filter(|day| !day.is_off())
        .map(|day| view! { <DayColumn day=day zone=zone now=None linked=true places=true planned=false/> })
        .collect();
    view! { <div class="agenda-list">{days}</div> }
}

/// The address of one day, in its own view.
pub fn day_href(date: NaiveDate) -> String {
    links::Query::new().with("view", "day").with("date", &date.to_string()).on("/calendar")
}

/// The id of a day on its page, to jump to.
pub fn day_id(date: NaiveDate) -> String {
    format!("day-{date}")
}

#[component]
fn DayColumn(
    day: Day,
    zone: Zone,
    now: Option<u16>,
    /// The heading leads to the day's own view.
    linked: bool,
    /// There is room to say where each appointment is.
    places: bool,
    planned: bool,
) -> impl IntoView {
    let id = day_id(day.date);
    let heading = format!("{id}-heading");
    let (weekday, date) = (day.date.format("%a").to_string(), day.date.format("%-d").to_string());
    let month = day.date.format(" %b").to_string();
    let name = view! {
        {weekday}
        " "
        {date}
        <span class="agenda-month">{month}</span>
    };
    let name = if linked {
        view! { <a href=day_href(day.date)>{name}</a> }.into_any()
    } else {
        name.into_any()
    };
    let summary = summary(&day);
    let day_places = day_places(&day);
    let off = day.is_off();
    let blocks: Vec<_> = day
        .blocks
        .iter()
        .map(|(span, block)| {
            let style = format!("--at:{};--for:{}", span.at, span.minutes);
            view! { <li class="agenda-block" style=style><span>{block_words(block, zone)}</span></li> }
        })
        .collect();
    let items: Vec<_> = day
        .items
        .iter()
        .map(|item| view! { <EntryItem item=item.clone() zone=zone date=day.date place=places planned=planned/> })
        .collect();
    view! {
        <section
            class="agenda-day"
            id=id
            aria-labelledby=heading
            data-today=day.today.then_some("")
            data-past=day.past.then_some("")
            data-off=off.then_some("")
        >
            <header class="agenda-head">
                <h3 id=heading.clone()>
                    {name}
                    {day.today.then(|| view! { " " <span class="agenda-today">"Today"</span> })}
                </h3>
                <p class="agenda-summary" title=summary.clone()>{summary.clone()}</p>
                {day_places.map(|places| view! { <p class="agenda-places" aria-hidden="true" title=places.clone()>{places.clone()}</p> })}
            </header>
            <div class="agenda-body">
                {(!blocks.is_empty()).then(|| view! { <ul class="agenda-blocks" aria-label="Hours">{blocks}</ul> })}
                {(!items.is_empty()).then(|| view! { <ol class="agenda-entries" aria-label="Appointments">{items}</ol> })}
                {now.map(|minute| view! { <div class="now-line" style=format!("--at:{minute}")></div> })}
            </div>
        </section>
    }
}

/// `9 booked, 4 free`; `No hours` on a day off.
fn summary(day: &Day) -> String {
    if day.is_off() {
        return "No hours".into();
    }
    match (day.booked, day.free) {
        (0, 0) => "Nobody booked".into(),
        (booked, 0) => format!("{booked} booked"),
        (0, free) => format!("{free} free"),
        (booked, free) => format!("{booked} booked, {free} free"),
    }
}

/// Where one is that day: `Panjim Clinic, video visits`. Said again with each stretch of hours.
fn day_places(day: &Day) -> Option<String> {
    let mut places: Vec<&str> = Vec::new();
    for (_, block) in &day.blocks {
        if !places.contains(&place(block)) {
            places.push(place(block));
        }
    }
    (!places.is_empty()).then(|| places.join(", "))
}

fn place(block: &BlockView) -> &str {
    match block.mode {
        Mode::InPerson => &block.location_name,
        Mode::Video => "video visits",
    }
}

/// `09:00–12:30, Panjim Clinic, 4 of 10 free`.
fn block_words(block: &BlockView, zone: Zone) -> String {
    let place = place(block);
    let times = LocalTimes::new(block.starts_at, block.ends_at, zone).clock();
    let there = at_place(block.starts_at, block.ends_at, (block.zone, zone));
    let there = there.map(|times| format!(" ({times})")).unwrap_or_default();
    format!("{times}{there}, {place}, {} of {} free", block.seats_free, block.seats)
}

/// `20:00–20:20, Auckland time`: what the clock says at a place (the first zone) in a calendar of another zone,
/// where it says something else.
fn at_place(
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    (place, calendar): (Zone, Zone),
) -> Option<String> {
    let times = LocalTimes::new(starts_at, ends_at, place);
    (!times.is_same_in(calendar)).then(|| times.clock_at_place())
}

/// `Consultation, video visit, confirmed`.
fn entry_words(entry: &CalendarEntry, zone: Zone) -> String {
    let mut words = vec![entry.visit_type.clone()];
    if entry.mode == Mode::Video {
        words.push(visit::mode(Mode::Video).to_lowercase());
    }
    words.push(visit::state(entry.state).0.to_lowercase());
    words.extend(at_place(entry.starts_at, entry.ends_at, (entry.zone, zone)));
    words.join(", ")
}

#[component]
fn EntryItem(
    item: Item,
    zone: Zone,
    date: NaiveDate,
    /// There is room to say where.
    place: bool,
    planned: bool,
) -> impl IntoView {
    let style = format!(
        "--at:{};--for:{};--lane:{};--lanes:{}",
        item.span.at, item.span.minutes, item.lane, item.lanes
    );
    let stage = item.stage.as_str();
    match item.entries.as_slice() {
        [entry] => {
            let held = entry.state == State::Pending;
            let state = entry.state.as_str();
            let words = entry_words(entry, zone);
            let times = LocalTimes::new(entry.starts_at, entry.ends_at, zone);
            let whole = format!(
                "{} {}, {words}, {}",
                times.clock(),
                entry.person_name,
                entry.location_name
            );
            view! {
                <li class="agenda-entry" style=style>
                    <a href=links::appointment(&entry.id.to_string()) data-state=state data-stage=stage title=whole>
                        <span class="entry-who">
                            <time>{times.starts().clock()}</time>
                            " "
                            <strong>{entry.person_name.clone()}</strong>
                        </span>
                        <span class="visually-hidden">", "</span>
                        <span class="entry-what">
                            {held.then(|| view! { <Icon shape=Shape::Clock/> })}
                            {(entry.mode == Mode::Video).then(|| view! { <Icon shape=Shape::Video/> })}
                            {words}
                            {(place && entry.mode == Mode::InPerson).then(|| format!(", {}", entry.location_name))}
                        </span>
                    </a>
                </li>
            }
            .into_any()
        }
        entries => {
            // Many people at one time: one entry that links to the list of all of them.
            let time = entries.first().map(|entry| LocalTime::new(entry.starts_at, zone).clock());
            let names: Vec<_> = entries.iter().map(|entry| entry.person_name.clone()).collect();
            let count = format!("{} people", names.len());
            let href = format!("{}#{}", list_href(date), day_id(date));
            let href = (!planned).then_some(href);
            view! {
                <li class="agenda-entry" style=style>
                    <a href=href data-state="many" data-stage=stage title=names.join(", ")>
                        <span class="entry-who"><time>{time}</time>" "<strong>{count}</strong></span>
                        <span class="visually-hidden">", "</span>
                        <span class="entry-what">{names.join(", ")}</span>
                    </a>
                </li>
            }
            .into_any()
        }
    }
}

/// The address of the list that starts on a date.
pub fn list_href(date: NaiveDate) -> String {
    links::Query::new().with("view", "list").with("date", &date.to_string()).on("/calendar")
}

/// Who is here and who is next, in one line each: the first thing one sees.
#[component]
pub fn NextUp(
    entries: Vec<CalendarEntry>,
    zone: Zone,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> impl IntoView {
    let (current, next) = now_and_next(&entries, now);
    let line = |word: &'static str, found: &[&CalendarEntry]| {
        let first = found.first()?;
        let starts = LocalTime::new(first.starts_at, zone);
        let date = starts.date();
        let day = match (date - today).num_days() {
            0 => None,
            1 => Some("tomorrow".to_owned()),
            _ => Some(date.format("%a %-d %b").to_string()),
        };
        let others = match found.len() {
            0 | 1 => None,
            2 => Some(" and one more".to_owned()),
            many => Some(format!(" and {} more", many - 1)),
        };
        let ends = LocalTime::new(first.ends_at, zone);
        let until = (word == "Now").then(|| format!("until {}", ends.clock()));
        let href = links::appointment(&first.id.to_string());
        let detail = match first.mode {
            Mode::Video => format!("{}, video visit", first.visit_type),
            Mode::InPerson => first.visit_type.clone(),
        };
        Some(view! {
            <p class="next-up-line" data-when=word.to_lowercase()>
                <span class="next-up-word">{word}": "</span>
                <a href=href>
                    {day.map(|day| view! { <span class="next-up-day">{day}</span> " " })}
                    <time>{starts.clock()}</time>
                    " "
                    <strong>{first.person_name.clone()}</strong>
                </a>
                <span class="next-up-detail">", " {detail} {others} {until.map(|until| format!(", {until}"))}</span>
            </p>
        })
    };
    let (current, next) = (line("Now", &current), line("Next", &next));
    let nobody = next.is_none().then(|| {
        view! { <p class="next-up-line"><span class="next-up-word">"Next: "</span>"nobody in the coming seven days"</p> }
    });
    view! { <section class="next-up" aria-label="Who is next">{current} {next} {nobody}</section> }
}
