//! Texts about reviews and ratings.

use nadi::review::{NAMELESS, Rating, Stars};

use crate::i18n::{self, text};

/// A number of stars as a word.
pub fn stars(stars: Stars) -> String {
    match stars.number() {
        1 => text!("stars-one"),
        2 => text!("stars-two"),
        3 => text!("stars-three"),
        4 => text!("stars-four"),
        _ => text!("stars-five"),
    }
}

/// `4.6 out of 5 from 31 verified reviews`; without an average while there are few.
pub fn rating(rating: Rating) -> String {
    match (rating.average_tenths(), rating.reviews) {
        (_, 0) => text!("rating-none"),
        (None, count) => text!("rating-reviews", count),
        (Some(average), count) => {
            text!("rating-average", average = i18n::rating(average), count)
        }
    }
}

/// A short form: `4.6 (31)`, or `2 reviews`. `None` without reviews.
pub fn short_rating(rating: Rating) -> Option<String> {
    match (rating.average_tenths(), rating.reviews) {
        (_, 0) => None,
        (None, count) => Some(text!("rating-reviews-short", count)),
        (Some(average), count) => {
            Some(text!("rating-average-short", average = i18n::rating(average), count))
        }
    }
}

/// A minimum rating in the search, in tenths of a star: `4 or higher`.
pub fn least(least: u32) -> String {
    text!("rating-at-least", stars = f64::from(least) / 10.0)
}

/// The public name of a review's author.
pub fn author(name: String) -> String {
    if name == NAMELESS { text!("review-author-anonymous") } else { name }
}

/// Until when a review can be written, as a date in words.
pub fn until(date: &str) -> String {
    text!("review-change-until", date)
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
        assert_eq!(said(1, 5), ("1 verified review".into(), "1 review".into()));
        assert_eq!(said(2, 9), ("2 verified reviews".into(), "2 reviews".into()));
        assert_eq!(
            said(31, 143),
            ("4.6 out of 5 from 31 verified reviews".into(), "4.6 (31)".into())
        );
        assert_eq!(said(4, 16).1, "4.0 (4)");
        assert_eq!(least(45), "4.5 or higher");
        assert_eq!(least(40), "4 or higher");
    }

    #[test]
    fn the_author_of_a_review_may_have_no_name() {
        assert_eq!(author("Maria D.".into()), "Maria D.");
        assert_eq!(author(NAMELESS.into()), "Patient");
    }

    #[test]
    fn every_number_of_stars_has_its_own_word() {
        let mut words: Vec<_> = Stars::ALL.map(stars).to_vec();
        words.dedup();
        assert_eq!(words.len(), 5);
    }
}
