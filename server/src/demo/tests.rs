//! What the demo promises, for more than one seed.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use chrono::{Datelike, Days, Duration, NaiveDate};
use nadi::actor::ActingRole;
use nadi::appointment::{Event, State};
use nadi::formatting::local_date;
use nadi::ids::{DoctorId, PersonId, SpecialtyId};
use nadi::input::{Email, Password, Slug};
use nadi::schedule::{Away, Rule, Schedule, Zones, expand};
use nadi::visit::Mode;
use uuid::Uuid;

use super::*;
use crate::demo::hash::fnv1a;

fn now() -> DateTime<Utc> {
    at("2026-11-22T09:00:00Z")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).expect("a date")
}

fn each_seed(check: impl Fn(&DemoData)) {
    for seed in [0, 1, SEED, u64::MAX] {
        check(&generate(seed, now()));
    }
}

#[test]
fn a_thousand_doctors_with_addresses_of_their_own() {
    each_seed(|data| {
        assert_eq!(data.doctors.len(), DOCTORS);
        let slugs: HashSet<&str> = data.doctors.iter().map(|doctor| doctor.slug.as_str()).collect();
        assert_eq!(slugs.len(), DOCTORS);
        for doctor in &data.doctors {
            assert!(Slug::parse(doctor.slug.as_str()).is_some(), "{}", doctor.slug.as_str());
            assert!(
                !doctor.slug.as_str().ends_with(char::is_numeric),
                "names ran out: {}",
                doctor.name
            );
            let folded = words::ascii(&doctor.name);
            assert!(folded.is_ascii(), "{} would lose letters in its address", doctor.name);
            assert!(doctor.name.starts_with("Dr "));
            assert!((20..=300).contains(&doctor.bio.len()), "{}", doctor.bio);
            assert_eq!(doctor.languages.last().map(String::as_str), Some("English"));
            let distinct: HashSet<&String> = doctor.languages.iter().collect();
            assert_eq!(distinct.len(), doctor.languages.len());
            assert_ne!(Some(doctor.specialty), doctor.second_specialty);
        }
    });
}

#[test]
fn identifiers_are_unique_and_of_version_8() {
    each_seed(|data| {
        let mut ids: Vec<Uuid> = Vec::new();
        ids.extend(data.clinics.iter().map(|clinic| clinic.id.0));
        ids.extend(data.visit_types.iter().map(|visit_type| visit_type.id.0));
        ids.extend(data.locations.iter().map(|location| location.id.0));
        ids.extend(data.doctors.iter().map(|doctor| doctor.id.0));
        ids.extend(data.doctors.iter().flat_map(|doctor| &doctor.hours).map(|(id, _)| *id));
        let patients = data.past.patients.iter().chain(&data.calendar.patients);
        ids.extend(patients.flat_map(|one| [one.account.0, one.person.0]));
        ids.extend(data.calendar.dependants.iter().map(|one| one.person.0));
        let reviews = data.past.visits.iter().filter_map(|visit| visit.review.as_ref());
        ids.extend(reviews.map(|review| review.id.0));
        ids.extend(data.sign_ins.iter().flat_map(|sign_in| [sign_in.account.0, sign_in.person.0]));
        assert!(ids.iter().all(|id| id.get_version_num() == 8));
        let count = ids.len();
        assert_eq!(ids.into_iter().collect::<HashSet<_>>().len(), count);
    });
}

