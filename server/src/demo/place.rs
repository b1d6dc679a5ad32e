//! The clinics, one in each city.

use nadi::ids::{ClinicId, LocationId};

use crate::demo::data::{City, Clinic, Location};
use crate::demo::regions::{REGIONS, Region};
use crate::demo::rng::SeededRng;
use crate::demo::words;

/// A city with its clinic and locations.
pub(super) struct Place {
    pub region: &'static Region,
    pub city: City,
    pub clinic: Clinic,
    pub locations: Vec<Location>,
}

impl Place {
    pub(super) fn new(seed: u64, number: usize, city: City, region: &str) -> Self {
        let region = REGIONS.iter().find(|known| known.key == region).expect("a known region");
        let mut rng = SeededRng::new(seed, "clinic", number);
        let clinic = Clinic {
            id: ClinicId(rng.uuid()),
            slug: city.slug.clone(),
            name: format!("Nadi {}", city.name),
            zone: city.zone,
            currency: city.currency.clone(),
            city: city.id,
        };
        // The first city, Panjim, always has three locations, the most.
        let count = if number == 0 { 3 } else { 1 + rng.weighted([4, 4, 2].into_iter()) };
        let first_quarter = rng.below(words::QUARTERS.len());
        let locations = (0..count)
            .map(|nth| Location {
                id: LocationId(rng.uuid()),
                clinic: clinic.id,
                city: city.id,
                name: words::location_name(&city.name, nth, first_quarter),
                address: words::address(&mut rng, region.streets, &city.name),
                zone: city.zone,
                latitude: near(&mut rng, city.latitude),
                longitude: near(&mut rng, city.longitude),
            })
            .collect();
        Self { region, city, clinic, locations }
    }
}

/// A coordinate near another, in whole hundred-thousandths of a degree, so that all machines round alike.
fn near(rng: &mut SeededRng, degrees: f64) -> f64 {
    let moved = (degrees * 1e5).round() as i64 + rng.between(0, 2400) as i64 - 1200;
    moved as f64 / 1e5
}
