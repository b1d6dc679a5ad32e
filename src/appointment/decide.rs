//! The life cycle of an appointment as one pure function: a table of the outcome of every command in every state.

use chrono::{DateTime, Duration, Utc};

use super::{
    Appointment, CODE_TRIES, CODES_PER_HOLD, Claims, Command, EXTENSIONS_MAX, Event, Facts,
    Opening, Proof, Refusal, State, Transition, begun,
};
use crate::acting_role::ActingRole;

/// The outcome of a command in a state.
#[derive(Clone, Copy)]
enum Rule {
    /// A function decides.
    Ask(fn(&Appointment, &Facts, DateTime<Utc>) -> Result<Transition, Refusal>),
    /// The appointment is already in the wanted state: granted, and nothing changes.
    Same,
    No(Refusal),
}

/// Each row is a command, each column a state.
#[rustfmt::skip]
fn rule(command: Command, state: State) -> Rule {
    use Refusal::{AlreadyCancelled, AlreadyExists, AlreadyOver, HasBegun, HoldExpired, NotAHold, NotConfirmed, NothingToUndo};
    use Rule::{Ask, No, Same};
    let row = match command {
        //                       pending           confirmed        checked in      completed        cancelled             expired          no show
        Command::Hold       => [No(AlreadyExists); 7],
        Command::Extend     => [Ask(extend),       No(NotAHold),    No(NotAHold),   No(NotAHold),    No(AlreadyCancelled), No(HoldExpired), No(NotAHold)   ],
        Command::Confirm    => [Ask(confirm),      Same,            No(NotAHold),   No(NotAHold),    No(AlreadyCancelled), No(HoldExpired), No(NotAHold)   ],
        Command::SendCode   => [Ask(send_code),    No(NotAHold),    No(NotAHold),   No(NotAHold),    No(AlreadyCancelled), No(HoldExpired), No(NotAHold)   ],
        Command::Cancel     => [Ask(release),      Ask(cancel),     No(HasBegun),   No(AlreadyOver), Same,                 No(HoldExpired), No(AlreadyOver)],
        Command::Reschedule => [No(NotConfirmed),  Ask(reschedule), No(HasBegun),   No(AlreadyOver), No(AlreadyCancelled), No(HoldExpired), No(AlreadyOver)],
        Command::CheckIn    => [No(NotConfirmed),  Ask(check_in),   Same,           No(AlreadyOver), No(AlreadyCancelled), No(HoldExpired), No(AlreadyOver)],
        Command::Complete   => [No(NotConfirmed),  Ask(complete),   Ask(complete),  Same,            No(AlreadyCancelled), No(HoldExpired), Ask(complete)  ],
        Command::MarkNoShow => [No(NotConfirmed),  Ask(no_show),    No(HasBegun),   No(AlreadyOver), No(AlreadyCancelled), No(HoldExpired), Same           ],
        Command::Reopen     => [No(NotConfirmed),  No(NothingToUndo), Ask(reopen),  Ask(reopen),     No(AlreadyCancelled), No(HoldExpired), Ask(reopen)    ],
    };
    row[state as usize]
}

/// Decides what a command does.
///
/// `current` is the stored appointment; `None` for a hold. A command whose result is already there (confirming a
/// confirmed appointment, cancelling a cancelled one) is granted and changes nothing, so that a double click or a
/// retry succeeds.
///
/// # Errors
/// The [`Refusal`] that applies; then nothing must be written.
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
    if !command.is_open_to(facts.by) {
        return Err(Refusal::NotYours);
    }
    match rule(command, appointment.state_at(now)) {
        Rule::Ask(rule) => rule(appointment, facts, now),
        Rule::Same => Ok(unchanged(appointment)),
        Rule::No(refusal) => Err(refusal),
    }
}

/// When a hold made now ends: after `hold`, but never after the appointment would start.
pub fn hold_ends(hold: Duration, starts_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    (now + hold).min(starts_at)
}

