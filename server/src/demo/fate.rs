//! What becomes of a visit, and the events that say so.

use chrono::{DateTime, Duration, Utc};
use nadi::actor::ActingRole;
use nadi::appointment::Event;

use crate::demo::data::Happened;

/// A hold is confirmed or lapses within so many minutes.
pub(super) const HOLD_MINUTES: i64 = 5;
/// How long the holds last that stand in the demo's calendar: long enough to be seen.
pub(super) const SHOWN_HOLD_MINUTES: i64 = 30;
/// Whoever comes, comes so many minutes early.
pub(super) const EARLY_MINUTES: i64 = 10;

/// What becomes of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Completed,
    NoShow,
    /// Half-way between the booking and the visit.
    CancelledByPatient,
    CancelledByDoctor,
    /// Never confirmed.
    Held,
}

/// What has happened until `now` to a visit with this fate.
pub(super) fn events(
    fate: Fate,
    created_at: DateTime<Utc>,
    (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Vec<Happened> {
    let mut events = vec![Happened { event: Event::Held, by: ActingRole::Patient, at: created_at }];
    let mut then = |event, by, at| events.push(Happened { event, by, at });
    if fate == Fate::Held {
        return events;
    }
    let confirmed_at = created_at + Duration::minutes(1);
    then(Event::Confirmed, ActingRole::Patient, confirmed_at);
    let arrives_at = starts_at - Duration::minutes(EARLY_MINUTES);
    match fate {
        Fate::CancelledByPatient | Fate::CancelledByDoctor => {
            let by = match fate {
                Fate::CancelledByDoctor => ActingRole::Doctor,
                _ => ActingRole::Patient,
            };
            let latest = starts_at.min(now);
            let seconds = (latest - confirmed_at).num_seconds() / 2;
            then(Event::Cancelled, by, confirmed_at + Duration::seconds(seconds));
        }
        Fate::NoShow if ends_at <= now => then(Event::NoShow, ActingRole::Doctor, ends_at),
        Fate::Completed if arrives_at <= now => {
            then(Event::CheckedIn, ActingRole::Doctor, arrives_at);
            if ends_at <= now {
                then(Event::Completed, ActingRole::Doctor, ends_at);
            }
        }
        _ => {}
    }
    events
}
