//! Who is behind a session, a token or a key. Part of every request of somebody who has signed in.

use chrono::{DateTime, Utc};
use nadi::actor::{Administers, Scope, SignedIn};
use nadi::consent::Agreed;
use nadi::ids::{AccountId, ClinicId, DoctorId, PersonId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::accounts::credential::{Credential, CredentialKind};
use crate::accounts::session_times::Times;
use crate::encryption::columns::PERSON_NAME;
use crate::encryption::open;

/// The account behind a credential, which may have ended or expired.
pub struct Identity {
    /// With all its roles, whether they count or not.
    pub account: SignedIn,
    /// Its address is proven.
    pub is_proven: bool,
    pub has_authenticator: bool,
    pub has_passkey: bool,
    /// The session or key was made with two factors.
    pub two_factors: bool,
    /// The session began with a mailed code.
    pub by_code: bool,
    pub proved_at: Option<DateTime<Utc>>,
    pub behind: Behind,
}

/// What was found for a credential.
pub enum Behind {
    Session {
        digest: Vec<u8>,
        public_id: Uuid,
        times: Times,
        /// The release before this one has made it.
        of_release_before: bool,
        /// For an access token: when it expires.
        token_expires_at: Option<DateTime<Utc>>,
    },
    Key {
        id: Uuid,
        scope: Scope,
        expires_at: Option<DateTime<Utc>>,
        last_used_at: Option<DateTime<Utc>>,
    },
}

/// What is behind each of the credentials, in their order.
pub async fn identities(
    connection: &mut PgConnection,
    all: &[Credential],
) -> Result<Vec<Option<Identity>>> {
    let digests: Vec<&[u8]> = all.iter().map(|one| one.digest.as_slice()).collect();
    let kinds: Vec<&str> = all.iter().map(|one| kind_word(one.kind)).collect();
    // Rows of API tokens that earlier releases wrote have no `account` in `data`: they are no sessions of pages.
    let rows = sqlx::query!(
        r#"with asked as (
               select a.digest, a.kind, a.n
               from unnest($1::bytea[], $2::text[]) with ordinality as a (digest, kind, n)
           ),
           found as (
               select a.n, s.account_id, s.id as session_id, s.public_id, s.created_at, s.seen_at,
                      s.expires_at, s.ends_at, s.proved_at, s.two_factors, s.by_code,
                      s.version = 0 as of_release_before, null::timestamptz as token_expires_at,
                      null::uuid as key_id, null::text as scope, null::timestamptz as last_used_at
               from asked a join sessions s on s.id = a.digest
               where a.kind = 'session' and s.kind = 'web' and s.data ? 'account'
               union all
               select a.n, s.account_id, s.id, s.public_id, s.created_at, s.seen_at,
                      s.expires_at, s.ends_at, s.proved_at, s.two_factors, s.by_code, s.version = 0,
                      t.expires_at,
                      null, null, null
               from asked a join tokens t on t.digest = a.digest
               join sessions s on s.id = t.session_id
               where a.kind = 'access' and t.kind = 'access' and s.kind = 'api'
               union all
               select a.n, k.account_id, null, null, null, null,
                      null, null, null, k.two_factors, false, null,
                      coalesce(k.expires_at, k.created_at + interval '1 year'),
                      k.id, k.scope, k.last_used_at
               from asked a join api_keys k on k.digest = a.digest
               where a.kind = 'key' and k.revoked_at is null
           )
           select f.n as "n!", f.account_id as "account_id!", f.session_id as "session_id?",
                  f.public_id as "public_id?", f.created_at as "created_at?", f.seen_at as "seen_at?",
                  f.expires_at as "expires_at?", f.ends_at as "ends_at?", f.proved_at as "proved_at?",
                  f.two_factors as "two_factors!", f.by_code as "by_code!", f.of_release_before as "of_release_before?",
                  f.token_expires_at as "token_expires_at?", f.key_id as "key_id?",
                  f.scope as "scope?", f.last_used_at as "last_used_at?",
                  p.id as person_id, p.name, a.administers_everything, a.is_auditor,
                  (select d.id from doctors d where d.account_id = a.id and d.archived_at is null)
                      as doctor_id,
                  array(select s.clinic_id from staff s where s.account_id = a.id)
                      as "administers!: Vec<Uuid>",
                  array(select r.clinic_id from receptionists r where r.account_id = a.id)
                      as "receptionist_of!: Vec<Uuid>",
                  a.email_verified_at is not null as "is_proven!",
                  exists (select from authenticators t
                          where t.account_id = a.id and t.confirmed_at is not null)
                      as "has_authenticator!",
                  exists (select from passkeys k where k.account_id = a.id) as "has_passkey!",
                  (select max(c.version) from consents c
                   where c.account_id = a.id and c.document = 'privacy') as privacy_version,
                  (select max(c.version) from consents c
                   where c.account_id = a.id and c.document = 'terms') as terms_version
           from found f
           join accounts a on a.id = f.account_id and a.archived_at is null and not a.visitor
           join people p on p.account_id = a.id and p.relation = 'self'"#,
        &digests as _,
        &kinds as _
    )
    .fetch_all(connection)
    .await?;
    let mut identities: Vec<Option<Identity>> = all.iter().map(|_| None).collect();
    for row in rows {
        let at = usize::try_from(row.n).ok().and_then(|n| n.checked_sub(1));
        let Some(place) = at.and_then(|at| identities.get_mut(at)) else { continue };
        let session = (|| {
            let times = Times {
                created_at: row.created_at?,
                seen_at: row.seen_at?,
                expires_at: row.expires_at?,
                ends_at: row.ends_at?,
            };
            let (digest, public_id) = (row.session_id?, row.public_id?);
            Some(Behind::Session {
                digest,
                public_id,
                times,
                of_release_before: row.of_release_before?,
                token_expires_at: row.token_expires_at,
            })
        })();
        let key = (|| {
            Some(Behind::Key {
                id: row.key_id?,
                scope: Scope::parse(row.scope.as_deref()?)?,
                expires_at: row.token_expires_at,
                last_used_at: row.last_used_at,
            })
        })();
        let Some(behind) = session.or(key) else { continue };
        // The batch has the requests of others, too.
        let name = open(PERSON_NAME, row.person_id, row.name).unwrap_or_else(|error| {
            tracing::error!(%error, account = %row.account_id, "a name cannot be read");
            String::new()
        });
        *place = Some(Identity {
            account: SignedIn {
                doctor: row.doctor_id.map(DoctorId),
                administers: if row.administers_everything {
                    Administers::Everything
                } else if row.administers.is_empty() {
                    Administers::Nothing
                } else {
                    Administers::Clinics(row.administers.into_iter().map(ClinicId).collect())
                },
                receptionist_of: row.receptionist_of.into_iter().map(ClinicId).collect(),
                is_auditor: row.is_auditor,
                agreed: Agreed { privacy: row.privacy_version, terms: row.terms_version },
                ..SignedIn::patient(AccountId(row.account_id), PersonId(row.person_id), name)
            },
            is_proven: row.is_proven,
            has_authenticator: row.has_authenticator,
            has_passkey: row.has_passkey,
            two_factors: row.two_factors,
            by_code: row.by_code,
            proved_at: row.proved_at,
            behind,
        });
    }
    Ok(identities)
}

