use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::context::Site;
#[cfg(feature = "ssr")]
use crate::i18n::pattern;

/// The same moment in the reader's own time zone: `05:50 your time (Berlin)`. `public/own-zone.js` writes it
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

/// What fills them in, and the texts for it. Once on a page that may show one.
#[cfg(feature = "ssr")]
#[component]
pub fn FillOwnTimes() -> impl IntoView {
    let script = use_context::<Site>().map(|site| site.own_zone_url);
    view! {
        <script
            id="own-zone"
            type="module"
            src=script
            data-time=pattern!("own-time", time)
            data-time-in-city=pattern!("own-time-in-city", time, city)
            data-time-with-zone=pattern!("time-with-zone", time, zone)
        ></script>
    }
}
