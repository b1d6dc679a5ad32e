use leptos::prelude::*;

use super::Sentence;

/// The heading of a page, with a line under it when there is more to say.
#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    #[prop(optional, into)] lead: Option<String>,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <h1>{title}</h1>
            {lead.map(|lead| view! { <p class="lead"><Sentence text=lead/></p> })}
        </header>
    }
}
