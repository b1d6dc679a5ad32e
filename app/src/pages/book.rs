//! The step between choosing a time and holding it, for a browser that is not known yet: it becomes a visitor here.
//!
//! The pages before are the same for everybody. This one is never cached: it sets the visitor's cookie and carries the
//! key of the form, so that a double click, also the first one, is one visitor and one hold. For a browser that comes
//! from one of our pages, a script sends this form at once; without scripts it is one more tap.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::input::return_path;

use crate::context;
use crate::fns::booking::Hold;
use crate::i18n::text;
use crate::links;
use crate::parts::form::failure_of;
use crate::parts::page_scripts::SendFormScript;
use crate::parts::{address, response};
use crate::ui::{Alert, Button, HiddenField, PageHead, Tone};

#[component]
pub fn Book() -> impl IntoView {
    let failed = failure_of::<Hold>().failure.is_some();
    response::forbid_storing();
    response::page(book(failed))
}

async fn book(failed: bool) -> Result<AnyView, Failure> {
    let (slot, back) = (address::value("slot"), address::value("back"));
    let back = match back.as_str() {
        "" => links::page("/doctors"),
        back => return_path(back).to_owned(),
    };
    if failed {
        response::redirect(&with_failure(&back));
        return Ok(().into_any());
    }
    if slot.is_empty() {
        response::redirect(&back);
        return Ok(().into_any());
    }
    let caller = context::caller()?;
    // The cookie was set, and has not come back.
    let refuses_cookies = !address::value("tried").is_empty() && caller.owner().is_err();
    let is_visitor = caller.signed_in().is_err();
    if is_visitor {
        context::session()?.become_visitor().await?;
    }
    // A link from elsewhere must not hold a time, or change who holds one: whoever follows it decides with the button.
    let sends_itself = is_visitor && !refuses_cookies && comes_from_our_pages();
    let (lead, button) = match refuses_cookies {
        true => (text!("book-no-cookies"), text!("book-try-again")),
        false => (text!("book-lead"), text!("book-button")),
    };
    let cookies = refuses_cookies.then(|| {
        view! { <Alert tone=Tone::Loss announced=true><p>{text!("book-no-cookies-detail")}</p></Alert> }
    });
    Ok(view! {
        <Title text=text!("book-title")/>
        <section class="narrow">
            <PageHead title=text!("book-title") lead=lead/>
            {cookies}
            <form class="form" method="post" action=links::page(Hold::PATH)
                data-send=sends_itself.then_some("")>
                <HiddenField name="key" value=context::new_form_key()/>
                <HiddenField name="slot" value=slot/>
                <HiddenField name="visit_type" value=address::value("visit_type")/>
                <HiddenField name="back" value=back.clone()/>
                <HiddenField name="tried" value="yes"/>
                <Button>{button}</Button>
            </form>
            <p class="form-other"><a href=back>{text!("book-back")}</a></p>
        </section>
        {sends_itself.then(|| view! { <SendFormScript/> })}
    }
    .into_any())
}

/// Did our own pages lead here, in all steps? A browser that does not say so gets the button.
fn comes_from_our_pages() -> bool {
    let parts = use_context::<Parts>();
    let site = parts.as_ref().and_then(|parts| parts.headers.get("sec-fetch-site"));
    site.is_some_and(|site| site == "same-origin")
}

/// The doctor's page with the failure of the form, which it explains together with other free times.
fn with_failure(back: &str) -> String {
    ["__path", "__err"]
        .iter()
        .fold(back.to_owned(), |page, name| links::with(&page, name, &address::value(name)))
}
