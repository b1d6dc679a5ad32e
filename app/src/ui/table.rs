use leptos::prelude::*;

/// A frame in which a wide table scrolls on its own; reachable with the keyboard. Put a `<table class="table">` in it.
#[component]
pub fn TableFrame(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! {
        <div class="table-frame" role="region" tabindex="0" aria-label=label>
            {children()}
        </div>
    }
}
