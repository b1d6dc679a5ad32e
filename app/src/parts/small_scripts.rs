//! Scripts of a few kilobytes that make a page quicker, for pages that load no client. Each page is whole
//! without them.

use leptos::prelude::*;

use crate::context::Site;

/// For pages with a search form: suggestions while one types, and places near oneself.
#[component]
pub fn SuggestScript() -> impl IntoView {
    script(|site| site.suggest_url)
}

/// For pages with a list of doctors: its next page in place.
#[component]
pub fn MoreScript() -> impl IntoView {
    script(|site| site.more_url)
}

fn script(url: impl Fn(Site) -> String) -> impl IntoView {
    use_context::<Site>().map(|site| view! { <script type="module" src=url(site)></script> })
}
