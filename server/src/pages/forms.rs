//! Forms sent without scripts: what was typed is kept in a cookie when the form is not carried out, so that it need not
//! be typed again. Passwords and codes are left out.
//!
//! - When a form fails, the browser is redirected back to it, which shows what was typed within a minute.
//! - When it is carried out and its page has the same fields again (asking for more time beside a form that is half
//!   filled in) or the next page has one of them (a forgotten password), that page shows them, too. Its address has
//!   [`SHOWS_TYPED`].
//! - When its sender has to sign in first, or to prove again who they are, the browser is redirected there, and the
//!   page of the form shows what was typed within half an hour, to the same account only: the cookie names the account
//!   that was last signed in in this browser by a digest.
//!
//! The cookies are encrypted (AES-256-GCM) under a key that is derived from `NADI_SECRET`, so that whoever reads the
//! files of a browser does not read names and reasons; they name the account that has typed, and no other sees them.
//! What is larger than two cookies, compressed, is not kept. Before signing in, the page then says so.

use std::collections::HashMap;

use app::context::{SHOWS_TYPED, TYPED_HEADER, Typed, WaitingForm};
use app::i18n::Language;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use nadi::actor::Caller;
use sha2::{Digest, Sha256};

use super::typed_cookies::{Cookies, Kept, Waiting};
use crate::http::BODY_BYTES_MAX;
use crate::http::session_cookie::SENDER;

const SENDER_SECONDS: i64 = 180 * 24 * 3600;
const FAILED_SECONDS: i64 = 60;
const WAITING_SECONDS: i64 = 30 * 60;
/// Parts of names of fields whose values are never kept.
const SECRETS: [&str; 6] = ["password", "code", "token", "secret", "credential", "link"];
/// Fields that pages fill in by themselves: a form with nothing else was only a button.
const NOT_TYPED: [&str; 19] = [
    "account",
    "back",
    "calendar",
    "doctor",
    "draft",
    "from_clinic",
    "id",
    "key",
    "kind",
    "line",
    "next",
    "own",
    "page",
    "part",
    "show",
    "slot",
    "status",
    "version",
    "visit_type",
];

/// The forms that sign in: they are not shown again afterwards, and do not take the place of a form that waits for it.
const SIGN_IN_ACTIONS: [&str; 9] = [
    "/fn/sign_in",
    "/fn/forgot_password",
    "/fn/send_sign_in_code",
    "/fn/send_sign_in_code_again",
    "/fn/check_code",
    "/fn/second_factor",
    "/fn/register",
    "/fn/prove_with_password",
    "/fn/prove_with_code",
];

/// Middleware around pages and server functions: sets the cookies when a plain form is not carried out, and deletes
/// them once shown.
pub async fn keep_typed(request: Request, next: Next) -> Response {
    let mut request = without_old_failures(request);
    let Some(cookies) = Cookies::of_browser(&request) else { return next.run(request).await };
    request.extensions_mut().insert(cookies.clone());
    let headers = request.headers();
    let is_form = request.method() == Method::POST
        && request.uri().path().starts_with("/fn/")
        && has(headers, header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        && has(headers, header::ACCEPT, "text/html");
    let action = request.uri().path().to_owned();
    let sender = sender(&request);
    if !is_form {
        let is_done = is_done(&request);
        let known = cookies.value(headers, SENDER);
        let unknown = signed_in(&request).filter(|own| known != Some(own.as_str()));
        let mut response = next.run(request).await;
        // A form with a file: only the server function has read it, so it returns the typed values in a header.
        if let Some(typed) = response.headers_mut().remove(TYPED_HEADER) {
            remember(&mut response, typed.as_bytes(), &action, sender, &cookies);
        } else if is_done {
            cookies.forget(&mut response);
        }
        if let Some(own) = unknown {
            cookies.set(&mut response, SENDER, &own, SENDER_SECONDS);
        }
        return response;
    }
    let signs_in = SIGN_IN_ACTIONS.contains(&action.as_str());
    let another_waits = waiting(&request).is_some();
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let request = Request::from_parts(parts, Body::from(bytes.clone()));
    let mut response = next.run(request).await;
    if !signs_in || leads_to_typed(&response) && !another_waits {
        remember(&mut response, &bytes, &action, sender, &cookies);
    }
    response
}

/// Is the browser redirected back to the form, or to another page that shows what was typed?
fn leads_to_typed(response: &Response) -> bool {
    let location = response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok());
    location.is_some_and(shows_typed)
}

