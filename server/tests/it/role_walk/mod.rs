//! Every page, form and endpoint, as every role, for something of its own, of the same clinic and of another clinic.
//!
//! A refusal must change nothing, and no answer may contain the name of somebody whom the actor must not know of. A new
//! route has to get a line in [`table`]: otherwise a test here fails.

// Its columns are aligned.
#[rustfmt::skip]
mod table;
mod world;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::Duration;
use futures::{StreamExt, stream};
use leptos::server_fn;
use reqwest::Method;
use reqwest::header::{COOKIE, LOCATION};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::support::{Clinic, browser};
use table::{ELSEWHERE, ENDPOINTS, ENDPOINTS_THAT_END, FORMS, FORMS_THAT_END, PAGES, Row};
use world::{ACTORS, Actor, Whose, leaked_to, values};

/// How many rows are sent to one server: its sessions were proved in the last ten minutes, and each row takes one.
const ROWS_PER_SERVER: usize = 8;
/// How many servers run at a time.
const AT_ONCE: usize = 3;

/// A server on a copy of the world, and what each account shows it: a cookie or, for the API, a token.
struct Site {
    clinic: Clinic,
    base: String,
    secrets: Vec<String>,
}

impl Site {
    async fn open(sort: Sort) -> Self {
        let clinic = world::open().await;
        let base = clinic.serve().await;
        let mut secrets = Vec::new();
        for who in world::with_sessions() {
            secrets.push(match sort {
                Sort::Page | Sort::Form => clinic.cookie(&who).await,
                Sort::Endpoint => clinic.token(&who).await,
            });
        }
        Self { clinic, base, secrets }
    }

    fn secret(&self, actor: Actor) -> Option<&str> {
        actor.map(|role| self.secrets[world::index(role)].as_str())
    }

    /// A digest of everything that is stored; of sessions only which there are, because each request prolongs them. Not of
    /// what was seen: some forms read an appointment before they lead elsewhere.
    async fn digest(&self) -> Vec<(String, String)> {
        let tables: Vec<String> = sqlx::query_scalar(
            "select table_name::text from information_schema.tables
             where table_schema = 'public' and table_type = 'BASE TABLE'
               and table_name not in ('_sqlx_migrations', 'idempotency_keys', 'tokens', 'audit_pending')
             order by 1",
        )
        .fetch_all(&self.clinic.pool)
        .await
        .expect("the tables");
        let parts: Vec<String> = tables
            .iter()
            .map(|table| {
                let row = match table.as_str() {
                    "sessions" => "t.public_id::text",
                    "api_keys" => "concat(t.id, t.revoked_at)",
                    _ => "t::text",
                };
                format!(
                    "select '{table}', coalesce(md5(string_agg({row}, ',' order by {row})), '') from \"{table}\" t"
                )
            })
            .collect();
        let query = parts.join(" union all ");
        sqlx::query_as(AssertSqlSafe(query)).fetch_all(&self.clinic.pool).await.expect("a digest")
    }
}

/// Fills in the placeholders.
fn filled(text: &str, values: &HashMap<&'static str, String>) -> String {
    let mut text = text.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// Does it matter whose things are asked for?
fn has_placeholder(row: &Row) -> bool {
    row.route == "add_busy_file"
        || format!("{}{}", row.path, row.body).split('{').skip(1).any(|rest| {
            rest.split('}').next().is_some_and(|name| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            })
        })
}

/// The letter of an answer, and what else is known of it.
struct Answered {
    letter: char,
    status: u16,
    text: String,
}

async fn answered(request: reqwest::RequestBuilder) -> Answered {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let to = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok());
    let to = to.unwrap_or_default().to_owned();
    let path = match to.contains("signed_in=yes") {
        // Signing in has worked, and leads there to check that the cookie was kept.
        true => String::new(),
        false => to.split('?').next().unwrap_or_default().to_owned(),
    };
    let text = to + &answer.text().await.unwrap_or_default();
    let letter = match status {
        401 => 's',
        _ if path == "/sign-in" => 's',
        _ if path == "/sign-in/again" => 'p',
        403 => 'f',
        404 => 'n',
        500..=599 => '5',
        _ => 'y',
    };
    Answered { letter, status, text }
}

