use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use fluent_bundle::FluentResource;
use fluent_syntax::ast::Entry;

use super::*;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).expect("a date")
}

#[test]
fn dates_are_written_as_in_the_language() {
    assert_eq!(date(day()), "Tue, 24 Nov 2026");
    assert_eq!(short_date(day()), "Tue 24 Nov");
    assert_eq!(long_date(day()), "Tuesday 24 November");
    assert_eq!(full_date(day()), "Tuesday, 24 November 2026");
    assert_eq!(date_without_weekday(day()), "24 November 2026");
    assert_eq!(short_month(day()), "Nov");
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
    assert_eq!(list(&["a", "b", "c"]), "a, b, c");
    assert_eq!(rating(46), "4.6");
    assert_eq!(rating(40), "4.0");
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

#[test]
fn the_language_of_a_path_is_its_first_part() {
    let pseudo = Language::by_code("en-XB").expect("it exists in tests");
    assert_eq!(Language::of_path("/en-XB/doctors?q=a#b"), (pseudo, "/doctors?q=a#b"));
    assert_eq!(Language::of_path("/en-XB"), (pseudo, "/"));
    assert_eq!(Language::of_path("/en-XB?a=b"), (pseudo, "?a=b"));
    for path in ["/", "/doctors", "/en-XBdoctors", "/en/doctors", "/doctors/en-XB"] {
        assert_eq!(Language::of_path(path), (Language::english(), path));
    }
    for path in ["/", "/doctors", "/doctors?q=a"] {
        assert_eq!(Language::english().path(path), path);
        assert_eq!(Language::of_path(&pseudo.path(path)), (pseudo, path));
    }
}

#[test]
fn a_text_is_in_the_language_of_the_code_around_it() {
    let pseudo = Language::by_code("en-XB").expect("it exists in tests");
    let zone = || text!("zone-of-place", city = "Goa");
    assert_eq!(zone(), "Goa time");
    assert!(with(pseudo, zone).contains("ţîîɱéé"));
    assert_eq!(with(pseudo, || with(Language::english(), zone)), "Goa time");
    assert_eq!(with(pseudo, || date(day())), "Ţûûéé, 24 Ñööṽ 2026");
    assert_eq!((pseudo.direction(), Language::english().direction()), ("rtl", "ltr"));
    let panics = std::panic::AssertUnwindSafe(|| with(pseudo, || panic!("on purpose")));
    assert!(std::panic::catch_unwind(panics).is_err());
    assert_eq!(current(), Language::english(), "also after a panic");
}

#[test]
fn a_future_keeps_its_language_on_every_thread() {
    let pseudo = Language::by_code("en-XB").expect("it exists in tests");
    let mut future = Box::pin(scope(pseudo, async {
        let before = current();
        let mut waited = false;
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut waited, true) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        (before, current())
    }));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    assert_eq!(current(), Language::english());
    let elsewhere = std::thread::spawn(move || {
        future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    });
    let second = elsewhere.join().expect("no panic");
    assert_eq!(second, std::task::Poll::Ready((pseudo, pseudo)));
}

#[test]
fn names_are_those_of_the_catalogue_but_in_english_those_of_the_database() {
    let pseudo = Language::by_code("en-XB").expect("it exists in tests");
    let names = || {
        [
            names::specialty("cardiology", "Heart"),
            names::specialty_named("Cardiology"),
            names::specialty_named("Witchcraft"),
            names::city("st-johns", "Saint John’s"),
            names::city_named("Panjim"),
            names::country_named("Sri Lanka"),
            names::spoken_language("Mauritian Creole"),
            names::spoken_language("Klingon, “proper”"),
        ]
    };
    let english = [
        "Heart",
        "Cardiology",
        "Witchcraft",
        "Saint John’s",
        "Panjim",
        "Sri Lanka",
        "Mauritian Creole",
        "Klingon, “proper”",
    ];
    assert_eq!(names(), english);
    let cardiology = pseudo::transform("Cardiology").into_owned();
    let foreign = with(pseudo, names);
    assert_eq!(foreign[..3], [cardiology.as_str(), cardiology.as_str(), "Witchcraft"]);
    assert_eq!(foreign[3], pseudo::transform("St. John's"));
    assert_eq!(foreign[4], pseudo::transform("Panjim"));
    assert_eq!(foreign[5], pseudo::transform("Sri Lanka"));
    assert_eq!(foreign[6..], [&*pseudo::transform("Mauritian Creole"), "Klingon, “proper”"]);
    assert!(with(pseudo, || names::specialty_about("cardiology", "-")).len() > 30);
    assert!(
        search_words()
            .any(|(language, words)| language.is_english() && words.contains("cardiology,"))
    );
}

/// The keys of a language with their arguments, and what cannot be read.
fn messages(files: &[&str]) -> (BTreeMap<String, BTreeSet<String>>, Vec<String>) {
    let (mut messages, mut unreadable) = (BTreeMap::new(), Vec::new());
    for file in files {
        let resource = FluentResource::try_new((*file).to_owned());
        let resource = resource.unwrap_or_else(|(readable, errors)| {
            unreadable.push(format!("{errors:?}"));
            readable
        });
        for entry in resource.entries() {
            if let Entry::Message(message) = entry {
                let mut arguments = BTreeSet::new();
                // The arguments of a message, from how its text is written.
                let text = format!("{:?}", message.value);
                for part in text.split("VariableReference { id: Identifier { name: \"").skip(1) {
                    arguments.extend(part.split('"').next().map(str::to_owned));
                }
                messages.insert(message.id.name.to_owned(), arguments);
            }
        }
    }
    (messages, unreadable)
}

/// What a language lacks, has too much, or asks for without getting it.
fn faults(english: &[&str], other: &[&str]) -> Vec<String> {
    let ((english, _), (other, mut faults)) = (messages(english), messages(other));
    for (key, arguments) in &english {
        match other.get(key) {
            None => faults.push(format!("lacks {key}")),
            Some(used) => {
                faults
                    .extend(used.difference(arguments).map(|name| format!("{key} has no {name}")));
            }
        }
    }
    faults.extend(
        other
            .keys()
            .filter(|key| !english.contains_key(*key))
            .map(|key| format!("{key} is not in English")),
    );
    faults
}

#[test]
fn every_language_is_complete() {
    let english = language::FILES.iter().find(|(code, _)| *code == "en").map(|(_, files)| *files);
    let english = english.expect("English");
    for (code, files) in language::FILES {
        assert_eq!(faults(english, files), Vec::<String>::new(), "{code}");
    }
}

#[test]
fn faults_of_a_language_are_found() {
    let english =
        "a = A { $n }\nb = B\nc = { $n ->\n    [one] { $n } thing\n   *[other] { $n } things\n }\n";
    assert_eq!(faults(&[english], &[english]), Vec::<String>::new());
    assert_eq!(
        faults(&[english], &["a = X\nb = { $m }\nd = D\n"]),
        ["b has no m", "lacks c", "d is not in English"]
    );
    assert_eq!(faults(&["a = A\n"], &["a = A\nb = { $\n"]).len(), 1, "what cannot be read");
}
