-- What a clock at a place shows is known to the server, which may have newer rules of time zones than the
-- database. So queries go by the offset that a time was made with, or by what they are given.

-- What the place is ahead of UTC at each of `starts`, in seconds. Null in rows of the release before.
alter table next_times add column utc_offsets integer[];

-- The Monday after the week that it is in a zone, Monday to Sunday. It depends on the zone only for a day
-- in each week: `zones_ahead` are those where the next week has begun while it has not everywhere.
create function week_end(at timestamptz, time_zone text, zones_ahead text[])
returns date
language sql immutable parallel safe
as $$
    -- No place is more than 12 hours behind UTC.
    select date_trunc('week', at at time zone 'UTC' - interval '12 hours')::date
           + case when time_zone = any(zones_ahead) then 14 else 7 end
$$;

-- Is there a free time on a date from `first_date` until before `end_date`, all by the place's calendar and
-- clock? `zones_ahead`: in this week (see above). `evening`: from 17:00 on. What is null does not narrow.
create function free_within(
    t next_times, at timestamptz, first_date date, end_date date, zones_ahead text[], evening boolean
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
    lower := greatest(first_date, t.days_from,
        (next at time zone 'UTC' + make_interval(
            secs => coalesce(t.utc_offsets[array_position(t.starts, next)], -43200)))::date);
    if zones_ahead is not null then
        upper := least(upper, week_end(at, t.time_zone, zones_ahead));
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
          and (not evening
               or (f.starts_at at time zone 'UTC' + make_interval(secs => b.utc_offset))::time >= '17:00'));
end
$$;

-- As the release before asks. Where the week is about to end it goes by the offset of the next free time.
create or replace function free_within(
    t next_times, at timestamptz, first_date date, end_date date, week boolean, evening boolean
)
returns boolean
language sql stable parallel safe
as $$
    select free_within(
        t, at, first_date,
        case when week then least(end_date, date_trunc('week',
            at at time zone 'UTC' + make_interval(secs => coalesce(t.utc_offsets[1], 0)))::date + 7)
        else end_date end,
        null::text[], evening)
$$;