/// Removes earlier failures from the `Referer`: Leptos adds each failure to the page's address, which would grow with
/// every try.
fn without_old_failures(mut request: Request) -> Request {
    let referer = request.headers().get(header::REFERER).and_then(|value| value.to_str().ok());
    let Some((page, query)) = referer.and_then(|referer| referer.split_once('?')) else {
        return request;
    };
    let is_trace = |pair: &&str| pair.starts_with("__path=") || pair.starts_with("__err=");
    let kept: Vec<_> = query.split('&').filter(|pair| !is_trace(pair)).collect();
    let address = match kept.as_slice() {
        [] => page.to_owned(),
        kept => format!("{page}?{}", kept.join("&")),
    };
    if let Ok(address) = HeaderValue::from_str(&address) {
        request.headers_mut().insert(header::REFERER, address);
    }
    request
}

/// The digest of the account that is signed in. It only tells two accounts of one browser apart.
fn signed_in(request: &Request) -> Option<String> {
    let caller = request.extensions().get::<Caller>()?;
    let account = caller.signed_in().ok()?.account;
    let digest = Sha256::new().chain_update("nadi-sender").chain_update(account.0).finalize();
    Some(BASE64_URL_SAFE_NO_PAD.encode(&digest[..12]))
}

/// The account that sends this form, or did so before it was signed out.
fn sender(request: &Request) -> Option<String> {
    let cookies = request.extensions().get::<Cookies>();
    let known = || Some(cookies?.value(request.headers(), SENDER)?.to_owned());
    signed_in(request).or_else(known)
}

/// Sets the cookies with the typed values if the form failed, or if its sender is led to signing in.
fn remember(
    response: &mut Response,
    typed: &[u8],
    action: &str,
    sender: Option<String>,
    cookies: &Cookies,
) {
    let location = response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok());
    let Some(location) = location else { return };
    let fields = fields(typed);
    if shows_typed(location) {
        let kept = Kept { fields, sender, waiting: None };
        match cookies.encode(&kept) {
            Some(parts) => cookies.set_typed(response, &parts, FAILED_SECONDS),
            None => cookies.forget(response),
        }
        return;
    }
    let (Some(page), Some(sender)) = (page_after_sign_in(location), sender) else { return };
    if !fields.keys().any(|name| !NOT_TYPED.contains(&name.as_str())) {
        return;
    }
    let waiting = Waiting { action: action.to_owned(), page, is_too_long: false };
    let mut kept = Kept { fields, sender: Some(sender), waiting: Some(waiting) };
    let parts = cookies.encode(&kept).or_else(|| {
        kept.fields.clear();
        kept.waiting.as_mut()?.is_too_long = true;
        cookies.encode(&kept)
    });
    if let Some(parts) = parts {
        cookies.set_typed(response, &parts, WAITING_SECONDS);
    }
}

/// The path, without its language, of the page that follows after signing in. `None` if this does not lead there.
fn page_after_sign_in(location: &str) -> Option<String> {
    let (_, path) = Language::of_path(location);
    let (path, query) = path.split_once('?')?;
    if !matches!(path, "/sign-in" | "/sign-in/again") {
        return None;
    }
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let (_, next) = pairs.find(|(name, _)| name == "next")?;
    let (_, page) = Language::of_path(&next);
    Some(page.split(['?', '#']).next().unwrap_or_default().to_owned())
}

/// The typed values, if this page is shown again after a form failed, or after the sender of a form has signed in.
pub fn typed(request: &Request) -> Option<Typed> {
    let kept = kept(request)?;
    if is_of_another(&kept, request) {
        return None;
    }
    match kept.waiting {
        None => shows_typed(request.uri().query().unwrap_or_default())
            .then_some(Typed { fields: kept.fields, sent_before_sign_in: None }),
        Some(waiting) => {
            let is_here = !waiting.is_too_long
                && waiting.page == request.uri().path()
                && signed_in(request).is_some();
            let sent_before_sign_in = Some(waiting.action);
            is_here.then_some(Typed { fields: kept.fields, sent_before_sign_in })
        }
    }
}

