//! Doctors and locations, as administrators enter them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::FormFailure;

/// A doctor as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedDoctor {
    pub clinic: String,
    pub name: String,
    pub qualifications: String,
    pub bio: String,
    /// Separated by commas.
    pub languages: String,
    pub specialty: String,
    /// In the currency's main unit: `800`, `45.50`.
    pub fee: String,
    pub status: String,
    /// The version the form was made from; empty for a new doctor.
    pub version: String,
}

/// A location as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedLocation {
    pub clinic: String,
    pub name: String,
    pub address: String,
    pub city: String,
    pub time_zone: String,
    /// The version the form was made from; empty for a new location.
    pub version: String,
}

/// Adds a doctor, then leads to their page.
#[server(prefix = "/fn", endpoint = "add_doctor")]
pub async fn add_doctor(#[server(flatten)] doctor: TypedDoctor) -> Result<(), FormFailure> {
    let page = crate::links::page("/admin/doctors/new");
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let form = typed::doctor(&caller, &ports, &doctor).await?;
    let added = ports.administration.add_doctor(&caller, form).await;
    if let Some(id) = super::or_sign_in(added, &page)? {
        let page = crate::links::edit_doctor(&id.to_string());
        super::redirect(&format!("{page}?done=added"));
    }
    Ok(())
}

/// Saves a doctor as it stood at its version.
#[server(prefix = "/fn", endpoint = "save_doctor")]
pub async fn save_doctor(
    id: String,
    #[server(flatten)] doctor: TypedDoctor,
) -> Result<(), FormFailure> {
    use nadi::ports::SavedDoctor;
    let page = crate::links::edit_doctor(&id);
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let id: nadi::ids::DoctorId = super::parse_id(&id)?;
    let form = typed::doctor(&caller, &ports, &doctor).await?;
    form.version.ok_or(nadi::Failure::Malformed)?;
    let status = form.status;
    let saved = ports.administration.save_doctor(&caller, id, form).await;
    match super::or_sign_in(saved, &page)? {
        Some(SavedDoctor::Saved) => super::redirect(&format!("{page}?done=saved")),
        Some(SavedDoctor::StillListed) => {
            super::redirect(&crate::links::suspend_doctor(&id.to_string(), status.as_str()));
        }
        None => {}
    }
    Ok(())
}

/// Takes a doctor off the list, as `status`. What is coming up is kept or, with `upcoming` saying `cancel`,
/// cancelled for a reason; holds end.
#[server(prefix = "/fn", endpoint = "suspend_doctor")]
pub async fn suspend_doctor(
    id: String,
    #[server(default)] status: String,
    #[server(default)] upcoming: String,
    #[server(default)] reason: String,
) -> Result<(), FormFailure> {
    use nadi::ports::DoctorStatus;
    let page = crate::links::edit_doctor(&id);
    let back = crate::links::suspend_doctor(&id, &status);
    let Some((caller, ports)) = super::signed_in_request(&back)? else { return Ok(()) };
    let id = super::parse_id(&id)?;
    let status = match DoctorStatus::parse(&status) {
        Some(DoctorStatus::Draft) => DoctorStatus::Draft,
        _ => DoctorStatus::Suspended,
    };
    let reason = match upcoming.as_str() {
        "cancel" => Some(nadi::input::lines(nadi::Field::Reason, &reason, 300)?),
        "keep" => None,
        _ => return Err(nadi::Failure::Malformed.into()),
    };
    let suspended = ports.administration.suspend_doctor(&caller, id, status).await;
    if super::or_sign_in(suspended, &back)?.is_none() {
        return Ok(());
    }
    let done = ports.administration.cancel_coming(&caller, id, reason.as_deref()).await?;
    match (reason.is_some(), done.left) {
        (false, _) => super::redirect(&format!("{page}?done=suspended")),
        (true, 0) => super::redirect(&format!("{page}?done=suspended-cancelled")),
        (true, _) => super::redirect(&crate::links::with(&back, "done", "some")),
    }
    Ok(())
}

