//! Answers that are the same for everybody who is not signed in: the start page, the search, doctors' pages
//! and the same of the API. Rendered once, cached for seconds as bytes, and by browsers and proxies for as
//! long as their `Cache-Control` says.
//!
//! Only an answer of 200 to a GET without a session is cached, and only if the page knows every parameter in
//! its query. The answer names the doctors it shows in [`SHOWS_HEADER`], which never leaves the server, so
//! that a change of one of them invalidates it at once. The minute is a part of the key: everything that ends
//! by the clock (a day, a free time, a notice) ends with a full minute.

use std::sync::{Arc, Mutex, PoisonError};

use app::context::SHOWS_HEADER;
use app::fns::times::{DayTimes, MonthTimes};
use app::i18n::{self, Language};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use leptos::server_fn::ServerFn;
use sha2::{Digest, Sha256};

use super::security;
use crate::cache::read_cache::{BrokenLoad, Dependencies, Lifetime, ReadCache};
use crate::clock::Clock;
use crate::http::precompressed::Precompressed;
use crate::http::session_cookie::is_anonymous;
use crate::rest::ROOT;
use crate::state::AppState;

/// All answers together.
const BYTES_MAX: u64 = 96 * 1024 * 1024;
const ADDRESS_BYTES_MAX: usize = 512;
/// A longer answer is not cached.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
const LIFETIME: Lifetime = Lifetime::seconds(3, 5);

const PAGE_VARY: &str = "cookie, accept-encoding";
/// The language is added by [`super::language`].
pub(super) const API_VARY: &str = "authorization, cookie, accept-encoding";
/// Browsers ask each time, and are mostly told that nothing has changed; proxies may answer for ten seconds.
const WITH_TIMES: &str = "public, max-age=0, s-maxage=2, stale-while-revalidate=8";
const WITHOUT_TIMES: &str = "public, max-age=10, stale-while-revalidate=50";

/// The parameters of a search, on the page or in the API.
const SEARCH: &[&str] = &[
    "q",
    "specialty",
    "city",
    "mode",
    "date",
    "this_week",
    "evening",
    "language",
    "gender",
    "fee_max",
    "rating_min",
    "near",
    "page",
    "after",
    "page_size",
    "cursor",
];
const DOCTOR: &[&str] = &["slug", "month", "date", "mode", "location", "visit", "reviews"];
const SLOTS: &[&str] = &["date", "from", "to", "location_id", "mode", "visit_type_id"];

pub struct PublicCache {
    /// By language, path, query and minute.
    answers: ReadCache<(String, i64), Precompressed, Uncacheable>,
    clock: Arc<dyn Clock>,
}

impl PublicCache {
    pub fn new(app_state: &AppState) -> Arc<Self> {
        let context = &app_state.cache_context;
        let answers = ReadCache::new(
            context,
            "page",
            LIFETIME,
            BYTES_MAX,
            |(address, _): &(String, i64), answer: &Precompressed| {
                answer.weight().saturating_add(u32::try_from(address.len()).unwrap_or(u32::MAX))
            },
        );
        Arc::new(Self { answers, clock: app_state.clock.clone() })
    }
}

#[derive(Clone)]
pub enum Uncacheable {
    /// An answer that may not be cached. One of the requests that wait for it gets it, the others run alone.
    Answer(Arc<Mutex<Option<Response>>>),
    /// The load broke off. Each request makes its own answer, in its language.
    Broken,
}

impl From<Response> for Uncacheable {
    fn from(response: Response) -> Self {
        Self::Answer(Arc::new(Mutex::new(Some(response))))
    }
}

impl From<BrokenLoad> for Uncacheable {
    fn from(_: BrokenLoad) -> Self {
        Self::Broken
    }
}

/// How answers to one kind of address are cached.
#[derive(Clone, Copy)]
struct Rule {
    parameters: &'static [&'static str],
    control: &'static str,
    vary: &'static str,
    /// The answer depends on the list of doctors.
    listings: bool,
    /// The answer depends on doctors, which it has to name.
    doctors: bool,
    /// The answer is the same with a session, too.
    for_all: bool,
}

