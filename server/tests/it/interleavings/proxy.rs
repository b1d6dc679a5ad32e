//! A proxy between one actor's connections and PostgreSQL, which holds each statement back until the schedule
//! releases it. It implements the parts of the frontend/backend protocol, version 3, that this needs.
//!
//! A statement outside a transaction is two steps, because other actors can run between its work and its commit: it is
//! sent with a Flush instead of the Sync that would commit it, and the Sync follows as the second step. A read outside
//! a transaction is one step, because it changes nothing and keeps no locks.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{mpsc, oneshot};

/// What the proxies and actors report to the scheduler.
pub enum Signal {
    /// A step waits until the scheduler releases it.
    Parked { actor: usize, backend: i32, step: String, go: oneshot::Sender<()> },
    /// An actor has finished with this answer.
    Done { actor: usize, answer: String },
}

/// Where steps wait to be released. While the gate is open, they pass at once.
#[derive(Clone)]
pub struct Gate {
    open: Arc<AtomicBool>,
    pub signals: mpsc::UnboundedSender<Signal>,
}

impl Gate {
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Signal>) {
        let (signals, receiver) = mpsc::unbounded_channel();
        (Self { open: Arc::new(AtomicBool::new(true)), signals }, receiver)
    }

    pub fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::SeqCst);
    }

    /// Waits until the scheduler releases this step.
    pub async fn pass(&self, actor: usize, backend: i32, step: String) {
        if self.open.load(Ordering::SeqCst) {
            return;
        }
        let (go, gone) = oneshot::channel();
        if self.signals.send(Signal::Parked { actor, backend, step, go }).is_ok() {
            // The sender is dropped when the schedule has ended, which also releases the step.
            let _ = gone.await;
        }
    }
}

/// Replacements in the text of statements. They take out a fix, to see whether a test notices.
pub type Rewrites = &'static [(&'static str, &'static str)];

/// Listens for the connections of one actor. Returns the port.
pub async fn listen(
    server: &PgConnectOptions,
    actor: usize,
    gate: &Gate,
    rewrites: Rewrites,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let (server, gate) = (server.clone(), gate.clone());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (server, gate) = (server.clone(), gate.clone());
            tokio::spawn(async move {
                // When one side closes the connection, the other one is closed, too.
                let _ = Relay { actor, gate, rewrites }.run(client, &server).await;
            });
        }
    });
    port
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

async fn connect(server: &PgConnectOptions) -> io::Result<Box<dyn Stream>> {
    let port = server.get_port();
    Ok(match server.get_socket() {
        Some(folder) => {
            Box::new(UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?)
        }
        None => {
            let stream = TcpStream::connect((server.get_host(), port)).await?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
    })
}

/// A protocol message with its type.
struct Message {
    kind: u8,
    body: Vec<u8>,
}

impl Message {
    async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let kind = from.read_u8().await?;
        let body = read_body(from).await?;
        Ok(Self { kind, body })
    }

    fn write(&self, to: &mut Vec<u8>) {
        to.push(self.kind);
        let length = u32::try_from(self.body.len() + 4).expect("a short message");
        to.extend(length.to_be_bytes());
        to.extend(&self.body);
    }

    /// The text from `at` to the next zero byte, and the position after that byte.
    fn text(&self, at: usize) -> (&[u8], usize) {
        let rest = self.body.get(at..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
        (&rest[..end], at + end + 1)
    }
}

async fn read_body(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = usize::try_from(from.read_u32().await?).unwrap_or(0);
    let mut body = vec![0; length.saturating_sub(4)];
    from.read_exact(&mut body).await?;
    Ok(body)
}

const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();
const FLUSH: [u8; 5] = [b'H', 0, 0, 0, 4];
const SYNC: [u8; 5] = [b'S', 0, 0, 0, 4];

struct Relay {
    actor: usize,
    gate: Gate,
    rewrites: Rewrites,
}

impl Relay {
    async fn run(self, mut client: TcpStream, server: &PgConnectOptions) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut server = connect(server).await?;
        let backend = start(&mut client, &mut server).await?;
        let mut prepared: HashMap<Vec<u8>, String> = HashMap::new();
        let mut in_transaction = false;
        loop {
            let (mut batch, mut text, mut executes) = (Vec::new(), String::new(), false);
            let is_extended = loop {
                let mut message = Message::read(&mut client).await?;
                match message.kind {
                    b'P' => {
                        let (name, at) = message.text(0);
                        let name = name.to_vec();
                        let (query, rest) = message.text(at);
                        let query = self.rewritten(&String::from_utf8_lossy(query));
                        let tail = message.body.get(rest..).unwrap_or_default().to_vec();
                        message.body =
                            [&name[..], b"\0", query.as_bytes(), b"\0", &tail[..]].concat();
                        prepared.insert(name, query);
                    }
                    b'B' => {
                        let (_, at) = message.text(0);
                        let (name, _) = message.text(at);
                        text = prepared.get(name).cloned().unwrap_or_default();
                    }
                    b'E' => executes = true,
                    b'Q' => {
                        text = String::from_utf8_lossy(message.text(0).0).into_owned();
                        executes = true;
                    }
                    _ => {}
                }
                let kind = message.kind;
                if kind == b'S' {
                    break true;
                }
                message.write(&mut batch);
                match kind {
                    b'Q' => break false,
                    b'X' => return server.write_all(&batch).await,
                    _ => {}
                }
            };
            let parks = executes && !is_silent(&text);
            if parks {
                self.gate.pass(self.actor, backend, shortened(&text)).await;
            }
            let mut answer = Vec::new();
            if is_extended && parks && !in_transaction && !is_read(&text) {
                batch.extend(FLUSH);
                server.write_all(&batch).await?;
                let failed = read_until(&mut server, b"CEIs", &mut answer).await?.0 == b'E';
                if !failed {
                    self.gate.pass(self.actor, backend, "… commits".to_owned()).await;
                }
                server.write_all(&SYNC).await?;
            } else {
                if is_extended {
                    batch.extend(SYNC);
                }
                server.write_all(&batch).await?;
            }
            let (_, status) = read_until(&mut server, b"Z", &mut answer).await?;
            in_transaction = status != b'I';
            client.write_all(&answer).await?;
        }
    }

    fn rewritten(&self, query: &str) -> String {
        let mut query = query.to_owned();
        for (from, to) in self.rewrites {
            query = query.replace(from, to);
        }
        query
    }
}

