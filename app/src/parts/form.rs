//! The result of a plain form: the failure of its server function, shown on the form's page.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::{Failure, Field};

use crate::context::{self, Typed, WaitingForm};
use crate::error::FormFailure;
use crate::i18n::{Language, text};
use crate::messages;
use crate::ui::{Alert, HiddenField, ProblemLine, ProblemSummary, Tone};

/// The failure of the form that posts to `F`, when this page was answered to it. Sets the response's status.
pub fn failure_of<F>() -> FormState
where
    F: ServerFn<Error = FormFailure> + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
{
    let failure = ServerAction::<F>::new().value().with_untracked(|answer| match answer {
        Some(Err(FormFailure(failure))) => Some(failure.clone()),
        _ => None,
    });
    if let Some(failure) = &failure {
        super::response::set_status(failure.status());
    }
    let waited = use_context::<Typed>().and_then(|typed| typed.sent_before_sign_in);
    let sent_before_sign_in = failure.is_none() && waited.as_deref() == Some(F::PATH);
    FormState { failure, sent_before_sign_in }
}

/// The state of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormState {
    pub failure: Option<Failure>,
    /// Its sender had to sign in first; what they typed is shown again.
    pub sent_before_sign_in: bool,
}

impl FormState {
    /// This form's failure, or else the other's: for pages with several forms.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.shows_typed() { self } else { other }
    }

    /// Whether the form shows again what was typed, instead of what is stored.
    pub fn shows_typed(&self) -> bool {
        self.failure.is_some() || self.sent_before_sign_in
    }

    /// The sentence about a field, if it has a problem.
    pub fn problem(&self, field: Field) -> Option<String> {
        match &self.failure {
            Some(Failure::Invalid(problems)) => {
                problems.iter().find(|found| found.field == field).map(messages::field_problem)
            }
            Some(failure) if messages::field_of(failure) == Some(field) => {
                Some(messages::failure(failure))
            }
            _ => None,
        }
    }

    /// The title of the form's page for `<Title>`; says when there is a problem.
    pub fn page_title(&self, title: String) -> String {
        if self.failure.is_some() { text!("page-title-with-problem", title) } else { title }
    }

    fn lines(&self) -> Vec<ProblemLine> {
        match &self.failure {
            None => Vec::new(),
            Some(Failure::Invalid(problems)) => problems
                .iter()
                .map(|problem| ProblemLine {
                    text: messages::field_problem(problem),
                    field_id: Some(messages::field_name(problem.field).to_owned()),
                })
                .collect(),
            Some(failure) => vec![ProblemLine {
                text: messages::failure(failure),
                field_id: messages::field_of(failure)
                    .map(|field| messages::field_name(field).to_owned()),
            }],
        }
    }
}

/// The summary at the top of a page whose form failed; nothing when it did not.
#[component]
pub fn FormSummary(state: FormState) -> impl IntoView {
    let lines = state.lines();
    let problems = (!lines.is_empty()).then(|| {
        let title = messages::summary_title(state.failure.as_ref());
        view! { <ProblemSummary title=title lines=lines/> }
    });
    view! {
        {problems}
        {state.sent_before_sign_in.then(shown_again_note)}
    }
}

/// Says that what somebody typed before they had to sign in is in the form again, and not yet sent.
pub fn shown_again_note() -> AnyView {
    view! {
        <Alert tone=Tone::Waiting announced=true>
            <p><strong>{text!("form-shown-again")}</strong>" "{text!("form-shown-again-detail")}</p>
        </Alert>
    }
    .into_any()
}

/// On a page to sign in that leads on to `next`: why one has to, and whether what was typed there is kept. Nothing when
/// no form waits for it.
#[component]
pub fn WaitingFormNote(next: String) -> impl IntoView {
    let page = Language::of_path(&next).1;
    let page = page.split(['?', '#']).next().unwrap_or_default();
    let waiting = use_context::<WaitingForm>().filter(|waiting| waiting.page == page);
    waiting.map(|waiting| {
        let reason = match context::signed_in() {
            Some(_) => text!("form-waits-for-proof"),
            None => text!("form-waits-for-sign-in"),
        };
        let kept =
            if waiting.kept { text!("form-waits-kept") } else { text!("form-waits-too-long") };
        view! {
            <Alert tone=Tone::Waiting announced=true>
                <p><strong>{reason}</strong>" "{kept}</p>
            </Alert>
        }
    })
}

/// The hidden idempotency key of a form, so that a double click or a retry has one effect.
#[component]
pub fn FormKey() -> impl IntoView {
    view! { <HiddenField name="key" value=context::form_key()/> }
}
