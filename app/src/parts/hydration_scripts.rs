use leptos::prelude::*;

use crate::context::Site;

/// The scripts that load the WASM client and hydrate the islands. Goes at the end of pages that have islands.
#[component]
pub fn HydrationScripts() -> impl IntoView {
    use_context::<Site>().and_then(|site| site.script).map(|script| {
        view! {
            // Low priority: the font and the style sheet are needed first.
            <link id="client-js" rel="modulepreload" href=script.js_url fetchpriority="low"/>
            <link id="client-wasm" rel="preload" href=script.wasm_url r#as="fetch" r#type="application/wasm" crossorigin="anonymous" fetchpriority="low"/>
            <script type="module" src="/boot.js"></script>
        }
    })
}
