//! Mail over SMTP, against a mail server inside the test.

use lettre::message::Mailbox;
use nadi::ports::{Message, MessageFailure, Messages};
use server::notifications::transport::SmtpMessages;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// Receives one mail, answering the RCPT command with `verdict`. Returns the lines that the client sent.
async fn receive_one(listener: TcpListener, verdict: &'static str) -> String {
    let (stream, _) = listener.accept().await.expect("a connection");
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut said = String::new();
    let mut in_data = false;
    writer.write_all(b"220 test\r\n").await.expect("written");
    while let Ok(Some(line)) = lines.next_line().await {
        said.push_str(&line);
        said.push('\n');
        let answer = match line.as_str() {
            "." if in_data => {
                in_data = false;
                "250 kept"
            }
            _ if in_data => continue,
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            rcpt if rcpt.starts_with("RCPT") => verdict,
            _ => "250 fine",
        };
        if writer.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() || line == "QUIT" {
            break;
        }
        if in_data || !said.ends_with(".\n") {
            continue;
        }
        break;
    }
    said
}

async fn send(verdict: &'static str) -> (Result<(), MessageFailure>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(receive_one(listener, verdict));
    let url = format!("smtp://{address}");
    let messages = SmtpMessages::new(&url, "Nadi <no-reply@nadi.example>").expect("usable");
    let message = Message {
        to: "asha@example.org".into(),
        subject: "Your code: 123456".into(),
        body: "Dr Núñez, 10:20–10:40".into(),
        key: "7.test@nadi".into(),
    };
    let sent = messages.send(&message).await;
    drop(messages);
    (sent, server.await.expect("the server's part"))
}

#[tokio::test]
async fn a_message_is_delivered_over_smtp() {
    let (sent, said) = send("250 fine").await;
    assert_eq!(sent, Ok(()));
    assert!("Nadi <no-reply@nadi.example>".parse::<Mailbox>().is_ok());
    for part in [
        "MAIL FROM:<no-reply@nadi.example>",
        "RCPT TO:<asha@example.org>",
        "Message-ID: <7.test@nadi>",
        "Subject: Your code: 123456",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
}

#[tokio::test]
async fn smtp_refusals_are_temporary_or_permanent() {
    let (busy, _) = send("450 later").await;
    assert!(matches!(busy, Err(MessageFailure::Temporary(_))), "{busy:?}");
    let (gone, _) = send("550 no such person asha@example.org").await;
    let Err(MessageFailure::Permanent(why)) = gone else { panic!("{gone:?}") };
    assert!(!why.contains("asha"), "the reply is not repeated: {why}");
}

#[tokio::test]
async fn an_unreachable_mail_server_is_a_temporary_failure() {
    let url = "smtp://127.0.0.1:1";
    let messages = SmtpMessages::new(url, "Nadi <no-reply@nadi.example>").expect("usable");
    let message = Message {
        to: "asha@example.org".into(),
        subject: "x".into(),
        body: "x".into(),
        key: "8.test@nadi".into(),
    };
    assert!(matches!(messages.send(&message).await, Err(MessageFailure::Temporary(_))));
}
