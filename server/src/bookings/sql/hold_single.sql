-- Makes one hold, with the rules of `nadi::appointment::decide` as conditions.
--
-- $1 now   $2 slot   $3 person   $4 account   $5 id   $6 reference   $7 duration   $8 first seat to try
-- $9 holds allowed   $10 visit type, or null   $11 lock key   $12 idempotency key   $13 fingerprint (the last three
-- are null without a key)   $14 visits allowed ahead with one doctor   $15 host for the UID in calendar files
-- $16 language of the request
--
-- `cargo xtask bench` runs the same text with pgbench.
with key_lock as materialized (
    -- Another request with the same key waits here, before it locks anything else.
    select pg_advisory_xact_lock($11)
),
wanted as (
    select s.id, s.doctor_id, s.block_id, s.slot_no, s.starts_at, l.ends_at, b.location_id,
           b.mode, p.time_zone, d.clinic_id, d.fee_minor_units, d.currency,
           v.id as visit_type_id, v.slot_span,
           least($1::timestamptz + $7::interval, s.starts_at) as expires_at
    from slots s
    join blocks b on b.id = s.block_id
    join locations p on p.id = b.location_id
    join doctors d on d.id = s.doctor_id and d.status = 'listed' and d.archived_at is null
    join visit_types v on v.clinic_id = d.clinic_id and v.archived_at is null
         and case when $10::uuid is null then v.is_default else v.id = $10 end
    join slots l on l.block_id = s.block_id and l.slot_no = s.slot_no + v.slot_span - 1
    where s.id = $2 and s.starts_at > $1 and s.closes_at > $1 and s.opens_at <= $1
      and ($11::bigint is null or (select count(*) from key_lock) = 1)
      and exists (select from people
                  where id = $3 and account_id = $4 and archived_at is null)
),
run as (
    select s.id, s.slot_no, s.capacity
    from wanted w
    join slots s on s.block_id = w.block_id
         and s.slot_no between w.slot_no and w.slot_no + w.slot_span - 1
),
lapsed as (
    select t.appointment_id as id
    from seats t join run r on t.slot_id = r.id
    where t.held_until <= $1
    union
    select p.appointment_id
    from patient_times p join wanted w on p.during && tstzrange(w.starts_at, w.ends_at)
    where p.person_id = $3 and p.held_until <= $1
    union
    select p.appointment_id
    from patient_times p
    where p.account_id = $4 and p.hold_number is not null and p.held_until < 'infinity'
      and p.held_until <= $1
      and exists (select from wanted)
),
given_up as (
    select p.appointment_id as id
    from patient_times p, wanted w
    where p.person_id = $3 and p.held_until < 'infinity'
      -- A subquery, so that it is looked up by id in every plan.
      and (select a.state = 'pending' and a.doctor_id = w.doctor_id
                  and (a.slot_id <> w.id or a.visit_type_id <> w.visit_type_id)
           from appointments a where a.id = p.appointment_id)
    union all
    -- A visitor holds one time, with whichever doctor and for whichever person.
    select p.appointment_id
    from patient_times p, wanted w
    where $9::smallint = 1
      and p.account_id = $4 and p.hold_number is not null and p.held_until < 'infinity'
      and (select a.state = 'pending' and (a.slot_id <> w.id or a.visit_type_id <> w.visit_type_id)
           from appointments a where a.id = p.appointment_id)
),
-- `end_holds` locks these appointments and checks their state again after any wait.
ended as materialized (
    select e.id
    from (select (select array_agg(id) from lapsed) as lapsed,
                 (select array_agg(id) from given_up) as given_up) i,
         lateral end_holds(coalesce(i.lapsed, '{}'), coalesce(i.given_up, '{}'), $1) e
    where i.lapsed is not null or i.given_up is not null
),
numbers as (
    select (select g from generate_series(1, $9::smallint) g
            where not exists (select from patient_times p
                              where p.account_id = $4 and p.hold_number = g
                                and p.held_until < 'infinity'
                                and p.appointment_id not in (select id from ended))
            limit 1) as hold_number,
           (select g from generate_series(1, $14::smallint) g
            where not exists (select from patient_times p
                              where p.account_id = $4 and p.doctor_id = w.doctor_id
                                and p.visit_number = g and lower(p.during) > $1
                                and p.appointment_id not in (select id from ended))
            limit 1) as visit_number,
           -- Counted, because lower numbers may be unused and higher ones in use since a time when more were allowed.
           (select count(*) from patient_times p
            where p.account_id = $4 and p.doctor_id = w.doctor_id and p.visit_number is not null
              and lower(p.during) > $1 and p.appointment_id not in (select id from ended)) as visits
    from wanted w
),
seat as (
    insert into seats (slot_id, seat_no, capacity, appointment_id, doctor_id, held_until)
    select r.id, n.seat_no, r.capacity, $5, w.doctor_id, w.expires_at
    from wanted w
    cross join run r
    cross join lateral (
        select g::smallint as seat_no
        from generate_series(1, r.capacity) g
        where not exists (select from seats t
                          where t.slot_id = r.id and t.seat_no = g and t.held_until > $1
                            and t.appointment_id not in (select id from ended))
        order by (g + $8::int) % r.capacity
        limit 1
    ) n
    -- Reading from `ended` makes PostgreSQL end the older holds first.
    where (select count(*) from ended) >= 0
      and exists (select from numbers
                  where hold_number is not null and visit_number is not null and visits < $14)
    order by r.id
    on conflict do nothing
    returning slot_id
),
-- A visit that has begun gives its number back.
begun as (
    update patient_times p
    set visit_number = null
    from wanted w, numbers n
    where p.account_id = $4 and p.doctor_id = w.doctor_id and p.visit_number = n.visit_number
      and lower(p.during) <= $1 and (select count(*) from seat) = w.slot_span
      and p.appointment_id not in (select id from ended)
    returning p.appointment_id
),
own_time as (
    insert into patient_times (appointment_id, person_id, during, held_until, account_id, doctor_id,
                               hold_number, visit_number)
    select $5, $3, tstzrange(w.starts_at, w.ends_at), w.expires_at, $4, w.doctor_id, n.hold_number,
           n.visit_number
    from wanted w, numbers n
    where (select count(*) from seat) = w.slot_span
      and (select count(*) from begun) >= 0
    on conflict do nothing
    returning appointment_id
),
made as (
    insert into appointments (
        id, reference, ical_uid, state, expires_at, clinic_id, doctor_id, location_id,
        visit_type_id, slot_id, slot_span, person_id, booked_by, mode, starts_at, ends_at,
        time_zone, fee_minor_units, currency, created_at, updated_at)
    select $5, $6, $5::uuid || '@' || $15::text, 'pending', w.expires_at, w.clinic_id, w.doctor_id,
           w.location_id, w.visit_type_id, w.id, w.slot_span, $3, $4, w.mode, w.starts_at,
           w.ends_at, w.time_zone, w.fee_minor_units, w.currency, $1, $1
    from wanted w, own_time
    returning *
),
recorded as (
    insert into events (type, subject_id, subject_version, doctor_id, actor, actor_account_id,
                        locale, occurred_at, data)
    select 'appointment.held', m.id, m.version, m.doctor_id, 'patient', $4, $16::text, $1,
           jsonb_build_object(
               'account', m.booked_by, 'location', m.location_id, 'mode', m.mode,
               'starts_at', m.starts_at, 'ends_at', m.ends_at, 'slots', v.slots,
               'capacity', v.capacity, 'seats_left', v.seats_left)
    from made m
    cross join (
        select jsonb_agg(r.id order by r.slot_no) as slots, min(r.capacity) as capacity,
               min(case when r.capacity = 1 then 0
                        else greatest(r.capacity - 1
                             - (select count(*) from seats t
                                where t.slot_id = r.id and t.held_until > $1
                                  and t.appointment_id not in (select id from ended)), 0) end) as seats_left
        from run r
    ) v
),
answered as (
    select jsonb_build_object(
               'id', id, 'reference', reference, 'state', state, 'version', version,
               'person', person_id, 'doctor', doctor_id, 'location', location_id,
               'visit_type', visit_type_id, 'slot', slot_id, 'mode', mode,
               'starts_at', starts_at, 'ends_at', ends_at, 'time_zone', time_zone,
               'fee', jsonb_build_object('minor_units', fee_minor_units, 'currency', currency),
               'expires_at', expires_at, 'extensions', extensions,
               'code_tries', code_tries, 'created_at', created_at) as booked
    from made
),
kept as (
    insert into idempotency_keys (account_id, key, fingerprint, answer, created_at)
    select $4, $12, $13, jsonb_build_object('Ok', booked), $1
    from answered
    where $12::text is not null
    on conflict do nothing
    returning key
)
-- Either everything was written, or all of it is undone. If nothing was written, there is nothing to undo.
select case
           when (select count(*) from answered) = 1
                and ($12::text is null or (select count(*) from kept) = 1)
               then (select booked from answered)
           when (select count(*) from seat) + (select count(*) from ended) > 0 then undo_hold()
       end as booked
