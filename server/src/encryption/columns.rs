//! The encrypted columns, and how the values in one are counted and written again.

use async_trait::async_trait;
use sqlx::{PgConnection, Result};

/// A column, by the name that is authenticated with its values; so the name never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column(pub &'static str);

pub const ACCOUNT_EMAIL: Column = Column("accounts.email");
pub const PERSON_NAME: Column = Column("people.name");
pub const PERSON_BIRTH_DATE: Column = Column("people.birth_date");
pub const PROOF_EMAIL: Column = Column("address_proofs.email");
pub const PROOF_NAME: Column = Column("address_proofs.name");
pub const UNPROVEN_EMAIL: Column = Column("unproven_accounts.email");
pub const AUTHENTICATOR_SECRET: Column = Column("authenticators.secret");
pub const INVITATION_EMAIL: Column = Column("invitations.email");
/// Of a notification, the row is its event and its recipient.
pub const NOTIFICATION_ADDRESS: Column = Column("notifications.address");
/// Also in the archive.
pub const CANCEL_REASON: Column = Column("appointments.cancel_reason");
pub const REVIEW_TEXT: Column = Column("reviews.text");
pub const REVIEW_ANSWER: Column = Column("reviews.answer");
pub const REVIEW_HIDDEN_REASON: Column = Column("reviews.hidden_reason");
pub const REVIEW_DECISION_REASON: Column = Column("review_decisions.reason");
pub const TIME_OFF_NOTE: Column = Column("time_off.note");
pub const SCHEDULE_DRAFT: Column = Column("schedule_drafts.schedule");
pub const CALENDAR_ADDRESS: Column = Column("busy_calendars.address");
pub const CALENDAR_OWNER: Column = Column("busy_calendars.owner_email");

pub const ALL: [Column; 18] = [
    ACCOUNT_EMAIL,
    PERSON_NAME,
    PERSON_BIRTH_DATE,
    PROOF_EMAIL,
    PROOF_NAME,
    UNPROVEN_EMAIL,
    AUTHENTICATOR_SECRET,
    INVITATION_EMAIL,
    NOTIFICATION_ADDRESS,
    CANCEL_REASON,
    REVIEW_TEXT,
    REVIEW_ANSWER,
    REVIEW_HIDDEN_REASON,
    REVIEW_DECISION_REASON,
    TIME_OFF_NOTE,
    SCHEDULE_DRAFT,
    CALENDAR_ADDRESS,
    CALENDAR_OWNER,
];

/// A value as it is stored.
#[derive(Debug)]
pub struct Stored {
    /// The key of its row as text.
    pub key: String,
    /// What is authenticated with it ([`super::seal`]).
    pub row: Vec<u8>,
    pub value: String,
    /// Of an address: its digest.
    pub digest: Option<Vec<u8>>,
}

/// How many values a key has written, such as `data 1`; `None` counts those that are text.
#[derive(Debug)]
pub struct KeyCount {
    pub key: Option<String>,
    pub values: i64,
}

/// A column whose values can be written again with another key. The owner of the table makes one with
/// [`encrypted_column`].
#[async_trait]
pub trait EncryptedColumn: Send + Sync {
    fn column(&self) -> Column;

    /// A value written again with the current keys, and its digest if it is an address. `None`: it is that already.
    ///
    /// # Errors
    /// When it cannot be read.
    fn renewed(&self, old: &Stored) -> Result<Option<(String, Option<Vec<u8>>)>>;

    /// The key before that of all rows.
    fn first(&self) -> &'static str {
        "00000000-0000-0000-0000-000000000000"
    }

    async fn counts(&self, connection: &mut PgConnection) -> Result<Vec<KeyCount>>;

    /// Values after a key, in the order of their keys.
    async fn page(
        &self,
        connection: &mut PgConnection,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Stored>>;

    /// Writes a value again, unless it was changed in the meantime: then the number of written rows is 0.
    async fn replace(
        &self,
        connection: &mut PgConnection,
        old: &Stored,
        value: &str,
        digest: Option<&[u8]>,
    ) -> Result<u64>;
}

/// Makes an [`EncryptedColumn`] of three statements: `$counts` gives `key` and `values` ([`KeyCount`]), `$page` gives `key`, `row` and
/// `value` after `$1` and at most `$2` rows, and `$replace` writes `$3` where the row `$1` has the value `$2`. For
/// an address, `$page` gives `digest`, too, and `$replace` writes it as `$4`.
macro_rules! encrypted_column {
    ($name:ident, $column:expr, $counts:tt, $page:tt, $replace:tt) => {
        $crate::encryption::columns::encrypted_column!(@ $name, $column, $counts, $page, $replace, false, {}, _digest, []);
    };
    ($name:ident, $column:expr, from $first:literal, $counts:tt, $page:tt, $replace:tt) => {
        $crate::encryption::columns::encrypted_column!(
            @ $name, $column, $counts, $page, $replace, false,
            { fn first(&self) -> &'static str { $first } }, _digest, []
        );
    };
    (address $name:ident, $column:expr, $counts:tt, $page:tt, $replace:tt) => {
        $crate::encryption::columns::encrypted_column!(
            @ $name, $column, $counts, $page, $replace, true, {}, digest, [, digest]
        );
    };
    (@ $name:ident, $column:expr, $counts:tt, $page:tt, $replace:tt, $is_address:literal, { $($more:tt)* },
     $digest:ident, [$($bound:tt)*]) => {
        pub struct $name;

        #[async_trait::async_trait]
        impl $crate::encryption::columns::EncryptedColumn for $name {
            fn column(&self) -> $crate::encryption::columns::Column {
                $column
            }

            $($more)*

            fn renewed(
                &self,
                old: &$crate::encryption::columns::Stored,
            ) -> sqlx::Result<Option<(String, Option<Vec<u8>>)>> {
                $crate::encryption::renewed($column, old, $is_address)
            }

            async fn counts(
                &self,
                connection: &mut sqlx::PgConnection,
            ) -> sqlx::Result<Vec<$crate::encryption::columns::KeyCount>> {
                sqlx::query_as!($crate::encryption::columns::KeyCount, $counts)
                    .fetch_all(connection)
                    .await
            }

            async fn page(
                &self,
                connection: &mut sqlx::PgConnection,
                after: &str,
                limit: i64,
            ) -> sqlx::Result<Vec<$crate::encryption::columns::Stored>> {
                sqlx::query_as!($crate::encryption::columns::Stored, $page, after, limit)
                    .fetch_all(connection)
                    .await
            }

            async fn replace(
                &self,
                connection: &mut sqlx::PgConnection,
                old: &$crate::encryption::columns::Stored,
                value: &str,
                $digest: Option<&[u8]>,
            ) -> sqlx::Result<u64> {
                let written = sqlx::query!($replace, old.key, old.value, value $($bound)*)
                    .execute(connection)
                    .await?;
                Ok(written.rows_affected())
            }
        }
    };
}
pub(crate) use encrypted_column;