#[test]
fn at_least_sixty_cities_each_with_doctors_of_both_traditions() {
    each_seed(|data| {
        assert!(data.cities.len() >= 60);
        assert_eq!(data.clinics.len(), data.cities.len());
        let slugs: HashSet<&str> = data.cities.iter().map(|city| city.slug.as_str()).collect();
        assert_eq!(slugs.len(), data.cities.len());
        // Reading the tables has parsed every zone already; offsets must vary as promised.
        let zones: HashSet<&str> = data.cities.iter().map(|city| city.zone.name()).collect();
        assert!(zones.len() >= 20, "{zones:?}");
        let traditions: HashMap<SpecialtyId, &str> =
            data.specialties.iter().map(|row| (row.id, row.tradition.as_str())).collect();
        for clinic in &data.clinics {
            let there: Vec<_> =
                data.doctors.iter().filter(|doctor| doctor.clinic == clinic.id).collect();
            assert!(there.len() >= 5, "{}: {}", clinic.name, there.len());
            for tradition in ["modern", "ayurveda"] {
                assert!(there.iter().any(|doctor| traditions[&doctor.specialty] == tradition));
            }
            assert!(there.iter().all(|doctor| doctor.fee.currency == clinic.currency));
            let locations = data.locations.iter().filter(|place| place.clinic == clinic.id).count();
            assert!((1..=3).contains(&locations));
        }
        let ayurvedic = data
            .doctors
            .iter()
            .filter(|doctor| traditions[&doctor.specialty] == "ayurveda")
            .count();
        assert!((250..=450).contains(&ayurvedic), "{ayurvedic}");
        for specialty in &data.specialties {
            let doctors = data.doctors.iter().filter(|doctor| doctor.specialty == specialty.id);
            assert!(doctors.count() >= 5, "{}", specialty.name);
        }
    });
}

#[test]
fn weeks_can_be_worked() {
    each_seed(|data| {
        let clinic_of: HashMap<_, _> =
            data.locations.iter().map(|location| (location.id, location)).collect();
        for doctor in &data.doctors {
            let name = &doctor.name;
            let rules: Vec<Rule> = doctor.hours.iter().map(|(_, rule)| rule.clone()).collect();
            let days: HashSet<_> =
                rules.iter().flat_map(|rule| rule.dates(today(), today() + Days::new(7))).collect();
            assert!(days.len() >= 4, "{name} works {} days", days.len());
            assert!(rules.len() <= 24, "{name}: {}", rules.len());
            for rule in &rules {
                assert_eq!(clinic_of[&rule.location].clinic, doctor.clinic);
            }
            let zones = rules.iter().map(|rule| (rule.location, clinic_of[&rule.location].zone));
            let zones: Zones = zones.collect();
            let schedule = Schedule { rules, time_off: Vec::new() };
            assert_eq!(schedule.check(&zones, today()), Ok(()), "{name}");
            let by_video = schedule.rules.iter().any(|rule| rule.mode == Mode::Video);
            assert_eq!(by_video, doctor.video, "{name}");
            let until = today() + Days::new(30);
            let away = Away { holidays: &HashSet::new(), busy: &[] };
            let slots = expand(&schedule, &zones, away, today(), until).len();
            assert!((150..=450).contains(&slots), "{name} has {slots} slots");
        }
        let groups = data
            .doctors
            .iter()
            .flat_map(|doctor| &doctor.hours)
            .filter(|(_, rule)| rule.capacity > 1);
        assert!((20..=200).contains(&groups.count()));
    });
}

#[test]
fn about_a_third_of_the_doctors_were_reviewed_by_whoever_came() {
    each_seed(|data| {
        let mut per_doctor: HashMap<DoctorId, Vec<&Visit>> = HashMap::new();
        for visit in &data.past.visits {
            assert!(visit.created_at < visit.starts_at && visit.starts_at < visit.ends_at);
            assert!(visit.created_at.date_naive() >= "2026-10-01".parse().expect("a date"));
            assert!(visit.ends_at.date_naive() <= today());
            let (seconds, _) = visit.id.0.get_timestamp().expect("version 7").to_unix();
            assert_eq!(seconds, visit.created_at.timestamp().unsigned_abs());
            if let Some(review) = &visit.review {
                per_doctor.entry(visit.doctor).or_default().push(visit);
                assert!((1..=5).contains(&review.stars) && review.text.len() <= 2_000);
                assert!(review.written_at >= visit.ends_at);
                assert!(review.answer.as_ref().is_none_or(|(_, at)| *at >= review.written_at));
            }
        }
        assert!((250..=420).contains(&per_doctor.len()), "{}", per_doctor.len());
        for visits in per_doctor.values() {
            assert!((3..=40).contains(&visits.len()), "{}", visits.len());
            let who: HashSet<_> = visits.iter().map(|visit| visit.person).collect();
            let when: HashSet<_> = visits.iter().map(|visit| visit.starts_at).collect();
            assert_eq!((who.len(), when.len()), (visits.len(), visits.len()));
        }
        // The demo doctor's own, one of them hidden.
        assert_eq!(per_doctor[&demo_doctor()].len(), 24);
        let hidden = data.past.visits.iter().filter_map(|visit| visit.review.as_ref()?.hidden);
        assert_eq!(hidden.count(), 1);
        assert!(data.past.visits.iter().all(|visit| visit.review.is_some()));
    });
}

