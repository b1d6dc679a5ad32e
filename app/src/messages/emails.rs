//! The texts of e-mails. They contain the person, the doctor, the time and the place, but nothing about
//! anyone's health. The one with a code does not contain the person: strangers can type any address, and any name.
//!
//! They are in the language of [`crate::i18n::with`]: the recipient's.

use nadi::actor::ActingRole;
use nadi::local_time::{LocalTime, LocalTimes};

use super::place::address;
use crate::i18n::{LocalTimeText as _, LocalTimesText as _, text};

/// The data of a visit for an e-mail.
pub struct Visit<'a> {
    /// The name of the patient.
    pub person: &'a str,
    pub doctor: &'a str,
    pub when: LocalTimes,
    pub place: Place<'a>,
    pub reference: &'a str,
    /// The URL of its page.
    pub link: &'a str,
}

/// Where a visit takes place.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    Clinic { name: &'a str, address: &'a str, city: &'a str },
    Video,
}

impl Visit<'_> {
    /// Patient, doctor, time and place, one per line.
    fn facts(&self) -> String {
        text!("email-facts", person = self.person, facts = self.facts_without_person())
    }

    fn facts_without_person(&self) -> String {
        let place = match self.place {
            Place::Clinic { name, address: street, city } => {
                text!("email-place-clinic", clinic = name, address = address(street, city))
            }
            Place::Video => text!("email-place-video"),
        };
        text!("email-facts-without-person", doctor = self.doctor, when = self.when.in_full(), place)
    }

    fn facts_with_reference(&self) -> String {
        text!("email-facts-with-reference", facts = self.facts(), reference = self.reference)
    }

    /// What can be done on its page; the link follows.
    fn page(&self) -> String {
        match self.place {
            Place::Clinic { .. } => text!("email-page"),
            Place::Video => text!("email-page-video"),
        }
    }
}

/// A message in a language that is written from right to left has invisible marks around its arguments. Around a
/// link or a code they would be copied with it, so they are taken out there.
pub(super) fn without_marks(text: String, argument: &str) -> String {
    text.replace(&format!("\u{2068}{argument}\u{2069}"), argument)
}

/// A body with this link in it, ending with a line break.
fn body_with_link(text: String, link: &str) -> String {
    without_marks(text, link) + "\n"
}

/// The e-mail with the code that confirms a hold: subject and body. Until the code is typed, it may be to somebody who
/// has nothing to do with the hold, so nothing in it was typed by whoever holds the time. It has no link: a hold without
/// an account can be confirmed only in the browser that it was made in.
pub fn code(visit: &Visit, code: &str, until: LocalTime) -> (String, String) {
    let facts = visit.facts_without_person();
    let body = text!("email-code-body", code, until = until.clock_in_full(), facts);
    let body = without_marks(body, code) + "\n";
    (without_marks(text!("email-code-subject", code), code), body)
}

/// The e-mail about a confirmed appointment: subject and body.
pub fn confirmed(visit: &Visit) -> (String, String) {
    let body = text!(
        "email-confirmed-body",
        person = visit.person,
        facts = visit.facts_with_reference(),
        page = visit.page(),
        link = visit.link
    );
    let subject = text!("email-confirmed-subject", when = visit.when.in_full());
    (subject, body_with_link(body, visit.link))
}

/// The e-mail about a moved appointment: subject and body. `before` is the time in the last message.
pub fn moved(visit: &Visit, by: ActingRole, before: LocalTime) -> (String, String) {
    let Visit { person, doctor, link, .. } = visit;
    let who = match by {
        ActingRole::Patient => text!("email-moved-by-patient", person),
        ActingRole::Doctor => text!("email-moved-by-doctor", doctor, person),
        ActingRole::Receptionist | ActingRole::Administrator => {
            text!("email-moved-by-clinic", person)
        }
        ActingRole::System => text!("email-moved-by-system", person),
    };
    let body = text!(
        "email-moved-body",
        who,
        facts = visit.facts_with_reference(),
        before = before.in_full(),
        page = visit.page(),
        link
    );
    let subject = text!("email-moved-subject", when = visit.when.in_full());
    (subject, body_with_link(body, link))
}

