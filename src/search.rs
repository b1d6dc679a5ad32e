//! Splitting a search text into words, and the formula by which doctors are ranked. The queries are in `server`.
//!
//! **The rank** of a doctor is a number of seconds, and the lowest comes first:
//!
//! > start of the soonest free time (seconds since 1970)
//! > + kilometres to the place × [`KM_SECONDS`]
//! > − relevance of the words × [`RELEVANCE_SECONDS`]
//! > − stars above the mean of all doctors × [`STAR_SECONDS`]
//!
//! Everything is converted to waiting time. To rank equally, a place one kilometre farther away has to be free half
//! an hour earlier, and a doctor whose name matches may be free nine days later than one whose specialty matches.
//!
//! - Of a doctor's places, the best one counts. Distance counts only in searches near a place.
//! - Relevance is one of the four values of [`RELEVANCE`]. All words have to match, and the worst match counts.
//!   Because there are only four values, a search walks at most four indexes, however many doctors match.
//! - The stars of a doctor are the average of the reviews and of [`MEAN_VISITS`] visits with the mean rating of
//!   all doctors. So few reviews change little, and a doctor without reviews has the mean.
//! - One star is worth three days of waiting, so ratings decide between doctors who are free in the same week.
//! - The mean is stored in tenths and updated only when it changes by a whole tenth (`rating_mean`), so that
//!   ranks do not change with every review.
//! - A doctor without free times counts as free in the year 2286. Equal ranks are ordered by id.
//!
//! The rank does not depend on the current time. So a page that continues after a rank and an id neither
//! repeats nor skips a doctor whose rank has not changed.

pub mod parameters;

use uuid::Uuid;

use crate::text;

/// Half an hour of waiting for each kilometre.
pub const KM_SECONDS: f64 = 1_800.0;
/// Thirty days of waiting for the difference between no relevance and all of it.
pub const RELEVANCE_SECONDS: f64 = 2_592_000.0;
/// For a match of: the doctor's name; the name of a specialty; a synonym or symptom of a specialty; anything
/// else (places, languages, qualifications).
pub const RELEVANCE: [f64; 4] = [1.0, 0.7, 0.4, 0.1];
/// Three days of waiting for one more star.
pub const STAR_SECONDS: f64 = 259_200.0;
/// How many visits with the mean rating are added to a doctor's own reviews.
pub const MEAN_VISITS: f64 = 10.0;
/// The radius of a search by distance, in km.
pub const NEAR_KM_MAX: f64 = 100.0;

/// The maximum length of a search text, in characters.
pub const TEXT_CHARS_MAX: usize = 100;
const WORDS_MAX: usize = 8;
const WORD_CHARS_MAX: usize = 40;

/// The words of a search text: letters and digits in lower case, at most eight words of at most forty
/// characters, without stop words (a list with commas between them). If there are only stop words, they are used.
pub fn words(text: &str, stop_words: &str) -> Vec<String> {
    let all: Vec<String> = text::one_line(text)
        .chars()
        .take(TEXT_CHARS_MAX)
        .collect::<String>()
        .split(|c: char| !text::is_of_word(c))
        .filter(|word| word.contains(char::is_alphanumeric))
        .map(|word| word.chars().take(WORD_CHARS_MAX).flat_map(char::to_lowercase).collect())
        .collect();
    let is_telling = |word: &&String| stop_words.split(',').all(|stop| stop.trim() != **word);
    let telling: Vec<String> = all.iter().filter(is_telling).cloned().collect();
    let mut chosen = if telling.is_empty() { all } else { telling };
    chosen.truncate(WORDS_MAX);
    chosen
}

/// The position at which a page of doctors ended: in URLs, 48 opaque hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub rank: i64,
    pub doctor: Uuid,
}

impl Cursor {
    /// `None` when it is not a valid cursor.
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.len() != 48 || !hexadecimal {
            return None;
        }
        let (rank, doctor) = text.split_at(16);
        let rank = u64::from_str_radix(rank, 16).ok()?.cast_signed();
        // From 1970 to long after 2286, and within the range of PostgreSQL's timestamps.
        (0..100_000_000_000).contains(&rank).then_some(())?;
        Some(Self { rank, doctor: Uuid::parse_str(doctor).ok()? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}{}", self.rank, self.doctor.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        super::words(text, "a, doctor,dr, for,\n    i, need, please, s, मुझे")
    }

    #[test]
    fn words_without_meaning_are_not_searched_for() {
        assert_eq!(words("I need a doctor for BACK-pain, please"), ["back", "pain"]);
        assert_eq!(words("Women’s health"), ["women", "health"]);
        assert_eq!(words("Dr"), ["dr"]);
        assert_eq!(words("Ju\u{308}r\u{200B}gen"), ["jürgen"]);
        assert_eq!(words("मुझे त्वचा, हड्डी।"), ["त्वचा", "हड्डी"], "signs stay in their words");
        assert!(words(" ' \u{202e} <> ; --").is_empty());
        assert!(words("❤\u{FE0F}").is_empty());
        let long = words(&"x".repeat(10_000));
        assert_eq!(long, ["x".repeat(WORD_CHARS_MAX)]);
        assert_eq!(words(&"ab ".repeat(90)).len(), WORDS_MAX);
    }

    #[test]
    fn a_cursor_survives_encoding() {
        for rank in [0, 1_800_000_000, 9_999_999_999] {
            let cursor = Cursor { rank, doctor: Uuid::from_u128(7) };
            assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        }
        for strange in ["", "1", "é", &"g".repeat(48), &"f".repeat(47), &"7".repeat(48)] {
            assert_eq!(Cursor::parse(strange), None, "{strange}");
        }
    }
}
