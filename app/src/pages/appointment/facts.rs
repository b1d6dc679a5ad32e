//! What an appointment is, and what happened to it.

use leptos::prelude::*;
use nadi::local_time::LocalTime;
use nadi::ports::AppointmentView;
use nadi::visit::Mode;

use crate::i18n::{LocalTimeText as _, date, names, text, zones_of};
use crate::links;
use crate::messages;
use crate::parts::visit;
use crate::ui::{Fact, Facts};

/// The head of a page: its title, and a line with more about it.
#[component]
pub fn Head(title: AnyView, lead: AnyView) -> impl IntoView {
    view! {
        <header class="page-head">
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
        </header>
    }
}

/// The facts of a visit.
#[component]
pub fn VisitFacts(visit: AppointmentView) -> impl IntoView {
    let place = match visit.mode {
        Mode::Video => text!("appointment-video").into_any(),
        Mode::InPerson => {
            let address = messages::place::address(&visit.location_address, &visit.city);
            view! {
                {visit::name(&visit.location_name)}
                <br/>
                <span class="muted">{visit::name(&address)}</span>
            }
            .into_any()
        }
    };
    let zone = visit::zone(&visit).map(|zone| {
        view! {
            <br/>
            <span class="muted">{zone}</span>
        }
    });
    // A visitor has not said yet whom a hold is for.
    let person = (!visit.person_name.is_empty()).then(|| {
        let person = visit::name(&visit.person_name);
        view! { <Fact name=text!("appointment-fact-person")>{person}</Fact> }
    });
    let kind = visit::name(&visit.visit_type_name);
    let (date, times, own) = (visit::date(&visit), visit::times(&visit), visit::own_time(&visit));
    let doctor_name = visit::name(&visit.doctor_name);
    let fee = crate::i18n::fee(visit.fee.minor_units, &visit.fee.currency);
    let doctor = links::doctor(visit.doctor_slug.as_str());
    view! {
        <Facts>
            <Fact name=text!("appointment-fact-date")><time>{date}</time></Fact>
            <Fact name=text!("appointment-fact-time")>
                <time>{times}</time>
                {zone}
                {own}
            </Fact>
            <Fact name=text!("appointment-fact-doctor")>
                <a href=doctor>{doctor_name}</a>
                <br/>
                <span class="muted">{names::specialty_named(&visit.specialty)}</span>
            </Fact>
            <Fact name=text!("appointment-fact-location")>{place}</Fact>
            {person}
            <Fact name=text!("appointment-fact-kind")>{kind}</Fact>
            <Fact name=text!("appointment-fact-fee")><span class="number">{fee}</span></Fact>
            <Fact name=text!("appointment-fact-reference")>
                <span class="reference" translate="no">{visit.reference}</span>
            </Fact>
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
            let happened = messages::visit::happened(
                entry.event,
                entry.by,
                visit.seen_as,
                before.as_deref(),
                entry.undone,
            );
            let at = LocalTime::new(entry.at, visit.zone);
            // The zone is named once, below the list.
            let at = text!("date-and-time", date = date(at.date()), time = at.clock());
            view! {
                <li>
                    <time>{at}</time>
                    <span>{happened}</span>
                </li>
            }
        })
        .collect();
    let times = visit.history.iter().map(|entry| LocalTime::new(entry.at, visit.zone));
    let zone = text!("history-zone", zone = zones_of(times));
    (!entries.is_empty()).then(|| {
        view! {
            <section class="history no-print" aria-labelledby="history">
                <h2 id="history">{text!("history-title")}</h2>
                <ol class="history-list">{entries}</ol>
                <p class="history-zone">{zone}</p>
            </section>
        }
    })
}
