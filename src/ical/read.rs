//! From the lines of a file to its parts. What is not known is skipped (RFC 5545, 3.1).

use super::draft::{At, Draft, uncut};
use super::line::{Line, Lines, unescaped_text};
use super::malformed::{Malformed, MalformedReason, PropertyName};
use super::value::{Until, When, periods};
use super::zone::{Definition, ZoneNames};
use super::{DEPTH_MAX, EVENTS_MAX, FILE_BYTES_MAX, NAME_CHARS_MAX, ZONES_MAX};

/// What a file says about times.
#[derive(Default)]
pub(super) struct File {
    pub name: Option<String>,
    pub events: Vec<Draft>,
    /// Periods of VFREEBUSY that are not free.
    pub periods: Vec<At<(When, Until)>>,
    pub definitions: Vec<Definition>,
    pub zones: ZoneNames,
    /// Which of the file's calendars have METHOD:CANCEL.
    pub cancelled: Vec<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Component {
    Calendar,
    Event,
    Zone,
    Observance,
    FreeBusy,
    /// Alarms, tasks, journals, whatever may come.
    Other,
}

/// # Errors
/// The first line that cannot be understood.
pub(super) fn read(bytes: &[u8]) -> Result<File, Malformed> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(MalformedReason::TooLarge.at(1));
    }
    let mut file = File::default();
    // What is open: its name and the line that began it.
    let mut open: Vec<(Component, String, usize)> = Vec::new();
    for line in Lines::new(bytes) {
        let line = line.map_err(|wrong| match file.cancelled.len() {
            0 => MalformedReason::NotACalendar.at(wrong.number),
            _ => MalformedReason::NotALine.at(wrong.number),
        })?;
        let parent = open.last().map(|(component, ..)| *component);
        if line.is("BEGIN") {
            uncut(&line)?;
            let component = file.begin(parent, &line)?;
            if open.len() >= DEPTH_MAX {
                return Err(MalformedReason::TooDeep.at(line.number));
            }
            open.push((component, line.value().to_ascii_uppercase(), line.number));
        } else if line.is("END") {
            match open.pop() {
                Some((_, name, _)) if ends(&line, &name) => {}
                // It ends something further out: what is open in it lacks its end.
                Some((_, _, began)) if open.iter().any(|(_, name, _)| ends(&line, name)) => {
                    return Err(MalformedReason::NotEnded.at(began));
                }
                _ => return Err(MalformedReason::NotBegun.at(line.number)),
            }
        } else {
            match parent {
                None => return Err(MalformedReason::NotACalendar.at(line.number)),
                Some(component) => file.property(component, &line)?,
            }
        }
    }
    match open.pop() {
        Some((_, _, began)) => Err(MalformedReason::NotEnded.at(began)),
        None if file.cancelled.is_empty() => Err(MalformedReason::NotACalendar.at(1)),
        None => Ok(file),
    }
}

fn ends(line: &Line, name: &str) -> bool {
    name.eq_ignore_ascii_case(line.value())
}

impl File {
    fn begin(&mut self, parent: Option<Component>, line: &Line) -> Result<Component, Malformed> {
        use Component::{Calendar, Event, FreeBusy, Observance, Other, Zone};
        let number = line.number;
        let name = line.value().to_ascii_uppercase();
        let component = match (parent, name.as_str()) {
            (None, "VCALENDAR") => Calendar,
            (None, _) => return Err(MalformedReason::NotACalendar.at(number)),
            (Some(Calendar), "VEVENT") => Event,
            (Some(Calendar), "VTIMEZONE") => Zone,
            (Some(Calendar), "VFREEBUSY") => FreeBusy,
            (Some(Zone), "STANDARD" | "DAYLIGHT") => Observance,
            _ => Other,
        };
        match component {
            Calendar => self.cancelled.push(false),
            Event if self.events.len() >= EVENTS_MAX => {
                return Err(MalformedReason::TooManyEvents.at(number));
            }
            Event => self.events.push(Draft::begin(number, self.cancelled.len() - 1)),
            Zone if self.definitions.len() >= ZONES_MAX => {
                return Err(MalformedReason::TooManyZones.at(number));
            }
            Zone => self.definitions.push(Definition::begin(number)),
            Observance => {
                if let Some(zone) = self.definitions.last_mut() {
                    zone.begin_observance(number);
                }
            }
            FreeBusy | Other => {}
        }
        Ok(component)
    }

    fn property(&mut self, component: Component, line: &Line) -> Result<(), Malformed> {
        match component {
            Component::Calendar => self.calendar_property(line),
            Component::Event => {
                if let Some(event) = self.events.last_mut() {
                    event.property(line, &mut self.zones)?;
                }
            }
            Component::Zone => {
                if let Some(zone) = self.definitions.last_mut() {
                    zone.property(line);
                }
            }
            Component::Observance => {
                if let Some(zone) = self.definitions.last_mut() {
                    zone.property_of_observance(line)?;
                }
            }
            Component::FreeBusy if line.is("FREEBUSY") => self.free_busy(line)?,
            Component::FreeBusy | Component::Other => {}
        }
        Ok(())
    }

    fn calendar_property(&mut self, line: &Line) {
        if line.is("METHOD") {
            if let Some(cancelled) = self.cancelled.last_mut() {
                *cancelled = line.value().eq_ignore_ascii_case("CANCEL");
            }
        } else if self.name.is_none() && (line.is("X-WR-CALNAME") || line.is("NAME")) {
            let name = unescaped_text(line.value());
            let name: String =
                name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
            self.name = Some(name).filter(|name| !name.trim().is_empty());
        }
    }

    fn free_busy(&mut self, line: &Line) -> Result<(), Malformed> {
        uncut(line)?;
        let wrong = MalformedReason::Value(PropertyName::FreeBusy).at(line.number);
        let free = line.parameter("FBTYPE").is_some_and(|kind| kind.eq_ignore_ascii_case("FREE"));
        for (from, until) in periods(line, &mut self.zones).ok_or(wrong)? {
            let until = until.ok_or(wrong)?;
            if !free {
                self.periods.push(((from, until), line.number));
            }
        }
        Ok(())
    }
}
