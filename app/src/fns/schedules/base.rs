//! The version or draft of a schedule that a form is based on, and the page that shows its draft.

use std::fmt;

use chrono::NaiveDate;
use nadi::Failure;
use nadi::actor::Caller;
use nadi::ids::{DoctorId, DraftId};
use nadi::ports::{HoursPlace, Ports, ScheduleChange};
use nadi::schedule::{Schedule, Zones};

use crate::error::FormFailure;
use crate::links::{self, Query, SchedulePages};

/// Which part of a schedule is edited: each has its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What repeats.
    Hours,
    /// Time off and single days.
    Days,
}

impl Part {
    pub fn parse(text: &str) -> Self {
        if text == "days" { Self::Days } else { Self::Hours }
    }

    /// The value in URLs; hours are the default and have none.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hours => "",
            Self::Days => "days",
        }
    }

    pub fn page(self, pages: &SchedulePages) -> String {
        match self {
            Self::Hours => pages.hours(),
            Self::Days => pages.time_off(),
        }
    }
}

/// The schedule a form changes.
pub struct Base {
    caller: Caller,
    ports: Ports,
    doctor: DoctorId,
    seen: i32,
    back: String,
    pub schedule: Schedule,
    pub zones: Zones,
    pub today: NaiveDate,
}

/// The zone of each place.
pub fn zones(places: &[HoursPlace]) -> Zones {
    places.iter().map(|place| (place.id, place.zone)).collect()
}

/// The schedule as it stood when the form on the page `back` was made: the stored one of that version,
/// or a draft made from it. `None`: whoever has to sign in first is led there.
///
/// # Errors
/// `Stale` when someone has changed it since; what the port answers.
pub async fn open(
    doctor: &str,
    version: &str,
    draft: &str,
    back: &str,
) -> Result<Option<Base>, FormFailure> {
    let (caller, ports) = crate::fns::request()?;
    let doctor: DoctorId = crate::fns::parse_id(doctor)?;
    let seen: i32 = version.parse().map_err(|_| Failure::Malformed)?;
    let stored = ports.schedules.schedule(&caller, doctor).await;
    let Some(stored) = crate::fns::or_sign_in(stored, back)? else { return Ok(None) };
    if stored.version != seen {
        return Err(Failure::Stale.into());
    }
    let mut schedule = stored.schedule;
    if let Some(draft) = crate::fns::parse_optional_id::<DraftId>(draft)? {
        match ports.schedules.preview(&caller, draft, None).await {
            Ok(preview) if preview.doctor == doctor && preview.seen == seen => {
                schedule = preview.schedule;
            }
            // The draft has expired, was saved, or is based on another version: use the stored schedule.
            Ok(_) | Err(Failure::NotFound) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    let (zones, today) = (zones(&stored.places), stored.today);
    let back = back.to_owned();
    Ok(Some(Base { caller, ports, doctor, seen, back, schedule, zones, today }))
}

impl Base {
    /// Stores a draft, then redirects to the preview of its changes.
    ///
    /// # Errors
    /// What the port answers.
    pub async fn propose(self, schedule: Schedule, part: Part) -> Result<(), FormFailure> {
        let Self { caller, ports, doctor, seen, back, .. } = self;
        let draft = ports.schedules.propose(&caller, doctor, seen, schedule).await;
        if let Some(draft) = crate::fns::or_sign_in(draft, &back)? {
            let page = links::change(&draft.to_string());
            crate::fns::redirect(&Query::new().with("part", part.as_str()).on(&page));
        }
        Ok(())
    }
}

/// The result of saving, as a URL parameter: `42.12.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    pub added: u64,
    pub removed: u64,
    pub conflicts: u64,
}

impl Saved {
    pub fn of(change: &ScheduleChange) -> Self {
        let conflicts = u64::try_from(change.conflicts.len()).unwrap_or(u64::MAX);
        Self { added: change.times_added, removed: change.times_removed, conflicts }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|number| number.parse::<u32>().ok().map(u64::from));
        let mut next = || numbers.next().flatten();
        let saved = Self { added: next()?, removed: next()?, conflicts: next()? };
        numbers.next().is_none().then_some(saved)
    }
}

impl fmt::Display for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.added, self.removed, self.conflicts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_saved_result_survives_the_address() {
        let saved = Saved { added: 42, removed: 12, conflicts: 3 };
        assert_eq!(saved.to_string(), "42.12.3");
        assert_eq!(Saved::parse("42.12.3"), Some(saved));
        for text in ["", "1.2", "1.2.3.4", "-1.2.3", "1.2.<b>"] {
            assert_eq!(Saved::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn each_part_redirects_to_its_page() {
        let pages = SchedulePages::of(false, "7");
        assert_eq!(Part::parse("days").page(&pages), "/admin/doctors/7/time-off");
        assert_eq!(Part::parse("").page(&SchedulePages::own()), "/calendar/hours");
        assert_eq!(Part::parse(Part::Days.as_str()), Part::Days);
    }
}
