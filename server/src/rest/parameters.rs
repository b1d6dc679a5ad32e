//! Descriptions of parameters that many operations share. [`crate::rest::input`] reads them.
#![allow(dead_code, reason = "described, not read")]

use utoipa::IntoParams;
use uuid::Uuid;

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AppointmentPath {
    /// The appointment.
    id: Uuid,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKeyRequired {
    /// A key of your own for this request only, such as a UUID; kept for 24 hours.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 128,
        pattern = "^[!#-\\[\\]-~]+$"
    )]
    key: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKeyOptional {
    /// A key of your own for this request only, such as a UUID; kept for 24 hours.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 128,
        pattern = "^[!#-\\[\\]-~]+$"
    )]
    key: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatchRequired {
    /// The ETag that was seen.
    #[param(rename = "If-Match", example = "\"3\"")]
    seen: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatchOptional {
    /// The ETag that was seen.
    #[param(rename = "If-Match", example = "\"3\"")]
    seen: Option<String>,
}
