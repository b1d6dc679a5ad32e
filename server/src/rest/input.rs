//! Extractors: the caller, the body, the query, the path and the headers of a request. Invalid input becomes a problem
//! that names the field.

use app::i18n::text;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use nadi::Failure;
use nadi::actor::Caller;
use nadi::calendar::Moment;
use nadi::idempotency::IdempotencyKey;
use nadi::ports::Seen;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::rest::problem::{FieldError, Kind, Problem};

pub fn no_such_field() -> String {
    text!("problem-field-unknown")
}

/// The caller and the time of the request.
pub struct CurrentCaller(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for CurrentCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .map(Self)
            .ok_or_else(|| Kind::Unavailable.problem())
    }
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Kind::MediaType.problem());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        read_json(&bytes).map(Self)
    }
}

/// A JSON body that may be left out.
pub struct OptionalBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let json = is_json(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !json {
            return Err(Kind::MediaType.problem());
        }
        read_json(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = sent.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json")
}

fn unreadable(rejection: BytesRejection) -> Problem {
    match axum::response::IntoResponse::into_response(rejection).status() {
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge.problem(),
        _ => Kind::Malformed.problem(),
    }
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        if error.inner().is_data() {
            misfit(&path, &error.inner().to_string())
        } else {
            Kind::Malformed.problem()
        }
    })?;
    json.end().map_err(|_| Kind::Malformed.problem())?;
    // In JSON, NUL can only be written as this escape.
    if bytes.windows(6).any(|six| six == b"\\u0000")
        && let Some(field) = nul_in(&serde_json::from_slice(bytes).unwrap_or_default(), "")
    {
        let mut problem = Kind::Malformed.with(text!("problem-field-nul"));
        problem.errors.push(FieldError { field, detail: problem.detail.clone() });
        return Err(problem);
    }
    Ok(read)
}

/// The path of a text with a NUL, which PostgreSQL cannot store.
fn nul_in(json: &Value, path: &str) -> Option<String> {
    let inside = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match json {
        Value::String(text) => text.contains('\0').then(|| path.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(at, item)| nul_in(item, &format!("{path}[{at}]")))
        }
        Value::Object(fields) => {
            fields.iter().find_map(|(name, field)| nul_in(field, &inside(name)))
        }
        _ => None,
    }
}

/// The problem of a value of the wrong kind. Does not use the parser's message, which would repeat what was sent.
fn misfit(path: &str, message: &str) -> Problem {
    let quoted = |text: &str| message.strip_prefix(text)?.split('`').nth(1).map(str::to_owned);
    if let Some(field) = quoted("missing field ") {
        return Problem::field(field, text!("problem-field-missing"));
    }
    if message.starts_with("unknown field ") {
        return Problem::field(path, no_such_field());
    }
    Problem::field(path, text!("problem-field-type"))
}

/// The query; unknown and repeated parameters are refused.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let fields = serde_urlencoded::Deserializer::new(pairs);
        serde_path_to_error::deserialize(fields).map(Self).map_err(|error| {
            let message = error.inner().to_string();
            let mut quoted = message.split('`');
            let known =
                message.starts_with("unknown field") || message.starts_with("duplicate field");
            let path = match quoted.nth(1).filter(|_| known) {
                Some(name) => name.to_owned(),
                None => error.path().to_string(),
            };
            match message.starts_with("duplicate field") {
                true => Problem::field(path, text!("problem-field-repeated")),
                false => misfit(&path, &message),
            }
        })
    }
}

/// An id in the path. One that cannot be parsed is answered with 404.
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: std::str::FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(text)| text.parse().ok());
        id.map(Self).ok_or_else(|| Kind::NotFound.problem())
    }
}

/// The idempotency key of the request, if it has one.
pub struct Key(pub Option<IdempotencyKey>);

impl Key {
    /// # Errors
    /// When there is none.
    pub fn needed(&self) -> Result<&IdempotencyKey, Problem> {
        self.0.as_ref().ok_or_else(|| Kind::KeyMissing.problem())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let name = HeaderName::from_static("idempotency-key");
        let Some(text) = single(&parts.headers, &name).map_err(|_| Kind::KeyMalformed.problem())?
        else {
            return Ok(Self(None));
        };
        IdempotencyKey::parse(text).map(Some).map(Self).map_err(|_| Kind::KeyMalformed.problem())
    }
}

