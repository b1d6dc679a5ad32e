-- Three roles for a database of Nadi, each with the least that it needs:
--
--   nadi_migrate  owns the schema and may change it: `nadi migrate`
--   nadi_serve    reads and writes rows, and cannot change the schema: `nadi serve` and all other commands
--   nadi_read     only reads rows: `DATABASE_READ_URL`, reports
--
-- Run it as a superuser in the database, before the first `nadi migrate`; then give each role a password:
--
--   psql -v ON_ERROR_STOP=1 -d nadi -f ops/database-roles.sql
--   psql -d nadi -c '\password nadi_migrate' -c '\password nadi_serve' -c '\password nadi_read'
--
-- In an existing database it hands the tables over to nadi_migrate; then run `nadi migrate`, which grants the other two
-- roles what they need of each table. It may be run again at any time, and must be after a restore into another cluster.

do $$
declare
    database text := quote_ident(current_database());
    role text;
    statement text;
begin
    foreach role in array array['nadi_migrate', 'nadi_serve', 'nadi_read'] loop
        if not exists (select from pg_roles where rolname = role) then
            execute format('create role %I login', role);
        end if;
    end loop;

    -- By default everybody may connect and make temporary tables.
    execute format('revoke all on database %s from public', database);
    execute format('grant connect on database %s to nadi_migrate, nadi_serve, nadi_read', database);
    -- Migrations add extensions and use temporary tables.
    execute format('grant create, temporary on database %s to nadi_migrate', database);
    revoke all on schema public from public;
    alter schema public owner to nadi_migrate;

    -- The limits of a request. `nadi migrate` sets the same for the role that it connects as.
    foreach role in array array['nadi_serve', 'nadi_read'] loop
        foreach statement in array array[
            'statement_timeout = ''10s''',
            'lock_timeout = ''1s''',
            'idle_in_transaction_session_timeout = ''15s''',
            'jit = ''off'''
        ] loop
            execute format('alter role %I in database %s set %s', role, database, statement);
        end loop;
    end loop;

    -- What there is already, except for what belongs to extensions. Sequences and partitions of a table's own follow it
    -- or are listed themselves.
    for statement in
        select case c.relkind when 'S' then 'alter sequence ' when 'v' then 'alter view ' else 'alter table ' end
            || c.oid::regclass
        from pg_class c
        where c.relnamespace = 'public'::regnamespace
          and c.relkind in ('r', 'p', 'v', 'S')
          and not exists (select from pg_depend d
                          where d.classid = 'pg_class'::regclass and d.objid = c.oid
                            and (d.deptype = 'e' or c.relkind = 'S' and d.deptype in ('a', 'i')))
        union all
        select 'alter routine ' || p.oid::regprocedure
        from pg_proc p
        where p.pronamespace = 'public'::regnamespace
          and not exists (select from pg_depend d
                          where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    loop
        execute statement || ' owner to nadi_migrate';
    end loop;
end
$$;
