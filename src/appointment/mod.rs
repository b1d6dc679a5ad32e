//! The life cycle of an appointment: states, commands, and the function [`decide`] that applies the rules.
//!
//! The database repeats the critical refusals as constraints (see `migrations/`).
//! A hold is a single SQL statement that reads nothing first; its conditions are [`decide`]'s rules for
//! [`Command::Hold`]. When it changes nothing, the facts are read, and `decide` gives the reason. A move does the
//! same in its transaction.

mod decide;
mod refusal;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

pub use decide::{decide, hold_ends};
pub use refusal::Refusal;

use crate::acting_role::ActingRole;
use crate::ids::AppointmentId;

/// How many wrong codes are allowed before a new code must be requested.
pub const CODE_TRIES: i16 = 5;
/// How long after it was sent a code can be typed; the hold may last longer (ASVS 5.0, V6.5.5).
pub const CODE_VALID_FOR: Duration = Duration::minutes(10);
/// How many codes are sent for one hold, including the first. With the tries above: 25 guesses among 100 million.
pub const CODES_PER_HOLD: i16 = 5;
/// How many holds one account may have at a time.
pub const ACTIVE_HOLDS_MAX: i16 = 3;
/// How many holds a visitor may have at a time. A new one takes the place of the one before.
pub const VISITOR_HOLDS_MAX: i16 = 1;
/// The default of how many future visits one account may have with one doctor.
pub const VISITS_PER_DOCTOR: i16 = 3;
/// How often a hold may be extended (WCAG 2.2, 2.2.1). Each time, it lasts a whole hold from then on.
pub const EXTENSIONS_MAX: i16 = 3;
/// The default of how long before the start a patient may be checked in.
pub const CHECK_IN_LEAD: Duration = Duration::minutes(60);

/// Where an appointment is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Held, waiting for its code, free again at `expires_at`.
    Pending,
    Confirmed,
    CheckedIn,
    Completed,
    Cancelled,
    /// A hold whose time ran out.
    Expired,
    NoShow,
}

impl State {
    /// In the order of the columns of [`decide`]'s table.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Confirmed,
        Self::CheckedIn,
        Self::Completed,
        Self::Cancelled,
        Self::Expired,
        Self::NoShow,
    ];

    /// The value in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::CheckedIn => "checked_in",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::NoShow => "no_show",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// The data of an appointment that the rules use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    pub id: AppointmentId,
    pub state: State,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// When a hold lapses. Only relevant while pending.
    pub expires_at: DateTime<Utc>,
    /// How often the hold has been extended.
    pub extensions: i16,
    /// The number of the valid code; the first is 1.
    pub code_counter: i16,
    /// How many wrong codes were entered since that code was sent.
    pub code_tries: i16,
    /// Rises by one with every change: the ETag, and iCalendar's SEQUENCE.
    pub version: i32,
}

impl Appointment {
    /// The state at an instant. A lapsed hold counts as expired even if that is not stored yet.
    pub fn state_at(&self, now: DateTime<Utc>) -> State {
        match self.state {
            State::Pending if self.expires_at <= now => State::Expired,
            state => state,
        }
    }
}

/// Why it is too late for commands that must come before the visit; `None` until the visit begins.
pub fn begun(
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Refusal> {
    let refusal = if now < ends_at { Refusal::HasBegun } else { Refusal::AlreadyOver };
    (starts_at <= now).then_some(refusal)
}

/// A short reference that can be read out: eight characters of Crockford's base 32 from the random end of the id,
/// such as `K7P2-QXM4`. It has 40 bits and may not be unique, so it never replaces a check of permissions.
pub fn reference(id: AppointmentId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let random = id.0.as_u128();
    let mut text = String::with_capacity(9);
    for place in (0..8).rev() {
        let index = (random >> (place * 5)) as usize & 31;
        text.push(char::from(ALPHABET[index]));
        if place == 4 {
            text.push('-');
        }
    }
    text
}

/// A command for an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Hold a free slot for a while.
    Hold,
    /// Extend a hold.
    Extend,
    /// Confirm a hold.
    Confirm,
    /// Send another code.
    SendCode,
    /// Cancel a hold or an appointment.
    Cancel,
    /// Move to another free slot of the same doctor.
    Reschedule,
    /// The patient has arrived.
    CheckIn,
    /// The visit has taken place.
    Complete,
    /// The patient has not come.
    MarkNoShow,
    /// Undo a check-in, a completion or a no-show.
    Reopen,
}

