//! What an appointment is, and what happened to it.

use crate::i18n::LocalTimeText as _;
use crate::i18n::zones_of;
use leptos::prelude::*;
use nadi::local_time::LocalTime;
use nadi::ports::AppointmentView;
use nadi::visit::Mode;

use crate::links;
use crate::messages;
use crate::parts::visit;
use crate::ui::{Fact, Facts};

/// The facts of a visit.
#[component]
pub fn VisitFacts(visit: AppointmentView) -> impl IntoView {
    let video = visit.mode == Mode::Video;
    let place = if video { "Video visit".to_owned() } else { visit.location_name.clone() };
    let address = (!video).then(|| {
        let address = messages::place::address(&visit.location_address, &visit.city);
        view! {
            <br/>
            <span class="muted">{address}</span>
        }
    });
    let (date, times, zone) = (visit::date(&visit), visit::times(&visit), visit::zone(&visit));
    let own = visit::own_time(&visit);
    let fee = crate::i18n::fee(visit.fee.minor_units, &visit.fee.currency);
    let doctor = links::doctor(visit.doctor_slug.as_str());
    view! {
        <Facts>
            <Fact name="Date"><time>{date}</time></Fact>
            <Fact name="Time">
                <time>{times}</time>
                <br/>
                <span class="muted">{zone}</span>
                {own}
            </Fact>
            <Fact name="Doctor">
                <a href=doctor>{visit.doctor_name}</a>
                <br/>
                <span class="muted">{visit.specialty}</span>
            </Fact>
            <Fact name="Place">{place} {address}</Fact>
            <Fact name="For">{visit.person_name}</Fact>
            <Fact name="Visit">{visit.visit_type_name}</Fact>
            <Fact name="Fee"><span class="number">{fee}</span></Fact>
            <Fact name="Reference"><span class="reference">{visit.reference}</span></Fact>
        </Facts>
    }
}

/// Everything that happened, oldest first.
#[component]
pub fn History(visit: AppointmentView) -> impl IntoView {
    let entries: Vec<_> = visit
        .history
        .iter()
        .map(|entry| {
            let before = entry.moved_from.map(|before| before.in_full());
            let text = messages::visit::happened(
                entry.event,
                entry.by,
                visit.seen_as,
                &visit.person_name,
                before.as_deref(),
                entry.undone,
            );
            view! {
                <li>
                    <time>{LocalTime::new(entry.at, visit.zone).moment()}</time>
                    <span>{text}</span>
                </li>
            }
        })
        .collect();
    let times = visit.history.iter().map(|entry| LocalTime::new(entry.at, visit.zone));
    let zone = format!("Times are in {}.", zones_of(times));
    (!entries.is_empty()).then(|| {
        view! {
            <section class="history no-print" aria-labelledby="history">
                <h2 id="history">"What happened"</h2>
                <ol class="history-list">{entries}</ol>
                <p class="history-zone">{zone}</p>
            </section>
        }
    })
}