/// The e-mail about a cancelled appointment: subject and body. `before` is the time in the last message, if the
/// appointment was moved since.
pub fn cancelled(
    visit: &Visit,
    by: ActingRole,
    reason: Option<&str>,
    before: Option<LocalTime>,
) -> (String, String) {
    let Visit { person, doctor, link, .. } = visit;
    let who = match by {
        ActingRole::Patient => text!("email-cancelled-by-patient", person),
        ActingRole::Doctor => text!("email-cancelled-by-doctor", doctor, person),
        ActingRole::Receptionist | ActingRole::Administrator => {
            text!("email-cancelled-by-clinic", person)
        }
        ActingRole::System => text!("email-cancelled-by-system", person),
    };
    let reason = reason.map(|reason| text!("email-cancelled-reason", reason));
    let before = before.map(|before| text!("email-cancelled-before", before = before.in_full()));
    let details: Vec<String> =
        [reason, Some(visit.facts_with_reference()), before].into_iter().flatten().collect();
    let body = text!("email-cancelled-body", who, details = details.join("\n\n"), link);
    let subject = text!("email-cancelled-subject", when = visit.when.in_full());
    (subject, body_with_link(body, link))
}

#[cfg(test)]
mod tests {
    use nadi::formatting;

    use super::*;

    const WHEN: &str = "Tue, 24 Nov 2026, 10:20–10:40, Kolkata time (IST, UTC+05:30)";
    const BEFORE: &str = "Mon, 23 Nov 2026, 17:30, Auckland time (NZDT, UTC+13:00)";
    const CLINIC: Place<'static> =
        Place::Clinic { name: "Panjim Clinic", address: "1 Church Road", city: "Panjim" };

    fn local(at: &str, zone: &str) -> LocalTime {
        LocalTime::new(at.parse().expect("an instant"), formatting::zone(zone).expect("a zone"))
    }

    fn before() -> LocalTime {
        local("2026-11-23T04:30:00Z", "Pacific/Auckland")
    }

    /// The hold's end, on a day on which the clocks in Berlin are still ahead.
    fn until() -> LocalTime {
        local("2026-10-24T08:05:00Z", "Europe/Berlin")
    }

