//! The public holidays that a clinic observes.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::ids::ClinicId;
use nadi::permissions::Permission;
use nadi::ports::{ClinicHolidays, ClinicView};

use super::doctors::{AdminTab, admin_tabs};
use super::problems::Problems;
use crate::context::{self, typed_or};
use crate::fns::holidays::SaveHolidays;
use crate::i18n::{self, rich_text, text};
use crate::links;
use crate::links::Query;
use crate::messages;
use crate::parts::address::Address;
use crate::parts::form::{FormState, failure_of};
use crate::parts::{address, response};
use crate::ui::{
    Alert, Button, CheckField, Choice, Empty, HiddenField, LinkTab, LinkTabs, PageHead,
    SelectField, SuggestField, TableFrame, Tone, Variant,
};

/// More clinics than this are chosen from a list.
const TABS_MAX: usize = 6;

#[component]
pub fn Holidays() -> impl IntoView {
    let state = failure_of::<SaveHolidays>();
    let mut address = Address::default();
    let clinic = address.read("clinic", text!("holidays-address-clinic"), |text| text.parse().ok());
    response::page(holidays(clinic, address, state))
}

async fn holidays(
    asked: Option<ClinicId>,
    mut address: Address,
    state: FormState,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let clinics = ports.administration.clinics(&caller, Permission::ManageHolidays).await?;
    let found = asked.and_then(|asked| clinics.iter().find(|clinic| clinic.id == asked));
    if asked.is_some() && found.is_none() {
        address.ignore(text!("holidays-address-clinic"));
    }
    let clinic = found.or(clinics.first()).cloned();
    let problems = Problems::of(&state, messages::field_problem);
    let said = (state.failure.is_none() && address::value("done") == "saved").then(|| {
        view! {
            <Alert tone=Tone::Good announced=true>
                <p><strong>{text!("holidays-saved")}</strong>" "{text!("holidays-saved-effect")}</p>
            </Alert>
        }
    });
    let title = text!("holidays-title");
    let body = match &clinic {
        None => view! {
            <Empty title=text!("holidays-no-clinic-title")><p>{text!("holidays-no-clinic")}</p></Empty>
        }
        .into_any(),
        Some(clinic) => {
            let kept = ports.administration.holidays(&caller, clinic.id).await?;
            let tabs = (clinics.len() > 1).then(|| clinic_choice(&clinics, clinic.id, "/admin/holidays"));
            let failed = state.shows_typed();
            view! {
                {tabs}
                <HolidayForm clinic=clinic.clone() kept=kept problems=problems.clone() failed=failed/>
            }
            .into_any()
        }
    };
    Ok(view! {
        <Title text=title.clone()/>
        {problems.summary()}
        {said}
        <PageHead title=title lead=text!("holidays-lead")/>
        {admin_tabs(AdminTab::Holidays)}
        {address.note()}
        {body}
    }
    .into_any())
}

/// The choice of a clinic on the page at `path`: tabs while there are few.
pub fn clinic_choice(clinics: &[ClinicView], chosen: ClinicId, path: &str) -> AnyView {
    if clinics.len() > TABS_MAX {
        let choices = clinics
            .iter()
            .map(|clinic| Choice::name(clinic.id.to_string(), clinic.name.clone()))
            .collect();
        return view! {
            <form class="clinic-choice" method="get" action=links::page(path)>
                <SelectField name="clinic" id="choose-clinic" label=text!("holidays-clinic") choices=choices value=chosen.to_string()/>
                <Button variant=Variant::Secondary>{text!("holidays-clinic-show")}</Button>
            </form>
        }
        .into_any();
    }
    let tabs = clinics
        .iter()
        .map(|clinic| LinkTab {
            href: Query::new().with("clinic", &clinic.id.to_string()).on(&links::page(path)),
            text: clinic.name.clone(),
            current: clinic.id == chosen,
        })
        .collect();
    view! { <LinkTabs label=text!("holidays-clinics") tabs=tabs/> }.into_any()
}

#[component]
fn HolidayForm(
    clinic: ClinicView,
    kept: ClinicHolidays,
    problems: Problems,
    failed: bool,
) -> impl IntoView {
    let ticked = |name: &str, stored: bool| {
        // Browsers do not send unticked boxes, so after a failed form only what was typed counts.
        if failed { !typed_or(name, "").is_empty() } else { stored }
    };
    let name_of = |code: &String| {
        let region = kept.regions.iter().find(|region| region.code == *code);
        region.map_or(code.clone(), |region| region.name.clone())
    };
    let regions: Vec<_> = kept
        .kept
        .iter()
        .enumerate()
        .map(|(index, code)| {
            let (field, id) =
                (format!("regions[{index}][remove]"), format!("regions-{index}-remove"));
            let label = text!("holidays-region-remove", region = name_of(code));
            let checked = ticked(&field, false);
            view! {
                <li>
                    <HiddenField name=format!("regions[{index}][code]") value=code.clone()/>
                    <strong>{name_of(code)}</strong>
                    <CheckField name=field id=id label=label checked=checked/>
                </li>
            }
        })
        .collect();
    let none = regions.is_empty();
    let choices = kept
        .regions
        .iter()
        .filter(|region| !kept.kept.contains(&region.code))
        .map(|region| Choice::name(region.name.clone(), region.code.clone()))
        .collect();
    let days: Vec<_> = kept
        .coming
        .iter()
        .map(|(holiday, works)| {
            let date = holiday.date.to_string();
            let (field, id) = (format!("working[on-{date}]"), format!("working-{date}"));
            let checked = ticked(&field, *works);
            let day = i18n::date(holiday.date);
            let label = text!("holidays-open-on", date = &day, holiday = &holiday.name);
            view! {
                <tr>
                    <th scope="row"><time datetime=date>{day}</time></th>
                    <td>
                        {holiday.name.clone()}
                        {holiday.estimated.then(|| view! { " "<span class="muted">{text!("holidays-estimated")}</span> })}
                    </td>
                    <td>
                        <label class="works">
                            <input type="checkbox" id=id name=field value="yes" checked=checked aria-label=label/>
                            <span>{text!("holidays-open")}</span>
                        </label>
                    </td>
                </tr>
            }
        })
        .collect();
    let columns = vec![
        text!("holidays-column-date"),
        text!("holidays-column-holiday"),
        text!("holidays-column-open"),
    ];
    let no_days = days.is_empty();
    let region = if failed { typed_or("region", "") } else { String::new() };
    view! {
        <form class="holidays-form" method="post" action=links::page(SaveHolidays::PATH)>
            <HiddenField name="clinic" value=clinic.id.to_string()/>
            <section class="stack" aria-labelledby="regions">
                <h2 id="regions">
                    {rich_text!("holidays-regions-title", clinic = view! { <span translate="no">{clinic.name}</span> })}
                </h2>
                {if none {
                    view! { <p class="muted">{text!("holidays-regions-none")}</p> }.into_any()
                } else {
                    view! { <ul class="regions">{regions}</ul> }.into_any()
                }}
                <SuggestField name="region" label=text!("holidays-region-add") maxlength=100 choices=choices value=region
                    hint=text!("holidays-region-hint")
                    problem=problems.at("region")/>
            </section>
            {(!no_days).then(|| view! {
                <div class="stack holidays-days">
                    <h2>{text!("holidays-days-title")}</h2>
                    <TableFrame label=text!("holidays-days-title") columns=columns class="admin-table">{days}</TableFrame>
                </div>
            })}
            <Button>{text!("holidays-save")}</Button>
        </form>
    }
}
