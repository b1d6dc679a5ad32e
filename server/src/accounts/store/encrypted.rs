//! The encrypted columns of accounts, to be written again with other keys.

use async_trait::async_trait;
use nadi::ids::AccountId;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::accounts::encryption;
use crate::encryption::columns::{
    ACCOUNT_EMAIL, AUTHENTICATOR_SECRET, Column, EncryptedColumn, KeyCount, PERSON_BIRTH_DATE,
    PERSON_NAME, PROOF_EMAIL, PROOF_NAME, Stored, UNPROVEN_EMAIL, encrypted_column,
};
use crate::encryption::renewed_bytes;

pub const ENCRYPTED: &[&dyn EncryptedColumn] = &[
    &AccountEmails,
    &UnprovenEmails,
    &ProofEmails,
    &ProofNames,
    &Names,
    &BirthDates,
    &AuthenticatorSecrets,
    &NewAuthenticatorSecrets,
];

encrypted_column!(
    address AccountEmails,
    ACCOUNT_EMAIL,
    r#"select encryption_key(email) as key, count(*) as "values!" from accounts
       where email is not null group by 1
       union all select digest_key(email_digest), count(*) from accounts where email_digest is not null group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", email as "value!", email_digest as digest
       from accounts where email is not null and id > $1::text::uuid order by id limit $2"#,
    "update accounts set email = $3, email_digest = $4 where id = $1::text::uuid and email = $2"
);

encrypted_column!(
    address UnprovenEmails,
    UNPROVEN_EMAIL,
    r#"select encryption_key(email) as key, count(*) as "values!" from unproven_accounts group by 1
       union all select digest_key(email_digest), count(*) from unproven_accounts
       where email_digest is not null group by 1"#,
    r#"select account_id::text as "key!", uuid_send(account_id) as "row!", email as "value!",
              email_digest as digest
       from unproven_accounts where account_id > $1::text::uuid order by account_id limit $2"#,
    "update unproven_accounts set email = $3, email_digest = $4
     where account_id = $1::text::uuid and email = $2"
);

encrypted_column!(
    address ProofEmails,
    PROOF_EMAIL,
    r#"select encryption_key(email) as key, count(*) as "values!" from address_proofs group by 1
       union all select digest_key(email_digest), count(*) from address_proofs
       where email_digest is not null group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", email as "value!", email_digest as digest
       from address_proofs where id > $1::text::uuid order by id limit $2"#,
    "update address_proofs set email = $3, email_digest = $4 where id = $1::text::uuid and email = $2"
);

encrypted_column!(
    ProofNames,
    PROOF_NAME,
    r#"select encryption_key(name) as key, count(*) as "values!" from address_proofs
       where name <> '' group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", name as "value!", null::bytea as digest
       from address_proofs where name <> '' and id > $1::text::uuid order by id limit $2"#,
    "update address_proofs set name = $3 where id = $1::text::uuid and name = $2"
);

encrypted_column!(
    Names,
    PERSON_NAME,
    r#"select encryption_key(name) as key, count(*) as "values!" from people where name <> '' group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", name as "value!", null::bytea as digest
       from people where name <> '' and id > $1::text::uuid order by id limit $2"#,
    "update people set name = $3 where id = $1::text::uuid and name = $2"
);

encrypted_column!(
    BirthDates,
    PERSON_BIRTH_DATE,
    r#"select encryption_key(birth_date_encrypted) as key, count(*) as "values!" from people
       where birth_date is not null or birth_date_encrypted is not null group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!",
              coalesce(birth_date_encrypted, birth_date::text) as "value!", null::bytea as digest
       from people
       where (birth_date is not null or birth_date_encrypted is not null) and id > $1::text::uuid
       order by id limit $2"#,
    "update people set birth_date_encrypted = $3, birth_date = null
     where id = $1::text::uuid and coalesce(birth_date_encrypted, birth_date::text) = $2"
);

/// The secrets are bytes. As long as there were no keys, they were encrypted with what `NADI_SECRET` derives.
macro_rules! secrets {
    ($name:ident, $counts:tt, $page:tt, $replace:tt) => {
        struct $name;

        #[async_trait]
        impl EncryptedColumn for $name {
            fn column(&self) -> Column {
                AUTHENTICATOR_SECRET
            }

            fn renewed(&self, old: &Stored) -> Result<Option<(String, Option<Vec<u8>>)>> {
                let renewed = renewed_bytes(AUTHENTICATOR_SECRET, old, |stored| {
                    let account = Uuid::from_slice(&old.row)
                        .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
                    encryption::decrypt(AccountId(account), stored)
                        .map_err(|fault| sqlx::Error::Decode(Box::new(fault)))
                });
                Ok(renewed?.map(|value| (value, None)))
            }

            async fn counts(&self, connection: &mut PgConnection) -> Result<Vec<KeyCount>> {
                sqlx::query_as!(KeyCount, $counts).fetch_all(connection).await
            }

            async fn page(
                &self,
                connection: &mut PgConnection,
                after: &str,
                limit: i64,
            ) -> Result<Vec<Stored>> {
                sqlx::query_as!(Stored, $page, after, limit).fetch_all(connection).await
            }

            async fn replace(
                &self,
                connection: &mut PgConnection,
                old: &Stored,
                value: &str,
                _: Option<&[u8]>,
            ) -> Result<u64> {
                let written =
                    sqlx::query!($replace, old.key, old.value, value).execute(connection).await?;
                Ok(written.rows_affected())
            }
        }
    };
}

secrets!(
    AuthenticatorSecrets,
    r#"select 'data ' || substring(encode(secret, 'escape') from E'^\x01([A-Za-z0-9-]{1,32})[.]') as key, count(*) as "values!"
       from authenticators where secret is not null group by 1"#,
    r#"select account_id::text as "key!", uuid_send(account_id) as "row!", encode(secret, 'hex') as "value!",
              null::bytea as digest
       from authenticators where secret is not null and account_id > $1::text::uuid
       order by account_id limit $2"#,
    "update authenticators set secret = decode($3, 'hex')
     where account_id = $1::text::uuid and secret = decode($2, 'hex')"
);

secrets!(
    NewAuthenticatorSecrets,
    r#"select 'data ' || substring(encode(new_secret, 'escape') from E'^\x01([A-Za-z0-9-]{1,32})[.]') as key,
              count(*) as "values!"
       from authenticators where new_secret is not null group by 1"#,
    r#"select account_id::text as "key!", uuid_send(account_id) as "row!", encode(new_secret, 'hex') as "value!",
              null::bytea as digest
       from authenticators where new_secret is not null and account_id > $1::text::uuid
       order by account_id limit $2"#,
    "update authenticators set new_secret = decode($3, 'hex')
     where account_id = $1::text::uuid and new_secret = decode($2, 'hex')"
);