/// Adds a location, then leads to its page.
#[server(prefix = "/fn", endpoint = "add_location")]
pub async fn add_location(#[server(flatten)] location: TypedLocation) -> Result<(), FormFailure> {
    let page = crate::links::page("/admin/locations/new");
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let form = typed::location(&caller, &ports, &location).await?;
    let added = ports.administration.add_location(&caller, form).await;
    if let Some(id) = super::or_sign_in(added, &page)? {
        let page = crate::links::edit_location(&id.to_string());
        super::redirect(&format!("{page}?done=added"));
    }
    Ok(())
}

/// Saves a location as it stood at its version.
#[server(prefix = "/fn", endpoint = "save_location")]
pub async fn save_location(
    id: String,
    #[server(flatten)] location: TypedLocation,
) -> Result<(), FormFailure> {
    let page = crate::links::edit_location(&id);
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let id = super::parse_id(&id)?;
    let form = typed::location(&caller, &ports, &location).await?;
    form.version.ok_or(nadi::Failure::Malformed)?;
    let saved = ports.administration.save_location(&caller, id, form).await;
    if super::or_sign_in(saved, &page)?.is_some() {
        super::redirect(&format!("{page}?done=saved"));
    }
    Ok(())
}

/// Turns what was typed into the forms that the port takes. Reports all problems at once, so
/// that nobody corrects a form three times.
#[cfg(feature = "ssr")]
pub mod typed {
    use nadi::actor::Caller;
    use nadi::failure::{Field, FieldProblem, Problem};
    use nadi::input::{Slug, line, lines, optional_line, optional_lines};
    use nadi::permissions::Permission;
    use nadi::ports::{City, ClinicView, DoctorForm, DoctorStatus, LocationForm, Ports};
    use nadi::search::parameters;
    use nadi::text::plain;
    use nadi::{Failure, formatting};

    use super::{TypedDoctor, TypedLocation};
    use crate::i18n::{names, text};

    pub const NAME_CHARS_MAX: u32 = 120;
    pub const BIO_CHARS_MAX: u32 = 2_000;
    pub const ADDRESS_CHARS_MAX: u32 = 300;
    const LANGUAGE_CHARS_MAX: u32 = 40;

    /// Collects the problems of fields that cannot be read.
    #[derive(Default)]
    struct Problems(Vec<FieldProblem>);

    impl Problems {
        fn of<T>(&mut self, read: Result<T, FieldProblem>) -> Option<T> {
            read.map_err(|problem| self.0.push(problem)).ok()
        }

        /// A required value, parsed by `read`.
        fn choice<T>(
            &mut self,
            field: Field,
            text: &str,
            otherwise: Problem,
            read: impl FnOnce(&str) -> Option<T>,
        ) -> Option<T> {
            let problem = if text.trim().is_empty() { Problem::Missing } else { otherwise };
            self.of(read(text.trim()).ok_or(FieldProblem { field, problem }))
        }
    }

