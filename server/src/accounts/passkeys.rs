//! Passkeys (WebAuthn): adding them, and signing in with one.
//!
//! They are discoverable, so nobody types an address, and always ask their owner for a fingerprint, a face or a PIN, so
//! they count as two factors. What the browser was asked is kept here until it answers, once, within five minutes; the
//! browser has only the secret that the request is found by. Counters and backup states are compared and stored while
//! the passkey's row is locked.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::actor::Caller;
use nadi::ids::AccountId;
use nadi::input::line;
use nadi::ports::{KnownAccount, PasskeyRequest, PasskeyView, ProofToken};
use nadi::{Field, appointment::Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use url::{Host, Url};
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Webauthn, WebauthnBuilder, WebauthnError,
};

use super::notices::{lock_account, recently_proved};
use super::sign_in_changes::{self, SignInChange};
use super::store::passkeys::{self as rows, NewChallenge, NewPasskey};
use super::store::sessions;
use crate::ids::uuid_v7;
use crate::state::{AppState, SiteSettings};
use crate::use_case::{Fault, Outcome};

const ANSWER_MINUTES: i64 = 5;
const NAME_CHARS_MAX: u32 = 100;
/// Nobody has so many devices; a list without an end could be filled by a program.
const PASSKEYS_MAX: usize = 20;

/// The site as browsers know it: passkeys of its host, used on its pages only.
///
/// # Errors
/// `Unavailable` when the site's address has no name but a number, for which browsers make no passkeys.
fn relying_party(site: &SiteSettings) -> Outcome<Webauthn> {
    let broken = |what: String| Fault::Broken(format!("the address of the site: {what}"));
    let mut origin = Url::parse(&site.public_url).map_err(|error| broken(error.to_string()))?;
    if is_loopback(&origin) {
        // The same machine by its name, for which browsers do make passkeys.
        origin.set_host(Some("localhost")).map_err(|error| broken(error.to_string()))?;
    }
    let Some(host) = origin.domain().map(str::to_owned) else {
        return Err(Failure::Unavailable.into());
    };
    WebauthnBuilder::new(&host, &origin)
        // The developer's own machine, whatever the port of the server that is being tried.
        .map(|builder| builder.rp_name("Nadi").allow_any_port(host == "localhost"))
        .and_then(WebauthnBuilder::build)
        .map_err(|error| broken(error.to_string()))
}

