-- The facts about holds that were not granted, in the order of the requests. In one statement, so that all facts
-- are of the same moment: between two statements a hold of the same person may be made or end. `offset 0` makes
-- PostgreSQL look up rows by id. A join, planned while there are no appointments, would read all of them later.
--
-- A visitor may have one hold, for whichever person: the new hold takes its place. So with one hold allowed, what a hold
-- of the person with the doctor is for accounts, any hold is for the visitor.
--
-- $1 slots   $2 visit types, or null   $3 persons   $4 accounts   $5 times of the requests   $6 idempotency keys, or null
-- $7 holds allowed
select k.fingerprint as "fingerprint?",
       k.answer as "answer?",
       exists (select from people o
               where o.id = a.person_id and o.account_id = a.account_id and o.archived_at is null)
           as "person_is_own!",
       (select jsonb_build_object(
                   'id', x.id, 'reference', x.reference, 'state', x.state, 'version', x.version,
                   'person', x.person_id, 'doctor', x.doctor_id, 'location', x.location_id,
                   'visit_type', x.visit_type_id, 'slot', x.slot_id, 'mode', x.mode,
                   'starts_at', x.starts_at, 'ends_at', x.ends_at, 'time_zone', x.time_zone,
                   'fee', jsonb_build_object('minor_units', x.fee_minor_units, 'currency', x.currency),
                   'expires_at', x.expires_at, 'extensions', x.extensions,
                   'code_tries', x.code_tries, 'created_at', x.created_at)
        from (select t.appointment_id
              from patient_times t
              where t.person_id = a.person_id and t.held_until > a.now
              union
              select t.appointment_id
              from patient_times t
              where a.holds_max = 1 and t.account_id = a.account_id and t.hold_number is not null
                and t.held_until < 'infinity' and t.held_until > a.now) t
        cross join lateral (select * from appointments x where x.id = t.appointment_id offset 0) x
        where x.slot_id = a.slot_id and x.visit_type_id = v.id) as standing,
       case when v.id is not null then s.starts_at end as starts_at,
       coalesce(d.status = 'listed' and d.archived_at is null
                and run.slots = v.slot_span and run.capacity > 0 and run.not_only_kept, false) as "offered!",
       coalesce(s.opens_at <= a.now, true) as "opened!",
       coalesce(s.closes_at <= a.now, false) as "closed!",
       coalesce(run.seats_free, 0) as "seats_free!",
       exists (select from patient_times t
               cross join lateral (select * from appointments x where x.id = t.appointment_id offset 0) x
               where t.person_id = a.person_id and t.held_until > a.now
                 and t.during && tstzrange(s.starts_at, run.ends_at)
                 and not (x.state = 'pending' and (x.doctor_id = s.doctor_id or a.holds_max = 1))) as "person_is_busy!",
       (select count(*)
        from patient_times t
        where t.account_id = a.account_id and t.hold_number is not null
          and t.held_until > a.now and t.held_until < 'infinity'
          and not (t.person_id = a.person_id and t.doctor_id = s.doctor_id or a.holds_max = 1)) as "other_holds!",
       (select count(*)
        from patient_times t
        where t.account_id = a.account_id and t.doctor_id = s.doctor_id and t.visit_number is not null
          and t.held_until > a.now and lower(t.during) > a.now
          and not ((t.person_id = a.person_id or a.holds_max = 1) and t.hold_number is not null
                   and t.held_until < 'infinity')) as "other_visits!"
from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[],
            $7::smallint[])
     with ordinality as a (slot_id, visit_type_id, person_id, account_id, now, key, holds_max, n)
left join idempotency_keys k on k.account_id = a.account_id and k.key = a.key
left join slots s on s.id = a.slot_id
left join doctors d on d.id = s.doctor_id
left join visit_types v on v.clinic_id = d.clinic_id and v.archived_at is null
     and case when a.visit_type_id is null then v.is_default else v.id = a.visit_type_id end
left join lateral (
    select count(*) as slots, min(r.capacity) as capacity, max(r.ends_at) as ends_at,
           bool_and(r.closes_at > '-infinity') as not_only_kept,
           -- A seat of the person's own hold counts as free: the new hold would replace that one.
           min(r.capacity - (select count(*) from seats t
                             where t.slot_id = r.id and t.held_until > a.now
                               and not exists (select from patient_times h
                                               where h.appointment_id = t.appointment_id
                                                 and (h.person_id = a.person_id
                                                      or a.holds_max = 1 and h.account_id = a.account_id)
                                                 and h.held_until < 'infinity'))) as seats_free
    from slots r
    where r.block_id = s.block_id and r.slot_no between s.slot_no and s.slot_no + v.slot_span - 1
) run on true
order by a.n
