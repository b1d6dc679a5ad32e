//! Makes the views of a month and a day from a doctor's free times, in the clinic's zone.

use chrono::{Datelike as _, Days, NaiveDate};
use nadi::Failure;
use nadi::actor::Caller;
use nadi::calendar::{Moment, Month};
use nadi::formatting;
use nadi::ids::{AppointmentId, LocationId};
use nadi::input::Slug;
use nadi::local_time::{self, LocalTimes};
use nadi::ports::{
    Answer, DoctorKey, DoctorProfile, FreeTime, FreeTimesQuery, Ports, TimesFor, VisitKind,
};
use nadi::visit::Mode;
use nadi::zone::Zone;

use super::response;
use crate::context;
use crate::i18n::{self, LocalTimeText as _, LocalTimesText as _, text};
use crate::slot_views::{
    DayCell, DayPart, DayView, Detail, MonthView, PickerTimes, TimeView, TimesFilter,
};

/// How many months ahead can be shown.
const MONTHS_AHEAD: u32 = 12;

/// The free times of one doctor, filtered by appointment type, mode and place.
pub struct Times {
    caller: Caller,
    ports: Ports,
    pub doctor: DoctorProfile,
    pub mode: Option<Mode>,
    pub location: Option<LocationId>,
    /// The appointment type to find times for; `None`: the clinic's usual one.
    pub visit: Option<VisitKind>,
    /// The appointment that is to be moved there.
    moving: Option<AppointmentId>,
}

