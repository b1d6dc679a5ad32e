//! A doctor's calendar: appointments and free times by day.
//!
//! Without the stylesheet it is a list of days, each with its hours and its
//! people in order. The stylesheet puts the same list on a grid, by the times
//! in data attributes: the Content-Security-Policy allows no styles in a page.

pub mod layout;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc};
use leptos::prelude::*;
use nadi::appointment::State;
use nadi::local_time::{LocalTime, LocalTimes};
use nadi::ports::{BlockView, CalendarEntry};
use nadi::visit::Mode;
use nadi::zone::Zone;

use self::layout::{CalendarGrid, Day, Item, now_and_next};
use crate::i18n::{self, LocalTimeText as _, LocalTimesText as _, rich_text, text};
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
    let now = sheet.now;
    // The label of the current time replaces an hour's label that it would cover.
    let hours: Vec<_> = (first..last)
        .filter(|hour| now.is_none_or(|now| now.abs_diff(hour * 60) > 12))
        .map(|hour| view! { <li data-at=time(hour * 60)>{wall_clock(hour * 60)}</li> })
        .collect();
    let clock = now.map(|minute| {
        view! { <li class="now-clock" data-at=time(minute)>{wall_clock(minute)}</li> }
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
        <div
            class="agenda-sheet"
            data-wide=wide.then_some("")
            data-at=time(first * 60)
            data-lasts=time((last - first) * 60)
            data-hour-height=sheet.hour_height
        >
            <ol class="agenda-sheet-hours" aria-hidden="true">{hours} {clock}</ol>
            <div class="agenda-sheet-days">{days}</div>
        </div>
    }
}

