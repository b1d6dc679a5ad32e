//! The zones of the generated calendars: their names in the dialects and their definitions.

use super::plan::Place;

/// The names in the zone database, in Windows and in Lotus Notes, and those that old Zimbra servers and Windows
/// display.
pub(super) struct Names {
    pub iana: &'static str,
    pub windows: &'static str,
    pub lotus: &'static str,
    pub displayed: &'static str,
}

pub(super) fn names(place: Place) -> Names {
    let of = |iana, windows, lotus, displayed| Names { iana, windows, lotus, displayed };
    match place {
        Place::Berlin => of(
            "Europe/Berlin",
            "W. Europe Standard Time",
            "W. Europe",
            "(GMT+01.00) Amsterdam / Berlin / Bern / Rome / Stockholm / Vienna",
        ),
        Place::NewYork => of(
            "America/New_York",
            "Eastern Standard Time",
            "Eastern",
            "(GMT-05.00) Eastern Time (US & Canada)",
        ),
        Place::London => of(
            "Europe/London",
            "GMT Standard Time",
            "GMT Standard Time",
            "(GMT) Greenwich Mean Time - Dublin / Edinburgh / Lisbon / London",
        ),
        Place::Sydney => of(
            "Australia/Sydney",
            "AUS Eastern Standard Time",
            "AUS Eastern",
            "(GMT+10.00) Canberra / Melbourne / Sydney",
        ),
        Place::Kolkata => of(
            "Asia/Kolkata",
            "India Standard Time",
            "India",
            "(GMT+05.30) Chennai / Kolkata / Mumbai / New Delhi",
        ),
        Place::Utc => of("Etc/UTC", "UTC", "UTC", "UTC"),
    }
}

/// An observance: its kind, the offsets before and after, and month, weekday and hour of its onset.
type Observance =
    (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

fn observances(place: Place) -> &'static [Observance] {
    match place {
        Place::Berlin => &[
            ("STANDARD", "+0200", "+0100", "10", "-1SU", "030000"),
            ("DAYLIGHT", "+0100", "+0200", "3", "-1SU", "020000"),
        ],
        Place::NewYork => &[
            ("STANDARD", "-0400", "-0500", "11", "1SU", "020000"),
            ("DAYLIGHT", "-0500", "-0400", "3", "2SU", "020000"),
        ],
        Place::London => &[
            ("STANDARD", "+0100", "+0000", "10", "-1SU", "020000"),
            ("DAYLIGHT", "+0000", "+0100", "3", "-1SU", "010000"),
        ],
        Place::Sydney => &[
            ("STANDARD", "+1100", "+1000", "4", "1SU", "030000"),
            ("DAYLIGHT", "+1000", "+1100", "10", "1SU", "020000"),
        ],
        Place::Kolkata => &[("STANDARD", "+0530", "+0530", "", "", "000000")],
        Place::Utc => &[("STANDARD", "+0000", "+0000", "", "", "000000")],
    }
}

/// The first onset in this year, as the rule gives it.
fn first_onset(year: i32, month: &str, day: &str) -> String {
    let month: u32 = month.parse().unwrap_or(1);
    let sunday = chrono::Weekday::Sun;
    let nth = |n| chrono::NaiveDate::from_weekday_of_month_opt(year, month, sunday, n);
    let date = match day {
        "1SU" => nth(1),
        "2SU" => nth(2),
        "-1SU" => nth(5).or(nth(4)),
        _ => chrono::NaiveDate::from_ymd_opt(year, 1, 1),
    };
    date.unwrap_or_default().format("%Y%m%d").to_string()
}

/// A VTIMEZONE that begins in this year, with the lines that a product adds.
pub(super) fn definition(place: Place, name: &str, year: i32, location: bool) -> Vec<String> {
    let mut lines = vec!["BEGIN:VTIMEZONE".to_owned(), format!("TZID:{name}")];
    if location {
        lines.push(format!("X-LIC-LOCATION:{}", names(place).iana));
    }
    for (kind, from, to, month, day, hour) in observances(place) {
        lines.push(format!("BEGIN:{kind}"));
        lines.push(format!("TZOFFSETFROM:{from}"));
        lines.push(format!("TZOFFSETTO:{to}"));
        lines.push(format!("DTSTART:{}T{hour}", first_onset(year, month, day)));
        if !month.is_empty() {
            lines.push(format!("RRULE:FREQ=YEARLY;BYMONTH={month};BYDAY={day}"));
        }
        lines.push(format!("END:{kind}"));
    }
    lines.push("END:VTIMEZONE".to_owned());
    lines
}