impl Command {
    pub const ALL: [Self; 10] = [
        Self::Hold,
        Self::Extend,
        Self::Confirm,
        Self::SendCode,
        Self::Cancel,
        Self::Reschedule,
        Self::CheckIn,
        Self::Complete,
        Self::MarkNoShow,
        Self::Reopen,
    ];

    /// Whether somebody in this role may give the command.
    pub fn is_open_to(self, side: ActingRole) -> bool {
        match self {
            Self::Hold | Self::Extend | Self::Confirm | Self::SendCode => {
                side == ActingRole::Patient
            }
            Self::Cancel | Self::Reschedule => side != ActingRole::System,
            Self::Complete => matches!(side, ActingRole::Doctor | ActingRole::Administrator),
            Self::CheckIn | Self::MarkNoShow | Self::Reopen => matches!(
                side,
                ActingRole::Doctor | ActingRole::Receptionist | ActingRole::Administrator
            ),
        }
    }
}

/// The facts that [`decide`] uses in addition to the appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The role of the caller.
    pub by: ActingRole,
    /// The wanted slot, for a hold or a move. `None`: it does not exist or is not offered.
    pub slot: Option<SlotFacts>,
    /// The person has another appointment at that time. For confirming, only when the appointment moves to another
    /// account: the person that it is for there.
    pub person_is_busy: bool,
    /// Other active holds of the booking account, which the new one would not release.
    pub active_holds: i64,
    /// The most holds the account or visitor may have at a time.
    pub holds_max: i64,
    /// Other future visits of the booking account with this doctor, held or confirmed. For confirming, only when the
    /// appointment moves to another account: those of that account.
    pub visits_ahead: i64,
    /// The most future visits an account may have with one doctor.
    pub visits_max: i64,
    pub proof: Proof,
    /// The clinic's policy: how long before the start a patient may still cancel or move.
    pub cancel_notice: Duration,
    /// How long a hold lasts.
    pub hold: Duration,
    /// How long before the start a patient may be checked in.
    pub check_in_lead: Duration,
    /// The doctor takes bookings.
    pub takes_bookings: bool,
    /// What undoing the last mark would do. `None`: nothing was marked.
    pub undo: Option<Undo>,
}

impl Facts {
    /// Facts with only the role and the configured rules, for a doctor who takes bookings.
    pub fn of(by: ActingRole, cancel_notice: Duration, hold: Duration) -> Self {
        Self {
            by,
            slot: None,
            person_is_busy: false,
            active_holds: 0,
            holds_max: ACTIVE_HOLDS_MAX.into(),
            visits_ahead: 0,
            visits_max: VISITS_PER_DOCTOR.into(),
            proof: Proof::WrongCode,
            cancel_notice,
            hold,
            check_in_lead: CHECK_IN_LEAD,
            takes_bookings: true,
            undo: None,
        }
    }
}

/// The facts about undoing the last mark (check-in, completion or no-show) of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The state before it.
    pub to: State,
    /// When it can no longer be undone.
    pub until: DateTime<Utc>,
    /// Every slot of the visit still exists and has a free seat.
    pub seats_free: bool,
    /// The visit has a review that was not withdrawn.
    pub reviewed: bool,
}

/// The last mark that was set and not undone: the state before it, and when it was set. `events` are the events of
/// one appointment, oldest first.
pub fn last_mark(
    events: impl IntoIterator<Item = (Event, DateTime<Utc>)>,
) -> Option<(State, DateTime<Utc>)> {
    let mut marks = Vec::new();
    for (event, at) in events {
        match event {
            Event::CheckedIn => marks.push((State::CheckedIn, at)),
            Event::Completed => marks.push((State::Completed, at)),
            Event::NoShow => marks.push((State::NoShow, at)),
            Event::Reopened => {
                marks.pop();
            }
            _ => {}
        }
    }
    let (_, at) = marks.pop()?;
    Some((marks.last().map_or(State::Confirmed, |(state, _)| *state), at))
}

