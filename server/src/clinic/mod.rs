//! Administration of clinics: doctors, locations, public holidays.

mod holidays;
pub mod invitations;
mod location_choices;
mod store;
mod suspend;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use nadi::actor::{ActingRole, Caller, SignedIn};
use nadi::events::{DoctorData, DoctorEvent, LocationData, LocationEvent, NewEvent};
use nadi::failure::{Field, Problem};
use nadi::ids::{CityId, ClinicId, DoctorId, LocationId, SpecialtyId};
use nadi::input::{Slug, line, lines, optional_line, optional_lines};
use nadi::permissions::{Permission, Target};
use nadi::ports::{
    Administration, Answer, Bookings, CancelledComing, ClinicHolidays, ClinicView, DoctorForm,
    DoctorRow, DoctorRows, DoctorStatus, LocationForm, LocationView, Page, SavedDoctor,
    ShiftedVisit, ZoneRules,
};
use nadi::text;
use nadi::{Failure, formatting};
use sqlx::PgConnection;
use uuid::Uuid;

// For other capabilities and commands.
pub use crate::clinic::location_choices::places;
pub use crate::clinic::store::{clinic_of, doctors_of};

pub use crate::clinic::store::invitations::ENCRYPTED;

use crate::directory::index_refresh;
use crate::events;
use crate::events::Author;
use crate::ids::uuid_v7;
use crate::permission_checks::PermissionChecks as _;
use crate::schedules::zone_data;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome, answer, offset_of, page_number, slug};

const PAGE_SIZE: u32 = 50;
/// How many appointments the page about time-zone rules lists.
const SHIFTED_MAX: i64 = 100;
const NAME_CHARS_MAX: u32 = 120;
const TEXT_CHARS_MAX: u32 = 2_000;
const LANGUAGES_MAX: usize = 12;
/// In minor units: a million in most currencies, high enough for any fee and low enough to catch typing errors.
const FEE_MAX: i64 = 100_000_000;

pub struct AdministrationService {
    pub(super) app_state: AppState,
    bookings: Arc<dyn Bookings>,
}

/// The caller's account, and the clinics in which it has a permission; `None` means all of them.
pub(super) fn scope(
    caller: &Caller,
    permission: Permission,
) -> Outcome<(&SignedIn, Option<Vec<Uuid>>)> {
    let account = caller.must(permission, &Target::ANY)?;
    let clinics = account.clinics_for(permission)?;
    Ok((account, clinics.map(|all| all.into_iter().map(|clinic| clinic.0).collect())))
}

impl AdministrationService {
    pub fn new(app_state: AppState, bookings: Arc<dyn Bookings>) -> Self {
        Self { app_state, bookings }
    }

    async fn list_doctors(
        &self,
        caller: &Caller,
        text: Option<&str>,
        page: u32,
    ) -> Outcome<DoctorRows> {
        let (_, clinics) = scope(caller, Permission::ManageDoctors)?;
        let pattern = text.map(|text| {
            let text = text::one_line(text);
            let literal: String = text.chars().take(100).filter(|c| !"%_\\".contains(*c)).collect();
            format!("%{}%", literal.trim())
        });
        let mut connection = self.app_state.write.0.acquire().await?;
        let rows = store::doctors(
            &mut connection,
            clinics.as_deref(),
            pattern.as_deref(),
            PAGE_SIZE.into(),
            offset_of(page, PAGE_SIZE),
        )
        .await?;
        let total = rows.first().map_or(0, |row| row.total);
        let items = rows
            .into_iter()
            .map(|row| {
                Ok(DoctorRow {
                    id: DoctorId(row.id),
                    slug: slug(&row.slug)?,
                    name: row.name,
                    specialty: row.specialty.unwrap_or_default(),
                    clinic_name: row.clinic_name,
                    status: status(&row.status)?,
                    hours_unreadable: row.hours_unreadable,
                })
            })
            .collect::<Outcome<Vec<_>>>()?;
        Ok(Page { items, total, number: page_number(page), size: PAGE_SIZE })
    }

    async fn doctor_form(&self, caller: &Caller, id: DoctorId) -> Outcome<DoctorForm> {
        caller.must(Permission::ManageDoctors, &Target::ANY)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let row = store::doctor(&mut connection, id).await?.ok_or(Failure::NotFound)?;
        caller.must(Permission::ManageDoctors, &Target::clinic(ClinicId(row.clinic_id)))?;
        Ok(DoctorForm {
            clinic: ClinicId(row.clinic_id),
            name: row.name,
            qualifications: row.qualifications,
            bio: row.bio,
            languages: row.languages,
            specialty: SpecialtyId(row.specialty_id.unwrap_or(0)),
            fee_minor_units: row.fee_minor_units,
            status: status(&row.status)?,
            version: Some(row.version),
        })
    }

