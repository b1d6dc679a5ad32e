//! Passwords: which ones are refused, hashing and checking.
//!
//! Hashing is meant to be slow and to use much memory, so it is done in a queue of its own ([`crate::hash_queue`]).

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use nadi::Failure;
use nadi::failure::{Field, FieldProblem, Problem};
use nadi::input::Password;
use zxcvbn::{Score, zxcvbn};

use crate::hash_queue::Busy;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome};

/// Argon2id with 19 MiB and two passes, as OWASP's Password Storage Cheat Sheet recommends. Its other settings (such
/// as 46 MiB and one pass) protect equally well; this one needs least memory, which is what is short when many people
/// sign in at once. It takes about 20 ms of one core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A password is judged by its beginning, because the time that takes grows with more than the square of its length.
const JUDGED_CHARS: usize = 40;

/// What somebody tries first who knows what this site is for (ASVS 5.0, V6.1.2). The list is in docs/accounts.md, too.
const CONTEXT: [&str; 16] = [
    "nadi",
    "doctor",
    "clinic",
    "hospital",
    "patient",
    "appointment",
    "booking",
    "calendar",
    "health",
    "medical",
    "medicine",
    "nurse",
    "practice",
    "reception",
    "receptionist",
    "administrator",
];

/// What is compared where there is no password, so that it takes as long as with one.
static DUMMY_HASH: LazyLock<String> =
    LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

fn hasher() -> Result<Argon2<'static>, argon2::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password; blocks the thread for about 20 ms.
///
/// # Errors
/// The algorithm's message, when it refuses its parameters.
pub fn hash_now(password: &str) -> Result<String, String> {
    let hasher = hasher().map_err(|error| error.to_string())?;
    let hash = hasher.hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

/// Hashes a new password, after checking that it is not easy to guess for somebody who knows what is `known` about its
/// owner: name, address, and the clinics where they work.
///
/// # Errors
/// `Invalid` for a password that is easy to guess; `Busy`.
pub async fn hash_new_password(
    app_state: &AppState,
    password: &Password,
    known: &[&str],
) -> Outcome<String> {
    let password = password.expose().to_owned();
    let known: Vec<String> = known.iter().map(|&text| text.to_owned()).collect();
    let hashed = app_state.hash_queue.run(move || {
        if is_too_common(&password, &known) {
            return Err(FieldProblem { field: Field::Password, problem: Problem::TooCommon }.into());
        }
        hash_now(&password).map_err(Fault::Broken)
    });
    hashed.await.map_err(|Busy| Failure::Busy)?
}

/// How a typed password compares with a stored one.
pub(super) enum Verified {
    Wrong,
    Right {
        /// The hash to store instead, when the stored one was made with older parameters.
        upgraded: Option<String>,
    },
}

/// Compares a typed password with a stored hash. Takes as long without a stored one, and is then always wrong.
///
/// # Errors
/// `Busy`.
pub(super) async fn verify(
    app_state: &AppState,
    password: &str,
    stored: Option<&str>,
) -> Outcome<Verified> {
    let (password, stored) = (password.to_owned(), stored.map(str::to_owned));
    let verified = app_state.hash_queue.run(move || verify_now(&password, stored.as_deref()));
    verified.await.map_err(|Busy| Failure::Busy)?.map_err(Fault::Broken)
}

fn verify_now(password: &str, stored: Option<&str>) -> Result<Verified, String> {
    let hash = stored.unwrap_or(&DUMMY_HASH);
    let parsed = PasswordHash::new(hash).map_err(|error| format!("stored hash: {error}"))?;
    // The parameters are those of the stored hash.
    let is_right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    if !is_right || stored.is_none() {
        return Ok(Verified::Wrong);
    }
    let upgraded = is_outdated(&parsed).then(|| hash_now(password)).transpose()?;
    Ok(Verified::Right { upgraded })
}

/// Was it made with other parameters than new ones?
fn is_outdated(hash: &PasswordHash) -> bool {
    let current = (MEMORY_KIB, PASSES, LANES);
    let its = Params::try_from(hash).map(|its| (its.m_cost(), its.t_cost(), its.p_cost()));
    hash.algorithm != Algorithm::Argon2id.ident() || its.ok() != Some(current)
}

/// Is the password easy to guess: among the common ones, a pattern of them, or made of [`CONTEXT`] or of what is known of
/// its owner? "Easy" is fewer than about a million guesses by somebody who tries the most likely ones first.
fn is_too_common(password: &str, known: &[String]) -> bool {
    let beginning: String = password.chars().take(JUDGED_CHARS).collect();
    let mut words = CONTEXT.to_vec();
    for text in known {
        words.push(text);
        words.extend(text.split_whitespace());
        if let Some((local, _)) = text.split_once('@') {
            words.push(local);
            words.extend(local.split(['.', '-', '_', '+']));
        }
    }
    words.retain(|word| word.chars().count() > 2);
    zxcvbn(&beginning, &words).score() <= Score::One
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn common_passwords_and_the_owners_own_words_are_refused() {
        let known = ["Asha Naik", "asha.naik@example.org", "Panjim Clinic"].map(str::to_owned);
        let is_refused = |password: &str| is_too_common(password, &known);
        for password in [
            "password1",
            "qwertyuiop",
            "aaaaaaaa",
            "12345678",
            "iloveyou!",
            "summer2024",
            "nadi2026",
            "asha.naik1",
            "Asha Naik 1",
            "asha.naik@example.org",
            "panjimclinic",
            "Panjim Clinic 1",
            "doctor2026",
            "appointment1",
            "receptionist",
            "nadiclinic",
        ] {
            assert!(is_refused(password), "{password}");
        }
        for password in
            ["four calm green leaves", "nadi-demo-2026", "blue chair window", "पीली पतंग उड़ी"]
        {
            assert!(!is_refused(password), "{password}");
        }
        assert!(is_refused(&"password".repeat(16)) && is_refused(&"1".repeat(128)));
    }

    #[test]
    fn the_longest_passwords_are_judged_quickly() {
        let known = ["Asha Naik", "asha.naik@example.org"].map(str::to_owned);
        for password in ["l1|!7+0".repeat(18), "ß4@$€".repeat(25), "a1".repeat(64)] {
            let start = Instant::now();
            is_too_common(&password, &known);
            // A release build needs a tenth of this.
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        }
    }

    #[test]
    fn a_hash_with_other_parameters_is_upgraded_when_the_password_is_right() {
        let few = Params::new(8 * 1024, 1, 1, None).expect("parameters");
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, few);
        let old = weak.hash_password(b"four calm green leaves").expect("a hash").to_string();
        let Ok(Verified::Right { upgraded: Some(new) }) =
            verify_now("four calm green leaves", Some(&old))
        else {
            panic!("right, with a new hash");
        };
        let again = verify_now("four calm green leaves", Some(&new));
        assert!(matches!(again, Ok(Verified::Right { upgraded: None })));
        assert!(matches!(verify_now("wrong", Some(&old)), Ok(Verified::Wrong)));
        let nobodys = verify_now("nobody has this password", None);
        assert!(matches!(nobodys, Ok(Verified::Wrong)), "the dummy is nobody's");
    }
}