fn rule(path: &str) -> Option<Rule> {
    if path == MonthTimes::PATH || path == DayTimes::PATH {
        let (control, vary) = ("no-store", "accept-encoding");
        let (listings, doctors, for_all) = (false, true, true);
        return Some(Rule { parameters: DOCTOR, control, vary, listings, doctors, for_all });
    }
    let in_api = path.strip_prefix(ROOT).filter(|rest| rest.starts_with('/'));
    let vary = if in_api.is_some() { API_VARY } else { PAGE_VARY };
    let segments: Vec<&str> = in_api.unwrap_or(path).split('/').skip(1).collect();
    let (parameters, control, listings, doctors) = match (in_api.is_some(), &segments[..]) {
        (false, [""]) | (true, ["specialties"]) => (&[][..], WITHOUT_TIMES, true, false),
        (_, ["doctors"]) => (SEARCH, WITH_TIMES, true, true),
        (_, ["doctors", ""]) => return None,
        (false, ["doctors", _]) => (DOCTOR, WITH_TIMES, false, true),
        (true, ["doctors", _]) => (&[][..], WITHOUT_TIMES, false, true),
        (true, ["doctors", _, "slots"]) => (SLOTS, WITH_TIMES, false, true),
        _ => return None,
    };
    Some(Rule { parameters, control, vary, listings, doctors, for_all: false })
}

/// Middleware: answers from the cache, and caches what may be.
pub async fn serve(
    State(cache): State<Arc<PublicCache>>,
    request: Request,
    next: Next,
) -> Response {
    let rule = rule(request.uri().path());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let Some(rule) = rule.filter(|_| is_read) else {
        return without_internal_headers(next.run(request).await);
    };
    if !rule.allows(&request) {
        let anonymous = is_anonymous(request.headers());
        let mut response = without_internal_headers(next.run(request).await);
        if !rule.for_all && response.status().is_success() {
            // The browser's Back button may show it again, a proxy may not.
            let control = if anonymous { "private, no-cache" } else { "private, no-store" };
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(control));
        }
        return response;
    }
    // A GET without a body: its head is all of it, and can be sent again.
    let (head, _) = request.into_parts();
    let address = head.uri.path_and_query().map_or("/", |address| address.as_str());
    let language = head.extensions.get().copied().unwrap_or_else(Language::english);
    let minute = cache.clock.now().timestamp().div_euclid(60);
    let key = (format!("{}{address}", language.code()), minute);
    let answer = cache.answers.get(&key, || {
        let (next, request) = (next.clone(), without_person(&head));
        // It runs in a task of its own, which does not have the language of this one.
        i18n::scope(language, async move { rule.answer(next.run(request).await).await })
    });
    match answer.await {
        Ok(answer) => answer.response(&head.headers, rule.control, rule.vary),
        Err(Uncacheable::Broken) => security::unavailable(),
        Err(Uncacheable::Answer(response)) => {
            let response = response.lock().unwrap_or_else(PoisonError::into_inner).take();
            without_internal_headers(match response {
                Some(response) => response,
                None => next.run(Request::from_parts(head, Body::empty())).await,
            })
        }
    }
}

