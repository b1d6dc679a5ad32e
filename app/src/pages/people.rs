//! The people an account books for.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::input::return_path;
use nadi::ports::PersonView;
use nadi::{Failure, Field};

use crate::context::{self, typed_or};
use crate::fns::people::{AddPerson, RemovePerson};
use crate::links;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{Alert, Button, ButtonLink, HiddenField, PageHead, TextField, Tone, Variant};

const TITLE: &str = "People you book for";

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
        "added" => Some("You can now book for them: choose whom when you take a time."),
        "removed" => Some("They are no longer on your list. Past appointments stay."),
        _ => None,
    };
    let failed = adding.clone().or(removing);
    let title =
        if failed.failure.is_some() { format!("{TITLE}: look again") } else { TITLE.into() };
    let alone = people.iter().all(|person| person.is_self);
    let rows: Vec<_> =
        people.into_iter().map(|person| view! { <li><Row person=person/></li> }).collect();
    Ok(view! {
        <Title text=title/>
        <section class="narrow people">
            <FormSummary state=failed/>
            {done.map(|text| view! { <Alert tone=Tone::Good announced=true><p>{text}</p></Alert> })}
            <PageHead title=TITLE lead="Children, parents, anyone you look after. Codes and confirmations come to your e-mail."/>
            {(!next.is_empty()).then(|| view! {
                <p><a href=next.clone()>"Back to the time you chose"</a></p>
            })}
            <ul class="people-list">{rows}</ul>
            {alone.then(|| view! { <p>"Add the first one, then choose whom a time is for when you take it."</p> })}
            <h2>"Add someone"</h2>
            <form class="form" method="post" action=links::page(AddPerson::PATH)>
                <HiddenField name="next" value=next/>
                <TextField name="name" label="Their name" autocomplete="off" required=true maxlength=100
                    value=typed_or("name", "") problem=adding.problem(Field::Name)/>
                <TextField name="birth_date" label="Birth date, if you like" kind="date"
                    hint="It helps the doctor prepare." min="1900-01-01" max=today.to_string()
                    value=typed_or("birth_date", "") problem=adding.problem(Field::BirthDate)/>
                <Button>"Add this person"</Button>
            </form>
            <p class="actions">
                <ButtonLink href=links::page("/appointments") variant=Variant::Secondary>"My appointments"</ButtonLink>
            </p>
        </section>
    }
    .into_any())
}

#[component]
fn Row(person: PersonView) -> impl IntoView {
    let born = person.birth_date.map(|date| format!("Born {}", date.format("%-d %B %Y")));
    let remove = (!person.is_self).then(|| {
        view! {
            <form method="post" action=links::page(RemovePerson::PATH)>
                <HiddenField name="id" value=person.id.to_string()/>
                <Button variant=Variant::Quiet>{format!("Remove {}", person.name)}</Button>
            </form>
        }
    });
    view! {
        <div class="person">
            <div class="person-who">
                <strong>{person.name.clone()}</strong>
                {person.is_self.then(|| view! { <span class="muted">"You"</span> })}
                {born.map(|born| view! { <span class="muted">{born}</span> })}
            </div>
            {remove}
        </div>
    }
}
