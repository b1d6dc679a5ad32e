//! The places where the clinics receive people.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::ports::ShiftedVisit;

use super::doctors::{AdminTab, admin_tabs};
use crate::context;
use crate::links::{self, Query};
use crate::parts::address::Address;
use crate::parts::response;
use crate::ui::{Alert, ButtonLink, Empty, PageHead, Pagination, TableFrame, Tone};

#[component]
pub fn Locations() -> impl IntoView {
    let mut address = Address::default();
    let page = address.page();
    response::page(locations(page, address))
}

async fn locations(page: u32, address: Address) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let found = ports.administration.locations(&caller, None, page).await?;
    let clinics = ports.administration.clinics(&caller).await?;
    let rules = ports.administration.zone_rules(&caller).await?;
    let several_clinics = clinics.len() > 1;
    let (number, count, total) = (found.number, found.count(), found.total);
    let href = |page: u32| {
        let page = if page > 1 { page.to_string() } else { String::new() };
        Query::new().with("page", &page).on("/admin/locations")
    };
    let said = if total == 1 { "1 location".to_owned() } else { format!("{total} locations") };
    let none = found.items.is_empty();
    let rows: Vec<_> = found
        .items
        .into_iter()
        .map(|row| view! {
            <tr>
                <th scope="row"><a href=links::edit_location(&row.id.to_string())>{row.name}</a></th>
                <td>{row.address}</td>
                <td>{row.city_name}</td>
                <td>{row.zone}</td>
                {several_clinics.then(|| view! { <td>{row.clinic_name}</td> })}
            </tr>
        })
        .collect();
    let list = if !none {
        view! {
            <TableFrame label="Locations">
                <table class="table admin-table">
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Address"</th>
                            <th scope="col">"City"</th>
                            <th scope="col">"Time zone"</th>
                            {several_clinics.then(|| view! { <th scope="col">"Clinic"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableFrame>
        }
        .into_any()
    } else if page > 1 {
        view! {
            <Empty title="This list is shorter">
                <p class="actions"><ButtonLink href=links::page("/admin/locations")>"To its first page"</ButtonLink></p>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <Empty title="No locations yet">
                <p>"Add the first one. Doctors can have hours there then."</p>
                <p class="actions"><ButtonLink href=links::page("/admin/locations/new")>"Add a location"</ButtonLink></p>
            </Empty>
        }
        .into_any()
    };
    Ok(view! {
        <Title text="Locations"/>
        <PageHead title="Locations" lead="Where people are received. Each has its own time zone."/>
        {admin_tabs(AdminTab::Locations)}
        {address.note()}
        <div class="admin-bar">
            <h2 class="admin-count">{said}</h2>
            <ButtonLink href=links::page("/admin/locations/new")>"Add a location"</ButtonLink>
        </div>
        {shifted(rules.shifted)}
        {list}
        <p>"Clocks go by release "{rules.release}" of the time-zone rules."</p>
        <Pagination number=number count=count href=href/>
    }
    .into_any())
}

/// Who is booked keeps the instant when rules change, and somebody has to tell the patient or move the visit.
fn shifted(visits: Vec<ShiftedVisit>) -> Option<AnyView> {
    if visits.is_empty() {
        return None;
    }
    let rows: Vec<_> = visits
        .into_iter()
        .map(|visit| {
            let day = visit.booked_for.date();
            let will_be = match visit.will_be.date() == day {
                true => visit.will_be.format("%H:%M").to_string(),
                false => format!("{}, {}", crate::i18n::date(visit.will_be.date()), visit.will_be.format("%H:%M")),
            };
            let said = format!(
                "{}, {}, {}: booked for {}, now at {will_be}",
                visit.doctor_name,
                visit.zone.name(),
                crate::i18n::date(day),
                visit.booked_for.format("%H:%M")
            );
            view! { <li><a href=links::appointment(&visit.id.to_string())>{visit.reference}</a>" "{said}</li> }
        })
        .collect();
    let view = view! {
        <Alert tone=Tone::Waiting>
            <h2>"New rules for time zones have changed these visits"</h2>
            <p>
                "Each takes place at the moment that was booked, so the clock will show another time than the patient was told. "
                "Call the patient, or move or cancel the visit."
            </p>
            <ul>{rows}</ul>
        </Alert>
    };
    Some(view.into_any())
}
