//! What is the same for all who are not signed in: the start page, the search, doctors' pages and the
//! same in the API. Made once, kept for seconds as bytes, and kept by browsers and proxies as long as
//! that says.
//!
//! Only an answer of 200 to a GET without a session, at an address with nothing in its query that the
//! page does not know, is kept. It says itself whom it shows ([`SHOWS_HEADER`]), so that it is
//! forgotten the moment one of them changes; and it is made again every full minute, since all that
//! ends by the clock ends at one: a day, a time that begins, a notice.

use std::sync::{Arc, Mutex};

use app::context::SHOWS_HEADER;
use app::fns::times::{DayTimes, MonthTimes};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_SECURITY_POLICY as CONTENT_POLICY;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use leptos::server_fn::ServerFn;
use nadi::ids::DoctorId;
use sha2::{Digest, Sha256};

use super::{Web, guard};
use crate::cache::read_cache::{About, Keeping, Kind, Lifetime, Shelf};
use crate::http::precompressed::{Caching, Packed};
use crate::http::session_cookie::COOKIE;
use crate::rest::ROOT;

/// Bytes of all answers of a kind together.
const BYTES_MAX: u64 = 48 * 1024 * 1024;
const ADDRESS_BYTES_MAX: usize = 512;
/// A page that is longer is none of ours.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Profiles and lists in a page may be older by so much.
const PAGES: Lifetime = Lifetime::seconds(3, 5);
/// As long as [`crate::cache::invalidation::KEPT_FOR`].
const TIMES: Lifetime = Lifetime::seconds(7, 10);

const PAGE_VARY: &str = "cookie, accept-encoding";
const API_VARY: &str = "authorization, cookie, accept-encoding";
/// Browsers ask each time, and mostly hear that nothing has changed; proxies may answer for ten seconds.
const WITH_TIMES: &str = "public, max-age=0, s-maxage=2, stale-while-revalidate=8";
const WITHOUT_TIMES: &str = "public, max-age=10, stale-while-revalidate=50";
/// Free times in the API.
pub const SLOTS: Caching = Caching { control: WITH_TIMES, vary: API_VARY };

/// What was asked for, in which minute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Path and query, or a part of them that says as much.
    text: String,
    minute: i64,
}

impl Asked {
    pub fn new(text: String, now: DateTime<Utc>) -> Self {
        Self { text, minute: now.timestamp().div_euclid(60) }
    }

    pub fn slots(doctor: DoctorId, query: &str, now: DateTime<Utc>) -> Self {
        Self::new(format!("{doctor}?{query}"), now)
    }

    fn slots_of(&self) -> About {
        let doctor = self.text.split('?').next().and_then(|doctor| doctor.parse().ok());
        doctor.map_or_else(About::default, About::doctor)
    }
}

fn weight(asked: &Asked, packed: &Packed) -> u32 {
    packed.weight().saturating_add(u32::try_from(asked.text.len()).unwrap_or(u32::MAX))
}

/// Free times in the API, whoever asks.
pub type Times = Shelf<Asked, Packed>;

pub fn times(keeping: &Keeping) -> Times {
    Shelf::weighed(keeping, Kind::Times, TIMES, BYTES_MAX, weight).behind(
        |asked| format!("slots:{}:{}", asked.minute, asked.text),
        |asked, _| asked.slots_of(),
        |packed| Some(packed.plain().to_vec()),
        |bytes| Some(Packed::json(Bytes::copy_from_slice(bytes))),
    )
}

/// Whole answers to all who are not signed in.
pub type Pages = Shelf<Asked, Packed, Unkept>;

pub fn pages(keeping: &Keeping) -> Pages {
    Shelf::weighed(keeping, Kind::Page, PAGES, BYTES_MAX, weight)
}

/// An answer that is not kept: for one of those who wait for it. The others ask for themselves.
#[derive(Clone)]
pub struct Unkept(Arc<Mutex<Option<Response>>>);

impl Unkept {
    fn take(&self) -> Option<Response> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
    }
}

/// A request without session and token.
pub fn is_anonymous(asked: &HeaderMap) -> bool {
    let mut cookies = asked.get_all(header::COOKIE).iter();
    let has_session = cookies.any(|line| {
        let line = line.as_bytes();
        line.windows(COOKIE.len()).any(|part| part == COOKIE.as_bytes())
    });
    !has_session && !asked.contains_key(header::AUTHORIZATION)
}

