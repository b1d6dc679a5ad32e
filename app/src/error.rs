//! The one error of all server functions: a [`Failure`], as data.
//!
//! It travels in an address when a plain form fails, where anybody can write,
//! so it never carries text: the sentence is found in [`crate::messages`].

use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use nadi::failure::FieldProblem;
use nadi::{Failure, appointment::Refusal};
use serde::{Deserialize, Serialize};

use crate::codec::FailureJson;

/// Why a server function was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(transparent)]
#[error(transparent)]
pub struct FormFailure(pub Failure);

impl FromServerFnError for FormFailure {
    type Encoder = FailureJson;

    fn from_server_fn_error(problem: ServerFnErrorErr) -> Self {
        Self(match problem {
            ServerFnErrorErr::Request(_)
            | ServerFnErrorErr::Response(_)
            | ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_) => Failure::Unavailable,
            _ => Failure::Malformed,
        })
    }
}

impl From<Failure> for FormFailure {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl From<Refusal> for FormFailure {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.into())
    }
}

impl From<FieldProblem> for FormFailure {
    fn from(problem: FieldProblem) -> Self {
        Self(problem.into())
    }
}
