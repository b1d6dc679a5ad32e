//! One connection after another's answer: a client as thin as it can be, so that the machine's time
//! goes to the server.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A kept-alive connection to the server.
pub struct Client {
    address: SocketAddr,
    host: String,
    sender: Option<SendRequest<Full<Bytes>>>,
}

/// What came back, and how long that took.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
    pub took: Duration,
}

/// What is asked.
pub struct Ask<'a> {
    pub method: Method,
    pub path: &'a str,
    pub token: Option<&'a str>,
    /// The idempotency key.
    pub key: Option<&'a str>,
    /// The version that was seen.
    pub seen: Option<i64>,
    pub body: String,
}

impl<'a> Ask<'a> {
    pub fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, token: None, key: None, seen: None, body: String::new() }
    }

    pub fn post(path: &'a str, token: &'a str, key: &'a str, body: String) -> Self {
        Self { method: Method::POST, path, token: Some(token), key: Some(key), seen: None, body }
    }
}

impl Client {
    /// Connects when first used.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, host: format!("localhost:{}", address.port()), sender: None }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the connection; the next question uses a new one.
    pub fn hang_up(&mut self) {
        self.sender = None;
    }

    /// # Errors
    /// When no answer came; the next question uses a new connection.
    pub async fn ask(&mut self, ask: &Ask<'_>) -> Result<Answer> {
        let asked = Instant::now();
        let answer = self.send(ask).await;
        if answer.is_err() {
            self.sender = None;
        }
        let (status, body) = answer?;
        Ok(Answer { status, body, took: asked.elapsed() })
    }

    async fn send(&mut self, ask: &Ask<'_>) -> Result<(StatusCode, Bytes)> {
        let sender = match &mut self.sender {
            Some(sender) if !sender.is_closed() => sender,
            none => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                let (sender, connection) = handshake(TokioIo::new(stream)).await?;
                tokio::spawn(connection);
                none.insert(sender)
            }
        };
        sender.ready().await?;
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(ask.path)
            .header("host", &self.host)
            .header("accept", "application/json, text/html");
        if let Some(token) = ask.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(key) = ask.key {
            request = request.header("idempotency-key", format!("\"{key}\""));
        }
        if let Some(version) = ask.seen {
            request = request.header("if-match", format!("\"{version}\""));
        }
        if ask.method != Method::GET {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Full::new(Bytes::from(ask.body.clone())))?;
        let answer = sender.send_request(request).await.context("no answer")?;
        let status = answer.status();
        let body = answer.into_body().collect().await.context("half an answer")?.to_bytes();
        Ok((status, body))
    }
}
