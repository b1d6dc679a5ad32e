//! Invitations that were mailed.

use super::Clinic;

impl Clinic {
    /// Sends the messages that are due, and returns the token of the link in the last one to this address.
    pub async fn mailed_link(&self, address: &str) -> String {
        self.dispatcher().run_once().await.expect("relayed");
        let sent = self.messages.sent.lock().expect("not poisoned");
        let links = sent.iter().filter(|message| message.to == address);
        let mut links = links.filter_map(|message| message.body.split_once("/invitations/"));
        let (_, link) = links.next_back().expect("a message with a link");
        link.chars().take_while(char::is_ascii_alphanumeric).collect()
    }
}
