//! What the demo promises, for more than one seed.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use chrono::{Days, NaiveDate};
use nadi::ids::SpecialtyId;
use nadi::input::{Email, Password};
use nadi::schedule::{Away, Rule, Schedule, Zones, expand};
use nadi::visit::Mode;

use super::*;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).expect("a date")
}

fn each_seed(check: impl Fn(&DemoData)) {
    for seed in [0, 1, SEED, u64::MAX] {
        check(&generate(seed, today()));
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
        ids.extend(data.past.patients.iter().flat_map(|one| [one.account.0, one.person.0]));
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
        let mut per_doctor: HashMap<DoctorId, Vec<&PastVisit>> = HashMap::new();
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
        // The demo doctor's own: one of them hidden, and one visit still to be reviewed.
        assert_eq!(per_doctor[&demo_doctor()].len(), 24);
        let hidden = data.past.visits.iter().filter_map(|visit| visit.review.as_ref()?.hidden);
        assert_eq!(hidden.count(), 1);
        let open: Vec<_> = data.past.visits.iter().filter(|visit| visit.review.is_none()).collect();
        assert_eq!((open.len(), open[0].booked_by), (1, data.sign_ins[0].account));
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
        write!(text, "{:?}", generate(seed, today())).expect("memory");
        fnv1a(text.as_bytes())
    };
    assert_eq!(hash(SEED), hash(SEED));
    assert_ne!(hash(SEED), hash(SEED + 1));
    assert_eq!(format!("{:016x}", hash(SEED)), "73ba2f2dd60df1e0");
}
