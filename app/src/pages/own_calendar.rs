//! A patient's appointments in their own calendar program.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::ports::FeedKind;

use crate::context;
use crate::i18n::text;
use crate::links;
use crate::parts::feeds::{self, Feeds};
use crate::parts::form::FormState;
use crate::parts::{address, response};
use crate::ui::{Alert, PageHead, Tone};

#[component]
pub fn OwnCalendar() -> impl IntoView {
    let state = feeds::state();
    response::page(own_calendar(state))
}

async fn own_calendar(state: FormState) -> Result<AnyView, Failure> {
    let done = feeds::done(&address::value("done")).filter(|_| state.failure.is_none());
    let (caller, ports) = (context::caller()?, context::ports()?);
    let found = ports.feeds.feeds(&caller, FeedKind::Patient).await?;
    let title = text!("own-calendar-title");
    Ok(view! {
        <Title text=title.clone()/>
        <p class="admin-back"><a href=links::page("/appointments")>{text!("appointments-title")}</a></p>
        <section class="narrow stack connections">
            {done.map(|text| view! { <Alert tone=Tone::Good announced=true><p>{text}</p></Alert> })}
            <PageHead title=title lead=text!("own-calendar-lead")/>
            <Feeds feeds=found kind=FeedKind::Patient state=state now=caller.now/>
        </section>
    }
    .into_any())
}