impl Times {
    /// An unknown mode or location does not filter; an unknown appointment type means the usual one.
    pub async fn of(wanted: &TimesFilter) -> Answer<Self> {
        let TimesFilter { slug, mode, location, visit, appointment } = wanted;
        let (caller, ports) = (context::caller()?, context::ports()?);
        let moving = match appointment.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| Failure::NotFound)?),
        };
        let slug = Slug::parse(slug).ok_or(Failure::NotFound)?;
        let doctor = ports.directory.doctor(&caller, &DoctorKey::Slug(slug)).await?;
        response::set_shown_doctors([doctor.id]);
        let location = location.parse().ok();
        let location = location.filter(|id| doctor.places.iter().any(|place| place.id == *id));
        let mode = Mode::parse(mode).filter(|_| doctor.video);
        let visit = visit.parse().ok();
        let visit = visit.and_then(|id| doctor.visit_kinds.iter().find(|kind| kind.id == id));
        let visit = visit.filter(|kind| !kind.is_default).cloned();
        Ok(Self { caller, ports, doctor, mode, location, visit, moving })
    }

    /// How many consecutive times the appointment takes.
    pub fn slot_span(&self) -> i16 {
        let usual = self.doctor.visit_kinds.iter().find(|kind| kind.is_default);
        self.visit.as_ref().or(usual).map_or(1, |kind| kind.slot_span)
    }

    pub fn times_for(&self) -> TimesFor {
        match self.moving {
            Some(appointment) => TimesFor::Move(appointment),
            None => TimesFor::NewVisit { slot_span: self.slot_span() },
        }
    }

    /// The zone of the doctor's main place.
    pub fn zone(&self) -> Zone {
        self.doctor.places.first().map_or(Zone::UTC, |place| place.zone)
    }

    pub fn today(&self) -> NaiveDate {
        formatting::local_date(self.caller.now, self.zone())
    }

    /// The next date with a free time that passes the filter, at most a year ahead.
    pub async fn next_free(&self, mut from: NaiveDate) -> Answer<Option<NaiveDate>> {
        let directory = &self.ports.directory;
        for _ in 0..MONTHS_AHEAD {
            let (doctor, times_for) = (self.doctor.id, self.times_for());
            let next = directory.next_free_date(&self.caller, doctor, from, times_for).await?;
            let Some(next) = next.filter(|_| self.mode.is_some() || self.location.is_some()) else {
                return Ok(next);
            };
            // There is a free time, but it may not pass the filter.
            let until = next + Days::new(31);
            let wanted = self.free(next, until).await?.iter().map(|time| time.local_date).min();
            if wanted.is_some() {
                return Ok(wanted);
            }
            from = until;
        }
        Ok(None)
    }

    async fn free(&self, from: NaiveDate, until: NaiveDate) -> Answer<Vec<FreeTime>> {
        let query = FreeTimesQuery {
            doctor: self.doctor.id,
            from: Moment::Day(from),
            until: Moment::Day(until),
            location: self.location,
            mode: self.mode,
            times_for: self.times_for(),
        };
        self.ports.directory.free_times(&self.caller, &query).await
    }

    fn mark(&self) -> String {
        self.ports.directory.mark(self.doctor.id)
    }

    /// A month, and the free times of the weeks that touch it.
    async fn month_times(&self, month: Month) -> Answer<(MonthView, Vec<FreeTime>)> {
        let weeks = month.weeks();
        let from = weeks.first().map_or(month.first(), |week| week[0]);
        let until = weeks.last().map_or(month.end(), |week| week[6] + Days::new(1));
        let times = self.free(from, until).await?;
        Ok((self.month_view(month, &times), times))
    }

    fn month_view(&self, month: Month, times: &[FreeTime]) -> MonthView {
        let today = self.today();
        let cell = |date: NaiveDate| {
            let free = times.iter().filter(|time| time.local_date == date).count();
            DayCell {
                date: date.to_string(),
                number: i18n::day_number(date),
                label: text!("picker-day-label", day = i18n::long_date(date), count = free),
                free: match i64::try_from(free) {
                    Ok(0) | Err(_) => String::new(),
                    Ok(free) => i18n::decimal(free),
                },
                inside: Month::of(date) == month,
                today: date == today,
            }
        };
        let this = Month::of(today);
        let last = (0..MONTHS_AHEAD).fold(this, |month, _| month.next());
        let weeks = month.weeks();
        let weekdays = weeks.first().into_iter().flatten().map(|date| date.weekday());
        MonthView {
            weekdays: weekdays.map(|day| (i18n::short_weekday(day), i18n::weekday(day))).collect(),
            month: month.to_string(),
            name: i18n::month(month.first()),
            today: today.to_string(),
            previous: (month > this).then(|| month.previous().to_string()),
            next: (month < last).then(|| month.next().to_string()),
            weeks: weeks.into_iter().map(|week| week.map(cell).to_vec()).collect(),
        }
    }

    /// The length of one slot, when all of these have the same.
    fn slot_minutes(&self, times: &[FreeTime]) -> Option<i64> {
        let span = i64::from(self.slot_span()).max(1);
        let mut lengths =
            times.iter().map(|time| (time.ends_at - time.starts_at).num_minutes() / span);
        let first = lengths.next()?;
        lengths.all(|length| length == first).then_some(first)
    }

    /// A month, and its first day with a free time.
    pub async fn month_with_first_day(&self, month: Month) -> Answer<PickerTimes> {
        let mark = self.mark();
        let (view, times) = self.month_times(month).await?;
        let first = times.iter().map(|time| time.local_date).find(|date| Month::of(*date) == month);
        let day = first.map(|date| self.day_view(date, &times));
        let (now, slot_minutes) = (self.caller.now.timestamp(), self.slot_minutes(&times));
        Ok(PickerTimes { month: view, day, mark, now, slot_minutes })
    }

    /// A month, and one day, which may be in another month.
    pub async fn month_with_day(&self, month: Month, date: NaiveDate) -> Answer<PickerTimes> {
        let (mark, now) = (self.mark(), self.caller.now.timestamp());
        let (view, times) = self.month_times(month).await?;
        let slot_minutes = self.slot_minutes(&times);
        let inside = view.weeks.iter().flatten().any(|cell| cell.date == date.to_string());
        if !inside {
            let day = Some(self.day(date).await?);
            return Ok(PickerTimes { month: view, day, mark, now, slot_minutes });
        }
        let mut day = self.day_view(date, &times);
        self.lead_on(&mut day, date).await?;
        Ok(PickerTimes { month: view, day: Some(day), mark, now, slot_minutes })
    }

    /// One day.
    pub async fn day(&self, date: NaiveDate) -> Answer<DayView> {
        let times = self.free(date, date + Days::new(1)).await?;
        let mut day = self.day_view(date, &times);
        self.lead_on(&mut day, date).await?;
        Ok(day)
    }

    /// Gives a day without free times the next date that has some.
    async fn lead_on(&self, day: &mut DayView, date: NaiveDate) -> Answer<()> {
        if day.parts.is_empty() {
            let next = self.next_free(date.max(self.today())).await?;
            day.next = next.map(|next| {
                let text = text!("picker-next-free-day", day = i18n::long_date(next));
                (next.to_string(), text)
            });
        }
        Ok(())
    }

    fn day_view(&self, date: NaiveDate, times: &[FreeTime]) -> DayView {
        let times: Vec<&FreeTime> = times.iter().filter(|time| time.local_date == date).collect();
        let starts = || times.iter().map(|time| local(time).starts());
        let mixed = local_time::are_mixed(starts());
        let mut parts: Vec<DayPart> = Vec::new();
        for time in &times {
            let (from_hour, name) = match local(time).starts().hour() {
                0..12 => (0, text!("picker-morning")),
                12..17 => (12, text!("picker-afternoon")),
                _ => (17, text!("picker-evening")),
            };
            let view = self.view(time, mixed);
            match parts.iter_mut().find(|part| part.from_hour == from_hour) {
                Some(part) => part.times.push(view),
                None => {
                    let detail = Detail::default();
                    parts.push(DayPart { from_hour, name, detail, times: vec![view] });
                }
            }
        }
        // A detail that all times of a part share is shown once, in the heading.
        for part in &mut parts {
            let shared = part.times.first().map(|time| time.detail.clone()).unwrap_or_default();
            if !shared.is_empty() && part.times.iter().all(|time| time.detail == shared) {
                part.times.iter_mut().for_each(|time| time.detail = Detail::default());
                part.detail = shared;
            }
        }
        let zone = match times.is_empty() {
            true => i18n::zone_of_day(self.zone(), date),
            false => i18n::zones_of(starts()),
        };
        DayView {
            date: date.to_string(),
            name: i18n::long_date(date),
            zone: text!("picker-zone", zone),
            parts,
            next: None,
        }
    }

    /// One free time in words.
    pub fn time(&self, time: &FreeTime) -> TimeView {
        self.view(time, false)
    }

    /// The same; among times of several zones it says by which clock it is.
    fn view(&self, time: &FreeTime, mixed: bool) -> TimeView {
        let times = local(time);
        let several = self.doctor.places.len() > 1 && self.location.is_none();
        let zone = mixed.then(|| i18n::place_time(time.place.zone));
        let detail = match time.mode {
            Mode::Video => Detail {
                place: String::new(),
                text: match zone {
                    Some(zone) => text!("free-time-video-in-zone", zone),
                    None => text!("free-time-video"),
                },
            },
            Mode::InPerson => Detail {
                place: if several { time.place.name.clone() } else { String::new() },
                text: zone.unwrap_or_default(),
            },
        };
        let (day, clock, doctor) =
            (i18n::long_date(time.local_date), times.clock(), &self.doctor.name);
        let sentence = match time.mode {
            Mode::Video => text!("free-time-by-video", date = day, time = clock, doctor),
            Mode::InPerson => text!(
                "free-time-in-person",
                date = day,
                time = clock,
                place = &time.place.name,
                doctor,
            ),
        };
        let first_zone = self.zone();
        let in_several_zones = self.doctor.places.iter().any(|place| place.zone != first_zone);
        let names_zone = time.mode == Mode::Video || in_several_zones;
        TimeView {
            slot: time.slot.to_string(),
            date: time.local_date.to_string(),
            time: times.starts().clock(),
            digits: times.starts().digits(),
            at: time.starts_at.timestamp(),
            detail,
            sentence,
            zone: if names_zone { times.zone_name() } else { String::new() },
            video_at: match time.mode {
                Mode::Video => times.starts().stamp(),
                Mode::InPerson => String::new(),
            },
            taken: false,
        }
    }
}

/// By the clock of its place.
fn local(time: &FreeTime) -> LocalTimes {
    LocalTimes::new(time.starts_at, time.ends_at, time.place.zone)
}
