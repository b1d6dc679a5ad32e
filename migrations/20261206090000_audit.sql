-- The audit log: who did what, and who has seen what about patients. It has ids, never names, so deleting a person leaves
-- it whole. The release before writes and reads none of this; what happens while it serves is recorded from its events,
-- but not who has seen what.

-- What has just been seen, in the transaction that read it. A job moves it into the log.
create table audit_pending (
    id bigint generated always as identity primary key,
    action text not null,
    -- In which role, by which account, and in which request.
    role text not null,
    account_id uuid,
    subjects uuid[] not null,
    request_id uuid,
    occurred_at timestamptz not null
);

-- The log. Each entry has the hash of the one before it and of itself, so nobody can change, insert or remove one
-- without all later hashes becoming wrong: see `server/src/audit/chain.rs`.
create table audit_entries (
    position bigint primary key check (position > 0),
    action text not null,
    role text not null,
    account_id uuid,
    subjects uuid[] not null,
    request_id uuid,
    occurred_at timestamptz not null,
    hash bytea not null check (length(hash) = 32)
);
create index audit_entries_account on audit_entries (account_id, position);
create index audit_entries_action on audit_entries (action, position);
create index audit_entries_subjects on audit_entries using gin (subjects);
create index audit_entries_time on audit_entries using brin (occurred_at);

-- What happened before is in the event log.
insert into event_readers (name, position) values ('audit', pg_current_snapshot());

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'entries of % are never changed or removed', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_entries_are_final before update or delete or truncate on audit_entries
    for each statement execute function refuse_change();
