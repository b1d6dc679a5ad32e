//! How long personal data is kept, in days. The privacy notice says so (`app/src/pages/documents.rs`), the steps of the
//! server delete by it, and `server/src/retention.rs` says which step is responsible for which table.

/// Visitors who hold nothing, with what they typed; which visitor has confirmed an appointment.
pub const VISITOR: i64 = 2;
/// A code that was asked for, with what was typed to register, after it has expired.
pub const CODE: i64 = 1;
/// An invitation, after it was accepted or withdrawn, or has expired.
pub const INVITATION: i64 = 90;
/// An API key, a calendar link or a connected calendar, after it has ended. Until then its owner sees in the export that
/// there was one.
pub const ENDED_ACCESS: i64 = 90;
/// That a message was delivered: for questions about what somebody was told.
pub const MESSAGE: i64 = 400;
/// A message that could not be delivered, with its address: until then it can be sent again. The address of another one
/// is removed when it is delivered.
pub const UNDELIVERED_MESSAGE: i64 = 30;
/// Somebody who was removed from an account, and whom no appointment names.
pub const REMOVED_PERSON: i64 = 90;
/// An account whose address nobody has proven and that has booked nothing. Only releases of the past made such accounts.
pub const UNPROVEN_ACCOUNT: i64 = 30;
/// The same with appointments, after the last of them: its patients may still prove the address.
pub const UNPROVEN_ACCOUNT_WITH_VISITS: i64 = 730;
/// The address of an account that was merged into another one.
pub const MERGED_ADDRESS: i64 = 90;
/// A time off of a doctor that was removed or is over: its note may say why.
pub const TIME_OFF: i64 = 90;
/// A time that was held and never confirmed, after the time itself.
pub const LAPSED_HOLD: i64 = 366;
/// From which network a time was held.
pub const HOLD_SOURCE: i64 = 1;
/// What happened to accounts, people, calendar links and schedules, in the event log.
pub const EVENT: i64 = 731;
