//! The life of an appointment: its states, what may be asked of it, and the one function that decides.
//!
//! The database repeats the critical refusals as constraints (see `migrations/`).
//! The hold, which loads nothing first, is one statement whose conditions are
//! [`decide`]'s rules for [`Command::Hold`]; when it changes nothing, the facts
//! are read and `decide` names the reason.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::Capacity;
use crate::ids::AppointmentId;

/// Wrong codes allowed before a new code has to be asked for.
pub const CODE_TRIES: i16 = 5;
/// Codes sent for one hold, the first included: with the tries above, 25 guesses at a million.
pub const CODES_PER_HOLD: i16 = 5;
/// Holds one account may have at a time.
pub const ACTIVE_HOLDS_MAX: i64 = 3;

/// Where an appointment is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Make a hold definite, with the code that was sent.
    Confirm,
    /// Send another code.
    SendCode,
    /// Give the time back.
    Cancel,
    /// Write down that a hold's time ran out.
    Expire,
}

impl Command {
    pub const ALL: [Self; 5] =
        [Self::Hold, Self::Confirm, Self::SendCode, Self::Cancel, Self::Expire];
}

/// What is known at the moment of deciding, beside the appointment itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// From which side the command comes.
    pub by: Capacity,
    /// The wanted time, for a hold. `None`: there is no such time on offer.
    pub slot: Option<SlotFacts>,
    /// The person already has something else at that time.
    pub person_is_busy: bool,
    /// Holds of the booking account that would remain beside the new one.
    pub active_holds: i64,
    /// The typed code is the one that counts.
    pub code_matches: bool,
    /// The clinic's policy: how long before the start a patient may still cancel.
    pub cancel_notice: Duration,
    /// How long a hold lasts.
    pub hold: Duration,
}

/// What is known of a wanted time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotFacts {
    pub starts_at: DateTime<Utc>,
    /// The doctor takes bookings and the time has not been withdrawn.
    pub offered: bool,
    pub seats_free: i64,
}

/// What changes. The caller writes it, with its event, in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub to: State,
    pub expires_at: Option<DateTime<Utc>>,
    pub code_counter: i16,
    pub code_tries: i16,
    pub event: Option<Event>,
    /// The answer when what is written is itself a refusal: a wrong code uses up a try.
    pub refusal: Option<Refusal>,
}

impl Transition {
    /// Nothing to write: it is already as asked (a repeated confirm or cancel).
    pub fn changes(&self, current: &Appointment) -> bool {
        self.to != current.state
            || self.code_counter != current.code_counter
            || self.code_tries != current.code_tries
    }
}

/// What happened, as told to the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Event {
    #[serde(rename = "appointment.held")]
    Held,
    #[serde(rename = "appointment.code_requested")]
    CodeRequested,
    #[serde(rename = "appointment.confirmed")]
    Confirmed,
    #[serde(rename = "appointment.cancelled")]
    Cancelled,
    /// A hold given back before its time ran out.
    #[serde(rename = "appointment.released")]
    Released,
    #[serde(rename = "appointment.expired")]
    Expired,
}

impl Event {
    pub const ALL: [Self; 6] = [
        Self::Held,
        Self::CodeRequested,
        Self::Confirmed,
        Self::Cancelled,
        Self::Released,
        Self::Expired,
    ];

    /// The type written to the outbox.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "appointment.held",
            Self::CodeRequested => "appointment.code_requested",
            Self::Confirmed => "appointment.confirmed",
            Self::Cancelled => "appointment.cancelled",
            Self::Released => "appointment.released",
            Self::Expired => "appointment.expired",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == text)
    }
}

/// Why the booking rules say no.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("the time is not on offer")]
    NotOffered,
    #[error("the time is in the past")]
    InThePast,
    #[error("the time is taken")]
    Taken,
    #[error("the person is busy at that time")]
    PersonBusy,
    #[error("too many holds")]
    TooManyHolds,
    #[error("the hold has expired")]
    HoldExpired,
    #[error("wrong code")]
    WrongCode { tries_left: i16 },
    #[error("this code has been tried too often")]
    CodeSpent,
    #[error("no more codes for this hold")]
    NoMoreCodes,
    #[error("it has been cancelled")]
    AlreadyCancelled,
    #[error("it is no longer a hold")]
    NotAHold,
    #[error("too late to cancel")]
    TooLateToCancel { notice_minutes: i64 },
    #[error("it is over")]
    AlreadyOver,
    #[error("there is an appointment already")]
    AlreadyExists,
    #[error("the hold still runs")]
    StillHeld,
    #[error("too many people want it at once")]
    Crowded,
}

