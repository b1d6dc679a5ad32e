-- The e-mail address of the owner of a calendar from elsewhere: invitations that they declined make nobody busy.
-- Null: only the doctor's own address counts.
alter table busy_calendars
    add column owner_email text check (length(owner_email) between 1 and 320);
