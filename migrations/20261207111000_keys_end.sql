-- Every personal key ends. One without an end ends a year from now, so that whoever uses it has time for a new one. The
-- release before may still make such keys: a year after that, they no longer count.
update api_keys set expires_at = now() + interval '1 year' where expires_at is null and revoked_at is null;
