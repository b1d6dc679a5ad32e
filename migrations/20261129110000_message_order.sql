-- Messages: which events are being delivered, and which wait for a place among deliveries to their domain.

alter table outbox
    -- Until then one relay is delivering it. `due_at` says the same, for the release before this one.
    add column leased_until timestamptz,
    -- It waits for a place among the deliveries to this mail domain. When it is due, it is looked at
    -- like any other, so that nothing waits for a relay that has ended.
    add column parked_for text;

-- In the order in which they are claimed: codes first, then the oldest. Empty unless a domain is slow,
-- so that it costs a hold nothing.
create index outbox_parked
    on outbox (parked_for, (event_type not in ('appointment.held', 'appointment.code_requested')), due_at)
    where parked_for is not null;
