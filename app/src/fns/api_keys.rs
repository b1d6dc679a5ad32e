//! Personal keys for the API.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Makes a key, and leads to the page that shows it once.
#[server(prefix = "/fn", endpoint = "create_api_key")]
pub async fn create_api_key(
    name: String,
    scope: String,
    #[server(default)] effective_until: String,
) -> Result<(), FormFailure> {
    use nadi::{Failure, Field, Problem};
    let (caller, ports) = super::request()?;
    let page = crate::links::page("/account/api-keys");
    let scope = nadi::actor::Scope::parse(&scope).ok_or(Failure::Malformed)?;
    let until = match effective_until.trim() {
        "" => None,
        text => {
            let malformed = Failure::field(Field::EffectiveUntil, Problem::Malformed);
            Some(nadi::calendar::parse_date(text).ok_or(malformed)?)
        }
    };
    let new = nadi::ports::NewApiKey { name, scope, until };
    let created = ports.api_keys.create_api_key(&caller, &new).await;
    if let Some(key) = super::or_sign_in(created, &page)? {
        crate::parts::shown_once::put(&key);
        super::redirect(&format!("{page}?done=created"));
    }
    Ok(())
}

/// Revokes a key.
#[server(prefix = "/fn", endpoint = "revoke_api_key")]
pub async fn revoke_api_key(id: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::page("/account/api-keys");
    let revoked = match ports.api_keys.revoke_api_key(&caller, super::parse_id(&id)?).await {
        // It is revoked already: a second click.
        Err(nadi::Failure::NotFound) => Ok(()),
        revoked => revoked,
    };
    if super::or_sign_in(revoked, &page)?.is_some() {
        super::redirect(&format!("{page}?done=revoked"));
    }
    Ok(())
}
