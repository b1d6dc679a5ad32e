use chrono::TimeZone;
use uuid::Uuid;

use super::*;
use crate::zone::Zone;

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
        extensions: 0,
        code_counter: 1,
        code_tries: 0,
        version: 1,
    }
}

fn facts() -> Facts {
    Facts {
        slot: Some(SlotFacts {
            starts_at: now() + Duration::hours(30),
            offered: true,
            opening: Opening::Open,
            seats_free: 1,
            is_own: false,
        }),
        proof: Proof::RightCode,
        undo: Some(undo()),
        ..Facts::of(ActingRole::Patient, Duration::hours(2), Duration::minutes(5))
    }
}

fn undo() -> Undo {
    let until = now() + Duration::hours(14);
    Undo { to: State::Confirmed, until, seats_free: true, reviewed: false }
}

/// Facts with an actor who may use this command.
fn facts_for(command: Command) -> Facts {
    let sides = [ActingRole::Patient, ActingRole::Doctor, ActingRole::System];
    let by = sides.into_iter().find(|side| command.is_open_to(*side)).expect("someone");
    Facts { by, ..facts() }
}

/// The result of every command in every state. For check-in, completion and no-show the visit has begun; for the
/// other commands it is three hours ahead.
#[test]
fn every_pair_of_state_and_command_is_decided() {
    use Command as C;
    use Refusal as R;
    use State as S;
    let to = |state: State| Ok::<_, Refusal>(state);
    let expected = |state: State, command: Command| match (state, command) {
        (_, C::Hold) => Err(R::AlreadyExists),
        (S::Pending, C::Extend | C::SendCode) => to(S::Pending),
        (S::Pending | S::Confirmed, C::Confirm) => to(S::Confirmed),
        (S::Pending | S::Confirmed | S::Cancelled, C::Cancel) => to(S::Cancelled),
        (S::Confirmed, C::Reschedule) => to(S::Confirmed),
        (S::Confirmed | S::CheckedIn, C::CheckIn) => to(S::CheckedIn),
        (S::Confirmed | S::CheckedIn | S::Completed | S::NoShow, C::Complete) => to(S::Completed),
        (S::Confirmed | S::NoShow, C::MarkNoShow) => to(S::NoShow),
        (S::CheckedIn | S::Completed | S::NoShow, C::Reopen) => to(S::Confirmed),
        (S::Confirmed, C::Reopen) => Err(R::NothingToUndo),
        (S::Expired, _) => Err(R::HoldExpired),
        (S::Cancelled, _) => Err(R::AlreadyCancelled),
        (_, C::Extend | C::Confirm | C::SendCode) => Err(R::NotAHold),
        (S::Pending, _) => Err(R::NotConfirmed),
        (S::CheckedIn, _) => Err(R::HasBegun),
        (S::Completed | S::NoShow, _) => Err(R::AlreadyOver),
    };
    for state in State::ALL {
        for command in Command::ALL {
            let mut current = appointment(state);
            if matches!(command, C::CheckIn | C::Complete | C::MarkNoShow) {
                current.starts_at = now() - Duration::minutes(1);
            }
            let answer = decide(Some(&current), &facts_for(command), command, now());
            let answer = answer.map(|transition| transition.to);
            assert_eq!(answer, expected(state, command), "{state:?} {command:?}");
        }
    }
}

#[test]
fn patients_and_clinics_cannot_use_each_others_commands() {
    let all = ActingRole::ALL;
    for command in Command::ALL {
        assert!(all.iter().any(|side| command.is_open_to(*side)), "{command:?} is for someone");
        for by in all.into_iter().filter(|side| !command.is_open_to(*side)) {
            for state in State::ALL {
                let answer =
                    decide(Some(&appointment(state)), &Facts { by, ..facts() }, command, now());
                assert_eq!(answer, Err(Refusal::NotYours), "{by:?} {command:?} {state:?}");
            }
        }
    }
}

#[test]
fn a_receptionist_undoes_check_ins_and_no_shows_but_no_completed_visits() {
    for (state, expected) in [
        (State::CheckedIn, Ok(State::Confirmed)),
        (State::NoShow, Ok(State::Confirmed)),
        (State::Completed, Err(Refusal::NotYours)),
    ] {
        let facts = Facts { by: ActingRole::Receptionist, ..facts() };
        let answer = decide(Some(&appointment(state)), &facts, Command::Reopen, now());
        assert_eq!(answer.map(|transition| transition.to), expected, "{state:?}");
    }
}

