//! The administrators' first page: their doctors.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::actor::Caller;
use nadi::permissions::{Permission, Target};
use nadi::ports::{DoctorStatus, Ports};
use nadi::text::one_line;

use crate::context;
use crate::i18n::{names, text};
use crate::links::{self, Query};
use crate::parts::address::Address;
use crate::parts::response;
use crate::ui::{
    Alert, Badge, Button, ButtonLink, Empty, LinkTab, LinkTabs, Pagination, TableFrame, TextField,
    Tone, Variant,
};

/// A status as people say it, and its tone.
pub fn status_words(status: DoctorStatus) -> (String, Tone) {
    match status {
        DoctorStatus::Draft => (text!("admin-doctor-status-draft"), Tone::Neutral),
        DoctorStatus::Listed => (text!("admin-doctor-status-listed"), Tone::Good),
        DoctorStatus::Suspended => (text!("admin-doctor-status-suspended"), Tone::Waiting),
    }
}

/// The lists of a clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminTab {
    Doctors,
    Appointments,
    Holds,
    Locations,
    Holidays,
    Reviews,
    Team,
}

impl AdminTab {
    const ALL: [Self; 7] = [
        Self::Doctors,
        Self::Appointments,
        Self::Holds,
        Self::Locations,
        Self::Holidays,
        Self::Reviews,
        Self::Team,
    ];

    /// Where the list is, its name, and the permission that it needs.
    fn parts(self) -> (&'static str, String, Permission) {
        match self {
            Self::Doctors => ("/admin", text!("admin-tab-doctors"), Permission::ManageDoctors),
            Self::Appointments => {
                let name = text!("admin-tab-appointments");
                ("/admin/appointments", name, Permission::SeeAppointments)
            }
            Self::Holds => ("/admin/holds", text!("admin-tab-holds"), Permission::ReleaseHolds),
            Self::Locations => {
                ("/admin/locations", text!("admin-tab-locations"), Permission::ManageLocations)
            }
            Self::Holidays => {
                ("/admin/holidays", text!("admin-tab-holidays"), Permission::ManageHolidays)
            }
            Self::Reviews => {
                ("/admin/reviews", text!("admin-tab-reviews"), Permission::ModerateReviews)
            }
            Self::Team => ("/admin/team", text!("admin-tab-team"), Permission::ManageTeam),
        }
    }
}

/// The tabs of a clinic's lists that the caller may open; nothing when there is only one.
pub fn admin_tabs(here: AdminTab) -> Option<AnyView> {
    let account = context::signed_in()?;
    let tabs: Vec<_> = AdminTab::ALL
        .into_iter()
        .map(|tab| (tab, tab.parts()))
        .filter(|(_, (.., permission))| account.clinics_for(*permission).is_ok())
        .map(|(tab, (path, text, _))| LinkTab {
            href: links::page(path),
            text,
            current: tab == here,
        })
        .collect();
    let several = tabs.len() > 1;
    several.then(|| view! { <LinkTabs label=text!("admin-tabs") tabs=tabs/> }.into_any())
}

/// The heading of a page, like `PageHead`, with names inside that are not translated.
pub fn head_with_names(title: AnyView, lead: AnyView) -> impl IntoView {
    view! {
        <header class="page-head">
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
        </header>
    }
}

/// What somebody typed, as it is in every language.
pub fn name(name: impl Into<String>) -> AnyView {
    view! { <span translate="no">{name.into()}</span> }.into_any()
}

/// Says that networks hold unusually many times; nothing when none does.
async fn holds_notice(caller: &Caller, ports: &Ports) -> Result<Option<AnyView>, Failure> {
    if caller.may(Permission::ReleaseHolds, &Target::ANY).is_err() {
        return Ok(None);
    }
    let sources = ports.hold_sources.sources(caller).await?;
    let unusual = sources.iter().filter(|source| source.is_unusual).count();
    Ok((unusual > 0).then(|| {
        view! {
            <Alert tone=Tone::Waiting>
                <p>
                    {text!("admin-holds-notice", count = unusual)}
                    " "
                    <a href=links::admin_holds()>{text!("admin-holds-notice-link")}</a>
                </p>
            </Alert>
        }
        .into_any()
    }))
}

