//! One location, as administrators enter it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::Failure;
use nadi::ids::LocationId;
use nadi::permissions::Permission;
use nadi::ports::{City, ClinicView};

use super::doctor_edit::{hint, saved_now, stale_note};
use super::doctors::{head_with_names, name as shown_name};
use super::problems::Problems;
use crate::context::{self, typed_or};
use crate::fns::administration::typed::{ADDRESS_CHARS_MAX, NAME_CHARS_MAX, city_name};
use crate::fns::administration::{AddLocation, SaveLocation, TypedLocation};
use crate::i18n::text;
use crate::links;
use crate::messages;
use crate::parts::form::{FormState, failure_of};
use crate::parts::{address, response};
use crate::ui::{
    Alert, Button, ButtonLink, Choice, Empty, HiddenField, PageHead, SelectField, SuggestField,
    TextAreaField, TextField, Tone,
};

#[component]
pub fn NewLocation() -> impl IntoView {
    let state = failure_of::<AddLocation>();
    response::page(new_location(state))
}

async fn new_location(state: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let clinics = ports.administration.clinics(&caller, Permission::ManageLocations).await?;
    let cities = ports.directory.cities(&caller).await?;
    let title = text!("admin-location-add-title");
    let body = if clinics.is_empty() {
        view! {
            <PageHead title=title.clone()/>
            <Empty title=text!("admin-no-clinic")>
                <p class="actions"><ButtonLink href=links::page("/admin")>{text!("admin-back-to-doctors")}</ButtonLink></p>
            </Empty>
        }
        .into_any()
    } else {
        let problems = Problems::of(&state, messages::field_problem);
        let only = clinics.first().filter(|_| clinics.len() == 1);
        let stored = TypedLocation {
            clinic: only.map(|clinic| clinic.id.to_string()).unwrap_or_default(),
            time_zone: only.map(|clinic| clinic.zone.clone()).unwrap_or_default(),
            ..TypedLocation::default()
        };
        view! {
            {problems.summary()}
            <PageHead title=title.clone()/>
            <form class="form admin-form" method="post" action=links::page(AddLocation::PATH)>
                <LocationFields stored=stored clinics=clinics cities=cities problems=problems stale=false/>
                <Button>{text!("admin-location-add-button")}</Button>
            </form>
        }
        .into_any()
    };
    Ok(view! {
        <Title text=title/>
        <p class="admin-back"><a href=links::page("/admin/locations")>{text!("admin-locations-all")}</a></p>
        <section class="narrow">{body}</section>
    }
    .into_any())
}

#[component]
pub fn EditLocation() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let state = failure_of::<SaveLocation>();
    let done = address::value("done");
    response::page(edit_location(id, done, state))
}

async fn edit_location(id: String, done: String, state: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let location: LocationId = id.parse().map_err(|_| Failure::NotFound)?;
    let location = ports.administration.location(&caller, location).await?;
    let cities = ports.directory.cities(&caller).await?;
    let city = cities.iter().find(|city| city.id == location.city);
    let stored = TypedLocation {
        clinic: location.clinic.to_string(),
        name: location.name.clone(),
        address: location.address.clone(),
        city: city.map_or(location.city_name.clone(), city_name),
        time_zone: location.zone.clone(),
        version: location.version.to_string(),
    };
    let problems = Problems::of(&state, messages::field_problem);
    let stale = state.failure == Some(Failure::Stale);
    let said = match (done.as_str(), state.failure.is_some()) {
        ("added", false) => Some(text!("admin-location-added")),
        ("saved", false) => Some(text!("admin-location-saved")),
        _ => None,
    };
    let said = said.map(|text| {
        view! { <Alert tone=Tone::Good announced=true><p>{text}</p></Alert> }
    });
    Ok(view! {
        <Title text=location.name.clone()/>
        <p class="admin-back"><a href=links::page("/admin/locations")>{text!("admin-locations-all")}</a></p>
        <section class="narrow">
            {problems.summary()}
            {stale.then(stale_note)}
            {said}
            {head_with_names(shown_name(location.name), shown_name(location.clinic_name))}
            <form class="form admin-form" method="post" action=links::page(SaveLocation::PATH)>
                <HiddenField name="id" value=id/>
                <LocationFields stored=stored clinics=vec![] cities=cities problems=problems stale=stale/>
                <Button>{text!("admin-location-save-button")}</Button>
            </form>
        </section>
    }
    .into_any())
}

#[component]
fn LocationFields(
    stored: TypedLocation,
    clinics: Vec<ClinicView>,
    cities: Vec<City>,
    problems: Problems,
    stale: bool,
) -> impl IntoView {
    let new = stored.version.is_empty();
    // A stale form is saved again based on the current version; any other form on the version it was opened with.
    let version = if stale { stored.version.clone() } else { typed_or("version", &stored.version) };
    let clinic = if new {
        let mut choices: Vec<_> = clinics
            .iter()
            .map(|clinic| Choice::name(clinic.id.to_string(), clinic.name.clone()))
            .collect();
        if choices.len() > 1 {
            choices.insert(0, Choice::new("", text!("admin-choose-clinic")));
        }
        let value = typed_or("clinic", &stored.clinic);
        view! {
            <SelectField name="clinic" label=text!("admin-location-clinic") choices=choices value=value required=true
                problem=problems.at("clinic")/>
        }
        .into_any()
    } else {
        view! { <HiddenField name="clinic" value=stored.clinic.clone()/> }.into_any()
    };
    let now = |name: &str, stored: &str| {
        let typed = typed_or(name, stored);
        let saved = saved_now(stale, &typed, stored);
        (typed, saved)
    };
    let (name, name_now) = now("name", &stored.name);
    let (address, address_now) = now("address", &stored.address);
    let (city, city_now) = now("city", &stored.city);
    let (zone, zone_now) = now("time_zone", &stored.time_zone);
    let cities: Vec<_> = cities.iter().map(|city| Choice::new(city_name(city), "")).collect();
    let zones: Vec<_> = nadi::zone::all()
        .iter()
        .map(|zone| zone.name())
        // Areas and cities; the other names are older ones for the same.
        .filter(|name| name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("US/"))
        .map(|name| Choice::new(name, ""))
        .collect();
    view! {
        <HiddenField name="version" value=version/>
        {clinic}
        <TextField name="name" label=text!("admin-location-name") required=true maxlength=NAME_CHARS_MAX autocomplete="off"
            value=name hint=hint(text!("admin-location-name-hint"), name_now) problem=problems.at("name")/>
        <TextAreaField name="address" label=text!("admin-location-address") rows=3 required=true maxlength=ADDRESS_CHARS_MAX
            value=address hint=hint(text!("admin-location-address-hint"), address_now)
            problem=problems.at("address")/>
        <SuggestField name="city" label=text!("admin-location-city") required=true maxlength=100 choices=cities
            value=city hint=hint(text!("admin-location-city-hint"), city_now) problem=problems.at("city")/>
        <SuggestField name="time_zone" label=text!("admin-location-zone") required=true maxlength=60 choices=zones
            value=zone hint=hint(text!("admin-location-zone-hint"), zone_now)
            problem=problems.at("time_zone")/>
    }
}