#[test]
fn the_demo_doctor_is_always_the_same() {
    each_seed(|data| {
        let asha = &data.doctors[0];
        let text = (asha.name.as_str(), asha.slug.as_str(), asha.hours.len());
        assert_eq!(text, ("Dr Asha Naik", "asha-naik", 4));
        assert_eq!(
            data.specialties[usize::try_from(asha.specialty.0).expect("small") - 1].slug,
            "general-medicine"
        );
        assert_eq!((data.cities[0].slug.as_str(), data.clinics[0].id), ("panjim", asha.clinic));
        assert_eq!(data.sign_ins[1].role, Role::Doctor(asha.id));
        assert_eq!(Some(data.sign_ins[1].account), asha.account);
        assert!(data.doctors[1..].iter().all(|doctor| doctor.account.is_none()));
        for sign_in in &data.sign_ins {
            assert!(Email::parse(sign_in.email).is_ok_and(|email| email.as_str() == sign_in.email));
            assert!(Password::parse(sign_in.password).is_ok());
        }
    });
}

/// What everyone sees does not change by accident: a changed hash means that demo
/// addresses and bookmarks break, so change it knowingly.
#[test]
fn the_same_seed_gives_the_same_demo() {
    let hash = |seed| {
        let mut text = String::new();
        write!(text, "{:?}", generate(seed, now())).expect("memory");
        fnv1a(text.as_bytes())
    };
    assert_eq!(hash(SEED), hash(SEED));
    assert_ne!(hash(SEED), hash(SEED + 1));
    assert_eq!(format!("{:016x}", hash(SEED)), "0cf170130b487ff1");
}

const NASTY: [&str; 18] = [
    // Sunday, five to midnight, at the clinic: the week is over, and the next has not begun.
    "2026-11-29T18:25:00Z",
    // Monday, five past midnight, and ten past ten, when the clinic has just opened.
    "2026-11-29T18:35:00Z",
    "2026-11-30T04:40:00Z",
    // Saturday in the morning and in the evening.
    "2026-11-28T05:00:00Z",
    "2026-11-28T17:30:00Z",
    // Sunday, five to midnight, in Honolulu and in Auckland.
    "2026-11-30T09:55:00Z",
    "2026-11-29T10:55:00Z",
    // The last minute of a year, here and at the clinic; the first of March, after the shortest month.
    "2026-12-31T23:59:00Z",
    "2026-12-31T18:29:00Z",
    "2027-03-01T00:10:00Z",
    "2027-01-31T12:00:00Z",
    "2027-02-28T06:00:00Z",
    "2028-02-29T03:00:00Z",
    "2028-02-29T12:30:00Z",
    "2028-03-01T18:45:00Z",
    // The clocks change in New York, in Berlin and in Auckland.
    "2026-11-01T06:00:00Z",
    "2027-03-28T01:00:00Z",
    "2027-04-03T14:00:00Z",
];

#[test]
fn whenever_it_is_made_the_demo_shows_a_full_week_to_everybody() {
    // A fortnight of days, each at another time of the day.
    let days = (0..14).map(|day| now() + Duration::hours(24 * day + 5 * day % 24));
    let moments: Vec<_> = days.chain(NASTY.map(at)).collect();
    std::thread::scope(|scope| {
        for part in moments.chunks(moments.len().div_ceil(2)) {
            scope.spawn(move || {
                for now in part {
                    let data = generate(SEED, *now);
                    everybody_sees_something(&data, *now);
                    nothing_contradicts(&data, *now);
                }
            });
        }
    });
}

#[test]
fn another_seed_shows_as_much() {
    for seed in [0, 1, 7, u64::MAX] {
        let data = generate(seed, now());
        everybody_sees_something(&data, now());
        nothing_contradicts(&data, now());
    }
}

/// How many visits are in each state.
fn count<'a>(visits: impl Iterator<Item = &'a Visit>) -> HashMap<State, usize> {
    visits.fold(HashMap::new(), |mut counts, visit| {
        *counts.entry(visit.state()).or_default() += 1;
        counts
    })
}

