//! Texts about invalid search parameters, for the page, which ignores them, and the API, which refuses them.

use nadi::search::TEXT_CHARS_MAX;
use nadi::search::parameters::{FEE_MAX, Fault, PAGE_MAX, PAGE_SIZE_MAX, Parameter};

use crate::i18n::text;

/// A part of the sentence `address-ignored`.
pub fn left_out(parameter: Parameter, fault: Fault) -> String {
    match (parameter, fault) {
        (_, Fault::Repeated) => text!("search-part-repeated"),
        (Parameter::Text, _) => text!("search-part-text"),
        (Parameter::Specialty, _) => text!("search-part-specialty"),
        (Parameter::City, _) => text!("search-part-city"),
        (Parameter::Near, _) => text!("search-part-near"),
        (Parameter::Mode, _) => text!("search-part-mode"),
        (Parameter::Date, Fault::Past) => text!("search-part-date-past"),
        (Parameter::Date, _) => text!("search-part-date"),
        (Parameter::ThisWeek, _) => text!("search-part-week"),
        (Parameter::Evening, _) => text!("search-part-time-of-day"),
        (Parameter::Language, _) => text!("search-part-language"),
        (Parameter::Gender, _) => text!("search-part-gender"),
        (Parameter::FeeMax, _) => text!("search-part-fee"),
        (Parameter::RatingMin, _) => text!("search-part-rating"),
        (Parameter::Cursor, _) => text!("search-part-cursor"),
        (Parameter::Page | Parameter::PageSize, _) => text!("address-page"),
    }
}

/// What is wrong with a parameter, and what is valid.
pub fn refused(parameter: Parameter, fault: Fault) -> String {
    match (parameter, fault) {
        (_, Fault::Repeated) => text!("search-refused-repeated"),
        (Parameter::Text, _) => text!("search-refused-text", most = TEXT_CHARS_MAX),
        (Parameter::Specialty, _) => text!("search-refused-specialty"),
        (Parameter::City, _) => text!("search-refused-city"),
        (Parameter::Near, _) => text!("search-refused-near"),
        (Parameter::Mode, _) => text!("search-refused-mode"),
        (Parameter::Date, Fault::Past) => text!("search-refused-date-past"),
        (Parameter::Date, _) => text!("search-refused-date"),
        (Parameter::ThisWeek | Parameter::Evening, _) => text!("search-refused-yes-or-no"),
        (Parameter::Language, _) => text!("search-refused-language"),
        (Parameter::Gender, _) => text!("search-refused-gender"),
        (Parameter::FeeMax, _) => number(0, FEE_MAX),
        (Parameter::RatingMin, _) => text!("search-refused-rating"),
        (Parameter::Cursor, _) => text!("search-refused-cursor"),
        (Parameter::Page, _) => number(1, PAGE_MAX.into()),
        (Parameter::PageSize, _) => number(1, PAGE_SIZE_MAX.into()),
    }
}

/// Numbers as they have to be sent: `10000`, without separators.
fn number(least: i64, most: i64) -> String {
    text!("search-refused-number", least = least.to_string(), most = most.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_named_and_refused_in_a_sentence() {
        for parameter in Parameter::ALL {
            for fault in
                [Fault::Malformed, Fault::Unknown, Fault::TooLong, Fault::Past, Fault::Repeated]
            {
                assert!(left_out(parameter, fault).starts_with(char::is_lowercase));
                let said = refused(parameter, fault);
                assert!(said.ends_with('.') && said.starts_with(char::is_uppercase), "{said}");
            }
        }
    }
}
