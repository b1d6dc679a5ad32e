//! Taking connections: how many, and for how long they may keep us waiting.
//!
//! Who sends half a request, reads no answer or just stays is let go in time; past the limit a new
//! connection is closed at once. So what strangers hold open is bounded, whatever they do.

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

/// How long a request's head may take, and a connection may idle between two requests.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long the other side may leave what we sent unread, or be silently gone.
const GONE_AFTER: Duration = Duration::from_secs(60);
/// Most of our requests have a head of a few hundred bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// After the system could not give us a connection: files are used up.
const PAUSE: Duration = Duration::from_millis(100);

/// How many connections may stand at once, on all listeners together.
#[derive(Clone, Debug)]
pub struct Connections(Arc<Semaphore>);

impl Connections {
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }

    /// Serves until asked to stop; then finishes the requests in flight.
    pub async fn serve(self, listener: TcpListener, router: Router, stop: CancellationToken) {
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    // Dropped, and so closed, when there are too many.
                    let Ok(place) = self.0.clone().try_acquire_owned() else { continue };
                    tune(&stream);
                    attend(stream, place, &router, &graceful);
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection can be taken right now");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(listener);
        graceful.shutdown().await;
    }
}

fn attend(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
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
        // A connection that breaks is the other side's business.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke");
        }
        drop(place);
    });
}

fn tune(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let tuned = socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(GONE_AFTER)));
    #[cfg(target_os = "linux")]
    let tuned = tuned.and_then(|()| socket.set_tcp_user_timeout(Some(GONE_AFTER)));
    if let Err(error) = tuned {
        tracing::debug!(%error, "a connection keeps the system's settings");
    }
}
