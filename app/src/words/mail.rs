//! The texts of e-mails. They name the doctor, the time and the place, and nothing about anyone's health.

/// A visit in words.
pub struct Visit<'a> {
    pub doctor: &'a str,
    /// Such as `Tuesday 24 November 2026, 10:20–10:40, Kolkata time (IST, UTC+05:30)`.
    pub when: &'a str,
    pub place: &'a str,
    pub reference: &'a str,
    /// To its page.
    pub link: &'a str,
}

/// The code that confirms a hold. Subject and body.
pub fn code(visit: &Visit, code: &str, until: &str) -> (String, String) {
    let Visit { doctor, when, place, link, .. } = visit;
    let body = format!(
        "Your code is {code}\n\n\
         Enter it to confirm this appointment. The time is held for you until {until}.\n\n\
         {doctor}\n{when}\n{place}\n\n\
         {link}\n\n\
         Did you not ask for this? Then do nothing: the time becomes free again by itself, \
         and nobody can use the code without your account.\n"
    );
    (format!("{code} is your Nadi code"), body)
}

/// An appointment is confirmed. Subject and body.
pub fn confirmed(visit: &Visit) -> (String, String) {
    let Visit { doctor, when, place, reference, link } = visit;
    let body = format!(
        "Your appointment is confirmed.\n\n\
         {doctor}\n{when}\n{place}\nReference: {reference}\n\n\
         See it, move it or cancel it here:\n{link}\n"
    );
    (format!("Confirmed: {when}"), body)
}

/// An appointment has another time. Subject and body.
pub fn moved(visit: &Visit, before: &str) -> (String, String) {
    let Visit { doctor, when, place, reference, link } = visit;
    let body = format!(
        "Your appointment has moved. This is its new time:\n\n\
         {doctor}\n{when}\n{place}\nReference: {reference}\n\n\
         Before, it was on {before}. That time is no longer yours.\n\n\
         See it, move it or cancel it here:\n{link}\n"
    );
    (format!("Moved: {when}"), body)
}

/// An appointment is cancelled. Subject and body.
pub fn cancelled(visit: &Visit, reason: Option<&str>) -> (String, String) {
    let Visit { doctor, when, place, reference, link } = visit;
    let reason = reason.map(|reason| format!("The reason given: {reason}\n\n")).unwrap_or_default();
    let body = format!(
        "Your appointment is cancelled. You do not need to do anything.\n\n\
         {reason}{doctor}\n{when}\n{place}\nReference: {reference}\n\n\
         Find another time here:\n{link}\n"
    );
    (format!("Cancelled: {when}"), body)
}
