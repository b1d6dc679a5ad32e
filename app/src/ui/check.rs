use leptos::prelude::*;

/// A box to tick, with its label beside it.
#[component]
pub fn CheckField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional)] checked: bool,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    view! {
        <div class="check">
            <input type="checkbox" id=id.clone() name=name value="yes" checked=checked/>
            <label for=id>{label}</label>
        </div>
    }
}
