//! Form fields: label, hint, problem and control, tied together for readers.
//!
//! The id is the name unless another is given; a [`super::ProblemSummary`] links to it.

use leptos::prelude::*;

/// The ids of hint and problem that describe a control, if there are any.
pub(super) fn described_by(id: &str, hint: bool, problem: bool) -> Option<String> {
    match (hint, problem) {
        (false, false) => None,
        (true, false) => Some(format!("{id}-hint")),
        (false, true) => Some(format!("{id}-problem")),
        (true, true) => Some(format!("{id}-hint {id}-problem")),
    }
}

/// Label, hint and problem around a control.
#[component]
pub(super) fn Surround(
    id: String,
    label: String,
    hint: Option<String>,
    problem: Option<String>,
    children: Children,
) -> impl IntoView {
    let bad = problem.is_some();
    view! {
        <div class="field" data-problem=bad.then_some("")>
            <label for=id.clone()>{label}</label>
            {hint.map(|hint| view! { <p class="field-hint" id=format!("{id}-hint")>{hint}</p> })}
            {problem.map(|text| view! { <p class="field-problem" id=format!("{id}-problem")>{text}</p> })}
            {children()}
        </div>
    }
}

/// A field of one line.
#[component]
pub fn TextField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] id: Option<String>,
    /// The input's type: `text`, `email`, `password`, `search`, `date`, `time`, `number`.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional_no_strip, into)] problem: Option<String>,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] required: bool,
    #[prop(optional)] minlength: Option<u32>,
    #[prop(optional)] maxlength: Option<u32>,
    #[prop(optional, into)] min: Option<String>,
    #[prop(optional, into)] max: Option<String>,
    #[prop(optional, into)] step: Option<String>,
    #[prop(optional, into)] pattern: Option<String>,
    #[prop(optional, into)] placeholder: Option<String>,
    /// The page opens with the cursor here.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let described = described_by(&id, hint.is_some(), problem.is_some());
    let invalid = problem.is_some().then_some("true");
    let value = (!value.is_empty()).then_some(value);
    view! {
        <Surround id=id.clone() label=label hint=hint problem=problem>
            <input
                class="input"
                id=id
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                inputmode=inputmode
                required=required
                minlength=minlength.map(|n| n.to_string())
                maxlength=maxlength.map(|n| n.to_string())
                min=min
                max=max
                step=step
                pattern=pattern
                placeholder=placeholder
                autofocus=autofocus
                aria-describedby=described
                aria-invalid=invalid
            />
        </Surround>
    }
}

/// A field of several lines.
#[component]
pub fn TextAreaField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional_no_strip, into)] problem: Option<String>,
    #[prop(default = 4)] rows: u8,
    #[prop(optional)] required: bool,
    #[prop(optional)] maxlength: Option<u32>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let described = described_by(&id, hint.is_some(), problem.is_some());
    let invalid = problem.is_some().then_some("true");
    view! {
        <Surround id=id.clone() label=label hint=hint problem=problem>
            <textarea
                class="input"
                id=id
                name=name
                rows=rows.to_string()
                required=required
                maxlength=maxlength.map(|n| n.to_string())
                aria-describedby=described
                aria-invalid=invalid
            >
                {value}
            </textarea>
        </Surround>
    }
}

/// One choice of a [`SelectField`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub text: String,
    /// The text is a name, which is not translated.
    pub is_name: bool,
}

impl Choice {
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into(), is_name: false }
    }

    /// A choice whose text is a name.
    pub fn name(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { is_name: true, ..Self::new(value, text) }
    }
}

/// A drop-down list.
#[component]
pub fn SelectField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] id: Option<String>,
    choices: Vec<Choice>,
    /// The value that is chosen.
    #[prop(optional, into)]
    value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional_no_strip, into)] problem: Option<String>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let described = described_by(&id, hint.is_some(), problem.is_some());
    let invalid = problem.is_some().then_some("true");
    let choices: Vec<_> = choices
        .into_iter()
        .map(|choice| {
            let selected = choice.value == value;
            let translate = choice.is_name.then_some("no");
            view! { <option value=choice.value selected=selected translate=translate>{choice.text}</option> }
        })
        .collect();
    view! {
        <Surround id=id.clone() label=label hint=hint problem=problem>
            <select class="input" id=id name=name required=required aria-describedby=described aria-invalid=invalid>
                {choices}
            </select>
        </Surround>
    }
}

/// A hidden field.
#[component]
pub fn HiddenField(#[prop(into)] name: String, #[prop(into)] value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}
