//! Authenticator apps (RFC 6238: six digits, thirty seconds, SHA-1, which is all that some apps can do), and recovery
//! codes for whoever has lost theirs.
//!
//! A code counts for its own thirty seconds and those before and after, because clocks differ, and only once: the time
//! step of the last accepted code is stored, and the statement that stores it accepts a later one only. So of two
//! requests with the same code, one is refused.

use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::ids::AccountId;
use nadi::ports::AuthenticatorSetup;
use qrcode::QrCode;
use qrcode::render::svg;
use sqlx::PgConnection;
use totp_rs::{Builder, Totp};

use super::encryption::{decrypt, encrypt};
use super::store::second_factors as store;
use crate::codes::CodeKey;
use crate::keys::Purpose;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome};

/// 160 bits, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
const DIGITS: usize = 6;
const RECOVERY_CODES: usize = 10;
/// Of five bits each: 120 random bits cannot be searched, not even by whoever has the key and the digests, so a fast hash
/// is enough (ASVS 5.0, V6.5.2).
const RECOVERY_CODE_CHARS: usize = 24;
/// Those that were made before had sixty bits. They count until their owner gets new ones.
const OLD_RECOVERY_CODE_CHARS: usize = 12;
/// Crockford's Base32 in small letters, without the letters that are read as others.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const RECOVERY_DIGEST: &str = "nadi recovery code 1";
/// For how long an app can be set up after its QR code was made.
const SETUP_MINUTES: i64 = 30;

/// Makes the secret of an app that is being set up.
pub(super) async fn begin(
    connection: &mut PgConnection,
    app_state: &AppState,
    account: AccountId,
    now: DateTime<Utc>,
) -> Outcome<AuthenticatorSetup> {
    let secret: [u8; SECRET_BYTES] = rand::random();
    let encrypted = encrypt(account, &secret)?;
    store::set_new_secret(connection, account, &encrypted, now).await?;
    show(connection, app_state, account, &secret).await
}

/// The app that is being set up.
pub(super) async fn begun(
    connection: &mut PgConnection,
    app_state: &AppState,
    account: AccountId,
    now: DateTime<Utc>,
) -> Outcome<Option<AuthenticatorSetup>> {
    match new_secret(connection, account, now).await? {
        None => Ok(None),
        Some(secret) => show(connection, app_state, account, &secret).await.map(Some),
    }
}

async fn new_secret(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Outcome<Option<Vec<u8>>> {
    let stored = store::new_secret(connection, account, setup_since(now)).await?;
    stored.map(|stored| decrypt(account, &stored)).transpose()
}

/// When a setup that has not expired can have begun.
pub(super) fn setup_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - Duration::minutes(SETUP_MINUTES)
}

async fn show(
    connection: &mut PgConnection,
    app_state: &AppState,
    account: AccountId,
    secret: &[u8],
) -> Outcome<AuthenticatorSetup> {
    // An account that was deleted at this moment has none.
    let email = super::store::email(connection, account).await?.ok_or(Failure::SignInFirst)?;
    let totp = named(secret, &app_state.site.uid_host, &email)?;
    let broken = |what: String| Fault::Broken(format!("the setup of an authenticator: {what}"));
    let url = totp.to_url().map_err(|error| broken(error.to_string()))?;
    let qr_code = QrCode::new(url.as_bytes()).map_err(|error| broken(error.to_string()))?;
    let image = qr_code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    // Inside of a page, the XML declaration in front is not allowed.
    let image = image.find("<svg").map(|start| image[start..].to_owned()).unwrap_or_default();
    Ok(AuthenticatorSetup {
        secret: in_groups(&totp.secret().to_base32(), ' '),
        url,
        qr_code: image,
    })
}

fn named(secret: &[u8], host: &str, email: &str) -> Outcome<Totp> {
    // The name of the site, as the app lists it. A colon would end it.
    let issuer = format!("Nadi ({host})").replace(':', " ");
    Builder::new()
        .with_secret(secret)
        .with_issuer(Some(issuer))
        .with_account_name(email.replace(':', " "))
        .build()
        .map_err(|error| Fault::Broken(format!("an authenticator: {error}")))
}

