-- Receptionists of clinics, auditors of the platform, and one definition of who has a role.
--
-- The release before knows neither. It lets them act as patients only, but cannot show the history of an appointment
-- that a receptionist has changed, or a team page with an open invitation of one. So invite the first receptionist when
-- all instances have been updated.

-- A table of its own, because the release before takes every row of `staff` for an administrator.
create table receptionists (
    clinic_id uuid not null references clinics,
    account_id uuid not null references accounts,
    created_at timestamptz not null,
    primary key (clinic_id, account_id)
);
create index receptionists_account on receptionists (account_id);

alter table accounts
    add column is_auditor boolean not null default false,
    drop constraint accounts_visitor_cannot_sign_in,
    add constraint accounts_visitor_cannot_sign_in
        check (not visitor or email_verified_at is null and password_hash is null
                              and not administers_everything and not is_auditor);

alter table invitations
    drop constraint invitations_role_check,
    add constraint invitations_role_check check (role in ('doctor', 'administrator', 'receptionist'));
create unique index invitations_open_receptionist on invitations (clinic_id, email)
    where role = 'receptionist' and accepted_at is null and withdrawn_at is null;

-- Is the account more than a patient's?
create function has_role(account uuid) returns boolean language sql stable as $$
    select exists (select from accounts a where a.id = account and (a.administers_everything or a.is_auditor))
        or exists (select from staff s where s.account_id = account)
        or exists (select from receptionists r where r.account_id = account)
        or exists (select from doctors d where d.account_id = account and d.archived_at is null);
$$;
