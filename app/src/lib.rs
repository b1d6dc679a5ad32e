//! What Nadi shows.
#![recursion_limit = "256"]
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// Wakes the islands of a rendered page.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}

#[component]
pub fn Shell() -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head><meta charset="utf-8"/><MetaTags/></head>
            <body><App/></body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title text="Nadi"/>
        <Router>
            <Routes fallback=|| "not found">
                <Route path=path!("/") view=Home ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

#[component]
fn Home() -> impl IntoView {
    view! { <main><h1>"Nadi"</h1><Counter/></main> }
}

#[island]
fn Counter() -> impl IntoView {
    let (n, set) = signal(0);
    view! { <button on:click=move |_| set.update(|n| *n += 1)>{n}</button> }
}
