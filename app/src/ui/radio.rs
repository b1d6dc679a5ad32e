use leptos::prelude::*;

use super::Choice;

/// One of a few, all of them in sight. The first has the name as its id, so that a summary of problems leads
/// to it.
#[component]
pub fn RadioField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    choices: Vec<Choice>,
    /// The value that is chosen; empty for none.
    #[prop(optional, into)]
    value: String,
    #[prop(optional_no_strip, into)] problem: Option<String>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let described = problem.is_some().then(|| format!("{name}-problem"));
    let choices: Vec<_> = choices
        .into_iter()
        .enumerate()
        .map(|(place, choice)| {
            let id = match place {
                0 => name.clone(),
                place => format!("{name}-{}", place + 1),
            };
            let checked = choice.value == value;
            view! {
                <div class="check">
                    <input type="radio" id=id.clone() name=name.clone() value=choice.value checked=checked
                        required=required/>
                    <label for=id>{choice.text}</label>
                </div>
            }
        })
        .collect();
    let bad = problem.is_some();
    view! {
        <fieldset class="radios" data-problem=bad.then_some("") aria-describedby=described>
            <legend>{label}</legend>
            {problem.map(|text| view! { <p class="field-problem" id=format!("{name}-problem")>{text}</p> })}
            <div class="radios-choices">{choices}</div>
        </fieldset>
    }
}
