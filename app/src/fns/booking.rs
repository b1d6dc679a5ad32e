//! Holding, confirming, cancelling.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Holds a time for the signed-in account, then leads to the appointment.
/// `back` is the page of the form: who has to sign in first returns to it.
#[server(prefix = "/fn", endpoint = "hold")]
pub async fn hold(slot: String, #[server(default)] back: String) -> Result<(), FormFailure> {
    use nadi::appointment::Refusal;
    let (caller, ports) = super::request()?;
    let slot = slot.parse().map_err(|_| Refusal::NotOffered)?;
    let wish = nadi::ports::HoldRequest { slot, person: None };
    let held = ports.bookings.hold(&caller, &wish).await;
    if let Some(id) = super::answered(held, &back)? {
        super::done(&crate::links::appointment(&id.to_string()));
    }
    Ok(())
}

/// Confirms a hold with its code.
#[server(prefix = "/fn", endpoint = "confirm")]
pub async fn confirm(id: String, code: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::appointment(&id);
    let id = super::known(&id)?;
    let code = nadi::input::Code::parse(&code)?;
    let confirmed = ports.bookings.confirm(&caller, id, &code).await;
    if super::answered(confirmed, &page)?.is_some() {
        super::done(&format!("{page}?done=confirmed"));
    }
    Ok(())
}

/// Sends a new code for a hold.
#[server(prefix = "/fn", endpoint = "send_code")]
pub async fn send_code(id: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::appointment(&id);
    let sent = ports.bookings.send_code(&caller, super::known(&id)?).await;
    if super::answered(sent, &page)?.is_some() {
        super::done(&format!("{page}?done=code-sent"));
    }
    Ok(())
}

/// Lets a held time go.
#[server(prefix = "/fn", endpoint = "release")]
pub async fn release(id: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::appointment(&id);
    let released = ports.bookings.cancel(&caller, super::known(&id)?, None, None).await;
    if super::answered(released, &page)?.is_some() {
        super::done(&format!("{page}?done=released"));
    }
    Ok(())
}

/// Cancels a confirmed appointment, as it stood at `version`.
/// The clinic's side gives a reason.
#[server(prefix = "/fn", endpoint = "cancel")]
pub async fn cancel(
    id: String,
    version: i32,
    #[server(default)] reason: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::appointment(&id);
    let reason = nadi::input::optional_text(nadi::Field::Reason, &reason, 300)?;
    let reason = (!reason.is_empty()).then_some(reason);
    let cancelled = ports.bookings.cancel(&caller, super::known(&id)?, Some(version), reason).await;
    if super::answered(cancelled, &page)?.is_some() {
        super::done(&format!("{page}?done=cancelled"));
    }
    Ok(())
}
