//! The button that ends all other sessions of the account.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::Failure;

use crate::context;
use crate::fns::account::EndOtherSessions;
use crate::i18n::text;
use crate::links;
use crate::ui::{Button, Variant};

/// Only the button.
#[component]
pub fn EndOthers() -> impl IntoView {
    view! {
        <form method="post" action=links::page(EndOtherSessions::PATH)>
            <Button variant=Variant::Secondary>{text!("account-sign-out-others")}</Button>
        </form>
    }
}

/// Is the account signed in anywhere else?
///
/// # Errors
/// Those of the port.
pub async fn are_there_others() -> Result<bool, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let sessions = ports.accounts.sessions(&caller).await?;
    Ok(sessions.iter().any(|session| !session.is_current))
}

/// Below what says that a second factor or the address was changed: whoever does that because somebody else is in their
/// account need not look for the button.
#[component]
pub fn OfferToEndOthers() -> impl IntoView {
    view! {
        <p>{text!("account-others-stay")}</p>
        <EndOthers/>
    }
}
