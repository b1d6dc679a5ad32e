-- The search in several languages: what specialties and cities are called in each, and how words of each are stemmed.
-- Written by the server when it starts, from `app/locales/<language>/words.csv` and `names.ftl`. Only the release before
-- this one uses `specialty_words`, `word_question(word, weights)` and `search_question(words, weights, features)`.

-- PostgreSQL's configuration for words of a language, such as `hindi`.
create table search_languages (
    language text primary key,
    stemming text not null
);

-- What a specialty is called in a language, and what brings people to it. `title` and `summary` are what pages show;
-- those in English are in `specialties`.
create table specialty_phrases (
    specialty_id smallint not null references specialties,
    language text not null references search_languages,
    phrase text not null check (length(phrase) between 1 and 500),
    kind text not null check (kind in ('title', 'summary', 'name', 'part', 'symptom', 'treatment')),
    primary key (specialty_id, language, kind, phrase)
);

-- What a city and its country are called in languages other than English.
create table city_names (
    city_id integer not null references cities,
    language text not null references search_languages,
    name text not null check (length(name) between 1 and 200),
    country text not null,
    primary key (city_id, language)
);

insert into search_languages (language, stemming) values ('en', 'english');
insert into specialty_phrases (specialty_id, language, phrase, kind)
select specialty_id, 'en', word, kind from specialty_words;

-- A configuration by its name; one without stems where PostgreSQL has none of that name.
create function stemming_called(name text)
returns regconfig
language sql stable parallel safe
as $$
    select coalesce((select c.oid::regconfig from pg_catalog.pg_ts_config c
                     where c.cfgname = name and c.cfgnamespace = 'pg_catalog'::regnamespace),
                    'pg_catalog.simple'::regconfig)
$$;

-- Words as they stand in a document, and as stems of a language.
create function findable(words text, stemming regconfig)
returns tsvector
language sql immutable parallel safe
as $$ select to_tsvector('simple', plain(words)) || to_tsvector(stemming, plain(words)) $$;

create function findable_as(kind text, words text, stemming regconfig)
returns tsvector
language sql immutable parallel safe
as $$
    select array_to_tsvector(array(select kind || word from unnest(tsvector_to_array(findable(words, stemming))) word))
$$;

-- Several documents as one.
create aggregate joined_documents(tsvector) (sfunc = tsvector_concat, stype = tsvector, initcond = '');

-- As `word_question(word, weights)`, and also as its stem in another language than English.
create function word_question(word text, weights text, stemming regconfig)
returns tsquery
language plpgsql stable
as $$
declare
    stems text[] := coalesce(ts_lexize('english_stem', word), '{}');
    forms text[];
    asked text[] := '{}';
    of_specialty text[] := '{}';
    form text;
begin
    if stemming <> 'pg_catalog.english'::regconfig then
        forms := tsvector_to_array(to_tsvector(stemming, word));
        -- What the parser takes for several words has no stem.
        if cardinality(forms) = 1 then stems := stems || forms; end if;
    end if;
    forms := array(select distinct stem from unnest(stems) stem where stem <> word order by 1) || word;
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

-- As `search_question(words, weights, features)`, for somebody whose language is stemmed so. The signs that are kept in
-- words besides letters and digits are the vowels and other marks of Arabic and of the scripts of South Asia.
create function search_question(words text[], weights text, features text[], stemming text)
returns tsquery
language plpgsql stable
as $$
declare
    configuration regconfig := stemming_called(stemming);
    asked tsquery;
    one text;
begin
    foreach one in array words loop
        one := regexp_replace(plain(one), '[^[:alnum:]\u0610-\u061A\u064B-\u065F\u0900-\u0DFF\u0E31-\u0E4E]', '', 'g');
        continue when one = '';
        asked := coalesce(asked && word_question(one, weights, configuration),
                          word_question(one, weights, configuration));
    end loop;
    foreach one in array features loop
        asked := coalesce(asked && lexeme(plain(one)), lexeme(plain(one)));
    end loop;
    return asked;
end
$$;
