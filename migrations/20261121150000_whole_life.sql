-- The whole life of an appointment, and doing each thing once.

-- How often a hold has been extended.
alter table appointments add column extensions smallint not null default 0 check (extensions >= 0);

-- An address may have several accounts, told apart by their passwords: were it unique, registering
-- would tell whether someone is a patient here. Only a code that came back verifies an address.
alter table accounts drop constraint accounts_email_key;
create index accounts_email on accounts (email);

-- Invariant 6: what was answered to a key, written with the effect in one transaction. Answers hold
-- ids, times and reasons, never names. No foreign key: a hold shares no row with another.
create table idempotency_keys (
    account_id uuid not null,
    key text not null,
    -- Of the request, under the server's key.
    fingerprint bytea not null,
    answer jsonb not null,
    created_at timestamptz not null,
    constraint idempotency_keys_pkey primary key (account_id, key)
);
-- For the sweeper. Rows come in by time, so a block range index is all it takes.
create index idempotency_keys_age on idempotency_keys using brin (created_at);

-- The free times at which a visit of `span` consecutive slots can begin. `id` is the first slot,
-- `ends_at` the end of the last.
create function free_runs(at timestamptz, span smallint)
returns table (
    id bigint, doctor_id uuid, block_id bigint, slot_no smallint, starts_at timestamptz,
    ends_at timestamptz, local_date date, capacity smallint, seats_free bigint
)
language sql stable
as $$
    select f.id, f.doctor_id, f.block_id, f.slot_no, f.starts_at, l.ends_at, f.local_date, f.capacity,
           f.seats_free
    from free_slots(at) f
    join slots l on l.block_id = f.block_id and l.slot_no = f.slot_no + span - 1
    where span = 1
       or span - 1 = (select count(*) from free_slots(at) g
                      where g.block_id = f.block_id
                        and g.slot_no > f.slot_no and g.slot_no < f.slot_no + span)
$$;
