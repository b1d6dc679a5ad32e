//! When a network holds unusually many times. Administrators then see a notice, and can release them.
//!
//! A network is one address or, with a mobile carrier, thousands of people. Those who want an appointment confirm most
//! of what they hold. So many holds alone are not unusual: they are when few are confirmed, or when they take a large
//! part of what one doctor offers.

use chrono::Duration;

/// What a network did is looked at over this time.
pub const LOOKED_AT: Duration = Duration::hours(1);
/// The times of a doctor that count for [`SourceCounts::share_percent`] begin within this time.
pub const AHEAD: Duration = Duration::days(7);
/// For how long it is stored which network made a hold.
pub const KEPT: Duration = Duration::days(crate::retention::HOLD_SOURCE);

/// A network takes too much of one doctor: so many times at once, and so many per cent of what is offered.
const OF_DOCTOR_MIN: i64 = 5;
const SHARE_PERCENT_MIN: i64 = 25;
/// Too few are confirmed: at least so many are open or were not, and of all fewer than so many per cent were.
const UNCONFIRMED_MIN: i64 = 20;
const CONFIRMED_PERCENT_MIN: i64 = 20;

/// What a network did in the clinics of an administrator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceCounts {
    /// Holds at this moment.
    pub held: i64,
    /// Holds of [`LOOKED_AT`] that lapsed or were released.
    pub unconfirmed: i64,
    /// Holds of [`LOOKED_AT`] that were confirmed.
    pub confirmed: i64,
    /// Of the doctor of whom it holds the largest share: the times that it holds, and all that can be booked or are
    /// held.
    pub of_doctor: i64,
    pub offered: i64,
}

impl SourceCounts {
    /// The part that it holds of the times of the most affected doctor, in per cent, rounded down.
    pub fn share_percent(&self) -> i64 {
        if self.offered <= 0 { 0 } else { (self.of_doctor * 100 / self.offered).clamp(0, 100) }
    }

    /// Should an administrator look at it? A network that holds nothing now is in nobody's way.
    pub fn is_unusual(&self) -> bool {
        let without_visit = self.held + self.unconfirmed;
        let all = without_visit + self.confirmed;
        let takes_much_of_a_doctor =
            self.of_doctor >= OF_DOCTOR_MIN && self.share_percent() >= SHARE_PERCENT_MIN;
        let confirms_little =
            without_visit >= UNCONFIRMED_MIN && self.confirmed * 100 < all * CONFIRMED_PERCENT_MIN;
        self.held > 0 && (takes_much_of_a_doctor || confirms_little)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: SourceCounts =
        SourceCounts { held: 0, unconfirmed: 0, confirmed: 0, of_doctor: 0, offered: 0 };

    fn of_doctor(of_doctor: i64, offered: i64) -> SourceCounts {
        SourceCounts { held: of_doctor, of_doctor, offered, ..NOTHING }
    }

    #[test]
    fn a_share_is_a_part_of_what_is_offered() {
        assert_eq!(of_doctor(270, 288).share_percent(), 93);
        assert_eq!(of_doctor(1, 3).share_percent(), 33);
        assert_eq!(of_doctor(3, 3).share_percent(), 100);
        assert_eq!(of_doctor(4, 3).share_percent(), 100, "a seat beyond the capacity");
        assert_eq!(of_doctor(1, 0).share_percent(), 0);
    }

    #[test]
    fn a_quarter_of_a_doctors_times_is_unusual() {
        assert!(of_doctor(270, 288).is_unusual());
        assert!(of_doctor(5, 20).is_unusual());
        assert!(!of_doctor(5, 21).is_unusual(), "less than a quarter");
        assert!(!of_doctor(4, 4).is_unusual(), "a family and its neighbours");
    }

    #[test]
    fn many_holds_are_unusual_if_few_are_confirmed() {
        let counts = |held, unconfirmed, confirmed| SourceCounts {
            held,
            unconfirmed,
            confirmed,
            offered: 1_000,
            ..NOTHING
        };
        assert!(counts(20, 0, 0).is_unusual());
        assert!(counts(1, 19, 0).is_unusual(), "held again and again");
        assert!(!counts(1, 18, 0).is_unusual());
        assert!(counts(10, 30, 9).is_unusual());
        assert!(!counts(10, 30, 10).is_unusual(), "a carrier with many patients: a fifth");
        assert!(!counts(0, 500, 0).is_unusual(), "nothing is held any more");
        assert!(!NOTHING.is_unusual());
    }
}
