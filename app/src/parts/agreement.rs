//! What people agree to: the sentence below a button, and the notice to those who have not agreed yet.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::consent::Document;

use crate::context;
use crate::fns::consents::Agree;
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::address;
use crate::ui::{Alert, Button, HiddenField, Tone, Variant};

/// What somebody does with the button that the sentence stands below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreesBy {
    CreatingAccount,
    Booking,
    /// Signing in with a code, which creates an account for an address without one.
    SigningIn,
}

fn terms() -> AnyView {
    view! { <a href=links::document(Document::Terms)>{text!("agreement-terms")}</a> }.into_any()
}

fn privacy() -> AnyView {
    view! { <a href=links::document(Document::Privacy)>{text!("agreement-privacy")}</a> }.into_any()
}

/// Says what is agreed to with a button that makes an account. Nothing for those who are signed in: they have one.
#[component]
pub fn Agreement(by: AgreesBy) -> impl IntoView {
    if context::signed_in().is_some() {
        return None;
    }
    let (terms, privacy) = (terms(), privacy());
    let sentence = match by {
        AgreesBy::CreatingAccount => rich_text!("agreement-continue", terms, privacy),
        AgreesBy::Booking => rich_text!("agreement-book", terms, privacy),
        AgreesBy::SigningIn => rich_text!("agreement-new-account", terms, privacy),
    };
    Some(view! { <p class="muted agreement">{sentence}</p> })
}

/// Says once what has changed, on top of each page, until somebody agrees. Everything works all the same.
#[component]
pub fn AgreementNotice() -> impl IntoView {
    notice()
}

fn notice() -> Option<AnyView> {
    let account = context::signed_in()?;
    let missing = account.agreed.missing();
    let here = context::here_in_english();
    // While a time is held and while somebody signs in, nothing else matters.
    let is_busy = ["/appointments/", "/book", "/sign-in"].iter().any(|path| here.starts_with(path));
    if missing.is_empty() || is_busy {
        let thanks = missing.is_empty() && address::value("agreed") == "yes";
        return thanks.then(|| {
            view! {
                <div class="welcome">
                    <Alert tone=Tone::Good announced=true><p>{text!("agreement-done")}</p></Alert>
                </div>
            }
            .into_any()
        });
    }
    let is_first = missing.iter().any(|document| account.agreed.version_of(*document).is_none());
    let has = |document| missing.contains(&document);
    let sentence = match (is_first, has(Document::Terms), has(Document::Privacy)) {
        (true, ..) => rich_text!("agreement-first", terms = terms(), privacy = privacy()),
        (false, true, true) => {
            rich_text!("agreement-changed-both", terms = terms(), privacy = privacy())
        }
        (false, true, false) => rich_text!("agreement-changed-terms", terms = terms()),
        (false, false, _) => rich_text!("agreement-changed-privacy", privacy = privacy()),
    };
    let shown: Vec<_> = missing
        .iter()
        .map(|document| {
            let version = document.version().to_string();
            view! { <HiddenField name=document.as_str() value=version/> }
        })
        .collect();
    let notice = view! {
        <div class="welcome">
            <Alert>
                <p>{sentence}</p>
                <form method="post" action=links::page(Agree::PATH)>
                    {shown}
                    <HiddenField name="back" value=context::here()/>
                    <Button variant=Variant::Secondary>{text!("agreement-button")}</Button>
                </form>
            </Alert>
        </div>
    };
    Some(notice.into_any())
}
