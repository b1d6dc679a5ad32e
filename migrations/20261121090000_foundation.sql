-- The whole foundation: who, where, when, what was booked, and what is to be told.
-- Constraints that guard a rule have a name; server/src/store maps names to refusals.
-- No SQL here reads the clock for a rule: `at` comes in as an argument.

create extension if not exists btree_gist;
create extension if not exists pg_trgm;

-- Places ---------------------------------------------------------------------------------------

create table cities (
    id integer primary key,
    slug text not null constraint cities_slug_key unique,
    name text not null,
    country_code char(2) not null,
    country text not null,
    latitude double precision not null check (latitude between -90 and 90),
    longitude double precision not null check (longitude between -180 and 180),
    time_zone text not null
);

create table clinics (
    id uuid primary key,
    slug text not null constraint clinics_slug_key unique,
    name text not null,
    time_zone text not null,
    currency char(3) not null,
    -- How long before the start a patient may still cancel.
    cancel_notice_minutes integer not null default 0 check (cancel_notice_minutes between 0 and 43200),
    created_at timestamptz not null,
    archived_at timestamptz
);

create table locations (
    id uuid primary key,
    clinic_id uuid not null references clinics,
    city_id integer not null references cities,
    name text not null,
    address text not null,
    time_zone text not null,
    latitude double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    version integer not null default 1,
    created_at timestamptz not null,
    archived_at timestamptz
);
create index locations_clinic on locations (clinic_id);
create index locations_city on locations (city_id);

-- People ---------------------------------------------------------------------------------------

create table accounts (
    id uuid primary key,
    -- Reached by e-mail or by phone; stored lower-cased and in E.164.
    email text constraint accounts_email_key unique,
    email_verified_at timestamptz,
    phone text constraint accounts_phone_key unique,
    phone_verified_at timestamptz,
    password_hash text,
    locale text not null default 'en',
    administers_everything boolean not null default false,
    created_at timestamptz not null,
    archived_at timestamptz,
    constraint accounts_reachable check (email is not null or phone is not null),
    constraint accounts_email_lower check (email = lower(email))
);

create table people (
    id uuid primary key,
    account_id uuid not null references accounts,
    relation text not null check (relation in ('self', 'dependant')),
    name text not null check (length(name) between 1 and 200),
    birth_date date,
    created_at timestamptz not null,
    archived_at timestamptz
);
create unique index people_self_key on people (account_id) where relation = 'self';
create index people_account on people (account_id);

-- Staff are scoped to a clinic.
create table staff (
    clinic_id uuid not null references clinics,
    account_id uuid not null references accounts,
    role text not null check (role in ('administrator')),
    created_at timestamptz not null,
    primary key (clinic_id, account_id)
);
create index staff_account on staff (account_id);

create table sessions (
    -- SHA-256 of the cookie's value: a copy of this table signs nobody in.
    id bytea primary key,
    account_id uuid references accounts,
    data jsonb not null,
    expires_at timestamptz not null
);
create index sessions_account on sessions (account_id);
create index sessions_expiry on sessions (expires_at);

-- Doctors --------------------------------------------------------------------------------------

create table specialties (
    id smallint primary key,
    slug text not null constraint specialties_slug_key unique,
    name text not null,
    tradition text not null check (tradition in ('modern', 'ayurveda')),
    summary text not null
);

create table doctors (
    id uuid primary key,
    clinic_id uuid not null references clinics,
    account_id uuid constraint doctors_account_key unique references accounts,
    slug text not null constraint doctors_slug_key unique,
    name text not null check (length(name) between 1 and 200),
    gender text check (gender in ('female', 'male', 'other')),
    qualifications text not null default '',
    bio text not null default '',
    languages text[] not null default '{}',
    fee_minor_units bigint not null check (fee_minor_units between 0 and 100000000),
    currency char(3) not null,
    status text not null check (status in ('draft', 'listed', 'suspended')),
    version integer not null default 1,
    created_at timestamptz not null,
    archived_at timestamptz
);
create index doctors_clinic on doctors (clinic_id);
create index doctors_name_words on doctors using gin (name gin_trgm_ops);

create table doctor_specialties (
    doctor_id uuid not null references doctors,
    specialty_id smallint not null references specialties,
    is_primary boolean not null,
    primary key (doctor_id, specialty_id)
);
create unique index doctor_specialties_primary_key on doctor_specialties (doctor_id) where is_primary;
create index doctor_specialties_specialty on doctor_specialties (specialty_id);

