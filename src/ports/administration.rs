//! Administration of clinics: doctors, locations, public holidays.

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveDateTime};

use super::{Answer, HolidayView, Page};
use crate::actor::Caller;
use crate::ids::{AppointmentId, CityId, ClinicId, DoctorId, LocationId, SpecialtyId};
use crate::input::Slug;
use crate::permissions::Permission;
use crate::zone::Zone;

/// Whether patients can find a doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DoctorStatus {
    /// Being set up; not shown.
    Draft,
    /// Shown and bookable.
    Listed,
    /// Not shown; existing appointments remain.
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

/// A location as typed; validated behind the port.
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
    /// The doctor has a rule that cannot be read, so no slots are made.
    pub hours_unreadable: bool,
}

pub type DoctorRows = Page<DoctorRow>;

/// A doctor as typed; validated behind the port.
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
    /// The version the form was made from; `None` for a new doctor.
    pub version: Option<i32>,
}

/// The outcome of saving a doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedDoctor {
    Saved,
    /// Saved except for the status: the doctor has future appointments. [`Administration::suspend_doctor`] takes the
    /// doctor off the list after the administrator has seen them.
    StillListed,
}

/// The outcome of cancelling a doctor's future appointments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelledComing {
    /// How many were cancelled, including holds.
    pub cancelled: u32,
    /// How many confirmed appointments and active holds are left.
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
    /// All regions, by name.
    pub regions: Vec<HolidayRegion>,
    /// The codes of the regions whose holidays the clinic observes.
    pub kept: Vec<String>,
    /// Their holidays in the next twelve months, each with whether the clinic is open anyway.
    pub coming: Vec<(HolidayView, bool)>,
}

/// An appointment whose instant stays, although its wall time has changed because of new time-zone rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftedVisit {
    pub id: AppointmentId,
    pub reference: String,
    pub doctor_name: String,
    pub zone: Zone,
    /// The wall time it was booked for.
    pub booked_for: NaiveDateTime,
    /// The wall time it will be at.
    pub will_be: NaiveDateTime,
}

/// The time-zone rules in use, and the appointments that they have shifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneRules {
    /// Such as `2026f`.
    pub release: &'static str,
    /// The first hundred future appointments that somebody must decide about, soonest first.
    pub shifted: Vec<ShiftedVisit>,
}

/// Every method fails with `SignInFirst` for a visitor, `NotAllowed` for an account whose roles do not allow it, and
/// `NotFound` for a clinic in which the caller has no such role.
#[async_trait]
pub trait Administration: Send + Sync {
    /// The clinics in which the caller has this permission, by name.
    async fn clinics(&self, caller: &Caller, permission: Permission) -> Answer<Vec<ClinicView>>;
    /// One page (50) of the doctors of the caller's clinics, by name; `text` narrows by name.
    async fn doctors(&self, caller: &Caller, text: Option<&str>, page: u32) -> Answer<DoctorRows>;
    async fn doctor(&self, caller: &Caller, id: DoctorId) -> Answer<DoctorForm>;
    async fn add_doctor(&self, caller: &Caller, form: DoctorForm) -> Answer<DoctorId>;
    /// Saves a doctor. A listed doctor with future appointments stays listed.
    ///
    /// # Errors
    /// `Stale` when someone saved it in the meantime.
    async fn save_doctor(
        &self,
        caller: &Caller,
        id: DoctorId,
        form: DoctorForm,
    ) -> Answer<SavedDoctor>;
    /// Takes a doctor off the list: from then on nobody can hold, confirm or move to a slot of theirs; confirmed
    /// appointments remain. Does nothing for a doctor who is not listed, or with `Listed`.
    async fn suspend_doctor(
        &self,
        caller: &Caller,
        id: DoctorId,
        status: DoctorStatus,
    ) -> Answer<()>;
    /// Releases the holds of a doctor who is not listed and, with a reason (at most 300 characters), cancels their
    /// confirmed future appointments, and notifies the patients. At most 500 per call, soonest first; call it again
    /// for the rest.
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
    /// Sets the regions whose holidays a clinic observes, and the holidays on which it is open anyway. The slots of its
    /// doctors are updated within a minute; booked ones stay.
    ///
    /// # Errors
    /// `Invalid` with `Region` for an unknown region, or more than five.
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
