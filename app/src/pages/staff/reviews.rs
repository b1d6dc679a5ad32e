//! Reviews, for the doctor who answers them and for administrators who may hide them.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::ports::ReviewView;
use nadi::review::{REASON_CHARS_MAX, TEXT_CHARS_MAX};
use nadi::{Failure, Field};

use super::doctors::{AdminTab, admin_tabs, name as shown_name};
use super::schedule::{Tab, tabs};
use crate::context::{self, typed_or};
use crate::fns::reviews::{AnswerReview, HideReview, ShowReview};
use crate::i18n::{self, rich_text, text};
use crate::links::{self, Query, SchedulePages};
use crate::messages;
use crate::parts::address::{self, Address};
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::response;
use crate::parts::reviews::{RatingLine, Review};
use crate::ui::{
    Alert, Button, ButtonLink, Empty, HiddenField, LinkTab, LinkTabs, PageHead, Pagination,
    TextAreaField, TextField, Tone, Variant,
};

/// What patients say of the doctor who is signed in.
#[component]
pub fn OwnReviews() -> impl IntoView {
    let mut address = Address::default();
    let page = address.page();
    response::page(own_reviews(page, address, failure_of::<AnswerReview>()))
}

async fn own_reviews(page: u32, address: Address, form: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let found = ports.reviews.mine(&caller, page).await?;
    let doctor = caller.signed_in()?.name.clone();
    let (number, count) = (found.page.number, found.page.count());
    let none = found.page.items.is_empty();
    let items: Vec<_> = found
        .page
        .items
        .into_iter()
        .map(|review| {
            let form = of_this(&form, &review);
            view! {
                <li>
                    <HiddenNote review=review.clone()/>
                    <Review review=review.shown.clone() doctor=doctor.clone()>
                        <AnswerForm review=review page=number form=form/>
                    </Review>
                </li>
            }
        })
        .collect();
    let done = (address::value("done") == "answered").then(|| {
        view! { <Alert tone=Tone::Good announced=true><p>{text!("doctor-reviews-saved")}</p></Alert> }
    });
    Ok(view! {
        <Title text=text!("doctor-reviews-title")/>
        <FormSummary state=form/>
        {done}
        <PageHead title=text!("doctor-reviews-title") lead=text!("doctor-reviews-lead")/>
        {tabs(&SchedulePages::own(), true, Some(Tab::Reviews))}
        {address.note()}
        <RatingLine rating=found.rating/>
        {none.then(|| view! {
            <Empty title=text!("doctor-reviews-empty-title")>
                <p>{text!("doctor-reviews-empty-text")}</p>
            </Empty>
        })}
        <ul class="reviews-list staff-reviews">{items}</ul>
        <Pagination number=number count=count href=|page| Query::new().with("page", &page.to_string()).on(&links::own_reviews())/>
    }
    .into_any())
}

/// The failure of a form, if it was this review's: a page has a form for each.
fn of_this(form: &FormState, review: &ReviewView) -> FormState {
    let typed = typed_or("id", "") == review.id.to_string();
    if typed { form.clone() } else { FormState::default() }
}

/// A field's id: where its problem is told, the one that the summary leads to.
fn field_id(name: &str, review: &ReviewView, form: &FormState) -> String {
    if form.failure.is_some() { name.to_owned() } else { format!("{name}-{}", review.id) }
}

#[component]
fn AnswerForm(review: ReviewView, page: u32, form: FormState) -> impl IntoView {
    let failed = form.shows_typed();
    let stored = review.shown.answer.clone().unwrap_or_default();
    let value = if failed { typed_or("answer", &stored) } else { stored.clone() };
    let author = messages::reviews::author(review.shown.name.clone());
    let whose = text!("doctor-reviews-reply-label", name = author);
    let (summary, hint) = match stored.is_empty() {
        true => (text!("doctor-reviews-reply-open"), text!("doctor-reviews-reply-hint")),
        false => (text!("doctor-reviews-reply-edit"), text!("doctor-reviews-reply-edit-hint")),
    };
    view! {
        <details class="review-act" open=failed>
            <summary>{summary}</summary>
            <form class="form" method="post" action=links::page(AnswerReview::PATH)>
                <HiddenField name="id" value=review.id.to_string()/>
                <HiddenField name="version" value=review.version.to_string()/>
                <HiddenField name="page" value=page.to_string()/>
                <TextAreaField name="answer" id=field_id("answer", &review, &form) label=whose
                    maxlength=TEXT_CHARS_MAX hint=hint value=value problem=form.problem(Field::Answer)/>
                <Button variant=Variant::Secondary>{text!("doctor-reviews-reply-button")}</Button>
            </form>
        </details>
    }
}

/// Says since when and why a review is hidden.
#[component]
fn HiddenNote(review: ReviewView) -> impl IntoView {
    review.hidden.map(|hidden| {
        let date = i18n::date(hidden.at.date());
        let when = match hidden.by {
            Some(by) => rich_text!("admin-reviews-hidden-on-by", date, name = shown_name(by)),
            None => text!("admin-reviews-hidden-on", date).into_any(),
        };
        let why = rich_text!("admin-reviews-hidden-reason", reason = shown_name(hidden.reason));
        view! {
            <Alert tone=Tone::Waiting><p><strong>{when}</strong>" "{why}</p></Alert>
        }
    })
}

