//! Everything that is stored about the account, as a page to read and to print: the same facts as in the file.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use leptos::prelude::*;
use leptos::serde_json::{self, Map, Value};
use leptos_meta::Title;
use nadi::Failure;
use nadi::local_time::LocalTime;

use crate::context;
use crate::i18n::{self, LocalTimeText as _, date_without_weekday, exported, text};
use crate::links;
use crate::parts::response;
use crate::ui::{Fact, Facts, PageHead, PrintButton};

/// The parts in the order of the page.
const PARTS: [&str; 15] = [
    "account",
    "people",
    "appointments",
    "reviews",
    "messages",
    "consents",
    "sessions",
    "second_factors",
    "api_keys",
    "calendar_links",
    "codes",
    "invitations",
    "doctor",
    "decisions",
    "events",
];

#[component]
pub fn ReadableExport() -> impl IntoView {
    response::page(readable_export())
}

async fn readable_export() -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let document = ports.accounts.export(&caller).await?;
    let document: Map<String, Value> =
        serde_json::from_str(&document).map_err(|_| Failure::Unavailable)?;
    response::forbid_storing();
    let site = document.get("site").and_then(Value::as_str).unwrap_or_default().to_owned();
    let title = text!("export-page-title");
    let parts: Vec<_> = parts(&document)
        .into_iter()
        .map(|(key, value)| {
            let title = exported::part(key).unwrap_or_else(|| key.to_owned());
            let content = match value {
                Value::Null => none(),
                value => shown(key, value, None),
            };
            view! {
                <section class="stack export-part" aria-labelledby=key.to_owned()>
                    <h2 id=key.to_owned()>{title}</h2>
                    {content}
                </section>
            }
        })
        .collect();
    Ok(view! {
        <Title text=title.clone()/>
        <p class="admin-back"><a href=links::page("/account/export")>{text!("export-page-back")}</a></p>
        <article class="narrow stack export">
            <PageHead title=title lead=text!("export-page-lead", site, time = time(caller.now))/>
            <p class="actions"><PrintButton/></p>
            {parts}
        </article>
    }
    .into_any())
}

/// All parts, those without a place of their own at the end.
fn parts(document: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let is_part = |key: &str| !matches!(key, "exported_at" | "site");
    let known = PARTS.iter().filter_map(|key| Some((*key, document.get(*key)?)));
    let others = document.iter().filter(|(key, _)| is_part(key) && !PARTS.contains(&key.as_str()));
    known.chain(others.map(|(key, value)| (key.as_str(), value))).collect()
}

fn none() -> AnyView {
    view! { <p class="muted">{text!("export-page-none")}</p> }.into_any()
}

/// A value. `around` is the object that has it.
fn shown(key: &str, value: &Value, around: Option<&Map<String, Value>>) -> AnyView {
    match value {
        Value::Null => none(),
        Value::Bool(true) => text!("export-page-yes").into_any(),
        Value::Bool(false) => text!("export-page-no").into_any(),
        Value::Number(number) => match (key, number.as_i64(), currency(around)) {
            ("fee_minor_units", Some(fee), Some(currency)) => i18n::fee(fee, currency).into_any(),
            (_, Some(number), _) => i18n::decimal(number).into_any(),
            _ => number.to_string().into_any(),
        },
        Value::String(text) => said(key, text, around),
        Value::Array(items) if items.is_empty() => none(),
        Value::Array(items) => {
            let items: Vec<_> =
                items.iter().map(|item| view! { <li>{shown(key, item, around)}</li> }).collect();
            view! { <ol class="export-list">{items}</ol> }.into_any()
        }
        Value::Object(fields) => facts(fields),
    }
}

/// The fields that are filled in.
fn facts(fields: &Map<String, Value>) -> AnyView {
    let is_filled = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    let facts: Vec<_> = fields
        .iter()
        .filter(|(_, value)| is_filled(value))
        .map(|(key, value)| {
            let name = exported::field(key).unwrap_or_else(|| key.clone());
            let shown = shown(key, value, Some(fields));
            view! { <Fact name=name>{shown}</Fact> }
        })
        .collect();
    view! { <Facts>{facts}</Facts> }.into_any()
}

fn currency(around: Option<&Map<String, Value>>) -> Option<&str> {
    around?.get("currency")?.as_str()
}

/// A text: a word of a fixed list, a date, an instant, or what somebody has typed.
fn said(key: &str, text: &str, around: Option<&Map<String, Value>>) -> AnyView {
    if let Some(word) = exported::word(key, text) {
        return word.into_any();
    }
    let is_date = key.ends_with("_date") || key.ends_with("_on") || key == "version";
    if is_date && let Ok(date) = text.parse::<NaiveDate>() {
        return date_without_weekday(date).into_any();
    }
    let is_time = key.ends_with("_at") || key.ends_with("_since");
    if is_time && let Ok(at) = DateTime::parse_from_rfc3339(text) {
        let zone = around.and_then(|fields| fields.get("time_zone")?.as_str());
        let zone = zone.filter(|_| matches!(key, "starts_at" | "ends_at"));
        return match zone.and_then(nadi::formatting::zone) {
            Some(zone) => LocalTime::new(at.to_utc(), zone).moment().into_any(),
            None => time(at.to_utc()).into_any(),
        };
    }
    if key.ends_with("_local")
        && let Ok(at) = text.parse::<NaiveDateTime>()
    {
        let (date, time) = (date_without_weekday(at.date()), i18n::clock(at.time()));
        return text!("date-and-time", date, time).into_any();
    }
    view! { <span translate="no">{text.to_owned()}</span> }.into_any()
}

fn time(at: DateTime<Utc>) -> String {
    let (date, time) = (date_without_weekday(at.date_naive()), i18n::clock(at.time()));
    text!("export-page-time", date, time)
}
