//! What is shown exactly once, such as a new API key. A plain form answers with a redirect, so the value travels to the
//! next page in a cookie that lasts a minute, that no script can read, and that this page deletes. It is as secret as the
//! cookie of the session, which it travels with. It names its account: another one that signs in in this browser within
//! the minute does not see it. Signing in and out delete it as well.

use axum::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::context::{self, Site};
use crate::cookies::{self, SameSite};

/// The cookie's name without its prefix.
pub const NAME: &str = "nadi_shown_once";
const LASTS_SECONDS: i64 = 60;

/// Keeps a value for the page that is redirected to, and for the account that is signed in. It must consist of printable
/// ASCII characters without `;`.
pub fn put(value: &str) {
    if let Some(who) = context::signed_in() {
        set(&format!("{}.{value}", who.account), LASTS_SECONDS);
    }
}

/// The value, if there is one for the account that is signed in; the next page no longer gets it.
pub fn take() -> Option<String> {
    let parts = use_context::<Parts>()?;
    let name = format!("{}=", cookies::full_name(NAME, is_secure()));
    let lines = parts.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let value = lines
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name.as_str()))
        .filter(|value| !value.is_empty())?;
    set("", 0);
    let (account, value) = value.split_once('.')?;
    (context::signed_in()?.account.to_string() == account).then(|| value.to_owned())
}

fn set(value: &str, seconds: i64) {
    let is_secure = is_secure();
    let name = cookies::full_name(NAME, is_secure);
    let cookie = cookies::line(&name, value, seconds, SameSite::Strict, is_secure);
    if let (Some(options), Ok(cookie)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie))
    {
        options.append_header(SET_COOKIE, cookie);
    }
}

fn is_secure() -> bool {
    use_context::<Site>().is_some_and(|site| site.public_url.starts_with("https://"))
}
