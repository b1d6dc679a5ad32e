//! Reviewing a visit.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::appointment::Refusal;
use nadi::ports::{AppointmentView, OwnReview, ReviewView};
use nadi::review::{Stars, TEXT_CHARS_MAX};
use nadi::{Field, formatting};

use crate::context::typed_or;
use crate::fns::reviews::{WithdrawReview, WriteReview};
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
        None => Some(
            view! {
                <section class="visit-review" id="review" aria-labelledby="review-title">
                    <h2 id="review-title">"How was your visit?"</h2>
                    <p class="muted">{format!(
                        "What you write stands on {}’s page and helps others choose. {}",
                        visit.doctor_name, messages::reviews::until(&until)
                    )}</p>
                    <ReviewForm visit=visit review=None public_name=own.public_name form=form/>
                </section>
            }
            .into_any(),
        ),
        Some(review) => {
            let failed = form.failure.is_some();
            let hidden = review.hidden.clone().map(|hidden| {
                view! {
                    <Alert tone=Tone::Waiting>
                        <p>
                            <strong>"The clinic has hidden this review. "</strong>
                            {format!("The reason: {}", hidden.reason)}
                        </p>
                    </Alert>
                }
            });
            let change = open.then(|| {
                let (visit, review) = (visit.clone(), review.clone());
                view! {
                    <details open=failed>
                        <summary>"Change your review"</summary>
                        <p class="muted">{messages::reviews::until(&until)}</p>
                        <ReviewForm visit=visit review=Some(review) public_name=own.public_name form=form/>
                    </details>
                }
            });
            Some(
                view! {
                    <section class="visit-review" id="review" aria-labelledby="review-title">
                        <h2 id="review-title">"Your review"</h2>
                        {hidden}
                        <Review review=review.shown.clone() doctor=visit.doctor_name.clone()/>
                        {change}
                        <form method="post" action=links::page(WithdrawReview::PATH)>
                            <HiddenField name="id" value=visit.id.to_string()/>
                            <HiddenField name="version" value=review.version.to_string()/>
                            <Button variant=Variant::Quiet>"Take your review back"</Button>
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
    let failed = !typed_or("id", "").is_empty();
    let anonymous = match failed {
        true => !typed_or("anonymous", "").is_empty(),
        false => review.as_ref().is_some_and(|review| review.anonymous),
    };
    let version = review.as_ref().map(|review| review.version.to_string()).unwrap_or_default();
    let choices = Stars::ALL
        .map(|stars| {
            let number = stars.number().to_string();
            let text = format!("{number} – {}", messages::reviews::stars(stars));
            Choice::new(number, text)
        })
        .to_vec();
    let send = if review.is_some() { "Save your review" } else { "Send your review" };
    view! {
        <form class="form" method="post" action=links::page(WriteReview::PATH)>
            <HiddenField name="id" value=visit.id.to_string()/>
            <HiddenField name="version" value=version/>
            <RadioField name="stars" label="From 1 to 5" choices=choices required=true
                value=typed_or("stars", &number) problem=form.problem(Field::Stars)/>
            <TextAreaField name="text" label="In your words, if you like" rows=5 maxlength=TEXT_CHARS_MAX
                hint="Everybody can read it. Leave out what nobody else should know of your health."
                value=typed_or("text", &text) problem=form.problem(Field::Text)/>
            <CheckField name="anonymous" checked=anonymous
                label=format!("Show me as “Patient” instead of “{public_name}”")/>
            <Button variant=Variant::Secondary>{send}</Button>
        </form>
    }
}

/// On a list: a way to review a visit that took place.
#[component]
pub fn ReviewLink(visit: AppointmentView) -> impl IntoView {
    let href = format!("{}#review", links::appointment(&visit.id.to_string()));
    let which = format!(" on {} with {}", visit::date(&visit), visit.doctor_name);
    view! {
        <p class="appointment-review">
            <a href=href>"Review this visit"<span class="visually-hidden">{which}</span></a>
        </p>
    }
}
