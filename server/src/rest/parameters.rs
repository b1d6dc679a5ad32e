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
    /// A unique key that the client makes for this request, such as a UUID. It is stored for 24 hours.
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
    /// A unique key that the client makes for this request, such as a UUID. It is stored for 24 hours.
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
    /// The ETag of the version that the request is based on.
    #[param(rename = "If-Match", example = "\"3\"")]
    seen: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatchOptional {
    /// The ETag of the version that the request is based on.
    #[param(rename = "If-Match", example = "\"3\"")]
    seen: Option<String>,
}
