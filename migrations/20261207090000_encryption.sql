-- Personal data are stored encrypted once keys are configured. Encrypted values are in the columns of the texts, with a
-- mark and the id of their key before them, so that texts of before are read as they are. Nothing is encrypted here:
-- the keys are not in the database.

-- Encrypted values begin with a control character, which no text that people type can have.
create function is_encrypted(value text) returns boolean
language sql immutable strict parallel safe
as $$ select starts_with(value, E'\x01') $$;

-- The purpose and the id of the key of a value; null for a text.
create function encryption_key(value text) returns text
language sql immutable strict parallel safe
as $$ select case when starts_with(value, E'\x01') then 'data ' || substring(split_part(value, '.', 1) from 2) end $$;

-- The same of a digest.
create function digest_key(digest bytea) returns text
language sql immutable strict parallel safe
as $$ select 'addresses ' || split_part(encode(digest, 'escape'), '.', 1) $$;

-- The keys that values were written with, to notice at the start that one is missing. A digest tells a key from another
-- one with its id.
create table encryption_keys (
    purpose text not null check (purpose in ('data', 'addresses')),
    id text not null,
    digest bytea not null,
    first_used_at timestamptz not null,
    -- By a server, to the minute.
    last_used_at timestamptz not null,
    primary key (purpose, id)
);

-- Digests of addresses, under a key of their own, by which encrypted addresses are found.
alter table accounts add column email_digest bytea;
alter table unproven_accounts add column email_digest bytea;
alter table address_proofs add column email_digest bytea;
alter table invitations add column email_digest bytea;
create unique index accounts_proven_email_digest on accounts (email_digest)
    where email_verified_at is not null and archived_at is null and not visitor;
create unique index unproven_accounts_email_digest on unproven_accounts (email_digest);
create unique index invitations_open_administrator_digest on invitations (clinic_id, email_digest)
    where role = 'administrator' and accepted_at is null and withdrawn_at is null;
create unique index invitations_open_receptionist_digest on invitations (clinic_id, email_digest)
    where role = 'receptionist' and accepted_at is null and withdrawn_at is null;

-- A date cannot hold an encrypted value.
alter table people add column birth_date_encrypted text;

-- Lengths and letters are checked of texts only. An encrypted value is longer, and has capital letters.
alter table accounts
    drop constraint accounts_email_lower,
    add constraint accounts_email_lower check (email = lower(email) or is_encrypted(email)) not valid;
alter table accounts validate constraint accounts_email_lower;
alter table people
    drop constraint people_name_check,
    add constraint people_name_check check (length(name) <= 200 or is_encrypted(name)) not valid;
alter table people validate constraint people_name_check;
alter table address_proofs
    drop constraint address_proofs_email_check,
    add constraint address_proofs_email_check check (email = lower(email) or is_encrypted(email));
alter table invitations
    drop constraint invitations_email_check,
    add constraint invitations_email_check check (email = lower(email) or is_encrypted(email));
alter table reviews
    drop constraint reviews_text,
    add constraint reviews_text check (length(text) <= 2000 or is_encrypted(text)) not valid,
    drop constraint reviews_answer,
    add constraint reviews_answer check (length(answer) between 1 and 2000 or is_encrypted(answer)) not valid,
    drop constraint reviews_hidden_reason_check,
    add constraint reviews_hidden_reason_check
        check (length(hidden_reason) between 1 and 300 or is_encrypted(hidden_reason)) not valid;
alter table reviews validate constraint reviews_text;
alter table reviews validate constraint reviews_answer;
alter table reviews validate constraint reviews_hidden_reason_check;
alter table review_decisions
    drop constraint review_decisions_reason_check,
    add constraint review_decisions_reason_check check (length(reason) <= 300 or is_encrypted(reason));
alter table time_off
    drop constraint time_off_note_check,
    add constraint time_off_note_check check (length(note) <= 200 or is_encrypted(note));

-- A value for somebody's own data as one document: an encrypted one with its column and the row that it belongs to, so
-- that the server can decrypt it.
create function encrypted_value(of_column text, of_row bytea, value text) returns jsonb
language sql immutable parallel safe
as $$
    select case when is_encrypted(value)
                then jsonb_build_object('encrypted', of_column, 'row', encode(of_row, 'hex'), 'value', value)
                else to_jsonb(value) end
$$;

alter table busy_calendars
    drop constraint busy_calendars_address_check,
    add constraint busy_calendars_address_check check (length(address) <= 2000 or is_encrypted(address)),
    drop constraint busy_calendars_owner_email_check,
    add constraint busy_calendars_owner_email_check
        check (length(owner_email) between 1 and 320 or is_encrypted(owner_email));

-- Removed people whose data are still there: also those with an encrypted birth date.
drop index people_removed;
create index people_removed on people (archived_at)
    where name <> '' or birth_date is not null or birth_date_encrypted is not null;
