//! Fetches a calendar from an address that a user typed: only from the public internet, and with limits on
//! size and time (protection against server-side request forgery).
//!
//! A host name is resolved once, all of its addresses must be public, and the connection goes to the addresses
//! that were checked. Redirects are followed here, not by the HTTP client, and each is checked like the first.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::{Host, Url};

/// The size of the largest calendar that can be read.
pub const BYTES_MAX: usize = nadi::ical::FILE_BYTES_MAX;
const REDIRECTS_MAX: usize = 5;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// From the first request to the last byte of the answer, redirects included.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Which addresses may be connected to. Tests allow a local server.
pub type AddressPolicy = fn(IpAddr) -> bool;

/// A successful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The content has not changed since the last time.
    Unchanged,
    Content {
        bytes: Vec<u8>,
        etag: Option<String>,
    },
}

/// Why there is no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("not a public address")]
    NotPublic,
    #[error("no answer")]
    NoAnswer,
    #[error("too many redirects")]
    TooManyRedirects,
    #[error("status {0}")]
    Status(u16),
    #[error("too large")]
    TooLarge,
}

#[derive(Clone)]
pub struct Fetcher {
    /// Made when first needed, since it reads all certificates of the machine. `None` when it cannot be made.
    client: Arc<OnceLock<Option<Client>>>,
    is_allowed: AddressPolicy,
    /// Only by https on port 443, also after a redirect.
    https_only: bool,
}

impl Fetcher {
    /// Fetches from public addresses only.
    pub fn new() -> Self {
        Self::asking(is_public)
    }

    /// Fetches from the addresses that `is_allowed` accepts.
    pub fn asking(is_allowed: AddressPolicy) -> Self {
        // Only the first call installs it; later ones fail harmlessly.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { client: Arc::default(), is_allowed, https_only: false }
    }

    /// The same, by https on port 443 only: what is sent through the open network may have a secret in its address, and
    /// on other ports there may be something that is no calendar.
    pub fn https_only(&self) -> Self {
        Self { https_only: true, ..self.clone() }
    }

    fn client(&self) -> Result<&Client, FetchError> {
        let make = || {
            let client = Client::builder()
                .no_proxy()
                .redirect(Policy::none())
                .connect_timeout(CONNECT_WITHIN)
                .timeout(ANSWER_WITHIN)
                .pool_max_idle_per_host(0)
                .user_agent(concat!("Nadi/", env!("CARGO_PKG_VERSION")))
                .dns_resolver(Arc::new(CheckedResolver(self.is_allowed)))
                .build();
            client.inspect_err(|error| tracing::error!(%error, "cannot make the HTTP client: no calendar can be fetched")).ok()
        };
        self.client.get_or_init(make).as_ref().ok_or(FetchError::NoAnswer)
    }

    /// Parses a typed address. `None` unless its scheme is `https`, `http` or `webcal`, its port 80, 443 or at
    /// least 1024, its host allowed, and it has no user name or password.
    pub fn address(&self, text: &str) -> Option<Url> {
        let text = text.trim();
        let text = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("webcal") => {
                format!("https://{rest}")
            }
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("webcals") => {
                format!("https://{rest}")
            }
            _ => text.to_owned(),
        };
        let mut url = Url::parse(&text).ok()?;
        url.set_fragment(None);
        self.is_allowed_url(&url).then_some(url)
    }

    fn is_allowed_url(&self, url: &Url) -> bool {
        let port = url.port_or_known_default().unwrap_or(0);
        let host = match url.host() {
            Some(Host::Ipv4(ip)) => (self.is_allowed)(ip.into()),
            Some(Host::Ipv6(ip)) => (self.is_allowed)(ip.into()),
            Some(Host::Domain(name)) => !name.is_empty(),
            None => false,
        };
        let way = match self.https_only {
            true => url.scheme() == "https" && port == 443,
            false => {
                matches!(url.scheme(), "https" | "http")
                    && (matches!(port, 80 | 443) || port >= 1024)
            }
        };
        host && way && url.username().is_empty() && url.password().is_none()
    }

    /// Fetches a calendar. With the `etag` of the last answer, may return [`Fetched::Unchanged`].
    ///
    /// # Errors
    /// Why there is no content.
    pub async fn fetch(&self, address: &Url, etag: Option<&str>) -> Result<Fetched, FetchError> {
        let answer = tokio::time::timeout(ANSWER_WITHIN, self.follow(address.clone(), etag));
        answer.await.unwrap_or(Err(FetchError::NoAnswer))
    }

    async fn follow(&self, mut url: Url, etag: Option<&str>) -> Result<Fetched, FetchError> {
        for _ in 0..=REDIRECTS_MAX {
            if !self.is_allowed_url(&url) {
                return Err(FetchError::NotPublic);
            }
            let mut request =
                self.client()?.get(url.clone()).header(ACCEPT, "text/calendar, */*;q=0.1");
            if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
                request = request.header(IF_NONE_MATCH, etag);
            }
            let response = request.send().await.map_err(|error| cause(&error))?;
            let status = response.status();
            if status == StatusCode::NOT_MODIFIED && etag.is_some() {
                return Ok(Fetched::Unchanged);
            }
            if status.is_redirection() {
                let location = response.headers().get(LOCATION).and_then(|v| v.to_str().ok());
                let next = location.and_then(|location| url.join(location).ok());
                url = next.ok_or(FetchError::Status(status.as_u16()))?;
                continue;
            }
            if status != StatusCode::OK {
                return Err(FetchError::Status(status.as_u16()));
            }
            return content(response).await;
        }
        Err(FetchError::TooManyRedirects)
    }
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::new()
    }
}

