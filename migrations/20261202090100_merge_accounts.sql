-- One proven address, one account. Until now an address could have several accounts, proven or not.
--
-- If two addresses are proven while this runs, the index at the end fails, and so does the migration: run it again.
-- Appointments are updated before accounts, in the order in which a confirmation locks them.

-- The accounts that were merged, for questions from their owners. A merged account is archived; its row keeps the
-- address, for messages that are on their way to it.
create table merged_accounts (
    account_id uuid primary key references accounts,
    into_id uuid not null references accounts,
    merged_at timestamptz not null
);
create index merged_accounts_into on merged_accounts (into_id);

-- Accounts of addresses that nobody has proven, but with visits or a role. Nobody can sign in to them any more. Whoever
-- proves the address gets the account, without anything that others could sign in with or read it with.
create table unproven_accounts (
    account_id uuid primary key references accounts,
    email text not null constraint unproven_accounts_email_key unique
);

-- The accounts that share an address or have not proven it. The first of each address survives: one that has proven
-- it, if any has; one with a role; the one with most visits; the oldest.
create temporary table ranked on commit drop as
with counted as (
    select a.id, a.email, a.created_at,
           -- The operator who made an administrator of every clinic has vouched for the address.
           a.email_verified_at is not null or a.administers_everything as proven,
           a.administers_everything
               or exists (select from staff s where s.account_id = a.id)
               or exists (select from doctors d where d.account_id = a.id) as has_role,
           (select count(*) from all_appointments v
            where v.booked_by = a.id and v.state not in ('cancelled', 'expired')) as visits
    from accounts a
    where a.email is not null and a.archived_at is null and not a.visitor
      and (a.email_verified_at is null
           or exists (select from accounts o
                      where o.email = a.email and o.id <> a.id and o.archived_at is null and not o.visitor))
)
select c.id, c.email, c.proven, c.has_role, c.has_role or c.visits > 0 as counts,
       first_value(c.id) over (partition by c.email
                               order by c.proven desc, c.has_role desc, c.visits desc, c.created_at, c.id) as survivor
from counted c;

-- What was proven, or has visits or a role, becomes part of the survivor.
create temporary table merging on commit drop as
select id as account_id, survivor as into_id, proven from ranked
where id <> survivor and (proven or counts);
create unique index on merging (account_id);
create index on merging (into_id);

-- Registrations that were never proven or used for a visit are given up.
create temporary table unused on commit drop as
select id as account_id from ranked where not proven and not counts;
create unique index on unused (account_id);

insert into unproven_accounts (account_id, email)
select id, email from ranked where id = survivor and not proven and counts;

analyze merging, unused, unproven_accounts;

-- Appointments ---------------------------------------------------------------------------------

update appointments v set booked_by = m.into_id from merging m where v.booked_by = m.account_id;
update archived_appointments v set booked_by = m.into_id from merging m where v.booked_by = m.account_id;

-- Visits and holds get the lowest numbers that are free. A hold for which none is left is no longer counted.
with moved as (
    select t.appointment_id, m.into_id, t.doctor_id, t.visit_number is not null as counts,
           row_number() over (partition by m.into_id, t.doctor_id, t.visit_number is not null
                              order by t.appointment_id) as place
    from patient_times t join merging m on m.account_id = t.account_id
), needed as (
    select into_id, doctor_id, count(*) as visits from moved where counts group by into_id, doctor_id
), free as (
    select n.into_id, n.doctor_id, g.number,
           row_number() over (partition by n.into_id, n.doctor_id order by g.number) as place
    from needed n
    cross join lateral generate_series(1, n.visits + (
        select count(*) from patient_times p
        where p.account_id = n.into_id and p.doctor_id = n.doctor_id and p.visit_number is not null
    )) as g (number)
    where not exists (select from patient_times p
                      where p.account_id = n.into_id and p.doctor_id = n.doctor_id
                        and p.visit_number = g.number)
), holds as (
    select t.appointment_id, m.into_id,
           row_number() over (partition by m.into_id order by t.appointment_id) as place
    from patient_times t join merging m on m.account_id = t.account_id
    where t.hold_number is not null and t.held_until < 'infinity'
), free_holds as (
    select i.into_id, g.number, row_number() over (partition by i.into_id order by g.number) as place
    from (select distinct into_id from holds) i
    cross join generate_series(1, 3) as g (number)
    where not exists (select from patient_times p
                      where p.account_id = i.into_id and p.hold_number = g.number and p.held_until < 'infinity')
)
update patient_times t
set account_id = case when h.appointment_id is null or n.number is not null then w.into_id end,
    hold_number = n.number, visit_number = f.number
