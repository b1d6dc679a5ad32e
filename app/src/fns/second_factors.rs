//! The authenticator app and the recovery codes of an account, and removing its passkeys.

use leptos::prelude::*;

use crate::error::FormFailure;

/// The page about them, with what was just done.
#[cfg(feature = "ssr")]
fn page(done: &str, next: &str) -> String {
    let query = crate::links::Query::new().with("done", done).with("next", next);
    query.on(&crate::links::page("/account/security"))
}

/// Begins to set up an authenticator app.
#[server(prefix = "/fn", endpoint = "set_up_authenticator")]
pub async fn set_up_authenticator(#[server(default)] next: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let begun = ports.second_factors.set_up_authenticator(&caller).await;
    if super::or_sign_in(begun, &page("", &next))?.is_some() {
        let query = crate::links::Query::new().with("next", &next);
        super::redirect(&query.on(&crate::links::page("/account/security/authenticator")));
    }
    Ok(())
}

/// Ends the setup with a first code, then shows the recovery codes.
#[server(prefix = "/fn", endpoint = "confirm_authenticator")]
pub async fn confirm_authenticator(
    code: String,
    #[server(default)] next: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    if code.trim().is_empty() {
        return Err(nadi::Failure::field(nadi::Field::Code, nadi::Problem::Missing).into());
    }
    let codes = match ports.second_factors.confirm_authenticator(&caller, &code).await {
        Err(nadi::Failure::NotFound) => {
            super::redirect(&page("setup-expired", &next));
            return Ok(());
        }
        codes => codes,
    };
    if let Some(codes) = super::or_sign_in(codes, &page("", &next))? {
        show_codes(&codes, "set-up", &next);
    }
    Ok(())
}

/// Makes new recovery codes and shows them.
#[server(prefix = "/fn", endpoint = "renew_recovery_codes")]
pub async fn renew_recovery_codes() -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let codes = ports.second_factors.renew_recovery_codes(&caller).await;
    if let Some(codes) = super::or_sign_in(codes, &page("", ""))? {
        show_codes(&codes, "", "");
    }
    Ok(())
}

#[cfg(feature = "ssr")]
fn show_codes(codes: &[String], done: &str, next: &str) {
    crate::parts::shown_once::put(&codes.join("."));
    let query = crate::links::Query::new().with("done", done).with("next", next);
    super::redirect(&query.on(&crate::links::page("/account/security/recovery-codes")));
}

/// Removes the authenticator app with its recovery codes.
#[server(prefix = "/fn", endpoint = "remove_authenticator")]
pub async fn remove_authenticator() -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let removed = ports.second_factors.remove_authenticator(&caller).await;
    if super::or_sign_in(removed, &page("", ""))?.is_some() {
        super::redirect(&page("authenticator-removed", ""));
    }
    Ok(())
}

/// Removes a passkey.
#[server(prefix = "/fn", endpoint = "remove_passkey")]
pub async fn remove_passkey(id: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let removed = match ports.second_factors.remove_passkey(&caller, super::parse_id(&id)?).await {
        // It was removed already: a second click.
        Err(nadi::Failure::NotFound) => Ok(()),
        removed => removed,
    };
    if super::or_sign_in(removed, &page("", ""))?.is_some() {
        super::redirect(&page("passkey-removed", ""));
    }
    Ok(())
}
