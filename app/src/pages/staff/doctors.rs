//! The administrators' first page: their doctors.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::ports::DoctorStatus;
use nadi::text::one_line;

use crate::context;
use crate::links::{self, Query};
use crate::parts::address::Address;
use crate::parts::response;
use crate::ui::{
    Badge, Button, ButtonLink, Empty, LinkTab, LinkTabs, PageHead, Pagination, TableFrame,
    TextField, Tone, Variant,
};

/// A status as people say it, and its tone.
pub fn status_words(status: DoctorStatus) -> (&'static str, Tone) {
    match status {
        DoctorStatus::Draft => ("Draft", Tone::Neutral),
        DoctorStatus::Listed => ("Listed", Tone::Good),
        DoctorStatus::Suspended => ("Suspended", Tone::Waiting),
    }
}

/// The lists that administrators manage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminTab {
    Doctors,
    Locations,
    Holidays,
    Reviews,
}

/// The tabs of the lists that administrators manage.
pub fn admin_tabs(here: AdminTab) -> impl IntoView {
    let tabs = [
        (AdminTab::Doctors, "/admin", "Doctors"),
        (AdminTab::Locations, "/admin/locations", "Locations"),
        (AdminTab::Holidays, "/admin/holidays", "Public holidays"),
        (AdminTab::Reviews, "/admin/reviews", "Reviews"),
    ]
    .into_iter()
    .map(|(tab, href, text)| LinkTab {
        href: links::page(href),
        text: text.into(),
        current: tab == here,
    })
    .collect();
    view! { <LinkTabs label="Administration" tabs=tabs/> }
}

#[component]
pub fn Administration() -> impl IntoView {
    let mut address = Address::default();
    let text = address.read("q", "the name you typed, which is too long", |text| {
        let text = one_line(text);
        (text.chars().count() <= 100).then_some(text)
    });
    let text = text.filter(|text| !text.is_empty());
    let page = address.page();
    response::page(administration(text, page, address))
}

async fn administration(
    text: Option<String>,
    page: u32,
    address: Address,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let found = ports.administration.doctors(&caller, text.as_deref(), page).await?;
    let clinics = ports.administration.clinics(&caller).await?;
    let several_clinics = clinics.len() > 1;
    let (number, count, total) = (found.number, found.count(), found.total);
    let typed = text.clone().unwrap_or_default();
    let href = {
        let typed = typed.clone();
        move |page: u32| {
            let page = if page > 1 { page.to_string() } else { String::new() };
            Query::new().with("q", &typed).with("page", &page).on("/admin")
        }
    };
    let first_page = href(1);
    let said = match (total, text.as_deref()) {
        (1, None) => "1 doctor".to_owned(),
        (n, None) => format!("{n} doctors"),
        (1, Some(text)) => format!("1 doctor with “{text}” in the name"),
        (n, Some(text)) => format!("{n} doctors with “{text}” in the name"),
    };
    let none = found.items.is_empty();
    let rows: Vec<_> = found
        .items
        .into_iter()
        .map(|row| {
            let id = row.id.to_string();
            let (status, tone) = status_words(row.status);
            let hours = format!("Hours of {}", row.name);
            let hours_href = links::SchedulePages::of_doctor(&id).hours();
            view! {
                <tr>
                    <th scope="row"><a href=links::edit_doctor(&id)>{row.name}</a></th>
                    <td>{row.specialty}</td>
                    {several_clinics.then(|| view! { <td>{row.clinic_name}</td> })}
                    <td><Badge text=status tone=tone/></td>
                    <td>
                        <a href=hours_href aria-label=hours>"Hours"</a>
                        {row.hours_unreadable.then(|| view! {
                            " "<Badge text="Cannot be read" tone=Tone::Waiting/>
                        })}
                    </td>
                </tr>
            }
        })
        .collect();
    let searching = text.is_some();
    let list = match (none, searching, page > 1) {
        (false, ..) => view! {
            <TableFrame label="Doctors">
                <table class="table admin-table">
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Specialty"</th>
                            {several_clinics.then(|| view! { <th scope="col">"Clinic"</th> })}
                            <th scope="col">"Status"</th>
                            <th scope="col">"Hours"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableFrame>
        }
        .into_any(),
        (true, _, true) => view! {
            <Empty title="This list is shorter">
                <p class="actions"><ButtonLink href=first_page>"To its first page"</ButtonLink></p>
            </Empty>
        }
        .into_any(),
        (true, true, _) => view! {
            <Empty title="No doctor has that in the name">
                <p>"Try a part of the name, or look at all of them."</p>
                <p class="actions"><ButtonLink href=links::page("/admin")>"Show all doctors"</ButtonLink></p>
            </Empty>
        }
        .into_any(),
        (true, false, _) => view! {
            <Empty title="No doctors yet">
                <p>"Add the first one. Patients find them once they are listed and have hours."</p>
                <p class="actions"><ButtonLink href=links::page("/admin/doctors/new")>"Add a doctor"</ButtonLink></p>
            </Empty>
        }
        .into_any(),
    };
    let lead = match clinics.as_slice() {
        [clinic] => clinic.name.clone(),
        clinics => format!("{} clinics", clinics.len()),
    };
    Ok(view! {
        <Title text="Administration"/>
        <PageHead title="Administration" lead=lead/>
        {admin_tabs(AdminTab::Doctors)}
        {address.note()}
        <div class="admin-bar">
            <form class="admin-search" method="get" action=links::page("/admin") role="search" aria-label="Doctors">
                <TextField name="q" label="Find by name" kind="search" maxlength=100 value=typed/>
                <Button variant=Variant::Secondary>"Find"</Button>
                {searching.then(|| view! { <a class="admin-all" href=links::page("/admin")>"Show all"</a> })}
            </form>
            <ButtonLink href=links::page("/admin/doctors/new")>"Add a doctor"</ButtonLink>
        </div>
        <h2 class="admin-count">{said}</h2>
        {list}
        <Pagination number=number count=count href=href/>
    }
    .into_any())
}
