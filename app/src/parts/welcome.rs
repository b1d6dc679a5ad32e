//! Says that an account is ready, or that an invitation was accepted, on the page that somebody was led to.

use leptos::prelude::*;
use nadi::permissions::{Permission, Target};

use crate::context;
use crate::i18n::text;
use crate::links::WELCOME;
use crate::parts::address;
use crate::ui::{Alert, Tone};

/// Anybody can write the parameter into a link, so the text says only what is true of the account.
#[component]
pub fn Welcome() -> impl IntoView {
    let text = context::signed_in().and_then(|account| match address::value(WELCOME).as_str() {
        "registered" => Some(text!("welcome-registered")),
        "joined" => match (
            account.doctor.is_some(),
            account.may(Permission::ManageTeam, &Target::ANY).is_ok(),
        ) {
            // What a role may do, it may do with a second factor only.
            _ if account.access.second_factor_missing.is_some() => Some(text!("welcome-joined")),
            (true, false) => Some(text!("welcome-doctor")),
            (false, true) => Some(text!("welcome-administrator")),
            _ => Some(text!("welcome-joined")),
        },
        _ => None,
    });
    text.map(|text| {
        view! {
            <div class="welcome">
                <Alert tone=Tone::Good announced=true><p>{text}</p></Alert>
            </div>
        }
    })
}
