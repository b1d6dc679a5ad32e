//! Proofs of addresses: a code is sent to an address, and whoever asked for it types it.
//!
//! Whoever asks gets a secret that the code is accepted with; only its hash is stored. So a code is of no use to
//! anybody else, and asking for a code disturbs nobody: it neither ends an earlier proof of the same address nor
//! changes its account.

use std::time::Duration as StdDuration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::actor::{ActingRole, Caller};
use nadi::appointment::Refusal;
use nadi::events::{AccountEvent, NewEvent};
use nadi::idempotency::IdempotencyKey;
use nadi::ids::AccountId;
use nadi::input::Code;
use nadi::notification_rules::AccountTemplate;
use nadi::ports::{PendingProof, ProofPurpose, ProofToken};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::address_limits;
use super::notices::lock_account;
use super::store::proofs::{self as rows, NewProofRow, ProofRow};
use crate::events;
use crate::events::Author;
use crate::ids::uuid_v7;
use crate::keys::Purpose;
use crate::limits::{Limit, rules};
use crate::notifications::account_messages::{self, AccountMessage};
use crate::state::AppState;
use crate::use_case::{Fault, Outcome};

/// How long a code can be typed.
pub const VALID_FOR: Duration = Duration::minutes(10);
/// How many wrong tries a code has.
pub const TRIES_MAX: i16 = 5;
/// How many codes a proof has.
pub const CODES_MAX: i16 = 3;
/// How many codes are sent to one address in an hour, and in a day. Browsers that have signed in with the address are
/// counted apart.
const CODES: [Limit; 2] = [
    Limit::new("codes-of-hour", 5, StdDuration::from_secs(60 * 60)),
    Limit::new("codes-of-day", 20, StdDuration::from_secs(24 * 60 * 60)),
];

/// What a proof is for, and what to remember until the code is typed.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewProof<'a> {
    pub(super) purpose: ProofPurpose,
    /// In the form of [`nadi::input::Email`].
    pub(super) email: &'a str,
    /// The account that is signed in, for [`ProofPurpose::ChangeEmail`].
    pub(super) account: Option<AccountId>,
    /// What was typed, for [`ProofPurpose::Register`].
    pub(super) name: Option<&'a str>,
    pub(super) password_hash: Option<&'a str>,
    /// The language of the message with the code.
    pub(super) locale: &'a str,
    /// The secret of a form that may come twice ([`token_of_form`]). `None`: a random one.
    pub(super) token: Option<&'a ProofToken>,
}

/// The secret of a form with this key and content: the same for a second click, which so gets no code of its own, and
/// nobody else can make it without the server's key.
pub(super) fn token_of_form(
    app_state: &AppState,
    key: &IdempotencyKey,
    content: &str,
) -> ProofToken {
    let text = key.kept_as(content);
    let secret = app_state
        .keys
        .macs(Purpose::Codes)
        .current()
        .fingerprint("address proof of a form 1", &text);
    ProofToken::new(URL_SAFE_NO_PAD.encode(secret))
}

/// Sends a code to an address, whether or not it has an account.
///
/// # Errors
/// `TooManyTries`.
pub(super) async fn start(
    app_state: &AppState,
    caller: &Caller,
    new: &NewProof<'_>,
) -> Outcome<ProofToken> {
    let mut transaction = app_state.write.begin().await?;
    if let Some(account) = new.account {
        lock_account(&mut transaction, account).await?;
    }
    let (id, now) = (uuid_v7(caller.now), caller.now);
    let row_of = |token: &ProofToken| NewProofRow {
        id,
        secret_digest: digest_of(token),
        purpose: new.purpose.as_str(),
        email: new.email,
        account: new.account.map(|account| account.0),
        name: new.name,
        password_hash: new.password_hash,
        locale: new.locale,
        expires_at: now + VALID_FOR,
    };
    let mut token = new.token.cloned().unwrap_or_else(random_token);
    if !rows::insert(&mut transaction, &row_of(&token), now).await? {
        if rows::find(&mut transaction, &digest_of(&token), now).await?.is_some() {
            // The first click has asked for the code.
            return Ok(token);
        }
        // The form came back much later: its proof was used or has expired.
        token = random_token();
        rows::insert(&mut transaction, &row_of(&token), now).await?;
    }
    count_code(&mut transaction, app_state, caller, new.email).await?;
    let code = SentCode { proof: id, counter: 1, email: new.email, locale: new.locale };
    queue_code(&mut transaction, caller, new.purpose, &code).await?;
    transaction.commit().await?;
    app_state.event_written.notify_one();
    Ok(token)
}

/// Sends a new code; the one before no longer counts.
///
/// # Errors
/// `CodeExpired`; `Refused` with `NoMoreCodes`; `TooManyTries`.
pub(super) async fn send_again(
    app_state: &AppState,
    caller: &Caller,
    token: &ProofToken,
) -> Outcome<()> {
    let mut transaction = app_state.write.begin().await?;
    let proof = rows::lock(&mut transaction, &digest_of(token), caller.now).await?;
    let proof = proof.ok_or(Failure::CodeExpired)?;
    if proof.code_counter >= CODES_MAX {
        return Err(Refusal::NoMoreCodes.into());
    }
    count_code(&mut transaction, app_state, caller, &proof.email).await?;
    rows::renew_code(&mut transaction, proof.id, caller.now + VALID_FOR).await?;
    let code = SentCode {
        proof: proof.id,
        counter: proof.code_counter + 1,
        email: &proof.email,
        locale: &proof.locale,
    };
    queue_code(&mut transaction, caller, purpose_of(&proof)?, &code).await?;
    transaction.commit().await?;
    app_state.event_written.notify_one();
    Ok(())
}

