//! Idempotency: a repeated request with the same key gets the stored answer instead of a second effect.

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

/// A hold as text, to be hashed into its fingerprint.
pub(super) fn describe_hold(request: &HoldRequest) -> String {
    format!("hold {} {:?} {:?}", request.slot, request.visit_type, request.person)
}

/// A change as text, to be hashed into its fingerprint: everything that distinguishes it from another request.
pub(super) fn describe_change(id: AppointmentId, change: &Change, seen: &Seen) -> String {
    let detail = match change {
        Change::Confirm { code } => code.as_ref().map(|code| code.as_str().to_owned()),
        Change::Cancel { reason } => reason.clone(),
        Change::Reschedule { slot } => Some(slot.to_string()),
        Change::SendCode { contact } => contact.as_ref().map(|contact| format!("{contact:?}")),
        Change::Extend
        | Change::CheckIn
        | Change::Complete
        | Change::MarkNoShow
        | Change::Reopen => None,
    };
    format!("{:?} {id} {seen:?} {detail:?}", change.command())
}

impl BookingService {
    /// The idempotency key of a request of this account, with its fingerprint and its lock.
    pub(super) fn request_key(
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

    /// Stores the answer. When another request with the key stored one first, returns that one.
    pub(super) async fn store_answer(
        &self,
        connection: &mut PgConnection,
        account: AccountId,
        request_key: Option<&RequestKey>,
        answer: Result<Booked, Failure>,
        now: DateTime<Utc>,
    ) -> Outcome<Booked> {
        let Some(request_key) = request_key.filter(|_| should_store(&answer)) else {
            return answer.map_err(Fault::Failure);
        };
        let json = serde_json::to_value(&answer)
            .map_err(|e| Fault::Broken(format!("a kept answer: {e}")))?;
        if idempotency::insert(connection, account, request_key, &json, now).await? {
            return answer.map_err(Fault::Failure);
        }
        match idempotency::find(connection, account, request_key).await? {
            Some(kept) => replay(kept, request_key),
            None => answer.map_err(Fault::Failure),
        }
    }
}

/// Only answers that a decision led to are stored. Internal errors are not, nor requests that were invalid.
pub(super) fn should_store(answer: &Result<Booked, Failure>) -> bool {
    match answer {
        Ok(_) | Err(Failure::Stale) => true,
        Err(Failure::Refused(refusal)) => refusal.status() < 500,
        Err(_) => false,
    }
}

/// Returns the stored answer if it belongs to the same request.
pub(super) fn replay(kept: StoredAnswer, request_key: &RequestKey) -> Outcome<Booked> {
    if kept.fingerprint != request_key.fingerprint {
        return Err(Failure::KeyReused.into());
    }
    let answer: Result<Booked, Failure> = serde_json::from_value(kept.answer)
        .map_err(|error| Fault::Broken(format!("a kept answer: {error}")))?;
    answer.map_err(Fault::Failure)
}
