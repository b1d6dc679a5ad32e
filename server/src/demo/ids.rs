//! Identifiers of what the demo makes.

use chrono::{DateTime, Utc};
use nadi::ids::AppointmentId;
use uuid::{Builder, Uuid};

/// Bytes 6 to 9 of the id of each appointment that the demo makes, so that nothing of it ever touches
/// one that somebody made: of others, one in 67 million has them.
const MADE_HERE: [u8; 4] = [0x7d, 0xe0, 0x8d, 0xe0];

/// Did the demo make this appointment?
pub fn is_made_here(id: AppointmentId) -> bool {
    id.0.as_bytes()[6..10] == MADE_HERE
}

/// A UUIDv7 for an appointment of the demo, its last 48 bits from `random`.
pub(super) fn visit_id(created_at: DateTime<Utc>, random: Uuid) -> AppointmentId {
    let millis = u64::try_from(created_at.timestamp_millis()).unwrap_or(0);
    let mut bytes = *random.as_bytes();
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    bytes[6..10].copy_from_slice(&MADE_HERE);
    AppointmentId(Uuid::from_bytes(bytes))
}

/// A version 8 UUID that spells `nadi` and a number.
pub(super) fn fixed_uuid(number: u128) -> Uuid {
    let bits = (u128::from(u32::from_be_bytes(*b"nadi")) << 96) | number;
    Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid()
}
