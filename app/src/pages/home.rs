use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn Home() -> impl IntoView {
    view! {
        <Title text="Find a doctor"/>
        <h1>"Nadi"</h1>
    }
}