    async fn make_doctor(&self, caller: &Caller, form: DoctorForm) -> Outcome<DoctorId> {
        caller.must(Permission::ManageDoctors, &Target::ANY)?;
        caller.must(Permission::ManageDoctors, &Target::clinic(form.clinic))?;
        let form = checked_doctor(form)?;
        let mut transaction = self.app_state.write.begin().await?;
        must_exist(&mut transaction, form.specialty).await?;
        let id = DoctorId(uuid_v7(caller.now));
        let base = Slug::from_name(form.name.trim_start_matches("Dr ").trim_start_matches("Dr. "));
        // Try the name, then the name with a number, then the id, which is always unique.
        let numbered = (2..=20).map(|n| format!("{base}-{n}"));
        let candidates = std::iter::once(base.to_string()).chain(numbered).chain([id.to_string()]);
        let mut made = false;
        for candidate in candidates {
            if store::insert_doctor(&mut transaction, id, &candidate, &form, caller.now).await? {
                made = true;
                break;
            }
        }
        if !made {
            return Err(Fault::Broken("no slug is free".into()));
        }
        store::set_primary_specialty(&mut transaction, id, form.specialty).await?;
        index_refresh::refresh_edited(&mut transaction, id, caller.now).await?;
        let data = doctor_data(form.clinic, form.status);
        let event = NewEvent::doctor(DoctorEvent::Added, id, 1, data);
        record(&mut transaction, caller, &event).await?;
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_all();
        Ok(id)
    }

    async fn change_doctor(
        &self,
        caller: &Caller,
        id: DoctorId,
        form: DoctorForm,
    ) -> Outcome<SavedDoctor> {
        caller.must(Permission::ManageDoctors, &Target::ANY)?;
        let mut form = checked_doctor(form)?;
        let mut transaction = self.app_state.write.begin().await?;
        let current = store::doctor(&mut transaction, id).await?.ok_or(Failure::NotFound)?;
        caller.must(Permission::ManageDoctors, &Target::clinic(ClinicId(current.clinic_id)))?;
        must_exist(&mut transaction, form.specialty).await?;
        let mut saved = SavedDoctor::Saved;
        if status(&current.status)? == DoctorStatus::Listed
            && form.status != DoctorStatus::Listed
            && store::count_coming(&mut transaction, id, caller.now).await? > 0
        {
            form.status = DoctorStatus::Listed;
            saved = SavedDoctor::StillListed;
        }
        if !store::update_doctor(&mut transaction, id, &form).await? {
            return Err(Failure::Stale.into());
        }
        store::set_primary_specialty(&mut transaction, id, form.specialty).await?;
        index_refresh::refresh_edited(&mut transaction, id, caller.now).await?;
        let data = doctor_data(ClinicId(current.clinic_id), form.status);
        let event = NewEvent::doctor(DoctorEvent::Changed, id, current.version + 1, data);
        record(&mut transaction, caller, &event).await?;
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_all();
        Ok(saved)
    }

    async fn list_locations(
        &self,
        caller: &Caller,
        clinic: Option<ClinicId>,
        page: u32,
    ) -> Outcome<Page<LocationView>> {
        let (_, mut clinics) = scope(caller, Permission::ManageLocations)?;
        if let Some(clinic) = clinic {
            caller.must(Permission::ManageLocations, &Target::clinic(clinic))?;
            clinics = Some(vec![clinic.0]);
        }
        let mut connection = self.app_state.write.0.acquire().await?;
        let rows = store::locations(
            &mut connection,
            clinics.as_deref(),
            None,
            PAGE_SIZE.into(),
            offset_of(page, PAGE_SIZE),
        )
        .await?;
        let total = rows.first().map_or(0, |row| row.total);
        let items = rows.into_iter().map(location_view).collect();
        Ok(Page { items, total, number: page_number(page), size: PAGE_SIZE })
    }

    async fn one_location(&self, caller: &Caller, id: LocationId) -> Outcome<LocationView> {
        caller.must(Permission::ManageLocations, &Target::ANY)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        load_location(&mut connection, caller, id).await
    }

    async fn make_location(&self, caller: &Caller, form: LocationForm) -> Outcome<LocationId> {
        caller.must(Permission::ManageLocations, &Target::ANY)?;
        caller.must(Permission::ManageLocations, &Target::clinic(form.clinic))?;
        let mut transaction = self.app_state.write.begin().await?;
        let (form, city) = checked_location(&mut transaction, form).await?;
        let id = LocationId(uuid_v7(caller.now));
        store::insert_location(&mut transaction, id, &form, city, caller.now).await?;
        let data = LocationData { clinic: form.clinic, doctors: Vec::new() };
        let event = NewEvent::location(LocationEvent::Added, id, 1, data);
        record(&mut transaction, caller, &event).await?;
        transaction.commit().await?;
        Ok(id)
    }

