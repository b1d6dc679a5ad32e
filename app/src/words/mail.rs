//! The texts of e-mails. They name the doctor, the time and the place, and nothing about anyone's health.
//!
//! All arguments are words already: `when` is a line such as
//! `Tuesday 24 November 2026, 10:20–10:40, Kolkata time (IST, UTC+05:30)`.

/// The code that confirms a hold. Subject and body.
pub fn code(
    doctor: &str,
    when: &str,
    place: &str,
    code: &str,
    until: &str,
    link: &str,
) -> (String, String) {
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
pub fn confirmed(
    doctor: &str,
    when: &str,
    place: &str,
    reference: &str,
    link: &str,
) -> (String, String) {
    let body = format!(
        "Your appointment is confirmed.\n\n\
         {doctor}\n{when}\n{place}\nReference: {reference}\n\n\
         See it, or cancel it, here:\n{link}\n"
    );
    (format!("Confirmed: {when}"), body)
}

/// An appointment is cancelled. Subject and body.
pub fn cancelled(
    doctor: &str,
    when: &str,
    place: &str,
    reference: &str,
    link: &str,
) -> (String, String) {
    let body = format!(
        "Your appointment is cancelled. You do not need to do anything.\n\n\
         {doctor}\n{when}\n{place}\nReference: {reference}\n\n\
         Find another time here:\n{link}\n"
    );
    (format!("Cancelled: {when}"), body)
}