/// A public address: how its answers are kept.
struct Public {
    /// What its query may say.
    parameters: &'static [&'static str],
    caching: Caching,
    /// It rests on the listings.
    listings: bool,
    /// It rests on the doctors it shows, and has to name them.
    doctors: bool,
    /// It is the same with a session: who asks is never looked at.
    for_all: bool,
}

const PAGE: Public = Public {
    parameters: &[],
    caching: Caching { control: WITHOUT_TIMES, vary: PAGE_VARY },
    listings: true,
    doctors: false,
    for_all: false,
};
/// Of pages and of the API. What is missing here is not kept, and nothing worse.
const SEARCHED: &[&str] = &[
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
const CHOSEN: &[&str] = &["slug", "month", "date", "mode", "location", "visit", "reviews"];

/// How answers to this path are kept, if they are.
fn public(path: &str) -> Option<Public> {
    let with_times = Caching { control: WITH_TIMES, vary: PAGE_VARY };
    let doctors = Public { parameters: SEARCHED, caching: with_times, doctors: true, ..PAGE };
    let doctor = Public { parameters: CHOSEN, listings: false, ..doctors };
    let api =
        |public: Public, control| Public { caching: Caching { control, vary: API_VARY }, ..public };
    if path == "/" {
        return Some(PAGE);
    }
    if path == MonthTimes::PATH || path == DayTimes::PATH {
        let caching = Caching { control: "no-store", vary: "accept-encoding" };
        return Some(Public { caching, for_all: true, ..doctor });
    }
    if let Some(path) = path.strip_prefix(ROOT) {
        return match path.strip_prefix("/doctors") {
            Some("") => Some(api(doctors, WITH_TIMES)),
            Some(rest) if is_one_name(rest) => {
                Some(api(Public { parameters: &[], ..doctor }, WITHOUT_TIMES))
            }
            None if path == "/specialties" => Some(api(PAGE, WITHOUT_TIMES)),
            _ => None,
        };
    }
    match path.strip_prefix("/doctors") {
        Some("") => Some(doctors),
        Some(rest) if is_one_name(rest) => Some(doctor),
        _ => None,
    }
}

fn is_one_name(rest: &str) -> bool {
    rest.strip_prefix('/').is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// The doctor and the query of a request for free times in the API.
fn slots(request: &Request) -> Option<(DoctorId, &str)> {
    let rest = request.uri().path().strip_prefix(ROOT)?.strip_prefix("/doctors/")?;
    let doctor = rest.strip_suffix("/slots")?.parse().ok()?;
    Some((doctor, request.uri().query().unwrap_or_default()))
}

/// Answers from what is kept, and keeps what may be.
pub async fn keep(State(web): State<Web>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return bare(next.run(request).await);
    }
    let now = web.app_state.clock.now();
    if is_anonymous(request.headers())
        && let Some((doctor, query)) = slots(&request)
        && let Some(kept) = web.times.find(&Asked::slots(doctor, query, now))
    {
        return kept.answer(request.headers(), SLOTS);
    }
    let Some(public) = public(request.uri().path()) else { return bare(next.run(request).await) };
    if !public.may_keep(&request) {
        let anonymous = is_anonymous(request.headers());
        let mut response = bare(next.run(request).await);
        if !public.for_all {
            // Back may show it again, a proxy may not.
            let control = if anonymous { "private, no-cache" } else { "private, no-store" };
            let headers = response.headers_mut();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
        }
        return response;
    }
    let public = Arc::new(public);
    // A GET without a body: what is left of it can be asked again.
    let (reader, _) = request.into_parts();
    let address = reader.uri.path_and_query().map_or("/", |address| address.as_str());
    let asked = Asked::new(address.to_owned(), now);
    let kept = web.pages.get(&asked, || {
        let (next, public, request) = (next.clone(), public.clone(), without_reader(&reader));
        async move { public.pack(next.run(request).await).await }
    });
    match kept.await {
        Ok(kept) => kept.answer(&reader.headers, public.caching),
        Err(unkept) => match unkept.take() {
            Some(response) => bare(response),
            None => bare(next.run(Request::from_parts(reader, Body::empty())).await),
        },
    }
}

/// The request, with nothing of who asks for it and how.
fn without_reader(reader: &Parts) -> Request {
    let mut same = Request::new(Body::empty());
    *same.uri_mut() = reader.uri.clone();
    *same.extensions_mut() = reader.extensions.clone();
    for name in [header::ACCEPT, header::HOST] {
        if let Some(value) = reader.headers.get(&name) {
            same.headers_mut().insert(name, value.clone());
        }
    }
    same
}

/// Whom a page shows is nobody's business outside.
fn bare(mut response: Response) -> Response {
    response.headers_mut().remove(SHOWS_HEADER);
    response
}

impl Public {
    fn may_keep(&self, request: &Request) -> bool {
        let query = request.uri().query().unwrap_or_default();
        let short = request.uri().path().len() + query.len() <= ADDRESS_BYTES_MAX;
        let mut pairs = query.split('&').filter(|pair| !pair.is_empty());
        let known = |pair: &str| self.parameters.contains(&pair.split('=').next().unwrap_or(pair));
        if !short || !pairs.all(known) {
            return false;
        }
        if !self.for_all {
            return is_anonymous(request.headers());
        }
        // A form without scripts is led back to its page instead.
        let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        !accept.is_some_and(|accept| accept.contains("text/html"))
    }

    /// Keeps an answer, or gives it back.
    async fn pack(&self, response: Response) -> Result<(Packed, About), Unkept> {
        let unkept = |response| Unkept(Arc::new(Mutex::new(Some(response))));
        let headers = response.headers();
        let shown = headers.get(SHOWS_HEADER).map(|shown| shown.to_str().unwrap_or_default());
        let names = !self.doctors || shown.is_some();
        let for_one = headers.contains_key(header::SET_COOKIE);
        let encoded = headers.contains_key(header::CONTENT_ENCODING);
        if response.status() != StatusCode::OK || for_one || encoded || !names {
            return Err(unkept(response));
        }
        let doctors = shown.unwrap_or_default().split(',').filter_map(|id| id.parse().ok());
        let about = About { listings: self.listings, doctors: doctors.collect() };
        let (parts, body) = response.into_parts();
        let Ok(body) = to_bytes(body, PAGE_BYTES_MAX).await else {
            return Err(unkept(guard::unavailable()));
        };
        let policy = parts.headers.get(CONTENT_POLICY).cloned();
        let content_type = parts.headers.get(header::CONTENT_TYPE).cloned();
        let content_type = content_type.unwrap_or(HeaderValue::from_static("text/plain"));
        let Some((body, policy)) = for_everybody(&body, policy.as_ref()) else {
            return Err(unkept(Response::from_parts(parts, Body::from(body))));
        };
        Ok((Packed::new(content_type, policy, body), about))
    }
}

/// The page without its nonce, which one reader alone may know, and a policy that names its scripts by
/// what they say. `None` when they cannot be told.
fn for_everybody(
    page: &Bytes,
    policy: Option<&HeaderValue>,
) -> Option<(Bytes, Option<HeaderValue>)> {
    let Some(policy) = policy else { return Some((page.clone(), None)) };
    let Some((_, nonce)) = policy.to_str().ok()?.split_once("'nonce-") else {
        return Some((page.clone(), Some(policy.clone())));
    };
    let nonce = nonce.split_once('\'')?.0;
    let page = std::str::from_utf8(page).ok()?;
    let mark = format!(" nonce=\"{nonce}\"");
    let mut pieces = page.split(&mark);
    let mut plain = pieces.next()?.to_owned();
    let mut sources = String::new();
    for piece in pieces {
        let (_, script) = piece.split_once('>')?;
        let (script, _) = script.split_once("</script>")?;
        let digest = BASE64_STANDARD.encode(Sha256::digest(script.as_bytes()));
        if !script.is_empty() {
            sources.push_str(&format!(" 'sha256-{digest}'"));
        }
        plain.push_str(piece);
    }
    let policy = HeaderValue::from_str(&guard::content_policy_with(&sources)).ok()?;
    (!plain.contains(nonce)).then(|| (plain.into(), Some(policy)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_everybody_has_no_nonce_and_runs_the_same_scripts() {
        let page = Bytes::from_static(b"<p>x</p><script nonce=\"AbC-1\">A=[];</script><b></b>");
        let policy = guard::content_policy(Some("AbC-1"));
        let policy = HeaderValue::from_str(&policy).expect("a header");
        let (plain, policy) = for_everybody(&page, Some(&policy)).expect("for everybody");
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
            assert!(public(path).is_some(), "{path}");
        }
        for path in ["/appointments", "/doctors/", "/doctors/a/changes", "/api/v1/doctors/a/slots"]
        {
            assert!(public(path).is_none(), "{path}");
        }
    }

    #[test]
    fn only_what_a_page_knows_is_kept() {
        let may = |address: &str, cookie: &'static str| {
            let request = Request::get(address).header(header::COOKIE, cookie);
            let request = request.body(Body::empty()).expect("a request");
            public(request.uri().path()).is_some_and(|public| public.may_keep(&request))
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
