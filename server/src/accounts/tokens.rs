//! Bearer tokens of the API: JWTs that are valid for an hour, and bound to a row in `sessions` that can end
//! them earlier. A token says who the caller is, never what they may do.

use std::sync::{Arc, Once};

use chrono::{DateTime, Duration, Utc};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use nadi::Failure;
use nadi::ids::AccountId;
use nadi::ports::Answer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};

use crate::accounts::sessions::{Sessions, TOKEN_ACCOUNT};

/// How long a token lasts.
pub const LIFETIME_SECONDS: i64 = 3600;
const ISSUER: &str = "nadi";

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: AccountId,
    /// The session; checked on every use.
    sid: String,
    /// Unix seconds.
    iat: i64,
    exp: i64,
}

/// Issues and reads tokens.
#[derive(Clone)]
pub struct Tokens {
    sessions: Sessions,
    keys: Arc<Keys>,
}

struct Keys {
    id: String,
    signing: EncodingKey,
    checking: DecodingKey,
}

impl Tokens {
    /// The signing key is derived from `secret`, so tokens stay valid across restarts.
    pub fn new(secret: &str, sessions: Sessions) -> Self {
        install_hs256();
        let key = Sha256::digest(format!("nadi api token 1 {secret}").as_bytes());
        let id = Sha256::digest(key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let keys = Keys {
            id,
            signing: EncodingKey::from_secret(&key),
            checking: DecodingKey::from_secret(&key),
        };
        Self { sessions, keys: Arc::new(keys) }
    }

    /// Issues a token for an account, and creates the session behind it.
    ///
    /// # Errors
    /// `Unavailable` when the session cannot be written.
    pub async fn issue(&self, account: AccountId, now: DateTime<Utc>) -> Answer<String> {
        let record = self.session(account, now)?;
        let records = std::slice::from_ref(&record);
        self.sessions.create_all(records).await.map_err(|error| unavailable(&error))?;
        self.sign(account, &record, now)
    }

    /// The same for many accounts, with one statement.
    ///
    /// # Errors
    /// `Unavailable` when the sessions cannot be written.
    pub async fn issue_all(
        &self,
        accounts: &[AccountId],
        now: DateTime<Utc>,
    ) -> Answer<Vec<String>> {
        let records: Vec<Record> =
            accounts.iter().map(|account| self.session(*account, now)).collect::<Answer<_>>()?;
        self.sessions.create_all(&records).await.map_err(|error| unavailable(&error))?;
        let signed =
            accounts.iter().zip(&records).map(|(account, record)| self.sign(*account, record, now));
        signed.collect()
    }

    fn session(&self, account: AccountId, now: DateTime<Utc>) -> Answer<Record> {
        let ends = now + Duration::seconds(LIFETIME_SECONDS);
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(ends.timestamp())
            .map_err(|error| unavailable(&error))?;
        let data = [(TOKEN_ACCOUNT.to_owned(), serde_json::json!(account.0))].into();
        Ok(Record { id: Id::default(), data, expiry_date })
    }

    fn sign(&self, account: AccountId, record: &Record, now: DateTime<Utc>) -> Answer<String> {
        let ends = now + Duration::seconds(LIFETIME_SECONDS);
        let header = Header { kid: Some(self.keys.id.clone()), ..Header::new(Algorithm::HS256) };
        let claims = Claims {
            iss: ISSUER.into(),
            sub: account,
            sid: record.id.to_string(),
            iat: now.timestamp(),
            exp: ends.timestamp(),
        };
        encode(&header, &claims, &self.keys.signing).map_err(|error| unavailable(&error))
    }

    /// The account in a token, and the session that must still exist. `None`: the token is not one of ours, or
    /// has expired.
    pub fn named(&self, token: &str, now: DateTime<Utc>) -> Option<(AccountId, Id)> {
        let claims = self.read(token, now)?;
        Some((claims.sub, claims.sid.parse().ok()?))
    }

    /// Ends the session behind a token, and with it the token.
    ///
    /// # Errors
    /// `Unavailable` when the session cannot be ended.
    pub async fn revoke(&self, token: &str, now: DateTime<Utc>) -> Answer<()> {
        if let Some(id) = self.read(token, now).and_then(|claims| claims.sid.parse().ok()) {
            self.sessions.delete(&id).await.map_err(|error| unavailable(&error))?;
        }
        Ok(())
    }

    fn read(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        // The expiry is checked below, by the request's time instead of the machine's clock.
        validation.validate_exp = false;
        let read = decode::<Claims>(token, &self.keys.checking, &validation).ok()?;
        let ours = read.header.kid.as_deref() == Some(self.keys.id.as_str());
        Some(read.claims).filter(|claims| ours && claims.exp > now.timestamp())
    }
}

fn unavailable(error: &dyn std::fmt::Display) -> Failure {
    tracing::error!(%error, "a token's session cannot be used");
    Failure::Unavailable
}

/// HMAC-SHA-256 and nothing else, so that a forged header cannot choose another algorithm.
struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(algorithm: &Algorithm, key: &[u8]) -> Result<Self, Error> {
        if *algorithm != Algorithm::HS256 {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Ok(Self(Hmac::new_from_slice(key).map_err(|_| ErrorKind::InvalidKeyFormat)?))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let mac = self.0.clone().chain_update(message);
        mac.verify_slice(signature).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

static HS256: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Hs256::new(algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key| {
        Ok(Box::new(Hs256::new(algorithm, key.try_get_as_bytes()?)?))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

fn install_hs256() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        if HS256.install_default().is_err() {
            tracing::debug!("another provider for signing tokens is already installed");
        }
    });
}
