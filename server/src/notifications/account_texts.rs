//! The texts of messages about accounts, from the data that was queued with them.

use app::links;
use app::messages::account_emails as emails;
use chrono::{DateTime, Utc};
use nadi::notification_rules::{AccountTemplate, SignInChange};
use nadi::ports::{ProofPurpose, TeamRole};
use serde_json::Value;
use sqlx::PgConnection;

use crate::accounts::proofs;
use crate::clinic::invitations;
use crate::keys::Purpose;
use crate::notifications::store::Claimed;
use crate::state::AppState;

/// Does the message tell a secret? It is never stored, but derived when the message is sent ([`secret_of`]).
pub(super) fn has_secret(template: AccountTemplate) -> bool {
    matches!(template, AccountTemplate::Code | AccountTemplate::Invitation)
}

/// The code or the end of the link that a message has to tell. `None`: it has none, or the message is no longer needed,
/// because the proof or the invitation was used, has expired, or has a newer one.
pub(super) async fn secret_of(
    template: AccountTemplate,
    connection: &mut PgConnection,
    app_state: &AppState,
    claimed: &Claimed,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    match template {
        AccountTemplate::Code => code_of(connection, app_state, claimed, now).await,
        AccountTemplate::Invitation => {
            invitations::open_token(connection, app_state, claimed.subject_id, now).await
        }
        AccountTemplate::EmailChanged
        | AccountTemplate::SignInChanged
        | AccountTemplate::AccountDeleted => Ok(None),
    }
}

async fn code_of(
    connection: &mut PgConnection,
    app_state: &AppState,
    claimed: &Claimed,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    let counter = claimed.data.get("counter").and_then(Value::as_i64);
    let Some(counter) = counter.and_then(|counter| i16::try_from(counter).ok()) else {
        return Ok(None);
    };
    let proof = claimed.subject_id;
    if !proofs::is_code_open(connection, proof, counter, now).await? {
        return Ok(None);
    }
    Ok(Some(app_state.keys.macs(Purpose::Codes).current().proof_code(proof, counter)))
}

/// Writes the message, with the secret of [`secret_of`]. `None`: the data cannot be used.
pub(super) fn text(
    template: AccountTemplate,
    data: &Value,
    secret: Option<&str>,
    public_url: &str,
) -> Option<(String, String)> {
    let word = |name: &str| data.get(name).and_then(Value::as_str);
    let url = |path: &str| format!("{public_url}{path}");
    Some(match template {
        AccountTemplate::Code => {
            let purpose = ProofPurpose::parse(word("purpose")?)?;
            emails::code(secret?, purpose, public_url)
        }
        AccountTemplate::Invitation => emails::invitation(&emails::Invitation {
            clinic: word("clinic")?,
            doctor: word("doctor"),
            // Messages of the release before have no role.
            role: word("role").and_then(TeamRole::parse).unwrap_or(TeamRole::Administrator),
            inviter: word("inviter"),
            link: &url(&links::invitation(secret?)),
        }),
        AccountTemplate::EmailChanged => emails::email_changed(public_url),
        AccountTemplate::SignInChanged => {
            let what = SignInChange::parse(word("what")?)?;
            emails::sign_in_changed(what, public_url, &url(&links::forgotten_password("")))
        }
        AccountTemplate::AccountDeleted => emails::account_deleted(public_url),
    })
}
