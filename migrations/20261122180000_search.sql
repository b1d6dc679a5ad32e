-- The search for doctors: what a doctor is found by, and when they are free next. All of it is made
-- from other tables by server/src/jobs/listings.rs, after their commits, and may be made again at any time.

create extension if not exists unaccent;

-- As people type it: without accents, in lower case.
create function plain(words text)
returns text
language sql immutable strict parallel safe
as $$ select lower(public.unaccent('public.unaccent'::regdictionary, words)) $$;

-- What people call a specialty and what brings them to it; server/data/words.csv.
create table specialty_words (
    specialty_id smallint not null references specialties,
    word text not null check (length(word) between 2 and 60),
    kind text not null check (kind in ('name', 'part', 'symptom', 'treatment')),
    primary key (specialty_id, word)
);

-- What a doctor is found by. The row is also what a refresh of the doctor locks.
create table listings (
    doctor_id uuid primary key references doctors,
    listed boolean not null default false,
    -- Weights: A the name, B specialties, C words people use for them, D where, languages, titles.
    -- `s:…` and `c:…` are slugs of specialties and cities.
    document tsvector not null default '',
    specialties text[] not null default '{}',
    -- Lower case.
    languages text[] not null default '{}',
    gender text,
    -- In the currency's main unit, rounded up.
    fee bigint not null default 0,
    -- Something it is made from has changed.
    stale boolean not null default true
);
create index listings_document on listings using gin (document);
create index listings_stale on listings (doctor_id) where stale;

-- The words of all documents, for what is spelled otherwise.
create table search_words (word text primary key);
create index search_words_spelling on search_words using gin (word gin_trgm_ops);

-- The next few free times of a doctor at a place, in a mode; one row without either for whoever has
-- no hours. Made from `free_slots` and never the other way round: a hold does not look here.
create table next_times (
    doctor_id uuid not null references doctors,
    location_id uuid references locations,
    mode text,
    city_id integer,
    time_zone text,
    -- Of each: the slot, when it starts, and from when on it cannot be booked. Soonest first.
    slots bigint[] not null,
    starts timestamptz[] not null,
    closes timestamptz[] not null,
    -- The first start; the year 2286 when there is none.
    soonest_at timestamptz not null,
    -- When the first of `closes` passes, and the row is to be read with care until it was trimmed.
    passes_at timestamptz not null,
    -- When all of it is to be made again at the latest.
    look_at timestamptz not null,
    -- Bit n below 35: free on the date `days_from + n` at the place; and so from 17:00 on.
    days_from date not null,
    free_days bigint not null,
    evening_days bigint not null,
    refreshed_at timestamptz not null,
    constraint next_times_key unique nulls not distinct (doctor_id, location_id, mode)
) with (fillfactor = 70);
create index next_times_soonest on next_times (soonest_at, doctor_id);
create index next_times_passing on next_times (passes_at);
create index next_times_look on next_times (look_at);
create index next_times_place on next_times (location_id);

-- When one is free next: the first kept time that has not passed.
create function soonest_after(starts timestamptz[], closes timestamptz[], at timestamptz)
returns timestamptz
language sql immutable parallel safe
as $$
    select coalesce(min(k.b), to_timestamp(9999999999)) from unnest(starts, closes) k (b, c) where k.c > at
$$;
create function soonest(t next_times, at timestamptz)
returns timestamptz
language sql immutable parallel safe
as $$
    select case when t.passes_at > at then t.soonest_at else soonest_after(t.starts, t.closes, at) end
$$;

-- Is there a free time on a date from `first_date` until before `end_date`, all by the place's calendar and
-- clock? `week`: in this week, Monday to Sunday. `evening`: from 17:00 on. What is null does not narrow.
create function free_within(
    t next_times, at timestamptz, first_date date, end_date date, week boolean, evening boolean
)
returns boolean
language plpgsql stable parallel safe
as $$
declare
    next timestamptz := soonest(t, at);
    kept_until date := t.days_from + 35;
    lower date;
    upper date := coalesce(end_date, kept_until);
    bits bigint := case when evening then t.evening_days else t.free_days end;
begin
    if t.time_zone is null or next >= to_timestamp(9999999999) then
        return false;
    end if;
    -- Nothing is free before the next time, whatever the bits knew when they were made.
    lower := greatest(first_date, (next at time zone t.time_zone)::date, t.days_from);
    if week then
        upper := least(upper, (date_trunc('week', at at time zone t.time_zone) + interval '7 days')::date);
    end if;
    if lower >= upper then
        return false;
    end if;
    if lower < kept_until
       and bits & ((1::bigint << least(upper - t.days_from, 62)) - (1::bigint << lower - t.days_from)) <> 0
    then
        return true;
    end if;
    -- Beyond what is kept: the times themselves.
    return upper > kept_until and exists (
        select from free_slots(at) f join blocks b on b.id = f.block_id
        where f.doctor_id = t.doctor_id and b.location_id = t.location_id and b.mode = t.mode
          and f.local_date >= greatest(lower, kept_until) and f.local_date < upper
          and f.starts_at >= greatest(lower, kept_until) - interval '1 day'
          and f.starts_at < upper + interval '1 day'
          and (not evening or (f.starts_at at time zone t.time_zone)::time >= '17:00'));
end
$$;

-- Kilometres over the ground (haversine, a sphere of 6,371 km), from degrees.
create function distance_km(
    latitude double precision, longitude double precision,
    other_latitude double precision, other_longitude double precision
)
returns double precision
language sql immutable strict parallel safe
as $$
    select 12742 * asin(least(1, sqrt(
        sind((other_latitude - latitude) / 2) ^ 2
        + cosd(latitude) * cosd(other_latitude) * sind((other_longitude - longitude) / 2) ^ 2)))
$$;

-- Words as they stand in a document, and as English stems.
create function findable(words text)
returns tsvector
language sql immutable parallel safe
as $$ select to_tsvector('simple', plain(words)) || to_tsvector('english', plain(words)) $$;

-- All of these words, each as it is, as its English stem, or as the beginning of a name, a specialty or
-- a place; and the slugs. Null when nothing is asked for.
create function search_query(words text[], specialty text, city text)
returns tsquery
language plpgsql stable
as $$
declare
    asked tsquery;
    one tsquery;
    word text;
    stem text;
begin
    foreach word in array words loop
        word := regexp_replace(plain(word), '[^[:alnum:]]', '', 'g');
        continue when word = '';
        one := format('''%s''', word)::tsquery;
        if length(word) > 2 then
            one := one || format('''%s'':*ABD', word)::tsquery;
        end if;
        foreach stem in array coalesce(ts_lexize('english_stem', word), '{}') loop
            one := one || format('''%s''', replace(stem, '''', ''))::tsquery;
        end loop;
        asked := coalesce(asked && one, one);
    end loop;
    if specialty is not null then
        one := format('''s:%s''', replace(specialty, '''', ''))::tsquery;
        asked := coalesce(asked && one, one);
    end if;
    if city is not null then
        one := format('''c:%s''', replace(city, '''', ''))::tsquery;
        asked := coalesce(asked && one, one);
    end if;
    return asked;
end
$$;
