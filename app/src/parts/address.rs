//! Reads the query of a URL without failing: parameters that cannot be read are ignored and reported.

use axum::http::request::Parts;
use leptos::prelude::*;

use crate::i18n::{self, text};
use crate::ui::{Alert, Tone};

/// Collects the parameters that were ignored.
#[derive(Clone, Debug, Default)]
pub struct Address {
    ignored: Vec<String>,
}

/// A value of the query, without the spaces around it; empty when it is not there.
///
/// Read from the request itself: the router decodes its values twice, which
/// would break an address inside an address.
pub fn value(name: &str) -> String {
    let found = pairs().into_iter().find(|(found, _)| found == name);
    found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// All names and values of the query.
pub fn pairs() -> Vec<(String, String)> {
    let Some(parts) = use_context::<Parts>() else { return Vec::new() };
    let query = parts.uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

impl Address {
    /// A value parsed by `read`. If that fails, it is reported by the name `said`, such as `the date`, in the
    /// language of the reader.
    pub fn read<T>(
        &mut self,
        name: &str,
        said: impl Into<String>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = value(name);
        if text.is_empty() {
            return None;
        }
        let found = read(&text);
        if found.is_none() {
            self.ignore(said);
        }
        found
    }

    /// Reports a parameter as ignored.
    pub fn ignore(&mut self, said: impl Into<String>) {
        let said = said.into();
        if !self.ignored.contains(&said) {
            self.ignored.push(said);
        }
    }

    /// The number of the page, from 1.
    pub fn page(&mut self) -> u32 {
        let read = |text: &str| text.parse().ok().filter(|page| (1..=100_000).contains(page));
        self.read("page", text!("address-page"), read).unwrap_or(1)
    }

    /// What was ignored, as a note; nothing when all was understood.
    pub fn note(&self) -> Option<AnyView> {
        if self.ignored.is_empty() {
            return None;
        }
        let text = text!("address-ignored", parts = i18n::and(&self.ignored));
        Some(view! { <Alert tone=Tone::Neutral><p>{text}</p></Alert> }.into_any())
    }
}