fn totp(secret: &[u8]) -> Outcome<Totp> {
    let built = Builder::new().with_secret(secret).build();
    built.map_err(|error| Fault::Broken(format!("an authenticator: {error}")))
}

/// The time step that the code belongs to, if it is right.
fn step_of(secret: &[u8], code: &str, now: DateTime<Utc>) -> Outcome<Option<i64>> {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let step = totp(secret)?.check(code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// Ends the setup with the first code of the app. It replaces the one that was in use.
///
/// # Errors
/// `WrongSecondFactor`; `NotFound` when none is being set up.
pub(super) async fn confirm(
    connection: &mut PgConnection,
    account: AccountId,
    code: &str,
    now: DateTime<Utc>,
) -> Outcome<()> {
    let Some(secret) = new_secret(connection, account, now).await? else {
        return Err(Failure::NotFound.into());
    };
    let Some(Typed::OfApp(code)) = Typed::read(code) else {
        return Err(Failure::WrongSecondFactor.into());
    };
    let Some(step) = step_of(&secret, &code, now)? else {
        return Err(Failure::WrongSecondFactor.into());
    };
    store::confirm_new_secret(connection, account, step, now).await?;
    Ok(())
}

/// Makes new recovery codes; the old ones no longer count.
pub(super) async fn renew_recovery_codes(
    connection: &mut PgConnection,
    app_state: &AppState,
    account: AccountId,
) -> Outcome<Vec<String>> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| random_code()).collect();
    let keys = app_state.keys.macs(Purpose::RecoveryCodes);
    let digests: Vec<Vec<u8>> =
        codes.iter().map(|code| recovery_digest(keys.current(), account, code)).collect();
    store::replace_recovery_codes(connection, account, &digests).await?;
    Ok(codes.iter().map(|code| in_groups(code, '-')).collect())
}

/// Checks a code of the app, or a recovery code, and uses it up.
pub(super) async fn check(
    connection: &mut PgConnection,
    app_state: &AppState,
    account: AccountId,
    code: &str,
    now: DateTime<Utc>,
) -> Outcome<bool> {
    match Typed::read(code) {
        None => Ok(false),
        Some(Typed::OfApp(code)) => {
            let Some(stored) = store::secret(connection, account).await? else {
                return Ok(false);
            };
            let secret = decrypt(account, &stored)?;
            match step_of(&secret, &code, now)? {
                None => Ok(false),
                Some(step) => Ok(store::use_step(connection, account, step).await?),
            }
        }
        Some(Typed::Recovery(code)) => {
            let keys = app_state.keys.macs(Purpose::RecoveryCodes);
            let digests: Vec<Vec<u8>> =
                keys.all().iter().map(|key| recovery_digest(key, account, &code)).collect();
            Ok(store::use_recovery_code(connection, account, &digests, now).await?)
        }
    }
}

/// What was typed as a second factor.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    OfApp(String),
    Recovery(String),
}

impl Typed {
    /// Reads it as people write it: with spaces and hyphens, in capital letters, with `O` for `0`.
    fn read(typed: &str) -> Option<Self> {
        let plain: String = typed
            .chars()
            .filter(|char| {
                !char.is_whitespace() && !matches!(char, '-' | '–' | '\u{2010}' | '\u{2011}')
            })
            .take(RECOVERY_CODE_CHARS + 1)
            .map(|char| match char.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                char => char,
            })
            .collect();
        match plain.len() {
            DIGITS if plain.bytes().all(|byte| byte.is_ascii_digit()) => Some(Self::OfApp(plain)),
            RECOVERY_CODE_CHARS | OLD_RECOVERY_CODE_CHARS
                if plain.bytes().all(|byte| ALPHABET.contains(&byte)) =>
            {
                Some(Self::Recovery(plain))
            }
            _ => None,
        }
    }
}

