//! The caller of a request. What they may do is in [`crate::permissions`].

use std::fmt::{self, Display, Formatter};
use std::net::{AddrParseError, IpAddr, Ipv6Addr};
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::acting_role::ActingRole;
use crate::consent::Agreed;
use crate::failure::Failure;
use crate::ids::{AccountId, ClinicId, DoctorId, PersonId};

/// One request: the actor, and the single `now` that all rules of the request use.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Actor,
    pub now: DateTime<Utc>,
    pub request_id: Uuid,
    /// The mark that this browser has got at its last sign-in, as it was sent: its tries are counted apart.
    pub device: Option<String>,
    /// The network that the request comes from; `None` for what the server does by itself.
    pub network: Option<Network>,
}

/// The network of a client, as limits count it: an IPv4 address, or the first 64 bits of an IPv6 address, because
/// whoever has one IPv6 address has all of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            address => address,
        })
    }

    /// The site that an IPv6 network belongs to: its first 48 bits, which is the most that one connection is usually
    /// given. `None` for an IPv4 address.
    pub fn site(self) -> Option<Self> {
        match self.0 {
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                Some(Self(IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))))
            }
            IpAddr::V4(_) => None,
        }
    }

    /// Is it the machine itself? Of the address `::1`, the first 64 bits are zeros.
    pub fn is_this_machine(self) -> bool {
        self.0.is_loopback() || self.0 == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
    }

    /// The whole network, for people: `192.0.2.7`, or `2001:db8:1:2::/64`.
    pub fn range(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("{address}/64"),
        }
    }
}

impl FromStr for Network {
    type Err = AddrParseError;

    /// An address in the network, as [`Display`] writes it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::of)
    }
}

impl Display for Network {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Caller {
    /// The signed-in account behind this request.
    ///
    /// # Errors
    /// [`Failure::SignInFirst`] for a visitor.
    pub fn signed_in(&self) -> Result<&SignedIn, Failure> {
        match &self.actor {
            Actor::Visitor(_) => Err(Failure::SignInFirst),
            Actor::Account(account) => Ok(account),
        }
    }

    /// Who owns what this request holds: the account, or the visitor.
    ///
    /// # Errors
    /// [`Failure::SignInFirst`] for a browser that has no visitor cookie.
    pub fn owner(&self) -> Result<Owner, Failure> {
        match &self.actor {
            Actor::Account(account) => {
                Ok(Owner { account: account.account, person: account.person, is_visitor: false })
            }
            Actor::Visitor(Some(visitor)) => {
                Ok(Owner { account: visitor.account, person: visitor.person, is_visitor: true })
            }
            Actor::Visitor(None) => Err(Failure::SignInFirst),
        }
    }
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Not signed in. With a visitor cookie, they can hold a time.
    Visitor(Option<Visitor>),
    /// A signed-in account, with everything it may act as.
    Account(Box<SignedIn>),
}

/// A browser that can hold a time before anybody has signed in. Its ids are derived from its cookie; the rows are made
/// by its first hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    pub account: AccountId,
    pub person: PersonId,
}

/// The owner of holds and idempotency keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub account: AccountId,
    pub person: PersonId,
    pub is_visitor: bool,
}

/// A signed-in account. Every account is a patient; some are more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub account: AccountId,
    /// The account's owner as a person.
    pub person: PersonId,
    pub name: String,
    pub doctor: Option<DoctorId>,
    pub administers: Administers,
    /// The clinics at whose front desk it works.
    pub receptionist_of: Vec<ClinicId>,
    /// It may read the audit log.
    pub is_auditor: bool,
    /// What it has agreed to.
    pub agreed: Agreed,
    pub access: Access,
}

/// How an account is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The public id of the session; `None` for an API key.
    pub session: Option<Uuid>,
    /// When its owner last proved who they are in this session.
    pub proved_at: Option<DateTime<Utc>>,
    /// What a program may do.
    pub scope: Scope,
    /// It was signed in to with two factors, or with a passkey, which counts as two.
    pub two_factors: bool,
    /// A mailed code was the proof of [`Self::proved_at`], so whoever forgot the password may set another one.
    pub by_code: bool,
    /// The configuration asks this account for two factors: until then it acts as a patient only.
    pub second_factor_missing: Option<MissingFactor>,
}

/// What a doctor or administrator has to do before they act as more than a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MissingFactor {
    /// Set one up: the account has none.
    SetUp,
    /// Sign in again: the account has one, but this session or key was made without it.
    SignIn,
}

/// What a program may do with the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Read,
    #[default]
    Write,
}

impl Scope {
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// The word in the database and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// For how many minutes a proof of who somebody is counts for changes that need a recent one.
pub const PROVED_MINUTES: i64 = 10;

/// The clinics an account administers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Administers {
    Nothing,
    Clinics(Vec<ClinicId>),
    Everything,
}

impl SignedIn {
    /// An account that is only a patient's, and has agreed to everything.
    pub fn patient(account: AccountId, person: PersonId, name: String) -> Self {
        Self {
            account,
            person,
            name,
            doctor: None,
            administers: Administers::Nothing,
            receptionist_of: Vec::new(),
            is_auditor: false,
            agreed: Agreed::to_all(),
            access: Access::default(),
        }
    }

    /// Has the owner proved recently who they are? Needed before changes of address, sign-in, roles, and before
    /// export and deletion.
    ///
    /// # Errors
    /// [`Failure::ProveAgain`].
    pub fn must_have_proved(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        let recent = |at: DateTime<Utc>| now - at <= chrono::Duration::minutes(PROVED_MINUTES);
        if self.access.proved_at.is_some_and(recent) { Ok(()) } else { Err(Failure::ProveAgain) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_ipv4_address_or_half_of_an_ipv6_address() {
        let network = |text: &str| Network::of(text.parse().expect("an address"));
        assert_eq!(network("192.0.2.7").to_string(), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
        assert_eq!(network("2001:db8:1:2:3:4:5:6").to_string(), "2001:db8:1:2::");
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        for (text, range) in [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2::", "2001:db8:1:2::/64")] {
            assert_eq!(network(text).to_string().parse(), Ok(network(text)));
            assert_eq!(network(text).range(), range);
        }
        assert!("192.0.2".parse::<Network>().is_err());
        assert!(
            ["127.0.0.1", "::1", "::ffff:127.0.0.1"]
                .map(network)
                .iter()
                .all(|n| n.is_this_machine())
        );
        assert!(!["192.0.2.7", "2001:db8::1"].map(network).iter().any(|n| n.is_this_machine()));
    }
}
