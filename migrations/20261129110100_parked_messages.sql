-- no-transaction
-- In the order in which they are claimed: codes first, then the oldest. Empty unless a domain is slow,
-- so that it costs a hold nothing. Made while bookings go on: the whole table is read for it.
create index concurrently if not exists outbox_parked
    on outbox (parked_for, (event_type not in ('appointment.held', 'appointment.code_requested')), due_at)
    where parked_for is not null;