fn is_loopback(origin: &Url) -> bool {
    match origin.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

/// Asks for a passkey of any account.
pub(super) async fn request(app_state: &AppState, now: DateTime<Utc>) -> Outcome<PasskeyRequest> {
    let (challenge, state) =
        relying_party(&app_state.site)?.start_discoverable_authentication().map_err(unexpected)?;
    let options = to_json(&challenge.public_key)?;
    let mut connection = app_state.write.0.acquire().await?;
    remember(&mut connection, None, &to_json(&state)?, options, now).await
}

/// Whose passkey has answered the request.
///
/// # Errors
/// `WrongPasskey`, whatever is wrong with the answer.
pub(super) async fn check(
    app_state: &AppState,
    now: DateTime<Utc>,
    token: &ProofToken,
    credential: &str,
) -> Outcome<KnownAccount> {
    let relying_party = relying_party(&app_state.site)?;
    let state: DiscoverableAuthentication = take(app_state, None, token, now).await?;
    let answer: PublicKeyCredential = parse(credential)?;
    let (account, credential_id) =
        relying_party.identify_discoverable_authentication(&answer).map_err(refused)?;
    let account = AccountId(account);

    let mut transaction = app_state.write.begin().await?;
    let found = rows::lock_for_use(&mut transaction, account, credential_id).await?;
    let Some(found) = found else { return Err(Failure::WrongPasskey.into()) };
    let mut passkey: Passkey = from_json(found.credential)?;
    let result = relying_party
        .finish_discoverable_authentication_v2(&answer, state, &passkey)
        .map_err(refused)?;
    passkey.update_credential(&result);
    rows::set_used(&mut transaction, found.id, &to_json(&passkey)?, now).await?;
    transaction.commit().await?;
    Ok(KnownAccount {
        id: account,
        locale: found.locale,
        sign_in_version: found.sign_in_version,
        two_factors: true,
        by_code: false,
    })
}

/// Asks the browser to make a passkey for the caller's account.
///
/// # Errors
/// `ProveAgain`; `Refused` with `TooManyPasskeys`.
pub(super) async fn request_new(app_state: &AppState, caller: &Caller) -> Outcome<PasskeyRequest> {
    let account = recently_proved(caller)?;
    let relying_party = relying_party(&app_state.site)?;
    let mut transaction = app_state.write.begin().await?;
    let email = lock_account(&mut transaction, account.account).await?.email;
    let known = rows::credential_ids(&mut transaction, account.account).await?;
    must_have_room(known.len())?;
    let email = email.unwrap_or_else(|| account.name.clone());
    let name = if account.name.is_empty() { &email } else { &account.name };
    let known = known.into_iter().collect();
    let (challenge, state) = relying_party
        .start_passkey_registration(account.account.0, &email, name, Some(known))
        .map_err(unexpected)?;
    let mut options = to_json(&challenge.public_key)?;
    // Stored on the device together with its account: signing in asks for no address.
    let selection = &mut options["authenticatorSelection"];
    selection["residentKey"] = "required".into();
    selection["requireResidentKey"] = true.into();
    let state = to_json(&state)?;
    let asked = Some(account.account);
    let request = remember(&mut transaction, asked, &state, options, caller.now).await?;
    transaction.commit().await?;
    Ok(request)
}

/// Adds the passkey that the browser has made.
///
/// # Errors
/// `ProveAgain`; `Invalid` for the name; `WrongPasskey`.
pub(super) async fn add(
    app_state: &AppState,
    caller: &Caller,
    token: &ProofToken,
    name: &str,
    credential: &str,
) -> Outcome<()> {
    let account = recently_proved(caller)?;
    let name = line(Field::Name, name, NAME_CHARS_MAX)?;
    let relying_party = relying_party(&app_state.site)?;
    let state: PasskeyRegistration =
        take(app_state, Some(account.account), token, caller.now).await?;
    let answer: RegisterPublicKeyCredential = parse(credential)?;
    let passkey = relying_party.finish_passkey_registration(&answer, &state).map_err(refused)?;
    let stored = to_json(&passkey)?;

    let mut transaction = app_state.write.begin().await?;
    lock_account(&mut transaction, account.account).await?;
    must_have_room(rows::credential_ids(&mut transaction, account.account).await?.len())?;
    let new = NewPasskey {
        id: uuid_v7(caller.now),
        account: account.account,
        credential_id: passkey.cred_id().as_ref(),
        credential: &stored,
        name: &name,
    };
    if !rows::insert(&mut transaction, &new, caller.now).await? {
        return Err(Failure::WrongPasskey.into());
    }
    // This browser has just proved the new passkey, too.
    let session = account.access.session;
    sessions::set_two_factors(&mut transaction, account.account, session).await?;
    let what = SignInChange::PasskeyAdded;
    sign_in_changes::record(&mut transaction, caller, account.account, what).await?;
    transaction.commit().await?;
    Ok(())
}

fn must_have_room(passkeys: usize) -> Outcome<()> {
    if passkeys < PASSKEYS_MAX { Ok(()) } else { Err(Refusal::TooManyPasskeys.into()) }
}

pub(super) async fn list(
    connection: &mut PgConnection,
    account: AccountId,
) -> Outcome<Vec<PasskeyView>> {
    let rows = rows::of_account(connection, account).await?;
    let views = rows.into_iter().map(|row| PasskeyView {
        id: row.id,
        name: row.name,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    });
    Ok(views.collect())
}

/// Removes a passkey, in the transaction of the caller.
///
/// # Errors
/// `NotFound`.
pub(super) async fn remove(
    connection: &mut PgConnection,
    account: AccountId,
    id: Uuid,
) -> Outcome<()> {
    if rows::remove(connection, account, id).await? {
        Ok(())
    } else {
        Err(Failure::NotFound.into())
    }
}

/// Keeps what the browser is asked, under a new secret.
async fn remember(
    connection: &mut PgConnection,
    account: Option<AccountId>,
    state: &Value,
    options: Value,
    now: DateTime<Utc>,
) -> Outcome<PasskeyRequest> {
    let secret: [u8; 32] = rand::random();
    let token = ProofToken::new(BASE64_URL_SAFE_NO_PAD.encode(secret));
    let new = NewChallenge {
        digest: &digest(&token),
        account,
        state,
        expires_at: now + Duration::minutes(ANSWER_MINUTES),
    };
    rows::insert_challenge(connection, &new).await?;
    Ok(PasskeyRequest { token, options: options.to_string() })
}

/// What the browser was asked. It is committed that the request is used up before the answer is looked at, so nobody
/// can try a second answer.
async fn take<T: DeserializeOwned>(
    app_state: &AppState,
    account: Option<AccountId>,
    token: &ProofToken,
    now: DateTime<Utc>,
) -> Outcome<T> {
    let mut connection = app_state.write.0.acquire().await?;
    let state = rows::take_challenge(&mut connection, &digest(token), account, now).await?;
    from_json(state.ok_or(Failure::WrongPasskey)?)
}

fn digest(token: &ProofToken) -> [u8; 32] {
    Sha256::digest(token.expose()).into()
}

fn parse<T: DeserializeOwned>(credential: &str) -> Outcome<T> {
    serde_json::from_str(credential).map_err(|_| Failure::WrongPasskey.into())
}

fn to_json(value: &impl Serialize) -> Outcome<Value> {
    serde_json::to_value(value).map_err(|error| Fault::Broken(format!("a passkey: {error}")))
}

fn from_json<T: DeserializeOwned>(value: Value) -> Outcome<T> {
    serde_json::from_value(value).map_err(|error| Fault::Broken(format!("a passkey: {error}")))
}

/// The answer is not the one that was asked for. The reason is for the log; it is the same for the browser.
fn refused(error: WebauthnError) -> Fault {
    tracing::info!(%error, "a passkey was refused");
    Failure::WrongPasskey.into()
}

fn unexpected(error: WebauthnError) -> Fault {
    Fault::Broken(format!("a passkey request: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(public_url: &str) -> Option<Vec<String>> {
        let site = SiteSettings {
            public_url: public_url.to_owned(),
            uid_host: "unused".into(),
            mail_from: String::new(),
        };
        let relying_party = relying_party(&site).ok()?;
        Some(relying_party.get_allowed_origins().iter().map(Url::to_string).collect())
    }

    #[test]
    fn passkeys_are_of_the_public_address() {
        let is = |origin: &str| Some(vec![origin.to_owned()]);
        assert_eq!(origins("https://nadi.example"), is("https://nadi.example/"));
        assert_eq!(origins("http://localhost:3000"), is("http://localhost:3000/"));
        assert_eq!(origins("http://127.0.0.1:3000"), is("http://localhost:3000/"));
        assert_eq!(origins("http://[::1]:3000"), is("http://localhost:3000/"));
        assert_eq!(origins("http://192.0.2.7:3000"), None);
    }
}