/// Reads messages into `answer` until one of these kinds. Returns its kind and its first byte.
async fn read_until(
    server: &mut (impl AsyncRead + Unpin),
    kinds: &[u8],
    answer: &mut Vec<u8>,
) -> io::Result<(u8, u8)> {
    loop {
        let message = Message::read(server).await?;
        message.write(answer);
        if kinds.contains(&message.kind) {
            return Ok((message.kind, message.body.first().copied().unwrap_or(0)));
        }
    }
}

/// Relays the start of a connection until it is ready. Returns the process id of its backend.
async fn start(client: &mut TcpStream, server: &mut Box<dyn Stream>) -> io::Result<i32> {
    let mut body = read_body(client).await?;
    if body.get(..4) == Some(&SSL_REQUEST[..]) {
        client.write_all(b"N").await?;
        body = read_body(client).await?;
    }
    // No time limit for waiting: the schedule decides how long a statement waits.
    let body = replaced(&body, b"lock_timeout=10ms", b"lock_timeout=0");
    let length = u32::try_from(body.len() + 4).expect("short");
    server.write_all(&[&length.to_be_bytes()[..], &body[..]].concat()).await?;
    let mut backend = 0;
    loop {
        let message = Message::read(server).await?;
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        client.write_all(&bytes).await?;
        match message.kind {
            b'K' => backend = i32::from_be_bytes(message.body[..4].try_into().expect("four bytes")),
            b'Z' => return Ok(backend),
            // A request for a password, or a further step of the same exchange.
            b'R' if [3, 5, 10, 11].contains(message.body.get(3).unwrap_or(&0)) => {
                let mut bytes = Vec::new();
                Message::read(client).await?.write(&mut bytes);
                server.write_all(&bytes).await?;
            }
            _ => {}
        }
    }
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut result = bytes.to_vec();
    while let Some(at) = result.windows(from.len()).position(|window| window == from) {
        result.splice(at..at + from.len(), to.iter().copied());
    }
    result
}

/// Statements that neither read nor change data.
fn is_silent(text: &str) -> bool {
    ["begin", "rollback", "set ", "reset ", "deallocate", "discard"]
        .iter()
        .any(|outcome| text.trim_start().to_ascii_lowercase().starts_with(outcome))
        || text.is_empty()
}

fn is_read(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let changes = [
        "insert into",
        "update ",
        "delete from",
        "for update",
        "for no key",
        "advisory",
        "end_holds",
    ];
    !changes.iter().any(|outcome| text.contains(outcome))
}

/// The first words of a statement, without its comments.
fn shortened(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("--"));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).take(12).collect();
    words.join(" ")
}
