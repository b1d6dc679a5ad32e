-- Whether a mailed code was the last proof of who is signed in: then a forgotten password may be replaced without the old
-- one. Sessions of the release before say that it was not, and their owners ask for a code.
alter table sessions add column by_code boolean not null default false;
