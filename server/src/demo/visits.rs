//! Generates past visits with reviews, for about a third of the doctors, in this month and the one before.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, Utc};
use nadi::ids::{AccountId, PersonId, ReviewId, VisitTypeId};
use nadi::schedule::Rule;
use nadi::schedule::clock::edge;

use super::opinions;
use crate::demo::data::{Doctor, Past, PastReview, Patient, Visit};
use crate::demo::fate::{Fate, HOLD_MINUTES, events};
use crate::demo::ids::visit_id;
use crate::demo::place::Place;
use crate::demo::rng::SeededRng;

/// The number of invented patients of each city: more than any doctor there has visits.
const PATIENTS_EACH: usize = 45;
/// Percentage of doctors with reviews.
const REVIEWED_PERCENT: usize = 33;
const DEMO_REVIEWS: usize = 24;

/// All visits before `today`, with their patients.
pub(super) fn generate(
    seed: u64,
    today: NaiveDate,
    places: &[Place],
    doctors: &[Doctor],
    usual: &dyn Fn(&Doctor) -> VisitTypeId,
) -> Past {
    let patients: Vec<Patient> = places
        .iter()
        .enumerate()
        .flat_map(|(city, place)| {
            (0..PATIENTS_EACH)
                .map(move |nth| patient(seed, place, "patient", city * PATIENTS_EACH + nth))
        })
        .collect();
    let mut visits = Vec::new();
    for (number, doctor) in doctors.iter().enumerate() {
        let rng = &mut SeededRng::new(seed, "visits", number);
        let Some(city) = places.iter().position(|place| place.clinic.id == doctor.clinic) else {
            continue;
        };
        let chosen = rng.chance(REVIEWED_PERCENT);
        let wanted = match (number, chosen) {
            (0, _) => DEMO_REVIEWS,
            (_, false) => continue,
            (_, true) => match rng.below(100) {
                0..50 => rng.between(3, 8),
                50..85 => rng.between(9, 20),
                _ => rng.between(21, 40),
            },
        };
        let mood = if number == 0 { 0 } else { rng.weighted([5, 8, 5, 2].into_iter()) };
        let here = &patients[city * PATIENTS_EACH..(city + 1) * PATIENTS_EACH];
        let first = rng.below(PATIENTS_EACH);
        let mut taken = HashSet::new();
        for nth in 0..wanted {
            // Each patient comes once to the same doctor.
            let patient = &here[(first + nth) % PATIENTS_EACH];
            let who = (patient.account, patient.person);
            let Some(mut visit) = past_visit(rng, today, &places[city], doctor, &mut taken) else {
                continue;
            };
            visit.booked_by = who.0;
            visit.person = who.1;
            visit.visit_type = usual(doctor);
            visit.review = Some(review(rng, &visit, opinions::MOODS[mood], today));
            // A hidden review, which only the doctor, its author and the clinic see.
            if let Some(review) = visit.review.as_mut().filter(|_| number == 0 && nth == 7) {
                (review.stars, review.answer) = (2, None);
                review.text = "The lady before me, Mrs K., told everybody why she had come.".into();
                review.hidden = Some(opinions::HIDDEN_REASON);
            }
            visits.push(visit);
        }
    }
    Past { patients, visits }
}

/// Patient number `number` of the group `label`, which their e-mail address begins with.
pub(super) fn patient(seed: u64, place: &Place, label: &str, number: usize) -> Patient {
    let rng = &mut SeededRng::new(seed, label, number);
    let choices = place.region.names;
    let (_, names) = choices[rng.weighted(choices.iter().map(|(weight, _)| *weight))];
    let given = if rng.chance(55) { rng.word(names.women) } else { rng.word(names.men) };
    Patient {
        account: AccountId(rng.uuid()),
        person: PersonId(rng.uuid()),
        email: format!("{label}-{number}@people.nadi.example"),
        name: format!("{given} {}", rng.word(names.families)),
    }
}

/// A visit within the doctor's weekly hours, at a time that is not yet in `taken`.
fn past_visit(
    rng: &mut SeededRng,
    today: NaiveDate,
    place: &Place,
    doctor: &Doctor,
    taken: &mut HashSet<DateTime<Utc>>,
) -> Option<Visit> {
    // The first of the month before tomorrow's date: the earliest date of a booking.
    let earliest = (today + Days::new(1)).with_day(1)? - Months::new(1);
    let from = earliest + Days::new(2);
    let alone: Vec<&Rule> =
        doctor.hours.iter().map(|(_, rule)| rule).filter(|rule| rule.capacity == 1).collect();
    for _ in 0..20 {
        let rule = Rule { from, ..rng.pick(&alone).clone() };
        let days: Vec<NaiveDate> = rule.dates(from, today).into_iter().collect();
        let length = Duration::minutes(rule.slot_minutes.into());
        let slots = (rule.ends - rule.starts).num_minutes() / i64::from(rule.slot_minutes);
        if days.is_empty() || slots < 1 {
            continue;
        }
        let day = rng.pick(&days);
        let nth = i32::try_from(rng.below(usize::try_from(slots).unwrap_or(1))).unwrap_or(0);
        let wall = day.and_time(rule.starts) + length * nth;
        let starts_at = edge(place.city.zone, wall);
        if !taken.insert(starts_at) {
            continue;
        }
        let ahead = Duration::minutes(rng.between(180, 4 * 24 * 60) as i64);
        let earliest = earliest.and_time(chrono::NaiveTime::MIN).and_utc();
        let created_at = (starts_at - ahead).max(earliest);
        let ends_at = starts_at + length;
        return Some(Visit {
            id: visit_id(created_at, rng.uuid()),
            clinic: doctor.clinic,
            doctor: doctor.id,
            location: rule.location,
            visit_type: VisitTypeId(uuid::Uuid::nil()),
            slot_span: 1,
            booked_by: AccountId(uuid::Uuid::nil()),
            person: PersonId(uuid::Uuid::nil()),
            mode: rule.mode,
            zone: place.city.zone,
            starts_at,
            ends_at,
            fee: doctor.fee.clone(),
            created_at,
            expires_at: created_at + Duration::minutes(HOLD_MINUTES),
            events: events(Fate::Completed, created_at, (starts_at, ends_at), ends_at),
            cancel_reason: None,
            review: None,
        });
    }
    None
}

pub(super) fn review(
    rng: &mut SeededRng,
    visit: &Visit,
    mood: [usize; 5],
    today: NaiveDate,
) -> PastReview {
    let stars = 1 + u8::try_from(rng.weighted(mood.into_iter())).unwrap_or(4);
    let end = today.and_time(chrono::NaiveTime::MIN).and_utc();
    let after = |at: DateTime<Utc>, minutes: usize| {
        (at + Duration::minutes(minutes as i64)).min(end.max(at))
    };
    let written_at = after(visit.ends_at, rng.between(60, 3 * 24 * 60));
    let answer = opinions::answer(rng, stars);
    let answered_at = after(written_at, rng.between(120, 2 * 24 * 60));
    PastReview {
        id: ReviewId(rng.uuid()),
        stars,
        text: opinions::text(rng, stars),
        anonymous: rng.chance(20),
        written_at,
        answer: answer.map(|text| (text.to_owned(), answered_at)),
        hidden: None,
    }
}