/// Is somebody else signed in than who has typed it?
fn is_of_another(kept: &Kept, request: &Request) -> bool {
    kept.sender.as_ref().zip(signed_in(request)).is_some_and(|(sender, own)| *sender != own)
}

/// For the pages to sign in: the form that waits for its sender.
pub fn waiting(request: &Request) -> Option<WaitingForm> {
    let waiting = kept(request)?.waiting?;
    Some(WaitingForm { page: waiting.page, kept: !waiting.is_too_long })
}

/// Whether the cookies have done their work: their values are shown now, or another account is signed in.
fn is_done(request: &Request) -> bool {
    let is_page = request.method() == Method::GET && !request.uri().path().starts_with("/fn/");
    is_page
        && (typed(request).is_some()
            || kept(request).is_some_and(|kept| is_of_another(&kept, request)))
}

/// Is this the address of a form that failed, or of a page that shows what was typed for another reason?
fn shows_typed(address: &str) -> bool {
    address.contains("__err=") || address.contains(SHOWS_TYPED)
}

fn fields(body: &[u8]) -> HashMap<String, String> {
    let is_secret = |name: &str| SECRETS.iter().any(|secret| name.contains(secret));
    url::form_urlencoded::parse(body)
        .filter(|(name, _)| !is_secret(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn kept(request: &Request) -> Option<Kept> {
    request.extensions().get::<Cookies>()?.read(request.headers())
}

fn has(headers: &HeaderMap, name: header::HeaderName, part: &str) -> bool {
    headers.get(name).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains(part))
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use nadi::actor::{Actor, SignedIn};
    use nadi::ids::{AccountId, PersonId};
    use uuid::Uuid;

    use super::*;
    use crate::http::session_cookie::TYPED;
    use crate::pages::typed_cookies::tests::our_cookies;

    /// A request by this account, or by nobody, with these cookies.
    fn request(address: &str, account: Option<u128>, cookies: &str) -> Request {
        let actor = match account {
            None => Actor::Visitor(None),
            Some(number) => {
                let id = Uuid::from_u128(number);
                let who = SignedIn::patient(AccountId(id), PersonId(id), "Asha".into());
                Actor::Account(Box::new(who))
            }
        };
        let caller =
            Caller { actor, now: Utc::now(), request_id: Uuid::nil(), device: None, network: None };
        let request = Request::get(address).header(header::COOKIE, cookies).extension(caller);
        let request = request.extension(our_cookies(false));
        request.body(Body::empty()).expect("a request")
    }

    /// The cookies that a browser has after this answer to a form.
    fn cookies_after(location: &str, body: &str, action: &str, sender: Option<String>) -> String {
        let mut response = Response::new(Body::empty());
        response.headers_mut().insert(header::LOCATION, location.parse().expect("a header"));
        remember(&mut response, body.as_bytes(), action, sender, &our_cookies(false));
        let set = response.headers().get_all(header::SET_COOKIE).iter();
        let set =
            set.map(|line| line.to_str().expect("text").split(';').next().unwrap_or_default());
        set.collect::<Vec<_>>().join("; ")
    }

    fn after_failure(body: &str) -> String {
        cookies_after("/register?__path=x&__err=y", body, "/fn/register", None)
    }

    fn after_sign_out(body: &str, account: u128) -> String {
        let sender = signed_in(&request("/", Some(account), ""));
        // A page in the last of the languages, whichever exist: what is kept is its path without the language.
        app::i18n::enable_pseudo_language();
        let language = Language::all().last().expect("a language");
        let page = language.path("/people").replace('/', "%2F");
        let location = format!("/sign-in?next={page}%3Fnext%3D%252F");
        cookies_after(&location, body, "/fn/add_person", sender)
    }

    #[test]
    fn what_was_typed_comes_back_without_its_secrets() {
        let cookies =
            after_failure("name=Asha+%26+Co&password=hunter22&new_password=x&code=123456");
        let cookies = format!("other=1; {cookies}");
        let shown = typed(&request("/register?__path=x&__err=y", None, &cookies)).expect("typed");
        assert_eq!(shown.get("name"), Some("Asha & Co"));
        for secret in ["password", "new_password", "code"] {
            assert_eq!(shown.get(secret), None, "{secret}");
        }
        assert!(typed(&request("/register", None, &cookies)).is_none());
    }

    #[test]
    fn a_page_shows_what_was_typed_beside_a_button_that_was_carried_out() {
        let page = "/appointments/1?done=extended&typed=yes";
        let cookies = cookies_after(page, "id=1&name=Asha&email=", "/fn/extend", None);
        let shown = typed(&request(page, None, &cookies)).expect("typed");
        assert_eq!(shown.get("name"), Some("Asha"));
        assert_eq!(shown.sent_before_sign_in, None);
        assert!(typed(&request("/appointments/1?done=extended", None, &cookies)).is_none());
        let done = cookies_after("/appointments/1?done=confirmed", "name=Asha", "/fn/x", None);
        assert_eq!(done, "");
    }

    #[test]
    fn a_form_waits_for_its_sender_to_sign_in() {
        let cookies = after_sign_out("name=Mira&birth_date=2019-04-30&next=%2F", 7);
        let waits = waiting(&request("/sign-in", None, &cookies)).expect("a form");
        assert_eq!((waits.page.as_str(), waits.kept), ("/people", true));

        let shown = typed(&request("/people?next=%2F", Some(7), &cookies)).expect("typed");
        assert_eq!(shown.get("name"), Some("Mira"));
        assert_eq!(shown.sent_before_sign_in.as_deref(), Some("/fn/add_person"));
        assert!(is_done(&request("/people", Some(7), &cookies)));

        assert!(typed(&request("/appointments", Some(7), &cookies)).is_none(), "another page");
        assert!(!is_done(&request("/appointments", Some(7), &cookies)));
        assert!(!is_done(&request("/fn/day_times", Some(7), &cookies)), "no page");
        assert!(typed(&request("/people", None, &cookies)).is_none(), "not signed in");
        assert!(!is_done(&request("/people", None, &cookies)));
    }

    #[test]
    fn nobody_else_sees_what_was_typed() {
        let cookies = after_sign_out("name=Mira", 7);
        assert!(typed(&request("/people", Some(8), &cookies)).is_none());
        assert!(is_done(&request("/", Some(8), &cookies)), "it is deleted");
        let own = signed_in(&request("/", Some(7), ""));
        let failed = "/people?__path=x&__err=y";
        let cookies = cookies_after(failed, "name=Mira", "/fn/add_person", own);
        assert!(typed(&request(failed, Some(7), &cookies)).is_some());
        assert!(typed(&request(failed, Some(8), &cookies)).is_none());
        assert!(is_done(&request("/", Some(8), &cookies)), "it is deleted");
        let unknown = cookies_after("/sign-in?next=%2Fpeople", "name=Mira", "/fn/add_person", None);
        assert_eq!(unknown, "", "nobody knows whose it is");
    }

    #[test]
    fn a_button_is_not_typed() {
        assert_eq!(after_sign_out("id=7&version=3&key=x", 7), "");
        for location in ["/people?done=added", "/sign-in/second-factor", "/sign-in", "/"] {
            let sender = signed_in(&request("/", Some(7), ""));
            assert_eq!(cookies_after(location, "name=Mira", "/fn/x", sender), "", "{location}");
        }
    }

    fn hours(lines: usize) -> String {
        let mut body = String::from("doctor=01a1fd8a-b716-7570-bd29-e80dba2a63e5&own=true");
        for line in 0..lines {
            for (field, value) in [
                (["mo", "tu", "we", "th", "fr", "sa", "su"][line % 7], "yes".to_owned()),
                ("starts_at", format!("{:02}:00", line % 18 + 5)),
                ("ends_at", format!("{:02}:40", line % 18 + 5)),
                ("slot_minutes", "20".into()),
                ("mode", "in_person".into()),
                ("location", "01a1fd8a-b716-7570-bd29-e80dba2a63e5".into()),
                ("repeats", "1".into()),
                ("rule", String::new()),
                ("effective_from", "2026-11-23".into()),
                ("effective_until", String::new()),
                ("seat_capacity", "1".into()),
                ("buffer_before", "0".into()),
                ("buffer_after", "0".into()),
                ("notice", "0".into()),
                ("window", String::new()),
            ] {
                body.push_str(&format!("&lines%5B{line}%5D%5B{field}%5D={value}"));
            }
        }
        body
    }

    #[test]
    fn a_week_of_hours_is_kept() {
        let cookies = after_failure(&hours(17));
        let shown = typed(&request("/calendar/hours?__err=y", None, &cookies)).expect("typed");
        assert_eq!(shown.get("lines[16][starts_at]"), Some("21:00"));
        let cookies = after_sign_out(&hours(17), 7);
        let shown = typed(&request("/people", Some(7), &cookies)).expect("typed");
        assert_eq!(shown.get("lines[16][starts_at]"), Some("21:00"));
    }

    #[test]
    fn what_is_too_long_for_one_cookie_is_kept_in_two() {
        let digests: String = (0u32..120).map(digest).collect();
        let cookies = after_failure(&format!("name={digests}"));
        let second = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("nadi_typed_2="));
        assert!(second.is_some_and(|value| !value.is_empty()), "{cookies}");
        assert!(cookies.split("; ").all(|cookie| cookie.len() < 4096));
        let shown = typed(&request("/register?__err=y", None, &cookies)).expect("typed");
        assert_eq!(shown.get("name"), Some(digests.as_str()));
    }

    /// Digests hardly compress: the 64 digits of one take more than 32 bytes.
    fn digest(number: u32) -> String {
        let digest = Sha256::digest(number.to_be_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn with_https_no_other_host_can_set_what_is_shown() {
        let mut response = Response::new(Body::empty());
        let failed = HeaderValue::from_static("/register?__path=x&__err=y");
        response.headers_mut().insert(header::LOCATION, failed);
        let (secure, plain) = (our_cookies(true), our_cookies(false));
        remember(&mut response, b"name=Asha", "/fn/register", None, &secure);
        secure.set(&mut response, SENDER, "x", SENDER_SECONDS);
        let set = response.headers().get_all(header::SET_COOKIE).iter();
        let set: Vec<_> = set.map(|line| line.to_str().expect("text")).collect();
        for name in TYPED.iter().chain([&SENDER]) {
            let line = set.iter().find(|line| line.starts_with(&format!("__Host-{name}=")));
            assert!(line.is_some_and(|line| line.ends_with("; Secure")), "{name}: {set:?}");
        }
        let typed = set[0].split(';').next().expect("a pair");
        let sent = |cookie: &str| {
            HeaderMap::from_iter([(header::COOKIE, cookie.parse().expect("a header"))])
        };
        assert!(secure.read(&sent(typed)).is_some());
        let foreign = typed.strip_prefix("__Host-").expect("a prefix");
        assert!(secure.read(&sent(foreign)).is_none());
        assert!(plain.read(&sent(foreign)).is_some(), "in development");
    }

    #[test]
    fn an_address_does_not_grow_with_every_failure() {
        let from = |referer: &'static str| {
            let request = Request::post("/fn/x").header(header::REFERER, referer);
            let request = without_old_failures(request.body(Body::empty()).expect("a request"));
            request.headers()[header::REFERER].to_str().expect("text").to_owned()
        };
        assert_eq!(from("http://a/b?c=d&__path=x&__err=y"), "http://a/b?c=d");
        assert_eq!(from("http://a/b?__path=x&__err=y&__path=x&__err=z"), "http://a/b");
        assert_eq!(from("http://a/b?c=__err=d"), "http://a/b?c=__err=d");
        assert_eq!(from("http://a/b"), "http://a/b");
    }

    #[test]
    fn too_much_is_not_kept_and_the_page_to_sign_in_says_so() {
        let noise: String = (0u32..300).map(digest).collect();
        let body = format!("name={noise}");
        let cookies = after_failure(&body);
        assert!(typed(&request("/register?__err=y", None, &cookies)).is_none());
        let cookies = after_sign_out(&body, 7);
        let waits = waiting(&request("/sign-in", None, &cookies)).expect("a form");
        assert!(!waits.kept);
        assert!(typed(&request("/people", Some(7), &cookies)).is_none());
    }
}
