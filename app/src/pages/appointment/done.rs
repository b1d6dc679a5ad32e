//! The confirmation of what was just done with an appointment.

use leptos::prelude::*;

use crate::ui::{Alert, Tone};

/// The action that led to this page, from `done` in its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Confirmed,
    CodeSent,
    Extended,
    Released,
    Cancelled,
    Moved,
    CheckedIn,
    Completed,
    NoShow,
    Reopened,
    Reviewed,
    Withdrawn,
}

impl Done {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "confirmed" => Some(Self::Confirmed),
            "code-sent" => Some(Self::CodeSent),
            "extended" => Some(Self::Extended),
            "released" => Some(Self::Released),
            "cancelled" => Some(Self::Cancelled),
            "moved" => Some(Self::Moved),
            "checked-in" => Some(Self::CheckedIn),
            "completed" => Some(Self::Completed),
            "no-show" => Some(Self::NoShow),
            "reopened" => Some(Self::Reopened),
            "reviewed" => Some(Self::Reviewed),
            "withdrawn" => Some(Self::Withdrawn),
            _ => None,
        }
    }
}

/// Confirms the action; announced to screen readers.
#[component]
pub fn DoneNotice(#[prop(into)] strong: String, text: AnyView) -> impl IntoView {
    view! {
        <Alert tone=Tone::Good announced=true>
            <p><strong>{strong}</strong>" "{text}</p>
        </Alert>
    }
}
