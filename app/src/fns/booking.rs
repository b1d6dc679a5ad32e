//! Holding a time, and every change of an appointment.
//!
//! Every form carries a hidden `key`, so that a double click or a retry has one effect, and, where
//! it matters what people saw, the `version` they saw.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Holds a time, for the signed-in account or someone it looks after, then leads to the
/// appointment. `back` is the page of the form: who has to sign in first returns to it.
#[server(prefix = "/fn", endpoint = "hold")]
pub async fn hold(
    slot: String,
    #[server(default)] visit_type: String,
    #[server(default)] person: String,
    #[server(default)] back: String,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::appointment::Refusal;
    use nadi::idempotency::IdempotencyKey;
    let (caller, ports) = super::request()?;
    let slot = slot.parse().map_err(|_| Refusal::NotOffered)?;
    let wish = nadi::ports::HoldRequest {
        slot,
        visit_type: super::parse_optional_id(&visit_type)?,
        person: super::parse_optional_id(&person)?,
    };
    let held = ports.bookings.hold(&caller, &wish, IdempotencyKey::of_form(&key).as_ref()).await;
    if let Some(held) = super::or_sign_in(held, &back)? {
        super::redirect(&crate::links::appointment(&held.id.to_string()));
    }
    Ok(())
}

/// Changes an appointment, then redirects to its page with `done` in the URL.
#[cfg(feature = "ssr")]
async fn change(
    id: &str,
    change: nadi::ports::Change,
    seen: nadi::ports::Seen,
    key: &str,
    done: &str,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::appointment(id);
    let id = super::parse_id(id)?;
    let key = nadi::idempotency::IdempotencyKey::of_form(key);
    let changed = ports.bookings.change(&caller, id, &change, &seen, key.as_ref()).await;
    if super::or_sign_in(changed, &page)?.is_some() {
        super::redirect(&format!("{page}?done={done}"));
    }
    Ok(())
}

/// Extends a hold.
#[server(prefix = "/fn", endpoint = "extend")]
pub async fn extend(id: String, #[server(default)] key: String) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::Extend, Seen::Any, &key, "extended").await
}

/// Confirms a hold with its code, or without one where the configuration does not ask for it.
#[server(prefix = "/fn", endpoint = "confirm")]
pub async fn confirm(
    id: String,
    #[server(default)] code: String,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    let code = match code.trim() {
        "" => None,
        code => Some(nadi::input::Code::parse(code)?),
    };
    change(&id, Change::Confirm { code }, Seen::Any, &key, "confirmed").await
}

/// Sends a new code for a hold.
#[server(prefix = "/fn", endpoint = "send_code")]
pub async fn send_code(id: String, #[server(default)] key: String) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::SendCode, Seen::Any, &key, "code-sent").await
}

/// Releases a hold.
#[server(prefix = "/fn", endpoint = "release")]
pub async fn release(id: String, #[server(default)] key: String) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::Cancel { reason: None }, Seen::Any, &key, "released").await
}

/// Cancels a confirmed appointment, as it stood at `version`.
/// The clinic's side gives a reason.
#[server(prefix = "/fn", endpoint = "cancel")]
pub async fn cancel(
    id: String,
    version: i32,
    #[server(default)] reason: String,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    let reason = (!reason.trim().is_empty()).then_some(reason);
    change(&id, Change::Cancel { reason }, Seen::version(version), &key, "cancelled").await
}

/// Moves a confirmed appointment, as it stood at `version`, to another time of the same doctor.
#[server(prefix = "/fn", endpoint = "reschedule")]
pub async fn reschedule(
    id: String,
    version: i32,
    slot: String,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::appointment::Refusal;
    use nadi::ports::{Change, Seen};
    let slot = slot.parse().map_err(|_| Refusal::NotOffered)?;
    change(&id, Change::Reschedule { slot }, Seen::version(version), &key, "moved").await
}

/// The patient has come.
#[server(prefix = "/fn", endpoint = "check_in")]
pub async fn check_in(
    id: String,
    version: i32,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::CheckIn, Seen::version(version), &key, "checked-in").await
}

/// The visit has taken place.
#[server(prefix = "/fn", endpoint = "complete")]
pub async fn complete(
    id: String,
    version: i32,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::Complete, Seen::version(version), &key, "completed").await
}

/// The patient has not come.
#[server(prefix = "/fn", endpoint = "no_show")]
pub async fn no_show(
    id: String,
    version: i32,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::MarkNoShow, Seen::version(version), &key, "no-show").await
}

/// Undoes the last check-in, completion or no-show.
#[server(prefix = "/fn", endpoint = "reopen")]
pub async fn reopen(
    id: String,
    version: i32,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::Reopen, Seen::version(version), &key, "reopened").await
}