/// Which request a row is.
#[derive(Clone, Copy)]
enum Sort {
    Page,
    Form,
    Endpoint,
}

fn request(
    site: &Site,
    sort: Sort,
    row: &Row,
    actor: Actor,
    values: &HashMap<&'static str, String>,
) -> reqwest::RequestBuilder {
    let base = &site.base;
    let body = filled(row.body, values);
    let path = filled(row.path, values);
    let http = browser();
    match sort {
        Sort::Page => http
            .get(format!("{base}{path}"))
            .header("accept", "text/html")
            .header(COOKIE, site.secret(actor).unwrap_or_default()),
        Sort::Form => {
            let get = format!("{base}/fn/{}?{body}", row.route);
            let post = http.post(format!("{base}/fn/{}", row.route));
            let request = match row.route {
                "month_times" | "day_times" => http.get(get),
                "account_export" => http.post(format!("{base}/account/export")),
                "add_busy_file" => {
                    let boundary = "a-boundary-of-the-test";
                    let part = |head: &str, content: &str| {
                        format!(
                            "--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n"
                        )
                    };
                    let file = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n";
                    let body = part("name=\"doctor\"", &values["doctor"])
                        + &part("name=\"file\"; filename=\"busy.ics\"", file)
                        + &format!("--{boundary}--\r\n");
                    let kind = format!("multipart/form-data; boundary={boundary}");
                    post.header("content-type", kind).body(body)
                }
                _ => post.header("content-type", "application/x-www-form-urlencoded").body(body),
            };
            request.header(COOKIE, site.secret(actor).unwrap_or_default()).header("origin", base)
        }
        Sort::Endpoint => {
            let (method, route) = row.route.split_once(' ').expect("a method and a path");
            let method: Method = method.to_uppercase().parse().expect("a method");
            let version =
                if route.starts_with("/appointments/{id}/review") || route.contains("schedule") {
                    "1"
                } else {
                    values["version"].as_str()
                };
            let mut request = http
                .request(method.clone(), format!("{base}/api/v1{path}"))
                .header("idempotency-key", &values["key"])
                .header("if-match", format!("\"{version}\""));
            if let Some(token) = site.secret(actor) {
                request = request.bearer_auth(token);
            }
            let body = if body.is_empty() { example(&method, route) } else { Some(body) };
            match body {
                Some(body) => request.header("content-type", "application/json").body(body),
                None => request,
            }
        }
    }
}

/// The example of a request's body in the description.
fn example(method: &Method, route: &str) -> Option<String> {
    let description = serde_json::to_value(server::rest::description()).expect("JSON");
    let operation =
        &description["paths"][format!("/api/v1{route}")][method.as_str().to_lowercase()];
    let content = &operation["requestBody"]["content"]["application/json"];
    let example = match content.get("example") {
        Some(example) => example.clone(),
        None => {
            let schema = content["schema"]["$ref"].as_str()?;
            let name = schema.rsplit('/').next()?;
            description["components"]["schemas"][name]["example"].clone()
        }
    };
    (example != Value::Null).then(|| example.to_string())
}

/// The cases of a row: who asks, for whose things, and the expected letter.
fn cases(row: &Row) -> Vec<(Actor, Whose, char)> {
    let several = has_placeholder(row);
    let mut cases = Vec::new();
    for (actor, cell) in ACTORS.into_iter().zip(row.rule) {
        for (whose, letter) in Whose::ALL.into_iter().zip(cell.chars()) {
            if several || whose == Whose::Own {
                cases.push((actor, whose, letter));
            }
        }
    }
    // Own things last: some forms end what is needed for the others.
    cases.reverse();
    cases
}

