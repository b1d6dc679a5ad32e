//! Limits how many deliveries run at the same time: in all, reserved for codes, and to one mail domain.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The most deliveries at the same time.
pub const SLOTS_MAX: usize = 32;
/// How many of the slots only codes may use.
pub const RESERVED_FOR_CODES: usize = 8;
/// The most deliveries at the same time to one domain.
pub const PER_DOMAIN_MAX: usize = 6;

/// All slots of a dispatcher, and which of them are taken.
#[derive(Default)]
pub struct DeliverySlots {
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Default)]
struct Taken {
    total: usize,
    /// Domains with running deliveries or parked notifications.
    domains: HashMap<String, DomainSlots>,
}

#[derive(Default)]
struct DomainSlots {
    taken: usize,
    /// Notifications are parked for this domain, so new ones must wait behind them.
    has_parked: bool,
}

/// Why no slot is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The domain is at its limit, or notifications are parked for it.
    Domain,
    /// All slots are taken.
    All,
}

/// A taken slot. It is free again when this is dropped.
pub struct DeliverySlot {
    slots: Arc<DeliverySlots>,
    domain: String,
}

impl Drop for DeliverySlot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        taken.total -= 1;
        if let Some(domain) = taken.domains.get_mut(&self.domain) {
            domain.taken -= 1;
        }
        taken.forget_if_idle(&self.domain);
        drop(taken);
        self.slots.freed.notify_one();
    }
}

impl Taken {
    fn free(&self, is_code: bool) -> usize {
        let open = if is_code { SLOTS_MAX } else { SLOTS_MAX - RESERVED_FOR_CODES };
        open.saturating_sub(self.total)
    }

    fn forget_if_idle(&mut self, name: &str) {
        if self.domains.get(name).is_some_and(|domain| domain.taken == 0 && !domain.has_parked) {
            self.domains.remove(name);
        }
    }
}

impl DeliverySlots {
    /// Takes a slot for a notification that is due. After [`Full::Domain`], the caller must park it.
    pub fn take(self: &Arc<Self>, domain: &str, is_code: bool) -> Result<DeliverySlot, Full> {
        let mut taken = self.lock();
        if let Some(domain) = taken.domains.get_mut(domain)
            && (domain.has_parked || domain.taken >= PER_DOMAIN_MAX)
        {
            domain.has_parked = true;
            return Err(Full::Domain);
        }
        self.take_counted(taken, domain, is_code)
    }

    /// Takes a slot for a notification that was parked.
    pub fn take_parked(
        self: &Arc<Self>,
        domain: &str,
        is_code: bool,
    ) -> Result<DeliverySlot, Full> {
        self.take_counted(self.lock(), domain, is_code)
    }

    fn take_counted(
        self: &Arc<Self>,
        mut taken: MutexGuard<'_, Taken>,
        domain: &str,
        is_code: bool,
    ) -> Result<DeliverySlot, Full> {
        if taken.free(is_code) == 0 {
            return Err(Full::All);
        }
        taken.total += 1;
        taken.domains.entry(domain.to_owned()).or_default().taken += 1;
        Ok(DeliverySlot { slots: self.clone(), domain: domain.to_owned() })
    }

    /// How many slots are free, for codes or for other messages.
    pub fn free(&self, is_code: bool) -> usize {
        self.lock().free(is_code)
    }

    /// How many slots are free for notifications parked for this domain.
    pub fn free_for_parked(&self, domain: &str, is_code: bool) -> usize {
        let taken = self.lock();
        let of_domain = taken.domains.get(domain).map_or(0, |domain| domain.taken);
        PER_DOMAIN_MAX.saturating_sub(of_domain).min(taken.free(is_code))
    }

    pub fn is_any_domain_full(&self) -> bool {
        self.lock()
            .domains
            .values()
            .any(|domain| domain.has_parked || domain.taken >= PER_DOMAIN_MAX)
    }

    /// The domains with parked notifications.
    pub fn parked(&self) -> Vec<String> {
        let taken = self.lock();
        let parked = taken.domains.iter().filter(|(_, domain)| domain.has_parked);
        parked.map(|(name, _)| name.clone()).collect()
    }

    /// Records that no notification is parked for this domain any more.
    pub fn nothing_parked(&self, name: &str) {
        let mut taken = self.lock();
        if let Some(domain) = taken.domains.get_mut(name) {
            domain.has_parked = false;
        }
        taken.forget_if_idle(name);
    }

    pub fn all_free(&self) -> bool {
        self.lock().total == 0
    }

    /// Waits until a slot has become free since the last call.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