impl Refusal {
    /// The HTTP status that says the same (RFC 9110).
    pub fn status(&self) -> u16 {
        match self {
            Self::NotOffered => 404,
            Self::HoldExpired => 410,
            Self::WrongCode { .. } | Self::CodeSpent => 422,
            Self::TooManyHolds | Self::NoMoreCodes => 429,
            Self::Crowded => 503,
            Self::InThePast
            | Self::Taken
            | Self::PersonBusy
            | Self::AlreadyCancelled
            | Self::NotAHold
            | Self::TooLateToCancel { .. }
            | Self::AlreadyOver
            | Self::AlreadyExists
            | Self::StillHeld => 409,
        }
    }
}

/// The whole booking life in one pure function.
///
/// `current` is the appointment as stored, `None` for one that is about to be.
/// Asking for what is already so (confirming a confirmed, cancelling a
/// cancelled appointment) is granted and changes nothing, so that a double
/// click or a retry sees success.
///
/// # Errors
/// The [`Refusal`] that applies; nothing is to be written.
pub fn decide(
    current: Option<&Appointment>,
    facts: &Facts,
    command: Command,
    now: DateTime<Utc>,
) -> Result<Transition, Refusal> {
    let Some(appointment) = current else {
        return match command {
            Command::Hold => hold(facts, now),
            _ => Err(Refusal::NotOffered),
        };
    };
    match (appointment.state_at(now), command) {
        (_, Command::Hold) => Err(Refusal::AlreadyExists),

        (State::Pending, Command::Confirm) => confirm(appointment, facts),
        (State::Pending, Command::SendCode) => send_code(appointment),
        (State::Pending, Command::Cancel) => {
            Ok(becomes(appointment, State::Cancelled, Event::Released))
        }
        (State::Pending, Command::Expire) => Err(Refusal::StillHeld),

        (State::Confirmed, Command::Confirm) => Ok(unchanged(appointment)),
        (State::Confirmed, Command::Cancel) => cancel(appointment, facts, now),

        (State::Cancelled, Command::Cancel) => Ok(unchanged(appointment)),
        (State::Cancelled, Command::Confirm | Command::SendCode) => Err(Refusal::AlreadyCancelled),

        (State::Expired, Command::Expire) if appointment.state == State::Pending => {
            Ok(becomes(appointment, State::Expired, Event::Expired))
        }
        (State::Expired, Command::Expire) => Ok(unchanged(appointment)),
        (State::Expired, Command::Confirm | Command::SendCode | Command::Cancel) => {
            Err(Refusal::HoldExpired)
        }

        (State::CheckedIn | State::Completed | State::NoShow, Command::Cancel) => {
            Err(Refusal::AlreadyOver)
        }
        (
            State::CheckedIn | State::Completed | State::NoShow,
            Command::Confirm | Command::SendCode,
        )
        | (State::Confirmed, Command::SendCode) => Err(Refusal::NotAHold),
        (
            State::Confirmed
            | State::CheckedIn
            | State::Completed
            | State::NoShow
            | State::Cancelled,
            Command::Expire,
        ) => Err(Refusal::NotAHold),
    }
}

fn hold(facts: &Facts, now: DateTime<Utc>) -> Result<Transition, Refusal> {
    let slot = facts.slot.ok_or(Refusal::NotOffered)?;
    if slot.starts_at <= now {
        Err(Refusal::InThePast)
    } else if !slot.offered {
        Err(Refusal::NotOffered)
    } else if slot.seats_free <= 0 {
        Err(Refusal::Taken)
    } else if facts.person_is_busy {
        Err(Refusal::PersonBusy)
    } else if facts.active_holds >= ACTIVE_HOLDS_MAX {
        Err(Refusal::TooManyHolds)
    } else {
        Ok(Transition {
            to: State::Pending,
            expires_at: Some(hold_ends(facts.hold, slot.starts_at, now)),
            code_counter: 1,
            code_tries: 0,
            event: Some(Event::Held),
            refusal: None,
        })
    }
}

/// When a hold made now ends: after `hold`, but never after the appointment would start.
pub fn hold_ends(hold: Duration, starts_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    (now + hold).min(starts_at)
}