/// Sends all cases of a row. First those that must be refused, which must change nothing. Returns what is wrong.
async fn walk(site: &Site, sort: Sort, row: &Row) -> Vec<String> {
    let mut wrong = Vec::new();
    let (allowed, refused): (Vec<_>, Vec<_>) =
        cases(row).into_iter().partition(|(.., letter)| *letter == 'y');
    let before = site.digest().await;
    for (round, cases) in [refused, allowed].into_iter().enumerate() {
        for (actor, whose, expected) in cases {
            let values = values(&site.clinic, actor, whose).await;
            let answer = answered(request(site, sort, row, actor, &values)).await;
            let letter = match (expected, answer.letter) {
                ('i', 'y') if answer.status == 422 => 'i',
                ('q', 'y') => 'q',
                (_, letter) => letter,
            };
            let what = format!("{} by {actor:?} for {whose:?}", row.route);
            if letter != expected {
                let start: String = answer.text.chars().take(120).collect();
                wrong.push(format!(
                    "{what}: expected {expected}, got {letter} ({}) {start}",
                    answer.status
                ));
            }
            for name in leaked_to(actor, &answer.text) {
                wrong.push(format!("{what}: the answer names {name}"));
            }
        }
        if round == 0 {
            for (was, is) in before.iter().zip(site.digest().await) {
                if was != &is {
                    wrong.push(format!("{}: a refusal changed {}", row.route, is.0));
                }
            }
        }
    }
    wrong
}

fn names(all: &[&[Row]]) -> BTreeSet<String> {
    all.iter().copied().flatten().map(|row| row.route.to_owned()).collect()
}

#[test]
fn every_route_has_a_line_in_the_table() {
    let mut pages: BTreeSet<String> = leptos_axum::generate_route_list(app::App)
        .iter()
        .map(|listing| listing.path().to_owned())
        .collect();
    // The routes that are written out in the router.
    let router = include_str!("../../../src/router.rs");
    let written = router.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
    pages.extend(written.map(str::to_owned));
    let known: BTreeSet<String> = names(&[PAGES])
        .into_iter()
        .chain(ELSEWHERE.iter().map(|(route, _)| (*route).to_owned()))
        .collect();
    assert_eq!(pages, known, "pages");

    let forms: BTreeSet<String> = server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.trim_start_matches("/fn/").to_owned())
        .chain(["account_export".to_owned()])
        .collect();
    assert_eq!(forms, names(&[FORMS, FORMS_THAT_END]), "forms");

    let description = serde_json::to_value(server::rest::description()).expect("JSON");
    let paths: BTreeMap<String, Value> =
        serde_json::from_value(description["paths"].clone()).expect("paths");
    let endpoints: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("operations").keys();
            methods.map(move |method| format!("{method} {}", path.trim_start_matches("/api/v1")))
        })
        .collect();
    assert_eq!(endpoints, names(&[ENDPOINTS, ENDPOINTS_THAT_END]), "endpoints");
}

/// Walks all rows, so many on each server, and several servers at a time.
async fn walk_all(sort: Sort, rows: &[Row], per_server: usize) {
    let walk_some = async |rows: &[Row]| {
        let site = Site::open(sort).await;
        let mut wrong = Vec::new();
        for row in rows {
            // So that no limit of a minute counts, and what the rows make is later than the world.
            site.clinic.clock.step(Duration::minutes(1));
            wrong.extend(walk(&site, sort, row).await);
        }
        wrong
    };
    let all = stream::iter(rows.chunks(per_server)).map(walk_some).buffered(AT_ONCE);
    let wrong: Vec<String> = all.collect::<Vec<_>>().await.concat();
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn pages_answer_each_role_as_the_table_says() {
    walk_all(Sort::Page, PAGES, ROWS_PER_SERVER).await;
}

#[tokio::test]
async fn forms_answer_each_role_as_the_table_says() {
    walk_all(Sort::Form, FORMS, ROWS_PER_SERVER).await;
    walk_all(Sort::Form, FORMS_THAT_END, 1).await;
}

#[tokio::test]
async fn endpoints_answer_each_role_as_the_table_says() {
    walk_all(Sort::Endpoint, ENDPOINTS, ROWS_PER_SERVER).await;
    walk_all(Sort::Endpoint, ENDPOINTS_THAT_END, 1).await;
}
