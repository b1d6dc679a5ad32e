//! Keeps the picker up to date while the page is visible: when the doctor's times have changed, the month and
//! day shown are fetched again and updated in place.
//!
//! Times that somebody else has taken stay in place, struck out, so that nothing moves under a finger. The day
//! shown, the chosen time and the focus stay as well. Changes are announced politely and not too often.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;
use super::day_changes;
use super::events;
use super::picker_state::Picker;
use crate::fns::times::month_times;
use crate::links;
use crate::slot_views::{PickerTexts, PickerTimes};

/// Wait at least this long after a change before fetching, in milliseconds, so that several changes in a row
/// cause one request.
const SETTLE_MS: f64 = 400.0;
/// After a failed request, the next one is sent within this time, in milliseconds.
const RETRY_MS: f64 = 20_000.0;
/// More changes than this are not announced one by one.
const MOST_ANNOUNCED: usize = 5;
/// Changes are announced to screen readers at most this often, in milliseconds.
const ANNOUNCE_EVERY_MS: f64 = 5_000.0;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// A request is scheduled.
    Planned,
    /// A request is running.
    Fetching,
    /// A request is running, and the times have changed since it was sent.
    Stale,
}

/// The times taken and freed since the last announcement, and the request of the picker they belong to.
#[derive(Clone, Default)]
struct Changes {
    turn: u32,
    lost: Vec<String>,
    freed: Vec<String>,
}

struct Refresher {
    picker: Picker,
    state: Cell<State>,
    changes: RefCell<Changes>,
    /// An announcement is scheduled.
    announcing: Cell<bool>,
    announced_at: Cell<f64>,
}

/// Starts after hydration; does nothing on the server.
pub(super) fn refresh_on_changes(picker: Picker) {
    Effect::new(move |_| {
        let refresher = Rc::new(Refresher {
            picker,
            state: Cell::new(State::Idle),
            changes: RefCell::default(),
            announcing: Cell::new(false),
            announced_at: Cell::new(0.0),
        });
        let address = move || {
            let mark = picker.times.with_untracked(|times| times.mark.clone());
            links::changes(&picker.slug(), &mark)
        };
        events::watch(address, move |within| refresher.on_change(within));
    });
}

fn after(milliseconds: f64, act: impl FnOnce() + 'static) {
    set_timeout(act, Duration::from_millis(milliseconds.max(0.0) as u64));
}

impl Refresher {
    /// Called when the times may have changed: fetches them within so many milliseconds.
    fn on_change(self: &Rc<Self>, within: f64) {
        match self.state.get() {
            State::Idle => self.schedule(within),
            State::Fetching => self.state.set(State::Stale),
            State::Planned | State::Stale => {}
        }
    }

    fn schedule(self: &Rc<Self>, within: f64) {
        self.state.set(State::Planned);
        let this = self.clone();
        after(SETTLE_MS + browser::random() * within, move || this.fetch());
    }

    fn fetch(self: &Rc<Self>) {
        let picker = self.picker;
        if picker.busy.get_untracked() {
            // The answer that the picker waits for may be older than the change.
            return self.schedule(SETTLE_MS);
        }
        self.state.set(State::Fetching);
        let (turn, of) = picker.turn();
        let month = picker.times.with_untracked(|times| times.month.month.clone());
        let date = picker.date_untracked();
        let this = self.clone();
        spawn_local(async move {
            let answer =
                month_times(of.slug, month, date, of.mode, of.location, of.visit, of.appointment)
                    .await;
            let again = this.state.get() == State::Stale;
            this.state.set(State::Idle);
            match answer {
                Ok(answer) if picker.turn().0 == turn => {
                    this.show(answer, turn);
                    if again {
                        this.schedule(RETRY_MS / 10.0);
                    }
                }
                Ok(_) => this.schedule(SETTLE_MS),
                // Harmless: booking a time that is no longer free is refused.
                Err(_) => this.schedule(RETRY_MS),
            }
        });
    }

    fn show(self: &Rc<Self>, mut answer: PickerTimes, turn: u32) {
        let picker = self.picker;
        let (mut lost, mut freed) = (Vec::new(), Vec::new());
        picker.times.with_untracked(|shown| {
            let (Some(shown), Some(day)) = (&shown.day, &mut answer.day) else { return };
            if shown.date == day.date {
                (lost, freed) = day_changes::merge(shown, day, answer.now);
            }
        });
        picker.redraw(|times| *times = answer);
        self.record(turn, lost, freed);
    }

