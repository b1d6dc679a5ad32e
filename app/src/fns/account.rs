//! The account that is signed in: its name, address, password and sessions, and deleting it.

use leptos::prelude::*;

use crate::error::FormFailure;

/// The account page, with what was just done.
#[cfg(feature = "ssr")]
fn done(what: &str) -> String {
    crate::links::Query::new().with("done", what).on(&crate::links::page("/account"))
}

/// Changes the name of the account's owner.
#[server(prefix = "/fn", endpoint = "rename_account")]
pub async fn rename_account(name: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let renamed = ports.accounts.rename(&caller, &name).await;
    if super::or_sign_in(renamed, &crate::links::page("/account/name"))?.is_some() {
        super::redirect(&done("name"));
    }
    Ok(())
}

/// Sends a code to a new address.
#[server(prefix = "/fn", endpoint = "change_email")]
pub async fn change_email(email: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::page("/account/email");
    let email = nadi::input::Email::parse(&email)?;
    let Some(profile) = super::or_sign_in(ports.accounts.profile(&caller).await, &page)? else {
        return Ok(());
    };
    if profile.email == email.as_str() {
        super::redirect(&format!("{page}?other=1&done=same"));
        return Ok(());
    }
    let sent = ports.accounts.request_email_change(&caller, &email).await;
    if let Some(token) = super::or_sign_in(sent, &page)? {
        crate::context::session()?.set_proof(&token);
        super::redirect(&page);
    }
    Ok(())
}

/// Sends a new code to the new address, in place of the last one.
#[server(prefix = "/fn", endpoint = "send_email_code_again")]
pub async fn send_email_code_again() -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::page("/account/email");
    let token = crate::context::session()?.proof().ok_or(nadi::Failure::CodeExpired)?;
    let sent = ports.sign_in.send_code_again(&caller, &token).await;
    if super::or_sign_in(sent, &page)?.is_some() {
        super::redirect(&format!("{page}?done=sent"));
    }
    Ok(())
}

/// Changes the address with the code that was sent to it.
#[server(prefix = "/fn", endpoint = "confirm_email")]
pub async fn confirm_email(code: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let code = nadi::input::Code::parse(&code)?;
    let browser = crate::context::session()?;
    let token = browser.proof().ok_or(nadi::Failure::CodeExpired)?;
    let changed = ports.accounts.confirm_email_change(&caller, &token, &code).await;
    if super::or_sign_in(changed, &crate::links::page("/account/email"))?.is_some() {
        browser.forget_proof();
        super::redirect(&done("email"));
    }
    Ok(())
}

/// Sets or changes the password, then leads to `next`.
#[server(prefix = "/fn", endpoint = "set_password")]
pub async fn set_password(
    password: String,
    #[server(default)] old_password: String,
    #[server(default)] next: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let password = nadi::input::Password::parse(&password)?;
    let page = crate::links::page("/account/password");
    let back = crate::links::Query::new().with("next", &next).on(&page);
    let changed = ports.accounts.set_password(&caller, Some(&old_password), &password).await;
    if super::or_sign_in(changed, &back)?.is_some() {
        let next = if next.is_empty() { done("password") } else { next };
        super::redirect(&next);
    }
    Ok(())
}

/// Signs a browser or program out; also this one.
#[server(prefix = "/fn", endpoint = "end_session")]
pub async fn end_session(id: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let id: uuid::Uuid = super::parse_id(&id)?;
    let is_current = caller.signed_in().is_ok_and(|account| account.access.session == Some(id));
    if is_current {
        crate::context::session()?.end().await?;
        super::redirect(&crate::links::page("/"));
        return Ok(());
    }
    let ended = match ports.accounts.end_session(&caller, id).await {
        // It has ended already: a second click.
        Err(nadi::Failure::NotFound) => Ok(()),
        ended => ended,
    };
    if super::or_sign_in(ended, &crate::links::page("/account"))?.is_some() {
        super::redirect(&done("signed-out"));
    }
    Ok(())
}

/// Signs out everywhere but here.
#[server(prefix = "/fn", endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let ended = ports.accounts.end_other_sessions(&caller).await;
    if super::or_sign_in(ended, &crate::links::page("/account"))?.is_some() {
        super::redirect(&done("signed-out-others"));
    }
    Ok(())
}

/// Deletes the account; `sure` is the ticked box.
#[server(prefix = "/fn", endpoint = "delete_account")]
pub async fn delete_account(#[server(default)] sure: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::page("/account/delete");
    if sure.is_empty() {
        super::redirect(&format!("{page}?unticked=1"));
        return Ok(());
    }
    let deleted = ports.accounts.delete(&caller).await;
    if super::or_sign_in(deleted, &page)?.is_some() {
        // The session ended with the account. Should its cookie stay, it signs nobody in.
        crate::context::session()?.end().await.ok();
        super::redirect(&crate::links::page("/account/deleted"));
    }
    Ok(())
}
