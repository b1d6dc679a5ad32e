//! Reads the body of a request before anything is done for the request, with limits of its size, of the time it takes
//! to arrive, and of the memory that all bodies take together.
//!
//! A request takes a place among those that are handled (see [`super::load_shedding`]) only when its body has arrived.
//! So a client that sends half a form occupies its own connection and the memory of that half, and nothing else.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use app::fns::busy::FORM_BYTES_MAX;
use app::messages;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::stream;
use http_body_util::BodyExt;
use nadi::Failure;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{BODY_BYTES_MAX, UPLOAD_WITHIN, security};
use crate::rest::problem::{Kind, Problem};

/// How long a form or the body of an API request may take: 64 kB on a slow line.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Bodies are copied into pieces of this size. The pieces that come from the connection can each keep alive a
/// buffer that is many times as large, if a client sends its body byte by byte.
const PIECE_BYTES: usize = 4 * 1024;
/// The memory for the bodies of all forms, and the same for the API: 32 MB, or 8192 bodies of the usual size.
const PIECES_MAX: usize = 32 * 1024 * 1024 / PIECE_BYTES;
/// The memory for the bodies of all forms with a file: 64 MB, or a little less than four of the largest.
const UPLOAD_PIECES_MAX: usize = 64 * 1024 * 1024 / PIECE_BYTES;
/// How much of a body that is not wanted is read and discarded, so that the browser gets to read the answer.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The limits of bodies of one kind. All clones share the memory.
#[derive(Clone)]
pub struct BodyLimits {
    bytes_max: usize,
    within: Duration,
    /// A permit for each piece that is being read or still held.
    pieces: Arc<Semaphore>,
}

/// Why the body of a request has not been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// All bodies together take too much memory at the moment.
    Busy,
    /// The connection broke, or what arrived is not HTTP.
    Broken,
}

/// The memory of a body is accounted for until this is dropped.
#[derive(Debug, Default)]
pub struct HeldMemory(Option<OwnedSemaphorePermit>);

/// The part of a body that has arrived.
#[derive(Default)]
struct Received {
    pieces: Vec<Vec<u8>>,
    bytes: usize,
    memory: HeldMemory,
}

impl BodyLimits {
    /// For forms on pages.
    pub fn for_pages() -> Self {
        Self::new(BODY_BYTES_MAX, BODY_WITHIN, PIECES_MAX)
    }

    pub fn for_api() -> Self {
        Self::new(BODY_BYTES_MAX, BODY_WITHIN, PIECES_MAX)
    }

    /// For the form with a calendar file.
    pub fn for_uploads() -> Self {
        Self::new(FORM_BYTES_MAX, UPLOAD_WITHIN, UPLOAD_PIECES_MAX)
    }

    fn new(bytes_max: usize, within: Duration, pieces_max: usize) -> Self {
        Self { bytes_max, within, pieces: Arc::new(Semaphore::new(pieces_max)) }
    }

    /// The same request with its whole body, and the memory that it takes.
    ///
    /// # Errors
    /// Why the body has not been read, the head of the request, and what has not been read.
    pub async fn receive(
        &self,
        request: Request,
    ) -> Result<(Request, HeldMemory), (Unread, Parts, Body)> {
        let (head, mut body) = request.into_parts();
        if announces_more(&head.headers, self.bytes_max) {
            return Err((Unread::TooLarge, head, body));
        }
        let read = tokio::time::timeout(self.within, self.read(&mut body)).await;
        match read.unwrap_or(Err(Unread::TooSlow)) {
            Ok(received) => {
                let (body, memory) = received.into_body();
                Ok((Request::from_parts(head, body), memory))
            }
            Err(unread) => Err((unread, head, body)),
        }
    }