/// What the code was sent for. `None`: unknown, used or expired.
pub(super) async fn pending(
    app_state: &AppState,
    token: &ProofToken,
    now: DateTime<Utc>,
) -> Outcome<Option<PendingProof>> {
    let mut connection = app_state.write.0.acquire().await?;
    let Some(proof) = rows::find(&mut connection, &digest_of(token), now).await? else {
        return Ok(None);
    };
    Ok(Some(PendingProof {
        purpose: purpose_of(&proof)?,
        email: nadi::input::Email::readable(&proof.email),
        expires_at: proof.expires_at,
        tries_left: (TRIES_MAX - proof.tries).max(0),
        codes_left: (CODES_MAX - proof.code_counter).max(0),
    }))
}

/// A proof whose code was right. It is locked by `transaction`, and counts until [`Self::use_up`].
pub(super) struct Proven {
    pub(super) transaction: Transaction<'static, Postgres>,
    pub(super) email: String,
    /// What was typed at registration.
    pub(super) name: Option<String>,
    pub(super) password_hash: Option<String>,
    pub(super) locale: String,
    id: Uuid,
}

impl Proven {
    /// Marks the proof as used, in its transaction, which the caller commits with what the proof was for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn use_up(&mut self, now: DateTime<Utc>) -> sqlx::Result<()> {
        rows::use_up(&mut self.transaction, self.id, now).await
    }
}

/// Checks a code. `account`: the one whose address is to be changed; `None` for registering and signing in. A wrong
/// code counts even though this fails.
///
/// # Errors
/// `Refused` with `WrongCode` or `CodeSpent`; `TooManyTries`; `CodeExpired`, also for a code that was sent for something else.
pub(super) async fn check(
    app_state: &AppState,
    caller: &Caller,
    token: &ProofToken,
    code: &Code,
    account: Option<AccountId>,
) -> Outcome<Proven> {
    let now = caller.now;
    let mut transaction = app_state.write.begin().await?;
    // Tries at the same time wait here for each other, so each of them counts.
    let proof = rows::lock(&mut transaction, &digest_of(token), now).await?;
    let proof = proof.ok_or(Failure::CodeExpired)?;
    let is_for_change = purpose_of(&proof)? == ProofPurpose::ChangeEmail;
    if is_for_change != account.is_some() || proof.account_id.map(AccountId) != account {
        return Err(Failure::CodeExpired.into());
    }
    if proof.tries >= TRIES_MAX {
        return Err(Refusal::CodeSpent.into());
    }
    let trying = address_limits::of_browser(app_state, caller, &proof.email);
    if !trying.is_known {
        rules::may_try(app_state, caller, &rules::WRONG_CODES)?;
        if proof.tries > 0 {
            address_limits::may_try_code(app_state, caller, trying)?;
        }
    }
    let keys = app_state.keys.macs(Purpose::Codes);
    if !keys.any(|key| key.proof_matches(proof.id, proof.code_counter, code)) {
        rows::count_try(&mut transaction, proof.id).await?;
        transaction.commit().await?;
        if !trying.is_known {
            address_limits::code_was_wrong(app_state, caller, trying);
        }
        let tries_left = TRIES_MAX - proof.tries - 1;
        let was_last = !trying.is_known && rules::are_codes_guessed(app_state, now);
        return Err(if tries_left == 0 || was_last {
            Refusal::CodeSpent.into()
        } else {
            Refusal::WrongCode { tries_left }.into()
        });
    }
    Ok(Proven {
        transaction,
        email: proof.email,
        name: proof.name,
        password_hash: proof.password_hash,
        locale: proof.locale,
        id: proof.id,
    })
}

/// Can this code still be typed? Otherwise its message need not be sent.
///
/// # Errors
/// When the database does not answer.
pub async fn is_code_open(
    connection: &mut PgConnection,
    proof: Uuid,
    counter: i16,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    rows::is_code_open(connection, proof, counter, now).await
}

struct SentCode<'a> {
    proof: Uuid,
    counter: i16,
    email: &'a str,
    locale: &'a str,
}

async fn queue_code(
    connection: &mut PgConnection,
    caller: &Caller,
    purpose: ProofPurpose,
    code: &SentCode<'_>,
) -> sqlx::Result<()> {
    let event = NewEvent::account(AccountEvent::CodeRequested, AccountId(code.proof));
    let by = Author::of(caller, ActingRole::Patient);
    let event = events::record(connection, &event, by, caller.now).await?;
    let message = AccountMessage {
        subject: code.proof,
        version: code.counter.into(),
        recipient: code.proof,
        template: AccountTemplate::Code,
        address: code.email,
        locale: code.locale,
        data: json!({ "purpose": purpose.as_str(), "counter": code.counter }),
    };
    account_messages::queue(connection, event, &message, caller.now).await
}

/// Counts a code for this address, known or not.
async fn count_code(
    connection: &mut PgConnection,
    app_state: &AppState,
    caller: &Caller,
    email: &str,
) -> Outcome<()> {
    let trying = address_limits::of_caller(connection, app_state, caller, email).await?;
    for limit in &CODES {
        address_limits::count(app_state, caller, limit, trying)?;
    }
    if trying.is_known { Ok(()) } else { rules::count_code(app_state, caller, email) }
}

fn purpose_of(proof: &ProofRow) -> Outcome<ProofPurpose> {
    let purpose = ProofPurpose::parse(&proof.purpose);
    purpose.ok_or_else(|| Fault::Broken(format!("unknown purpose: {}", proof.purpose)))
}

/// 32 random bytes, to be part of a URL or a cookie.
fn random_token() -> ProofToken {
    ProofToken::new(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
}

fn digest_of(token: &ProofToken) -> [u8; 32] {
    Sha256::digest(token.expose().as_bytes()).into()
}
