//! The UIDs of our own appointments: as we write them, and as they come back.

use crate::ids::AppointmentId;

/// The appointment that a UID may be of: `{id}@{host}`, with the host that the installation was reached at then. Whether it is
/// one of ours is for who knows them.
pub fn appointment_of(uid: &str) -> Option<AppointmentId> {
    let (id, _) = uid.trim().split_once('@')?;
    id.parse().ok()
}

/// Where Outlook keeps the UID of an event that came from elsewhere, within one of its own.
const OUTLOOK_MARK: &str = "7643616C2D55696401000000";

/// A UID as it was given first: Outlook wraps those of others in hexadecimal digits ([MS-OXOCAL], 2.2.1.27).
pub(super) fn original(uid: &str) -> String {
    let uid = uid.trim();
    let wrapped = || {
        let upper = uid.to_ascii_uppercase();
        let (_, data) = upper.split_once(OUTLOOK_MARK)?;
        if !upper.starts_with("040000008200E00074C5B7101A82E008") || data.len() > 2_000 {
            return None;
        }
        let (pairs, _) = data.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let text = String::from_utf8(bytes?).ok()?;
        Some(text.trim_end_matches('\0').to_owned())
    };
    wrapped().unwrap_or_else(|| uid.to_owned())
}
