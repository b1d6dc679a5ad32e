//! Clients that send half a request, a large one, or open many connections: others are served meanwhile. The clients
//! are sockets that send what no library would.

use std::net::SocketAddr;
use std::time::Duration;

use app::fns::busy::FORM_BYTES_MAX;
use app::i18n::text;
use app::links;
use app::messages;
use nadi::Failure;
use nadi::actor::SignedIn;
use server::http::Web;
use server::http::connections::{Connections, PeerLimit};
use server::router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::support::http::get_page;
use crate::support::{Clinic, time};

const UPLOAD: &str = "/fn/add_busy_file";

/// A connection that a test writes to and reads from.
struct Socket(TcpStream);

/// The head of an answer; empty if the connection was closed without one.
#[derive(Debug)]
struct Head(String);

impl Head {
    fn status(&self) -> u16 {
        self.0.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.0.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Socket {
    async fn open(base: &str) -> Self {
        let address = base.strip_prefix("http://").expect("an address");
        Self(TcpStream::connect(address).await.expect("connected"))
    }

    /// Sends the head of a request with a body of this length.
    async fn begin(base: &str, path: &str, length: usize, headers: &[(&str, &str)]) -> Self {
        let mut socket = Self::open(base).await;
        let headers: String = headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
        let host = base.strip_prefix("http://").expect("an address");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        socket.send(head.as_bytes()).await.expect("sent");
        socket
    }

    async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// The head of the next answer, and nothing behind it.
    async fn head(&mut self) -> Head {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match self.0.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return Head(String::new()),
            }
        }
        Head(String::from_utf8(head).expect("text"))
    }

    /// Everything until the server closes the connection.
    async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A connection that is reset has ended, too.
        let _ = self.0.read_to_end(&mut rest).await;
        String::from_utf8_lossy(&rest).into_owned()
    }
}

/// Before, each of these sockets took one of the 256 places for pages with its head. The 257th was refused, and so was
/// every page that is not cached, until the first were given up after 20 seconds.
#[tokio::test]
async fn half_forms_keep_nobody_from_pages() {
    const SOCKETS: usize = 300;
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let headers = [kind, ("Expect", "100-continue")];
        let mut socket = Socket::begin(&base, "/fn/sign_in", 40_000, &headers).await;
        // The body is asked for by whoever is about to read it.
        assert_eq!(socket.head().await.status(), 100);
        socket.send(&[b'x'; 20_000]).await.expect("half of it");
        sockets.push(socket);
    }
    assert_eq!(get_page(&base, "/sign-in", "").await.0, 200);
    // Their own forms still arrive.
    let mut last = sockets.pop().expect("a socket");
    last.send(&[b'x'; 20_000]).await.expect("the other half");
    let status = last.head().await.status();
    assert!((400..500).contains(&status), "read, and refused for what it says: {status}");
}

/// Before, it was answered 503 after 20 seconds, as if the server were to blame.
#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_given_up() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for (path, said) in [
        ("/fn/sign_in", text!("error-too-slow-title")),
        ("/api/v1/auth/login", text!("problem-too-slow-title")),
    ] {
        let headers = [("Accept", "text/html"), ("Expect", "100-continue")];
        let mut socket = Socket::begin(&base, path, 100, &headers).await;
        assert_eq!(socket.head().await.status(), 100, "{path}");
        socket.send(b"email=").await.expect("sent");
        time::pass(Duration::from_secs(10)).await;
        let head = socket.head().await;
        assert_eq!((head.status(), head.header("connection")), (408, Some("close")), "{head:?}");
        let rest = socket.rest().await;
        assert!(rest.contains(&said), "{path}: {rest}");
    }
}

/// The clinic's doctor.
async fn doctor_of(clinic: &Clinic) -> SignedIn {
    let doctor = clinic.doctor_account().await;
    sqlx::query("update doctors set account_id = $1 where id = $2")
        .bind(doctor.account.0)
        .bind(clinic.doctor.0)
        .execute(&clinic.pool)
        .await
        .expect("an account");
    doctor
}

