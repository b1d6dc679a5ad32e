//! Deleting the account.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::appointment::Refusal;
use nadi::ports::{AppointmentQuery, Period};

use super::back::BackToAccount;
use crate::context;
use crate::fns::account::DeleteAccount as Send;
use crate::i18n::text;
use crate::links;
use crate::messages;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{
    Alert, Button, ButtonLink, CheckField, PageHead, ProblemLine, ProblemSummary, Tone, Variant,
};

#[component]
pub fn DeleteAccount() -> impl IntoView {
    response::page(delete_account(failure_of::<Send>(), address::value("unticked")))
}

async fn delete_account(state: FormState, unticked: String) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    caller.signed_in()?.must_have_proved(caller.now)?;
    // Said before somebody reads and ticks anything. Whether it can be deleted is decided when the form is sent.
    let upcoming = AppointmentQuery::mine(Period::Upcoming, 1);
    let is_ahead = !ports.bookings.list(&caller, &upcoming).await?.items.is_empty();
    let title = text!("account-delete-title");
    let problem = match state.failure {
        None if !unticked.is_empty() => Some(ProblemLine {
            text: text!("account-delete-unticked"),
            field_id: Some("sure".to_owned()),
        }),
        _ => None,
    };
    let summary = match (problem, &state.failure) {
        // It is on the page already; the general sentence is about one person of the account.
        (_, Some(Failure::Refused(Refusal::HasAppointments))) if is_ahead => ().into_any(),
        (Some(line), _) => {
            let title = messages::summary_title(None);
            view! { <ProblemSummary title=title lines=vec![line]/> }.into_any()
        }
        (None, _) => view! { <FormSummary state=state.clone()/> }.into_any(),
    };
    Ok(view! {
        <Title text=state.page_title(title.clone())/>
        <BackToAccount/>
        <section class="narrow stack">
            {summary}
            <PageHead title=title lead=text!("account-delete-lead")/>
            {is_ahead.then(|| view! {
                <Alert tone=Tone::Waiting announced=true>
                    <p><strong>{text!("account-delete-ahead-title")}</strong></p>
                    <p>{text!("account-delete-ahead")}</p>
                    <p><a href=links::page("/appointments")>{text!("account-delete-appointments")}</a></p>
                </Alert>
            })}
            <h2>{text!("account-delete-gone-title")}</h2>
            <ul class="account-points">
                <li>{text!("account-delete-gone-sign-in")}</li>
                <li>{text!("account-delete-gone-people")}</li>
                <li>{text!("account-delete-gone-links")}</li>
            </ul>
            <h2>{text!("account-delete-kept-title")}</h2>
            <ul class="account-points">
                <li>{text!("account-delete-kept-visits")}</li>
                <li>{text!("account-delete-kept-reviews")}</li>
            </ul>
            <p><a href=links::page("/account/export")>{text!("account-delete-export")}</a></p>
            {(!is_ahead).then(|| view! { <DeleteForm/> })}
        </section>
    }
    .into_any())
}

#[component]
fn DeleteForm() -> impl IntoView {
    view! {
            <form class="form" method="post" action=links::page(Send::PATH)>
                <CheckField name="sure" label=text!("account-delete-sure")/>
                <div class="actions">
                    <Button variant=Variant::Danger>{text!("account-delete-button")}</Button>
                    <ButtonLink href=links::page("/account") variant=Variant::Secondary>{text!("account-delete-keep")}</ButtonLink>
                </div>
            </form>
    }
}

/// Says that it is done, to somebody who is signed out now.
#[component]
pub fn AccountDeleted() -> impl IntoView {
    let title = text!("account-deleted-title");
    view! {
        <Title text=title.clone()/>
        <section class="narrow stack">
            <PageHead title=title lead=text!("account-deleted-lead")/>
            <p class="actions">
                <ButtonLink href=links::page("/") variant=Variant::Secondary>{text!("account-deleted-home")}</ButtonLink>
            </p>
        </section>
    }
}
