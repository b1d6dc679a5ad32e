//! The centre of a search by distance: a city, or an approximate point. Not for measuring distances: the
//! database does that.

use std::fmt;

use crate::input::Slug;

/// The centre of a search by distance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Near {
    /// A city, by its slug. Nothing is near a city that does not exist.
    City(Slug),
    Point(Point),
}

impl Near {
    /// From an address: a city's slug, or latitude and longitude in degrees, as in `15.49,73.83`.
    /// `None` when it can be neither.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(',') {
            None => Slug::parse(text).map(Self::City),
            Some((latitude, longitude)) => Point::parse(latitude, longitude).map(Self::Point),
        }
    }
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::City(slug) => f.write_str(slug.as_str()),
            Self::Point(point) => point.fmt(f),
        }
    }
}

/// A point in hundredths of a degree, which is about a kilometre. Not more precise, for privacy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Point {
    latitude: i16,
    longitude: i16,
}

impl Point {
    /// From degrees; `None` outside of -90 to 90 and -180 to 180.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        let hundredths = |degrees: f64| (degrees * 100.0).round() as i16;
        on_earth.then(|| Self { latitude: hundredths(latitude), longitude: hundredths(longitude) })
    }

    /// Latitude and longitude, in degrees.
    pub fn degrees(self) -> (f64, f64) {
        (f64::from(self.latitude) / 100.0, f64::from(self.longitude) / 100.0)
    }

    fn parse(latitude: &str, longitude: &str) -> Option<Self> {
        // Digits only: `f64` would also parse "inf" and "1e3".
        let degrees = |text: &str| {
            let text = text.trim();
            let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
            (plain && text.len() <= 24).then(|| text.parse().ok()).flatten()
        };
        Self::new(degrees(latitude)?, degrees(longitude)?)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (latitude, longitude) = self.degrees();
        write!(f, "{latitude:.2},{longitude:.2}")
    }
}

/// Hides the coordinates: where somebody is does not belong in a log.
impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Point(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_rounded_to_a_kilometre() {
        for (text, said) in [
            ("15.49,73.83", "15.49,73.83"),
            ("15.4909271, 73.8278452", "15.49,73.83"),
            ("-33.9,18.4", "-33.90,18.40"),
            ("90,-180", "90.00,-180.00"),
            ("0,0", "0.00,0.00"),
            ("panjim", "panjim"),
        ] {
            let near = Near::parse(text);
            assert_eq!(near.as_ref().map(ToString::to_string).as_deref(), Some(said), "{text}");
            assert_eq!(Near::parse(said), near, "what we write can be read");
        }
        let point = Near::parse("15.49,73.83");
        assert!(!format!("{point:?}").contains("15"), "not in a log");
    }

    #[test]
    fn invalid_positions_are_refused() {
        for text in [
            "",
            ",",
            "15.49",
            "15.49,",
            "90.01,0",
            "0,180.5",
            "NaN,0",
            "inf,0",
            "1e1,0",
            "1,2,3",
            "15.49;73.83",
            "No Where",
            "'; --",
            "\u{202e}panjim",
            &"9".repeat(5_000),
        ] {
            assert_eq!(Near::parse(text), None, "{text}");
        }
    }
}