/// Before, the file was read first: 250 uploads of strangers took 560 MB of memory.
#[tokio::test]
async fn a_strangers_file_is_refused_before_it_is_sent() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let asha = clinic.patient("Asha").await;
    let patient = clinic.cookie(&asha).await;
    let form = format!("{base}/calendar/connections?page=2");
    for (cookie, of_program, to) in [
        ("", 401, links::sign_in("/calendar/connections")),
        (patient.as_str(), 403, "/calendar/connections?page=2&__path=".to_owned()),
    ] {
        let program = [("Cookie", cookie), ("Expect", "100-continue")];
        let mut socket = Socket::begin(&base, UPLOAD, 10_000_000, &program).await;
        let head = socket.head().await;
        assert_eq!(head.status(), of_program, "it is not asked for its body: {head:?}");
        let rest = socket.rest().await;
        assert!(!rest.contains("100 Continue"), "{rest}");

        let browser = [("Cookie", cookie), ("Accept", "text/html"), ("Referer", form.as_str())];
        let mut socket = Socket::begin(&base, UPLOAD, 10_000_000, &browser).await;
        socket.send(&[b'x'; 1000]).await.expect("the beginning");
        let head = socket.head().await;
        assert_eq!(head.status(), 303, "{head:?}");
        assert!(head.header("location").is_some_and(|at| at.starts_with(&to)), "{head:?}");
        // A browser sends the whole file before it looks for the answer.
        socket.send(&vec![b'x'; 10_000_000 - 1000]).await.expect("the rest is discarded");
    }
}

/// Before, the memory for uploads was limited by nothing but the number of requests: 256 of 16 MB.
#[tokio::test]
async fn uploads_take_a_limited_amount_of_memory_together() {
    const UPLOADS: usize = 5;
    const FILE_BYTES: usize = 15 * 1024 * 1024;
    // What the uploads may take together. Four of these files fit into it, and five do not.
    const BYTES_MAX: usize = 64 * 1024 * 1024;
    let clinic = Clinic::open().await;
    let doctor = doctor_of(&clinic).await;
    let base = clinic.serve().await;
    let cookie = clinic.cookie(&doctor).await;
    let form = format!("{base}/calendar/connections");
    let kind = "multipart/form-data; boundary=x";
    let headers = [
        ("Cookie", cookie.as_str()),
        ("Content-Type", kind),
        ("Accept", "text/html"),
        ("Referer", form.as_str()),
    ];
    let mut sockets = Vec::new();
    for _ in 0..UPLOADS {
        let mut socket = Socket::begin(&base, UPLOAD, FILE_BYTES + 1, &headers).await;
        socket.send(&vec![b'x'; FILE_BYTES]).await.expect("all but the last byte");
        sockets.push(socket);
    }
    // One is refused while it is still being sent, and what it took is free again.
    let heads = sockets.iter_mut().map(|socket| Box::pin(socket.head()));
    let (refused, at, others) = futures::future::select_all(heads).await;
    drop(others);
    let busy = messages::failure(&Failure::Busy);
    assert_eq!(refused.status(), 303, "{refused:?}");
    let back = refused.header("location").expect("an address").to_owned();
    let (status, _, page) = get_page(&base, &back, &cookie).await;
    assert_eq!(status, 503);
    assert!(page.contains(&busy), "{page}");
    sockets.remove(at);
    let mut answered = 0;
    for mut socket in sockets {
        socket.send(b"x").await.expect("the last byte");
        let head = socket.head().await;
        answered += usize::from(head.header("location").is_some_and(|to| to != back));
    }
    assert_eq!(answered, UPLOADS - 1, "the others are read");
    assert!(answered * FILE_BYTES <= BYTES_MAX);
    // All of it can be used again.
    let mut socket = Socket::begin(&base, UPLOAD, FORM_BYTES_MAX, &headers).await;
    socket.send(&vec![b'x'; FORM_BYTES_MAX]).await.expect("sent");
    assert!(socket.head().await.header("location").is_some_and(|to| to != back));
}

/// Before, one client could open all 12,000 connections.
#[tokio::test]
async fn a_peer_has_a_limited_number_of_connections() {
    const LIMIT: usize = 3;
    let clinic = Clinic::open().await;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let limit = PeerLimit { connections: LIMIT, counts_loopback: true };
    let router = router::router(Web::new(&clinic.config, &clinic.app_state, clinic.ports.clone()));
    let connections = Connections::new(100).with_peer_limit(limit);
    tokio::spawn(connections.serve(listener, router, CancellationToken::new()));
    let ask = async || {
        let mut socket = Socket::open(&base).await;
        // The server may have closed it already.
        let _ = socket.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let status = socket.head().await.status();
        (socket, status)
    };
    let mut open = Vec::new();
    for _ in 0..LIMIT {
        let (socket, status) = ask().await;
        assert_eq!(status, 200);
        open.push(socket);
    }
    assert_eq!(ask().await.1, 0, "closed without an answer");
    open.pop();
    time::until("the place of the closed one is free", async || ask().await.1 == 200).await;
}
