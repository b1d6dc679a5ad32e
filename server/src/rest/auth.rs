//! Endpoints for registering, signing in and signing out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use nadi::actor::Caller;
use nadi::input::{Code, Email, Password, line};
use nadi::ports::{KnownAccount, ProofToken, Registration, SessionView, SignInStep};
use nadi::{Failure, Field};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::api::Api;
use crate::accounts::tokens::{ACCESS_SECONDS, IssuedTokens};
use crate::accounts::{sessions, tokens};
use crate::http::session_cookie::Browser;
use crate::rest::input::{Body, CurrentCaller, Id};
use crate::rest::problem::{
    Kind, PlainChange, Problem, ProvedChange, Refresh, SignIn, SignInByCode, SignedInRead,
};
use crate::rest::types::List;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(send_code))
        .routes(routes!(verify))
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
}

/// A new patient.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Asha Rao", "email": "asha@example.org", "password": "correct horse battery"
}))]
pub struct NewAccount {
    #[schema(max_length = 100, min_length = 1)]
    name: String,
    #[schema(max_length = 254, format = "email")]
    email: String,
    /// Without one, codes are sent for signing in.
    #[schema(max_length = 128, min_length = 8, format = "password")]
    password: Option<String>,
}

/// A code is on its way.
#[derive(Serialize, ToSchema)]
pub struct CodeSent {
    /// For `POST /auth/verify`. The code counts only together with it.
    proof_token: String,
    /// Seconds.
    #[schema(example = 900)]
    expires_in: i64,
}

/// Registers a patient
///
/// Sends a code to the address. `POST /auth/verify` with that code makes the account; until then, nothing is there. If
/// the address has an account already, the code signs in to it, and name and password are dropped. The response is the
/// same in both cases. Show people the terms of use (`/terms`) and the privacy notice (`/privacy`) before: the account
/// that is made has agreed to them.
#[utoipa::path(
    post, path = "/auth/register", operation_id = "register_account",
    tag = "Accounts", security(()), request_body = NewAccount,
    responses((status = 202, description = "The code is on its way", body = CodeSent), SignIn)
)]
async fn register(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Body(new): Body<NewAccount>,
) -> Result<(StatusCode, Json<CodeSent>), Problem> {
    let (name, email, password) = (
        line(Field::Name, &new.name, 100),
        Email::parse(&new.email),
        new.password.as_deref().map(Password::parse).transpose(),
    );
    let registration = match (name, email, password) {
        (Ok(name), Ok(email), Ok(password)) => {
            Registration { name, email, password, locale: locale(), key: None }
        }
        (name, email, password) => {
            let problems = [name.err(), email.err(), password.err()];
            return Err(Failure::Invalid(problems.into_iter().flatten().collect()).into());
        }
    };
    let token = api.ports.sign_in.register(&caller, registration).await?;
    code_sent(&api, &caller, &token).await
}

/// The address of an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "asha@example.org"}))]
pub struct Address {
    #[schema(max_length = 254, format = "email")]
    email: String,
}

/// Sends a code to sign in with
///
/// Also for those who have forgotten their password. The response is the same whether or not the address has an account;
/// if it has none, `POST /auth/verify` makes one, which has agreed to the terms of use and the privacy notice.
#[utoipa::path(
    post, path = "/auth/codes", operation_id = "send_sign_in_code",
    tag = "Accounts", security(()), request_body = Address,
    responses((status = 202, description = "The code is on its way", body = CodeSent), SignIn)
)]
async fn send_code(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Body(address): Body<Address>,
) -> Result<(StatusCode, Json<CodeSent>), Problem> {
    let email = Email::parse(&address.email).map_err(Failure::from)?;
    let token = api.ports.sign_in.send_code(&caller, &email, &locale()).await?;
    code_sent(&api, &caller, &token).await
}

async fn code_sent(
    api: &Api,
    caller: &Caller,
    token: &ProofToken,
) -> Result<(StatusCode, Json<CodeSent>), Problem> {
    let pending = api.ports.sign_in.pending_proof(caller, token).await?;
    let expires_at = pending.ok_or(Failure::Unavailable)?.expires_at;
    let expires_in = (expires_at - caller.now).num_seconds();
    let sent = CodeSent { proof_token: token.expose().to_owned(), expires_in };
    Ok((StatusCode::ACCEPTED, Json(sent)))
}

