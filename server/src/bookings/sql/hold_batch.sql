-- Makes many holds at once, those without any obstacle: the account has no other hold (active or lapsed) and no
-- visit ahead with the doctor, the person has no other appointment at that time, there is no stored answer under
-- the idempotency key, and the visit takes one slot. The other holds are not refused by this: they are tried
-- again one by one (hold_single.sql), or the reason for their refusal is read (hold_facts.sql).
--
-- $1 duration of a hold   $2 ids   $3 references   $4 slots   $5 visit types   $6 persons   $7 accounts
-- $8 times of the requests   $9 lock keys   $10 idempotency keys   $11 fingerprints
-- $12 host for the UID in calendar files   $13 languages of the requests
with asked as materialized (
    select a.*,
           row_number() over (partition by a.slot_id order by a.id) as turn,
           row_number() over (partition by a.account_id order by a.id) as of_account
    from unnest($2::uuid[], $3::text[], $4::bigint[], $5::uuid[], $6::uuid[], $7::uuid[],
                $8::timestamptz[], $9::bigint[], $10::text[], $11::bytea[], $13::text[])
         as a (id, reference, slot_id, visit_type_id, person_id, account_id, now, lock_key, key, fingerprint,
               locale)
),
wanted as materialized (
    select a.*, s.doctor_id, s.starts_at, s.ends_at, s.capacity, b.location_id, b.mode, p.time_zone,
           d.clinic_id, d.fee_minor_units, d.currency, v.id as kind_id,
           least(a.now + $1::interval, s.starts_at) as expires_at
    from asked a
    -- Of the holds for one slot, only as many as it has seats can succeed.
    join slots s on s.id = a.slot_id and s.starts_at > a.now and s.closes_at > a.now
         and s.opens_at <= a.now and a.turn <= s.capacity
    join blocks b on b.id = s.block_id
    join locations p on p.id = b.location_id
    join doctors d on d.id = s.doctor_id and d.status = 'listed' and d.archived_at is null
    join visit_types v on v.clinic_id = d.clinic_id and v.archived_at is null and v.slot_span = 1
         and case when a.visit_type_id is null then v.is_default else v.id = a.visit_type_id end
    where a.of_account = 1
      and exists (select from people o
                  where o.id = a.person_id and o.account_id = a.account_id and o.archived_at is null)
      and not exists (select from patient_times t
                      where t.person_id = a.person_id
                        and (t.during && tstzrange(s.starts_at, s.ends_at) or t.held_until < 'infinity'))
      and not exists (select from patient_times t
                      where t.account_id = a.account_id and t.hold_number is not null
                        and t.held_until < 'infinity' offset 0)
      -- `offset 0` makes PostgreSQL look this up by both columns. As a join, planned while the table was empty,
      -- it was looked up by the doctor alone, which read the whole index.
      and not exists (select from patient_times t
                      where t.account_id = a.account_id and t.doctor_id = s.doctor_id
                        and t.visit_number is not null offset 0)
      and (a.key is null
           or (not exists (select from idempotency_keys k
                           where k.account_id = a.account_id and k.key = a.key)
               and pg_try_advisory_xact_lock(a.lock_key)))
),
seat as (
    insert into seats (slot_id, seat_no, capacity, appointment_id, doctor_id, held_until)
    select w.slot_id, n.seat_no, w.capacity, w.id, w.doctor_id, w.expires_at
    from wanted w
    cross join lateral (
        select g::smallint as seat_no
        from generate_series(1, w.capacity) g
        where not exists (select from seats t where t.slot_id = w.slot_id and t.seat_no = g)
        order by g
        offset w.turn - 1
        limit 1
    ) n
    order by w.slot_id, n.seat_no
    on conflict do nothing
    returning appointment_id
),
own_time as (
    insert into patient_times (appointment_id, person_id, during, held_until, account_id, doctor_id,
                               hold_number, visit_number)
    select w.id, w.person_id, tstzrange(w.starts_at, w.ends_at), w.expires_at, w.account_id,
           w.doctor_id, 1, 1
    from seat t join wanted w on w.id = t.appointment_id
    order by w.person_id
    on conflict do nothing
    returning appointment_id
),
made as (
    insert into appointments (
        id, reference, ical_uid, state, expires_at, clinic_id, doctor_id, location_id,
        visit_type_id, slot_id, slot_span, person_id, booked_by, mode, starts_at, ends_at,
        time_zone, fee_minor_units, currency, created_at, updated_at)
    select w.id, w.reference, w.id || '@' || $12::text, 'pending', w.expires_at, w.clinic_id, w.doctor_id,
           w.location_id, w.kind_id, w.slot_id, 1, w.person_id, w.account_id, w.mode, w.starts_at,
           w.ends_at, w.time_zone, w.fee_minor_units, w.currency, w.now, w.now
    from own_time o join wanted w on w.id = o.appointment_id
    returning *
),
recorded as (
    insert into events (type, subject_id, subject_version, doctor_id, actor, actor_account_id,
                        locale, occurred_at, data)
    select 'appointment.held', m.id, m.version, m.doctor_id, 'patient', m.booked_by, w.locale, m.created_at,
           jsonb_build_object(
               'account', m.booked_by, 'location', m.location_id, 'mode', m.mode,
               'starts_at', m.starts_at, 'ends_at', m.ends_at, 'slots', jsonb_build_array(m.slot_id),
               'capacity', w.capacity,
               'seats_left', case when w.capacity = 1 then 0
                                  else greatest(w.capacity - w.turn
                                       - (select count(*) from seats t
                                          where t.slot_id = w.slot_id and t.held_until > w.now), 0) end)
    from made m join wanted w on w.id = m.id
),
answered as (
    select id, jsonb_build_object(
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
    select w.account_id, w.key, w.fingerprint, jsonb_build_object('Ok', a.booked), w.now
    from answered a join wanted w on w.id = a.id and w.key is not null
    order by w.account_id, w.key
    on conflict do nothing
    returning key
)
select booked from answered
union all
-- If some rows are missing, another transaction was faster. Then all of it is undone, and each hold is tried by itself.
select undo_hold()
where (select count(*) from seat) <> (select count(*) from answered)
   or (select count(*) from kept)
      <> (select count(*) from answered a join wanted w on w.id = a.id and w.key is not null)
