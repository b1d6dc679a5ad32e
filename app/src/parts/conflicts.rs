//! Appointments outside of a doctor's hours: kept until someone decides.

use leptos::prelude::*;
use nadi::local_time::LocalTimes;
use nadi::ports::CalendarEntry;
use nadi::zone::Zone;

use crate::links;
use crate::messages;
use crate::ui::{Notice, Tone};

/// So many are listed; the others are counted.
const SHOWN: usize = 50;

/// Who is booked outside of the hours, each a link to decide at. Nothing when nobody is.
#[component]
pub fn Conflicts(
    entries: Vec<CalendarEntry>,
    /// That of the doctor's main place. Times at places of another one say so.
    zone: Zone,
) -> impl IntoView {
    let number = entries.len();
    let mixed = entries.iter().any(|entry| entry.zone != zone);
    let more = number.saturating_sub(SHOWN);
    let rows: Vec<_> = entries
        .into_iter()
        .take(SHOWN)
        .map(|entry| {
            let times = LocalTimes::new(entry.starts_at, entry.ends_at, entry.zone);
            let when = if mixed { times.in_full() } else { times.moment() };
            view! {
                <li>
                    <a href=links::appointment(&entry.id.to_string())>
                        <time>{when}</time>
                        ", "
                        <strong>{entry.person_name}</strong>
                    </a>
                    <span class="muted">{format!(", {}", entry.visit_type)}</span>
                </li>
            }
        })
        .collect();
    (number > 0).then(|| {
        let text = messages::schedules::conflicts(u64::try_from(number).unwrap_or(u64::MAX));
        view! {
            <section id="in-the-way" class="in-the-way" aria-labelledby="in-the-way-title">
                <Notice tone=Tone::Waiting>
                    <h2 id="in-the-way-title">"Booked outside the hours"</h2>
                    <p>{text}</p>
                    <ul class="in-the-way-list">{rows}</ul>
                    {(more > 0).then(|| view! { <p>{format!("And {more} more.")}</p> })}
                </Notice>
            </section>
        }
    })
}
