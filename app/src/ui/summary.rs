use leptos::prelude::*;

/// One problem: its sentence, and the id of the field it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemLine {
    pub text: String,
    pub field_id: Option<String>,
}

/// The error summary of a form, at the top of its page. It takes the focus, so that screen readers read it first.
#[component]
pub fn ProblemSummary(#[prop(into)] title: String, lines: Vec<ProblemLine>) -> impl IntoView {
    let lines: Vec<_> = lines
        .into_iter()
        .map(|line| match line.field_id {
            Some(id) => view! { <li><a href=format!("#{id}")>{line.text}</a></li> }.into_any(),
            None => view! { <li>{line.text}</li> }.into_any(),
        })
        .collect();
    view! {
        <div class="problem-summary" role="alert" tabindex="-1" autofocus=true aria-labelledby="problem-summary-title">
            <h2 id="problem-summary-title">{title}</h2>
            <ul>{lines}</ul>
        </div>
    }
}
