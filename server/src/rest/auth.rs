//! Endpoints for registering, signing in and signing out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use nadi::input::{Email, Password, line};
use nadi::ports::Registration;
use nadi::{Failure, Field};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::api::Api;
use crate::accounts::tokens::LIFETIME_SECONDS;
use crate::rest::input::{Body, CurrentCaller};
use crate::rest::problem::{Problem, SignIn, SignedInRead};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(register)).routes(routes!(login)).routes(routes!(logout))
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
    #[schema(max_length = 128, min_length = 8, format = "password")]
    password: String,
}

/// The registered account.
#[derive(Serialize, ToSchema)]
pub struct Registered {
    account_id: Uuid,
}

/// Registers a patient
///
/// The response does not reveal whether the address already has an account: an address can have several accounts
/// with different passwords. The same request with the same address and password returns the same
/// account.
#[utoipa::path(
    post, path = "/auth/register", tag = "Accounts", security(()), request_body = NewAccount,
    responses((status = 201, description = "Registered", body = Registered), SignIn)
)]
async fn register(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Body(new): Body<NewAccount>,
) -> Result<(StatusCode, Json<Registered>), Problem> {
    let (name, email, password) = (
        line(Field::Name, &new.name, 100),
        Email::parse(&new.email),
        Password::parse(&new.password),
    );
    let registration = match (name, email, password) {
        (Ok(name), Ok(email), Ok(password)) => {
            Registration { name, email, password, locale: app::i18n::current().code().to_owned() }
        }
        (name, email, password) => {
            let problems = [name.err(), email.err(), password.err()];
            return Err(Failure::Invalid(problems.into_iter().flatten().collect()).into());
        }
    };
    let account = api.ports.accounts.register(&caller, registration).await?;
    Ok((StatusCode::CREATED, Json(Registered { account_id: account.0 })))
}

/// Address and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "asha@example.org", "password": "correct horse battery"}))]
pub struct Credentials {
    email: String,
    #[schema(format = "password")]
    password: String,
}

/// A bearer token.
#[derive(Serialize, ToSchema)]
pub struct Token {
    /// For `Authorization: Bearer …`.
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: String,
    /// Seconds.
    #[schema(example = 3600)]
    expires_in: i64,
}

/// Signs in
///
/// Returns a token that is valid for an hour. Wrong passwords and unknown addresses get the same response.
#[utoipa::path(
    post, path = "/auth/login", tag = "Accounts", security(()), request_body = Credentials,
    responses((status = 200, description = "Signed in", body = Token), SignIn)
)]
async fn login(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Body(credentials): Body<Credentials>,
) -> Result<Json<Token>, Problem> {
    let accounts = &api.ports.accounts;
    let account = accounts.sign_in(&caller, &credentials.email, &credentials.password).await?.id;
    let access_token = api.tokens.issue(account, caller.now).await?;
    let token_type = "Bearer".into();
    Ok(Json(Token { access_token, token_type, expires_in: LIFETIME_SECONDS }))
}

/// Revokes the token
///
/// The token of this request is no longer valid. Instances that have just used it may accept it for up to 30 seconds.
#[utoipa::path(
    post, path = "/auth/logout", tag = "Accounts",
    responses((status = 204, description = "The token is no longer valid"), SignedInRead)
)]
async fn logout(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    caller.signed_in()?;
    if let Some(token) = bearer(&headers) {
        api.tokens.revoke(token, caller.now).await?;
    }
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
