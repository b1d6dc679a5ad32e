-- For the steps that delete old appointments (`server/src/retention.rs`). On its own, because it may take a while: the
-- release before only adds to this table, once an hour, and tries again.

create index archived_appointments_end on archived_appointments (ends_at);
create index archived_appointments_lapsed on archived_appointments (ends_at) where state in ('expired', 'cancelled');