    fn version(text: &str) -> Result<Option<i32>, Failure> {
        match text {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Failure::Malformed),
        }
    }

    fn clinic<'a>(
        problems: &mut Problems,
        clinics: &'a [ClinicView],
        text: &str,
    ) -> Option<&'a ClinicView> {
        problems.choice(Field::Clinic, text, Problem::Unknown, |text| {
            let id = text.parse().ok()?;
            clinics.iter().find(|clinic| clinic.id == id)
        })
    }

    /// # Errors
    /// `Invalid` with every field that cannot be used; what the port answers.
    pub async fn doctor(
        caller: &Caller,
        ports: &Ports,
        typed: &TypedDoctor,
    ) -> Result<DoctorForm, Failure> {
        let clinics = ports.administration.clinics(caller, Permission::ManageDoctors).await?;
        read_doctor(&clinics, typed)
    }

    fn read_doctor(clinics: &[ClinicView], typed: &TypedDoctor) -> Result<DoctorForm, Failure> {
        let version = version(&typed.version)?;
        let mut problems = Problems::default();
        let clinic = clinic(&mut problems, clinics, &typed.clinic);
        let name = problems.of(line(Field::Name, &typed.name, NAME_CHARS_MAX));
        let qualifications =
            optional_line(Field::Qualifications, &typed.qualifications, NAME_CHARS_MAX);
        let qualifications = problems.of(qualifications);
        let bio = problems.of(optional_lines(Field::Bio, &typed.bio, BIO_CHARS_MAX));
        let languages = problems.of(languages(&typed.languages));
        let specialty =
            problems.choice(Field::Specialty, &typed.specialty, Problem::Unknown, |text| {
                text.parse().ok()
            });
        let currency = clinic.map_or("", |clinic| clinic.currency.as_str());
        let fee = problems.choice(Field::Fee, &typed.fee, Problem::Malformed, |text| {
            formatting::parse_amount(text, currency)
        });
        let status =
            problems.choice(Field::Status, &typed.status, Problem::Unknown, DoctorStatus::parse);
        match (clinic, name, qualifications, bio, languages, specialty, fee, status) {
            (
                Some(clinic),
                Some(name),
                Some(qualifications),
                Some(bio),
                Some(languages),
                Some(specialty),
                Some(fee_minor_units),
                Some(status),
            ) => Ok(DoctorForm {
                clinic: clinic.id,
                name,
                qualifications,
                bio,
                languages,
                specialty,
                fee_minor_units,
                status,
                version,
            }),
            _ => Err(Failure::Invalid(problems.0)),
        }
    }

    /// `English, Konkani`: in their order, each once.
    fn languages(text: &str) -> Result<Vec<String>, FieldProblem> {
        let mut languages = Vec::new();
        for language in text.split(',') {
            let language = optional_line(Field::Languages, language, LANGUAGE_CHARS_MAX)?;
            if !language.is_empty() && !languages.contains(&language) {
                languages.push(language);
            }
        }
        Ok(languages)
    }

    /// # Errors
    /// `Invalid` with every field that cannot be used; what the port answers.
    pub async fn location(
        caller: &Caller,
        ports: &Ports,
        typed: &TypedLocation,
    ) -> Result<LocationForm, Failure> {
        let clinics = ports.administration.clinics(caller, Permission::ManageLocations).await?;
        let cities = ports.directory.cities(caller).await?;
        read_location(&clinics, &cities, typed)
    }

    fn read_location(
        clinics: &[ClinicView],
        cities: &[City],
        typed: &TypedLocation,
    ) -> Result<LocationForm, Failure> {
        let version = version(&typed.version)?;
        let mut problems = Problems::default();
        let clinic = clinic(&mut problems, clinics, &typed.clinic);
        let name = problems.of(line(Field::Name, &typed.name, NAME_CHARS_MAX));
        let address = problems.of(lines(Field::Address, &typed.address, ADDRESS_CHARS_MAX));
        let city = problems
            .choice(Field::City, &typed.city, Problem::Unknown, |text| city_slug(cities, text));
        let zone = problems.choice(Field::TimeZone, &typed.time_zone, Problem::Unknown, |text| {
            zone_name(text).map(str::to_owned)
        });
        match (clinic, name, address, city, zone) {
            (Some(clinic), Some(name), Some(address), Some(city), Some(zone)) => {
                Ok(LocationForm { clinic: clinic.id, name, address, city, zone, version })
            }
            _ => Err(Failure::Invalid(problems.0)),
        }
    }

    /// A zone, however its letters are written.
    fn zone_name(text: &str) -> Option<&'static str> {
        nadi::zone::Zone::of_any_case(text).map(nadi::zone::Zone::name)
    }

    /// The text of a city in the field, in the language of the page: `Panaji, India`.
    pub fn city_name(city: &City) -> String {
        let country = names::country_named(&city.country);
        text!("search-city-and-country", city = names::city(&city.slug, &city.name), country)
    }

    /// The city someone means: one we offer, by its name with or without the country,
    /// or else whatever city has that name; whether there is one is known behind the port.
    fn city_slug(cities: &[City], text: &str) -> Option<String> {
        let wanted = plain(text);
        let is_it = |city: &&City| {
            [city_name(city), names::city(&city.slug, &city.name)]
                .iter()
                .any(|name| plain(name) == wanted)
        };
        if let Some(city) = cities.iter().find(is_it).or_else(|| parameters::city(cities, text)) {
            return Some(city.slug.clone());
        }
        let name = text.split(',').next().unwrap_or(text);
        let readable = name.chars().any(|c| c.is_ascii_alphanumeric());
        readable.then(|| Slug::from_name(name).to_string())
    }

    #[cfg(test)]
    mod tests {
        use nadi::ids::{CityId, ClinicId, SpecialtyId};
        use uuid::Uuid;

        use super::*;

        fn clinics() -> Vec<ClinicView> {
            let clinic = |n, currency: &str| ClinicView {
                id: ClinicId(Uuid::from_u128(n)),
                name: format!("Clinic {n}"),
                currency: currency.into(),
                zone: "Asia/Kolkata".into(),
            };
            vec![clinic(1, "INR"), clinic(2, "JPY")]
        }

        fn doctor() -> TypedDoctor {
            TypedDoctor {
                clinic: Uuid::from_u128(1).to_string(),
                name: " Dr Meera Naik ".into(),
                languages: "English, Konkani,, English".into(),
                specialty: "4".into(),
                fee: "800.5".into(),
                status: "listed".into(),
                version: "3".into(),
                ..TypedDoctor::default()
            }
        }

        #[test]
        fn the_form_of_a_doctor_is_read() {
            let read = read_doctor(&clinics(), &doctor()).expect("a doctor");
            assert_eq!(read.name, "Dr Meera Naik");
            assert_eq!(read.languages, ["English", "Konkani"]);
            assert_eq!(read.specialty, SpecialtyId(4));
            assert_eq!(read.fee_minor_units, 80_050);
            assert_eq!(read.version, Some(3));
        }

        #[test]
        fn all_problems_are_named_at_once() {
            let yen = TypedDoctor { clinic: Uuid::from_u128(2).to_string(), ..doctor() };
            let malformed = FieldProblem { field: Field::Fee, problem: Problem::Malformed };
            assert_eq!(
                read_doctor(&clinics(), &yen),
                Err(malformed.into()),
                "yen have no decimals"
            );
            let Err(Failure::Invalid(problems)) = read_doctor(&clinics(), &TypedDoctor::default())
            else {
                panic!("nothing typed is not a doctor");
            };
            let fields: Vec<_> = problems.iter().map(|found| found.field).collect();
            let missing = [Field::Clinic, Field::Name, Field::Specialty, Field::Fee, Field::Status];
            assert_eq!(fields, missing);
            let broken = TypedDoctor { version: "x".into(), ..doctor() };
            assert_eq!(read_doctor(&clinics(), &broken), Err(Failure::Malformed));
        }

        #[test]
        fn a_zone_is_found_however_it_is_written() {
            assert_eq!(zone_name("asia/kolkata"), Some("Asia/Kolkata"));
            assert_eq!(zone_name("Mars/Olympus"), None);
        }

        #[test]
        fn a_city_is_found_by_any_of_its_names() {
            let city = |slug: &str, name: &str, country: &str| City {
                id: CityId(1),
                slug: slug.into(),
                name: name.into(),
                country: country.into(),
                doctors: 1,
            };
            let cities = [city("panaji", "Panaji", "India"), city("goa-it", "Goa", "Italy")];
            for (text, slug) in [
                ("Panaji, India", "panaji"),
                ("panaji", "panaji"),
                ("Panjim", "panaji"),
                ("Goa", "goa-it"),
                ("goa-it", "goa-it"),
                ("Vasco da Gama", "vasco-da-gama"),
            ] {
                assert_eq!(city_slug(&cities, text).as_deref(), Some(slug), "{text}");
            }
            assert_eq!(city_slug(&cities, "…"), None);
        }
    }
}