fn confirm(appointment: &Appointment, facts: &Facts) -> Result<Transition, Refusal> {
    if appointment.code_tries >= CODE_TRIES {
        return Err(Refusal::CodeSpent);
    }
    if facts.code_matches {
        return Ok(becomes(appointment, State::Confirmed, Event::Confirmed));
    }
    let code_tries = appointment.code_tries + 1;
    let tries_left = CODE_TRIES - code_tries;
    Ok(Transition {
        code_tries,
        refusal: Some(if tries_left == 0 {
            Refusal::CodeSpent
        } else {
            Refusal::WrongCode { tries_left }
        }),
        ..unchanged(appointment)
    })
}

fn send_code(appointment: &Appointment) -> Result<Transition, Refusal> {
    if appointment.code_counter >= CODES_PER_HOLD {
        return Err(Refusal::NoMoreCodes);
    }
    Ok(Transition {
        code_counter: appointment.code_counter + 1,
        code_tries: 0,
        event: Some(Event::CodeRequested),
        ..unchanged(appointment)
    })
}

fn cancel(
    appointment: &Appointment,
    facts: &Facts,
    now: DateTime<Utc>,
) -> Result<Transition, Refusal> {
    if appointment.starts_at <= now {
        return Err(Refusal::AlreadyOver);
    }
    let too_late = appointment.starts_at - facts.cancel_notice < now;
    if facts.by == Capacity::Patient && too_late {
        return Err(Refusal::TooLateToCancel { notice_minutes: facts.cancel_notice.num_minutes() });
    }
    Ok(becomes(appointment, State::Cancelled, Event::Cancelled))
}

fn unchanged(appointment: &Appointment) -> Transition {
    Transition {
        to: appointment.state,
        expires_at: Some(appointment.expires_at),
        code_counter: appointment.code_counter,
        code_tries: appointment.code_tries,
        event: None,
        refusal: None,
    }
}

