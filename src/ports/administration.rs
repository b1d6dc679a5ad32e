//! Running the clinic: doctors and locations.

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveDateTime};

use super::{Answer, HolidayView, Page};
use crate::actor::Caller;
use crate::ids::{AppointmentId, CityId, ClinicId, DoctorId, LocationId, SpecialtyId};
use crate::input::{Email, Slug};
use crate::zone::Zone;

/// Whether a doctor can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DoctorStatus {
    /// Being set up; not shown.
    Draft,
    /// Shown and bookable.
    Listed,
    /// Not shown; existing appointments stand.
    Suspended,
}

impl DoctorStatus {
    pub const ALL: [Self; 3] = [Self::Draft, Self::Listed, Self::Suspended];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Listed => "listed",
            Self::Suspended => "suspended",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClinicView {
    pub id: ClinicId,
    pub name: String,
    pub currency: String,
    pub zone: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationView {
    pub id: LocationId,
    pub clinic: ClinicId,
    pub clinic_name: String,
    pub name: String,
    pub address: String,
    pub city: CityId,
    pub city_name: String,
    pub zone: String,
    pub version: i32,
}

/// A location as typed; checked behind the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationForm {
    pub clinic: ClinicId,
    pub name: String,
    pub address: String,
    /// By slug.
    pub city: String,
    /// An IANA name, such as `Asia/Kolkata`.
    pub zone: String,
    /// The version the form was made from; `None` for a new location.
    pub version: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorRow {
    pub id: DoctorId,
    pub slug: Slug,
    pub name: String,
    pub specialty: String,
    pub clinic_name: String,
    pub status: DoctorStatus,
    /// A rule of their hours cannot be read, so no times are made.
    pub hours_unreadable: bool,
}

pub type DoctorRows = Page<DoctorRow>;

/// A doctor as typed; checked behind the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorForm {
    pub clinic: ClinicId,
    pub name: String,
    pub qualifications: String,
    pub bio: String,
    pub languages: Vec<String>,
    pub specialty: SpecialtyId,
    pub fee_minor_units: i64,
    pub status: DoctorStatus,
    /// The account with which the doctor signs in; it has to exist.
    pub account_email: Option<Email>,
    /// The version the form was made from; `None` for a new doctor.
    pub version: Option<i32>,
}

/// What saving a doctor came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedDoctor {
    Saved,
    /// All but the status. Patients have appointments that are coming up, so
    /// [`Administration::suspend_doctor`] takes the doctor off the list once it is known what becomes of them.
    StillListed,
}

/// What became of the coming appointments of a doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelledComing {
    /// Now, holds included.
    pub cancelled: u32,
    /// Confirmed ones and holds that still stand.
    pub left: i64,
}

/// A region with public holidays of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolidayRegion {
    /// ISO 3166, such as `IN` or `IN-GA`.
    pub code: String,
    pub name: String,
}

/// The public holidays of a clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClinicHolidays {
    /// All there are, by name.
    pub regions: Vec<HolidayRegion>,
    /// Those the clinic keeps, by code.
    pub kept: Vec<String>,
    /// Their days in the coming twelve months, and whether the clinic works on them all the same.
    pub coming: Vec<(HolidayView, bool)>,
}

/// An appointment that keeps its instant although its place's clock will show another time than it was booked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftedVisit {
    pub id: AppointmentId,
    pub reference: String,
    pub doctor_name: String,
    pub zone: Zone,
    /// What the clock was to show.
    pub booked_for: NaiveDateTime,
    /// What it will show.
    pub will_be: NaiveDateTime,
}

/// The rules of time zones in use, and what they have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneRules {
    /// Such as `2026f`.
    pub release: &'static str,
    /// The first hundred appointments ahead that a person has to decide about, soonest first.
    pub shifted: Vec<ShiftedVisit>,
}

/// Every method answers `SignInFirst` to a visitor, `NotAllowed` to an account that
/// administers nothing, and `NotFound` for a clinic that is not the caller's.
#[async_trait]
pub trait Administration: Send + Sync {
    /// The clinics the caller administers, by name.
    async fn clinics(&self, caller: &Caller) -> Answer<Vec<ClinicView>>;
    /// One page (50) of their doctors, by name; `text` narrows by name.
    async fn doctors(&self, caller: &Caller, text: Option<&str>, page: u32) -> Answer<DoctorRows>;
    async fn doctor(&self, caller: &Caller, id: DoctorId) -> Answer<DoctorForm>;
    async fn add_doctor(&self, caller: &Caller, form: DoctorForm) -> Answer<DoctorId>;
    /// Saves a doctor. One who is listed and has appointments that are coming up stays listed.
    ///
    /// # Errors
    /// `Stale` when someone saved it in the meantime.
    async fn save_doctor(
        &self,
        caller: &Caller,
        id: DoctorId,
        form: DoctorForm,
    ) -> Answer<SavedDoctor>;
    /// Takes a doctor off the list: from then on nobody can hold, confirm or move to a time of theirs, and
    /// confirmed appointments stand. Nothing changes for one who is not listed, or with `Listed`.
    async fn suspend_doctor(
        &self,
        caller: &Caller,
        id: DoctorId,
        status: DoctorStatus,
    ) -> Answer<()>;
    /// Releases the holds of a doctor who is not listed and, with a reason (at most 300 characters), cancels
    /// the confirmed appointments that are coming up, each as the caller would one by one: its patient is
    /// told. At most 500 at a time, soonest first; asked again, it goes on with those that are left.
    ///
    /// # Errors
    /// `Invalid` with `Reason`; `Refused` with `StillListed` for a listed doctor.
    async fn cancel_coming(
        &self,
        caller: &Caller,
        id: DoctorId,
        reason: Option<&str>,
    ) -> Answer<CancelledComing>;
    /// One page (50) of locations, by name; `clinic` narrows.
    async fn locations(
        &self,
        caller: &Caller,
        clinic: Option<ClinicId>,
        page: u32,
    ) -> Answer<Page<LocationView>>;
    /// The rules of time zones in use, and the appointments of the caller's clinics that they have changed.
    async fn zone_rules(&self, caller: &Caller) -> Answer<ZoneRules>;
    /// The public holidays of a clinic.
    async fn holidays(&self, caller: &Caller, clinic: ClinicId) -> Answer<ClinicHolidays>;
    /// Sets which regions' holidays a clinic keeps, and on which of their days it works all the same.
    /// The times of its doctors follow within a minute; booked ones stay.
    ///
    /// # Errors
    /// `Invalid` with `Region` for one that nobody knows, or more than five.
    async fn save_holidays(
        &self,
        caller: &Caller,
        clinic: ClinicId,
        regions: Vec<String>,
        working_days: Vec<NaiveDate>,
    ) -> Answer<()>;
    async fn location(&self, caller: &Caller, id: LocationId) -> Answer<LocationView>;
    async fn add_location(&self, caller: &Caller, form: LocationForm) -> Answer<LocationId>;
    /// # Errors
    /// `Stale` when someone saved it in the meantime; `Invalid` with `TimeZone` when the
    /// zone changes although future times are booked there.
    async fn save_location(
        &self,
        caller: &Caller,
        id: LocationId,
        form: LocationForm,
    ) -> Answer<()>;
}