-- A kind of visit; it may span several consecutive slots.
create table visit_types (
    id uuid primary key,
    clinic_id uuid not null references clinics,
    name text not null,
    slot_span smallint not null default 1 check (slot_span between 1 and 12),
    is_default boolean not null default false,
    created_at timestamptz not null,
    archived_at timestamptz
);
create unique index visit_types_default_key on visit_types (clinic_id) where is_default;

-- Time -----------------------------------------------------------------------------------------

-- Weekly hours: wall time at the location. Never changed, only archived and followed by another.
create table availability_rules (
    id uuid primary key,
    doctor_id uuid not null references doctors,
    location_id uuid not null references locations,
    mode text not null check (mode in ('in_person', 'video')),
    -- ISO 8601: 1 is Monday.
    weekday smallint not null check (weekday between 1 and 7),
    starts_local time not null,
    ends_local time not null,
    slot_minutes smallint not null check (slot_minutes between 5 and 240),
    capacity smallint not null check (capacity between 1 and 50),
    effective_from date not null,
    effective_until date,
    -- Blocks exist for every date before this one.
    made_until date,
    created_at timestamptz not null,
    archived_at timestamptz,
    constraint availability_rules_order check (starts_local < ends_local)
);
create index availability_rules_doctor on availability_rules (doctor_id) where archived_at is null;

-- A stretch of work on one day. Invariant 3: a doctor's open blocks never overlap.
create table blocks (
    id bigint generated always as identity primary key,
    doctor_id uuid not null references doctors,
    location_id uuid not null references locations,
    rule_id uuid references availability_rules,
    mode text not null check (mode in ('in_person', 'video')),
    -- The date at the location.
    local_date date not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    slot_seconds integer not null check (slot_seconds between 300 and 14400),
    slot_count smallint not null check (slot_count > 0),
    closed_at timestamptz,
    constraint blocks_length check (ends_at = starts_at + make_interval(secs => slot_seconds * slot_count)),
    constraint blocks_no_overlap exclude using gist
        (doctor_id with =, tstzrange(starts_at, ends_at) with &&) where (closed_at is null),
    -- What a slot copies from its block, so that the checks below can see it.
    constraint blocks_shape_key unique (id, doctor_id, starts_at, slot_seconds, slot_count)
);
create unique index blocks_rule_date_key on blocks (rule_id, local_date);
create index blocks_doctor_time on blocks (doctor_id, starts_at);
create index blocks_location on blocks (location_id);

-- A bookable time. Slot number `slot_no` of its block, which makes two overlapping slots of a
-- doctor impossible without a range index per slot. Capacity 0 withdraws a time; the seats'
-- foreign key and check make that impossible while someone has a seat.
create table slots (
    id bigint generated always as identity primary key,
    doctor_id uuid not null,
    block_id bigint not null,
    block_starts_at timestamptz not null,
    slot_seconds integer not null,
    slot_count smallint not null,
    slot_no smallint not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    local_date date not null,
    capacity smallint not null check (capacity between 0 and 50),
    constraint slots_inside_block foreign key (block_id, doctor_id, block_starts_at, slot_seconds, slot_count)
        references blocks (id, doctor_id, starts_at, slot_seconds, slot_count),
    constraint slots_position check (
        slot_no >= 0 and slot_no < slot_count
        and starts_at = block_starts_at + make_interval(secs => slot_seconds * slot_no)
        and ends_at > starts_at
        and ends_at <= starts_at + make_interval(secs => slot_seconds)
    ),
    constraint slots_number_key unique (block_id, slot_no),
    constraint slots_capacity_key unique (id, capacity)
);
create index slots_doctor_time on slots (doctor_id, starts_at);

-- Appointments ---------------------------------------------------------------------------------

