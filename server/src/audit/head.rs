//! The head of the hash chain: the last entry of the audit log.

use std::fmt::{self, Display, Formatter};

use nadi::audit::Entry;
use sha2::{Digest, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// The last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// 0 when there is no entry.
    pub position: i64,
    pub hash: Hash,
}

impl Head {
    pub const EMPTY: Self = Self { position: 0, hash: [0; 32] };

    /// The head after another entry.
    pub fn with(self, entry: &Entry) -> Self {
        let position = self.position + 1;
        let hash = Sha256::new()
            .chain_update(self.hash)
            .chain_update(entry.canonical_text(position))
            .finalize();
        Self { position, hash: hash.into() }
    }
}

impl Display for Head {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.position, hex::encode(self.hash))
    }
}
