//! Reviews of visits: who may write one, until when, and how ratings are computed. Not for storing them.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::SignedIn;
use crate::appointment::{Refusal, State};
use crate::failure::{Field, FieldProblem, Problem};
use crate::ids::{ClinicId, DoctorId};
use crate::permissions::{Permission, Target};

/// How many days after a visit a review can be written or changed.
pub const REVIEW_DAYS: i64 = 90;
/// The longest review or answer.
pub const TEXT_CHARS_MAX: u32 = 2_000;
/// The longest reason for hiding a review.
pub const REASON_CHARS_MAX: u32 = 300;
/// With fewer reviews no average is shown: a single review would weigh too much.
pub const AVERAGE_FROM: u32 = 3;
/// The name shown for anonymous reviewers.
pub const NAMELESS: &str = "Patient";

/// A number of stars, from 1 (poor) to 5 (excellent).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stars(u8);

impl Stars {
    pub const MAX: u8 = 5;
    pub const ALL: [Self; 5] = [Self(1), Self(2), Self(3), Self(4), Self(5)];

    /// # Errors
    /// A problem with [`Field::Stars`] when the number is missing or out of range.
    pub fn of(number: Option<u8>) -> Result<Self, FieldProblem> {
        let problem = match number {
            None => Problem::Missing,
            Some(number @ 1..=Self::MAX) => return Ok(Self(number)),
            Some(_) => Problem::OutOfRange { min: 1, max: Self::MAX.into() },
        };
        Err(FieldProblem { field: Field::Stars, problem })
    }

    pub fn number(self) -> u8 {
        self.0
    }
}

/// The end of the time in which a visit that ended at `ends_at` can be reviewed.
pub fn review_until(ends_at: DateTime<Utc>) -> DateTime<Utc> {
    ends_at + Duration::days(REVIEW_DAYS)
}

/// Checks whether this account may write or change a review of a visit that it booked.
///
/// # Errors
/// `ConflictOfInterest` for the doctor and for those who work at the clinic, whoever the patient was; `NotCompleted`
/// unless the visit took place; `TooLateToReview` from [`review_until`] on.
pub fn may_review(
    account: &SignedIn,
    (doctor, clinic): (DoctorId, ClinicId),
    state: State,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    // Without the account that booked it: whoever may change it now works for the doctor or the clinic.
    if account.may(Permission::ChangeAppointments, &Target::doctor(doctor, clinic)).is_ok() {
        return Err(Refusal::ConflictOfInterest);
    }
    if state != State::Completed {
        return Err(Refusal::NotCompleted);
    }
    if now >= review_until(ends_at) {
        return Err(Refusal::TooLateToReview { days: REVIEW_DAYS });
    }
    Ok(())
}

/// The number of a doctor's public reviews, and the sum of their stars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    pub reviews: u32,
    pub stars_sum: u32,
}

impl Rating {
    /// The average in tenths of a star, rounded: 46 is 4.6. `None` below [`AVERAGE_FROM`] reviews. The SQL
    /// function `rating_tenths` is the same.
    pub fn average_tenths(self) -> Option<u32> {
        let (reviews, sum) = (u64::from(self.reviews), u64::from(self.stars_sum));
        let tenths = (sum * 20 + reviews).checked_div(2 * reviews)?;
        (self.reviews >= AVERAGE_FROM).then(|| u32::try_from(tenths).unwrap_or(u32::MAX))
    }
}

/// The minimum ratings that the search filter offers, in tenths of a star.
pub const LEAST_OFFERED: [u32; 4] = [45, 40, 35, 30];

/// Formats tenths of a star: `4.6`, or `4` for whole stars.
pub fn tenths(tenths: u32) -> String {
    match (tenths / 10, tenths % 10) {
        (stars, 0) => stars.to_string(),
        (stars, tenth) => format!("{stars}.{tenth}"),
    }
}

