//! Under which host names the site answers, and from which origins it accepts changes. Not for whose request it is.
//!
//! Nothing in an answer depends on the `Host` header. A request with a foreign one is still refused: it was sent by a
//! page of another site whose name leads to our address (DNS rebinding), or by a proxy that is set up wrongly.

use std::sync::Arc;

use axum::http::uri::Authority;

use crate::config::{Config, is_loopback};

/// The site's own names.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// Scheme, host and port of `PUBLIC_URL`, as browsers write an origin (RFC 6454, 6.2).
    origin: Arc<str>,
    /// In lower case, without ports: nothing is told apart by its port.
    names: Arc<[String]>,
    /// Names of this machine count, too, with any port and without TLS.
    is_development: bool,
}

impl Hosts {
    pub fn new(config: &Config) -> Self {
        let own = config.public_url.host_str().map(str::to_lowercase);
        let names = own.into_iter().chain(config.allowed_hosts.iter().cloned());
        Self {
            origin: config.public_url.origin().ascii_serialization().into(),
            names: names.collect(),
            is_development: config.is_development(),
        }
    }

    /// Does the site answer under this host, with or without a port? `None`: it is not the name of a host.
    pub fn answers(&self, authority: &str) -> Option<bool> {
        let name = name_of(authority)?;
        Some(self.names.contains(&name) || self.is_development && is_loopback(&name))
    }

    /// May a page of this origin change something, when the request was sent to this host? The scheme counts: whoever
    /// can change what is sent without TLS can write a page of the origin without TLS.
    pub fn accepts_changes(&self, origin: &str, host: Option<&str>) -> bool {
        if origin == &*self.origin {
            return true;
        }
        // In development the site is also opened under another name of this machine than that of `PUBLIC_URL`.
        let host = host.filter(|host| self.is_development && origin == format!("http://{host}"));
        host.and_then(name_of).is_some_and(|name| is_loopback(&name))
    }
}

/// The name of the host in lower case, without its port.
fn name_of(authority: &str) -> Option<String> {
    let parsed: Authority = authority.parse().ok()?;
    let has_user = parsed.as_str().contains('@');
    // `Authority` accepts an empty port, and one that is no number.
    let port = parsed.as_str().strip_prefix(parsed.host())?;
    let is_port = port.strip_prefix(':').is_none_or(|port| port.parse::<u16>().is_ok());
    (!has_user && !parsed.host().is_empty() && is_port).then(|| parsed.host().to_lowercase())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The names of a site at `https://nadi.example`.
    pub(in crate::http) fn hosts(mode: &'static str) -> Hosts {
        let config = Config::read(|name| {
            let value = match name {
                "DATABASE_URL" => "postgres://unused@localhost/unused",
                "NADI_MODE" => mode,
                "NADI_SECRET" => "wK3v9pXq2Lr7TzBn5Ym8Hd4Gs6Fc1Ja0",
                "SMTP_URL" => "smtps://mail.example",
                "NADI_KEYS" => "none",
                "PUBLIC_URL" => "https://nadi.example",
                "NADI_ALLOWED_HOSTS" => "nadi.internal, Other.Example",
                _ => return None,
            };
            Some(value.to_owned())
        });
        Hosts::new(&config.expect("complete"))
    }

    #[test]
    fn the_site_answers_under_its_own_names_only() {
        let production = hosts("production");
        for own in ["nadi.example", "NADI.example:443", "nadi.internal:3000", "other.example"] {
            assert_eq!(production.answers(own), Some(true), "{own}");
        }
        for foreign in [
            "evil.example",
            "nadi.example.evil.example",
            "nadi.example.",
            "localhost:3000",
            "127.0.0.1",
            "[::1]:3000",
        ] {
            assert_eq!(production.answers(foreign), Some(false), "{foreign}");
        }
        for no_host in ["", ":80", "a b", "nadi.example:x", "nadi.example:99999", "u@nadi.example"]
        {
            assert_eq!(production.answers(no_host), None, "{no_host:?}");
        }
        let development = hosts("development");
        for own in ["localhost:3000", "127.0.0.1:41234", "127.8.9.10", "[::1]:3000"] {
            assert_eq!(development.answers(own), Some(true), "{own}");
        }
        assert_eq!(development.answers("localhost.evil.example"), Some(false));
    }

    #[test]
    fn changes_come_from_our_origin_with_its_scheme() {
        let production = hosts("production");
        assert!(production.accepts_changes("https://nadi.example", Some("10.0.0.1:3000")));
        for (origin, host) in [
            ("http://nadi.example", "nadi.example"),
            ("https://nadi.example:444", "nadi.example:444"),
            ("https://nadi.internal", "nadi.internal"),
            ("http://localhost:3000", "localhost:3000"),
            ("https://evil.example", "nadi.example"),
            ("https://nadi.example.evil.example", "nadi.example"),
            ("null", "nadi.example"),
            ("", ""),
        ] {
            assert!(!production.accepts_changes(origin, Some(host)), "{origin} {host}");
        }
        let development = hosts("development");
        assert!(development.accepts_changes("http://localhost:3000", Some("localhost:3000")));
        assert!(development.accepts_changes("http://[::1]:3000", Some("[::1]:3000")));
        for (origin, host) in [
            ("http://localhost:3001", "localhost:3000"),
            ("https://localhost:3000", "localhost:3000"),
            ("http://evil.example", "evil.example"),
            ("http://", ""),
        ] {
            assert!(!development.accepts_changes(origin, Some(host)), "{origin} {host}");
        }
    }
}