fn kind_word(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Session | CredentialKind::OldSession => "session",
        CredentialKind::AccessToken => "access",
        CredentialKind::ApiKey => "key",
    }
}

/// A use of a session that is to be written, and when it ends without another use.
pub struct SessionUse {
    pub digest: Vec<u8>,
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Writes uses of sessions. Rows that are being changed are skipped: a later use is written instead.
pub async fn write_session_uses(connection: &mut PgConnection, uses: &[SessionUse]) -> Result<()> {
    let digests: Vec<&[u8]> = uses.iter().map(|one| one.digest.as_slice()).collect();
    let seen: Vec<DateTime<Utc>> = uses.iter().map(|one| one.seen_at).collect();
    let expires: Vec<DateTime<Utc>> = uses.iter().map(|one| one.expires_at).collect();
    sqlx::query!(
        "with used as (
             select s.id, u.seen_at, u.expires_at
             from unnest($1::bytea[], $2::timestamptz[], $3::timestamptz[])
                      as u (id, seen_at, expires_at)
             join sessions s on s.id = u.id and s.seen_at < u.seen_at
             for update of s skip locked
         )
         update sessions s set seen_at = u.seen_at, expires_at = u.expires_at
         from used u where s.id = u.id",
        &digests as _,
        &seen,
        &expires
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes that these keys were used at an instant.
pub async fn write_key_uses(
    connection: &mut PgConnection,
    keys: &[Uuid],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update api_keys set last_used_at = $2 where id in
             (select id from api_keys
              where id = any($1) and (last_used_at is null or last_used_at < $2)
              for update skip locked)",
        keys,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}