    async fn read(&self, body: &mut Body) -> Result<Received, Unread> {
        let mut received = Received::default();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Unread::Broken)?;
            // Nothing here reads trailers.
            if let Ok(data) = frame.into_data() {
                self.append(&mut received, data)?;
            }
        }
        Ok(received)
    }

    fn append(&self, received: &mut Received, mut data: Bytes) -> Result<(), Unread> {
        received.bytes = received.bytes.saturating_add(data.len());
        if received.bytes > self.bytes_max {
            return Err(Unread::TooLarge);
        }
        while !data.is_empty() {
            let room = received.pieces.last().map_or(0, |last| PIECE_BYTES - last.len());
            if room == 0 {
                let permit = self.pieces.clone().try_acquire_owned().map_err(|_| Unread::Busy)?;
                received.memory.add(permit);
                received.pieces.push(Vec::with_capacity(PIECE_BYTES));
                continue;
            }
            let part = data.split_to(room.min(data.len()));
            if let Some(last) = received.pieces.last_mut() {
                last.extend_from_slice(&part);
            }
        }
        Ok(())
    }
}

impl HeldMemory {
    fn add(&mut self, permit: OwnedSemaphorePermit) {
        match &mut self.0 {
            Some(held) => held.merge(permit),
            None => self.0 = Some(permit),
        }
    }
}

impl Received {
    /// A body whose pieces are freed one after the other while it is read.
    fn into_body(mut self) -> (Body, HeldMemory) {
        let body = match self.pieces.len() {
            0 => Body::empty(),
            1 => Body::from(self.pieces.remove(0)),
            _ => {
                let pieces = self.pieces.into_iter().map(Bytes::from).map(Ok::<_, Infallible>);
                Body::from_stream(stream::iter(pieces))
            }
        };
        (body, self.memory)
    }
}

/// Is the announced `Content-Length` too large?
fn announces_more(headers: &HeaderMap, bytes_max: usize) -> bool {
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    announced.is_some_and(|bytes| bytes > bytes_max)
}

/// Middleware around pages and server functions. Must be outside of [`super::load_shedding::bounded_page`].
pub async fn read_for_page(
    State(limits): State<BodyLimits>,
    request: Request,
    next: Next,
) -> Response {
    match limits.receive(request).await {
        Ok((request, _memory)) => next.run(request).await,
        Err((Unread::TooSlow, ..)) => page(Unread::TooSlow),
        Err((unread, head, rest)) => {
            discard(&head.headers, rest);
            page(unread)
        }
    }
}

/// Middleware around the API. Must be outside of [`super::load_shedding::bounded_api`].
pub async fn read_for_api(
    State(limits): State<BodyLimits>,
    request: Request,
    next: Next,
) -> Response {
    match limits.receive(request).await {
        Ok((request, _memory)) => next.run(request).await,
        Err((Unread::TooLarge, ..)) => Kind::TooLarge.problem().into_response(),
        Err((Unread::TooSlow, ..)) => closing(Kind::TooSlow.problem().into_response()),
        Err((Unread::Busy, ..)) => Problem::from(Failure::Busy).into_response(),
        Err((Unread::Broken, ..)) => Kind::Malformed.problem().into_response(),
    }
}

/// The answer to a form whose body has not been read.
pub(super) fn page(unread: Unread) -> Response {
    match unread {
        Unread::TooLarge => {
            let text = messages::failure(&Failure::TooLarge);
            (StatusCode::PAYLOAD_TOO_LARGE, security::plain_text(&text)).into_response()
        }
        Unread::TooSlow => closing(security::too_slow()),
        Unread::Busy => security::busy(),
        Unread::Broken => {
            let text = messages::failure(&Failure::Malformed);
            (StatusCode::BAD_REQUEST, security::plain_text(&text)).into_response()
        }
    }
}

