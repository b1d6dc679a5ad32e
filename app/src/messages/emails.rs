//! The texts of e-mails. They contain the person, the doctor, the time and the place, but nothing about
//! anyone's health.

use crate::i18n::{LocalTimeText as _, LocalTimesText as _};
use nadi::actor::ActingRole;
use nadi::local_time::{LocalTime, LocalTimes};

use super::place::address;

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
        let Visit { person, doctor, .. } = self;
        let when = self.when.in_full();
        let place = match self.place {
            Place::Clinic { name, address: street, city } => {
                format!("{name}, {}", address(street, city))
            }
            Place::Video => "By video, not at the clinic".into(),
        };
        format!("For: {person}\nWith: {doctor}\nWhen: {when}\nWhere: {place}")
    }

    /// The link to its page, and what can be done there.
    fn page(&self) -> String {
        let link = self.link;
        match self.place {
            Place::Clinic { .. } => format!("See it, move it or cancel it here:\n{link}"),
            Place::Video => format!(
                "The details of the video visit are on the appointment's page. \
                 You can move or cancel it there, too:\n{link}"
            ),
        }
    }

    /// `You have moved the appointment for Mira.`; `done` is a participle such as `moved`.
    fn who(&self, by: ActingRole, done: &str) -> String {
        let Visit { person, doctor, .. } = self;
        match by {
            ActingRole::Patient => format!("You have {done} the appointment for {person}."),
            ActingRole::Doctor => format!("{doctor} has {done} the appointment for {person}."),
            ActingRole::Administrator => {
                format!("The clinic has {done} the appointment for {person}.")
            }
            ActingRole::System => format!("The appointment for {person} was {done}."),
        }
    }
}

/// The e-mail with the code that confirms a hold: subject and body.
pub fn code(visit: &Visit, code: &str, until: LocalTime) -> (String, String) {
    let (facts, link, until) = (visit.facts(), visit.link, until.clock_in_full());
    let page = match visit.place {
        Place::Clinic { .. } => link.to_owned(),
        Place::Video => {
            format!("Its page, where you also find the details of the video visit:\n{link}")
        }
    };
    let body = format!(
        "Your code is {code}\n\n\
         Enter it to confirm this appointment. The time is held for you until {until}.\n\n\
         {facts}\n\n\
         {page}\n\n\
         Did you not ask for this? Then do nothing: the time becomes free again by itself, \
         and nobody can use the code without your account.\n"
    );
    (format!("{code} is your Nadi code"), body)
}

/// The e-mail about a confirmed appointment: subject and body.
pub fn confirmed(visit: &Visit) -> (String, String) {
    let (facts, page) = (visit.facts(), visit.page());
    let Visit { person, reference, .. } = visit;
    let when = visit.when.in_full();
    let body = format!(
        "The appointment for {person} is confirmed.\n\n\
         {facts}\nReference: {reference}\n\n\
         {page}\n"
    );
    (format!("Confirmed: {when}"), body)
}

/// The e-mail about a moved appointment: subject and body. `before` is the time in the last message.
pub fn moved(visit: &Visit, by: ActingRole, before: LocalTime) -> (String, String) {
    let (who, facts, page) = (visit.who(by, "moved"), visit.facts(), visit.page());
    let (when, before, reference) = (visit.when.in_full(), before.in_full(), visit.reference);
    let body = format!(
        "{who} This is the new time:\n\n\
         {facts}\nReference: {reference}\n\n\
         Before, it was on {before}. That time is no longer yours.\n\n\
         {page}\n"
    );
    (format!("Moved: {when}"), body)
}

/// The e-mail about a cancelled appointment: subject and body. `before` is the time in the last message, if the
/// appointment was moved since.
pub fn cancelled(
    visit: &Visit,
    by: ActingRole,
    reason: Option<&str>,
    before: Option<LocalTime>,
) -> (String, String) {
    let (who, facts) = (visit.who(by, "cancelled"), visit.facts());
    let Visit { reference, link, .. } = visit;
    let when = visit.when.in_full();
    let reason = reason.map(|reason| format!("The reason given: {reason}\n\n")).unwrap_or_default();
    let before = before
        .map(|before| {
            let before = before.in_full();
            format!("It had just been moved. The time we last wrote to you was {before}.\n\n")
        })
        .unwrap_or_default();
    let body = format!(
        "{who} You do not need to do anything.\n\n\
         {reason}{facts}\nReference: {reference}\n\n\
         {before}Find another time here:\n{link}\n"
    );
    (format!("Cancelled: {when}"), body)
}