/// Keyed, so that the codes cannot be guessed from a copy of the database.
fn recovery_digest(key: &CodeKey, account: AccountId, code: &str) -> Vec<u8> {
    key.fingerprint(RECOVERY_DIGEST, &format!("{} {code}", account.0)).to_vec()
}

fn random_code() -> String {
    let random: [u8; RECOVERY_CODE_CHARS] = rand::random();
    random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// In groups of four, which are easier to type.
fn in_groups(text: &str, between: char) -> String {
    let mut grouped = String::with_capacity(text.len() * 5 / 4);
    for (place, char) in text.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            grouped.push(between);
        }
        grouped.push(char);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use uuid::Uuid;

    use super::*;

    fn app(code: &str) -> Option<Typed> {
        Some(Typed::OfApp(code.to_owned()))
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        assert_eq!(Typed::read("123456"), app("123456"));
        assert_eq!(Typed::read(" 123 456 "), app("123456"));
        let recovery = Some(Typed::Recovery("k7p2qxm41049".to_owned()));
        assert_eq!(Typed::read("k7p2-qxm4-1049"), recovery);
        assert_eq!(Typed::read("K7P2 QXM4 IO49"), recovery);
        assert_eq!(Typed::read("k7p2–qxm4–1o49"), recovery);
        for unreadable in ["", "12345", "1234567", "12345a", "k7p2-qxm4-104", "k7p2-qxm4-10499"] {
            assert_eq!(Typed::read(unreadable), None, "{unreadable}");
        }
        assert_eq!(Typed::read(&"9".repeat(100_000)), None);
        assert_eq!(Typed::read("१२३४५६"), None);
    }

    #[test]
    fn recovery_codes_differ_and_can_be_read_again() {
        let codes: std::collections::HashSet<String> = (0..100).map(|_| random_code()).collect();
        assert_eq!(codes.len(), 100);
        for code in codes {
            assert_eq!(Typed::read(&in_groups(&code, '-')), Some(Typed::Recovery(code)));
        }
        assert_eq!(random_code().len(), 24, "120 bits");
        assert_eq!(in_groups("k7p2qxm41049", '-'), "k7p2-qxm4-1049");
    }

    #[test]
    fn a_recovery_code_belongs_to_its_account() {
        let key = CodeKey::new("0123456789abcdef0123456789abcdef");
        let [one, other] = [7, 8].map(|id| AccountId(Uuid::from_u128(id)));
        let digest = recovery_digest(&key, one, "k7p2qxm41049");
        assert_eq!(digest, recovery_digest(&key, one, "k7p2qxm41049"));
        assert_ne!(digest, recovery_digest(&key, other, "k7p2qxm41049"));
    }

    #[test]
    fn a_code_counts_for_its_own_half_minute_and_its_neighbours() {
        // RFC 6238, appendix B, cut to six digits: at 1111111109 s, in time step 37037036, the code is 081804.
        let secret = b"12345678901234567890";
        let at = |seconds| Utc.timestamp_opt(seconds, 0).single().expect("a time");
        let step = |seconds| step_of(secret, "081804", at(seconds)).expect("a secret");
        for seconds in [1_111_111_050, 1_111_111_109, 1_111_111_139] {
            assert_eq!(step(seconds), Some(37_037_036), "{seconds}");
        }
        for seconds in [1_111_111_049, 1_111_111_140, 0] {
            assert_eq!(step(seconds), None, "{seconds}");
        }
    }

    #[test]
    fn the_app_learns_the_site_and_the_account() {
        let url = named(b"12345678901234567890", "nadi.example", "asha+home@example.org")
            .and_then(|totp| {
                totp.to_url().map_err(|error| Fault::Broken(format!("an authenticator: {error}")))
            })
            .expect("an address");
        assert!(url.starts_with("otpauth://totp/"), "{url}");
        let url = url::Url::parse(&url).expect("an address");
        let value = |wanted: &str| {
            let mut pairs = url.query_pairs();
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        assert_eq!(value("issuer").as_deref(), Some("Nadi (nadi.example)"));
        assert_eq!(value("secret").as_deref(), Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"));
    }
}
