-- Visitors who hold a time before they have an account, proofs of addresses, sessions and tokens, second factors,
-- invitations.

-- Visitors -------------------------------------------------------------------------------------

-- A visitor is an account that nobody can sign in to. It owns the hold, its name and its address, until a code proves
-- the address: then the appointment moves to the account of that address.
alter table accounts
    add column visitor boolean not null default false,
    drop constraint accounts_reachable,
    add constraint accounts_reachable
        check (visitor or archived_at is not null or email is not null or phone is not null),
    add constraint accounts_visitor_cannot_sign_in
        check (not visitor or email_verified_at is null and password_hash is null and not administers_everything);
-- Counts the changes of what an account is signed in to with. A sign-in that began before one does not end after it.
alter table accounts add column sign_in_version integer not null default 0;
create index accounts_visitors on accounts (created_at) where visitor;

-- The name of a visitor is empty until it is typed.
alter table people
    drop constraint people_name_check,
    add constraint people_name_check check (length(name) <= 200);

-- The appointments that visitors have confirmed. The visitor's browser may still show them, but change nothing.
create table visitor_visits (
    appointment_id uuid primary key,
    -- The visitor that held it.
    visitor_id uuid not null,
    -- The visitor's person that it was held for, with the name as it was typed.
    person_id uuid not null,
    -- The account that has it now.
    account_id uuid not null,
    confirmed_at timestamptz not null,
    -- How often a code was typed again to be signed in to that account, right or wrong.
    sign_in_tries smallint not null default 0
);
create index visitor_visits_visitor on visitor_visits (visitor_id);
create index visitor_visits_age on visitor_visits (confirmed_at);

-- Proofs of addresses --------------------------------------------------------------------------

-- A code that was sent to an address. Codes are derived from the server's key and the row, never stored.
create table address_proofs (
    id uuid primary key,
    -- The hash of the secret that whoever asked for the code has.
    secret_digest bytea not null constraint address_proofs_secret_key unique,
    purpose text not null check (purpose in ('register', 'sign_in', 'change_email')),
    email text not null check (email = lower(email)),
    -- The account that is signed in, for a change of its address.
    account_id uuid references accounts,
    -- What was typed at registration.
    name text,
    password_hash text,
    locale text not null,
    code_counter smallint not null default 1,
    tries smallint not null default 0,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index address_proofs_expiry on address_proofs (expires_at);
create index address_proofs_account on address_proofs (account_id) where account_id is not null;

-- Sessions and tokens --------------------------------------------------------------------------

-- The release before writes only the first four columns, and reads `data`; this one writes it for that release.
alter table sessions
    -- Names the session in lists and links; it gives no access.
    add column public_id uuid not null default gen_random_uuid(),
    add column kind text not null default 'web' check (kind in ('web', 'second_factor', 'api')),
    -- What the browser or program called itself.
    add column device text not null default '',
    add column created_at timestamptz not null default now(),
    add column seen_at timestamptz not null default now(),
    -- When it ends even when it is used.
    add column ends_at timestamptz not null default now() + interval '180 days',
    -- When its owner last proved who they are. Of a session that began before this column, nobody knows.
    add column proved_at timestamptz not null default 'epoch',
    -- Whether two factors were proved in it, or a passkey, which counts as two.
    add column two_factors boolean not null default false,
    -- 0: the release before has made it, which asks for no second factor.
    add column version smallint not null default 0;
alter table sessions alter column proved_at set default now();

-- Tokens of the API; all of a session end with it.
create table tokens (
    digest bytea primary key,
    session_id bytea not null references sessions on delete cascade,
    kind text not null check (kind in ('access', 'refresh')),
    expires_at timestamptz not null,
    -- When a refresh token was exchanged. Exchanging it a second time ends the session.
    used_at timestamptz
);
create index tokens_session on tokens (session_id);
create index tokens_expiry on tokens (expires_at);

create table api_keys (
    id uuid primary key,
    account_id uuid not null references accounts,
    digest bytea not null constraint api_keys_digest_key unique,
    name text not null check (length(name) between 1 and 100),
    -- The last characters, to tell keys apart.
    ending text not null,
    scope text not null check (scope in ('read', 'write')),
    -- Whether it was made in a session with two factors.
    two_factors boolean not null default false,
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
create index api_keys_account on api_keys (account_id);

-- Second factors -------------------------------------------------------------------------------

-- An account's authenticator app. Its secrets are encrypted with the server's key.
create table authenticators (
    account_id uuid primary key references accounts,
    -- The one in use; it is not asked for until a first code of it was typed.
    secret bytea,
    confirmed_at timestamptz,
    -- The one that is being set up. It replaces the one in use when its first code is typed.
    new_secret bytea,
    created_at timestamptz not null,
    -- The time step of the last code that was accepted: no code counts twice.
    last_step bigint not null default 0,
    constraint authenticators_confirmed check ((secret is null) = (confirmed_at is null))
);
create index authenticators_unconfirmed on authenticators (created_at) where confirmed_at is null;

create table recovery_codes (
    account_id uuid not null references accounts,
    digest bytea not null,
    used_at timestamptz,
    primary key (account_id, digest)
);

create table passkeys (
    id uuid primary key,
    account_id uuid not null references accounts,
    credential_id bytea not null constraint passkeys_credential_key unique,
    credential jsonb not null,
    name text not null check (length(name) between 1 and 100),
    created_at timestamptz not null,
    last_used_at timestamptz
);
create index passkeys_account on passkeys (account_id);

-- A passkey that is being added or used.
create table passkey_challenges (
    secret_digest bytea primary key,
    -- The account that adds it.
    account_id uuid references accounts,
    state jsonb not null,
    expires_at timestamptz not null
);
create index passkey_challenges_expiry on passkey_challenges (expires_at);

-- Invitations ----------------------------------------------------------------------------------

create table invitations (
    id uuid primary key,
    role text not null check (role in ('doctor', 'administrator')),
    clinic_id uuid not null references clinics,
    -- The profile that a doctor gets.
    doctor_id uuid references doctors,
    email text not null check (email = lower(email)),
    locale text not null,
    invited_by uuid not null references accounts,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    accepted_by uuid references accounts,
    withdrawn_at timestamptz,
    constraint invitations_doctor check ((role = 'doctor') = (doctor_id is not null))
);
create index invitations_clinic on invitations (clinic_id, created_at);
-- A profile, and an address in a clinic, has one open invitation.
create unique index invitations_open_doctor on invitations (doctor_id)
    where accepted_at is null and withdrawn_at is null;
create unique index invitations_open_administrator on invitations (clinic_id, email)
    where role = 'administrator' and accepted_at is null and withdrawn_at is null;

-- Messages about accounts ----------------------------------------------------------------------

alter table notifications
    -- The address, when it is not the one of the recipient's account: one that is to be proven, or was given up.
    add column address text,
    add column locale text,
    drop constraint notifications_template_check,
    add constraint notifications_template_check check (template in (
        'code', 'confirmed', 'moved', 'cancelled',
        'account_code', 'invitation', 'email_changed', 'sign_in_changed', 'account_deleted'));
-- Parked messages, codes first; `notifications_parked` orders them for the release before.
create index notifications_parked_codes
    on notifications (parked_for, (template not in ('code', 'account_code')), due_at)
    where parked_for is not null;
