-- Which version of the privacy notice and of the terms of use an account has agreed to, and when.
--
-- The release before does not write this table: whoever registers with it is asked to agree at the next visit. It does
-- not delete the rows of an account that it deletes either; the job of this release does that.

create table consents (
    account_id uuid not null references accounts,
    document text not null check (document in ('privacy', 'terms')),
    -- The day from which the version counts (`src/consent.rs`).
    version date not null,
    accepted_at timestamptz not null,
    -- The language in which it was shown.
    locale text not null,
    constraint consents_pkey primary key (account_id, document, version)
);

-- For the steps that delete what is not needed any more (`server/src/retention.rs`).
create index accounts_unproven on accounts (created_at)
    where email_verified_at is null and archived_at is null and not visitor;
create index people_removed on people (archived_at) where name <> '' or birth_date is not null;
