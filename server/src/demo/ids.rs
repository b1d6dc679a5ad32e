//! The ids of the demo's appointments and fixed accounts.

use chrono::{DateTime, Utc};
use nadi::ids::AppointmentId;
use uuid::{Builder, Uuid};

/// Bytes 6 to 9 of the ids of the demo's appointments, so that the demo never changes an appointment that
/// somebody else made: one in 67 million of those has these bytes by chance.
const DEMO_ID_BYTES: [u8; 4] = [0x7d, 0xe0, 0x8d, 0xe0];

/// Did the demo make this appointment?
pub fn is_demo_appointment(id: AppointmentId) -> bool {
    id.0.as_bytes()[6..10] == DEMO_ID_BYTES
}

/// A UUIDv7 for an appointment of the demo; its last 48 bits come from `random`.
pub(super) fn visit_id(created_at: DateTime<Utc>, random: Uuid) -> AppointmentId {
    let millis = u64::try_from(created_at.timestamp_millis()).unwrap_or(0);
    let mut bytes = *random.as_bytes();
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    bytes[6..10].copy_from_slice(&DEMO_ID_BYTES);
    AppointmentId(Uuid::from_bytes(bytes))
}

/// A version 8 UUID of the bytes `nadi` and a number.
pub(super) fn fixed_uuid(number: u128) -> Uuid {
    let bits = (u128::from(u32::from_be_bytes(*b"nadi")) << 96) | number;
    Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid()
}
