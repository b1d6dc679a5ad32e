use leptos::prelude::*;

use super::{Icon, Shape};

/// The kind of message. Each has a shape and a word besides its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Neutral,
    /// Success.
    Good,
    /// Time is running out.
    Waiting,
    /// An error, or the loss of something.
    Loss,
}

impl Tone {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Loss => "loss",
        }
    }

    pub fn shape(self) -> Shape {
        match self {
            Self::Neutral => Shape::Speech,
            Self::Good => Shape::Check,
            Self::Waiting => Shape::Clock,
            Self::Loss => Shape::Warning,
        }
    }
}

/// A message on the page. With `announced`, screen readers say it when it appears.
#[component]
pub fn Alert(
    #[prop(optional)] tone: Tone,
    #[prop(optional)] announced: bool,
    #[prop(optional, into)] id: Option<String>,
    children: Children,
) -> impl IntoView {
    let role = announced.then_some("status");
    view! {
        <div class="notice" data-tone=tone.as_str() role=role id=id>
            <Icon shape=tone.shape()/>
            <div class="notice-body">{children()}</div>
        </div>
    }
}
