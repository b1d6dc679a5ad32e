//! A hold that waits to be confirmed.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Field;
use nadi::appointment::Command;
use nadi::local_time::LocalTime;
use nadi::ports::AppointmentView;

use super::done::{Done, DoneNotice};
use super::facts::Head;
use crate::context;
use crate::fns::booking::{Confirm, Extend, Release, SendCode};
use crate::i18n::{LocalTimeText as _, rich_text, text};
use crate::islands::Countdown;
use crate::links;
use crate::messages;
use crate::parts::countdown::countdown_texts;
use crate::parts::form::{FormKey, FormState, FormSummary};
use crate::parts::hydration_scripts::HydrationScripts;
use crate::parts::visit;
use crate::ui::{Button, HiddenField, TextField, Variant};

#[component]
pub fn Held(
    visit: AppointmentView,
    left: i64,
    form: FormState,
    done: Option<Done>,
) -> impl IntoView {
    let id = visit.id.to_string();
    let news = match done {
        Some(Done::CodeSent) => {
            Some((text!("appointment-held-code-sent"), text!("appointment-held-code-sent-detail")))
        }
        Some(Done::Extended) => Some(extended(&visit)),
        _ => None,
    };
    let about = visit::kind_and_person(&visit);
    let code_needed = visit.code_needed;
    view! {
        <HeldHead visit=visit.clone() left=left form=form.clone() news=news about=about/>
        <div class="held-forms">
            <ConfirmForm visit=visit form=form/>
            <div class="held-others">
                {code_needed.then(|| view! { <NewCodeForm id=id.clone()/> })}
                <ReleaseForm id=id/>
            </div>
        </div>
        <HydrationScripts/>
    }
}

#[component]
pub(super) fn NewCodeForm(id: String) -> impl IntoView {
    view! {
        <form method="post" action=links::page(SendCode::PATH)>
            <FormKey/>
            <HiddenField name="id" value=id/>
            <Button variant=Variant::Secondary>{text!("appointment-held-new-code-button")}</Button>
        </form>
    }
}

#[component]
pub(super) fn ReleaseForm(id: String) -> impl IntoView {
    view! {
        <form method="post" action=links::page(Release::PATH)>
            <FormKey/>
            <HiddenField name="id" value=id/>
            <Button variant=Variant::Quiet>{text!("appointment-held-release-button")}</Button>
        </form>
    }
}

/// That there is more time now.
pub(super) fn extended(visit: &AppointmentView) -> (String, String) {
    let until = until(visit);
    (text!("appointment-held-extended"), text!("appointment-held-extended-detail", until))
}

/// When the hold lapses.
fn until(visit: &AppointmentView) -> String {
    LocalTime::new(visit.expires_at, visit.zone).clock_with_zone()
}

/// What is held, and for how much longer.
#[component]
pub(super) fn HeldHead(
    visit: AppointmentView,
    left: i64,
    form: FormState,
    /// What was just done, in a word and in more words.
    news: Option<(String, String)>,
    /// More about the appointment, on a line below the head.
    about: AnyView,
) -> impl IntoView {
    let news =
        news.map(|(strong, text)| view! { <DoneNotice strong=strong text=text.into_any()/> });
    let extendable = visit.open_to.contains(&Command::Extend);
    let title = text!("appointment-held-title");
    let zone = visit::zone(&visit).map(|zone| {
        view! {
            {zone}
            {visit::own_time(&visit)}
            <br/>
        }
    });
    let again = links::doctor(visit.doctor_slug.as_str());
    let texts = countdown_texts(extendable);
    view! {
        <Title text=form.page_title(title.clone())/>
        <FormSummary state=form/>
        {news}
        <Head title=title.into_any() lead=visit::summary(&visit)/>
        <p class="muted appointment-zone">
            {zone}
            {about}
        </p>
        <div class="held-time">
            <Countdown seconds=left until=until(&visit) again=again texts=texts/>
            <ExtendForm id=visit.id.to_string() extendable=extendable left=visit.extensions_left/>
        </div>
    }
}

/// The button that extends the hold, or the reason why it cannot be extended.
#[component]
pub(super) fn ExtendForm(id: String, extendable: bool, left: i16) -> impl IntoView {
    let said = messages::visit::extensions_left(left);
    if extendable {
        view! {
            <form class="keep" method="post" action=links::page(Extend::PATH)>
                <FormKey/>
                <HiddenField name="id" value=id/>
                <Button variant=Variant::Secondary>{text!("appointment-held-extend-button")}</Button>
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
pub(super) fn ConfirmForm(visit: AppointmentView, form: FormState) -> impl IntoView {
    let code = visit.code_needed.then(|| {
        let email = visit::name(&visit.code_sent_to);
        view! {
            <p>{rich_text!("appointment-held-code-sent-to", email)}</p>
            <TextField name="code" label=text!("appointment-held-code") inputmode="numeric"
                autocomplete="one-time-code" required=true maxlength=20
                hint=text!("appointment-held-code-hint")
                problem=form.problem(Field::Code)/>
            {context::development().then(|| view! {
                <p class="muted" translate="no">"Development: the code is in the "<a href=links::page("/dev/mailbox")>"mailbox"</a>"."</p>
            })}
        }
    });
    view! {
        <form class="form" method="post" action=links::page(Confirm::PATH)>
            <FormKey/>
            <HiddenField name="id" value=visit.id.to_string()/>
            {code}
            <Button>{text!("appointment-held-confirm-button")}</Button>
        </form>
    }
}
