-- The role that serves deletes events only when nobody needs them any more: after two years, and those of appointments
-- together with the appointment (`retention::EVENT`). Other roles, such as that of a database with one role for
-- everything, are not limited. An event's time cannot be changed, because that role may not update events.
create function events_stay() returns trigger language plpgsql as $$
declare
    is_needed boolean := case
        when old.type like 'appointment.%' then exists (select from all_appointments a where a.id = old.subject_id)
        else old.occurred_at > now() - interval '730 days'
    end;
begin
    if is_needed then
        raise insufficient_privilege using message = 'this event is still needed';
    end if;
    return old;
end
$$;
create trigger events_stay before delete on events
    for each row when (current_user = 'nadi_serve') execute function events_stay();
