//! A browser with cookies, and registering over HTTP as people and programs do: with the code that is mailed.

use reqwest::Response;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::json;

use super::http::call_api;
use super::{Clinic, browser};

/// The cookies of a browser in a test.
#[derive(Clone, Debug, Default)]
pub struct CookieJar(Vec<(String, String)>);

impl CookieJar {
    /// Takes what an answer sets and removes what it deletes.
    pub fn take(&mut self, answer: &Response) {
        for line in answer.headers().get_all(SET_COOKIE) {
            let line = line.to_str().expect("a cookie");
            let pair = line.split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a name and a value");
            self.0.retain(|(known, _)| known != name);
            if !value.is_empty() && !line.contains("Max-Age=0") {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// The value of the header `Cookie`.
    pub fn header(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Sends a form as a browser without scripts does; returns where the answer leads.
    pub async fn submit(
        &mut self,
        base: &str,
        (action, page): (&str, &str),
        fields: &[(&str, &str)],
    ) -> String {
        let answer = browser()
            .post(format!("{base}{action}"))
            .header(COOKIE, self.header())
            .header("accept", "text/html")
            .header("origin", base)
            .header("referer", format!("{base}{page}"))
            .form(fields)
            .send()
            .await
            .expect("an answer");
        self.take(&answer);
        let to = answer.headers().get(LOCATION).expect("a redirect").to_str().expect("an address");
        to.replace(base, "")
    }

    /// Opens a page; returns its status, where it leads if it does, and its text.
    pub async fn open(&mut self, base: &str, path: &str) -> (u16, String, String) {
        let request = browser().get(format!("{base}{path}")).header("accept", "text/html");
        let answer = request.header(COOKIE, self.header()).send().await.expect("an answer");
        self.take(&answer);
        let to = answer.headers().get(LOCATION).map(|to| to.to_str().expect("an address"));
        let to = to.unwrap_or_default().replace(base, "");
        (answer.status().as_u16(), to, answer.text().await.expect("text"))
    }
}

/// Somebody new.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub password: &'a str,
}

impl Clinic {
    /// The newest code that was sent to an address, as it is stored.
    pub async fn code_sent_to(&self, email: &str) -> String {
        self.mailed_code(email).await.as_str().to_owned()
    }

    /// Registers with the forms of the pages. Returns the browser's cookies, and where it is led.
    pub async fn register_by_form(
        &self,
        base: &str,
        who: Newcomer<'_>,
        next: &str,
    ) -> (CookieJar, String) {
        let mut jar = CookieJar::default();
        let fields =
            [("name", who.name), ("email", who.email), ("password", who.password), ("next", next)];
        let to = jar.submit(base, ("/fn/register", "/register"), &fields).await;
        assert!(to.starts_with("/sign-in/code"), "{to}");
        let code = self.code_sent_to(who.email).await;
        let fields = [("code", code.as_str()), ("next", next)];
        let to = jar.submit(base, ("/fn/check_code", "/sign-in/code"), &fields).await;
        assert!(!to.contains("__err="), "{to}");
        (jar, to)
    }

    /// Registers with the API. Returns an access token. `stored` is the address as it is stored.
    pub async fn register_by_api(&self, base: &str, who: Newcomer<'_>, stored: &str) -> String {
        let new = json!({ "name": who.name, "email": who.email, "password": who.password });
        let (status, sent) = call_api(base, "/auth/register", None, Some(&new.to_string())).await;
        assert_eq!(status, 202, "{sent}");
        let code = self.code_sent_to(stored).await;
        let proof = json!({ "proof_token": sent["proof_token"], "code": code });
        let (status, token) = call_api(base, "/auth/verify", None, Some(&proof.to_string())).await;
        assert_eq!(status, 200, "{token}");
        token["access_token"].as_str().expect("a token").to_owned()
    }
}
