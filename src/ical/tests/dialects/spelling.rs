//! How products write the same calendar: header, zone names, definitions, order, line ends and folding.

use chrono::NaiveDateTime;

use super::plan::{Can, Event, Kind, Place, Plan, Rule};
use super::zones::{definition, names};
use crate::zone::Zone;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Google,
    Outlook,
    Exchange,
    Apple,
    Fastmail,
    Nextcloud,
    Thunderbird,
    Lotus,
    Zimbra,
    Yahoo,
    OldExchange,
    Palm,
}

impl Dialect {
    pub(super) const ALL: [Self; 12] = [
        Self::Google,
        Self::Outlook,
        Self::Exchange,
        Self::Apple,
        Self::Fastmail,
        Self::Nextcloud,
        Self::Thunderbird,
        Self::Lotus,
        Self::Zimbra,
        Self::Yahoo,
        Self::OldExchange,
        Self::Palm,
    ];

    pub(super) fn can(self) -> Can {
        match self {
            Self::Yahoo => Can { zones: false, series: true, changes: true },
            // vCalendar 1.0 has no zones. It can exclude occurrences but not change them.
            Self::OldExchange | Self::Palm => Can { zones: false, series: true, changes: false },
            _ => Can { zones: true, series: true, changes: true },
        }
    }

    /// Whether other parsers know this dialect. They know only RFC 5545, not vCalendar 1.0, and no displayed zone
    /// name
    /// without a definition.
    pub(super) fn is_known_to_all(self) -> bool {
        !matches!(self, Self::OldExchange | Self::Palm | Self::Zimbra | Self::Exchange)
    }
}

/// The conventions of a dialect.
pub(super) struct Spelling {
    dialect: Dialect,
    head: &'static [&'static str],
    /// The year in which zone definitions begin, if the dialect writes them.
    defined_from: Option<i32>,
    location: bool,
    quoted: bool,
    line_end: &'static str,
    folded: bool,
    legacy: bool,
    /// Whether the end and the summary of an event come before its start.
    backwards: bool,
    more: &'static [&'static str],
}

impl Spelling {
    pub(super) fn of(dialect: Dialect) -> Self {
        let usual = Self {
            dialect,
            head: &[],
            defined_from: Some(1970),
            location: false,
            quoted: false,
            line_end: "\r\n",
            folded: true,
            legacy: false,
            backwards: false,
            more: &[],
        };
        match dialect {
            Dialect::Google => Self {
                head: &[
                    "PRODID:-//Google Inc//Google Calendar 70.9054//EN",
                    "VERSION:2.0",
                    "CALSCALE:GREGORIAN",
                    "METHOD:PUBLISH",
                    "X-WR-CALNAME:doctor@example.com",
                    "X-WR-TIMEZONE:UTC",
                ],
                location: true,
                more: &["CREATED:20260901T080000Z", "DESCRIPTION:", "LOCATION:Room 3\\, left"],
                ..usual
            },
            Dialect::Outlook => Self {
                head: &[
                    "PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN",
                    "VERSION:2.0",
                    "METHOD:PUBLISH",
                    "X-MS-OLK-FORCEINSPECTOROPEN:TRUE",
                ],
                defined_from: Some(1601),
                quoted: true,
                backwards: true,
                more: &[
                    "CLASS:PUBLIC",
                    "PRIORITY:5",
                    "X-MICROSOFT-CDO-IMPORTANCE:1",
                    "X-ALT-DESC;FMTTYPE=text/html:<html>\\n<body>: see; there</body></html>",
                ],
                ..usual
            },
            Dialect::Exchange => Self {
                head: &[
                    "METHOD:PUBLISH",
                    "PRODID:Microsoft Exchange Server 2010",
                    "VERSION:2.0",
                    "X-WR-CALNAME:Kalender",
                ],
                defined_from: None,
                more: &[
                    "X-MICROSOFT-CDO-APPT-SEQUENCE:0",
                    "X-MICROSOFT-DISALLOW-COUNTER:FALSE",
                    "DESCRIPTION:\\n",
                ],
                ..usual
            },
            Dialect::Apple => Self {
                head: &[
                    "CALSCALE:GREGORIAN",
                    "PRODID:-//Apple Inc.//macOS 15.1//EN",
                    "VERSION:2.0",
                    "X-APPLE-CALENDAR-COLOR:#1BADF8",
                ],
                defined_from: Some(2007),
                backwards: true,
                more: &[
                    "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC",
                    "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS=\"1 Road; 2\":geo:15.49,73.82",
                ],
                ..usual
            },
            Dialect::Fastmail => Self {
                head: &["VERSION:2.0", "PRODID:-//Cyrus.org//Cyrus 3.11//EN"],
                defined_from: Some(2000),
                more: &["X-JMAP-SENT-BY;VALUE=TEXT:doctor@example.com"],
                ..usual
            },
            Dialect::Nextcloud => Self {
                head: &[
                    "PRODID:-//IDN nextcloud.com//Calendar app 5.0.2//EN",
                    "CALSCALE:GREGORIAN",
                    "VERSION:2.0",
                ],
                location: true,
                line_end: "\n",
                more: &["CREATED:20260901T080000Z", "LAST-MODIFIED:20260901T080000Z"],
                ..usual
            },
            Dialect::Thunderbird => Self {
                head: &["PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN", "VERSION:2.0"],
                defined_from: Some(1996),
                folded: false,
                more: &["X-MOZ-GENERATION:3", "X-MOZ-LASTACK:20261101T080000Z"],
                ..usual
            },
            Dialect::Lotus => Self {
                head: &[
                    "X-LOTUS-CHARSET:UTF-8",
                    "VERSION:2.0",
                    "PRODID:-//Lotus Development Corporation//NONSGML Notes 9.0//EN_C",
                    "METHOD:PUBLISH",
                ],
                defined_from: Some(1950),
                quoted: true,
                more: &[
                    "CLASS:PUBLIC",
                    "X-LOTUS-NOTESVERSION:2",
                    "X-LOTUS-UPDATE-SEQ:1",
                    "X-LOTUS-APPTTYPE:3",
                ],
                ..usual
            },
            Dialect::Zimbra => Self {
                head: &["PRODID:Zimbra-Calendar-Provider", "VERSION:2.0", "METHOD:PUBLISH"],
                defined_from: None,
                quoted: true,
                more: &["X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY"],
                ..usual
            },
            Dialect::Yahoo => Self {
                head: &[
                    "BEGIN:X-NOTE",
                    "X-TEXT:Yahoo",
                    "END:X-NOTE",
                    "VERSION:2.0",
                    "PRODID:Zimbra-Calendar-Provider",
                    "X-YAHOO-CAL:1",
                ],
                defined_from: None,
                more: &["X-YAHOO-YID:doctor", "X-YAHOO-EVENT-STATUS:BUSY"],
                ..usual
            },
            Dialect::OldExchange => Self {
                head: &["PRODID:-//Microsoft Corporation//Outlook 9.0 MIMEDIR//EN", "VERSION:1.0"],
                legacy: true,
                more: &[
                    "DESCRIPTION;ENCODING=QUOTED-PRINTABLE:first=0D=0A=\r\nsecond: =\r\nthird",
                    "PRIORITY:3",
                ],
                ..usual
            },
            Dialect::Palm => Self {
                head: &["PRODID:Palm Desktop", "VERSION:1.0", "TZ:+00", "DAYLIGHT:FALSE"],
                legacy: true,
                line_end: "\r",
                more: &["AALARM;TYPE=X-EPOCSOUND:20261130T081500;;;", "X-EPOCTODOLIST:TODO"],
                ..usual
            },
        }
    }

