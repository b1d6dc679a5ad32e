use leptos::prelude::*;

use super::field::{Choice, Surround, described_by};

/// A field of one line that offers values; others can be typed too.
#[component]
pub fn SuggestField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    /// What is put into the field, and a word about it where it does not speak for itself.
    choices: Vec<Choice>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional_no_strip, into)] problem: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] maxlength: Option<u32>,
) -> impl IntoView {
    let list = format!("{name}-choices");
    let described = described_by(&name, hint.is_some(), problem.is_some());
    let invalid = problem.is_some().then_some("true");
    let value = (!value.is_empty()).then_some(value);
    let choices: Vec<_> = choices
        .into_iter()
        .map(|choice| view! { <option value=choice.value>{choice.text}</option> })
        .collect();
    view! {
        <Surround id=name.clone() label=label hint=hint problem=problem>
            <input
                class="input"
                id=name.clone()
                name=name
                type="text"
                value=value
                list=list.clone()
                autocomplete="off"
                required=required
                maxlength=maxlength.map(|n| n.to_string())
                aria-describedby=described
                aria-invalid=invalid
            />
            <datalist id=list>{choices}</datalist>
        </Surround>
    }
}
