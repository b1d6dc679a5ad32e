//! The appointment that a URL names.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use nadi::Failure;
use nadi::ids::AppointmentId;
use nadi::ports::AppointmentView;

use crate::context;

/// The appointment that the URL names, as the caller may see it.
///
/// # Errors
/// `SignInFirst` for a visitor who may not see it, also if there is none: they may see it once they have signed in.
pub async fn requested_appointment(id: &str) -> Result<AppointmentView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    caller.owner()?;
    let found = match id.parse::<AppointmentId>() {
        Ok(id) => ports.bookings.appointment(&caller, id).await,
        Err(_) => Err(Failure::NotFound),
    };
    match found {
        Err(Failure::NotFound) if caller.signed_in().is_err() => Err(Failure::SignInFirst),
        found => found,
    }
}

pub fn id_in_path() -> String {
    use_params_map().with_untracked(|params| params.get("id").unwrap_or_default())
}
