//! Visitors: browsers that hold a time before anybody has signed in.
//!
//! A visitor has an account of its own, which nobody can sign in to. It owns the hold, and has the name and the address
//! that were typed. It never becomes a real account: when a code has proven the address, the appointment moves to the
//! account of that address ([`find_destination`], [`settle`]), which is made if there is none.

use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use nadi::actor::{ActingRole, Caller, Owner, Visitor};
use nadi::appointment::Refusal;
use nadi::events::{NewEvent, PersonEvent};
use nadi::ids::{AccountId, PersonId};
use nadi::input::{Email, line};
use nadi::ports::{Contact, DEPENDANTS_MAX, KnownAccount, PatientName};
use nadi::{Failure, Field, FieldProblem, retention, text};
use sqlx::PgConnection;

use crate::accounts::address_limits;
use crate::accounts::addresses::{self, NewAccount};
use crate::accounts::adoption;
use crate::accounts::consents;
use crate::accounts::people::must_be_a_birth_date;
use crate::accounts::store::visitors as rows;
use crate::accounts::store::{self, PersonRow};
use crate::codes::CodeKey;
use crate::database::DELETED_AT_ONCE;
use crate::events;
use crate::events::Author;
use crate::ids::uuid_v7;
use crate::limits::{Limit, rules};
use crate::state::AppState;
use crate::use_case::{Fault, Outcome};

const NAME_CHARS_MAX: u32 = 100;
/// When a visitor's rows are deleted. The cookie is gone by then.
const KEPT_FOR: Duration = Duration::days(retention::VISITOR);
/// How many codes the holds of visitors send to one address in an hour, and in a day, so that nobody is flooded with
/// them and few can be guessed. They are counted apart from the codes for signing in: whoever is kept from booking in
/// this way by somebody else can still sign in, and then book.
const CODES: [Limit; 2] =
    [Limit::new("booking-codes-of-hour", 10, HOUR), Limit::new("booking-codes-of-day", 20, DAY)];
/// How many codes that visitors type for one address may be wrong, whichever holds they are for.
const WRONG_CODES: Limit = Limit::new("wrong-booking-codes", 20, HOUR);
const HOUR: StdDuration = StdDuration::from_secs(60 * 60);
const DAY: StdDuration = StdDuration::from_secs(24 * 60 * 60);

/// The visitor with this secret: the random bytes of its cookie. The ids are derived with the server's key, so that they
/// cannot be used to make the cookie.
pub fn visitor_of(key: &CodeKey, secret: &[u8; 16]) -> Visitor {
    let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let id = |purpose: &str| {
        let hash = key.fingerprint(purpose, &secret);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    };
    Visitor {
        account: AccountId(id("visitor account 1")),
        person: PersonId(id("visitor person 1")),
    }
}

/// Makes the rows of a visitor who is about to hold a time, unless there are some.
///
/// # Errors
/// When the database does not answer.
pub async fn make_rows(
    app_state: &AppState,
    visitor: Owner,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let mut connection = app_state.write.0.acquire().await?;
    rows::make_rows(&mut connection, visitor, app::i18n::current().code(), now).await
}

/// A contact with its names in the form in which they are stored.
///
/// # Errors
/// `Invalid`, with all problems; those of the patient's name are problems of [`Field::Person`].
pub fn clean_contact(typed: &Contact, now: DateTime<Utc>) -> Outcome<Contact> {
    let mut problems = Vec::new();
    let name = kept(line(Field::Name, &typed.name, NAME_CHARS_MAX), &mut problems);
    let patient = typed.patient.as_ref().map(|patient| {
        if let Some(date) = patient.birth_date
            && let Err(Fault::Failure(Failure::Invalid(found))) = must_be_a_birth_date(date, now)
        {
            problems.extend(found);
        }
        let name = kept(line(Field::Person, &patient.name, NAME_CHARS_MAX), &mut problems);
        PatientName { name, birth_date: patient.birth_date }
    });
    if !problems.is_empty() {
        return Err(Failure::Invalid(problems).into());
    }
    Ok(Contact { name, email: typed.email.clone(), patient })
}

fn kept(read: Result<String, FieldProblem>, problems: &mut Vec<FieldProblem>) -> String {
    read.unwrap_or_else(|problem| {
        problems.push(problem);
        String::new()
    })
}

