//! The secret of an invitation that was opened. It comes in the address of the mailed link, and moves to a cookie with the
//! first click, so that it is neither in the address line nor in the history of a shared browser, nor in the addresses
//! that later pages send along. The cookie signs nobody in.

use axum::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::context::Site;
use crate::cookies::{self, SameSite};

const NAME: &str = "nadi_invitation";
/// Time enough to sign in, or to choose a password.
const LASTS_SECONDS: i64 = 60 * 60;

/// Remembers it in this browser. Only for one that is genuine: it is written as it is.
pub fn put(link: &str) {
    set(link, LASTS_SECONDS);
}

/// The one that was opened last.
pub fn get() -> Option<String> {
    let parts = use_context::<Parts>()?;
    let name = format!("{}=", cookies::full_name(NAME, is_secure()));
    let lines = parts.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';'));
    let value =
        pairs.find_map(|pair| pair.trim().strip_prefix(name.as_str()).map(str::to_owned))?;
    Some(value).filter(|value| !value.is_empty())
}

/// Forgets it, once it was accepted.
pub fn forget() {
    set("", 0);
}

fn set(value: &str, seconds: i64) {
    let is_secure = is_secure();
    let name = cookies::full_name(NAME, is_secure);
    // Lax: who comes from a mail program on the web comes from another site.
    let cookie = cookies::line(&name, value, seconds, SameSite::Lax, is_secure);
    if let (Some(options), Ok(cookie)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie))
    {
        options.append_header(SET_COOKIE, cookie);
    }
}

fn is_secure() -> bool {
    use_context::<Site>().is_some_and(|site| site.public_url.starts_with("https://"))
}
