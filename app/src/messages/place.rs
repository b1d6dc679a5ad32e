//! Formatting of addresses.

use crate::i18n::{names, text};

/// An address that ends with its city. The city is not repeated when it is already the last part, with or
/// without a postal code: `1 Church Road, Panjim`, `12 High Street, Leeds LS1 4AB`. A city that is
/// added is in the current language.
pub fn address(address: &str, city: &str) -> String {
    let address = address.trim().trim_end_matches([',', '.']);
    let last = address.rsplit(',').next().unwrap_or_default();
    // A postal code has a digit in it.
    let words = last.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
    let ends_with_city =
        words.map(str::to_lowercase).eq(city.split_whitespace().map(str::to_lowercase));
    match (address.is_empty(), ends_with_city) {
        (true, _) => names::city_named(city),
        (false, true) => address.to_owned(),
        (false, false) => text!("doctor-address-and-city", address, city = names::city_named(city)),
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_ends_with_the_city() {
        for (street, city, whole) in [
            ("1 Church Road", "Panjim", "1 Church Road, Panjim"),
            ("12 High Street, Leeds", "Leeds", "12 High Street, Leeds"),
            ("12 High Street, leeds", "Leeds", "12 High Street, leeds"),
            ("12 High Street, Leeds LS1 4AB", "Leeds", "12 High Street, Leeds LS1 4AB"),
            ("Hauptstr. 3, 10115 Berlin", "Berlin", "Hauptstr. 3, 10115 Berlin"),
            ("5 Main St, New York, ", "New York", "5 Main St, New York"),
            // A street that has the city's name is not the city.
            ("3 Leeds Road", "Leeds", "3 Leeds Road, Leeds"),
            ("3 Leeds Road, Otley", "Leeds", "3 Leeds Road, Otley, Leeds"),
            (
                "18 June Road, Panjim; 2nd floor",
                "Panjim",
                "18 June Road, Panjim; 2nd floor, Panjim",
            ),
            ("", "Panjim", "Panjim"),
        ] {
            assert_eq!(address(street, city), whole);
        }
    }
}