    pub(super) fn file(&self, plan: &Plan) -> String {
        let mut lines: Vec<String> = vec!["BEGIN:VCALENDAR".into()];
        lines.extend(self.head.iter().map(|line| (*line).to_owned()));
        if let Some(year) = self.defined_from.filter(|_| !self.legacy) {
            let mut defined = Vec::new();
            for event in plan.events.iter().filter(|event| event.place != Place::Utc) {
                if !defined.contains(&event.place) {
                    defined.push(event.place);
                    let name = self.zone_name(event.place).replace(',', "\\,");
                    lines.extend(definition(event.place, &name, year, self.location));
                }
            }
        }
        for event in &plan.events {
            self.event(event, &mut lines);
        }
        lines.push("END:VCALENDAR".into());
        lines.iter().map(|line| self.line(line)).collect()
    }

    fn line(&self, line: &str) -> String {
        let line = line.replace("\r\n", self.line_end);
        if !self.folded || line.len() <= 70 || line.contains(self.line_end) {
            return format!("{line}{}", self.line_end);
        }
        let mut folded = String::new();
        for (n, c) in line.chars().enumerate() {
            if n > 0 && n % 70 == 0 {
                folded.push_str(self.line_end);
                folded.push(' ');
            }
            folded.push(c);
        }
        folded + self.line_end
    }

    fn zone_name(&self, place: Place) -> String {
        let names = names(place);
        match self.dialect {
            Dialect::Outlook | Dialect::Exchange => names.windows.into(),
            Dialect::Lotus => names.lotus.into(),
            Dialect::Zimbra => names.displayed.into(),
            Dialect::Thunderbird => format!("/mozilla.org/20050126_1/{}", names.iana),
            _ => names.iana.into(),
        }
    }

    fn moment(&self, name: &str, event: &Event, at: NaiveDateTime) -> String {
        let text = at.format("%Y%m%dT%H%M%S");
        if event.days {
            // vCalendar 1.0 has no value type for dates.
            let kind = if self.legacy { "" } else { ";VALUE=DATE" };
            return format!("{name}{kind}:{}", at.format("%Y%m%d"));
        }
        match event.place {
            Place::Utc => format!("{name}:{text}Z"),
            place if self.quoted => format!("{name};TZID=\"{}\":{text}", self.zone_name(place)),
            place => format!("{name};TZID={}:{text}", self.zone_name(place)),
        }
    }

