//! Zones, dates and amounts of money as they are typed. How people read them depends on their language: `app::i18n`.

use chrono::{DateTime, NaiveDate, Utc};

use crate::zone::Zone;

/// The zone behind an IANA name. `None` when there is no such zone.
pub fn zone(name: &str) -> Option<Zone> {
    name.parse().ok()
}

/// The date of an instant at a place.
pub fn local_date(at: DateTime<Utc>, zone: Zone) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// Money as it is typed, without its sign: `800`, `45.50`. [`parse_amount`] reads it.
pub fn amount(minor_units: i64, currency: &str) -> String {
    match (has_minor_unit(currency), minor_units / 100, minor_units % 100) {
        (false, ..) => minor_units.to_string(),
        (true, whole, 0) => whole.to_string(),
        (true, whole, rest) => format!("{whole}.{rest:02}"),
    }
}

/// Money as people type it, exactly, in minor units: `800`, `45.5`, `45.50`.
/// `None` for anything else: a sign, a comma that could mean either, a third decimal.
pub fn parse_amount(text: &str, currency: &str) -> Option<i64> {
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let decimals = if has_minor_unit(currency) { 2 } else { 0 };
    if whole.is_empty() || whole.len() > 15 || rest.len() > decimals {
        return None;
    }
    if !digits(whole) || !digits(rest) {
        return None;
    }
    format!("{whole}{rest:0<decimals$}").parse().ok()
}

/// How many decimals amounts of a currency have (ISO 4217): a few currencies have no minor unit in use.
pub fn currency_decimals(currency: &str) -> u8 {
    if has_minor_unit(currency) { 2 } else { 0 }
}

fn has_minor_unit(currency: &str) -> bool {
    !matches!(currency, "JPY" | "KRW" | "VND" | "CLP")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_one_in_the_zone_of_the_place() {
        let at = "2026-11-24T04:50:00Z".parse().expect("an instant");
        let on = |name| local_date(at, zone(name).expect("a zone")).to_string();
        assert_eq!(on("Asia/Kolkata"), "2026-11-24");
        assert_eq!(on("America/New_York"), "2026-11-23");
        assert!(zone("Mars/Olympus").is_none());
    }

    #[test]
    fn typed_amounts_are_read_exactly() {
        for (text, currency, minor) in [
            ("800", "INR", 80_000),
            (" 45.50 ", "EUR", 4_550),
            ("45.5", "EUR", 4_550),
            ("0.07", "USD", 7),
            ("0", "INR", 0),
            ("5000", "JPY", 5_000),
        ] {
            assert_eq!(parse_amount(text, currency), Some(minor), "{text} {currency}");
            assert_eq!(parse_amount(&amount(minor, currency), currency), Some(minor));
        }
        let long = "9".repeat(40);
        for text in ["", ".", ".5", "-1", "+1", "1,000", "45,50", "1.005", "8 00", "₹ 800", &long]
        {
            assert_eq!(parse_amount(text, "INR"), None, "{text:?}");
        }
        assert_eq!(parse_amount("50.5", "JPY"), None);
    }
}
