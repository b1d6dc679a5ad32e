-- Where an appointment may be moved: the first slots of runs as long as its visit, soonest first. This is
-- `nadi::appointment::decide`'s rule for a move as a query. Seats and time of the appointment itself count
-- as free, and its present time is no new one. Notice and booking window bind patients, not the clinic.
create function move_targets(at timestamptz, appointment uuid, by_clinic boolean)
returns table (
    id bigint, doctor_id uuid, block_id bigint, slot_no smallint, starts_at timestamptz,
    ends_at timestamptz, local_date date, capacity smallint, seats_free bigint
)
language sql stable
as $$
    select s.id, s.doctor_id, s.block_id, s.slot_no, s.starts_at, l.ends_at, s.local_date, s.capacity,
           run.seats_free
    from appointments a
    join doctors d on d.id = a.doctor_id and d.status = 'listed' and d.archived_at is null
    join slots s on s.doctor_id = a.doctor_id and s.id <> a.slot_id
    join slots l on l.block_id = s.block_id and l.slot_no = s.slot_no + a.slot_span - 1
    cross join lateral (
        select count(*) as slots,
               min(r.capacity - (select count(*) from seats t
                                 where t.slot_id = r.id and t.held_until > at
                                   and t.appointment_id <> a.id)) as seats_free
        from slots r
        where r.block_id = s.block_id and r.slot_no between s.slot_no and s.slot_no + a.slot_span - 1
          and r.closes_at > '-infinity'
    ) run
    where a.id = appointment
      and s.starts_at > at and (by_clinic or s.opens_at <= at and s.closes_at > at)
      and run.slots = a.slot_span and run.seats_free > 0
      and not exists (select from patient_times p
                      where p.person_id = a.person_id and p.during && tstzrange(s.starts_at, l.ends_at)
                        and p.held_until > at and p.appointment_id <> a.id)
$$;
