//! Everything that depends on the language of the reader: texts, dates, times, numbers, money, lists and addresses.
//!
//! Texts are in `app/locales/<language>/*.ftl` (Project Fluent). A text is read with [`text!`], which fails to compile
//! when the key or an argument does not exist. Dates, numbers and lists are formatted by ICU4X.
//!
//! The language of a request is known to all code that runs for it ([`scope`], [`with`]), so it is no argument of
//! every function. All of this is compiled for the server only: islands and scripts get ready texts.

mod catalogue;
pub mod exported;
mod formats;
mod language;
mod local_time;
mod message;
pub mod names;
mod pseudo;
mod scope;
mod views;

pub use formats::{
    and, clock, date, date_without_weekday, day_and_month, day_number, decimal, fee, full_date,
    list, long_date, month, or, rating, short_date, short_month, short_weekday, weekday,
};
pub use i18n_macro::{pattern, rich_text, text};
pub use language::{Language, enable_pseudo_language};
pub use local_time::{
    LocalTimeText, LocalTimesText, place_time, zone_of_day, zone_of_days, zones_of,
};
pub use message::{Argument, format};
pub use names::search_words;
pub use scope::{current, scope, with};
pub use views::format_views;

#[cfg(test)]
mod tests;
