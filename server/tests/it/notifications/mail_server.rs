//! A mail server inside the test, which can be slow, fail or panic.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use nadi::ports::{Message, MessageFailure, Messages};
use server::notifications::dispatcher::Dispatcher;
use tokio_util::sync::CancellationToken;

use crate::support::texts::kind_of;
use crate::support::{Clinic, time};

/// Accepts messages. It can delay those to one domain until the test lets them through, and it can fail on
/// request.
#[derive(Clone, Default)]
pub struct TestMailServer(pub Arc<State>);

#[derive(Default)]
pub struct State {
    sent: Mutex<Vec<Message>>,
    /// The domain whose server does not answer, until `answers` is cancelled.
    slow: Mutex<Option<&'static str>>,
    pub answers: CancellationToken,
    /// How many messages wait for it now, and the most that waited at once.
    waiting: AtomicUsize,
    pub most: AtomicUsize,
    /// The kinds of messages that fail once.
    fails_once: Mutex<Vec<&'static str>>,
    pub panics_once: AtomicBool,
}

#[async_trait]
impl Messages for TestMailServer {
    async fn send(&self, message: &Message) -> Result<(), MessageFailure> {
        let state = &self.0;
        if state.panics_once.swap(false, Ordering::SeqCst) {
            panic!("the mail library has a fault");
        }
        {
            let mut fails = state.fails_once.lock().expect("not poisoned");
            if let Some(n) = fails.iter().position(|kind| *kind == kind_of(message)) {
                fails.remove(n);
                return Err(MessageFailure::Temporary("busy".into()));
            }
        }
        let slow = *state.slow.lock().expect("not poisoned");
        if slow.is_some_and(|slow| message.to.ends_with(slow)) {
            let waiting = state.waiting.fetch_add(1, Ordering::SeqCst) + 1;
            state.most.fetch_max(waiting, Ordering::SeqCst);
            tokio::select! {
                () = tokio::time::sleep(std::time::Duration::from_secs(20)) => {}
                () = state.answers.cancelled() => {}
            }
            state.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        state.sent.lock().expect("not poisoned").push(message.clone());
        Ok(())
    }
}

impl TestMailServer {
    pub fn slow(domain: &'static str) -> Self {
        let mail_server = Self::default();
        *mail_server.0.slow.lock().expect("not poisoned") = Some(domain);
        mail_server
    }

    pub fn failing_once(kind: &'static str) -> Self {
        let mail_server = Self::default();
        mail_server.0.fails_once.lock().expect("not poisoned").push(kind);
        mail_server
    }

    pub fn dispatcher(&self, clinic: &Clinic) -> Dispatcher {
        let messages = Arc::new(self.clone());
        Dispatcher::new(clinic.app_state.clone(), messages, "https://nadi.example".into())
    }

    pub fn sent(&self) -> Vec<Message> {
        self.0.sent.lock().expect("not poisoned").clone()
    }

    /// What the sent messages are about by their subjects: `Confirmed`, `Moved` …
    pub fn kinds(&self) -> Vec<String> {
        self.sent().iter().map(kind_of).collect()
    }

    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::SeqCst)
    }

    pub async fn until_waiting(&self, count: usize) {
        time::until("messages wait", async || self.waiting() >= count).await;
    }

    /// Fails if a message was sent twice, or a message of an appointment after a later one.
    pub fn assert_in_order(&self) {
        let mut last = std::collections::HashMap::new();
        for message in self.sent() {
            let (event, appointment) = message.key.split_once('.').expect("a key");
            let event: i64 = event.parse().expect("a number");
            let before = last.insert(appointment.to_owned(), event);
            assert!(before.is_none_or(|before| before < event), "{} came late", message.key);
        }
    }
}
