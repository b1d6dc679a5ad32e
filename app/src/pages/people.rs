//! The people an account books for.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::input::return_path;
use nadi::ports::PersonView;
use nadi::{Failure, Field};

use crate::context::{self, typed_or};
use crate::fns::people::{AddPerson, CorrectPerson as Correct, RemovePerson};
use crate::i18n::{self, rich_text, text};
use crate::links;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{Alert, Button, ButtonLink, HiddenField, PageHead, TextField, Tone, Variant};

#[component]
pub fn People() -> impl IntoView {
    let (adding, removing) = (failure_of::<AddPerson>(), failure_of::<RemovePerson>());
    let next = address::value("next");
    let next = if next.is_empty() { next } else { return_path(&next).to_owned() };
    response::page(people(next, address::value("done"), adding, removing))
}

async fn people(
    next: String,
    done: String,
    adding: FormState,
    removing: FormState,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let people = ports.people.people(&caller).await?;
    let today = caller.now.date_naive();
    let done = match done.as_str() {
        "added" => Some(text!("people-added")),
        "removed" => Some(text!("people-removed")),
        "corrected" => Some(text!("people-corrected")),
        _ => None,
    };
    let failed = adding.clone().or(removing);
    let title = failed.page_title(text!("people-title"));
    let alone = people.iter().all(|person| person.is_self);
    let rows: Vec<_> =
        people.into_iter().map(|person| view! { <li><Row person=person/></li> }).collect();
    Ok(view! {
        <Title text=title/>
        <section class="narrow people">
            <FormSummary state=failed/>
            {done.map(|text| view! { <Alert tone=Tone::Good announced=true><p>{text}</p></Alert> })}
            <PageHead title=text!("people-title") lead=text!("people-lead")/>
            {(!next.is_empty()).then(|| view! {
                <p><a href=next.clone()>{text!("people-back-to-time")}</a></p>
            })}
            <ul class="people-list">{rows}</ul>
            {alone.then(|| view! { <p>{text!("people-none")}</p> })}
            <h2>{text!("people-add-title")}</h2>
            <form class="form" method="post" action=links::page(AddPerson::PATH)>
                <HiddenField name="next" value=next/>
                <TextField name="name" label=text!("people-name") autocomplete="off" required=true maxlength=100
                    value=typed_or("name", "") problem=adding.problem(Field::Name)/>
                <TextField name="birth_date" label=text!("people-birth-date") kind="date"
                    hint=text!("people-birth-date-hint") min="1900-01-01" max=today.to_string()
                    value=typed_or("birth_date", "") problem=adding.problem(Field::BirthDate)/>
                <Button>{text!("people-add-button")}</Button>
            </form>
            <p class="actions">
                <ButtonLink href=links::page("/appointments") variant=Variant::Secondary>{text!("people-my-appointments")}</ButtonLink>
            </p>
        </section>
    }
    .into_any())
}

#[component]
fn Row(person: PersonView) -> impl IntoView {
    let born = person.birth_date.map(i18n::date_without_weekday);
    let born = born.map(|date| text!("people-born", date));
    let name = |name: &str| view! { <span translate="no">{name.to_owned()}</span> };
    let who = person.name.clone();
    let actions = if person.is_self {
        view! { <a href=links::page("/account/name")>{text!("people-change-own-name")}</a> }
            .into_any()
    } else {
        view! {
            <a href=links::person(&person.id.to_string())>{rich_text!("people-correct", name = name(&person.name))}</a>
            <form method="post" action=links::page(RemovePerson::PATH)>
                <HiddenField name="id" value=person.id.to_string()/>
                <Button variant=Variant::Quiet>{rich_text!("people-remove", name = name(&who))}</Button>
            </form>
        }
        .into_any()
    };
    view! {
        <div class="person">
            <div class="person-who">
                <strong translate="no">{person.name.clone()}</strong>
                {person.is_self.then(|| view! { <span class="muted">{text!("people-you")}</span> })}
                {born.map(|born| view! { <span class="muted">{born}</span> })}
            </div>
            <div class="person-actions">{actions}</div>
        </div>
    }
}

#[component]
pub fn CorrectPerson() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    response::page(correct_person(id, failure_of::<Correct>()))
}

async fn correct_person(id: String, state: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let people = ports.people.people(&caller).await?;
    let mut dependants = people.into_iter().filter(|person| !person.is_self);
    let person = dependants.find(|person| person.id.to_string() == id).ok_or(Failure::NotFound)?;
    let today = caller.now.date_naive();
    let born = person.birth_date.map(|date| date.to_string()).unwrap_or_default();
    Ok(view! {
        <Title text=state.page_title(text!("people-correct-title"))/>
        <p class="admin-back"><a href=links::page("/people")>{text!("people-title")}</a></p>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <PageHead title=text!("people-correct-title") lead=text!("people-correct-lead")/>
            <form class="form" method="post" action=links::page(Correct::PATH)>
                <HiddenField name="id" value=id/>
                <TextField name="name" label=text!("people-name") autocomplete="off" required=true maxlength=100
                    value=typed_or("name", &person.name) problem=state.problem(Field::Name)/>
                <TextField name="birth_date" label=text!("people-birth-date") kind="date"
                    hint=text!("people-birth-date-hint") min="1900-01-01" max=today.to_string()
                    value=typed_or("birth_date", &born) problem=state.problem(Field::BirthDate)/>
                <Button>{text!("people-correct-button")}</Button>
            </form>
        </section>
    }
    .into_any())
}
