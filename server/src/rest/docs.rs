//! The OpenAPI description of the API, made from the handlers, and Swagger UI.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::middleware::map_response;
use axum::response::Response;
use nadi::idempotency::KEY_KEPT_HOURS;
use utoipa::OpenApi as _;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::http::security;
use crate::rest::problem::{FieldError, Problem, all_kinds};
use crate::rest::types::Gender;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Nadi",
        description = "Find a doctor, hold a free slot, confirm it, move or cancel it.",
    ),
    components(schemas(Problem, FieldError, Gender)),
    security(("bearer" = []), ("session" = [])),
    tags(
        (name = "Accounts", description = "Registering, signing in and out, and where an account is signed in"),
        (name = "Directory", description = "Finding doctors and free slots; no sign-in needed"),
        (name = "Appointments", description = "Holding a slot, confirming, moving and cancelling"),
        (name = "Reviews", description = "Reviews of completed visits"),
        (name = "Visits", description = "Check-in, completion and no-shows, for doctors and clinics"),
        (name = "Schedules", description = "Working hours of doctors"),
        (name = "People", description = "The people that an account books for"),
    ),
)]
struct Head;

/// The description without the operations.
pub fn head() -> OpenApi {
    let mut description = Head::openapi();
    description.info.version = "1".into();
    description.info.description = Some(introduction());
    let components = description.components.get_or_insert_with(Components::new);
    let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let cookie = ApiKeyValue::with_description("nadi_session", "The session of the pages");
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    description
}

fn introduction() -> String {
    let mut problems = String::new();
    for kind in all_kinds() {
        problems.push_str(&format!(
            "| `/problems/{}` | {} | {} |\n",
            kind.name(),
            kind.status(),
            kind.title()
        ));
    }
    format!(
        "Find a doctor, hold a free slot, confirm it with the code that was sent, move it or cancel \
         it.\n\n\
         **Signing in.** `POST /auth/login`, or `POST /auth/codes` and `POST /auth/verify`, give an access token for \
         15 minutes and a refresh token for 30 days. `POST /auth/refresh` exchanges the refresh token for new tokens. \
         Each refresh token can be exchanged once: a second time ends the session, because the token must have been \
         copied. A program that acts for an account without its password uses a personal key, which is made on the \
         account's page. A key that may only read gets 403 for anything but `GET` and `HEAD`. \
         Tokens and keys are sent as `Authorization: Bearer …`.\n\n\
         **Idempotency.** A request with an `Idempotency-Key` has one effect and one response, also if \
         it is refused, however often it is sent within {KEY_KEPT_HOURS} hours. Keys belong to the \
         account. The same key with another request is refused with 422, and while the first request is \
         still running, with 409. Holding and moving require a key.\n\n\
         **Versions.** Every appointment and schedule has an `ETag`. Cancelling, moving and \
         replacing a schedule require it in `If-Match`: the response is \
         412 if the version has changed meanwhile, and 428 if the header is missing. Public resources have an `ETag` too: \
         with it in `If-None-Match`, the response is 304 while nothing has changed. Without a token, these responses can be \
         cached according to `Cache-Control`.\n\n\
         **Time.** Instants are UTC; a date is the location's; ranges are half-open.\n\n\
         **Text** is stored in Unicode NFC, without control and format characters and without \
         spaces at its ends. A name must have a visible character and no line break. A body or a URL that is not \
         UTF-8 or contains the character U+0000 is refused with 400.\n\n\
         **Problems** are `application/problem+json` (RFC 9457):\n\n\
         | type | status | |\n|---|---|---|\n{problems}"
    )
}

/// The document and Swagger UI.
pub fn routes<S: Clone + Send + Sync + 'static>(description: OpenApi) -> Router<S> {
    let config = Config::default().display_request_duration(true).try_it_out_enabled(true);
    let reference = SwaggerUi::new("/api-docs").url("/api-docs/openapi.json", description);
    Router::from(reference.config(config)).layer(map_response(with_own_policy))
}

async fn with_own_policy(mut response: Response) -> Response {
    if let Ok(policy) = HeaderValue::from_str(&security::api_reference_policy()) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}
