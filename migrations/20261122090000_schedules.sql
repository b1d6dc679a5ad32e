-- Schedules: rules that repeat as RFC 5545 says, single days, time off, public holidays, busy times
-- from calendars elsewhere, and the private addresses of calendar feeds.

-- One row a doctor: what a change of hours locks, and how far their times are made.
create table schedules (
    doctor_id uuid primary key references doctors,
    -- A change names the version it was made from.
    version integer not null default 1 check (version > 0),
    -- Blocks exist for every date before this one.
    made_until date,
    -- The release of the time-zone data they were made with.
    time_zone_data text,
    -- Holidays or busy times have changed since: the times are to be compared again.
    stale boolean not null default true
);
create index schedules_to_make on schedules (made_until, doctor_id);
create index schedules_stale on schedules (doctor_id) where stale;
insert into schedules (doctor_id) select id from doctors;

-- From one weekday to a rule. Nothing refers to a rule any more: times are compared by what they are.
alter table availability_rules
    -- An RRULE (RFC 5545, 3.3.10) of whole days; null: once, on `effective_from`.
    add column recurrence text check (length(recurrence) <= 500),
    add column buffer_before_minutes smallint not null default 0
        check (buffer_before_minutes between 0 and 120),
    add column buffer_after_minutes smallint not null default 0
        check (buffer_after_minutes between 0 and 120),
    -- Not to be booked later than so long before the start.
    add column notice_minutes integer not null default 0 check (notice_minutes between 0 and 86400),
    -- Not to be booked earlier than so many days before; null: as soon as the times are made.
    add column window_days smallint check (window_days between 1 and 366),
    -- Where it stands among the doctor's rules.
    add column position smallint not null default 0,
    -- About how much of a week it is: a doctor's place with most of it comes first.
    add column weekly_minutes integer not null default 0;
update availability_rules
set recurrence = 'FREQ=WEEKLY;BYDAY=' || (array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'])[weekday],
    weekly_minutes = extract(epoch from ends_local - starts_local) / 60;
drop index blocks_rule_date_key;
alter table blocks drop column rule_id;
alter table availability_rules
    drop column weekday,
    drop column made_until,
    drop constraint availability_rules_order,
    -- Midnight is the end of the day.
    add constraint availability_rules_order check (starts_local < ends_local or ends_local = '00:00');

-- Wall time, wherever the doctor would be working then.
create table time_off (
    id uuid primary key,
    doctor_id uuid not null references doctors,
    starts_local timestamp not null,
    ends_local timestamp not null,
    note text not null default '' check (length(note) <= 200),
    created_at timestamptz not null,
    archived_at timestamptz,
    constraint time_off_order check (starts_local < ends_local)
);
create index time_off_doctor on time_off (doctor_id) where archived_at is null;

-- A schedule someone is about to save: between the form and the button below its preview.
create table schedule_drafts (
    id uuid primary key,
    doctor_id uuid not null references doctors,
    account_id uuid not null references accounts,
    -- The version it was made from.
    version integer not null,
    schedule jsonb not null,
    created_at timestamptz not null,
    -- What saving it did, so that saving it again says the same.
    saved jsonb
);
create index schedule_drafts_age on schedule_drafts using brin (created_at);

-- Regions (ISO 3166) whose public holidays a clinic keeps.
create table clinic_holidays (
    clinic_id uuid not null references clinics,
    region text not null check (length(region) between 2 and 20),
    primary key (clinic_id, region)
);

-- Public holidays on which a clinic works all the same.
create table clinic_working_days (
    clinic_id uuid not null references clinics,
    date date not null,
    primary key (clinic_id, date)
);

-- Calendars from elsewhere whose times a doctor is busy.
create table busy_calendars (
    id uuid primary key,
    doctor_id uuid not null references doctors,
    name text not null check (length(name) between 1 and 100),
    -- Null: a file that was sent once.
    address text check (length(address) <= 2000),
    etag text,
    read_at timestamptz,
    -- Not to be fetched before.
    due_at timestamptz not null,
    failures smallint not null default 0,
    fault jsonb,
    created_at timestamptz not null,
    archived_at timestamptz
);
create index busy_calendars_doctor on busy_calendars (doctor_id) where archived_at is null;
create index busy_calendars_due on busy_calendars (due_at)
    where archived_at is null and address is not null;

create table busy_times (
    calendar_id uuid not null references busy_calendars,
    doctor_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    primary key (calendar_id, starts_at),
    constraint busy_times_order check (starts_at < ends_at)
);
create index busy_times_doctor on busy_times (doctor_id, ends_at);

-- Private addresses at which calendar programs read. The secret is derived, not stored.
create table calendar_feeds (
    id uuid primary key,
    account_id uuid not null references accounts,
    kind text not null check (kind in ('patient', 'doctor')),
    with_names boolean not null default false,
    created_at timestamptz not null,
    read_at timestamptz,
    archived_at timestamptz
);
create index calendar_feeds_account on calendar_feeds (account_id) where archived_at is null;

-- What a block needs to be told from another, and from what it would be today.
alter table blocks
    -- What its location was ahead of UTC, in seconds, by the time-zone data it was made with.
    add column utc_offset integer,
    add column time_zone_data text,
    -- Outside the doctor's hours: here for who is booked, and open to nobody else.
    add column kept boolean not null default false,
    drop constraint blocks_slot_seconds_check,
    add constraint blocks_slot_seconds_check check (slot_seconds between 300 and 28800);
update blocks b
set utc_offset = extract(epoch from (b.starts_at at time zone l.time_zone) - (b.starts_at at time zone 'UTC')),
    time_zone_data = 'unknown'
from locations l where l.id = b.location_id;
alter table blocks
    alter column utc_offset set not null,
    alter column time_zone_data set not null;

-- A time lies inside its room, wherever there: buffers are around it.
alter table slots
    drop constraint slots_position,
    add constraint slots_position check (
        slot_no >= 0 and slot_no < slot_count
        and starts_at >= block_starts_at + make_interval(secs => slot_seconds * slot_no)
        and ends_at > starts_at
        and ends_at <= block_starts_at + make_interval(secs => slot_seconds * (slot_no + 1))
    ),
    -- Not to be booked earlier.
    add column opens_at timestamptz not null default '-infinity',
    -- Not to be booked from then on; '-infinity' closes a time that is only kept for who has it.
    add column closes_at timestamptz;
update slots set closes_at = starts_at;
alter table slots
    alter column closes_at set not null,
    add constraint slots_closes_in_time check (closes_at <= starts_at);

create or replace function free_slots(at timestamptz)
returns table (
    id bigint, doctor_id uuid, block_id bigint, slot_no smallint, starts_at timestamptz,
    ends_at timestamptz, local_date date, capacity smallint, seats_free bigint
)
language sql stable
as $$
    select s.id, s.doctor_id, s.block_id, s.slot_no, s.starts_at, s.ends_at, s.local_date, s.capacity,
           s.capacity - taken.seats
    from slots s
    cross join lateral (
        select count(*) as seats from seats t where t.slot_id = s.id and t.held_until > at
    ) taken
    where s.starts_at > at and s.closes_at > at and s.opens_at <= at and s.capacity > taken.seats
$$;
