//! Addresses of this site, in one place.

use nadi::consent::Document;
use serde::{Deserialize, Serialize};

/// A query string that is built parameter by parameter; empty values are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query(String);

impl Query {
    pub fn new() -> Self {
        Self::default()
    }

    /// With `name=value`, unless the value is empty.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.push(if self.0.is_empty() { '?' } else { '&' });
            self.0.push_str(name);
            self.0.push('=');
            self.0.push_str(&escape(value));
        }
        self
    }

    /// The URL with this path.
    pub fn on(&self, path: &str) -> String {
        format!("{path}{}", self.0)
    }
}

/// Percent-encodes everything that has a meaning in a query.
pub fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        // RFC 3986, 2.3: unreserved characters stand for themselves.
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// The address of a page or a form in the language of the reader: `/doctors`, `/hi/doctors`. All functions here that
/// give the address of a page give it like that.
#[cfg(feature = "ssr")]
pub fn page(path: &str) -> String {
    crate::i18n::current().path(path)
}

/// In the browser, the language is that of the server functions, which the island has set.
#[cfg(not(feature = "ssr"))]
pub fn page(path: &str) -> String {
    format!("{}{path}", leptos::server_fn::client::get_server_url())
}

pub fn sign_in(next: &str) -> String {
    Query::new().with("next", next).on(&page("/sign-in"))
}

/// Where a visitor signs in, or proves an address, whose network holds many times already.
pub fn sign_in_crowded(next: &str) -> String {
    with(&sign_in(next), "crowded", "yes")
}

/// Where somebody who is signed in proves again who they are, and then goes on to `next`.
pub fn sign_in_again(next: &str) -> String {
    Query::new().with("next", next).on(&page("/sign-in/again"))
}

/// Where the code that was sent to an address is typed.
pub fn sign_in_code(next: &str) -> String {
    Query::new().with("next", next).on(&page("/sign-in/code"))
}

/// Where the second factor is typed.
pub fn second_factor(next: &str) -> String {
    Query::new().with("next", next).on(&page("/sign-in/second-factor"))
}

/// Where somebody begins again who took too long to type the second factor.
pub fn second_factor_expired(next: &str) -> String {
    with(&sign_in(next), "expired", "yes")
}

/// Where those who have forgotten their password get a code.
pub fn forgotten_password(next: &str) -> String {
    Query::new().with("next", next).on(&page("/sign-in/forgot"))
}

/// Where a browser becomes a visitor that can hold this time. `back` is the page on which the time was chosen; `tried`
/// says that the browser has come back from there without its cookie.
pub fn book(slot: &str, visit_type: &str, back: &str, tried: bool) -> String {
    let query = Query::new().with("slot", slot).with("visit_type", visit_type);
    let query = query.with("tried", if tried { "yes" } else { "" });
    query.with("back", back).on(&page("/book"))
}

pub fn register(next: &str) -> String {
    Query::new().with("next", next).on(&page("/register"))
}

pub fn doctor(slug: &str) -> String {
    page(&format!("/doctors/{slug}"))
}

/// A page on which a time is chosen: its path, and the parameters that all its links keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimesPage {
    pub path: String,
    pub kept: Query,
}

as_list!(TimesPage { path: String, kept: Query });

impl TimesPage {
    /// A doctor's page without filters.
    pub fn of_doctor(slug: &str) -> Self {
        Self { path: doctor(slug), kept: Query::new() }
    }

    pub fn month(&self, month: &str) -> String {
        self.kept.clone().with("month", month).on(&self.path)
    }

    pub fn day(&self, date: &str) -> String {
        self.kept.clone().with("date", date).on(&self.path)
    }

    /// With a time chosen. When it is no longer free, `date` and `time` are used to find the nearest ones.
    pub fn slot(&self, slot: &str, date: &str, time: &str) -> String {
        let query = self.kept.clone().with("date", date).with("time", time).with("slot", slot);
        format!("{}#review", query.on(&self.path))
    }
}

/// The event stream that reports when a doctor's times have changed since this version.
pub fn changes(slug: &str, mark: &str) -> String {
    Query::new().with("after", mark).on(&format!("/doctors/{slug}/changes"))
}

pub fn appointment(id: &str) -> String {
    page(&format!("/appointments/{id}"))
}

/// Where an appointment is moved to another time.
pub fn move_appointment(id: &str) -> String {
    page(&format!("/appointments/{id}/move"))
}

/// The people an account may book for. `next` is where to go after adding someone.
pub fn people(next: &str) -> String {
    Query::new().with("next", next).on(&page("/people"))
}

/// Where the name and birth date of a person are corrected.
pub fn person(id: &str) -> String {
    page(&format!("/people/{id}"))
}

/// The parameter that says to the next page that somebody has just registered or accepted an invitation.
pub const WELCOME: &str = "welcome";

/// A URL of this site with the parameter `name` set to `value`.
pub fn with(address: &str, name: &str, value: &str) -> String {
    let (rest, place) = match address.split_once('#') {
        Some((rest, place)) => (rest, format!("#{place}")),
        None => (address, String::new()),
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let said = format!("{name}=");
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with(&said))
        .map(str::to_owned)
        .collect();
    pairs.push(format!("{said}{}", escape(value)));
    format!("{path}?{}{place}", pairs.join("&"))
}