    fn event(&self, event: &Event, lines: &mut Vec<String>) {
        let uid = format!("{}-{:?}@example.com", event.number, self.dialect);
        let whole = |lines: &mut Vec<String>, middle: Vec<String>| {
            lines.push("BEGIN:VEVENT".into());
            lines.push(format!("UID:{uid}"));
            lines.push("DTSTAMP:20261001T080000Z".into());
            // calcard 0.3 distinguishes the occurrences of two series by this and not by the UID (RFC 5545,
            // 3.8.4.4).
            lines.push(format!("SEQUENCE:{}", event.number));
            lines.extend(middle);
            lines.push(format!(
                "SUMMARY:Visit number {} of a doctor who is busy elsewhere then, too",
                event.number
            ));
            lines.extend(self.more.iter().map(|line| (*line).to_owned()));
            lines.push("END:VEVENT".into());
        };
        let mut middle = self.times(event, event.start);
        if let Some(rule) = event.rule {
            middle.push(self.rule(event, rule));
        }
        for number in &event.without {
            middle.push(self.moment("EXDATE", event, event.occurrence(*number)));
        }
        middle.push(match (event.transparent, self.legacy) {
            (true, true) => "TRANSP:1".into(),
            (false, true) => "TRANSP:0".into(),
            (true, false) => "TRANSP:TRANSPARENT".into(),
            (false, false) => "TRANSP:OPAQUE".into(),
        });
        let status = if event.cancelled { "CANCELLED" } else { "CONFIRMED" };
        middle.push(format!("STATUS:{status}"));
        whole(lines, middle);
        if let Some((number, moved)) = event.changed.filter(|_| !event.cancelled) {
            let planned = event.occurrence(number);
            let mut middle = vec![self.moment("RECURRENCE-ID", event, planned)];
            let minutes = chrono::Duration::minutes(moved.unwrap_or(0));
            middle.extend(self.times(event, planned + minutes));
            if moved.is_none() {
                middle.push("STATUS:CANCELLED".into());
            }
            if event.transparent {
                middle.push("TRANSP:TRANSPARENT".into());
            }
            whole(lines, middle);
        }
    }

    fn times(&self, event: &Event, start: NaiveDateTime) -> Vec<String> {
        let begins = self.moment("DTSTART", event, start);
        let ends = if event.as_duration && !self.legacy {
            match event.minutes % 1440 {
                0 => format!("DURATION:P{}D", event.minutes / 1440),
                _ => format!("DURATION:PT{}H{}M", event.minutes / 60, event.minutes % 60),
            }
        } else {
            self.moment("DTEND", event, event.end_of(start))
        };
        if self.backwards { vec![ends, begins] } else { vec![begins, ends] }
    }

    fn rule(&self, event: &Event, rule: Rule) -> String {
        let (nth, weekday) = event.nth_weekday();
        let weekday = weekday.to_string()[..2].to_uppercase();
        let last = event.occurrence(rule.count - 1);
        let until = match (event.days, event.place) {
            (true, _) if self.legacy => last.format("%Y%m%dT%H%M%SZ").to_string(),
            (true, _) => last.format("%Y%m%d").to_string(),
            (false, place) => {
                let zone = Zone::named(names(place).iana);
                let at = crate::schedule::instant(zone, last.date(), last.time());
                at.format("%Y%m%dT%H%M%SZ").to_string()
            }
        };
        let interval = rule.interval;
        if self.legacy {
            let kind = match rule.kind {
                Kind::Daily => format!("D{interval}"),
                Kind::Weekly => format!("W{interval} {weekday}"),
                Kind::Monthly => format!("MD{interval} {}", chrono::Datelike::day(&event.start)),
                Kind::MonthlyByWeekday => format!("MP{interval} {nth}+ {weekday}"),
                Kind::Yearly => format!("YM{interval} {}", chrono::Datelike::month(&event.start)),
            };
            let end = if rule.until { until } else { format!("#{}", rule.count) };
            return format!("RRULE:{kind} {end}");
        }
        let kind = match rule.kind {
            Kind::Daily => "FREQ=DAILY".to_owned(),
            Kind::Weekly => format!("FREQ=WEEKLY;BYDAY={weekday}"),
            Kind::Monthly => {
                format!("FREQ=MONTHLY;BYMONTHDAY={}", chrono::Datelike::day(&event.start))
            }
            Kind::MonthlyByWeekday => format!("FREQ=MONTHLY;BYDAY={nth}{weekday}"),
            Kind::Yearly => "FREQ=YEARLY".to_owned(),
        };
        let end =
            if rule.until { format!("UNTIL={until}") } else { format!("COUNT={}", rule.count) };
        format!("RRULE:{kind};INTERVAL={interval};{end}")
    }
}
