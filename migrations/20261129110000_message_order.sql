-- Messages: which events are being delivered, and which wait for a place among deliveries to their domain.

alter table outbox
    -- Until then one relay is delivering it. `due_at` says the same, for the release before this one.
    add column leased_until timestamptz,
    -- It waits for a place among the deliveries to this mail domain. When it is due, it is looked at
    -- like any other, so that nothing waits for a relay that has ended.
    add column parked_for text;
