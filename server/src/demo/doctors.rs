//! Generates a thousand invented doctors, spread over the cities.

use std::collections::HashSet;

use chrono::NaiveDate;
use nadi::ids::DoctorId;
use nadi::input::Slug;
use nadi::visit::Fee;

use super::hours;
use super::regions;
use super::words;
use crate::demo::data::{DOCTORS, Doctor, Gender, Role, Specialty};
use crate::demo::hours::Plan;
use crate::demo::place::Place;
use crate::demo::practice::{PRACTICES, Practice};
use crate::demo::rng::SeededRng;
use crate::demo::sign_ins::{demo_doctor, sign_ins};

const PER_CITY_MIN: usize = 6;
const NAME_TRIES_MAX: usize = 50;
const DEMO_SLUG: &str = "asha-naik";

/// All doctors, city by city; the first is the demo doctor.
pub(super) fn generate(
    seed: u64,
    today: NaiveDate,
    specialties: &[Specialty],
    places: &[Place],
) -> Vec<Doctor> {
    let mut doctors = Vec::with_capacity(DOCTORS);
    // Reserved for the demo doctor, so that nobody else gets it.
    let mut slugs = HashSet::from([DEMO_SLUG.to_owned()]);
    for (place_number, (place, count)) in places.iter().zip(counts(places)).enumerate() {
        let mut rng = SeededRng::new(seed, "specialties of a city", place_number);
        for specialty in specialties_of(&mut rng, specialties, place.region.ayurveda_percent, count)
        {
            let number = doctors.len();
            doctors.push(
                Draft { seed, number, today, place, specialty, specialties }.doctor(&mut slugs),
            );
        }
    }
    make_demo_doctor(seed, today, &places[0], &mut doctors[0]);
    doctors
}

/// The id of a doctor by number; the demo doctor, number 0, has a fixed one instead.
pub(super) fn id(seed: u64, number: usize) -> DoctorId {
    DoctorId(SeededRng::new(seed, "doctor", number).uuid())
}

/// How many doctors each city has: a minimum everywhere, the rest by the size of the city.
fn counts(places: &[Place]) -> Vec<usize> {
    let spare = DOCTORS - PER_CITY_MIN * places.len();
    let pulls: Vec<usize> = places.iter().map(|place| regions::pull(&place.city.slug)).collect();
    let all: usize = pulls.iter().sum();
    let mut counts: Vec<usize> =
        pulls.iter().map(|pull| PER_CITY_MIN + spare * pull / all).collect();
    // Rounding left fewer than one per place.
    let missing = DOCTORS - counts.iter().sum::<usize>();
    counts.iter_mut().take(missing).for_each(|count| *count += 1);
    counts
}

/// The specialty of each of a city's doctors. Common ones are more likely, none comes twice before all of its
/// tradition came once, and general medicine is always there.
fn specialties_of<'a>(
    rng: &mut SeededRng,
    specialties: &'a [Specialty],
    ayurveda_percent: usize,
    count: usize,
) -> Vec<&'a Specialty> {
    let ayurvedic = (count * ayurveda_percent).div_ceil(100);
    let mut chosen = vec![&specialties[0]];
    for (tradition, wanted) in [("modern", count - ayurvedic - 1), ("ayurveda", ayurvedic)] {
        let all: Vec<&Specialty> =
            specialties.iter().filter(|specialty| specialty.tradition == tradition).collect();
        let mut left: Vec<&Specialty> =
            all.iter().copied().filter(|specialty| specialty.id != specialties[0].id).collect();
        for _ in 0..wanted {
            if left.is_empty() {
                left.clone_from(&all);
            }
            let drawn = rng.weighted(left.iter().map(|specialty| practice(specialty).weight));
            chosen.push(left.swap_remove(drawn));
        }
    }
    chosen
}

fn practice(specialty: &Specialty) -> &'static Practice {
    PRACTICES.iter().find(|row| row.slug == specialty.slug).expect("a practice per specialty")
}

/// The input of one doctor.
struct Draft<'a> {
    seed: u64,
    number: usize,
    today: NaiveDate,
    place: &'a Place,
    specialty: &'a Specialty,
    specialties: &'a [Specialty],
}

