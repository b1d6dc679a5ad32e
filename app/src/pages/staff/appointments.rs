//! The appointments of a clinic on one day, for the front desk.

use chrono::{Days, NaiveDate};
use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::calendar::{Moment, parse_date};
use nadi::formatting;
use nadi::ids::ClinicId;
use nadi::permissions::Permission;
use nadi::ports::{AppointmentQuery, AppointmentView, ClinicView, Page, Whose};

use super::doctors::{AdminTab, admin_tabs, head_with_names, name as shown_name};
use super::holidays::clinic_choice;
use crate::context;
use crate::i18n::{self, text};
use crate::links;
use crate::parts::address::Address;
use crate::parts::{response, visit};
use crate::ui::{Badge, Empty, Icon, Pagination, Shape, TableFrame};

const PAGE_SIZE: u32 = 100;

#[component]
pub fn ClinicAppointments() -> impl IntoView {
    let mut address = Address::default();
    let clinic = address.read("clinic", text!("holidays-address-clinic"), |text| text.parse().ok());
    let date = address.read("date", text!("doctor-calendar-address-date"), parse_date);
    let page = address.page();
    response::page(appointments(clinic, date, page, address))
}

async fn appointments(
    asked: Option<ClinicId>,
    date: Option<NaiveDate>,
    page: u32,
    mut address: Address,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let clinics = ports.administration.clinics(&caller, Permission::SeeAppointments).await?;
    let found = asked.and_then(|asked| clinics.iter().find(|clinic| clinic.id == asked));
    if asked.is_some() && found.is_none() {
        address.ignore(text!("holidays-address-clinic"));
    }
    let title = text!("clinic-day-title");
    let (lead, body) = match found.or(clinics.first()) {
        None => {
            (().into_any(), view! { <Empty title=text!("admin-no-clinic")>""</Empty> }.into_any())
        }
        Some(clinic) => {
            let zone = formatting::zone(&clinic.zone).ok_or(Failure::Unavailable)?;
            let today = formatting::local_date(caller.now, zone);
            let date = date.unwrap_or(today);
            let query = AppointmentQuery {
                from: Some(Moment::Day(date)),
                until: date.checked_add_days(Days::new(1)).map(Moment::Day),
                page,
                page_size: PAGE_SIZE,
                ..AppointmentQuery::of(Whose::OfClinic(clinic.id))
            };
            let found = ports.bookings.list(&caller, &query).await?;
            let choice = (clinics.len() > 1)
                .then(|| clinic_choice(&clinics, clinic.id, "/admin/appointments"));
            let body = view! { {choice} {day(clinic, (date, today), found)} };
            (shown_name(clinic.name.clone()), body.into_any())
        }
    };
    Ok(view! {
        <Title text=title.clone()/>
        {head_with_names(title.into_any(), lead)}
        {admin_tabs(AdminTab::Appointments)}
        {address.note()}
        {body}
    }
    .into_any())
}

fn day(
    clinic: &ClinicView,
    (date, today): (NaiveDate, NaiveDate),
    found: Page<AppointmentView>,
) -> AnyView {
    let id = clinic.id.to_string();
    let href = |date: Option<NaiveDate>| links::clinic_appointments(&id, date);
    let step = |date: Option<NaiveDate>, rel, text: String, shape| {
        date.map(|date| {
            view! {
                <a class="button" data-variant="secondary" rel=rel href=href(Some(date))
                    aria-label=text.clone() title=text>
                    <Icon shape=shape/>
                </a>
            }
        })
    };
    let (previous, next) =
        (text!("doctor-calendar-previous-day"), text!("doctor-calendar-next-day"));
    let (number, count) = (found.number, found.count());
    let rows: Vec<_> = found.items.into_iter().map(row).collect();
    let columns = vec![
        text!("clinic-day-column-time"),
        text!("clinic-day-column-patient"),
        text!("clinic-day-column-doctor"),
        text!("clinic-day-column-kind"),
        text!("clinic-day-column-status"),
    ];
    let list = if rows.is_empty() {
        view! {
            <Empty title=text!("clinic-day-empty-title")><p>{text!("clinic-day-empty-text")}</p></Empty>
        }
        .into_any()
    } else {
        view! {
            <TableFrame label=text!("clinic-day-title") columns=columns class="admin-table">{rows}</TableFrame>
        }
        .into_any()
    };
    let page_href = |page: u32| links::with(&href(Some(date)), "page", &page.to_string());
    view! {
        <div class="calendar-bar">
            <h2>{i18n::full_date(date)}</h2>
            <nav class="calendar-steps" aria-label=text!("doctor-calendar-steps")>
                {step(date.pred_opt(), "prev", previous, Shape::ArrowLeft)}
                <a class="button" data-variant="secondary" href=href(None)
                    aria-current=(date == today).then_some("date")>{text!("doctor-calendar-today")}</a>
                {step(date.succ_opt(), "next", next, Shape::ArrowRight)}
            </nav>
        </div>
        {list}
        <Pagination number=number count=count href=page_href/>
    }
    .into_any()
}

fn row(item: AppointmentView) -> impl IntoView {
    let (state, tone) = visit::state(item.state);
    view! {
        <tr>
            <td><time class="unbroken">{visit::times(&item)}</time></td>
            <th scope="row">
                <a href=links::appointment(&item.id.to_string())>{visit::person(&item.person_name)}</a>
            </th>
            <td>{shown_name(item.doctor_name)}</td>
            <td>{shown_name(item.visit_type_name)}</td>
            <td><Badge text=state tone=tone/></td>
        </tr>
    }
}
