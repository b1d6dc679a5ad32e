//! The button that signs in with a passkey. Passkeys need a script: without it the button stays hidden, and the other
//! ways of signing in are there.

use leptos::prelude::*;

use crate::i18n::text;
use crate::links;
use crate::parts::page_scripts::PasskeyScript;

/// `next` is the page to go to afterwards.
#[component]
pub fn PasskeyButton(next: String) -> impl IntoView {
    view! {
        <div
            class="passkey"
            data-passkey="sign-in"
            data-options=links::page("/fn/passkey_options")
            data-answer=links::page("/fn/passkey_sign_in")
            data-next=next
            data-failed=text!("passkey-failed")
            hidden
        >
            <button class="button" data-variant="secondary" type="button">{text!("passkey-sign-in-button")}</button>
            <p class="field-problem" role="status"></p>
        </div>
        <PasskeyScript/>
    }
}
