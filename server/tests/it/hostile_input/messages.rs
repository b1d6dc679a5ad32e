//! Messages whose end is unclear.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Clinic;

/// RFC 9112, 6.3: who disagrees with a proxy about where a message ends takes the rest of it for another request.
#[tokio::test]
async fn a_message_has_one_length() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let head = "POST /fn/hold HTTP/1.1\r\nHost: localhost\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n";
    let smuggled = "GET /robots.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for lengths in [
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 0\r\nContent-Length: 5",
        "Content-Length: 0, 5",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 99999999999999999999",
        "Content-Length : 5",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding:\x0bchunked",
        " Content-Length: 5",
    ] {
        let message = format!("{head}{lengths}\r\n\r\n0\r\n\r\n{smuggled}");
        let answer = exchange(&base, message.as_bytes()).await;
        let answers = answer.matches("HTTP/1.1 ").count();
        let status = answer.split(' ').nth(1).unwrap_or_default();
        let is_refused = answers == 1 && status == "400";
        // With both, RFC 9112 allows the chunks to count, if the connection ends then.
        let is_both =
            lengths.contains("coding: chunked\r\nContent") || lengths.ends_with("coding: chunked");
        assert!(is_refused || is_both && answers == 1, "{lengths}: {answer}");
        assert!(!answer.contains("Sitemap:"), "{lengths}: {answer}");
    }
    for body in ["-1\r\na\r\n0\r\n\r\n", "g\r\na\r\n0\r\n\r\n", "5\na=b&c\n0\n\n"] {
        let message = format!("{head}Transfer-Encoding: chunked\r\n\r\n{body}{smuggled}");
        let answer = exchange(&base, message.as_bytes()).await;
        assert!(!answer.contains("Sitemap:"), "{body:?}: {answer}");
    }
    // Two messages with one length each are two.
    let message = format!("{head}Content-Length: 3\r\n\r\na=b{smuggled}");
    let answer = exchange(&base, message.as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
    assert!(answer.contains("Sitemap:"), "{answer}");
}

/// Sends these bytes and reads until the server closes the connection, or is silent for a while.
async fn exchange(base: &str, bytes: &[u8]) -> String {
    let address = base.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let silence = std::time::Duration::from_secs(2);
    while let Ok(Ok(read)) = tokio::time::timeout(silence, stream.read_buf(&mut answer)).await {
        if read == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}
