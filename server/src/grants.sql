-- What the roles of ops/database-roles.sql may do with the tables, after each migration. Where a database has one role
-- for everything, these do not exist. Functions need no grant: by default everybody may execute them.
do $$
declare
    hidden record;
begin
    if exists (select from pg_roles where rolname = 'nadi_serve') then
        grant usage on schema public to nadi_serve;
        grant select, insert, update, delete on all tables in schema public to nadi_serve;
        grant usage, select on all sequences in schema public to nadi_serve;
        -- The record of the migrations is for reading, and the audit log for adding to.
        revoke insert, update, delete on _sqlx_migrations from nadi_serve;
        revoke update on events from nadi_serve;
        revoke update, delete on audit_entries from nadi_serve;
    end if;
    if exists (select from pg_roles where rolname = 'nadi_read') then
        grant usage on schema public to nadi_read;
        grant select on all tables in schema public to nadi_read;
        -- Not what people sign in with, nor what is on its way to them.
        revoke select on address_proofs, api_keys, authenticators, development_mail, idempotency_keys, notifications,
            passkey_challenges, passkeys, recovery_codes, sessions, tokens, unproven_accounts from nadi_read;
        -- Nor who somebody is, why they cancelled, from where they held a time, and where somebody's other calendar is.
        -- What pages and reports need is all the rest; names of reviewers are read from the main database.
        for hidden in
            select * from (values
                ('accounts', array['password_hash', 'email', 'email_digest', 'phone']),
                ('people', array['name', 'birth_date', 'birth_date_encrypted']),
                ('appointments', array['cancel_reason']),
                ('archived_appointments', array['cancel_reason']),
                ('all_appointments', array['cancel_reason']),
                ('hold_sources', array['network']),
                ('invitations', array['email', 'email_digest']),
                ('busy_calendars', array['name', 'address', 'etag', 'owner_email']),
                ('time_off', array['note'])
            ) as all_hidden (relation, columns)
        loop
            execute format('revoke select on %I from nadi_read', hidden.relation);
            execute (
                select format('grant select (%s) on %I to nadi_read',
                              string_agg(quote_ident(attname), ', '), hidden.relation)
                from pg_attribute
                where attrelid = hidden.relation::regclass and attnum > 0 and not attisdropped
                  and attname <> all (hidden.columns));
        end loop;
    end if;
end
$$;