/// When a mark that was set at `marked_at` can no longer be undone: at the end of that day in the zone of the
/// location. A check-in shortly before midnight counts for the day of the visit.
#[cfg(feature = "server")]
pub fn undo_until(
    marked_at: DateTime<Utc>,
    starts_at: DateTime<Utc>,
    zone: crate::zone::Zone,
) -> DateTime<Utc> {
    let date = crate::formatting::local_date(marked_at.max(starts_at), zone);
    crate::schedule::day_start(zone, date + chrono::Days::new(1))
}

/// How the patient has proved that they receive the messages to the booking account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The entered code is the valid one.
    RightCode,
    WrongCode,
    /// The valid code was sent more than [`CODE_VALID_FOR`] ago, whatever was entered.
    CodeTooOld,
    /// The address was verified before, and the configuration accepts that.
    NotNeeded,
}

/// The facts about a wanted slot, or about a run of consecutive slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotFacts {
    pub starts_at: DateTime<Utc>,
    /// The doctor takes bookings, and all slots of the run exist and are not withdrawn.
    pub offered: bool,
    pub opening: Opening,
    /// The number of free seats in the fullest slot of the run.
    pub seats_free: i64,
    /// The appointment already has this slot.
    pub is_own: bool,
}

/// Whether patients can book a slot now, by the doctor's notice and booking window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    NotYet,
    Open,
    Closed,
}

impl Opening {
    /// `opened`: the booking window has begun; `closed`: it is too late by the notice.
    pub fn of(opened: bool, closed: bool) -> Self {
        match (opened, closed) {
            (_, true) => Self::Closed,
            (false, false) => Self::NotYet,
            (true, false) => Self::Open,
        }
    }
}

/// The result of a command. The caller must write it, with its event, in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub to: State,
    pub expires_at: DateTime<Utc>,
    pub extensions: i16,
    pub code_counter: i16,
    pub code_tries: i16,
    pub claims: Claims,
    pub event: Option<Event>,
    /// The refusal to answer although something is written: a wrong code uses up a try.
    pub refusal: Option<Refusal>,
}

impl Transition {
    /// Is there anything to write? Not for a repeated confirm or cancel.
    pub fn changes(&self, current: &Appointment) -> bool {
        self.event.is_some() || self.code_tries != current.code_tries
    }
}

/// What happens to the claims on seats and on the person's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claims {
    Keep,
    Make,
    /// The claims last until the new `expires_at`.
    Extend,
    MakePermanent,
    /// Claims that were released are made again.
    MakeAgain,
    /// The claims move to the new time.
    Move,
    Drop,
}

/// What happened to an appointment, as recorded in the event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Event {
    #[serde(rename = "appointment.held")]
    Held,
    #[serde(rename = "appointment.extended")]
    Extended,
    #[serde(rename = "appointment.code_requested")]
    CodeRequested,
    #[serde(rename = "appointment.confirmed")]
    Confirmed,
    #[serde(rename = "appointment.rescheduled")]
    Rescheduled,
    #[serde(rename = "appointment.checked_in")]
    CheckedIn,
    #[serde(rename = "appointment.completed")]
    Completed,
    #[serde(rename = "appointment.no_show")]
    NoShow,
    /// A check-in, a completion or a no-show was undone.
    #[serde(rename = "appointment.reopened")]
    Reopened,
    #[serde(rename = "appointment.cancelled")]
    Cancelled,
    /// A hold was cancelled before it lapsed.
    #[serde(rename = "appointment.released")]
    Released,
    #[serde(rename = "appointment.expired")]
    Expired,
}

impl Event {
    pub const ALL: [Self; 12] = [
        Self::Held,
        Self::Extended,
        Self::CodeRequested,
        Self::Confirmed,
        Self::Rescheduled,
        Self::CheckedIn,
        Self::Completed,
        Self::NoShow,
        Self::Reopened,
        Self::Cancelled,
        Self::Released,
        Self::Expired,
    ];

    /// The type in the event log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "appointment.held",
            Self::Extended => "appointment.extended",
            Self::CodeRequested => "appointment.code_requested",
            Self::Confirmed => "appointment.confirmed",
            Self::Rescheduled => "appointment.rescheduled",
            Self::CheckedIn => "appointment.checked_in",
            Self::Completed => "appointment.completed",
            Self::NoShow => "appointment.no_show",
            Self::Reopened => "appointment.reopened",
            Self::Cancelled => "appointment.cancelled",
            Self::Released => "appointment.released",
            Self::Expired => "appointment.expired",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == text)
    }
}