/// A transition has an event exactly when it changes something, and the claims fit the new state.
#[test]
fn every_change_has_its_event_and_the_right_claims() {
    for state in State::ALL {
        for command in Command::ALL {
            let mut current = appointment(state);
            if matches!(command, Command::Complete | Command::MarkNoShow) {
                current.starts_at = now() - Duration::minutes(1);
            }
            let Ok(done) = decide(Some(&current), &facts_for(command), command, now()) else {
                continue;
            };
            assert_eq!(done.event.is_some(), done.changes(&current), "{state:?} {command:?}");
            let expected = match (done.to, done.event) {
                (_, None | Some(Event::CodeRequested | Event::CheckedIn)) => Claims::Keep,
                (_, Some(Event::Reopened)) if state == State::CheckedIn => Claims::Keep,
                (_, Some(Event::Reopened)) => Claims::MakeAgain,
                (_, Some(Event::Extended)) => Claims::Extend,
                (_, Some(Event::Rescheduled)) => Claims::Move,
                (State::Confirmed, _) => Claims::MakePermanent,
                (State::Cancelled | State::Expired | State::Completed | State::NoShow, _) => {
                    Claims::Drop
                }
                other => unreachable!("{other:?}"),
            };
            assert_eq!(done.claims, expected, "{state:?} {command:?}");
        }
    }
}

#[test]
fn a_hold_past_its_time_is_expired_at_that_instant() {
    let held = appointment(State::Pending);
    let just_before = held.expires_at - Duration::milliseconds(1);
    assert!(decide(Some(&held), &facts(), Command::Confirm, just_before).is_ok());
    for command in [Command::Confirm, Command::Extend, Command::SendCode, Command::Cancel] {
        let at = decide(Some(&held), &facts(), command, held.expires_at);
        assert_eq!(at, Err(Refusal::HoldExpired), "{command:?}");
    }
    assert_eq!(held.state_at(just_before), State::Pending);
    assert_eq!(held.state_at(held.expires_at), State::Expired);
}

#[test]
fn a_hold_is_extended_three_times_and_never_past_the_start() {
    let mut held = appointment(State::Pending);
    for n in 1..=EXTENSIONS_MAX {
        let at = held.expires_at - Duration::seconds(30);
        let longer = decide(Some(&held), &facts(), Command::Extend, at).expect("longer");
        assert_eq!(longer.expires_at, at + Duration::minutes(5));
        assert_eq!(longer.extensions, n);
        (held.expires_at, held.extensions) = (longer.expires_at, longer.extensions);
    }
    let at = held.expires_at - Duration::seconds(30);
    let more = decide(Some(&held), &facts(), Command::Extend, at);
    assert_eq!(more, Err(Refusal::NoMoreExtensions));

    let soon =
        Appointment { starts_at: now() + Duration::minutes(6), ..appointment(State::Pending) };
    let at = now() + Duration::minutes(3);
    let longer = decide(Some(&soon), &facts(), Command::Extend, at).expect("longer");
    assert_eq!(longer.expires_at, soon.starts_at);
}

#[test]
fn after_five_wrong_codes_a_new_code_is_needed() {
    let wrong = Facts { proof: Proof::WrongCode, ..facts() };
    let mut held = appointment(State::Pending);
    for tries_left in [4, 3, 2, 1] {
        let answer = decide(Some(&held), &wrong, Command::Confirm, now()).expect("recorded");
        assert_eq!(answer.refusal, Some(Refusal::WrongCode { tries_left }));
        assert_eq!((answer.to, answer.claims), (State::Pending, Claims::Keep));
        held.code_tries = answer.code_tries;
    }
    let last = decide(Some(&held), &wrong, Command::Confirm, now()).expect("recorded");
    assert_eq!(last.refusal, Some(Refusal::CodeSpent));
    held.code_tries = last.code_tries;
    let right = decide(Some(&held), &facts(), Command::Confirm, now());
    assert_eq!(right, Err(Refusal::CodeSpent), "even the right code comes too late");

    let renewed = decide(Some(&held), &facts(), Command::SendCode, now()).expect("a new code");
    assert_eq!((renewed.code_counter, renewed.code_tries), (2, 0));
    let old = Facts { proof: Proof::CodeTooOld, ..facts() };
    let late = decide(Some(&appointment(State::Pending)), &old, Command::Confirm, now());
    assert_eq!(late, Err(Refusal::CodeTooOld), "and uses up no try");
    held.code_counter = CODES_PER_HOLD;
    let more = decide(Some(&held), &facts(), Command::SendCode, now());
    assert_eq!(more, Err(Refusal::NoMoreCodes));
}

