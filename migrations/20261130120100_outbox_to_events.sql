-- The history up to now: some ten seconds for a million rows, while bookings go on. The trigger of the
-- migration before this one has copied what was written since.
insert into events (transaction_id, id, type, schema_version, subject_id, subject_version, doctor_id, actor,
                    actor_account_id, occurred_at, data)
select '0', o.id, o.event_type, 1, o.appointment_id, o.appointment_version, o.doctor_id, o.actor,
       o.actor_account_id, o.occurred_at, o.payload
from outbox o
where not exists (select from events e where e.subject_id = o.appointment_id and e.id = o.id);