from moved w
left join holds h on h.appointment_id = w.appointment_id
left join free_holds n on n.into_id = h.into_id and n.place = h.place
left join free f on w.counts and f.into_id = w.into_id and f.doctor_id = w.doctor_id and f.place = w.place
where t.appointment_id = w.appointment_id;

update seats s set overbooked_by = m.into_id from merging m where s.overbooked_by = m.account_id;

-- What else an account has ---------------------------------------------------------------------

update reviews r set author_id = m.into_id from merging m where r.author_id = m.account_id;
update reviews r set hidden_by = m.into_id from merging m where r.hidden_by = m.account_id;
update review_decisions r set decided_by = m.into_id from merging m where r.decided_by = m.account_id;
update schedule_drafts d set account_id = m.into_id from merging m where d.account_id = m.account_id;

-- Who has the address of a feed of an unproven account need not be the owner of the e-mail address.
update calendar_feeds f set account_id = m.into_id,
       archived_at = case when m.proven then f.archived_at else coalesce(f.archived_at, now()) end
from merging m where f.account_id = m.account_id;
update calendar_feeds f set archived_at = now()
from unused u where f.account_id = u.account_id and f.archived_at is null;
-- Nor need who has the address of a feed of an unproven doctor be that doctor.
update calendar_feeds f set archived_at = now()
from unproven_accounts u join ranked r on r.id = u.account_id and r.has_role
where f.account_id = u.account_id and f.archived_at is null;

-- An account signs in as one doctor at most. The other profiles can be invited again.
with linked as (
    select d.id, m.into_id,
           row_number() over (partition by m.into_id
                              order by d.archived_at is not null, d.created_at, d.id) as place,
           exists (select from doctors o where o.account_id = m.into_id) as taken
    from doctors d join merging m on m.account_id = d.account_id
)
update doctors d set account_id = case when l.place = 1 and not l.taken then l.into_id end
from linked l where d.id = l.id;

insert into staff (clinic_id, account_id, role, created_at)
select s.clinic_id, m.into_id, s.role, min(s.created_at)
from staff s join merging m on m.account_id = s.account_id
group by s.clinic_id, m.into_id, s.role
on conflict do nothing;
delete from staff s using merging m where s.account_id = m.account_id;

-- The owner of a merged account may be another person, such as a parent who registered twice: nobody's name is lost.
update people p set account_id = m.into_id, relation = 'dependant' from merging m where p.account_id = m.account_id;

delete from idempotency_keys k using merging m where k.account_id = m.account_id;
delete from sessions s using merging m where s.account_id = m.account_id;
delete from sessions s using unused u where s.account_id = u.account_id;
-- Somebody may have registered the address of a doctor who was to be.
delete from sessions s using unproven_accounts u, ranked r
where s.account_id = u.account_id and r.id = u.account_id and r.has_role;

-- The accounts ---------------------------------------------------------------------------------

update accounts a set administers_everything = true
from merging m join accounts o on o.id = m.account_id and o.administers_everything
where a.id = m.into_id and not a.administers_everything;

update accounts a
set archived_at = now(), password_hash = null, administers_everything = false
from merging m where a.id = m.account_id;

-- Like a deleted account. No visit took place, so nobody's record needs the names.
update people p set name = '', birth_date = null, archived_at = coalesce(p.archived_at, now())
from unused u where p.account_id = u.account_id;
update accounts a
set archived_at = now(), email = null, phone = null, phone_verified_at = null, password_hash = null
from unused u where a.id = u.account_id;

update accounts set email_verified_at = created_at
where administers_everything and email is not null and email_verified_at is null and archived_at is null
  and not visitor;

insert into merged_accounts (account_id, into_id, merged_at)
select account_id, into_id, now() from merging;

create unique index accounts_proven_email on accounts (email)
    where email_verified_at is not null and archived_at is null and not visitor;

-- Until the release before has ended: it proves addresses that another account has proven. It takes an error for a
-- fault of the database, so the account just stays unproven. To be dropped by the next migration.
create function leave_address_unproven() returns trigger language plpgsql as $$
begin
    if exists (select from accounts a
               where a.email = new.email and a.id <> new.id and a.email_verified_at is not null
                 and a.archived_at is null and not a.visitor) then
        new.email_verified_at := null;
    else
        -- Its owner has proven it there, and can sign in.
        delete from unproven_accounts u where u.account_id = new.id;
    end if;
    return new;
end $$;

create trigger leave_address_unproven before update of email_verified_at on accounts for each row
    when (old.email_verified_at is null and new.email_verified_at is not null
          and old.email = new.email and new.archived_at is null and not new.visitor)
    execute function leave_address_unproven();
