//! The clinic's actions on the day of the visit: check in, complete, no-show.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::actor::ActingRole;
use nadi::appointment::{Command, State};
use nadi::formatting;
use nadi::ports::AppointmentView;

use crate::fns::booking::{CheckIn, Complete, NoShow, Reopen};
use crate::i18n::text;
use crate::links::{self, Query};
use crate::parts::form::FormKey;
use crate::ui::{Button, ButtonLink, HiddenField, Variant};

/// A button for each action that is allowed now; none for patients.
#[component]
pub fn ClinicActions(visit: AppointmentView) -> impl IntoView {
    let undo = match visit.state {
        State::CheckedIn => text!("clinic-undo-check-in-button"),
        State::NoShow => text!("clinic-undo-no-show-button"),
        _ => text!("clinic-undo-complete-button"),
    };
    let offered = [
        (Command::CheckIn, CheckIn::PATH, text!("clinic-check-in-button")),
        (Command::Complete, Complete::PATH, text!("clinic-complete-button")),
        (Command::MarkNoShow, NoShow::PATH, text!("clinic-no-show-button")),
        (Command::Reopen, Reopen::PATH, undo),
    ];
    let forms: Vec<_> = offered
        .into_iter()
        .filter(|(command, ..)| visit.open_to.contains(command))
        .enumerate()
        .map(|(place, (command, path, text))| {
            // The most likely next step is the primary button.
            let next = place == 0 && command != Command::Reopen;
            let variant = if next { Variant::Primary } else { Variant::Secondary };
            view! {
                <form method="post" action=links::page(path)>
                    <FormKey/>
                    <HiddenField name="id" value=visit.id.to_string()/>
                    <HiddenField name="version" value=visit.version.to_string()/>
                    <Button variant=variant>{text}</Button>
                </form>
            }
        })
        .collect();
    (!forms.is_empty()).then(|| {
        view! { <div class="clinic-actions no-print" role="group" aria-label=text!("clinic-actions")>{forms}</div> }
    })
}

/// The link back to the list of appointments, or to the day in the calendar.
#[component]
pub fn WayBack(visit: AppointmentView) -> impl IntoView {
    let date = formatting::local_date(visit.starts_at, visit.zone).to_string();
    let link = match visit.seen_as {
        ActingRole::Patient => {
            Some((links::page("/appointments"), text!("clinic-back-to-appointments")))
        }
        ActingRole::Doctor => {
            let day = Query::new().with("view", "day").with("date", &date);
            Some((day.on(&links::page("/calendar")), text!("clinic-back-to-calendar")))
        }
        ActingRole::Receptionist | ActingRole::Administrator => {
            let date = formatting::local_date(visit.starts_at, visit.zone);
            let href = links::clinic_appointments(&visit.clinic_id.to_string(), Some(date));
            Some((href, text!("clinic-back-to-day")))
        }
        ActingRole::System => None,
    };
    link.map(|(href, text)| {
        view! {
            <p class="actions">
                <ButtonLink href=href variant=Variant::Secondary>{text}</ButtonLink>
            </p>
        }
    })
}
