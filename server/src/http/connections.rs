//! Accepts connections, and limits how many there are and how long each may keep the server waiting.
//!
//! A client that sends half a request, does not read the answer, or stays idle is disconnected after a time; beyond
//! the limits, of all connections and of those of one peer, new ones are closed at once. So the resources that clients
//! can hold are bounded, and one client cannot hold all of them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use nadi::actor::Network;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower_http::add_extension::AddExtension;

use super::network_places::{NetworkPlace, NetworkPlaces};
use super::source::PeerAddress;

/// How long a request's head may take to arrive, and a connection may be idle between two requests.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long a client may leave sent data unacknowledged, or be silent before it is probed.
const UNRESPONSIVE_MAX: Duration = Duration::from_secs(60);
/// The largest head of a request. Most have a few hundred bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The pause after accepting a connection has failed, usually because no file descriptor is free.
const PAUSE: Duration = Duration::from_millis(100);

/// The limits of open connections, shared by all listeners.
#[derive(Clone, Debug)]
pub struct Connections {
    places: Arc<Semaphore>,
    peers: Option<NetworkPlaces>,
}

/// How many connections one peer may have. A peer is a [`Network`], so that all addresses of a client count as one.
#[derive(Clone, Copy, Debug)]
pub struct PeerLimit {
    pub connections: usize,
    /// Also for connections from this machine. Otherwise they are not limited: they are of a proxy, or of the operator.
    pub counts_loopback: bool,
}

impl Connections {
    pub fn new(connections_max: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(connections_max)), peers: None }
    }

    /// Limits the connections of each peer, too. Not for a server behind a proxy, which is the peer of all.
    pub fn with_peer_limit(self, limit: PeerLimit) -> Self {
        let peers = NetworkPlaces::new(limit.connections, limit.counts_loopback);
        Self { peers: Some(peers), ..self }
    }

    /// A place for a connection of this peer; `None` if there are too many.
    fn admit(&self, peer: IpAddr) -> Option<Place> {
        let place = self.places.clone().try_acquire_owned().ok()?;
        let of_peer = match &self.peers {
            Some(peers) => Some(peers.take(Network::of(peer))?),
            None => None,
        };
        Some(Place { _place: place, _of_peer: of_peer })
    }

    /// Serves until `stop` is cancelled, then finishes the requests in flight.
    pub async fn serve(self, listener: TcpListener, router: Router, stop: CancellationToken) {
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    // A listener for both versions of IP gives IPv4 addresses as IPv6 ones.
                    let peer = peer.ip().to_canonical();
                    // When there are too many, the stream is dropped and thereby closed.
                    let Some(place) = self.admit(peer) else { continue };
                    set_socket_options(&stream);
                    serve_connection(stream, PeerAddress(peer), place, &router, &graceful);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(listener);
        graceful.shutdown().await;
    }
}

/// The place of an open connection.
struct Place {
    _place: OwnedSemaphorePermit,
    _of_peer: Option<NetworkPlace>,
}

fn serve_connection(
    stream: TcpStream,
    peer: PeerAddress,
    place: Place,
    router: &Router,
    graceful: &GracefulShutdown,
) {
    let service = TowerToHyperService::new(AddExtension::new(router.clone(), peer));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // Connections often break because of the client or the network, so this is not a warning.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke");
        }
        drop(place);
    });
}

fn set_socket_options(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let result = socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(UNRESPONSIVE_MAX)));
    #[cfg(target_os = "linux")]
    let result = result.and_then(|()| socket.set_tcp_user_timeout(Some(UNRESPONSIVE_MAX)));
    if let Err(error) = result {
        tracing::debug!(%error, "cannot set the options of a connection's socket");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection beyond the limit of a peer leaves its place to others.
    #[test]
    fn all_connections_are_limited_together() {
        let limit = PeerLimit { connections: 1, counts_loopback: false };
        let connections = Connections::new(2).with_peer_limit(limit);
        let admitted = |peer: &str| connections.admit(peer.parse().expect("an address"));
        let _first = admitted("192.0.2.1").expect("admitted");
        assert!(admitted("192.0.2.1").is_none());
        let _second = admitted("192.0.2.2").expect("admitted");
        assert!(admitted("192.0.2.3").is_none());
    }
}
