//! A hold that waits to be confirmed.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Field;
use nadi::appointment::Command;
use nadi::local_time::LocalTime;
use nadi::ports::AppointmentView;

use super::done::{Done, DoneNotice};
use crate::context;
use crate::fns::booking::{Confirm, Extend, Release, SendCode};
use crate::i18n::LocalTimeText as _;
use crate::islands::Countdown;
use crate::links;
use crate::messages;
use crate::parts::form::{FormKey, FormState, FormSummary};
use crate::parts::hydration_scripts::HydrationScripts;
use crate::parts::visit;
use crate::ui::{Button, HiddenField, PageHead, TextField, Variant};

#[component]
pub fn Held(
    visit: AppointmentView,
    left: i64,
    form: FormState,
    done: Option<Done>,
) -> impl IntoView {
    let id = visit.id.to_string();
    let until = LocalTime::new(visit.expires_at, visit.zone).clock_with_zone();
    let news = match done {
        Some(Done::CodeSent) => {
            Some(("A new code is on its way.", "The one before no longer counts.".to_owned()))
        }
        Some(Done::Extended) => {
            Some(("You have more time.", format!("We keep this time for you until {until}.")))
        }
        _ => None,
    };
    let news = news.map(|(strong, text)| view! { <DoneNotice strong=strong text=text/> });
    let extendable = visit.open_to.contains(&Command::Extend);
    let title = "Confirm your appointment";
    let shown = if form.failure.is_some() { format!("{title}: look again") } else { title.into() };
    let lead = format!("{}.", visit::sentence(&visit));
    let for_whom = format!("For {}: {}", visit.person_name, visit.visit_type_name);
    let again = links::doctor(visit.doctor_slug.as_str());
    let code_needed = visit.code_needed;
    view! {
        <Title text=shown/>
        <FormSummary state=form.clone()/>
        {news}
        <PageHead title=title lead=lead/>
        <p class="muted appointment-zone">
            {visit::zone(&visit)}
            {visit::own_time(&visit)}
            <br/>
            {for_whom}
        </p>
        <div class="held-time">
            <Countdown seconds=left until=until again=again extendable=extendable/>
            <ExtendForm id=id.clone() extendable=extendable left=visit.extensions_left/>
        </div>
        <div class="held-forms">
            <ConfirmForm visit=visit form=form/>
            <div class="held-others">
                {code_needed.then(|| view! {
                    <form method="post" action=links::page(SendCode::PATH)>
                        <FormKey/>
                        <HiddenField name="id" value=id.clone()/>
                        <Button variant=Variant::Secondary>"Send a new code"</Button>
                    </form>
                })}
                <form method="post" action=links::page(Release::PATH)>
                    <FormKey/>
                    <HiddenField name="id" value=id/>
                    <Button variant=Variant::Quiet>"Let this time go"</Button>
                </form>
            </div>
        </div>
        <HydrationScripts/>
    }
}

/// The button that extends the hold, or the reason why it cannot be extended.
#[component]
fn ExtendForm(id: String, extendable: bool, left: i16) -> impl IntoView {
    let said = messages::visit::extensions_left(left);
    if extendable {
        view! {
            <form class="keep" method="post" action=links::page(Extend::PATH)>
                <FormKey/>
                <HiddenField name="id" value=id/>
                <Button variant=Variant::Secondary>"Keep it longer"</Button>
                <p class="muted">{said}</p>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="keep muted">{said}</p> }.into_any()
    }
}

/// With the code, or with one click for those who need none.
#[component]
fn ConfirmForm(visit: AppointmentView, form: FormState) -> impl IntoView {
    let code = visit.code_needed.then(|| {
        let hint = format!(
            "Six digits. We sent it to {}; it can take a minute, and may be in the spam folder.",
            visit.code_sent_to
        );
        view! {
            <TextField name="code" label="Code from the e-mail" inputmode="numeric"
                autocomplete="one-time-code" required=true maxlength=20 hint=hint
                problem=form.problem(Field::Code)/>
            {context::development().then(|| view! {
                <p class="muted">"Development: the code is in the "<a href=links::page("/dev/mailbox")>"mailbox"</a>"."</p>
            })}
        }
    });
    view! {
        <form class="form" method="post" action=links::page(Confirm::PATH)>
            <FormKey/>
            <HiddenField name="id" value=visit.id.to_string()/>
            {code}
            <Button>"Confirm appointment"</Button>
        </form>
    }
}
