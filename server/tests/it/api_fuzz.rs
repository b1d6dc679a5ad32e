//! Random requests to every endpoint get only documented answers, and the OpenAPI description is complete
//! and committed.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Clinic, browser};

/// How many requests are sent to each endpoint.
const EACH: usize = 60;

#[derive(Clone, Debug)]
struct Nonsense {
    path: Vec<String>,
    query: Vec<(usize, String, String)>,
    headers: Vec<(usize, String)>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    None,
    Bytes(String, Vec<u8>),
    Json(Value),
    /// The example body from the OpenAPI description, with one field replaced.
    Near(usize, Value),
}

/// Built from lists of letters: a regular expression used as a strategy would be compiled again for each value.
fn printable(length_max: usize) -> impl Strategy<Value = String> {
    letters(prop::char::range(' ', '~'), 0..length_max + 1)
}

fn letters(
    letter: impl Strategy<Value = char>,
    length: std::ops::Range<usize>,
) -> impl Strategy<Value = String> {
    prop::collection::vec(letter, length).prop_map(|letters| letters.into_iter().collect())
}

fn name(length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let letter = prop_oneof![26 => prop::char::range('a', 'z'), 1 => Just('_')];
    letters(letter, length)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        printable(40),
        Just("\u{0}".to_owned()),
        Just("' or 1=1 --".to_owned()),
        Just("\u{202E}<script>".to_owned()),
        prop::char::range('a', 'z').prop_map(|letter| letter.to_string().repeat(3000)),
        Just("2026-11-24".to_owned()),
        Just("2026-11-24T00:00:00+05:30".to_owned()),
        Just("9999999999999999999999".to_owned()),
        Just("-1".to_owned()),
        Just("01a1fd8a-b716-7570-bd29-e80dba2a63e5".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(name(1..13), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn nonsense() -> impl Strategy<Value = Nonsense> {
    let body = prop_oneof![
        1 => Just(Body::None),
        1 => (printable(30), prop::collection::vec(any::<u8>(), 0..200))
            .prop_map(|(media, bytes)| Body::Bytes(media, bytes)),
        1 => prop::collection::vec(any::<u8>(), 0..200)
            .prop_map(|bytes| Body::Bytes("application/json".into(), bytes)),
        2 => value().prop_map(Body::Json),
        4 => (any::<usize>(), value()).prop_map(|(at, value)| Body::Near(at, value)),
    ];
    let query = prop::collection::vec((any::<usize>(), name(1..10), text()), 0..4);
    let headers = prop::collection::vec((any::<usize>(), text()), 0..4);
    let path = prop::collection::vec(text(), 3);
    (path, query, headers, body).prop_map(|(path, query, headers, body)| Nonsense {
        path,
        query,
        headers,
        body,
    })
}

#[tokio::test]
async fn random_requests_get_documented_answers_only() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let own = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await.to_string();
    let known = [own, clinic.doctor.to_string(), asha.person.to_string()];
    let token = clinic.token(&asha).await;
    let base = clinic.serve().await;
    let http = browser();
    let description = serde_json::to_value(server::rest::description()).expect("JSON");
    let config = Config { rng_algorithm: RngAlgorithm::ChaCha, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let strategy = nonsense();

    let paths = description["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").iter();
        methods.map(move |(method, operation)| (path, method, operation))
    });
    for (path, method, operation) in operations {
        // Signing out would revoke the token that the other requests need.
        if path.ends_with("/logout") {
            continue;
        }
        let named = |place: &str| -> Vec<&str> {
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            let found = parameters.iter().filter(|parameter| parameter["in"] == place);
            found.filter_map(|parameter| parameter["name"].as_str()).collect()
        };
        let (queries, mut headers) = (named("query"), named("header"));
        headers.extend(["if-match", "if-none-match", "idempotency-key", "accept", "range"]);
        for round in 0..EACH {
            let case = strategy.new_tree(&mut runner).expect("a case").current();
            let mut address = path.clone();
            let id =
                if round % 2 == 0 { known[round / 2 % 3].clone() } else { case.path[0].clone() };
            address = address.replace("{id}", &app::links::escape(&id));
            let mut url = format!("{base}{address}");
            for (n, (at, name, value)) in case.query.iter().enumerate() {
                let name = if queries.is_empty() { name } else { queries[at % queries.len()] };
                let mark = if n == 0 { '?' } else { '&' };
                url.push_str(&format!("{mark}{name}={}", app::links::escape(value)));
            }
            let verb: Method = method.to_uppercase().parse().expect("a method");
            let mut request = http.request(verb, url).bearer_auth(&token);
            for (at, value) in &case.headers {
                if let Ok(value) = reqwest::header::HeaderValue::from_bytes(value.as_bytes()) {
                    request = request.header(headers[at % headers.len()], value);
                }
            }
            request = match case.body.clone() {
                Body::None => request,
                Body::Json(value) => request.json(&value),
                Body::Bytes(media, bytes) => request.header("content-type", media).body(bytes),
                Body::Near(at, value) => request.json(&near(&description, operation, at, value)),
            };
            let answer = request.send().await.expect("an answer");
            let status = answer.status();
            let told = format!("{method} {path} answered {status} to {case:?}");
            assert!(!status.is_server_error(), "{told}");
            let described = &operation["responses"][status.as_str()];
            assert!(described.is_object(), "not described: {told}");
            let media = answer.headers().get("content-type").and_then(|v| v.to_str().ok());
            match described["content"].as_object() {
                None => assert_eq!(media, None, "{told}"),
                Some(content) => {
                    assert!(content.contains_key(media.unwrap_or_default()), "{media:?}: {told}");
                }
            }
        }
    }
    clinic.assert_consistent().await;
}

/// The example of an operation's body, with one field replaced.
fn near(description: &Value, operation: &Value, at: usize, value: Value) -> Value {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let reference = schema["$ref"]
        .as_str()
        .or_else(|| schema["oneOf"].as_array()?.iter().find_map(|one| one["$ref"].as_str()));
    let name = reference.and_then(|text| text.rsplit('/').next()).unwrap_or_default();
    let mut example = description["components"]["schemas"][name]["example"].clone();
    if let Some(fields) = example.as_object_mut() {
        let names: Vec<String> = fields.keys().cloned().collect();
        if let Some(name) = names.get(at % names.len().max(1)) {
            fields.insert(name.clone(), value);
        }
    }
    example
}

/// `docs/openapi.json` matches the code, so that reviewers see every change of the API.
#[test]
fn the_committed_openapi_file_is_current() {
    let made = server::rest::description().to_pretty_json().expect("JSON");
    let committed = include_str!("../../../docs/openapi.json");
    assert!(
        made.trim() == committed.trim(),
        "docs/openapi.json is behind the code: run `cargo run -p server -- openapi > docs/openapi.json`"
    );
}

/// Every operation has a summary, a tag, an example of its body, and documents its failures. Its id is a verb and a
/// noun that no other operation has, since clients are generated with these names.
#[test]
fn every_operation_is_fully_documented() {
    let description = serde_json::to_value(server::rest::description()).expect("JSON");
    let mut ids = HashSet::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = format!("{method} {path}");
            assert!(operation["summary"].is_string(), "{name}");
            assert!(operation["tags"].is_array(), "{name}");
            let id = operation["operationId"].as_str().expect("an id");
            assert!(id.contains('_') && ids.insert(id.to_owned()), "{name} has the id {id}");
            let responses = operation["responses"].as_object().expect("responses");
            for status in ["400", "401", "500", "503"] {
                assert!(responses.contains_key(status), "{name} {status}");
            }
            for (status, response) in responses {
                if status.starts_with(['4', '5']) {
                    let examples = &response["content"]["application/problem+json"]["examples"];
                    assert!(examples.is_object(), "{name} {status}");
                }
            }
            if operation["requestBody"].is_object() {
                assert!(near(&description, operation, 0, json!(1)).is_object(), "{name}");
            }
        }
    }
}
