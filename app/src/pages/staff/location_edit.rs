//! One location, as administrators enter it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::Failure;
use nadi::ids::LocationId;
use nadi::ports::{City, ClinicView};

use super::doctor_edit::{hint, saved_now, stale_note};
use super::problems::Problems;
use crate::context::{self, typed_or};
use crate::fns::administration::typed::{ADDRESS_CHARS_MAX, NAME_CHARS_MAX, city_name};
use crate::fns::administration::{AddLocation, SaveLocation, TypedLocation};
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
    let clinics = ports.administration.clinics(&caller).await?;
    let cities = ports.directory.cities(&caller).await?;
    let title = "Add a location";
    let body = if clinics.is_empty() {
        view! {
            <PageHead title=title/>
            <Empty title="There is no clinic to add a location to">
                <p class="actions"><ButtonLink href=links::page("/admin")>"Back to the doctors"</ButtonLink></p>
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
            <PageHead title=title/>
            <form class="form admin-form" method="post" action=links::page(AddLocation::PATH)>
                <LocationFields stored=stored clinics=clinics cities=cities problems=problems stale=false/>
                <Button>"Add location"</Button>
            </form>
        }
        .into_any()
    };
    Ok(view! {
        <Title text=title/>
        <p class="admin-back"><a href=links::page("/admin/locations")>"All locations"</a></p>
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
        ("added", false) => Some("Added. Doctors can have hours here now."),
        ("saved", false) => Some("Saved. Patients see it now."),
        _ => None,
    };
    let said = said.map(|text| {
        view! { <Alert tone=Tone::Good announced=true><p>{text}</p></Alert> }
    });
    Ok(view! {
        <Title text=location.name.clone()/>
        <p class="admin-back"><a href=links::page("/admin/locations")>"All locations"</a></p>
        <section class="narrow">
            {problems.summary()}
            {stale.then(stale_note)}
            {said}
            <PageHead title=location.name lead=location.clinic_name/>
            <form class="form admin-form" method="post" action=links::page(SaveLocation::PATH)>
                <HiddenField name="id" value=id/>
                <LocationFields stored=stored clinics=vec![] cities=cities problems=problems stale=stale/>
                <Button>"Save location"</Button>
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
            .map(|clinic| Choice::new(clinic.id.to_string(), clinic.name.clone()))
            .collect();
        if choices.len() > 1 {
            choices.insert(0, Choice::new("", "Choose a clinic"));
        }
        let value = typed_or("clinic", &stored.clinic);
        view! {
            <SelectField name="clinic" label="Clinic" choices=choices value=value required=true
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
        <TextField name="name" label="Name" required=true maxlength=NAME_CHARS_MAX autocomplete="off"
            value=name hint=hint("As patients read it, like Panjim Clinic.", name_now) problem=problems.at("name")/>
        <TextAreaField name="address" label="Address" rows=3 required=true maxlength=ADDRESS_CHARS_MAX
            value=address hint=hint("Street, number, and what helps to find it.", address_now)
            problem=problems.at("address")/>
        <SuggestField name="city" label="City" required=true maxlength=100 choices=cities
            value=city hint=hint("Start typing, then choose.", city_now) problem=problems.at("city")/>
        <SuggestField name="time_zone" label="Time zone" required=true maxlength=60 choices=zones
            value=zone hint=hint("Like Asia/Kolkata. It cannot change while people are booked here.", zone_now)
            problem=problems.at("time_zone")/>
    }
}
