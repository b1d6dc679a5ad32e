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

-- Final states whose time ended months ago. Whoever adds a column to `appointments` adds it here, too,
-- and makes the view again.
create table archived_appointments (like appointments including defaults including constraints, primary key (id));
create index archived_appointments_booked_by on archived_appointments (booked_by, starts_at);
create index archived_appointments_doctor on archived_appointments (doctor_id, starts_at);

-- All of them. A row moves to the archive within one transaction, so one statement sees it once.
create view all_appointments as
select * from appointments
union all
select * from archived_appointments;

-- Moves to the archive what is final and ended before `ended`: looks at `at_most` appointments after
-- `after` in the order of their ids, which is that of their making. Tells how many it moved, and the last
-- id it looked at; null at the end.
create function archive_appointments(ended timestamptz, after uuid, at_most integer, out moved bigint, out last uuid)
language sql
as $$
    with looked_at as (
        select a.id, a.ends_at < ended and a.state in ('completed', 'cancelled', 'expired', 'no_show') as is_due
        from appointments a
        where a.id > after and a.id < uuidv7_floor(ended)
        order by a.id
        limit at_most
    ),
    -- What somebody is changing is left for the next time; the rest is looked at once more, now locked.
    locked as (
        select a.id from appointments a
        where a.id in (select l.id from looked_at l where l.is_due)
          and a.state in ('completed', 'cancelled', 'expired', 'no_show')
        order by a.id
        for update skip locked
    ),
    gone as (
        delete from appointments a using locked k where a.id = k.id returning a.*
    ),
    kept as (
        insert into archived_appointments select * from gone returning id
    )
    select (select count(*) from kept), (select (array_agg(l.id order by l.id desc))[1] from looked_at l)
$$;

-- The release before this one still calls it.
create or replace function ensure_appointment_partitions(at timestamptz, months_ahead integer)
returns integer
language sql
as $$
    select 0
$$;
