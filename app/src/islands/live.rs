//! Keeps the picker true while somebody looks at it: when the doctor's times have changed, the month and
//! day that are shown are asked for again and changed in place.
//!
//! What somebody else has taken stays where it was, struck out, so that nothing moves under a finger;
//! the day that is shown, the chosen time and the focus stay too. What changed is said rarely and politely.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;
use super::events;
use super::slot_picker::Picker;
use crate::fns::times::month_times;
use crate::links;
use crate::slot_views::{DayPart, DayView, PickerTimes, TimeView};

/// What is heard is not asked for before this, in milliseconds: so the clicks of a moment come to their end.
const SETTLE_MS: f64 = 400.0;
/// When the server did not answer, within this time it is asked again.
const RETRY_MS: f64 = 20_000.0;
/// A screen reader hears of changes at most this often.
const SAY_EVERY_MS: f64 = 5_000.0;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// It will ask.
    Planned,
    /// It has asked.
    Asking,
    /// And what it asked for may have changed since.
    Again,
}

/// What was taken and freed, by time, since it was last said; and when the picker was last asked.
#[derive(Clone, Default)]
struct News {
    turn: u32,
    lost: Vec<String>,
    freed: Vec<String>,
}

struct Keeper {
    picker: Picker,
    state: Cell<State>,
    news: RefCell<News>,
    /// It will say something.
    saying: Cell<bool>,
    said_at: Cell<f64>,
}

/// Begins once the client is here. On the server it does nothing.
pub(super) fn keep_true(picker: Picker) {
    Effect::new(move |_| {
        let keeper = Rc::new(Keeper {
            picker,
            state: Cell::new(State::Idle),
            news: RefCell::default(),
            saying: Cell::new(false),
            said_at: Cell::new(0.0),
        });
        let address = move || {
            let mark = picker.times.with_untracked(|times| times.mark.clone());
            links::changes(&picker.slug(), &mark)
        };
        events::watch(address, move |within| keeper.heard(within));
    });
}

fn after(milliseconds: f64, act: impl FnOnce() + 'static) {
    set_timeout(act, Duration::from_millis(milliseconds.max(0.0) as u64));
}

impl Keeper {
    /// Something may have changed; ask within so many milliseconds.
    fn heard(self: &Rc<Self>, within: f64) {
        match self.state.get() {
            State::Idle => self.plan(within),
            State::Asking => self.state.set(State::Again),
            State::Planned | State::Again => {}
        }
    }

    fn plan(self: &Rc<Self>, within: f64) {
        self.state.set(State::Planned);
        let this = self.clone();
        after(SETTLE_MS + browser::random() * within, move || this.look());
    }

    fn look(self: &Rc<Self>) {
        let picker = self.picker;
        if picker.busy.get_untracked() {
            // Its answer may be older than the change.
            return self.plan(SETTLE_MS);
        }
        self.state.set(State::Asking);
        let (turn, of) = picker.turn();
        let month = picker.times.with_untracked(|times| times.month.month.clone());
        let date = picker.date_untracked();
        let this = self.clone();
        spawn_local(async move {
            let answer =
                month_times(of.slug, month, date, of.mode, of.location, of.visit, of.appointment)
                    .await;
            let again = this.state.get() == State::Again;
            this.state.set(State::Idle);
            match answer {
                Ok(answer) if picker.turn().0 == turn => {
                    this.show(answer, turn);
                    if again {
                        this.plan(RETRY_MS / 10.0);
                    }
                }
                Ok(_) => this.plan(SETTLE_MS),
                // Nothing is lost: a time that is gone is refused when it is asked for.
                Err(_) => this.plan(RETRY_MS),
            }
        });
    }

    fn show(self: &Rc<Self>, mut answer: PickerTimes, turn: u32) {
        let picker = self.picker;
        let (mut lost, mut freed) = (Vec::new(), Vec::new());
        picker.times.with_untracked(|shown| {
            let (Some(shown), Some(day)) = (&shown.day, &mut answer.day) else { return };
            if shown.date == day.date {
                (lost, freed) = merge(shown, day, answer.now);
            }
        });
        picker.redraw(|times| *times = answer);
        self.tell(turn, lost, freed);
    }

    fn tell(self: &Rc<Self>, turn: u32, lost: Vec<String>, freed: Vec<String>) {
        if lost.is_empty() && freed.is_empty() {
            return;
        }
        let news = &mut *self.news.borrow_mut();
        if news.turn != turn {
            *news = News { turn, ..News::default() };
        }
        add(&mut news.lost, &mut news.freed, lost);
        add(&mut news.freed, &mut news.lost, freed);
        if !self.saying.get() {
            self.saying.set(true);
            let this = self.clone();
            after(self.said_at.get() + SAY_EVERY_MS - browser::now_ms(), move || this.say());
        }
    }