fn everybody_sees_something(data: &DemoData, now: DateTime<Utc>) {
    let zone = data.clinics[0].zone;
    let monday = week_of(local_date(now, zone));
    let week = |weeks: i64| {
        let monday = monday + Duration::days(7 * weeks);
        monday..monday + Duration::days(7)
    };
    let date = |visit: &Visit| local_date(visit.starts_at, zone);
    let visits = &data.calendar.visits;
    let hers = || visits.iter().filter(|visit| visit.doctor == demo_doctor());
    let shown = |visit: &Visit| visit.state() != State::Cancelled;

    // The doctor: hours and people in each of the weeks, whichever is looked at.
    for weeks in -2..=1 {
        let dates: HashSet<NaiveDate> = data
            .calendar
            .blocks
            .iter()
            .filter(|(doctor, block)| {
                *doctor == demo_doctor() && week(weeks).contains(&block.stretch.date)
            })
            .map(|(_, block)| block.stretch.date)
            .collect();
        assert_eq!(dates.len(), 6, "{now}: days with hours in week {weeks}");
        let people = hers().filter(|visit| shown(visit) && week(weeks).contains(&date(visit)));
        let people = people.count();
        assert!((15..=75).contains(&people), "{now}: {people} people in week {weeks}");
    }
    let hours: Vec<_> =
        data.calendar.blocks.iter().filter(|(doctor, _)| *doctor == demo_doctor()).collect();
    let times: usize = hours.iter().map(|(_, block)| block.slots.len()).sum();
    let taken: usize =
        hers().filter(|visit| visit.is_active()).map(|visit| visit.slot_span as usize).sum();
    let ahead =
        hours.iter().flat_map(|(_, block)| &block.slots).filter(|slot| slot.starts_at > now);
    let ahead = ahead.count();
    assert!(
        2 * taken <= ahead,
        "{now}: {taken} of {ahead} times ahead are taken, of {times} in all"
    );
    let near = count(hers().filter(|visit| (week(-1).start..week(1).end).contains(&date(visit))));
    for (state, at_least) in [
        (State::Completed, 20),
        (State::NoShow, 2),
        (State::Cancelled, 4),
        (State::Confirmed, 10),
        (State::Pending, 1),
    ] {
        let found = near.get(&state).copied().unwrap_or(0);
        assert!(found >= at_least, "{now}: {found} {state:?} of the doctor");
    }
    assert_eq!(near[&State::Pending], 1);
    let is_open = hours.iter().any(|(_, block)| {
        block.slots.iter().any(|slot| slot.starts_at <= now && now < slot.ends_at)
    });
    let here = hers().filter(|visit| visit.state() == State::CheckedIn && visit.starts_at <= now);
    assert_eq!(here.count(), usize::from(is_open), "{now}: somebody is with her when she is there");

    // The administrator: many doctors, each with people in this week and the next.
    for weeks in [0, 1] {
        let doctors: HashSet<DoctorId> = visits
            .iter()
            .filter(|visit| shown(visit) && week(weeks).contains(&date(visit)))
            .map(|visit| visit.doctor)
            .collect();
        assert!(doctors.len() >= 10, "{now}: {} doctors in week {weeks}", doctors.len());
    }
    let clinic = count(visits.iter());
    for state in [State::Completed, State::NoShow, State::Cancelled, State::Confirmed] {
        assert!(clinic[&state] >= 40, "{now}: {} {state:?} of the clinic", clinic[&state]);
    }
    assert!((8..=12).contains(&clinic[&State::Pending]));
    assert!(visits.iter().any(|visit| visit.slot_span == 2 && visit.is_active()));
    assert!(visits.iter().any(|visit| visit.slot_span == 2 && !visit.is_active()));

    // The patient.
    let account = data.sign_ins[0].account;
    let own: Vec<&Visit> =
        data.past.visits.iter().chain(visits).filter(|visit| visit.booked_by == account).collect();
    let one = |what: &str, fits: &dyn Fn(&Visit) -> bool| {
        assert_eq!(own.iter().filter(|visit| fits(visit)).count(), 1, "{now}: {what}");
    };
    let ahead = |visit: &Visit| visit.state() == State::Confirmed && visit.starts_at > now;
    let child = data.calendar.dependants[0].person;
    one("in person", &|visit| {
        ahead(visit) && visit.mode == Mode::InPerson && visit.doctor == demo_doctor()
    });
    one("by video", &|visit| ahead(visit) && visit.mode == Mode::Video);
    one("for the child", &|visit| ahead(visit) && visit.person == child);
    one("cancelled", &|visit| visit.state() == State::Cancelled);
    one("reviewed", &|visit| visit.state() == State::Completed && visit.review.is_some());
    one("to review", &|visit| {
        visit.state() == State::Completed && visit.review.is_none() && visit.doctor == demo_doctor()
    });
}