async fn content(mut response: reqwest::Response) -> Result<Fetched, FetchError> {
    let etag = response.headers().get(ETAG).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let etag = etag.filter(|etag| etag.len() <= 200);
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::NoAnswer)? {
        if bytes.len() + chunk.len() > BYTES_MAX {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Fetched::Content { bytes, etag })
}

/// The reason in a chain of errors: the resolver's refusal of a private address is wrapped in others.
fn cause(error: &reqwest::Error) -> FetchError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(known) = error.downcast_ref::<FetchError>() {
            return *known;
        }
        source = error.source();
    }
    FetchError::NoAnswer
}

/// Resolves host names. Refuses a name if any of its addresses is not allowed.
struct CheckedResolver(AddressPolicy);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_allowed = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            if found.is_empty() || !found.iter().all(|address| is_allowed(address.ip())) {
                return Err(Box::new(FetchError::NotPublic) as _);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Is it an address of the public internet (IANA's special-purpose registries)?
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(inside) = ip.to_ipv4_mapped() {
        return is_public_v4(inside);
    }
    let parts = ip.segments();
    // Addresses with an IPv4 address embedded (NAT64, 6to4): the embedded one counts.
    let [high, low] = match parts {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => [high, low],
        [0x2002, high, low, ..] => [high, low],
        // Global unicast is 2000::/3, without its special-purpose ranges.
        [first, second, ..] => {
            let special = first == 0x2001 && (second < 0x200 || second == 0xdb8)
                || first == 0x3fff && second < 0x1000;
            return (0x2000..0x4000).contains(&first) && !special;
        }
    };
    let bits = (u32::from(high) << 16) | u32::from(low);
    is_public_v4(Ipv4Addr::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.2.1",
            "203.0.113.9",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::7f00:1",
            "3fff::1",
            "5f00::1",
        ] {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
        for text in [
            "8.8.8.8",
            "172.32.0.1",
            "193.0.0.1",
            "2a00:1450::1",
            "64:ff9b::808:808",
            "2606:4700::1",
        ] {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
    }

    #[test]
    fn https_on_its_port_only() {
        let fetcher = Fetcher::new().https_only();
        for text in ["https://example.org/a", "webcal://example.org/a", "https://example.org:443/a"]
        {
            assert!(fetcher.address(text).is_some(), "{text}");
        }
        for text in [
            "http://example.org/a",
            "http://example.org:443/a",
            "https://example.org:8443/a",
            "https://example.org:80/a",
            "webcal://example.org:8080/a",
            "https://10.0.0.1/a",
        ] {
            assert_eq!(fetcher.address(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_people_type() {
        let fetcher = Fetcher::new();
        let address = |text| fetcher.address(text).map(String::from);
        let plain = Some("https://example.org/a.ics".to_owned());
        assert_eq!(address(" webcal://example.org/a.ics#x "), plain);
        assert_eq!(address("HTTPS://example.org/a.ics"), plain);
        assert_eq!(address("http://example.org:8080/a"), Some("http://example.org:8080/a".into()));
        for text in [
            "",
            "example.org",
            "ftp://example.org/a",
            "file:///etc/passwd",
            "https://user:pw@example.org/",
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://0x7f.1/",
            "http://2130706433/",
            "https://example.org:25/",
            "http://[::ffff:192.168.0.1]/",
            "javascript:alert(1)",
            "https://",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
