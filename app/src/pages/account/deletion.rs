//! Deleting the account.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::appointment::Refusal;

use super::back::BackToAccount;
use crate::context;
use crate::fns::account::DeleteAccount as Send;
use crate::i18n::text;
use crate::links;
use crate::messages;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{Button, ButtonLink, CheckField, PageHead, ProblemLine, ProblemSummary, Variant};

#[component]
pub fn DeleteAccount() -> impl IntoView {
    response::page(delete_account(failure_of::<Send>(), address::value("unticked")))
}

async fn delete_account(state: FormState, unticked: String) -> Result<AnyView, Failure> {
    let caller = context::caller()?;
    caller.signed_in()?.must_have_proved(caller.now)?;
    let title = text!("account-delete-title");
    let problem = match state.failure {
        // The general sentence is about one person of the account.
        Some(Failure::Refused(Refusal::HasAppointments)) => {
            Some(ProblemLine { text: text!("account-delete-ahead"), field_id: None })
        }
        None if !unticked.is_empty() => Some(ProblemLine {
            text: text!("account-delete-unticked"),
            field_id: Some("sure".to_owned()),
        }),
        _ => None,
    };
    let ahead = problem.as_ref().is_some_and(|problem| problem.field_id.is_none());
    let summary = match problem {
        Some(line) => {
            let title = messages::summary_title(None);
            view! { <ProblemSummary title=title lines=vec![line]/> }.into_any()
        }
        None => view! { <FormSummary state=state.clone()/> }.into_any(),
    };
    Ok(view! {
        <Title text=state.page_title(title.clone())/>
        <BackToAccount/>
        <section class="narrow stack">
            {summary}
            {ahead.then(|| view! {
                <p><a href=links::page("/appointments")>{text!("account-delete-appointments")}</a></p>
            })}
            <PageHead title=title lead=text!("account-delete-lead")/>
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
            <form class="form" method="post" action=links::page(Send::PATH)>
                <CheckField name="sure" label=text!("account-delete-sure")/>
                <div class="actions">
                    <Button variant=Variant::Danger>{text!("account-delete-button")}</Button>
                    <ButtonLink href=links::page("/account") variant=Variant::Secondary>{text!("account-delete-keep")}</ButtonLink>
                </div>
            </form>
        </section>
    }
    .into_any())
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
