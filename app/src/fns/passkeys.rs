//! Signing in with a passkey, and adding one. Only `public/passkey.js` calls these: passkeys need a script.
//!
//! They answer with JSON: what the browser has to ask for, or the address to go to. Where somebody has to sign in, or
//! to prove again who they are, the address is in the header `Location`.

use leptos::prelude::*;

use crate::error::FormFailure;
use crate::json_encoding::JsonOutput;

/// What to ask the browser for, to sign in with any passkey of this site.
#[server(prefix = "/fn", endpoint = "passkey_options", output = JsonOutput)]
pub async fn passkey_options() -> Result<String, FormFailure> {
    let (caller, ports) = super::request()?;
    let request = ports.sign_in.request_passkey(&caller).await?;
    crate::context::session()?.set_passkey_request(&request.token);
    Ok(request.options)
}

/// Signs in with the browser's answer. Returns the address to go to.
#[server(prefix = "/fn", endpoint = "passkey_sign_in", output = JsonOutput)]
pub async fn passkey_sign_in(
    credential: String,
    #[server(default)] next: String,
) -> Result<String, FormFailure> {
    let (caller, ports) = super::request()?;
    let token = crate::context::session()?.passkey_request();
    let token = token.ok_or(nadi::Failure::WrongPasskey)?;
    let account = ports.sign_in.check_passkey(&caller, &token, &credential).await?;
    Ok(super::session::enter(&account, &next).await?)
}

/// What to ask the browser for, to make a passkey for the account that is signed in.
#[server(prefix = "/fn", endpoint = "new_passkey_options", output = JsonOutput)]
pub async fn new_passkey_options() -> Result<String, FormFailure> {
    let (caller, ports) = super::request()?;
    let request = ports.second_factors.request_new_passkey(&caller).await;
    let Some(request) = super::or_sign_in(request, &crate::links::page("/account/security"))?
    else {
        return Ok(String::new());
    };
    crate::context::session()?.set_passkey_request(&request.token);
    Ok(request.options)
}

/// Adds the passkey that the browser has made. Returns the address to go to.
#[server(prefix = "/fn", endpoint = "add_passkey", output = JsonOutput)]
pub async fn add_passkey(
    name: String,
    credential: String,
    #[server(default)] next: String,
) -> Result<String, FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::page("/account/security");
    let token = crate::context::session()?.passkey_request();
    let token = token.ok_or(nadi::Failure::WrongPasskey)?;
    let added = ports.second_factors.add_passkey(&caller, &token, &name, &credential).await;
    if super::or_sign_in(added, &page)?.is_none() {
        return Ok(String::new());
    }
    Ok(crate::links::Query::new().with("done", "passkey-added").with("next", &next).on(&page))
}
