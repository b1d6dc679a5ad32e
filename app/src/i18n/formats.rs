//! Dates, wall times, numbers, money and lists as ICU4X writes them in the current language.
//!
//! Instants are in `local_time.rs`.

use chrono::{Datelike as _, NaiveDate, NaiveTime, Timelike as _, Weekday};
use icu_calendar::Gregorian;
use icu_datetime::fieldsets::{D, E, M, MD, MDE, T, YM, YMD, YMDE};
use icu_datetime::input::{Date, Time};
use icu_datetime::{FixedCalendarDateTimeFormatter, NoCalendarFormatter};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_list::ListFormatter;
use icu_list::options::{ListFormatterOptions, ListLength};
use icu_locale_core::Locale;
use nadi::formatting::currency_decimals;

use super::{current, pseudo, text};

type DateFormatter<Fields> = FixedCalendarDateTimeFormatter<Gregorian, Fields>;

/// The formatters of one language. Making one takes longer than using it, so each is made once.
pub(super) struct Formats {
    date: DateFormatter<YMDE>,
    short_date: DateFormatter<MDE>,
    long_date: DateFormatter<MDE>,
    full_date: DateFormatter<YMDE>,
    date_without_weekday: DateFormatter<YMD>,
    day_and_month: DateFormatter<MD>,
    month: DateFormatter<YM>,
    short_month: DateFormatter<M>,
    day: DateFormatter<D>,
    weekday: DateFormatter<E>,
    short_weekday: DateFormatter<E>,
    clock: NoCalendarFormatter<T>,
    number: DecimalFormatter,
    and: ListFormatter,
    or: ListFormatter,
    list: ListFormatter,
}

impl Formats {
    /// ICU has data for all languages, and falls back to a neutral form.
    pub(super) fn new(locale: &Locale) -> Self {
        fn date<F>(made: Result<F, icu_datetime::DateTimeFormatterLoadError>) -> F {
            made.expect("the data of ICU is part of the program")
        }
        let wide = || ListFormatterOptions::default().with_length(ListLength::Wide);
        Self {
            date: date(DateFormatter::try_new(locale.into(), YMDE::medium())),
            short_date: date(DateFormatter::try_new(locale.into(), MDE::medium())),
            long_date: date(DateFormatter::try_new(locale.into(), MDE::long())),
            full_date: date(DateFormatter::try_new(locale.into(), YMDE::long())),
            date_without_weekday: date(DateFormatter::try_new(locale.into(), YMD::long())),
            day_and_month: date(DateFormatter::try_new(locale.into(), MD::medium())),
            month: date(DateFormatter::try_new(locale.into(), YM::long())),
            short_month: date(DateFormatter::try_new(locale.into(), M::medium())),
            day: date(DateFormatter::try_new(locale.into(), D::short())),
            weekday: date(DateFormatter::try_new(locale.into(), E::long())),
            short_weekday: date(DateFormatter::try_new(locale.into(), E::short())),
            clock: date(NoCalendarFormatter::try_new(locale.into(), T::hm())),
            number: DecimalFormatter::try_new(locale.into(), Default::default())
                .expect("the data of ICU is part of the program"),
            and: ListFormatter::try_new_and(locale.into(), wide())
                .expect("the data of ICU is part of the program"),
            or: ListFormatter::try_new_or(locale.into(), wide())
                .expect("the data of ICU is part of the program"),
            list: ListFormatter::try_new_unit(locale.into(), wide())
                .expect("the data of ICU is part of the program"),
        }
    }

    /// A number of a text, with the digits and separators of the language.
    pub(super) fn number(&self, number: f64) -> String {
        // Texts have whole numbers and ratings with at most two decimals.
        let mut decimal = Decimal::from((number * 100.0).round() as i64);
        decimal.multiply_pow10(-2);
        decimal.trim_end();
        self.number.format(&decimal).to_string()
    }
}

/// What ICU wrote, or, in the pseudo-language, the same made foreign.
pub(super) fn foreign(text: String) -> String {
    if current().catalogue().is_pseudo { pseudo::transform(&text).into_owned() } else { text }
}

fn icu_date(date: NaiveDate) -> Date<Gregorian> {
    let (month, day) = (date.month() as u8, date.day() as u8);
    Date::try_new_gregorian(date.year(), month, day).expect("a date is a date in both libraries")
}