#[test]
fn a_visit_that_moves_to_another_account_has_to_fit_in_there() {
    let held = appointment(State::Pending);
    let ask = |facts: Facts| decide(Some(&held), &facts, Command::Confirm, now());
    let busy = Facts { person_is_busy: true, ..facts() };
    let full = Facts { visits_ahead: 3, ..facts() };
    assert_eq!(ask(busy.clone()), Err(Refusal::PersonBusy));
    assert_eq!(ask(full.clone()), Err(Refusal::TooManyVisits { most: 3 }));
    assert!(ask(Facts { visits_ahead: 2, ..facts() }).is_ok(), "one more");
    for clash in [busy, full] {
        let wrong = ask(Facts { proof: Proof::WrongCode, ..clash.clone() }).expect("recorded");
        let refusal = Some(Refusal::WrongCode { tries_left: 4 });
        assert_eq!(wrong.refusal, refusal, "a wrong code tells nothing about the account");
        assert!(ask(Facts { proof: Proof::NotNeeded, ..clash }).is_err());
    }
}

#[test]
fn a_verified_account_needs_no_code_with_instant_confirmation() {
    let known = Facts { proof: Proof::NotNeeded, ..facts() };
    let mut held = appointment(State::Pending);
    held.code_tries = CODE_TRIES;
    let confirmed = decide(Some(&held), &known, Command::Confirm, now()).expect("confirmed");
    assert_eq!(confirmed.to, State::Confirmed);
}

#[test]
fn patients_can_change_until_the_notice_and_the_clinic_until_the_start() {
    let booked = appointment(State::Confirmed);
    let limit = booked.starts_at - Duration::hours(2);
    let late = limit + Duration::seconds(1);
    for (command, refusal) in [
        (Command::Cancel, Refusal::TooLateToCancel { notice_minutes: 120 }),
        (Command::Reschedule, Refusal::TooLateToMove { notice_minutes: 120 }),
    ] {
        assert!(decide(Some(&booked), &facts(), command, limit).is_ok());
        assert_eq!(decide(Some(&booked), &facts(), command, late), Err(refusal));
        let doctor = Facts { by: ActingRole::Doctor, ..facts() };
        assert!(decide(Some(&booked), &doctor, command, late).is_ok());
        for (at, refusal) in [
            (booked.starts_at, Refusal::HasBegun),
            (booked.ends_at - Duration::seconds(1), Refusal::HasBegun),
            (booked.ends_at, Refusal::AlreadyOver),
        ] {
            assert_eq!(decide(Some(&booked), &doctor, command, at), Err(refusal));
            assert_eq!(decide(Some(&booked), &facts(), command, at), Err(refusal));
        }
    }
}

#[test]
fn check_in_is_possible_shortly_before_the_start_and_completion_only_after_it() {
    let doctor = Facts { by: ActingRole::Doctor, ..facts() };
    let booked = appointment(State::Confirmed);
    let opens = booked.starts_at - CHECK_IN_LEAD;
    let early = opens - Duration::seconds(1);
    let ask = |command, at| decide(Some(&booked), &doctor, command, at).map(|done| done.to);
    let too_early = Refusal::TooEarlyToCheckIn { lead_minutes: 60 };
    assert_eq!(ask(Command::CheckIn, early), Err(too_early));
    assert_eq!(ask(Command::CheckIn, opens), Ok(State::CheckedIn));
    let lead = Facts { check_in_lead: Duration::hours(3), ..doctor.clone() };
    assert!(decide(Some(&booked), &lead, Command::CheckIn, now()).is_ok());
    assert_eq!(ask(Command::Complete, now()), Err(Refusal::TooEarly));
    assert_eq!(ask(Command::MarkNoShow, now()), Err(Refusal::TooEarly));
    assert_eq!(ask(Command::Complete, booked.starts_at), Ok(State::Completed));
    assert_eq!(ask(Command::MarkNoShow, booked.starts_at), Ok(State::NoShow));
    let here = appointment(State::CheckedIn);
    let seen = |at| decide(Some(&here), &doctor, Command::Complete, at).map(|done| done.to);
    let just_before = here.starts_at - Duration::seconds(1);
    assert_eq!(seen(just_before), Err(Refusal::TooEarly), "nobody is seen before the start");
    assert_eq!(seen(here.starts_at), Ok(State::Completed));
}

