-- What patients say of visits that took place, and what comes of it in the search.

-- One row per visit that was ever reviewed. A withdrawn review stays without its words, so that what the
-- clinic has hidden is still hidden when it is written again, and versions only rise. No foreign key to
-- `appointments`, as everywhere.
create table reviews (
    id uuid primary key,
    appointment_id uuid not null constraint reviews_appointment_key unique,
    doctor_id uuid not null references doctors,
    clinic_id uuid not null references clinics,
    author_id uuid not null references accounts,
    stars smallint not null constraint reviews_stars check (stars between 1 and 5),
    text text not null default '' constraint reviews_text check (length(text) <= 2000),
    -- Shown without a name.
    anonymous boolean not null,
    -- The date of the visit at its place. Only its month is shown.
    visited_on date not null,
    version integer not null default 1 check (version > 0),
    created_at timestamptz not null,
    -- Last by its author.
    written_at timestamptz not null,
    answer text constraint reviews_answer check (length(answer) between 1 and 2000),
    answered_at timestamptz,
    hidden_at timestamptz,
    hidden_by uuid references accounts,
    hidden_reason text check (length(hidden_reason) between 1 and 300),
    withdrawn_at timestamptz,
    constraint reviews_answered check ((answer is null) = (answered_at is null)),
    constraint reviews_hidden check
        ((hidden_at is null) = (hidden_by is null) and (hidden_at is null) = (hidden_reason is null)),
    constraint reviews_withdrawn check (withdrawn_at is null or (text = '' and answer is null))
);
-- As they are shown: the newest first.
create index reviews_shown on reviews (doctor_id, created_at desc, id desc)
    where hidden_at is null and withdrawn_at is null;
create index reviews_doctor on reviews (doctor_id, created_at desc, id desc) where withdrawn_at is null;
create index reviews_clinic on reviews (clinic_id, created_at desc, id desc) where withdrawn_at is null;

-- Who hid a review or showed it again, when and why. Rows are only added.
create table review_decisions (
    id uuid primary key,
    review_id uuid not null references reviews,
    decision text not null check (decision in ('hidden', 'shown')),
    reason text not null default '' check (length(reason) <= 300),
    decided_by uuid not null references accounts,
    decided_at timestamptz not null,
    constraint review_decisions_reason check (decision = 'shown' or reason <> '')
);
create index review_decisions_review on review_decisions (review_id);

-- Of each doctor, the reviews that everybody sees and all their stars, kept by whoever changes a review, in
-- the same transaction. No row: no review yet.
create table doctor_ratings (
    doctor_id uuid primary key references doctors,
    reviews integer not null check (reviews >= 0),
    stars_sum integer not null,
    constraint doctor_ratings_sum check (stars_sum between reviews and 5 * reviews)
);

-- The average in tenths of a star, rounded; null below three reviews, where it would say little.
-- `nadi::review::Rating::average_tenths` is the same.
create function rating_tenths(reviews integer, stars_sum integer)
returns smallint
language sql immutable parallel safe
as $$ select case when reviews >= 3 then ((stars_sum * 20 + reviews) / (2 * reviews))::smallint end $$;

-- What the search knows of it: the average to narrow by, and the rating as seconds of waiting, by the
-- formula in `src/search.rs`.
alter table listings add column rating_tenths smallint;
alter table listings add column rating_seconds bigint not null default 0;

-- The mean of all reviews that ratings are pulled to, in tenths of a star. It stays until the real one is a
-- tenth away, so that ranks do not move with every review.
create table rating_mean (
    only_row boolean primary key default true check (only_row),
    tenths smallint not null check (tenths between 10 and 50)
);
insert into rating_mean (tenths) values (44);
