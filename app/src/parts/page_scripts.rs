//! Small scripts for pages that do not load the WASM client. Every page also works without them.

use leptos::prelude::*;

use crate::context::Site;

/// Suggestions while typing and "near me", for pages with a search form.
#[component]
pub fn SuggestScript() -> impl IntoView {
    script(|site| site.suggest_url)
}

/// Appends the next page to a list of doctors.
#[component]
pub fn LoadMoreScript() -> impl IntoView {
    script(|site| site.load_more_url)
}

/// Makes and uses passkeys, for pages with a button for it.
#[component]
pub fn PasskeyScript() -> impl IntoView {
    script(|site| site.passkey_url)
}

/// Sends the form of a page that is only passed through.
#[component]
pub fn SendFormScript() -> impl IntoView {
    script(|site| site.send_form_url)
}

fn script(url: impl Fn(Site) -> String) -> impl IntoView {
    use_context::<Site>().map(|site| view! { <script type="module" src=url(site)></script> })
}
