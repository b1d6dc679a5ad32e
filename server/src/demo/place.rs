//! The clinics, one in each city.

use nadi::ids::{ClinicId, LocationId};

use crate::demo::data::{City, Clinic, Location};
use crate::demo::dice::Dice;
use crate::demo::regions::{REGIONS, Region};
use crate::demo::words;

/// A city with its clinic, as doctors are spread over it.
pub(super) struct Place {
    pub region: &'static Region,
    pub city: City,
    pub clinic: Clinic,
    pub locations: Vec<Location>,
}

impl Place {
    pub(super) fn new(seed: u64, number: usize, city: City, region: &str) -> Self {
        let region = REGIONS.iter().find(|known| known.key == region).expect("a known region");
        let mut dice = Dice::new(seed, "clinic", number);
        let clinic = Clinic {
            id: ClinicId(dice.uuid()),
            slug: city.slug.clone(),
            name: format!("Nadi {}", city.name),
            zone: city.zone,
            currency: city.currency.clone(),
            city: city.id,
        };
        // The first has the most to show: Panjim always has all three.
        let count = if number == 0 { 3 } else { 1 + dice.weighted([4, 4, 2].into_iter()) };
        let first_quarter = dice.below(words::QUARTERS.len());
        let locations = (0..count)
            .map(|nth| Location {
                id: LocationId(dice.uuid()),
                clinic: clinic.id,
                city: city.id,
                name: words::location_name(&city.name, nth, first_quarter),
                address: words::address(&mut dice, region.streets, &city.name),
                zone: city.zone,
                latitude: near(&mut dice, city.latitude),
                longitude: near(&mut dice, city.longitude),
            })
            .collect();
        Self { region, city, clinic, locations }
    }
}

/// Degrees near others, in whole hundred-thousandths so that no rounding differs between machines.
fn near(dice: &mut Dice, degrees: f64) -> f64 {
    let moved = (degrees * 1e5).round() as i64 + dice.between(0, 2400) as i64 - 1200;
    moved as f64 / 1e5
}