impl Draft<'_> {
    fn doctor(&self, slugs: &mut HashSet<String>) -> Doctor {
        let Place { region, city, clinic, locations } = self.place;
        let practice = practice(self.specialty);
        let rng = &mut SeededRng::new(self.seed, "doctor", self.number);
        // The first draw: see `id`.
        let id = DoctorId(rng.uuid());
        let gender = if rng.chance(practice.women_percent) { Gender::Female } else { Gender::Male };
        let (given, name, slug, spoken) = self.name(gender, slugs);
        let video = rng.chance(practice.video_percent);
        let group = practice.group.filter(|group| rng.chance(group.percent));
        let second_specialty = practice
            .second
            .filter(|_| rng.chance(30))
            .and_then(|slug| self.specialties.iter().find(|other| other.slug == slug))
            .map(|specialty| specialty.id);
        let home = locations[rng.below(locations.len())].id;
        let away = if rng.chance(25) { locations[rng.below(locations.len())].id } else { home };
        let plan = Plan {
            week: region.week,
            evenings: region.training.evenings(),
            slot_minutes: practice.slot_minutes,
            video,
            group_hour: group.map(|group| group.starts_hour),
            home,
            away,
            from: self.today,
        };
        Doctor {
            id,
            clinic: clinic.id,
            account: None,
            slug,
            name,
            gender,
            qualifications: words::qualifications(region.training, practice, &self.specialty.name),
            bio: words::bio(rng, (given, gender, video), practice, group.is_some(), city),
            languages: words::languages(rng, spoken, region),
            fee: fee(rng, &clinic.currency, practice.fee_percent),
            specialty: self.specialty.id,
            second_specialty,
            video,
            hours: hours::weekly(&mut SeededRng::new(self.seed, "hours", self.number), &plan),
        }
    }

    /// Given name, full name, a unique slug, and the languages that go with the name.
    fn name(
        &self,
        gender: Gender,
        slugs: &mut HashSet<String>,
    ) -> (&'static str, String, Slug, &'static [&'static str]) {
        let rng = &mut SeededRng::new(self.seed, "name", self.number);
        let choices = self.place.region.names;
        for attempt in 1.. {
            let (_, names) = choices[rng.weighted(choices.iter().map(|(weight, _)| *weight))];
            let given = rng.word(match gender {
                Gender::Female => names.women,
                Gender::Male => names.men,
            });
            let name = format!("{given} {}", rng.word(names.families));
            let mut slug = words::ascii(&name);
            if attempt > NAME_TRIES_MAX {
                slug = format!("{slug}-{}", self.number);
            }
            let slug = Slug::from_name(&slug);
            if slugs.insert(slug.as_str().to_owned()) {
                return (given, format!("Dr {name}"), slug, names.languages);
            }
        }
        unreachable!("slugs with a number are unique")
    }
}

/// A fee in minor units, rounded to a usual step of the currency.
fn fee(rng: &mut SeededRng, currency: &str, percent: usize) -> Fee {
    let (ordinary, step) = regions::ordinary_fee(currency);
    let whole = ordinary * percent * rng.between(80, 150) / 10_000;
    let rounded = (whole + step / 2) / step * step;
    Fee { minor_units: rounded.max(step) as i64 * 100, currency: currency.to_owned() }
}

/// The first doctor is the same person for every seed, so that a demo can be rehearsed.
fn make_demo_doctor(seed: u64, today: NaiveDate, place: &Place, doctor: &mut Doctor) {
    let sign_in = sign_ins()
        .into_iter()
        .find(|sign_in| matches!(sign_in.role, Role::Doctor(_)))
        .expect("the demo doctor's sign-in");
    let plan = Plan {
        week: place.region.week,
        evenings: true,
        slot_minutes: 20,
        video: true,
        group_hour: None,
        home: place.locations[0].id,
        away: place.locations[1].id,
        from: today,
    };
    *doctor = Doctor {
        id: demo_doctor(),
        clinic: place.clinic.id,
        account: Some(sign_in.account),
        slug: Slug::from_name(DEMO_SLUG),
        name: sign_in.name.into(),
        gender: Gender::Female,
        qualifications: "MBBS, MD (General Medicine)".into(),
        bio: "Asha looks after fevers, blood pressure, diabetes and whatever you are not sure \
              about. She explains each step and writes the plan down for you."
            .into(),
        languages: ["Konkani", "Marathi", "Hindi", "English"].map(Into::into).into(),
        fee: Fee { minor_units: 60_000, currency: place.clinic.currency.clone() },
        specialty: doctor.specialty,
        second_specialty: None,
        video: true,
        hours: hours::demo_week(&mut SeededRng::new(seed, "hours", 0), &plan),
    };
}
