//! Places of which each network may take only so many, such as connections or listeners.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nadi::actor::Network;

/// All clones share the places.
#[derive(Clone, Debug)]
pub struct NetworkPlaces {
    each: usize,
    /// Also for this machine. Otherwise it may take any number: it is a proxy, or the operator.
    counts_this_machine: bool,
    taken: Arc<Mutex<HashMap<Network, usize>>>,
}

/// A place that is given back when this is dropped.
#[derive(Debug)]
pub struct NetworkPlace(Option<(NetworkPlaces, Network)>);

impl NetworkPlaces {
    pub fn new(each: usize, counts_this_machine: bool) -> Self {
        Self { each, counts_this_machine, taken: Arc::default() }
    }

    /// `None`: the network has taken all that it may.
    pub fn take(&self, network: Network) -> Option<NetworkPlace> {
        if network.is_this_machine() && !self.counts_this_machine {
            return Some(NetworkPlace(None));
        }
        let mut taken = self.lock();
        let of_network = taken.get(&network).copied().unwrap_or_default();
        if of_network >= self.each {
            return None;
        }
        taken.insert(network, of_network + 1);
        drop(taken);
        Some(NetworkPlace(Some((self.clone(), network))))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for NetworkPlace {
    fn drop(&mut self) {
        let Some((places, network)) = &self.0 else { return };
        let mut taken = places.lock();
        match taken.get_mut(network) {
            Some(of_network) if *of_network > 1 => *of_network -= 1,
            _ => drop(taken.remove(network)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(places: &NetworkPlaces, address: &str) -> Option<NetworkPlace> {
        places.take(Network::of(address.parse().expect("an address")))
    }

    #[test]
    fn a_network_is_an_ipv4_address_or_an_ipv6_network_of_64_bits() {
        let places = NetworkPlaces::new(2, false);
        let held = ["192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::ffff:0:0:2"]
            .map(|address| take(&places, address).expect("a place"));
        for full in ["192.0.2.1", "2001:db8::3"] {
            assert!(take(&places, full).is_none(), "{full}");
        }
        for another in ["192.0.2.2", "2001:db8:0:1::1"] {
            assert!(take(&places, another).is_some(), "{another}");
        }
        drop(held);
        assert!(places.lock().is_empty(), "nothing is remembered of networks that have left");
    }

    #[test]
    fn a_place_is_given_back() {
        let places = NetworkPlaces::new(2, false);
        let first = take(&places, "192.0.2.1").expect("a place");
        let _second = take(&places, "192.0.2.1").expect("a place");
        assert!(take(&places, "192.0.2.1").is_none());
        drop(first);
        let _third = take(&places, "192.0.2.1").expect("a place again");
        assert!(take(&places, "192.0.2.1").is_none());
    }

    #[test]
    fn this_machine_is_not_limited_unless_it_counts() {
        let places = NetworkPlaces::new(1, false);
        let held = ["127.0.0.1", "127.0.0.1", "::1", "::1"].map(|address| take(&places, address));
        assert!(held.iter().all(Option::is_some), "{held:?}");
        let places = NetworkPlaces::new(1, true);
        let _held = take(&places, "127.0.0.1").expect("a place");
        assert!(take(&places, "127.0.0.1").is_none());
    }
}