    fn say(&self) {
        self.saying.set(false);
        self.said_at.set(browser::now_ms());
        let news = self.news.take();
        // Of a day that is no longer shown there is nothing to say.
        if news.turn == self.picker.turn().0 {
            self.picker.said.set(sentence(&news, self.picker.gone()));
        }
    }
}

/// What happened and was undone before it was said did not happen.
fn add(to: &mut Vec<String>, undoes: &mut Vec<String>, times: Vec<String>) {
    for time in times {
        match undoes.iter().position(|undone| *undone == time) {
            Some(undone) => drop(undoes.remove(undone)),
            None => to.push(time),
        }
    }
}

/// What a screen reader hears; about the chosen time first, when that is what is gone.
fn sentence(news: &News, chosen: Option<(String, Vec<String>)>) -> String {
    let lost = match (chosen, news.lost.as_slice()) {
        (Some((time, near)), lost) if lost.contains(&time) => {
            format!("{time} was just taken. {} ", next_to(&near))
        }
        (_, []) => String::new(),
        (_, [time]) => format!("{time} was just taken. "),
        (_, times) => format!("{} times were just taken. ", times.len()),
    };
    let freed = match news.freed.as_slice() {
        [] => String::new(),
        [time] => format!("{time} is free now."),
        times => format!("{} times are free now.", times.len()),
    };
    lost + &freed
}

fn all(day: &DayView) -> impl Iterator<Item = &TimeView> {
    day.parts.iter().flat_map(|part| &part.times)
}

/// Puts the times that are shown and no longer free back into the day as it is now, but those that are over.
/// Tells what was taken and what was freed since it was shown.
fn merge(shown: &DayView, day: &mut DayView, now: i64) -> (Vec<String>, Vec<String>) {
    let was_free = |slot: &str| all(shown).any(|time| time.slot == slot && !time.taken);
    let freed = all(day).filter(|time| !was_free(&time.slot)).map(|time| time.time.clone());
    let (mut lost, freed) = (Vec::new(), freed.collect());
    for part in &shown.parts {
        for time in &part.times {
            let is_free = all(day).any(|free| free.slot == time.slot);
            if is_free || time.at <= now {
                continue;
            }
            if !time.taken {
                lost.push(time.time.clone());
            }
            put(&mut day.parts, part, TimeView { taken: true, ..time.clone() });
        }
    }
    (lost, freed)
}

/// `Morning, Video visit`: the part, and what all its times share.
fn split(name: &str) -> (&str, &str) {
    name.split_once(", ").unwrap_or((name, ""))
}

/// Puts a time where it was: into the same part of the day, in order.
fn put(parts: &mut Vec<DayPart>, from: &DayPart, mut time: TimeView) {
    let (name, shared) = split(&from.name);
    let Some(part) = parts.iter_mut().find(|part| split(&part.name).0 == name) else {
        let later = |part: &DayPart| part.times.first().is_some_and(|first| first.at > time.at);
        let at = parts.iter().position(later).unwrap_or(parts.len());
        parts.insert(at, DayPart { name: from.name.clone(), times: vec![time] });
        return;
    };
    if time.detail.is_empty() {
        time.detail = shared.to_owned();
    }
    if time.detail == split(&part.name).1 {
        time.detail.clear();
    }
    let at = part.times.iter().position(|other| other.at > time.at);
    part.times.insert(at.unwrap_or(part.times.len()), time);
}

/// When a time of the day is taken: it, and the free ones before and after it.
pub(super) fn gone(day: &DayView, slot: &str) -> Option<(String, Vec<String>)> {
    let place = all(day).position(|time| time.slot == slot && time.taken)?;
    let before = all(day).take(place).filter(|time| !time.taken).last();
    let after = all(day).skip(place + 1).find(|time| !time.taken);
    let near = before.into_iter().chain(after).map(|time| time.time.clone());
    Some((all(day).nth(place)?.time.clone(), near.collect()))
}

