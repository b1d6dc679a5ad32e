use leptos::prelude::*;

use super::{Icon, Shape};

/// What kind of news it is. Each has a shape and a word beside its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Neutral,
    /// It worked; it is yours.
    Good,
    /// It is running out.
    Waiting,
    /// Something is lost.
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
pub fn Notice(
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