/// `Tue, 24 Nov 2026`.
pub fn date(date: NaiveDate) -> String {
    foreign(current().catalogue().formats.date.format(&icu_date(date)).to_string())
}

/// `Tue 24 Nov`.
pub fn short_date(date: NaiveDate) -> String {
    foreign(current().catalogue().formats.short_date.format(&icu_date(date)).to_string())
}

/// `Tuesday 24 November`.
pub fn long_date(date: NaiveDate) -> String {
    foreign(current().catalogue().formats.long_date.format(&icu_date(date)).to_string())
}

/// `Tuesday, 24 November 2026`.
pub fn full_date(date: NaiveDate) -> String {
    foreign(current().catalogue().formats.full_date.format(&icu_date(date)).to_string())
}

/// `24 November 2026`.
pub fn date_without_weekday(date: NaiveDate) -> String {
    let formats = &current().catalogue().formats;
    foreign(formats.date_without_weekday.format(&icu_date(date)).to_string())
}

/// `24 Nov`.
pub fn day_and_month(date: NaiveDate) -> String {
    foreign(current().catalogue().formats.day_and_month.format(&icu_date(date)).to_string())
}

/// `November 2026`.
pub fn month(first: NaiveDate) -> String {
    foreign(current().catalogue().formats.month.format(&icu_date(first)).to_string())
}

/// `Nov`.
pub fn short_month(date: NaiveDate) -> String {
    foreign(current().catalogue().formats.short_month.format(&icu_date(date)).to_string())
}

/// `24`.
pub fn day_number(date: NaiveDate) -> String {
    foreign(current().catalogue().formats.day.format(&icu_date(date)).to_string())
}

/// `Tuesday`.
pub fn weekday(weekday: Weekday) -> String {
    foreign(current().catalogue().formats.weekday.format(&on(weekday)).to_string())
}

/// `Tue`.
pub fn short_weekday(weekday: Weekday) -> String {
    foreign(current().catalogue().formats.short_weekday.format(&on(weekday)).to_string())
}

/// Some date on a day of the week.
fn on(weekday: Weekday) -> Date<Gregorian> {
    let monday = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default();
    icu_date(monday + chrono::Days::new(weekday.num_days_from_monday().into()))
}

/// `10:20`, or `10:20 AM` where people write it like that.
pub fn clock(time: NaiveTime) -> String {
    let (hour, minute) = (time.hour() as u8, time.minute() as u8);
    let time = Time::try_new(hour, minute, 0, 0).expect("a time is a time in both libraries");
    foreign(current().catalogue().formats.clock.format(&time).to_string())
}

/// `1,234`.
pub fn decimal(number: impl Into<i64>) -> String {
    let number = Decimal::from(number.into());
    current().catalogue().formats.number.format(&number).to_string()
}

/// `Monday, Tuesday and Friday`.
pub fn and<S: AsRef<str>>(items: &[S]) -> String {
    let items = items.iter().map(AsRef::as_ref);
    foreign(current().catalogue().formats.and.format(items).to_string())
}

/// `Monday, Tuesday or Friday`.
pub fn or<S: AsRef<str>>(items: &[S]) -> String {
    let items = items.iter().map(AsRef::as_ref);
    foreign(current().catalogue().formats.or.format(items).to_string())
}

/// `English, Hindi, Konkani`: a list without a word before its last item.
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    let items = items.iter().map(AsRef::as_ref);
    foreign(current().catalogue().formats.list.format(items).to_string())
}

/// A rating in tenths, with one decimal: `4.6`, `4.0`.
pub fn rating(tenths: u32) -> String {
    let mut rating = Decimal::from(tenths);
    rating.multiply_pow10(-1);
    current().catalogue().formats.number.format(&rating).to_string()
}

/// Money: `₹800`, `€45.50`, or the currency's letters where we know no sign: `AED 200`.
pub fn fee(minor_units: i64, currency: &str) -> String {
    let mut amount = Decimal::from(minor_units);
    let decimals = currency_decimals(currency);
    amount.multiply_pow10(-i16::from(decimals));
    // `800` rather than `800.00`; but `45.50`.
    if decimals == 2 && minor_units % 100 == 0 {
        amount.trim_end();
    }
    let amount = current().catalogue().formats.number.format(&amount).to_string();
    let sign = match currency {
        "INR" => "₹",
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        letters => return text!("money-with-letters", letters, amount),
    };
    text!("money-with-sign", sign, amount)
}
