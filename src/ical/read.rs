//! Parses the lines of a file into its parts. Unknown components and properties are skipped (RFC 5545, 3.1).

use super::limits::{DEPTH_MAX, EVENTS_MAX, FILE_BYTES_MAX, NAME_CHARS_MAX};
use super::line::{Line, Lines, NotALine, unescaped_text};
use super::malformed::{Malformed, MalformedReason, PropertyName};
use super::raw_event::{Context, RawEvent, uncut};
use super::text::decoded;
use super::value::{Until, When, periods};
use super::warnings::{WarningReason, Warnings};
use super::zone::{CalendarClock, Definition, Definitions, ZoneNames};

/// The parts of a file that are needed for busy times.
#[derive(Default)]
pub(super) struct File {
    pub name: Option<String>,
    pub events: Vec<RawEvent>,
    /// Periods of VFREEBUSY that are not free.
    pub periods: Vec<Period>,
    pub definitions: Definitions,
    pub zones: ZoneNames,
    pub calendars: Vec<Calendar>,
    pub warnings: Warnings,
    /// The addresses of the calendar's owner, in lower case.
    owner: Vec<String>,
    /// The VTIMEZONE that is being parsed.
    definition: Option<Definition>,
}

/// A VCALENDAR: a file may have several.
#[derive(Default)]
pub(super) struct Calendar {
    pub method: Method,
    pub clock: CalendarClock,
}

/// The METHOD of a calendar (RFC 5546, 1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Method {
    /// Events in their current state.
    #[default]
    State,
    Cancel,
    /// Additional occurrences of a known event.
    Add,
    /// A message about an event, which may omit the event's time.
    Message,
}

/// A period of VFREEBUSY.
pub(super) struct Period {
    pub from: When,
    pub until: Until,
    pub line: usize,
    pub calendar: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Component {
    Calendar,
    Event,
    Zone,
    Observance,
    FreeBusy,
    /// All other components, such as alarms, tasks and journals.
    Other,
}

/// Parses a file.
///
/// # Errors
/// The first line that cannot be parsed and could hide a busy time.
pub(super) fn read(bytes: &[u8], owner: Vec<String>) -> Result<File, Malformed> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(MalformedReason::TooLarge.at(1));
    }
    let bytes = decoded(bytes);
    let mut file = File { owner, ..File::default() };
    // The open components, with the name and the line of each BEGIN.
    let mut open: Vec<(Component, String, usize)> = Vec::new();
    let mut lines = Lines::new(&bytes);
    while let Some(line) = lines.next() {
        let parent = open.last().map(|(component, ..)| *component);
        let line = match line {
            Ok(line) => line,
            Err(wrong) => {
                file.not_a_line(parent, &wrong)?;
                continue;
            }
        };
        let is_named = is_component_name(line.value());
        if line.is("BEGIN") && is_named {
            uncut(&line)?;
            let component = file.begin(parent, &line)?;
            if open.len() >= DEPTH_MAX {
                return Err(MalformedReason::TooDeep.at(line.number));
            }
            open.push((component, line.value().to_ascii_uppercase(), line.number));
        } else if line.is("END") && is_named && !open.is_empty() {
            let is_open = open.iter().any(|(_, name, _)| ends(&line, name));
            match open.pop_if(|(_, name, _)| ends(&line, name)) {
                Some((component, ..)) => file.end(component)?,
                None if file.calendars.is_empty() => {
                    open.pop();
                }
                // It ends an outer component, so the END of an inner one is missing.
                None if is_open => {
                    let began = open.last().map_or(line.number, |(_, _, began)| *began);
                    return Err(MalformedReason::NotEnded.at(began));
                }
                None if is_known_component(line.value()) => {
                    return Err(MalformedReason::NotBegun.at(line.number));
                }
                // Unescaped text of a DESCRIPTION.
                None => file.warnings.note(line.number, WarningReason::NotALine),
            }
        } else if line.is("BEGIN") || line.is("END") {
            // Text such as `Begin: 09:00`, or a line after the last calendar.
            file.warnings.note(line.number, WarningReason::NotALine);
        } else {
            if parent == Some(Component::Calendar) && line.is("VERSION") {
                lines.keeps_blanks = line.value().starts_with("1.");
            }
            file.property(parent, &line)?;
        }
    }
    match open.pop() {
        _ if file.calendars.is_empty() => Err(MalformedReason::NotACalendar.at(1)),
        Some((_, _, began)) => Err(MalformedReason::NotEnded.at(began)),
        None => Ok(file),
    }
}

