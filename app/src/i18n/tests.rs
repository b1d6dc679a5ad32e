use chrono::NaiveDate;

use super::*;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).expect("a date")
}

#[test]
fn dates_are_written_as_in_the_language() {
    assert_eq!(date(day()), "Tue, 24 Nov 2026");
    assert_eq!(short_date(day()), "Tue, 24 Nov");
    assert_eq!(long_date(day()), "Tuesday 24 November");
    assert_eq!(day_and_month(day()), "24 Nov");
    assert_eq!(month(day()), "November 2026");
    assert_eq!(day_number(day()), "24");
    assert_eq!(weekday(chrono::Weekday::Tue), "Tuesday");
    assert_eq!(short_weekday(chrono::Weekday::Sun), "Sun");
}

#[test]
fn numbers_lists_and_money_are_written_as_in_the_language() {
    assert_eq!(decimal(1_234_567), "1,234,567");
    assert_eq!(and(&["a", "b", "c"]), "a, b and c");
    assert_eq!(or(&["a", "b"]), "a or b");
    assert_eq!(and::<&str>(&[]), "");
    assert_eq!(fee(80_000, "INR"), "₹800");
    assert_eq!(fee(4_550, "EUR"), "€45.50");
    assert_eq!(fee(5_000, "JPY"), "JPY 5,000");
    assert_eq!(fee(20_000, "AED"), "AED 200");
}

#[test]
fn the_best_language_of_a_header_is_found() {
    assert_eq!(Language::accepted("en-GB,en;q=0.9"), Some(Language::english()));
    assert_eq!(Language::accepted("xx, EN;q=0.1"), Some(Language::english()));
    assert_eq!(Language::accepted("xx, en;q=0"), None);
    assert_eq!(Language::accepted(""), None);
    assert_eq!(Language::accepted(";q=, ,"), None);
}
