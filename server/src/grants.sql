-- What the roles of ops/database-roles.sql may do with the tables, after each migration. Where a database has one role
-- for everything, these do not exist. Functions need no grant: by default everybody may execute them.
do $$
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
        revoke select on accounts, address_proofs, api_keys, authenticators, development_mail, idempotency_keys,
            notifications, passkey_challenges, passkeys, recovery_codes, sessions, tokens from nadi_read;
        execute (
            select format('grant select (%s) on accounts to nadi_read', string_agg(quote_ident(attname), ', '))
            from pg_attribute
            where attrelid = 'accounts'::regclass and attnum > 0 and not attisdropped
              and attname <> 'password_hash');
    end if;
end
$$;
