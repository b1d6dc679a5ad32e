-- Appointments ahead whose clock shows another time than it was to when they were booked, because rules of time
-- zones have changed. They keep their instant until a person decides. Written down before the times of a doctor
-- are made again by the new rules, after which the offset they were booked with is nowhere else.
create table shifted_appointments (
    appointment_id uuid primary key,
    -- The instant it was about: after a move it says nothing more.
    starts_at timestamptz not null,
    -- What the place was to be ahead of UTC, in seconds, and by which release.
    utc_offset integer not null,
    time_zone_data text not null,
    noted_at timestamptz not null,
    -- When somebody decided that the instant stays.
    settled_at timestamptz
);