/// What the database would refuse, and what could not have happened.
fn nothing_contradicts(data: &DemoData, now: DateTime<Utc>) {
    let month = now.date_naive().with_day(1).expect("a date") - chrono::Months::new(1);
    let mut slots = HashMap::new();
    for (doctor, block) in &data.calendar.blocks {
        for slot in &block.slots {
            assert_eq!(slots.insert((*doctor, slot.starts_at), slot), None);
        }
    }
    let mut ids = HashSet::new();
    let mut taken = HashSet::new();
    let mut people: HashMap<PersonId, Vec<&Visit>> = HashMap::new();
    for visit in data.past.visits.iter().chain(&data.calendar.visits) {
        assert!(ids.insert(visit.id) && is_demo_appointment(visit.id));
        assert_eq!(
            (visit.id.0.get_version_num(), visit.id.0.get_variant()),
            (7, uuid::Variant::RFC4122)
        );
        let (seconds, _) = visit.id.0.get_timestamp().expect("version 7").to_unix();
        assert_eq!(seconds, visit.created_at.timestamp().unsigned_abs());
        assert!(visit.created_at.date_naive() >= month, "{now}: {}", visit.created_at);
        assert!(visit.created_at < visit.starts_at && visit.starts_at < visit.ends_at);
        assert_eq!(
            visit.events[0],
            Happened { event: Event::Held, by: ActingRole::Patient, at: visit.created_at }
        );
        assert!(visit.events.windows(2).all(|pair| pair[0].at <= pair[1].at), "{:?}", visit.events);
        assert!(visit.events.iter().all(|event| event.at <= now), "{now}: {:?}", visit.events);
        assert_eq!(
            visit.is_active(),
            visit.ends_at > now && visit.state() != State::Cancelled,
            "{now}: {visit:?}"
        );
        if visit.state() == State::Pending {
            assert!(
                visit.expires_at > now + Duration::minutes(20)
                    && visit.expires_at <= visit.starts_at
            );
        }
        if visit.state() == State::Cancelled {
            let by = visit.events.last().map(|last| last.by);
            assert_eq!(visit.cancel_reason.is_some(), by == Some(ActingRole::Doctor));
            continue;
        }
        assert!(taken.insert((visit.doctor, visit.starts_at)), "{now}: twice {visit:?}");
        if visit.slot_span == 2 {
            let last = slots.iter().find(|((doctor, _), slot)| {
                *doctor == visit.doctor && slot.ends_at == visit.ends_at
            });
            assert!(last.is_some_and(|(last, _)| taken.insert(*last)), "{now}: twice {visit:?}");
        }
        people.entry(visit.person).or_default().push(visit);
    }
    for visit in &data.calendar.visits {
        let first = slots.get(&(visit.doctor, visit.starts_at));
        let first = first.unwrap_or_else(|| panic!("{now}: no slot for {visit:?}"));
        assert_eq!(first.capacity, 1);
        let whole = (first.ends_at - first.starts_at) * i32::from(visit.slot_span);
        assert_eq!(visit.ends_at - visit.starts_at, whole);
        assert!(
            visit.state() != State::Cancelled || !taken.contains(&(visit.doctor, visit.starts_at))
        );
    }
    for visits in people.values_mut() {
        visits.sort_by_key(|visit| visit.starts_at);
        let twice = visits.windows(2).find(|pair| pair[1].starts_at < pair[0].ends_at);
        // The 45 patients of each city who have said how their visits were are not looked after.
        let looked_after = twice.is_some_and(|pair| {
            data.calendar.visits.iter().any(|visit| visit.person == pair[0].person)
        });
        assert!(!looked_after, "{now}: in two places at once: {twice:?}");
    }
}
