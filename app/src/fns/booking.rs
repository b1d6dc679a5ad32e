//! Holding a time, and every change of an appointment.
//!
//! Every form carries a hidden `key`, so that a double click or a retry has one effect, and, where
//! it matters what people saw, the `version` they saw.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Holds a time, then leads to the appointment: for the signed-in account or someone it looks after, or for a visitor,
/// who says later whom it is for. `back` is the page of the form.
///
/// The pages that visitors choose a time on are the same for everybody, so they set no cookie and carry no key. The
/// form of such a page is led to `/book`, which does both; `tried` says that it comes from there.
#[server(prefix = "/fn", endpoint = "hold")]
pub async fn hold(
    slot: String,
    #[server(default)] visit_type: String,
    #[server(default)] person: String,
    #[server(default)] back: String,
    #[server(default)] key: String,
    #[server(default)] tried: String,
) -> Result<(), FormFailure> {
    use nadi::actor::Actor;
    use nadi::appointment::Refusal;
    use nadi::idempotency::IdempotencyKey;
    let (caller, ports) = super::request()?;
    let wish = nadi::ports::HoldRequest {
        slot: slot.parse().map_err(|_| Refusal::NotOffered)?,
        visit_type: super::parse_optional_id(&visit_type)?,
        person: super::parse_optional_id(&person)?,
    };
    // Only an account has people to choose from: its session has ended.
    if wish.person.is_some() && caller.signed_in().is_err() {
        let back = crate::links::with(nadi::input::return_path(&back), "person", &person);
        super::or_sign_in(caller.signed_in(), &back)?;
        return Ok(());
    }
    let key = IdempotencyKey::of_form(&key);
    let is_known = match caller.actor {
        Actor::Account(_) => true,
        Actor::Visitor(visitor) => visitor.is_some() && key.is_some(),
    };
    if !is_known {
        super::redirect(&crate::links::book(&slot, &visit_type, &back, !tried.is_empty()));
        return Ok(());
    }
    let held = ports.bookings.hold(&caller, &wish, key.as_ref()).await;
    if let Some(held) = super::or_sign_in(held, &back)? {
        super::redirect(&crate::links::appointment(&held.id.to_string()));
    }
    Ok(())
}

/// Changes an appointment, then redirects to its page with `done` in the URL.
#[cfg(feature = "ssr")]
async fn change(
    id: &str,
    change: nadi::ports::Change,
    seen: nadi::ports::Seen,
    key: &str,
    done: &str,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::appointment(id);
    let id = super::parse_id(id)?;
    let key = nadi::idempotency::IdempotencyKey::of_form(key);
    let changed = ports.bookings.change(&caller, id, &change, &seen, key.as_ref()).await;
    if super::or_sign_in(changed, &page)?.is_some() {
        super::redirect(&format!("{page}?done={done}"));
    }
    Ok(())
}

/// Extends a hold. The button may send a form that is half filled in; the page shows what was typed in it again.
#[server(prefix = "/fn", endpoint = "extend")]
pub async fn extend(id: String, #[server(default)] key: String) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    let done = format!("extended&{}", crate::context::SHOWS_TYPED);
    change(&id, Change::Extend, Seen::Any, &key, &done).await
}

/// Confirms a hold with its code, or without one where the configuration does not ask for it.
#[server(prefix = "/fn", endpoint = "confirm")]
pub async fn confirm(
    id: String,
    #[server(default)] code: String,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    let (caller, ports) = super::request()?;
    let page = crate::links::appointment(&id);
    let code = match code.trim() {
        "" => None,
        code => Some(nadi::input::Code::parse(code)?),
    };
    let id = super::parse_id(&id)?;
    let key = nadi::idempotency::IdempotencyKey::of_form(&key);
    let confirm = Change::Confirm { code: code.clone() };
    let confirmed = ports.bookings.change(&caller, id, &confirm, &Seen::Any, key.as_ref()).await;
    if super::or_sign_in(confirmed, &page)?.is_none() {
        return Ok(());
    }
    // Someone new is signed in to the account that the code has proven. The appointment is confirmed whatever comes
    // of this: at worst they sign in by themselves.
    if caller.signed_in().is_err()
        && let Some(code) = &code
        && let Ok(Some(account)) = ports.bookings.account_after_confirming(&caller, id, code).await
    {
        crate::context::session()?.start(&account).await.ok();
    }
    super::redirect(&format!("{page}?done=confirmed"));
    Ok(())
}

