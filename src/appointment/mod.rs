//! The life of an appointment: its states, what may be asked of it, and the one function that decides.
//!
//! The database repeats the critical refusals as constraints (see `migrations/`).
//! The hold, which loads nothing first, is one statement whose conditions are
//! [`decide`]'s rules for [`Command::Hold`]; when it changes nothing, the facts
//! are read and `decide` names the reason. A move does the same in its transaction.

mod decide;
mod refusal;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

pub use decide::{decide, hold_ends};
pub use refusal::Refusal;

use crate::capacity::Capacity;
use crate::ids::AppointmentId;

/// Wrong codes allowed before a new code has to be asked for.
pub const CODE_TRIES: i16 = 5;
/// Codes sent for one hold, the first included: with the tries above, 25 guesses at a million.
pub const CODES_PER_HOLD: i16 = 5;
/// Holds one account may have at a time.
pub const ACTIVE_HOLDS_MAX: i16 = 3;
/// Visits ahead one account may have with one doctor, unless the configuration says otherwise.
pub const VISITS_PER_DOCTOR: i16 = 3;
/// How often a hold may be extended (WCAG 2.2, 2.2.1), each time by a whole hold from then on.
pub const EXTENSIONS_MAX: i16 = 3;
/// How long before the start a patient may be checked in, unless a setting says otherwise.
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

    /// The word used in the database and on the wire.
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

/// What the rules need to know of an appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    pub id: AppointmentId,
    pub state: State,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// When a hold's time is free again. Meaningful while pending.
    pub expires_at: DateTime<Utc>,
    /// How often the hold has been extended.
    pub extensions: i16,
    /// Which code counts: the first is 1.
    pub code_counter: i16,
    /// Wrong tries at that code.
    pub code_tries: i16,
    /// Rises by one with every change: the ETag, and iCalendar's SEQUENCE.
    pub version: i32,
}

impl Appointment {
    /// The state at an instant: a hold past its time has expired whether or not anyone wrote it down.
    pub fn state_at(&self, now: DateTime<Utc>) -> State {
        match self.state {
            State::Pending if self.expires_at <= now => State::Expired,
            state => state,
        }
    }
}

/// Why it is too late for whatever has to be done before a visit; `None` until it begins.
pub fn begun(
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Refusal> {
    let refusal = if now < ends_at { Refusal::HasBegun } else { Refusal::AlreadyOver };
    (starts_at <= now).then_some(refusal)
}

/// The short name people read out: eight of Crockford's letters and digits from
/// the random end of the id, such as `K7P2-QXM4`. Not unique by construction
/// (40 bits), so it only ever narrows what someone may already see.
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

/// What someone asks of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Take a free time for a while.
    Hold,
    /// Keep a hold for longer.
    Extend,
    /// Make a hold definite.
    Confirm,
    /// Send another code.
    SendCode,
    /// Give the time back.
    Cancel,
    /// Take another free time of the same doctor instead.
    Reschedule,
    /// The patient has come.
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

    /// Whether this side may give the command.
    pub fn is_open_to(self, side: Capacity) -> bool {
        match self {
            Self::Hold | Self::Extend | Self::Confirm | Self::SendCode => side == Capacity::Patient,
            Self::Cancel | Self::Reschedule => side != Capacity::System,
            Self::CheckIn | Self::Complete | Self::MarkNoShow | Self::Reopen => {
                matches!(side, Capacity::Doctor | Capacity::Administrator)
            }
        }
    }
}

/// What is known at the moment of deciding, beside the appointment itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// From which side the command comes.
    pub by: Capacity,
    /// The wanted time, for a hold or a move. `None`: there is no such time on offer.
    pub slot: Option<SlotFacts>,
    /// The person already has something else at that time.
    pub person_is_busy: bool,
    /// Holds of the booking account that would remain beside the new one.
    pub active_holds: i64,
    /// Visits ahead of the booking account with this doctor, held or confirmed, beside the new one.
    pub visits_ahead: i64,
    /// How many of these an account may have.
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
    /// What undoing the last mark would mean. `None`: nothing was marked.
    pub undo: Option<Undo>,
}

impl Facts {
    /// Facts with only the side and the configured rules, for a doctor who takes bookings.
    pub fn of(by: Capacity, cancel_notice: Duration, hold: Duration) -> Self {
        Self {
            by,
            slot: None,
            person_is_busy: false,
            active_holds: 0,
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

/// What is known of the last mark (check-in, completion or no-show) of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The state before it.
    pub to: State,
    /// When it can no longer be undone.
    pub until: DateTime<Utc>,
    /// Every slot of the visit is still there and has a seat for it.
    pub seats_free: bool,
    /// The visit has a review that was not withdrawn.
    pub reviewed: bool,
}

/// The last mark that was set and not undone: the state before it and when it was set. `events` are
/// those of one appointment, oldest first.
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

/// When a mark that was set at `marked_at` can no longer be undone: at the end of that day at the place.
/// A check-in shortly before midnight counts for the day of the visit.
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
    /// The typed code is the one that counts.
    RightCode,
    WrongCode,
    /// The installation trusts an address that was verified before.
    NotNeeded,
}

/// What is known of a wanted time: of one slot, or of a run of consecutive ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotFacts {
    pub starts_at: DateTime<Utc>,
    /// The doctor takes bookings, the run is whole and nothing of it has been withdrawn.
    pub offered: bool,
    pub opening: Opening,
    /// In the fullest slot of the run.
    pub seats_free: i64,
    /// It is the time the appointment has already.
    pub is_own: bool,
}

/// Whether the doctor's notice and booking window leave a time to patients now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    NotYet,
    Open,
    Closed,
}

impl Opening {
    /// `opened`: its window has begun; `closed`: the notice for it is over.
    pub fn of(opened: bool, closed: bool) -> Self {
        match (opened, closed) {
            (_, true) => Self::Closed,
            (false, false) => Self::NotYet,
            (true, false) => Self::Open,
        }
    }
}

/// What changes. The caller writes it, with its event, in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub to: State,
    pub expires_at: DateTime<Utc>,
    pub extensions: i16,
    pub code_counter: i16,
    pub code_tries: i16,
    pub claims: Claims,
    pub event: Option<Event>,
    /// The answer when what is written is itself a refusal: a wrong code uses up a try.
    pub refusal: Option<Refusal>,
}

impl Transition {
    /// Nothing to write: it is already as asked (a repeated confirm or cancel).
    pub fn changes(&self, current: &Appointment) -> bool {
        self.event.is_some() || self.code_tries != current.code_tries
    }
}

/// What happens to the claims on seat and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claims {
    Keep,
    Make,
    /// They last until the new `expires_at`.
    Extend,
    MakePermanent,
    /// The dropped claims are made again.
    MakeAgain,
    /// The claims move to the new time.
    Move,
    Drop,
}

/// What happened, as told to the outbox.
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
    /// A hold given back before its time ran out.
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

    /// The type written to the outbox.
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
