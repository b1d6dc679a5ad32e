-- The language of the request that made a change, for messages about it to people without an account. Null for what the
-- platform does itself, for holds, which always have an account, and for events from before this column.
alter table events add column locale text;