/// What a visitor has typed so far, for a hold that is for this person. `None` without an address.
///
/// # Errors
/// When the database does not answer.
pub async fn contact(
    connection: &mut PgConnection,
    visitor: AccountId,
    person: PersonId,
) -> Outcome<Option<Contact>> {
    let Some(typed) = rows::typed(connection, visitor, person).await? else { return Ok(None) };
    let Some(email) = typed.email else { return Ok(None) };
    let email = Email::parse(&email)
        .map_err(|_| Fault::Broken("a visitor's address cannot be read".into()))?;
    let birth_date = typed.patient_birth_date;
    let patient = typed.patient_name.map(|name| PatientName { name, birth_date });
    Ok(Some(Contact { name: typed.name, email, patient }))
}

/// Whether the visitor can have this patient.
///
/// # Errors
/// When the database does not answer.
pub async fn has_room(
    connection: &mut PgConnection,
    visitor: AccountId,
    contact: &Contact,
) -> Outcome<bool> {
    let Some(patient) = &contact.patient else { return Ok(true) };
    let people = store::of_account(connection, visitor).await?;
    Ok(!matches!(find_patient(&people, patient), Room::Full))
}

/// Writes what a visitor has typed, which must be clean. Returns the person that the hold is for.
///
/// # Errors
/// `TooManyPeople`.
pub async fn save_contact(
    connection: &mut PgConnection,
    visitor: Owner,
    contact: &Contact,
    now: DateTime<Utc>,
) -> Outcome<PersonId> {
    let locale = app::i18n::current().code();
    let email = contact.email.as_str();
    rows::set_contact(connection, visitor, &contact.name, email, locale).await?;
    let Some(patient) = &contact.patient else { return Ok(visitor.person) };
    let people = store::of_account(connection, visitor.account).await?;
    match find_patient(&people, patient) {
        Room::Known(person) => Ok(person),
        Room::Free => {
            let person = PersonId(uuid_v7(now));
            let date = patient.birth_date;
            store::insert_dependant(connection, visitor.account, person, &patient.name, date, now)
                .await?;
            Ok(person)
        }
        Room::Full => Err(Refusal::TooManyPeople.into()),
    }
}

/// Counts a code that is about to be sent to this address.
///
/// # Errors
/// `TooManyTries`.
pub fn count_code(app_state: &AppState, caller: &Caller, contact: &Contact) -> Outcome<()> {
    let email = contact.email.as_str();
    let trying = address_limits::of_browser(app_state, caller, email);
    for limit in &CODES {
        address_limits::count(app_state, caller, limit, trying)?;
    }
    if trying.is_known { Ok(()) } else { rules::count_code(app_state, caller, email) }
}

/// Counts a code that was typed for this address, if it is wrong. `is_first`: it is the first try of this code.
///
/// Whether a try is refused never depends on whether its code is right: otherwise the refusal would tell. A wrong one
/// that is not refused must be written as a try of its code, so that the next one is not the first again.
///
/// # Errors
/// `TooManyTries` when too many were wrong, also for the right code; `Refused` with `CodeSpent`.
pub fn count_try(
    app_state: &AppState,
    caller: &Caller,
    contact: &Contact,
    is_first: bool,
    is_right: bool,
) -> Outcome<()> {
    let trying = address_limits::of_browser(app_state, caller, contact.email.as_str());
    address_limits::check(app_state, caller, &WRONG_CODES, trying)?;
    if !trying.is_known {
        rules::may_try(app_state, caller, &rules::WRONG_CODES)?;
        if !is_first {
            address_limits::may_try_code(app_state, caller, trying)?;
        }
    }
    if !is_right {
        // What others have tried does not refuse this one, as it would not refuse the right code.
        let _ = address_limits::count(app_state, caller, &WRONG_CODES, trying);
        if !trying.is_known {
            address_limits::code_was_wrong(app_state, caller, trying);
        }
    }
    Ok(())
}

/// Where a visitor's appointment moves to when its address is proven. The address is locked until the transaction
/// ends, and so is the account, if there is one.
#[derive(Clone, Copy, Debug)]
pub struct Destination {
    /// `None`: the address has no account yet.
    pub account: Option<AccountId>,
    /// `None`: the account does not have this person yet.
    pub person: Option<PersonId>,
    /// The account can have no further person.
    pub is_full: bool,
}

