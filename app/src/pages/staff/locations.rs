//! The places where the clinics receive people.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::permissions::Permission;
use nadi::ports::ShiftedVisit;

use super::doctors::{AdminTab, admin_tabs, name as shown_name};
use crate::context;
use crate::i18n::{self, names, rich_text, text};
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
    let clinics = ports.administration.clinics(&caller, Permission::ManageLocations).await?;
    let rules = ports.administration.zone_rules(&caller).await?;
    let several_clinics = clinics.len() > 1;
    let (number, count, total) = (found.number, found.count(), found.total);
    let href = |page: u32| {
        let page = if page > 1 { page.to_string() } else { String::new() };
        Query::new().with("page", &page).on(&links::page("/admin/locations"))
    };
    let said = text!("admin-locations-count", count = total);
    let none = found.items.is_empty();
    let rows: Vec<_> = found
        .items
        .into_iter()
        .map(|row| view! {
            <tr>
                <th scope="row"><a href=links::edit_location(&row.id.to_string()) translate="no">{row.name}</a></th>
                <td translate="no">{row.address}</td>
                <td>{names::city_named(&row.city_name)}</td>
                <td translate="no">{row.zone}</td>
                {several_clinics.then(|| view! { <td translate="no">{row.clinic_name}</td> })}
            </tr>
        })
        .collect();
    let columns = [
        Some(text!("admin-locations-column-name")),
        Some(text!("admin-locations-column-address")),
        Some(text!("admin-locations-column-city")),
        Some(text!("admin-locations-column-zone")),
        several_clinics.then(|| text!("admin-locations-column-clinic")),
    ];
    let columns = columns.into_iter().flatten().collect();
    let list = if !none {
        view! {
            <TableFrame label=text!("admin-locations-title") columns=columns class="admin-table">{rows}</TableFrame>
        }
        .into_any()
    } else if page > 1 {
        view! {
            <Empty title=text!("admin-page-empty-title")>
                <p class="actions"><ButtonLink href=links::page("/admin/locations")>{text!("admin-page-empty-button")}</ButtonLink></p>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <Empty title=text!("admin-locations-empty-title")>
                <p>{text!("admin-locations-empty-text")}</p>
                <p class="actions"><ButtonLink href=links::page("/admin/locations/new")>{text!("admin-location-add-title")}</ButtonLink></p>
            </Empty>
        }
        .into_any()
    };
    Ok(view! {
        <Title text=text!("admin-locations-title")/>
        <PageHead title=text!("admin-locations-title") lead=text!("admin-locations-lead")/>
        {admin_tabs(AdminTab::Locations)}
        {address.note()}
        <div class="admin-bar">
            <h2 class="admin-count">{said}</h2>
            <ButtonLink href=links::page("/admin/locations/new")>{text!("admin-location-add-title")}</ButtonLink>
        </div>
        {shifted(rules.shifted)}
        {list}
        <p>{rich_text!("admin-locations-zone-rules", release = shown_name(rules.release))}</p>
        <Pagination number=number count=count href=href/>
    }
    .into_any())
}

/// Who is booked keeps the instant when rules change, and somebody has to tell the patient or choose another time.
fn shifted(visits: Vec<ShiftedVisit>) -> Option<AnyView> {
    if visits.is_empty() {
        return None;
    }
    let rows: Vec<_> = visits
        .into_iter()
        .map(|visit| {
            let (booked, now) = (visit.booked_for, visit.will_be);
            let clock = i18n::clock(now.time());
            let now = match now.date() == booked.date() {
                true => clock,
                false => text!("date-and-time", date = i18n::date(now.date()), time = clock),
            };
            let href = links::appointment(&visit.id.to_string());
            let line = rich_text!(
                "admin-shifted-appointment",
                appointment = view! { <a href=href translate="no">{visit.reference}</a> },
                doctor = shown_name(visit.doctor_name),
                date = i18n::date(booked.date()),
                booked = i18n::clock(booked.time()),
                now,
                zone = i18n::place_time(visit.zone),
            );
            view! { <li>{line}</li> }
        })
        .collect();
    let view = view! {
        <Alert tone=Tone::Waiting>
            <h2>{text!("admin-shifted-title")}</h2>
            <p>{text!("admin-shifted-text")}</p>
            <ul>{rows}</ul>
        </Alert>
    };
    Some(view.into_any())
}