    fn visit(place: Place<'static>) -> Visit<'static> {
        let at = |text: &str| text.parse().expect("an instant");
        let kolkata = formatting::zone("Asia/Kolkata").expect("a zone");
        Visit {
            person: "Mira Naik",
            doctor: "Dr Asha Rao",
            when: LocalTimes::new(at("2026-11-24T04:50:00Z"), at("2026-11-24T05:10:00Z"), kolkata),
            place,
            reference: "ND-7K2M",
            link: "https://nadi.example/appointments/1",
        }
    }

    /// All mails of a visit, with everybody who can have caused them.
    fn all(place: Place<'static>) -> Vec<(String, String)> {
        let visit = visit(place);
        let mut all = vec![code(&visit, "12345678", until()), confirmed(&visit)];
        for by in ActingRole::ALL {
            all.push(moved(&visit, by, before()));
            for reason in [None, Some("The doctor is ill")] {
                for before in [None, Some(before())] {
                    all.push(cancelled(&visit, by, reason, before));
                }
            }
        }
        all
    }

    #[test]
    fn every_mail_says_for_whom_with_whom_when_and_where() {
        for (subject, body) in all(CLINIC) {
            // Whoever asked for a code may be a stranger, who can write anything as a name.
            let with_code = subject.contains("code");
            assert_eq!(body.contains("Patient: Mira Naik\n"), !with_code, "{body}");
            assert_eq!(body.contains("Mira"), !with_code, "{body}");
            for part in [
                "Doctor: Dr Asha Rao\n",
                "When: Tue, 24 Nov 2026, 10:20–10:40, Kolkata time (IST, UTC+05:30)\n",
                "Where: Panjim Clinic, 1 Church Road, Panjim\n",
            ] {
                assert!(body.contains(part), "{part} is missing in\n{body}");
            }
            let has_link = body.contains("https://nadi.example/appointments/1\n");
            assert_eq!(has_link, !with_code, "{body}");
            assert!(!body.to_lowercase().contains("video"), "{body}");
            assert!(subject.contains(WHEN) || with_code, "{subject}");
        }
    }

    #[test]
    fn every_mail_of_a_video_visit_says_so_and_names_no_street() {
        for (_, body) in all(Place::Video) {
            assert!(body.contains("Where: Video appointment, not at the clinic\n"), "{body}");
            assert!(!body.contains("Church Road") && !body.contains("Panjim"), "{body}");
            let is_on = !body.contains("cancelled the") && !body.contains("was cancelled");
            let can_change = is_on && !body.contains("code");
            assert_eq!(body.contains(&text!("email-page-video")), can_change, "{body}");
            let with_code = is_on && !can_change;
            let has_link = body.contains("https://nadi.example/appointments/1\n");
            assert_eq!(has_link, !with_code, "{body}");
        }
    }

    #[test]
    fn a_city_is_not_repeated() {
        let place =
            Place::Clinic { name: "Centre", address: "12 High Street, Leeds", city: "Leeds" };
        assert!(confirmed(&visit(place)).1.contains("Where: Centre, 12 High Street, Leeds\n"));
    }

    #[test]
    fn a_mail_says_who_moved_or_cancelled() {
        for (by, who) in [
            (ActingRole::Patient, "You have rescheduled the appointment for Mira Naik. "),
            (ActingRole::Doctor, "Dr Asha Rao has rescheduled the appointment for Mira Naik. "),
            (
                ActingRole::Administrator,
                "The clinic has rescheduled the appointment for Mira Naik. ",
            ),
            (ActingRole::System, "The appointment for Mira Naik was rescheduled. "),
        ] {
            let (subject, body) = moved(&visit(CLINIC), by, before());
            assert_eq!(subject, format!("Appointment rescheduled: {WHEN}"));
            assert!(body.starts_with(who), "{body}");
            assert!(body.contains(&format!("The old time was {BEFORE}.")), "{body}");
            let (subject, body) = cancelled(&visit(CLINIC), by, None, None);
            assert_eq!(subject, format!("Appointment cancelled: {WHEN}"));
            assert!(body.starts_with(who.replace("rescheduled", "cancelled").trim_end()), "{body}");
        }
    }

    #[test]
    fn a_cancellation_gives_the_reason_and_the_last_announced_time() {
        let mail = |reason, before| cancelled(&visit(CLINIC), ActingRole::Doctor, reason, before).1;
        let plain = mail(None, None);
        assert!(!plain.contains("Reason") && !plain.contains("rescheduled"), "{plain}");
        let full = mail(Some("The doctor is ill"), Some(before()));
        assert!(full.contains("Reason: The doctor is ill\n"), "{full}");
        let known = format!("In our last e-mail, the time was {BEFORE}.");
        assert!(full.contains(&known), "{full}");
    }

    #[test]
    fn a_code_is_in_subject_and_body() {
        let (subject, body) = code(&visit(CLINIC), "12345678", until());
        assert_eq!(subject, "12345678 is your Nadi code");
        assert!(body.starts_with("Your code is 12345678\n"), "{body}");
        assert!(
            body.contains(
                "held for you, and the code works, until 10:05, Berlin time (CEST, UTC+02:00)."
            ),
            "{body}"
        );
    }

    #[test]
    fn a_link_or_code_has_no_invisible_marks_around_it() {
        let text = without_marks("See \u{2068}https://a\u{2069}.".into(), "https://a");
        assert_eq!(text, "See https://a.");
    }
}
