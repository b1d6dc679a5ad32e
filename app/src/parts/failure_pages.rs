//! What a page shows instead of its content when it fails.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;

use crate::i18n::text;
use crate::links;
use crate::messages;
use crate::ui::{ButtonLink, PageHead, Variant};

#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <Title text=text!("not-found-title")/>
        <section class="narrow">
            <PageHead title=text!("not-found-title") lead=text!("not-found-lead")/>
            <p class="actions">
                <ButtonLink href=links::page("/doctors")>{text!("layout-find-doctor")}</ButtonLink>
                <ButtonLink href=links::page("/appointments") variant=Variant::Secondary>{text!("layout-my-appointments")}</ButtonLink>
            </p>
        </section>
    }
}

#[component]
pub fn ForbiddenPage() -> impl IntoView {
    view! {
        <Title text=text!("forbidden-title")/>
        <section class="narrow">
            <PageHead title=text!("forbidden-title") lead=text!("forbidden-lead")/>
            <p class="actions">
                <ButtonLink href=links::page("/appointments")>{text!("layout-my-appointments")}</ButtonLink>
                <ButtonLink href=links::page("/") variant=Variant::Secondary>{text!("failure-home")}</ButtonLink>
            </p>
        </section>
    }
}

#[component]
pub fn UnavailablePage(failure: Failure) -> impl IntoView {
    let title = messages::summary_title(Some(&failure));
    view! {
        <Title text=title.clone()/>
        <section class="narrow">
            <PageHead title=title lead=messages::failure(&failure)/>
            <p class="actions">
                <ButtonLink href=crate::context::here()>{text!("failure-try-again")}</ButtonLink>
                <ButtonLink href=links::page("/") variant=Variant::Secondary>{text!("failure-home")}</ButtonLink>
            </p>
        </section>
    }
}