/// Minutes as the stylesheet reads them, for which `server/build.rs` writes the rules: `09:05`.
fn time(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// What the clock says, so many minutes after midnight.
fn wall_clock(minute: u16) -> String {
    let (hour, minute) = (u32::from(minute / 60), u32::from(minute % 60));
    i18n::clock(NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default())
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
    let query = links::Query::new().with("view", "day").with("date", &date.to_string());
    query.on(&links::page("/calendar"))
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
    let name = rich_text!(
        "doctor-calendar-day",
        weekday = i18n::short_weekday(day.date.weekday()),
        day = i18n::day_number(day.date),
        month = view! { <span class="agenda-month">{i18n::short_month(day.date)}</span> },
    );
    let name =
        if linked { view! { <a href=day_href(day.date)>{name}</a> }.into_any() } else { name };
    let summary = summary(&day);
    let off = day.is_off();
    let blocks: Vec<_> = day
        .blocks
        .iter()
        .map(|(span, block)| {
            let (at, lasts) = (time(span.at), time(span.minutes));
            view! { <li class="agenda-block" data-at=at data-lasts=lasts><span>{block_line(block, zone)}</span></li> }
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
                    {day.today.then(|| view! { " " <span class="agenda-today">{text!("doctor-calendar-today")}</span> })}
                </h3>
                <p class="agenda-summary" title=summary.clone()>{summary.clone()}</p>
                {day_places(&day)}
            </header>
            <div class="agenda-body">
                {(!blocks.is_empty()).then(|| view! { <ul class="agenda-blocks" aria-label=text!("doctor-calendar-hours")>{blocks}</ul> })}
                {(!items.is_empty()).then(|| view! { <ol class="agenda-entries" aria-label=text!("doctor-calendar-entries")>{items}</ol> })}
                {now.map(|minute| view! { <div class="now-line" data-at=time(minute)></div> })}
            </div>
        </section>
    }
}

/// `9 booked, 4 free`; `No hours` on a day off.
fn summary(day: &Day) -> String {
    if day.is_off() {
        return text!("doctor-calendar-day-off");
    }
    match (day.booked, day.free) {
        (0, 0) => text!("doctor-calendar-day-empty"),
        (booked, 0) => text!("doctor-calendar-day-booked", booked),
        (0, free) => text!("doctor-calendar-day-free", free),
        (booked, free) => text!("doctor-calendar-day-booked-and-free", booked, free),
    }
}

/// Where one is that day: `Panjim Clinic, video appointments`. Each stretch of hours says it again.
fn day_places(day: &Day) -> Option<AnyView> {
    let is_video = |block: &BlockView| block.mode == Mode::Video;
    let mut names: Vec<&str> = Vec::new();
    for (_, block) in day.blocks.iter().filter(|(_, block)| !is_video(block)) {
        if !names.contains(&block.location_name.as_str()) {
            names.push(&block.location_name);
        }
    }
    let video = day.blocks.iter().any(|(_, block)| is_video(block));
    let places = i18n::and(&names);
    let shown = || view! { <span translate="no">{places.clone()}</span> };
    let (title, line) = match (names.is_empty(), video) {
        (true, false) => return None,
        (true, true) => {
            let text = text!("doctor-calendar-day-video");
            (text.clone(), text.into_any())
        }
        (false, false) => (places.clone(), shown().into_any()),
        (false, true) => (
            text!("doctor-calendar-day-places-and-video", places = places.as_str()),
            rich_text!("doctor-calendar-day-places-and-video", places = shown()),
        ),
    };
    Some(view! { <p class="agenda-places" aria-hidden="true" title=title>{line}</p> }.into_any())
}

/// `09:00–12:30, Panjim Clinic, 4 of 10 free`.
fn block_line(block: &BlockView, zone: Zone) -> AnyView {
    let times = LocalTimes::new(block.starts_at, block.ends_at, zone).clock();
    let times = match at_place(block.starts_at, block.ends_at, (block.zone, zone)) {
        Some(there) => text!("doctor-calendar-times-elsewhere", times, there),
        None => times,
    };
    let free = text!("doctor-calendar-hours-free", free = block.seats_free, places = block.seats);
    match block.mode {
        Mode::Video => text!("doctor-calendar-hours-video", times, free).into_any(),
        Mode::InPerson => rich_text!(
            "doctor-calendar-hours-at",
            times,
            place = view! { <span translate="no">{block.location_name.clone()}</span> },
            free,
        ),
    }
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

/// A state as it is in the middle of a line.
fn state_word(state: State) -> String {
    match state {
        State::Pending => text!("doctor-calendar-state-held"),
        State::Confirmed => text!("doctor-calendar-state-confirmed"),
        State::CheckedIn => text!("doctor-calendar-state-checked-in"),
        State::Completed => text!("doctor-calendar-state-completed"),
        State::Cancelled => text!("doctor-calendar-state-cancelled"),
        State::Expired => text!("doctor-calendar-state-expired"),
        State::NoShow => text!("doctor-calendar-state-no-show"),
    }
}

/// `Consultation, video appointment, confirmed`.
fn entry_words(entry: &CalendarEntry, zone: Zone) -> String {
    let (state, kind) = (state_word(entry.state), &entry.visit_type);
    let words = match entry.mode {
        Mode::InPerson => text!("doctor-calendar-entry", kind, state),
        Mode::Video => text!("doctor-calendar-entry-video", kind, state),
    };
    match at_place(entry.starts_at, entry.ends_at, (entry.zone, zone)) {
        Some(there) => text!("doctor-calendar-entry-elsewhere", entry = words, there),
        None => words,
    }
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
    let (at, lasts) = (time(item.span.at), time(item.span.minutes));
    let (lane, lanes) = (item.lane, item.lanes);
    let stage = item.stage.as_str();
    match item.entries.as_slice() {
        [entry] => {
            let held = entry.state == State::Pending;
            let state = entry.state.as_str();
            let words = entry_words(entry, zone);
            let times = LocalTimes::new(entry.starts_at, entry.ends_at, zone);
            let whole = text!(
                "doctor-calendar-entry-whole",
                times = times.clock(),
                name = visit::person_text(&entry.person_name),
                entry = &words,
                location = &entry.location_name,
            );
            let words = match place && entry.mode == Mode::InPerson {
                false => words.into_any(),
                true => rich_text!(
                    "doctor-calendar-entry-at",
                    entry = words,
                    location = view! { <span translate="no">{entry.location_name.clone()}</span> },
                ),
            };
            view! {
                <li class="agenda-entry" data-at=at data-lasts=lasts data-lane=lane data-lanes=lanes>
                    <a href=links::appointment(&entry.id.to_string()) data-state=state data-stage=stage title=whole>
                        <span class="entry-who">
                            <time>{times.starts().clock()}</time>
                            " "
                            <strong>{visit::person(&entry.person_name)}</strong>
                        </span>
                        <span class="visually-hidden">", "</span>
                        <span class="entry-what">
                            {held.then(|| view! { <Icon shape=Shape::Clock/> })}
                            {(entry.mode == Mode::Video).then(|| view! { <Icon shape=Shape::Video/> })}
                            {words}
                        </span>
                    </a>
                </li>
            }
            .into_any()
        }
        entries => {
            // Many people at one time: one entry that links to the list of all of them.
            let time = entries.first().map(|entry| LocalTime::new(entry.starts_at, zone).clock());
            let names: Vec<_> =
                entries.iter().map(|entry| visit::person_text(&entry.person_name)).collect();
            let count = text!("doctor-calendar-people", count = names.len());
            let names = i18n::and(&names);
            let title = names.clone();
            let href = format!("{}#{}", list_href(date), day_id(date));
            let href = (!planned).then_some(href);
            view! {
                <li class="agenda-entry" data-at=at data-lasts=lasts data-lane=lane data-lanes=lanes>
                    <a href=href data-state="many" data-stage=stage title=title>
                        <span class="entry-who"><time>{time}</time>" "<strong>{count}</strong></span>
                        <span class="visually-hidden">", "</span>
                        <span class="entry-what" translate="no">{names}</span>
                    </a>
                </li>
            }
            .into_any()
        }
    }
}

/// The address of the list that starts on a date.
pub fn list_href(date: NaiveDate) -> String {
    let query = links::Query::new().with("view", "list").with("date", &date.to_string());
    query.on(&links::page("/calendar"))
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
    // `word` is where the line is styled by, `heading` what it begins with.
    let line = |word: &'static str, heading: String, found: &[&CalendarEntry]| {
        let first = found.first()?;
        let starts = LocalTime::new(first.starts_at, zone);
        let date = starts.date();
        let time = view! { <time>{starts.clock()}</time> };
        let when = match (date - today).num_days() {
            0 => time.into_any(),
            1 => rich_text!("doctor-calendar-next-tomorrow", time),
            _ => rich_text!("date-and-time", date = i18n::short_date(date), time),
        };
        let kind = match first.mode {
            Mode::Video => text!("doctor-calendar-next-up-video", kind = &first.visit_type),
            Mode::InPerson => first.visit_type.clone(),
        };
        let others = found.len().saturating_sub(1);
        let detail = match word {
            "now" => {
                let end = LocalTime::new(first.ends_at, zone).clock();
                text!("doctor-calendar-now-detail", others, kind, end)
            }
            _ => text!("doctor-calendar-next-detail", others, kind),
        };
        let href = links::appointment(&first.id.to_string());
        let line = rich_text!(
            "doctor-calendar-next-up-line",
            heading = view! { <span class="next-up-word">{heading}</span> },
            appointment = view! {
                <a href=href>
                    {when}
                    " "
                    <strong>{visit::person(&first.person_name)}</strong>
                </a>
            },
            detail = view! { <span class="next-up-detail">{detail}</span> },
        );
        Some(view! { <p class="next-up-line" data-when=word>{line}</p> })
    };
    let nobody = next.is_empty().then(|| {
        view! { <p class="next-up-line">{text!("doctor-calendar-next-nobody")}</p> }
    });
    let current = line("now", text!("doctor-calendar-now"), &current);
    let next = line("next", text!("doctor-calendar-next"), &next);
    view! {
        <section class="next-up" aria-label=text!("doctor-calendar-next-up")>{current} {next} {nobody}</section>
    }
}
