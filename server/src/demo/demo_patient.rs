//! What the demo's patient has booked: something ahead in person, by video and for a child, and
//! something behind to look back on.

use std::collections::HashSet;

use chrono::{Days, Duration, NaiveDate};
use nadi::ids::{AccountId, PersonId};
use nadi::visit::Mode;
use uuid::Uuid;

use super::opinions;
use crate::demo::data::{Dependant, Doctor, Role, Visit};
use crate::demo::diary::{BUSY_DOCTORS, Clinic, Diary, Time, booked_at, visit};
use crate::demo::fate::Fate;
use crate::demo::ids::fixed_uuid;
use crate::demo::rng::SeededRng;
use crate::demo::sign_ins::sign_ins;

/// A visit that the demo's patient always has ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub person: PersonId,
    pub mode: Mode,
    /// With the demo doctor, or rather with another of the clinic.
    pub with_demo_doctor: bool,
    /// So many days from today on.
    pub days_ahead: u64,
}

pub(crate) fn wishes() -> [Wish; 3] {
    let (_, own) = patient();
    let wish = |person, mode, with_demo_doctor, days_ahead| Wish {
        person,
        mode,
        with_demo_doctor,
        days_ahead,
    };
    [
        wish(own, Mode::InPerson, true, 2),
        wish(own, Mode::Video, false, 3),
        wish(child(), Mode::InPerson, false, 4),
    ]
}

/// The account of the demo's patient, and the person it is itself.
pub(crate) fn patient() -> (AccountId, PersonId) {
    let patient = sign_ins().into_iter().find(|who| who.role == Role::Patient);
    patient.map_or((AccountId(Uuid::nil()), PersonId(Uuid::nil())), |who| (who.account, who.person))
}

fn child() -> PersonId {
    PersonId(fixed_uuid(31))
}

pub(super) fn dependants() -> Vec<Dependant> {
    let birth_date = NaiveDate::from_ymd_opt(2018, 5, 14).expect("a date");
    vec![Dependant { account: patient().0, person: child(), name: "Anaya Kamat", birth_date }]
}

/// The patient's visits of these weeks; their times are taken from the diaries.
pub(super) fn visits(clinic: &Clinic, today: NaiveDate, diaries: &mut [Diary]) -> Vec<Visit> {
    let now = clinic.now;
    let (account, person) = patient();
    let is_over = move |time: &Time, days: i64| {
        time.ends_at <= now - Duration::days(1)
            && time.starts_at > now - Duration::days(days)
            && time.mode == Mode::InPerson
    };
    let rng = &mut SeededRng::new(clinic.seed, "own visits", 0);
    // At most one visit on a date: nobody is in two places at once.
    let mut dates: HashSet<NaiveDate> = HashSet::new();
    let mut visits = Vec::new();
    let mut book = |with_demo_doctor, person, fate, fits: &dyn Fn(&Time) -> bool| {
        let fits = |time: &Time| !dates.contains(&time.date) && fits(time);
        let (doctor, time) = take(diaries, with_demo_doctor, fits)?;
        dates.insert(time.date);
        let created_at = booked_at(rng, now, time.starts_at, fate);
        let with = clinic.with(doctor, clinic.usual);
        Some(visit(&with, (&time, &time), (account, person), fate, created_at, now, rng))
    };
    for wish in wishes() {
        let from = today + Days::new(wish.days_ahead);
        visits.extend(book(wish.with_demo_doctor, wish.person, Fate::Completed, &|time| {
            time.date >= from && time.mode == wish.mode
        }));
    }
    visits.extend(book(true, person, Fate::CancelledByPatient, &|time| is_over(time, 4)));
    // The patient has not said yet how this one was.
    visits.extend(book(true, person, Fate::Completed, &|time| is_over(time, 6)));
    let mut seen = book(false, person, Fate::Completed, &|time| is_over(time, 9));
    if let Some(visit) = &mut seen {
        // It was good, and the patient has said so.
        let yesterday = now.date_naive() - Days::new(1);
        visit.review = Some(crate::demo::visits::review(rng, visit, opinions::MOODS[0], yesterday));
    }
    visits.extend(seen);
    visits
}

/// A time that fits, of the demo doctor, or of another who is busy (hers when nobody else has one), and
/// whose it is.
fn take<'a>(
    diaries: &mut [Diary<'a>],
    with_demo_doctor: bool,
    fits: impl Fn(&Time) -> bool,
) -> Option<(&'a Doctor, Time)> {
    let others = 1..BUSY_DOCTORS.min(diaries.len());
    let order: Vec<usize> = if with_demo_doctor { vec![0] } else { others.chain([0]).collect() };
    order.into_iter().find_map(|number| {
        let diary = &mut diaries[number];
        Some((diary.doctor, diary.take(&fits)?))
    })
}