/// Finds where the appointment moves to. An account that was registered with the address before addresses had to be
/// proven belongs to whoever has proven it from now on, whether or not the appointment fits in there. `None`: the
/// account has just got another address, and the transaction must be run again.
///
/// # Errors
/// When the database does not answer.
pub async fn find_destination(
    connection: &mut PgConnection,
    contact: &Contact,
    now: DateTime<Utc>,
) -> Outcome<Option<Destination>> {
    let email = contact.email.as_str();
    addresses::lock_address(connection, email).await?;
    let mut account = addresses::account_of_address(connection, email).await?;
    if account.is_none() {
        let locale = app::i18n::current().code();
        let adopted = adoption::adopt(connection, email, &contact.name, None, locale, now).await?;
        account = adopted.map(|(account, _)| account);
        if let Some(account) = account {
            consents::record(connection, account, locale, now).await?;
        }
    }
    let Some(account) = account else {
        return Ok(Some(Destination { account: None, person: None, is_full: false }));
    };
    let locked = store::lock_account(connection, account).await?;
    // While this waited for the lock, it may have been deleted, or its address may have changed.
    if locked.is_none_or(|locked| locked.email.as_deref() != Some(email)) {
        return Ok(None);
    }
    let people = store::of_account(connection, account).await?;
    let room = match &contact.patient {
        Some(patient) => find_patient(&people, patient),
        None => {
            let owner = people.iter().find(|person| person.relation == "self");
            let owner = owner.ok_or_else(|| Fault::Broken("an account without owner".into()))?;
            Room::Known(PersonId(owner.id))
        }
    };
    Ok(Some(Destination {
        account: Some(account),
        person: if let Room::Known(person) = room { Some(person) } else { None },
        is_full: matches!(room, Room::Full),
    }))
}

/// Makes the account and the person that are missing. Returns those that have the appointment from now on.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(
    connection: &mut PgConnection,
    contact: &Contact,
    destination: Destination,
    now: DateTime<Utc>,
) -> Outcome<(AccountId, PersonId)> {
    let (account, owner) = match destination.account {
        Some(account) => (account, destination.person),
        None => {
            let new = NewAccount {
                name: &contact.name,
                email: contact.email.as_str(),
                password_hash: None,
                locale: app::i18n::current().code(),
                has_agreed: true,
            };
            let (account, owner) = addresses::make_account(connection, &new, now).await?;
            (account, contact.patient.is_none().then_some(owner))
        }
    };
    if let Some(person) = owner {
        return Ok((account, person));
    }
    let patient = contact.patient.as_ref();
    let patient = patient.ok_or_else(|| Fault::Broken("an account without owner".into()))?;
    let person = PersonId(uuid_v7(now));
    store::insert_dependant(connection, account, person, &patient.name, patient.birth_date, now)
        .await?;
    let event = NewEvent::person(PersonEvent::Added, person, account);
    let by = Author::new(ActingRole::Patient, account);
    events::record(connection, &event, by, now).await?;
    Ok((account, person))
}

/// Whether a patient is among an account's people.
enum Room {
    Known(PersonId),
    /// No, but there is room for them.
    Free,
    Full,
}

/// The same name, whatever its case, and the same birth date is the same patient.
fn find_patient(people: &[PersonRow], patient: &PatientName) -> Room {
    let compared = |name: &str| text::normalize(name).to_lowercase();
    let name = compared(&patient.name);
    let dependants = || people.iter().filter(|person| person.relation != "self");
    let is_patient =
        |row: &&PersonRow| compared(&row.name) == name && row.birth_date == patient.birth_date;
    match dependants().find(is_patient) {
        Some(row) => Room::Known(PersonId(row.id)),
        None if dependants().count() < DEPENDANTS_MAX => Room::Free,
        None => Room::Full,
    }
}

/// The account with this id, if nothing but a code is needed to sign in to it.
///
/// # Errors
/// When the database does not answer.
pub async fn protected_by_code_only(
    connection: &mut PgConnection,
    account: AccountId,
) -> sqlx::Result<Option<KnownAccount>> {
    rows::protected_by_code_only(connection, account).await
}

/// Deletes some visitors of two days ago who hold nothing, and with them what they typed. Returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn tidy(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    rows::delete_old(&mut connection, app_state.clock.now() - KEPT_FOR, DELETED_AT_ONCE).await
}
