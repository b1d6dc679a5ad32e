//! Serving the site in a test, and signing in to it.

use std::net::SocketAddr;

use axum::Router;
use nadi::actor::SignedIn;
use nadi::ports::{KnownAccount, Ports};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;
use server::accounts::tokens::IssuedTokens;
use server::accounts::{sessions, tokens};
use server::clock::Clock;
use server::http::Web;
use server::http::connections::Connections;
use server::http::live_updates::Listeners;
use server::router;
use tokio_util::sync::CancellationToken;

use super::Clinic;

impl Clinic {
    /// Makes a session for this account, as a sign-in at this moment does. Returns its cookie.
    pub async fn cookie(&self, who: &SignedIn) -> String {
        self.cookie_of(&self.known(who).await).await
    }

    /// The same, with what was proved.
    pub async fn cookie_of(&self, account: &KnownAccount) -> String {
        let now = self.clock.now();
        let started = sessions::start(&self.app_state, account, "A test", &[], now).await;
        format!("nadi_session={}", started.expect("a session").secret.expose())
    }

    /// Makes an access token for this account, which lasts for a quarter of an hour.
    pub async fn token(&self, who: &SignedIn) -> String {
        self.tokens(who).await.access_token
    }

    /// Makes an access token and a refresh token for this account.
    pub async fn tokens(&self, who: &SignedIn) -> IssuedTokens {
        self.tokens_of(&self.known(who).await).await
    }

    /// The same, with what was proved.
    pub async fn tokens_of(&self, account: &KnownAccount) -> IssuedTokens {
        let issued = tokens::issue(&self.app_state, account, "A program", self.clock.now());
        issued.await.expect("tokens")
    }

    /// Serves the site on a free port until the test ends.
    pub async fn serve(&self) -> String {
        self.serve_with(self.ports.clone()).await
    }

    /// Serves the site with other ports.
    pub async fn serve_with(&self, ports: Ports) -> String {
        self.serve_web(Web::new(&self.config, &self.app_state, ports)).await
    }

    /// Serves the site with other limits for live updates.
    pub async fn serve_listeners(&self, listeners: Listeners) -> String {
        self.serve_web(Web::with(&self.config, &self.app_state, self.ports.clone(), listeners))
            .await
    }

    /// Serves what only operators see on a free port until the test ends.
    pub async fn serve_operations(&self) -> String {
        let web = Web::new(&self.config, &self.app_state, self.ports.clone());
        self.serve_router(router::operations(web)).await
    }

    async fn serve_web(&self, web: Web) -> String {
        self.serve_router(router::router(web)).await
    }

    async fn serve_router(&self, router: Router) -> String {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connections = Connections::new(self.config.connections);
        tokio::spawn(connections.serve(listener, router, CancellationToken::new()));
        format!("http://{address}")
    }
}

/// An HTTP client that acts as a browser without scripts. It does not follow redirects.
pub fn browser() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        // No test uses TLS, and reading the machine's certificates takes longer than most requests.
        .tls_certs_only([])
        .build()
        .expect("a client")
}

/// The status, the content type and the body of a page or of an answer of the API.
pub async fn get_page(base: &str, path: &str, cookie: &str) -> (u16, String, String) {
    let request = browser().get(format!("{base}{path}")).header("accept", "text/html");
    let answer = request.header(COOKIE, cookie).send().await.expect("an answer");
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.expect("text"))
}

/// The status and the JSON of an answer of the API. A body is posted unchanged.
pub async fn call_api(
    base: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> (u16, Value) {
    let address = format!("{base}/api/v1{path}");
    let mut request = match body {
        None => browser().get(address),
        Some(body) => {
            browser().post(address).header("content-type", "application/json").body(body.to_owned())
        }
    };
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// Sends a form without scripts and follows a redirect. Returns the status and the text of the page.
pub async fn send_form(
    base: &str,
    (action, page): (&str, &str),
    cookie: &str,
    fields: &[(&str, &str)],
) -> (u16, String) {
    let answer = browser()
        .post(format!("{base}{action}"))
        .header(COOKIE, cookie)
        .header("accept", "text/html")
        .header("origin", base)
        .header("referer", format!("{base}{page}"))
        .form(fields)
        .send()
        .await
        .expect("an answer");
    let Some(to) = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()) else {
        return (answer.status().as_u16(), answer.text().await.expect("text"));
    };
    let to = to.replace(base, "");
    let kept = answer.headers().get(SET_COOKIE).and_then(|kept| kept.to_str().ok());
    let kept = kept.and_then(|kept| kept.split(';').next()).unwrap_or_default();
    let (status, _, text) = get_page(base, &to, &format!("{cookie}; {kept}")).await;
    (status, text)
}

/// The cookie of somebody who administers every clinic.
pub async fn administrator_cookie(clinic: &Clinic) -> String {
    let who = clinic.patient("The Administrator").await;
    clinic.prove_address(&who).await;
    sqlx::query("update accounts set administers_everything = true where id = $1")
        .bind(who.account.0)
        .execute(&clinic.pool)
        .await
        .expect("an administrator");
    clinic.cookie(&who).await
}
