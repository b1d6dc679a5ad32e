//! How a visit ends, and the events that lead there.

use chrono::{DateTime, Duration, Utc};
use nadi::actor::Capacity;
use nadi::appointment::Event;

use crate::demo::data::Happened;

/// How many minutes after its creation a hold expires.
pub(super) const HOLD_MINUTES: i64 = 5;
/// The same for holds shown in the demo's calendar: long enough to be seen.
pub(super) const SHOWN_HOLD_MINUTES: i64 = 30;
/// How many minutes before the visit patients arrive.
pub(super) const EARLY_MINUTES: i64 = 10;

/// How a visit ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Completed,
    NoShow,
    /// Cancelled half-way between the booking and the visit.
    CancelledByPatient,
    CancelledByDoctor,
    /// Never confirmed.
    Held,
}

/// The events up to `now` of a visit that ends like this.
pub(super) fn events(
    fate: Fate,
    created_at: DateTime<Utc>,
    (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Vec<Happened> {
    let mut events = vec![Happened { event: Event::Held, by: Capacity::Patient, at: created_at }];
    let mut then = |event, by, at| events.push(Happened { event, by, at });
    if fate == Fate::Held {
        return events;
    }
    let confirmed_at = created_at + Duration::minutes(1);
    then(Event::Confirmed, Capacity::Patient, confirmed_at);
    let arrives_at = starts_at - Duration::minutes(EARLY_MINUTES);
    match fate {
        Fate::CancelledByPatient | Fate::CancelledByDoctor => {
            let by = match fate {
                Fate::CancelledByDoctor => Capacity::Doctor,
                _ => Capacity::Patient,
            };
            let latest = starts_at.min(now);
            let seconds = (latest - confirmed_at).num_seconds() / 2;
            then(Event::Cancelled, by, confirmed_at + Duration::seconds(seconds));
        }
        Fate::NoShow if ends_at <= now => then(Event::NoShow, Capacity::Doctor, ends_at),
        Fate::Completed if arrives_at <= now => {
            then(Event::CheckedIn, Capacity::Doctor, arrives_at);
            if ends_at <= now {
                then(Event::Completed, Capacity::Doctor, ends_at);
            }
        }
        _ => {}
    }
    events
}
