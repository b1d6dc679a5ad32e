//! What a page shows instead of its content when it fails.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;

use crate::links;
use crate::messages;
use crate::ui::{ButtonLink, PageHead, Variant};

#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <Title text="Nothing here"/>
        <section class="narrow">
            <PageHead title="There is nothing at this address" lead="It may have moved, or the link was cut short."/>
            <p class="actions">
                <ButtonLink href=links::page("/doctors")>"Find a doctor"</ButtonLink>
                <ButtonLink href=links::page("/appointments") variant=Variant::Secondary>"My appointments"</ButtonLink>
            </p>
        </section>
    }
}

#[component]
pub fn ForbiddenPage() -> impl IntoView {
    view! {
        <Title text="Not for this account"/>
        <section class="narrow">
            <PageHead title="This page is not for your account" lead="If it should be, sign in with the other account or ask your clinic."/>
            <p class="actions">
                <ButtonLink href=links::page("/appointments")>"My appointments"</ButtonLink>
                <ButtonLink href=links::page("/") variant=Variant::Secondary>"Home"</ButtonLink>
            </p>
        </section>
    }
}

#[component]
pub fn UnavailablePage(failure: Failure) -> impl IntoView {
    let title = match failure {
        Failure::Busy => "Too many people at once",
        Failure::Unavailable => "We cannot reach our calendar right now",
        _ => "That did not work",
    };
    view! {
        <Title text=title/>
        <section class="narrow">
            <PageHead title=title lead=messages::failure(&failure)/>
            <p class="actions">
                <ButtonLink href=crate::context::here()>"Try again"</ButtonLink>
                <ButtonLink href=links::page("/") variant=Variant::Secondary>"Home"</ButtonLink>
            </p>
        </section>
    }
}
