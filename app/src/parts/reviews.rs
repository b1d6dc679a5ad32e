//! Reviews as people read them.

use leptos::prelude::*;
use nadi::ports::{DoctorReviews, PublicReview};
use nadi::review::{NAMELESS, Rating};

use super::visit;
use crate::context;
use crate::i18n::{self, rich_text, text};
use crate::links;
use crate::messages;
use crate::ui::{Icon, Shape, StarRow};

/// One review with the doctor's answer below. `doctor` is who answers.
#[component]
pub fn Review(
    review: PublicReview,
    #[prop(into)] doctor: String,
    /// Actions on the review.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let visited = text!("review-appointment-in", month = i18n::month(review.visit_month));
    let is_name = (review.name != NAMELESS).then_some("no");
    let text = (!review.text.is_empty())
        .then(|| view! { <p class="opinion-text" dir="auto" translate="no">{review.text}</p> });
    let changed = review.changed_since.then(|| {
        view! { <p class="muted">{text!("review-changed-since")}</p> }
    });
    let answer = review.answer.map(|answer| {
        view! {
            <div class="opinion-answer">
                <p class="opinion-answer-head">{rich_text!("review-answer-from", doctor = visit::name(&doctor))}</p>
                <p class="opinion-text" dir="auto" translate="no">{answer}</p>
                {changed}
            </div>
        }
    });
    view! {
        <article class="opinion">
            <p class="opinion-stars">
                <StarRow of_five=review.stars.number()/>
                <span>{messages::reviews::stars(review.stars)}</span>
            </p>
            <p class="opinion-who">
                <strong dir="auto" translate=is_name>{messages::reviews::author(review.name)}</strong>
                <span class="muted">{visited}</span>
            </p>
            {text}
            {answer}
            {children.map(|children| children())}
        </article>
    }
}

/// A page of a doctor's reviews.
#[component]
pub fn ReviewsOfDoctor(reviews: DoctorReviews, #[prop(into)] doctor: String) -> impl IntoView {
    let (number, count) = (reviews.page.number, reviews.page.count());
    let here = context::here();
    let part =
        |number: u32| format!("{}#reviews", links::with(&here, "reviews", &number.to_string()));
    let more = (number < count).then(|| {
        view! { <a class="button" data-variant="secondary" rel="next" href=part(number + 1)>{text!("reviews-more")}</a> }
    });
    let newer = (number > 1).then(|| {
        let href = part(number.min(count + 1) - 1);
        view! { <a class="button" data-variant="secondary" rel="prev" href=href>{text!("reviews-newer")}</a> }
    });
    let ways = (count > 1 || number > 1).then(|| {
        view! {
            <nav class="actions" aria-label=text!("reviews-title")>
                {newer}
                {more}
            </nav>
        }
    });
    let items: Vec<_> = reviews
        .page
        .items
        .into_iter()
        .map(|review| view! { <li><Review review=review doctor=doctor.clone()/></li> })
        .collect();
    view! {
        <section class="reviews" aria-labelledby="reviews">
            <h2 id="reviews">{text!("reviews-title")}</h2>
            <RatingLine rating=reviews.rating/>
            <ul class="reviews-list">{items}</ul>
            {ways}
        </section>
    }
}

/// `4.6 out of 5 from 31 verified reviews`.
#[component]
pub fn RatingLine(rating: Rating) -> impl IntoView {
    let text = match rating.reviews {
        0 => text!("rating-none-help"),
        _ => messages::reviews::rating(rating),
    };
    let star = (rating.reviews > 0).then(|| view! { <Icon shape=Shape::Star/> });
    view! {
        <p class="rating-line">
            {star}
            <span>{text}</span>
        </p>
    }
}
