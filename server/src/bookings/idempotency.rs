//! Doing a request once: its key, and the answer that is kept under it.

use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AccountId, AppointmentId};
use nadi::ports::{Booked, Change, HoldRequest, Seen};
use sqlx::PgConnection;

use super::BookingService;
use crate::bookings::store::idempotency;
use crate::bookings::store::idempotency::{RequestKey, StoredAnswer};
use crate::use_case::{Fault, Outcome};

/// A hold in words, for its fingerprint.
pub(super) fn of_hold(wish: &HoldRequest) -> String {
    format!("hold {} {:?} {:?}", wish.slot, wish.visit_type, wish.person)
}

/// A change in words, for its fingerprint: everything that makes it another request.
pub(super) fn of_change(id: AppointmentId, change: &Change, seen: &Seen) -> String {
    let detail = match change {
        Change::Confirm { code } => code.as_ref().map(|code| code.as_str().to_owned()),
        Change::Cancel { reason } => reason.clone(),
        Change::Reschedule { slot } => Some(slot.to_string()),
        Change::Extend
        | Change::SendCode
        | Change::CheckIn
        | Change::Complete
        | Change::MarkNoShow
        | Change::Reopen => None,
    };
    format!("{:?} {id} {seen:?} {detail:?}", change.command())
}

impl BookingService {
    /// The key of a request of this account, ready to be kept.
    pub(super) fn once(
        &self,
        account: AccountId,
        key: &IdempotencyKey,
        request: &str,
    ) -> RequestKey {
        let fingerprint = self.app_state.code_key.fingerprint("request", request);
        let hex: String = fingerprint.iter().take(16).map(|b| format!("{b:02x}")).collect();
        let key = key.kept_as(&hex);
        let digest = self.app_state.code_key.fingerprint("gate", &format!("{account} {key}"));
        let mut number = [0; 8];
        number.copy_from_slice(&digest[..8]);
        RequestKey { key, fingerprint: fingerprint.to_vec(), lock_key: i64::from_be_bytes(number) }
    }

    /// Keeps what was answered; when a rival's answer is there already, that is the answer.
    pub(super) async fn keep(
        &self,
        connection: &mut PgConnection,
        account: AccountId,
        once: Option<&RequestKey>,
        answer: Result<Booked, Failure>,
        now: DateTime<Utc>,
    ) -> Outcome<Booked> {
        let Some(once) = once.filter(|_| is_kept(&answer)) else {
            return answer.map_err(Fault::Told);
        };
        let json = serde_json::to_value(&answer).map_err(|e| Fault::Broken(e.to_string()))?;
        if idempotency::keep(connection, account, once, &json, now).await? {
            return answer.map_err(Fault::Told);
        }
        match idempotency::find(connection, account, once).await? {
            Some(kept) => replay(kept, once),
            None => answer.map_err(Fault::Told),
        }
    }
}

/// Faults of ours are not kept, nor what was never tried because it could not be read.
pub(super) fn is_kept(answer: &Result<Booked, Failure>) -> bool {
    match answer {
        Ok(_) | Err(Failure::Stale) => true,
        Err(Failure::Refused(refusal)) => refusal.status() < 500,
        Err(_) => false,
    }
}

/// The answer given before to the same request.
pub(super) fn replay(kept: StoredAnswer, once: &RequestKey) -> Outcome<Booked> {
    if kept.fingerprint != once.fingerprint {
        return Err(Failure::KeyReused.into());
    }
    let answer: Result<Booked, Failure> = serde_json::from_value(kept.answer)
        .map_err(|error| Fault::Broken(format!("a kept answer: {error}")))?;
    answer.map_err(Fault::Told)
}
