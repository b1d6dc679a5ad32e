//! The problems of a staff form, and the fields they are about.

use leptos::prelude::*;
use nadi::{Failure, FieldProblem};

use crate::messages;
use crate::parts::form::{FormState, shown_again_note};
use crate::ui::{ProblemLine, ProblemSummary};

/// Every problem of a form, in its order.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    title: String,
    lines: Vec<ProblemLine>,
    /// See [`FormState::sent_before_sign_in`].
    sent_before_sign_in: bool,
}

impl Problems {
    /// The problems a form was answered with, in the words of `say`. A stale form
    /// has none: it gets a note of its own.
    pub fn of(state: &FormState, say: impl Fn(&FieldProblem) -> String) -> Self {
        let lines = match &state.failure {
            None | Some(Failure::Stale) => Vec::new(),
            Some(Failure::Invalid(problems)) => problems
                .iter()
                .map(|problem| ProblemLine {
                    text: say(problem),
                    field_id: Some(messages::field_name(problem.field).to_owned()),
                })
                .collect(),
            Some(failure) => vec![ProblemLine { text: messages::failure(failure), field_id: None }],
        };
        let title = messages::summary_title(state.failure.as_ref());
        Self { title, lines, sent_before_sign_in: state.sent_before_sign_in }
    }

    /// The same failure, with the problems where one knows them to be.
    #[must_use]
    pub fn placed(self, lines: Vec<ProblemLine>) -> Self {
        if lines.is_empty() { self } else { Self { lines, ..self } }
    }

    pub fn any(&self) -> bool {
        !self.lines.is_empty()
    }

    /// The sentence about the field with this id.
    pub fn at(&self, id: &str) -> Option<String> {
        let found = self.lines.iter().find(|line| line.field_id.as_deref() == Some(id))?;
        Some(found.text.clone())
    }

    /// All of them, for the top of the page; or that the form has yet to be sent.
    pub fn summary(&self) -> Option<AnyView> {
        if self.sent_before_sign_in {
            return Some(shown_again_note());
        }
        let (title, lines) = (self.title.clone(), self.lines.clone());
        self.any().then(|| view! { <ProblemSummary title=title lines=lines/> }.into_any())
    }
}