fn is_component_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// The components of RFC 5545, 3.6, and RFC 7953.
fn is_known_component(name: &str) -> bool {
    const KNOWN: [&str; 11] = [
        "VCALENDAR",
        "VEVENT",
        "VTODO",
        "VJOURNAL",
        "VFREEBUSY",
        "VTIMEZONE",
        "STANDARD",
        "DAYLIGHT",
        "VALARM",
        "VAVAILABILITY",
        "AVAILABLE",
    ];
    KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn ends(line: &Line, name: &str) -> bool {
    name.eq_ignore_ascii_case(line.value())
}

impl File {
    /// The index of the calendar that is being parsed.
    fn calendar(&self) -> usize {
        self.calendars.len().saturating_sub(1)
    }

    fn begin(&mut self, parent: Option<Component>, line: &Line) -> Result<Component, Malformed> {
        use Component::{Calendar, Event, FreeBusy, Observance, Other, Zone};
        let number = line.number;
        let name = line.value().to_ascii_uppercase();
        let component = match (parent, name.as_str()) {
            (None | Some(Calendar), "VCALENDAR") => Calendar,
            (None | Some(Calendar | Other), "VEVENT") => Event,
            (None | Some(Calendar), "VFREEBUSY") => FreeBusy,
            (Some(Calendar), "VTIMEZONE") => Zone,
            (Some(Zone), "STANDARD" | "DAYLIGHT") => Observance,
            _ => Other,
        };
        match component {
            Calendar => self.calendars.push(self::Calendar::default()),
            Event | FreeBusy if self.calendars.is_empty() => {
                return Err(MalformedReason::NotACalendar.at(number));
            }
            Event if self.events.len() >= EVENTS_MAX => {
                return Err(MalformedReason::TooManyEvents.at(number));
            }
            Event => self.events.push(RawEvent::begin(number, self.calendar())),
            Zone => self.definition = Some(Definition::begin(number)),
            Observance => {
                if let Some(zone) = &mut self.definition {
                    zone.begin_observance(number, name == "DAYLIGHT");
                }
            }
            FreeBusy | Other => {}
        }
        Ok(component)
    }

    fn end(&mut self, component: Component) -> Result<(), Malformed> {
        match self.definition.take_if(|_| component == Component::Zone) {
            Some(zone) => self.definitions.add(self.calendar(), zone),
            None => Ok(()),
        }
    }

    fn not_a_line(&mut self, parent: Option<Component>, wrong: &NotALine) -> Result<(), Malformed> {
        let (line, word) = (wrong.number, wrong.word.as_str());
        let fault = MalformedReason::NotALine.at(line);
        let needed = match parent {
            // `End of the meeting` is text.
            Some(_) if matches!(word, "BEGIN" | "END") && is_known_component(&wrong.next_word) => {
                return Err(fault);
            }
            Some(Component::FreeBusy) if word == "FREEBUSY" => return Err(fault),
            Some(Component::Event) => {
                self.events.last_mut().is_some_and(|event| event.not_a_line(word, line))
            }
            Some(Component::Zone | Component::Observance) => {
                if let Some(zone) = &mut self.definition {
                    zone.broken(fault);
                }
                true
            }
            _ => false,
        };
        if !needed {
            self.warnings.note(line, WarningReason::NotALine);
        }
        Ok(())
    }

    fn property(&mut self, parent: Option<Component>, line: &Line) -> Result<(), Malformed> {
        match parent {
            // Outside the calendars, such as the header of an e-mail.
            None => self.warnings.note(line.number, WarningReason::NotALine),
            Some(Component::Calendar) => self.calendar_property(line),
            Some(Component::Event) => {
                if let Some(event) = self.events.last_mut() {
                    let mut context = Context {
                        zones: &mut self.zones,
                        warnings: &mut self.warnings,
                        owner: &self.owner,
                    };
                    event.property(line, &mut context);
                }
            }
            Some(Component::Zone) => {
                if let Some(zone) = &mut self.definition {
                    zone.property(line);
                }
            }
            Some(Component::Observance) => {
                if let Some(zone) = &mut self.definition {
                    zone.property_of_observance(line);
                }
            }
            Some(Component::FreeBusy) if line.is("FREEBUSY") => self.free_busy(line)?,
            Some(Component::FreeBusy | Component::Other) => {}
        }
        Ok(())
    }

    fn calendar_property(&mut self, line: &Line) {
        let value = line.value();
        let Some(calendar) = self.calendars.last_mut() else { return };
        match line.name().to_ascii_uppercase().as_str() {
            "METHOD" => {
                calendar.method = match value.to_ascii_uppercase().as_str() {
                    "CANCEL" => Method::Cancel,
                    "ADD" => Method::Add,
                    "REPLY" | "REFRESH" | "COUNTER" | "DECLINECOUNTER" => Method::Message,
                    _ => Method::State,
                }
            }
            // The second is from an expired Internet-Draft; some programs write it.
            "X-WR-TIMEZONE" | "TIMEZONE-ID" if !value.is_empty() => {
                calendar.clock.zone.get_or_insert_with(|| (unescaped_text(value), line.number));
            }
            "TZ" => calendar.clock.legacy.tz(value),
            "DAYLIGHT" => calendar.clock.legacy.daylight(value),
            "X-WR-CALNAME" | "NAME" if self.name.is_none() => {
                let name = unescaped_text(value);
                let name: String =
                    name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
                self.name = Some(name).filter(|name| !name.trim().is_empty());
            }
            _ => {}
        }
    }

    fn free_busy(&mut self, line: &Line) -> Result<(), Malformed> {
        let free = line.parameter("FBTYPE").is_some_and(|kind| kind.eq_ignore_ascii_case("FREE"));
        if free {
            return Ok(());
        }
        uncut(line)?;
        let calendar = self.calendar();
        let wrong = MalformedReason::Value(PropertyName::FreeBusy).at(line.number);
        for (from, until) in periods(line, calendar, &mut self.zones).ok_or(wrong)? {
            let until = until.ok_or(wrong)?;
            self.periods.push(Period { from, until, line: line.number, calendar });
        }
        Ok(())
    }
}