/// Parses a minimum rating such as `4` or `4.5` into tenths of a star. `None` unless it is from 1 to 5.
pub fn parse_tenths(text: &str) -> Option<u32> {
    let (stars, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let digit = |text: &str| match text.as_bytes() {
        [digit @ b'0'..=b'9'] => Some(u32::from(digit - b'0')),
        _ => None,
    };
    let tenths = digit(stars)? * 10 + digit(tenth)?;
    (10..=50).contains(&tenths).then_some(tenths)
}

/// The public name of a review's author: `Maria D.`, or [`NAMELESS`] if anonymous.
pub fn public_name(name: &str, anonymous: bool) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().filter(|_| !anonymous);
    let Some(first) = first else { return NAMELESS.to_owned() };
    let initial = words.next_back().and_then(|last| last.chars().find(|c| c.is_alphabetic()));
    match initial {
        Some(initial) => {
            let initial: String = initial.to_uppercase().collect();
            format!("{first} {initial}.")
        }
        None => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::actor::Administers;
    use crate::ids::{AccountId, PersonId};

    const DOCTOR: DoctorId = DoctorId(Uuid::from_u128(1));
    const CLINIC: ClinicId = ClinicId(Uuid::from_u128(2));

    fn patient() -> SignedIn {
        let (account, person) = (AccountId(Uuid::from_u128(3)), PersonId(Uuid::from_u128(4)));
        SignedIn::patient(account, person, "Maria".into())
    }

    #[test]
    fn nobody_reviews_themselves_or_their_own_clinic() {
        let ends = Utc.with_ymd_and_hms(2026, 11, 24, 5, 10, 0).single().expect("a time");
        let may = |who: &SignedIn| may_review(who, (DOCTOR, CLINIC), State::Completed, ends, ends);
        let doctor = |id| SignedIn { doctor: Some(id), ..patient() };
        let staff = |administers| SignedIn { administers, ..patient() };
        let refused = Err(Refusal::ConflictOfInterest);
        assert_eq!(may(&doctor(DOCTOR)), refused);
        assert_eq!(may(&staff(Administers::Clinics(vec![CLINIC]))), refused);
        assert_eq!(may(&staff(Administers::Everything)), refused);
        assert_eq!(may(&SignedIn { receptionist_of: vec![CLINIC], ..patient() }), refused);
        let other = Uuid::from_u128(9);
        assert_eq!(may(&doctor(DoctorId(other))), Ok(()));
        assert_eq!(may(&staff(Administers::Clinics(vec![ClinicId(other)]))), Ok(()));
        assert_eq!(may(&patient()), Ok(()));
    }

    #[test]
    fn a_visit_is_reviewed_after_it_took_place_and_for_ninety_days() {
        let ends = Utc.with_ymd_and_hms(2026, 11, 24, 5, 10, 0).single().expect("a time");
        for state in State::ALL {
            let at = ends + Duration::days(1);
            let may = may_review(&patient(), (DOCTOR, CLINIC), state, ends, at);
            let expected =
                if state == State::Completed { Ok(()) } else { Err(Refusal::NotCompleted) };
            assert_eq!(may, expected, "{state:?}");
        }
        let at =
            |after| may_review(&patient(), (DOCTOR, CLINIC), State::Completed, ends, ends + after);
        assert_eq!(at(-Duration::minutes(5)), Ok(()), "noted before its end");
        assert_eq!(at(Duration::days(90) - Duration::seconds(1)), Ok(()));
        assert_eq!(at(Duration::days(90)), Err(Refusal::TooLateToReview { days: 90 }));
    }

    #[test]
    fn stars_are_one_to_five() {
        assert_eq!(Stars::of(Some(5)).map(Stars::number), Ok(5));
        let problem = |number| Stars::of(number).map_err(|found| found.problem);
        assert_eq!(problem(None), Err(Problem::Missing));
        for strange in [0, 6, 255] {
            assert_eq!(problem(Some(strange)), Err(Problem::OutOfRange { min: 1, max: 5 }));
        }
    }

    #[test]
    fn an_average_is_shown_from_three_reviews_on() {
        let average = |reviews, stars_sum| Rating { reviews, stars_sum }.average_tenths();
        assert_eq!(average(0, 0), None);
        assert_eq!(average(2, 10), None);
        assert_eq!(average(3, 15), Some(50));
        assert_eq!(average(31, 143), Some(46));
        // Halves are rounded up: 4.25.
        assert_eq!(average(4, 17), Some(43));
        assert_eq!((tenths(46), tenths(40)), ("4.6".into(), "4".into()));
    }

    #[test]
    fn a_minimum_rating_is_read_exactly() {
        for (text, expected) in [("4", 40), ("4.5", 45), ("1", 10), ("5.0", 50)] {
            assert_eq!(parse_tenths(text), Some(expected), "{text}");
        }
        for strange in ["", "0", "0.9", "5.1", "6", "4,5", "4.55", "4.", ".5", "+4", " 4", "four"] {
            assert_eq!(parse_tenths(strange), None, "{strange:?}");
        }
    }

    #[test]
    fn family_names_are_shortened() {
        assert_eq!(public_name("Maria Dias", false), "Maria D.");
        assert_eq!(public_name("  Maria da  Silva dias ", false), "Maria D.");
        assert_eq!(public_name("Ana D'Souza", false), "Ana D.");
        assert_eq!(public_name("Ólafur Ægisson", false), "Ólafur Æ.");
        assert_eq!(public_name("Prince", false), "Prince");
        assert_eq!(public_name("Agent 7", false), "Agent");
        assert_eq!(public_name("Maria Dias", true), NAMELESS);
        assert_eq!(public_name(" ", false), NAMELESS);
    }

    proptest! {
        #[test]
        fn a_family_name_is_never_shown(first in "[A-Z][a-z]{1,9}", last in "[A-Z][a-z]{3,12}") {
            let expected = format!("{first} {}.", &last[..1]);
            prop_assert_eq!(public_name(&format!("{first} {last}"), false), expected);
        }
    }
}