#[cfg(test)]
mod tests {
    use nadi::formatting;

    use super::*;

    const WHEN: &str = "Tue 24 Nov 2026, 10:20–10:40, Kolkata time (IST, UTC+05:30)";
    const BEFORE: &str = "Mon 23 Nov 2026, 17:30, Auckland time (NZDT, UTC+13:00)";
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
        let mut all = vec![code(&visit, "123456", until()), confirmed(&visit)];
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
            for part in [
                "For: Mira Naik\n",
                "With: Dr Asha Rao\n",
                "When: Tue 24 Nov 2026, 10:20–10:40, Kolkata time (IST, UTC+05:30)\n",
                "Where: Panjim Clinic, 1 Church Road, Panjim\n",
                "https://nadi.example/appointments/1\n",
            ] {
                assert!(body.contains(part), "{part} is missing in\n{body}");
            }
            assert!(!body.to_lowercase().contains("video"), "{body}");
            assert!(subject.contains(WHEN) || subject.contains("code"), "{subject}");
        }
    }

    #[test]
    fn every_mail_of_a_video_visit_says_so_and_names_no_street() {
        for (_, body) in all(Place::Video) {
            assert!(body.contains("Where: By video, not at the clinic\n"), "{body}");
            assert!(!body.contains("Church Road") && !body.contains("Panjim"), "{body}");
            let is_on = !body.contains("cancelled the") && !body.contains("was cancelled");
            assert_eq!(
                body.contains("the details of the video visit"),
                is_on && body.contains("code"),
                "{body}"
            );
            assert_eq!(
                body.contains("The details of the video visit are on"),
                is_on && !body.contains("code"),
                "{body}"
            );
            assert!(body.contains("https://nadi.example/appointments/1\n"), "{body}");
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
            (ActingRole::Patient, "You have moved the appointment for Mira Naik. "),
            (ActingRole::Doctor, "Dr Asha Rao has moved the appointment for Mira Naik. "),
            (ActingRole::Administrator, "The clinic has moved the appointment for Mira Naik. "),
            (ActingRole::System, "The appointment for Mira Naik was moved. "),
        ] {
            let (subject, body) = moved(&visit(CLINIC), by, before());
            assert_eq!(subject, format!("Moved: {WHEN}"));
            assert!(body.starts_with(who), "{body}");
            assert!(body.contains(&format!("Before, it was on {BEFORE}.")), "{body}");
            let (subject, body) = cancelled(&visit(CLINIC), by, None, None);
            assert_eq!(subject, format!("Cancelled: {WHEN}"));
            assert!(body.starts_with(&who.replace("moved", "cancelled")), "{body}");
        }
    }

    #[test]
    fn a_cancellation_gives_the_reason_and_the_last_announced_time() {
        let mail = |reason, before| cancelled(&visit(CLINIC), ActingRole::Doctor, reason, before).1;
        let plain = mail(None, None);
        assert!(!plain.contains("reason") && !plain.contains("moved"), "{plain}");
        let full = mail(Some("The doctor is ill"), Some(before()));
        assert!(full.contains("The reason given: The doctor is ill\n"), "{full}");
        let known = format!("The time we last wrote to you was {BEFORE}.");
        assert!(full.contains(&known), "{full}");
    }

    #[test]
    fn a_code_is_in_subject_and_body() {
        let (subject, body) = code(&visit(CLINIC), "123456", until());
        assert_eq!(subject, "123456 is your Nadi code");
        assert!(body.starts_with("Your code is 123456\n"), "{body}");
        assert!(
            body.contains("held for you until 10:05, Berlin time (CEST, UTC+02:00)."),
            "{body}"
        );
    }
}
