//! The appointment that a URL names.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use nadi::Failure;
use nadi::ids::AppointmentId;
use nadi::ports::AppointmentView;

use crate::context;

/// The appointment that the URL names, as the caller may see it.
pub async fn requested_appointment(id: &str) -> Result<AppointmentView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    caller.signed_in()?;
    let id: AppointmentId = id.parse().map_err(|_| Failure::NotFound)?;
    ports.bookings.appointment(&caller, id).await
}

pub fn id_in_path() -> String {
    use_params_map().with_untracked(|params| params.get("id").unwrap_or_default())
}
