//! The encrypted column of appointments, to be written again with other keys.

use crate::encryption::columns::{CANCEL_REASON, EncryptedColumn, encrypted_column};

pub const ENCRYPTED: &[&dyn EncryptedColumn] = &[&CancelReasons, &ArchivedCancelReasons];

encrypted_column!(
    CancelReasons,
    CANCEL_REASON,
    r#"select encryption_key(cancel_reason) as key, count(*) as "values!" from appointments
       where cancel_reason <> '' group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", cancel_reason as "value!", null::bytea as digest
       from appointments where cancel_reason <> '' and id > $1::text::uuid order by id limit $2"#,
    "update appointments set cancel_reason = $3 where id = $1::text::uuid and cancel_reason = $2"
);

encrypted_column!(
    ArchivedCancelReasons,
    CANCEL_REASON,
    r#"select encryption_key(cancel_reason) as key, count(*) as "values!" from archived_appointments
       where cancel_reason <> '' group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", cancel_reason as "value!", null::bytea as digest
       from archived_appointments where cancel_reason <> '' and id > $1::text::uuid order by id limit $2"#,
    "update archived_appointments set cancel_reason = $3
     where id = $1::text::uuid and cancel_reason = $2"
);
