//! What has changed in a day between two reads of its free times, without any state.

use crate::slot_views::{DayPart, DayView, Detail, PickerTexts, TimeView};

fn times(day: &DayView) -> impl Iterator<Item = &TimeView> {
    day.parts.iter().flat_map(|part| &part.times)
}

/// Inserts the times of `shown` that are no longer free into `day`, marked as taken, except those that have
/// begun by `now`. Returns the times that were taken and those that became free.
pub(super) fn merge(shown: &DayView, day: &mut DayView, now: i64) -> (Vec<String>, Vec<String>) {
    let was_free = |slot: &str| times(shown).any(|time| time.slot == slot && !time.taken);
    let freed = times(day).filter(|time| !was_free(&time.slot)).map(|time| time.time.clone());
    let (mut lost, freed) = (Vec::new(), freed.collect());
    for part in &shown.parts {
        for time in &part.times {
            let is_free = times(day).any(|free| free.slot == time.slot);
            if is_free || time.at <= now {
                continue;
            }
            if !time.taken {
                lost.push(time.time.clone());
            }
            insert(&mut day.parts, part, TimeView { taken: true, ..time.clone() });
        }
    }
    (lost, freed)
}

/// Inserts a time into the part of the day that it was in, in order.
fn insert(parts: &mut Vec<DayPart>, from: &DayPart, mut time: TimeView) {
    let Some(part) = parts.iter_mut().find(|part| part.from_hour == from.from_hour) else {
        let later = |part: &DayPart| part.times.first().is_some_and(|first| first.at > time.at);
        let at = parts.iter().position(later).unwrap_or(parts.len());
        parts.insert(at, DayPart { times: vec![time], ..from.clone() });
        return;
    };
    if time.detail.is_empty() {
        time.detail = from.detail.clone();
    }
    if time.detail == part.detail {
        time.detail = Detail::default();
    }
    let at = part.times.iter().position(|other| other.at > time.at);
    part.times.insert(at.unwrap_or(part.times.len()), time);
}

/// If the time of this slot is taken: that time, and the free ones before and after it.
pub(super) fn taken_time(day: &DayView, slot: &str) -> Option<(String, Vec<String>)> {
    let place = times(day).position(|time| time.slot == slot && time.taken)?;
    let before = times(day).take(place).filter(|time| !time.taken).last();
    let after = times(day).skip(place + 1).find(|time| !time.taken);
    let near = before.into_iter().chain(after).map(|time| time.time.clone());
    Some((times(day).nth(place)?.time.clone(), near.collect()))
}

/// A sentence that offers these times instead, which are one or two, or none.
pub(super) fn alternatives(near: &[String], texts: &PickerTexts) -> String {
    match near {
        [] => texts.another_day.clone(),
        [time] => texts.nearest_time.replace("{time}", time),
        [earlier, later, ..] => {
            texts.nearest_times.replace("{earlier}", earlier).replace("{later}", later)
        }
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

    fn words(text: &str) -> Detail {
        Detail { text: text.into(), ..Detail::default() }
    }

    /// Parts as `Morning, Video`, times as `10:20 Video`.
    fn day(parts: &[(&str, &[&str])]) -> DayView {
        let time = |time: &&str| {
            let (time, detail) = time.split_once(' ').unwrap_or((time, ""));
            TimeView {
                slot: time.into(),
                time: time.into(),
                at: at(time),
                detail: words(detail),
                ..TimeView::default()
            }
        };
        let part = |(name, times): &(&str, &[&str])| {
            let (name, detail) = name.split_once(", ").unwrap_or((name, ""));
            let from_hour = if name == "Morning" { 0 } else { 17 };
            let times = times.iter().map(time).collect();
            DayPart { from_hour, name: name.into(), detail: words(detail), times }
        };
        DayView { parts: parts.iter().map(part).collect(), ..DayView::default() }
    }

    #[test]
    fn taken_times_keep_their_place_until_free_again() {
        let shown = day(&[("Morning", &["10:00", "10:20", "10:40"]), ("Evening", &["19:00"])]);
        let times =
            |day: &DayView| super::times(day).map(|time| time.time.clone()).collect::<Vec<_>>();
        let mut first = day(&[("Morning", &["10:00", "10:40"])]);
        let (lost, freed) = merge(&shown, &mut first, 0);
        assert_eq!(times(&first), times(&shown), "nothing moves");
        assert_eq!(lost, ["10:20", "19:00"]);
        assert!(freed.is_empty());
        let near = vec!["10:00".to_owned(), "10:40".to_owned()];
        assert_eq!(taken_time(&first, "10:20"), Some(("10:20".to_owned(), near)));
        assert_eq!(taken_time(&first, "10:40"), None, "free");

        let mut second = day(&[("Morning", &["09:40", "10:20", "10:40"])]);
        let (lost, freed) = merge(&first, &mut second, at("10:00"));
        assert_eq!(freed, ["09:40", "10:20"]);
        assert!(lost.is_empty(), "10:00 is over, nobody took it");
        assert_eq!(times(&second), ["09:40", "10:20", "10:40", "19:00"]);
    }

    /// In the repeated hour, a later time may have an earlier clock time.
    #[test]
    fn taken_times_keep_their_place_in_a_repeated_hour() {
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
            parts: vec![DayPart { times, ..DayPart::default() }],
            ..DayView::default()
        };
        let mut now = night(vec![all_times[2].clone()]);
        let (lost, _) = merge(&night(all_times), &mut now, 600);
        assert_eq!(lost, ["02:30 CEST", "02:30 CET"], "02:00 CEST is over");
        let left: Vec<_> = super::times(&now).map(|time| time.time.as_str()).collect();
        assert_eq!(left, ["02:30 CEST", "02:00 CET", "02:30 CET"]);
    }

    #[test]
    fn a_time_gets_the_detail_that_its_part_no_longer_has() {
        let shown = day(&[("Morning, Video", &["10:00", "10:20"])]);
        let mut now = day(&[("Morning", &["10:20 Video", "10:40 Porvorim"])]);
        merge(&shown, &mut now, 0);
        assert_eq!(now.parts[0].times[0].time, "10:00");
        assert_eq!(now.parts[0].times[0].detail, words("Video"));
    }

    #[test]
    fn a_time_loses_the_detail_that_its_part_now_has() {
        let shown = day(&[("Morning", &["10:00 Video", "10:20 Video", "10:40 Porvorim"])]);
        let mut now = day(&[("Morning, Video", &["10:20"])]);
        merge(&shown, &mut now, 0);
        let details: Vec<_> = now.parts[0].times.iter().map(|time| time.detail.clone()).collect();
        assert_eq!(details, [words(""), words(""), words("Porvorim")]);
    }

    #[test]
    fn the_nearest_times_are_offered_or_another_day() {
        let texts = PickerTexts {
            nearest_time: "The nearest is {time}.".into(),
            nearest_times: "The nearest are {earlier} and {later}.".into(),
            another_day: "Choose another day.".into(),
            ..PickerTexts::default()
        };
        let said = |near: &[&str]| {
            let near: Vec<String> = near.iter().map(|time| (*time).to_owned()).collect();
            alternatives(&near, &texts)
        };
        assert_eq!(said(&[]), "Choose another day.");
        assert_eq!(said(&["10:00"]), "The nearest is 10:00.");
        assert_eq!(said(&["10:00", "10:40"]), "The nearest are 10:00 and 10:40.");
    }
}