    async fn change_location(
        &self,
        caller: &Caller,
        id: LocationId,
        form: LocationForm,
    ) -> Outcome<()> {
        caller.must(Permission::ManageLocations, &Target::ANY)?;
        let mut transaction = self.app_state.write.begin().await?;
        let current = load_location(&mut transaction, caller, id).await?;
        let (form, city) = checked_location(&mut transaction, form).await?;
        // Slots were made as instants in the old zone. To move them, the hours must be changed.
        if form.zone != current.zone && store::location_in_use(&mut transaction, id).await? {
            return Err(Failure::field(Field::TimeZone, Problem::Taken).into());
        }
        if !store::update_location(&mut transaction, id, &form, city).await? {
            return Err(Failure::Stale.into());
        }
        let doctors = index_refresh::mark_place_stale(&mut transaction, id).await?;
        let who_work_there = doctors.iter().copied().map(DoctorId).collect();
        let data = LocationData { clinic: current.clinic, doctors: who_work_there };
        let event = NewEvent::location(LocationEvent::Changed, id, current.version + 1, data);
        record(&mut transaction, caller, &event).await?;
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_all();
        for doctor in doctors {
            self.app_state.invalidation.invalidate_doctor(DoctorId(doctor));
        }
        Ok(())
    }
}

/// Records an event by an administrator in the event log.
pub(super) async fn record(
    connection: &mut PgConnection,
    caller: &Caller,
    event: &NewEvent,
) -> sqlx::Result<()> {
    let by = Author::of(caller, ActingRole::Administrator);
    events::record(connection, event, by, caller.now).await.map(|_| ())
}

pub(super) fn doctor_data(clinic: ClinicId, status: DoctorStatus) -> DoctorData {
    DoctorData { clinic, status: status.as_str().to_owned() }
}

async fn load_location(
    connection: &mut PgConnection,
    caller: &Caller,
    id: LocationId,
) -> Outcome<LocationView> {
    let rows = store::locations(connection, None, Some(id), 1, 0).await?;
    let location = rows.into_iter().next().map(location_view).ok_or(Failure::NotFound)?;
    caller.must(Permission::ManageLocations, &Target::clinic(location.clinic))?;
    Ok(location)
}

fn location_view(row: store::LocationRow) -> LocationView {
    LocationView {
        id: LocationId(row.id),
        clinic: ClinicId(row.clinic_id),
        clinic_name: row.clinic_name,
        name: row.name,
        address: row.address,
        city: CityId(row.city_id),
        city_name: row.city_name,
        zone: row.time_zone,
        version: row.version,
    }
}

fn status(word: &str) -> Outcome<DoctorStatus> {
    DoctorStatus::parse(word).ok_or_else(|| Fault::Broken(format!("unknown status: {word}")))
}

fn checked_doctor(form: DoctorForm) -> Outcome<DoctorForm> {
    if !(0..=FEE_MAX).contains(&form.fee_minor_units) {
        let problem = Problem::OutOfRange { min: 0, max: FEE_MAX / 100 };
        return Err(Failure::field(Field::Fee, problem).into());
    }
    let mut languages = Vec::new();
    for language in &form.languages {
        let language = optional_line(Field::Languages, language, 40)?;
        if !language.is_empty() && !languages.contains(&language) {
            languages.push(language);
        }
    }
    if languages.len() > LANGUAGES_MAX {
        let max = i64::try_from(LANGUAGES_MAX).unwrap_or(i64::MAX);
        let problem = Problem::OutOfRange { min: 0, max };
        return Err(Failure::field(Field::Languages, problem).into());
    }
    Ok(DoctorForm {
        name: line(Field::Name, &form.name, NAME_CHARS_MAX)?,
        qualifications: optional_line(Field::Qualifications, &form.qualifications, NAME_CHARS_MAX)?,
        bio: optional_lines(Field::Bio, &form.bio, TEXT_CHARS_MAX)?,
        languages,
        ..form
    })
}

/// Checks that there is such a specialty.
async fn must_exist(connection: &mut PgConnection, specialty: SpecialtyId) -> Outcome<()> {
    if store::specialty_exists(connection, specialty).await? {
        Ok(())
    } else {
        Err(Failure::field(Field::Specialty, Problem::Unknown).into())
    }
}

