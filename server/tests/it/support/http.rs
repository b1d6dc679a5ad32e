//! Serving the site in a test, and signing in to it.

use std::net::SocketAddr;

use nadi::actor::SignedIn;
use nadi::ports::Ports;
use server::accounts::sessions::{ACCOUNT, Sessions};
use server::accounts::tokens::Tokens;
use server::clock::Clock;
use server::http::Web;
use server::http::connections::Connections;
use server::http::live_updates::Live;
use server::router;
use tokio_util::sync::CancellationToken;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};

use super::Clinic;

impl Clinic {
    /// A session of this account, as the browser's cookie.
    pub async fn cookie(&self, who: &SignedIn) -> String {
        let sessions = Sessions::of(&self.app_state);
        let mut record = Record {
            id: Id::default(),
            data: [(ACCOUNT.to_owned(), serde_json::json!(who.account.0))].into(),
            expiry_date: ::time::OffsetDateTime::now_utc() + ::time::Duration::days(1),
        };
        sessions.create(&mut record).await.expect("a session");
        format!("nadi_session={}", record.id)
    }

    /// A bearer token of this account.
    pub async fn token(&self, who: &SignedIn) -> String {
        let sessions = Sessions::of(&self.app_state);
        let tokens = Tokens::new(&self.config.secret, sessions);
        tokens.issue(who.account, self.clock.now()).await.expect("a token")
    }

    /// Serves the site on a free port until the test ends.
    pub async fn serve(&self) -> String {
        self.serve_with(self.ports.clone()).await
    }

    /// The same with other ports.
    pub async fn serve_with(&self, ports: Ports) -> String {
        self.serve_web(Web::new(&self.config, &self.app_state, ports)).await
    }

    /// The same with other limits for those who listen.
    pub async fn serve_listeners(&self, live: Live) -> String {
        self.serve_web(Web::with(&self.config, &self.app_state, self.ports.clone(), live)).await
    }

    async fn serve_web(&self, web: Web) -> String {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let sessions = Sessions::of(&self.app_state);
        let router = router::router(&self.config, web, sessions);
        let connections = Connections::new(self.config.connections);
        tokio::spawn(connections.serve(listener, router, CancellationToken::new()));
        format!("http://{address}")
    }
}

/// A browser without scripts that does not follow redirects by itself.
pub fn browser() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        // Nothing here speaks TLS, and reading the machine's certificates takes longer than most requests.
        .tls_certs_only([])
        .build()
        .expect("a client")
}