    fn record(self: &Rc<Self>, turn: u32, lost: Vec<String>, freed: Vec<String>) {
        if lost.is_empty() && freed.is_empty() {
            return;
        }
        let changes = &mut *self.changes.borrow_mut();
        if changes.turn != turn {
            *changes = Changes { turn, ..Changes::default() };
        }
        add(&mut changes.lost, &mut changes.freed, lost);
        add(&mut changes.freed, &mut changes.lost, freed);
        if !self.announcing.get() {
            self.announcing.set(true);
            let this = self.clone();
            after(self.announced_at.get() + ANNOUNCE_EVERY_MS - browser::now_ms(), move || {
                this.announce()
            });
        }
    }

    fn announce(&self) {
        self.announcing.set(false);
        self.announced_at.set(browser::now_ms());
        let changes = self.changes.take();
        // The day is no longer shown: nothing to announce.
        if changes.turn == self.picker.turn().0 {
            let gone = self.picker.gone();
            let said = sentence(&changes, gone, &self.picker.texts());
            self.picker.announcement.set(said);
        }
    }
}

/// Adds times, except that a change which undoes an unannounced one cancels it.
fn add(to: &mut Vec<String>, undoes: &mut Vec<String>, times: Vec<String>) {
    for time in times {
        match undoes.iter().position(|undone| *undone == time) {
            Some(undone) => drop(undoes.remove(undone)),
            None => to.push(time),
        }
    }
}

/// The announcement; the chosen time comes first if it was taken.
fn sentence(
    changes: &Changes,
    chosen: Option<(String, Vec<String>)>,
    texts: &PickerTexts,
) -> String {
    let Changes { lost, freed, .. } = changes;
    let said = |one: &str, several: &str, times: &[String]| match times {
        [] => String::new(),
        [time] => one.replace("{time}", time),
        times => several.replace("{times}", &times.join(", ")),
    };
    let freed_said = said(&texts.time_free_again, &texts.times_free_again, freed);
    match chosen {
        Some((time, near)) if lost.contains(&time) => {
            let lost = texts.time_just_booked.replace("{time}", &time);
            join(&[lost, day_changes::alternatives(&near, texts), freed_said])
        }
        _ if lost.len() + freed.len() > MOST_ANNOUNCED => texts.many_changed.clone(),
        _ => {
            let lost = said(&texts.time_just_booked, &texts.times_just_booked, lost);
            join(&[lost, freed_said])
        }
    }
}

/// Sentences one after the other; empty ones are left out.
fn join(sentences: &[String]) -> String {
    let said: Vec<&str> =
        sentences.iter().map(String::as_str).filter(|sentence| !sentence.is_empty()).collect();
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(times: &[&str]) -> Vec<String> {
        times.iter().map(|time| (*time).to_owned()).collect()
    }

    fn said(lost: &[&str], freed: &[&str], chosen: Option<(String, Vec<String>)>) -> String {
        let in_english = PickerTexts {
            time_just_booked: "{time} was just booked.".into(),
            time_free_again: "{time} is free now.".into(),
            times_just_booked: "Just booked: {times}.".into(),
            times_free_again: "Free now: {times}.".into(),
            many_changed: "Several times have changed.".into(),
            nearest_times: "The nearest free times are {earlier} and {later}.".into(),
            ..PickerTexts::default()
        };
        let changes = Changes { turn: 0, lost: texts(lost), freed: texts(freed) };
        sentence(&changes, chosen, &in_english)
    }

    #[test]
    fn the_chosen_time_is_announced_first_and_many_are_not_listed() {
        let chosen = || Some(("10:20".to_owned(), texts(&["10:00", "10:40"])));
        let nearest = "10:20 was just booked. The nearest free times are 10:00 and 10:40.";
        assert_eq!(said(&["10:20"], &[], chosen()), nearest);
        assert_eq!(said(&["10:20"], &["12:00"], chosen()), format!("{nearest} 12:00 is free now."));
        assert_eq!(said(&["11:00"], &[], chosen()), "11:00 was just booked.");
        assert_eq!(
            said(&["11:00", "11:20"], &["12:00", "12:20"], None),
            "Just booked: 11:00, 11:20. Free now: 12:00, 12:20."
        );
        let many = ["11:00", "11:20", "11:40", "12:00", "12:20", "12:40"];
        assert_eq!(said(&many, &[], None), "Several times have changed.");
        assert_eq!(said(&[], &[], None), "");
    }

    #[test]
    fn a_change_that_undoes_another_cancels_it() {
        let (mut lost, mut freed) = (texts(&["11:00"]), Vec::new());
        add(&mut freed, &mut lost, texts(&["11:00"]));
        assert!(lost.is_empty() && freed.is_empty());
    }
}
