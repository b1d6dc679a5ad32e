//! The names and attributes of our cookies. With https their names begin with `__Host-`: then no other host, and no page
//! without https, can set them. No script can read them.

/// With which requests from other sites a browser sends a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// With links only.
    Lax,
    /// With none.
    Strict,
}

/// The name under which browsers know a cookie.
pub fn full_name(name: &str, is_secure: bool) -> String {
    if is_secure { format!("__Host-{name}") } else { name.to_owned() }
}

/// The value of the header `Set-Cookie` that sets a cookie with this full name; with 0 seconds, one that deletes it.
pub fn line(
    full_name: &str,
    value: &str,
    seconds: i64,
    same_site: SameSite,
    is_secure: bool,
) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    format!(
        "{full_name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site:?}{secure}"
    )
}
