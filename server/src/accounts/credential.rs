//! What a request shows to be somebody.

/// What a request has to show.
#[derive(Clone, Debug)]
pub struct Credential {
    pub kind: CredentialKind,
    /// Its hash.
    pub digest: [u8; 32],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// The session of a browser.
    Session,
    /// The same from a cookie that other hosts can set, too: only for sessions that the release before has made.
    OldSession,
    AccessToken,
    ApiKey,
}
