-- What a search is narrowed by most (specialty, city, language, gender) as bits beside each kept time, so that
-- walking doctors in order passes over most of those who do not fit without looking up their documents,
-- which costs ten times as much as the row itself. Bits may say "perhaps"; the document decides.

-- Two of 62 bits for each of these names. By md5, since hashes of PostgreSQL's own may differ between its
-- versions, and rows outlive those.
create function trait_bits(names text[])
returns bigint
language sql immutable strict parallel safe
as $$
    select coalesce(bit_or((1::bigint << (get_byte(hash, 0) * 256 + get_byte(hash, 1)) % 62)
                           | (1::bigint << (get_byte(hash, 2) * 256 + get_byte(hash, 3)) % 62)), 0)
    from (select decode(md5(name), 'hex') as hash from unnest(names) name) hashed
$$;

-- Of a document: its lexemes that are such names.
create function document_traits(document tsvector)
returns bigint
language sql immutable strict parallel safe
as $$
    select trait_bits(array(select name from unnest(tsvector_to_array(document)) name
                            where name like any (array['s:%', 'c:%', 'l:%', 'g:%'])))
$$;

alter table listings add column traits bigint not null generated always as (document_traits(document)) stored;
alter table next_times add column traits bigint not null default 0;
update next_times t set traits = l.traits from listings l where l.doctor_id = t.doctor_id and l.traits <> 0;
