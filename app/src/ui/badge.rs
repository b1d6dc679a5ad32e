use leptos::prelude::*;

use super::{Icon, Tone};

/// A state in one word, with its shape.
#[component]
pub fn Badge(#[prop(optional)] tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    let icon = (tone != Tone::Neutral).then(|| view! { <Icon shape=tone.shape()/> });
    view! {
        <span class="badge" data-tone=tone.as_str()>
            {icon}
            {text}
        </span>
    }
}
