//! Conversions from database rows to locations and free slots as they are shown.

use nadi::ids::{LocationId, SlotId};
use nadi::ports::{FreeTime, Place};

use crate::directory::store::free_times::FreeRow;
use crate::directory::store::profiles::PlaceRow;
use crate::use_case::{Outcome, mode, zone};

pub(super) fn place_of(row: PlaceRow) -> Outcome<Place> {
    Ok(Place {
        id: LocationId(row.id),
        name: row.name,
        address: row.address,
        city: row.city,
        zone: zone(&row.time_zone)?,
    })
}

pub(super) fn free_time_of(row: FreeRow) -> Outcome<FreeTime> {
    Ok(FreeTime {
        slot: SlotId(row.id),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        local_date: row.local_date,
        place: Place {
            id: LocationId(row.location_id),
            name: row.location_name,
            address: row.location_address,
            city: row.city,
            zone: zone(&row.time_zone)?,
        },
        mode: mode(&row.mode)?,
        seats_free: row.seats_free,
    })
}
