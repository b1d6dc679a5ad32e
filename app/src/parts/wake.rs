use leptos::prelude::*;

use crate::context::Site;

/// Loads the client. Put it at the end of a page that has islands, and nowhere else.
#[component]
pub fn WakeIslands() -> impl IntoView {
    use_context::<Site>().and_then(|site| site.script).map(|script| {
        view! {
            // After the font and the style sheet: what one reads comes before what makes it quicker to use.
            <link id="client-js" rel="modulepreload" href=script.js_url fetchpriority="low"/>
            <link id="client-wasm" rel="preload" href=script.wasm_url r#as="fetch" r#type="application/wasm" crossorigin="anonymous" fetchpriority="low"/>
            <script type="module" src="/boot.js"></script>
        }
    })
}