-- The history. Partitioned by month of creation: the id is a UUIDv7, so its range is its month,
-- and a row never moves. What must be unique lives in the guards below. No foreign keys: the hold
-- copies every id from the rows it joins in the same statement, nothing referred to is ever
-- deleted, and a key-share lock per hold on the clinic's one row would make all its patients meet.
create table appointments (
    id uuid not null,
    reference text not null,
    ical_uid text not null,
    version integer not null default 1 check (version > 0),
    state text not null check
        (state in ('pending', 'confirmed', 'checked_in', 'completed', 'cancelled', 'expired', 'no_show')),
    -- For a hold: the instant at which its time is free again.
    expires_at timestamptz not null,
    clinic_id uuid not null,
    doctor_id uuid not null,
    location_id uuid not null,
    visit_type_id uuid not null,
    -- The first slot, and how many consecutive ones.
    slot_id bigint not null,
    slot_span smallint not null default 1,
    person_id uuid not null,
    booked_by uuid not null,
    mode text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    -- The location's zone when it was booked.
    time_zone text not null,
    fee_minor_units bigint not null,
    currency char(3) not null,
    code_counter smallint not null default 1,
    code_tries smallint not null default 0,
    -- 'patient', 'doctor', 'administrator' or 'system'.
    cancelled_by text,
    cancel_reason text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (id),
    constraint appointments_order check (starts_at < ends_at)
) partition by range (id);
create index appointments_booked_by on appointments (booked_by, starts_at);
create index appointments_doctor on appointments (doctor_id, starts_at);

-- Invariant 1: one row per taken seat, never more than the slot's capacity.
-- A hold's row is dead from `held_until` on; a confirmed one has 'infinity'.
create table seats (
    slot_id bigint not null,
    seat_no smallint not null,
    capacity smallint not null,
    appointment_id uuid not null,
    doctor_id uuid not null,
    held_until timestamptz not null,
    -- Staff may seat someone beyond the capacity, by name.
    overbooked_by uuid references accounts,
    constraint seats_key primary key (slot_id, seat_no),
    constraint seats_within_capacity check
        (seat_no >= 1 and (seat_no <= capacity or overbooked_by is not null)),
    constraint seats_slot_capacity foreign key (slot_id, capacity)
        references slots (id, capacity) on update cascade
) with (fillfactor = 80);
create index seats_appointment on seats (appointment_id);
-- For the sweeper: holds only.
create index seats_lapsing on seats (held_until) where held_until < 'infinity';

-- Invariant 2: one person, one place at a time.
create table patient_times (
    appointment_id uuid primary key,
    person_id uuid not null,
    during tstzrange not null,
    held_until timestamptz not null,
    constraint patient_times_no_overlap exclude using gist (person_id with =, during with &&)
) with (fillfactor = 80);

-- One definition of "free", for the list, the picker and the hold alike.
create function free_slots(at timestamptz)
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
    where s.starts_at > at and s.capacity > taken.seats
$$;

-- Makes the monthly partitions from the month before `at` on. Safe to repeat and to run at once
-- from several places.
create function ensure_appointment_partitions(at timestamptz, months_ahead integer)
returns integer
language plpgsql
as $$
declare
    month timestamp := date_trunc('month', at at time zone 'UTC');
    name text;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(hashtextextended('ensure_appointment_partitions', 0));
    for ahead in -1..months_ahead loop
        name := 'appointments_' || to_char(month + make_interval(months => ahead), 'YYYY_MM');
        if to_regclass(name) is null then
            execute format(
                'create table %I partition of appointments for values from (%L) to (%L)',
                name,
                uuidv7_floor((month + make_interval(months => ahead)) at time zone 'UTC'),
                uuidv7_floor((month + make_interval(months => ahead + 1)) at time zone 'UTC')
            );
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;

-- The smallest UUID whose first 48 bits are this instant in milliseconds (RFC 9562, version 7).
create function uuidv7_floor(at timestamptz)
returns uuid
language sql immutable
as $$
    select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Events ---------------------------------------------------------------------------------------

-- Invariant 7: every change writes one row in its own transaction. A relay claims rows by state,
-- never by id. No personal data and no codes.
create table outbox (
    id bigint generated always as identity primary key,
    event_type text not null,
    schema_version smallint not null default 1,
    appointment_id uuid not null,
    appointment_version integer not null,
    doctor_id uuid not null,
    actor text not null,
    actor_account_id uuid,
    payload jsonb not null default '{}',
    occurred_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
    attempts smallint not null default 0,
    -- Not to be claimed before: the next try, or the end of the running lease.
    due_at timestamptz not null,
    delivered_at timestamptz,
    last_failure text
);
create index outbox_due on outbox (due_at) where state = 'waiting';
create index outbox_dead on outbox (id) where state = 'dead';
create index outbox_appointment on outbox (appointment_id);

-- What development mode would have sent. Unused in production.
create table development_mail (
    id bigint generated always as identity primary key,
    recipient text not null,
    subject text not null,
    body text not null,
    message_key text not null constraint development_mail_key unique,
    sent_at timestamptz not null
);