/// Sends a code for a hold, or a new one. The form of a visitor says with it who they are and, in `whom`, whether
/// the visit is for themselves (`me`) or for somebody else.
#[server(prefix = "/fn", endpoint = "send_code")]
pub async fn send_code(
    id: String,
    #[server(default)] whom: String,
    #[server(default)] name: String,
    #[server(default)] email: String,
    #[server(default)] patient_name: String,
    #[server(default)] birth_date: String,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    let contact = match whom.as_str() {
        "" => None,
        whom => {
            let patient = (whom != "me").then_some((patient_name.as_str(), birth_date.as_str()));
            Some(typed::contact(&name, &email, patient).map_err(nadi::Failure::Invalid)?)
        }
    };
    change(&id, Change::SendCode { contact }, Seen::Any, &key, "code-sent").await
}

/// Releases a visitor's hold, then leads to signing in, and from there to the doctor's page with the same time chosen.
///
/// The hold cannot move to the account: until somebody has signed in, nobody knows which one that is. If it stayed, it
/// would be in the way of that account's own hold, and would count as taken by somebody else. So it is given back
/// first, and the page says that the time is not held meanwhile.
#[server(prefix = "/fn", endpoint = "sign_in_to_book")]
pub async fn sign_in_to_book(
    id: String,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::appointment::State;
    use nadi::idempotency::IdempotencyKey;
    use nadi::local_time::LocalTime;
    use nadi::ports::{Change, Seen};
    let (caller, ports) = super::request()?;
    let id = super::parse_id(&id)?;
    let page = crate::links::page("/appointments");
    let visit = ports.bookings.appointment(&caller, id).await;
    let Some(visit) = super::or_sign_in(visit, &page)? else { return Ok(()) };
    // Only a hold is given back: another window may have confirmed it.
    if visit.state == State::Pending {
        let (cancel, seen) = (Change::Cancel { reason: None }, Seen::version(visit.version));
        let key = IdempotencyKey::of_form(&key);
        match ports.bookings.change(&caller, id, &cancel, &seen, key.as_ref()).await {
            Ok(_) | Err(nadi::Failure::Refused(_)) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    let starts = LocalTime::new(visit.starts_at, visit.zone);
    let path = crate::links::doctor(visit.doctor_slug.as_str());
    let kept = crate::links::Query::new().with("visit", &visit.visit_type.to_string());
    let (date, time) = (starts.date().to_string(), starts.digits());
    let chosen = crate::links::TimesPage { path, kept }.slot(&visit.slot.to_string(), &date, &time);
    super::or_sign_in(Err::<(), _>(nadi::Failure::SignInFirst), &chosen)?;
    Ok(())
}

/// Makes this browser forget what a visitor has booked with it. The appointment stays booked.
#[server(prefix = "/fn", endpoint = "forget_visit")]
pub async fn forget_visit() -> Result<(), FormFailure> {
    crate::context::session()?.forget_visitor();
    super::redirect(&crate::links::page("/"));
    Ok(())
}

/// Reads what visitors type about themselves.
#[cfg(feature = "ssr")]
mod typed {
    use nadi::calendar::parse_birth_date;
    use nadi::failure::{Field, FieldProblem};
    use nadi::input::{Email, line};
    use nadi::ports::{Contact, PatientName};

    pub const NAME_CHARS_MAX: u32 = 100;

    /// All problems at once, so that nobody corrects the form three times. `patient` is a name and a birth date.
    pub fn contact(
        name: &str,
        email: &str,
        patient: Option<(&str, &str)>,
    ) -> Result<Contact, Vec<FieldProblem>> {
        let (mut problems, mut patient_name) = (Vec::new(), None);
        let mut take = |problem: FieldProblem| problems.push(problem);
        let name = line(Field::Name, name, NAME_CHARS_MAX).map_err(&mut take);
        let email = Email::parse(email).map_err(&mut take);
        if let Some((name, birth_date)) = patient {
            let name = line(Field::PatientName, name, NAME_CHARS_MAX).map_err(&mut take);
            let birth_date = match birth_date.trim() {
                "" => Ok(None),
                text => parse_birth_date(text).map(Some).map_err(&mut take),
            };
            if let (Ok(name), Ok(birth_date)) = (name, birth_date) {
                patient_name = Some(PatientName { name, birth_date });
            }
        }
        match (name, email) {
            (Ok(name), Ok(email)) if problems.is_empty() => {
                Ok(Contact { name, email, patient: patient_name })
            }
            _ => Err(problems),
        }
    }

    #[cfg(test)]
    mod tests {
        use nadi::failure::Problem;

        use super::*;

        #[test]
        fn a_contact_is_the_visitor_and_perhaps_somebody_else() {
            let own = contact(" Asha Rao ", "Asha@Example.org", None).expect("a contact");
            assert_eq!((own.name.as_str(), own.patient), ("Asha Rao", None));
            let child = contact("Asha", "asha@example.org", Some(("Mira", "2019-04-30")));
            let child = child.expect("a contact").patient.expect("a patient");
            assert_eq!(child.name, "Mira");
            assert_eq!(
                child.birth_date.map(|date| date.to_string()).as_deref(),
                Some("2019-04-30")
            );
        }

        #[test]
        fn all_problems_are_found_at_once() {
            let found = contact("", "asha", Some(("", "soon"))).expect_err("problems");
            let fields: Vec<_> = found.iter().map(|problem| problem.field).collect();
            assert_eq!(fields, [Field::Name, Field::Email, Field::PatientName, Field::BirthDate]);
            assert_eq!(found[0].problem, Problem::Missing);
        }
    }
}

/// Releases a hold.
#[server(prefix = "/fn", endpoint = "release")]
pub async fn release(id: String, #[server(default)] key: String) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::Cancel { reason: None }, Seen::Any, &key, "released").await
}

/// Cancels a confirmed appointment, as it stood at `version`.
/// The clinic's side gives a reason.
#[server(prefix = "/fn", endpoint = "cancel")]
pub async fn cancel(
    id: String,
    version: i32,
    #[server(default)] reason: String,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    let reason = (!reason.trim().is_empty()).then_some(reason);
    change(&id, Change::Cancel { reason }, Seen::version(version), &key, "cancelled").await
}

/// Moves a confirmed appointment, as it stood at `version`, to another time of the same doctor.
#[server(prefix = "/fn", endpoint = "reschedule")]
pub async fn reschedule(
    id: String,
    version: i32,
    slot: String,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::appointment::Refusal;
    use nadi::ports::{Change, Seen};
    let slot = slot.parse().map_err(|_| Refusal::NotOffered)?;
    change(&id, Change::Reschedule { slot }, Seen::version(version), &key, "moved").await
}

/// The patient has come.
#[server(prefix = "/fn", endpoint = "check_in")]
pub async fn check_in(
    id: String,
    version: i32,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::CheckIn, Seen::version(version), &key, "checked-in").await
}

/// The visit has taken place.
#[server(prefix = "/fn", endpoint = "complete")]
pub async fn complete(
    id: String,
    version: i32,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::Complete, Seen::version(version), &key, "completed").await
}

/// The patient has not come.
#[server(prefix = "/fn", endpoint = "no_show")]
pub async fn no_show(
    id: String,
    version: i32,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::MarkNoShow, Seen::version(version), &key, "no-show").await
}

/// Undoes the last check-in, completion or no-show.
#[server(prefix = "/fn", endpoint = "reopen")]
pub async fn reopen(
    id: String,
    version: i32,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{Change, Seen};
    change(&id, Change::Reopen, Seen::version(version), &key, "reopened").await
}
