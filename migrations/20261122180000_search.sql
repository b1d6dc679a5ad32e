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

-- The words of a specialty to look in. Weights: B its name, C the words above and its summary.
create table specialty_documents (
    specialty_id smallint primary key references specialties,
    slug text not null,
    document tsvector not null
);

-- What a doctor is found by. The row is also what a refresh of the doctor locks.
create table listings (
    doctor_id uuid primary key references doctors,
    listed boolean not null default false,
    -- Words of the name as `n:…`, and others (where, languages, titles) as `o:…`: a weight would not
    -- stand in the index, and each row would be read to see it. `s:…` and `c:…` are slugs of specialties
    -- and cities, `l:…` a language, `g:…` a gender. The words of specialties are not here but in
    -- `specialty_documents`: what is the same for thousands of doctors is looked up once.
    document tsvector not null default '',
    specialties text[] not null default '{}',
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
    -- Of the place, or else of its city; degrees.
    latitude double precision,
    longitude double precision,
    time_zone text,
    -- Of each: the slot, when it starts, and from when on it cannot be booked. Soonest first.
    slots bigint[] not null,
    starts timestamptz[] not null,
    closes timestamptz[] not null,
    -- The first start; the year 2286 when there is none.
    soonest_at timestamptz not null,
    -- The same, moved by what the doctor is worth waiting for: the order of doctors.
    ranks_at timestamptz not null,
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
create index next_times_rank on next_times (ranks_at, doctor_id);
create index next_times_passing on next_times (passes_at);
create index next_times_look on next_times (look_at);
create index next_times_place on next_times (location_id, ranks_at);
create index locations_latitude on locations (latitude);
create index locations_of_city on locations (city_id) where latitude is null;

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

-- Kilometres over the ground (haversine, a sphere of 6,371 km), from degrees. Neither strict nor with
-- anything that hides nulls, so that the planner can put it in place; the factor, which is nothing, keeps
-- asin in its range at the other end of the world.
create function distance_km(
    latitude double precision, longitude double precision,
    other_latitude double precision, other_longitude double precision
)
returns double precision
language sql immutable parallel safe
as $$
    select 12742 * asin(0.9999999999 * sqrt(
        sind((other_latitude - latitude) / 2) ^ 2
        + cosd(latitude) * cosd(other_latitude) * sind((other_longitude - longitude) / 2) ^ 2))
$$;

-- How far in the list of doctors, in seconds: see src/search.rs. Without an origin, distance does not count.
create function rank_of(
    t next_times, at timestamptz, latitude double precision, longitude double precision,
    km_seconds double precision
)
returns bigint
language sql stable parallel safe
as $$
    select extract(epoch from soonest(t, at) + (t.ranks_at - t.soonest_at))::bigint
           + coalesce(distance_km(latitude, longitude, t.latitude, t.longitude) * km_seconds, 0)::bigint
$$;

-- Words as they stand in a document, and as English stems.
create function findable(words text)
returns tsvector
language sql immutable parallel safe
as $$ select to_tsvector('simple', plain(words)) || to_tsvector('english', plain(words)) $$;

-- The same, each word with a kind before it.
create function findable_as(kind text, words text)
returns tsvector
language sql immutable parallel safe
as $$ select array_to_tsvector(array(select kind || word from unnest(tsvector_to_array(findable(words))) word)) $$;

-- Exactly this.
create function lexeme(text text)
returns tsquery
language sql immutable strict parallel safe
as $$ select ('''' || replace(replace(text, '\', '\\'), '''', '''''') || '''')::tsquery $$;

-- One word with one of the weights: as it is, as its English stem, or (but for weight C) as a beginning.
-- A is a word of a name and D another one of a doctor, or a specialty that has the word as B or C.
create function word_question(word text, weights text)
returns tsquery
language plpgsql stable
as $$
declare
    forms text[] := array_remove(coalesce(ts_lexize('english_stem', word), '{}'), word) || word;
    asked text[] := '{}';
    of_specialty text[] := '{}';
    form text;
begin
    foreach form in array forms loop
        if weights ~ 'A' then asked := asked || lexeme('n:' || form)::text; end if;
        if weights ~ 'D' then asked := asked || lexeme('o:' || form)::text; end if;
        of_specialty := of_specialty || format('%s:%s', lexeme(form), weights);
    end loop;
    if length(word) > 2 then
        if weights ~ 'A' then asked := asked || format('%s:*', lexeme('n:' || word)); end if;
        if weights ~ 'D' then asked := asked || format('%s:*', lexeme('o:' || word)); end if;
        of_specialty := of_specialty || format('%s:*%s', lexeme(word), replace(weights, 'C', ''));
    end if;
    if weights ~ 'B' then
        for form in
            select d.slug from specialty_documents d
            where d.document @@ array_to_string(of_specialty, ' | ')::tsquery order by 1
        loop
            asked := asked || lexeme('s:' || form)::text;
        end loop;
    end if;
    return array_to_string(asked, ' | ')::tsquery;
end
$$;

-- All of these words and features. Features are `s:…`, `c:…`, `l:…`, `g:…`. Null when nothing is asked for.
create function search_question(words text[], weights text, features text[])
returns tsquery
language plpgsql stable
as $$
declare
    asked tsquery;
    one text;
begin
    foreach one in array words loop
        one := regexp_replace(plain(one), '[^[:alnum:]]', '', 'g');
        continue when one = '';
        asked := coalesce(asked && word_question(one, weights), word_question(one, weights));
    end loop;
    foreach one in array features loop
        asked := coalesce(asked && lexeme(plain(one)), lexeme(plain(one)));
    end loop;
    return asked;
end
$$;