/// Where to look instead.
pub(super) fn next_to(near: &[String]) -> String {
    match near {
        [] => "Choose another day.".to_owned(),
        near => format!("Free next to it: {}.", near.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `10:20` in seconds since midnight.
    fn at(time: &str) -> i64 {
        let (hours, minutes) = time.split_once(':').expect("a time");
        let number = |text: &str| text.parse::<i64>().expect("a number");
        number(hours) * 3600 + number(minutes) * 60
    }

    fn day(parts: &[(&str, &[&str])]) -> DayView {
        let time = |time: &&str| {
            let (time, detail) = time.split_once(' ').unwrap_or((time, ""));
            TimeView {
                slot: time.into(),
                time: time.into(),
                at: at(time),
                detail: detail.into(),
                ..TimeView::default()
            }
        };
        let part = |(name, times): &(&str, &[&str])| DayPart {
            name: (*name).into(),
            times: times.iter().map(time).collect(),
        };
        DayView { parts: parts.iter().map(part).collect(), ..DayView::default() }
    }

    #[test]
    fn what_was_taken_stays_in_its_place_until_it_is_free_again() {
        let shown = day(&[("Morning", &["10:00", "10:20", "10:40"]), ("Evening", &["19:00"])]);
        let times = |day: &DayView| all(day).map(|time| time.time.clone()).collect::<Vec<_>>();
        let mut first = day(&[("Morning", &["10:00", "10:40"])]);
        let (lost, freed) = merge(&shown, &mut first, 0);
        assert_eq!(times(&first), times(&shown), "nothing moves");
        assert_eq!(lost, ["10:20", "19:00"]);
        assert!(freed.is_empty());
        let near = vec!["10:00".to_owned(), "10:40".to_owned()];
        assert_eq!(gone(&first, "10:20"), Some(("10:20".to_owned(), near)));
        assert_eq!(gone(&first, "10:40"), None, "free");

        let mut second = day(&[("Morning", &["09:40", "10:20", "10:40"])]);
        let (lost, freed) = merge(&first, &mut second, at("10:00"));
        assert_eq!(freed, ["09:40", "10:20"]);
        assert!(lost.is_empty(), "10:00 is over, nobody took it");
        assert_eq!(times(&second), ["09:40", "10:20", "10:40", "19:00"]);
    }

    /// The hour from two to three exists twice: what is later may read earlier.
    #[test]
    fn what_was_taken_stays_in_its_place_in_a_repeated_hour() {
        let time = |time: &str, at: i64| TimeView {
            slot: at.to_string(),
            time: time.into(),
            at,
            ..TimeView::default()
        };
        let all_times = vec![
            time("02:00 CEST", 0),
            time("02:30 CEST", 1800),
            time("02:00 CET", 3600),
            time("02:30 CET", 5400),
        ];
        let night = |times: Vec<TimeView>| DayView {
            parts: vec![DayPart { name: "Morning".into(), times }],
            ..DayView::default()
        };
        let mut now = night(vec![all_times[2].clone()]);
        let (lost, _) = merge(&night(all_times), &mut now, 600);
        assert_eq!(lost, ["02:30 CEST", "02:30 CET"], "02:00 CEST is over");
        let left: Vec<_> = all(&now).map(|time| time.time.as_str()).collect();
        assert_eq!(left, ["02:30 CEST", "02:00 CET", "02:30 CET"]);
    }

    #[test]
    fn what_a_part_shares_is_said_of_a_time_that_no_longer_shares_it() {
        let shown = day(&[("Morning, Video visit", &["10:00", "10:20"])]);
        let mut now = day(&[("Morning", &["10:20 Video visit", "10:40 Porvorim"])]);
        now.parts[0].times[0].slot = "10:20".into();
        merge(&shown, &mut now, 0);
        assert_eq!(now.parts[0].times[0].detail, "Video visit");
    }

    #[test]
    fn the_chosen_time_is_said_first_and_many_are_counted() {
        let texts =
            |times: &[&str]| times.iter().map(|time| (*time).to_owned()).collect::<Vec<_>>();
        let news = |lost: &[&str], freed: &[&str]| News {
            turn: 0,
            lost: texts(lost),
            freed: texts(freed),
        };
        let chosen = || Some(("10:20".to_owned(), texts(&["10:00", "10:40"])));
        let said = "10:20 was just taken. Free next to it: 10:00 and 10:40. ";
        assert_eq!(sentence(&news(&["10:20"], &[]), chosen()), said);
        assert_eq!(sentence(&news(&["11:00"], &[]), chosen()), "11:00 was just taken. ");
        let said = "2 times were just taken. 12:00 is free now.";
        assert_eq!(sentence(&news(&["11:00", "11:20"], &["12:00"]), None), said);
        let (mut lost, mut freed) = (texts(&["11:00"]), Vec::new());
        add(&mut freed, &mut lost, texts(&["11:00"]));
        assert!(lost.is_empty() && freed.is_empty());
    }
}
