-- Current appointments in one plain table, those that ended long ago in an archive. Before, the one
-- table was partitioned by month, and a hold opened every partition there was.
--
-- The table is copied while it is locked: about ten seconds for a million rows. The release before
-- this one works with the plain table as it did with the partitioned one.

alter table appointments rename to appointments_by_month;
create table appointments (like appointments_by_month including defaults including constraints);
insert into appointments select * from appointments_by_month;
drop table appointments_by_month;
alter table appointments add primary key (id);
create index appointments_booked_by on appointments (booked_by, starts_at);
create index appointments_doctor on appointments (doctor_id, starts_at);
analyze appointments;

-- Final states whose time ended months ago. The id is a UUIDv7, so its month is the row's partition,
-- and a look-up by id opens one. Whoever adds a column to `appointments` adds it here, too, and makes
-- the view again.
create table archived_appointments (like appointments including defaults including constraints, primary key (id))
    partition by range (id);
create index archived_appointments_booked_by on archived_appointments (booked_by, starts_at);
create index archived_appointments_doctor on archived_appointments (doctor_id, starts_at);

-- All of them. A row moves to the archive within one transaction, so one statement sees it once.
create view all_appointments as
select * from appointments
union all
select * from archived_appointments;

-- Moves to the archive what is final and ended before `ended`: looks at `at_most` appointments after
-- `after` in the order of their ids. Tells how many it moved, and the last id it looked at; null at the end.
create function archive_appointments(ended timestamptz, after uuid, at_most integer, out moved bigint, out last uuid)
language plpgsql
as $$
declare
    due uuid[];
    month timestamp;
    name text;
begin
    with looked_at as (
        select a.id, a.ends_at < ended and a.state in ('completed', 'cancelled', 'expired', 'no_show') as is_due
        from appointments a
        where a.id > after and a.id < uuidv7_floor(ended)
        order by a.id
        limit at_most
    )
    select array_agg(l.id order by l.id) filter (where l.is_due), (array_agg(l.id order by l.id desc))[1]
    into due, last
    from looked_at l;
    moved := 0;
    if due is null then
        return;
    end if;
    -- The first 48 bits of an id are its milliseconds.
    for month in
        select distinct date_trunc('month', to_timestamp(
                   ('x' || substr(replace(d::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0) at time zone 'UTC')
        from unnest(due) d
    loop
        name := 'archived_appointments_' || to_char(month, 'YYYY_MM');
        if not exists (select from pg_inherits i join pg_class c on c.oid = i.inhrelid
                       where i.inhparent = 'archived_appointments'::regclass and c.relname = name) then
            perform pg_advisory_xact_lock(hashtextextended('archive_appointments', 0));
        end if;
        if not exists (select from pg_inherits i join pg_class c on c.oid = i.inhrelid
                       where i.inhparent = 'archived_appointments'::regclass and c.relname = name) then
            -- This waits for whoever reads the archive, and they for it. Attaching a table would not, and
            -- then a statement that was planned before could miss a row that moves into it.
            execute format(
                'create table %I partition of archived_appointments for values from (%L) to (%L)',
                name,
                uuidv7_floor(month at time zone 'UTC'),
                uuidv7_floor((month + interval '1 month') at time zone 'UTC')
            );
        end if;
    end loop;
    -- What somebody is changing is left for the next time; the rest is looked at once more, now locked.
    with locked as (
        select a.id from appointments a
        where a.id = any (due) and a.state in ('completed', 'cancelled', 'expired', 'no_show')
        order by a.id
        for update skip locked
    ),
    gone as (
        delete from appointments a using locked k where a.id = k.id returning a.*
    ),
    kept as (
        insert into archived_appointments select * from gone returning id
    )
    select count(*) into moved from kept;
end
$$;

-- The release before this one still calls it.
create or replace function ensure_appointment_partitions(at timestamptz, months_ahead integer)
returns integer
language sql
as $$
    select 0
$$;