fn hold(facts: &Facts, now: DateTime<Utc>) -> Result<Transition, Refusal> {
    let starts_at = free_time(facts, now)?;
    if facts.active_holds >= facts.holds_max {
        return Err(Refusal::TooManyHolds);
    }
    if facts.visits_ahead >= facts.visits_max {
        return Err(Refusal::TooManyVisits { most: facts.visits_max });
    }
    Ok(Transition {
        to: State::Pending,
        expires_at: hold_ends(facts.hold, starts_at, now),
        extensions: 0,
        code_counter: 1,
        code_tries: 0,
        claims: Claims::Make,
        event: Some(Event::Held),
        refusal: None,
    })
}

/// The start of the wanted slot, if the person may book it.
fn free_time(facts: &Facts, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let slot = facts.slot.ok_or(Refusal::NotOffered)?;
    if slot.starts_at <= now {
        Err(Refusal::InThePast)
    } else if !slot.offered {
        Err(Refusal::NotOffered)
    } else if facts.by == ActingRole::Patient && slot.opening != Opening::Open {
        // Notice and booking window apply to patients only.
        Err(if slot.opening == Opening::NotYet {
            Refusal::NotOpenYet
        } else {
            Refusal::TooShortNotice
        })
    } else if slot.seats_free <= 0 {
        Err(Refusal::Taken)
    } else if facts.person_is_busy {
        Err(Refusal::PersonBusy)
    } else {
        Ok(slot.starts_at)
    }
}

fn extend(held: &Appointment, facts: &Facts, now: DateTime<Utc>) -> Result<Transition, Refusal> {
    if held.extensions >= EXTENSIONS_MAX {
        return Err(Refusal::NoMoreExtensions);
    }
    Ok(Transition {
        extensions: held.extensions + 1,
        // A shorter configured duration never shortens an existing hold.
        expires_at: hold_ends(facts.hold, held.starts_at, now).max(held.expires_at),
        claims: Claims::Extend,
        event: Some(Event::Extended),
        ..unchanged(held)
    })
}

fn confirm(held: &Appointment, facts: &Facts, _: DateTime<Utc>) -> Result<Transition, Refusal> {
    if !facts.takes_bookings {
        return Err(Refusal::NotTakingBookings);
    }
    match facts.proof {
        Proof::NotNeeded => confirmed(held, facts),
        _ if held.code_tries >= CODE_TRIES => Err(Refusal::CodeSpent),
        Proof::CodeTooOld => Err(Refusal::CodeTooOld),
        Proof::RightCode => confirmed(held, facts),
        Proof::WrongCode => {
            let code_tries = held.code_tries + 1;
            let tries_left = CODE_TRIES - code_tries;
            let refusal = match tries_left {
                0 => Refusal::CodeSpent,
                _ => Refusal::WrongCode { tries_left },
            };
            Ok(Transition { code_tries, refusal: Some(refusal), ..unchanged(held) })
        }
    }
}

/// A visitor's appointment moves to the account of their address when it is confirmed, and has to fit in there. If it
/// does not, the hold stays as it is.
fn confirmed(held: &Appointment, facts: &Facts) -> Result<Transition, Refusal> {
    if facts.person_is_busy {
        Err(Refusal::PersonBusy)
    } else if facts.visits_ahead >= facts.visits_max {
        Err(Refusal::TooManyVisits { most: facts.visits_max })
    } else {
        Ok(becomes(held, State::Confirmed, Event::Confirmed, Claims::MakePermanent))
    }
}

fn send_code(held: &Appointment, _: &Facts, _: DateTime<Utc>) -> Result<Transition, Refusal> {
    if held.code_counter >= CODES_PER_HOLD {
        return Err(Refusal::NoMoreCodes);
    }
    Ok(Transition {
        code_counter: held.code_counter + 1,
        code_tries: 0,
        event: Some(Event::CodeRequested),
        ..unchanged(held)
    })
}

fn release(held: &Appointment, _: &Facts, _: DateTime<Utc>) -> Result<Transition, Refusal> {
    Ok(becomes(held, State::Cancelled, Event::Released, Claims::Drop))
}

fn cancel(booked: &Appointment, facts: &Facts, now: DateTime<Utc>) -> Result<Transition, Refusal> {
    not_begun(booked, now)?;
    if is_too_late(booked, facts, now) {
        let notice_minutes = facts.cancel_notice.num_minutes();
        return Err(Refusal::TooLateToCancel { notice_minutes });
    }
    Ok(becomes(booked, State::Cancelled, Event::Cancelled, Claims::Drop))
}

