//! The form with a calendar file, the only request whose body may be large: who sends it is checked before its body is
//! read, and a browser whose file cannot be taken is led back to the form.

use app::error::FormFailure;
use app::fns::busy::AddBusyFile;
use app::{links, messages};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use nadi::Failure;
use nadi::actor::Caller;
use nadi::permissions::{Permission, Target};
use url::Url;

use super::request_body::{self, BodyLimits, Unread};
use super::security::plain_text;
use crate::permission_checks::PermissionChecks as _;

/// Middleware: refuses everybody who has no calendar to add the file to, before the file is read. Whether the calendar
/// is theirs is checked by the service, as always.
pub async fn staff_only(request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().ok_or(Failure::SignInFirst);
    let allowed = caller.and_then(|caller| caller.must(Permission::ManageSchedules, &Target::ANY));
    let Err(failure) = allowed.map(|_| ()) else { return next.run(request).await };
    let (head, body) = request.into_parts();
    let answer = refused(&head, failure);
    request_body::discard(&head.headers, body);
    answer
}

/// Middleware: reads the body. Must be inside of [`staff_only`] and outside of
/// [`super::load_shedding::bounded_page`].
pub async fn read(State(limits): State<BodyLimits>, request: Request, next: Next) -> Response {
    let (unread, head, rest) = match limits.receive(request).await {
        Ok((request, _memory)) => return next.run(request).await,
        Err(unread) => unread,
    };
    let answer = match unread {
        Unread::TooLarge => refused(&head, Failure::TooLarge),
        Unread::Busy => refused(&head, Failure::Busy),
        Unread::TooSlow | Unread::Broken => return request_body::page(unread),
    };
    request_body::discard(&head.headers, rest);
    answer
}

/// The answer to a form whose file is not read: the page that leads on, or only the status and a sentence.
fn refused(head: &Parts, failure: Failure) -> Response {
    let Some(form) = form(&head.headers) else {
        let status = StatusCode::from_u16(failure.status());
        let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return (status, plain_text(&messages::failure(&failure))).into_response();
    };
    if failure == Failure::SignInFirst {
        return Redirect::to(&links::sign_in(form.path())).into_response();
    }
    let page = ServerFnUrlError::new(AddBusyFile::PATH, FormFailure(failure)).to_url(form.as_str());
    // Only path and query, so that the redirect stays on our site.
    let page = page.unwrap_or(form);
    let query = page.query().map_or(String::new(), |query| format!("?{query}"));
    Redirect::to(&format!("/{}{query}", page.path().trim_start_matches('/'))).into_response()
}

/// The page of a form without scripts, without the failures of earlier tries.
fn form(headers: &HeaderMap) -> Option<Url> {
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    text(header::ACCEPT).filter(|accepts| accepts.contains("text/html"))?;
    let mut page = text(header::REFERER)?.to_owned();
    ServerFnUrlError::<FormFailure>::strip_error_info(&mut page);
    Url::parse(&page).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(headers: &[(header::HeaderName, &'static str)]) -> Parts {
        let (mut head, ()) =
            Request::post(AddBusyFile::PATH).body(()).expect("a head").into_parts();
        let headers = headers.iter().map(|(n, v)| (n.clone(), HeaderValue::from_static(v)));
        head.headers = headers.collect();
        head
    }

    fn leads_to(response: &Response) -> String {
        response.headers()[header::LOCATION].to_str().expect("an address").to_owned()
    }

    #[test]
    fn a_browser_is_led_back_to_its_form_on_our_site() {
        let html = (header::ACCEPT, "text/html,*/*");
        let from = |referer| head(&[html.clone(), (header::REFERER, referer)]);
        let back =
            refused(&from("https://evil.example//x?a=b&__path=p&__err=e"), Failure::TooLarge);
        let to = leads_to(&back);
        assert!(to.starts_with("/x?a=b&__path="), "{to}");
        assert_eq!(to.matches("__err=").count(), 1, "{to}");
        let sign_in =
            refused(&from("https://nadi.example/calendar/connections?x=1"), Failure::SignInFirst);
        assert_eq!(leads_to(&sign_in), links::sign_in("/calendar/connections"));
    }

    #[test]
    fn others_get_the_status_only() {
        for (failure, status) in [(Failure::SignInFirst, 401), (Failure::NotAllowed, 403)] {
            let answer = refused(&head(&[(header::REFERER, "https://nadi.example/")]), failure);
            assert_eq!(answer.status(), status);
            assert!(!answer.headers().contains_key(header::LOCATION));
        }
    }
}
