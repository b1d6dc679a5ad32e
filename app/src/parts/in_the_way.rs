//! Appointments outside of a doctor's hours: kept until someone decides.

use leptos::prelude::*;
use nadi::ports::CalendarEntry;
use nadi::wall;
use nadi::zone::Zone;

use crate::links;
use crate::ui::{Notice, Tone};
use crate::words;

/// So many are listed; the others are counted.
const SHOWN: usize = 50;

/// Who is booked outside of the hours, each a link to decide at. Nothing when nobody is.
#[component]
pub fn InTheWay(entries: Vec<CalendarEntry>, zone: Zone) -> impl IntoView {
    let number = entries.len();
    let more = number.saturating_sub(SHOWN);
    let rows: Vec<_> = entries
        .into_iter()
        .take(SHOWN)
        .map(|entry| {
            let date = wall::date(wall::local_date(entry.starts_at, zone));
            let times = wall::time_range(entry.starts_at, entry.ends_at, zone);
            view! {
                <li>
                    <a href=links::appointment(&entry.id.to_string())>
                        <time>{format!("{date}, {times}")}</time>
                        ", "
                        <strong>{entry.person_name}</strong>
                    </a>
                    <span class="muted">{format!(", {}", entry.visit_type)}</span>
                </li>
            }
        })
        .collect();
    (number > 0).then(|| {
        let text = words::schedules::in_the_way(u64::try_from(number).unwrap_or(u64::MAX));
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
