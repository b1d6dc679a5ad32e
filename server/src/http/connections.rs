//! Accepts connections, and limits how many there are and how long each may keep the server waiting.
//!
//! A client that sends half a request, does not read the answer, or stays idle is disconnected after a time; beyond
//! the limit, new connections are closed at once. So the resources that clients can hold are bounded.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// How long a request's head may take to arrive, and a connection may be idle between two requests.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long a client may leave sent data unacknowledged, or be silent before it is probed.
const UNRESPONSIVE_MAX: Duration = Duration::from_secs(60);
/// The largest head of a request. Most have a few hundred bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The pause after accepting a connection has failed, usually because no file descriptor is free.
const PAUSE: Duration = Duration::from_millis(100);

/// The limit of open connections, shared by all listeners.
#[derive(Clone, Debug)]
pub struct Connections(Arc<Semaphore>);

impl Connections {
    pub fn new(connections_max: usize) -> Self {
        Self(Arc::new(Semaphore::new(connections_max)))
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
                Ok((stream, _)) => {
                    // When there are too many, the stream is dropped and thereby closed.
                    let Ok(permit) = self.0.clone().try_acquire_owned() else { continue };
                    set_socket_options(&stream);
                    serve_connection(stream, permit, &router, &graceful);
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

fn serve_connection(
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    router: &Router,
    graceful: &GracefulShutdown,
) {
    let service = TowerToHyperService::new(router.clone());
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
        drop(permit);
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
