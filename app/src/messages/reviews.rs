//! Texts about reviews and ratings.

use nadi::review::{Rating, Stars, tenths};

/// A number of stars as a word.
pub fn stars(stars: Stars) -> &'static str {
    match stars.number() {
        1 => "poor",
        2 => "fair",
        3 => "good",
        4 => "very good",
        _ => "excellent",
    }
}

/// `4.6 of 5 from 31 verified visits`; without an average while there are few.
pub fn rating(rating: Rating) -> String {
    match (rating.average_tenths(), rating.reviews) {
        (_, 0) => "No reviews yet".into(),
        (_, 1) => "1 review of a verified visit".into(),
        (None, reviews) => format!("{reviews} reviews of verified visits"),
        (Some(average), reviews) => {
            format!("{} of 5 from {reviews} verified visits", one_decimal(average))
        }
    }
}

/// A short form: `4.6 (31)`, or `2 reviews`. `None` without reviews.
pub fn short_rating(rating: Rating) -> Option<String> {
    match (rating.average_tenths(), rating.reviews) {
        (_, 0) => None,
        (_, 1) => Some("1 review".into()),
        (None, reviews) => Some(format!("{reviews} reviews")),
        (Some(average), reviews) => Some(format!("{} ({reviews})", one_decimal(average))),
    }
}

/// An average with its decimal: `4.0`.
fn one_decimal(average: u32) -> String {
    format!("{}.{}", average / 10, average % 10)
}

/// A minimum rating in the search: `4 and more`.
pub fn least(least: u32) -> String {
    format!("{} and more", tenths(least))
}

/// Until when a review can be written, as a date in words.
pub fn until(date: &str) -> String {
    format!("You can write and change it until {date}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_reviews_have_no_average() {
        let said = |reviews, stars_sum| {
            let found = Rating { reviews, stars_sum };
            (rating(found), short_rating(found).unwrap_or_default())
        };
        assert_eq!(said(0, 0), ("No reviews yet".into(), String::new()));
        assert_eq!(said(1, 5), ("1 review of a verified visit".into(), "1 review".into()));
        assert_eq!(said(2, 9), ("2 reviews of verified visits".into(), "2 reviews".into()));
        assert_eq!(said(31, 143), ("4.6 of 5 from 31 verified visits".into(), "4.6 (31)".into()));
        assert_eq!(said(4, 16).1, "4.0 (4)");
        assert_eq!(least(45), "4.5 and more");
    }

    #[test]
    fn every_number_of_stars_has_its_own_word() {
        let mut words: Vec<_> = Stars::ALL.map(stars).to_vec();
        words.dedup();
        assert_eq!(words.len(), 5);
    }
}
