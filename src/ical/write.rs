//! Writes appointments as a calendar file (RFC 5545), with instants in UTC and lines of at most 75 octets.
//!
//! Text is escaped, so that typed text can neither start a new line nor end a value.

use std::fmt::Display;

use chrono::{DateTime, Duration, Utc};

/// The maximum length of a line in octets, without the line break (RFC 5545, 3.1).
const LINE_OCTETS_MAX: usize = 75;

/// The METHOD of a file (RFC 5546). A downloaded file has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Publish,
    Cancel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventStatus {
    Tentative,
    Confirmed,
    Cancelled,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organizer {
    pub name: String,
    /// Without `mailto:`.
    pub email: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Globally unique and permanent.
    pub uid: String,
    /// From 0, higher with every change.
    pub sequence: u32,
    pub status: EventStatus,
    /// When the file was made (DTSTAMP).
    pub stamp: DateTime<Utc>,
    pub last_modified: DateTime<Utc>,
    pub starts_at: DateTime<Utc>,
    /// Exclusive.
    pub ends_at: DateTime<Utc>,
    pub summary: String,
    pub location: Option<String>,
    pub description: Option<String>,
    pub url: Option<String>,
    pub organizer: Option<Organizer>,
    /// How long before the start a program reminds of it, in whole minutes.
    pub alarm: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarFile {
    pub name: Option<String>,
    pub method: Option<Method>,
    /// How often a subscriber should read the file again, in whole minutes.
    pub refresh: Option<Duration>,
    pub events: Vec<Event>,
}

/// The content of the file, for `text/calendar; charset=utf-8`. The same input gives the same content.
///
/// Times are truncated to whole seconds and limited to the years 0 to 9999. There is never an ATTENDEE,
/// as RFC 5546 requires for published events.
pub fn write(file: &CalendarFile) -> String {
    let mut out = Writer(String::new());
    out.line("BEGIN", "VCALENDAR");
    out.line("VERSION", "2.0");
    out.line("PRODID", "-//Nadi//Appointments//EN");
    out.line("CALSCALE", "GREGORIAN");
    if let Some(method) = file.method {
        out.line(
            "METHOD",
            match method {
                Method::Publish => "PUBLISH",
                Method::Cancel => "CANCEL",
            },
        );
    }
    if let Some(name) = &file.name {
        // NAME is RFC 7986, 5.1. X-WR-CALNAME is for older programs.
        out.line("NAME", text(name));
        out.line("X-WR-CALNAME", text(name));
    }
    if let Some(refresh) = file.refresh {
        let interval = length(refresh);
        out.line("REFRESH-INTERVAL;VALUE=DURATION", &interval);
        out.line("X-PUBLISHED-TTL", &interval);
    }
    for event in &file.events {
        out.event(event);
    }
    out.line("END", "VCALENDAR");
    out.0
}

struct Writer(String);

impl Writer {
    fn event(&mut self, event: &Event) {
        self.line("BEGIN", "VEVENT");
        self.line("UID", text(&event.uid));
        self.line("SEQUENCE", event.sequence);
        self.line(
            "STATUS",
            match event.status {
                EventStatus::Tentative => "TENTATIVE",
                EventStatus::Confirmed => "CONFIRMED",
                EventStatus::Cancelled => "CANCELLED",
            },
        );
        self.line("DTSTAMP", utc(event.stamp));
        self.line("LAST-MODIFIED", utc(event.last_modified));
        self.line("DTSTART", utc(event.starts_at));
        self.line("DTEND", utc(event.ends_at));
        self.line("SUMMARY", text(&event.summary));
        if let Some(location) = &event.location {
            self.line("LOCATION", text(location));
        }
        if let Some(description) = &event.description {
            self.line("DESCRIPTION", text(description));
        }
        if let Some(url) = &event.url {
            self.line("URL", address(url));
        }
        if let Some(Organizer { name, email }) = &event.organizer {
            let property = format!("ORGANIZER;CN=\"{}\"", parameter(name));
            self.line(&property, format!("mailto:{}", address(email)));
        }
        if let Some(before) = event.alarm {
            // RFC 5545, 3.6.6. DISPLAY has to have a description.
            self.line("BEGIN", "VALARM");
            self.line("ACTION", "DISPLAY");
            self.line("DESCRIPTION", text(&event.summary));
            self.line("TRIGGER", format!("-{}", length(before)));
            self.line("END", "VALARM");
        }
        self.line("END", "VEVENT");
    }

    /// Writes a property, folded between characters into lines of at most [`LINE_OCTETS_MAX`] octets.
    fn line(&mut self, name: &str, value: impl Display) {
        let mut octets = 0;
        for c in format!("{name}:{value}").chars() {
            if octets + c.len_utf8() > LINE_OCTETS_MAX {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            octets += c.len_utf8();
            self.0.push(c);
        }
        self.0.push_str("\r\n");
    }
}

/// A DURATION (RFC 5545, 3.3.6) of whole minutes, at least one: `PT10M`, `PT1H`, `P1D`.
fn length(duration: Duration) -> String {
    match duration.num_minutes().max(1) {
        minutes if minutes % 1440 == 0 => format!("P{}D", minutes / 1440),
        minutes if minutes % 60 == 0 => format!("PT{}H", minutes / 60),
        minutes => format!("PT{minutes}M"),
    }
}

/// RFC 5545, 3.3.5, form 2.
fn utc(at: DateTime<Utc>) -> impl Display {
    at.clamp(first_moment(), last_moment()).format("%Y%m%dT%H%M%SZ")
}

fn first_moment() -> DateTime<Utc> {
    DateTime::from_timestamp(-62_167_219_200, 0).unwrap_or_default()
}

fn last_moment() -> DateTime<Utc> {
    DateTime::from_timestamp(253_402_300_799, 0).unwrap_or_default()
}

/// Escapes a TEXT (RFC 5545, 3.3.11): line breaks become `\n`. Other control characters are left out, and so are
/// characters that change the direction of writing, since they could disguise text.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ',' | ';' => escaped.extend(['\\', c]),
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => escaped.push_str("\\n"),
            c if is_invisible(c) => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// A quoted parameter value (RFC 5545, 3.2), escaped according to RFC 6868.
fn parameter(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '^' => escaped.push_str("^^"),
            '"' => escaped.push_str("^'"),
            c if is_invisible(c) => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// An address (RFC 5545, 3.3.13) without blanks, quotes and control characters.
fn address(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c) && *c != '"').collect()
}

/// Control characters, Unicode line separators, and characters that embed or override the direction of
/// writing.
fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