/// The same request with nothing of the person who sends it.
fn without_person(head: &Parts) -> Request {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = head.uri.clone();
    *request.extensions_mut() = head.extensions.clone();
    for name in [header::ACCEPT, header::HOST] {
        if let Some(value) = head.headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    request
}

fn without_internal_headers(mut response: Response) -> Response {
    response.headers_mut().remove(SHOWS_HEADER);
    response
}

impl Rule {
    /// Whether the answer to this request may come from the cache.
    fn allows(&self, request: &Request) -> bool {
        let query = request.uri().query().unwrap_or_default();
        let is_short = request.uri().path().len() + query.len() <= ADDRESS_BYTES_MAX;
        let mut pairs = query.split('&').filter(|pair| !pair.is_empty());
        let is_known =
            |pair: &str| pair.split('=').next().is_some_and(|name| self.parameters.contains(&name));
        if !is_short || !pairs.all(is_known) {
            return false;
        }
        if !self.for_all {
            return is_anonymous(request.headers());
        }
        // Without scripts the browser sends a form here, which is redirected to its page.
        let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        !accept.is_some_and(|accept| accept.contains("text/html"))
    }

    /// The answer as it is cached, and what it depends on.
    async fn answer(
        self,
        response: Response,
    ) -> Result<(Precompressed, Dependencies), Uncacheable> {
        let headers = response.headers();
        let shown = headers.get(SHOWS_HEADER).map(|shown| shown.to_str().unwrap_or_default());
        let is_personal = headers.contains_key(header::SET_COOKIE);
        let is_encoded = headers.contains_key(header::CONTENT_ENCODING);
        let lacks_doctors = self.doctors && shown.is_none();
        if response.status() != StatusCode::OK || is_personal || is_encoded || lacks_doctors {
            return Err(response.into());
        }
        let doctors = shown.unwrap_or_default().split(',').filter_map(|id| id.parse().ok());
        let dependencies = Dependencies { listings: self.listings, doctors: doctors.collect() };
        let (head, body) = response.into_parts();
        let Ok(body) = to_bytes(body, ANSWER_BYTES_MAX).await else {
            return Err(security::unavailable().into());
        };
        let policy = head.headers.get(CONTENT_SECURITY_POLICY);
        let content_type = head.headers.get(header::CONTENT_TYPE).cloned();
        let content_type = content_type.unwrap_or(HeaderValue::from_static("text/plain"));
        match without_nonce(&body, policy) {
            Some((body, policy)) => {
                Ok((Precompressed::new(content_type, policy, body), dependencies))
            }
            None => Err(Response::from_parts(head, Body::from(body)).into()),
        }
    }
}

/// The page without its nonce, which only one reader may know, and a policy that allows its scripts by their
/// digests instead. `None` if the scripts cannot be found.
fn without_nonce(
    page: &Bytes,
    policy: Option<&HeaderValue>,
) -> Option<(Bytes, Option<HeaderValue>)> {
    let Some(policy) = policy else { return Some((page.clone(), None)) };
    let Some((_, nonce)) = policy.to_str().ok()?.split_once("'nonce-") else {
        return Some((page.clone(), Some(policy.clone())));
    };
    let nonce = nonce.split_once('\'')?.0;
    let page = std::str::from_utf8(page).ok()?;
    let attribute = format!(" nonce=\"{nonce}\"");
    let mut parts = page.split(&attribute);
    let mut plain = parts.next()?.to_owned();
    let mut sources = String::new();
    for part in parts {
        let (script, _) = part.split_once('>')?.1.split_once("</script>")?;
        if !script.is_empty() {
            let digest = BASE64_STANDARD.encode(Sha256::digest(script.as_bytes()));
            sources.push_str(&format!(" 'sha256-{digest}'"));
        }
        plain.push_str(part);
    }
    let policy = HeaderValue::from_str(&security::content_policy_with(&sources)).ok()?;
    (!plain.contains(nonce)).then(|| (plain.into(), Some(policy)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_page_has_no_nonce_and_runs_the_same_scripts() {
        let page = Bytes::from_static(b"<p>x</p><script nonce=\"AbC-1\">A=[];</script><b></b>");
        let policy = security::content_policy(Some("AbC-1"));
        let policy = HeaderValue::from_str(&policy).expect("a header");
        let (plain, policy) = without_nonce(&page, Some(&policy)).expect("for everybody");
        assert_eq!(plain, "<p>x</p><script>A=[];</script><b></b>");
        let policy = policy.expect("a policy");
        let policy = policy.to_str().expect("text");
        let digest = BASE64_STANDARD.encode(Sha256::digest(b"A=[];"));
        assert!(policy.contains(&format!("'sha256-{digest}'")), "{policy}");
        assert!(!policy.contains("nonce"), "{policy}");
    }

    #[test]
    fn public_addresses() {
        for path in ["/", "/doctors", "/doctors/asha", "/api/v1/doctors", "/api/v1/doctors/asha"] {
            assert!(rule(path).is_some(), "{path}");
        }
        assert!(rule("/api/v1/doctors/a/slots").is_some());
        for path in
            ["/appointments", "/doctors/", "/doctors/a/changes", "/api/v1", "/api/v1x/doctors"]
        {
            assert!(rule(path).is_none(), "{path}");
        }
    }

    #[test]
    fn only_addresses_with_known_parameters_are_cached() {
        let may = |address: &str, cookie: &'static str| {
            let request = Request::get(address).header(header::COOKIE, cookie);
            let request = request.body(Body::empty()).expect("a request");
            rule(request.uri().path()).is_some_and(|rule| rule.allows(&request))
        };
        assert!(may("/doctors?q=back%20pain&page=2", ""));
        assert!(may("/doctors/asha?month=2026-12", "other=1"));
        assert!(!may("/doctors?utm=1", ""));
        assert!(!may("/doctors/asha?slot=7", ""), "somebody is about to take it");
        assert!(!may("/doctors/asha?__err=x", ""));
        assert!(!may("/doctors", "other=1; nadi_session=abc"));
        assert!(may("/fn/month_times?slug=a&month=2026-12", "nadi_session=abc"));
    }
}
