//! The TZIDs that a file uses.

use std::collections::HashMap;

/// The TZIDs of a file, with the line of the first use of each. A name is looked up in its own calendar first,
/// because combined files may define the same name differently.
#[derive(Default)]
pub(in crate::ical) struct ZoneNames {
    pub(super) names: Vec<Name>,
    places: HashMap<(usize, String), usize>,
}

pub(super) struct Name {
    pub(super) calendar: usize,
    pub(super) text: String,
    pub(super) line: usize,
}

impl ZoneNames {
    pub(in crate::ical) fn place_of(
        &mut self,
        calendar: usize,
        name: String,
        line: usize,
    ) -> usize {
        let key = (calendar, name);
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        self.names.push(Name { calendar, text: key.1.clone(), line });
        self.places.insert(key, self.names.len() - 1);
        self.names.len() - 1
    }
}
