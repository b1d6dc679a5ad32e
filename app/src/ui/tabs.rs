use leptos::prelude::*;

/// One of several views of the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTab {
    pub href: String,
    pub text: String,
    pub current: bool,
}

/// Views of the same thing, as links.
#[component]
pub fn LinkTabs(#[prop(into)] label: String, tabs: Vec<LinkTab>) -> impl IntoView {
    let tabs: Vec<_> = tabs
        .into_iter()
        .map(|tab| {
            let current = tab.current.then_some("page");
            view! { <li><a href=tab.href aria-current=current>{tab.text}</a></li> }
        })
        .collect();
    view! {
        <nav class="tabs" aria-label=label>
            <ul>{tabs}</ul>
        </nav>
    }
}
