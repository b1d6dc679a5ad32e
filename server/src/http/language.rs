//! The language of each request: of a page by its path (`/hi/doctors`; without a prefix it is English), of the API by
//! `Accept-Language`.

use app::i18n::{self, Language};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::rest::ROOT;
use crate::rest::problem::PROBLEMS;

/// Outermost middleware, before the routes: takes the language out of the path, so that everything behind it sees the
/// path of the English page.
pub async fn from_request(mut request: Request, next: Next) -> Response {
    let language = language_of(request.uri().path(), request.headers());
    if let Some(uri) = without_prefix(request.uri()) {
        *request.uri_mut() = uri;
    }
    request.extensions_mut().insert(language);
    let is_api = is_api(request.uri().path());
    let mut response = i18n::scope(language, next.run(request)).await;
    if is_api {
        name_language(response.headers_mut(), language);
    }
    response
}

/// Says in which language the answer is, and that it was chosen by the header of the request.
fn name_language(headers: &mut HeaderMap, language: Language) {
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.code()));
}

/// Middleware for what may run in a task of its own, such as an answer that several requests wait for.
pub async fn scoped(request: Request, next: Next) -> Response {
    let language = of(&request);
    i18n::scope(language, next.run(request)).await
}

/// The language that [`from_request`] has found.
pub fn of(request: &Request) -> Language {
    request.extensions().get().copied().unwrap_or_else(Language::english)
}

fn language_of(path: &str, headers: &HeaderMap) -> Language {
    if is_api(path) {
        accepted(headers).unwrap_or_else(Language::english)
    } else {
        Language::of_path(path).0
    }
}

/// The language that a browser or program wishes for, if it exists here.
pub fn accepted(headers: &HeaderMap) -> Option<Language> {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| Language::accepted(value.to_str().ok()?))
}

/// The API, and the page that describes its problems: the type of a problem has one address for all languages.
fn is_api(path: &str) -> bool {
    [ROOT, PROBLEMS].into_iter().any(|root| {
        path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The address without its language; `None` if it has none. Only pages have one: `/hi/api/v1` does not exist.
fn without_prefix(uri: &Uri) -> Option<Uri> {
    let (language, path) = Language::of_path(uri.path());
    if language.is_english() || is_api(path) {
        return None;
    }
    let address = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    // Scheme and host, which only a strange client sends, stay for `request_target` to refuse.
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(address.parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(accepted: &str) -> HeaderMap {
        let accepted = accepted.parse().expect("a header");
        HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted)])
    }

    /// So that there is a second language, whichever exist besides it.
    fn languages() -> Vec<Language> {
        i18n::enable_pseudo_language();
        Language::all().collect()
    }

    #[test]
    fn the_api_answers_in_an_accepted_language_or_in_english() {
        for language in languages() {
            let wished = headers(&format!("xx, {};q=0.8", language.code()));
            for path in ["/api/v1", "/api/v1/doctors", "/problems", "/problems/taken"] {
                assert_eq!(language_of(path, &wished), language, "{path}");
            }
            // A page is in the language of its address.
            assert_eq!(language_of("/doctors", &wished), Language::english());
            assert_eq!(language_of(&language.path("/doctors"), &headers("xx")), language);
        }
        for unknown in ["xx", "xx-YY, zz;q=0.5", "*;q=0", ""] {
            assert_eq!(language_of("/api/v1/doctors", &headers(unknown)), Language::english());
        }
        assert_eq!(language_of("/api/v1/doctors", &HeaderMap::new()), Language::english());
        assert_eq!(accepted(&headers("xx")), None);
    }

    #[test]
    fn only_pages_have_their_language_in_the_address() {
        for language in languages() {
            let stripped = |path: &str| {
                let address = format!("{}{path}", language.prefix());
                let uri = without_prefix(&address.parse().expect("an address"));
                uri.map(|uri| uri.to_string())
            };
            let expected = |path: &str| (!language.is_english()).then(|| path.to_owned());
            for page in ["/", "/doctors?q=back%20pain&page=2", "/api/v1x", "/problemsx"] {
                assert_eq!(stripped(page), expected(page), "{language:?} {page}");
            }
            for api in ["/api/v1", "/api/v1/doctors?page=2", "/problems", "/problems/taken"] {
                assert_eq!(stripped(api), None, "{language:?} {api}");
            }
        }
    }

    #[test]
    fn a_cached_answer_names_the_language_once() {
        let mut headers = HeaderMap::new();
        let vary = HeaderValue::from_static(crate::http::public_cache::API_VARY);
        headers.insert(header::VARY, vary);
        name_language(&mut headers, Language::english());
        let vary: Vec<&str> =
            headers.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok()).collect();
        assert_eq!(vary.join(", "), "authorization, cookie, accept-encoding, accept-language");
        assert_eq!(headers[header::CONTENT_LANGUAGE], "en");
    }
}