#[test]
fn a_completion_is_undone_on_its_day_if_the_time_is_still_free() {
    let ask = |state, undo: Undo, busy| {
        let facts = Facts { by: ActingRole::Doctor, undo: Some(undo), ..facts() };
        let facts = Facts { person_is_busy: busy, ..facts };
        let mut marked = appointment(state);
        marked.starts_at = now() - Duration::minutes(1);
        decide(Some(&marked), &facts, Command::Reopen, now()).map(|done| (done.to, done.claims))
    };
    let here = Undo { to: State::CheckedIn, ..undo() };
    assert_eq!(ask(State::CheckedIn, undo(), false), Ok((State::Confirmed, Claims::Keep)));
    assert_eq!(ask(State::Completed, here, false), Ok((State::CheckedIn, Claims::MakeAgain)));
    let missed = Undo { to: State::NoShow, ..undo() };
    assert_eq!(ask(State::Completed, missed, false), Ok((State::NoShow, Claims::Keep)));
    for state in [State::CheckedIn, State::Completed, State::NoShow] {
        let over = Undo { until: now(), ..undo() };
        assert_eq!(ask(state, over, false), Err(Refusal::TooLateToUndo), "{state:?}");
    }
    let taken = Undo { seats_free: false, ..undo() };
    for state in [State::Completed, State::NoShow] {
        assert_eq!(ask(state, taken, false), Err(Refusal::TimeGivenAway), "{state:?}");
        assert_eq!(ask(state, undo(), true), Err(Refusal::PersonBusy), "{state:?}");
    }
    assert!(ask(State::CheckedIn, taken, true).is_ok(), "it has its seats still");
    let reviewed = Undo { reviewed: true, ..undo() };
    assert_eq!(ask(State::Completed, reviewed, false), Err(Refusal::HasReview));
}

#[test]
fn check_ins_and_completions_are_undone_one_by_one() {
    let at = |minute| now() + Duration::minutes(minute);
    let events = |all: &[Event]| {
        let all: Vec<_> = all.iter().zip(0..).map(|(event, minute)| (*event, at(minute))).collect();
        last_mark(all)
    };
    use Event::{CheckedIn, Completed, Confirmed, Held, NoShow, Reopened};
    assert_eq!(events(&[Held, Confirmed]), None);
    assert_eq!(events(&[Held, Confirmed, CheckedIn]), Some((State::Confirmed, at(2))));
    let seen = [Held, Confirmed, CheckedIn, Completed];
    assert_eq!(events(&seen), Some((State::CheckedIn, at(3))));
    let undone = [Held, Confirmed, CheckedIn, Completed, Reopened];
    assert_eq!(events(&undone), Some((State::Confirmed, at(2))));
    let all_undone = [Held, Confirmed, CheckedIn, Completed, Reopened, Reopened];
    assert_eq!(events(&all_undone), None);
    let came_late = [Held, Confirmed, NoShow, Completed];
    assert_eq!(events(&came_late), Some((State::NoShow, at(3))));
}

#[cfg(feature = "server")]
#[test]
fn the_day_for_undoing_is_in_the_zone_of_the_place() {
    let zone = Zone::named("Asia/Kolkata");
    let local = |day, hour, minute| {
        let at = zone.with_ymd_and_hms(2026, 11, day, hour, minute, 0);
        at.single().expect("a time").with_timezone(&Utc)
    };
    assert_eq!(undo_until(local(24, 18, 0), local(24, 10, 0), zone), local(25, 0, 0));
    assert_eq!(
        undo_until(local(25, 9, 0), local(24, 10, 0), zone),
        local(26, 0, 0),
        "marked later"
    );
    let before_midnight = undo_until(local(24, 23, 30), local(25, 0, 15), zone);
    assert_eq!(before_midnight, local(26, 0, 0), "the day of the visit");
}

