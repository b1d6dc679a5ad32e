//! The networks from which times are held, for administrators.

use async_trait::async_trait;

use super::Answer;
use crate::actor::{Caller, Network};

/// The doctor of whose times a network holds the largest part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffectedDoctor {
    pub name: String,
    /// The part of the offered times of the next seven days, in per cent.
    pub percent: i64,
}

/// What one network holds, in the caller's clinics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldSourceView {
    pub network: Network,
    /// Holds at this moment.
    pub held: i64,
    /// Holds of the last hour that lapsed or were released.
    pub unconfirmed: i64,
    /// With how many doctors, by how many accounts and by how many visitors without one.
    pub doctors: i64,
    pub accounts: i64,
    pub visitors: i64,
    pub most_affected: Option<AffectedDoctor>,
    /// See [`crate::hold_sources`].
    pub is_unusual: bool,
}

/// Every method fails with `SignInFirst` for a visitor, and `NotAllowed` for an account whose roles do not allow it.
#[async_trait]
pub trait HoldSources: Send + Sync {
    /// The networks that hold times now, or held some within the last hour that were not confirmed; at most 100, those
    /// that hold most first.
    async fn sources(&self, caller: &Caller) -> Answer<Vec<HoldSourceView>>;
    /// Releases what a network holds in the caller's clinics, at most 500 times in one call, and returns how many it
    /// has released. Confirmed appointments stay.
    async fn release(&self, caller: &Caller, network: Network) -> Answer<u32>;
}
