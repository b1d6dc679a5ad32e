-- Which network made a hold, for administrators who see that somebody blocks a clinic. Networks are personal data: a row
-- is deleted after a day. It is written after the hold, many rows at a time, and may be missing.
create table hold_sources (
    appointment_id uuid primary key,
    -- An IPv4 address, or the first address of an IPv6 network of 64 bits.
    network inet not null,
    held_at timestamptz not null
);
create index hold_sources_held_at on hold_sources (held_at);
