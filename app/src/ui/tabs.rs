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
pub fn LinkTabs(
    #[prop(into)] label: String,
    tabs: Vec<LinkTab>,
    /// All but the first are names, which are not translated.
    #[prop(optional)]
    names: bool,
) -> impl IntoView {
    let tabs: Vec<_> = tabs
        .into_iter()
        .enumerate()
        .map(|(place, tab)| {
            let current = tab.current.then_some("page");
            let translate = (names && place > 0).then_some("no");
            view! { <li><a href=tab.href aria-current=current translate=translate>{tab.text}</a></li> }
        })
        .collect();
    view! {
        <nav class="tabs" aria-label=label>
            <ul>{tabs}</ul>
        </nav>
    }
}