#[component]
pub fn Administration() -> impl IntoView {
    let mut address = Address::default();
    let text = address.read("q", text!("admin-address-search"), |text| {
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
    let clinics = ports.administration.clinics(&caller, Permission::ManageDoctors).await?;
    let notice = holds_notice(&caller, &ports).await?;
    let several_clinics = clinics.len() > 1;
    let (number, count, total) = (found.number, found.count(), found.total);
    let typed = text.clone().unwrap_or_default();
    let href = {
        let typed = typed.clone();
        move |page: u32| {
            let page = if page > 1 { page.to_string() } else { String::new() };
            Query::new().with("q", &typed).with("page", &page).on(&links::page("/admin"))
        }
    };
    let first_page = href(1);
    let said = match text.is_some() {
        false => text!("admin-doctors-count", count = total),
        true => text!("admin-doctors-found", count = total),
    };
    let none = found.items.is_empty();
    let rows: Vec<_> = found
        .items
        .into_iter()
        .map(|row| {
            let id = row.id.to_string();
            let (status, tone) = status_words(row.status);
            let hours = text!("admin-doctors-hours-of", name = &row.name);
            let hours_href = links::SchedulePages::of_doctor(&id).hours();
            view! {
                <tr>
                    <th scope="row"><a href=links::edit_doctor(&id) translate="no">{row.name}</a></th>
                    <td>{names::specialty_named(&row.specialty)}</td>
                    {several_clinics.then(|| view! { <td translate="no">{row.clinic_name}</td> })}
                    <td><Badge text=status tone=tone/></td>
                    <td>
                        <a href=hours_href aria-label=hours>{text!("admin-doctors-hours-link")}</a>
                        {row.hours_unreadable.then(|| view! {
                            " "<Badge text=text!("admin-doctors-hours-unreadable") tone=Tone::Waiting/>
                        })}
                    </td>
                </tr>
            }
        })
        .collect();
    let columns = [
        Some(text!("admin-doctors-column-name")),
        Some(text!("admin-doctors-column-specialty")),
        several_clinics.then(|| text!("admin-doctors-column-clinic")),
        Some(text!("admin-doctors-column-status")),
        Some(text!("admin-doctors-column-hours")),
    ];
    let columns = columns.into_iter().flatten().collect();
    let searching = text.is_some();
    let list = match (none, searching, page > 1) {
        (false, ..) => view! {
            <TableFrame label=text!("admin-doctors-table") columns=columns class="admin-table">{rows}</TableFrame>
        }
        .into_any(),
        (true, _, true) => view! {
            <Empty title=text!("admin-page-empty-title")>
                <p class="actions"><ButtonLink href=first_page>{text!("admin-page-empty-button")}</ButtonLink></p>
            </Empty>
        }
        .into_any(),
        (true, true, _) => view! {
            <Empty title=text!("admin-doctors-none-found-title")>
                <p>{text!("admin-doctors-none-found-text")}</p>
                <p class="actions"><ButtonLink href=links::page("/admin")>{text!("admin-doctors-show-all-button")}</ButtonLink></p>
            </Empty>
        }
        .into_any(),
        (true, false, _) => view! {
            <Empty title=text!("admin-doctors-empty-title")>
                <p>{text!("admin-doctors-empty-text")}</p>
                <p class="actions"><ButtonLink href=links::page("/admin/doctors/new")>{text!("admin-doctor-add-title")}</ButtonLink></p>
            </Empty>
        }
        .into_any(),
    };
    let lead = match clinics.as_slice() {
        [clinic] => name(clinic.name.clone()),
        clinics => text!("admin-clinics", count = clinics.len()).into_any(),
    };
    Ok(view! {
        <Title text=text!("admin-title")/>
        {notice}
        {head_with_names(text!("admin-title").into_any(), lead)}
        {admin_tabs(AdminTab::Doctors)}
        {address.note()}
        <div class="admin-bar">
            <form class="admin-search" method="get" action=links::page("/admin") role="search" aria-label=text!("admin-doctors-search")>
                <TextField name="q" label=text!("admin-doctors-search-label") kind="search" maxlength=100 value=typed/>
                <Button variant=Variant::Secondary>{text!("admin-doctors-search-button")}</Button>
                {searching.then(|| view! { <a class="admin-all" href=links::page("/admin")>{text!("admin-doctors-search-clear")}</a> })}
            </form>
            <ButtonLink href=links::page("/admin/doctors/new")>{text!("admin-doctor-add-title")}</ButtonLink>
        </div>
        <h2 class="admin-count">{said}</h2>
        {list}
        <Pagination number=number count=count href=href/>
    }
    .into_any())
}
