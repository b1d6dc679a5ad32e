//! One type per kind of identifier, so that a doctor's id cannot be passed where a person's is expected.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = <$inner as FromStr>::Err;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(/// An account that can sign in.
    AccountId(Uuid));
id!(/// A person who can be a patient: an account's owner or a dependant.
    PersonId(Uuid));
id!(/// A doctor.
    DoctorId(Uuid));
id!(/// A clinic: the organisation that sets policy, zone and currency.
    ClinicId(Uuid));
id!(/// A location of a clinic.
    LocationId(Uuid));
id!(/// An appointment. A UUIDv7: its time of creation is the partition key.
    AppointmentId(Uuid));
id!(/// A slot: a bookable time of one doctor.
    SlotId(i64));
id!(/// A draft of a schedule.
    DraftId(Uuid));
id!(/// An external calendar with busy times of a doctor.
    BusyCalendarId(Uuid));
id!(/// A private URL at which a calendar program reads someone's appointments.
    FeedId(Uuid));
id!(/// A visit type, such as a first consultation.
    VisitTypeId(Uuid));
id!(/// A review.
    ReviewId(Uuid));
id!(/// A city, numbered as in GeoNames.
    CityId(i32));
id!(/// A medical specialty.
    SpecialtyId(i16));