/// The connection is closed after this answer.
fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Lets a browser send the rest of a body that is not wanted, because it reads the answer to a form only after that.
/// What arrives is discarded. Other clients are disconnected after the answer, as they are when the body is dropped.
pub(super) fn discard(headers: &HeaderMap, mut rest: Body) {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accept.is_some_and(|accept| accept.contains("text/html")) {
        return;
    }
    tokio::spawn(tokio::time::timeout(UPLOAD_WITHIN, async move {
        let mut discarded = 0_usize;
        while let Some(Ok(frame)) = rest.frame().await {
            discarded += frame.data_ref().map_or(0, Bytes::len);
            if discarded > DISCARDED_BYTES_MAX {
                break;
            }
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECES: usize = 8;

    fn limits() -> BodyLimits {
        BodyLimits::new(2 * PIECES * PIECE_BYTES, BODY_WITHIN, PIECES)
    }

    /// A request whose body arrives in chunks of this size.
    fn chunked(bytes: usize, chunk_bytes: usize) -> Request {
        let all: Vec<u8> = (0..bytes).map(|n| u8::try_from(n % 251).expect("a byte")).collect();
        let chunks = all.chunks(chunk_bytes).map(|chunk| Ok(Bytes::copy_from_slice(chunk)));
        let chunks: Vec<Result<Bytes, Infallible>> = chunks.collect();
        Request::new(Body::from_stream(stream::iter(chunks)))
    }

    async fn receive(limits: &BodyLimits, request: Request) -> Result<(Bytes, HeldMemory), Unread> {
        let (request, memory) = limits.receive(request).await.map_err(|(unread, ..)| unread)?;
        Ok((request.into_body().collect().await.expect("a body").to_bytes(), memory))
    }

    #[tokio::test]
    async fn a_body_is_the_same_however_it_arrives() {
        for bytes in [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
            let whole = chunked(bytes, bytes.max(1)).into_body().collect().await.expect("a body");
            let whole = whole.to_bytes();
            for chunk_bytes in [1, 1000, PIECE_BYTES, 2 * PIECE_BYTES] {
                let request = chunked(bytes, chunk_bytes);
                let (body, _) = receive(&limits(), request).await.expect("received");
                assert_eq!(body, whole, "{bytes} bytes in chunks of {chunk_bytes}");
            }
        }
    }

    /// A body that arrives byte by byte takes no more memory than one that arrives at once.
    #[tokio::test]
    async fn memory_is_counted_by_what_is_stored_and_given_back() {
        let limits = limits();
        let held = receive(&limits, chunked(3 * PIECE_BYTES, 1)).await.expect("received");
        assert_eq!(limits.pieces.available_permits(), PIECES - 3);
        let busy = receive(&limits, chunked(6 * PIECE_BYTES, 100)).await;
        assert_eq!(busy.map(|_| ()), Err(Unread::Busy));
        assert_eq!(limits.pieces.available_permits(), PIECES - 3, "what had arrived is freed");
        receive(&limits, chunked(5 * PIECE_BYTES, 100)).await.expect("there is room for this");
        drop(held);
        assert_eq!(limits.pieces.available_permits(), PIECES);
    }

    #[tokio::test]
    async fn a_body_may_not_be_larger_than_announced_or_allowed() {
        let limits = BodyLimits::new(100, BODY_WITHIN, PIECES);
        assert!(receive(&limits, chunked(100, 10)).await.is_ok());
        let large = receive(&limits, chunked(101, 10)).await;
        assert_eq!(large.map(|_| ()), Err(Unread::TooLarge));
        // It is refused by its head, so nothing of it is read.
        let mut announced =
            Request::new(Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()));
        announced.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("101"));
        assert_eq!(receive(&limits, announced).await.map(|_| ()), Err(Unread::TooLarge));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let limits = limits();
        let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"name=A"))]);
        let body = stream::StreamExt::chain(first, stream::pending());
        let slow = receive(&limits, Request::new(Body::from_stream(body))).await;
        assert_eq!(slow.map(|_| ()), Err(Unread::TooSlow));
        assert_eq!(limits.pieces.available_permits(), PIECES);
    }
}
