//! The UIDs of our own appointments in external calendars.

use crate::ids::AppointmentId;

/// The id in a UID of the form `{id}@{host}`, with any host, since the host of this installation may have changed. The
/// caller has to check that the appointment exists.
pub fn appointment_of(uid: &str) -> Option<AppointmentId> {
    let (id, _) = uid.trim().split_once('@')?;
    id.parse().ok()
}

/// The marker before the original UID in a UID that Outlook made for an imported event, in hexadecimal digits.
const OUTLOOK_MARK: &str = "7643616C2D55696401000000";

/// The original UID. Outlook wraps UIDs of other programs in hexadecimal digits ([MS-OXOCAL], 2.2.1.27).
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