#[test]
fn with_a_suspended_doctor_patients_can_only_cancel() {
    let away = Facts { takes_bookings: false, ..facts() };
    let ask = |state, command| {
        decide(Some(&appointment(state)), &away, command, now()).map(|done| done.to)
    };
    assert_eq!(ask(State::Confirmed, Command::Reschedule), Err(Refusal::NotTakingBookings));
    assert_eq!(ask(State::Pending, Command::Confirm), Err(Refusal::NotTakingBookings));
    assert_eq!(ask(State::Confirmed, Command::Cancel), Ok(State::Cancelled));
    assert_eq!(ask(State::Pending, Command::Cancel), Ok(State::Cancelled));
}

#[test]
fn a_reference_has_no_ambiguous_characters() {
    let id = AppointmentId(Uuid::from_u128(0x0190_0000_0000_7000_8000_00ab_cdef_0123));
    assert_eq!(reference(id), "NF6Y-Y093");
    assert!(!reference(id).contains(['I', 'L', 'O', 'U']));
}

/// A hold and a move refuse a slot for the same reasons.
#[test]
fn holds_and_moves_have_the_same_conditions_on_the_slot() {
    let booked = appointment(State::Confirmed);
    let slot = SlotFacts {
        starts_at: now() + Duration::hours(3),
        offered: true,
        opening: Opening::Open,
        seats_free: 1,
        is_own: false,
    };
    let with = |slot: Option<SlotFacts>| Facts { slot, ..facts() };
    let refused = |facts: &Facts| {
        let hold = decide(None, facts, Command::Hold, now()).expect_err("refused");
        let moved = decide(Some(&booked), facts, Command::Reschedule, now()).expect_err("refused");
        assert_eq!(hold, moved);
        hold
    };
    assert_eq!(refused(&with(None)), Refusal::NotOffered);
    assert_eq!(refused(&with(Some(SlotFacts { offered: false, ..slot }))), Refusal::NotOffered);
    assert_eq!(refused(&with(Some(SlotFacts { starts_at: now(), ..slot }))), Refusal::InThePast);
    assert_eq!(refused(&with(Some(SlotFacts { seats_free: 0, ..slot }))), Refusal::Taken);
    let closed = SlotFacts { opening: Opening::Closed, ..slot };
    assert_eq!(refused(&with(Some(closed))), Refusal::TooShortNotice);
    let early = SlotFacts { opening: Opening::NotYet, ..slot };
    assert_eq!(refused(&with(Some(early))), Refusal::NotOpenYet);
    let by_the_clinic = Facts { by: ActingRole::Doctor, ..with(Some(closed)) };
    assert!(decide(Some(&booked), &by_the_clinic, Command::Reschedule, now()).is_ok());
    assert_eq!(refused(&Facts { person_is_busy: true, ..facts() }), Refusal::PersonBusy);
    let same = with(Some(SlotFacts { is_own: true, ..slot }));
    let stays = decide(Some(&booked), &same, Command::Reschedule, now()).expect("it is so already");
    assert!(!stays.changes(&booked));
    let three = Facts { active_holds: 3, ..facts() };
    assert_eq!(decide(None, &three, Command::Hold, now()), Err(Refusal::TooManyHolds));
    let of_visitor = |active_holds| Facts { active_holds, holds_max: 1, ..facts() };
    assert!(decide(None, &of_visitor(0), Command::Hold, now()).is_ok());
    assert_eq!(decide(None, &of_visitor(1), Command::Hold, now()), Err(Refusal::TooManyHolds));

    let held = decide(None, &facts(), Command::Hold, now()).expect("held");
    assert_eq!(held.expires_at, now() + Duration::minutes(5));
    let soon = SlotFacts { starts_at: now() + Duration::minutes(2), ..slot };
    let held = decide(None, &with(Some(soon)), Command::Hold, now()).expect("held");
    assert_eq!(held.expires_at, soon.starts_at, "a hold never outlives the start");
}
