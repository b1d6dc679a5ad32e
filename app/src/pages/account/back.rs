use leptos::prelude::*;

use crate::i18n::text;
use crate::links;

/// The link back to the account page, above the others.
#[component]
pub fn BackToAccount() -> impl IntoView {
    view! { <p class="admin-back"><a href=links::page("/account")>{text!("account-title")}</a></p> }
}
