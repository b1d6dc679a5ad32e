-- A hold is one statement and its own transaction. When it has claimed something but cannot be
-- completed, this undoes all of it from within: the caller needs no second round trip.
create function undo_hold() returns jsonb
language plpgsql volatile
as $$
begin
    raise exception 'the hold did not come about' using errcode = 'ND001';
end
$$;

-- A hold finds the kind of its visit by the clinic.
create index visit_types_clinic on visit_types (clinic_id);
