//! One-time codes that confirm a hold or prove an address. They are derived and never stored: HMAC-SHA-256, under the
//! server's key, of the appointment or proof and its counter, truncated to eight digits as in RFC 4226.

use hmac::{Hmac, KeyInit, Mac};
use nadi::ids::AppointmentId;
use nadi::input::Code;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The key all codes are derived from.
#[derive(Clone)]
pub struct CodeKey(Hmac<Sha256>);

impl CodeKey {
    pub fn new(secret: &str) -> Self {
        Self::of(secret.as_bytes())
    }

    pub fn of(secret: &[u8]) -> Self {
        // HMAC takes a key of any length, so this cannot fail.
        match Hmac::new_from_slice(secret) {
            Ok(mac) => Self(mac),
            Err(_) => unreachable!("HMAC accepts keys of any length"),
        }
    }

    /// The valid code of an appointment whose counter has the value `counter`.
    pub fn code(&self, appointment: AppointmentId, counter: i16) -> String {
        self.derived(b"nadi appointment code 1", appointment.0, counter)
    }

    /// The valid code of a proof of an address whose counter has the value `counter`.
    pub fn proof_code(&self, proof: Uuid, counter: i16) -> String {
        self.derived(b"nadi address proof code 1", proof, counter)
    }

    fn derived(&self, purpose: &[u8], subject: Uuid, counter: i16) -> String {
        let mut mac = self.0.clone();
        mac.update(purpose);
        mac.update(subject.as_bytes());
        mac.update(&counter.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let start = usize::from(digest[31] & 0x0f);
        let bytes = [digest[start], digest[start + 1], digest[start + 2], digest[start + 3]];
        let number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
        format!("{:08}", number % 100_000_000)
    }

    /// A keyed hash of `text`, for comparing requests and for deriving the lock of an idempotency key.
    /// Keyed, because a request may contain a one-time code, which a plain hash would not hide.
    pub fn fingerprint(&self, purpose: &str, text: &str) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Is this the valid code? Compares in constant time.
    pub fn matches(&self, appointment: AppointmentId, counter: i16, typed: &Code) -> bool {
        is_equal(&self.code(appointment, counter), typed)
    }

    /// Is this the valid code of the proof? Compares in constant time.
    pub fn proof_matches(&self, proof: Uuid, counter: i16, typed: &Code) -> bool {
        is_equal(&self.proof_code(proof, counter), typed)
    }
}

fn is_equal(code: &str, typed: &Code) -> bool {
    code.as_bytes().ct_eq(typed.as_str().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_belongs_to_one_appointment_counter_and_key() {
        let key = CodeKey::new("0123456789abcdef0123456789abcdef");
        let id = AppointmentId(Uuid::from_u128(7));
        let code = key.code(id, 1);
        assert_eq!(code.len(), Code::DIGITS);
        let typed = Code::parse(&code).expect("a code");
        assert!(key.matches(id, 1, &typed));
        let others = [key.code(id, 2), key.code(AppointmentId(Uuid::from_u128(8)), 1)];
        assert!(others.iter().all(|other| *other != code));
        assert!(!CodeKey::new("another key of thirty-two letters").matches(id, 1, &typed));
        assert!(
            !key.proof_matches(id.0, 1, &typed),
            "a code of a proof with the same id is another"
        );
        assert_eq!(key.proof_code(id.0, 1).len(), Code::DIGITS);
    }
}