/// All reviews in the clinics that one administers.
#[component]
pub fn AdminReviews() -> impl IntoView {
    let mut address = Address::default();
    let is_hidden = |text: &str| (text == "hidden").then_some(());
    let hidden = address.read("show", text!("admin-address-filter"), is_hidden);
    let page = address.page();
    let form = failure_of::<HideReview>().or(failure_of::<ShowReview>());
    response::page(admin_reviews(hidden.is_some(), page, address, form))
}

async fn admin_reviews(
    only_hidden: bool,
    page: u32,
    address: Address,
    form: FormState,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let found = ports.reviews.in_clinics(&caller, only_hidden, page).await?;
    let (number, count) = (found.number, found.count());
    let none = found.items.is_empty();
    let show = if only_hidden { "hidden" } else { "" };
    let items: Vec<_> = found
        .items
        .into_iter()
        .map(|review| {
            let form = of_this(&form, &review);
            let doctor = review.doctor_name.clone();
            let href = links::doctor(review.doctor_slug.as_str());
            let link = view! { <a href=href translate="no">{doctor.clone()}</a> };
            view! {
                <li>
                    <p class="review-of">{rich_text!("admin-reviews-of", doctor = link)}</p>
                    <HiddenNote review=review.clone()/>
                    <Review review=review.shown.clone() doctor=doctor>
                        <Decision review=review show=show page=number form=form/>
                    </Review>
                </li>
            }
        })
        .collect();
    let done = match address::value("done").as_str() {
        "hidden" => Some(text!("admin-reviews-hidden-done")),
        "shown" => Some(text!("admin-reviews-shown-done")),
        _ => None,
    };
    let done = done.map(|text| {
        view! { <Alert tone=Tone::Good announced=true><p>{text}</p></Alert> }
    });
    let which = vec![
        LinkTab {
            href: links::admin_reviews(),
            text: text!("admin-reviews-filter-all"),
            current: !only_hidden,
        },
        LinkTab {
            href: Query::new().with("show", "hidden").on(&links::admin_reviews()),
            text: text!("admin-reviews-filter-hidden"),
            current: only_hidden,
        },
    ];
    let href = move |page: u32| {
        Query::new().with("show", show).with("page", &page.to_string()).on(&links::admin_reviews())
    };
    Ok(view! {
        <Title text=text!("admin-reviews-title")/>
        <FormSummary state=form/>
        {done}
        <PageHead title=text!("admin-reviews-title") lead=text!("admin-reviews-lead")/>
        {admin_tabs(AdminTab::Reviews)}
        {address.note()}
        <LinkTabs label=text!("admin-reviews-filter") tabs=which/>
        {none.then(|| view! {
            <Empty title=if only_hidden {
                text!("admin-reviews-none-hidden")
            } else {
                text!("admin-reviews-empty-title")
            }>
                {if only_hidden {
                    let text = text!("admin-reviews-show-all-button");
                    view! { <p class="actions"><ButtonLink href=links::admin_reviews()>{text}</ButtonLink></p> }
                        .into_any()
                } else {
                    view! { <p>{text!("admin-reviews-empty-text")}</p> }.into_any()
                }}
            </Empty>
        })}
        <ul class="reviews-list staff-reviews">{items}</ul>
        <Pagination number=number count=count href=href/>
    }
    .into_any())
}

/// Hiding a review with a reason, or showing it again.
#[component]
fn Decision(review: ReviewView, show: &'static str, page: u32, form: FormState) -> impl IntoView {
    let hidden = review.hidden.is_some();
    let sent = view! {
        <HiddenField name="id" value=review.id.to_string()/>
        <HiddenField name="version" value=review.version.to_string()/>
        <HiddenField name="show" value=show/>
        <HiddenField name="page" value=page.to_string()/>
    };
    if hidden {
        return view! {
            <form class="review-act" method="post" action=links::page(ShowReview::PATH)>
                {sent}
                <Button variant=Variant::Secondary>{text!("admin-reviews-show-button")}</Button>
            </form>
        }
        .into_any();
    }
    let failed = form.shows_typed();
    let reason = if failed { typed_or("reason", "") } else { String::new() };
    view! {
        <details class="review-act" open=failed>
            <summary>{text!("admin-reviews-hide-button")}</summary>
            <form class="form" method="post" action=links::page(HideReview::PATH)>
                {sent}
                <TextField name="reason" id=field_id("reason", &review, &form) label=text!("admin-reviews-reason")
                    hint=text!("admin-reviews-reason-hint") required=true maxlength=REASON_CHARS_MAX
                    value=reason problem=form.problem(Field::Reason)/>
                <Button variant=Variant::Danger>{text!("admin-reviews-hide-button")}</Button>
            </form>
        </details>
    }
    .into_any()
}
