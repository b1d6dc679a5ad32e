//! Texts about invalid search parameters, for the page, which ignores them, and the API, which refuses them.

use nadi::search::parameters::{FEE_MAX, Fault, PAGE_MAX, PAGE_SIZE_MAX, Parameter};

/// Continues the sentence `We could not read`.
pub fn left_out(parameter: Parameter, fault: Fault) -> &'static str {
    match (parameter, fault) {
        (_, Fault::Repeated) => "what is said more than once",
        (Parameter::Text, _) => "the words you typed, which are too long,",
        (Parameter::Specialty, _) => "the specialty",
        (Parameter::City, _) => "the city",
        (Parameter::Near, _) => "the place to be near to",
        (Parameter::Mode, _) => "the kind of visit",
        (Parameter::Date, Fault::Past) => "the date, which has passed,",
        (Parameter::Date, _) => "the date",
        (Parameter::ThisWeek, _) => "the week",
        (Parameter::Evening, _) => "the hour",
        (Parameter::Language, _) => "the language",
        (Parameter::Gender, _) => "who the doctor is",
        (Parameter::FeeMax, _) => "the fee",
        (Parameter::RatingMin, _) => "the rating",
        (Parameter::Cursor, _) => "where the page begins",
        (Parameter::Page | Parameter::PageSize, _) => "the page number",
    }
}

/// What is wrong with a parameter, and what is valid.
pub fn refused(parameter: Parameter, fault: Fault) -> String {
    match (parameter, fault) {
        (_, Fault::Repeated) => "Say this once.".into(),
        (Parameter::Text, _) => "Use at most 100 characters.".into(),
        (Parameter::Specialty, _) => {
            "We do not know this specialty. Use the slug or name of one in `/specialties`.".into()
        }
        (Parameter::City, _) => {
            "We know no doctor in this city. Use its slug or name, such as panjim or Panaji.".into()
        }
        (Parameter::Near, _) => {
            "Use the slug or name of a city with doctors, or a point such as 15.49,73.83.".into()
        }
        (Parameter::Mode, _) => "Use in_person or video.".into(),
        (Parameter::Date, Fault::Past) => "This date has passed. Use today or a later one.".into(),
        (Parameter::Date, _) => "Use a date such as 2026-11-24.".into(),
        (Parameter::ThisWeek | Parameter::Evening, _) => "Use true or false.".into(),
        (Parameter::Language, _) => {
            "No doctor speaks this language. Use its English name, such as Konkani.".into()
        }
        (Parameter::Gender, _) => "Use female or male.".into(),
        (Parameter::FeeMax, _) => format!("Use a number from 0 to {FEE_MAX}."),
        (Parameter::RatingMin, _) => "Use a number from 1 to 5, such as 4 or 4.5.".into(),
        (Parameter::Cursor, _) => "Use the `next_cursor` of a page, as it was.".into(),
        (Parameter::Page, _) => format!("Use a number from 1 to {PAGE_MAX}."),
        (Parameter::PageSize, _) => format!("Use a number from 1 to {PAGE_SIZE_MAX}."),
    }
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