/// The pages of a doctor's schedule: the doctor's own, or as administrators have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulePages {
    base: String,
}

impl SchedulePages {
    /// Those of the doctor who is signed in.
    pub fn own() -> Self {
        Self { base: page("/calendar") }
    }

    /// Those of a doctor of the clinic.
    pub fn of_doctor(id: &str) -> Self {
        Self { base: edit_doctor(id) }
    }

    pub fn of(own: bool, id: &str) -> Self {
        if own { Self::own() } else { Self::of_doctor(id) }
    }

    /// The path that the others begin with.
    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn hours(&self) -> String {
        format!("{}/hours", self.base)
    }

    /// Time off and single days.
    pub fn time_off(&self) -> String {
        format!("{}/time-off", self.base)
    }

    /// Calendars elsewhere.
    pub fn connections(&self) -> String {
        format!("{}/connections", self.base)
    }
}

/// What a draft of a schedule would change.
pub fn change(draft: &str) -> String {
    page(&format!("/calendar/changes/{draft}"))
}

/// Where patients get the address of their calendar.
pub fn own_feeds() -> String {
    page("/appointments/calendar")
}

/// How to use other calendar programs with ours. `place` is empty, or a place on the page: `#subscribe`.
pub fn calendar_help(place: &str) -> String {
    page(&format!("/help/calendars{place}"))
}

/// The privacy notice or the terms of use.
pub fn document(document: Document) -> String {
    page(&format!("/{}", document.as_str()))
}

/// An appointment as a calendar file.
pub fn appointment_file(id: &str) -> String {
    page(&format!("/appointments/{id}/calendar.ics"))
}

/// Where a doctor answers reviews.
pub fn own_reviews() -> String {
    page("/calendar/reviews")
}

/// The appointments of a clinic on a day; without one, today.
pub fn clinic_appointments(clinic: &str, date: Option<chrono::NaiveDate>) -> String {
    let date = date.map(|date| date.to_string()).unwrap_or_default();
    let query = Query::new().with("clinic", clinic).with("date", &date);
    query.on(&page("/admin/appointments"))
}

/// Where administrators see from which networks times are held.
pub fn admin_holds() -> String {
    page("/admin/holds")
}

/// Where administrators hide reviews.
pub fn admin_reviews() -> String {
    page("/admin/reviews")
}

/// Where an invitation is accepted that was opened in this browser.
pub fn opened_invitation() -> String {
    page("/invitation")
}

/// Where a mailed invitation is opened; `token` as it was mailed. It leads on to [`opened_invitation`].
pub fn invitation(token: &str) -> String {
    page(&format!("/invitations/{}", escape(token)))
}

/// A doctor, as administrators edit them.
pub fn edit_doctor(id: &str) -> String {
    page(&format!("/admin/doctors/{id}"))
}

/// The page that asks what to do with a doctor's appointments before the doctor is suspended or made a draft.
pub fn suspend_doctor(id: &str, status: &str) -> String {
    let status = if status == "draft" { status } else { "" };
    Query::new().with("status", status).on(&format!("{}/suspend", edit_doctor(id)))
}

pub fn edit_location(id: &str) -> String {
    page(&format!("/admin/locations/{id}"))
}

/// Whether search engines may show the page at an address, given without its language: those that are the same for
/// everybody.
pub fn is_public(address: &str) -> bool {
    let path = address.split('?').next().unwrap_or_default();
    let doctor = path.strip_prefix("/doctors/").is_some_and(|slug| !slug.contains('/'));
    doctor || matches!(path, "/" | "/doctors" | "/help/calendars" | "/privacy" | "/terms")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_are_the_same_for_everybody_are_public() {
        for address in [
            "/",
            "/?a=b",
            "/doctors",
            "/doctors?city=panjim",
            "/doctors/asha-naik?slot=7",
            "/help/calendars",
            "/privacy",
            "/terms",
        ] {
            assert!(is_public(address), "{address}");
        }
        for address in [
            "/appointments",
            "/sign-in?next=/doctors",
            "/doctors/asha-naik/changes",
            "/dev/mailbox",
        ] {
            assert!(!is_public(address), "{address}");
        }
    }

    #[test]
    fn an_address_survives_as_a_parameter() {
        let time = TimesPage::of_doctor("asha-rao").slot("7", "2026-11-24", "10:20");
        assert_eq!(time, "/doctors/asha-rao?date=2026-11-24&time=10%3A20&slot=7#review");
        assert_eq!(
            sign_in(&time),
            "/sign-in?next=%2Fdoctors%2Fasha-rao%3Fdate%3D2026-11-24%26time%3D10%253A20%26slot%3D7%23review"
        );
        assert_eq!(Query::new().with("q", "").on("/doctors"), "/doctors");
        assert_eq!(
            Query::new().with("q", "Fátima & co").on("/doctors"),
            "/doctors?q=F%C3%A1tima%20%26%20co"
        );
    }

    #[test]
    fn setting_a_parameter_replaces_its_value() {
        assert_eq!(
            with("/doctors/a?slot=7#review", "person", "b c"),
            "/doctors/a?slot=7&person=b%20c#review"
        );
        assert_eq!(with("/doctors/a?person=x&slot=7", "person", "y"), "/doctors/a?slot=7&person=y");
        assert_eq!(with("/doctors/a", "person", "y"), "/doctors/a?person=y");
    }
}
