-- Suggestions while somebody types.

-- A doctor's name as it may be typed: from each of its words on, and round to its beginning, so that
-- whatever word comes first, what was typed begins one of these. Lower case, without accents.
create function spoken_names(name text)
returns setof text
language sql immutable parallel safe
as $$
    select array_to_string(said.words[n:] || said.words[:n - 1], ' ')
    from (select regexp_split_to_array(btrim(regexp_replace(plain(name), '[^[:alnum:]]+', ' ', 'g')), ' ')
              as words) said
    cross join generate_series(1, least(cardinality(said.words), 8)) n
    where said.words <> '{""}'
$$;

-- Of listed doctors. Made together with their documents, by server/src/jobs/listings.rs.
create table doctor_names (
    spoken text collate "C" not null,
    doctor_id uuid not null references doctors,
    primary key (spoken, doctor_id)
);
create index doctor_names_doctor on doctor_names (doctor_id);

insert into doctor_names (spoken, doctor_id)
select distinct spoken, d.id
from doctors d cross join lateral spoken_names(d.name) spoken
where d.status = 'listed' and d.archived_at is null;
