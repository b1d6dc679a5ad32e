//! The values that the server provides to pages and server functions through Leptos' context.
//!
//! The server provides [`Caller`], [`Ports`], `Arc<dyn BrowserSession>`, [`Site`]
//! and, after a plain form failed, [`Typed`]. Nothing is there while the list of
//! routes is made, so everything here answers without a context too.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::request::Parts;
use leptos::prelude::use_context;
use nadi::Failure;
use nadi::actor::{Actor, Caller, SignedIn};
use nadi::ids::DoctorId;
use nadi::ports::{BrowserSession, Ports};

use crate::links;

/// The URLs of the site's files, and its mode.
#[derive(Clone, Debug)]
pub struct Site {
    /// Development mode: the mailbox can be opened in the browser.
    pub development: bool,
    pub stylesheet_url: String,
    /// The second stylesheet, for pages that are not public.
    pub more_styles_url: String,
    /// The URL of the font file, which pages preload.
    pub font_url: Option<String>,
    /// The WASM client; `None` when the site runs without scripts.
    pub script: Option<Script>,
    /// The script for suggestions in the search field.
    pub suggest_url: String,
    /// The script that appends the next page to a list.
    pub load_more_url: String,
    /// The script that offers the home page in the browser's language.
    pub language_offer_url: String,
    /// The script that shows times in the visitor's own zone.
    pub own_zone_url: String,
    /// The script that makes and uses passkeys.
    pub passkey_url: String,
    /// The script that sends the form of a page that is only passed through.
    pub send_form_url: String,
    /// Scheme and host, without a slash at the end: for links in e-mails.
    pub public_url: String,
    /// Whom to ask about personal data: the address of a page or a mailbox.
    pub privacy_contact: Option<String>,
    /// For how many years appointments are kept; `None`: the clinics decide.
    pub appointments_kept_years: Option<u16>,
}

/// The two files of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    pub js_url: String,
    pub wasm_url: String,
}

/// The header in which a server function that reads a file says what was typed beside it, as a form
/// would send it: the server keeps it for the page when the form fails, and never sends it on.
pub const TYPED_HEADER: &str = "x-nadi-typed";

/// In the address of a page that follows on a form which was carried out: the page has some of the same fields, and shows
/// what was typed in them.
pub const SHOWS_TYPED: &str = "typed=yes";

/// The header in which an answer names the doctors it shows, for the server alone: it may keep the answer
/// until one of them changes.
pub const SHOWS_HEADER: &str = "x-nadi-shows";

/// The value of [`SHOWS_HEADER`].
pub fn shown(doctors: impl IntoIterator<Item = DoctorId>) -> String {
    doctors.into_iter().map(|doctor| doctor.to_string()).collect::<Vec<_>>().join(",")
}

/// What was typed into a plain form that was not carried out, without its secrets.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub fields: HashMap<String, String>,
    /// Where the form posts to, if its sender had to sign in first and has come back now. `None`: it just failed.
    pub sent_before_sign_in: Option<String>,
}

impl Typed {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

/// For the pages to sign in: a form waits for its sender to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingForm {
    /// The path of its page, without the language.
    pub page: String,
    /// What was typed is kept. `false`: it was too long.
    pub kept: bool,
}

/// The request's caller.
///
/// # Errors
/// `Unavailable` outside of a request.
pub fn caller() -> Result<Caller, Failure> {
    use_context().ok_or(Failure::Unavailable)
}

/// # Errors
/// `Unavailable` outside of a request.
pub fn ports() -> Result<Ports, Failure> {
    use_context().ok_or(Failure::Unavailable)
}

/// # Errors
/// `Unavailable` outside of a request.
pub fn session() -> Result<Arc<dyn BrowserSession>, Failure> {
    use_context().ok_or(Failure::Unavailable)
}

/// The signed-in account, if any.
pub fn signed_in() -> Option<SignedIn> {
    match use_context::<Caller>()?.actor {
        Actor::Account(account) => Some(*account),
        Actor::Visitor(_) => None,
    }
}

/// The idempotency key of this page's forms. One key per page is enough, since the key is combined with
/// the content of the form.
///
/// Empty for browsers that are not known: their pages are the same for everybody, so that they can be cached.
pub fn form_key() -> String {
    let is_known = use_context::<Caller>().is_some_and(|caller| caller.owner().is_ok());
    if is_known { new_form_key() } else { String::new() }
}

/// The same for a page that makes the browser known by its own answer.
pub fn new_form_key() -> String {
    let caller = use_context::<Caller>();
    caller.map(|caller| caller.request_id.to_string()).unwrap_or_default()
}

pub fn development() -> bool {
    use_context::<Site>().is_some_and(|site| site.development)
}

/// What was typed into a field of a form that failed, or `otherwise`.
pub fn typed_or(name: &str, otherwise: &str) -> String {
    let typed = use_context::<Typed>();
    typed.as_ref().and_then(|typed| typed.get(name)).unwrap_or(otherwise).to_owned()
}

/// Path and query of this request, without the parameters that a failed form adds: the URL to return to.
pub fn here() -> String {
    links::page(&here_in_english())
}

/// The same without the language.
pub fn here_in_english() -> String {
    let Some(parts) = use_context::<Parts>() else { return "/".to_owned() };
    let pairs: Vec<&str> = parts
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| {
            !pair.is_empty() && !pair.starts_with("__path=") && !pair.starts_with("__err=")
        })
        .collect();
    // With one slash in front: with two, a link to it would lead to another site.
    let path = format!("/{}", parts.uri.path().trim_start_matches('/'));
    if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
}