/// The versions in `If-Match` (RFC 9110), if the header is there.
pub struct IfMatch(pub Option<Seen>);

impl IfMatch {
    /// # Errors
    /// When the header is missing.
    pub fn needed(self) -> Result<Seen, Problem> {
        self.0.ok_or_else(|| Failure::VersionMissing.into())
    }

    pub fn or_any(self) -> Seen {
        self.0.unwrap_or(Seen::Any)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut tags = Vec::new();
        let values = parts.headers.get_all(header::IF_MATCH);
        let mut is_present = false;
        for value in values {
            is_present = true;
            let text = value.to_str().map_err(|_| Kind::Malformed.problem())?;
            if text.trim() == "*" {
                return Ok(Self(Some(Seen::Any)));
            }
            tags.extend(text.split(',').filter_map(version_of));
        }
        Ok(Self(is_present.then_some(Seen::Versions(tags))))
    }
}

/// The version in a strong tag. `None` for any other tag, which matches nothing.
fn version_of(tag: &str) -> Option<i32> {
    tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

/// The ETag of a version.
pub fn tag(version: i32) -> String {
    format!("\"{version}\"")
}

/// Does `If-None-Match` contain this version?
pub fn has_already(headers: &HeaderMap, version: i32) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || version_of(one.strip_prefix("W/").unwrap_or(one)) == Some(version)
    })
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}

/// One end of a range in a query.
///
/// # Errors
/// The problem with the named parameter.
pub fn moment(name: &str, text: Option<&str>) -> Result<Option<Moment>, Problem> {
    let Some(text) = text else { return Ok(None) };
    // A plus in a query is decoded to a space, but in a time it is meant as the sign of an offset.
    let text = text.replace(' ', "+");
    let moment = Moment::parse(&text);
    moment.map(Some).ok_or_else(|| Problem::field(name, text!("problem-field-moment")))
}

/// A date in a query.
///
/// # Errors
/// The problem with the named parameter.
pub fn date(name: &str, text: Option<&str>) -> Result<Option<chrono::NaiveDate>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let date = nadi::calendar::parse_date(text);
    date.map(Some).ok_or_else(|| Problem::field(name, text!("problem-field-date")))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wish {
        #[allow(dead_code, reason = "only read")]
        slot_id: i64,
    }

    fn problem(json: &str) -> (u16, String) {
        let problem = read_json::<Wish>(json.as_bytes()).expect_err(json);
        (problem.status, problem.errors.first().map(|e| e.field.clone()).unwrap_or_default())
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_field() {
        assert_eq!(problem("{"), (400, String::new()));
        assert_eq!(problem("{\"slot_id\": 1} x"), (400, String::new()));
        assert_eq!(problem("{}"), (422, "slot_id".into()));
        assert_eq!(problem("{\"slot_id\": \"one\"}"), (422, "slot_id".into()));
        assert_eq!(problem("{\"slot_id\": 1, \"slto\": 2}"), (422, "slto".into()));
        assert_eq!(problem("[]").0, 422);
    }

    #[test]
    fn a_nul_is_named_by_its_place() {
        let place = |json: &str| nul_in(&serde_json::from_str(json).expect("JSON"), "");
        assert_eq!(place(r#"{"a": {"b": ["x", "y\u0000"]}}"#).as_deref(), Some("a.b[1]"));
        assert_eq!(place(r#"{"a": "\\u0000", "b": 0}"#), None);
        let read = read_json::<String>(br#""a\u0000""#).expect_err("a NUL");
        assert_eq!((read.status, read.errors.len()), (400, 1));
    }

    #[test]
    fn tags_are_versions_in_quotes() {
        assert_eq!(version_of(" \"3\""), Some(3));
        for foreign in ["3", "W/\"3\"", "\"three\"", "\"3", ""] {
            assert_eq!(version_of(foreign), None, "{foreign}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, "\"1\", W/\"3\"".parse().expect("a header"));
        assert!(has_already(&headers, 3) && !has_already(&headers, 2));
    }
}
