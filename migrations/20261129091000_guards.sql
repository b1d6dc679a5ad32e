-- How many holds an account may have, and how many visits ahead of it with one doctor, guarded by
-- constraints: each claims a number of its own. And one way to end a hold.

-- In the order in which requests lock them.
lock table seats in share row exclusive mode;
lock table patient_times in access exclusive mode;

alter table patient_times
    -- Who booked it, and with whom.
    add column account_id uuid,
    add column doctor_id uuid,
    -- Which of the account's holds it is. It counts while it is a hold: the release before this one
    -- leaves it when it confirms one.
    add column hold_number smallint check (hold_number between 1 and 3),
    -- Which of the account's visits with the doctor it is, held or confirmed. Once the visit has begun
    -- the number may be given to another.
    add column visit_number smallint check (visit_number > 0);
update patient_times p
set account_id = a.booked_by, doctor_id = a.doctor_id
from appointments a
where a.id = p.appointment_id;
update patient_times p
set hold_number = n.number
from (select appointment_id, row_number() over (partition by account_id order by appointment_id) as number
      from (select distinct on (person_id, doctor_id) appointment_id, account_id
            from patient_times where held_until < 'infinity'
            order by person_id, doctor_id, appointment_id) one) n
where n.appointment_id = p.appointment_id and n.number <= 3;
update patient_times p
set visit_number = n.number
from (select appointment_id,
             row_number() over (partition by account_id, doctor_id order by appointment_id) as number
      from patient_times where lower(during) > now()) n
where n.appointment_id = p.appointment_id;
create unique index patient_times_hold_number_key on patient_times (account_id, hold_number)
    where hold_number is not null and held_until < 'infinity';
-- A person holds one time with a doctor; the next one takes its place.
-- The account comes first, although a person has but one: on a new database every index looks alike, and
-- what is looked for by the account must not end up reading all of this one.
create unique index patient_times_one_hold_key on patient_times (account_id, person_id, doctor_id)
    where hold_number is not null and held_until < 'infinity';
create unique index patient_times_visit_number_key on patient_times (account_id, doctor_id, visit_number)
    where visit_number is not null;

-- Doctors of whose times one that was kept for somebody has just become free: what was in its way can
-- be made again. Without a key, so that nobody waits; the job that makes times takes the rows.
create table freed_kept_times (
    doctor_id uuid not null
);
create function note_freed_kept_times() returns trigger
language plpgsql
as $$
begin
    -- Hours that are being saved have locked the slots they keep: what becomes of them is known after that.
    perform from slots s where s.id in (select g.slot_id from gone g) order by s.id for key share;
    insert into freed_kept_times (doctor_id)
    select distinct s.doctor_id
    from gone g join slots s on s.id = g.slot_id
    where s.closes_at = '-infinity'
       -- Beside a kept time, one may have been left without its buffers because somebody had it.
       or exists (select from blocks b
                  where b.doctor_id = s.doctor_id and b.kept and b.closed_at is null
                    and b.starts_at between s.starts_at - interval '1 day' and s.starts_at + interval '1 day');
    return null;
end
$$;
create trigger seats_freed after delete on seats
    referencing old table as gone
    for each statement execute function note_freed_kept_times();
-- What has been freed before.
insert into freed_kept_times
select distinct doctor_id from blocks where kept and closed_at is null and ends_at > now();

-- Ends holds, gives back their seats and times, and writes the events: of `lapsed` those that have run
-- out by `at`, of `given_up` those that still are holds. This is the only place where a hold ends by
-- itself. A row that somebody else is changing is waited for, and judged by what it is after that:
-- both conditions are this statement's own, so PostgreSQL checks them again on the newest version.
create function end_holds(lapsed uuid[], given_up uuid[], at timestamptz)
returns table (id uuid, version integer, doctor_id uuid)
language plpgsql
as $$
#variable_conflict use_column
begin
    return query
    with locked as (
        select a.id, a.expires_at <= at as has_lapsed
        from appointments a
        where a.id = any (lapsed || given_up) and a.state = 'pending'
          and (a.expires_at <= at or a.id = any (given_up))
        order by a.id
        for update
    ),
    ended as (
        update appointments a
        set state = case when k.has_lapsed then 'expired' else 'cancelled' end,
            cancelled_by = case when k.has_lapsed then null else 'system' end,
            version = a.version + 1,
            updated_at = at
        from locked k
        where a.id = k.id
        returning a.id, a.version, a.doctor_id, k.has_lapsed
    ),
    freed_seats as (delete from seats t using ended e where t.appointment_id = e.id),
    freed_times as (delete from patient_times p using ended e where p.appointment_id = e.id),
    told as (
        insert into outbox (event_type, appointment_id, appointment_version, doctor_id, actor,
                            occurred_at, due_at)
        select case when has_lapsed then 'appointment.expired' else 'appointment.released' end,
               e.id, e.version, e.doctor_id, 'system', at, at
        from ended e
    )
    select e.id, e.version, e.doctor_id from ended e;
end
$$;

-- A rule of the doctor's hours cannot be read since then: they keep the times there are, and stay due.
alter table schedules add column unreadable_since timestamptz;