async fn checked_location(
    connection: &mut PgConnection,
    form: LocationForm,
) -> Outcome<(LocationForm, CityId)> {
    let name = line(Field::Name, &form.name, NAME_CHARS_MAX)?;
    let address = lines(Field::Address, &form.address, 300)?;
    if formatting::zone(&form.zone).is_none() {
        return Err(Failure::field(Field::TimeZone, Problem::Unknown).into());
    }
    let city = store::city_by_slug(connection, &form.city).await?;
    let city = city.ok_or(Failure::field(Field::City, Problem::Unknown))?;
    Ok((LocationForm { name, address, ..form }, city))
}

#[async_trait]
impl Administration for AdministrationService {
    async fn clinics(&self, caller: &Caller, permission: Permission) -> Answer<Vec<ClinicView>> {
        let load = async {
            let (_, clinics) = scope(caller, permission)?;
            let mut connection = self.app_state.write.0.acquire().await?;
            let rows = store::clinics(&mut connection, clinics.as_deref()).await?;
            Ok(rows
                .into_iter()
                .map(|row| ClinicView {
                    id: ClinicId(row.id),
                    name: row.name,
                    currency: row.currency,
                    zone: row.time_zone,
                })
                .collect())
        };
        answer("list clinics", load.await)
    }

    async fn doctors(&self, caller: &Caller, text: Option<&str>, page: u32) -> Answer<DoctorRows> {
        answer("list doctors", self.list_doctors(caller, text, page).await)
    }

    async fn doctor(&self, caller: &Caller, id: DoctorId) -> Answer<DoctorForm> {
        answer("edit doctor", self.doctor_form(caller, id).await)
    }

    #[tracing::instrument(skip_all)]
    async fn add_doctor(&self, caller: &Caller, form: DoctorForm) -> Answer<DoctorId> {
        answer("add doctor", self.make_doctor(caller, form).await)
    }

    #[tracing::instrument(skip_all, fields(doctor = %id))]
    async fn save_doctor(
        &self,
        caller: &Caller,
        id: DoctorId,
        form: DoctorForm,
    ) -> Answer<SavedDoctor> {
        answer("save doctor", self.change_doctor(caller, id, form).await)
    }

    #[tracing::instrument(skip_all, fields(doctor = %id))]
    async fn suspend_doctor(
        &self,
        caller: &Caller,
        id: DoctorId,
        status: DoctorStatus,
    ) -> Answer<()> {
        answer("suspend doctor", self.suspend(caller, id, status).await)
    }

    #[tracing::instrument(skip_all, fields(doctor = %id))]
    async fn cancel_coming(
        &self,
        caller: &Caller,
        id: DoctorId,
        reason: Option<&str>,
    ) -> Answer<CancelledComing> {
        answer("cancel coming appointments", self.cancel_all_coming(caller, id, reason).await)
    }

    async fn locations(
        &self,
        caller: &Caller,
        clinic: Option<ClinicId>,
        page: u32,
    ) -> Answer<Page<LocationView>> {
        answer("list locations", self.list_locations(caller, clinic, page).await)
    }

    async fn zone_rules(&self, caller: &Caller) -> Answer<ZoneRules> {
        let load = async {
            let (_, clinics) = scope(caller, Permission::SeeZoneChanges)?;
            let mut connection = self.app_state.read.0.acquire().await?;
            let shifted =
                zone_data::recorded(&mut connection, clinics.as_deref(), caller.now, SHIFTED_MAX);
            let shifted = shifted.await?.into_iter().map(|visit| ShiftedVisit {
                id: visit.id,
                reference: visit.reference,
                doctor_name: visit.doctor_name,
                zone: visit.zone,
                booked_for: visit.booked_for,
                will_be: visit.would_be,
            });
            Ok(ZoneRules { release: nadi::zone::release(), shifted: shifted.collect() })
        };
        answer("zone rules", load.await)
    }

    async fn holidays(&self, caller: &Caller, clinic: ClinicId) -> Answer<ClinicHolidays> {
        answer("holidays", self.holidays_of(caller, clinic).await)
    }

    async fn save_holidays(
        &self,
        caller: &Caller,
        clinic: ClinicId,
        regions: Vec<String>,
        working_days: Vec<NaiveDate>,
    ) -> Answer<()> {
        answer("save holidays", self.keep_holidays(caller, clinic, regions, working_days).await)
    }

    async fn location(&self, caller: &Caller, id: LocationId) -> Answer<LocationView> {
        answer("edit location", self.one_location(caller, id).await)
    }

    #[tracing::instrument(skip_all)]
    async fn add_location(&self, caller: &Caller, form: LocationForm) -> Answer<LocationId> {
        answer("add location", self.make_location(caller, form).await)
    }

    #[tracing::instrument(skip_all, fields(location = %id))]
    async fn save_location(
        &self,
        caller: &Caller,
        id: LocationId,
        form: LocationForm,
    ) -> Answer<()> {
        answer("save location", self.change_location(caller, id, form).await)
    }
}
