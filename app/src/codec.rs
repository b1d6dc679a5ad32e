//! How server functions speak with islands: JSON, as everywhere, but with the client's size in mind. An
//! island's properties are read from text; were answers read from bytes, the client would bring the code
//! for every type twice.

use leptos::serde_json;
use leptos::server_fn::codec::Post;
use leptos::server_fn::{ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};

use crate::error::FormFailure;

type Bytes = leptos::server_fn::Bytes;

/// JSON that is read as text.
pub struct TextJson;

/// Answers in [`TextJson`], as `output` of a server function.
pub type Answers = Post<TextJson>;

impl ContentType for TextJson {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for TextJson {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for TextJson {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for TextJson {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        serde_json::from_str(std::str::from_utf8(&bytes).map_err(serde_json::Error::custom)?)
    }
}

/// Failures as JSON. In the browser nobody asks which it was: an island that hears of one leads to the page,
/// which says it. So the client can only write them.
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