fn becomes(appointment: &Appointment, to: State, event: Event) -> Transition {
    Transition { to, event: Some(event), ..unchanged(appointment) }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use uuid::Uuid;

    use super::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).single().expect("a time")
    }

    fn appointment(state: State) -> Appointment {
        Appointment {
            id: AppointmentId(Uuid::from_u128(1)),
            state,
            starts_at: now() + Duration::hours(3),
            ends_at: now() + Duration::hours(3) + Duration::minutes(20),
            expires_at: now() + Duration::minutes(5),
            code_counter: 1,
            code_tries: 0,
            version: 1,
        }
    }

    fn facts() -> Facts {
        Facts {
            by: Capacity::Patient,
            slot: Some(SlotFacts {
                starts_at: now() + Duration::hours(3),
                offered: true,
                seats_free: 1,
            }),
            person_is_busy: false,
            active_holds: 0,
            code_matches: true,
            cancel_notice: Duration::hours(2),
            hold: Duration::minutes(5),
        }
    }

    /// Every pair of state and command, with what it leads to.
    #[test]
    fn every_pair_of_state_and_command() {
        use Command as C;
        use Refusal as R;
        use State as S;
        let to = |state: State| Ok::<_, Refusal>(state);
        let expected = |state: State, command: Command| match (state, command) {
            (_, C::Hold) => Err(R::AlreadyExists),
            (S::Pending | S::Confirmed, C::Confirm) => to(S::Confirmed),
            (S::Pending, C::SendCode) => to(S::Pending),
            (S::Pending | S::Confirmed | S::Cancelled, C::Cancel) => to(S::Cancelled),
            (S::Pending, C::Expire) => Err(R::StillHeld),
            (S::Expired, C::Expire) => to(S::Expired),
            (S::Expired, _) => Err(R::HoldExpired),
            (S::Cancelled, C::Confirm | C::SendCode) => Err(R::AlreadyCancelled),
            (S::CheckedIn | S::Completed | S::NoShow, C::Cancel) => Err(R::AlreadyOver),
            _ => Err(R::NotAHold),
        };
        for state in State::ALL {
            for command in Command::ALL {
                let answer = decide(Some(&appointment(state)), &facts(), command, now());
                assert_eq!(
                    answer.map(|transition| transition.to),
                    expected(state, command),
                    "{state:?} {command:?}"
                );
            }
        }
    }

    #[test]
    fn a_hold_past_its_time_is_expired_at_that_instant() {
        let held = appointment(State::Pending);
        let just_before = held.expires_at - Duration::milliseconds(1);
        assert!(decide(Some(&held), &facts(), Command::Confirm, just_before).is_ok());
        let at = decide(Some(&held), &facts(), Command::Confirm, held.expires_at);
        assert_eq!(at, Err(Refusal::HoldExpired));
        let expired = decide(Some(&held), &facts(), Command::Expire, held.expires_at).expect("due");
        assert_eq!((expired.to, expired.event), (State::Expired, Some(Event::Expired)));
    }

    #[test]
    fn five_wrong_codes_then_a_new_one() {
        let wrong = Facts { code_matches: false, ..facts() };
        let mut held = appointment(State::Pending);
        for tries_left in [4, 3, 2, 1] {
            let answer = decide(Some(&held), &wrong, Command::Confirm, now()).expect("recorded");
            assert_eq!(answer.refusal, Some(Refusal::WrongCode { tries_left }));
            assert_eq!(answer.to, State::Pending);
            held.code_tries = answer.code_tries;
        }
        let last = decide(Some(&held), &wrong, Command::Confirm, now()).expect("recorded");
        assert_eq!(last.refusal, Some(Refusal::CodeSpent));
        held.code_tries = last.code_tries;
        let right = decide(Some(&held), &facts(), Command::Confirm, now());
        assert_eq!(right, Err(Refusal::CodeSpent), "even the right code comes too late");

        let renewed = decide(Some(&held), &facts(), Command::SendCode, now()).expect("a new code");
        assert_eq!((renewed.code_counter, renewed.code_tries), (2, 0));
        held.code_counter = CODES_PER_HOLD;
        let more = decide(Some(&held), &facts(), Command::SendCode, now());
        assert_eq!(more, Err(Refusal::NoMoreCodes));
    }

    #[test]
    fn a_patient_cancels_until_the_notice_and_the_clinic_until_the_start() {
        let booked = appointment(State::Confirmed);
        let limit = booked.starts_at - Duration::hours(2);
        assert!(decide(Some(&booked), &facts(), Command::Cancel, limit).is_ok());
        let late = limit + Duration::seconds(1);
        assert_eq!(
            decide(Some(&booked), &facts(), Command::Cancel, late),
            Err(Refusal::TooLateToCancel { notice_minutes: 120 })
        );
        let doctor = Facts { by: Capacity::Doctor, ..facts() };
        assert!(decide(Some(&booked), &doctor, Command::Cancel, late).is_ok());
        assert_eq!(
            decide(Some(&booked), &doctor, Command::Cancel, booked.starts_at),
            Err(Refusal::AlreadyOver)
        );
    }

    #[test]
    fn a_reference_can_be_read_out() {
        let id = AppointmentId(Uuid::from_u128(0x0190_0000_0000_7000_8000_00ab_cdef_0123));
        assert_eq!(reference(id), "NF6Y-Y093");
        assert!(!reference(id).contains(['I', 'L', 'O', 'U']));
    }

    #[test]
    fn what_a_hold_needs() {
        let slot =
            SlotFacts { starts_at: now() + Duration::hours(3), offered: true, seats_free: 1 };
        let with = |slot: Option<SlotFacts>| Facts { slot, ..facts() };
        let refused =
            |facts: &Facts| decide(None, facts, Command::Hold, now()).expect_err("refused");
        assert_eq!(refused(&with(None)), Refusal::NotOffered);
        assert_eq!(refused(&with(Some(SlotFacts { offered: false, ..slot }))), Refusal::NotOffered);
        assert_eq!(
            refused(&with(Some(SlotFacts { starts_at: now(), ..slot }))),
            Refusal::InThePast
        );
        assert_eq!(refused(&with(Some(SlotFacts { seats_free: 0, ..slot }))), Refusal::Taken);
        assert_eq!(refused(&Facts { person_is_busy: true, ..facts() }), Refusal::PersonBusy);
        assert_eq!(refused(&Facts { active_holds: 3, ..facts() }), Refusal::TooManyHolds);

        let held = decide(None, &facts(), Command::Hold, now()).expect("held");
        assert_eq!(held.expires_at, Some(now() + Duration::minutes(5)));
        let soon = SlotFacts { starts_at: now() + Duration::minutes(2), ..slot };
        let held = decide(None, &with(Some(soon)), Command::Hold, now()).expect("held");
        assert_eq!(held.expires_at, Some(soon.starts_at), "a hold never outlives the start");
    }
}
