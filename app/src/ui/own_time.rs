use leptos::prelude::*;

/// The same moment on the reader's own clock: `05:50 for you (Berlin)`. `public/own-zone.js` writes it
/// where that clock shows something else; without scripts, or when both agree, nothing is there.
#[component]
pub fn OwnTime(
    /// The moment by the clock it is given in: `2026-11-24T10:20:00+05:30`.
    there: String,
    /// Beside many others: without the city, and of another day only the weekday.
    #[prop(optional)]
    brief: bool,
) -> impl IntoView {
    view! { <time class="own-time" datetime=there data-brief=brief.then_some("") hidden=true></time> }
}

/// What fills them in. Once on a page that may show one.
#[component]
pub fn FillOwnTimes() -> impl IntoView {
    view! { <script type="module" src="/own-zone.js"></script> }
}