fn reschedule(
    booked: &Appointment,
    facts: &Facts,
    now: DateTime<Utc>,
) -> Result<Transition, Refusal> {
    if facts.slot.is_some_and(|slot| slot.is_own) {
        return Ok(unchanged(booked));
    }
    not_begun(booked, now)?;
    if !facts.takes_bookings {
        return Err(Refusal::NotTakingBookings);
    }
    if is_too_late(booked, facts, now) {
        let notice_minutes = facts.cancel_notice.num_minutes();
        return Err(Refusal::TooLateToMove { notice_minutes });
    }
    free_time(facts, now)?;
    Ok(becomes(booked, State::Confirmed, Event::Rescheduled, Claims::Move))
}

fn not_begun(booked: &Appointment, now: DateTime<Utc>) -> Result<(), Refusal> {
    begun(booked.starts_at, booked.ends_at, now).map_or(Ok(()), Err)
}

/// The clinic's notice applies to patients; the clinic itself may act until the start.
fn is_too_late(booked: &Appointment, facts: &Facts, now: DateTime<Utc>) -> bool {
    facts.by == ActingRole::Patient && booked.starts_at - facts.cancel_notice < now
}

fn check_in(
    booked: &Appointment,
    facts: &Facts,
    now: DateTime<Utc>,
) -> Result<Transition, Refusal> {
    if now < booked.starts_at - facts.check_in_lead {
        let lead_minutes = facts.check_in_lead.num_minutes();
        return Err(Refusal::TooEarlyToCheckIn { lead_minutes });
    }
    Ok(becomes(booked, State::CheckedIn, Event::CheckedIn, Claims::Keep))
}

fn complete(booked: &Appointment, _: &Facts, now: DateTime<Utc>) -> Result<Transition, Refusal> {
    if now < booked.starts_at {
        return Err(Refusal::TooEarly);
    }
    Ok(becomes(booked, State::Completed, Event::Completed, Claims::Drop))
}

fn no_show(booked: &Appointment, _: &Facts, now: DateTime<Utc>) -> Result<Transition, Refusal> {
    if now < booked.starts_at {
        return Err(Refusal::TooEarly);
    }
    Ok(becomes(booked, State::NoShow, Event::NoShow, Claims::Drop))
}

/// Returns to the state before the last mark (check-in, completion, no-show). A completion or no-show has released
/// the seats and the time: unless they can be claimed again, the command is refused.
fn reopen(marked: &Appointment, facts: &Facts, now: DateTime<Utc>) -> Result<Transition, Refusal> {
    let undo = facts.undo.ok_or(Refusal::NothingToUndo)?;
    let claims = match (marked.state, undo.to) {
        (State::CheckedIn, _) | (_, State::NoShow) => Claims::Keep,
        _ => Claims::MakeAgain,
    };
    if marked.state == State::Completed && !Command::Complete.is_open_to(facts.by) {
        Err(Refusal::NotYours)
    } else if now >= undo.until {
        Err(Refusal::TooLateToUndo)
    } else if marked.state == State::Completed && undo.reviewed {
        Err(Refusal::HasReview)
    } else if claims == Claims::MakeAgain && !undo.seats_free {
        Err(Refusal::TimeGivenAway)
    } else if claims == Claims::MakeAgain && facts.person_is_busy {
        Err(Refusal::PersonBusy)
    } else {
        Ok(becomes(marked, undo.to, Event::Reopened, claims))
    }
}

fn unchanged(appointment: &Appointment) -> Transition {
    Transition {
        to: appointment.state,
        expires_at: appointment.expires_at,
        extensions: appointment.extensions,
        code_counter: appointment.code_counter,
        code_tries: appointment.code_tries,
        claims: Claims::Keep,
        event: None,
        refusal: None,
    }
}

fn becomes(appointment: &Appointment, to: State, event: Event, claims: Claims) -> Transition {
    Transition { to, claims, event: Some(event), ..unchanged(appointment) }
}
