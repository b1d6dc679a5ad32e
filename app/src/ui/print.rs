use leptos::prelude::*;

use crate::i18n::text;

/// Prints the page; there only with scripts, since nothing else could. Once on a page.
#[component]
pub fn PrintButton() -> impl IntoView {
    view! {
        <button class="button" data-variant="secondary" type="button" data-print="" hidden=true>{text!("action-print")}</button>
        <script type="module" src="/print.js"></script>
    }
}
