//! Where a request comes from.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use nadi::actor::Network;

use super::Web;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address at the other end of the request's connection: of the client, or of the last proxy before this server.
/// Every request has it as an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub IpAddr);

#[derive(Clone, Copy)]
struct ClientNetwork(Network);

/// The network of the client; `None` for a request without a connection, such as one that the server makes itself.
pub fn network_of(request: &Request) -> Option<Network> {
    request.extensions().get().map(|ClientNetwork(network)| *network)
}

/// Finds the network of the client, once and before anything else: later a request may have lost its headers, because
/// its answer is made for everybody.
///
/// Of the proxies of the operator that a request passes through, each appends the address it was asked from to
/// `X-Forwarded-For`, so only so many addresses at the end can be believed.
pub async fn find(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    if let Some(PeerAddress(peer)) = request.extensions().get().copied() {
        let proxies = web.app_state.settings.trusted_proxies;
        let network = Network::of(client_of(request.headers(), peer, proxies));
        request.extensions_mut().insert(ClientNetwork(network));
    }
    next.run(request).await
}

fn client_of(headers: &HeaderMap, peer: IpAddr, trusted_proxies: usize) -> IpAddr {
    let Some(from_end) = trusted_proxies.checked_sub(1) else { return peer };
    // A client may have sent anything before what our proxies append, also bytes that are no text.
    let lines = headers.get_all(FORWARDED_FOR).iter();
    let addresses: Vec<&[u8]> =
        lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).collect();
    let address = addresses.into_iter().rev().nth(from_end);
    let address = address.and_then(|address| std::str::from_utf8(address).ok());
    address.and_then(|address| address.trim().parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(lines: &[&'static str], trusted_proxies: usize) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            let line = HeaderValue::from_bytes(line.as_bytes()).expect("a header");
            headers.append(FORWARDED_FOR, line);
        }
        let peer = "192.0.2.1".parse().expect("an address");
        client_of(&headers, peer, trusted_proxies).to_string()
    }

    #[test]
    fn only_addresses_that_trusted_proxies_have_appended_are_believed() {
        let sent = ["203.0.113.9, 198.51.100.2", "198.51.100.3"];
        assert_eq!(client(&sent, 0), "192.0.2.1");
        assert_eq!(client(&sent, 1), "198.51.100.3");
        assert_eq!(client(&sent, 2), "198.51.100.2");
        assert_eq!(client(&sent, 3), "203.0.113.9");
        assert_eq!(client(&sent, 4), "192.0.2.1", "fewer than expected: the nearest proxy");
        assert_eq!(client(&["unknown"], 1), "192.0.2.1");
        assert_eq!(client(&["é, 203.0.113.9"], 1), "203.0.113.9", "what was sent is no text");
        assert_eq!(client(&["2001:db8::7"], 1), "2001:db8::7");
    }
}
