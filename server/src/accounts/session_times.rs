//! Kinds of sessions, how long each lasts, and when one has ended.

use chrono::{DateTime, Duration, Utc};

/// A use is written at most this often for each session.
pub(super) const USE_WRITTEN_EVERY: Duration = Duration::hours(1);

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A browser.
    Web,
    /// A browser or program that only needs the second factor. It signs nobody in.
    SecondFactor,
    /// A program with tokens.
    Api,
}

impl SessionKind {
    /// The word in the database.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::SecondFactor => "second_factor",
            Self::Api => "api",
        }
    }
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Without being used.
    pub idle: Duration,
    /// However often it is used.
    pub absolute: Duration,
}

/// Browsers and programs of patients.
pub const USUAL: Lifetime = Lifetime { idle: Duration::days(30), absolute: Duration::days(180) };
/// Browsers and programs of those who work here, which show other people's appointments. A program that runs for longer
/// uses a personal key, which may be limited to reading.
pub const STAFF: Lifetime = Lifetime { idle: Duration::hours(12), absolute: Duration::days(7) };

/// When a session was made and used, and when it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

impl Times {
    /// Has the session not ended yet? The stricter times for staff count also for sessions that began before the
    /// account became a doctor's or an administrator's.
    pub fn is_alive(&self, of_staff: bool, now: DateTime<Utc>) -> bool {
        let ended_as_staff =
            self.seen_at + STAFF.idle <= now || self.created_at + STAFF.absolute <= now;
        now < self.expires_at && now < self.ends_at && !(of_staff && ended_as_staff)
    }

    /// When a session that is used now ends without another use; `None` if the last use that was written is recent.
    pub fn prolonged(&self, of_staff: bool, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let lifetime = if of_staff { STAFF } else { USUAL };
        (self.seen_at + USE_WRITTEN_EVERY <= now).then(|| (now + lifetime.idle).min(self.ends_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_of_staff_ends_sooner() {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let times = |seen: Duration| Times {
            created_at: start,
            seen_at: start + seen,
            expires_at: start + seen + USUAL.idle,
            ends_at: start + USUAL.absolute,
        };
        let fresh = times(Duration::zero());
        assert!(fresh.is_alive(false, start + Duration::days(29)));
        assert!(!fresh.is_alive(false, start + Duration::days(30)));
        assert!(fresh.is_alive(true, start + Duration::hours(11)));
        assert!(!fresh.is_alive(true, start + Duration::hours(12)));
        let used = times(Duration::days(179));
        assert!(used.is_alive(false, start + Duration::days(179)));
        assert!(!used.is_alive(false, start + Duration::days(180)), "however often it is used");
        let used = times(Duration::days(7));
        assert!(!used.is_alive(true, start + Duration::days(7)));
    }

    #[test]
    fn a_use_is_written_once_an_hour_and_never_moves_the_last_end() {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let times = Times {
            created_at: start,
            seen_at: start,
            expires_at: start + USUAL.idle,
            ends_at: start + Duration::days(31),
        };
        assert_eq!(times.prolonged(false, start + Duration::minutes(59)), None);
        let later = start + Duration::hours(1);
        assert_eq!(times.prolonged(false, later), Some(later + USUAL.idle));
        assert_eq!(times.prolonged(true, later), Some(later + STAFF.idle));
        let last = times.prolonged(false, start + Duration::days(20));
        assert_eq!(last, Some(start + Duration::days(31)));
    }
}