/// The language for messages to the account.
fn locale() -> String {
    app::i18n::current().code().to_owned()
}

/// A code that was sent to an address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"proof_token": "k3J9…", "code": "12345678"}))]
pub struct SentCode {
    proof_token: String,
    code: String,
    /// A code of the authenticator app, or a recovery code, if the account asks for one.
    second_factor: Option<String>,
}

/// Signs in with a code
///
/// A new address gets its account. If the account asks for a second factor and none or a wrong one was sent, the
/// response is 401 (`second-factor-needed` or `wrong-second-factor`); the same request with the second factor works for
/// another ten minutes.
#[utoipa::path(
    post, path = "/auth/verify", operation_id = "verify_code",
    tag = "Accounts", security(()), request_body = SentCode,
    responses((status = 200, description = "Signed in", body = Tokens), SignInByCode)
)]
async fn verify(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    headers: HeaderMap,
    Body(sent): Body<SentCode>,
) -> Result<Json<Tokens>, Problem> {
    let code = Code::parse(&sent.code).map_err(Failure::from)?;
    // The right code counts once. If the account asks for a second factor, this remembers that it was right: the hash of
    // the two secrets that only whoever got the code can repeat.
    let proved = proved_digest(&sent.proof_token, &code);
    let waiting = sessions::awaiting_second_factor(&api.app_state, &proved, caller.now).await?;
    let account = match waiting {
        Some(account) => account,
        None => {
            let token = ProofToken::new(sent.proof_token);
            match api.ports.sign_in.check_code(&caller, &token, &code).await? {
                SignInStep::SignedIn(account) => {
                    return issue(&api, &account, &headers, caller.now).await;
                }
                SignInStep::SecondFactor(account) => {
                    let app_state = &api.app_state;
                    sessions::await_second_factor(app_state, &proved, &account, caller.now).await?;
                    account
                }
            }
        }
    };
    let account = second_factor(&api, &caller, &account, sent.second_factor.as_deref()).await?;
    sessions::end(&api.app_state, &proved).await?;
    issue(&api, &account, &headers, caller.now).await
}

fn proved_digest(proof_token: &str, code: &Code) -> [u8; 32] {
    Sha256::digest(format!("proved by code {proof_token} {}", code.as_str())).into()
}

async fn second_factor(
    api: &Api,
    caller: &Caller,
    account: &KnownAccount,
    code: Option<&str>,
) -> Result<KnownAccount, Problem> {
    let code = code.filter(|code| !code.is_empty()).ok_or(Failure::SecondFactorNeeded)?;
    Ok(api.ports.sign_in.check_second_factor(caller, account, code).await?)
}

/// Address and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "asha@example.org", "password": "correct horse battery"}))]
pub struct Credentials {
    email: String,
    #[schema(format = "password")]
    password: String,
    /// A code of the authenticator app, or a recovery code, if the account asks for one.
    second_factor: Option<String>,
}

/// The tokens of a program that has signed in.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// For `Authorization: Bearer …`.
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: String,
    /// How long the access token is valid, in seconds.
    #[schema(example = 900)]
    expires_in: i64,
    /// For `POST /auth/refresh`, once.
    refresh_token: String,
    /// How long the refresh token is valid, in seconds.
    #[schema(example = 2_592_000)]
    refresh_expires_in: i64,
}

