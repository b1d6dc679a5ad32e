//! Releasing what a network holds, for administrators.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Releases all times that a network holds, then says how many these were.
#[server(prefix = "/fn", endpoint = "release_holds")]
pub async fn release_holds(network: String) -> Result<(), FormFailure> {
    let page = crate::links::admin_holds();
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let network = network.parse().map_err(|_| nadi::Failure::Malformed)?;
    let released = ports.hold_sources.release(&caller, network).await;
    if let Some(released) = super::or_sign_in(released, &page)? {
        super::redirect(&crate::links::with(&page, "released", &released.to_string()));
    }
    Ok(())
}
