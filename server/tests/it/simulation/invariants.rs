//! The invariants of `ARCHITECTURE.md`: names for the violations that a run finds, and the checks that need only the
//! database.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use super::model::Model;
use super::stored::Stored;

/// The invariants by their numbers in `ARCHITECTURE.md`, and the rules that each answer follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invariant {
    /// 1: active claims on a slot never exceed its capacity.
    Seats,
    /// 2: a person is never in two places at once.
    Patient,
    /// 3: a doctor's blocks never overlap, slots lie inside them, booked times are not withdrawn.
    Doctor,
    /// 4: an acknowledged change is stored.
    Durable,
    /// 5: a slot is free from the instant at which its hold lapses, and not before.
    Expiry,
    /// 6: a repeated request has one effect and one answer.
    Idempotency,
    /// 7: every change has its event, and every event is delivered or set aside.
    Events,
    /// 8: a free slot is never refused, and no internal error reaches a user.
    NoFalseRefusals,
    /// 9: every stored instant is the request's `now`.
    Time,
    /// All other rules of `nadi::appointment::decide`: versions, notices, codes, who may do what.
    Rules,
}

/// An invariant that a run found violated.
#[derive(Clone, Debug)]
pub struct Violation {
    pub invariant: Invariant,
    pub what: String,
}

impl Violation {
    pub fn of(invariant: Invariant, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.what)
    }
}

/// Checks the rows that guard seats and patients' times on their own, independent of the requests.
pub fn guards(model: &Model, stored: &Stored, now: DateTime<Utc>) -> Result<(), Violation> {
    let mut taken: BTreeMap<i64, i64> = BTreeMap::new();
    for seat in stored.seats.iter().filter(|seat| seat.held_until.is_none_or(|at| at > now)) {
        *taken.entry(seat.slot_id).or_default() += 1;
    }
    for (slot, seats) in taken {
        let capacity = model.capacity(slot);
        if seats > capacity {
            let what = format!("{seats} seats of slot {slot} are taken, it has {capacity}");
            return Err(Violation::of(Invariant::Seats, what));
        }
    }
    let mut times: Vec<_> =
        stored.times.iter().filter(|time| time.held_until.is_none_or(|at| at > now)).collect();
    times.sort_by_key(|time| (time.person_id, time.starts_at));
    for pair in times.windows(2) {
        if pair[0].person_id == pair[1].person_id && pair[1].starts_at < pair[0].ends_at {
            let what = format!(
                "person {} has {} and {} at {}",
                pair[0].person_id,
                pair[0].appointment_id,
                pair[1].appointment_id,
                pair[1].starts_at
            );
            return Err(Violation::of(Invariant::Patient, what));
        }
    }
    Ok(())
}

/// Queries over all tables whose count must be zero.
pub const MUST_BE_ZERO: [(Invariant, &str, &str); 13] = [
    (
        Invariant::Durable,
        "a standing appointment without its seats",
        "select count(*) from appointments a
         where state in ('pending', 'confirmed', 'checked_in')
           and slot_span <> (select count(*) from seats s where s.appointment_id = a.id)",
    ),
    (
        Invariant::Seats,
        "a seat that is not on its appointment's slots",
        "select count(*) from seats s
         join slots x on x.id = s.slot_id
         left join appointments a on a.id = s.appointment_id
              and a.state in ('pending', 'confirmed', 'checked_in')
              and x.starts_at >= a.starts_at and x.ends_at <= a.ends_at
         where a.id is null",
    ),
    (
        Invariant::Patient,
        "a person's time that is not the appointment's",
        "select count(*) from patient_times p
         left join appointments a on a.id = p.appointment_id and a.person_id = p.person_id
              and a.state in ('pending', 'confirmed', 'checked_in')
              and p.during = tstzrange(a.starts_at, a.ends_at)
         where a.id is null",
    ),
    (
        Invariant::Rules,
        "more than three holds of one account",
        "select count(*) from (select o.account_id from patient_times p join people o on o.id = p.person_id
                               where p.held_until < 'infinity'
                               group by o.account_id having count(*) > 3) x",
    ),
    (
        Invariant::Rules,
        "more than one hold of a visitor",
        "select count(*) from (select a.booked_by from appointments a
                               join accounts v on v.id = a.booked_by and v.visitor
                               where a.state = 'pending'
                               group by a.booked_by having count(*) > 1) x",
    ),
    (
        Invariant::Rules,
        "a visit of somebody who has proven nothing",
        "select count(*) from appointments a
         join accounts v on v.id = a.booked_by and v.visitor
         where a.state not in ('pending', 'cancelled', 'expired')",
    ),
    (
        Invariant::Durable,
        "a time that counts for another account than the appointment's, or a person of another account",
        "select count(*) from appointments a
         join patient_times p on p.appointment_id = a.id
         join people o on o.id = a.person_id
         where p.account_id is distinct from a.booked_by or o.account_id <> a.booked_by",
    ),
    (
        Invariant::Idempotency,
        "an address with two accounts",
        "select count(*) from (select email from accounts
                               where email_verified_at is not null and archived_at is null
                               group by email having count(*) > 1) twice",
    ),
    (
        Invariant::Events,
        "an appointment whose version is not the number of its events",
        "select count(*) from appointments a
         where version <> (select count(*) from events e where e.subject_id = a.id)",
    ),
    (
        Invariant::Idempotency,
        "two events of one version",
        "select count(*) from (select from events where type like 'appointment.%'
                               group by subject_id, subject_version
                               having count(*) > 1) twice",
    ),
    (
        Invariant::Doctor,
        "two open blocks of one doctor at once",
        "select count(*) from blocks a
         join blocks b on b.doctor_id = a.doctor_id and b.id > a.id
              and b.starts_at < a.ends_at and b.ends_at > a.starts_at
         where a.closed_at is null and b.closed_at is null",
    ),
    (
        Invariant::Doctor,
        "a slot outside its block, or a taken one that was withdrawn",
        "select count(*) from slots s
         join blocks b on b.id = s.block_id
         where s.starts_at < b.starts_at or s.ends_at > b.ends_at or s.doctor_id <> b.doctor_id
            or (exists (select from seats t where t.slot_id = s.id)
                and (s.capacity = 0 or b.closed_at is not null))",
    ),
    (
        Invariant::Time,
        "an appointment that is not where and when its slots are",
        "select count(*) from appointments a
         join slots f on f.id = a.slot_id
         join slots l on l.block_id = f.block_id and l.slot_no = f.slot_no + a.slot_span - 1
         join blocks b on b.id = f.block_id
         join locations p on p.id = b.location_id
         where a.starts_at <> f.starts_at or a.ends_at <> l.ends_at
            or a.location_id <> b.location_id or a.time_zone <> p.time_zone",
    ),
];
