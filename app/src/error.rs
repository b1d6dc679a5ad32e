//! The error type of all server functions: a [`Failure`], as data.
//!
//! When a plain form fails, the error is put into the URL, where anybody can write. So it never carries
//! text: the sentence comes from [`crate::messages`].

use leptos::serde_json;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::{ContentType, Decodes, Encodes, Format, FormatType};
use nadi::failure::FieldProblem;
use nadi::{Failure, appointment::Refusal};
use serde::{Deserialize, Serialize};

use crate::json_encoding::TextJson;

type Bytes = leptos::server_fn::Bytes;

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

/// Failures as JSON. The client does not decode them: when a server function fails, an island loads the page,
/// which shows the failure.
pub struct FailureJson;

impl ContentType for FailureJson {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for FailureJson {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<FormFailure> for FailureJson {
    type Error = serde_json::Error;

    fn encode(failure: &FormFailure) -> Result<Bytes, Self::Error> {
        TextJson::encode(failure)
    }
}

impl Decodes<FormFailure> for FailureJson {
    type Error = serde_json::Error;

    #[cfg(feature = "ssr")]
    fn decode(bytes: Bytes) -> Result<FormFailure, Self::Error> {
        TextJson::decode(bytes)
    }

    #[cfg(not(feature = "ssr"))]
    fn decode(_: Bytes) -> Result<FormFailure, Self::Error> {
        Ok(FormFailure(nadi::Failure::Unavailable))
    }
}
