//! A minimal HTTP/1.1 client that sends one request at a time. It shares the machine with the server it
//! measures, so it does as little work as possible.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A keep-alive connection to one server. A broken one is replaced when the next request is sent.
pub struct Client {
    address: SocketAddr,
    host: String,
    sender: Option<SendRequest<Full<Bytes>>>,
}

/// A response, and the time from sending the request to the last byte of the body.
#[derive(Clone, Debug)]
pub struct ApiResponse {
    pub status: StatusCode,
    pub body: Bytes,
    pub elapsed: Duration,
}

/// One request to the API or for a page.
pub struct ApiRequest<'a> {
    pub method: Method,
    pub path: &'a str,
    pub token: Option<&'a str>,
    pub idempotency_key: Option<&'a str>,
    /// The version of the appointment to expect, sent as `If-Match`.
    pub if_match: Option<i64>,
    pub body: String,
}

impl<'a> ApiRequest<'a> {
    pub fn get(path: &'a str) -> Self {
        Self {
            method: Method::GET,
            path,
            token: None,
            idempotency_key: None,
            if_match: None,
            body: String::new(),
        }
    }

    pub fn post(path: &'a str, token: &'a str, idempotency_key: &'a str, body: String) -> Self {
        Self {
            method: Method::POST,
            path,
            token: Some(token),
            idempotency_key: Some(idempotency_key),
            if_match: None,
            body,
        }
    }
}

impl Client {
    /// Connects when the first request is sent.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, host: format!("localhost:{}", address.port()), sender: None }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the connection. The next request opens a new one.
    pub fn disconnect(&mut self) {
        self.sender = None;
    }

    /// # Errors
    /// When there is no response. The next request opens a new connection.
    pub async fn send(&mut self, request: &ApiRequest<'_>) -> Result<ApiResponse> {
        let sent_at = Instant::now();
        let response = self.send_once(request).await;
        if response.is_err() {
            self.sender = None;
        }
        let (status, body) = response?;
        Ok(ApiResponse { status, body, elapsed: sent_at.elapsed() })
    }

    async fn send_once(&mut self, request: &ApiRequest<'_>) -> Result<(StatusCode, Bytes)> {
        let sender = match &mut self.sender {
            Some(sender) if !sender.is_closed() => sender,
            closed => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                let (sender, connection) = handshake(TokioIo::new(stream)).await?;
                tokio::spawn(connection);
                closed.insert(sender)
            }
        };
        sender.ready().await?;
        let mut builder = Request::builder()
            .method(request.method.clone())
            .uri(request.path)
            .header("host", &self.host)
            .header("accept", "application/json, text/html");
        if let Some(token) = request.token {
            builder = builder.header("authorization", format!("Bearer {token}"));
        }
        if let Some(idempotency_key) = request.idempotency_key {
            builder = builder.header("idempotency-key", format!("\"{idempotency_key}\""));
        }
        if let Some(version) = request.if_match {
            builder = builder.header("if-match", format!("\"{version}\""));
        }
        if request.method != Method::GET {
            builder = builder.header("content-type", "application/json");
        }
        let built = builder.body(Full::new(Bytes::from(request.body.clone())))?;
        let response = sender.send_request(built).await.context("no response")?;
        let status = response.status();
        let body =
            response.into_body().collect().await.context("the response was cut off")?.to_bytes();
        Ok((status, body))
    }
}
