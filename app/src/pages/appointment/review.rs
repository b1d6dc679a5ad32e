//! Reviewing an appointment that took place.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::appointment::Refusal;
use nadi::ports::{AppointmentView, OwnReview, ReviewView};
use nadi::review::{Stars, TEXT_CHARS_MAX};
use nadi::{Field, formatting};

use crate::context::typed_or;
use crate::fns::reviews::{WithdrawReview, WriteReview};
use crate::i18n::{rich_text, text};
use crate::links;
use crate::messages;
use crate::parts::form::FormState;
use crate::parts::reviews::Review;
use crate::parts::visit;
use crate::ui::{
    Alert, Button, CheckField, Choice, HiddenField, RadioField, TextAreaField, Tone, Variant,
};

/// An invitation to write a review, or the review; nothing when neither applies.
#[component]
pub fn VisitReview(visit: AppointmentView, own: OwnReview, form: FormState) -> impl IntoView {
    let until = crate::i18n::date(formatting::local_date(own.until, visit.zone));
    let open = own.closed.is_none();
    match own.review {
        None if own.closed == Some(Refusal::ConflictOfInterest) => {
            let why = messages::refusal(&Refusal::ConflictOfInterest);
            Some(view! { <p class="muted">{why}</p> }.into_any())
        }
        None if !open => None,
        None => Some({
            let doctor = view! { <span translate="no">{visit.doctor_name.clone()}</span> };
            view! {
                <section class="visit-review" id="review" aria-labelledby="review-title">
                    <h2 id="review-title">{text!("own-review-invitation-title")}</h2>
                    <p class="muted">{rich_text!("own-review-invitation", doctor)}</p>
                    <p class="muted">{messages::reviews::until(&until)}</p>
                    <ReviewForm visit=visit review=None public_name=own.public_name form=form/>
                </section>
            }
            .into_any()
        }),
        Some(review) => {
            let failed = form.shows_typed();
            let hidden = review.hidden.clone().map(|hidden| {
                let reason = view! { <span translate="no">{hidden.reason}</span> };
                view! {
                    <Alert tone=Tone::Waiting>
                        <p><strong>{text!("own-review-hidden")}</strong></p>
                        <p>{rich_text!("own-review-hidden-reason", reason)}</p>
                    </Alert>
                }
            });
            let change = open.then(|| {
                let (visit, review) = (visit.clone(), review.clone());
                view! {
                    <details open=failed>
                        <summary>{text!("own-review-edit")}</summary>
                        <p class="muted">{messages::reviews::until(&until)}</p>
                        <ReviewForm visit=visit review=Some(review) public_name=own.public_name form=form/>
                    </details>
                }
            });
            Some(
                view! {
                    <section class="visit-review" id="review" aria-labelledby="review-title">
                        <h2 id="review-title">{text!("own-review-title")}</h2>
                        {hidden}
                        <Review review=review.shown.clone() doctor=visit.doctor_name.clone()/>
                        {change}
                        <form method="post" action=links::page(WithdrawReview::PATH)>
                            <HiddenField name="id" value=visit.id.to_string()/>
                            <HiddenField name="version" value=review.version.to_string()/>
                            <Button variant=Variant::Quiet>{text!("own-review-delete")}</Button>
                        </form>
                    </section>
                }
                .into_any(),
            )
        }
    }
}

#[component]
fn ReviewForm(
    visit: AppointmentView,
    review: Option<ReviewView>,
    public_name: String,
    form: FormState,
) -> impl IntoView {
    let stored = review.as_ref().map(|review| &review.shown);
    let number = stored.map(|shown| shown.stars.number().to_string()).unwrap_or_default();
    let text = stored.map(|shown| shown.text.clone()).unwrap_or_default();
    // Browsers do not send unticked boxes, so after a failed form only what was typed counts.
    let failed = form.shows_typed();
    let anonymous = match failed {
        true => !typed_or("anonymous", "").is_empty(),
        false => review.as_ref().is_some_and(|review| review.anonymous),
    };
    let version = review.as_ref().map(|review| review.version.to_string()).unwrap_or_default();
    let choices = Stars::ALL
        .map(|stars| {
            let number = stars.number().to_string();
            let word = messages::reviews::stars(stars);
            let text = text!("own-review-stars-choice", number = &number, word);
            Choice::new(number, text)
        })
        .to_vec();
    let name = view! { <span translate="no">{public_name}</span> };
    let send = if review.is_some() { text!("own-review-save") } else { text!("own-review-send") };
    view! {
        <form class="form" method="post" action=links::page(WriteReview::PATH)>
            <HiddenField name="id" value=visit.id.to_string()/>
            <HiddenField name="version" value=version/>
            <RadioField name="stars" label=text!("own-review-stars") choices=choices required=true
                value=typed_or("stars", &number) problem=form.problem(Field::Stars)/>
            <TextAreaField name="text" label=text!("own-review-text") rows=5 maxlength=TEXT_CHARS_MAX
                hint=text!("own-review-text-hint")
                value=typed_or("text", &text) problem=form.problem(Field::Text)/>
            <p class="muted">{rich_text!("own-review-name", name)}</p>
            <CheckField name="anonymous" checked=anonymous label=text!("own-review-anonymous")/>
            <Button variant=Variant::Secondary>{send}</Button>
        </form>
    }
}

/// On a list: a link to review an appointment that took place.
#[component]
pub fn ReviewLink(visit: AppointmentView) -> impl IntoView {
    let href = format!("{}#review", links::appointment(&visit.id.to_string()));
    let date = visit::date(&visit);
    let doctor = view! { <span translate="no">{visit.doctor_name}</span> };
    view! {
        <p class="appointment-review">
            <a href=href>
                {text!("own-review-link")}
                <span class="visually-hidden">" "{rich_text!("own-review-link-which", doctor, date)}</span>
            </a>
        </p>
    }
}