/// Signs in with a password
///
/// Wrong passwords and unknown addresses get the same response. If the account asks for a second factor and none was
/// sent, the response is 401 (`second-factor-needed`).
#[utoipa::path(
    post, path = "/auth/login", operation_id = "sign_in",
    tag = "Accounts", security(()), request_body = Credentials,
    responses((status = 200, description = "Signed in", body = Tokens), SignIn)
)]
async fn login(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Result<Json<Tokens>, Problem> {
    let sign_in = &api.ports.sign_in;
    let step = sign_in.check_password(&caller, &credentials.email, &credentials.password).await?;
    let account = match step {
        SignInStep::SignedIn(account) => account,
        SignInStep::SecondFactor(account) => {
            second_factor(&api, &caller, &account, credentials.second_factor.as_deref()).await?
        }
    };
    issue(&api, &account, &headers, caller.now).await
}

async fn issue(
    api: &Api,
    account: &KnownAccount,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<Json<Tokens>, Problem> {
    let device = headers.get(header::USER_AGENT).and_then(|device| device.to_str().ok());
    let issued = tokens::issue(&api.app_state, account, device.unwrap_or_default(), now).await?;
    Ok(Json(Tokens::of(issued, now)))
}

impl Tokens {
    fn of(issued: IssuedTokens, now: DateTime<Utc>) -> Self {
        Self {
            access_token: issued.access_token,
            token_type: "Bearer".into(),
            expires_in: ACCESS_SECONDS,
            refresh_token: issued.refresh_token,
            refresh_expires_in: (issued.refresh_expires_at - now).num_seconds(),
        }
    }
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "nadi_rt_…"}))]
pub struct RefreshToken {
    refresh_token: String,
}

/// Exchanges a refresh token
///
/// The token of the request no longer counts. If it is sent again, the session ends with all its tokens, because
/// somebody must have copied it: so send it once at a time, and store the new one before using it. After 180 days, the
/// session ends in any case.
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "refresh_tokens",
    tag = "Accounts", security(()), request_body = RefreshToken,
    responses((status = 200, description = "New tokens", body = Tokens), Refresh)
)]
async fn refresh(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Body(token): Body<RefreshToken>,
) -> Result<Json<Tokens>, Problem> {
    let issued = tokens::refresh(&api.app_state, &token.refresh_token, caller.now).await?;
    let issued = issued.ok_or_else(|| Kind::TokenInvalid.problem())?;
    Ok(Json(Tokens::of(issued, caller.now)))
}

/// Signs out
///
/// With a token, its session ends with all its tokens. With the cookie of the pages, the session of the browser ends. A
/// personal key has no session: it is revoked on the account's page.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "sign_out", tag = "Accounts",
    responses((status = 204, description = "The session has ended"), PlainChange)
)]
async fn logout(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Extension(browser): Extension<Arc<Browser>>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let account = caller.signed_in()?;
    if !headers.contains_key(header::AUTHORIZATION) {
        browser.sign_out().await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let session = account.access.session.ok_or(Failure::NotAllowed)?;
    sessions::end_by_public_id(&api.app_state, account.account, session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A browser or program that is signed in to the account.
#[derive(Serialize, ToSchema)]
pub struct Session {
    id: Uuid,
    /// What the browser or program calls itself (`User-Agent`).
    device: String,
    /// It has signed in to the API.
    is_program: bool,
    /// It sends this request.
    is_current: bool,
    created_at: DateTime<Utc>,
    /// When it was last used, up to an hour ago.
    seen_at: DateTime<Utc>,
}

impl From<SessionView> for Session {
    fn from(view: SessionView) -> Self {
        Self {
            id: view.id,
            device: view.device,
            is_program: view.is_program,
            is_current: view.is_current,
            created_at: view.created_at,
            seen_at: view.seen_at,
        }
    }
}

/// Lists where the account is signed in
///
/// The session of this request first, then the last used.
#[utoipa::path(
    get, path = "/auth/sessions", operation_id = "list_sessions", tag = "Accounts",
    responses((status = 200, description = "All sessions", body = List<Session>), SignedInRead)
)]
async fn list_sessions(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
) -> Result<Json<List<Session>>, Problem> {
    Ok(Json(List::of(api.ports.accounts.sessions(&caller).await?)))
}

/// Signs out another browser or program
///
/// Its session ends at once, with all its tokens. Unless it is the session of the request, this needs a sign-in of the
/// last ten minutes.
#[utoipa::path(
    delete, path = "/auth/sessions/{id}", operation_id = "end_session", tag = "Accounts",
    params(("id" = Uuid, Path, description = "The session's id")),
    responses((status = 204, description = "The session has ended"), ProvedChange)
)]
async fn end_session(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(id): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    api.ports.accounts.end_session(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_bearer_token_counts() {
        let token = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(token("Bearer abc"), Some("abc".into()));
        assert_eq!(token("bearer  abc"), Some("abc".into()));
        assert_eq!(token("Basic abc"), None);
        assert_eq!(token("Bearer"), None);
    }
}
