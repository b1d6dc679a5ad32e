//! Appointments outside of a doctor's hours, which stay until someone reschedules or cancels them.

use leptos::prelude::*;
use nadi::local_time::LocalTimes;
use nadi::ports::CalendarEntry;
use nadi::zone::Zone;

use crate::i18n::{LocalTimesText as _, rich_text, text};
use crate::links;
use crate::messages;
use crate::parts::visit;
use crate::ui::{Alert, Tone};

/// How many are listed; the rest is only counted.
const SHOWN: usize = 50;

/// The appointments outside of the hours, each a link to its page. Nothing when there are none.
#[component]
pub fn Conflicts(
    entries: Vec<CalendarEntry>,
    /// The zone of the doctor's main place. Times in other zones name theirs.
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
            let when = view! { <time>{when}</time> };
            let person = view! { <strong>{visit::person(&entry.person_name)}</strong> };
            let kind = view! { <span class="muted">{visit::name(&entry.visit_type)}</span> };
            view! {
                <li>
                    <a href=links::appointment(&entry.id.to_string())>
                        {rich_text!("conflicts-appointment", when, person, kind)}
                    </a>
                </li>
            }
        })
        .collect();
    (number > 0).then(|| {
        let text = messages::schedules::conflicts(u64::try_from(number).unwrap_or(u64::MAX));
        view! {
            <section id="in-the-way" class="in-the-way" aria-labelledby="in-the-way-title">
                <Alert tone=Tone::Waiting>
                    <h2 id="in-the-way-title">{text!("conflicts-title")}</h2>
                    <p>{text}</p>
                    <ul class="in-the-way-list">{rows}</ul>
                    {(more > 0).then(|| view! { <p>{text!("conflicts-more", count = more)}</p> })}
                </Alert>
            </section>
        }
    })
}
