//! Places for deliveries: how many may be on their way at once, in all, for codes alone, and to one mail domain.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Deliveries at once.
pub const PLACES: usize = 32;
/// So many of them are left to codes.
pub const FOR_CODES_ALONE: usize = 8;
/// Deliveries at once to one domain.
pub const PER_DOMAIN: usize = 6;

#[derive(Default)]
pub struct Places {
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Default)]
struct Taken {
    total: usize,
    /// Domains with deliveries on their way, or with events that wait for one.
    domains: HashMap<String, Domain>,
}

#[derive(Default)]
struct Domain {
    taken: usize,
    /// Events wait for a place here: whoever comes now is behind them.
    has_parked: bool,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The domain is at its limit, or others wait for it already.
    Domain,
    All,
}

/// A place, until it is dropped.
pub struct Place {
    places: Arc<Places>,
    domain: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.total -= 1;
        if let Some(domain) = taken.domains.get_mut(&self.domain) {
            domain.taken -= 1;
        }
        taken.forget_if_idle(&self.domain);
        drop(taken);
        self.places.freed.notify_one();
    }
}

impl Taken {
    fn free(&self, is_code: bool) -> usize {
        let open = if is_code { PLACES } else { PLACES - FOR_CODES_ALONE };
        open.saturating_sub(self.total)
    }

    fn forget_if_idle(&mut self, name: &str) {
        if self.domains.get(name).is_some_and(|domain| domain.taken == 0 && !domain.has_parked) {
            self.domains.remove(name);
        }
    }
}

impl Places {
    /// A place for an event that is due. Whoever finds the domain full is to be parked.
    pub fn take(self: &Arc<Self>, domain: &str, is_code: bool) -> Result<Place, Full> {
        let mut taken = self.lock();
        if let Some(domain) = taken.domains.get_mut(domain)
            && (domain.has_parked || domain.taken >= PER_DOMAIN)
        {
            domain.has_parked = true;
            return Err(Full::Domain);
        }
        self.take_in(taken, domain, is_code)
    }

    /// A place for an event that was parked.
    pub fn take_parked(self: &Arc<Self>, domain: &str, is_code: bool) -> Result<Place, Full> {
        self.take_in(self.lock(), domain, is_code)
    }

    fn take_in(
        self: &Arc<Self>,
        mut taken: MutexGuard<'_, Taken>,
        domain: &str,
        is_code: bool,
    ) -> Result<Place, Full> {
        if taken.free(is_code) == 0 {
            return Err(Full::All);
        }
        taken.total += 1;
        taken.domains.entry(domain.to_owned()).or_default().taken += 1;
        Ok(Place { places: self.clone(), domain: domain.to_owned() })
    }

    /// How many are free, for a code or for something else.
    pub fn free(&self, is_code: bool) -> usize {
        self.lock().free(is_code)
    }

    /// How many are free for what is parked for this domain.
    pub fn room(&self, domain: &str, is_code: bool) -> usize {
        let taken = self.lock();
        let of_domain = taken.domains.get(domain).map_or(0, |domain| domain.taken);
        PER_DOMAIN.saturating_sub(of_domain).min(taken.free(is_code))
    }

    pub fn is_any_domain_full(&self) -> bool {
        self.lock().domains.values().any(|domain| domain.has_parked || domain.taken >= PER_DOMAIN)
    }

    /// The domains for which something is parked.
    pub fn parked(&self) -> Vec<String> {
        let taken = self.lock();
        let parked = taken.domains.iter().filter(|(_, domain)| domain.has_parked);
        parked.map(|(name, _)| name.clone()).collect()
    }

    /// Nothing is parked for this domain any more.
    pub fn nothing_parked(&self, name: &str) {
        let mut taken = self.lock();
        if let Some(domain) = taken.domains.get_mut(name) {
            domain.has_parked = false;
        }
        taken.forget_if_idle(name);
    }

    pub fn are_free(&self) -> bool {
        self.lock().total == 0
    }

    /// Waits until a place was given back since this was last asked.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
